"""Asking stored sessions another questionnaire, while the app goes on."""

import asyncio

from textual.app import App

from sandbox.engine.afterwards import GivenAfterwards
from sandbox.engine.history import Measured
from sandbox.engine.measure import measure_of
from sandbox.errors import SandboxError
from sandbox.models.provider import found_capabilities
from sandbox.study.afterwards import Asking, ToAsk, ask, to_ask
from sandbox.study.conductor import Conductor
from sandbox.text import excerpt, number_of
from sandbox.tui.messages import MeasureWanted, Trouble
from sandbox.tui.screen import is_there
from sandbox.tui.screens.prompt import LinePrompt
from sandbox.tui.screens.sessions import SessionsScreen

_LISTED = 12
"""Questionnaires that are named in the question at most: as many as 24 rows have room for."""


class AskingAfterwards:
    """Asks which questionnaire, says what is going to be asked, asks it, and says how far it is and when it
    is done. Every answer is kept at once."""

    def __init__(self, app: App[None], conductor: Conductor) -> None:
        self._app = app
        self._conductor = conductor
        self._asked: dict[int, str] = {}

    async def ask(self, wanted: MeasureWanted) -> None:
        def take(written: str | None) -> None:
            if written is not None:
                self._app.run_worker(self._ask(wanted, written), group="asking")

        try:
            question = await asyncio.to_thread(self._question, wanted)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            self._app.push_screen(question, take)

    async def _ask(self, wanted: MeasureWanted, written: str) -> None:
        answered: list[Measured] = []

        def tell(one: ToAsk, given: GivenAfterwards) -> None:
            if given.measured is not None:
                answered.append(given.measured)
                self._say(id(answered), f"asking {written}: {len(answered)} of {asking.points} points")

        try:
            asking = await to_ask(self._conductor, wanted.sessions, written)
            self._announce(asking, wanted, written)
            self._say(id(answered), f"asking {written}: 0 of {asking.points} points")
            failed = await ask(self._conductor, asking, tell)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        finally:
            self._say(id(answered), "")
        if failed:
            self._app.post_message(Trouble(failed[0][1]))
        elif asking.points:
            lacking = sum(any(s.value is None for s in one.administration.scores) for one in answered)
            without = f", {lacking} of them with a score missing" if lacking else ""
            self._app.notify(
                f"{_whom(wanted)}\n{number_of(asking.points, 'point')} answered{without}."
                " c compares; v chooses what was asked afterwards.",
                title=f"Asked afterwards: {written}",
                markup=False,
            )

    def _question(self, wanted: MeasureWanted) -> LinePrompt:
        """Which questionnaire; what cannot be asked of the first one's model is refused where it is typed."""
        conductor = self._conductor
        model = conductor.store.session(wanted.sessions[0]).head.plan.model
        able = found_capabilities(conductor.models.model(model))

        def wrong(written: str) -> str:
            try:
                measure_of(written, conductor.library, able)
            except SandboxError as error:
                return " ".join(filter(None, (error.what, error.todo)))
            return ""

        usable = [one for one in conductor.library.entries("questionnaire") if one.document is not None]
        there = [_row(one.id, one.document.title) for one in usable[:_LISTED] if one.document]
        more = [f"and {len(usable) - _LISTED} more: the Library lists them"] * (len(usable) > _LISTED)
        note = (
            f"{_whom(wanted)}: on a side copy, kept apart from the run's own. Write ID[:WAY][@WHEN]."
            " Without @WHEN, what asks about right now is given at every point, the rest at baseline, after"
            " the scenario and at the end."
        )
        listed = "\n".join([note, *there, *more])
        return LinePrompt("Ask afterwards: which questionnaire?", listed, "k6:report", wrong)

    def _announce(self, asking: Asking, wanted: MeasureWanted, written: str) -> None:
        said = "Nothing is left to ask."
        if asking.points:
            said = f"{number_of(asking.points, 'point')}, {number_of(asking.calls, 'call')} or so."
        left_out = [f"{wanted.told.get(id, id)} {why}" for id, why in asking.left_out]
        self._app.notify(
            "\n".join([*left_out, _whom(wanted), said]),
            title=f"Ask afterwards: {written}",
            markup=False,
        )

    def _say(self, key: int, said: str) -> None:
        """Say in Sessions how far it is; nothing once it is over."""
        self._asked.pop(key, None)
        if said:
            self._asked[key] = said
        for screen in self._app.screen_stack:
            if isinstance(screen, SessionsScreen) and is_there(screen):
                screen.say_asked(" · ".join(self._asked.values()))


def _whom(wanted: MeasureWanted) -> str:
    only = wanted.sessions[0]
    return wanted.told.get(only, only) if len(wanted.sessions) == 1 else f"{len(wanted.sessions)} sessions"


def _row(id: str, title: str) -> str:
    """The questionnaire's id, whole, and as much of its title as a row has room for."""
    named = f"{id:<19}  "
    return named + excerpt(title, max(12, 66 - len(named)))
