"""A changed step as a version: what is refused, what is kept, and where. Shipped files never change."""

from datetime import UTC, datetime

import pytest

from sandbox.engine.composition import cut_to
from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Library
from sandbox.library.copying import keep_variants, keep_version
from sandbox.library.document import document_hash
from sandbox.library.technique import Technique, Variant
from sandbox.library.workspace import Workspace, create_workspace, shipped_content
from sandbox.workbench.change import changed, signed, whole

AT = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


@pytest.fixture
def library(tmp_path) -> Library:
    """A workspace without files of its own: all is shipped."""
    return Library(Workspace(tmp_path / "w", tmp_path / "w" / "sessions"))


def made(library: Library, words: str = "Breathe out, and count to four.") -> tuple[Technique, Technique]:
    before = library.technique("mindful-breathing")
    change = changed(before, {before.steps[2].id: words}, library)
    return before, signed(change, before, "anna", ["1.0", "3"], AT)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("  ", "step 3"),
        ("You said {{ last_reply", "step 3"),
        ("{{ score('no-such-scale') }}", "no-such-scale"),
    ],
)
def test_a_broken_change_is_refused_and_names_its_step(library, words, told):
    with pytest.raises(SandboxError) as refused:
        made(library, words)
    assert told in str(refused.value)


def test_nothing_changed_is_no_version(library):
    before = library.technique("mindful-breathing")
    with pytest.raises(UsageError):
        changed(before, {before.steps[0].id: before.steps[0].say}, library)


def test_a_shipped_technique_gets_a_copy_with_the_change_and_stays_itself(library):
    shipped = shipped_content() / "techniques" / "mindful-breathing.yaml"
    was = shipped.read_bytes()
    before, version = made(library)
    path = keep_version(version, library)
    assert shipped.read_bytes() == was and path.parent == library.workspace.root / "techniques"
    kept = library.technique("mindful-breathing")
    assert kept == version and kept.derived_from == document_hash(before)
    assert (kept.version, kept.changed_by, kept.changed_on) == ("4", "anna", "2026-11-27 09:30 UTC")


def test_comments_stay_and_a_text_changed_meanwhile_is_not_overwritten(tmp_path):
    workspace = create_workspace(tmp_path / "w")
    library = Library(workspace)
    path = workspace.root / "techniques" / "mindful-breathing.yaml"
    path.write_text("# Mine.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    before, version = made(library)
    assert keep_version(version, library) == path
    assert path.read_text(encoding="utf-8").startswith("# Mine.\n")
    assert library.technique("mindful-breathing") == version
    other = keep_version(signed(version, before, "ben", [], AT), library)
    assert other.stem == "mindful-breathing-2"
    assert library.technique("mindful-breathing") == version
    assert library.technique(other.stem).steps == version.steps


def test_a_kept_change_leaves_the_variants_of_other_steps(tmp_path):
    workspace = create_workspace(tmp_path / "w")
    library = Library(workspace)
    path = workspace.root / "techniques" / "mindful-breathing.yaml"
    step = library.technique("mindful-breathing").steps[0]
    keep_variants(library.technique("mindful-breathing"), step.id, [Variant(say="Rest.", by="Ben")], library)
    before = library.technique("mindful-breathing").worded()
    change = changed(before, {before.steps[2].id: "Breathe out, and count to four."}, library)
    assert keep_version(signed(change, before, "anna", [], AT), library) == path
    kept = library.technique("mindful-breathing")
    assert kept.steps[2].say == "Breathe out, and count to four." and kept.steps[0].variants[0].by == "Ben"
    same = changed(kept.worded(), {step.id: "Rest."}, library)
    assert keep_version(signed(same, kept.worded(), "anna", [], AT), library) != path, "no variant is lost"


def test_of_a_control_that_ran_cut_the_whole_script_is_kept(tmp_path):
    workspace = create_workspace(tmp_path / "w")
    library = Library(workspace)
    script = library.technique("neutral-conversation")
    ran = cut_to(script, 6)
    assert len(ran.steps) == 6 < len(script.steps)
    change = changed(ran, {ran.steps[-1].id: "And what was it that you did then?"}, library)
    version = signed(change, whole(ran, library), "anna", ["1.0"], AT)
    path = keep_version(whole(version, library), library)
    assert path == workspace.root / "techniques" / "neutral-conversation.yaml"
    kept = library.technique("neutral-conversation")
    assert [step.id for step in kept.steps] == [step.id for step in script.steps]
    assert kept.steps[:-1] == script.steps[:-1] and kept.steps[-1].say.startswith("And what was it")
    assert cut_to(kept, 6) == version, "it runs again as it ran"
    assert whole(library.technique("mindful-breathing"), library) == library.technique("mindful-breathing")


def test_in_the_apps_own_folder_the_version_stands_apart(tmp_path):
    root = create_workspace(tmp_path / "w").root
    library = Library(Workspace(root, root / "sessions"), shipped=root)
    was = (root / "techniques" / "mindful-breathing.yaml").read_bytes()
    _, version = made(library)
    assert keep_version(version, library).stem == "mindful-breathing-2"
    assert (root / "techniques" / "mindful-breathing.yaml").read_bytes() == was
