"""The battery against models of known behaviour: each fault is found, and no other."""

import hashlib
import re
from collections.abc import Callable, Mapping

import pytest

from sandbox.errors import UsageError
from sandbox.library.questionnaire import Questionnaire, RatingItem, RatingQuestionnaire, Scale
from sandbox.measurement.administration import Way
from sandbox.measurement.battery import States, conditions_for, run_battery
from sandbox.measurement.validity import Validity, judge
from sandbox.models.provider import Capabilities, Message, Request
from sandbox.models.scripted import ScriptedProvider
from tests.documents import probe
from tests.measurement.ratings import OFTEN, optioned

REPEATS = 8
ITEMS = ("tense", "low", "tired", "rested", "cheerful", "at-ease")
REVERSED = ITEMS[3:]


def six() -> RatingQuestionnaire:
    items = tuple(RatingItem(id=i, text=f"Being {i}", reverse=i in REVERSED) for i in ITEMS)
    return optioned(items=items, scales=(Scale(id="distress", items=ITEMS, method="sum", range=(0, 18)),))


def states() -> list[States]:
    def talk(about: str, repeat: int) -> tuple[Message, ...]:
        return (Message("system", f"You take part. Repeat {repeat}."), Message("user", about))

    return [States(talk("Welcome.", n), talk("A room.", n), talk("A knife.", n)) for n in range(REPEATS)]


def chance(*parts: object, below: int) -> int:
    """A number fixed by the parts, evenly spread."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big") % below


def shown(request: Request) -> tuple[str, list[tuple[str, float]], list[str]]:
    """What a request puts: its last text, the options' names with their values, the items asked."""
    text = request.messages[-1].content
    values = {o.label: o.value for o in OFTEN}
    lines = [line.partition(" = ") for line in text.splitlines()]
    options = [(name, values[label]) for name, _, label in lines if label in values]
    return (
        text,
        options,
        [found for found in re.findall(r"^([a-z-]+): ", text, re.MULTILINE) if found in ITEMS],
    )


def true_value(request: Request, item: str) -> float:
    """What a respondent who answers by content says: raised by the knife, the items a little apart."""
    talk = request.messages[1].content
    repeat = request.messages[0].content
    level = 2 if "knife" in talk else chance(repeat, below=2)
    apart = chance(repeat, talk, item, below=6) == 0
    value = min(level + apart, 3)
    return 3 - value if item in REVERSED else value


Rule = Callable[[Request, str, list[tuple[str, float]]], float]


def model(rule: Rule) -> ScriptedProvider:
    """A model that answers each item by a rule, in the names the options were given."""

    def answer(request: Request) -> str:
        _, options, items = shown(request)
        names = {value: name for name, value in options}
        return "\n".join(f"{item}: {names[rule(request, item, options)]}" for item in items)

    return ScriptedProvider(answer)


