"""A prompt taken apart: its tokens, what the vocabulary knows of them, its clauses, and which phrases are negated."""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from mutoscope.engines.procedural.reading.lexicon import LEXICON, Found
from mutoscope.engines.procedural.reading.text import Token, normalized, tokens_of, without_speech
from mutoscope.engines.procedural.reading.vocabulary.order import (
    LATE_BORDER,
    SENTENCE_BORDER,
    STRONG_BORDER,
    WEAK_BORDER,
)
from mutoscope.engines.procedural.reading.vocabulary.rows import ColorRow, GrammarName

_BORDERS: Final = re.compile(
    rf"(?P<sentence>{SENTENCE_BORDER})|(?P<late>{LATE_BORDER})|(?P<strong>{STRONG_BORDER})|(?P<weak>{WEAK_BORDER})"
)
_ARTICLES: Final = frozenset({"a", "an", "the", "any", "much", "of", "有", "任", "何"})
_NEGATION_REACH: Final = 1
"""Words that may stand between a negation and what it takes away, articles and colors aside."""

Opening = Literal["sentence", "late", "strong", "weak"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A stretch of the prompt between two words of order, or sentence borders."""

    text: str
    start: int
    """Place in the prompt where `text` starts."""
    opening: Opening
    """What stands before it."""
    sentence: int


class Prompt:
    """One text, read once."""

    def __init__(self, text: str) -> None:
        self.text = normalized(text)
        told = without_speech(self.text)
        self.tokens: list[Token] = tokens_of(self.text)
        self.found: list[Found] = [each for each in LEXICON.find(self.tokens) if told[self._start(each)] != " "]
        self.borders: list[tuple[int, int]] = [match.span() for match in _BORDERS.finditer(told)]
        """Places of the words of order."""
        self.clauses: list[Clause] = list(_clauses_of(told)) or [Clause("", 0, "sentence", 0)]
        """At least one."""
        self._clause_starts = [clause.start for clause in self.clauses]
        self._has_negation = any("negation" in found.meaning.grammar for found in self.found) or "n't" in self.text
        self.negated: list[bool] = []
        for index in range(len(self.found)):
            self.negated.append(self._is_negated(index))

    def _start(self, found: Found) -> int:
        return self.tokens[found.first].start

    def clause_of(self, found: Found) -> int:
        """Index of the clause that a phrase stands in."""
        # A phrase may begin with the word that opens its clause.
        return max(0, bisect_right(self._clause_starts, self.tokens[found.last - 1].start) - 1)

    def text_of(self, found: Found) -> str:
        """The words of a phrase as they stand."""
        return self.text[self.tokens[found.first].start : self.tokens[found.last - 1].end]

    def words_of(self, found: Found) -> tuple[str, ...]:
        """The words of a phrase without what a token leaves out."""
        return tuple(token.text for token in self.tokens[found.first : found.last])

    def is_in_border(self, found: Found) -> bool:
        """Whether a phrase is a part of the words that divide two clauses: 'the sunset fades to night'."""
        start = self._start(found)
        at = bisect_right(self.borders, (start, len(self.text))) - 1
        return at >= 0 and start < self.borders[at][1]

    def is_grammar(self, index: int, name: GrammarName) -> bool:
        """Whether a phrase can be a word of this kind."""
        return name in self.found[index].meaning.grammar

    def gap(self, left: Found, right: Found) -> int:
        """Tokens between two phrases; a large number across a comma."""
        if self.tokens[left.last - 1].phrase != self.tokens[right.first].phrase:
            return len(self.tokens) + 1
        return right.first - left.last

    def _is_negated(self, index: int) -> bool:
        """Whether a negation stands before, at most one word away, or before what this is joined to by 'or'."""
        if not self._has_negation:
            return False
        here = self.found[index]
        between = 0
        at = here.first
        colored = {f.first for f in self.found[max(0, index - 2) : index] if f.row(ColorRow) is not None}
        before = index - 1
        while at > 0 and between <= _NEGATION_REACH and self.tokens[at - 1].phrase == self.tokens[here.first].phrase:
            if before >= 0 and self.found[before].last == at and self.is_grammar(before, "negation"):
                return True
            if self.tokens[at - 1].text.endswith("n't"):
                return True
            if before >= 0 and self.found[before].last == at:
                step = self.found[before]
                if self.is_grammar(before, "closing"):
                    # 'Never stops raining' is rain.
                    break
                between += 0 if step.first in colored else int(self.tokens[at - 1].text not in _ARTICLES)
                at, before = step.first, before - 1
            else:
                at -= 1
                between += int(self.tokens[at].text not in _ARTICLES)
        return self._is_joined_to_negated(index)

    def _is_joined_to_negated(self, index: int) -> bool:
        here = self.found[index]
        if index >= 1 and self.tokens[here.first].follows == "、" and self.found[index - 1].last == here.first:
            return self.negated[index - 1]
        if index < 2 or not self.is_grammar(index - 1, "or"):
            return False
        word, other = self.found[index - 1], self.found[index - 2]
        return other.last == word.first and word.last == here.first and self.negated[index - 2]


def _clauses_of(text: str) -> Iterator[Clause]:
    start, opening, sentence = 0, "sentence", 0
    for match in (*_BORDERS.finditer(text), None):
        end = len(text) if match is None else match.start()
        if re.search(r"\w", text[start:end]):
            yield Clause(text[start:end], start, _opening(opening), sentence)
            opening = "sentence"
        if match is None:
            return
        start = match.end()
        if match.lastgroup == "sentence":
            sentence += 1
            opening = "sentence"
        else:
            opening = match.lastgroup or opening


def _opening(name: str) -> Opening:
    match name:
        case "late" | "strong" | "weak":
            return name
    return "sentence"
