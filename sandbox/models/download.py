"""Fetches a GGUF file from the Hugging Face hub: goes on where it broke off, and checks it before it is used.

While it arrives it is called `….part`, which nothing loads. The hub states the SHA-256 of every large file. A
file is kept when it has that hash (and the one known beforehand, if there is one), and the hash is written
beside it, so that another file under the same name is noticed next time.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.errors import NotFoundError, SandboxError, UsageError, reason_of
from sandbox.models.provider import FailureKind, ModelError

_TRIES = 5
_SECONDS = 30.0
_ROOM = 64 << 20
_PAUSE = 0.5
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository on the hub. `sha256` in hex where it is known beforehand, else "" ."""

    repo: str
    path: str
    revision: str = "main"
    sha256: str = ""

    @property
    def name(self) -> str:
        """What the file is called on this machine."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that arrived whole. `size` in bytes, `sha256` in hex, `at` in ISO 8601; `commit` of the hub."""

    path: Path
    repo: str
    hub_path: str
    revision: str
    commit: str
    size: int
    sha256: str
    at: str

    def is_from(self, wanted: HubFile) -> bool:
        """Whether it came from the same place and revision, whatever its hash."""
        return (self.repo, self.hub_path, self.revision) == (wanted.repo, wanted.path, wanted.revision)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: bytes here and in all, bytes a second since the start, and where it went on from."""

    done: int
    total: int
    rate: float
    resumed_at: int = 0

    @property
    def seconds_left(self) -> float | None:
        """What remains at this rate; None as long as nothing came."""
        return (self.total - self.done) / self.rate if self.rate > 0 else None


def models_folder() -> Path:
    """Where fetched models are kept: a folder of the user's own, outside every workspace and package."""
    import platformdirs

    return platformdirs.user_data_path("therapy-sandbox", appauthor=False) / "models"


def hub_file(text: str) -> HubFile:
    """`owner/repo/file.gguf`, with `@revision` after it if wished. Raises UsageError for anything else."""
    address, _, revision = text.strip().removeprefix("https://huggingface.co/").partition("@")
    address = re.sub(r"/(?:blob|resolve)/[^/]+/", "/", address)
    owner, _, rest = address.partition("/")
    repo, _, path = rest.partition("/")
    parts = path.split("/")
    named = _NAME.fullmatch(f"{owner}/{repo}") and all(part not in {"", ".", ".."} for part in parts)
    if not named or not path.endswith(".gguf") or not all(c.isprintable() and c != "\\" for c in path):
        raise UsageError(
            f"“{text}” names no GGUF file of the hub.",
            todo="Give a name of `sandbox models get`, or OWNER/REPO/FILE.gguf as on huggingface.co.",
        )
    return HubFile(f"{owner}/{repo}", path, revision or "main")


def refuse_fetching(*, local_only: bool) -> None:
    """Raise ModelError where no request may leave this machine."""
    if local_only:
        raise ModelError(
            "Local only is on, so nothing is fetched.",
            kind="refused",
            todo="Turn it off for the fetch (Models, l, or local_only in the settings), then on again.",
        )


