"""Draws the layers in CONTRIBUTING.md from the imports themselves: `python docs/draw_layers.py [--check]`.

Which package stands above which is stated once, in the import-linter contract of pyproject.toml.
"""

import sys
import tomllib
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- layers: drawn by docs/draw_layers.py -->\n", "<!-- end of the layers -->\n"


def layers() -> list[list[str]]:
    """The layers from the top, each the packages that stand side by side in it."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(c for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    return [[name.strip() for name in layer.split("|")] for layer in contract["layers"]]


def drawn() -> str:
    """One line a package: what it imports from."""
    graph = grimp.build_graph("sandbox", include_external_packages=False, cache_dir=None)
    order = [name for layer in layers() for name in layer]
    lines = []
    for layer in layers():
        for name in layer:
            own = {name, *graph.find_descendants(name)}
            imported = {
                target for module in own for target in graph.find_modules_directly_imported_by(module)
            }
            below = [
                other.removeprefix("sandbox.")
                for other in order
                if other != name and imported & {other, *graph.find_descendants(other)}
            ]
            lines.append(f"{name.removeprefix('sandbox.'):<12}  {' '.join(below)}".rstrip())
        lines.append("")
    return "```\n" + "\n".join(["package       imports from", "", *lines]).rstrip() + "\n```\n"


def main() -> int:
    """Rewrite the page, or with `--check` say whether it still shows what is imported."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    new = f"{before}{BEGIN}{drawn()}{END}{after}"
    if "--check" in sys.argv[1:]:
        if new != page:
            sys.stderr.write("CONTRIBUTING.md shows older layers: python docs/draw_layers.py\n")
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
