"""A changed script beside the one it was made of, from the same state on; what becomes of the change."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from sandbox.analysis.arm import Arm
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.messages import TechniqueWanted
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.widgets.comparison_table import ComparisonTable
from sandbox.tui.widgets.parallel_conversations import ParallelConversations

_CHART_FROM = 110
"""Columns of the screen."""


class ChangedStep(CompareScreen, inherit_bindings=False):
    """Compare over the two arms and their control, the changed turn in view, and three keys more."""

    CSS_PATH = "compare.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *Screen.BINDINGS,
        Binding("k", "keep", "keep", id="changed.keep",
                tooltip="Keep the change: the next version of the technique in your workspace"),
        Binding("x", "throw_away", "throw away", id="changed.throw",
                tooltip="Throw the change away: its arm goes from every list"),
        Binding("p", "pairs", "over seeds", id="changed.pairs",
                tooltip="Versions: compare the two over more seeds, and read the interval"),
        *CompareScreen.BINDINGS,
    ]  # fmt: skip
    HELP = (
        "Both arms began from the same state and have the same seed. ≠ marks the turn whose words were "
        "changed; the words that only one arm has are underlined. k keeps the change as a version of the "
        "technique, x throws it away, p compares the two versions over more seeds: one pair has no interval. "
        + CompareScreen.HELP
    )

    def __init__(
        self,
        gather: Callable[[], tuple[Arm, ...]],
        wanted: tuple[str, ...],
        keep: Callable[[], Awaitable[bool]],
        throw_away: Callable[[], Awaitable[bool]],
        technique: str,
    ) -> None:
        """`keep` and `throw_away` do so, and say whether it was possible."""
        super().__init__(gather, wanted)
        self._keep_change = keep
        self._throw_change_away = throw_away
        self._technique = technique
        self._kept = False
        self._led = False

    def _read(self, in_view: tuple[int, ...]) -> tuple[int, ...]:
        """The two versions, whatever there is room for in the table."""
        arms = self._comparison.arms if self._comparison is not None else ()
        return tuple(n for n, arm in enumerate(arms) if arm.sessions[0].id in self.wanted) or in_view

    def _share_room(self) -> None:
        """The table has all three arms where that is possible; the chart goes first."""
        super()._share_room()
        if self.size.width < _CHART_FROM:
            self.query_one("#compare-plot").display = False

    async def _draw_view(self) -> None:
        """The first time with the new arm in the table and the changed turn on top."""
        await super()._draw_view()
        place = next((n for n, row in enumerate(self._rows) if row.said_otherwise(0)), None)
        if place is not None and not self._led:
            self._led = True
            arms = self._comparison.arms if self._comparison is not None else ()
            changed = (n for n, arm in enumerate(arms) if arm.sessions[0].id == self.wanted[-1])
            self.query_one(ComparisonTable).bring(next(changed, 0))
            self.call_after_refresh(self.query_one(ParallelConversations).jump, place)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"keep", "throw_away"}:
            return None if self._kept else True
        return super().check_action(action, parameters)

    @work(exclusive=True, group=OPENING)
    async def action_keep(self) -> None:
        if not self._kept:
            self._kept = await self._keep_change()
            self.refresh_bindings()

    @work(exclusive=True, group=OPENING)
    async def action_throw_away(self) -> None:
        if not self._kept and await self._throw_change_away():
            self.dismiss()

    def action_pairs(self) -> None:
        self.post_message(TechniqueWanted(self._technique, "versions"))
