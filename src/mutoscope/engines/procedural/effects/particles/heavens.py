"""What shines in the sky: stars that twinkle, and shooting stars."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.colors import NAMED
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Box, Floats, Ink, fixed, lines
from mutoscope.engines.procedural.plan import FADE, Effect
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.media.frames import Plane, Planes

SKY_SHARE_MIN: Final = 0.03
_BEHIND_MIN: Final = 0.12
"""Share of the picture above which the sky is large enough to show what goes on behind the rest."""
_UPPER: Final = 0.42
"""Share of the height that counts as sky where none was found."""
_STARS: Final = 170
_SPARKLING: Final = 0.09
"""Share of the stars that show rays."""
_STAR: Final = Color.of((250, 250, 255))
_DARK_LUMA, _BRIGHT_LUMA = 60, 190
_SHOOTING: Final = 3
_TAIL_STEPS: Final = 14


def sky_weights(analysis: Analysis) -> Floats:
    """Where something in the sky may be seen, (height, width): the sky, or else the frame's upper part."""
    if analysis.sky_share >= SKY_SHARE_MIN:
        return np.where(analysis.sky > 0.9, analysis.sky, 0).astype(np.float64) + 1e-12
    rows = (np.arange(analysis.sky.shape[0]) + 0.5) / analysis.sky.shape[0]
    return np.repeat(np.clip(1 - rows / _UPPER, 0, 1)[:, None], analysis.sky.shape[1], axis=1) + 1e-12


