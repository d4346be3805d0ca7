"""Lightning: double flashes at seeded moments, and a bolt from the sky where the picture has one."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color, Tone
from mutoscope.engines.procedural.effects.particles.heavens import box_around, sky_cover
from mutoscope.engines.procedural.effects.particles.ink import SHIFT, Floats, Ink, fixed
from mutoscope.engines.procedural.plan import FADE, Effect
from mutoscope.media.frames import Plane, Planes

_FLASHES: Final = 3
_LIGHT: Final = Color.of((226, 232, 255))
_BOLT: Final = Color.of((248, 246, 255))
_HALO: Final = Color.of((176, 170, 255))
_VEIL: Final = 0.34
"""Cover of the flash's light at its brightest."""
_GAIN: Final = 1.5
"""What the flash does to light that is there: things keep their contrast in it."""
_GLIMMER: Final = 0.06
"""What is left of a flash when it is over: an exponential never ends."""
_SECOND_S: Final = 0.17
"""The second stroke comes so much after the first."""


@dataclass(frozen=True, slots=True)
class _Flash:
    time_s: float
    bolt: list[Floats]
    """Lines of points in pixels, the trunk first."""
    light: Plane
    """How much of the flash each part of the frame gets, small."""


class Lightning:
    """The flashes of one storm."""

    def __init__(self, effect: Effect, site: Site) -> None:
        stage = site.stage
        self._random = stage.random(f"lightning {effect.start:.6g}")
        self._site = site
        size = (stage.width_px, stage.height_px)
        self._sky = sky_cover(site)
        start = (effect.start + 0.6 * FADE) * stage.duration_s
        length = max(0.5, (min(1.0, effect.end) - effect.start - 0.8 * FADE) * stage.duration_s)
        self._flashes = [
            self._make(start + length * (index + self._random.uniform(0.2, 0.75)) / _FLASHES)
            for index in range(_FLASHES)
        ]
        self._ink = Ink(*size)
        self._halo = Ink(*size)

    def draw(self, time_s: float, level: float, target: Planes) -> None:
        """The flash of this moment, if there is one."""
        for flash in self._flashes:
            light, bolt = _stroke(time_s - flash.time_s)
            if light > 0.01:
                self._light_up(flash, light * level, target)
            if bolt > 0.02 and self._sky is not None:
                self._strike(flash, bolt * level, self._sky, target)

    def _light_up(self, flash: _Flash, light: float, target: Planes) -> None:
        size = (target.width_px, target.height_px)
        cv2.resize(flash.light, size, dst=self._ink.full, interpolation=cv2.INTER_LINEAR)
        cv2.convertScaleAbs(self._ink.full, dst=self._ink.full, alpha=light)
        self._ink.mix(target, _LIGHT, tone=Tone(gain=1 + (_GAIN - 1) * light))

    def _strike(self, flash: _Flash, bolt: float, sky: Plane, target: Planes) -> None:
        unit = self._site.stage.unit_px
        points = np.concatenate(flash.bolt)
        box = box_around(points[:, 0], points[:, 1], 0.1 * unit, target)
        if box is None:
            return
        self._ink.clear(box)
        ink = box.of(self._ink.full)
        for index, line in enumerate(flash.bolt):
            width = max(1, round((0.0042 if index == 0 else 0.0018) * unit))
            value = 255 * bolt * (1.0 if index == 0 else 0.75)
            cv2.polylines(self._ink.full, [fixed(line)], False, round(value), width, cv2.LINE_AA, SHIFT)
        cv2.multiply(ink, box.of(sky), dst=ink, scale=1 / 255)
        self._halo.glow_of(self._ink, 0.03 * unit, 5.0, box)
        self._halo.mix(target, _HALO, box=box)
        self._ink.mix(target, _BOLT, box=box)

    def _make(self, time_s: float) -> _Flash:
        stage, analysis = self._site.stage, self._site.analysis
        random = self._random
        columns = analysis.sky.mean(axis=0) + 0.02
        column = float(random.choice(len(columns), p=columns / columns.sum())) / len(columns)
        foot = float(np.clip(analysis.horizon, 0.3, 0.9)) * stage.height_px
        start = np.array([column * stage.width_px, -0.02 * stage.height_px])
        end = np.array([start[0] + random.uniform(-0.16, 0.16) * stage.width_px, foot])
        trunk = _jagged(start, end, 7, random)
        bolt = [trunk]
        for _ in range(int(random.integers(4, 8))):
            at = int(random.integers(len(trunk) // 8, len(trunk) * 4 // 5))
            side = random.choice((-1.0, 1.0)) * random.uniform(0.3, 1.0)
            reach = random.uniform(0.12, 0.34) * foot
            bolt.append(_jagged(trunk[at], trunk[at] + reach * np.array([side, random.uniform(0.5, 1.0)]), 5, random))
        return _Flash(time_s, bolt, self._light_around(column))

    def _light_around(self, column: float) -> Plane:
        """Everything brightens; what is high and near the bolt, more."""
        height, width = 18, 32
        xs = (np.arange(width) + 0.5) / width - column
        ys = (np.arange(height) + 0.5) / height
        near = np.exp(-(xs[None, :] ** 2) / 0.08 - ys[:, None] ** 2 / 0.5)
        light = _VEIL * np.clip(0.55 + 0.45 * near, 0, 1)
        return np.rint(255 * light).astype(np.uint8)


def _stroke(since_s: float) -> tuple[float, float]:
    """How bright the sky and the bolt are so long after a flash began: two strokes, the second dies away slowly."""
    light, bolt = 0.0, 0.0
    for after, peak, decay in ((since_s, 1.0, 0.06), (since_s - _SECOND_S, 0.85, 0.22)):
        if after < 0:
            continue
        # Each is held for longer than a frame, so that none falls between two.
        fade = (float(np.exp(-max(0.0, after - 0.05) / decay)) - _GLIMMER) / (1 - _GLIMMER)
        light, bolt = max(light, peak * fade), max(bolt, fade * abs(fade))
    return light, bolt


def _jagged(start: Floats, end: Floats, rounds: int, random: np.random.Generator) -> Floats:
    """A broken line: every middle is moved aside, again and again."""
    points = np.array([start, end], float)
    reach = 0.16 * float(np.hypot(*(end - start)))
    for _ in range(rounds):
        middles = (points[:-1] + points[1:]) / 2 + random.normal(0, 1, (len(points) - 1, 2)) * reach * (0.5, 0.28)
        merged = np.empty((2 * len(points) - 1, 2))
        merged[0::2], merged[1::2] = points, middles
        points, reach = merged, reach * 0.54
    return points
