"""What sessions were run under besides their technique, and which of them say one script. Pure."""

import contextlib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from sandbox.analysis.arm import Arm, control_beside
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionPlan, arm_title
from sandbox.library.document import Document, InvalidTemplate, document_hash
from sandbox.library.lint import scales_named
from sandbox.library.technique import Technique
from sandbox.models.name import short_name
from sandbox.text import number_of, spans


def script_keys(techniques: Iterable[Technique]) -> dict[str, str]:
    """For the hash of each technique, a key that is the same for the same script: a script and its wordings
    (`Technique.worded`). A control that is cut to another length (engine/composition) is another text."""
    names = {document_hash(technique): technique for technique in techniques}
    return {name: one.derived_from or name if one.wording else name for name, one in names.items()}


def scripts_apart(sessions: Iterable[Arm]) -> dict[str, str]:
    """The same of the sessions' techniques, but where one start has two wordings of a script they are set
    against each other, and each keeps a key of its own."""
    arms = [(one.trunk, one.plan.technique) for one in sessions if one.plan.technique is not None]
    keys = script_keys({id(technique): technique for _, technique in arms}.values())
    told: dict[tuple[str, str], set[str]] = {}
    for trunk, technique in arms:
        if not technique.is_control:
            name = document_hash(technique)
            told.setdefault((trunk, keys[name]), set()).add(name)
    apart = {key for (_, key), names in told.items() if len(names) > 1}
    return {name: name if key in apart else key for name, key in keys.items()}


Members = tuple[Arm, ...]
Text = Callable[[Document | None], str]


def kinds_of(
    sessions: Sequence[Arm], beside: Mapping[str, Arm | None], scale: ScaleName
) -> dict[str, object]:
    """What sessions pooled on the scale have in common: what is said, by whom and to whom, how the scale is
    measured, and which text of a control stands beside each.

    By the text of each document and not by its id: an edited scenario is another one. What else is measured
    beside the scale parts them only where it can have changed something (`_measures`).
    """
    known: dict[int, str] = {}

    def text(document: Document | None) -> str:
        """Its hash, taken once: sessions of one trunk share their documents."""
        if document is None:
            return ""
        if id(document) not in known:
            known[id(document)] = document_hash(document)
        return known[id(document)]

    keys = scripts_apart(sessions)
    conditions = {session.id: _kind(session, keys, text) for session in sessions}
    measures = {session.id: _measures(session, scale, text) for session in sessions}
    # One that was not asked for the scale stays with the first of those that were.
    first = {conditions[id]: asked for id, asked in reversed(measures.items()) if asked}
    own = {id: (kind, measures[id] or first.get(kind, ())) for id, kind in conditions.items()}
    seen: dict[object, list[str]] = {}
    against: dict[str, int] = {}
    for one, other in beside.items():
        if other is not None and other.plan.technique is not None:
            texts = seen.setdefault((own[one], other.plan.technique.id), [])
            if (said := text(other.plan.technique)) not in texts:
                texts.append(said)
            against[one] = texts.index(said)
    # One that lost its control stays with the first of those that have one: it is counted as missing there.
    return {one: (kind, against.get(one, 0)) for one, kind in own.items()}


def _kind(session: Arm, keys: Mapping[str, str], text: Text) -> Hashable:
    plan = session.plan
    technique = keys.get(text(plan.technique), "")
    guidance = session.guidance.model_dump_json() if session.guidance else ""
    told = text(plan.client), text(plan.scenario), text(plan.follow_up)
    drawn = plan.sampling.model_dump_json()
    return technique, guidance, plan.model, told, plan.administration, plan.stretches, drawn


def _measures(session: Arm, scale: ScaleName, text: Text) -> tuple[Hashable, ...]:
    """How the scale was measured, with whatever else was asked that can have changed its scores.

    Asked aside, a questionnaire is given on a copy of the conversation: nothing that is said later, and no
    other questionnaire, comes after it. So it changes nothing, unless the technique goes by its scores.
    """
    named: set[str] = set()
    with contextlib.suppress(
        InvalidTemplate
    ):  # the record of an earlier version may have what is refused now
        if session.plan.technique is not None:
            named = {scale for _, scale in scales_named(session.plan.technique)}
    inside = session.plan.administration == "in_conversation"
    return tuple(
        (text(one.questionnaire), one.way, one.form, one.shuffled)
        for one in session.asked.measures
        if inside
        or (one.questionnaire.id, one.way) == scale[:2]
        or any(own.id in named for own in one.questionnaire.scales)
    )


# What each is called


