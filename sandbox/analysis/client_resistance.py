"""Whether a client resists as it is written to: how often it assents, what it tells unasked, how that drifts.

Pure. Counted in the replies to what a control says, which gives no reason to agree. Assent is found by its
words, in English alone.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.analysis.numeral import percent
from sandbox.engine.disclosure import asks_about, tells
from sandbox.engine.history import Turn
from sandbox.library.client import Client, Disclosure
from sandbox.library.document import is_english

# The project's own conventions.
AGREES = 0.5
"""Share of the replies to a control that may assent to it: more, and a script is flattered by the yes."""
DRIFT = 0.2
"""How much that share may rise from the first half of a control's turns to the second."""
TOLD = 0.5
"""Share of the facts opened by a question that a reply should tell."""

_ASSENT = re.compile(
    r"\b(?:yes|yeah|of course|(?:that|it|this) makes sense|(?:I|we) (?:fully |really |do )?agree|"
    r"you(?:['’]re| are) (?:so |quite )?right|that(?:['’]s| is) (?:so )?(?:true|right)|good idea|sounds good|"
    r"I(?:['’]ll| will) (?:do|try) (?:it|that)|I can do (?:it|that)|thank you|thanks)\b",
    re.IGNORECASE,
)
_DISSENT = re.compile(r"\b(?:do(?: not|n['’]t) agree|yes,? but|not (?:so )?(?:true|right))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Resistance:
    """`replies` to the controls' turns; `agrees`: the share of them that assent; `drift`: how much that share
    rises from the first half of those turns to the second. None for a client that does not speak English.

    `facts`: those that it tells only when asked about, once for each arm, the shared start included;
    `unasked`: the share that a reply told before a question opened it. `opened`: how many a question opened;
    `told`: the share of those that a reply told from then on. Shares are None where nothing was counted.
    """

    replies: int
    agrees: float | None
    drift: float | None
    facts: int
    unasked: float | None
    opened: int
    told: float | None

    def findings(self) -> Iterator[str]:
        """Where the client gives way whatever is said: what a script seems to do, that may do."""
        if self.agrees is not None and self.agrees > AGREES:
            yield f"it assents to {percent(self.agrees)} of what a control says: that flatters a script"
        if self.drift is not None and self.drift > DRIFT:
            yield f"it gives way as turns go by: assent rises by {percent(self.drift)} within a control"
        if self.unasked:
            yield f"{percent(self.unasked)} of what it tells only when asked is told unasked"
        if self.told is not None and self.told < TOLD:
            yield f"only {percent(self.told)} of what a question opened is told: good questions do not show"


def resistance(arms: Sequence[Arm], client: Client) -> Resistance:
    """How a client takes what controls say to it. `arms`: the controls' arms of all runs."""
    english = is_english(client.language)
    replies = [
        [t.reply for t in arm.turns if t.phase == "technique" and t.reply and not t.refused] for arm in arms
    ]
    all_of = [_assents(text) for own in replies for text in own]
    first = _share(_assents(text) for own in replies for text in own[: len(own) // 2])
    second = _share(_assents(text) for own in replies for text in own[len(own) // 2 :])
    facts = [_course(arm.turns, one) for arm in arms for one in client.discloses]
    asked = [told for opened, told in facts if opened]
    return Resistance(
        len(all_of),
        _share(all_of) if english else None,
        second - first if english and first is not None and second is not None else None,
        len(facts),
        _share(told == "unasked" for _, told in facts),
        len(asked),
        _share(told != "never" for told in asked),
    )


def _assents(reply: str) -> bool:
    return bool(_ASSENT.search(reply)) and not _DISSENT.search(reply)


def _course(turns: Sequence[Turn], fact: Disclosure) -> tuple[bool, str]:
    """Whether a question opened the fact, and how it was told: `unasked`, `asked` or `never`.

    A word of the fact that was just said to the client tells nothing of it: it may be given back.
    """
    asked = (n for n, turn in enumerate(turns) if turn.phase == "technique" and asks_about(turn.said, fact))
    opened = next(asked, None)
    told = (n for n, turn in enumerate(turns) if turn.reply and not turn.refused and _new(turn, fact))
    first = next(told, None)
    if first is None:
        return opened is not None, "never"
    return opened is not None, "asked" if opened is not None and first >= opened else "unasked"


def _new(turn: Turn, fact: Disclosure) -> bool:
    return tells(turn.reply or "", fact) and not tells(turn.said, fact)


def _share(found: Iterable[bool]) -> float | None:
    cases = list(found)
    return sum(cases) / len(cases) if cases else None