def fetch(
    wanted: HubFile,
    folder: Path,
    *,
    accept_changed: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Fetched:
    """The file in `folder`, fetched if it is not there yet. Blocks: call it off the event loop.

    What broke off before goes on from there. `stopped` is asked between pieces. A file whose hash is another
    than the one known beforehand or kept from last time is refused, unless `accept_changed`.

    Raises ModelError when the hub cannot be reached, has no such file or sends another one, and SandboxError
    when there is no room, another fetch of the same file runs, or it was stopped; what arrived stays then.
    """
    target = folder / wanted.name
    here = fetched_at(target)
    known = here is not None and here.is_from(wanted) and wanted.sha256 in ("", here.sha256)
    if here is not None and known and not accept_changed:
        return here
    _refuse_taken(target, here, wanted)
    stated = _stated(wanted)
    if not accept_changed:
        _refuse_changed(wanted, stated, target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            part = target.with_name(f"{target.name}.{stated.sha256[:12]}.part")
            _refuse_without_room(part, stated.size)
            _receive(stated, part, on_progress, stopped)
            _refuse_damaged(part, stated)
            fetched = Fetched(target, wanted.repo, wanted.path, wanted.revision, stated.commit, stated.size,
                              stated.sha256, datetime.now(UTC).isoformat(timespec="seconds"))  # fmt: skip
            _note(fetched)
            part.replace(target)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return fetched


def fetched_at(path: Path) -> Fetched | None:
    """What is known of a fetched file, or None if it is not here or was not fetched by us."""
    kept = _kept(path)
    try:
        return kept if kept is not None and path.stat().st_size == kept.size else None
    except OSError:
        return None


def _kept(path: Path) -> Fetched | None:
    """What was written down when that file was fetched, whether or not it is still here."""
    try:
        data = json.loads(_beside(path).read_text("utf-8"))
        text = {key: str(data[key]) for key in ("repo", "hub_path", "revision", "commit", "sha256", "at")}
        return Fetched(path=path, size=int(data["size"]), **text)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def fetched_in(folder: Path) -> tuple[Fetched, ...]:
    """Every model fetched into the folder, by name."""
    found = (fetched_at(path) for path in sorted(folder.glob("*.gguf")))
    return tuple(one for one in found if one is not None)


def broken_off_in(folder: Path) -> tuple[tuple[str, int], ...]:
    """The files that have not arrived whole yet: their names, and the bytes that are here."""
    parts = sorted(folder.glob("*.gguf.*.part"))
    return tuple((re.sub(r"\.[0-9a-f]{12}\.part$", "", part.name), part.stat().st_size) for part in parts)


def remove_fetched(name: str, folder: Path) -> int:
    """Delete the fetched file of that name, whole or broken off; the bytes freed. Its hash is kept.

    Raises NotFoundError when nothing of that name was fetched.
    """
    target = folder / Path(name).name
    mine = [target] if fetched_at(target) is not None else []
    mine += folder.glob(f"{target.name}.*.part")
    if not mine:
        raise NotFoundError(
            f"No model “{name}” was fetched.",
            where=str(folder),
            todo="`sandbox models get` lists what is here.",
        )
    freed = sum(path.stat().st_size for path in mine)
    for path in mine:
        path.unlink(missing_ok=True)
    return freed


@dataclass(frozen=True, slots=True)
class _Stated:
    """What the hub says of a file: from where it comes, how long it is and its hash."""

    url: str
    size: int
    sha256: str
    commit: str
    token: str = ""


def _stated(wanted: HubFile) -> _Stated:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import errors, get_hf_file_metadata, get_token, hf_hub_url

    where = f"{wanted.repo}/{wanted.path}"
    url = hf_hub_url(wanted.repo, wanted.path, revision=wanted.revision)
    try:
        token = get_token()
        with _online():
            metadata = get_hf_file_metadata(url, token=token, timeout=_SECONDS)
    except errors.GatedRepoError:
        todo = f"Accept them on https://huggingface.co/{wanted.repo} and set HF_TOKEN, or take another model."
        raise _refused(
            "The hub gives this model only to those who accepted its terms.", where, todo
        ) from None
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.EntryNotFoundError):
        todo = "Compare owner, repository and file with the page on huggingface.co."
        raise _refused("The hub has no such file.", where, todo) from None
    except Exception as error:  # the hub's library passes on whatever its HTTP library raises
        raise _unreachable(error, url) from None
    if metadata.size is None or metadata.etag is None or not re.fullmatch(r"[0-9a-f]{64}", metadata.etag):
        todo = "Fetch the file by hand and use it as gguf:PATH, if you trust where it comes from."
        raise _refused("The hub states no SHA-256 for this file, so it could not be checked.", where, todo)
    here = metadata.location.startswith(url.split("/resolve/")[0])
    return _Stated(
        metadata.location, metadata.size, metadata.etag, metadata.commit_hash or "", (token or "") * here
    )


@contextlib.contextmanager
def _online() -> Iterator[None]:
    """The hub's library, let online: once LiteLLM is loaded it is kept off (litellm_way.py)."""
    from huggingface_hub import constants

    kept = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = False
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = kept


def _receive(
    stated: _Stated, part: Path, on_progress: Callable[[Progress], None], stopped: Callable[[], bool]
) -> None:
    """Fill `part` up to the stated size, asking again for the rest whenever the line breaks."""
    import httpx

    resumed_at = part.stat().st_size if part.exists() else 0
    began, tries = time.monotonic(), 0
    with httpx.Client(follow_redirects=True, timeout=_SECONDS) as client:
        while (done := part.stat().st_size if part.exists() else 0) < stated.size:
            try:
                for now in _stream(client, stated, part, done):
                    rate = (now - resumed_at) / max(time.monotonic() - began, 1e-6)
                    on_progress(Progress(now, stated.size, max(rate, 0.0), resumed_at))
                    if stopped():
                        raise SandboxError("Stopped; what arrived stays.", where=part.name,
                                           todo="The same command goes on from there.")  # fmt: skip
                    tries = 0
            except httpx.HTTPError as error:
                tries += 1
                if tries >= _TRIES:
                    here = part.stat().st_size if part.exists() else 0
                    raise _broken_off(error, here, stated) from None
                time.sleep(min(2**tries, 16) * _PAUSE)


def _stream(client: Any, stated: _Stated, part: Path, done: int) -> Iterator[int]:
    """Write what comes from byte `done` on; yields the length of the file after each piece.

    A server that sends the whole again, or another part than the one asked for, is taken from the start.
    Raises the HTTP library's errors, also for an answer that ends early.
    """
    import httpx

    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    if stated.token:
        headers["Authorization"] = f"Bearer {stated.token}"
    with client.stream("GET", stated.url, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise httpx.ReadError("the server does not have that part of it")
        answer.raise_for_status()
        goes_on = answer.status_code == httpx.codes.PARTIAL_CONTENT and answer.headers.get(
            "Content-Range", ""
        ).startswith(f"bytes {done}-")
        at = done if goes_on else 0
        if answer.status_code == httpx.codes.PARTIAL_CONTENT and not goes_on:
            part.unlink(missing_ok=True)
            raise httpx.ReadError("the server sends another part than the one asked for")
        with part.open("ab" if goes_on else "wb") as file:
            for piece in answer.iter_raw():
                file.write(piece[: stated.size - at])
                at += len(piece)
                if at > stated.size:
                    break
                yield at
        if at > stated.size:
            return
        if at < stated.size:
            raise httpx.ReadError("the answer ended early")


def _refuse_changed(wanted: HubFile, stated: _Stated, target: Path) -> None:
    """Raise ModelError where the hub states another hash than the one known or kept from last time."""
    kept = _kept(target)
    last = kept.sha256 if kept is not None and kept.is_from(wanted) else ""
    for known, what in ((wanted.sha256, "in the list of this app"), (last, "fetched last time")):
        if known and known != stated.sha256:
            raise _refused(
                f"The hub has another file now than the one {what}: SHA-256 {stated.sha256[:12]}…, "
                f"not {known[:12]}….",
                f"{wanted.repo}/{wanted.path}",
                "If its page says why, and you want the new one: sandbox models get … --accept-changed",
            )


def _refuse_taken(target: Path, here: Fetched | None, wanted: HubFile) -> None:
    """Raise SandboxError where a file of that name is there that was not fetched from the same place."""
    if not target.exists():
        return
    if here is None:
        raise SandboxError(
            "A file of that name is there already, and was not fetched by this app.",
            where=str(target),
            todo="Move it away, or use it as it is: --model gguf:PATH",
        )
    if (here.repo, here.hub_path) != (wanted.repo, wanted.path):
        raise SandboxError(
            f"A file of that name is here already, fetched from {here.repo}/{here.hub_path}.",
            where=str(target),
            todo=f"Remove that one first: sandbox models remove {target.name}",
        )


def _refuse_damaged(part: Path, stated: _Stated) -> None:
    with part.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != stated.sha256:
        part.unlink()
        raise _refused(
            f"What arrived is not the file that the hub states: SHA-256 {found[:12]}…, "
            f"stated {stated.sha256[:12]}…. It was deleted.",
            part.name,
            "Get it again. If it happens again, something between here and the hub changes files.",
        )


def _refuse_without_room(part: Path, size: int) -> None:
    here = part.stat().st_size if part.exists() else 0
    free = shutil.disk_usage(part.parent).free
    if free < size - here + _ROOM:
        raise SandboxError(
            f"There is no room: {(size - here) / 1e9:.1f} GB are to come, {free / 1e9:.1f} GB are free.",
            where=str(part.parent),
            todo="Make room, or remove a model: sandbox models remove NAME",
        )


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Nobody else fetches the same file meanwhile. Raises SandboxError when somebody does."""
    from filelock import FileLock, Timeout

    lock = FileLock(target.with_name(f".{target.name}.lock"), timeout=0)
    try:
        with lock:
            yield
    except Timeout:
        raise SandboxError(
            "This file is being fetched already.", where=target.name, todo="Wait for the other fetch to end."
        ) from None


def _note(fetched: Fetched) -> None:
    from sandbox.whole_file import write_whole

    data = {key: value for key, value in asdict(fetched).items() if key != "path"}
    write_whole(_beside(fetched.path), json.dumps(data, indent=2) + "\n", overwrite=True)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _refused(what: str, where: str, todo: str, kind: FailureKind = "bad request") -> ModelError:
    return ModelError(what, kind=kind, where=where, todo=todo)


def _unreachable(error: Exception, url: str) -> ModelError:
    host = url.split("/")[2]
    return _refused(f"The hub cannot be reached: {_reason(error)}.", host,
                    "Look at the network; to use another hub, set HF_ENDPOINT.", "unavailable")  # fmt: skip


def _broken_off(error: Exception, here: int, stated: _Stated) -> ModelError:
    return _refused(
        f"The line broke at {here / stated.size:.0%}, {_TRIES} times in a row: {_reason(error)}.",
        stated.url.split("/")[2],
        "What arrived stays. The same command goes on from there.",
        "unavailable",
    )


def _reason(error: Exception) -> str:
    first = (str(error).splitlines() or [""])[0].strip().rstrip(".")
    return first[:160] or type(error).__name__


def _unwritable(folder: Path, error: OSError) -> SandboxError:
    if error.errno == errno.ENOSPC:
        return SandboxError("The disk is full. What arrived stays.", where=str(folder),
                            todo="Make room; the same command goes on from there.")  # fmt: skip
    return SandboxError(f"The file cannot be written: {reason_of(error)}.", where=str(folder),
                        todo="Make sure that you may write there.")  # fmt: skip
