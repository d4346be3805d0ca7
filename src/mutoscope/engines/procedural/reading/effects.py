"""Reads effects out of a prompt: which, when, how strong, and in which color."""

import re
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.plan import FADE, ColorName, Effect, EffectName
from mutoscope.engines.procedural.reading.binding import Bindings
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.timeline import Timeline
from mutoscope.engines.procedural.reading.vocabulary.effects import GROUPS, LIGHT_NAMES, WEATHER
from mutoscope.engines.procedural.reading.vocabulary.rows import ColorRow, EffectRow, MotionRow, ThingRow
from mutoscope.engines.procedural.reading.vocabulary.scenes import UNLIT

_UNNAMED: Final = re.compile(
    r"[\s,]*(?:(?:and|it|they|both|everything|all|of|them|this|that|\w+ly|starts?|begins?|to)\s+)*(?:它们?|都|又|一切|全部|慢慢|渐渐)*\s*"
)
"""Before a closing word: who or what ends has been named before."""
_TIMES_MAX: Final = 3
"""How often one effect may come and go in a clip."""


@dataclass(slots=True)
class _Interval:
    name: EffectName
    start: float
    end: float
    strength: float
    color: ColorName | None
    said: list[tuple[str, Found]]
    """Words that it comes from, as they stand."""


