"""A key that does nothing now: what is said when it is pressed all the same. Presses nothing."""

from typing import Any

from textual.events import Key
from textual.screen import Screen

from sandbox.tui.screen import Screen as OwnScreen

_NOTHING_RUNS = "Nothing is running here: b adds an arm, E changes a step and goes on."
_NOTHING_YET = "No run is finished yet: there is nothing to tell."
_READING = "This is still being read."
_MARK_DOCUMENT = "Mark a document first: Enter opens a kind."
_FOR_TECHNIQUES = "v, z and r are for techniques: mark one."
_FOR_SESSIONS = "Mark a session first. A study's line opens with Enter, c compares it as a whole."

REASONS = {
    "home.resume": "Nothing is left to go on with here: Enter opens a session, b adds an arm in it.",
    "home.export": "Mark a session first (Tab). A study has a report: Enter opens it, r writes it.",
    "session.pause": _NOTHING_RUNS,
    "session.next": _NOTHING_RUNS,
    "session.stop": _NOTHING_RUNS,
    "session.say": "Nothing is running here: b adds an arm in which you may speak.",
    "session.skip": "No step is coming that could be left out.",
    "session.redo": _READING,
    "session.branch": _READING,
    "session.export": _READING,
    "session.copy": _READING,
    "session.review": _READING,
    "session.right": "There is only one arm: b adds another.",
    "session.left": "There is only one arm: b adds another.",
    "session.tree": "There is only one arm: b adds another.",
    "session.compare": "Comparing takes two arms that have begun. b adds one.",
    "session.change": "The shared start has no step to change: ] goes to an arm.",
    "session.why": "There is nothing to caution about.",
    "step.next": "This is the last step.",
    "step.before": "This is the first step.",
    "changed.keep": "It is kept already: p compares the two over more seeds.",
    "changed.throw": "It is kept already: the Library deletes what is yours (x there).",
    "compare.scale": "Only one scale was measured.",
    "sessions.mark": "A study is not marked: Enter opens it, c compares it as a whole.",
    "sessions.compare": _FOR_SESSIONS,
    "sessions.report": _FOR_SESSIONS,
    "sessions.tag": _FOR_SESSIONS,
    "sessions.export": _FOR_SESSIONS,
    "sessions.branch": _FOR_SESSIONS,
    "sessions.review": _FOR_SESSIONS,
    "sessions.remove": _FOR_SESSIONS,
    "sessions.ask": _FOR_SESSIONS,
    "study.pause": "Nothing is left to run: c compares what is finished.",
    "study.stop": "It is not running: there is nothing to stop.",
    "study.compare": _NOTHING_YET,
    "study.report": _NOTHING_YET,
    "study.steps": _NOTHING_YET,
    "progress.stop": "x stops what this app runs itself. A study is stopped on its own page: t on Home.",
    "progress.take-over": "Mark a session that another machine is said to run.",
    "library.edit": _MARK_DOCUMENT,
    "library.duplicate": _MARK_DOCUMENT,
    "library.delete": "What came with the app cannot be deleted. Mark a document of your own (•).",
    "library.clip": _MARK_DOCUMENT,
    "library.copy": "c copies a shipped document. e edits your own, d makes another of it.",
    "library.use": "u is for what a session is made of: scenario, technique, questionnaire, client.",
    "library.versions": _FOR_TECHNIQUES,
    "library.dismantle": _FOR_TECHNIQUES,
    "library.rehearse": _FOR_TECHNIQUES,
    "library.problem": "No document has a problem.",
    "versions.mark": "Only one version has a session in the lists: E in a session makes another.",
    "versions.pairs": "Only one version has a session in the lists: E in a session makes another.",
    "versions.compare": "No pair is there yet: p runs them.",
    "versions.restore": "The file says this already.",
    "rehearsal.again": "Wait until it has been said.",
    "review.unseen": "This line takes no answer: go to a question on the right.",
    "review.undo": "There is no mark of yours here to take back.",
    "review.note": "Nothing was said here that a note could be about.",
    "review.form": _READING,
    "review.prefer": "This takes two finished arms of one start, and a form that asks about two.",
    "review.next": "This is the only transcript: Sessions opens several (space marks, j).",
    "review.previous": "This is the only transcript: Sessions opens several (space marks, j).",
    "prefer.a": _READING,
    "prefer.b": _READING,
    "prefer.neither": _READING,
    "prefer.undo": _READING,
    "prefer.next": "There are only these two arms.",
    "prefer.form": "Only one form asks which is better.",
    "models.check": "This model cannot be asked now: Enter says why.",
    "models.validity": "This model cannot be asked now: Enter says why.",
    "models.drop": "d takes away a model that you added with a; this one was found.",
    "models.key": "Only a service takes a key: mark one.",
    "models.address": "Only a server has an address: mark one.",
    "check.usual": "A check is running: x stops it.",
    "check.stop": "No check is running: c runs the usual ones.",
    "small-study.run": "Wait until it is said what this takes.",
}
"""By the id of the binding: why the key does nothing where it is grey, or what to do instead. A screen has a
better word where it depends on what runs (`why_not`)."""


def why_silent(screen: Screen[Any], event: Key) -> str:
    """What is said of the key; empty where it does something, is typed into a text, or means nothing."""
    focused = screen.focused
    if focused is not None and focused.check_consume_key(event.key, event.character):
        return ""
    active = screen.active_bindings.get(event.key)
    if active is None or active.enabled:
        return ""
    binding = active.binding
    if isinstance(screen, OwnScreen) and (why := screen.why_not(binding.id or "")):
        return why
    return REASONS.get(binding.id or "", f"Not now: {binding.tooltip or binding.description}.")
