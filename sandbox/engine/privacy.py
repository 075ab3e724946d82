"""Whether what is about to be said looks like a real person's details and would leave this machine."""

from collections.abc import Iterator, Sequence

from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.preview import passages
from sandbox.library.document import Document
from sandbox.library.suspect_words import personal


def leaving_details(heads: Sequence[SessionHead], *, local: bool) -> str:
    """A warning that names the first such detail in what is told and asked.

    `local`: whether every model that reads it, the client's and the therapist's, is on this machine; then it
    is empty.
    """
    if local:
        return ""
    found = next((detail for head in heads for text in _texts(head.plan) if (detail := personal(text))), None)
    return warning(found) if found else ""


def warning(detail: str) -> str:
    return f"“{detail}” looks like a real person's details, and not every model is on this machine."


def _texts(plan: SessionPlan) -> Iterator[str]:
    for document in told_documents(plan):
        yield from (passage.text for passage in passages(document))


def told_documents(plan: SessionPlan) -> Iterator[Document]:
    """Whatever the plan tells and asks."""
    asked = (measure.questionnaire for measure in plan.measures)
    for document in (plan.client, plan.scenario, plan.technique, plan.follow_up, *asked):
        if document is not None:
            yield document
