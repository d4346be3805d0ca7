"""Fireworks: rockets that climb and burst in the sky into sparks that slow down, fall and die."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.colors import NAMED, Rgb
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color, Tone
from mutoscope.engines.procedural.effects.particles.heavens import box_around, sky_cover, sky_weights
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Box, Floats, Ink, lines
from mutoscope.engines.procedural.effects.particles.swarm import GOLDEN
from mutoscope.engines.procedural.plan import FADE, Effect
from mutoscope.media.frames import Planes

_EVERY_S: Final = 0.42
_CLIMB_S: Final = 0.55
_LASTS_S: Final = 1.9
_SPARKS: Final = (70, 110)
_DRAG: Final = 2.6
"""Per second: a spark has gone most of its way in half a second."""
_GRAVITY: Final = 0.085
"""Units per second²; sparks are light and the air holds them."""
_TRAIL_S: Final = (0.0, 0.06, 0.13, 0.22)
_BLAZE_S: Final = 0.5
"""The flash of a burst is gone after this."""
_COLORS: Final[tuple[Rgb, ...]] = (
    (255, 70, 60), (255, 190, 60), (90, 235, 110), (90, 160, 255), (210, 100, 255), (255, 110, 190), (110, 240, 240),
)  # fmt: skip
_DAY_GAIN: Final = 0.70
"""How dark a bright picture becomes, so that sparks shine before it."""
_DARK_ENOUGH, _TOO_BRIGHT = 50, 150


@dataclass(frozen=True, slots=True)
class _Burst:
    time_s: float
    """Of the burst; the climb comes before it."""
    x: float
    y: float
    from_x: float
    reach: float
    """How far its sparks get, pixels."""
    ways: Floats
    """(2, sparks): where each goes, 1 at the sphere's rim."""
    life: Floats
    """Seconds of each spark."""
    color: Color
    core: Color


