"""Branches: another technique, another seed, or a reply asked for again, each leaving from a turn. Pure."""

from sandbox.engine.guidance import guidance_for
from sandbox.engine.history import History
from sandbox.engine.phase import USUAL, Stretches
from sandbox.engine.plan import Edited, Redo, SessionHead, SessionPlan, new_session_id
from sandbox.errors import UsageError
from sandbox.library.technique import Technique
from sandbox.seed import derived_seed


def branch(
    parent: SessionHead,
    turn: int | None,
    technique: Technique,
    *,
    seed: int | None = None,
    stretches: Stretches = USUAL,
) -> SessionHead:
    """A branch that leaves after that turn (None: the end) with a technique, and another seed if given.

    `stretches`: those of `stretches_after`, where the parent's are not the usual ones.
    """
    plan = parent.plan
    changes = {
        "technique": technique.worded(),
        "stretches": stretches,
        "redo": None,
        "edited": None,
        "seed": plan.seed if seed is None else seed,
        "guidance": plan.guidance or guidance_for((technique,), plan.model),
    }
    changed = plan.model_copy(update=changes)
    return SessionHead(id=new_session_id(), plan=changed, parent=parent.id, parent_turn=turn)


def stretches_after(parent: SessionPlan, inherited: History) -> Stretches:
    """What a branch with another technique goes through from there: as its parent, or, once the parent was
    past its technique, what follows a scenario."""
    place = parent.stretches.index("technique") if "technique" in parent.stretches else 0
    past = parent.stretches[place + 1 :]
    left = parent.technique is None or any(turn.phase in past for turn in inherited.turns)
    return USUAL if left else parent.stretches


def redo(parent: SessionHead, history: History, turn: int, seed: int) -> SessionHead:
    """A branch that says turn `turn` of `parent` again, for another reply, and goes on with the script.

    `history` is the parent's. The old reply stays where it is. Raises UsageError for a turn that is not the
    parent's own, that awaited no reply, or that belongs to the follow-up.
    """
    found = next((one for one in history.own_turns if one.index == turn), None)
    if found is None or found.reply is None or found.phase == "follow-up":
        raise UsageError(
            "That turn has no reply to redo.",
            where=f"session {parent.id}",
            todo="Choose a turn of the scenario or the technique that was answered.",
        )
    again = Redo(
        phase=found.phase,
        origin=found.origin,
        said=found.said,
        step=found.step,
        repeat=found.repeat,
        passed=_passed(parent, history, turn),
    )
    plan = parent.plan.model_copy(update={"redo": again, "edited": None, "seed": seed})
    return SessionHead(id=new_session_id(), plan=plan, parent=parent.id, parent_turn=turn - 1)


def edited(parent: SessionHead, history: History, technique: Technique) -> SessionHead:
    """A branch that goes on with `parent`'s script, changed, from the state before the first changed step.

    `history` is the parent's; the technique has the same steps in the same order. The seed stays, so that the
    two are paired. A step the parent has not come to is said where the parent is now.
    Raises UsageError when nothing is said otherwise.
    """
    before = parent.plan.technique
    steps = before.steps if before is not None else ()
    if [step.id for step in steps] != [step.id for step in technique.steps]:
        raise UsageError("The changed script has other steps.", where=f"session {parent.id}")
    changed = next((n for n, one in enumerate(steps) if one != technique.steps[n]), None)
    if changed is None:
        raise UsageError("Nothing is said otherwise: there is nothing to run.", where=f"session {parent.id}")
    left, order = _before_step(parent, history, changed), {step.id: n for n, step in enumerate(steps)}
    passed = {id: n for id, n in _passed(parent, history, left + 1).items() if order.get(id, -1) < changed}
    plan = parent.plan.model_copy(
        update={
            "technique": technique,
            "redo": None,
            "edited": Edited(step=steps[changed].id, passed=passed),
        }
    )
    return SessionHead(id=new_session_id(), plan=plan, parent=parent.id, parent_turn=left)


def _before_step(parent: SessionHead, history: History, place: int) -> int:
    """The turn after which the parent came to the step at that place (from 0)."""
    steps = parent.plan.technique.steps if parent.plan.technique is not None else ()
    if steps[place].id in parent.plan.passed:  # said, or left out, in a session this one goes on with
        order = {step.id: n for n, step in enumerate(steps)}
        inherited = history.turns[: history.inherited]
        since = max((t.index for t in inherited if t.step == steps[0].id and t.repeat == 1), default=0)
        said = [t for t in inherited if t.index >= since and t.phase == "technique"]
        return next((t.index - 1 for t in said if order.get(t.step or "", -1) >= place), history.inherited)
    later = {step.id for step in steps[place:]}
    own = [t for t in history.own_turns if t.phase == "technique"]
    left_out = [s.after_turn for s in history.skips if s.step in later]
    return min(
        [*left_out, *(t.index - 1 for t in own if t.step in later)],
        default=own[-1].index if own else history.inherited,
    )


def other_seed(parent: SessionHead, purpose: str, family_size: int) -> int:
    """A seed no other session of the family has been drawn with: fixed by the parent's and their number."""
    return derived_seed(parent.plan.seed, purpose, parent.id, family_size)


def _passed(parent: SessionHead, history: History, turn: int) -> dict[str, int]:
    """Every step said or left out before that turn, in this session and in those it goes on with."""
    passed = dict(parent.plan.passed)
    passed |= {t.step: t.repeat for t in history.own_turns if t.index < turn and t.step is not None}
    return passed | {s.step: 0 for s in history.skips if s.after_turn < turn}
