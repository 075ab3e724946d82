"""What is wrong with a document, where, and what would help. Finding it is loading's business."""

from dataclasses import dataclass

from sandbox.errors import ExitCode, SandboxError
from sandbox.text import printable


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file. `line` and `column` count from 1; `hint` may be empty."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals understand it."""
        return f"{printable(self.file)}:{self.line}:{self.column}"

    def __str__(self) -> str:
        head = f"{self.place}: {printable(self.message)}"
        return f"{head}\n  {printable(self.hint)}" if self.hint else head


class InvalidDocument(SandboxError):
    """A document that cannot be used. `problems` has everything found in it, in file order, never empty."""

    exit_code = ExitCode.INVALID_DOCUMENT

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first, more = problems[0], len(problems) - 1
        todo = first.hint
        if more:
            rest = "1 more problem" if more == 1 else f"{more} more problems"
            todo = f"{todo}\n".lstrip() + f"{rest}: sandbox validate {printable(first.file)} lists them all"
        super().__init__(printable(first.message), where=first.place, todo=printable(todo))
        self.problems = problems
