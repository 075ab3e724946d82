"""The texts a file tells before its questions: which of them stand over which question. Wording only."""


class Instructions:
    """Instructions as a form is read from top to bottom; groups inside groups add to those outside.

    A text told after a question takes the place of the one before on its level: it is about what follows.
    """

    def __init__(self) -> None:
        self._levels: list[list[str]] = [[]]
        self._asked = [False]
        self._fresh: list[tuple[str, str]] = []
        self._stray: list[tuple[str, str]] = []

    def tell(self, text: str, where: str, level: int = -1) -> None:
        """A text that stands over the questions to come, on the innermost level or a given one."""
        if not text:
            return
        if self._asked[level]:
            self._levels[level], self._asked[level] = [], False
        if text not in self._levels[level]:
            self._levels[level].append(text)
            self._fresh.append((text, where))

    def enter(self, text: str = "", where: str = "") -> None:
        """A group begins, with its heading."""
        self._levels.append([])
        self._asked.append(False)
        self.tell(text, where)

    def leave(self) -> None:
        """The group ends; its texts hold no longer. A group that was never begun ends without harm."""
        if len(self._levels) > 1:
            self._levels.pop()
            self._asked.pop()
        self._stray += self._fresh
        self._fresh = []

    def asked(self) -> tuple[str, ...]:
        """A question is asked here: the texts it stands under, outermost first."""
        self._asked = [True] * len(self._levels)
        self._fresh = []
        return tuple("\n\n".join(texts) for texts in self._levels if texts)

    def unused(self) -> tuple[tuple[str, str], ...]:
        """The texts no question followed, each with its place."""
        return (*self._stray, *self._fresh)
