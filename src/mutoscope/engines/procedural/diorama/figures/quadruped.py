"""The skeleton of cats, dogs and horses: a spine and four legs, gaits as tables, and a leap."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.figures.actor import Gait, Moment, Piece, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Pair,
    Points,
    elbow,
    ribbon,
    wave,
)

Pieces = list[Piece | Soft]

_POUNCE_S: Final = 2.6
"""Seconds from one leap to the next."""


@dataclass(frozen=True, slots=True)
class Leg:
    """Root at the spine's end, then three bones; in shares of the height at the shoulder."""

    upper: float
    lower: float
    cannon: float
    """The last bone, upright over the paw."""
    tilt: float
    """Of the cannon backwards, radians."""
    bend: int
    """1 where the upper joint goes forwards."""
    widths: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Build:
    """One kind of animal."""

    hip: Pair
    shoulder: Pair
    trunk: Points
    """Along the spine, 0 at the hip and 1 at the shoulder, and above it in shares of the height."""
    hind: Leg
    fore: Leg
    step: float
    """Half the way of a standing paw in a walk."""
    head: Callable[["Carriage", Moment], Pieces]
    tail: Callable[["Carriage", Moment], Pieces]


@dataclass(frozen=True, slots=True)
class Carriage:
    """How the spine is held at one moment."""

    hip: Pair
    shoulder: Pair
    flex: float
    """Upward bend of the back."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Ten moments of one paw's cycle, and when each paw has its own."""

    paw_x: tuple[float, ...]
    """In half steps."""
    paw_y: tuple[float, ...]
    offsets: tuple[float, float, float, float]
    """Far hind, far fore, near hind, near fore."""
    reach: float
    """Half step, in those of a walk."""
    stride: float
    """Way of a cycle, in half steps of a walk."""
    pitch: float
    """Of the trunk, radians."""
    flex: float


_WALK: Final = Pace(
    paw_x=(1.0, 0.67, 0.33, 0.0, -0.33, -0.67, -1.0, -0.72, 0.15, 0.85),
    paw_y=(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.05, 0.15, 0.15, 0.06),
    offsets=(0.5, 0.75, 0.0, 0.25), reach=1.0, stride=3.33, pitch=0.015, flex=0.012,
)  # fmt: skip
_GALLOP: Final = Pace(
    paw_x=(1.0, 0.4, -0.2, -0.8, -1.25, -1.15, -0.6, 0.2, 0.95, 1.2),
    paw_y=(0.0, 0.0, 0.0, 0.06, 0.20, 0.34, 0.40, 0.36, 0.24, 0.08),
    offsets=(0.10, 0.58, 0.0, 0.48), reach=1.35, stride=8.1, pitch=0.11, flex=0.07,
)  # fmt: skip
PACES: Final[dict[Gait, Pace]] = {"walk": _WALK, "wave": _WALK, "run": _GALLOP}


def pounce(time_s: float) -> tuple[float, float]:
    """How many leaps have been made, with the share of the present one, and how high it is."""
    whole, part = divmod(time_s / _POUNCE_S, 1.0)
    flight = min(max((part - 0.42) / 0.26, 0.0), 1.0)
    return whole + flight * flight * (3 - 2 * flight) * 0.35 + flight * 0.65, 4 * flight * (1 - flight)


def animal(build: Build, moment: Moment) -> Pieces:
    """The whole animal at one moment: far legs, tail, near legs, trunk, head."""
    carriage, paws = _leaping(build, moment) if moment.gait == "jump" else _going(build, moment)
    trunk = _trunk(build, carriage)
    far = [_leg(build.hind, carriage.hip, paws[0], 0.04), _leg(build.fore, carriage.shoulder, paws[1], 0.04)]
    near = [_leg(build.hind, carriage.hip, paws[2], 0.0), _leg(build.fore, carriage.shoulder, paws[3], 0.0)]
    middle = 0.5 * (build.hip[0] + build.shoulder[0])
    return [
        Soft.round("shade", (middle, 0.0), 0.75 * (build.shoulder[0] - build.hip[0]), 0.42, flat=0.13),
        *(Piece(outline, "far") for outline in far),
        *build.tail(carriage, moment),
        *(Piece(outline) for outline in near),
        Piece(trunk),
        *build.head(carriage, moment),
    ]


def carriage_of(build: Build, moment: Moment) -> Carriage:
    """How the spine is held then, for who sits on it."""
    return (_leaping(build, moment) if moment.gait == "jump" else _going(build, moment))[0]


