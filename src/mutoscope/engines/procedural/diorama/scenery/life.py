"""Small things that keep a scene alive: lamps that breathe, windows that go on and off, a road that runs towards us."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel
from mutoscope.engines.procedural.diorama.eye import Eye, Values
from mutoscope.engines.procedural.diorama.figures.pen import Ink, breathe_on, cut
from mutoscope.engines.procedural.diorama.palette import Rgb, scaled
from mutoscope.media.frames import Planes

_ROAD_NEAREST: Final = 1.5
_ROAD_FARTHEST: Final = 0.07


@dataclass(frozen=True, slots=True)
class Lamp:
    """A soft light around a point of the canvas."""

    x: float
    y: float
    across_px: float
    upright_px: float
    color: Rgb
    opacity: float
    hertz: float = 0.6
    phase: float = 0.0
    depth: float = 0.2
    """Share of the light that comes and goes."""


class Lamps:
    """Lights at one distance that breathe."""

    def __init__(self, easel: Easel, inverse: float, lamps: list[Lamp]) -> None:
        self.inverse = inverse
        self._lamps = [(lamp, Ink.of(lamp.color)) for lamp in lamps]
        self._seconds = easel.seconds

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Mix each light over what is there."""
        view = eye.view(self.inverse)
        for lamp, ink in self._lamps:
            wave = math.sin(lamp.phase + 2 * math.pi * lamp.hertz * share * self._seconds)
            level = lamp.opacity * (1 - lamp.depth + lamp.depth * (0.5 + 0.5 * wave))
            place = np.array([[lamp.across_px, 0.0, 0.0], [0.0, lamp.upright_px, 0.0]]) * view.scale
            place[:, 2] = view.point(lamp.x, lamp.y)
            breathe_on(target, "spot", place, ink, level)


