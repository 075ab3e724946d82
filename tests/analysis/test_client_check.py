"""What a client's runs come to: where its scores start and end, how it answers, what a control does."""

from dataclasses import replace

import pytest

from sandbox.analysis.arm import Arm
from sandbox.analysis.client_check import ClientCheck, check_client
from sandbox.analysis.client_resistance import resistance
from sandbox.engine.history import History, Turn
from sandbox.engine.phase import Phase
from sandbox.library.client import Disclosure
from tests.analysis.compared import DISTRESS, FILLER, session
from tests.documents import client, scenario

REPLIES = ("I feel it in my throat.", "My hands are cold now.", "I would rather go home.")


def run(
    number: int,
    baseline: float | None,
    after: float | None,
    end: float | None,
    *,
    replies=REPLIES,
    affect="fear",
    title="Dark street",
) -> tuple[Arm, ...]:
    """A shared start of two turns, and a control arm of one."""
    trunk = f"t{number}"
    story = scenario("One.", "Two.", affect=affect).model_copy(update={"title": title})
    told = {"scenario": story, "client": client()}
    phases: tuple[Phase, ...] = ("induction", "induction", "technique")
    turns = tuple(
        Turn(n, phase, "scenario", "Said.", reply)
        for n, (phase, reply) in enumerate(zip(phases, replies, strict=True), 1)
    )
    start = session(trunk, None, scores=[baseline, after], trunk=trunk, seed=number, **told)
    control = session(f"c{number}", FILLER, scores=[baseline, after, end], trunk=trunk, seed=number, **told)
    start = replace(start, history=History(turns=turns[:2]))
    if affect == "none":
        return (start,)
    return start, replace(control, history=History(turns=turns))


def checked(*runs: tuple[Arm, ...]) -> ClientCheck:
    return check_client(runs, DISTRESS, shown_examples=True)


def test_a_client_with_room_on_both_sides_is_usable():
    found = checked(
        run(1, 15, 60, 50), run(2, 15, 70, 45), run(3, 15, 80, 70), run(4, 15, 20, 0, affect="none")
    )
    assert (found.runs, found.neutral_runs) == (3, 1)
    assert (found.baseline, found.induced, found.rise, found.neutral) == (15, 70, 55, 5)
    (control,) = found.controls
    assert (control.runs, control.change, control.worse) == (3, -10, 0)
    assert control.undone == pytest.approx(10 / 45)
    assert (found.floor, found.ceiling, found.varied, found.first_person) == (0, 0, 1, 1)
    assert found.verdict == "usable."


@pytest.mark.parametrize(
    ("scores", "usable", "said"),
    [
        ((1, 60, 50), "usable with care", "the baseline lies at the floor (1.0)"),
        ((50, 90, 80), "usable with care", "the baseline is high already"),
        (
            (15, 99, 90),
            "not usable with this model",
            "100 % of the scores after a scenario lie at the ceiling",
        ),
        ((15, 20, 18), "not usable with this model", "hardly moves it (+5.0)"),
        ((15, 60, 80), "usable with care", "itself makes the score worse (+20.0; in 3 of 3 runs)"),
        ((15, 60, 20), "usable with care", "alone undoes 89 % of the rise"),
    ],
)
def test_what_hides_an_effect_or_flatters_it_is_said(scores, usable, said):
    found = checked(*(run(n, *scores) for n in (1, 2, 3)))
    assert found.usable == usable
    assert said in found.verdict


def test_replies_that_begin_alike_or_say_no_i_are_found():
    """The client's example reply is “I feel fine.”"""
    parrot = ("I feel fine.", "I feel fine.", "Nobody is here.")
    found = checked(*(run(n, 15, 60, 50, replies=parrot) for n in (1, 2, 3)))
    assert found.varied == pytest.approx(1 / 3)
    assert found.first_person == pytest.approx(2 / 3)
    assert "67 % of the replies begin as an earlier one or as an example" in found.verdict
    assert "only 67 % of the replies are in the first person" in found.verdict


def test_a_scenario_that_raises_nothing_is_named_though_the_middle_hides_it():
    flat = [run(n, 15, 16, 12, title="Queue") for n in (4, 5)]
    found = checked(*(run(n, 15, 60, 50) for n in (1, 2, 3)), *flat)
    assert found.usable == "usable with care" and found.rise == 45
    assert found.findings == ("in Queue nothing was raised (15.0 → 16.0, 2 runs)",)


def test_two_runs_decide_nothing():
    assert checked(run(1, 15, 60, 50), run(2, 15, 60, 50)).usable == "undecided"


def test_runs_without_both_scores_decide_nothing_and_silence_is_no_habit():
    """Four of five runs were never read, and nobody replied: what was not seen is no finding."""
    silent = (None, None, None)
    unread = (run(n, 15, None, None, replies=silent) for n in (2, 3, 4, 5))
    found = checked(run(1, 15, 60, 50, replies=silent), *unread)
    assert (found.usable, found.runs) == ("undecided", 5)
    assert "only 1 of 5 runs has both scores" in found.verdict
    assert (found.words, found.varied, found.first_person) == (None, None, None)
    assert "replies" not in found.verdict
    unscored = checked(*(run(n, None, None, None, replies=silent) for n in (1, 2, 3)))
    assert (unscored.usable, unscored.floor, unscored.ceiling) == ("undecided", None, None)
    assert "none of 3 runs has both scores" in unscored.verdict


def test_what_is_told_unasked_and_who_says_yes_to_a_manual_is_counted():
    fact = Disclosure(fact="He died.", asked=("brother",), told=("died",))
    told = client().model_copy(update={"discloses": (fact,)})

    def arm(*turns: tuple[str, str]) -> Arm:
        made = run(1, 15, 60, 50)[1]
        said = tuple(Turn(n, "technique", "scripted", *each) for n, each in enumerate(turns, 1))
        return replace(made, history=History(turns=said))

    keen = arm(("Set the dial.", "My coat is wet."), ("Close the lid.", "That makes sense, he died."))
    asked = arm(("What of your brother?", "Yes, but why."), ("Go on.", "I saw that he died."))
    given_back = arm(("Someone died.", "Someone died."), ("Set the dial.", "I am here."))
    found = resistance((keen, asked, given_back), told)
    assert found.replies == 6 and found.agrees == pytest.approx(1 / 6)
    assert found.drift == pytest.approx(1 / 3)
    assert found.facts == 3 and found.unasked == pytest.approx(1 / 3)
    assert (found.opened, found.told) == (1, 1)
    assert [text.partition(":")[0] for text in found.findings()] == [
        "it gives way as turns go by",
        "33 % of what it tells only when asked is told unasked",
    ]
