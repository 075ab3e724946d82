"""The form a session is chosen with: scenario, techniques, measures, client, model, seed. Runs nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Input, Select, Static

from sandbox.engine.measure import Shuffled
from sandbox.library.catalogue import Entry
from sandbox.library.client import Client
from sandbox.library.document import id_of
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Design
from sandbox.library.technique import Technique
from sandbox.measurement.administering import WAYS
from sandbox.models.name import short_name
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices
from sandbox.text import printable
from sandbox.tui.widgets.ticks import PickList, Tick, TickList

_MAX_SEED = 2**31 - 1
_MOST_REPEATS = 100_000
_FORMS = {"": "the whole sheet at once", "per-item": "an item a call", "structured": "the sheet as JSON"}
_DESIGNS: Mapping[Design, str] = {
    "after scenario": "technique after the scenario",
    "before scenario": "technique before the scenario",
    "without scenario": "technique without the scenario",
    "measured again": "no technique, measured again",
}
_WHEN = {"": "as usual for each", "every": "at every point", "three": "at start, after scenario, end"}


class SessionForm(VerticalScroll, can_focus=False):
    """Fields over a proposal. `documents` are the library's entries; broken ones are left out and counted."""

    class Changed(Message):
        """Something else is chosen now."""

    class Submitted(Message):
        """What is chosen shall be run."""

    def __init__(
        self,
        documents: Sequence[Entry],
        proposal: Proposal,
        models: Sequence[str] = (),
        *,
        id: str | None = None,
    ) -> None:
        """`models`: names of models that were used before or are at hand."""
        super().__init__(id=id)
        self._models = models
        found = [entry.document for entry in documents if entry.document is not None]
        self._scenarios = {d.id: d for d in found if isinstance(d, Scenario)}
        self._techniques = {d.id: d for d in found if isinstance(d, Technique)}
        self._clients = {d.id: d for d in found if isinstance(d, Client)}
        self._questionnaires = {d.id: d for d in found if isinstance(d, Questionnaire)}
        self._broken = len(documents) - len(found)
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        proposal = self._proposal
        yield _label("scenario (Space adds another)", first=True)
        yield _pick("scenario", self._scenarios, proposal.scenario)
        yield _label("techniques (Space picks)")
        yield TickList(self._technique_titles(), proposal.techniques, id="techniques")
        yield Tick("add the control (^t)", proposal.control, id="control")
        yield _label("repeats, each with the next seed")
        yield Input("1", id="repeats", compact=True, type="integer", max_length=6)
        yield Tick("the repeats take turns with the steps' other wordings", on=False, id="wordings")
        yield _label("seed of the first")
        yield Input(str(proposal.seed), id="seed", compact=True, type="integer", max_length=10)
        yield _label("measures (none: what the model can do)")
        yield TickList(self._measure_titles(), self._rows_picked(), id="measures")
        yield _label("client (Space adds another)")
        yield _pick("client", self._clients, proposal.client)
        yield _label("model (m on Home lists them)")
        yield Input(proposal.model, id="model", compact=True)
        others = {name: short_name(name) for name in self._models if name != proposal.model}
        if others:
            yield _label("and on these models (Space)")
            yield TickList(others, (), id="other-models")
        yield _label("therapist model (empty: the client's)", id="therapist-label")
        yield Input(proposal.therapist or "", id="therapist-model", compact=True)
        yield _label("told before the last measurement")
        neutral = {id: one for id, one in self._scenarios.items() if one.affect == "none" and not one.tasks}
        yield self._select("follow-up", neutral, proposal.follow_up, nothing="nothing")
        yield _label("arms (Space picks)")
        yield TickList({str(one): said for one, said in _DESIGNS.items()}, proposal.designs, id="designs")
        yield _label("picked measures are given")
        yield _one_of(_WHEN, "when", self._said_of_measures(3, _WHEN))
        yield _label("reports are asked for")
        yield _one_of(_FORMS, "report-form", self._said_of_measures(2, _FORMS))
        yield _label("how questionnaires are put")
        yield Tick("inside the conversation", proposal.administration == "in_conversation", id="inside")
        yield Tick("options shuffled", "options" in proposal.shuffled, id="shuffle-options")
        yield Tick("labels shuffled", "labels" in proposal.shuffled, id="shuffle-labels")
        yield _label("name (empty: made of the choices)", id="name-label")
        yield Input("", id="study-name", compact=True, max_length=60)
        yield Button("Run (^r)", id="run", variant="primary", compact=True)
        if self._broken:
            yield _label(f"{self._broken} documents have problems: see Library")

    def on_mount(self) -> None:
        self._show_what_applies()

    @on(Select.Changed)
    @on(TickList.Turned)
    @on(Tick.Turned)
    @on(Input.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        self._show_what_applies()
        self.post_message(self.Changed())

    @on(Input.Submitted, "#repeats,#seed,#study-name")
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Submitted())

    def turn_control(self) -> None:
        self.query_one("#control", Tick).action_turn()

    @property
    def problem(self) -> str:
        """What is still missing or wrong in the fields themselves; empty when they can be read."""
        if not (self._picked() and self._designs()):
            what = "kind of arm" if self._picked() else "technique"
            return f"Pick at least one {what}: Space in the list."
        seed = self._text("seed")
        if not seed.isdigit() or int(seed) > _MAX_SEED:
            return f"The seed is a whole number from 0 to {_MAX_SEED}."
        repeats = self._text("repeats")
        if not repeats.isdigit() or not 1 <= int(repeats) <= _MOST_REPEATS:
            return f"Repeats are a whole number from 1 to {_MOST_REPEATS:,}."
        if int(seed) + int(repeats) - 1 > _MAX_SEED:
            return "The last repeat's seed is too high: begin with a lower one."
        name = self._text("study-name")
        if name and not id_of(name):
            return "No name of a file can be made of this name: use Latin letters."
        return ""

    @property
    def choices(self) -> Choices:
        """What is chosen, with several of some. Only when there is no `problem`."""
        proposal = self.proposal
        others = [one.picked for one in self.query("#other-models").results(TickList)]
        return Choices(
            proposal,
            scenarios=self.query_one("#scenario", PickList).picked,
            clients=self.query_one("#client", PickList).picked,
            models=tuple(dict.fromkeys((proposal.model, *(name for own in others for name in own)))),
            repeats=int(self._text("repeats")),
            name=id_of(self._text("study-name")),
            wordings="spread" if self._can_spread and self.query_one("#wordings", Tick).on else "base",
        )

    @property
    def proposal(self) -> Proposal:
        """What is chosen, the first of each. Only when there is no `problem`."""
        follow_up = self.query_one("#follow-up", Select).value
        ticks: dict[Shuffled, str] = {"options": "#shuffle-options", "labels": "#shuffle-labels"}
        return replace(
            self._proposal,
            scenario=self.query_one("#scenario", PickList).picked[0],
            techniques=self._picked(),
            control=self.query_one("#control", Tick).on,
            client=self.query_one("#client", PickList).picked[0],
            measures=self._measures(),
            shuffled=tuple(name for name, tick in ticks.items() if self.query_one(tick, Tick).on),
            model=self._text("model") or self._proposal.model,
            seed=int(self._text("seed")),
            administration="in_conversation" if self.query_one("#inside", Tick).on else "aside",
            follow_up=follow_up if isinstance(follow_up, str) else None,
            designs=self._designs(),
            therapist=self._text("therapist-model") or None,
        )

    # The fields

    def _text(self, id: str) -> str:
        return self.query_one(f"#{id}", Input).value.strip()

    def _picked(self) -> tuple[str, ...]:
        chosen = set(self.query_one("#techniques", TickList).picked)
        kept = [id for id in self._proposal.techniques if id in chosen]
        return (*kept, *(id for id in self._techniques if id in chosen and id not in kept))

    def _designs(self) -> tuple[Design, ...]:
        picked = self.query_one("#designs", TickList).picked
        return tuple(one for one in _DESIGNS if one in picked)

    @property
    def _can_spread(self) -> bool:
        """Whether a step of what is picked has other wordings, and repeats could take turns with them."""
        repeats = self._text("repeats")
        several = repeats.isdigit() and int(repeats) > 1
        return several and any(self._techniques[id].wordings > 1 for id in self._picked())

    def _show_what_applies(self) -> None:
        """The therapist model is asked for only where one would speak, a name where it is a study, the
        wordings where there are several."""
        self.query_one("#wordings").display = self._can_spread
        several = not self.problem and self.choices.starts > 1
        self.query_one("#name-label").display = several
        self.query_one("#study-name").display = several
        guided = any(self._techniques[id].delivery == "guided" for id in self._picked())
        self.query_one("#therapist-label").display = guided
        self.query_one("#therapist-model").display = guided

    def _technique_titles(self) -> dict[str, str]:
        """What is picked comes first, controls last."""
        picked = self._proposal.techniques
        ordered = sorted(
            self._techniques.values(), key=lambda t: (t.id not in picked, t.is_control, t.title.casefold())
        )
        return {t.id: f"{t.title} (control)" if t.is_control else t.title for t in ordered}

    def _measures(self) -> tuple[str, ...]:
        """The picked measures; given when, and reports in the form, that is chosen for them all."""
        form, when = (str(self.query_one(id, Select).value) for id in ("#report-form", "#when"))
        given = f"@{when}" if when else ""
        picked = self.query_one("#measures", TickList).picked
        return tuple(
            f"{row}:{form}{given}" if form and row.endswith(":report") else f"{row}{given}" for row in picked
        )

    def _said_of_measures(self, part: int, known: Mapping[str, str]) -> str:
        """That part of the first measure that has one, empty when none has."""
        found = (_parts(spec)[part] for spec in self._proposal.measures)
        return next((said for said in found if said and said in known), "")

    def _rows_picked(self) -> tuple[str, ...]:
        """The rows of the proposal's measures, whatever their form and time."""
        split = (_parts(spec)[:2] for spec in self._proposal.measures)
        return tuple(f"{id}:{way}" if way else id for id, way in split)

    def _measure_titles(self) -> dict[str, str]:
        """What is picked comes first, then what asks about right now; a line a way where there are two."""
        titles = {row: title for one in self._questionnaires.values() for row, title in _ways(one)}
        picked = self._rows_picked()
        for row in picked:
            known = self._questionnaires.get(_parts(row)[0])
            titles.setdefault(row, known.title if known else row)
        now = {id for id, one in self._questionnaires.items() if one.timeframe == "right now"}
        ordered = sorted(titles, key=lambda row: (row not in picked, _parts(row)[0] not in now))
        return {row: titles[row] for row in ordered}

    def _select(
        self, id: str, documents: dict[str, Scenario], value: str | None, nothing: str
    ) -> Select[str]:
        options = [(Content(_title(one)), one.id) for one in documents.values()]
        chosen = value if value in documents else Select.NULL
        return Select[str](options, prompt=nothing, id=id, compact=True, value=chosen)