class Blinkers:
    """Windows in which the light goes on or off a few times."""

    def __init__(
        self, easel: Easel, inverse: float, panes: list[tuple[float, float, float, float]], on: Rgb, off: Rgb, what: str
    ) -> None:
        """`panes` are left, top, right, bottom on the canvas."""
        self.inverse = inverse
        random = easel.random(what)
        self._panes = np.array(panes, np.float64).reshape(-1, 4)
        self._on, self._off = Ink.of(on), Ink.of(off)
        self._moment = random.uniform(0.04, 0.96, len(self._panes))
        self._turns_on = random.random(len(self._panes)) < 0.55

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Lay each pane as it is at this moment."""
        forward = eye.view(self.inverse).forward
        for (left, top, right, bottom), moment, turns_on in zip(self._panes, self._moment, self._turns_on, strict=True):
            corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
            seen = corners @ forward[:, :2].T + forward[:, 2]
            if seen[:, 1].min() > floor:
                continue
            is_on = (share > moment) == bool(turns_on)
            cut(target, np.rint(seen * 16).astype(np.int32), self._on if is_on else self._off)


class Dashes:
    """The broken line of a road that runs towards us on the ground."""

    def __init__(
        self,
        easel: Easel,
        *,
        x: float,
        half: float,
        length: float,
        gap: float,
        speed: float,
        color: Rgb,
        until: float = _ROAD_FARTHEST,
    ) -> None:
        """
        `x` and `half` are the line's middle and half width in units at inverse distance 1, from the road's middle.

        `length` and `gap` are distances, `speed` distance per second; at inverse distance i the distance is 1 / i.
        """
        self._easel = easel
        self._x, self._half, self._length, self._period, self._speed = x, half, length, length + gap, speed
        self._inks = [Ink.of(easel.lit(color, inverse)) for inverse in np.linspace(0, 1, 9)]
        self._until = until
        self.inverse = until

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """One quadrangle for every dash, as long as it is near enough to be seen."""
        easel = self._easel
        ran = self._speed * share * easel.seconds % self._period
        starts = np.arange(0.0, 1 / self._until + self._period, self._period) - ran
        near = np.maximum(starts, 1 / _ROAD_NEAREST)
        far = starts + self._length
        for front, back in zip(near, far, strict=True):
            if back <= front or back > 1 / self._until:
                continue
            inverse = np.array([1 / front, 1 / front, 1 / back, 1 / back], np.float32)
            sides = np.array([-1, 1, 1, -1], np.float32) * np.float32(self._half) + np.float32(self._x)
            x = np.float32(easel.middle_px) + sides * inverse * np.float32(easel.unit_px)
            y = np.float32(easel.horizon_px) + np.float32(easel.depth_px) * inverse
            seen_x, seen_y, _ = eye.project(x, y, inverse)
            shade = self._inks[min(8, int(8 * min(1.0, 1 / back)))]
            cut(target, _corners(seen_x, seen_y), shade)


class Posts:
    """Posts on both sides of a road that come towards us and pass by."""

    def __init__(
        self, easel: Easel, *, x: float, height: float, every: float, speed: float, color: Rgb, lamp: Rgb | None
    ) -> None:
        self._easel = easel
        self._x, self._height, self._every, self._speed = x, height, every, speed
        steps = np.linspace(0, 1, 9)
        self._inks = [Ink.of(easel.lit(color, step)) for step in steps]
        self._lamps = None if lamp is None else [Ink.of(easel.hazed(lamp, 0.4 + 0.6 * step)) for step in steps]
        self.inverse = 0.9

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Far ones first."""
        easel = self._easel
        ran = self._speed * share * easel.seconds % self._every
        for distance in np.arange(1 / 0.11, 0.7, -self._every) + self._every - ran:
            inverse = 1 / float(distance)
            if inverse > 1.3 or inverse < 0.1:
                continue
            for side in (-1, 1):
                self._post(side, inverse, eye, target)

    def _post(self, side: int, inverse: float, eye: Eye, target: Planes) -> None:
        easel = self._easel
        step = min(8, int(8 * min(1.0, inverse)))
        size = easel.unit_px * inverse
        x = easel.middle_px + side * self._x * size
        foot = easel.ground_px(inverse)
        half = 0.010 * size
        xs = np.array([x - half, x + half, x + half * 0.7, x - half * 0.7], np.float32)
        ys = np.array([foot, foot, foot - self._height * size, foot - self._height * size], np.float32)
        seen_x, seen_y, _ = eye.project(xs, ys, np.full(4, inverse, np.float32))
        cut(target, _corners(seen_x, seen_y), self._inks[step])
        if self._lamps is None:
            return
        arm = -side * 0.09 * size
        xs = np.array([x, x + arm, x + arm, x], np.float32)
        top = foot - self._height * size
        ys = np.array([top - half, top - half * 1.5, top + half * 0.5, top + half], np.float32)
        seen_x, seen_y, scale = eye.project(xs, ys, np.full(4, inverse, np.float32))
        cut(target, _corners(seen_x, seen_y), self._inks[step])
        reach = 0.10 * size * float(scale[0])
        place = np.array([[reach, 0.0, float(seen_x[1])], [0.0, reach, float(seen_y[1]) + 0.3 * half]])
        breathe_on(target, "spot", place, self._lamps[step], 0.8)


