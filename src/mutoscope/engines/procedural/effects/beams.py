"""Light in the lens and in the air: shafts from the sky's brightest point, and the ghosts of a flare."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import add_signed, enlarged, screen
from mutoscope.engines.procedural.effects.fields import Places, Spread
from mutoscope.engines.procedural.effects.follower import Follower
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Planes

_ANGLES: Final = 1024
_SHAFT_LIGHT: Final = 120.0
_GAP_SHADE: Final = 26.0
_OUTSIDE: Final = (0.16, -0.14)
"""Where light comes from in a picture without sky: over the left shoulder."""


class GodRays:
    """Shafts of light that fan out and slowly turn, soft where the air is clear."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._duration_s = site.stage.duration_s
        places = Places.of(site.stage, 240)
        x, y = _light_of(site)
        across = (places.x - x) * places.aspect[0]
        down = (places.y - y) * places.aspect[1]
        turn = np.arctan2(down, across) / np.float32(2 * np.pi)
        self._turn = np.asarray((turn % 1.0) * _ANGLES, np.float32)
        distance = np.hypot(across, down)
        self._fall = np.asarray(
            _SHAFT_LIGHT * np.exp(-((distance / 0.85) ** 2)) * soft_step(distance / np.float32(0.10)) + 0.0, np.float32
        )
        self._near = np.asarray(np.exp(-((distance / 0.8) ** 2)), np.float32)
        self._source = np.asarray(70 * places.near(x, y, 0.14), np.float32)
        chance = site.stage.random("god rays")
        self._shafts = [_ring(chance, waves) for waves in (26, 60)]

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._duration_s
        wide, fine = (self._read(ring, speed * time_s) for ring, speed in zip(self._shafts, (5.0, -8.0), strict=True))
        light = np.clip(level * (self._fall * wide * (0.45 + 0.55 * fine) + self._source), 0, 255)
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), 1.2), np.float32)
        # Air between the shafts dims a little: on a white sky they would not be seen otherwise.
        gap = np.clip(level * (_GAP_SHADE * self._near * (1 - wide)), 0, 255)
        cv2.subtract(target.y, enlarged(gap.astype(np.uint8), target.y), dst=target.y)
        screen(target.y, enlarged(light.astype(np.uint8), target.y))
        for plane, warmth in ((target.u, -0.14), (target.v, 0.13)):
            change = cv2.convertScaleAbs(light, alpha=warmth, beta=128)
            add_signed(plane, enlarged(np.asarray(change, np.uint8), plane))

    def _read(self, ring: Spread, turned: float) -> Spread:
        """A ring of shafts at every place, turned by so many of its 1024 steps."""
        at = self._turn + np.float32(turned % _ANGLES)
        first = at.astype(np.int32)
        part = at - first
        low, high = ring[first % _ANGLES], ring[(first + 1) % _ANGLES]
        return np.asarray(low + (high - low) * part, np.float32)


@dataclass(frozen=True, slots=True)
class _Ghost:
    """One reflection between the lenses."""

    along: float
    """Where on the line through the middle: 1 at the light, 0 in the middle, below on the other side."""
    radius: float
    """Share of the unit."""
    light: float
    """Code values of luma."""
    u: float
    v: float
    is_ring: bool = False


_GHOSTS: Final = (
    _Ghost(0.62, 0.030, 30, -8, 12),
    _Ghost(0.38, 0.062, 22, -16, 3),
    _Ghost(0.20, 0.018, 40, 12, -14),
    _Ghost(-0.18, 0.040, 26, 16, -9),
    _Ghost(-0.42, 0.085, 24, -8, -16, is_ring=True),
    _Ghost(-0.60, 0.024, 46, -16, 14),
    _Ghost(-0.86, 0.130, 26, 14, 8, is_ring=True),
    _Ghost(-1.15, 0.055, 22, -14, 14),
)


