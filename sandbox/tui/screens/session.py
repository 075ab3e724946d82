"""The Session screen: conversation, trajectory, the clinician's keys. Listens to a LiveRun, runs nothing."""

from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, SessionStarted, TextDelta
from sandbox.engine.history import Turn
from sandbox.engine.run_state import RunState, SessionState
from sandbox.errors import SandboxError
from sandbox.models.name import short_name
from sandbox.text import printable
from sandbox.tui.live_run import LiveRun
from sandbox.tui.memory_search import MemorySearch
from sandbox.tui.messages import ComparisonWanted, ReviewWanted, SessionWanted, TranscriptWanted, Trouble
from sandbox.tui.screen import Screen, is_there
from sandbox.tui.screens.branch_tree import BranchTree
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.page import PageScreen
from sandbox.tui.widgets.conversation import Conversation
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.measured_line import MeasuredLine
from sandbox.tui.widgets.measures import Measures
from sandbox.tui.widgets.session_header import BranchLine, PhaseLine, RemarkLine, SessionHeader, status_text
from sandbox.tui.widgets.therapist_line import KEPT, TherapistLine, over

Wish = Literal["branch", "redo", "change"]
_REDRAWS_PER_SECOND = 20
_APART = 1 / 40
"""Seconds from new words to the scores drawn anew: longer than the screen waits before it paints."""


