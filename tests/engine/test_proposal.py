"""What a proposal may not ask for is refused when it is composed, before anything is run."""

import pytest

from sandbox.engine.proposal import Proposal, compose
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities


def test_a_follow_up_with_tasks_is_refused_because_its_tasks_would_not_be_asked(tmp_path):
    library = Library(Workspace(tmp_path, tmp_path / "sessions"))
    with pytest.raises(UsageError, match="it has tasks") as refused:
        compose(Proposal(follow_up="trier-stress-test"), library, Capabilities())
    assert library.scenario("doing-laundry").id in refused.value.todo
    (trunk, *_) = compose(Proposal(follow_up="night-attack"), library, Capabilities())
    assert trunk.plan.follow_up == library.scenario("night-attack")
