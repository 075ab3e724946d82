"""The record of everything that happened: one door for writing events and reading sessions. The rows of each
noun, and their SQL, are in the module of its name."""

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    Event,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TurnFinished,
)
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.engine.validity_check import CheckPlan, InstrumentChecked
from sandbox.errors import NotFoundError, UsageError
from sandbox.measurement.validity.battery import Trial
from sandbox.models.provider import ModelDescription
from sandbox.store.call import StoredAttempt, call_rows, calls_of
from sandbox.store.connection import open_database
from sandbox.store.document import Documents
from sandbox.store.error import explained
from sandbox.store.history import histories, store_skip, store_turn
from sandbox.store.integrity import Altered, altered_documents, damages, documents_of
from sandbox.store.listing import (
    Choices,
    FoundSession,
    SessionFilter,
    choices,
    found_sessions,
)
from sandbox.store.measurement import store_measured
from sandbox.store.progress import RunProgress, SessionProgress, runs_of
from sandbox.store.row import insert_all
from sandbox.store.session import (
    SessionSummary,
    StoredSession,
    branches_of,
    families_of,
    heads_of,
    lineage,
    planned_by,
    refuse_unknown,
    resolved,
    store_heads,
    summaries,
    unknown,
)
from sandbox.store.state import (
    APP,
    Open,
    State,
    StateEntry,
    append_states,
    interrupt_elsewhere,
    last_removed,
    newest_states,
    refuse_running_elsewhere,
    states_of,
    to_plan,
    to_resume,
)
from sandbox.store.tag import append_tag, clean_tag
from sandbox.store.validity import StoredCheck, checks_of, store_check, trials_of

DATABASE = "sandbox.db"
"""The record's file name within a workspace's sessions folder."""

