"""Where a transcript comes from: the sessions, the model, the documents, and how to run it again."""

import shlex
from collections.abc import Iterator

from sandbox.analysis.family import Family
from sandbox.engine.history import turn_labels
from sandbox.engine.measure import written
from sandbox.engine.plan import STRETCHES, SessionPlan, leaves_at
from sandbox.export.report.asked import what_was_asked
from sandbox.export.report.blocks import Block, Bullets, Command, Heading, Paragraph, Table
from sandbox.library.document import Document, document_hash
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.technique import DEFAULT_CONTROL, Technique
from sandbox.models.name import short_name
from sandbox.store.document import kind_of
from sandbox.store.session import StoredSession
from sandbox.text import printable


def what_was_run(family: Family) -> Iterator[Block]:
    """The model, the sessions and the documents."""
    first = family.first
    plan, model = first.head.plan, first.model
    facts = "; ".join(f"{key} {value}" for key, value in sorted(model.facts.items()))
    aside = plan.administration == "aside"
    rows = (
        ("Model", f"{model.title} ({short_name(plan.model)})"),
        *((("Model facts", facts),) if facts else ()),
        ("Seed", str(plan.seed)),
        ("Questionnaires given", "on a side copy of the conversation" if aside else "in the conversation"),
        ("Planned", first.created.strftime("%Y-%m-%d %H:%M:%S %Z").strip()),
        ("App", f"therapy-sandbox {first.app_version}"),
        *((f"Session {s.head.id}", _place(family, s)) for s in family.sessions),
    )
    yield Heading("What was run")
    yield Table("The sessions", ("", ""), rows, numbers_from=2)
    yield Table(
        "The documents",
        ("document", "title", "version", "drafted by", "SHA-256"),
        tuple(
            (
                kind_of(document),
                f"{document.title} ({document.id}){_worded(document)}",
                document.version,
                document.source.drafted_by,
                document_hash(document)[:12],
            )
            for document in documents(family)
        ),
        numbers_from=5,
    )
    if plan.measures:
        yield what_was_asked((plan,))


def _worded(document: Document) -> str:
    wording = document.wording if isinstance(document, Technique) else None
    return f", wording {wording}" if wording else ""


def _place(family: Family, session: StoredSession) -> str:
    head = session.head
    origin = "" if head.parent is None else f", from {head.parent} {left(session)}"
    now = family.replaced.get(head.id)
    place = f"; session {now} stands in its place" if now else ""
    reason = f" ({session.state.reason})" if session.state.reason else ""
    return f"{family.arm(session.head.id).title}{origin}: {session.state.now}{reason}{place}"


def left(session: StoredSession) -> str:
    """Where it left its parent: `after s2`."""
    left = session.history.inherited
    return f"after {turn_labels(session.history.turns)[left]}" if left else "before its first turn"


def documents(family: Family) -> tuple[Document, ...]:
    """Every document the sessions ran with, once each."""
    found: dict[str, Document] = {}
    for session in family.sessions:
        plan = session.head.plan
        used = [plan.client, plan.scenario, plan.technique, plan.follow_up]
        for document in (*used, *_questionnaires(family, session)):
            if document is not None:
                found.setdefault(document_hash(document), document)
    return tuple(found.values())


def questionnaires(family: Family) -> tuple[Questionnaire, ...]:
    """Every questionnaire the sessions were given or asked afterwards, once each."""
    given = (one for session in family.sessions for one in _questionnaires(family, session))
    return tuple({document_hash(one): one for one in given}.values())


def _questionnaires(family: Family, session: StoredSession) -> Iterator[Questionnaire]:
    later = (one.measure for one in family.later.get(session.head.id, ()))
    return (measure.questionnaire for measure in (*session.head.plan.measures, *later))


def how_to_run_again(family: Family) -> Iterator[Block]:
    """The command, and what it does not give again."""
    plan = family.first.head.plan
    techniques = dict.fromkeys(arm.plan.technique.id for arm in family.arms if arm.plan.technique)
    chosen = [one for one in techniques if one != DEFAULT_CONTROL]
    words = ["sandbox", "run", "--scenario", plan.scenario.id]
    for name in chosen:
        words += ["--technique", name]
    words.append("--control" if len(chosen) < len(techniques) else "--no-control")
    words += ["--client", plan.client.id, "--model", plan.model, "--seed", str(plan.seed)]
    if plan.guidance and plan.guidance.model != plan.model:
        words += ["--therapist", plan.guidance.model]
    words += [word for measure in plan.measures for word in ("--measure", written(measure))]
    designs = list(dict.fromkeys(_design(arm.plan) for arm in family.arms if not arm.plan.is_trunk))
    for design in designs if designs != ["after scenario"] else ():
        words += ["--design", design]
    for shuffled in dict.fromkeys(kind for measure in plan.measures for kind in measure.shuffled):
        words += ["--shuffle", shuffled]
    if plan.follow_up:
        words += ["--follow-up", plan.follow_up.id]
    if plan.administration == "in_conversation":
        words.append("--in-conversation")
    yield Heading("How to run it again")
    yield Command(shlex.join(_word(word) for word in words))
    otherwise = [
        f"{family.arm(session.head.id).title}, session {session.head.id}: {'; '.join(found)}"
        for session in family.sessions
        if (found := list(_not_planned(family, session)))
    ]
    in_full = "The documents in full are in the JSON export"
    if otherwise:
        yield Paragraph("It does not give all of these sessions again, for they were not only planned:")
        yield Bullets(tuple(otherwise))
        yield Paragraph(f"{in_full}, with every turn as it was.")
    else:
        yield Paragraph(
            "The same documents (compare the SHA-256), model and seed give the same session on the embedded"
            f" model; another model may answer differently. {in_full}."
        )


def _not_planned(family: Family, session: StoredSession) -> Iterator[str]:
    """What was done in a session that the command which runs its trunk again does not do."""
    head, trunk = session.head, family.trunk
    if head.plan.redo is not None:
        inherited = session.history.turns[: session.history.inherited]
        yield f"{head.plan.redo.place(inherited)} of {head.parent} said again"
    elif head.plan.edited is not None:
        yield f"left from {head.parent} {left(session)}, with step {head.plan.edited.step} changed"
    elif head.parent is not None and not (head.parent == trunk and _left_as_planned(family, session)):
        yield f"left from {head.parent} {left(session)}"
    if head.plan.seed != family.first.head.plan.seed:
        yield f"drawn with seed {head.plan.seed}"
    if (technique := head.plan.technique) is not None and technique.wording:
        yield f"said in wording {technique.wording} of its script, as a study that spreads wordings does"
    if any(skip.reason == "clinician" for skip in session.history.skips):
        yield "steps left out by the clinician"
    if any(turn.origin == "live" for turn in session.history.turns):
        yield "turns in the therapist's own words, which no script has: they have to be said again"


def _design(plan: SessionPlan) -> str:
    return next((name for name, told in STRETCHES.items() if told == plan.stretches), "after scenario")


def _left_as_planned(family: Family, session: StoredSession) -> bool:
    """Whether it left where its design does: at the baseline, or after the whole scenario of its trunk
    (`parent_turn` None says so without the trunk)."""
    if leaves_at(session.head.plan.stretches) == 0:
        return session.history.inherited == 0
    told = sum(turn.phase == "induction" for turn in family.first.history.turns)
    whole = family.holds(session.head.parent) and session.history.inherited == told
    return session.head.parent_turn is None or whole


def _word(text: str) -> str:
    """A word of a command, on one line, so that it stays one command."""
    return printable(text).replace("\n", " ")
