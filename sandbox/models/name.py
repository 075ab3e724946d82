"""A model's name as it is kept and as it is shown. Opens nothing."""

from pathlib import Path

_FILE = "gguf:"


def full_name(name: str) -> str:
    """The name under which the model is found from any folder: the path of a GGUF file is made absolute."""
    name = name.strip()
    path = name.removeprefix(_FILE).strip()
    if not name.startswith(_FILE) or not path:
        return name
    try:
        return f"{_FILE}{Path(path).expanduser().absolute()}"
    except RuntimeError:  # ~someone, who is not known here
        return name


def is_own(name: str) -> bool:
    """Whether the app serves the model itself, where it runs: the embedded one, or a GGUF file."""
    return name.strip() == "embedded" or name.strip().startswith(_FILE)


def short_name(name: str) -> str:
    """The name as it is shown: a GGUF file without its folder."""
    return f"{_FILE}{Path(name.removeprefix(_FILE)).name}" if name.startswith(_FILE) else name
