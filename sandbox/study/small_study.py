"""A study made of choices instead of a file: one session over again, also in other scenarios and models."""

import hashlib
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sandbox.library.catalogue import Library
from sandbox.library.document import MAX_ID, Source, id_of
from sandbox.library.study import Study, Wordings
from sandbox.models.name import full_name
from sandbox.study.proposal import Proposal

_DATED = re.compile(r"(?P<what>.+)-(?P<day>\d{4}-\d{2}-\d{2})(-(?P<again>\d+))?")

CHOSEN_BY = "who ran it"
"""Who the document of a study made of choices says it is by."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a session is put together from, with several of some. The proposal's own stand first in each.

    `repeats` runs each combination so often, with the seeds from the proposal's on; `seeds` says them one by
    one in place of that. `name`: the study's, empty for one that is made of the choices. `wordings`: as in a
    study's document.
    """

    proposal: Proposal
    scenarios: tuple[str, ...]
    clients: tuple[str, ...]
    models: tuple[str, ...]
    repeats: int = 1
    name: str = ""
    seeds: tuple[int, ...] = ()
    wordings: Wordings = "base"

    @property
    def starts(self) -> int:
        """How many shared starts it comes to."""
        return len(self.scenarios) * len(self.clients) * len(self.models) * (len(self.seeds) or self.repeats)

    @property
    def usual_name(self) -> str:
        """`night-attack-mindful-breathing`, `3-scenarios-2-techniques`: what the study could be called."""
        said = [_counted(self.scenarios, "scenarios"), _counted(self.proposal.techniques, "techniques")]
        return "-".join(said)[:MAX_ID].strip("-")


def small_study(choices: Choices, library: Library) -> Study:
    """The study of these choices, named by `choices.name`. Raises SandboxError for a technique that is not
    there, ValueError for a name that can be no id."""
    proposal = choices.proposal
    controls = tuple(id for id in proposal.techniques if library.technique(id).is_control)
    return Study(
        id=choices.name,
        title=_title(choices.name),
        description=f"Chosen by hand, {len(choices.seeds) or choices.repeats} times.",
        source=Source(author=CHOSEN_BY, drafted_by="person", method="chosen by hand"),
        licence="not stated",
        version="1",
        models=choices.models,
        clients=choices.clients,
        scenarios=choices.scenarios,
        techniques=tuple(id for id in proposal.techniques if id not in controls),
        controls=controls or (None if proposal.control else ()),
        designs=proposal.designs,
        wordings=choices.wordings,
        repeats=choices.repeats,
        first_seed=1 if choices.seeds else proposal.seed,
        seeds=choices.seeds,
        measures=proposal.measures,
        shuffled=proposal.shuffled,
        administration=proposal.administration,
        follow_up=proposal.follow_up,
        therapist=proposal.therapist,
    )


def name_apart(parts: Sequence[str], scenario: str, client: str, model: str) -> str:
    """A study's name of these parts, and of those of the three that are not what the app proposes itself: so
    none takes another's place. Where it cannot say them whole it ends with a digest of them."""
    usual = Proposal()
    own = [(scenario, usual.scenario), (client, usual.client), (full_name(model), full_name(usual.model))]
    whole = "-".join([*parts, *(one for one, proposed in own if one != proposed)])
    if (name := id_of(whole)) == whole:
        return name
    digest = hashlib.sha256(whole.encode()).hexdigest()[:6]
    return f"{name[: MAX_ID - 7].strip('-')}-{digest}"


def _title(name: str) -> str:
    """The name in words: `stolen-credit-2026-11-27-2` is “Stolen credit, 27 November 2026 (2)”."""
    what, on, again = name, "", ""
    if (found := _DATED.fullmatch(name)) is not None:
        with suppress(ValueError):  # digits that are no date
            day = date.fromisoformat(found["day"])
            what, on = found["what"], f", {day.day} {day:%B %Y}"
            again = f" ({found['again']})" if found["again"] else ""
    return f"{what.replace('-', ' ').capitalize()}{on}{again}"


def _counted(ids: Sequence[str], what: str) -> str:
    return ids[0] if len(ids) == 1 else f"{len(ids)}-{what}"
