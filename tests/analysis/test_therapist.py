"""A tiny therapist model is said to be one, wherever the scores under it are read."""

import pytest

from sandbox.analysis.suitability import remarks
from sandbox.analysis.therapist import therapist_remark
from sandbox.engine.guidance import Guidance
from sandbox.models.provider import ModelDescription
from tests.documents import plan, technique

HOSTED = ModelDescription("openai/large", "Large")
GUIDED = technique("Ask.", delivery="guided")


def gguf(size: int) -> ModelDescription:
    return ModelDescription("gguf:a.gguf", "A", {"bytes": str(size)})


@pytest.mark.parametrize(
    ("client", "therapist", "told"),
    [
        (HOSTED, "embedded", True),
        (HOSTED, "openai/large", False),
        (gguf(400_000_000), "gguf:a.gguf", True),
        (gguf(4_000_000_000), "gguf:a.gguf", False),
        (gguf(400_000_000), "openai/large", False),
    ],
)
def test_the_embedded_model_and_small_files_are_tiny(client, therapist, told):
    guided = plan(model=client.name, guidance=Guidance(model=therapist))
    for one in (guided, guided.model_copy(update={"technique": GUIDED})):
        assert ("--therapist" in therapist_remark(one, client)) is told


def test_a_scripted_branch_and_a_plan_without_guidance_have_no_therapist():
    scripted = plan(guidance=Guidance(model="embedded"), technique=technique("Breathe."))
    assert therapist_remark(scripted, HOSTED) == ""
    assert therapist_remark(plan(), HOSTED) == ""


def test_it_comes_before_what_is_said_of_the_measures():
    first, *others = remarks(plan(guidance=Guidance(model="embedded")), HOSTED, ())
    assert first.startswith("The therapist model is tiny")
    assert others and "never checked" in others[0]
