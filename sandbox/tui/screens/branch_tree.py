"""The tree of branches: where each session left its parent, how it stands, its newest distress. Shows one."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from sandbox.text import excerpt
from sandbox.tui.scores import change, number, series
from sandbox.tui.session_state import RunState, SessionState
from sandbox.tui.widgets.branch_line import SIGNS
from sandbox.tui.widgets.key_line import KeyLine


class BranchTree(ModalScreen[str | None]):
    """Arrows walk, Enter gives back the session under the cursor, Escape gives None."""

    CSS_PATH = "branch_tree.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,t", "cancel", "back"),
    ]

    def __init__(self, run: RunState, shown: str) -> None:
        super().__init__()
        self._state = run
        self._shown = shown

    def compose(self) -> ComposeResult:
        with Vertical(id="tree-box"):
            yield Tree[str]("", id="tree")
        yield KeyLine()

    def on_mount(self) -> None:
        box = self.query_one("#tree-box")
        box.border_title, box.border_subtitle = "Branches", "Enter shows one"
        tree = self.query_one(Tree)
        tree.show_root = False
        tree.guide_depth = 3
        nodes: dict[str, TreeNode[str]] = {}
        for session in self._state.sessions.values():
            parent = nodes.get(session.head.parent or "", tree.root)
            nodes[session.head.id] = parent.add(self._label(session), session.head.id, expand=True)
        tree.root.expand()
        tree.focus()
        if self._shown in nodes:
            self.call_after_refresh(tree.move_cursor, nodes[self._shown])

    def _label(self, session: SessionState) -> Text:
        head = session.head
        left = f" from turn {head.parent_turn}" if head.parent_turn is not None and not session.redone else ""
        control = " (control)" if session.is_control else ""
        seed = "" if self._shares_seed(session) else f", seed {head.plan.seed}"
        measured = next(iter(series(self._state.lineage(head.id), head.plan)), None)
        score = ""
        if measured is not None and measured.latest is not None:
            moved = change(measured.latest, measured.induced)
            score = f"  {measured.key.scale} {number(measured.latest)} ({moved})"
        title = excerpt(f"{session.title}{control}{left}{seed}", 52)
        return Text(f"{SIGNS[session.state]} {title}{score}")

    def _shares_seed(self, session: SessionState) -> bool:
        parent = self._state.sessions.get(session.head.parent or "")
        return parent is None or parent.head.plan.seed == session.head.plan.seed

    def on_tree_node_selected(self, event: Tree.NodeSelected[str]) -> None:
        event.stop()
        if event.node.data is not None:
            self.dismiss(event.node.data)

    def action_cancel(self) -> None:
        self.dismiss(None)
