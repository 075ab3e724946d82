"""A data set in the Brain Imaging Data Structure (BIDS): a simulated run is a participant.

`phenotype/` has a table a questionnaire and way of reading. BIDS takes one row a participant, so there is a
column for each measurement point and item or scale. What was said stands in the participant's `beh/`. Nobody
was asked, and everything says so: `simulated`, no species. See bids-specification.readthedocs.io, 1.10.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import sandbox
from sandbox.analysis.afterwards import named_afterwards
from sandbox.analysis.arm import Arm
from sandbox.analysis.family import Family
from sandbox.engine.history import Measured, turn_labels
from sandbox.engine.measure import Measure
from sandbox.engine.phase import PHASES, Point
from sandbox.export import NOTICE
from sandbox.export.data.choosing import Chosen, parts
from sandbox.export.data.columns import SCORES, SESSIONS, TURNS
from sandbox.export.data.data_set import Contents, about, new_folder
from sandbox.export.data.rows import shown_arms
from sandbox.export.table import guarded
from sandbox.library.document import document_hash
from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire, Scale
from sandbox.measurement.administration import Way, lowest_coverage
from sandbox.store.store import Store
from sandbox.text import printable

_VERSION = "1.10.0"
_TASK = "session"
_NA = "n/a"
_PARTICIPANT = (
    "model", "seed", "client", "scenario", "affect", "technique", "control", "stretches", "state",
)  # fmt: skip
"""Columns of participants.tsv that are explained as those of `sessions` are."""

_OWN = ("species", "simulated", "shared_start", "compared_with")
_OF_ALL = ("reliable", "coverage")
"""Of a whole administration, without an id; only where it was read by probabilities."""

_BY_PROBABILITIES: tuple[Way, ...] = ("likelihood", "word")

_SAID = ("turn", "label", "phase", "origin", "said", "reply")

_Key = tuple[str, Way, str]
"""Questionnaire, way, and the hash of its text: an edited one has a table of its own."""


@dataclass(slots=True)
class _Tool:
    """A questionnaire read in one way, with every point at which some participant was given it."""

    questionnaire: Questionnaire
    way: Way
    points: dict[str, Point] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[tuple[str, str, str], ...]:
        """Point, `item`, `scale`, `reliable` or `coverage`, and the id of item or scale, in order."""
        points = sorted(self.points.values(), key=lambda point: (PHASES.index(point.phase), point.number))
        parts = [
            *(("item", item.id) for item in self.questionnaire.items),
            *(("scale", scale.id) for scale in self.questionnaire.scales),
            *(((kind, "") for kind in _OF_ALL) if self.way in _BY_PROBABILITIES else ()),
        ]
        return tuple((point.label, kind, id) for point in points for kind, id in parts)


def write_bids(store: Store, chosen: Chosen, folder: Path, *, overwrite: bool = False) -> Contents:
    """The arms of the sessions as a BIDS data set; one whose place a redo took is left out.

    The record is read twice: which columns there are is known only at the end. Raises UsageError where
    something stands already, ExportError.
    """
    with new_folder(folder, _is_ours, overwrite=overwrite) as draft:
        contents, tools = _survey(store, chosen)
        names = _names(tools)
        (draft / "phenotype").mkdir()
        _write_json(draft / "dataset_description.json", _description(chosen))
        _write_json(draft / "participants.json", _participants_sidecar())
        _write_json(draft / f"task-{_TASK}_beh.json", _said_sidecar())
        for key, tool in tools.items():
            _write_json(draft / "phenotype" / f"{names[key]}.json", _sidecar(tool))
        (draft / "README.md").write_text(about(chosen, contents, tables=False), encoding="utf-8")
        _write_rows(store, chosen, draft, {names[key]: (key, tool) for key, tool in tools.items()})
    return contents


def _survey(store: Store, chosen: Chosen) -> tuple[Contents, dict[_Key, _Tool]]:
    contents = Contents()
    tools: dict[_Key, _Tool] = {}
    for part in parts(store, chosen):
        contents.take(part)
        for family in part.families:
            for arm in _participants(family):
                for key, measure, measured in _given(family, arm):
                    tool = tools.setdefault(key, _Tool(measure.questionnaire, measure.way))
                    tool.points.setdefault(measured.point.label, measured.point)
    return contents, tools


def _participants(family: Family) -> Iterator[Arm]:
    return (arm for arm in shown_arms(family) if arm.replaced_by is None)


def _given(family: Family, arm: Arm) -> Iterator[tuple[_Key, Measure, Measured]]:
    """What a participant was given, inherited measurements and those asked afterwards included."""
    measures = {(measure.questionnaire.id, measure.way): measure for measure in arm.asked.measures}
    later = named_afterwards(family.later.get(arm.id, ()), arm.plan)
    for measured in (*arm.history.measured, *later):
        given = measured.administration
        measure = measures.get((given.questionnaire, given.way))
        if measure is not None:
            key = (given.questionnaire, given.way, document_hash(measure.questionnaire))
            yield key, measure, measured


def _names(tools: Iterable[_Key]) -> dict[_Key, str]:
    """A file name for each, of letters, digits, hyphens: `word-probe_word`, with a hash where two texts
    share an id."""
    plain = {key: f"{'-'.join(_letters(key[0]).split())}_{key[1]}" for key in tools}
    shared = list(plain.values())
    return {key: name if shared.count(name) == 1 else f"{name}_{key[2][:8]}" for key, name in plain.items()}


def _letters(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in text)


# Rows


def _write_rows(store: Store, chosen: Chosen, folder: Path, tools: Mapping[str, tuple[_Key, _Tool]]) -> None:
    with (folder / "participants.tsv").open("w", encoding="utf-8", newline="") as participants:
        _line(
            participants,
            ("participant_id", "species", "simulated", "shared_start", "compared_with", *_PARTICIPANT),
        )
        opened = {
            key: (tool, (folder / "phenotype" / f"{name}.tsv").open("w", encoding="utf-8", newline=""))
            for name, (key, tool) in tools.items()
        }
        try:
            for tool, file in opened.values():
                _line(file, ("participant_id", *(_column(*column) for column in tool.columns)))
            for part in parts(store, chosen):
                for family in part.families:
                    for arm in _participants(family):
                        _line(participants, _participant(family, arm))
                        _write_said(folder, arm)
                        _write_given(family, arm, opened)
        finally:
            for _, file in opened.values():
                file.close()


def _participant(family: Family, arm: Arm) -> tuple[object, ...]:
    plan, control = arm.plan, family.control_for(arm)
    technique = plan.technique
    return (
        f"sub-{arm.id}", None, "yes", family.trunk, f"sub-{control.id}" if control else None,
        plan.model, plan.seed, plan.client.id, plan.scenario.id, plan.scenario.affect,
        technique.id if technique else None, int(arm.is_control) if technique else None,
        " ".join(plan.stretches), arm.state,
    )  # fmt: skip


def _write_said(folder: Path, arm: Arm) -> None:
    place = folder / f"sub-{arm.id}" / "beh"
    place.mkdir(parents=True)
    labels = turn_labels(arm.turns)
    with (place / f"sub-{arm.id}_task-{_TASK}_beh.tsv").open("w", encoding="utf-8", newline="") as file:
        _line(file, _SAID)
        for turn in arm.turns:
            _line(file, (turn.index, labels[turn.index], turn.phase, turn.origin, turn.said, turn.reply))


def _write_given(family: Family, arm: Arm, opened: Mapping[_Key, tuple[_Tool, TextIO]]) -> None:
    values: dict[_Key, dict[tuple[str, str, str], float | None]] = {}
    for key, _, measured in _given(family, arm):
        label, given = measured.point.label, measured.administration
        found = values.setdefault(key, {})
        found.update({(label, "item", answer.item): answer.value for answer in given.final_answers})
        found.update({(label, "scale", score.scale): score.value for score in given.scores})
        if any(score.value is not None for score in given.scores):
            found[label, "reliable", ""] = int(given.reliable)
            found[label, "coverage", ""] = lowest_coverage(given)
    for key in values.keys() & opened.keys():  # a questionnaire that came in meanwhile has no table
        (tool, file), found = opened[key], values[key]
        _line(file, (f"sub-{arm.id}", *(found.get(column) for column in tool.columns)))


def _column(label: str, kind: str, id: str) -> str:
    return "_".join(filter(None, (label, kind, id.replace("-", "_"))))


def _line(file: TextIO, cells: Sequence[object]) -> None:
    file.write("\t".join(map(tsv_cell, cells)) + "\n")


def tsv_cell(value: object) -> str:
    """No tab and no line break, and nothing that a spreadsheet would run; n/a for what is missing."""
    if isinstance(value, float):
        return f"{value:.10g}"
    text = str(guarded(" ".join(printable(value).split()))) if isinstance(value, str) else value
    return _NA if text in (None, "") else str(text)


# What the columns mean


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _description(chosen: Chosen) -> Mapping[str, object]:
    return {
        "Name": f"Simulated sessions, nobody was asked: {printable(chosen.asked)}",
        "BIDSVersion": _VERSION,
        "DatasetType": "raw",
        "License": "Not stated for the whole; the licence of each document stands in README.md",
        "GeneratedBy": [{"Name": "therapy-sandbox", "Version": sandbox.__version__, "Description": NOTICE}],
    }


def _participants_sidecar() -> Mapping[str, object]:
    columns = {column.name: column for column in SESSIONS.columns}
    return {
        "species": {"Description": f"Not applicable: a language model played the client. {NOTICE}"},
        "simulated": {"Description": NOTICE, "Levels": {"yes": "a simulated run, no person"}},
        "shared_start": {"Description": "Baseline and scenario it shares with others: those are paired"},
        "compared_with": {"Description": columns["compared_with"].meaning},
        **{name: {"Description": columns[name].meaning} for name in _PARTICIPANT},
    }


def _said_sidecar() -> Mapping[str, object]:
    columns = {column.name: column for column in TURNS.columns}
    said = {name: {"Description": columns[name].meaning} for name in _SAID}
    return {"TaskName": _TASK, "TaskDescription": f"A simulated session, turn by turn. {NOTICE}", **said}


def _sidecar(tool: _Tool) -> Mapping[str, object]:
    questionnaire = tool.questionnaire
    scores = {column.name: column for column in SCORES.columns}
    parts: dict[tuple[str, str], dict[str, object]] = {
        **{(kind, ""): {"Description": scores[kind].meaning} for kind in _OF_ALL},
        **{("item", item.id): _item(questionnaire, tool.way, item.text) for item in questionnaire.items},
        **{("scale", scale.id): _scale(scale) for scale in questionnaire.scales},
    }
    what = f"{questionnaire.title} ({questionnaire.id} {questionnaire.version}), read by {tool.way}"
    about_it = printable(f"{what}; licence: {questionnaire.licence}. {NOTICE}")
    columns = {
        _column(label, kind, id): {"LongName": f"{id or kind} at {label}", **parts[kind, id]}
        for label, kind, id in tool.columns
    }
    return {"MeasurementToolMetadata": {"Description": about_it}, **columns}


def _scale(scale: Scale) -> dict[str, object]:
    low, high = scale.range
    said = f"{scale.method} of {', '.join(scale.items)}, from {low:g} to {high:g}; more is {scale.higher_is}."
    return {"Description": f"{said} Simulated affect, not a feeling."}


def _item(questionnaire: Questionnaire, way: Way, text: str) -> dict[str, object]:
    said: dict[str, object] = {"Description": " ".join(printable(text).split())}
    if isinstance(questionnaire, RatingQuestionnaire) and questionnaire.options and way == "report":
        said["Levels"] = {f"{one.value:.10g}": printable(one.label) for one in questionnaire.options}
    elif not isinstance(questionnaire, RatingQuestionnaire):
        said["Units"] = "points from 0 to 100"
    return said


def _is_ours(file: Path) -> bool:
    parts = file.parts
    if len(parts) == 1:
        own = {"dataset_description.json", "participants.tsv", "participants.json", "README.md"}
        return str(file) in {*own, f"task-{_TASK}_beh.json"}
    if parts[0] == "phenotype":
        return len(parts) == 2 and file.suffix in (".tsv", ".json")
    return file.match(f"sub-*/beh/sub-*_task-{_TASK}_beh.tsv")