class LensFlare:
    """A light with its star and streak, and ghosts on the line through the middle that slide as the light does."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._light = _light_of(site, inside=True)
        self._follower = Follower(site)
        self._size = max(8, site.stage.width_px // 4), max(8, site.stage.height_px // 4)
        self._unit = site.stage.unit_px / 4
        self._glare = _glare(self._unit, site.stage.random("lens flare"))
        self._streak = _streak(self._unit, self._size[0])

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        width, height = self._size
        x, y = self._follower.place(self._light, share)
        if not self._follower.moves:
            # Ghosts that slide tell a flare from a sticker.
            x += 0.05 * (share - 0.5) * (1 if x < 0.5 else -1)
            y += 0.02 * (share - 0.5)
        x, y = x * width, y * height
        glare, streak = (_placed(each, x, y, self._size) for each in (self._glare, self._streak))
        warmth = np.minimum(glare, 70)
        lights = glare + streak, 0.22 * streak - 0.10 * warmth, 0.09 * warmth - 0.12 * streak
        luma, u, v = (np.asarray(each, np.float32) for each in lights)
        for ghost in _GHOSTS:
            center = width / 2 + ghost.along * (x - width / 2), height / 2 + ghost.along * (y - height / 2)
            self._add_ghost(ghost, center, (luma, u, v))
        light = cv2.convertScaleAbs(luma, alpha=level)
        screen(target.y, enlarged(np.asarray(light, np.uint8), target.y))
        for plane, color in ((target.u, u), (target.v, v)):
            change = cv2.convertScaleAbs(color, alpha=level, beta=128)
            add_signed(plane, enlarged(np.asarray(change, np.uint8), plane))

    def _add_ghost(self, ghost: _Ghost, center: tuple[float, float], planes: tuple[Spread, ...]) -> None:
        """Add a disc, brighter towards its rim as ghosts are; worked out in its own square only."""
        width, height = self._size
        radius = ghost.radius * self._unit
        left, right = (round(min(max(center[0] + side * (radius + 2), 0), width)) for side in (-1, 1))
        top, bottom = (round(min(max(center[1] + side * (radius + 2), 0), height)) for side in (-1, 1))
        if left >= right or top >= bottom:
            return
        ys, xs = np.ogrid[top:bottom, left:right]
        distance = np.asarray(np.hypot(xs - center[0], ys - center[1]) / radius, np.float32)
        inside = soft_step((1 - distance) * np.float32(max(2.0, radius / 4)))
        profile = inside * (distance**8 if ghost.is_ring else 0.45 + 0.55 * distance**2)
        for plane, value in zip(planes, (ghost.light, ghost.u, ghost.v), strict=True):
            plane[top:bottom, left:right] += np.float32(value) * profile


def _glare(unit: float, chance: np.random.Generator) -> Spread:
    """A light with its halo and the spikes of a star, the light in the middle."""
    side = np.arange(-round(0.55 * unit), round(0.55 * unit) + 1, dtype=np.float32) / np.float32(unit)
    distance = np.hypot(side[None, :], side[:, None])
    angle = np.arctan2(side[:, None], side[None, :])
    glare = 235 * np.exp(-((distance / 0.030) ** 2)) + 95 * np.exp(-distance / 0.09)
    glare += 16 * np.exp(-(((distance - 0.30) / 0.016) ** 2))
    for turn, length in zip(chance.uniform(0, np.pi, 7), chance.uniform(0.5, 1.0, 7), strict=True):
        glare += 90 * np.exp(-110 * np.sin(angle - np.float32(turn)) ** 2 - distance / np.float32(0.16 * length))
    edge = soft_step((np.float32(0.55) - distance) / np.float32(0.15))
    return np.asarray(glare * edge, np.float32)


def _streak(unit: float, width: int) -> Spread:
    """A thin line to both sides of a light, as wide lenses draw it."""
    xs = np.arange(-width, width + 1, dtype=np.float32)[None, :] / np.float32(unit)
    ys = np.arange(-round(0.02 * unit) - 1, round(0.02 * unit) + 2, dtype=np.float32)[:, None] / np.float32(unit)
    return np.asarray(60 * np.exp(-((ys / 0.0045) ** 2)) * np.exp(-np.abs(xs) / 0.42), np.float32)


def _placed(picture: Spread, x: float, y: float, size: tuple[int, int]) -> Spread:
    """A picture laid with its middle at (x, y) into an empty one of `size`, to fractions of a pixel."""
    rows, columns = picture.shape
    matrix = np.array([[1, 0, x - columns // 2], [0, 1, y - rows // 2]], np.float32)
    return np.asarray(cv2.warpAffine(picture, matrix, size), np.float32)


def _light_of(site: Site, *, inside: bool = False) -> tuple[float, float]:
    """Where the light is, as shares of the frame; `inside` keeps it where it can be seen."""
    x, y = site.analysis.light if site.analysis.sky_share > 0.04 else _OUTSIDE
    if inside:
        return min(max(x, 0.12), 0.88), min(max(y, 0.10), 0.5)
    return x, min(y, 0.0) - 0.14


def _ring(chance: np.random.Generator, waves: int) -> Spread:
    """Noise around a circle, 0 to 1: sums of sines with whole numbers of waves."""
    angles = np.arange(_ANGLES) * (2 * np.pi / _ANGLES)
    numbers = chance.integers(waves // 3, waves, 9)
    phases = chance.uniform(0, 2 * np.pi, 9)
    total = sum(np.sin(number * angles + phase) for number, phase in zip(numbers, phases, strict=True))
    return soft_step(np.asarray(0.5 + np.asarray(total) / 6, np.float32))
