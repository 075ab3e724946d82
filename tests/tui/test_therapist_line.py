"""Where help is, is shown when typed words may be about a real emergency; they are said all the same."""

from textual.app import App, ComposeResult

from sandbox.tui.widgets.therapist_line import TherapistLine


class LineApp(App[None]):
    """The line alone; `said` has what it gave."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def compose(self) -> ComposeResult:
        yield TherapistLine()

    def on_mount(self) -> None:
        self.query_one(TherapistLine).focus()

    def on_therapist_line_said(self, message: TherapistLine.Said) -> None:
        self.said.append(message.text)


async def test_a_possible_emergency_is_answered_with_where_help_is_and_blocks_nothing() -> None:
    async with LineApp().run_test(notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, LineApp)
        await pilot.press(*"Breathe", "enter")
        await pilot.pause()
        assert app.said == ["Breathe"] and not list(app._notifications)
        await pilot.press(*"I want to die", "enter")
        await pilot.pause()
        assert app.said == ["Breathe", "I want to die"]
        (shown,) = app._notifications
        assert "local emergency number" in shown.message and "not the place" in shown.message
