"""The user's settings: a TOML file read strictly, each wrong line told, defaults in its place. Shows nothing.

Read before the first paint and by every command, hence the standard library alone. What the app remembers by
itself is not here but in `remembered.py`.
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal, get_args

from sandbox.errors import Problem, SandboxError, reason_of
from sandbox.whole_file import write_whole

FOLDER_VARIABLE = "SANDBOX_CONFIG"
"""Environment variable naming the folder of settings.toml and of what is remembered."""

Notify = Literal["bell", "desktop", "off"]
ScriptRemark = Literal[
    "advice-first", "two-questions", "arguing", "jargon", "absolutes", "grade", "long-step", "may-be-empty"
]
"""What a script can be remarked on for; each can be switched off."""
MAX_BYTES = 64 * 1024

TEMPLATE = """\
# Settings of the therapy-technique sandbox. Lines that start with # are not read.
# model = "embedded"         # proposed at first: embedded, gguf:PATH or a LiteLLM name such as openai/gpt-4o
# models = []                # further models to offer, such as "gguf:/models/some-model.gguf"
# theme = "textual-dark"     # also high-contrast, high-contrast-light, textual-light, ansi-dark and others
# local_only = false         # true: no request leaves this machine, whatever a command or a file says
# notify = "bell"            # how the end of a long run is told: bell, desktop or off
# notify_after = 20          # a run is long from so many seconds on
# remarks_off = []           # remarks on a script that are not made, such as "two-questions"

# Keys by the name of what they do; the app's Settings list every name. Several keys: "p,space".
# [keys]
# "session.pause" = "p"
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user has chosen. `notify_after` is in seconds; `keys` maps binding ids to key names."""

    model: str = "embedded"
    models: tuple[str, ...] = ()
    theme: str = "textual-dark"
    local_only: bool = False
    notify: Notify = "bell"
    notify_after: int = 20
    remarks_off: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings and everything that was wrong with their file."""

    settings: Settings
    problems: tuple[Problem, ...] = ()


def settings_file() -> Path:
    """Where the settings are looked for; the file need not exist."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser() / "settings.toml"
    import platformdirs

    return platformdirs.user_config_path("therapy-sandbox", appauthor=False) / "settings.toml"


def load_settings() -> Loaded:
    """The user's settings. Never raises: what is wrong is a problem, and not used.

    Where it cannot be told whether local only was meant to be on, it is on.
    """
    file = settings_file()
    try:
        if not file.exists():
            return Loaded(Settings())
        if file.stat().st_size > MAX_BYTES:
            raise OSError("the file is too large")
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = f"cannot be read: {reason_of(error)}"
        return Loaded(Settings(local_only=True), (_placed(file, 1, what, _CAUTIOUS),))
    return parse_settings(text, file)


def parse_settings(text: str, file: Path) -> Loaded:
    """The settings in `text`; `file` names it in problems."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        what = re.sub(r" \(at .*\)$", "", str(error))
        number = int(line[1]) if line else 1 + text.count("\n")
        return Loaded(Settings(local_only=True), (_placed(file, number, what, _CAUTIOUS),))
    settings, problems = Settings(), []
    for key, value in values.items():
        wrong = _wrong(key, value)
        if wrong is None:
            kept = tuple(value) if isinstance(value, list) else value
            settings = replace(settings, **{key: kept})  # type: ignore[arg-type]
            continue
        problems.append(_placed(file, _line_of(key, text), *wrong))
        if key == "local_only" or _nearest(key) == "local_only":
            settings = replace(settings, local_only=True)
    return Loaded(settings, tuple(problems))


def save_setting(key: str, value: str | bool | int | tuple[str, ...]) -> None:
    """Write one setting into the file, leaving every other line and comment as it is.

    Raises SandboxError when the file is broken (it is the user's to mend) or cannot be written.
    """
    file = settings_file()
    try:
        text = file.read_text(encoding="utf-8") if file.exists() else TEMPLATE
        tomllib.loads(text)
        new = changed(text, key, value)
        write_whole(file, new, overwrite=True)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"the settings are not changed, since the file has an error: {error}"
        raise SandboxError(what, where=str(file), todo="Mend the file first.") from None
    except OSError as error:
        what = f"the setting holds until the app is closed, but cannot be written: {reason_of(error)}"
        raise SandboxError(what, where=str(file)) from None


