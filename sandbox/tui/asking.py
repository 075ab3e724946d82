"""Asking stored sessions another questionnaire, while the app goes on."""

import asyncio
from collections.abc import Sequence

from textual.app import App

from sandbox.engine.measure import measure_of
from sandbox.errors import SandboxError
from sandbox.models.provider import found_capabilities
from sandbox.study.afterwards import Asking, ask, to_ask
from sandbox.study.conductor import Conductor
from sandbox.text import excerpt, number_of
from sandbox.tui.messages import MeasureWanted, Trouble
from sandbox.tui.screens.prompt import LinePrompt

_LISTED = 13
"""Questionnaires that are named in the question at most: as many as 24 rows have room for."""


class AskingAfterwards:
    """Asks which questionnaire, says what is going to be asked, asks it, and says when it is done. Every
    answer is kept at once."""

    def __init__(self, app: App[None], conductor: Conductor) -> None:
        self._app = app
        self._conductor = conductor

    async def ask(self, wanted: MeasureWanted) -> None:
        def take(written: str | None) -> None:
            if written is not None:
                self._app.run_worker(self._ask(wanted.sessions, written), group="asking")

        try:
            question = await asyncio.to_thread(self._question, wanted.sessions)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            self._app.push_screen(question, take)

    async def _ask(self, sessions: Sequence[str], written: str) -> None:
        try:
            asking = await to_ask(self._conductor, sessions, written)
            self._announce(asking)
            failed = await ask(self._conductor, asking, lambda one, given: None)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if failed:
            self._app.post_message(Trouble(failed[0][1]))
        elif asking.points:
            self._app.notify(
                f"{asking.points} points answered. c compares; v chooses what was asked afterwards.",
                title="Asked afterwards",
                markup=False,
            )

    def _question(self, sessions: Sequence[str]) -> LinePrompt:
        """Which questionnaire; what cannot be asked of the first one's model is refused where it is typed."""
        conductor = self._conductor
        model = conductor.store.session(sessions[0]).head.plan.model
        able = found_capabilities(conductor.models.model(model))

        def wrong(written: str) -> str:
            try:
                measure_of(written, conductor.library, able)
            except SandboxError as error:
                return " ".join(filter(None, (error.what, error.todo)))
            return ""

        usable = [one for one in conductor.library.entries("questionnaire") if one.document is not None]
        there = [f"{one.id:<15}{excerpt(one.document.title, 48)}" for one in usable[:_LISTED] if one.document]
        more = [f"and {len(usable) - _LISTED} more: the Library lists them"] * (len(usable) > _LISTED)
        count = number_of(len(sessions), "session")
        note = (
            f"{count} at every point, on a side copy, kept apart from what was measured in the run. Write"
            " ID[:WAY][@WHEN], as for --measure."
        )
        listed = "\n".join([note, *there, *more])
        return LinePrompt("Ask afterwards: which questionnaire?", listed, "k6:report", wrong)

    def _announce(self, asking: Asking) -> None:
        if asking.points:
            said = f"{asking.points} points are asked, about {asking.calls:,} calls."
        else:
            said = "Nothing is left to ask."
        self._app.notify("\n".join([*asking.left_out, said]), title="Ask afterwards", markup=False)
