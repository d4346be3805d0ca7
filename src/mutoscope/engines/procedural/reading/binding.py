"""Which noun an adverb, a color or a number belongs to, and what stops."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Final

from mutoscope.engines.procedural.plan import ColorName
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.vocabulary.effects import COLORED, PARTICLE_NAMES
from mutoscope.engines.procedural.reading.vocabulary.rows import (
    AmountRow,
    ColorRow,
    EffectRow,
    FigureRow,
    MotionRow,
    ThingRow,
)

_EFFECT_FACTORS: Final = {1.9: 1.5, 1.5: 1.25, 0.65: 0.7}
"""What a word of speed makes of the strength of an effect it stands beside."""
_OTHER_VERB: Final = frozenset({"and", "while", "as", "中", "里"})
_BELONGINGS: Final = frozenset({"hair", "dress", "flag"})
"""What is somebody's own: the verb after it is that somebody's."""
_ADVERB_REACH: Final = 2
_NOUN_REACH: Final = 2
_CLOSING_REACH: Final = 3
_COUNT_REACH: Final = 3
"""Tokens between two phrases that belong together."""


class Bindings:
    """The ties between the phrases of one prompt, found once; everything is by index into `prompt.found`."""

    def __init__(self, prompt: Prompt, camera_places: Iterable[tuple[int, int]]) -> None:
        self._prompt = prompt
        self._found = prompt.found
        self._in_camera, self.camera_verbs = self._cover_camera(list(camera_places))
        """Phrases right beside camera words, and those inside."""
        self.strength: dict[int, float] = {}
        """Factor on an effect from the words around it."""
        self.adverbs: dict[int, list[int]] = {}
        """The amounts that an effect took."""
        self.color: dict[int, ColorName] = {}
        """Color of an effect, figure or piece of clothing."""
        self.bound_colors: set[int] = set()
        """Colors that belong to a noun."""
        self._colors_of: dict[int, list[int]] = {}
        self.count: dict[int, int] = {}
        """Number of a figure."""
        self.counters: dict[int, int] = {}
        """Where that number stands."""
        self.closing: dict[int, int] = {}
        """The word that ends an effect."""
        self._bind()

    def _bind(self) -> None:
        for index, found in enumerate(self._found):
            if any(isinstance(row, ColorRow) for row in found.meaning.rows):
                self._bind_color(index, found)
            for row in found.all(AmountRow):
                if row.what == "count":
                    self._bind_count(index, found, row)
                elif index not in self._in_camera and not row.is_overall:
                    self._bind_adverb(index, found, row)
            if self._closes(index, found):
                self._bind_closing(index, found)

    def _cover_camera(self, places: list[tuple[int, int]]) -> tuple[set[int], set[int]]:
        """Indices of phrases that overlap a place or stand right beside it, and of those that overlap."""
        tokens = self._prompt.tokens
        starts, ends = [token.start for token in tokens], [token.end for token in tokens]
        inside, beside = bytearray(len(tokens)), bytearray(len(tokens))
        for start, end in places:
            first, last = bisect_right(ends, start), bisect_left(starts, end)
            inside[first:last] = b"\1" * (last - first)
            beside[first:last] = inside[first:last]
            if 0 < first < len(tokens):
                beside[first - 1] |= tokens[first - 1].phrase == tokens[first].phrase
            if 0 < last < len(tokens):
                beside[last] |= tokens[last - 1].phrase == tokens[last].phrase
        phrases = list(enumerate(self._found))
        return (
            {index for index, found in phrases if any(beside[found.first : found.last])},
            {index for index, found in phrases if any(inside[found.first : found.last])},
        )

    def _near(self, index: int, step: int, reach: int) -> Iterable[int]:
        """Indices of the phrases after (or before, for step −1) this one, up to `reach` tokens away."""
        here = self._found[index]
        other = index + step
        while 0 <= other < len(self._found):
            there = self._found[other]
            gap = self._prompt.gap(here, there) if step > 0 else self._prompt.gap(there, here)
            if gap > reach:
                return
            yield other
            other += step

    def _bind_adverb(self, index: int, found: Found, row: AmountRow) -> None:
        """To the effect right after it, or else to the one that ended just before."""
        for other in self._near(index, 1, 1):
            if self._is_noun(other):
                if self._found[other].row(EffectRow) is not None:
                    self._strengthen(other, index, row)
                return
        for other in self._near(index, -1, _ADVERB_REACH):
            if self._found[other].row(EffectRow) is not None:
                self._strengthen(other, index, row)
                return
            if self._is_noun(other) or self._found[other].row(MotionRow) is not None:
                return

    def _strengthen(self, effect: int, adverb: int, row: AmountRow) -> None:
        if adverb not in self.adverbs.setdefault(effect, []):
            self.adverbs[effect].append(adverb)
            factor = row.factor if row.what == "strength" else _EFFECT_FACTORS[row.factor]
            self.strength[effect] = self.strength.get(effect, 1.0) * factor

    def _is_noun(self, index: int) -> bool:
        return any(isinstance(row, EffectRow | FigureRow) for row in self._found[index].meaning.rows)

    def _bind_color(self, index: int, found: Found) -> None:
        """To the first noun after it that can have a color."""
        row = found.row(ColorRow)
        assert row is not None, "called for colors"
        reach = 1 if found.meaning.is_short else _NOUN_REACH
        for other in self._near(index, 1, reach):
            there = self._found[other]
            effect = there.row(EffectRow)
            is_thing = any(thing.name in ("light", "clothes") for thing in there.all(ThingRow))
            if (effect is not None and effect.name in COLORED) or there.row(FigureRow) is not None or is_thing:
                self.color.setdefault(other, row.name)
                self.bound_colors.add(index)
                self._colors_of.setdefault(other, []).append(index)
                return

    def _bind_count(self, index: int, found: Found, row: AmountRow) -> None:
        for other in self._near(index, 1, _COUNT_REACH):
            if self._found[other].row(FigureRow) is not None:
                self.count.setdefault(other, round(row.factor))
                self.counters.setdefault(other, index)
                return

    def _closes(self, index: int, found: Found) -> bool:
        is_closing = self._prompt.is_grammar(index, "closing") and not self._prompt.negated[index]
        return is_closing and not self._prompt.is_in_border(found)

    def _bind_closing(self, index: int, found: Found) -> None:
        """To the effect that ended just before, or else to the one right after it: 'stops raining'."""
        for other in self._near(index, -1, _CLOSING_REACH):
            if self._found[other].row(EffectRow) is not None:
                self.closing.setdefault(other, index)
                return
            if self._is_noun(other):
                return
        for other in self._near(index, 1, 1):
            if self._found[other].row(EffectRow) is not None:
                self.closing.setdefault(other, index)
                return

    def colors_of(self, noun: int) -> list[int]:
        """The colors that were bound to a noun."""
        return self._colors_of.get(noun, [])

    def belongs_to_effect(self, index: int) -> int | None:
        """The effect that a word of motion beside it describes, as in 'dancing red dot' and 'embers rise and dance'."""
        motion = self._found[index]
        for other in self._near(index, -1, 1):
            if self._found[other].row(FigureRow) is not None:
                return None
            if self._is_particle(other) and not self._is_left_alone(other, motion):
                return other
        last = self._prompt.tokens[motion.last - 1]
        is_modifier = last.is_han or last.text.endswith("ing")
        for other in self._near(index, 1, 2) if is_modifier else ():
            if self._found[other].row(FigureRow) is not None:
                return None
            if self._is_particle(other):
                return other
        return None

    def _is_left_alone(self, effect: int, motion: Found) -> bool:
        """Whether a verb after an effect is somebody else's: 'breathes fire and flaps', 'in the rain walks'."""
        tokens = self._prompt.tokens
        there = self._found[effect]
        if tokens[there.first].text == "in" or tokens[motion.first - 1].text in _BELONGINGS:
            return True
        return any(token.text in _OTHER_VERB for token in tokens[there.last - 1 : motion.first])

    def _is_particle(self, index: int) -> bool:
        effect = self._found[index].row(EffectRow)
        return effect is not None and effect.use == "always" and effect.name in PARTICLE_NAMES
