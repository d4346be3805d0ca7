"""How a row of the vocabulary spells its words: English with inflections, Chinese as it stands."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mutoscope.engines.procedural.plan import (
    ColorName,
    EffectName,
    FigureKind,
    MotionName,
    SceneKind,
    TimeOfDay,
)

_SHORT_STEM: Final = re.compile(r"[^aeiou]*[aeiou][^aeiouwxy]")
"""One vowel between consonants: the last one doubles, as in stopping."""

Use = Literal["always", "image", "text"]


@dataclass(frozen=True, slots=True)
class EffectRow:
    """Words for an effect. In English phrases `+` after a word stands for its regular inflections."""

    name: EffectName
    english: str
    """Phrases, separated by commas; a hyphen in the prompt counts as a space."""
    chinese: str
    """Words, separated by spaces, in simplified characters."""
    factor: float = 1.0
    """How strong these words mean it to be."""
    use: Use = "always"
    """In which kind of clip: times of day are effects on a picture, and a palette of a painted scene."""
    color: ColorName | None = None
    """Of these words by themselves."""


@dataclass(frozen=True, slots=True)
class MotionRow:
    """Words for what a subject does."""

    name: MotionName
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class FigureRow:
    """Words for somebody or something that stands in a painted scene; plurals are regular, or follow a slash."""

    kind: FigureKind
    english: str
    chinese: str
    home: SceneKind | None = None
    """Where it is put when the prompt names no place."""
    is_pronoun: bool = False
    """Counts only when the prompt names nobody else."""
    count: int = 0
    """How many these words mean; 0 leaves it to numerals and plural."""
    color: ColorName | None = None
    """Of these by nature, where the words name none."""
    is_mounted: bool = False
    """Sits on a horse, whether the prompt names one or not."""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """Words for a scene."""

    kind: SceneKind
    english: str
    chinese: str
    within: SceneKind | None = None
    """A place of which these words name a part: they win over its words wherever they stand."""
    is_hint: bool = False
    """Decides only where no other word names a place or a water."""


@dataclass(frozen=True, slots=True)
class TimeRow:
    """Words for the time or light of a painted scene."""

    time: TimeOfDay
    english: str
    chinese: str
    is_hint: bool = False
    """Decides only where no word names a time."""
    is_adjective: bool = False
    """Says how the place is lit already: nothing to be done to a picture."""


@dataclass(frozen=True, slots=True)
class ColorRow:
    """Words for a color."""

    name: ColorName
    english: str
    chinese: str
    short: str = ""
    """Chinese characters that mean the color only before a noun."""


ThingName = Literal[
    "water", "shore", "deserted", "snow ground", "light", "lit", "clothes",
    "people", "quality", "text", "distort", "blur", "flicker",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThingRow:
    """Words that something else of the sentence, or the negative prompt, is about."""

    name: ThingName
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class AmountRow:
    """Words for how much, how fast and how many."""

    what: Literal["speed", "strength", "count"]
    factor: float
    english: str
    chinese: str
    is_overall: bool = False
    """Meant for the whole clip, wherever it stands."""


GrammarName = Literal["stop", "negation", "closing", "clearing", "or", "small", "cannot", "idiom"]


@dataclass(frozen=True, slots=True)
class GrammarRow:
    """Words that bind others, or that this engine knows and can do nothing with."""

    name: GrammarName
    english: str
    chinese: str


@dataclass(frozen=True, slots=True)
class CompoundRow:
    """Two words that together mean one of them: a rain jacket is a jacket. Every first word goes with every second."""

    first: str
    second: str
    means: Literal["first", "second"] = "second"


Row = EffectRow | MotionRow | FigureRow | PlaceRow | TimeRow | ColorRow | ThingRow | AmountRow | GrammarRow


def english_forms(phrases: str) -> Iterator[tuple[str, ...]]:
    """Every phrase in every inflection, as words."""
    for phrase in phrases.split(","):
        words = phrase.split()
        yield from itertools.product(*(_inflections(word[:-1]) if word.endswith("+") else (word,) for word in words))


def plural_forms(phrases: str) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every noun of the list, alone and in the plural; `man/men` gives an irregular one."""
    for phrase in phrases.split(","):
        *before, noun = phrase.split()
        singular, _, plural = noun.partition("/")
        yield (*before, singular), False
        yield (*before, plural or _s(singular)), True


def _inflections(verb: str) -> tuple[str, ...]:
    if verb.endswith("e"):
        return verb, verb + "s", verb + "d", verb[:-1] + "ing"
    if re.search(r"[^aeiou]y$", verb):
        return verb, verb[:-1] + "ies", verb[:-1] + "ied", verb + "ing"
    stem = verb + verb[-1] if _SHORT_STEM.fullmatch(verb) else verb
    return verb, _s(verb), stem + "ed", stem + "ing"


def _s(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    return word + ("es" if re.search(r"(?:s|x|z|ch|sh)$", word) else "s")
