"""The codebook: every table and column of a data set. The writers take their columns from here."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.export import NOTICE
from sandbox.export.markdown_text import inline
from sandbox.export.table import csv_text, markdown_table

Kind = Literal["text", "integer", "number", "0/1", "time"]
"""`0/1`: 1 is yes, 0 is no. `time`: ISO 8601 with its distance from UTC; in Parquet a timestamp in UTC."""

NOTE = "simulated affect, not a feeling"
"""What the last column of every table says."""

MISSING_CODE = "empty (CSV), null (Parquet), n/a (BIDS)"


@dataclass(frozen=True, slots=True)
class Column:
    """`values`: the range, or what can stand there. `missing`: when nothing stands there; empty: never."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    values: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`row`: what one row is. `key`: the columns that tell the rows apart, in words where it takes more."""

    name: str
    row: str
    key: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


_PHASES = "baseline, induction (the scenario), technique, follow-up"
_POINTS = (
    "base, ind (after the scenario), t1, t2, … (after each technique turn), end (the last; where nothing was"
    " said since the one before, it repeats that: as_at)"
)
_WAYS = "report (a written answer), likelihood (of the options), word (next word), completion"
_SHARED = "the rows of a shared start"

_SESSION = Column("session", "text", "id of the session that made it: a shared start or an arm")
_TRUNK = Column("trunk", "text", "id of the shared start the session belongs to, its own for a shared start."
                " Arms of one shared start are paired")  # fmt: skip
_PARENT = Column("parent", "text", "id of the session it left from", missing=_SHARED)
_MODEL = Column("model", "text", "the model that played the client, as it was asked for")
_SEED = Column("seed", "integer", "the seed of every random choice; arms of one shared start have the same",
               values="0 to 2147483647")  # fmt: skip
_CLIENT = Column("client", "text", "id of the client document")
_SCENARIO = Column("scenario", "text", "id of the scenario document")
_AFFECT = Column("affect", "text", "what the scenario is to induce",
                 values="fear, anxiety, worry, sadness, anger, disgust, stress, none")  # fmt: skip
_TECHNIQUE = Column("technique", "text", "id of the technique document", missing=_SHARED)
_CONTROL = Column("control", "0/1", "whether the technique is a control", missing=_SHARED)
_STRETCHES = Column("stretches", "text", "what it goes through after the baseline, in this order: the design"
                    " of an arm. Arms of different designs answer different questions; never pool them",
                    values="induction, technique, follow-up (the last measurement, also where nothing is said"
                    " before it)")  # fmt: skip
_STATE = Column("state", "text", "how far the session is",
                values="planned, running, finished, stopped, failed, interrupted, removed")  # fmt: skip
_REPLACED = Column("replaced_by", "text", "id of the session that took its place when a turn was redone;"
                   " leave such a session out", missing="it stands for itself")  # fmt: skip
_POINT = Column("point", "text", "the measurement point", values=_POINTS)
_PHASE = Column("phase", "text", "the phase of the session", values=_PHASES)
_AFTER = Column("after_turn", "integer", "turns of the whole conversation before it, the shared start's too",
                unit="turns", values="0 or more")  # fmt: skip
_TURN = Column("technique_turn", "integer", "the technique's turns so far", unit="turns", values="1 or more",
               missing="outside of the technique")  # fmt: skip
_LATER = "“, asked afterwards” follows it where it was no part of the run, and by which model, if another"
_QUESTIONNAIRE = Column("questionnaire", "text", f"id of the questionnaire document ({_LATER}); `replies`:"
                        " the tone of the client's ordinary replies")  # fmt: skip
_WAY = Column("way", "text", "how it was read", values=f"{_WAYS}; tone for `replies`")
_SCALE = Column("scale", "text", "id of the scale within its questionnaire")
_RELIABLE = Column("reliable", "0/1", "0: coverage was below the threshold", missing="there is no score")
_HIGHER_IS = Column("higher_is", "text", "what a higher score means",
                    values="more distress, less distress, neither")  # fmt: skip
_COVERAGE = Column("coverage", "number", "probability mass of all the options, or of all listed words,"
                   " before it is shared out among them", unit="probability", values="0 to 1",
                   missing="read from a written answer")  # fmt: skip
_NOTE = Column("note", "text", "what every number here is", values=NOTE)

