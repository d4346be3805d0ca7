"""Keeps account of every word of both prompts: what it did, or that nothing was made of it."""

from bisect import bisect_left, bisect_right
from typing import Final

from mutoscope.engines.procedural.plan import UsedWord, UseKind
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.vocabulary.manner import STOP_WORDS
from mutoscope.engines.procedural.reading.vocabulary.rows import GrammarRow

IGNORED_WORDS_MAX: Final = 40
"""Words that the log lists as without effect."""
_WORD_CHARS_MAX: Final = 60
"""Longer ones are cut in the log."""


class Ledger:
    """What became of the words of a request."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._starts = [token.start for token in prompt.tokens]
        self._ends = [token.end for token in prompt.tokens]
        self._covered = bytearray(len(prompt.tokens))
        self._used: list[UsedWord] = []
        self._used_terms: list[UsedWord] = []
        self._unused_terms: list[str] = []

    def use(self, text: str, effect: str, kind: UseKind, *, is_negation: bool = False) -> None:
        """Remember that words did something."""
        self._used.append(UsedWord(_short(text), effect, kind, is_negation))

    def use_found(self, found: Found, effect: str, kind: UseKind, *, is_negation: bool = False) -> None:
        """Remember that a phrase of the prompt did something."""
        self.cover(found)
        self.use(self._prompt.text_of(found), effect, kind, is_negation=is_negation)

    def cover(self, found: Found) -> None:
        """Remember that a phrase belongs to another one that is said to be used."""
        self.cover_tokens(found.first, found.last)

    def cover_tokens(self, first: int, last: int) -> None:
        """The same for tokens `first` up to, not including, `last`."""
        self._covered[first:last] = b"\1" * (last - first)

    def cover_text(self, start: int, end: int) -> None:
        """The same for a place in the prompt's text."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        self.cover_tokens(first, last)

    def use_border(self, start: int, end: int) -> None:
        """Remember words of order; small ones, like 'then', need no mention."""
        first, last = bisect_right(self._ends, start), bisect_left(self._starts, end)
        self.cover_tokens(first, last)
        if any(token.text not in STOP_WORDS and not token.is_han for token in self._prompt.tokens[first:last]):
            self.use(self._prompt.text[start:end], "order in time", "manner")

    def use_term(self, term: str, effect: str, kind: UseKind, *, is_default: bool = False) -> None:
        """Remember that a term of the negative prompt took something away; `is_default`: nobody wrote it."""
        self._used_terms.append(UsedWord(_short(term), effect, kind, is_negation=True, is_default=is_default))

    def ignore_term(self, term: str) -> None:
        """Remember a term of the negative prompt that nothing was made of."""
        self._unused_terms.append(f"not '{_short(term)}'")

    def forget(self, *kinds: UseKind) -> None:
        """Call nothing of these kinds used, because something stronger took its place."""
        self._used = [word for word in self._used if word.kind not in kinds]
        self._used_terms = [word for word in self._used_terms if word.kind not in kinds]

    @property
    def used(self) -> tuple[UsedWord, ...]:
        """Each once, in order; those of the negative prompt last."""
        return tuple(dict.fromkeys([*self._used, *self._used_terms]))

    @property
    def ignored(self) -> tuple[str, ...]:
        """Words of both prompts that nothing was made of, in order, at most IGNORED_WORDS_MAX."""
        unique = list(dict.fromkeys([*self._left_words(), *self._unused_terms]))
        more = [f"and {len(unique) - IGNORED_WORDS_MAX} more"] if len(unique) > IGNORED_WORDS_MAX else []
        return (*unique[:IGNORED_WORDS_MAX], *more)

    def _left_words(self) -> list[str]:
        tokens = self._prompt.tokens
        phrases = {found.first: found for found in self._prompt.found}
        left: list[str] = []
        run_end = at = 0
        while at < len(tokens):
            found = phrases.get(at)
            last = at + 1 if found is None else found.last
            if not any(self._covered[at:last]) and not self._is_empty(at, found):
                text = self._prompt.text[tokens[at].start : tokens[last - 1].end]
                # Characters that no word of the vocabulary is made of are one unknown word together.
                if found is None and tokens[at].is_han and run_end == at and at > 0 and not tokens[at].follows:
                    left[-1] += text
                else:
                    left.append(text)
                run_end = last if found is None and tokens[at].is_han else 0
            at = last
        return [_short(word) for word in left]

    def _is_empty(self, at: int, found: Found | None) -> bool:
        """Whether a word carries no wish of its own."""
        token = self._prompt.tokens[at]
        if found is None:
            return token.text in STOP_WORDS or token.text.isdigit() or token.text.endswith("n't")
        if found.last == at + 1 and token.text in STOP_WORDS:
            return True
        names = found.meaning.grammar
        return "stop" in names or (
            bool(names & {"small", "or", "negation"}) and all(isinstance(row, GrammarRow) for row in found.meaning.rows)
        )


def _short(text: str) -> str:
    return text if len(text) <= _WORD_CHARS_MAX else text[: _WORD_CHARS_MAX - 1] + "…"
