"""A small plan of a study made by hand: two cells on a scripted model."""

from sandbox.engine.plan import Measure
from sandbox.library.document import document_hash
from sandbox.library.study import Study
from sandbox.study.plan import Arm, Cell, StudyPlan
from tests.documents import HEAD, client, probe, scenario, technique


def study_plan(**fields) -> StudyPlan:
    documents = (scenario(), client(), technique())
    hashes = [document_hash(one) for one in documents]
    study = Study(id="worry", title="Worry", scenarios=("dark-street",), techniques=("breathing",), **HEAD)
    arms = (Arm(technique=hashes[2]), Arm(technique=None, stretches=("induction", "follow-up")))
    cells = tuple(
        Cell(number=n, model="scripted", client=hashes[1], scenario=hashes[0], repeat=n, seed=n, arms=arms)
        for n in (1, 2)
    )
    measures = {"scripted": (Measure(questionnaire=probe(), way="word"),)}
    everything = {"root": "r00t", "study": study, "measures": measures, "cells": cells}
    named = dict(zip(hashes, documents, strict=True))
    return StudyPlan(**{**everything, "documents": named, **fields})
