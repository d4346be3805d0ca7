"""Rain and thunderstorms: slanted streaks, splashes on the ground, a darker frame, and lightning."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color, Tone
from mutoscope.engines.procedural.effects.particles.discs import TONE_LEVEL_MAX
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Floats, Ink, fixed, lines
from mutoscope.engines.procedural.effects.particles.lightning import Lightning
from mutoscope.engines.procedural.effects.particles.swarm import GOLDEN, STRENGTH_MAX
from mutoscope.engines.procedural.plan import Effect
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Planes

_WATER: Final = Color.of((216, 226, 236))
Stroke = tuple[float, float, float]
"""Length, width and cover, as shares of those of the streak."""
_EVEN: Final[tuple[Stroke, ...]] = ((1.0, 1.0, 0.85),)
_TAPERED: Final[tuple[Stroke, ...]] = ((1.0, 1.0, 0.5), (0.62, 0.4, 1.0))
"""Bright below and in the middle, fading upwards."""
_SHADES: Final = 4
"""Streaks of one depth are drawn in so many degrees of cover, each in one call."""


@dataclass(frozen=True, slots=True)
class Depth:
    """Streaks at one distance. Lengths are in the stage's units."""

    count: int
    speed: tuple[float, float]
    """Per second."""
    length: tuple[float, float]
    width: float
    """In thousandths."""
    cover: float
    strokes: tuple[Stroke, ...]


_DEPTHS: Final = (
    Depth(540, (1.1, 1.5), (0.034, 0.060), 0.9, 0.30, _EVEN),
    Depth(250, (1.8, 2.3), (0.070, 0.12), 1.5, 0.38, _TAPERED),
    Depth(48, (2.8, 3.6), (0.15, 0.25), 2.8, 0.25, _TAPERED),
)
_RAIN_TONE: Final = Tone(gain=0.79, haze=0.05, haze_luma=120, saturation=0.78, cool=(1.0, -1.0))
_STORM_TONE: Final = Tone(gain=0.66, haze=0.10, haze_luma=95, saturation=0.66, cool=(2.5, -2.0))
_SLANT: Final = 0.16
"""Sideways per downward way of rain."""
_STORM_SLANT: Final = 0.34
_GUST_HZ: Final = 0.23
_GUST: Final = 0.16
"""Change of the slant in a gust."""


