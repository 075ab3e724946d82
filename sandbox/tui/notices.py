"""What was said in passing goes when its reader goes elsewhere: it would cover what is read there."""

from typing import Any

from textual.app import App
from textual.notifications import Notification
from textual.screen import ModalScreen, Screen


class Notices:
    """Textual has public names for taking all notices away only; some are to stay."""

    def __init__(self, app: App[Any]) -> None:
        self._app = app
        self._read: tuple[Notification, ...] = ()
        self._below: Screen[Any] | None = None
        self._outlived: set[str] = set()

    @property
    def texts(self) -> list[str]:
        return [one.message for one in self._app._notifications]

    def read(self) -> None:
        """The reader does something: what is said from now on belongs to where it leads."""
        self._read = tuple(self._app._notifications)

    def screen_changed(self) -> None:
        """Take away what was read before: over the same screen only what was said in passing; an error,
        which may say where to go, one screen later."""
        below = next(one for one in reversed(self._app.screen_stack) if not isinstance(one, ModalScreen))
        elsewhere, self._below = below is not self._below, below
        for one in self._read:
            spared = one.severity == "error" and one.identity not in self._outlived
            if one.severity == "information" or (elsewhere and not spared):
                self._app._unnotify(one, refresh=False)
            elif elsewhere:
                self._outlived.add(one.identity)
        self._app._refresh_notifications()