def titles_of(members: Sequence[Members], beside: Mapping[str, Arm | None]) -> list[str]:
    """The title of each group of sessions, told apart by what differs, at last by seeds and ids."""
    titles = [_title(group) for group in members]
    for told in _TOLD_APART:
        for title in {title for title in titles if titles.count(title) > 1}:
            places = [place for place, one in enumerate(titles) if one == title]
            parts = [told(members[place], beside) for place in places]
            if len(set(parts)) > 1 and all(parts):
                for place, part in zip(places, parts, strict=True):
                    titles[place] = f"{title}, {part}"
    return titles


def _title(group: Members) -> str:
    """A mean over trunks is no redo, though one of its sessions may be: a caution says so. Nor is it the arm
    in which a step was changed first."""
    first = group[0]
    return arm_title(first.plan.model_copy(update={"edited": None})) if len(group) > 1 else first.title


def _of_plan(told: Callable[[SessionPlan], str]) -> Callable[[Members, Mapping[str, Arm | None]], str]:
    return lambda group, _: told(group[0].plan)


def _text(document: Document | None, noun: str = "") -> str:
    return f"{noun}text {document_hash(document)[:8]}" if document is not None else ""


def _beside(group: Members, beside: Mapping[str, Arm | None]) -> str:
    other = beside[group[0].id]
    return f"beside {other.title}" if other is not None else ""


def _beside_steps(group: Members, beside: Mapping[str, Arm | None]) -> str:
    other = beside[group[0].id]
    return f"beside a control of {_steps(other)}" if other is not None else ""


def _steps(session: Arm) -> str:
    return number_of(len(session.plan.technique.steps) if session.plan.technique else 0, "step")


def _therapist(group: Members, _: Mapping[str, Arm | None]) -> str:
    guidance = group[0].guidance
    return f"therapist {short_name(guidance.model)}" if guidance is not None else ""


_TOLD_APART: tuple[Callable[[Members, Mapping[str, Arm | None]], str], ...] = (
    _of_plan(lambda plan: short_name(plan.model)),
    _therapist,
    _of_plan(lambda plan: f"version {plan.technique.version}" if plan.technique else ""),
    _of_plan(lambda plan: plan.scenario.title),
    _of_plan(lambda plan: plan.client.title),
    _of_plan(lambda plan: f"wording {plan.technique.wording or 0}" if plan.technique else ""),
    lambda group, _: f"of {_steps(group[0])}" if group[0].is_control else "",
    _beside,
    _beside_steps,
    _of_plan(lambda plan: f"asked {plan.administration.replace('_', ' ')}"),
    _of_plan(lambda plan: f"then {plan.follow_up.title}" if plan.follow_up else "nothing told after it"),
    _of_plan(lambda plan: f"drawn with {_drawn(plan)}"),
    _of_plan(lambda plan: f"asked {', '.join(map(_measure, plan.measures)) or 'nothing'}"),
    lambda group, _: f"of {_steps(group[0])}",
    _of_plan(lambda plan: _text(plan.technique)),
    _of_plan(lambda plan: _text(plan.scenario, "scenario ")),
    _of_plan(lambda plan: _text(plan.client, "client ")),
    _of_plan(lambda plan: ", ".join(_text(one.questionnaire, "questionnaire ") for one in plan.measures)),
    lambda group, _: (
        f"{'seeds' if len(group) > 1 else 'seed'} {spans(sorted(one.plan.seed for one in group))}"
    ),
    lambda group, _: group[0].id,
)
"""What arms of one title may differ in, the first that parts them is told."""


def repeated_trunks(sessions: Sequence[Arm]) -> int:
    """How many trunks repeat another one: same model, client, scenario and seed. No evidence more."""
    trunks = {session.trunk: session.plan for session in sessions if session.measured}
    kinds = {
        (p.model, document_hash(p.client), document_hash(p.scenario), p.administration, p.seed, p.sampling)
        for p in trunks.values()
    }
    return len(trunks) - len(kinds)


_CONDITIONS: tuple[tuple[str, Callable[[SessionPlan], tuple[object, str]]], ...] = (
    ("model", lambda plan: (plan.model, short_name(plan.model))),
    ("scenario", lambda plan: _named(plan.scenario)),
    ("client", lambda plan: _named(plan.client)),
    ("measures", lambda plan: (plan.measures, ", ".join(map(_measure, plan.measures)) or "none")),
    ("administration", lambda plan: (plan.administration, plan.administration.replace("_", " "))),
    ("follow-up", lambda plan: _named(plan.follow_up)),
    ("sampling", lambda plan: (plan.sampling, _drawn(plan))),
)


