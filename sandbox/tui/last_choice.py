"""The proposal of a start: what was run last, read strictly from what was remembered, else the usual one."""

from collections.abc import Mapping
from dataclasses import asdict, replace

from pydantic import TypeAdapter, ValidationError

from sandbox.library.document import Kind
from sandbox.models.name import full_name
from sandbox.study.proposal import Proposal

_PROPOSAL = TypeAdapter(Proposal)
_SEEDS = range(2**31)


def usual_choice(model: str) -> Proposal:
    """What is proposed before anything was run: the defaults, on the model of the settings."""
    return Proposal(model=model)


def last_choice(values: Mapping[str, object], model: str) -> Proposal:
    """The proposal in `values` (as `as_values` made them), or the usual one when there is none to be read."""
    try:
        found = _PROPOSAL.validate_python(dict(values)) if values else usual_choice(model)
    except ValidationError:
        return usual_choice(model)
    return found if found.seed in _SEEDS and found.techniques else usual_choice(model)


def as_values(proposal: Proposal) -> dict[str, object]:
    """The proposal's fields as JSON values, its models named so that they are found from any folder."""
    therapist = proposal.therapist and full_name(proposal.therapist)
    return asdict(replace(proposal, model=full_name(proposal.model), therapist=therapist))


def with_document(proposal: Proposal, kind: Kind, id: str) -> Proposal:
    """The proposal with a document of the library in its place; a technique replaces the others."""
    match kind:
        case "scenario":
            return replace(proposal, scenario=id)
        case "technique":
            return replace(proposal, techniques=(id,))
        case "client":
            return replace(proposal, client=id)
        case "questionnaire":
            return replace(proposal, measures=(id,))


def with_model(proposal: Proposal, model: str) -> Proposal:
    """The proposal on another model; measures are chosen anew by what it can do."""
    return replace(proposal, model=model, measures=())
