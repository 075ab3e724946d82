"""Studies in the app: chosen or planned from a document, followed, paused, stopped, compared."""

import asyncio
from dataclasses import replace
from pathlib import Path

from textual.widgets import Input, OptionList

from sandbox.cli.study import _document
from sandbox.models.provider import Capabilities, ModelError
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices, small_study
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.sessions import SessionsScreen
from sandbox.tui.screens.studies import StudiesScreen
from sandbox.tui.screens.study import StudyScreen, plan_lines
from sandbox.tui.study_process import last_error
from tests.scripted import ScriptedProvider
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage


async def choose_repeats(at: Stage, repeats: str = "2") -> None:
    """In New session, with keys alone: so many repeats of what is proposed."""
    await at.started()
    await at.press("n")
    await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
    await at.until(lambda: bool(at.app.screen.query("#repeats")), "its fields")
    at.app.screen.query_one("#repeats", Input).focus()
    await at.press("end", "backspace", *repeats)


async def comes_to(at: Stage, condition: str) -> None:
    screen = await study_shown(at)
    await at.until(
        lambda: screen._view is not None and screen._view.progress.condition == condition, condition
    )


async def study_shown(at: Stage) -> StudyScreen:
    await at.until(lambda: isinstance(at.app.screen, StudyScreen), "the study")
    screen = at.app.screen
    assert isinstance(screen, StudyScreen)
    return screen


