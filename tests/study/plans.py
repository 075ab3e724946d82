"""A small plan of a study made by hand: cells with two arms each, on a scripted model."""

from typing import Any

from sandbox.engine.measure import Measure
from sandbox.library.document import document_hash
from sandbox.library.study import Study
from sandbox.study.plan import Arm, Cell, StudyPlan
from tests.documents import HEAD, client, probe, scenario, technique


def study_plan(repeats: int = 2, *, of: dict[str, Any] | None = None, **fields: Any) -> StudyPlan:
    """A trunk a repeat with a technique and a control; `of` has fields of the study."""
    control = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
    documents = (scenario(), client(), technique(), control)
    told, played, breathing, filler = (document_hash(one) for one in documents)
    written: dict[str, Any] = {"scenarios": ("dark-street",), "techniques": ("breathing",)}
    written |= {"repeats": repeats, **HEAD, **(of or {})}
    model = fields.pop("model", "scripted")
    everything = {
        "root": "r00t",
        "study": Study(id="worry", title="Worry", **written),
        "documents": {document_hash(one): one for one in documents},
        "measures": {model: (Measure(questionnaire=probe(), way="word"),)},
        "cells": tuple(
            Cell(
                number=repeat,
                model=model,
                client=played,
                scenario=told,
                repeat=repeat,
                seed=repeat,
                arms=(Arm(technique=breathing), Arm(technique=filler)),
            )
            for repeat in range(1, repeats + 1)
        ),
    }
    return StudyPlan(**{**everything, **fields})
