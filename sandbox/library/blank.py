"""New documents: a commented text for each kind that loads as it stands, and the file it is written to.

FILL IN marks where the writer's own words belong; the linter names every mark that is left.
"""

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from sandbox.errors import SandboxError, UsageError, reason_of
from sandbox.library.catalogue import Library
from sandbox.library.document import FOLDERS, Kind, id_of, is_id
from sandbox.library.loading import SUFFIX
from sandbox.library.yaml.edit import with_value
from sandbox.text import excerpt
from sandbox.whole_file import write_whole

_HEAD = """\
# {what}
# Lines that start with # are not read. To use one of them, take its “# ” away. More: docs/{page}
# Replace each FILL IN, then check with: sandbox validate {folder}/{id}.yaml
id: {id}                  # the same as the file's name without .yaml
title: FILL IN a short name
description: FILL IN one or two sentences, what it is about.
source:
  author: FILL IN your name
  drafted_by: person          # or: language model
#   method: imagery vignette  # how it was made
#   drawn_from: what it leans on
licence: CC-BY-4.0            # under which terms others may use it
version: "1"                  # in quotes; raise it when you change the text
language: en
"""

_SCENARIO = """\
affect: fear                  # fear anxiety worry sadness anger disgust stress, or none (neutral)
intensity: moderate           # mild moderate strong: how hard it would be for a person
# domain: work                # the part of life it is from
# content_warning: [violence] # what a reader should know before opening it
# references:                 # publications it leans on
#   - {title: "Author A (2020). Title. Journal 1(2), 3–4.", doi: 10.1000/182}
turns:                        # two to four; at most 100 words each, in the second person
  - say: >-
      FILL IN how it begins: where you are, what you see and hear.
  - say: >-
      FILL IN how it comes to a head, and what the body does. Show the situation; do not name the affect.
#     reply: false            # told without waiting for an answer
# tasks:                      # questions after the turns; the answers are checked by rule
#   - id: subtract
#     check: {kind: serial subtraction, start: 1022, step: 13}    # or kind: quiz, with questions
#     begin: What is 1022 minus 13?
#     right: Go on. What is {number} minus 13?
#     wrong: That is wrong. Start again. What is {number} minus 13?
#     unreadable: I did not hear a single number. Start again. What is {number} minus 13?
#     stop: {questions: 6, right_in_a_row: 5}
"""

_TECHNIQUE = """\
family: supportive            # mindfulness, cbt, act, dbt, relaxation, compassion, problem solving, control,
#                               harmful (a negative control: what should make it worse)
rationale: FILL IN why it should help.
# references:
#   - {title: "Author A (2020). Title. Journal 1(2), 3–4.", doi: 10.1000/182}
delivery: scripted            # scripted | guided | live
#                               scripted: each step is said as it stands
#                               guided: a therapist model finds the words; each step says what to do
#                               live: each step is a cue for you, and you type
steps:                        # five to eight; at most 100 words each
  - id: open
    say: >-
      FILL IN what the therapist says first.
  - id: explain
    say: >-
      FILL IN what the two of you are going to do, and why.
  - id: begin
    say: >-
      FILL IN the first thing to do or to look at.
  - id: deepen
#     when: "score('distress') > 30"                           # said only if this holds
#     repeat: {until: "score('distress') < 20", at_most: 3}    # said again until this holds
    say: >-
      FILL IN the next step. You can quote the client: “{{ last_reply | excerpt(80) }}”.
  - id: close
    say: >-
      FILL IN how it ends, with an open question about the present moment.
fidelity:                     # what a reviewer can see and tick
  - FILL IN something the therapist observably does
  - FILL IN something else that can be seen in a transcript
  - FILL IN what the therapist leaves alone
cautions: >-
  FILL IN for whom, and when, it is not the right thing.
"""

_QUESTIONNAIRE = """\
kind: rating                  # rating | word (a next-word probe: see word-probe.yaml)
timeframe: right now          # right now, today, past week, past two weeks, past month, in general
preamble: FILL IN the instruction that stands above the items.
options:                      # or instead of them, a number in a range: see affect-ratings.yaml
  - {value: 0, label: not at all}
  - {value: 1, label: a little}
  - {value: 2, label: somewhat}
  - {value: 3, label: very much}
items:
  - {id: q1, text: "FILL IN the first statement"}
  - {id: q2, text: "FILL IN a statement that points the other way", reverse: true}
scales:
  - id: SCALE-ID              # a name of its own: score('SCALE-ID') in techniques means this scale
    title: FILL IN the scale's name
    items: [q1, q2]
    method: sum               # sum | mean
    range: [0, 6]             # lowest and highest possible score: here 2 items of 0 to 3
    higher_is: more distress  # more distress | less distress | neither
    missing: {at_most: 0, rule: absent}   # rule: prorate uses the mean of the items that are there
"""

_CLIENT = """\
system: >-                    # who the model plays; two or three short paragraphs. No scores to give.
  FILL IN who you are, in the second person: name, age, what happened, what brings you here.

  FILL IN how you speak, and how forthcoming or guarded you are.

  Stay this person throughout. Answer in the first person, in one to three short sentences. Do not give
  advice, and do not speak about therapy from outside.
small_model:                  # for very small models only; larger ones are not shown this
  opening: I feel             # how every reply begins
  examples:                   # they end in an ordinary, calm state: the baseline depends on them
    - say: Good morning, please take a seat. Did you find your way here all right?
      reply: I feel all right. I took the bus.
    - say: We have plenty of time today. How is it to sit here?
      reply: I feel at ease enough, thank you.
"""

