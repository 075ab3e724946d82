"""Which sessions go into a data set: families named by sessions, tags or studies, or everything there is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlite_utils import Database

from sandbox.analysis.family import Family, gather_families
from sandbox.analysis.reported import interim, plan_sentences
from sandbox.errors import NotFoundError, SandboxError
from sandbox.export.transcript.provenance import questionnaires
from sandbox.library.document import document_hash
from sandbox.library.questionnaire import Questionnaire
from sandbox.store.listing import studies_of
from sandbox.store.session import families_of, resolved
from sandbox.store.state import newest_states
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.store.tag import clean_tag, tags_of
from sandbox.study.plan_changes import plan_history

_AT_ONCE = 100
"""How many sessions are read together: enough that statements cost nothing, few enough to hold."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Families by the ids of their members in the order planned, the shared start first; `asked` in words.

    Of the studies that were named, `interim` says how much is finished where that is not all, and `plans` how
    they were planned and changed, and which of these sessions the newest plan does not have. Removed sessions
    are left out.
    """

    families: tuple[tuple[str, ...], ...]
    asked: str
    interim: tuple[str, ...] = ()
    plans: tuple[str, ...] = ()

    @property
    def sessions(self) -> tuple[str, ...]:
        return tuple(member for members in self.families for member in members)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the families with all that is stored of them, and by session its studies and tags.

    `questionnaires`: those that were given in them and in no part before, by the hash of their text.
    """

    families: tuple[Family, ...]
    studies: Mapping[str, tuple[str, ...]]
    tags: Mapping[str, tuple[str, ...]]
    questionnaires: Mapping[str, Questionnaire] = field(default_factory=dict)


def choose(
    store: Store, words: Sequence[str] = (), *, tag: str | None = None, everything: bool = False
) -> Chosen:
    """The families that are meant. A word is a session (its id, the beginning of one, `last`) or a study's
    name; a session stands for its whole family, since an arm means nothing without its shared start and its
    control. Raises NotFoundError for a word that is neither and where nothing is left, UsageError.
    """
    asked = [*words, *([f"tag “{clean_tag(tag)}”"] if tag else []), *(["everything"] if everything else [])]
    with store.reading() as db:
        studies = {word: root for word in words if (root := _study(db, word)) is not None}
        ids = [id for word in words for id in _meant(db, word, studies.get(word))]
        if tag is not None:
            ids += _column(db, "SELECT session FROM present_tags WHERE tag = ?", clean_tag(tag))
        if everything:
            ids += _column(db, "SELECT id FROM sessions WHERE parent IS NULL")
        families = _families(db, ids)
    if not families:
        raise NotFoundError(
            f"There is no session to write: {', '.join(asked)}.",
            todo="Name sessions, a study, or a tag that sessions have; `--all` takes everything.",
        )
    return Chosen(families, ", ".join(asked), *_said_of(store, studies.values()))


def _said_of(store: Store, roots: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    record = StudyRecord(store)
    so_far, plans = [], []
    for root in dict.fromkeys(roots):
        study = record.named(root)
        try:
            so_far.append(interim(record, study))
        except SandboxError as error:  # the sessions are there all the same
            plans.append(f"Study “{study.name}”: {error.what}")
            continue
        history = plan_history(record, study)
        plans += plan_sentences(record, study, history)
        if history.left_out:
            plans.append(f"In these tables, but not in its newest plan: {'; '.join(history.left_out)}.")
    return tuple(filter(None, so_far)), tuple(plans)


def parts(store: Store, chosen: Chosen) -> Iterator[Part]:
    """The chosen families in order, read in sets of some hundred sessions: no more is held at a time."""
    some: list[tuple[str, ...]] = []
    told: dict[str, Questionnaire] = {}
    for members in chosen.families:
        some.append(members)
        if sum(map(len, some)) >= _AT_ONCE:
            yield _part(store, some, told)
            some = []
    if some:
        yield _part(store, some, told)


def _part(store: Store, families: Sequence[tuple[str, ...]], told: dict[str, Questionnaire]) -> Part:
    """Reads the families; their questionnaires are added to those `told` of."""
    ids = [member for members in families for member in members]
    with store.reading() as db:
        tags, studies = tags_of(db, ids), studies_of(db, ids)
    gathered = gather_families(store, families)
    given = {document_hash(one): one for family in gathered for one in questionnaires(family)}
    new = {key: one for key, one in given.items() if key not in told}
    told.update(new)
    return Part(gathered, studies, tags, new)


def _meant(db: Database, word: str, study: str | None) -> list[str]:
    if study is not None:
        return _column(db, "SELECT session FROM study_sessions WHERE root = ?", study)
    try:
        return [resolved(db, word)]
    except NotFoundError as error:
        raise NotFoundError(
            f"“{word}” is neither a session nor a study of this record.",
            todo="`last` is the newest run; `--tag` takes all sessions with a tag.",
        ) from error


def _study(db: Database, name: str) -> str | None:
    """The root of the study that has, or had last, this name."""
    sql = "SELECT root FROM studies WHERE name = ? OR root = ? ORDER BY number DESC LIMIT 1"
    row = db.execute(sql, [name, name]).fetchone()
    return str(row[0]) if row else None


def _families(db: Database, ids: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    families = dict.fromkeys(families_of(db, dict.fromkeys(ids)).values())
    everybody = [member for members in families for member in members]
    removed = {id for id, now in newest_states(db, everybody).items() if now.state == "removed"}
    kept = (tuple(member for member in members if member not in removed) for members in families)
    return tuple(members for members in kept if members)


def _column(db: Database, sql: str, *values: str) -> list[str]:
    return [row[0] for row in db.execute(sql, values).fetchall()]
