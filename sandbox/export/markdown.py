"""A transcript that a colleague can read without the app: what was run, what came out, how to repeat it."""

import shlex
from collections.abc import Iterator

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import Effect, in_words, moved_under_control
from sandbox.analysis.family import Family
from sandbox.analysis.numeral import MISSING, numeral
from sandbox.analysis.trajectory import ScaleName, TrajectoryPoint
from sandbox.engine.history import turn_labels
from sandbox.engine.plan import STRETCHES, SessionPlan, leaves_at
from sandbox.engine.written_measure import written
from sandbox.export import NOTICE
from sandbox.export.comparison_text import counted_from
from sandbox.export.markdown_text import inline
from sandbox.export.markdown_transcript import course_of
from sandbox.export.table import markdown_table
from sandbox.library.document import Document, document_hash
from sandbox.library.technique import DEFAULT_CONTROL
from sandbox.models.name import short_name
from sandbox.store.document import kind_of
from sandbox.store.session import StoredSession
from sandbox.text import printable


def transcript(family: Family) -> str:
    """The whole transcript as Markdown, ending in a newline."""
    blocks = [
        *_heading(family),
        *_record(family),
        *_trajectories(family),
        *_course(family),
        *_reproduction(family),
    ]
    return "\n\n".join(blocks) + "\n"


def _heading(family: Family) -> Iterator[str]:
    plan = family.first.head.plan
    arms = _listed([inline(arm.title) for arm in family.arms if not arm.plan.is_trunk])
    affect = "neutral" if plan.scenario.affect == "none" else plan.scenario.affect
    yield f"# {inline(plan.scenario.title)} ({affect})" + (f": {arms}" if arms else "")
    yield f"> {NOTICE}"
    if plan.scenario.content_warning:
        yield f"**Content warning:** {', '.join(inline(w) for w in plan.scenario.content_warning)}"
    for caution in family.cautions:
        yield f"**Caution:** {inline(caution)}"


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _record(family: Family) -> Iterator[str]:
    first = family.first
    plan, model = first.head.plan, first.model
    facts = "; ".join(f"{inline(key)} {inline(value)}" for key, value in sorted(model.facts.items()))
    aside = plan.administration == "aside"
    rows = [
        ("Model", f"{inline(model.title)} ({inline(short_name(plan.model))})"),
        *([("Model facts", facts)] if facts else []),
        ("Seed", str(plan.seed)),
        ("Questionnaires given", "on a side copy of the conversation" if aside else "in the conversation"),
        ("Planned", first.created.strftime("%Y-%m-%d %H:%M:%S %Z").strip()),
        ("App", f"therapy-sandbox {inline(first.app_version)}"),
        *((f"Session {s.head.id}", _place(family, s)) for s in family.sessions),
    ]
    yield "## What was run"
    yield markdown_table(("", ""), rows)
    yield markdown_table(
        ("document", "title", "version", "drafted by", "SHA-256"),
        [
            (
                kind_of(document),
                f"{inline(document.title)} ({document.id})",
                inline(document.version),
                document.source.drafted_by,
                f"`{document_hash(document)[:12]}`",
            )
            for document in documents(family)
        ],
    )


def _place(family: Family, session: StoredSession) -> str:
    head = session.head
    origin = "" if head.parent is None else f", from {head.parent} {_left(session)}"
    now = family.replaced.get(head.id)
    place = f"; session {now} stands in its place" if now else ""
    reason = f" ({inline(session.state.reason)})" if session.state.reason else ""
    return f"{inline(family.arm(session.head.id).title)}{origin}: {session.state.now}{reason}{place}"


def _left(session: StoredSession) -> str:
    """Where it left its parent: `after s2`."""
    left = session.history.inherited
    return f"after {turn_labels(session.history.turns)[left]}" if left else "before its first turn"


def documents(family: Family) -> tuple[Document, ...]:
    """Every document the sessions ran with, once each."""
    found: dict[str, Document] = {}
    for session in family.sessions:
        plan = session.head.plan
        used = [plan.client, plan.scenario, plan.technique, plan.follow_up]
        later = (one.measure for one in family.later.get(session.head.id, ()))
        for document in (*used, *(measure.questionnaire for measure in (*plan.measures, *later))):
            if document is not None:
                found.setdefault(document_hash(document), document)
    return tuple(found.values())


def _trajectories(family: Family) -> Iterator[str]:
    scales = family.scales
    if not scales:
        yield from _replies(family)
        return
    yield "## Trajectory"
    main = family.main_scales
    for name in main:
        yield from _trajectory(family, name)
    others = [name for name in scales if name not in main]
    if others:
        yield "### Other scales"
        for arm in family.arms:
            yield f"**{inline(arm.title)}**"
            yield _other_scales(family, arm, others)
    yield from _replies(family)
    yield (
        "`base` baseline, `ind` after the scenario, `t1` … after each technique turn, `end` the last"
        " measurement; – missing; ? coverage too low to be relied on."
        " Change = score now − score after the scenario; residual = score now − baseline;"
        " technique effect = change under the technique − change under the control, both after as many turns."
        f"{counted_from(arm.plan for arm in family.arms)}"
        " Below zero the score fell, or fell further. One shared start is one observation: no interval and no"
        " p-value can be given."
    )


