"""The transcript that Review shows, blind if wished, with the reviewer's notes and tags beside each turn."""

from collections.abc import Iterator

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sandbox.engine.history import Turn, turn_labels
from sandbox.review.blind import blind_to
from sandbox.store.mark import Marked
from sandbox.store.session import StoredSession
from sandbox.text import printable

_LONGEST = 600
"""Characters of a text that stand in one entry of the list: more would not fit on a small screen."""


class ReviewedTranscript(OptionList):
    """A long text is several options of one turn, so that each fits on a small screen."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, markup=False)
        self._told: list[int] = []
        self._drawn = ("", False)

    @property
    def turn(self) -> int:
        """The session's turn under the cursor; 1 before there is one."""
        at = self.highlighted
        return self._told[at] if at is not None and at < len(self._told) else 1

    @property
    def is_empty(self) -> bool:
        return not self._told

    def draw(self, session: StoredSession, mine: Marked, *, blind: bool, turn: int | None) -> None:
        """Show the session at that turn. Where it stands already and no turn is asked for, only the marks
        change, and the reader stays there."""
        lines = tuple(_lines(session, mine, blind=blind))
        told = [at for at, _ in lines]
        known = (session.head.id, blind) == self._drawn and told == self._told
        self._drawn, self._told = (session.head.id, blind), told
        if known:
            for n, (_, text) in enumerate(lines):
                if self.get_option_at_index(n).prompt != text:
                    self.replace_option_prompt_at_index(n, text)
        else:
            self.clear_options()
            self.add_options(Option(text) for _, text in lines)
        if told and (turn is not None or not known):
            self.highlighted = told.index(turn) if turn in told else 0
            self.call_after_refresh(self.scroll_to_highlight, True)


def _lines(session: StoredSession, mine: Marked, *, blind: bool) -> Iterator[tuple[int, Content]]:
    """Each piece of the transcript with the turn it is of."""
    turns = session.history.turns
    labels, hidden = turn_labels(turns), blind_to(session)
    for turn in turns:
        tags = "".join(f"  ✎ {tag}" for tag in _tagged(mine, turn))
        said = "scenario" if turn.origin == "scenario" else "therapist"
        for speaker, text, marks in ((said, turn.said, tags), ("client", turn.reply, "")):
            shown = hidden.shown(text) if blind and text else text
            style = "$text-muted" if speaker == "client" else "$text-accent"
            for n, part in enumerate(_parts(shown)):
                head = "   …" if n else f"{labels[turn.index]} {speaker}{marks}"
                yield turn.index, Content.assemble((head, style), "\n", printable(part), "\n")


def _tagged(mine: Marked, turn: Turn) -> tuple[str, ...]:
    """The tags that the reviewer gave the turn, and `note` for a note without any."""
    notes = [entry.mark for entry in mine.notes if entry.mark.turn == turn.index]
    return tuple(dict.fromkeys(tag for note in notes for tag in (note.tags or ("note",))))


def _parts(text: str | None) -> list[str]:
    """A text in pieces that fit on a small screen, cut between words."""
    rest, pieces = text or "", []
    while len(rest) > _LONGEST:
        cut = rest.rfind(" ", _LONGEST // 2, _LONGEST)
        cut = cut if cut > 0 else _LONGEST
        pieces.append(rest[:cut])
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest else pieces