def sky_points(site: Site, count: int, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Places in the sky, in pixels."""
    weights = sky_weights(site.analysis)
    rows, columns = weights.shape
    chosen = random.choice(weights.size, size=count, p=weights.ravel() / weights.sum())
    x = (chosen % columns + random.random(count)) / columns * site.stage.width_px
    y = (chosen // columns + random.random(count)) / rows * site.stage.height_px
    return x, y


def sky_cover(site: Site) -> Plane | None:
    """255 where the sky is, for what goes behind the things before it; None where there is little sky or none."""
    if site.analysis.sky_share < _BEHIND_MIN:
        return None
    # The sky of an analysis is eroded by two samples; what shines may come closer to its edge.
    sky = cv2.dilate(site.analysis.sky, np.ones((3, 3), np.uint8))
    small = np.rint(255 * np.clip(sky, 0, 1)).astype(np.uint8)
    size = (site.stage.width_px, site.stage.height_px)
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)


class Stars:
    """Points that twinkle; over a bright sky they are faint, but there."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random(f"stars {effect.start:.6g}")
        count = round(_STARS * min(effect.strength, 2.0))
        self._x, self._y = sky_points(site, count, random)
        size = random.random(count) ** 4
        self._radius: Floats = (0.9 + 1.5 * size) / 1000 * site.stage.unit_px
        self._bright: Floats = 0.35 + 0.65 * random.random(count)
        self._phase = random.uniform(0, 2 * np.pi, (2, count))
        self._omega = 2 * np.pi * random.uniform(0.4, 1.6, count)
        self._rays = np.flatnonzero(random.random(count) < _SPARKLING)
        self._core = Ink(site.stage.width_px, site.stage.height_px)
        self._halo = Ink(site.stage.width_px, site.stage.height_px)
        self._color = _STAR if effect.color is None else Color.of(NAMED[effect.color])

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        columns = np.clip(self._x.astype(int), 0, target.width_px - 1)
        rows = np.clip(self._y.astype(int), 0, target.height_px - 1)
        behind = target.y[rows, columns].astype(float)
        dark = np.clip((_BRIGHT_LUMA - behind) / (_BRIGHT_LUMA - _DARK_LUMA), 0.35, 1)
        twinkle = 0.5 + 0.5 * np.sin(self._omega * time_s + self._phase[0]) * np.cos(0.7 * time_s + self._phase[1])
        cover = np.clip(self._bright * dark * (0.25 + 0.95 * twinkle) * level**0.5, 0, 1)
        self._core.clear()
        self._core.dots(self._x, self._y, self._radius, cover)
        self._draw_rays(cover)
        self._halo.glow_of(self._core, 0.006 * self._stage.unit_px, 3.5)
        cv2.add(self._halo.full, self._core.full, dst=self._halo.full)
        self._halo.mix(target, self._color)

    def _draw_rays(self, cover: Floats) -> None:
        """Four rays around some of them, brighter near the middle."""
        x, y = self._x[self._rays], self._y[self._rays]
        for step, value in ((1.0, 0.35), (0.55, 0.6)):
            reach = 0.011 * self._stage.unit_px * step * cover[self._rays] ** 2
            shades = np.rint(255 * value * cover[self._rays]).tolist()
            for rays in (lines(x - reach, y, x + reach, y), lines(x, y - reach, x, y + reach)):
                for ray, shade in zip(rays, shades, strict=True):
                    cv2.polylines(self._core.full, [ray], False, shade, 1, cv2.LINE_AA, SHIFT)


class ShootingStars:
    """A few streaks across the sky, one after another, each with a head that glows and a tail that thins."""

    _LASTS_S: Final = 0.9

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random(f"shooting star {effect.start:.6g}")
        length_s = max(0.5, (min(1.0, effect.end) - effect.start - FADE) * site.stage.duration_s - self._LASTS_S)
        first = (effect.start + 0.7 * FADE) * site.stage.duration_s
        self._starts = first + length_s * (np.arange(_SHOOTING) + random.uniform(0.0, 0.6, _SHOOTING)) / _SHOOTING
        self._x, self._y = sky_points(site, _SHOOTING, random)
        # From the upper part of the sky, so that there is a way to go.
        self._y *= 0.55
        away = np.where(self._x < site.stage.width_px / 2, 1.0, -1.0)
        angle = random.uniform(0.18, 0.5, _SHOOTING)
        reach = random.uniform(0.5, 0.75, _SHOOTING) * site.stage.unit_px
        self._dx, self._dy = away * np.cos(angle) * reach, np.sin(angle) * reach
        self._core = Ink(site.stage.width_px, site.stage.height_px)
        self._halo = Ink(site.stage.width_px, site.stage.height_px)
        self._sky = sky_cover(site)
        self._color = Color.of((170, 205, 255) if effect.color is None else NAMED[effect.color])

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        age = (share * self._stage.duration_s - self._starts) / self._LASTS_S
        flying = np.flatnonzero((age > 0) & (age < 1))
        if level <= 0 or not flying.size:
            return
        for index in flying:
            self._draw_one(int(index), float(age[index]), min(1.0, level**0.5), target)

    def _draw_one(self, index: int, age: float, level: float, target: Planes) -> None:
        unit = self._stage.unit_px
        bright = level * min(1.0, age / 0.12) * min(1.0, (1 - age) / 0.35)
        tail = 0.42 * min(1.0, age / 0.3)
        ways = age - tail * np.linspace(1, 0, _TAIL_STEPS + 1)
        x, y = self._x[index] + self._dx[index] * ways, self._y[index] + self._dy[index] * ways
        box = box_around(x, y, 0.06 * unit, target)
        if box is None:
            return
        self._core.clear(box)
        points = fixed(np.stack([x, y], axis=1)).tolist()
        for step in range(_TAIL_STEPS):
            near = (step + 1) / _TAIL_STEPS
            width = max(1, round(0.0046 * unit * near))
            value = round(255 * bright * near**1.6)
            cv2.line(self._core.full, points[step], points[step + 1], value, width, cv2.LINE_AA, SHIFT)
        self._core.dots(x[-1:], y[-1:], np.array([0.0036 * unit]), np.array([bright]))
        if self._sky is not None:
            cv2.multiply(box.of(self._core.full), box.of(self._sky), dst=box.of(self._core.full), scale=1 / 255)
        self._halo.glow_of(self._core, 0.014 * unit, 5.0, box)
        self._halo.mix(target, self._color, box=box)
        self._core.mix(target, _STAR, box=box)


def box_around(x: Floats, y: Floats, margin: float, target: Planes) -> Box | None:
    """The part of the frame within `margin` pixels of any of these points."""
    return Box.around(x.min() - margin, y.min() - margin, x.max() + margin, y.max() + margin, target)
