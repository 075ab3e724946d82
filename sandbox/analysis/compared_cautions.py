"""What has to be said of compared sessions before their scores are read: a sentence each. Pure."""

from collections.abc import Mapping, Sequence

from sandbox.analysis.arm import redone_remark
from sandbox.analysis.compared_session import ComparedSession, conditions_that_differ, repeated_trunks
from sandbox.analysis.induction import small_induction
from sandbox.analysis.length import unequal_lengths
from sandbox.analysis.trajectory import ScaleName

Arms = Mapping[str, tuple[ComparedSession, ...]]
"""The sessions of each arm, by its title."""


def cautions(sessions: Sequence[ComparedSession], arms: Arms, scale: ScaleName) -> tuple[str, ...]:
    """The sentences, what matters most first."""
    unusable, lesser = _unsuitable(sessions, scale)
    of_the_record = dict.fromkeys(text for session in sessions for text in session.record_cautions)
    said = [*of_the_record, *unusable, *conditions_that_differ(sessions), *missing(arms, scale)]
    if repeats := repeated_trunks(sessions):
        said.append(f"Not independent: seeds are used again, in {repeats} of the shared starts.")
    if len(sessions) > 1 and not any(session.is_control for session in sessions):
        said.append("No control was run: a fall may be the mere passage of time.")
    said += dict.fromkeys(filter(None, (s.began.remark(title) for title, own in arms.items() for s in own)))
    said += filter(None, (_redone(title, own) for title, own in arms.items()))
    for title, own in arms.items():
        states = sorted({session.state for session in own if session.state != "finished"})
        if states:
            said.append(f"{title} is not finished ({', '.join(states)}).")
        if not any(session.course(scale).points for session in own):
            said.append(f"{title} was not measured with {scale[2]} ({scale[0]}, by {scale[1]}).")
    turns = {
        title: [session.technique_turns for session in own]
        for title, own in arms.items()
        if own[0].plan.technique is not None
    }
    said += [*filter(None, (unequal_lengths(turns), _little_induced(sessions, scale)))]
    said += [*filter(None, (_own_words(title, own) for title, own in arms.items())), *lesser]
    return tuple(said)


def missing(arms: Arms, scale: ScaleName) -> tuple[str, ...]:
    """How many scores of each arm are missing at which point; nothing when none is."""
    told = [text for title, own in arms.items() if (text := _missing_in(title, own, scale))]
    if not told:
        return ()
    several = any(len(own) > 1 for own in arms.values())
    rest = " Means there are over the other runs." if several else ""
    return (
        f"Scores are missing: {'; '.join(told)}. They may not be missing at random: a model may decline just"
        f" where its score would be high.{rest}",
    )


def _missing_in(title: str, own: Sequence[ComparedSession], scale: ScaleName) -> str:
    """`Breathing 3 of 5 at t2, end; 1 of 5 at t3`: missing scores, and points a run never came to."""
    labels = dict.fromkeys(point.label for session in own for point in session.course(scale).points)
    by_count: dict[int, list[str]] = {}
    for label in labels:
        found = [(session.at(scale, label), session.state) for session in own]
        count = sum(
            (state != "finished" and len(own) > 1) if point is None else point.value is None
            for point, state in found
        )
        if count:
            by_count.setdefault(count, []).append(label)
    counted = [f"{count} of {len(own)} at {', '.join(at)}" for count, at in by_count.items()]
    return f"{title} {', '.join(counted)}" if counted else ""


def _redone(title: str, own: Sequence[ComparedSession]) -> str:
    """A reply that was asked for again was chosen after reading the first."""
    redone = [session for session in own if session.redone is not None and session.replaced_by is None]
    if not redone:
        return ""
    old = [id for session in redone for id in session.replaces]
    where = f"{len(redone)} of the {len(own)} runs of {title}" if len(own) > 1 else title
    return redone_remark(where, old)


def _unsuitable(
    sessions: Sequence[ComparedSession], scale: ScaleName
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What has to be said of how the scale was measured on the models, each sentence once: where it is not
    usable, which comes before all else, and the rest, which holds of every comparison with it."""
    found = [
        known
        for session in sessions
        for known in session.suitabilities
        if (known.measure.questionnaire.id, known.measure.way) == scale[:2] and known.remark
    ]
    unusable = dict.fromkeys(one.remark for one in found if one.usable == "not usable with this model")
    return tuple(unusable), tuple(dict.fromkeys(one.remark for one in found if one.remark not in unusable))


def _own_words(title: str, own: Sequence[ComparedSession]) -> str:
    """From where on the arm's rows are not the script's steps in their order; empty when they all are."""
    spoken = [
        [turn.origin for turn in session.turns if turn.phase == "technique"]
        for session in own
        if session.plan.technique is not None and session.plan.technique.delivery != "live"
    ]
    first = min((origins.index("live") + 1 for origins in spoken if "live" in origins), default=None)
    if first is None:
        return ""
    return (
        f"In {title} the clinician spoke in own words at t{first}. From there on its rows hold other steps"
        " than the arms beside it."
    )


def _little_induced(sessions: Sequence[ComparedSession], scale: ScaleName) -> str:
    """In how many shared starts the scenario hardly moved the score: there is little to undo there."""
    by_trunk = {session.trunk: small_induction(session.plan, session.course(scale)) for session in sessions}
    small = [found for found in by_trunk.values() if found is not None]
    if not small:
        return ""
    if len(by_trunk) == 1:
        return f"Here {small[0].clause(scale[2])}. There is little for a technique to undo."
    return f"In {len(small)} of {len(by_trunk)} shared starts the scenario {small[0].moved} {scale[2]}."
