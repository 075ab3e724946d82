"""Documents by id: the workspace's own before the shipped ones, read late, never outside of their folders."""

from pathlib import Path

import pytest

from sandbox.errors import NotFoundError, UsageError
from sandbox.library import catalogue
from sandbox.library.catalogue import Library
from sandbox.library.copying import copy_to_workspace, duplicate, title_for_copy
from sandbox.library.document import FOLDERS, Document, InvalidDocument, Kind, document_hash, id_of
from sandbox.library.inspection import inspect
from sandbox.library.loading import load_file
from sandbox.library.workspace import Workspace, shipped_content
from tests.library.bad_documents import GOOD


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "own", tmp_path / "own" / "sessions")


@pytest.fixture
def library(workspace: Workspace) -> Library:
    return Library(workspace)


def write(workspace: Workspace, kind: Kind, id: str, text: str | None = None) -> Path:
    path = workspace.content(kind) / f"{id}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((text or GOOD[kind]).replace("id: sample", f"id: {id}", 1))
    return path


def test_the_shipped_content_is_at_hand_without_a_workspace(library: Library) -> None:
    assert library.scenario("night-attack").affect == "fear"
    assert library.technique("mindful-breathing").family == "mindfulness"
    assert library.questionnaire("word-probe").kind == "word"
    assert library.client("study-participant").system
    assert library.default_control().is_control


def test_the_workspace_s_document_hides_the_shipped_one(library: Library, workspace: Workspace) -> None:
    write(workspace, "scenario", "night-attack")
    assert library.scenario("night-attack").title == "A sample"
    (entry,) = (e for e in library.entries("scenario") if e.id == "night-attack")
    assert not entry.shipped
    assert any(e.shipped for e in library.entries("scenario"))


def test_what_ships_is_shipped_in_a_checkout_as_well_and_what_somebody_adds_is_not() -> None:
    root = shipped_content()
    checkout = Library(Workspace(root, root / "sessions"), root)
    listed = {f"{FOLDERS[entry.kind]}/{entry.id}" for kind in FOLDERS for entry in checkout.entries(kind)}
    names = set(Path(catalogue.__file__).with_name("shipped.txt").read_text().split())
    assert listed == names, "sandbox/library/shipped.txt names every document that ships"
    assert all(entry.shipped and entry.here for kind in FOLDERS for entry in checkout.entries(kind))


@pytest.mark.parametrize("kind", list(FOLDERS))
def test_a_duplicate_says_what_it_is_derived_from(library: Library, workspace: Workspace, kind: Kind) -> None:
    origin = library.entries(kind)[0]
    for _ in range(2):
        title = title_for_copy(origin, library)
        path = duplicate(origin, library, id_of(title), title)
        copy = load_file(path)
        assert origin.document and copy.derived_from == document_hash(origin.document)
        assert copy.id == path.stem != origin.id and inspect([path]).problems == ()
        origin = next(entry for entry in library.entries(kind) if entry.path == path)


def test_a_document_of_ones_own_in_a_checkout_is_ones_own(workspace: Workspace) -> None:
    write(workspace, "scenario", "night-attack")
    write(workspace, "scenario", "of-my-own")
    checkout = Library(workspace, workspace.root)
    assert {entry.id: entry.shipped for entry in checkout.entries("scenario")} == {
        "night-attack": True,
        "of-my-own": False,
    }
    with pytest.raises(UsageError, match="already"):
        copy_to_workspace(checkout.entries("scenario")[0], workspace)


def test_an_invalid_document_of_the_workspace_is_said_and_not_passed_over(
    library: Library, workspace: Workspace
) -> None:
    write(workspace, "scenario", "night-attack", GOOD["scenario"].replace("affect", "afect"))
    with pytest.raises(InvalidDocument, match="afect"):
        library.scenario("night-attack")
    (entry,) = (e for e in library.entries("scenario") if e.problem)
    assert (entry.id, entry.document, isinstance(entry.problem, InvalidDocument)) == (
        "night-attack",
        None,
        True,
    )


def test_an_unknown_id_names_the_nearest(library: Library) -> None:
    with pytest.raises(NotFoundError) as caught:
        library.technique("mindfull-breathing")
    assert "did you mean “mindful-breathing”?" in caught.value.todo
    assert "filler-manual" in caught.value.todo


@pytest.mark.parametrize(
    "id",
    [
        "../techniques/filler-manual",
        "/etc/passwd",
        "",
        ".",
        "Night-Attack",
        "night-attack\n",
        "night-attack.yaml",
        "a\0b",
    ],
)
def test_an_id_is_never_a_path(library: Library, id: str) -> None:
    with pytest.raises(NotFoundError):
        library.scenario(id)


def test_files_are_read_when_asked_for_and_again_only_after_a_change(
    library: Library, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path, kind: Kind) -> Document:
        read.append(path)
        return load_file(path, kind)

    monkeypatch.setattr(catalogue, "load_file", counted)
    path = write(workspace, "scenario", "mine")
    assert "mine" in library.ids("scenario")
    assert read == []
    assert library.scenario("mine").title == "A sample"
    assert library.scenario("mine").title == "A sample"
    assert read == [path]
    write(workspace, "scenario", "mine", GOOD["scenario"].replace("A sample", "Another sample"))
    assert library.scenario("mine").title == "Another sample"


def test_links_out_of_the_folder_are_refused(library: Library, workspace: Workspace, tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text(GOOD["scenario"])
    folder = workspace.content("scenario")
    folder.mkdir(parents=True)
    (folder / "sample.yaml").symlink_to(outside)
    (folder / "zero.yaml").symlink_to("/dev/zero")
    for name in ("sample", "zero"):
        with pytest.raises(InvalidDocument, match="link out of its folder"):
            library.scenario(name)
    assert {e.id for e in library.entries("scenario") if e.problem} == {"sample", "zero"}


def test_links_that_lead_nowhere_are_listed_with_what_is_the_matter(
    library: Library, workspace: Workspace
) -> None:
    folder = workspace.content("scenario")
    folder.mkdir(parents=True)
    (folder / "one.yaml").symlink_to(folder / "other.yaml")
    (folder / "other.yaml").symlink_to(folder / "one.yaml")
    (folder / "gone.yaml").symlink_to(folder / "away.yaml")
    problems = {e.id: e.problem for e in library.entries("scenario") if e.problem}
    assert set(problems) == {"one", "other", "gone"}
    told = [problem.message for problem in inspect([folder]).problems]
    assert told == ["there is no such file", *["the file is a link that leads in a circle"] * 2]


def test_a_whole_workspace_may_be_a_link(library: Library, workspace: Workspace, tmp_path: Path) -> None:
    write(workspace, "scenario", "mine")
    (tmp_path / "link").symlink_to(workspace.root)
    linked = Library(Workspace(tmp_path / "link", tmp_path / "sessions"))
    assert linked.scenario("mine") == library.scenario("mine")


def test_a_yml_file_is_shown_with_its_remedy(library: Library, workspace: Workspace) -> None:
    write(workspace, "scenario", "mine").rename(workspace.content("scenario") / "mine.yml")
    (entry,) = (e for e in library.entries("scenario") if e.id == "mine")
    assert entry.problem is not None
    assert entry.problem.todo == "rename it to mine.yaml"


@pytest.mark.parametrize("kind", FOLDERS)
def test_everything_shipped_is_valid(kind: Kind, library: Library) -> None:
    entries = library.entries(kind)
    assert entries
    assert [str(e.problem) for e in entries if e.problem] == []