_APART = (
    " Each questionnaire is asked on a copy of the conversation, so none can have changed another's answers."
)


def _asked_apart(plans: Iterable[SessionPlan]) -> bool:
    """Whether what some were asked and others not can have changed nothing else that they were asked."""
    asked: dict[str, Measure] = {}
    return all(
        plan.administration == "aside"
        and plan.measures
        and all(asked.setdefault(one.questionnaire.id, one) == one for one in plan.measures)
        for plan in plans
    )


def conditions_that_differ(sessions: Sequence[Arm]) -> Iterator[str]:
    """A sentence a condition in which the sessions differ, since that too can make a difference."""
    for name, look in _CONDITIONS:
        seen: list[tuple[object, str]] = []
        for session in sessions:
            one = look(session.plan)
            if one not in seen:
                seen.append(one)
        if len(seen) > 1:
            said = list(dict.fromkeys(text for _, text in seen))
            versions = "" if len(said) > 1 else f" in {len(seen)} versions"
            apart = _APART if name == "measures" and _asked_apart([one.plan for one in sessions]) else ""
            yield f"They differ in {name}: {' | '.join(said)}{versions}.{apart}"
    yield from _therapists(sessions)
    yield from technique_texts(sessions)


def _therapists(sessions: Sequence[Arm]) -> Iterator[str]:
    """Where guided arms were guided by different models, or with different prompts."""
    seen = {session.guidance.model_dump_json(): session.guidance for session in sessions if session.guidance}
    if len(seen) > 1:
        models = list(dict.fromkeys(guidance.model for guidance in seen.values()))
        versions = "" if len(models) > 1 else f" with {len(seen)} prompts"
        yield f"They differ in therapist model: {' | '.join(models)}{versions}."


def technique_texts(sessions: Sequence[Arm]) -> Iterator[str]:
    """Where the script of a technique is not the same in all its arms."""
    texts: dict[str, dict[str, int]] = {}
    said = [session.plan.technique for session in sessions if session.plan.technique is not None]
    keys = script_keys({id(technique): technique for technique in said}.values())
    for technique in said:
        texts.setdefault(technique.id, {})[keys[document_hash(technique)]] = len(technique.steps)
    for name, found in texts.items():
        if len(found) > 1:
            lengths = sorted(set(found.values()))
            steps = f", of {' and '.join(map(str, lengths))} steps" if len(lengths) > 1 else ""
            yield f"They differ in technique text: {name} in {len(found)} versions{steps}."


def _drawn(plan: SessionPlan) -> str:
    said = [f"{name.replace('_', ' ')} {value:g}" for name, value in plan.sampling if value is not None]
    return " and ".join(said) or "as the model proposes"


def _named(document: Document | None) -> tuple[object, str]:
    return document, document.id if document else "none"


def _measure(measure: Measure) -> str:
    form = f", {measure.form}" if measure.form != "batch" else ""
    shuffled = f", {' and '.join(measure.shuffled)} shuffled" if measure.shuffled else ""
    return f"{measure.questionnaire.id} by {measure.way}{form}{shuffled}"


def other_language(plan: SessionPlan) -> Iterator[str]:
    """Where a script is not in the language of the scenario before it, or of the client's text."""
    if plan.technique is None:
        return
    script = plan.technique
    for what, heard in (("the scenario", plan.scenario), ("the client's text", plan.client)):
        if heard.language.partition("-")[0] != script.language.partition("-")[0]:
            yield (
                f"“{script.title}” is in another language ({script.language}) than {what} ({heard.language}):"
                " a change of language may move scores by itself."
            )
            return


def several_controls(arms: Mapping[str, Sequence[Arm]]) -> Iterator[str]:
    """Which of several controls that began alike the arms, by their titles, are measured against."""
    titles = {one.id: title for title, own in arms.items() for one in own}
    trunks: dict[str, list[Arm]] = {}
    for own in arms.values():
        for one in own:
            trunks.setdefault(one.trunk, []).append(one)
    used: dict[str, None] = {}
    alike: dict[str, None] = {}
    for members in trunks.values():
        controls = [one for one in members if one.is_control]
        for arm in members:
            beside = None if arm.is_control else control_beside(arm, controls)
            if beside is not None:
                used[titles[beside.id]] = None
                alike.update((titles[one.id], None) for one in controls if one.began == arm.began)
    if others := [title for title in alike if title not in used]:
        yield (
            f"More than one control: arms are measured against {' and '.join(used)}, the first one planned"
            f" that was finished. Beside it, as arms like others: {', '.join(others)}."
        )