class Fireworks:
    """A display of bursts in several colors, or in the one that was named."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random(f"fireworks {effect.start:.6g}")
        start = (effect.start + 0.4 * FADE) * site.stage.duration_s + _CLIMB_S
        end = min(1.0, effect.end) * site.stage.duration_s - 0.2
        every = _EVERY_S / min(max(effect.strength, 0.5), 1.6)
        count = max(2, round((end - start) / every))
        times = start + (np.arange(count) + random.uniform(0, 0.8, count)) * max(0.1, (end - start) / count)
        self._sky = sky_cover(site)
        x, y = self._places(site, count, random)
        # Under a low sky bursts are smaller, so that they are seen whole.
        self._room = min(1.0, 0.6 + float(y.min()) / (0.5 * site.stage.unit_px))
        colors = _COLORS if effect.color is None else (NAMED[effect.color],)
        first = int(random.integers(len(colors)))
        self._bursts = [
            self._make(float(times[index]), float(x[index]), float(y[index]), colors[(first + 3 * index) % len(colors)],
                       random)
            for index in range(count)
        ]  # fmt: skip
        self._core = Ink(site.stage.width_px, site.stage.height_px)
        self._halo = Ink(site.stage.width_px, site.stage.height_px)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        self._darken(target, min(1.0, level))
        for burst in self._bursts:
            age = time_s - burst.time_s
            if -_CLIMB_S < age < 0:
                self._climb(burst, 1 + age / _CLIMB_S, min(1.0, level**0.5), target)
            elif 0 <= age < _LASTS_S:
                self._burst(burst, age, min(1.0, level**0.5), target)

    def _darken(self, target: Planes, level: float) -> None:
        """By day, a dusk that lets sparks shine."""
        seen = float(cv2.resize(target.y, (48, 48), interpolation=cv2.INTER_NEAREST).mean())
        day = min(max((seen - _DARK_ENOUGH) / (_TOO_BRIGHT - _DARK_ENOUGH), 0.0), 1.0)
        if day * level > 0:
            self._core.clear()
            self._core.mix(target, self._bursts[0].core, tone=Tone(gain=1 + (_DAY_GAIN - 1) * day * level))

    def _places(self, site: Site, count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Spread over the frame's width; so high that a burst has room above the ground where there is sky enough."""
        width, height = site.stage.width_px, site.stage.height_px
        x = (np.arange(count) * GOLDEN + random.random()) % 1 * 0.76 + 0.12
        sky = sky_weights(site.analysis)
        rows, columns = sky.shape
        depth = (sky > 0.5).sum(axis=0) / rows if self._sky is not None else np.full(columns, 0.5)
        floor = depth[np.minimum((x * columns).astype(int), columns - 1)] - 0.25 * site.stage.unit_px / height
        y: Floats = np.clip(np.minimum(random.uniform(0.12, 0.36, count), floor), 0.10, 0.40)
        return np.asarray(x * width, np.float64), np.asarray(y * height, np.float64)

    def _make(self, time_s: float, x: float, y: float, rgb: Rgb, random: np.random.Generator) -> _Burst:
        unit = self._stage.unit_px
        sparks = int(random.integers(*_SPARKS))
        height = random.uniform(-1, 1, sparks)
        angle = random.uniform(0, 2 * np.pi, sparks)
        across = np.sqrt(1 - height**2)
        pace = random.choice((0.62, 1.0), p=(0.25, 0.75), size=sparks) * random.uniform(0.9, 1.05, sparks)
        red, green, blue = ((channel + 2 * 255) // 3 for channel in rgb)
        return _Burst(
            time_s, x, y, x + random.uniform(-0.06, 0.06) * unit, random.uniform(0.19, 0.30) * unit * self._room,
            np.stack([across * np.cos(angle), height]) * pace, random.uniform(1.1, _LASTS_S, sparks),
            Color.of(rgb), Color.of((red, green, blue)),
        )  # fmt: skip

    def _climb(self, burst: _Burst, share: float, level: float, target: Planes) -> None:
        """The rocket on its way up, a short warm trail behind it."""
        foot = target.height_px * 0.96
        ways = 1 - (1 - np.clip(share - np.array([0.16, 0.08, 0.0]), 0, 1)) ** 2
        x, y = burst.from_x + (burst.x - burst.from_x) * ways, foot + (burst.y - foot) * ways
        unit = self._stage.unit_px
        box = box_around(x, y, 0.02 * unit, target)
        if box is None:
            return
        self._core.clear(box)
        width = max(1, round(0.0022 * unit))
        for step, value in ((0, 90), (1, 210)):
            part = lines(*np.stack([x, y], axis=1)[step : step + 2].ravel())
            shade = round(value * level * (1 - 0.5 * share))
            cv2.polylines(self._core.full, list(part), False, shade, width, cv2.LINE_AA, SHIFT)
        self._core.mix(target, Color.of((255, 214, 150)), box=box)

    def _burst(self, burst: _Burst, age: float, level: float, target: Planes) -> None:
        unit = self._stage.unit_px
        x, y = self._sparks_at(burst, age)
        box = box_around(x[0], y[0], (0.30 if age < _BLAZE_S else 0.09) * unit, target)
        if box is None:
            return
        left = np.clip(1 - age / burst.life, 0, 1)
        # Old sparks crackle.
        crackle = np.where(left < 0.4, 0.45 + 0.55 * np.sin(40 * age + 9 * np.arange(left.size)), 1)
        cover = np.clip(level * left**0.7 * crackle, 0, 1)
        self._core.clear(box)
        width = max(1, round(0.0024 * unit))
        for step in range(len(_TRAIL_S) - 1, 0, -1):
            self._trails(x[step - 1 : step + 1], y[step - 1 : step + 1], cover * (1 - 0.28 * step), width)
        self._core.dots(x[0], y[0], np.full(cover.size, 0.0022 * unit), cover)
        self._shine(burst, box, age, level, target)

    def _shine(self, burst: _Burst, box: Box, age: float, level: float, target: Planes) -> None:
        """The halo in the burst's color, the sparks whiter while they are young."""
        unit = self._stage.unit_px
        self._halo.glow_of(self._core, 0.014 * unit, 3.4, box)
        if (blaze := float(np.exp(-age / 0.13)) * level) > 0.02:
            radius = np.array([0.12 * unit * (0.4 + 0.6 * min(1.0, age / 0.1))])
            box.of_quarter(self._halo.quarter).fill(0)
            self._halo.soft_dots(np.array([burst.x]), np.array([burst.y]), radius, np.array([0.8 * blaze]))
            self._halo.merge_quarter(0.06 * unit, box)
        if self._sky is not None:
            for ink in (self._halo, self._core):
                cv2.multiply(box.of(ink.full), box.of(self._sky), dst=box.of(ink.full), scale=1 / 255)
        self._halo.mix(target, burst.color, box=box)
        young = float(np.exp(-age / 0.5))
        color = Color(*(young * white + (1 - young) * own for white, own in zip(
            (burst.core.y, burst.core.u, burst.core.v), (burst.color.y, burst.color.u, burst.color.v), strict=True,
        )))  # fmt: skip
        self._core.mix(target, color, box=box)

    def _sparks_at(self, burst: _Burst, age: float) -> tuple[Floats, Floats]:
        """Positions now and at the times of the trail before, (times, sparks)."""
        ages = np.maximum(0.0, age - np.array(_TRAIL_S))[:, None]
        gone = burst.reach * (1 - np.exp(-_DRAG * ages))
        fallen = 0.5 * _GRAVITY * self._stage.unit_px * ages**2
        return burst.x + gone * burst.ways[0], burst.y + gone * burst.ways[1] + fallen

    def _trails(self, x: Floats, y: Floats, cover: Floats, width: int) -> None:
        """Lines from each spark to where it was, in four degrees of cover."""
        ends = lines(x[0], y[0], x[1], y[1])
        degree = np.minimum((4 * cover).astype(int), 3)
        for shade in range(4):
            chosen = (degree == shade) & (cover > 0.03)
            if chosen.any():
                value = round(255 * float(cover[chosen].mean()))
                cv2.polylines(self._core.full, list(ends[chosen]), False, value, width, cv2.LINE_AA, SHIFT)