def _replies(family: Family) -> Iterator[str]:
    """The negativity of the ordinary replies, beside the self-report."""
    labels = family.reply_labels
    if not labels:
        return
    found = [arm.replies for arm in family.arms]
    rows = [(f"`{label}`", *(numeral(one.at(label)) for one in found)) for label in labels]
    yield "### Negativity of the replies"
    yield markdown_table(
        ("after", *(inline(arm.title) for arm in family.arms)),
        [*rows, ("change", *(numeral(one.change, signed=True) for one in found))],
        numbers_from=1,
    )
    yield (
        "How negative the words of the client's ordinary replies are, by VADER's English word list:"
        " 0 positive, 50 neutral, 100 negative. No questionnaire was asked for it, so nothing could hint at"
        " an answer; the word list knows words, not what is meant by them."
    )


def _trajectory(family: Family, name: ScaleName) -> Iterator[str]:
    questionnaire, way, scale = name
    arms = family.arms
    yield f"### {inline(scale)} ({inline(questionnaire)}, read as *{inline(way)}*)"
    head = ("point", *(inline(arm.title) for arm in arms))
    courses = [arm.course(name) for arm in arms]
    yield markdown_table(
        head,
        [
            (f"`{point.label}`", *(_cell(course.at(point.label)) for course in courses))
            for point in family.points
            if any(course.at(point.label) for course in courses)
        ],
        numbers_from=1,
    )
    if all(arm.plan.is_trunk for arm in arms):
        return
    found = [family.effects(arm, name) for arm in arms]
    yield markdown_table(
        (f"{inline(scale)}: effect", *head[1:]),
        [
            ("effect of the scenario", *(_effect(one.induction) for one in found)),
            ("change", *(_effect(one.change) for one in found)),
            ("residual", *(_effect(one.residual) for one in found)),
            ("**technique effect**", *(_effect(one.technique) for one in found)),
        ],
        numbers_from=1,
    )
    yield from _remarks(family, name)


def _remarks(family: Family, name: ScaleName) -> Iterator[str]:
    """What is undefined and why, and what the control did."""
    for arm in family.arms:
        found = family.effects(arm, name)
        if found.change.value is None:
            yield f"{inline(arm.title)}: no change, because {inline(found.change.reason)}."
        elif found.technique is not None and found.technique.value is None:
            why = inline(found.technique.reason)
            yield f"{inline(arm.title)}: no technique effect, because {why}."
        elif found.technique is not None:
            words = in_words(found.technique, found.higher_is)
            yield f"{inline(arm.title)}: {words} at `{found.technique.at}`."
        if arm.is_control and found.change.value is not None:
            yield f"{moved_under_control(found.change, inline(family.called(arm)))}."
        elif not arm.is_control and found.technique is None and not arm.plan.measured_again:
            where = f" Export {family.absent_trunk} to see it." if family.absent_trunk else ""
            title = inline(arm.title)
            yield f"{title}: no technique effect, because no control stands beside it.{where}"


def _cell(point: TrajectoryPoint | None) -> str:
    """A score in a table, nothing where it was not measured."""
    return numeral(point.value, reliable=point.reliable) if point is not None else ""


def _effect(effect: Effect | None) -> str:
    if effect is None or effect.value is None:
        return MISSING
    at = f" at `{effect.at}`" if effect.at not in ("", "ind") else ""
    doubt = "" if effect.reliable else " ?"
    return numeral(effect.value, signed=True) + at + doubt


def _other_scales(family: Family, arm: Arm, names: list[ScaleName]) -> str:
    labels = [point.label for point in family.points]
    courses = {name: arm.course(name) for name in names}
    used = [label for label in labels if any(one.at(label) for one in courses.values())]
    rows = [
        (f"{inline(name[2])} ({inline(name[0])})", *(_cell(one.at(label)) for label in used))
        for name, one in courses.items()
    ]
    return markdown_table(("scale", *(f"`{label}`" for label in used)), rows, numbers_from=1)


def _course(family: Family) -> Iterator[str]:
    for session in family.sessions:
        head = session.head
        whole = not family.holds(head.parent)
        if head.parent is None:
            yield "## Transcript: baseline and scenario"
        else:
            yield f"## Transcript: {inline(family.arm(session.head.id).title)}"
        if not whole:
            yield f"*Goes on from session {head.parent} {_left(session)}.*"
        blocks = list(course_of(session, own_only=not whole))
        yield from blocks or ["*Nothing has happened in this session yet.*"]


def _reproduction(family: Family) -> Iterator[str]:
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
    yield "## How to run it again"
    yield f"```sh\n{shlex.join(_word(word) for word in words)}\n```"
    otherwise = [
        f"- {inline(family.arm(session.head.id).title)}, session {session.head.id}: {'; '.join(found)}"
        for session in family.sessions
        if (found := list(_not_planned(family, session)))
    ]
    in_full = "The documents in full are in the JSON export"
    if otherwise:
        yield "It does not give all of these sessions again, for they were not only planned:"
        yield "\n".join(otherwise)
        yield f"{in_full}, with every turn as it was."
    else:
        yield (
            "The same documents (compare the SHA-256), model and seed give the same session on the embedded"
            f" model; another model may answer differently. {in_full}."
        )


def _not_planned(family: Family, session: StoredSession) -> Iterator[str]:
    """What was done in a session that the command which runs its trunk again does not do."""
    head, trunk = session.head, family.trunk
    if head.plan.redo is not None:
        inherited = session.history.turns[: session.history.inherited]
        yield f"{head.plan.redo.place(inherited)} of {head.parent} said again"
    elif head.parent is not None and not (head.parent == trunk and _left_as_planned(family, session)):
        yield f"left from {head.parent} {_left(session)}"
    if head.plan.seed != family.first.head.plan.seed:
        yield f"drawn with seed {head.plan.seed}"
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
    """A word of a command, on one line so that it cannot end the code block."""
    return printable(text).replace("\n", " ")
