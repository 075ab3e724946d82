"""Words that say more than they should: an affect named in a scenario, a leading question, a score to give,
a word the word probe counts.

English only, and heuristics: they find what a colleague would underline, not everything.
"""

import re
from collections.abc import Iterable, Mapping

from sandbox.errors import SandboxError
from sandbox.library.catalogue import WORD_PROBE, Library
from sandbox.library.questionnaire import WordItem, WordQuestionnaire
from sandbox.library.scenario import AFFECTS, Affect

_STEMS: Mapping[Affect, str] = {
    "fear": "fear|afraid|scared|scary|frighten|terrif|terror",
    "anxiety": "anxi|nervous",
    "worry": "worry|worrie",
    "sadness": r"sad(?:ness|ly|den|der|\b)|sorrow|grief|griev",
    "anger": r"anger|angry|angri|furious|rage\b|raging",
    "disgust": "disgust|revolt|repuls",
    "stress": "stress|overwhelm",
}
AFFECT_WORDS: Mapping[Affect, re.Pattern[str]] = {
    affect: re.compile(rf"\b(?:{stems})\w*", re.IGNORECASE) for affect, stems in _STEMS.items()
}
"""The words that name an affect, so that a model told them could simply give them back."""

_UNSEEN = re.compile(
    "[\u00ad\u180e\u200b\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Embeddings, overrides and isolates of direction, spaces without width, tags, and others without a shape."""

_GRAVE = re.compile(
    r"\b(?:blood\w*|knife|gun|weapon|rape\w*|assault\w*|suicid\w*|kill\w*|murder\w*|corpse|died|dead body|"
    r"vomit\w*|pus|maggots?|wound\w*|abuse\w*|molest\w*|self-harm)\b",
    re.IGNORECASE,
)
_LEADING = re.compile(
    r"\b(?:surely|obviously|of course|as you know|naturally|admit that|you must|"
    r"(?:do|did|is|are|was|were|would|have|has)n['’]t (?:you|it|that|this)|"
    r"how much (?:better|calmer|worse)|calmer now|better now|as expected)\b",
    re.IGNORECASE,
)
_INTERVENTION = re.compile(
    r"\b(?:exercise|intervention|technique|therap(?:y|ist)|session|breathing exercise|treatment)\b",
    re.IGNORECASE,
)
_SCORES = re.compile(
    r"\b(?:scores?|scoring|questionnaires?|PHQ|GAD|DASS|BDI|STAI|PANAS|rate yourself|ratings?|"
    r"out of (?:ten|10|a hundred|100)|\d+\s*(?:/|out of)\s*\d+)\b",
    re.IGNORECASE,
)
_THERAPEUTIC = re.compile(
    r"\b(?:breathe|breath|relax\w*|calm\w*|mindful\w*|soothe|soothing|let go|safe place)\b", re.IGNORECASE
)
_JARGON = re.compile(
    r"\b(?:cogniti(?:ons?|ve)|dysfunctional|maladaptive|schemas?|reappraisals?|defusion|ruminat\w*|"
    r"catastrophi[sz]\w*|arousal|hypervigilan\w*|(?:dys|self-)?regulat(?:e|ed|ion)|validat\w*|somatic\w*|"
    r"psychoeducat\w*|parasympathetic|autonomic|avoidance behaviou?r|safety behaviou?rs?|core beliefs?|"
    r"automatic thoughts?|attachment style|transference|comorbid\w*|psychopatholog\w*|intervention|"
    r"exposure (?:exercise|task|hierarchy)|distress tolerance|affect(?= regulation)|coping strateg\w*)\b",
    re.IGNORECASE,
)
_ABSOLUTE = re.compile(
    r"\b(?:always(?! (?:at )?the same)|never|everyone|everybody|all the time|completely|totally|"
    r"absolutely|guarantee\w*|certainly|definitely|without (?:a )?doubt|you (?:must|have got to))\b",
    re.IGNORECASE,
)
_ADVICE = re.compile(
    r"\b(?:you (?:really |simply |just )?(?:should|ought to|need to|must|have to|had better)(?! not\b)|"
    r"I(?:['’]d| would)? (?:suggest|recommend|advise)|my advice|why don['’]t you|why not (?:try|just)|"
    r"the best thing (?:you can do|to do|is to)|if I were you|what you need is)\b",
    re.IGNORECASE,
)
_ARGUING = re.compile(
    r"\b(?:(?:there is|there['’]s|you have) (?:really |simply )?(?:no (?:reason|need|cause)|nothing) to "
    r"(?:feel|be|worry|fear|cry|panic)|you(?:['’]re| are) (?:just )?(?:overreacting|exaggerating|wrong)|"
    r"(?:is|was)(?: not|n['’]t) (?:really |all )?(?:so|that|as) bad|"
    r"(?:does|did)(?: not|n['’]t) (?:sound|look|seem) (?:all )?(?:so|that) bad|"
    r"you should(?: not|n['’]t) (?:feel|be|worry|think|cry)|"
    r"do(?: not|n['’]t) (?:worry|be (?:silly|sad|afraid))|"
    r"(?:other people|others) (?:have it|go through|are) (?:much |far )?worse|look on the bright side|"
    r"it will (?:all )?be (?:fine|all right|alright|okay|ok)|but (?:surely|really) you|it could be worse|"
    r"calm down|cheer up|pull yourself together|be reasonable)\b",
    re.IGNORECASE,
)
_PERSONAL = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+\.\w{2,}"  # an e-mail address, tried once a run of letters: no long wait
    r"|(?<![\w.])\+?\d{2,4}[ /-]\d{3,4}[ -]?\d{3,6}(?!\w)"  # a telephone number
    r"|\b\d{1,2}[./]\d{1,2}[./](?:19|20)\d{2}\b|\b(?:19|20)\d{2}-\d{2}-\d{2}\b"  # a whole date
)


