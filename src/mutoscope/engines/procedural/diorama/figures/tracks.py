"""The ways figures take: from seconds to a place, with a bob, a hop or a turn on top."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.diorama.figures.actor import Spot
from mutoscope.engines.procedural.diorama.figures.quadruped import pounce
from mutoscope.engines.procedural.plan import MotionName
from mutoscope.engines.procedural.timing import smoothstep

_HOP_S: Final = 1.15
_LEAP_WIDE: Final = 1.1
"""How far a leaping fish gets, in its lengths."""
_ALOFT: Final = 0.72
"""Share of its time that a leaping fish is in the air."""


@dataclass(frozen=True, slots=True)
class Extra:
    """What a motion adds to a way: offsets in units of the form, up above 0; a turn; a stretch."""

    x: float = 0.0
    y: float = 0.0
    angle: float = 0.0
    wide: float = 1.0
    high: float = 1.0


Addition = Callable[[float, float], Extra]
"""From seconds, and the share of the clip, to what is added."""


def _still(time: float, share: float) -> Extra:
    return Extra()


def _hop(time: float, share: float) -> Extra:
    """Gather, fly in an arc, land softly."""
    part = time / _HOP_S % 1.0
    flight = min(max((part - 0.24) / 0.52, 0.0), 1.0)
    height = 4 * flight * (1 - flight)
    gathered = math.sin(math.pi * min(part / 0.24, 1.0)) if part < 0.24 else 0.0
    landed = math.sin(math.pi * (part - 0.76) / 0.24) if part > 0.76 else 0.0
    squash = 0.13 * gathered + 0.10 * landed - 0.07 * height * (1 if 0 < flight < 1 else 0)
    return Extra(y=0.42 * height, wide=1 + 0.6 * squash, high=1 - squash)


def _rise(time: float, share: float) -> Extra:
    """Off the ground, and up and down in the air."""
    up = smoothstep(share / 0.3)
    return Extra(y=up * (0.45 + 0.08 * math.sin(1.7 * time)), angle=-0.10 * up)


def _hover(time: float, share: float) -> Extra:
    up = 0.4 + 0.6 * smoothstep(share / 0.35)
    return Extra(
        x=0.05 * math.sin(0.8 * time), y=up * (0.22 + 0.07 * math.sin(1.3 * time)), angle=0.06 * math.sin(0.9 * time)
    )


def _pirouette(time: float, share: float) -> Extra:
    """A flat figure that turns about its upright axis."""
    wide = math.cos(2 * math.pi * 0.42 * time)
    return Extra(wide=math.copysign(max(abs(wide), 0.07), wide))


def _sway(time: float, share: float) -> Extra:
    beat = 2 * math.pi * 0.95 * time
    return Extra(x=0.05 * math.sin(beat), y=0.05 * abs(math.sin(beat)), angle=0.10 * math.sin(beat + 0.4))


def _roll(time: float, share: float) -> Extra:
    return Extra(y=0.05 * math.sin(2.1 * time), angle=0.07 * math.sin(2.1 * time - 0.9))


def _tremble(time: float, share: float) -> Extra:
    return Extra(x=0.008 * math.sin(94 * time), y=0.006 * math.sin(81 * time + 1), angle=0.006 * math.sin(88 * time))


def _breath(time: float, share: float) -> Extra:
    return Extra(high=1 + 0.014 * math.sin(2 * math.pi * 0.3 * time))


def _growth(time: float, share: float) -> Extra:
    scale = 0.5 + 0.62 * smoothstep(share)
    return Extra(wide=scale, high=scale)


ADDITIONS: Final[Mapping[MotionName, Addition]] = {
    "walk": _still, "run": _still, "jump": _hop, "fly": _rise, "float": _hover, "spin": _pirouette, "dance": _sway,
    "swim": _roll, "shake": _tremble, "breathe": _breath, "grow": _growth,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A line across the canvas at an even speed, and what is added to it. Pixels of the canvas, rows downwards."""

    start: tuple[float, float]
    end: tuple[float, float]
    duration_s: float
    size_px: float
    cycles: float = 0.0
    """Of the gait, over the whole clip."""
    rolled: float = 0.0
    """How far its wheels turn over the clip, in units of the form."""
    addition: Addition = _still
    bob: float = 0.0
    """Up and down on waves or in wind, in units of the form."""
    bob_s: float = 3.4
    roll: float = 0.0
    """To and fro, radians."""
    angle: float = 0.0
    """At which it is held all the time, radians counter-clockwise."""
    end_scale: float = 1.0
    """Of the size, at the end."""
    haste: float = 1.0
    """Above 1 it rises slowly at first and faster and faster."""
    begin: float = 0.0
    """So that two of a kind do not move alike: an offset of the bob, seconds."""

    def __call__(self, time_s: float) -> Spot:
        """Its place then."""
        share = time_s / self.duration_s
        extra = self.addition(time_s, share)
        wave = math.tau * (time_s + self.begin) / self.bob_s
        lift = extra.y + self.bob * math.sin(wave)
        scale = 1 + (self.end_scale - 1) * share
        return Spot(
            x=self.start[0] + (self.end[0] - self.start[0]) * share + extra.x * self.size_px,
            y=self.start[1] + (self.end[1] - self.start[1]) * share**self.haste - lift * self.size_px,
            phase=self.cycles * share,
            travelled=self.rolled * share,
            angle=self.angle + extra.angle + self.roll * math.sin(wave - 1.1),
            wide=extra.wide * scale,
            high=extra.high * scale,
        )


