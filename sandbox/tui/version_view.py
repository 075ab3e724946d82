"""What the Versions page shows of a technique, read from the record on a thread. Draws nothing."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.engine.plan import SessionPlan
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import outline_of
from sandbox.study.progress import progress_of
from sandbox.study.small_study import name_apart
from sandbox.workbench.versions import (
    Change,
    Pairs,
    ScriptVersion,
    changes,
    effect_of,
    like,
    pairs_of,
    versions_of,
)


@dataclass(frozen=True, slots=True)
class VersionLook:
    """One version: its effect in sentences, what differs from another, and the two in pairs; `running` says
    how far the study of their pairs is, empty where none runs."""

    effect: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    pairs: Pairs = field(default_factory=Pairs)
    running: str = ""


class VersionReader:
    """Reads the versions of one technique again and again. `current`: the hashes of what the file says."""

    def __init__(self, store: Store, library: Library, technique: str) -> None:
        self.technique = technique
        self.current: frozenset[str] = frozenset()
        self._store = store
        self._library = library
        self._studies = StudyRecord(store)

    def signature(self) -> object:
        """Something that is another one once anything was written to the record, or to the file."""
        paths = [self._store.path, Path(f"{self._store.path}-wal")]
        with suppress(SandboxError):
            paths.append(self._library.path("technique", self.technique))
        found = (path.stat() for path in paths if path.exists())
        return tuple((one.st_mtime_ns, one.st_size) for one in found)

    def versions(self) -> tuple[ScriptVersion, ...]:
        """The oldest first. Raises NotFoundError when none ran."""
        try:
            file = self._library.technique(self.technique)
        except SandboxError:
            file = None
        found = versions_of(self._store, self.technique, file)
        self.current = frozenset(one.hash for one in found if one.is_text_of(file))
        return found

    def look(self, one: ScriptVersion, other: ScriptVersion | None) -> VersionLook:
        """Raises SandboxError when the record cannot be read."""
        effect = effect_of(self._store, one)
        if other is None:
            return VersionLook(effect)
        return VersionLook(
            effect,
            changes(other.technique, one.technique),
            pairs_of(self._store, one, other),
            self._running(one, other),
        )

    def _running(self, one: ScriptVersion, other: ScriptVersion) -> str:
        """`running: 5 of 8 sessions`, whichever of the two the pairs were asked for from."""
        for planned_as in (one, other):
            name = pairs_name(one, other, like(self._store, planned_as))
            if (found := self._studies.newest(name)) is not None:
                progress = progress_of(self._studies, outline_of(found))
                if progress.condition in ("running", "paused"):
                    done, of = progress.sessions_finished, progress.sessions
                    return f"{progress.condition}: {done} of {of} sessions"
        return ""


def pairs_name(one: ScriptVersion, other: ScriptVersion, plan: SessionPlan) -> str:
    """What the study of the two in pairs is called, whichever comes first, under the plan's scenario, client
    and model."""
    parts = ("pairs", one.technique.id, *sorted((one.hash[:6], other.hash[:6])))
    return name_apart(parts, plan.scenario.id, plan.client.id, plan.model)
