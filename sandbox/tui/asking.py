"""Asking stored sessions another questionnaire, while the app goes on."""

from textual.app import App

from sandbox.errors import SandboxError
from sandbox.study.afterwards import Asking, ask, to_ask
from sandbox.study.conductor import Conductor
from sandbox.tui.messages import MeasureWanted, Trouble


class AskingAfterwards:
    """Says what is going to be asked, asks it, and says when it is done. Every answer is kept at once."""

    def __init__(self, app: App[None], conductor: Conductor) -> None:
        self._app = app
        self._conductor = conductor

    async def ask(self, wanted: MeasureWanted) -> None:
        try:
            asking = await to_ask(self._conductor, wanted.sessions, wanted.written)
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

    def _announce(self, asking: Asking) -> None:
        if asking.points:
            said = f"{asking.points} points are asked, about {asking.calls:,} calls."
        else:
            said = "Nothing is left to ask."
        self._app.notify("\n".join([*asking.left_out, said]), title="Ask afterwards", markup=False)
