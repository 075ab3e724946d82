"""The small studies of the Library's pages run what was said of them, whatever was run before."""

from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.engine.plan import SessionPlan
from sandbox.library.document import document_hash
from sandbox.settings import Settings
from sandbox.study.frozen import take_up
from sandbox.study.proposal import Proposal
from sandbox.tui.trying_out import TryingOut
from sandbox.workbench.versions import Pairs, ScriptVersion
from tests.study.test_runner import conducted, hosted


@dataclass
class Preferring:
    """What the pages ask of the preferences."""

    settings: Settings


async def test_pairs_on_another_model_take_up_no_seeds_of_the_first(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        page = TryingOut(None, None, conductor, None)  # type: ignore[arg-type]
        text = conductor.library.technique("mindful-breathing")
        texts = (text, text.model_copy(update={"version": "2"}))
        one, other = (ScriptVersion(each, document_hash(each), None, ()) for each in texts)  # type: ignore[arg-type]

        def plan(model: str) -> SessionPlan:
            return conductor.composed(Proposal(model=model))[0].plan

        def asked(model: str, there: set[int], count: int) -> tuple[str, tuple[int, ...]]:
            found = page._pairs(one, other, plan(model), Pairs(seeds=frozenset(there)), count)
            take_up(found.conductor, found.study)
            return found.study.id, found.study.all_seeds

        first, seeds = asked("embedded", set(), 5)
        assert seeds == (1, 2, 3, 4, 5)
        assert asked("embedded", {1, 2}, 3) == (first, (1, 2, 3)), "what was done stands, no more is run"
        there = asked("openai/gpt-4o", set(), 1)
        assert there[1] == (1,) and there[0] != first


async def test_what_is_taken_apart_otherwise_is_another_study(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        preferring = Preferring(Settings())
        page = TryingOut(None, preferring, conductor, None)  # type: ignore[arg-type]
        usual = {"design": "left-out", "replace": "filler", "scenario": "night-attack", "repeats": "2"}

        def called(**chosen: str) -> str:
            return page._dismantling("mindful-breathing", {**usual, **chosen}).study.id

        first = called()
        assert first == "dismantle-mindful-breathing-left-out" == called(repeats="3")
        names = {first, called(replace="nothing"), called(scenario="small-talk"), called(design="alone")}
        preferring.settings = replace(preferring.settings, model="openai/gpt-4o")
        names |= {called(), called(scenario="small-talk")}
        preferring.settings = replace(preferring.settings, model="openai-gpt/4o")
        assert len(names | {called()}) == 7
