"""Marks of somebody at this machine: what they typed made a mark, and a mark said in words, a line each.
Nothing is stored."""

from collections.abc import Iterable, Mapping

from sandbox.engine.history import turn_labels
from sandbox.engine.plan import SessionHead, arm_title
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document, document_hash
from sandbox.library.form import Form, FormItem
from sandbox.library.validation_error import nearest
from sandbox.review.sheet import NOT_SHOWN, answers_in_words
from sandbox.store.mark import Mark, MarkRecord, Note, Preference, Rating, Tick, is_model
from sandbox.store.store import Store
from sandbox.text import excerpt, printable

_LONGEST_NAME = 80


def reviewer_name(text: str) -> str:
    """A reviewer's name: one line. Raises UsageError when nothing is left or it is too long."""
    name = " ".join(printable(text).split())
    if not name or len(name) > _LONGEST_NAME:
        raise UsageError(
            f"A reviewer's name has 1 to {_LONGEST_NAME} characters.", todo="Give it with --by NAME."
        )
    if is_model(name):
        raise UsageError(f"“{name}” is what a model's marks are kept under.", todo="Give a person's name.")
    return name


def arms_of(family: Iterable[SessionHead]) -> tuple[SessionHead, ...]:
    """Those of a family that are judged: each has a technique. A start, redone or not, has none."""
    return tuple(head for head in family if head.plan.technique is not None)


def arm_named(store: Store, text: str) -> str:
    """The session to review: an arm, or a session that has none. Raises UsageError for a shared start, which
    names its arms; NotFoundError."""
    session = store.resolve(text)
    family = store.family(session)
    arms = arms_of(family)
    if arms and session not in {arm.id for arm in arms}:
        named = ", ".join(f"{arm.id} ({arm_title(arm.plan)})" for arm in arms[:6])
        raise UsageError(
            "A shared start has no technique to judge.", where=session, todo=f"Its arms: {named}"
        )
    return session


def turn_named(store: Store, session: str, text: str) -> int:
    """The number of a turn given as `t2`, `s1`, or the number itself. Raises NotFoundError."""
    labels = turn_labels(store.history(session).turns)
    by_name = {label: index for index, label in labels.items()} | {str(index): index for index in labels}
    found = by_name.get(text.strip().lower())
    if found is None:
        known = ", ".join(labels.values()) or "none"
        raise NotFoundError(f"There is no turn “{excerpt(text, 20)}”.", where=session, todo=f"Turns: {known}")
    return found


def ratings(form: Form, session: str, answers: Mapping[str, str]) -> tuple[Rating, ...]:
    """The answers, each as it was typed: a number, or “not shown”. Raises UsageError with all that are
    none."""
    found, refused = [], list[UsageError]()
    for id, text in answers.items():
        try:
            value = answer(form, _item(form, id), text)
        except UsageError as error:
            refused.append(error)
        else:
            found.append(Rating(session, document_hash(form), id, value))
    if len(refused) > 1:
        raise UsageError("\n".join(f"{error.what} {error.todo}" for error in refused))
    if refused:
        raise refused[0]
    return tuple(found)


def _item(form: Form, id: str) -> FormItem:
    items = {item.id: item for item in form.items}
    if id not in items:
        meant = nearest(id, tuple(items))
        todo = (f"Did you mean “{meant}”? " if meant else "") + f"Items: {', '.join(items)}"
        raise UsageError(f"“{form.id}” has no item “{excerpt(id, 40)}”.", todo=todo)
    return items[id]


def answer(form: Form, item: FormItem, text: str) -> int | None:
    """The value typed; None for “not shown” or “-”. Raises UsageError that names the answers there are."""
    typed = text.strip().lower()
    if typed in (NOT_SHOWN, "-"):
        return None
    for level in form.levels_of(item):
        if typed == str(level.value):
            return level.value
    there = answers_in_words(form, item)
    raise UsageError(f"“{excerpt(text, 40)}” is no answer to “{item.id}”.", todo=f"Answers: {there}")


def tags(codebook: Codebook, given: Iterable[str]) -> tuple[str, ...]:
    """The tags, each once, in alphabetical order. Raises UsageError for one that the codebook lacks."""
    known = {tag.id for tag in codebook.tags}
    found = sorted(set(given))
    for tag in found:
        if tag not in known:
            todo = f"Tags of “{codebook.id}”: {', '.join(sorted(known))}"
            raise UsageError(f"There is no tag “{excerpt(tag, 40)}”.", todo=todo)
    return tuple(found)


# In words


def mark_in_words(store: Store, mark: Mark) -> str:
    """One mark, its turns by their names and its answers in words."""
    documents = MarkRecord(store).documents([mark.form]) if isinstance(mark, Rating | Preference) else {}
    session = mark.a if isinstance(mark, Preference) else mark.session
    return in_words(mark, turn_labels(store.history(session).turns), documents)


def in_words(mark: Mark, labels: dict[int, str], documents: dict[str, Document]) -> str:
    """The same with what it needs at hand: the session's turn labels, and the forms by hash."""
    match mark:
        case Rating():
            return f"{mark.item}: {_answer_in_words(documents[mark.form], mark.item, mark.value)}"
        case Note():
            about = labels.get(mark.turn, str(mark.turn))
            quote = f" “{excerpt(mark.quote, 60)}”" if mark.quote else ""
            tags = f" [{', '.join(mark.tags)}]" if mark.tags else ""
            return printable(f"{about}{quote}{tags}{': ' + mark.text if mark.text else ''}")
        case Tick():
            at = f" in {labels.get(mark.turn, str(mark.turn))}" if mark.turn else ""
            return printable(f"{'seen' if mark.seen else 'not seen'}{at}: {mark.statement}")
        case Preference():
            chosen = {"a": mark.a, "b": mark.b, "no difference": "no difference"}[mark.choice]
            reason = f" ({mark.reason})" if mark.reason else ""
            form = documents.get(mark.form)
            asked = f"{form.id}, " if form else ""
            return printable(f"{asked}of {mark.a} and {mark.b}: {chosen}{reason}")


def _answer_in_words(form: Document, item: str, value: int | None) -> str:
    """`4 warm most of the time`, or “not shown”."""
    if value is None:
        return NOT_SHOWN
    found = next((one for one in form.items if one.id == item), None) if isinstance(form, Form) else None
    levels = form.levels_of(found) if isinstance(form, Form) and found else ()
    label = next((level.label for level in levels if level.value == value), "")
    return printable(f"{value} {label}".strip())
