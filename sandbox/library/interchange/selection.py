"""Which questions of a file make the questionnaire, and why the others do not. Chosen first, checked then."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from sandbox.library.interchange.answer_set import Shared, called, shared_answers, shown, sifted
from sandbox.library.interchange.instrument import Answer, Completion, Instrument, Question, Span
from sandbox.library.interchange.loss import (
    Assumption,
    Loss,
    NoInstrument,
    first_few,
    questions_first,
    together,
)
from sandbox.library.interchange.plain_text import one_line
from sandbox.library.interchange.section import (
    Alternatives,
    Sections,
    blocks_of,
    distinct_words,
    listed,
    sections_of,
    short,
)

MAX_LABEL = 400
MAX_TEXT = 20_000
_REASONS = 3
_NAMES = 6


@dataclass(frozen=True, slots=True)
class Selection:
    """The questions taken, with their answers. `found` is how many rating questions the file has in all.

    `left_out` names those not taken. `parts` lists the instructions of the file by number, where it has
    several and none was named. `blocks` has the names of the questions of each instruction taken; `preamble`
    is what stands over all of them, the rest is in the questions' texts.
    """

    shared: Shared
    found: int
    left_out: tuple[str, ...]
    parts: str
    preamble: str
    blocks: tuple[tuple[str, tuple[str, ...]], ...]
    losses: tuple[Loss, ...]
    assumptions: tuple[Assumption, ...]


def selected(instrument: Instrument, completion: Completion, file: str) -> Selection:
    """The questions of one instruction set, with the answers most of them share.

    Raises NoInstrument when none is left, with the reason and the place of the first few.
    """
    return _Selecting(instrument, completion, file).selection()


class _Selecting:
    """Sieve after sieve; what falls through is a loss."""

    def __init__(self, instrument: Instrument, completion: Completion, file: str) -> None:
        self._from = instrument
        self._values = completion.values
        self._file = file
        self._losses: list[Loss] = []
        self._assumed: list[Assumption] = []
        self._left: list[str] = []
        self._choice = Alternatives()

    def selection(self) -> Selection:
        legible = self._legible(self._from.questions)
        scored = self._scored([self._sifted(question) for question in legible])
        shared = shared_answers(self._section(scored).taken)
        self._told_of(shared)
        self._refuse_twins(shared.questions)
        self._conditions(shared.questions)
        self._unused_texts(shared.questions)
        preamble, questions, blocks = _instructed(shared.questions)
        every = blocks_of(scored)
        parts = listed(every) if len(every) > 1 and self._from.section is None else ""
        return Selection(
            replace(shared, questions=questions),
            len(questions) + len(self._left),
            tuple(self._left),
            parts,
            preamble,
            blocks,
            tuple(self._losses),
            tuple(self._assumed),
        )

    def _legible(self, questions: Iterable[Question]) -> list[Question]:
        """The questions that can be asked: with a text, and answers that are not too long."""
        kept = []
        for question in questions:
            labels = [] if isinstance(question.answers, Span) else [a.label for a in question.answers]
            if question.why_not:
                self._lose(question, question.why_not)
            elif not question.text.strip():
                self._lose(question, "it has no text")
            elif len(question.text) > MAX_TEXT or any(len(label) > MAX_LABEL for label in labels):
                self._lose(question, "its text or an answer is too long")
            else:
                kept.append(question)
        return kept

    def _sifted(self, question: Question) -> Question:
        if isinstance(question.answers, Span):
            return question
        found = sifted(question.answers)
        if found.left_out:
            what = ", ".join(shown(found.left_out))
            self._losses.append(Loss(f"answers that are no scores are left out: {what}", question.place))
            self._assume("options", f"{what}: taken as no score, and left out")
        if found.joined:
            what = ", ".join(shown(found.joined))
            self._losses.append(Loss(f"answers that score the same are one: {what}", question.place))
            self._assume("options", f"{what}: the file has several answers that score this")
        return replace(question, answers=called(found.answers))

    def _scored(self, questions: Sequence[Question]) -> list[Question]:
        """The questions whose answers have numbers: those of --values, where the file has none at all."""
        several = [q for q in questions if isinstance(q.answers, Span) or len(q.answers) > 1]
        for question in questions:
            if question not in several:
                self._lose(question, "it has fewer than two answers that score differently", counts=False)
        with_numbers = [q for q in several if _has_numbers(q)]
        if not with_numbers and self._values:
            with_numbers = [_numbered(q, self._values) for q in several if _fits(q, self._values)]
        taken = {question.where for question in with_numbers}
        without = [question for question in several if question.where not in taken]
        if not with_numbers and without:
            raise self._no_scores(without)
        for question in without:
            self._lose(question, "its answers have no numbers", counts=False)
        if not with_numbers:
            raise self._nothing()
        return with_numbers

    def _section(self, questions: Sequence[Question]) -> Sections:
        found = sections_of(questions, self._from.section, self._file, self._from.parts)
        for question in found.others:
            if found.choice.value_of(question) is not None:
                self._lose(question, f"it is asked only if {question.condition[:80]}")
            else:
                self._lose(question, f"it is in another part of the file, “{short(question.block)}”")
        self._choice = found.choice
        if rules := tuple(found.choice.rules.values()):
            shown_rules = ", ".join(rule[:60] for rule in rules[:_NAMES])
            self._assume(
                "items",
                "the file has questions that exclude each other; those of the first rule are taken, "
                f"--part RULE takes others: {shown_rules}",
            )
        if not found.taken:
            raise self._nothing()
        return found

    def _told_of(self, shared: Shared) -> None:
        for question in shared.others:
            self._lose(question, "it has other answers than most")
        if shared.stated:
            what = "their answers are statements of their own, which stand in the texts under their numbers"
            self._assume("items", what)
        if shared.reworded:
            names = first_few(shared.reworded, _NAMES)
            self._assume("items", f"{names}: some answers have words of their own, which stand in the text")

    def _conditions(self, questions: Sequence[Question]) -> None:
        names = [q.name for q in questions if q.condition and self._choice.value_of(q) is None]
        if names:
            self._assume(
                "items", f"{first_few(names, _NAMES)}: asked under a condition in the file, here always"
            )

    def _unused_texts(self, questions: Sequence[Question]) -> None:
        used = {text for question in questions for text in question.block}
        texts = dict.fromkeys(text for q in self._from.questions for text in q.block if text not in used)
        for text in texts:
            self._losses.append(Loss(f"a text over questions that are left out: “{one_line(text)[:60]}”"))

    def _refuse_twins(self, questions: Sequence[Question]) -> None:
        places: dict[str, str] = {}
        for question in questions:
            if question.name in places:
                where = f"{self._file}: {places[question.name]} and {question.where}"
                raise NoInstrument(
                    f"two questions have the name “{question.name}”", where=where, todo="rename one"
                )
            places[question.name] = question.where

    def _no_scores(self, questions: Sequence[Question]) -> NoInstrument:
        first = questions[0]
        answers = () if isinstance(first.answers, Span) else first.answers
        labels = ", ".join(f"“{answer.label[:60]}”" for answer in answers[:8])
        given = f"--values has {len(self._values)} numbers for {len(answers)} answers" if self._values else ""
        todo = f"say it in their order, such as --values {','.join(str(n) for n in range(len(answers)))}"
        return NoInstrument(
            given or "the file does not say what its answers score",
            where=f"{self._file}: {first.place}",
            todo=f"the answers: {labels}\n{todo}",
        )

    def _nothing(self) -> NoInstrument:
        """No question is left: why, with the places in the file; what is lost beside the questions last."""
        reasons = together(questions_first((*self._losses, *self._from.losses)))
        shown = [str(reason)[:400] for reason in reasons[:_REASONS]]
        more = [f"and {len(reasons) - _REASONS} more"] if len(reasons) > _REASONS else []
        todo = "an instrument has questions with numbered answers, or with a lowest and highest number"
        return NoInstrument(
            "no rating question was found in it", where=self._file, todo="\n".join([*shown, *more] or [todo])
        )

    def _lose(self, question: Question, why: str, *, counts: bool = True) -> None:
        if counts:
            self._left.append(question.name[:60] or question.where)
        words = one_line(question.text)[:60]
        self._losses.append(
            Loss(f"a question is left out: {why}", f"{question.place} “{words}”" if words else question.place)
        )

    def _assume(self, key: str, what: str) -> None:
        assumption = Assumption(key, what)
        if assumption not in self._assumed:
            self._assumed.append(assumption)


def _has_numbers(question: Question) -> bool:
    return isinstance(question.answers, Span) or all(a.value is not None for a in question.answers)


def _fits(question: Question, values: Sequence[float]) -> bool:
    return not isinstance(question.answers, Span) and len(question.answers) == len(values)


def _numbered(question: Question, values: Sequence[float]) -> Question:
    assert not isinstance(question.answers, Span)  # noqa: S101 - only choices have answers without numbers
    pairs = zip(question.answers, values, strict=True)
    return replace(question, answers=called(tuple(Answer(a.label, value, a.code) for a, value in pairs)))


def _instructed(
    questions: Sequence[Question],
) -> tuple[str, tuple[Question, ...], tuple[tuple[str, tuple[str, ...]], ...]]:
    """What stands over all; the questions with the rest before their texts; the names in each block."""
    blocks = blocks_of(questions)
    common = 0
    while all(len(block) > common and block[common] == blocks[0][common] for block in blocks):
        common += 1
    preamble = "\n\n".join(blocks[0][:common])
    told = tuple(
        replace(question, text="\n".join((*question.block[common:], question.text))) for question in questions
    )
    titles = distinct_words(blocks) if len(blocks) > 1 else ("",)
    names = tuple(
        (title, tuple(q.name for q in questions if q.block == block))
        for title, block in zip(titles, blocks, strict=True)
    )
    return preamble, told, names
