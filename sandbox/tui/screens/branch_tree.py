"""The tree of branches: where each session left its parent, how it stands, its newest distress. Shows one."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from sandbox.engine.events import Event, TextDelta
from sandbox.engine.run_state import RunState, SessionState
from sandbox.tui.labels import SIGNS, shortened
from sandbox.tui.live_run import LiveRun
from sandbox.tui.scores import moved, number, titled_trajectories
from sandbox.tui.screen import ModalScreen, is_there
from sandbox.tui.widgets.key_line import KeyLine

_WIDEST, _FRAME = 110, 4
"""Cells of the box, as in its style sheet, and of its border with the space inside."""
_GUIDE = 3
_SIGNS_WIDTH = 4
_NARROWEST = 10


class Branches(Tree[str]):
    """The sessions to walk with the arrow keys."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "show", tooltip="Show the session under the cursor"),
    ]


class BranchTree(ModalScreen[str | None]):
    """Arrows walk, Enter gives back the session under the cursor, Escape gives None."""

    CSS_PATH = "branch_tree.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t", "cancel", "back", tooltip="Back to the session"),
        Binding("question_mark", "app.help", "help", key_display="?", tooltip="Help on this screen"),
    ]

    def __init__(self, live: LiveRun, shown: str) -> None:
        super().__init__()
        self._live = live
        self._shown = shown
        self._places: dict[str, TreeNode[str]] = {}

    @property
    def _state(self) -> RunState:
        return self._live.state

    def compose(self) -> ComposeResult:
        with Vertical(id="tree-box"):
            yield Branches("", id="tree")
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#tree-box").border_title = "Branches"
        tree = self.query_one(Branches)
        tree.show_root = False
        tree.guide_depth = _GUIDE
        tree.root.expand()
        self._draw()
        tree.focus()
        if self._shown in self._places:
            self.call_after_refresh(tree.move_cursor, self._places[self._shown])
        self._live.listen(self._heard)

    def on_unmount(self) -> None:
        self._live.forget(self._heard)

    def _heard(self, event: Event | None) -> None:
        if not isinstance(event, TextDelta) and is_there(self):
            self._draw()

    def _draw(self) -> None:
        """Each session as it stands now; those that have come since, under what they left."""
        root = self.query_one(Branches).root
        parents = {session.head.parent for session in self._state.sessions.values()}
        for id in [id for id in reversed(self._places) if id not in self._state.sessions]:
            self._places.pop(id).remove()
        for id, title in self._state.titles().items():
            session = self._state.sessions[id]
            if id not in self._places:
                self._places[id] = self._places.get(session.head.parent or "", root).add(
                    "", id, expand=True, allow_expand=False
                )
            node = self._places[id]
            node.set_label(self._label(session, title))
            node.allow_expand = id in parents

    def _label(self, session: SessionState, title: str) -> Text:
        head = session.head
        left = ""
        if head.parent is not None and head.parent_turn and not session.is_redo:
            left = f" after {self._state.turn_label(head.parent, head.parent_turn)}"
        seed = "" if self._shares_seed(session) else f", seed {head.plan.seed}"
        begun = session.state != "planned"  # else what it would have is its parent's
        lineage = self._state.lineage(head.id) if begun else ()
        measured = next(iter(titled_trajectories(lineage, head.plan)), None)
        score = ""
        if measured is not None and (now := measured.latest) is not None and now.value is not None:
            since = moved(measured.trajectory, now.label)
            score = f"  {measured.trajectory.scale} {number(now.value)}{f' ({since})' if since else ''}"
        name = shortened(title, max(_NARROWEST, self._room(session) - len(left) - len(seed) - len(score)))
        return Text(f"{SIGNS[session.state]} {name}{left}{seed}{score}")

    def _room(self, session: SessionState) -> int:
        """The cells for what is said of a session, beside the guides, the box and the signs in front."""
        depth, parent = 1, session.head.parent
        while parent in self._state.sessions:
            depth, parent = depth + 1, self._state.sessions[parent].head.parent
        return min(_WIDEST, self.app.size.width) - _FRAME - depth * _GUIDE - _SIGNS_WIDTH

    def _shares_seed(self, session: SessionState) -> bool:
        parent = self._state.sessions.get(session.head.parent or "")
        return parent is None or parent.head.plan.seed == session.head.plan.seed

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        event.stop()
        if event.node.data is not None:
            self.dismiss(event.node.data)

    def action_cancel(self) -> None:
        self.dismiss(None)