_STORED = (
    RunPlanned, SessionStarted, TurnFinished, AdministrationFinished, CallFinished, StepSkipped,
    SessionFinished,
)  # fmt: skip
"""The events that leave a trace."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """A workspace's record. Safe to use from several threads; other programs may read and write it too."""

    def __init__(self, db: Database, path: Path, now: Callable[[], datetime]) -> None:
        self._db = db
        self._path = path
        self._now = now
        self._lock = threading.RLock()
        self._models: dict[str, str] = {}
        self._compared: dict[str, Altered | None] = {}
        self._documents = Documents()
        self._under_way: dict[str, SessionProgress] = {}
        self._open_now = Open()

    @classmethod
    def open(cls, path: Path, *, create: bool = True, now: Callable[[], datetime] = _utc_now) -> "Store":
        """The record at `path`, brought to this version's tables.

        Without `create` a missing file is a NotFoundError (nothing was run yet). Raises StoreError when the
        file cannot be opened or written, is locked, damaged, another program's or a newer version's.
        Where file or folder may not be written it can be read all the same (`read_only`).
        `now` gives the times that are stored, with a time zone.
        """
        if not create and not path.exists():
            raise NotFoundError(
                "No session has been run here yet.", where=str(path), todo="Start one: `sandbox demo`."
            )
        return cls(open_database(path), path, now)

    @property
    def path(self) -> Path:
        return self._path

    @property
    def read_only(self) -> bool:
        """Whether file or folder may only be read: then every attempt to write is a StoreError."""
        with self._lock, explained(self._path):
            return bool(self._db.execute("PRAGMA query_only").fetchone()[0])

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # Writing

    def record(self, *events: Event) -> None:
        """Write what the events say in one transaction: all of it or nothing. Raises StoreError.

        The start of a session that another process is running is refused with a UsageError.
        Events that only show progress (deltas, phases, starts of turns and administrations, waiting) leave
        no trace: what they announce is written when it is finished.
        """
        told = [event for event in events if isinstance(event, _STORED)]
        if not told:
            return
        with self.writing() as (db, at):
            calls = [event for event in told if isinstance(event, CallFinished)]
            rows = (call_rows(c.session, c.turn, c.call, self._model_of(db, c.session)) for c in calls)
            insert_all(db, "calls", [row for attempts in rows for row in attempts])
            for event in told:
                self._write(db, event, at)

    def _write(self, db: Database, event: Event, at: datetime) -> None:
        match event:
            case RunPlanned(heads):
                self._models.update((head.id, head.plan.model) for head in heads)
                new = store_heads(db, heads, at)
                append_states(db, to_plan(db, [head.id for head in heads], new), "planned", at)
            case SessionStarted(session, model):
                refuse_running_elsewhere(db, session)
                append_states(db, [session], "running", at, model=model)
            case TurnFinished(session, turn):
                store_turn(db, session, turn, at)
            case AdministrationFinished(session, measured):
                store_measured(db, session, measured, at)
            case StepSkipped(session, skip):
                store_skip(db, session, skip, at)
            case SessionFinished(session, ending, reason):
                append_states(db, [session], ending, at, reason=reason)

    def set_state(self, session: str, state: State, reason: str, author: str = APP) -> None:
        """Add a line to the session's log: `removed`, say, by a person and for a reason."""
        with self.writing() as (db, at):
            lineage(db, [session])
            append_states(db, [session], state, at, reason=reason, author=author)

    def tag(self, session: str, tag: str, *, present: bool = True, author: str = APP) -> bool:
        """Give the session a tag or take it off; False if it was so already. Raises UsageError."""
        name = clean_tag(tag)
        with self.writing() as (db, at):
            lineage(db, [session])
            return append_tag(db, session, name, at, present=present, author=author)

    def remove(
        self, session: str, reason: str, author: str = APP, also: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Leave it, `also` others, and all that branched from them out of every list; the ids. Nothing is
        deleted.

        Raises UsageError while one of them is running: it would go on writing what nobody finds again.
        """
        with self.writing() as (db, at):
            states = newest_states(db, [id for one in (session, *also) for id in branches_of(db, one)])
            members = tuple(member for member, entry in states.items() if entry.state != "removed")
            if running := [member for member in members if states[member].now == "running"]:
                whose = f"Stop it first ({states[running[0]].process})."
                raise UsageError("A running session cannot be removed.", where=running[0], todo=whose)
            append_states(db, members, "removed", at, reason=reason, author=author)
        return members

    def bring_back(self, author: str = APP) -> tuple[str, ...]:
        """List again what was removed last in one go and is removed still; the ids, none if there is none."""
        with self.writing() as (db, at):
            removed = last_removed(db)
            for session, state in removed.items():
                append_states(db, [session], state, at, reason="brought back", author=author)
        return tuple(removed)

    def take_over(self, session: str) -> tuple[str, ...]:
        """Write `interrupted` for what another machine runs of its family; the ids. A person decides."""
        with self.writing() as (db, at):
            return interrupt_elsewhere(db, families_of(db, [session])[session], at)

    def add_check(self, plan: CheckPlan, checked: InstrumentChecked, model: ModelDescription) -> int:
        """Keep a validity check with everything it rests on; its number."""
        with self.writing() as (db, at):
            return store_check(db, plan, checked, model, at)

    def mark_interrupted(self) -> tuple[str, ...]:
        """Write `interrupted` for every session left running by a process that is gone; their ids.

        In a record that can only be read they count as interrupted without it.
        """
        if self.read_only:
            return ()
        with self.writing() as (db, at):
            gone = [entry for entry in self._open_now.states(db, ["running"]) if entry.now == "interrupted"]
            sessions = tuple(entry.session for entry in gone)
            append_states(db, sessions, "interrupted", at, reason="The app ended before the session did.")
        return sessions

    # Reading

    def head(self, session: str) -> SessionHead:
        """The session's head, its documents as they were when it was planned. Raises NotFoundError."""
        return self.heads([session])[session]

    def heads(self, sessions: Collection[str]) -> dict[str, SessionHead]:
        """The heads of the sessions by id, in the order planned. Raises NotFoundError."""
        with self.reading() as db:
            return heads_of(db, sessions, self._documents)

    def history(self, session: str) -> History:
        """What happened in the session, its ancestors' part first. Raises NotFoundError."""
        return self.histories([session])[session]

    def histories(self, sessions: Collection[str]) -> dict[str, History]:
        """What happened in each of the sessions, its ancestors' part first. Raises NotFoundError."""
        with self.reading() as db:
            found = histories(db, sessions, lineage(db, sessions))
        return {session: history for session, (history, _) in found.items()}

    def session(self, session: str) -> StoredSession:
        """Everything stored about one session. Raises NotFoundError."""
        return self.stored([session])[session]

    def scores(self, sessions: Collection[str]) -> dict[str, StoredSession]:
        """The sessions by id, as far as a comparison reads them: without answers, what was asked, and calls.

        Raises NotFoundError.
        """
        return self.stored(sessions, answers=False)

    def stored(self, sessions: Collection[str], *, answers: bool = True) -> dict[str, StoredSession]:
        """Everything stored about the sessions, by id; without `answers` as in `scores`. Raises
        NotFoundError."""
        with self.reading() as db:
            heads = heads_of(db, sessions, self._documents)
            told = histories(db, sessions, lineage(db, sessions), answers=answers)
            logs = states_of(db, sessions)
            calls = calls_of(db, sessions) if answers else {}
            made = planned_by(db, sessions)
        return {
            session: StoredSession(
                head=heads[session],
                history=told[session][0],
                measured_in=told[session][1],
                states=logs[session],
                calls=calls.get(session, ()),
                created=made[session][0],
                app_version=made[session][1],
            )
            for session in sessions
        }

    def resolve(self, text: str) -> str:
        """The id meant by a full id, the beginning of one, or `last`: the trunk of the newest run.

        Raises NotFoundError; UsageError when several ids begin so.
        """
        with self.reading() as db:
            return resolved(db, text)

    def family(self, session: str) -> tuple[SessionHead, ...]:
        """The trunk `session` belongs to and all that branched from it, in the order planned.

        Removed sessions are left out, unless `session` itself was removed: then nothing is.
        """
        return self.families([session])[session]

    def families(self, sessions: Collection[str]) -> dict[str, tuple[SessionHead, ...]]:
        """The family of each of the sessions, as `family` has it. Raises NotFoundError."""
        with self.reading() as db:
            families = families_of(db, sessions)
            everybody = {member for members in families.values() for member in members}
            removed = {id for id, now in newest_states(db, everybody).items() if now.state == "removed"}
            shown = {
                session: [member for member in members if session in removed or member not in removed]
                for session, members in families.items()
            }
            heads = heads_of(
                db, {member for members in shown.values() for member in members}, self._documents
            )
        return {session: tuple(heads[member] for member in members) for session, members in shown.items()}

    def to_finish(self, session: str) -> tuple[SessionHead, ...]:
        """The sessions of its family that can be gone on with; not one that was stopped for its own redo."""
        family = self.family(session)
        redone = {head.parent for head in family if head.plan.redo is not None}
        states = self.states_now([head.id for head in family])
        ended = {id for id, state in states.items() if state in ("finished", "removed")}
        replaced = {id for id, state in states.items() if state == "stopped" and id in redone}
        return tuple(head for head in family if head.id not in ended | replaced)

    def sessions(self, limit: int = 50, *, alone: bool = False) -> tuple[SessionSummary, ...]:
        """The newest sessions first, removed ones left out. `alone`: only those of no study."""
        with self.reading() as db:
            return summaries(db, limit, alone=alone)

    def state(self, session: str) -> State:
        """The state the session is in now. Raises NotFoundError."""
        return self.states_now([session])[session]

    def states_now(self, sessions: Collection[str]) -> dict[str, State]:
        """The state each of the sessions is in now. Raises NotFoundError."""
        with self.reading() as db:
            found = newest_states(db, sessions)
        refuse_unknown(sessions, found)
        return {session: found[session].now for session in sessions}

    def states(self, session: str) -> tuple[StateEntry, ...]:
        """The session's log, oldest first. Raises NotFoundError."""
        with self.reading() as db:
            lineage(db, [session])
            return states_of(db, [session])[session]

    def unfinished(self) -> tuple[StateEntry, ...]:
        """Sessions to go on with, oldest first: interrupted, failed, or planned and not begun.

        A planned one is left out while the process that planned it lives elsewhere, or while one of its
        family is running: its turn is still to come.
        """
        with self.reading() as db:
            entries = self._open_now.states(db, ["planned", "running", "interrupted", "failed"])
            running = [entry.session for entry in entries if entry.now == "running"]
            at_work = {member for members in families_of(db, running).values() for member in members}
            return tuple(entry for entry in entries if to_resume(entry, at_work))

    def runs(self) -> tuple[RunProgress, ...]:
        """The runs under way in any living process, with all the sessions each of them planned."""
        with self.reading() as db:
            return runs_of(db, self._open_now, self._under_way)

    def calls(self, session: str) -> tuple[StoredAttempt, ...]:
        """Every attempt at a model call made in the session, in order. Raises NotFoundError."""
        with self.reading() as db:
            lineage(db, [session])
            return calls_of(db, [session])[session]

    def checks(self, model: str | None = None) -> tuple[StoredCheck, ...]:
        """The newest validity check of each model, questionnaire text and way, newest first."""
        with self.reading() as db:
            return checks_of(db, model)

    def trials(self, check: int) -> tuple[Trial, ...]:
        """Every administration a validity check rests on, in the order given; empty for no such check."""
        with self.reading() as db:
            return trials_of(db, check)

    def find(
        self, wanted: SessionFilter, limit: int = 50, after: int | None = None
    ) -> tuple[FoundSession, ...]:
        """A page of the sessions that fit, the newest first; `after`: the `place` of the last one shown."""
        with self.reading() as db:
            return found_sessions(db, wanted, limit, after)

    def damages(self) -> tuple[str, ...]:
        """What SQLite finds wrong with the file itself; nothing when it is sound."""
        with self.reading() as db:
            return damages(db)

    def altered(self) -> tuple[Altered, ...]:
        """The documents of the whole record that do not match their hash."""
        with self.reading() as db:
            return altered_documents(db)

    def altered_in(self, sessions: Collection[str]) -> dict[str, tuple[Altered, ...]]:
        """By session, the documents that do not match their hash."""
        with self.reading() as db:
            named = documents_of(db, sessions)
            # Each is compared once: to hash a document anew takes a millisecond.
            new = {name for names in named.values() for name in names} - self._compared.keys()
            wrong = {one.hash: one for one in altered_documents(db, new)}
        self._compared.update((name, wrong.get(name)) for name in new)
        return {
            session: tuple(one for name in names if (one := self._compared[name]) is not None)
            for session, names in named.items()
        }

    def choices(self) -> Choices:
        """What a filter can name: the scenarios, techniques, models and tags of the record."""
        with self.reading() as db:
            return choices(db)

    # For the nouns that have a module of their own

    @contextmanager
    def writing(self) -> Iterator[tuple[Database, datetime]]:
        """One transaction; the write lock is taken at once, so that waiting for others comes first."""
        with self._lock, explained(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db, self._now()
                self._db.commit()
            except BaseException:
                self._db.rollback()  # an error of its own is explained as well
                raise

    @contextmanager
    def reading(self) -> Iterator[Database]:
        """One view of the record, whatever others write meanwhile."""
        with self._lock, explained(self._path), self._db.atomic() as db:
            yield db

    def _model_of(self, db: Database, session: str) -> str:
        if session not in self._models:
            if (row := db.execute("SELECT model FROM sessions WHERE id = ?", [session]).fetchone()) is None:
                raise unknown(session)
            self._models[session] = row[0]
        return self._models[session]