class SessionScreen(Screen[None]):
    """A trunk and its branches, one shown at a time; follows the running one until the reader looks away."""

    CSS_PATH = "session.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (80, "-normal"), (110, "-wide"), (150, "-very-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "go_on", "go on", id="session.pause", tooltip="Go on after the pause"),
        Binding("space", "pause", "pause", id="session.pause", tooltip="Pause or go on"),
        Binding("n", "remind", show=False, id="session.next", tooltip="This step is yours to say"),
        Binding("n", "step", "next", id="session.next", tooltip="One step, then wait"),
        Binding("s", "say", "say", id="session.say", tooltip="Say your own words as the therapist"),
        Binding("k", "skip", "skip", id="session.skip", tooltip="Leave out the next technique step"),
        Binding("r", "redo", "redo", id="session.redo",
                tooltip="Ask for the newest (or marked) reply again; the old one stays"),
        Binding("b", "branch", "branch", id="session.branch",
                tooltip="Add an arm: another technique, live, or another seed"),
        Binding("x", "stop", "stop", id="session.stop", tooltip="Stop; everything so far is kept"),
        Binding("c", "compare", "compare", id="session.compare",
                tooltip="Compare the arms side by side, the control among them"),
        Binding("e", "export", "export", id="session.export", tooltip="Write a transcript with its scores"),
        Binding("E", "change", "change", id="session.change",
                tooltip="Change what the newest (or marked) step says, and go on from before it"),
        Binding("j", "review", show=False, id="session.review", tooltip="Judge this arm: form, notes, tags"),
        Binding("y", "copy", show=False, id="session.copy", tooltip="Copy the conversation with its scores"),
        Binding("right_square_bracket", "look(1)", "next arm", show=False, id="session.right",
                tooltip="Show the next arm"),
        Binding("left_square_bracket", "look(-1)", "previous arm", show=False, id="session.left",
                tooltip="Show the arm before"),
        Binding("t", "tree", "tree", show=False, id="session.tree",
                tooltip="The tree of arms: where each began, and how it stands"),
        Binding("v", "chart(1)", "chart", show=False, id="session.chart", tooltip="Chart the next scale"),
        Binding("V", "chart(-1)", "previous scale", show=False, id="session.chart-back",
                tooltip="Chart the scale before"),
        Binding("a", "several", "scales", show=False, id="session.several",
                tooltip="Chart several scales of this arm, or one scale of all arms"),
        Binding("left", "point(-1)", "read out", show=False, id="session.point-left",
                tooltip="Read out the measurement before"),
        Binding("right", "point(1)", "read out", show=False, id="session.point-right",
                tooltip="Read out the next measurement"),
        Binding("f", "follow", "follow", show=False, id="session.follow",
                tooltip="Show the running arm and its newest words"),
        Binding("w", "why", show=False, id="session.why", tooltip="Every caution about these scores"),
        Binding("escape", "leave('home')", "home", id="session.home", tooltip="Back to Home; a run goes on"),
        Binding("escape", "leave('back')", "back", id="session.home", tooltip="Back; a run goes on"),
    ]  # fmt: skip

    HELP = (
        "The chat is on the left, the charted scale on the right, with a row a scale: now, its course, its "
        "change from the baseline (base) and from after the scenario (scen), as under a narrow chart. "
        "Lines of dots mark both levels, ◎ several scores in one place. "
        "Left and right read a point out. "
        "Tab marks the newest measurement in view, Shift+Tab one before: Enter opens it, r redoes the reply "
        "before it, b adds an arm from there, E changes the step before it. Your own words replace nothing: "
        "the script goes on after them."
    )

    class ArmWanted(Message):
        """The clinician wants another arm to leave from `session` at its turn `turn`: with another technique,
        for another reply, or with the step that was said there changed."""

        def __init__(self, live: LiveRun, session: str, turn: int, wish: Wish) -> None:
            super().__init__()
            self.live = live
            self.session = session
            self.turn = turn
            self.wish = wish

    def __init__(self, live: LiveRun, shown: str | None = None, turn: int | None = None) -> None:
        super().__init__()
        self.live = live
        self._shown = shown or live.state.running or next(iter(live.state.ids), "")
        self._following = shown is None or live.state.running in (shown, None)
        self._turn = turn
        self._redraw: Timer | None = None
        self._scores_wait = False
        self._memory = MemorySearch()

    @property
    def shown(self) -> str:
        """The id of the session on screen, empty before the first event."""
        return self._shown

    def compose(self) -> ComposeResult:
        yield SessionHeader(id="header")
        yield PhaseLine(id="phases")
        yield BranchLine(id="branches")
        yield RemarkLine(id="remark")
        with Horizontal(id="body"):
            yield Conversation(id="conversation")
            yield Measures(id="measures")
        with Horizontal(id="therapist"):
            yield Static("›", id="prompt", markup=False)
            yield TherapistLine(id="therapist-line")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(TherapistLine).belongs_to(self.live)
        if self._following:  # it may have gone on while the screen was put together
            self._shown = self.live.state.running or self._shown
        self.live.listen(self._heard)
        self.set_interval(1.0, self._draw_header)
        self._memory.begin(self)
        self.query_one(Conversation).focus()
        self._draw()
        if self._turn is not None:
            self.query_one(Conversation).go_to(self._turn)
        if not self.live.playing:
            self._tell_trouble()

    def on_unmount(self) -> None:
        self._memory.end()
        self.live.forget(self._heard)

    def _heard(self, event: Event | None) -> None:
        """Draw what changed: a burst of words a few times a second, the scores in a frame of their own."""
        self._memory.heard()
        if isinstance(event, SessionStarted) and self._following:
            self._shown = event.session
        if self._redraw is None:
            delay = 1 / _REDRAWS_PER_SECOND if isinstance(event, TextDelta) else 0.001
            self._redraw = self.set_timer(delay, self._draw_news)
        self._scores_wait |= not isinstance(event, TextDelta)
        if event is None:
            self._tell_trouble()

    def _tell_trouble(self) -> None:
        """Say once what ended the run and where to resume; it may have failed before this screen stood."""
        problem, self.live.problem = self.live.problem, None
        if problem is not None:
            todo = f"{problem.todo} Space goes on from there.".strip()
            self.post_message(Trouble(SandboxError(problem.what, where=problem.where, todo=todo)))

    # What is drawn

    @property
    def _state(self) -> RunState:
        return self.live.state

    @property
    def _session(self) -> SessionState | None:
        return self._state.sessions.get(self._shown)

    def _draw_news(self) -> None:
        self._redraw = None
        self._draw_words()
        if self._scores_wait:
            self._scores_wait = False
            self.set_timer(_APART, self._draw_scores)

    def _draw(self) -> None:
        self._draw_words()
        self._draw_scores()

    def _draw_scores(self) -> None:
        if is_there(self) and (session := self._session) is not None:
            self.query_one(Measures).show(self._state, session)

    def _draw_words(self) -> None:
        if not is_there(self):
            return
        if self._shown not in self._state.sessions:
            self._shown = next(iter(self._state.ids), "")
        session = self._session
        if session is None:
            self._draw_header()
            return
        self.query_one(RemarkLine).show(self.live.remarks)
        self.query_one(TherapistLine).invite(self.live)
        lineage = self._state.lineage(session.head.id)
        self.query_one(Conversation).show(session, lineage)
        self.query_one(PhaseLine).show(session, self.live.stands(session))
        self.query_one(BranchLine).show(self._state, self._shown, self.live.stands)
        self._draw_header()
        self.refresh_bindings()

    def _draw_header(self) -> None:
        session = self._session
        if session is None:
            self.query_one(SessionHeader).show("starting the model …", status="", seconds=self.live.seconds)
            return
        what = [self._state.family_title(), self._state.titles()[self._shown]]
        what.append(session.model or short_name(session.head.plan.model))
        place = self._state.place(self._shown)
        status = (
            "■ stopping" if self.live.stopping else status_text(session, self.live.stands(session), place)
        )
        self.query_one(SessionHeader).show(*what, status=status, seconds=self.live.seconds)

    # What the keys do

    @property
    def _controls(self) -> Controls | None:
        """The clinician's hand on the run, None when nothing runs."""
        return self.live.controls if self.live.playing else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out keys that would do nothing now; leave out what a key does not do here."""
        if action == "leave":
            return parameters == ("home" if self._over_home else "back",)
        if action == "say" and isinstance(self.focused, TherapistLine):  # there it is a letter
            return False
        if action in {"pause", "go_on"} and self.live.goes_on != (action == "go_on"):
            return False
        if action in {"step", "remind"} and self.live.awaited != (action == "remind"):
            return False
        return True if self._does_something(action) else None

    @property
    def _over_home(self) -> bool:
        below = self.app.screen_stack[1:-1]  # the first is an empty one of Textual's
        return not below or isinstance(below[-1], HomeScreen)

    def _does_something(self, action: str) -> bool:
        sessions = self._state.sessions.values()
        running = self._state.sessions.get(self._state.running or "")
        under_way = self.live.playing and not self.live.stopping
        needs = (
            (("pause", "step", "stop", "say"), under_way),
            (("go_on",), not self.live.stopping),
            (("skip",), under_way and not (running is not None and running.says_again)),
            (("look", "tree"), len(sessions) > 1),
            (("compare",), self.live.comparable),
            (("branch", "redo", "export", "copy", "review"), self._session is not None),
            (("change",), self._session is not None and self._session.head.plan.technique is not None),
            (("why",), bool(self.live.remarks)),
        )
        return next((met for actions, met in needs if action in actions), True)

    def why_not(self, key: str) -> str:
        if key == "session.compare":
            arms = sum(not one.head.plan.is_trunk for one in self._state.sessions.values())
            comes = arms > 1 and (self.live.playing or self.live.elsewhere is not None)
            return "Comparing takes two arms that have begun: wait for the second one." if comes else ""
        hand = key in ("session.pause", "session.next", "session.stop", "session.say", "session.skip")
        if not hand or self.live.playing or (self.live.elsewhere is None and not self.live.left):
            return ""
        said = over(self.live)
        return f"{said[:1].upper()}{said[1:]}."

    def action_pause(self) -> None:
        if (controls := self._controls) is not None:
            controls.pause()
            self.notify("Pausing after this turn and its measurement.", timeout=3)
            self.refresh_bindings()

    def action_go_on(self) -> None:
        if (controls := self._controls) is not None:
            controls.resume()
            self.notify("Going on.", timeout=2)
            self.refresh_bindings()
        elif self.live.left:
            self.live.left = False  # a second Space finds nothing more to do
            self.post_message(SessionWanted(self._state.ids[0], resume=True))

    @property
    def _at_technique_turn(self) -> bool:
        """Whether the shown session waits at a turn of its technique: what is asked for happens at once."""
        session = self._session
        return session is not None and session.waiting is not None and session.phase == "technique"

    def action_remind(self) -> None:
        self.notify("This step is yours to say: type it, or k leaves it out.", timeout=5)

    def action_step(self) -> None:
        if (controls := self._controls) is not None:
            controls.pause()
            controls.step()

    def action_say(self) -> None:
        self.set_focus(self.query_one(TherapistLine))  # at once: the next key is a letter

    def action_skip(self) -> None:
        if (controls := self._controls) is not None:
            controls.skip()
            if not self._at_technique_turn:  # else the conversation says it at once
                self.notify("The next technique step is left out.", timeout=3)

    def action_stop(self) -> None:
        if self._controls is not None:
            self.live.stop()
            self.notify("Stopping …", timeout=3)
            self._draw_header()
            self.refresh_bindings()

    def action_branch(self) -> None:
        if self._session is not None:
            self.post_message(self.ArmWanted(self.live, self._shown, self._turn_meant() or 0, "branch"))

    def action_change(self) -> None:
        self.post_message(self.ArmWanted(self.live, self._shown, self._turn_meant() or 0, "change"))

    def action_redo(self) -> None:
        turn = self._turn_meant(answered=True)
        if turn is None:
            later = isinstance(self.focused, MeasuredLine) and self._turns(answered=True)
            todo = "Tab goes to a later measurement." if later else "Wait for the first one."
            self.notify(f"There is no reply before this. {todo}", severity="warning")
        else:
            self._following = True
            self.post_message(self.ArmWanted(self.live, self._shown, turn, "redo"))

    def _turn_meant(self, *, answered: bool = False) -> int | None:
        """The turn before the marked measurement, else the newest one; None when there is none."""
        marked = self.focused
        last = marked.after_turn if isinstance(marked, MeasuredLine) else None
        turns = self._turns(answered=answered)
        return max((turn for turn in turns if last is None or turn <= last), default=None)

    def _turns(self, *, answered: bool) -> list[int]:
        turns = [one for one in self._state.lineage(self._shown) if isinstance(one, Turn)]
        said = [one for one in turns if one.phase != "follow-up"]
        return [one.index for one in said if one.reply is not None or not answered]

    def action_export(self) -> None:
        if self._session is not None:
            self.post_message(TranscriptWanted((self._shown,)))

    def action_review(self) -> None:
        if self._session is not None:
            self.post_message(ReviewWanted((self._shown,)))

    def action_copy(self) -> None:
        if self._session is not None:
            from sandbox.tui.conversation_text import conversation_text

            self.app.copy_to_clipboard(conversation_text(self._state, self._shown))
            self.notify("Copied.", timeout=2)

    def action_compare(self) -> None:
        if self._session is not None:
            self.post_message(ComparisonWanted((self._state.ids[0],)))

    def action_look(self, by: int) -> None:
        ids = self._state.ids
        if ids and self._shown in ids:
            self._show(ids[(ids.index(self._shown) + by) % len(ids)])

    def on_branch_line_chosen(self, message: BranchLine.Chosen) -> None:
        self._show(message.session)

    def action_follow(self) -> None:
        self._following = True
        self._shown = self._state.running or self._shown
        self.query_one(Conversation).anchor()
        self._draw()

    def go_to(self, session: str | None, turn: int | None) -> None:
        """Show that session (None: the one that runs) at that turn, as if the screen was opened on it."""
        if session is None:
            self.action_follow()
        else:
            self._show(session)
        if turn is not None:
            self.query_one(Conversation).go_to(turn)

    def _show(self, session: str) -> None:
        self._shown = session
        self._following = self._state.running in (session, None)
        self._draw()

    def action_chart(self, by: int) -> None:
        self.query_one(Measures).chart_next(by)

    def action_several(self) -> None:
        self.query_one(Measures).chart_several()

    def action_point(self, by: int) -> None:
        self.query_one(Measures).move_cursor(by)

    def action_tree(self) -> None:
        def take(session: str | None) -> None:
            if session is not None:
                self._show(session)

        self.app.push_screen(BranchTree(self.live, self._shown), take)

    def action_why(self) -> None:
        spaced = [part for line in self.live.remarks for part in (Content(printable(line)), Content(""))]
        self.app.push_screen(PageScreen("Cautions", spaced[:-1]))

    def action_leave(self, to: str) -> None:
        self.dismiss()

    def on_therapist_line_said(self, message: TherapistLine.Said) -> None:
        self.query_one(Conversation).focus()
        controls = self._controls
        if controls is None:
            said = self.why_not("session.say") or "This arm has ended: b adds another."
            self.notify(f"{said} ↑ brings your words back.", severity="warning")
        elif message.text:
            controls.say(message.text)
            if not self._at_technique_turn:
                self.notify(f"{KEPT}.", timeout=3)
            self._draw()
        elif self.live.awaited:
            self.action_remind()
        else:
            self.action_step()

    def on_therapist_line_left(self) -> None:
        self.query_one(Conversation).focus()