def changed(text: str, key: str, value: str | bool | int | tuple[str, ...]) -> str:
    """`text` with the top-level `key` set to `value`: in its place, else where it is commented out, else
    before the first table."""
    lines = text.rstrip("\n").split("\n")
    line = f"{key} = {_written(value)}"
    table = next((n for n, row in enumerate(lines) if re.match(r"\s*\[", row)), len(lines))
    for pattern in (rf"\s*\"?{key}\"?\s*=", rf"#\s*{key}\s*="):
        at = next((n for n, row in enumerate(lines[:table]) if re.match(pattern, row)), None)
        if at is not None:
            lines[at : at + _extent(lines[at:table])] = [line]
            break
    else:
        lines.insert(_before_comments(lines, table), line)
    return "\n".join(lines) + "\n"


def _extent(lines: list[str]) -> int:
    """How many lines the value that begins on the first one takes."""
    if lines[0].lstrip().startswith("#"):
        return 1
    for count in range(1, len(lines) + 1):
        try:
            tomllib.loads("\n".join(lines[:count]))
        except tomllib.TOMLDecodeError:
            continue
        return count
    return 1


def _before_comments(lines: list[str], table: int) -> int:
    """Above the comment that belongs to the first table."""
    while table > 0 and lines[table - 1].lstrip().startswith("#"):
        table -= 1
    return table


def _written(value: str | bool | int | tuple[str, ...]) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(_written(one) for one in value)}]"
    escaped = "".join(f"\\{c}" if c in '\\"' else c if c.isprintable() else f"\\U{ord(c):08X}" for c in value)
    return f'"{escaped}"'


_CAUTIOUS = "Until it can be read, defaults are used and local only is on."
_KEYS = tuple(one.name for one in fields(Settings))


def _placed(file: Path, line: int, what: str, todo: str) -> Problem:
    return Problem(what, hint=todo, file=str(file), line=line, column=0)


def _wrong(key: str, value: object) -> tuple[str, str] | None:
    """What is wrong with a value and what to do, None when nothing is."""
    if key not in _KEYS:
        meant = _nearest(key)
        known = f"settings: {', '.join(_KEYS)}"
        return f"unknown setting “{key}”", f"did you mean “{meant}”?" if meant else known
    fits, what, todo = _RULES[key]
    return None if fits(value) else (what, todo)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_seconds(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 86_400


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(_is_text(one) for one in value)


def _are_remarks(value: object) -> bool:
    return isinstance(value, list) and all(one in get_args(ScriptRemark) for one in value)


def _are_keys(value: object) -> bool:
    return isinstance(value, dict) and all(_is_text(one) for one in value.values())


_RULES: Mapping[str, tuple[Callable[[object], bool], str, str]] = {
    "model": (_is_text, "model needs a text in quotes", 'such as "embedded"'),
    "models": (_are_texts, "models needs a list of texts", 'such as ["gguf:/models/a.gguf"]'),
    "theme": (_is_text, "theme needs a text in quotes", 'such as "high-contrast"'),
    "local_only": (lambda v: isinstance(v, bool), "local_only is true or false", "Until then it is on."),
    "notify": (lambda v: v in get_args(Notify), f"notify is one of: {', '.join(get_args(Notify))}", ""),
    "notify_after": (_is_seconds, "notify_after is a number of seconds, 0 to 86400", ""),
    "remarks_off": (
        _are_remarks,
        f"remarks_off lists some of: {', '.join(get_args(ScriptRemark))}",
        'such as ["two-questions"]',
    ),
    "keys": (_are_keys, 'keys needs lines such as "session.pause" = "p"', ""),
}


def _nearest(key: str) -> str | None:
    from difflib import get_close_matches

    found = get_close_matches(key.replace("-", "_").casefold(), _KEYS, n=1)
    return found[0] if found else None


def _line_of(key: str, text: str) -> int:
    pattern = re.compile(rf"\s*\[?\s*[\"']?{re.escape(key)}[\"']?\s*[\].=]")
    return next((n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)), 1)