@dataclass(frozen=True, slots=True)
class Leaps:
    """A way that is covered in leaps, from crouch to crouch."""

    start: tuple[float, float]
    end: tuple[float, float]
    duration_s: float
    height_px: float

    def __call__(self, time_s: float) -> Spot:
        """Its place then."""
        done, height = pounce(time_s)
        share = done / max(pounce(self.duration_s)[0], 1.0)
        x = self.start[0] + (self.end[0] - self.start[0]) * share
        return Spot(x, self.start[1] + (self.end[1] - self.start[1]) * share - self.height_px * height)


@dataclass(frozen=True, slots=True)
class Breach:
    """Arcs out of the water and back, head first, at a place that moves on."""

    start: tuple[float, float]
    end: tuple[float, float]
    duration_s: float
    size_px: float
    period_s: float
    begin: float
    height: float
    """Of the arc over the water, in units of the form."""

    def __call__(self, time_s: float) -> Spot:
        """Its place then; between two arcs it is under water."""
        part = self._part(time_s)
        flight = part / _ALOFT
        rise = self.height * 4 * flight * (1 - flight) if flight < 1 else -0.6
        slope = math.atan2(self.height * 4 * (1 - 2 * flight), 1.5) if flight < 1 else 0.0
        run = (min(flight, 1.0) - 0.5) * _LEAP_WIDE * self.size_px * self._sign
        return Spot(self._column(time_s) + run, self.start[1] - rise * self.size_px, angle=slope)

    def splash(self, time_s: float) -> Spot:
        """Where it came out of the water last, or went back in; the phase is seconds since."""
        part = self._part(time_s)
        is_in = part >= _ALOFT
        since = (part - (_ALOFT if is_in else 0.0)) * self.period_s
        side = (0.5 if is_in else -0.5) * _LEAP_WIDE * self.size_px * self._sign
        return Spot(self._column(time_s - since) + side, self.start[1], phase=since)

    def _part(self, time_s: float) -> float:
        return (time_s + self.begin) / self.period_s % 1.0

    @property
    def _sign(self) -> int:
        return 1 if self.end[0] >= self.start[0] else -1

    def _column(self, time_s: float) -> float:
        return self.start[0] + (self.end[0] - self.start[0]) * time_s / self.duration_s
