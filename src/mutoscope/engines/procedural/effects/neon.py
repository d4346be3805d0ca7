"""Neon: bright and saturated parts of the picture glow in their own color, and go off and on."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import Spare, add_signed, halved
from mutoscope.engines.procedural.effects.fields import Places, Spread
from mutoscope.engines.procedural.film import soft_step
from mutoscope.media.frames import Plane, Planes

_CIRCUITS: Final = 5
"""Groups of signs that go off and on together."""
_BEATS_PER_S: Final = 7.0
_OFF_SHARE: Final = 0.30
"""Of the beats on which a circuit is dark."""
_BEATS: Final = 512
"""After as many beats the pattern repeats: longer than any clip."""
_GLOW: Final = 0.75
"""Share of a sign's own brightness that it gives off at full level."""


class Signs:
    """Works on the frame as it is, so signs keep their places under a moving camera."""

    def __init__(self, site: Site) -> None:
        stage = site.stage
        chance = stage.random("neon")
        places = Places.of(stage, 240)
        rows, columns = places.x.shape
        self._small = columns, rows
        self._blur = 0.012 * max(columns, rows)
        coarse = chance.standard_normal((_CIRCUITS, 6, 6)).astype(np.float32)
        fine = [cv2.resize(each, (columns, rows), interpolation=cv2.INTER_CUBIC) for each in coarse]
        weights = np.exp(3 * np.stack([np.asarray(each, np.float32) for each in fine]))
        # A sky is bright and may be colorful, but it is no sign.
        place = 1 - places.read(site.analysis.sky, blur=0.01)
        self._share: Spread = (weights / weights.sum(axis=0) * place).astype(np.float32)
        self._pattern = (chance.random((_CIRCUITS, _BEATS)) > _OFF_SHARE).astype(np.float32)
        self._pattern[:, 0] = 1.0
        self._spare = Spare()

    def draw(self, level: float, time_s: float, target: Planes) -> None:
        """Lay the glow of the signs on `target`, in place; nothing at level 0."""
        if level <= 0:
            return
        y, u, v = (self._shrunk(plane) for plane in (target.y, target.u, target.v))
        color = np.hypot(u - 128, v - 128)
        bright = soft_step((y - 70) / np.float32(110)) * soft_step(np.asarray((color - 10) / 40, np.float32))
        lamps = 0.7 * soft_step((y - 170) / np.float32(60))
        lit = np.maximum(bright, lamps) * self._current(time_s) * np.float32(level)
        signed = np.clip(lit, -1, 1.5)
        glow = cv2.GaussianBlur(np.maximum(signed, 0), (0, 0), self._blur) + 0.5 * signed
        self._add(target.y, 34 * _GLOW * glow)
        self._add(target.u, _GLOW * glow * (u - 128))
        self._add(target.v, _GLOW * glow * (v - 128))

    def _current(self, time_s: float) -> Spread:
        """1 where the signs are on, below 0 where they are off, between while a tube warms up."""
        beat = time_s * _BEATS_PER_S
        index = int(beat) % _BEATS
        now, before = self._pattern[:, index], self._pattern[:, index - 1]
        state = before + (now - before) * np.float32(min(1.0, 3 * (beat - int(beat))))
        current = np.tensordot(1.8 * state - 0.8, self._share, axes=1)
        return np.asarray(current, np.float32)

    def _shrunk(self, plane: Plane) -> Spread:
        times = max(0, int(np.log2(plane.shape[1] / self._small[0])))
        # Less than half is left to go: two samples of each are as good as all.
        small = cv2.resize(halved(plane, times), self._small, interpolation=cv2.INTER_LINEAR)
        return np.asarray(small, np.float32)

    def _add(self, plane: Plane, change: Spread) -> None:
        small = np.clip(np.rint(change + 128), 0, 255).astype(np.uint8)
        add_signed(plane, self._spare.enlarged(small, plane))
