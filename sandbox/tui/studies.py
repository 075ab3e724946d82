"""Studies in the app: started in a process of their own, shown, asked to pause or stop, their end told."""

import asyncio
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App

from sandbox.engine.plan import new_session_id
from sandbox.errors import SandboxError, UsageError
from sandbox.library.document import free_id
from sandbox.library.study import Study
from sandbox.models.opening import refuse_without_key
from sandbox.store.study_listing import StudyListing, StudySummary
from sandbox.study.conductor import Conductor
from sandbox.study.frozen import Outline, members, outline_of, take_up
from sandbox.study.plan import heads
from sandbox.study.planning import look_at_models, planned
from sandbox.study.progress import progress_of
from sandbox.study.runner import check_study
from sandbox.study.small_study import Choices, small_study
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.labels import shortened
from sandbox.tui.messages import ComparisonWanted, StudyWanted, Trouble
from sandbox.tui.outline import study_lines
from sandbox.tui.preferences import Preferences
from sandbox.tui.screen import bring_up
from sandbox.tui.screens.prompt import Confirmation, Leaving, LeavingQuestion
from sandbox.tui.study_process import Launch, RunningStudy, StudyProcess
from sandbox.tui.study_view import StudyReader
from sandbox.tui.terminal import Terminal

if TYPE_CHECKING:
    from sandbox.tui.screens.study import StudyScreen

_SECONDS = 1.0
_NAME = 24
"""Cells for a study's name before all else that a title says."""
AUTHOR = "clinician"
_NOTHING_SAID = "Its process broke off and said nothing.\nRun what is missing: sandbox study resume {name}"


@dataclass(slots=True)
class _Started:
    """A study this app has started, and when: by the record's clock, and by the process's own."""

    outline: Outline
    running: RunningStudy
    at: datetime
    began: float


