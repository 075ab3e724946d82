"""The documents of the library by kind, as a tree of their titles."""

from collections.abc import Callable, Sequence
from typing import ClassVar, get_args

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from sandbox.library.catalogue import Entry
from sandbox.library.document import FOLDERS, Kind
from sandbox.tui.labels import distinct

KINDS: tuple[Kind, ...] = get_args(Kind)
Key = tuple[Kind, str]
"""A kind and an id; no id for the kind's own line."""
_BEFORE = 5
"""Cells of the lines and the mark before a title."""
_TREE = 32
"""Cells of the tree until it is laid out."""


class DocumentTree(Tree[Key]):
    """A branch a kind. Enter on a kind opens and closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right", "open", "open", show=False),
        Binding("left", "close", "close", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("library", id=id)
        self.show_root = False
        self.guide_depth = 2
        self.places: dict[Key, TreeNode[Key]] = {}
        self._narrowed = False
        self._opened: set[Kind] = set()

    def show(self, found: Sequence[Entry], *, narrowed: bool) -> None:
        """List these; where they are `narrowed` down, without the kinds that have none, and all open."""
        if not self._narrowed:
            self._opened = {one.data[0] for one in self.root.children if one.is_expanded and one.data}
        self._narrowed = narrowed
        self.clear()
        self.places.clear()
        for kind in KINDS:
            listed = [one for one in found if one.kind == kind]
            if listed or not narrowed:
                self._list(kind, sorted(listed, key=lambda one: (one.shipped, _title(one).casefold())))

    def _list(self, kind: Kind, listed: Sequence[Entry]) -> None:
        broken = sum(entry.problem is not None for entry in listed)
        label = f"{FOLDERS[kind]} {len(listed)}" + (f"  ✗ {broken}" if broken else "")
        opened = self._narrowed or kind in self._opened
        branch = self.places[kind, ""] = self.root.add(Text(label, "bold"), (kind, ""), expand=opened)
        titles = [_title(one) for one in listed]
        names = [
            f"{t} ({one.id})" if titles.count(t) > 1 else t for t, one in zip(titles, listed, strict=True)
        ]
        room = max(12, (self.scrollable_content_region.width or _TREE) - _BEFORE)
        for entry, name in zip(listed, distinct(names, room), strict=True):
            mark = "✗ " if entry.problem is not None else "  " if entry.shipped else "• "
            shown = Text(f"{mark}{name}", "bold" if entry.problem is not None else "")
            self.places[kind, entry.id] = branch.add_leaf(shown, (kind, entry.id))

    @property
    def first(self) -> Key | None:
        """The first document."""
        return next((key for key in self.places if key[1]), None)

    def render_label(self, node: TreeNode[Key], base_style: Style, style: Style) -> Text:
        """A pointer stands where the cursor is: not everybody sees its colour."""
        label = super().render_label(node, base_style, style)
        if node is not self.cursor_node:
            return label
        if node.allow_expand:
            return label.append(" ◂", style)
        return Text.assemble(label[:1], ("▸", style), label[2:])

    def action_cursor_down(self) -> None:
        """In what was looked for, from hit to hit: a heading is none."""
        self._walk(super().action_cursor_down)

    def action_cursor_up(self) -> None:
        self._walk(super().action_cursor_up)

    def _walk(self, step: Callable[[], None]) -> None:
        began = self.cursor_line
        step()
        if self._narrowed and self.cursor_node is not None and self.cursor_node.allow_expand:
            heading = self.cursor_line
            step()
            if self.cursor_line == heading:  # the first line: there is no hit above it
                self.cursor_line = began

    def action_open(self) -> None:
        if self.cursor_node is not None and self.cursor_node.allow_expand:
            self.cursor_node.expand()

    def action_close(self) -> None:
        node = self.cursor_node
        if node is not None and not node.allow_expand and node.parent is not None:
            self.move_cursor(node.parent)
        elif node is not None:
            node.collapse()


def _title(entry: Entry) -> str:
    return entry.document.title if entry.document is not None else entry.id
