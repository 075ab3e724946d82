"""The catalogue page: current, complete, and safe to read whatever a document says."""

import re
from pathlib import Path

from click.testing import CliRunner

from sandbox.cli.catalogue import command
from sandbox.export.catalogue_page import catalogue_page
from sandbox.library.catalogue import Library
from sandbox.library.document import FOLDERS
from sandbox.library.workspace import Workspace
from tests.library.bad_documents import GOOD

ROOT = Path(__file__).parents[2]


def library(root: Path) -> Library:
    return Library(Workspace(root, root / "sessions"))


def test_the_committed_page_is_current() -> None:
    committed = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    assert committed == catalogue_page(library(ROOT)), "run: uv run sandbox catalogue --to docs/catalogue.md"


def test_every_document_is_on_it() -> None:
    first = set(re.findall(r"^(?:\| )?`([a-z0-9-]+)`", catalogue_page(library(ROOT)), re.MULTILINE))
    assert {id for kind in FOLDERS for id in library(ROOT).ids(kind)} <= first


def test_a_title_is_text_and_an_unusable_document_is_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    folder.mkdir()
    (folder / "sample.yaml").write_text(GOOD["scenario"].replace("A sample", "'<b>| [x](y)'"))
    (folder / "broken.yaml").write_text("id: broken")
    page = catalogue_page(library(tmp_path))
    assert r"\<b\>\| \[x\](y)" in page
    assert "broken" not in page


def test_the_command_writes_a_file_or_prints(tmp_path: Path) -> None:
    target = tmp_path / "page.md"
    environment = {"SANDBOX_WORKSPACE": str(tmp_path)}
    for _ in range(2):
        done = CliRunner().invoke(command, ["--to", str(target)], env=environment)
        assert (done.exit_code, done.stdout) == (0, f"{target}\n")
    assert CliRunner().invoke(command, env=environment).stdout == target.read_text(encoding="utf-8")
