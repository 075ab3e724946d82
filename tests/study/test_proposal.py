"""What a proposal may not ask for is refused when it is composed, before anything is run."""

from pathlib import Path

import pytest

from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities
from sandbox.study.proposal import Proposal, proposed


def test_a_model_s_file_is_found_again_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = Library(Workspace(tmp_path, tmp_path / "sessions"))
    monkeypatch.chdir(tmp_path)
    proposal = Proposal(
        techniques=("guided-reappraisal",), model="gguf:x.gguf", therapist="gguf:models/y.gguf"
    )
    plan = proposed(proposal, library, Capabilities())[1].plan
    assert plan.model == f"gguf:{tmp_path}/x.gguf"
    assert plan.guidance is not None and plan.guidance.model == f"gguf:{tmp_path}/models/y.gguf"


def test_a_follow_up_with_tasks_is_refused_because_its_tasks_would_not_be_asked(tmp_path):
    library = Library(Workspace(tmp_path, tmp_path / "sessions"))
    with pytest.raises(UsageError, match="it has tasks") as refused:
        proposed(Proposal(follow_up="trier-stress-test"), library, Capabilities())
    assert library.scenario("doing-laundry").id in refused.value.todo
    (trunk, *_) = proposed(Proposal(follow_up="night-attack"), library, Capabilities())
    assert trunk.plan.follow_up == library.scenario("night-attack")