SESSIONS = Table(
    "sessions",
    "a session: a shared start (baseline and scenario), or an arm that goes on from it",
    "session",
    (
        replace(_SESSION, meaning="id of the session, unique everywhere"),
        _TRUNK,
        _PARENT,
        Column("parent_turn", "integer", "turn of the parent after which it left", unit="turns",
               values="0 or more", missing="it left at the parent's end, or has no parent"),
        Column("studies", "text", "names of the studies it belongs to, separated by |", missing="none"),
        Column("tags", "text", "tags it had when the data set was written, separated by |", missing="none"),
        Column("title", "text", "what the arm is called on screens"),
        _MODEL, _SEED, _CLIENT,
        Column("client_sha256", "text", "SHA-256 of the client document"),
        _SCENARIO,
        Column("scenario_sha256", "text", "SHA-256 of the scenario document"),
        _AFFECT, _TECHNIQUE,
        Column("technique_sha256", "text", "SHA-256 of the technique document", missing=_SHARED),
        Column("wording", "integer", "which wording of its script it said, in a study that spreads them: 1"
               " for the first variant of its steps", values="1 or more", missing="the script's own words"),
        Column("family", "text", "the technique's family, such as cbt or control", missing=_SHARED),
        _CONTROL,
        Column("compared_with", "text", "id of the control that began where it did; the technique effect"
               " is the difference from it",
               missing="a control, a shared start, or no control stands beside it"),
        replace(_STRETCHES, meaning=f"{_STRETCHES.meaning}. A shared start ends where a technique would"
                " begin"),
        Column("redone_turn", "text", "the turn whose reply it asked for again", values="s1, t3, …",
               missing="it is no redo"),
        _REPLACED,
        Column("administration", "text", "where questionnaires were given",
               values="aside (on a side copy), in_conversation"),
        Column("therapist", "text", "the model that spoke as therapist", missing="no model did"),
        _STATE,
        Column("reason", "text", "why it ended so", missing="nothing was to be said"),
        Column("created", "time", "when it was planned"),
        Column("app_version", "text", "version of the app that planned it"),
        Column("turns", "integer", "turns it had itself", unit="turns", values="0 or more"),
        Column("measurements", "integer", "questionnaires given in it", unit="administrations",
               values="0 or more"),
        Column("calls", "integer", "attempts at model calls made in it", unit="attempts", values="0 or more"),
        Column("prompt_tokens", "integer", "tokens of its prompts", unit="tokens", values="0 or more"),
        Column("completion_tokens", "integer", "tokens of what models wrote in it", unit="tokens",
               values="0 or more"),
        Column("cost", "number", "what its calls cost, as far as it is known", unit="US dollars",
               values="0 or more", missing="no call's cost is known"),
        _NOTE,
    ),
)  # fmt: skip

TURNS = Table(
    "turns",
    "something said to the client, with the reply; once, under the session it was said in",
    "session, turn",
    (
        _SESSION, _TRUNK,
        Column("turn", "integer", "place in the whole conversation, the shared start's turns included",
               values="1 or more"),
        Column("label", "text", "what the turn is called",
               values="s1, … (scenario), t1, … (technique), f1, … (follow-up)"),
        _PHASE,
        Column("origin", "text", "who chose the words", values="scenario, scripted, guided, live"),
        Column("step", "text", "id of the technique's step", missing="not a technique's turn, or own words"),
        Column("repeat", "integer", "how often the step was said so far", values="1 or more"),
        Column("said", "text", "what was said to the client"),
        Column("reply", "text", "what the client replied", missing="told without waiting for a reply"),
        Column("refused", "0/1", "whether the model declined"),
        Column("negativity", "number", "how negative the reply is (VADER)", unit="points",
               values="0 (positive) to 100 (negative)", missing="no reply, a refusal, or not English"),
        Column("seed", "integer", "the seed the reply was drawn with", values="0 to 2147483647",
               missing="none was used"),
        Column("call", "text", "id of the model call that gave the reply", missing="no call did"),
        _NOTE,
    ),
)  # fmt: skip

ANSWERS = Table(
    "answers",
    "one asking of one item; an item that was asked again has several rows, the last one counts (final)",
    "session, administration, place",
    (
        _SESSION, _TRUNK, _POINT, _PHASE, _AFTER, _TURN,
        replace(_QUESTIONNAIRE, meaning=f"id of the questionnaire document ({_LATER})"),
        replace(_WAY, values=_WAYS),
        Column("form", "text", "how the items were put", values="batch, per item, structured"),
        Column("administration", "integer", "which of the session's administrations it is, in time",
               values="1 or more"),
        Column("place", "integer", "which of the administration's askings it is", values="1 or more"),
        Column("item", "text", "id of the item within its questionnaire"),
        Column("shown_at", "integer", "place of the item in the order shown", values="1 or more",
               missing="the item was not in the order shown"),
        Column("attempt", "integer", "how often the item was asked so far", values="1 or more"),
        Column("final", "0/1", "1: the asking that counts"),
        Column("value", "number", "the answer, before any reversal", unit="the item's own",
               values="the questionnaire's options or range", missing="see missing"),
        Column("missing", "text", "why there is no value",
               values="refused, unreadable, out of range, not answered, no coverage", missing="there is one"),
        Column("raw", "text", "what the model wrote for the item; where no answer to it was found, all"
               " that it wrote in that call. Read by probabilities: the most probable word",
               missing="nothing was written"),
        _COVERAGE,
        Column("entropy", "number", "entropy of the options' shares", unit="bits", values="0 or more",
               missing="not read by probabilities of options"),
        Column("call", "text", "id of the model call that answered; what was asked afterwards has its"
               " calls in the record alone", missing="no call did"),
        _NOTE,
    ),
)  # fmt: skip