def _parts(spec: str) -> tuple[str, str, str, str]:
    """`ID:WAY:FORM@WHEN` in its parts, absent ones empty."""
    put, _, when = spec.partition("@")
    id, _, rest = put.partition(":")
    way, _, form = rest.partition(":")
    return id, way, form, when


def _pick(id: str, documents: "dict[str, Scenario] | dict[str, Client]", value: str) -> PickList:
    """A list with the picked one first."""
    known = value if value in documents else next(iter(documents))
    ordered = sorted(documents, key=lambda one: one != known)
    return PickList({one: _title(documents[one]) for one in ordered}, (known,), id=id)


def _one_of(titles: Mapping[str, str], id: str, value: str) -> Select[str]:
    options = [(title, one) for one, title in titles.items()]
    return Select[str](options, id=id, allow_blank=False, compact=True, value=value)


def _label(text: str, *, first: bool = False, id: str | None = None) -> Static:
    return Static(text, id=id, classes="label first" if first else "label", markup=False)


def _title(document: "Scenario | Client") -> str:
    return printable(document.title_with_affect if isinstance(document, Scenario) else document.title)


def _ways(questionnaire: Questionnaire) -> list[tuple[str, str]]:
    ways = WAYS[questionnaire.kind]
    if len(ways) == 1:
        return [(questionnaire.id, questionnaire.title)]
    return [(f"{questionnaire.id}:{way}", f"{questionnaire.title}, by {way}") for way in ways]