class EffectReading:
    """One pass over the phrases of a prompt, in order, opening and closing effects."""

    def __init__(
        self,
        prompt: Prompt,
        bindings: Bindings,
        timeline: Timeline,
        ledger: Ledger,
        *,
        is_text: bool,
        unwanted: set[str],
    ) -> None:
        self._prompt = prompt
        self._bindings = bindings
        self._timeline = timeline
        self._ledger = ledger
        self._is_text = is_text
        self._unwanted = unwanted
        self._refused: set[EffectName] = set()
        self._changes: dict[int, float] = {}
        """For a clause that ends something, when: what it brings comes then."""
        self._intervals: list[_Interval] = []
        self._read()

    def effects(self, strength: float, *, ends_bare: bool) -> tuple[Effect, ...]:
        """
        What was read, each in its time, and into the account.

        Args:
            strength: factor on all of them.
            ends_bare: whether the last frame is given and has to be reached without them.
        """
        self._give_way_to_storm()
        effects = []
        for interval in self._intervals:
            end = min(interval.end, 1 - FADE) if ends_bare else interval.end
            if interval.start >= end:
                continue
            effect = Effect(interval.name, interval.start, end, interval.strength * strength, interval.color)
            effects.append(effect)
            for text, found in interval.said:
                self._ledger.cover(found)
                self._ledger.use(text, _say(effect, interval.strength), "effect")
        return tuple(effects)

    def _read(self) -> None:
        for index, found in enumerate(self._prompt.found):
            for row in found.all(EffectRow):
                if self.is_active(index, row):
                    self._read_row(index, found, row)
            if self._ends_what_is_there(index, found):
                self._close_all(found)
            if self._prompt.is_grammar(index, "clearing"):
                self._close_weather(index, found)
            if color := self._tint(index, found):
                self._open(index, found, EffectRow("tint", "", ""), color)

    def is_active(self, index: int, row: EffectRow) -> bool:
        """Whether these words are an effect in this kind of clip, or only a palette."""
        if row.use == "always" or (row.use == "image") != self._is_text:
            return True
        # A palette is there from the start; what comes later has to come as an effect.
        clause = self._prompt.clause_of(self._prompt.found[index])
        is_later = self._timeline.is_later(clause) or clause in self._changes
        return row.use == "image" and row.name in LIGHT_NAMES and is_later

    def _read_row(self, index: int, found: Found, row: EffectRow) -> None:
        name = row.name
        start, _ = self._span(found)
        closing = self._bindings.closing.get(index)
        if name in self._unwanted:
            self._ledger.use_found(found, f"no {name} (negative prompt)", "effect", is_negation=True)
        elif self._prompt.negated[index] or name in self._refused:
            self._refuse(name, found, start)
        elif closing is not None:
            ends = self._prompt.found[closing]
            start, end = self._span(ends)
            strength = self._bindings.strength.get(index, 1.0) * row.factor
            self._close(name, start, end, strength, self._said(found, ends))
            self._ledger.cover_tokens(min(found.first, ends.first), max(found.last, ends.last))
            self._changes[self._prompt.clause_of(ends)] = self._change(start, end, name)
        else:
            self._open(index, found, row, self._bindings.color.get(index, row.color))

    def _span(self, found: Found) -> tuple[float, float]:
        clause = self._prompt.clause_of(found)
        return self._timeline.start(clause), self._timeline.end(clause)

    def _current(self, name: EffectName) -> _Interval | None:
        """The one that has not been closed."""
        return next((each for each in reversed(self._intervals) if each.name == name and each.end == 1.0), None)

    def _open(self, index: int, found: Found, row: EffectRow, color: ColorName | None) -> None:
        clause = self._prompt.clause_of(found)
        start = self._changes.get(clause, self._timeline.start(clause))
        strength = row.factor * self._bindings.strength.get(index, 1.0)
        for adverb in self._bindings.adverbs.get(index, ()):
            other = self._prompt.found[adverb]
            self._ledger.use_found(other, f"{row.name} x{self._bindings.strength[index]:.2g}", "effect")
        colors = [self._prompt.found[other] for other in self._bindings.colors_of(index)]
        for each in colors:
            self._ledger.cover(each)
        said = self._said(found, colors[0] if colors else None)
        current = self._current(row.name)
        if current is not None:
            # One effect, however often it is named: the strongest word counts, downwards too.
            if strength != 1.0 and (current.strength == 1.0 or strength > current.strength):
                current.strength = strength
            current.color = current.color or color
            current.said.append(said)
            return
        if sum(each.name == row.name for each in self._intervals) >= _TIMES_MAX:
            return
        for earlier in self._intervals:
            if earlier.start < start < earlier.end and any({row.name, earlier.name} <= group for group in GROUPS):
                earlier.end = start
        self._intervals.append(_Interval(row.name, start, 1.0, strength, color, [said]))

    def _said(self, found: Found, other: Found | None = None) -> tuple[str, Found]:
        """A phrase, up to and with another one that belongs to it."""
        other = other or found
        first, last = min(found.first, other.first), max(found.last, other.last)
        tokens = self._prompt.tokens
        return self._prompt.text[tokens[first].start : tokens[last - 1].end], found

    def _close(self, name: EffectName, start: float, end: float, strength: float, said: tuple[str, Found]) -> None:
        """From the start of this part on; within the part it came in, from the middle."""
        current = self._current(name)
        if current is None and any(each.name == name for each in self._intervals):
            return
        if current is None:
            # Words only of its end mean that it was there before.
            at = start if start > 0 else (start + end) / 2
            self._intervals.append(_Interval(name, 0.0, at, strength, None, [said]))
            return
        current.end = start if current.start < start else (start + end) / 2
        current.said.append(said)

    def _change(self, start: float, end: float, name: EffectName) -> float:
        """When something ended that was closed in this part of the clip."""
        ends = [each.end for each in self._intervals if each.name == name]
        return ends[-1] if start <= ends[-1] < end else start

    def _refuse(self, name: EffectName, found: Found, start: float) -> None:
        """'No snow': never, or no longer when it was there before."""
        current = self._current(name)
        if current is not None and current.start < start:
            current.end = start
            current.said.append(self._said(found))
            return
        self._intervals = [each for each in self._intervals if each.name != name]
        self._refused.add(name)
        self._ledger.use_found(found, f"no {name}", "effect", is_negation=True)

    def _close_weather(self, index: int, found: Found) -> None:
        start, end = self._span(found)
        for name in sorted(WEATHER):
            if self._current(name) is not None:
                self._close(name, start, end, 1.0, self._said(found))
                self._changes[self._prompt.clause_of(found)] = self._change(start, end, name)

    def _ends_what_is_there(self, index: int, found: Found) -> bool:
        """Whether a word ends something that it does not name: 'it snows, then it stops'; a car would stop itself."""
        if not self._prompt.is_grammar(index, "closing") or self._prompt.negated[index]:
            return False
        if index in self._bindings.closing.values() or any(each.row(MotionRow) for each in self._prompt.found):
            return False
        clause = self._prompt.clauses[self._prompt.clause_of(found)]
        before = self._prompt.text[clause.start : self._prompt.tokens[found.first].start]
        return not self._prompt.is_in_border(found) and _UNNAMED.fullmatch(before) is not None

    def _close_all(self, found: Found) -> None:
        """Everything that came in an earlier part of the clip."""
        start, end = self._span(found)
        for each in [each for each in self._intervals if each.end == 1.0 and each.start < start]:
            self._close(each.name, start, end, each.strength, self._said(found))

    def _tint(self, index: int, found: Found) -> ColorName | None:
        """The color of light that these words mean, if they do: 'blue light', 'bathed in red'."""
        if self._prompt.negated[index] or "tint" in self._unwanted:
            return None
        things = {row.name for row in found.all(ThingRow)}
        color: ColorName | None = None
        if "light" in things:
            color = self._bindings.color.get(index)
        elif (row := found.row(ColorRow)) is not None and index > 0 and index not in self._bindings.bound_colors:
            before = self._prompt.found[index - 1]
            if any(thing.name == "lit" for thing in before.all(ThingRow)) and self._prompt.gap(before, found) <= 1:
                self._ledger.cover(before)
                color = row.name
        return color if color not in UNLIT and color not in self._unwanted else None

    def _give_way_to_storm(self) -> None:
        """A storm brings its own rain."""
        for storm in [each for each in self._intervals if each.name == "storm"]:
            for rain in [each for each in self._intervals if each.name == "rain"]:
                if rain.start < storm.start:
                    rain.end = min(rain.end, storm.start)
                elif rain.start < storm.end:
                    self._intervals.remove(rain)
                    storm.said += rain.said


def _say(effect: Effect, factor: float) -> str:
    color = f" {effect.color}" if effect.color else ""
    times = f" x{factor:.2g}" if factor != 1 else ""
    return f"{effect.name}{color} {100 * effect.start:.0f}-{100 * effect.end:.0f} %{times}"
