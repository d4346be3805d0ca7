"""Water: a live mirror of whatever stands behind it, broken by waves, darker towards us, with glints of the light."""

import math
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Mask
from mutoscope.engines.procedural.diorama.eye import Eye, Values, row_at
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, yuv_of
from mutoscope.media.frames import Planes

_MIRRORED: Final = 0.30
"""Inverse distance of what is reflected: the far shore and the hills behind it."""
_FOAM_FROM, _FOAM = 0.6, 0.85
"""Height of waves from which crests are white, and how white they get."""
_SQUASH: Final = 1.6
"""Rows of the mirrored picture per row of water."""


class Water:
    """A plane from the far shore to our feet. It is drawn from the frame itself, so everything behind it is in it."""

    def __init__(self, easel: Easel, *, waves: float, deep: Rgb, clear: float) -> None:
        """`waves` is 0 for a pond, 1 for the sea; `deep` its own color, `clear` the share of the mirror's picture."""
        assert easel.water_px is not None, "the easel knows where the water begins"
        self.water_px = easel.water_px
        self.inverse = max(easel.inverse_at(self.water_px), 0.02)
        self._easel, self._waves, self._clear = easel, waves, clear
        # It reflects the sky it lies under, also where it is deep.
        self._deep = yuv_of(blend(deep, easel.palette.zenith, 0.4))
        self._sky = yuv_of(blend(easel.palette.horizon, easel.palette.light, 0.3))
        self._foam = yuv_of(easel.lit((250, 252, 250), 0.8))
        self._width_px, self._height_px = easel.frame_width_px, easel.frame_height_px

    def solid(self, eye: Eye) -> int:
        """First row from which all is water, even."""
        return min(max(-(-int(max(self._edges(eye)) + 1) // 2) * 2, 0), self._height_px)

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Read what is above the shore, write what is below."""
        top = max(int(min(self._edges(eye))) // 2 * 2, 2)
        bottom = min(floor, self._height_px)
        if top >= bottom:
            return
        solid = min(self.solid(eye), bottom)
        half = slice(top // 2, solid // 2)
        before = Planes(target.y[top:solid].copy(), target.u[half].copy(), target.v[half].copy())
        rows = np.arange(top // 2, bottom // 2, dtype=np.float32)[:, None]
        half_width = self._width_px // 2
        ends = np.array([[0, half_width - 1]], np.float32)
        x, y, inverse = eye.ground(ends * 2 + np.float32(0.5), rows * 2 + np.float32(0.5))
        depth = inverse.mean(axis=1, keepdims=True)
        waves = self._waves + self._easel.stir.waves(share)
        swell = self._swell(share, _between(x, half_width), depth, waves)
        mirror_x, mirror_y = self._mirrored(eye, x, y)
        reach = np.float32(self._easel.unit_px / 2) * np.clip(depth, 0, 1.2)
        map_x = _between(mirror_x, half_width) / 2 + swell[0] * reach * np.float32(0.020)
        map_y = _between(mirror_y, half_width) / 2 + swell[1] * reach * np.float32(0.055 + 0.05 * waves)
        self._fill(target, (map_x, map_y), swell[1], depth, (top, bottom), waves)
        if top < solid:
            after = Planes(target.y[top:solid], target.u[half], target.v[half])
            self._soften_edge(eye, after, before, top)

    def _edges(self, eye: Eye) -> tuple[float, float]:
        place = eye.place(self.inverse)
        return row_at(place, self.water_px, 0.0), row_at(place, self.water_px, self._width_px - 1.0)

    def _mirrored(self, eye: Eye, x: Values, y: Values) -> tuple[Values, Values]:
        """Where in the frame the mirror image of a point of the water is seen."""
        above = np.float32(self.water_px) - (y - np.float32(self.water_px)) * np.float32(_SQUASH)
        seen_x, seen_y, _ = eye.project(x, above, np.full_like(x, _MIRRORED))
        return seen_x, seen_y

    def _swell(self, share: float, x: Values, inverse: Values, waves: float) -> tuple[Values, Values]:
        """Sideways and upward slope of the waves, about −1 to 1, for every half-size pixel of the water."""
        unit = np.float32(self._easel.unit_px)
        time = np.float32(share * self._easel.seconds)
        across = (x - np.float32(self._easel.middle_px)) / unit / np.maximum(inverse, 0.05)
        away = 1 / np.maximum(inverse, np.float32(0.05))
        phases = self._easel.random("waves").uniform(0, 2 * math.pi, 4).astype(np.float32)
        long = np.sin(
            away * 13
            + np.sin(across * np.float32(1.7) + phases[0]) * np.float32(1.4)
            + time * np.float32(1.5)
            + phases[1]
        )
        short = np.sin(away * 31 + across * np.float32(4.1) - time * np.float32(2.3) + phases[2])
        cross = np.sin(away * 23 - across * np.float32(6.3) + time * np.float32(1.9) + phases[3])
        strength = np.float32(0.45 + 0.55 * waves)
        return (
            np.asarray((short - cross) * np.float32(0.5), np.float32),
            np.asarray(
                (long * np.float32(0.6) + short * np.float32(0.3) + cross * np.float32(0.3)) * strength, np.float32
            ),
        )

    def _fill(
        self,
        target: Planes,
        maps: tuple[Values, Values],
        swell: Values,
        depth: Values,
        rows: tuple[int, int],
        waves: float,
    ) -> None:
        top, bottom = rows
        height, width = top // 2, self._width_px // 2
        half = slice(top // 2, bottom // 2)
        source = cv2.resize(target.y[:top], (width, height), interpolation=cv2.INTER_AREA)
        depth = np.clip(depth, 0, 1)
        clear = np.float32(self._clear) * (1 - np.float32(0.62) * depth)
        mirror = [
            cv2.remap(plane, maps[0], maps[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
            for plane in (np.asarray(source, np.uint8), target.u[:height], target.v[:height])
        ]
        crest = np.clip(swell, 0, 2) * np.float32(0.10 + 0.14 * waves) * (np.float32(0.35) + depth)
        trough = np.clip(-swell, 0, 2) * np.float32(0.12 + 0.2 * waves) * (np.float32(0.3) + depth)
        clear = clear * (1 - np.clip(trough, 0, 1))
        foam = None
        if waves > _FOAM_FROM:
            share = _FOAM * min(1.0, waves - _FOAM_FROM)
            foam = np.clip(swell - np.float32(0.85), 0, 0.5) * np.float32(2 * share) * (np.float32(0.3) + depth)
        planes = []
        for plane, deep, sky, white in zip(mirror, self._deep, self._sky, self._foam, strict=True):
            value = np.float32(deep) + (np.asarray(plane, np.float32) - np.float32(deep)) * clear
            value += (np.float32(sky) - value) * crest
            if foam is not None:
                value += (np.float32(white) - value) * foam
            planes.append(np.asarray(value + np.float32(0.5), np.uint8))
        cv2.resize(planes[0], (self._width_px, bottom - top), dst=target.y[top:bottom], interpolation=cv2.INTER_LINEAR)
        np.copyto(target.u[half], planes[1])
        np.copyto(target.v[half], planes[2])

    def _soften_edge(self, eye: Eye, after: Planes, before: Planes, top: int) -> None:
        """Mix the rows that the far shore runs through, so that it glides rather than jumps from row to row."""
        place = eye.place(self.inverse)
        planes = ((after.y, before.y, 1), (after.u, before.u, 2), (after.v, before.v, 2))
        for new, old, step in planes:
            rows = (np.arange(new.shape[0], dtype=np.float32) * step + (step - 1) / 2 + top)[:, None]
            columns = (np.arange(new.shape[1], dtype=np.float32) * step + (step - 1) / 2)[None, :]
            below = place[1, 0] * columns + place[1, 1] * rows + (place[1, 2] - self.water_px)
            share = np.clip(below / (place[1, 1] * step) + 0.5, 0, 1)
            new[:] = np.rint(old + (new.astype(np.float32) - old) * share).astype(np.uint8)


class Glints:
    """Small lights on the water: the path of sun or moon, and what waves throw up elsewhere."""

    def __init__(self, easel: Easel, *, count: int, strength: float) -> None:
        assert easel.water_px is not None, "there is water"
        random = easel.random("glints")
        far = max(easel.inverse_at(easel.water_px), 0.05)
        near = easel.shore or 1.1
        self._deep = (far + (near - far) * random.random(count) ** 1.5).astype(np.float32)
        spread = np.where(random.random(count) < 0.75, 0.035 + 0.11 * self._deep, 0.6)
        self._x = (easel.light_px[0] + random.normal(0, 1, count) * spread * easel.unit_px).astype(np.float32)
        self._y = (easel.horizon_px + easel.depth_px * self._deep).astype(np.float32)
        self._phase = random.uniform(0, 2 * math.pi, count)
        self._pulse = random.uniform(0.4, 1.1, count) * 2 * math.pi
        self._size = random.uniform(0.5, 1.0, count) * easel.unit_px * 0.013
        self._ink = yuv_of(easel.palette.light)
        # Without a sun only the crests of waves show.
        self._seconds, self._strength = easel.seconds, strength if easel.palette.light_size > 0 else 0.3 * strength
        self.inverse = easel.inverse_at(easel.water_px) + 0.01

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Flat lenses that open and close."""
        x, y, scale = eye.project(self._x, self._y, self._deep)
        open_ = np.sin(self._phase + self._pulse * share * self._seconds) ** 3 * self._strength
        for index in np.flatnonzero((open_ > 0.08) & (y > 0) & (y < floor)):
            half = self._size[index] * (0.35 + 1.3 * self._deep[index]) * scale[index] * open_[index]
            thick = 0.11 * half + 0.12
            _lens(target, float(x[index]), float(y[index]), float(half), float(thick), self._ink)


def _lens(target: Planes, x: float, y: float, half: float, thick: float, ink: tuple[int, int, int]) -> None:
    """A thin lying rhomb with smooth edges."""
    corners = np.array([(x - half, y), (x, y - thick), (x + half, y), (x, y + thick)])
    points = np.rint(corners * 16).astype(np.int32)
    cv2.fillConvexPoly(target.y, points, (float(ink[0]),), cv2.LINE_AA, 4)
    small = np.rint((corners - 0.5) * 8).astype(np.int32)
    cv2.fillConvexPoly(target.u, small, (float(ink[1]),), cv2.LINE_AA, 4)
    cv2.fillConvexPoly(target.v, small, (float(ink[2]),), cv2.LINE_AA, 4)


def _between(ends: Mask, width: int) -> Mask:
    """Straight along each row, from the first to the second of two columns."""
    along = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    return np.asarray(ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * along, np.float32)
