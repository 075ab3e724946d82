"""A server without log-probabilities is found out before a run, and what can be read is measured instead."""

import json
from pathlib import Path

import pytest

from sandbox.analysis.remarks import before_run
from sandbox.engine.measure import written
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.opening import open_model
from sandbox.models.pool import ModelPool
from sandbox.models.provider import found_capabilities
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from tests.models.misbehaving import Act, ModelServer, completion, fails, raw
from tests.scripted import ScriptedProvider


def with_logprobs(found: object) -> Act:
    body = completion(" calm")
    body["choices"][0]["logprobs"] = found
    return raw(json.dumps(body))


_ONE = {"token": " calm", "logprob": -0.5, "bytes": None}
GIVEN = with_logprobs({"content": [{**_ONE, "top_logprobs": [_ONE]}]})
NOT_GIVEN = {
    "no field": raw(json.dumps(completion(" calm"))),
    "null": with_logprobs({"content": None}),
    "none of a token": with_logprobs({"content": [{**_ONE, "top_logprobs": []}]}),
    "refused": fails(400, "logprobs are not supported by this model"),
}


@pytest.fixture
def conductor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Conductor:
    monkeypatch.setattr("sandbox.models.adaptation._GIVES", {})
    monkeypatch.chdir(tmp_path)
    workspace = Workspace(tmp_path, tmp_path / "sessions")
    return Conductor(workspace, Library(workspace), ModelPool(open_model))


async def composed(
    conductor: Conductor, server: ModelServer, monkeypatch: pytest.MonkeyPatch, *measures: str
) -> tuple[list[str], list[str]]:
    """The measures after the model was asked, and what is said of them."""
    monkeypatch.setenv("HOSTED_VLLM_API_BASE", server.base)
    proposal = Proposal(model="hosted_vllm/m", measures=measures)
    if model := conductor.unsure(proposal):
        await model.find_out()
    heads = conductor.composed(proposal)
    found = before_run(heads, conductor.models.model(proposal.model).description)
    said = [one.sentence for one in found if "no log-probabilities" in one.sentence]
    return [written(measure) for measure in heads[0].plan.measures], said


@pytest.mark.parametrize("kind", NOT_GIVEN)
async def test_what_a_server_does_not_give_is_found_out_by_one_call(
    kind: str, conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(NOT_GIVEN[kind]) as server:
        measures, said = await composed(conductor, server, monkeypatch)
        assert len(server.asked) == 1
        assert conductor.unsure(Proposal(model="hosted_vllm/m")) is None, "asked once"
        # Whoever opens the same model at the same address knows it, too.
        assert not found_capabilities(open_model("hosted_vllm/m")).top_logprobs
    assert measures == ["affect-ratings:report"]
    assert len(said) == 1 and "in place of “Word probe”" in said[0] and "no log-probabilities" in said[0]


async def test_ratings_by_likelihood_are_read_by_report_and_a_probe_beside_them_is_not_measured_twice(
    conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(NOT_GIVEN["null"]) as server:
        measures, said = await composed(
            conductor, server, monkeypatch, "word-probe", "phq-9:likelihood", "affect-ratings:report@three"
        )
    assert measures == ["affect-ratings:report", "phq-9:report"]
    assert any("read by report, not by likelihood" in one for one in said)


async def test_a_server_that_gives_them_is_measured_as_wished(
    conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(GIVEN) as server:
        measures, said = await composed(conductor, server, monkeypatch, "word-probe", "phq-9:likelihood")
    assert measures == ["word-probe:word", "phq-9:likelihood"]
    assert not said


async def test_a_server_that_is_down_changes_nothing_and_one_not_needed_is_not_asked(
    conductor: Conductor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(fails(503)) as server:
        measures, _ = await composed(conductor, server, monkeypatch, "word-probe")
        assert len(server.asked) == 1 and measures == ["word-probe:word"]
        await composed(conductor, server, monkeypatch, "phq-9:report")
        assert len(server.asked) == 1


def test_what_is_known_of_a_model_is_not_asked(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path, tmp_path / "sessions")
    conductor = Conductor(workspace, Library(workspace), ModelPool(lambda name: ScriptedProvider()))
    assert conductor.unsure(Proposal(model="scripted/x")) is None
