"""The battery against models of known behaviour: each fault is found, and no other."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pytest

from sandbox.errors import UsageError
from sandbox.library.questionnaire import (
    MissingRule,
    Questionnaire,
    RatingItem,
    RatingQuestionnaire,
    Scale,
    WordItem,
    WordQuestionnaire,
)
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.validity.battery import (
    StateName,
    States,
    Trial,
    affect_scales,
    battery,
    battery_size,
    conditions_for,
    presentation_for,
    schedule,
)
from sandbox.measurement.validity.verdict import Validity, judge
from sandbox.models.provider import Capabilities, Message, Request
from tests.documents import probe
from tests.measurement.ratings import OFTEN, optioned, ranged
from tests.scripted import ABLE, ScriptedProvider

REPEATS = 8
ITEMS = ("tense", "low", "tired", "rested", "cheerful", "at-ease")
REVERSED = ITEMS[3:]
ONE_LACKING = MissingRule(at_most=1, rule="prorate")


def six(*, turned: bool = True) -> RatingQuestionnaire:
    """Six items on options 0–3; half of them reversed, or (not `turned`) none."""
    items = tuple(RatingItem(id=i, text=f"Being {i}", reverse=turned and i in REVERSED) for i in ITEMS)
    scale = Scale(id="distress", items=ITEMS, method="sum", range=(0, 18), missing=ONE_LACKING)
    return optioned(items=items, scales=(scale,)).model_copy(update={"timeframe": "right now"})


def states() -> list[States]:
    """One baseline for all repeats, as in a real check; new tellings of both scenarios for each."""

    def talk(about: str) -> tuple[Message, ...]:
        return (Message("system", "You take part."), Message("user", about), Message("assistant", "Go on."))

    return [
        States(talk("Welcome."), talk(f"A room, told {n}."), talk(f"A knife, told {n}."))
        for n in range(REPEATS)
    ]


def chance(*parts: object, below: int) -> int:
    """A number fixed by the parts, evenly spread."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big") % below


def shown(request: Request) -> tuple[str, list[tuple[str, float]], list[str]]:
    """What a request puts: its last text, the options' names with their values, the items asked."""
    text = request.messages[-1].content
    values = {o.label: o.value for o in OFTEN}
    # Asked again, options are not shown again: they stand in the question before.
    whole = "\n".join(message.content for message in request.messages if message.role == "user")
    lines = [line.partition(" = ") for line in whole.splitlines()]
    options = [(name, values[label]) for name, _, label in lines if label in values]
    return (
        text,
        options,
        [found for found in re.findall(r"^([a-z-]+): ", text, re.MULTILINE) if found in ITEMS],
    )


def about(request: Request) -> str:
    return request.messages[1].content


def keyed(item: str, distress: float, *, turned: bool = True) -> float:
    """The answer to the item that says so much distress, within the options."""
    value = min(max(distress, 0), 3)
    return 3 - value if turned and item in REVERSED else value


