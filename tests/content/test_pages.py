"""The examples in docs/ are documents: who copies one gets what the page says, and links lead somewhere."""

import re
from pathlib import Path
from textwrap import indent

import pytest

from sandbox.library.catalogue import Library
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.lint import lint
from sandbox.library.loading import parse_document
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.task import next_question
from sandbox.library.workspace import Workspace
from sandbox.measurement.scoring import score_questionnaire

DOCS = Path(__file__).parents[2] / "docs"
PAGES: dict[Kind, str] = {
    "technique": "write-a-technique.md",
    "scenario": "write-a-scenario.md",
    "questionnaire": "add-a-questionnaire.md",
    "form": "review.md",
}


def example(kind: Kind) -> str:
    (found,) = re.findall(r"```yaml\n(.*?)```", (DOCS / PAGES[kind]).read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


@pytest.mark.parametrize("kind", PAGES)
def test_the_example_loads_and_draws_no_warning(kind: Kind, tmp_path: Path) -> None:
    document = parse_document(example(kind), kind)
    assert lint(document, Library(Workspace(tmp_path, tmp_path / "sessions"))) == ()
    page = (DOCS / PAGES[kind]).read_text(encoding="utf-8")
    assert f"sandbox new {kind} {document.id}" in page
    assert f"sandbox validate {FOLDERS[kind]}/{document.id}.yaml" in page


def test_the_tasks_on_the_page_load_and_ask(tmp_path: Path) -> None:
    page = (DOCS / PAGES["scenario"]).read_text(encoding="utf-8")
    (subtraction,) = re.findall(r"```\n(tasks:\n.*?)```", page, re.DOTALL)
    (check,) = re.findall(r"  ```\n(  check:\n.*?)  ```", page, re.DOTALL)
    quiz = "tasks:\n  - id: quiz\n" + indent(check, "  ")
    quiz += "".join(f"    {key}: '{{question}}'\n" for key in ("begin", "right", "wrong"))
    quiz += "    stop: {questions: 2}\n"
    for tasks, asked in ((subtraction, "What is 1022 minus 13?"), (quiz, "What is the capital of Portugal?")):
        document = parse_document(example("scenario") + tasks, "scenario")
        assert isinstance(document, Scenario)
        assert lint(document, Library(Workspace(tmp_path, tmp_path / "sessions"))) == ()
        assert (next_question(document.tasks[0], ()) or "").endswith(asked)


def test_the_made_up_instrument_scores_as_worked_out_by_hand() -> None:
    """1–4 options, two subscales, reversed items: the shape of instruments that are not shipped."""
    document = parse_document(example("questionnaire"), "questionnaire")
    assert isinstance(document, RatingQuestionnaire)
    scores = score_questionnaire(document, {"q1": 4, "q2": 1, "q3": 2, "q4": 3})
    # body 4 + (5−1), thoughts 2 + (5−3)
    assert {score.scale: score.value for score in scores} == {
        "tension-body": 8,
        "tension-thoughts": 4,
        "tension-total": 12,
    }


def test_the_same_shape_with_five_answers() -> None:
    text = example("questionnaire").replace("very much}", "very much}\n  - {value: 5, label: extremely}")
    text = text.replace("[2, 8]", "[2, 10]").replace("[4, 16]", "[4, 20]")
    document = parse_document(text, "questionnaire")
    assert isinstance(document, RatingQuestionnaire)
    scores = score_questionnaire(document, {"q1": 5, "q2": 2, "q3": 1, "q4": None})
    # body 5 + (6−2); thoughts misses an item; total (5 + 4 + 1) / 3 × 4
    found = {score.scale: score.value for score in scores}
    assert found["tension-body"] == 9
    assert found["tension-thoughts"] is None
    assert found["tension-total"] == pytest.approx(40 / 3)


def anchors(page: str) -> set[str]:
    """The names GitHub gives to the headings of a page: lower case, hyphens for spaces, no punctuation."""
    names: dict[str, int] = {}
    made = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", _without_code(page), re.MULTILINE):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        names[name] = names.get(name, -1) + 1
        made.add(f"{name}-{names[name]}" if names[name] else name)
    return made


def _without_code(page: str) -> str:
    return re.sub(r"^( *)```.*?^\1```", "", page, flags=re.DOTALL | re.MULTILINE)


def test_headings_get_the_names_github_gives_them() -> None:
    page = "# One page\n```sh\n# a comment\n```\n## `word`, and more\n### Ask (tasks)\n## One page\n"
    assert anchors(page) == {"one-page", "word-and-more", "ask-tasks", "one-page-1"}


@pytest.mark.parametrize(
    "page", [*sorted(DOCS.rglob("*.md")), *sorted(DOCS.parent.glob("*.md"))], ids=lambda page: page.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!<|https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text(encoding="utf-8"))
    for target, anchor in links:
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor:
            assert anchor in anchors(there.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.glob("*.md"):
        assert page.name == "README.md" or f"({page.name})" in index, page.name


def test_every_doi_in_the_content_is_in_the_list_of_those_looked_up() -> None:
    rows = re.findall(r"^\| (10\.\S+) \|", (DOCS / "content.md").read_text(encoding="utf-8"), re.MULTILINE)
    used = {
        found
        for folder in FOLDERS.values()
        for path in (DOCS.parent / folder).glob("*.yaml")
        for found in re.findall(r"^ *(?:- )?doi: (\S+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(rows) == used