SCORES = Table(
    "scores",
    "a score of a scale at a measurement point; once, under the session that measured it",
    "session, point, questionnaire, way, form, scale (given twice at a point: the last counts)",
    (
        _SESSION, _TRUNK,
        replace(_PARENT, missing="a shared start's measurements"),
        _MODEL, _SEED, _CLIENT, _SCENARIO, _AFFECT, _TECHNIQUE, _CONTROL,
        replace(_STATE, missing="the score is of an ancestor that is not among the sessions"),
        _REPLACED, _POINT, _PHASE, _AFTER, _TURN, _QUESTIONNAIRE, _WAY, _SCALE,
        Column("value", "number", "the score", unit="the scale's own", values="lowest to highest in `scales`",
               missing="see reason"),
        Column("answered", "integer", "items with an answer", unit="items", values="0 or more"),
        Column("items", "integer", "items of the scale", unit="items", values="1 or more"),
        Column("reason", "text", "why there is no score", missing="there is one"),
        replace(_RELIABLE, missing="there is no score, or it is of `replies`"),
        Column("usable", "text", "what the newest check of the questionnaire on the model said (check-model)",
               values="usable, usable with care, undecided, not usable with this model, never checked",
               missing="`replies`"),
        replace(_COVERAGE, meaning="the lowest coverage of the answers"),
        Column("entropy", "number", "mean entropy of the answers", unit="bits", values="0 or more",
               missing="not read by probabilities of options"),
        Column("unseen", "integer", "listed words whose probability was not read", unit="words",
               values="0 or more", missing="not read by next words"),
        Column("hidden", "number", "the most mass those words can have had", unit="probability",
               values="0 to 1", missing="not read by next words"),
        Column("form", "text", "how the items were put", values="batch, per item, structured",
               missing="not a written answer"),
        _NOTE,
    ),
)  # fmt: skip

TRAJECTORIES = Table(
    "trajectories",
    "an arm at a measurement point on one scale, the shared start's points included; as in comparisons",
    "session, questionnaire, way, scale, point",
    (
        replace(_SESSION, meaning="id of the arm; of a shared start without arms, its own"),
        _TRUNK, _MODEL, _SEED, _CLIENT, _SCENARIO, _AFFECT, _TECHNIQUE, _CONTROL, _STRETCHES, _STATE,
        _REPLACED, _QUESTIONNAIRE, _WAY, _SCALE,
        _HIGHER_IS,
        _POINT, _PHASE, _AFTER, _TURN,
        Column("own", "0/1", "0: said before it left, under the technique of the arm it left from"),
        Column("score", "number", "the score", unit="the scale's own", values="lowest to highest in `scales`",
               missing="see reason"),
        _RELIABLE,
        Column("reason", "text", "why there is no score", missing="there is one"),
        Column("as_at", "text", "the point it was given at, where nothing was said since", values=_POINTS,
               missing="it was given here"),
        Column("change", "number", "score now − score after the scenario, or − baseline where none was told"
               " before the technique; below 0 it fell",
               unit="the scale's own", values="the scale's range either way",
               missing="before the technique, or a score is missing"),
        Column("compared_with", "text", "id of the control that began where it did",
               missing="a control, a shared start, or no control stands beside it"),
        Column("technique_effect", "number", "change − change under that control at the same point; below 0:"
               " lower than under the control", unit="the scale's own",
               values="twice the scale's range either way", missing="before the technique, no control beside"
               " it, or a score is missing there"),
        Column("primary", "0/1", "1: the point that counts: the end, each arm's own, or the last turn that"
               " the arm and that control both had"),
        _NOTE,
    ),
)  # fmt: skip

