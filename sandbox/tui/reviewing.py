"""Opening the Review screen on sessions of the record, and the notes that were begun there."""

from typing import TYPE_CHECKING

from textual.app import App

from sandbox.study.conductor import Conductor
from sandbox.tui.messages import ReviewWanted
from sandbox.tui.preferences import Preferences
from sandbox.tui.screen import bring_up

if TYPE_CHECKING:  # the app is built before any of it is wanted
    from sandbox.tui.screens.review import Drafts


class Reviewing:
    """Notes that were typed and not stored wait here while the app is open, and which arms were named."""

    def __init__(self, app: App[None], preferences: Preferences, conductor: Conductor) -> None:
        self._app = app
        self._preferences = preferences
        self._conductor = conductor
        self._drafts: Drafts = {}
        self._seen: set[str] = set()

    async def open(self, wanted: ReviewWanted) -> None:
        from sandbox.tui.screens.review import ReviewerName, ReviewScreen

        if (screen := bring_up(self._app, ReviewScreen)) is not None:
            screen.show(wanted.sessions, wanted.turn)
            return
        store, library, mine = self._conductor.store, self._conductor.library, self._preferences
        name = ReviewerName(lambda: mine.remembered.reviewer, mine.remember_reviewer)
        self._app.push_screen(
            ReviewScreen(store, library, name, self._drafts, self._seen, wanted.sessions, wanted.turn)
        )
