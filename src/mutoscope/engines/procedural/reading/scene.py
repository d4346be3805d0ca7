"""Reads the place that text-to-video paints: scene, time of day, ground, figures, colors, caption."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mutoscope.engines.procedural.plan import (
    ColorName,
    FigureKind,
    FigureWish,
    MotionName,
    SceneKind,
    SceneWish,
    TimeOfDay,
)
from mutoscope.engines.procedural.reading.binding import Bindings
from mutoscope.engines.procedural.reading.ledger import Ledger
from mutoscope.engines.procedural.reading.lexicon import Found
from mutoscope.engines.procedural.reading.motions import MotionFound, doer_of
from mutoscope.engines.procedural.reading.negative import Unwanted
from mutoscope.engines.procedural.reading.prompt import Prompt
from mutoscope.engines.procedural.reading.timeline import Timeline
from mutoscope.engines.procedural.reading.vocabulary.rows import (
    ColorRow,
    EffectRow,
    FigureRow,
    PlaceRow,
    ThingName,
    ThingRow,
    TimeRow,
)
from mutoscope.engines.procedural.reading.vocabulary.subjects import (
    FIGURES_MAX,
    PERSONS,
    PLURAL_COUNT,
    RIDERS,
    RIDING,
    SADDLE,
    SAME_IN_PLURAL,
    SUBTLE,
)

_DARK_PLACES: Final[frozenset[SceneKind]] = frozenset({"room", "space"})
"""Shown by night unless the prompt says otherwise."""
_WISHES_MAX: Final = 6
"""Kinds of figures in one scene."""
_COLORS_MAX: Final = 3
_DIGITS_REACH: Final = 3
_PAIR_REACH: Final = 3
"""Tokens between two nouns of one list: 'a man and a woman'."""
_SADDLE_REACH: Final = 4
"""Tokens before the horse: 'on a big white'."""
_ONE: Final = frozenset({"a", "an", "one", "single", "the", "this", "that", "her", "his", "my"})


@dataclass(slots=True)
class _Figure:
    kind: FigureKind
    count: int
    color: ColorName | None
    motion: MotionName | None = None
    mentions: list[int] = field(default_factory=list)
    is_mounted: bool = False
    rider: "_Figure | None" = None

    def wish(self) -> FigureWish:
        rider = None if self.rider is None else FigureWish(self.rider.kind, color=self.rider.color)
        return FigureWish(self.kind, min(self.count, FIGURES_MAX), self.color, self.motion, rider)


class SceneReading:
    """One pass for each question; everything that decides goes into the account."""

    def __init__(
        self, prompt: Prompt, bindings: Bindings, timeline: Timeline, unwanted: Unwanted, ledger: Ledger
    ) -> None:
        self._prompt = prompt
        self._bindings = bindings
        self._timeline = timeline
        self._unwanted = unwanted
        self._ledger = ledger

    def scene(self, motions: Sequence[MotionFound], caption: str) -> SceneWish:
        """The place, and `caption` written into it unless a word forbids text."""
        figures = self._figures()
        self._set_motions(figures, motions)
        self._seat_rider(figures)
        water = self._has("water", "water")
        kind = self._place(figures, has_water=water)
        time = self._time()
        fallback: TimeOfDay = "night" if kind in _DARK_PLACES else "day"
        return SceneWish(
            kind=kind,
            time=time or fallback,
            water=kind == "sea" or (water and kind != "underwater"),
            shore=kind == "sea" and self._has("shore", "a beach"),
            deserted=bool(self._unwanted.names & PERSONS) or self._has("deserted", "nobody about"),
            snow=self._has("snow ground", "snow on the ground") or kind == "snow",
            figures=tuple(figure.wish() for figure in figures),
            colors=self._colors(),
            caption=None if self._unwanted.is_text else _caption_of(caption),
        )

    def _wanted(self, index: int, name: str) -> bool:
        """Whether neither the name nor an effect of the same words is to be left out."""
        names = {name, *(row.name for row in self._prompt.found[index].all(EffectRow))}
        return not self._prompt.negated[index] and not names & self._unwanted.names

    def _place(self, figures: Sequence[_Figure], *, has_water: bool) -> SceneKind:
        """The earliest word decides, or one that names a part of its place; else where the figures are at home."""
        said = [
            (row, found)
            for index, found in enumerate(self._prompt.found)
            if (row := found.row(PlaceRow)) is not None and self._wanted(index, row.kind)
        ]
        waters = [f for f in self._prompt.found if any(row.name == "water" for row in f.all(ThingRow))]
        if len({row.is_hint for row, _ in said}) > 1 or any(found.row(PlaceRow) is None for found in waters):
            said = [(row, found) for row, found in said if not row.is_hint]
        if said:
            first = said[0][0].kind
            kind = next((row.kind for row, _ in said if row.within == first), first)
            for row, found in said:
                if row.kind in (kind, first):
                    self._ledger.use_found(found, f"scene: {kind}", "scene")
            return kind
        homes = [home for figure in figures if (home := self._home(figure)) is not None]
        # A boat on a lake is not at sea.
        return "mountain" if not homes or (homes[0] == "sea" and has_water) else homes[0]

    def _home(self, figure: _Figure) -> SceneKind | None:
        rows = self._prompt.found[figure.mentions[0]].all(FigureRow)
        return next((row.home for row in rows if row.kind == figure.kind or row.is_mounted), None)

    def _time(self) -> TimeOfDay | None:
        """The earliest word that names a time; else the earliest that hints at one."""
        said = [
            (row, found)
            for index, found in enumerate(self._prompt.found)
            for row in found.all(TimeRow)
            if self._wanted(index, row.time) and not self._is_later(found)
        ]
        times = [row.time for row, _ in said if not row.is_hint] or [row.time for row, _ in said]
        if not times:
            return None
        # Neon light is for the night.
        time: TimeOfDay = "neon" if times[0] == "night" and "neon" in times else times[0]
        for row, found in said:
            if row.time in (time, times[0]) or (time == "neon" and row.time == "night"):
                self._ledger.use_found(found, f"time: {time}", "scene")
        return time

    def _is_later(self, found: Found) -> bool:
        """Whether a phrase speaks of a later part of the clip, which a palette cannot show."""
        return self._timeline.is_later(self._prompt.clause_of(found))

    def _has(self, thing: ThingName, effect: str) -> bool:
        name = "snow" if thing == "snow ground" else thing
        said = [
            found
            for index, found in enumerate(self._prompt.found)
            if any(row.name == thing for row in found.all(ThingRow)) and self._wanted(index, name)
        ]
        for found in said:
            self._ledger.use_found(found, effect, "scene")
        return bool(said)

    def _figures(self) -> list[_Figure]:
        figures: list[_Figure] = []
        pronouns: list[int] = []
        for index, found in enumerate(self._prompt.found):
            if (row := self._figure_row(index, found)) is None:
                continue
            if row.kind in self._unwanted.names or self._prompt.negated[index]:
                self._ledger.use_found(found, f"no {row.kind}", "scene", is_negation=True)
            elif row.is_pronoun:
                pronouns.append(index)
            else:
                self._add(figures, index, found, row)
        if pronouns and not figures:
            found = self._prompt.found[pronouns[0]]
            figures.append(_Figure("person", 1, None, mentions=[pronouns[0]]))
            self._ledger.use_found(found, "figure: person", "scene")
        for figure in figures:
            for index in figure.mentions:
                self._note(figure, index)
        return figures[:_WISHES_MAX]

    def _figure_row(self, index: int, found: Found) -> FigureRow | None:
        """A numeral makes persons of a crowd: 'three people'."""
        rows = found.all(FigureRow)
        if len(rows) < 2:
            return rows[0] if rows else None
        crowd = next((row for row in rows if row.kind == "crowd"), None)
        return crowd if crowd is not None and self._count(index) is None else rows[0]

    def _add(self, figures: list[_Figure], index: int, found: Found, row: FigureRow) -> None:
        color = self._bindings.color.get(index) or self._color_of_clothes(index) or row.color
        if color in self._unwanted.names:
            color = None
        number = self._count(index)
        count = row.count or number or (PLURAL_COUNT if self._is_plural(found) else 1)
        alike = [f for f in figures if f.kind == row.kind and f.is_mounted == row.is_mounted]
        same = next((f for f in alike if not color or not f.color or f.color == color), None)
        if same is None or (same.color != color and self._is_other(same, index)):
            figures.append(_Figure(row.kind, count, color, mentions=[index], is_mounted=row.is_mounted))
            return
        is_pair = self._is_other(same, index) and row.count == 0
        same.count = same.count + count if is_pair else max(same.count, count)
        same.color = same.color or color
        same.mentions.append(index)

    def _is_other(self, figure: _Figure, index: int) -> bool:
        """Whether a noun stands beside the figure's own, and is another one: 'a taxi and a bus'."""
        last, found = self._prompt.found[figure.mentions[-1]], self._prompt.found[index]
        is_other = self._prompt.words_of(last) != self._prompt.words_of(found)
        return is_other and 0 <= self._prompt.gap(last, found) <= _PAIR_REACH

    def _is_plural(self, found: Found) -> bool:
        """By its form, or, where that is the same for one and many, by the lack of a word for one."""
        if found.meaning.is_plural or self._prompt.words_of(found)[-1] not in SAME_IN_PLURAL:
            return found.meaning.is_plural
        before = self._prompt.tokens[max(0, found.first - _DIGITS_REACH) : found.first]
        return not any(token.text in _ONE for token in before)

    def _count(self, index: int) -> int | None:
        """A number right before a figure, in words or digits."""
        if index in self._bindings.count:
            return self._bindings.count[index]
        first = self._prompt.found[index].first
        for token in reversed(self._prompt.tokens[max(0, first - _DIGITS_REACH) : first]):
            if token.phrase == self._prompt.tokens[first].phrase and token.text.isdecimal() and len(token.text) <= 3:
                return max(1, int(token.text))
        return None

    def _color_of_clothes(self, index: int) -> ColorName | None:
        """A person is seen by the color of what it wears: 'a woman in a red dress'."""
        here = self._prompt.found[index]
        for other in range(max(0, index - 2), index):
            if self._is_clothes(other) and self._prompt.gap(self._prompt.found[other], here) <= 1:
                return self._take_clothes(other)
        for other in range(index + 1, min(index + 6, len(self._prompt.found))):
            there = self._prompt.found[other]
            if self._prompt.gap(here, there) > 6 or there.row(FigureRow) is not None:
                return None
            if self._is_clothes(other):
                return self._take_clothes(other)
        return None

    def _is_clothes(self, index: int) -> bool:
        """Whether a phrase is something to wear that has a color."""
        things = self._prompt.found[index].all(ThingRow)
        return index in self._bindings.color and any(row.name == "clothes" for row in things)

    def _take_clothes(self, index: int) -> ColorName:
        self._ledger.cover(self._prompt.found[index])
        for color in self._bindings.colors_of(index):
            self._ledger.cover(self._prompt.found[color])
        return self._bindings.color[index]

    def _note(self, figure: _Figure, index: int) -> None:
        number = f" x{min(figure.count, FIGURES_MAX)}" if figure.count > 1 else ""
        color = f"{figure.color} " if figure.color else ""
        noun = self._prompt.found[index]
        others = [*self._bindings.colors_of(index), self._bindings.counters.get(index, index)]
        parts = [noun, *(self._prompt.found[other] for other in others)]
        for part in parts:
            self._ledger.cover(part)
        start = self._prompt.tokens[min(part.first for part in parts)].start
        text = self._prompt.text[start : self._prompt.tokens[noun.last - 1].end]
        self._ledger.use(text, f"figure: {color}{figure.kind}{number}", "scene")

    def _set_motions(self, figures: Sequence[_Figure], motions: Sequence[MotionFound]) -> None:
        """The first motion that goes somewhere, for each figure."""
        by_mention = {index: figure for figure in figures for index in figure.mentions}
        mentions = sorted(by_mention)
        for motion in motions:
            doer = doer_of(motion, self._prompt, mentions)
            if doer is None:
                continue
            figure = by_mention[doer]
            if figure.motion is None or (figure.motion in SUBTLE and motion.name not in SUBTLE):
                figure.motion = motion.name
            self._ledger.use_found(self._prompt.found[motion.index], f"{figure.kind}: {motion.name}", "motion")

    def _seat_rider(self, figures: list[_Figure]) -> None:
        """Put who rides onto the horse, which then goes as the rider does; a rider without one brings one."""
        horse = next((figure for figure in figures if figure.kind == "horse"), None)
        people = [figure for figure in figures if figure.kind in RIDERS]
        rider = next((figure for figure in people if figure.is_mounted), None)
        if rider is None and horse is not None:
            rider = next((figure for figure in people if self._rides(figure, horse)), None)
        if rider is None:
            return
        if horse is None:
            if any(figure.kind == "car" for figure in figures):
                return
            horse = _Figure("horse", rider.count, None, mentions=rider.mentions)
            figures.append(horse)
        horse.rider, horse.count = rider, max(horse.count, rider.count)
        horse.motion = horse.motion or rider.motion
        figures.remove(rider)
        self._ledger.use_found(self._prompt.found[rider.mentions[0]], f"{rider.kind}: on a horse", "scene")

    def _rides(self, person: _Figure, horse: _Figure) -> bool:
        """Whether the words put somebody on this horse: 'rides', 'on horseback', 'on a white horse'."""
        found, tokens = self._prompt.found, self._prompt.tokens
        # In Chinese the character for riding is a part of the word for knights, too.
        verbs = [tokens[each.first] for each in found if set(self._prompt.words_of(each)) <= RIDING]
        verbs += [token for token in tokens if not token.is_han and token.text in RIDING]
        for here in (found[index] for index in person.mentions):
            if any(verb.sentence == tokens[here.first].sentence for verb in verbs):
                return True
            for there in (found[index] for index in horse.mentions):
                before = tokens[max(here.last, there.first - _SADDLE_REACH) : there.first]
                if any(token.text in SADDLE and token.sentence == tokens[here.first].sentence for token in before):
                    return True
        return False

    def _colors(self) -> tuple[ColorName, ...]:
        """Colors that belong to no noun."""
        colors: list[ColorName] = []
        for index, found in enumerate(self._prompt.found):
            row = found.row(ColorRow)
            if (
                row is None
                or found.meaning.is_short
                or index in self._bindings.bound_colors
                or not self._wanted(index, row.name)
            ):
                continue
            if row.name not in colors and len(colors) < _COLORS_MAX:
                colors.append(row.name)
                self._ledger.use_found(found, f"palette: {row.name}", "scene")
        return tuple(colors)


def _caption_of(prompt: str) -> str | None:
    """The prompt on one line; None where it has nothing to read."""
    caption = " ".join(prompt.split())
    return caption if any(character.isalpha() for character in caption) else None
