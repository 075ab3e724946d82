"""The replies' negativity: each reply once, at the point it belongs to, whoever's arm it is."""

import pytest

from sandbox.analysis.reply_valence import REPLIES, reply_trajectory, reply_valence
from sandbox.engine.history import History, Turn
from sandbox.engine.phase import Phase
from sandbox.measurement.valence import negativity

BAD, GOOD = "I am terrified, this is horrible.", "I feel calm and happy."


def turn(index: int, phase: Phase, reply: str | None) -> Turn:
    return Turn(index, phase, "scripted", "Something is said.", reply)


HISTORY = History(
    turns=(
        turn(1, "induction", "I wait."),
        turn(2, "induction", BAD),
        turn(3, "technique", None),
        turn(4, "technique", GOOD),
        turn(5, "follow-up", GOOD),
        turn(6, "follow-up", "I wait."),
    )
)


def test_each_reply_stands_at_the_point_that_is_measured_after_it():
    found = reply_valence(HISTORY)
    assert [(point.turn, point.label) for point in found.points] == [
        (1, "s1"), (2, "ind"), (4, "t2"), (5, "f1"), (6, "end"),
    ]  # fmt: skip
    assert found.at("ind") == negativity(BAD) > 80
    assert found.at("t2") == negativity(GOOD) < 20
    assert found.at("t1") is None  # told, no reply


def test_change_is_from_the_last_reply_of_the_scenario_to_the_newest_of_the_technique():
    assert reply_valence(HISTORY).change == pytest.approx(negativity(GOOD) - negativity(BAD))
    assert reply_valence(History(turns=HISTORY.turns[:2])).change is None


def test_other_languages_have_no_trajectory_instead_of_a_neutral_one():
    assert reply_valence(HISTORY, "de").points == ()
    assert reply_valence(HISTORY, "en-GB").points == reply_valence(HISTORY).points


def test_the_same_replies_score_the_same_whatever_was_said_before_them():
    def history(step: str, said: str) -> History:
        spoken = Turn(2, "technique", "guided", said, GOOD, step)
        return History(turns=(turn(1, "induction", BAD), spoken))

    control = reply_valence(history("page", "Place the appliance on a level surface."))
    technique = reply_valence(history("dread", "That was terrifying, horrible, an agony."))
    assert control == technique
    assert [point.negativity for point in technique.points] == [negativity(BAD), negativity(GOOD)]


def test_as_a_trajectory_it_has_the_points_of_a_self_report():
    found = reply_trajectory(HISTORY)
    assert found.name == REPLIES
    # the first scenario reply, and the told turn, have no measurement point after them
    assert [(p.label, p.value) for p in found.points] == [
        ("ind", negativity(BAD)), ("t2", negativity(GOOD)), ("end", negativity("I wait."))
    ]  # fmt: skip