_STUDY = """\
question: FILL IN what it is to answer, and how large a difference would matter.
scenarios: [night-attack, test-results]       # ids; sandbox catalogue lists what there is
techniques: [mindful-breathing]
# controls: [filler-manual, waiting]          # left out: filler-manual; []: none
# models: [embedded, openai/gpt-4o]           # left out: embedded
# clients: [study-participant]
# designs: [after scenario, without scenario, before scenario, measured again]
repeats: 5                                    # how often each scenario is run, each time with another seed
# first_seed: 1                               # or, in place of both: seeds: [1, 2, 42]
# measures: [word-probe, "affect-ratings@three"]    # left out: chosen for each model
# shuffled: [options]                         # or labels: shuffled at each point anew
# administration: aside                       # or in_conversation: the client remembers being asked
# follow_up: doing-laundry                    # a neutral scenario told before the last measurement
# therapist: openai/gpt-4o                    # the model that speaks guided techniques
# sampling: {temperature: 0.5, max_tokens: 200}
# at_once: 10                                 # sessions at once at most, with a hosted model
# caps: {cost: 5, calls: 20000, hours: 8}     # the most it may use; cost in US dollars
# stop: {scale: distress, within: 10, looks: [3, 5]}   # end when the effect is known to ± 10
# references:                                 # publications it follows
#   - {title: "Author A (2020). Title. Journal 1(2), 3–4.", doi: 10.1000/182}
"""

_FORM = """\
instruction: FILL IN what a reviewer should know before answering.
levels:                       # the answers, from low to high; an item may have its own
  - {value: 1, label: not at all}
  - {value: 2, label: in part}
  - {value: 3, label: fully}
items:
  - {id: q1, text: "FILL IN the first question about the transcript"}
  - id: q2
    text: FILL IN another question
#     levels:                 # answers of its own
#       - {value: 0, label: no concern}
#       - {value: 1, label: some concern}
  - {id: q3, text: "FILL IN one more"}
# preference: Which of the two would you choose?    # asked of two transcripts side by side
# scales:                     # means of items that are answered in the same numbers
#   - {id: whole, title: The whole, items: [q1, q3]}
"""

_CODEBOOK = """\
tags:                         # what a reviewer may put on a turn, or on words of it
  - id: first
    title: FILL IN what the tag stands for
    when: FILL IN when a turn gets it, and when not.
"""

_BODIES: Mapping[Kind, tuple[str, str, str]] = {
    "scenario": ("A scenario: a situation told to the client.", "write-a-scenario.md", _SCENARIO),
    "technique": ("A technique: what the therapist says.", "write-a-technique.md", _TECHNIQUE),
    "questionnaire": (
        "A questionnaire: items, their answers, and the scales they add up to.",
        "add-a-questionnaire.md",
        _QUESTIONNAIRE,
    ),
    "client": ("A client: the profile the model plays.", "documents.md", _CLIENT),
    "study": ("A study: what is run, how often, and when it ends.", "studies.md", _STUDY),
    "form": ("A form: what a reviewer fills in about a transcript.", "review.md", _FORM),
    "codebook": ("A codebook: tags for turns of a transcript.", "review.md", _CODEBOOK),
}
"""What each kind is, in a line; the page of docs/ on it; its text."""


def blank(kind: Kind, id: str, title: str = "") -> str:
    """The text of a new document. It loads as it stands, and the linter lists what is to be filled in."""
    what, page, body = _BODIES[kind]
    head = _HEAD.replace("{what}", what).replace("{page}", page).replace("{folder}", FOLDERS[kind])
    text = (head + body).replace("{id}", id).replace("SCALE-ID", id)
    return (with_value(text, ("title",), title) or text) if title else text


def write_blank(library: Library, kind: Kind, id: str, title: str = "") -> Path:
    """Write a new document into the workspace, whose folder is made if need be, and say where.

    Without `title` its title is one of the texts to be filled in.

    Raises UsageError when the id cannot be one or is taken, by a shipped document too; SandboxError when the
    file cannot be written: then nothing of it is left. Nothing is ever overwritten.
    """
    _refuse_wrong_id(id)
    folder = library.workspace.content(kind)
    path = folder / f"{id}{SUFFIX}"
    if id in library.ids(kind) or os.path.lexists(path):
        raise UsageError(
            f"there is a {kind} “{id}” already",
            where=str(path) if os.path.lexists(path) else "",
            todo="choose another id; to work on a copy of everything shipped: sandbox init DIR",
        )
    try:
        write_whole(path, blank(kind, id, title))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        todo = "free some space" if full else "choose a folder you may write to"
        todo += ", or name another workspace with SANDBOX_WORKSPACE"
        raise SandboxError(
            f"the file cannot be written: {reason_of(error)}", where=str(path), todo=todo
        ) from None
    return path


def _refuse_wrong_id(id: str) -> None:
    if is_id(id):
        return
    meant = id_of(id)
    hint = "an id has lower-case letters, digits and single hyphens, at most 64 characters"
    raise UsageError(f"“{excerpt(id, 60)}” is not an id", todo=f"{hint}: {meant}" if meant else hint)
