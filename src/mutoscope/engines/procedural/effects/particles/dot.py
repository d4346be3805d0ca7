"""A dot of light on a winding path: a laser pointer, a small orb, with a trail that fades."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.colors import NAMED, Rgb
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color
from mutoscope.engines.procedural.effects.particles.heavens import box_around
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Floats, Ink, fixed
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Planes

_TRAIL_S: Final = 0.32
_TRAIL_STEPS: Final = 16
_REACH: Final = (0.34, 0.27)
"""How far it gets from the middle, as shares of the frame."""
_HZ: Final = (0.23, 0.37)
_RADIUS: Final = 0.0095
_CORE: Final = 0.42
"""Share of the radius that is nearly white."""


class Dot:
    """One dot, red unless a color was named."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random(f"dot {effect.start:.6g}")
        self._phase = random.uniform(0, 2 * np.pi, 4)
        subject = site.analysis.subject
        center = (0.5, 0.52) if subject is None else subject.center
        self._center = np.clip(np.array(center), 0.36, 0.64)
        rgb = NAMED[effect.color or "red"]
        self._color = Color.of(rgb)
        self._white = Color.of(_hot(rgb))
        self._ink = Ink(site.stage.width_px, site.stage.height_px)
        self._halo = Ink(site.stage.width_px, site.stage.height_px)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        bright = min(1.0, level**0.5)
        unit = self._stage.unit_px
        times = share * self._stage.duration_s - np.linspace(_TRAIL_S, 0, _TRAIL_STEPS + 1)
        x, y = self._path(times)
        radius = _RADIUS * unit
        box = box_around(x, y, 9 * radius, target)
        if box is None:
            return
        self._ink.clear()
        self._draw_trail(x, y, bright, radius)
        self._ink.dots(x[-1:], y[-1:], np.array([radius]), np.array([bright]))
        self._halo.glow_of(self._ink, 1.6 * radius, 4.0)
        self._halo.mix(target, self._color, box=box)
        self._ink.mix(target, self._color, box=box)
        self._ink.clear(box)
        # The flicker of a pointer held by hand.
        size = radius * _CORE * (1 + 0.12 * np.sin(31 * times[-1:] + self._phase[0]))
        self._ink.dots(x[-1:], y[-1:], size, np.array([bright]))
        self._ink.mix(target, self._white, box=box)

    def _path(self, times: Floats) -> tuple[Floats, Floats]:
        """A Lissajous figure with a faster, smaller one upon it, in pixels."""
        angle = 2 * np.pi * times
        x = np.sin(_HZ[0] * angle + self._phase[0]) + 0.25 * np.sin(2.7 * _HZ[0] * angle + self._phase[2])
        y = np.sin(_HZ[1] * angle + self._phase[1]) + 0.25 * np.sin(2.3 * _HZ[1] * angle + self._phase[3])
        return (
            (self._center[0] + _REACH[0] / 1.25 * x) * self._stage.width_px,
            (self._center[1] + _REACH[1] / 1.25 * y) * self._stage.height_px,
        )

    def _draw_trail(self, x: Floats, y: Floats, bright: float, radius: float) -> None:
        points = fixed(np.stack([x, y], axis=1)).tolist()
        for step in range(_TRAIL_STEPS):
            near = (step + 1) / _TRAIL_STEPS
            value = round(200 * bright * near**2)
            width = max(1, round(1.7 * radius * near))
            cv2.line(self._ink.full, points[step], points[step + 1], value, width, cv2.LINE_AA, SHIFT)


def _hot(rgb: Rgb) -> Rgb:
    red, green, blue = ((channel + 3 * 255) // 4 for channel in rgb)
    return red, green, blue