def naming(affect: Affect, text: str) -> str | None:
    """The first word in `text` that names `affect`; None when none does, and for `none`."""
    pattern = AFFECT_WORDS.get(affect)
    return _first(pattern, text) if pattern else None


def distress_named(text: str) -> str | None:
    """The first word in `text` that names any of the seven affects."""
    return next((word for affect in AFFECT_WORDS if (word := naming(affect, text))), None)


def grave(text: str) -> str | None:
    """The first word of violence, death, injury or the like that a reader may want to be warned of."""
    return _first(_GRAVE, text)


def leading(text: str) -> str | None:
    """The first phrase that suggests an answer."""
    return _first(_LEADING, text)


def names_intervention(text: str) -> str | None:
    """The first word that tells who answers that something was done to change the answer."""
    return _first(_INTERVENTION, text)


def scores(text: str) -> str | None:
    """The first mention of a score, a rating or an instrument."""
    return _first(_SCORES, text)


def therapeutic(text: str) -> str | None:
    """The first word that would make a control more than a control."""
    return _first(_THERAPEUTIC, text)


def jargon(text: str) -> tuple[str, ...]:
    """The words of the trade that a client may not know, each once."""
    return _all(_JARGON, text)


def absolutes(text: str) -> tuple[str, ...]:
    """The words that leave no exception, each once; those in a question claim nothing and are left out."""
    return _all(_ABSOLUTE, " ".join(part for part in re.findall(r"[^.!?]*[.!?]?", text) if "?" not in part))


def advice(text: str) -> re.Match[str] | None:
    """The first place that tells the client what to do in life; an exercise that is led is none."""
    return _ADVICE.search(text)


def arguing(text: str) -> str | None:
    """The first reassurance that argues: it tells a client that the feeling is wrong, or waves it away."""
    return _first(_ARGUING, text)


def personal(text: str) -> str | None:
    """The first thing that looks like a real person's address, number or date."""
    return _first(_PERSONAL, text)


def details(text: str) -> tuple[str, ...]:
    """All that looks like a real person's address, number or date, each once."""
    return tuple(dict.fromkeys(found.group() for found in _PERSONAL.finditer(text)))


def spoken(text: str) -> str:
    """The text without `{{ … }}` and `{% … %}`."""
    return re.sub(r"\{[{%].*?[%}]\}", " ", text, flags=re.DOTALL)


def unseen(text: str) -> str | None:
    """The first character that nobody sees.

    Such turn the order of what is shown (bidirectional controls) or hide words from a reader that a model is
    told. Joiners, and the marks of direction that Arabic and Hebrew need, are left alone.
    """
    return _first(_UNSEEN, text)


def _all(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found.group().lower() for found in pattern.finditer(text)))


def _first(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return found.group() if found else None


Found = tuple[str, str]
"""A word as the text has it, and the title of the list it stands in."""


def counted(affect: Affect, text: str, library: Library) -> Found | None:
    """The first word in `text` that the word probe at hand counts for `affect`.

    Those it counts towards distress and towards none of the affects a scenario can have are looked for too.
    None when there is no such word, no usable probe, or no affect.
    """
    probe = _probe(library)
    if affect == "none" or probe is None:
        return None
    distress = next((scale.items for scale in probe.scales if scale.id == "distress"), ())
    return _first_listed(
        text, (i for i in probe.items if i.id == affect or (i.id in distress and i.id not in AFFECTS))
    )


def counted_as_ease(text: str, library: Library) -> Found | None:
    """The first word in `text` that the word probe counts towards calm, happiness or whatever else is less
    distress; None without one, or without a usable probe."""
    probe = _probe(library)
    if probe is None:
        return None
    ease = {item for scale in probe.scales if scale.higher_is == "less distress" for item in scale.items}
    return _first_listed(text, (item for item in probe.items if item.id in ease))


def all_counted(text: str, library: Library) -> tuple[str, ...]:
    """The words in `text` that the word probe at hand counts for any affect, each once, as the text has them.

    Said by the therapist they prime the measure: a model gives back what it was just told.
    """
    probe = _probe(library)
    if probe is None:
        return ()
    listed = "|".join(re.escape(word) for item in probe.items for word in item.words)
    return _all(re.compile(rf"\b(?:{listed})\b", re.IGNORECASE), text)


def _probe(library: Library) -> WordQuestionnaire | None:
    try:
        probe = library.questionnaire(WORD_PROBE)
    except SandboxError:
        return None
    return probe if isinstance(probe, WordQuestionnaire) else None


def _first_listed(text: str, items: Iterable[WordItem]) -> Found | None:
    for item in items:
        found = re.search(rf"\b(?:{'|'.join(map(re.escape, item.words))})\b", text, re.IGNORECASE)
        if found:
            return found.group(), item.text
    return None