def felt(request: Request, item: str, levels: Mapping[str, int] | None = None) -> float:
    """The distress an item has for who answers by content: raised by the knife, one item a little apart.

    A level of 2 is one lower in some tellings and one higher in others, for all items alike.
    """
    told = levels or {"Welcome": 0, "A room": 0, "A knife": 2}
    level = next(level for words, level in told.items() if words in about(request))
    number = re.search("told ([0-9]+)", about(request))
    if number and level == 2:
        level += (0, -1, 0, 1)[int(number[1]) // 2 % 4]
    return level + (chance(about(request), below=6) == ITEMS.index(item))


def true_value(request: Request, item: str) -> float:
    return keyed(item, felt(request, item))


Rule = Callable[[Request, str, list[tuple[str, float]]], float | None]


def model(rule: Rule, capabilities: Capabilities = ABLE) -> ScriptedProvider:
    """A model that answers each item by a rule (None: not at all), in the names the options were given."""

    def answer(request: Request) -> str:
        _, options, items = shown(request)
        names = {value: name for name, value in options}
        given = {item: rule(request, item, options) for item in items}
        lines = [f"{item}: {names[value]}" for item, value in given.items() if value is not None]
        return "\n".join(lines) or "Hm."

    return ScriptedProvider(answer, capabilities=capabilities)


def hinted(*, to_more: float | None, to_less: float | None) -> Rule:
    """So much distress in every item under a hint; by content without one (or where None)."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        text = request.messages[-1].content
        wished = to_more if "high distress" in text else to_less if "low distress" in text else None
        return true_value(request, item) if wished is None else keyed(item, wished)

    return rule


def swayed_by(mark: str) -> Rule:
    """Answers by content but two higher on all items when the question has the mark."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        more = 2 if mark in request.messages[-1].content else 0
        return keyed(item, felt(request, item) + more)

    return rule


def by_place(request: Request, item: str, options: list[tuple[str, float]]) -> float:
    """Answers by content, but two higher when the options are shown from the other end."""
    return keyed(item, felt(request, item) + (2 if options[0][1] > options[-1][1] else 0))


def by_first_item(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    """Answers by content, unless another item than the usual one is shown first."""
    items = shown(request)[2]
    return keyed(item, felt(request, item) if items[0] == ITEMS[0] else 3)


def forgetful(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    """Answers by content, but after the knife two lower on some items, more or fewer in every draw."""
    lowered = chance(request.sampling.seed, below=7) if "knife" in about(request) else 0
    return keyed(item, felt(request, item) - (2 if ITEMS.index(item) < lowered else 0), turned=False)


def told(**levels: int) -> Rule:
    """Answers by content, at these levels of distress."""
    known = {"Welcome": levels["baseline"], "A room": levels["neutral"], "A knife": levels["strong"]}
    return lambda request, item, _: keyed(item, felt(request, item, known))


def agreeing(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    """Answers by content, a little more agreeing with whatever is said."""
    levels = {"Welcome": 1, "A room": 1, "A knife": 2}
    return min(keyed(item, felt(request, item, levels)) + 1, 3)


def unlike(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    """Every item moves with the state, and beyond that each by itself."""
    return 2 + chance(about(request), item, below=2) if "knife" in about(request) else felt(request, item)


def echoing(request: Request, item: str, _: list[tuple[str, float]]) -> float:
    """Answers by content, unless the client's last reply says more than “Go on.”"""
    replied = request.messages[2].content
    wished = 3 if "terrible" in replied else 0 if "calm" in replied else None
    return true_value(request, item) if wished is None else keyed(item, wished)


def sometimes_silent(request: Request, item: str, _: list[tuple[str, float]]) -> float | None:
    """Leaves one item out in half of the tellings."""
    left_out = item == ITEMS[1] and re.search("told [1357]|Welcome", about(request))
    return None if left_out else true_value(request, item)


INDUCTION = {"induction", "rise"}
FAULTS: Mapping[str, tuple[Rule, set[str]]] = {
    "perfect": (lambda r, i, o: true_value(r, i), set()),
    # The same place for every item is at the same time straight-lining, blind to the state, and no scale.
    "always the first option": (
        lambda r, i, o: o[0][1],
        {*INDUCTION, "options reversed", "straight-lining", "consistency", "ceiling"},
    ),
    # Agreeing with everything says nothing of the state: no rise, one answer for all, no scale; half of the
    # items have their most distressed answer before anything has happened.
    "always agrees": (
        lambda r, i, o: 3,
        {*INDUCTION, "straight-lining", "acquiescence", "consistency", "ceiling"},
    ),
    "follows both hints": (hinted(to_more=3, to_less=0), {"hint more", "hint less"}),
    "follows the hint of more": (hinted(to_more=3, to_less=None), {"hint more"}),
    "follows the hint of less": (hinted(to_more=None, to_less=0), {"hint less"}),
    "does the opposite of what is hoped for": (hinted(to_more=0, to_less=3), {"hint more", "hint less"}),
    "swayed by paraphrase": (swayed_by("Here are some statements"), {"paraphrased"}),
    "swayed by tone": (swayed_by("No comments."), {"curt"}),
    "swayed by letters": (swayed_by("B = not at all"), {"relabelled"}),
    "swayed by the place of options": (by_place, {"options reversed"}),
    "swayed by item order": (by_first_item, {"items reordered"}),
    # Its alpha is over 0.7, but not the whole of its interval.
    "agrees a little with everything": (agreeing, {"acquiescence", "consistency"}),
    # Where no telling differs from another the items have nothing to go together in.
    "blind to the scenario": (told(baseline=0, neutral=0, strong=0), {*INDUCTION, "consistency"}),
    "moved by any scenario": (told(baseline=0, neutral=1, strong=2), {"stays"}),
    # Who is moved as much by a neutral scenario neither stays nor rises more after a strong one.
    "moved by any scenario alike": (told(baseline=0, neutral=2, strong=2), {"induction", "stays"}),
    # After a fall under the neutral scenario the strong one only leads back.
    "calmed by a neutral scenario": (told(baseline=2, neutral=0, strong=2), {"rise", "stays", "ceiling"}),
    "leaves items out": (sometimes_silent, {"missing", "consistency"}),
    "repeats the client's last sentence": (echoing, {"echo"}),
}  # fmt: skip


async def trials_of(
    questionnaire: Questionnaire,
    way: Way,
    repeats: Sequence[States],
    provider: ScriptedProvider,
    seed: int,
    form: Form = "batch",
) -> tuple[Trial, ...]:
    return tuple([trial async for trial in battery(questionnaire, way, repeats, provider, seed, form)])


async def check(
    provider: ScriptedProvider, questionnaire: Questionnaire | None = None, way: Way = "report"
) -> Validity:
    asked = questionnaire or six()
    return judge(asked, way, await trials_of(asked, way, states(), provider, 5))


def faults(validity: Validity) -> set[str]:
    return {index.id for index in validity.indices if index.judgement in ("bad", "with care", "unknown")}


@pytest.mark.parametrize("behaviour", FAULTS)
async def test_each_behaviour_has_its_faults_found_and_no_others(behaviour):
    rule, expected = FAULTS[behaviour]
    validity = await check(model(rule))
    assert faults(validity) == expected, {i.id: i for i in validity.indices}


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        # Who is at ease has one answer for all, from which nothing can fall.
        (
            lambda r, i, o: min(felt(r, ITEMS[0]) if "knife" in about(r) else 0, 2),
            {"straight-lining", "floor"},
        ),
        (unlike, {"consistency"}),
        (forgetful, {"retest", "consistency"}),
    ],
)
async def test_faults_that_only_show_where_no_item_is_reversed(rule, fault):
    validity = await check(model(rule), six(turned=False))
    assert faults(validity) == fault, {i.id: i for i in validity.indices}


async def test_who_is_at_ease_answers_alike_and_is_not_blamed_for_it():
    """Without reversed items no distress is one answer for all: only after the knife can answers differ."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        return felt(request, item) - 1 if "knife" in about(request) else 0

    validity = await check(model(rule), six(turned=False))
    assert "straight-lining" not in faults(validity)
    estimate = validity.index("straight-lining").estimate
    assert estimate is not None and (estimate.value, estimate.n) == (0, REPEATS)
    assert validity.usable != "not usable with this model"


@pytest.mark.parametrize(
    ("higher_is", "calm"), [("more distress", 0), ("less distress", 3), ("neither", None)]
)
async def test_only_the_answer_that_means_no_distress_tells_nothing(higher_is, calm):
    scale = six(turned=False).scales[0].model_copy(update={"higher_is": higher_is})
    questionnaire = six(turned=False).model_copy(update={"scales": (scale,)})
    always: Mapping[int, Rule] = {0: lambda r, i, o: 0, 3: lambda r, i, o: 3}
    for answer, rule in always.items():
        index = (await check(model(rule), questionnaire)).index("straight-lining")
        assert index.judgement == ("unknown" if answer == calm else "bad")


async def test_one_that_declines_first_and_answers_when_asked_again_is_found_by_refusals_alone():
    honest = model(FAULTS["perfect"][0])

    def answer(request: Request) -> str:
        again = "These items still have no answer" in request.messages[-1].content
        return honest._next(request).text if again else "As an AI, I do not have feelings."

    assert faults(await check(ScriptedProvider(answer))) == {"refusals"}


async def test_chance_has_no_rise_no_retest_and_no_scale_and_leaves_the_rest_open():
    def rule(r: Request, i: str, _: list[tuple[str, float]]) -> float:
        return float(chance(r.sampling.seed, i, r.messages[-1].content, r.messages[:2], below=4))

    validity = await check(model(rule))
    sure = {index.id for index in validity.indices if index.judgement in ("bad", "with care")}
    assert sure == {*INDUCTION, "retest", "consistency", "ceiling"}
    assert validity.usable == "not usable with this model"


@pytest.mark.parametrize(
    ("behaviour", "usable"),
    [
        ("perfect", "usable"),
        ("follows both hints", "not usable with this model"),
        ("does the opposite of what is hoped for", "not usable with this model"),
        ("repeats the client's last sentence", "usable with care"),
        ("always agrees", "not usable with this model"),
        ("blind to the scenario", "not usable with this model"),
    ],
)
async def test_the_verdict_in_plain_words(behaviour, usable):
    validity = await check(model(FAULTS[behaviour][0]))
    assert validity.usable == usable
    assert validity.verdict.lower().startswith(usable)


async def test_a_shift_that_shows_in_one_state_is_not_halved_by_the_other():
    """Before any scenario the score lies at its lowest, where nothing can pull it down."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        calm = "No comments." in request.messages[-1].content
        return keyed(item, 0 if calm else felt(request, item))

    tone = (await check(model(rule))).index("curt")
    assert tone.estimate is not None and tone.estimate.value == pytest.approx(100 * 12.75 / 18)
    assert tone.title.endswith("after the strong scenario")
    assert tone.note.startswith("before any scenario 5.6 %")


async def test_a_shift_seen_in_few_repeats_is_neither_good_nor_bad():
    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        swayed = "No comments." in request.messages[-1].content and "knife, told 3" in about(request)
        return keyed(item, 0 if swayed else felt(request, item))

    validity = await check(model(rule))
    assert faults(validity) == {"curt"}
    assert validity.index("curt").judgement == "unknown"
    assert validity.verdict == "Usable with care: too few repeats to tell about another tone."


async def test_what_a_few_repeats_do_not_tell_of_a_hint_leaves_the_verdict_open():
    """GAD-7 as JSON on the embedded model was called usable, with every index that matters unknown."""

    def rule(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        asked = request.messages[-1].content
        swayed = "hope" in asked and "knife, told 3" in about(request)
        return keyed(item, 0 if swayed else felt(request, item))

    validity = await check(model(rule))
    assert validity.index("hint less").judgement == "unknown"
    assert validity.usable == "undecided"
    assert validity.verdict.startswith("Undecided: too few repeats to tell about a hint that ")
    assert validity.verdict.endswith("Check it with more repeats.")


async def test_a_repeat_is_one_case_however_many_administrations_it_has():
    validity = await check(model(FAULTS["perfect"][0]))
    for id in ("missing", "refusals", "straight-lining", "induction", "stays"):
        estimate = validity.index(id).estimate
        assert estimate is not None and estimate.n == REPEATS, id
    consistency = validity.index("consistency").estimate
    assert consistency is not None and consistency.n == 2 * REPEATS, "a row for each telling"


async def test_a_model_that_declines_has_no_scores_and_the_rest_is_not_asked():
    provider = ScriptedProvider(["As an AI language model, I don't have feelings."])
    validity = await check(provider)
    assert validity.index("refusals").judgement == "bad"
    assert validity.index("missing").judgement == "bad"
    assert validity.verdict == "Not usable with this model: the model declines to answer."
    assert len(provider.requests) == 4 * 3  # four plain ones settle it, each asked three times


async def test_half_the_items_left_out_is_missing_and_not_refused():
    def answer(request: Request) -> str:
        _, _, items = shown(request)
        return "\n".join(f"{item}: 1" for item in items if item in ITEMS[:3])

    validity = await check(ScriptedProvider(answer))
    assert validity.index("missing").judgement == "bad"
    assert validity.index("refusals").judgement == "good"


@pytest.mark.parametrize(
    ("share", "usable"),
    [(0.09, "usable"), (0.25, "usable with care"), (0.35, "not usable with this model")],
)
async def test_a_hint_is_graded_by_how_far_it_moves_the_score(share, usable):
    def top(request: Request) -> dict[str, float]:
        afraid = 0.6 if "knife" in about(request) else 0.1
        if "very distressed" in request.messages[-1].content:
            afraid += share
        return {" afraid": afraid, " calm": 1 - afraid}

    validity = await check(ScriptedProvider(["x"], top=top), probe(), "word")
    assert validity.usable == usable
    said = "told that more distress is hoped for, it moves by" in validity.verdict
    assert said == (usable != "usable")


async def test_an_instrument_about_weeks_is_judged_by_not_following_one_evening():
    weeks = six().model_copy(update={"timeframe": "past two weeks"})
    moved = await check(model(FAULTS["perfect"][0]), weeks)
    assert moved.index("evening").judgement == "bad"
    assert moved.usable == "not usable with this model"
    assert "it asks about more than one evening and yet moves" in moved.verdict

    def unmoved(request: Request, item: str, _: list[tuple[str, float]]) -> float:
        return keyed(item, felt(request, item, {"Welcome": 1, "A room": 1, "A knife": 1}))

    still = await check(model(unmoved), weeks)
    assert still.index("evening").judgement == "good"
    assert still.usable == "usable with care", "that it follows weeks has not been shown either"
    assert "whether it follows the time it asks about" in still.verdict


def affects_probe() -> WordQuestionnaire:
    """A probe with scales for fear, sadness and anger."""
    words = {"fear": "afraid", "sadness": "sad", "anger": "angry", "calm": "calm"}
    items = tuple(WordItem(id=id, text=id, words=(word,)) for id, word in words.items())
    scales = tuple(Scale(id=id, items=(id,), method="sum", range=(0, 100)) for id in words)
    distress = Scale(id="distress", items=("fear", "sadness", "anger"), method="sum", range=(0, 100))
    return probe().model_copy(update={"items": items, "scales": (distress, *scales[:3])})


async def test_each_affect_is_judged_by_its_own_scenarios():
    def talk(about: str) -> tuple[Message, ...]:
        return (Message("system", "You take part."), Message("user", about), Message("assistant", "Go on."))

    own: list[StateName] = ["fear", "sadness", "anger"]
    told = [
        replace(one, own={affect: talk(f"A knife of {affect}, told {n}.") for affect in own})
        for n, one in enumerate(states())
    ]

    def top(request: Request) -> dict[str, float]:
        """Fear and sadness show as themselves; what makes angry is read as fear."""
        said = about(request)
        if "knife" not in said:
            return {" calm": 0.9, " afraid": 0.05}
        word = " sad" if "sadness" in said else " afraid"
        return {word: 0.7, " calm": 0.2}

    trials = await trials_of(affects_probe(), "word", told, ScriptedProvider(["x"], top=top), 5)
    validity = judge(affects_probe(), "word", trials)
    found = {i.id: i.judgement for i in validity.indices if i.id.startswith("own")}
    assert found == {"own fear": "good", "own sadness": "good", "own anger": "bad"}
    assert validity.verdict == (
        "Usable with care: its scales hardly tell their own scenarios from others (anger)."
    )
    assert len(trials) == battery_size(affects_probe(), "word", REPEATS, own=REPEATS)


def test_scales_of_affects_are_known_by_name_and_only_where_one_evening_counts():
    assert affect_scales(affects_probe()) == {"fear": "fear", "sadness": "sadness", "anger": "anger"}
    weeks = affects_probe().model_copy(update={"timeframe": "past week"})
    assert affect_scales(weeks) == {}
    assert affect_scales(probe()) == {}


def word_top(request: Request) -> dict[str, float]:
    afraid = 0.7 if "knife" in request.messages[1].content else 0.1
    return {" afraid": afraid, " calm": 0.9 - afraid, " the": 0.1}


async def test_a_probe_that_moves_with_the_state_is_usable():
    validity = await check(ScriptedProvider(["x"], top=word_top), probe(), "word")
    assert validity.usable == "usable", validity
    induction = validity.index("induction").estimate
    assert induction is not None and induction.value == pytest.approx(100 * (0.7 - 0.1) / 0.9)
    assert validity.index("consistency").judgement == "does not apply"


async def test_without_sampling_the_one_baseline_is_measured_once_and_is_no_sample():
    def top(request: Request) -> dict[str, float]:
        hinted = "perfectly calm" in request.messages[-1].content and "Welcome" in about(request)
        return {" afraid": 0.3, " calm": 0.6} if hinted else word_top(request)

    provider = ScriptedProvider(["x"], top=top)
    validity = await check(provider, probe(), "word")
    asked = [request for request in provider.requests if about(request) == "Welcome."]
    assert len(asked) == len(conditions_for(probe(), "word"))
    assert len(provider.requests) == battery_size(probe(), "word", REPEATS)
    less = validity.index("hint less")
    assert less.judgement == "with care", "its value is all there is to know of it"
    assert validity.index("retest").judgement == "does not apply", "the same call tells nothing new"
    assert less.estimate is not None and (less.estimate.n, less.estimate.low) == (1, None)
    stays = validity.index("stays").estimate
    assert stays is not None and stays.n == REPEATS


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


async def test_a_liking_for_a_letter_is_found_where_options_have_letters_already():
    """A range has lettered steps by this way: the letters are dealt from the other end."""
    relabelled = presentation_for(ranged(), "likelihood", "batch", "relabelled")
    assert (relabelled.labels, relabelled.letters) == ("letters", "reversed")
    assert presentation_for(six(), "likelihood", "batch", "relabelled").letters == "as written"
    provider = ScriptedProvider(["B"], top={" B": 0.6, " M": 0.3})
    assert "relabelled" in faults(await check(provider, ranged(), "likelihood"))


def test_only_conditions_that_can_differ_are_tried():
    assert "options reversed" not in conditions_for(probe(), "word")
    assert "items reordered" in conditions_for(six(), "report")
    assert "items reordered" not in conditions_for(six(), "report", "per item")
    assert "items reordered" not in conditions_for(six(), "likelihood")
    assert "relabelled" not in conditions_for(ranged(), "report")


def test_baselines_that_differ_are_each_measured():
    alike = States((), (), ())
    other = States((Message("user", "Welcome."),), (), ())
    planned = schedule(probe(), "word", [alike, alike, other])
    assert {repeat for repeat, state, _ in planned if state == "baseline"} == {0, 2}
    sampled = schedule(six(), "report", [alike, alike])
    assert {repeat for repeat, state, _ in sampled if state == "baseline"} == {0, 1}


async def test_the_form_checked_is_the_form_put():
    provider = model(FAULTS["perfect"][0])
    trials = await trials_of(six(), "report", states()[:2], provider, 1, "structured")
    assert {trial.administration.form for trial in trials} == {"structured"}


async def test_a_hosted_model_is_asked_several_at_once_and_says_the_same():
    alone, together = model(FAULTS["perfect"][0]), model(FAULTS["perfect"][0], Capabilities(local=False))
    first = await trials_of(six(), "report", states(), alone, 5)
    second = await trials_of(six(), "report", states(), together, 5)
    assert first == second
    assert judge(six(), "report", second).usable == "usable"


async def test_a_way_that_cannot_work_is_refused_before_the_first_call():
    provider = ScriptedProvider(["x"], capabilities=Capabilities())
    with pytest.raises(UsageError):
        await trials_of(probe(), "word", states(), provider, 1)
    assert not provider.requests