def hinted(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    text = request.messages[-1].content
    wished = 3 if "high distress" in text else 0 if "low distress" in text else None
    if wished is None:
        return true_value(request, item)
    return 3 - wished if item in REVERSED else wished


def swayed_by(mark: str) -> Rule:
    """Answers by content but two higher on half the items when the question has the mark."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        value = true_value(request, item)
        if mark not in request.messages[-1].content:
            return value
        return max(value - 2, 0) if item in REVERSED else min(value + 2, 3)

    return rule


def ordered_by_place(request: Request, item: str, options: list[tuple[str, float]]) -> float:
    """Answers by content, but the item shown first drags all answers up."""
    _, _, items = shown(request)
    return true_value(request, item) if items[0] == ITEMS[0] else (0 if item in REVERSED else 3)


FAULTS: Mapping[str, tuple[Rule, set[str]]] = {
    "perfect": (lambda r, i, o: true_value(r, i), set()),
    # The same place for every item is at the same time straight-lining, blind to the state, and no scale.
    "always the first option": (
        lambda r, i, o: o[0][1],
        {"induction", "options reversed", "straight-lining", "consistency"},
    ),
    "always agrees": (
        lambda r, i, o: 3,
        {"induction", "straight-lining", "acquiescence", "consistency"},
    ),
    "follows the hint": (hinted, {"hint more", "hint less"}),
    "random": (
        lambda r, i, o: float(chance(r.sampling.seed, i, r.messages[-1].content, r.messages[:2], below=4)),
        {"induction", "retest", "consistency"},
    ),
    "swayed by paraphrase": (swayed_by("Here are some statements"), {"paraphrased"}),
    "swayed by tone": (swayed_by("No comments."), {"curt"}),
    "swayed by letters": (swayed_by("A = not at all"), {"relabelled"}),
    "swayed by item order": (ordered_by_place, {"items reordered"}),
    "blind to the scenario": (
        lambda r, i, o: true_value(
            Request((r.messages[0], Message("user", "Welcome.")), r.sampling), i
        ),
        {"induction"},
    ),
}  # fmt: skip


async def check(
    provider: ScriptedProvider, questionnaire: Questionnaire | None = None, way: Way = "report"
) -> Validity:
    asked = questionnaire or six()
    return judge(asked, way, await run_battery(asked, way, states(), provider, 5))


def faults(validity: Validity) -> set[str]:
    return {index.id for index in validity.indices if index.judgement in ("bad", "with care", "unknown")}


@pytest.mark.parametrize("behaviour", FAULTS)
async def test_each_behaviour_has_its_faults_found_and_no_others(behaviour):
    rule, expected = FAULTS[behaviour]
    validity = await check(model(rule))
    assert faults(validity) == expected, {i.id: i for i in validity.indices}


@pytest.mark.parametrize(
    ("behaviour", "usable"),
    [
        ("perfect", "usable"),
        ("follows the hint", "usable with care"),
        ("always agrees", "not usable with this model"),
        ("random", "not usable with this model"),
        ("blind to the scenario", "not usable with this model"),
    ],
)
async def test_the_verdict_in_plain_words(behaviour, usable):
    validity = await check(model(FAULTS[behaviour][0]))
    assert validity.usable == usable
    assert validity.verdict.lower().startswith(usable)


async def test_an_option_chosen_by_place_among_answers_by_content_is_found_by_reversal_alone():
    def rule(request: Request, item: str, options: list[tuple[str, float]]) -> float:
        value = true_value(request, item)
        reversed_shown = options[0][1] > options[-1][1]
        if not reversed_shown:
            return value
        return max(value - 2, 0) if item in REVERSED else min(value + 2, 3)

    assert faults(await check(model(rule))) == {"options reversed"}


async def test_a_model_that_declines_has_no_scores_and_the_rest_is_not_asked():
    provider = ScriptedProvider(["As an AI language model, I don't have feelings."])
    validity = await check(provider)
    assert validity.index("refusals").judgement == "bad"
    assert validity.index("missing").judgement == "bad"
    assert validity.verdict == ("Not usable with this model: many items get no answer that can be read.")
    assert len(provider.requests) == 3 * 3  # one repeat's plain ones, each asked three times


async def test_half_the_items_left_out_is_missing_and_not_refused():
    def answer(request: Request) -> str:
        _, _, items = shown(request)
        return "\n".join(f"{item}: 1" for item in items if item in ITEMS[:3])

    validity = await check(ScriptedProvider(answer))
    assert validity.index("missing").judgement == "bad"
    assert validity.index("refusals").judgement == "good"


def word_top(request: Request) -> dict[str, float]:
    afraid = 0.7 if "knife" in request.messages[1].content else 0.1
    return {" afraid": afraid, " calm": 0.9 - afraid, " the": 0.1}


async def test_a_probe_that_moves_with_the_state_is_usable():
    validity = await check(ScriptedProvider(["x"], top=word_top), probe(), "word")
    assert validity.usable == "usable", validity
    induction = validity.index("induction").estimate
    assert induction is not None and induction.value == pytest.approx(100 * (0.7 - 0.1) / 0.9)
    assert validity.index("consistency").judgement == "does not apply"


async def test_a_probe_without_coverage_is_not_usable():
    thin = ScriptedProvider(["x"], top=lambda r: {w: p / 50 for w, p in word_top(r).items()} | {" a": 0.9})
    validity = await check(thin, probe(), "word")
    assert faults(validity) == {"coverage"}
    assert validity.usable == "not usable with this model"


async def test_likelihood_is_checked_for_the_place_of_options():
    def top(request: Request) -> dict[str, float]:
        _, options, _ = shown(request)
        return {f" {options[0][0]}": 0.9}

    validity = await check(ScriptedProvider(["0"], top=top), six(), "likelihood")
    assert {"induction", "options reversed", "straight-lining"} <= faults(validity)
    assert validity.index("items reordered").judgement == "does not apply"


def test_only_conditions_that_can_differ_are_tried():
    assert "options reversed" not in conditions_for(probe(), "word")
    assert "items reordered" in conditions_for(six(), "report")
    assert "items reordered" not in conditions_for(six(), "likelihood")


async def test_a_way_that_cannot_work_is_refused_before_the_first_call():
    provider = ScriptedProvider(["x"], capabilities=Capabilities())
    with pytest.raises(UsageError):
        await run_battery(probe(), "word", states(), provider, 1)
    assert not provider.requests


async def test_progress_counts_to_its_end():
    seen: list[tuple[int, int]] = []
    await run_battery(
        six(),
        "report",
        states()[:2],
        model(FAULTS["perfect"][0]),
        1,
        progress=lambda n, of: seen.append((n, of)),
    )
    assert seen[-1][0] == seen[-1][1] == len(seen)