def _going(build: Build, moment: Moment) -> tuple[Carriage, list[Pair]]:
    gait = PACES.get(moment.gait, _WALK)
    moves = moment.gait in PACES
    phase = moment.phase if moves else 0.0
    reach = build.step * gait.reach * (moment.stride if moves else 0.25)
    swing = 2 * math.pi * phase
    pitch = gait.pitch * math.sin(swing + 0.9) if moves else 0.0
    lift = (0.05 if gait is _GALLOP else 0.012 * math.cos(2 * swing)) * (
        math.sin(swing - 0.6) if gait is _GALLOP else 1
    )
    half = 0.5 * (build.shoulder[0] - build.hip[0])
    hip = (build.hip[0], build.hip[1] + lift - pitch * half)
    squeeze = -0.06 * math.cos(swing + 0.5) if gait is _GALLOP else 0.0
    shoulder = (build.shoulder[0] + squeeze, build.shoulder[1] + lift + pitch * half)
    breath = 0.008 * math.sin(2 * math.pi * 0.4 * moment.time_s)
    carriage = Carriage(hip, shoulder, gait.flex * math.cos(swing + 0.5) + breath)
    paws = []
    for index, offset in enumerate(gait.offsets):
        root = (build.hip, build.shoulder)[index % 2][0] + (0.0, 0.02)[index % 2]
        x = wave(gait.paw_x, phase + offset) if moves else (0.8, 0.5, -0.8, -0.4)[index]
        y = wave(gait.paw_y, phase + offset) if moves else 0.0
        paws.append((root + x * reach, max(0.0, y) * (0.6 + 0.4 * moment.stride)))
    return carriage, paws


def _leaping(build: Build, moment: Moment) -> tuple[Carriage, list[Pair]]:
    """Crouch and wiggle, leap with stretched legs, land and gather."""
    part = moment.time_s / _POUNCE_S % 1.0
    crouch = _bump(part, 0.02, 0.18, 0.36, 0.44) + 0.7 * _bump(part, 0.64, 0.70, 0.74, 0.9)
    flight = _bump(part, 0.40, 0.48, 0.58, 0.68)
    wiggle = 0.03 * math.sin(2 * math.pi * 3.4 * moment.time_s) * _bump(part, 0.1, 0.2, 0.34, 0.4)
    pitch = 0.30 * _bump(part, 0.36, 0.46, 0.46, 0.55) - 0.26 * _bump(part, 0.54, 0.62, 0.64, 0.72)
    half = 0.5 * (build.shoulder[0] - build.hip[0])
    hip = (build.hip[0] - 0.08 * flight, build.hip[1] - 0.24 * crouch - pitch * half + wiggle)
    shoulder = (build.shoulder[0] + 0.10 * flight, build.shoulder[1] - 0.36 * crouch + pitch * half)
    late = min(max((part - 0.42) / 0.26, 0.0), 1.0)
    hind = (build.hip[0] + (-0.55 + 0.95 * late) * flight, 0.30 * flight * (0.3 + late))
    fore = (build.shoulder[0] + 0.50 * flight, 0.32 * flight * (1.2 - late))
    step = 0.10
    paws = [
        (hind[0] + step, hind[1]), (fore[0] + step, fore[1] + 0.05 * flight), (hind[0] - step, hind[1] + 0.04 * flight),
        (fore[0] - step, fore[1]),
    ]  # fmt: skip
    return Carriage(hip, shoulder, 0.03 * flight - 0.02 * crouch), paws


def _bump(value: float, begin: float, full: float, fade: float, end: float) -> float:
    """0, up to 1, held, and back to 0."""
    up = min(max((value - begin) / max(full - begin, 1e-6), 0.0), 1.0)
    down = min(max((value - fade) / max(end - fade, 1e-6), 0.0), 1.0)
    return up * up * (3 - 2 * up) * (1 - down * down * (3 - 2 * down))


def _trunk(build: Build, carriage: Carriage) -> Points:
    """The body's outline, carried and bent by the spine."""
    along, above = build.trunk[:, 0], build.trunk[:, 1]
    hip, spine = np.array(carriage.hip), np.subtract(carriage.shoulder, carriage.hip)
    normal = np.array([-spine[1], spine[0]]) / math.hypot(*spine)
    inner = np.clip(along, 0, 1)
    bent = above + carriage.flex * 4 * inner * (1 - inner)
    outline: Points = hip + along[:, None] * spine + bent[:, None] * normal
    return outline


def _leg(leg: Leg, root: Pair, paw: Pair, forward: float) -> Points:
    """A ribbon through hip or shoulder, knee, hock and paw."""
    start = (root[0] + forward, root[1] - 0.06)
    down = start[1] - paw[1]
    # A paw that is lifted or behind lets the last bone fold back.
    fold = leg.tilt + 0.9 * max(0.0, paw[1]) + 0.35 * (start[0] - paw[0]) / max(down, 0.2)
    hock = (paw[0] - leg.cannon * math.sin(fold), paw[1] + leg.cannon * math.cos(fold) + 0.03)
    knee, hock = elbow(start, hock, leg.upper, leg.lower, leg.bend)
    foot = (hock[0] + leg.cannon * math.sin(fold), hock[1] - leg.cannon * math.cos(fold))
    toe = (foot[0] + 0.8 * leg.widths[3], foot[1] - 0.004)
    return ribbon([start, knee, hock, foot, toe], [*leg.widths, leg.widths[3] * 0.8])
