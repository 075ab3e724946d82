"""What sessions were run under besides their technique, and which of them say one script. Pure."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

from sandbox.analysis.arm import Arm, control_beside
from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionPlan
from sandbox.library.document import Document, document_hash
from sandbox.library.technique import Technique
from sandbox.models.name import short_name


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


def kinds_of(sessions: Sequence[Arm], beside: Mapping[str, Arm | None]) -> dict[str, object]:
    """What pooled sessions have in common: what is said, by whom and to whom, how it is measured, and which
    text of a control stands beside each.

    By the text of each document and not by its id: an edited scenario is another one.
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
    own = {session.id: _kind(session, keys, text) for session in sessions}
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


def _kind(session: Arm, keys: Mapping[str, str], text: Callable[[Document | None], str]) -> Hashable:
    plan = session.plan
    technique = keys.get(text(plan.technique), "")
    guidance = session.guidance.model_dump_json() if session.guidance else ""
    told = text(plan.client), text(plan.scenario), text(plan.follow_up)
    measures = tuple((text(m.questionnaire), m.way, m.form, m.shuffled) for m in plan.measures)
    drawn = plan.sampling.model_dump_json()
    return technique, guidance, plan.model, told, measures, plan.administration, plan.stretches, drawn


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
            yield f"They differ in {name}: {' | '.join(said)}{versions}."
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