class Rain:
    """Streaks in three depths, splashes near the ground; a storm adds gusts, haze and lightning."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        is_storm = effect.name == "storm"
        self._tone = _STORM_TONE if is_storm else _RAIN_TONE
        slant, gust = (_STORM_SLANT, _GUST) if is_storm else (_SLANT, 0.02)
        random = site.stage.random(f"{effect.name} {effect.start:.6g}")
        self._strength = min(effect.strength, STRENGTH_MAX)
        density = self._strength * (1.2 if is_storm else 1.0)
        way = 1 if random.random() < 0.5 else -1
        self._streaks = [_Streaks(depth, density, way * slant, way * gust, site.stage, random) for depth in _DEPTHS]
        self._splashes = _Splashes(round(70 * density), site, random)
        self._lightning = Lightning(effect, site) if is_storm else None
        self._ink = Ink(site.stage.width_px, site.stage.height_px)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        share_of_all = min(1.0, level / self._strength)
        self._ink.clear()
        for streaks in self._streaks:
            streaks.draw(self._ink, time_s, share_of_all)
        self._splashes.draw(self._ink, time_s, share_of_all)
        self._ink.mix(target, _WATER, tone=self._tone.at(min(level, TONE_LEVEL_MAX)))
        if self._lightning is not None:
            self._lightning.draw(time_s, min(1.0, level), target)


class _Streaks:
    """The streaks of one depth."""

    def __init__(
        self, depth: Depth, density: float, slant: float, gust: float, stage: Stage, random: np.random.Generator
    ) -> None:
        unit = stage.unit_px
        count = max(1, round(depth.count * density))
        self._width, self._height = stage.width_px, stage.height_px
        self._speed = random.uniform(*depth.speed, count) * unit
        self._length = random.uniform(*depth.length, count) * unit
        self._place = random.random((2, count))
        self._appears = random.permutation(count) / count
        wanted = depth.width / 1000 * unit
        self._thickness = max(1, round(wanted))
        # What cannot be drawn as thin as it is gets fainter instead.
        self._cover = depth.cover * min(1.0, wanted / self._thickness + 0.25) * random.uniform(0.55, 1.0, count)
        self._shade = np.minimum((random.random(count) * _SHADES).astype(int), _SHADES - 1)
        self._slant = slant + random.uniform(-0.015, 0.015, count)
        self._gust = gust
        self._strokes = depth.strokes
        self._margin = 0.2 * unit

    def draw(self, ink: Ink, time_s: float, share: float) -> None:
        """Those of the streaks that are there at this share of the effect."""
        span = self._height + 2 * self._margin
        way = self._place[1] * span + self._speed * time_s
        cycle = np.floor(way / span)
        y = way - cycle * span - self._margin
        omega = 2 * np.pi * _GUST_HZ
        slant = self._slant + self._gust * np.sin(omega * time_s)
        width = self._width + 2 * self._margin
        # Leaning about the middle of the frame: a gust turns the rain and does not sweep it away.
        leaning = slant * (y - self._height / 2)
        x = ((self._place[0] + GOLDEN * cycle) * width + leaning) % width - self._margin
        cover = self._cover * np.clip((share * 1.3 - self._appears) / 0.3, 0, 1)
        seen = (y > 0) & (y - self._length < self._height) & (cover > 0.02)
        for part, widening, strength in self._strokes:
            top_x, top_y = x - part * slant * self._length, y - part * self._length
            ends = lines(top_x, top_y, x, y)
            thickness = max(1, round(widening * self._thickness))
            for shade in range(_SHADES):
                chosen = seen & (self._shade == shade)
                if chosen.any():
                    value = round(255 * strength * float(cover[chosen].mean()))
                    cv2.polylines(ink.full, list(ends[chosen]), False, value, thickness, cv2.LINE_AA, SHIFT)


class _Splashes:
    """Small rings that open on the ground and are gone."""

    _PERIOD_S: Final = 0.55
    _LASTS: Final = 0.42
    """Share of its period for which a splash is seen."""

    def __init__(self, count: int, site: Site, random: np.random.Generator) -> None:
        stage = site.stage
        self._unit = stage.unit_px
        self._width = stage.width_px
        ground = min(max(site.analysis.horizon + 0.12, 0.6), 0.92)
        depth = random.random(max(1, count)) ** 0.8
        self._y: Floats = (ground + (1.0 - ground) * depth) * stage.height_px
        self._size: Floats = (0.003 + 0.008 * depth) * self._unit
        self._x = random.random(len(depth))
        self._phase = random.random(len(depth))
        self._appears = random.random(len(depth))

    def draw(self, ink: Ink, time_s: float, share: float) -> None:
        """Those that are open at this time."""
        beat = time_s / self._PERIOD_S + self._phase
        cycle = np.floor(beat)
        age = (beat - cycle) / self._LASTS
        shown = (age < 1) & (self._appears < share)
        x = ((self._x + GOLDEN * cycle) % 1 * self._width)[shown]
        age, size, y = age[shown], self._size[shown], self._y[shown]
        radius = size * (0.3 + 0.7 * np.sqrt(age))
        values = np.rint(150 * (1 - age)).tolist()
        rows = zip(*(fixed(part).tolist() for part in (x, y, radius, 0.36 * radius)), values, strict=True)
        for column, row, wide, high, value in rows:
            cv2.ellipse(
                ink.full, (column, row), (wide, high), 0, 0, 360, value, max(1, round(self._unit / 900)),
                cv2.LINE_AA, SHIFT,
            )  # fmt: skip
        self._draw_drops(ink, x, y, size, age)

    @staticmethod
    def _draw_drops(ink: Ink, x: Floats, y: Floats, size: Floats, age: Floats) -> None:
        """Two drops that jump up from each."""
        height = size * 2.2 * (4 * age * (1 - age))
        for side in (-0.7, 0.5):
            ink.dots(x + side * size * (0.3 + age), y - height * (1.1 - 0.3 * side), 0.16 * size, 0.7 * (1 - age))
