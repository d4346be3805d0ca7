"""Finds the words of the vocabulary in a text: the longest at each place, in both languages."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from mutoscope.engines.procedural.reading.text import Token
from mutoscope.engines.procedural.reading.vocabulary.effects import EFFECTS
from mutoscope.engines.procedural.reading.vocabulary.idioms import COMPOUNDS, IDIOMS
from mutoscope.engines.procedural.reading.vocabulary.manner import AMOUNTS, GRAMMAR, NEGATIVES
from mutoscope.engines.procedural.reading.vocabulary.rows import (
    ColorRow,
    CompoundRow,
    FigureRow,
    GrammarName,
    GrammarRow,
    Row,
    english_forms,
    plural_forms,
)
from mutoscope.engines.procedural.reading.vocabulary.scenes import COLORS, PLACES, THINGS, TIMES
from mutoscope.engines.procedural.reading.vocabulary.subjects import FIGURES, MOTIONS

_Kind = TypeVar("_Kind", bound=Row)


class Meaning:
    """Everything that the same words can mean."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.is_plural = False
        self.is_short = False
        """A character that means its color only before a noun."""
        self.grammar: set[GrammarName] = set()
        """The kinds of GrammarRow among the rows."""
        self._by_kind: dict[type, list[Any]] = {}

    def add(self, row: Row) -> None:
        """Let the words mean this too."""
        if row in self.rows:
            return
        self.rows.append(row)
        self._by_kind.setdefault(type(row), []).append(row)
        if isinstance(row, GrammarRow):
            self.grammar.add(row.name)

    def all(self, kind: type[_Kind]) -> Sequence[_Kind]:
        """The rows of one kind."""
        return self._by_kind.get(kind, ())


NOTHING: Final = Meaning()
"""Of words that are in the vocabulary only as a part of something else."""
NOTHING.add(GrammarRow("idiom", "", ""))


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase of the vocabulary in a text; tokens `first` up to, not including, `last`."""

    meaning: Meaning
    first: int
    last: int

    def row(self, kind: type[_Kind]) -> _Kind | None:
        """What these words mean as this kind; the first row where there are several."""
        rows = self.meaning.all(kind)
        return rows[0] if rows else None

    def all(self, kind: type[_Kind]) -> Sequence[_Kind]:
        """Everything that these words mean as this kind."""
        return self.meaning.all(kind)


class Lexicon:
    """A dictionary of phrases, by their tokens."""

    def __init__(self, rows: Iterable[Row], compounds: Iterable[CompoundRow] = ()) -> None:
        self._entries: dict[tuple[str, ...], Meaning] = {}
        self._longest: dict[str, int] = {}
        for row in rows:
            if isinstance(row, FigureRow):
                for words, is_plural in plural_forms(row.english):
                    self._add(words, row).is_plural |= is_plural
            else:
                for words in english_forms(row.english):
                    self._add(words, row)
            for word in row.chinese.split():
                self._add(tuple(word), row)
            if isinstance(row, ColorRow):
                for character in row.short:
                    self._add((character,), row).is_short = True
        for compound in compounds:
            self._add_compound(compound)

    def _add(self, words: tuple[str, ...], row: Row) -> Meaning:
        if not words:
            return Meaning()
        entry = self._entries.setdefault(words, Meaning())
        entry.add(row)
        self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))
        return entry

    def _add_compound(self, compound: CompoundRow) -> None:
        """Let the two words together mean what one of them does, and not what both do."""
        seconds = [words for words, _ in plural_forms(compound.second)]
        for first, second in itertools.product(english_forms(compound.first), seconds):
            words = (*first, *second)
            meant = self._entries.get(first if compound.means == "first" else second, NOTHING)
            self._entries.setdefault(words, meant)
            self._longest[words[0]] = max(self._longest.get(words[0], 0), len(words))

    def find(self, tokens: Sequence[Token]) -> list[Found]:
        """
        Phrases in order, none over another: from the left, the longest at each place.

        A phrase does not go across a comma. Chinese words, having no borders, are found within a run of characters.
        """
        texts = [token.text for token in tokens]
        found: list[Found] = []
        at = 0
        while at < len(tokens):
            step = 1
            for length in range(min(self._longest.get(texts[at], 0), len(tokens) - at), 0, -1):
                entry = self._entries.get(tuple(texts[at : at + length]))
                if entry is not None and tokens[at + length - 1].phrase == tokens[at].phrase:
                    found.append(Found(entry, at, at + length))
                    step = length
                    break
            at += step
        return found


def vocabulary_rows() -> tuple[Row, ...]:
    """Every row there is."""
    return (*EFFECTS, *MOTIONS, *FIGURES, *PLACES, *TIMES, *COLORS, *THINGS, *AMOUNTS, *GRAMMAR, *IDIOMS, *NEGATIVES)


LEXICON: Final = Lexicon(vocabulary_rows(), COMPOUNDS)
"""What a prompt and a negative prompt can say."""