CALLS = Table(
    "calls",
    "one attempt at a model call; once, under the session it was made in",
    "call, attempt",
    (
        _SESSION, _TRUNK,
        Column("call", "text", "id of the call"),
        Column("attempt", "integer", "how often the call was tried so far", values="1 or more"),
        Column("turn", "integer", "the turn it was made for or after", values="0 or more"),
        Column("purpose", "text", "what it was made for",
               values="reply (the client's), measurement, therapist"),
        Column("model", "text", "the model that answered, by its own name where it told one"),
        Column("prompt_sha256", "text", "SHA-256 of the prompt; equal prompts have equal ones"),
        Column("parameters", "text", "what was asked for, as JSON: temperature, top_p, max_tokens, seed, …"),
        Column("prompt_tokens", "integer", "tokens of the prompt", unit="tokens", values="0 or more",
               missing="the attempt failed, or they were not told"),
        Column("cached_tokens", "integer", "of these, tokens taken from a cache", unit="tokens",
               values="0 or more", missing="the attempt failed, or they were not told"),
        Column("completion_tokens", "integer", "tokens of the answer", unit="tokens", values="0 or more",
               missing="the attempt failed, or they were not told"),
        Column("cost", "number", "what it cost", unit="US dollars", values="0 or more", missing="not known"),
        Column("started", "time", "when it was begun", missing="not known"),
        Column("seconds", "number", "how long it took", unit="seconds", values="0 or more",
               missing="not known"),
        Column("waited", "number", "the pause before it", unit="seconds", values="0 or more",
               missing="not known"),
        Column("finish_reason", "text", "why the answer ended", missing="the attempt failed"),
        Column("failure", "text", "how it failed", missing="it did not"),
        Column("status", "integer", "the server's HTTP status", values="100 to 599", missing="none was told"),
        Column("error", "text", "what the server or the app said of it", missing="it did not fail"),
        _NOTE,
    ),
)  # fmt: skip

_SHA256 = Column("questionnaire_sha256", "text", "SHA-256 of the questionnaire document; of one id, each text"
                 " has its own")  # fmt: skip

ITEMS = Table(
    "items",
    "an item of a questionnaire, worded as it was given",
    "questionnaire, questionnaire_sha256, item",
    (
        replace(_QUESTIONNAIRE, meaning="id of the questionnaire document"), _SHA256,
        Column("item", "text", "id of the item within its questionnaire"),
        Column("text", "text", "its wording; of a next-word probe, the affect its words count for; of a"
               " sentence completion, the beginning of the sentence"),
        Column("answers", "text", "what could be answered and its value, or the words that count; | between"
               " them",  missing="any words could be"),
        Column("put", "text", "what was put before the items; of a next-word probe the question … and the"
               " words the answer begins with", missing="nothing was"),
        _NOTE,
    ),
)  # fmt: skip

SCALES = Table(
    "scales",
    "a scale of a questionnaire: what its score is made of, its range and its direction",
    "questionnaire, questionnaire_sha256, scale",
    (
        replace(_QUESTIONNAIRE, meaning="id of the questionnaire document"), _SHA256,
        _SCALE,
        Column("title", "text", "what it is called", missing="it has its id alone"),
        Column("items", "text", "ids of the items that go into it"),
        Column("reversed_items", "text", "of these, the ones whose value is reversed first", missing="none"),
        Column("method", "text", "how they make the score", values="mean, sum"),
        Column("multiplied_by", "number", "what that is then multiplied by", values="above 0"),
        Column("lowest", "number", "the lowest score there can be", unit="the scale's own"),
        Column("highest", "number", "the highest score there can be", unit="the scale's own"),
        _HIGHER_IS,
        Column("timeframe", "text", "the time the questionnaire asks about",
               values="right now, today, past week, past two weeks, past month, in general"),
        _NOTE,
    ),
)  # fmt: skip

TABLES = (SESSIONS, TURNS, ANSWERS, SCORES, TRAJECTORIES, CALLS, ITEMS, SCALES)

_CODEBOOK = ("table", "column", "meaning", "unit", "range", "type", "missing_code", "missing_when")


def codebook_csv() -> str:
    """A row a column of every table, as CSV."""
    return csv_text(_CODEBOOK, _rows())


def codebook_markdown() -> str:
    """The same to read, with what a row of each table is."""
    blocks = [
        "# Codebook",
        f"> {NOTICE}",
        f"Types: text; integer; number; 0/1 (1 is yes); time (ISO 8601). Missing: {MISSING_CODE}."
        " In all texts, control characters and direction marks are replaced by U+FFFD; in CSV and BIDS"
        " an apostrophe stands before what a spreadsheet would run as a formula, also if it"
        " cut the text at a comma, semicolon, tab or line break.",
    ]
    for table in TABLES:
        head = ("column", "type", "meaning", "unit", "range", "missing when")
        rows = [
            tuple(
                map(inline, (one.name, one.kind, one.meaning, one.unit, one.values, one.missing or "never"))
            )
            for one in table.columns
        ]
        blocks += [
            f"## {table.name}",
            f"A row is {inline(table.row)}. Key: {inline(table.key)}.",
            markdown_table(head, rows),
        ]
    return "\n\n".join(blocks) + "\n"


def _rows() -> Iterator[dict[str, object]]:
    for table in TABLES:
        for one in table.columns:
            values = (
                table.name, one.name, one.meaning, one.unit, one.values, one.kind,
                MISSING_CODE if one.missing else "", one.missing or "never",
            )  # fmt: skip
            yield dict(zip(_CODEBOOK, values, strict=True))