async def test_repeats_in_new_session_make_a_study_that_ends_in_compare(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await choose_repeats(at)
        await at.shows("a study: 2 shared starts, 6")
        await at.press("enter")
        await comes_to(at, "finished")
        await at.shows("2 of 2 runs: 2 finished")
        await at.shows("the answer, 2 of 2 runs, distress")
        await at.shows("Mindful breathing 20.0")
        told = "\n".join(plan_lines((await study_shown(at)).reader))
        assert "scenarios: Attacked at night" in told and "measures: " in told
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.shows("means, 2 runs each")
        await at.press("r")
        await at.shows("w  Word: for colleagues")
        await at.press("m")
        exports = tmp_path / "sessions" / "exports"
        await at.until(lambda: bool(list(exports.glob("report-*-distress.md"))), "the report")
        (report,) = exports.glob("report-*.md")
        assert "before its first call" in report.read_text(encoding="utf-8")  # the study's own plan
        await at.shows("Report written")
        await at.press("escape", "escape")
        await at.until(lambda: isinstance(at.app.screen, HomeScreen), "Home")
        await at.shows("study night-attack-mi")
        await at.shows("6 of 6 sessions")
        assert at.text().count("✓ finished") == 1, "one row a study"
        await at.press("s")
        await at.until(lambda: isinstance(at.app.screen, SessionsScreen), "Sessions")
        await at.shows("study night-attack-mindful-b")
        assert at.text().count("Mindful") == 0, "one row a study"
        await at.press("e")
        await at.shows("A study's line opens with Enter")
        await at.press("enter")
        await study_shown(at)
        await at.press("space")
        await at.shows("Nothing is left to run")
        await at.press("s")
        await at.shows("Sessions of the study night-attack-mindful-breathing")
        await at.until(lambda: at.text().count("Mindful breathing") == 2, "both of its runs")


async def test_a_running_study_is_paused_goes_on_and_is_stopped(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await choose_repeats(at, "3")
        await at.press("ctrl+r")
        screen = await study_shown(at)
        await at.shows("▶ running")
        await at.press("space")
        await comes_to(at, "paused")
        await at.shows("0 of 3 runs: 1 paused, 2 to do")
        await at.shows("‖ paused      Shared start")
        await at.press("enter")
        await at.opened()
        assert at.session.shown == at.session.live.state.ids[0], "the one marked, not its newest arm"
        await at.shows("paused in the study's process")
        assert "space" not in at.text().splitlines()[-1]
        await at.press("space")
        await at.shows("Paused in the study's")
        at.app.action_studies()
        await at.shows("‖ paused      ")
        await at.press("escape", "escape")
        await study_shown(at)
        gate.set()
        await at.press("space")
        await comes_to(at, "finished")
        assert screen.check_action("stop", ()) is None and screen.check_action("go_on", ()) is None
        await at.press("enter")
        await at.opened()
        await at.press("escape")
        await study_shown(at)


async def test_what_is_stopped_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await choose_repeats(at)
        await at.press("ctrl+r")
        await study_shown(at)
        await at.shows("▶ running")
        await at.press("space")
        await comes_to(at, "paused")
        await at.press("x")
        gate.set()
        await comes_to(at, "stopped")
        at.app.action_studies()
        await at.shows("■ stopped     ")
        await at.press("escape")
        await at.press("space")
        await comes_to(at, "finished")


async def test_a_document_says_what_it_takes_before_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "studies").mkdir()
    (tmp_path / "studies" / "mine.yaml").write_text(
        'id: mine\ntitle: My study\ndescription: For tests.\nlicence: CC0-1.0\nversion: "1"\n'
        "source: {author: The tests, drafted_by: person}\n"
        "scenarios: [night-attack]\ntechniques: [mindful-breathing]\nrepeats: 2\n"
        "stop: {scale: fear, within: 50, looks: [2]}\n",
        encoding="utf-8",
    )
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("t")
        await at.until(lambda: isinstance(at.app.screen, StudiesScreen), "Studies")
        await at.shows("⏎ open")
        await at.shows("• mine ")
        listed = at.app.screen.query_one(OptionList)
        listed.highlighted = listed.get_option_index("document:mine")
        await at.shows("Enter says what it takes")
        await at.press("enter")
        await at.shows("2 shared starts, 6 sessions")
        await at.press("n")
        await at.until(lambda: isinstance(at.app.screen, StudiesScreen), "no study yet")
        await at.press("enter")
        await at.shows("Run “My study”?")
        await at.press("y")
        await comes_to(at, "finished")
        await at.shows("the answer, 2 of 2 runs, fear")
        root = (await study_shown(at)).root
        assert _document(at.services.conductor, root) is None, "the frozen plan goes on, not the document"
        await at.press("escape")
        await at.shows("✓ finished")
        await at.shows("6 of 6 sessions")


async def test_what_was_removed_counts_neither_here_nor_in_compare(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await choose_repeats(at)
        await at.press("enter")
        await comes_to(at, "finished")
        await at.shows("the answer, 2 of 2 runs")
        (gone, *_), (_, *kept) = (await study_shown(at)).reader.outline.cells.values()
        at.services.conductor.store.remove(gone, "for the test")
        await at.shows("the answer, 1 of 2 runs")
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        assert isinstance(at.app.screen, CompareScreen) and set(at.app.screen.wanted) == set(kept)


class Silent:
    """A study that was started and has not said so in the record yet."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.ended = self.failed = False
        self.error = ""

    def break_off(self) -> None:
        self.ended = True


def silent_studies(at: Stage) -> list[Silent]:
    """Studies are started from now on and run nothing; these."""
    launched: list[Silent] = []

    def launch(root: str) -> Silent:
        launched.append(Silent(root))
        return launched[-1]

    at.services.studies._launch = launch
    return launched


async def test_a_study_is_started_once_however_fast_it_is_asked_for(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        studies, launched = at.services.studies, silent_studies(at)
        chosen = Choices(Proposal(), ("night-attack",), ("study-participant",), ("embedded",), 2, "mine")
        study = small_study(chosen, at.services.conductor.library)

        async def start(times: int) -> None:
            await asyncio.gather(*(studies.start(study) for _ in range(times)))

        await at.app.run_worker(start(2)).wait()
        await at.app.run_worker(start(1)).wait()
        assert [one.root for one in launched] == [(await study_shown(at)).root]
        launched[0].ended = launched[0].failed = True
        launched[0].error = "The disk is full.\nMake room."
        await at.app.run_worker(start(1)).wait()
        assert len(launched) == 2, "what ended may be started again"
        await at.shows("The study “mine” ended: The disk is full.")
        await at.shows("Make room.")


async def test_a_study_that_failed_says_what_its_last_run_failed_of(tmp_path: Path) -> None:
    broken = ScriptedProvider(lambda _: ModelError("Too long.", kind="context exceeded", todo="Cut steps."))
    async with stage(tmp_path, broken) as at:
        await choose_repeats(at)
        await at.press("enter")
        await comes_to(at, "unfinished")
        await at.until(
            lambda: any("ended: Too long." in said.title for said in at.app._notifications), "why it ended"
        )


def test_the_error_of_a_process_is_what_it_said_last_and_not_its_cautions() -> None:
    said = "Caution: a small model.\n2 runs, 6 sessions.\nError: x.yaml: no key.\nSet one.\n"
    assert last_error(said) == "x.yaml: no key.\nSet one."
    assert last_error("Caution: a small model.\n0 of 2 runs are finished.\n") == ""


class Unsure(ScriptedProvider):
    """A service that turns out, once it is asked, to give no log-probabilities."""

    unsure = True

    @property
    def found(self) -> Capabilities:
        return self.capabilities if self.unsure else replace(self.capabilities, top_logprobs=0)

    async def find_out(self) -> None:
        self.unsure = False


async def test_an_unknown_service_is_asked_before_the_plan_of_a_study_is_frozen(tmp_path: Path) -> None:
    async with stage(tmp_path, Unsure()) as at:
        await choose_repeats(at)
        silent_studies(at)
        await at.press("enter")
        measures = (await study_shown(at)).reader.outline.plan.measures.values()
        assert [[one.questionnaire.id for one in own] for own in measures] == [["affect-ratings"]]


async def test_quitting_asks_what_becomes_of_a_running_study(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await choose_repeats(at)
        await at.press("ctrl+r")
        await comes_to(at, "running")
        await at.press("ctrl+q")
        await at.shows("is still running")
        await at.press("escape")
        await comes_to(at, "running")
        await at.press("ctrl+q", "g")
        await at.until(lambda: not at.app.is_running, "the end of the app")
        assert at.services.studies.outlive
        assert at.services.studies.under_way, "it goes on"
        gate.set()


async def test_bad_repeats_are_refused_with_the_range(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await choose_repeats(at, "0")
        await at.shows("Repeats are a whole number from 1")
        await at.press("enter")
        assert isinstance(at.app.screen, NewSessionScreen)