class Kelp:
    """Long leaves that sway from the ground up."""

    def __init__(
        self, easel: Easel, what: str, inverse: float, *, count: int, height: float, color: Rgb, edges: float
    ) -> None:
        """`edges` is the share of the frame's middle that stays open."""
        self.inverse = inverse
        random = easel.random(what)
        side = np.where(random.random(count) < 0.5, -1, 1)
        self._x = easel.middle_px + side * random.uniform(edges, 1.08, count) * easel.frame_width_px / 2
        self._tall = random.uniform(0.45, 1.0, count) * height * easel.unit_px
        self._phase = random.uniform(0, 2 * math.pi, count)
        self._half = random.uniform(0.010, 0.018, count) * easel.unit_px * (0.5 + inverse)
        self._inks = [Ink.of(easel.lit(scaled(color, shade), inverse)) for shade in random.uniform(0.75, 1.15, count)]
        self._foot = easel.ground_px(inverse) + 0.04 * easel.unit_px
        self._seconds = easel.seconds

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Each is a ribbon whose bend grows towards its tip."""
        forward = eye.view(self.inverse).forward
        along = np.linspace(0, 1, 15)
        for x, tall, phase, half, ink in zip(self._x, self._tall, self._phase, self._half, self._inks, strict=True):
            time = 2 * math.pi * 0.22 * share * self._seconds
            bend = 0.16 * tall * along**1.5 * np.sin(phase + time - 2.6 * along)
            wave = half * (1 - along) ** 0.6 * (1 + 0.35 * np.sin(9 * math.pi * along + phase))
            spine = x + bend
            y = self._foot - tall * along
            points = np.concatenate([np.column_stack([spine - wave, y]), np.column_stack([spine + wave, y])[::-1]])
            cut(target, np.rint((points @ forward[:, :2].T + forward[:, 2]) * 16).astype(np.int32), ink)


class Bubbles:
    """Rising chains of bubbles."""

    def __init__(self, easel: Easel, inverse: float, count: int) -> None:
        self.inverse = inverse
        random = easel.random("bubbles")
        columns = random.uniform(0.08, 0.92, 4)
        self._x = easel.left_px + easel.frame_width_px * (
            random.choice(columns, count) + random.normal(0, 0.012, count)
        )
        self._start = random.random(count)
        self._rate = random.uniform(0.10, 0.20, count)
        self._radius = random.uniform(0.003, 0.009, count) * easel.unit_px
        self._easel = easel
        self._ink = Ink.of(easel.hazed((226, 250, 252), 0.7))

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Rings with a light spot."""
        easel = self._easel
        view = eye.view(self.inverse)
        tall = easel.ground_px(self.inverse) - easel.top_px
        for x, start, rate, radius in zip(self._x, self._start, self._rate, self._radius, strict=True):
            risen = (start + rate * share * easel.seconds) % 1.0
            sway = 0.008 * easel.unit_px * math.sin(12 * risen + 40 * start)
            seen = view.point(x + sway, easel.ground_px(self.inverse) - tall * risen)
            size = radius * view.scale * (0.6 + 0.6 * risen)
            center = (round(seen[0] * 16), round(seen[1] * 16))
            cv2.circle(target.y, center, max(8, round(size * 16)), (float(self._ink.y),), 1, cv2.LINE_AA, 4)
            spot = (round((seen[0] - 0.35 * size) * 16), round((seen[1] - 0.35 * size) * 16))
            cv2.circle(target.y, spot, max(6, round(size * 5)), (float(self._ink.y),), -1, cv2.LINE_AA, 4)


class Shafts:
    """Beams of light that fall from above and come and go; light is mixed in, never added past white."""

    def __init__(self, easel: Easel, inverse: float, *, count: int, strength: float) -> None:
        self.inverse = inverse
        random = easel.random("shafts")
        self._width_px, self._height_px = easel.frame_width_px, easel.frame_height_px
        shape = (self._height_px // 8, self._width_px // 8)
        x = np.linspace(-0.5, 0.5, shape[1], dtype=np.float32)[None, :] * np.float32(self._width_px / easel.unit_px)
        y = np.linspace(0.0, 1.0, shape[0], dtype=np.float32)[:, None] * np.float32(self._height_px / easel.unit_px)
        source_x = (easel.light_px[0] - easel.middle_px) / easel.unit_px
        angle = (x - np.float32(source_x)) / (y + np.float32(0.55))
        self._beams = []
        self._phases = random.uniform(0, 2 * math.pi, count)
        for middle, width in zip(
            np.sort(random.uniform(-1.1, 1.1, count)), random.uniform(0.03, 0.11, count), strict=True
        ):
            away = (angle - np.float32(middle)) / np.float32(width)
            fade = np.clip(1 - y / np.float32(self._height_px / easel.unit_px), 0, 1) ** np.float32(1.1)
            self._beams.append(np.asarray(np.exp(-away * away) * fade, np.float32))
        self._strength, self._seconds = strength, easel.seconds
        self._light = np.empty((self._height_px, self._width_px), np.uint8)

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Luma alone: water and air color the light."""
        total = np.zeros_like(self._beams[0])
        for beam, phase in zip(self._beams, self._phases, strict=True):
            total += beam * np.float32(0.55 + 0.45 * math.sin(phase + 2 * math.pi * 0.17 * share * self._seconds))
        level = np.clip(total * np.float32(self._strength), 0, 0.75)
        small = np.rint(level * 255).astype(np.uint8)
        bottom = min(floor, self._height_px)
        light = cv2.resize(small, (self._width_px, self._height_px), dst=self._light, interpolation=cv2.INTER_LINEAR)[
            :bottom
        ]
        part = target.y[:bottom]
        room = cv2.subtract(np.full((1, 1), 222, np.uint8)[0, 0].item(), part)
        cv2.add(part, cv2.multiply(np.asarray(room, np.uint8), np.asarray(light, np.uint8), scale=1 / 255), dst=part)


def _corners(x: Values, y: Values) -> "np.ndarray[tuple[int, int], np.dtype[np.int32]]":
    return np.rint(np.column_stack([x, y]) * 16).astype(np.int32)
