"""What tests of screens share: style sheets parsed once, nothing drawn that nobody sees, and short waits."""

from collections.abc import Iterator
from typing import Any

import pytest
from textual import _wait
from textual._compositor import Compositor
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet


@pytest.fixture(scope="session", autouse=True)
def styles_parsed_once() -> Iterator[None]:
    """Every app parses the same style sheets anew: here they are parsed once a process.

    What a sheet comes to depends on its text and the colours of the theme.
    """
    parse = Stylesheet._parse_rules
    known: dict[Any, list[RuleSet]] = {}

    def parsed(self: Stylesheet, *sheet: Any, **more: Any) -> list[RuleSet]:
        key = (frozenset(self._variables.items()), sheet, tuple(more.items()))
        if key not in known:
            known[key] = parse(self, *sheet, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parsed)
        yield


@pytest.fixture(scope="session", autouse=True)
def short_waits() -> Iterator[None]:
    """After each key Textual's pilot sleeps until the process is idle, 20 ms at a time: most of what a test
    took. Here it looks every 10 ms whether less than a twentieth of them were worked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", 0.01)
        patch.setattr(_wait, "SLEEP_IDLE", 0.0005)
        yield


@pytest.fixture(autouse=True)
def nothing_drawn(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal Textual draws each change and drops it, half of what a test takes. Here a screen is
    drawn when a test looks at it, and at every change only in tests marked `drawn`."""
    if request.node.get_closest_marker("drawn"):
        return
    draw = Compositor.render_update

    def drawn_when_asked(self: Compositor, full: bool = False, **more: Any) -> Any:
        if full:
            return draw(self, full, **more)
        self._dirty_regions.clear()
        return None

    monkeypatch.setattr(Compositor, "render_update", drawn_when_asked)