class Studies:
    """The studies of the workspace. Those of other programs are shown and asked in the same way."""

    def __init__(
        self,
        app: App[None],
        preferences: Preferences,
        terminal: Terminal,
        conductor: Conductor,
        launch: Launch | None,
    ) -> None:
        """`launch` starts a study; None: in a process of its own."""
        self._app = app
        self._preferences = preferences
        self._terminal = terminal
        self._conductor = conductor
        self._launch = launch or self._process
        self._listing = StudyListing(conductor.store, partial(members, conductor.studies))
        self._started: dict[str, _Started] = {}
        self._starting: set[str] = set()
        self._watched = False
        self.outlive = False
        """Whether what was started goes on when the app is closed."""

    @property
    def under_way(self) -> tuple[str, ...]:
        """The names of the studies that this app has started and that still run."""
        return tuple(one.outline.name for one in self._started.values() if not one.running.ended)

    def newest(self) -> tuple[StudySummary, ...]:
        """The studies of the record, the newest first. Reads: belongs on a thread."""
        return self._listing.newest()

    def so_far(self, root: str) -> str:
        """What is compared of that study: `quick-demo`, or `quick-demo, interim: 1 of 4 runs` while it is not
        over. Reads: belongs on a thread."""
        studies = self._conductor.studies
        outline = outline_of(studies.named(root))
        now = progress_of(studies, outline)
        name = shortened(outline.name, _NAME)
        if now.over:
            return name
        return f"{name}, interim: {now.cells['finished']} of {now.cells_in_all} runs"

    def free_name(self, wanted: str) -> str:
        """The name, or with a number where a study or its document has it. Reads: belongs on a thread."""
        names = {one.name for one in self._listing.newest(limit=100_000)}
        return free_id(wanted, {*names, *self._conductor.library.ids("study")})

    def _process(self, root: str) -> RunningStudy:
        local_only = self._preferences.settings.local_only
        return StudyProcess(root, self._conductor.workspace.root, local_only=local_only)

    # Starting

    def check(self, choices: Choices) -> None:
        """Raises SandboxError for choices that cannot be run as a study. Reads: belongs on a thread."""
        study = small_study(
            replace(choices, name=choices.name or choices.usual_name), self._conductor.library
        )
        plan = planned(study, self._conductor, new_session_id())
        self._conductor.check(heads(plan, plan.cells[0]), clinician=False)
        refuse_without_key(*(cell.model for cell in plan.cells))

    async def start_chosen(self, choices: Choices) -> None:
        """Start a study of what was chosen, under a name of its own."""
        name = await asyncio.to_thread(self.free_name, choices.name or choices.usual_name)
        await self.start(small_study(replace(choices, name=name), self._conductor.library))

    async def start(self, study: Study, conductor: Conductor | None = None, *, show: bool = True) -> bool:
        """Freeze the study's plan, start it, and show it; says why where it cannot be (False).

        A service of which it is not known yet whether it gives log-probabilities is asked first. `conductor`:
        one that knows techniques that are in no file. One that is under way goes on as it was begun (False).
        """
        knows = conductor or self._conductor
        try:
            await look_at_models(study, knows)
            outline = await asyncio.to_thread(self._taken_up, study, knows)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return False
        begun = await self._run(outline)
        if not begun:
            told = (
                f"“{outline.name}” is under way. Start it again after its end: what is new in it runs then."
            )
            self._app.notify(told, timeout=10, markup=False)
        if show:
            self._show(outline, starting=True)
        return begun

    def _taken_up(self, study: Study, conductor: Conductor) -> Outline:
        """Its plan, frozen; what did not change stays the plan. Raises SandboxError when it cannot be run.

        Reads and writes: belongs on a thread.
        """
        outline = take_up(conductor, study).outline
        check_study(conductor, outline)
        return outline

    async def _run(self, outline: Outline) -> bool:
        """Start a process for what is missing, unless somebody runs it, or is about to (False)."""
        root = outline.root
        self._look()
        if root in self._starting:
            return False
        self._starting.add(root)
        try:
            if await asyncio.to_thread(self._in_hand, root):
                return False
            at, began = datetime.now(UTC), time.monotonic()
            running = await asyncio.to_thread(self._launch, root)
            self._started[root] = _Started(outline, running, at, began)
        finally:
            self._starting.discard(root)
        if not self._watched:
            self._watched = True
            self._app.set_interval(_SECONDS, self._look)
        return True

    def _in_hand(self, root: str) -> bool:
        """Whether somebody runs it, or this app has started it and it has not said so in the record yet: that
        takes a process some seconds. Once it has, it may write files for a while after its runs are over.

        Reads: belongs on a thread.
        """
        studies, one = self._conductor.studies, self._started.get(root)
        if studies.at_work(root):
            return True
        if one is None or one.running.ended:
            return False
        return all(entry.at < one.at for entry in studies.logged(root, kinds=("started",)))

    async def propose(self, id: str) -> None:
        """Say what a study document comes to, and run it once that is agreed to."""
        try:
            study = await asyncio.to_thread(self._conductor.library.study, id)
            lines = await study_lines(self._conductor, study)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return

        def answered(yes: bool | None) -> None:
            if yes:
                self._app.run_worker(self.start(study), group=OPENING)

        note = "\n".join((*lines, "Its plan is frozen before the first call."))
        self._app.push_screen(Confirmation(f"Run “{study.title}”?", note), answered)

    # Showing

    async def list_all(self) -> None:
        from sandbox.tui.screens.studies import Shelf, StudiesScreen

        def read() -> Shelf:
            return Shelf(self.newest(), self._conductor.library.entries("study"))

        if not bring_up(self._app, StudiesScreen):
            self._app.push_screen(StudiesScreen(read))

    async def open(self, message: StudyWanted) -> None:
        """Show a study of the record, or compare what is finished of it, pooled over its starts."""
        reader = await self._reader(message.root)
        if reader is not None and not message.compare:
            self._show(reader.outline)
        elif reader is not None and (arms := await asyncio.to_thread(reader.arms)):
            self._app.post_message(ComparisonWanted(arms, message.root))
        elif reader is not None:
            self._app.notify("Nothing of this study is finished yet: there is nothing to compare.")

    async def _reader(self, root: str) -> StudyReader | None:
        """What reads it; None where it cannot be read, which is said."""
        store, studies = self._conductor.store, self._conductor.studies
        try:
            return await asyncio.to_thread(lambda: StudyReader(store, outline_of(studies.named(root))))
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return None

    def _show(self, outline: Outline, *, starting: bool = False) -> None:
        from sandbox.tui.screens.study import StudyScreen

        def same(screen: StudyScreen) -> bool:
            return screen.reader.outline.hash == outline.hash

        if not bring_up(self._app, StudyScreen, same):
            self._app.push_screen(StudyScreen(StudyReader(self._conductor.store, outline), starting=starting))

    # What is asked of one

    async def fulfil(self, message: "StudyScreen.Wanted") -> None:
        """Pause, go on or stop, wherever it runs: whoever runs it sees what is asked in its log."""
        outline, studies = message.screen.reader.outline, self._conductor.studies
        ask = studies.log
        try:
            at_work = await asyncio.to_thread(studies.at_work, outline.root)
            if message.wish == "go on" and not at_work:
                await self._run(outline)
            elif message.wish == "go on":
                await asyncio.to_thread(ask, outline.root, "resume asked", author=AUTHOR)
            elif message.wish == "pause":
                await asyncio.to_thread(ask, outline.root, "pause asked", author=AUTHOR)
            else:
                await asyncio.to_thread(ask, outline.root, "stop asked", author=AUTHOR)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            message.screen.answered()

    # Its end

    def _look(self) -> None:
        """Say of each study that ended how, and call its reader back."""
        for root, one in tuple(self._started.items()):
            if one.running.ended:
                del self._started[root]
                self._app.run_worker(self._tell_end(one))

    async def _tell_end(self, one: _Started) -> None:
        name = one.outline.name
        from sandbox.tui.screens.study import StudyScreen

        for screen in self._app.screen_stack:
            if isinstance(screen, StudyScreen) and screen.root == one.outline.root:
                screen.answered()
        seconds = time.monotonic() - one.began
        if one.running.failed:
            said = one.running.error or await asyncio.to_thread(self._last_failure, one)
            lines = (said or _NOTHING_SAID.format(name=name)).splitlines()
            error = UsageError(f"The study “{name}” ended: {lines[0]}", todo="\n".join(lines[1:4]))
            self._app.post_message(Trouble(error))
        else:
            self._app.notify(
                f"The study “{name}” has ended. t on Home shows it; c there compares.", timeout=10
            )
        self._terminal.call_back(f"{name}: the study has ended", seconds, self._preferences.settings)

    def _last_failure(self, one: _Started) -> str:
        """Why a run of it failed or a model was given up last, since it was started; empty if none was.

        Reads: belongs on a thread.
        """
        try:
            logged = self._conductor.studies.logged(one.outline.root, kinds=("cell failed", "model given up"))
        except SandboxError as error:
            return str(error)
        reasons = [str(entry.detail["reason"]) for entry in logged if entry.at >= one.at]
        return reasons[-1] if reasons else ""

    def ask_before_quitting(self) -> bool:
        """Whether a study of this app runs: then it is asked what shall become of it, and the app closed."""
        names = self.under_way
        if not names:
            return False

        def answered(answer: Leaving | None) -> None:
            if answer is not None:
                self.outlive = answer == "go on"
                self._app.exit()

        if not isinstance(self._app.screen, LeavingQuestion):
            self._app.push_screen(LeavingQuestion(names), answered)
        return True

    def close(self) -> None:
        """The app closes: what it has started ends with it, unless it was said to go on."""
        if not self.outlive:
            for one in self._started.values():
                if not one.running.ended:
                    one.running.break_off()
