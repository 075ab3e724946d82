"""Studies: which sessions to run, how often, and when to stop."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field

from sandbox.errors import Problem
from sandbox.library.document import Document, Line, Part, Prose, Reference, Slug, repeated
from sandbox.library.technique import DEFAULT_CONTROL

Design = Literal["after scenario", "without scenario", "before scenario", "measured again"]
"""Where a technique stands in a session; `measured again`: no technique, only another measurement."""

Wordings = Literal["base", "spread"]
"""Whether the repeats take turns with the variants of the techniques' steps."""


class StudySampling(Part):
    """How every reply of the client is drawn, in place of what the model proposes."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=4096)] | None = None


class Caps(Part):
    """What the study may use at most; None: no bound. `cost` in US dollars."""

    cost: Annotated[float, Field(gt=0)] | None = None
    calls: Annotated[int, Field(gt=0)] | None = None
    hours: Annotated[float, Field(gt=0)] | None = None


class StopRule(Part):
    """Go on until the interval of the technique effect is narrower than ± `within`, or a cap is reached.

    It is looked at only when so many repeats are finished as `looks` says, in rising order.
    """

    scale: Line
    within: Annotated[float, Field(gt=0)]
    looks: Annotated[tuple[Annotated[int, Field(ge=2)], ...], Field(min_length=1, max_length=50)]


_LAST_SEED = 2**31 - 1


class Study(Document):
    """A study: model × client × scenario × repeat gives the trunks, × technique and design the branches."""

    question: Prose | None = Field(default=None, description="what the study is to answer")
    references: tuple[Reference, ...] = ()
    models: Annotated[tuple[Line, ...], Field(min_length=1)] = ("embedded",)
    clients: Annotated[tuple[Slug, ...], Field(min_length=1)] = ("study-participant",)
    scenarios: Annotated[tuple[Slug, ...], Field(min_length=1)] = Field(description="ids of scenarios")
    techniques: tuple[Slug, ...] = Field(description="ids of techniques")
    controls: tuple[Slug, ...] | None = Field(
        default=None, description="ids of control techniques; left out: the filler control; []: none"
    )
    designs: Annotated[tuple[Design, ...], Field(min_length=1)] = ("after scenario",)
    wordings: Wordings = Field(
        default="base",
        description="spread: the repeats take turns with the variants of the techniques' steps",
    )
    repeats: Annotated[int, Field(ge=1, le=100_000)] = 1
    first_seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    seeds: tuple[Annotated[int, Field(ge=0, lt=2**31)], ...] = Field(
        default=(), description="the seeds one by one, in place of repeats and first_seed"
    )
    measures: tuple[Line, ...] = Field(default=(), description="as in --measure: ID[:WAY[:FORM]][@WHEN]")
    shuffled: tuple[Literal["options", "labels"], ...] = Field(
        default=(), description="what is shuffled at each point anew, as in --shuffle: options, labels"
    )
    administration: Literal["aside", "in_conversation"] = "aside"
    follow_up: Slug | None = None
    therapist: Line | None = None
    sampling: StudySampling = StudySampling()
    at_once: Annotated[int, Field(ge=1, le=1000)] | None = Field(
        default=None, description="how many sessions at once at most with a hosted model"
    )
    caps: Caps = Caps()
    stop: StopRule | None = None

    @property
    def all_controls(self) -> tuple[str, ...]:
        """The ids of the controls, the one that is added where none is said among them."""
        if self.controls is not None:
            return self.controls
        return (DEFAULT_CONTROL,) if self.techniques and DEFAULT_CONTROL not in self.techniques else ()

    @property
    def trunks(self) -> int:
        """How many shared starts there are: cells."""
        return len(self.models) * len(self.clients) * len(self.scenarios) * self.runs

    @property
    def arms(self) -> int:
        """How many arms leave from each shared start."""
        told = len(self.techniques) + len(self.all_controls)
        return sum(1 if design == "measured again" else told for design in self.designs)

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seed of each repeat."""
        return self.seeds or tuple(range(self.first_seed, self.first_seed + self.repeats))

    @property
    def runs(self) -> int:
        """How often each scenario is run with each client on each model."""
        return len(self.seeds) or self.repeats

    def _problems(self) -> Iterator[Problem]:
        yield from (*self._twice(), *self._wrong_seeds(), *self._wrong_looks())

    def _twice(self) -> Iterator[Problem]:
        lists = {
            "models": ("models", self.models),
            "clients": ("clients", self.clients),
            "scenarios": ("scenarios", self.scenarios),
            "designs": ("designs", self.designs),
        }
        for key, (what, values) in lists.items():
            yield from repeated(what, (((key, n), value) for n, value in enumerate(values)))
        arms = [(("techniques", n), id) for n, id in enumerate(self.techniques)]
        arms += [(("controls", n), id) for n, id in enumerate(self.controls or ())]
        yield from repeated("techniques or controls", arms)
        asked = ((("measures", n), measure_id(text)) for n, text in enumerate(self.measures))
        yield from repeated("measures of the questionnaire", asked)
        yield from repeated("seeds", ((("seeds", n), str(seed)) for n, seed in enumerate(self.seeds)))

    def _wrong_seeds(self) -> Iterator[Problem]:
        if self.seeds and (self.repeats, self.first_seed) != (1, 1):
            what = "seeds say the same as repeats and first_seed"
            yield Problem(what, ("seeds",), "keep seeds alone, or repeats with first_seed")
        elif self.first_seed + self.repeats - 1 > _LAST_SEED:
            yield Problem(
                f"the last repeat's seed is above {_LAST_SEED}", ("first_seed",), "begin with a smaller one"
            )

    def _wrong_looks(self) -> Iterator[Problem]:
        if self.stop is None:
            return
        looks, at = self.stop.looks, ("stop", "looks")
        if any(later <= earlier for earlier, later in pairwise(looks)):
            yield Problem("the looks do not rise", at, "write them in rising order, such as [10, 20, 40]")
        elif looks[-1] > self.runs:
            what = f"a look after {looks[-1]} repeats, and there are {self.runs}"
            yield Problem(what, at, "raise repeats: they are the most that are run")


def measure_id(text: str) -> str:
    """The questionnaire of a measure that is written as ID[:WAY[:FORM]][@WHEN]."""
    return text.partition("@")[0].partition(":")[0]
