"""Reads the negative prompt: what the clip is to be without."""

import re
from dataclasses import dataclass, field
from typing import Final

from mutoscope.engines.procedural.plan import UseKind
from mutoscope.engines.procedural.reading.camera import moves_named
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.lexicon import LEXICON, Found
from mutoscope.engines.procedural.reading.text import Token, normalized, tokens_of
from mutoscope.engines.procedural.reading.vocabulary.camera import CHINESE_NEGATIVE_STATIC, NEGATIVE_STATIC
from mutoscope.engines.procedural.reading.vocabulary.effects import BLURS, DISTORTIONS, FLICKERS
from mutoscope.engines.procedural.reading.vocabulary.manner import DEFAULT_NEGATIVE
from mutoscope.engines.procedural.reading.vocabulary.rows import (
    AmountRow,
    ColorRow,
    EffectRow,
    FigureRow,
    GrammarRow,
    MotionRow,
    PlaceRow,
    Row,
    ThingName,
    ThingRow,
    TimeRow,
)
from mutoscope.engines.procedural.reading.vocabulary.subjects import PERSONS

_TERM_BORDER: Final = re.compile(r"[,;\n.!?，。；、！？]|\band\b|和|以及")
_STATIC: Final = re.compile(rf"\b{NEGATIVE_STATIC}\b|{CHINESE_NEGATIVE_STATIC}")
_NEGATION: Final = re.compile(r"^\s*(?:no|not|without|avoid|any|don't|没有|不要|无|避免)(?:\s+|(?<=[^a-z']))")
_UNSTORMY: Final = frozenset({"rain"})
"""A storm cannot be had without them."""


@dataclass(slots=True)
class Unwanted:
    """What the negative prompt takes away, by name."""

    is_camera: bool = False
    """Every move of the camera."""
    is_distortion: bool = False
    is_low_quality: bool = False
    is_text: bool = False
    moves: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    """Effects, motions, figures, places, times and colors."""
    effects: list[str] = field(default_factory=list)
    """What was taken away by a term, for the log."""


UNWANTED_WORDS: Final[dict[ThingName, tuple[str, UseKind]]] = {
    "text": ("no caption", "scene"),
    "people": ("no people", "scene"),
    "quality": ("finer encoding", "scene"),
    "distort": ("less depth in the camera move, no waves or heat haze", "scene"),
    "blur": ("no motion blur, glow or bokeh", "effect"),
    "flicker": ("no strobe or candle", "effect"),
}
"""What each word of the negative prompt's own does, for the log."""


def read_negative(text: str, ledger: Ledger) -> Unwanted:
    """Read the terms of a negative prompt; each is put into the account."""
    unwanted = Unwanted()
    plain = normalized(text)
    if plain.strip(" .") == DEFAULT_NEGATIVE:
        # Nobody wrote it: it takes away what it names, and not the waves or the soft focus that a prompt asks for.
        unwanted.is_distortion = True
        unwanted.names.add("motion blur")
        ledger.use_term(DEFAULT_NEGATIVE, "less depth in the camera move, no motion blur", "manner", is_default=True)
        return unwanted
    for part in _TERM_BORDER.split(plain):
        term = _NEGATION.sub("", part.strip())
        if not term:
            continue
        said = _read_term(term, unwanted)
        if said is None:
            ledger.ignore_term(term)
        else:
            ledger.use_term(term, *said)
    return unwanted


def _read_term(term: str, unwanted: Unwanted) -> tuple[str, UseKind] | None:
    """Take away what a term names; what to say of it, or None when it is not understood."""
    if _STATIC.search(term):
        unwanted.is_camera = True
        return "camera stands still", "camera"
    if moves := moves_named(term):
        unwanted.moves |= moves
        return f"without {', '.join(sorted(moves))}", "camera"
    tokens = tokens_of(term)
    said = [effect for found in LEXICON.find(tokens) for effect in _take_away(found, tokens, unwanted)]
    if not said:
        return None
    kind: UseKind = "effect" if any(effect[1] == "effect" for effect in said) else said[0][1]
    return ", ".join(dict.fromkeys(effect[0] for effect in said)), kind


def _take_away(found: Found, tokens: list[Token], unwanted: Unwanted) -> list[tuple[str, UseKind]]:
    """What one phrase of a term takes away, and how to say it."""
    things = [row for row in found.all(ThingRow) if row.name in UNWANTED_WORDS]
    for row in things:
        take_thing(row.name, unwanted)
    if things:
        return [UNWANTED_WORDS[row.name] for row in things]
    if found.meaning.is_short:
        return []
    # 'Dark' there is a bad exposure, and not the night that a prompt asks for.
    rows = [row for row in found.meaning.rows if not (isinstance(row, TimeRow) and (row.is_hint or row.is_adjective))]
    names = [(_name_of(row), kind) for row in rows if (kind := _KINDS.get(type(row))) is not None]
    unwanted.names.update(name for name, _ in names)
    if unwanted.names & _UNSTORMY:
        unwanted.names.add("storm")
    return [(f"no {name}", kind) for name, kind in names]


_KINDS: Final[dict[type, UseKind]] = {
    EffectRow: "effect", MotionRow: "motion",
    FigureRow: "scene", PlaceRow: "scene", TimeRow: "scene", ColorRow: "scene",
}  # fmt: skip
"""Rows that name what can be taken away."""


def _name_of(row: Row) -> str:
    match row:
        case FigureRow() | PlaceRow():
            return row.kind
        case TimeRow():
            return row.time
        case AmountRow():
            return row.what
        case GrammarRow() | ThingRow() | EffectRow() | MotionRow() | ColorRow():
            return row.name


def take_thing(name: ThingName, unwanted: Unwanted) -> None:
    """Take away what one of UNWANTED_WORDS stands for."""
    if name == "text":
        unwanted.is_text = True
    elif name == "quality":
        unwanted.is_low_quality = True
    elif name == "distort":
        unwanted.is_distortion = True
        unwanted.names.update(DISTORTIONS)
    elif name == "blur":
        unwanted.names.update(BLURS)
    elif name == "flicker":
        unwanted.names.update(FLICKERS)
    elif name == "people":
        unwanted.names.update(PERSONS)
