"""What is tried out with a script as a whole: its versions, two of them in pairs, and it taken apart."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.app import App

from sandbox.engine.measure import written
from sandbox.engine.plan import SessionPlan
from sandbox.errors import SandboxError
from sandbox.library.copying import restore_version
from sandbox.library.document import MAX_ID
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study
from sandbox.study.conductor import Conductor
from sandbox.study.frozen import plan_of
from sandbox.study.proposal import Proposal
from sandbox.study.rehearsal import Rehearsal
from sandbox.study.small_study import Choices, small_study
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.messages import Trouble
from sandbox.tui.outline import study_lines
from sandbox.tui.preferences import Preferences
from sandbox.tui.proposing import last_choice
from sandbox.tui.screen import bring_up, close_below
from sandbox.tui.screens.prompt import Confirmation
from sandbox.tui.screens.small_study import Choice, Chosen, SmallStudyForm
from sandbox.tui.studies import Studies
from sandbox.tui.version_view import VersionReader, pairs_name
from sandbox.workbench.change import whole
from sandbox.workbench.dismantling import DESIGNS, Replacing, dismantle, method_of, name_of
from sandbox.workbench.versions import Pairs, ScriptVersion, like, pairs_of, seeds_to_run, versions_of

if TYPE_CHECKING:
    from sandbox.tui.messages import TechniqueWanted

_SEEDS = 5
"""Pairs that are proposed, and so many more once they are there."""
_REPEATS = 10


@dataclass(frozen=True, slots=True)
class _Planned:
    """A study of techniques that are in no file, and the conductor that knows them."""

    study: Study
    conductor: Conductor


class TryingOut:
    """Opens the pages about a technique of the Library, and starts the small studies asked for there."""

    def __init__(
        self, app: App[None], preferences: Preferences, conductor: Conductor, studies: Studies
    ) -> None:
        self._app = app
        self._preferences = preferences
        self._conductor = conductor
        self._studies = studies

    async def open(self, message: "TechniqueWanted") -> None:
        try:
            if message.wish == "dismantle":
                await self._dismantle(message.technique)
            elif message.wish == "rehearse":
                await self._rehearse(message.technique)
            else:
                await self._versions(message.technique)
        except SandboxError as error:
            self._app.post_message(Trouble(error))

    async def _rehearse(self, technique: str) -> None:
        """Let it be heard by the client, and after the scenario, that ran last. Raises SandboxError."""
        from sandbox.tui.screens.rehearsal import RehearsalScreen

        if bring_up(self._app, RehearsalScreen, lambda one: one.technique == technique):
            return
        last = last_choice(self._preferences.remembered.proposal, self._preferences.settings.model)
        wished = replace(last, techniques=(technique,), designs=("after scenario",))
        rehearsal = await asyncio.to_thread(Rehearsal, self._conductor, wished)
        for one in self._app.screen_stack:
            if isinstance(one, RehearsalScreen):
                one.end()
        self._app.push_screen(RehearsalScreen(rehearsal))
        await close_below(self._app, lambda one: isinstance(one, RehearsalScreen))

    # Versions

    async def _versions(self, technique: str) -> None:
        """Show its versions. Raises NotFoundError when none ran."""
        from sandbox.tui.screens.versions import VersionsScreen

        store = self._conductor.store
        reader = VersionReader(store, self._conductor.library, technique)
        await asyncio.to_thread(reader.versions)
        if bring_up(self._app, VersionsScreen, lambda one: one.reader.technique == technique):
            return
        self._app.push_screen(VersionsScreen(reader, self._ask_for_pairs, self._restore))

    def _restore(self, version: ScriptVersion) -> None:
        """Make it the text of the workspace's file, once that is agreed to."""
        technique = version.technique

        def answered(yes: bool | None) -> None:
            if yes:
                self._app.run_worker(self._write(version))

        note = (
            "The file in your workspace says again what this version says; comments in it go. What it says "
            "now stays in the record if it ever ran; if not, the version gets a file of its own."
        )
        question = f"Restore version {technique.version} of {technique.id}?"
        self._app.push_screen(Confirmation(question, note), answered)

    async def _write(self, version: ScriptVersion) -> None:
        def write() -> str:
            known = {one.hash for one in versions_of(self._conductor.store, version.technique.id)}
            library = self._conductor.library
            return str(restore_version(whole(version.technique, library), library, known))

        try:
            path = await asyncio.to_thread(write)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            self._app.notify(f"Restored: {path}", timeout=8, markup=False)

    # Two versions in pairs

    def _ask_for_pairs(self, one: ScriptVersion, other: ScriptVersion) -> None:
        self._app.run_worker(self._offer_pairs(one, other), group=OPENING)

    async def _offer_pairs(self, one: ScriptVersion, other: ScriptVersion) -> None:
        """Say what the missing pairs take, and run them once that is agreed to."""
        store = self._conductor.store
        try:
            there = await asyncio.to_thread(pairs_of, store, one, other)
            plan = await asyncio.to_thread(like, store, one)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return

        async def weigh(chosen: Chosen) -> Sequence[str]:
            count = int(chosen["pairs"])
            found = await asyncio.to_thread(self._pairs, one, other, plan, there, count)
            missing = seeds_to_run(there.seeds, count)
            told = f"seeds {', '.join(map(str, missing[:12]))}{' …' if len(missing) > 12 else ''}"
            study = found.study.model_copy(update={"seeds": missing})
            return (told, *await study_lines(found.conductor, study))

        def answered(chosen: Chosen | None) -> None:
            if chosen is not None:
                self._app.run_worker(self._run_pairs(one, other, plan, there, int(chosen["pairs"])))

        has = len(there.seeds)
        wanted = _SEEDS if has < _SEEDS else has + _SEEDS
        note = (
            f"Both versions and the control, from the same shared starts: {plan.scenario.title}, "
            f"{plan.client.title}. {has} pair{' is' if has == 1 else 's are'} there; what is missing runs. "
            "Versions pools all pairs, the study's own page only those that the study ran."
        )
        form = SmallStudyForm("Run pairs", note, [Choice("pairs", "pairs in all", str(wanted))], weigh)
        self._app.push_screen(form, answered)

    async def _run_pairs(
        self, one: ScriptVersion, other: ScriptVersion, plan: SessionPlan, there: Pairs, count: int
    ) -> None:
        try:
            found = await asyncio.to_thread(self._pairs, one, other, plan, there, count)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if await self._studies.start(found.study, found.conductor, show=False):
            self._app.notify("They run by themselves; the interval shows here as they come in.", timeout=8)

    def _pairs(
        self, one: ScriptVersion, other: ScriptVersion, plan: SessionPlan, there: Pairs, count: int
    ) -> _Planned:
        """The study of the missing pairs. Raises SandboxError where none is missing. Reads."""
        seeds = set(seeds_to_run(there.seeds, count))
        if not seeds:
            raise SandboxError(f"{len(there.seeds)} pairs are there already.", todo="Ask for more.")
        id = one.technique.id
        texts = {
            f"{id[: MAX_ID - 9]}-{version.hash[:8]}": version.technique
            for version in sorted((one, other), key=lambda version: version.hash)
        }
        conductor = self._conductor.with_library(self._conductor.library.with_techniques(texts))
        proposal = Proposal(
            scenario=plan.scenario.id,
            techniques=tuple(texts),
            client=plan.client.id,
            measures=tuple(map(written, plan.measures)),
            shuffled=plan.measures[0].shuffled if plan.measures else (),
            model=plan.model,
            administration=plan.administration,
            follow_up=plan.follow_up.id if plan.follow_up else None,
            therapist=plan.guidance.model if plan.guidance else None,
        )
        name = pairs_name(one, other, plan)
        told = f"Two versions of {id} from the same shared starts."
        study = small_study(_once(proposal, name), conductor.library).model_copy(
            update={"sampling": plan.sampling, "description": told}
        )
        if (before := self._conductor.studies.newest(name)) is not None:
            earlier = plan_of(before).study
            if earlier.model_copy(update={"seeds": study.seeds}) == study:
                seeds |= there.seeds & set(earlier.all_seeds)  # done: nothing is run that was not priced
        return _Planned(study.model_copy(update={"seeds": tuple(sorted(seeds))}), conductor)

    # Taken apart

    async def _dismantle(self, technique: str) -> None:
        """Say what it takes to see which step does the work, and run it once that is agreed to."""
        library = self._conductor.library
        whole = await asyncio.to_thread(library.technique, technique)
        scenarios = [
            entry.document
            for entry in await asyncio.to_thread(library.entries, "scenario")
            if isinstance(entry.document, Scenario) and entry.document.affect != "none"
        ]
        titles = [(one.title_with_affect, one.id) for one in scenarios]
        usual = Proposal().scenario
        first = usual if any(id == usual for _, id in titles) else titles[0][1] if titles else usual

        async def weigh(chosen: Chosen) -> Sequence[str]:
            found = await asyncio.to_thread(self._dismantling, whole.id, chosen)
            return await study_lines(found.conductor, found.study)

        def answered(chosen: Chosen | None) -> None:
            if chosen is not None:
                self._app.run_worker(self._take_apart(whole.id, chosen), group=OPENING)

        note = f"{whole.title}, {len(whole.steps)} steps: arms are made of it by leaving steps out."
        choices = (
            Choice("design", "arms", "left-out", [(said, key) for key, (_, said) in DESIGNS.items()]),
            Choice("replace", "in place of a step", "filler", _REPLACING),
            Choice("scenario", "scenario", first, titles),
            Choice("repeats", "shared starts, each with the next seed", str(_REPEATS)),
        )
        self._app.push_screen(SmallStudyForm("Which step does the work", note, choices, weigh), answered)

    async def _take_apart(self, technique: str, chosen: Chosen) -> None:
        try:
            found = await asyncio.to_thread(self._dismantling, technique, chosen)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        await self._studies.start(found.study, found.conductor)

    def _dismantling(self, technique: str, chosen: Chosen) -> _Planned:
        """The study of the arms. Raises SandboxError for a script that cannot be taken apart so. Reads."""
        library = self._conductor.library
        design = DESIGNS[chosen["design"]][0]
        replacing: Replacing = "nothing" if chosen["replace"] == "nothing" else "filler"
        arms = dismantle(library.technique(technique), library.default_control(), design, replacing=replacing)
        made = {arm.technique.id: arm.technique for arm in arms}
        conductor = self._conductor.with_library(library.with_techniques(made))
        proposal = Proposal(
            scenario=chosen["scenario"],
            techniques=tuple(made),
            control=design != "factorial",  # its arm without any step is filler already
            model=self._preferences.settings.model,
        )
        name = name_of(
            technique, chosen["design"], replacing, [proposal.scenario], proposal.client, proposal.model
        )
        choices = replace(_once(proposal, name), repeats=int(chosen["repeats"]))
        study = small_study(choices, conductor.library)
        source = study.source.model_copy(update={"method": method_of(chosen["design"], replacing)})
        return _Planned(study.model_copy(update={"source": source}), conductor)


_REPLACING = [("filler of the same length", "filler"), ("nothing: a shorter script", "nothing")]


def _once(proposal: Proposal, name: str) -> Choices:
    return Choices(proposal, (proposal.scenario,), (proposal.client,), (proposal.model,), name=name)
