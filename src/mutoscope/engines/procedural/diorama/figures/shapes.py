"""Outlines that figures are cut from: pure geometry in a figure's own units, x forwards and y upwards."""

import math
from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(count, 2): corners of a closed outline, or joints of a line."""
Pair = tuple[float, float]

_ROUND: Final = 20
"""Corners of a circle: enough for a head that fills a tenth of the frame."""

_DIAGONAL: Final = math.sqrt(0.5)


def points(*pairs: Pair) -> Points:
    """These corners as they are."""
    return np.array(pairs, np.float64)


def smooth(*pairs: Pair, steps: int = 5) -> Points:
    """A closed curve through these points (uniform Catmull-Rom), `steps` corners for each."""
    outline: Points = _closing(len(pairs), steps) @ np.array(pairs, np.float64)
    return outline


@cache
def _closing(count: int, steps: int) -> Points:
    """(count * steps, count): what each corner of a closed curve takes from each knot."""
    shares = np.zeros((count * steps, count))
    for corner in range(count * steps):
        for offset, share in enumerate(_spline(corner % steps / steps), -1):
            shares[corner, (corner // steps + offset) % count] += share
    return shares


@cache
def _opening(count: int, steps: int) -> Points:
    """The same for an open curve; its ends go on as they came."""
    shares = np.zeros(((count - 1) * steps + 1, count))
    for corner in range((count - 1) * steps):
        for offset, share in enumerate(_spline(corner % steps / steps), -1):
            knot = corner // steps + offset
            if knot < 0:
                shares[corner, 0] += 2 * share
                shares[corner, 1] -= share
            elif knot >= count:
                shares[corner, count - 1] += 2 * share
                shares[corner, count - 2] -= share
            else:
                shares[corner, knot] += share
    shares[-1, -1] = 1
    return shares


def _spline(u: float) -> tuple[float, float, float, float]:
    """Shares of the knot before, the two around, and the one after."""
    return (
        0.5 * (-u + 2 * u * u - u**3), 0.5 * (2 - 5 * u * u + 3 * u**3), 0.5 * (u + 4 * u * u - 3 * u**3),
        0.5 * (-u * u + u**3),
    )  # fmt: skip


@cache
def _circle(count: int) -> Points:
    turn = np.arange(count) * (2 * math.pi / count)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def ellipse(x: float, y: float, radius_x: float, radius_y: float | None = None, angle: float = 0.0) -> Points:
    """Turned counter-clockwise by `angle`."""
    flat = _circle(_ROUND) * (radius_x, radius_x if radius_y is None else radius_y)
    return (turned(flat, angle) if angle else flat) + (x, y)


def turned(outline: Points, angle: float) -> Points:
    """About the origin, counter-clockwise by `angle` radians."""
    cos, sin = math.cos(angle), math.sin(angle)
    result: Points = outline @ np.array([[cos, sin], [-sin, cos]])
    return result


def shifted(outline: Points, x: float, y: float) -> Points:
    """Moved as it is."""
    moved: Points = outline + np.array((x, y))
    return moved


def placed(outline: Points, at: Pair, angle: float = 0.0, scale: float = 1.0) -> Points:
    """Scaled and turned about its own origin, which then lies at `at`."""
    return (turned(outline, angle) if angle else outline) * scale + at


def ribbon(joints: Sequence[Pair], widths: Sequence[float]) -> Points:
    """A limb along these joints: as wide as `widths` (whole width) at each, round at both ends."""
    # In plain numbers: for the few joints of a limb that is faster than arrays.
    left: list[Pair] = []
    right: list[Pair] = []
    last = len(joints) - 1
    for index, (x, y) in enumerate(joints):
        (x0, y0), (x1, y1) = joints[max(index - 1, 0)], joints[min(index + 1, last)]
        length = math.hypot(x1 - x0, y1 - y0) or 1e-9
        along_x, along_y = (x1 - x0) / length, (y1 - y0) / length
        half = widths[index] / 2
        if index == 0:
            cap, corner = (x - half * along_x, y - half * along_y), half * _DIAGONAL
            left.append((x - corner * (along_x + along_y), y - corner * (along_y - along_x)))
            right.append((x - corner * (along_x - along_y), y - corner * (along_y + along_x)))
        left.append((x - half * along_y, y + half * along_x))
        right.append((x + half * along_y, y - half * along_x))
    corner = half * _DIAGONAL
    left += [
        (x + corner * (along_x - along_y), y + corner * (along_y + along_x)),
        (x + half * along_x, y + half * along_y),
    ]
    right.append((x + corner * (along_x + along_y), y + corner * (along_y - along_x)))
    return np.array([*left, *reversed(right), cap])


def curve(joints: Sequence[Pair], steps: int = 4) -> Points:
    """An open line through these joints (Catmull-Rom), for tails and necks."""
    line: Points = _opening(len(joints), steps) @ np.array(joints, np.float64)
    return line


def tapered(joints: Sequence[Pair], wide: float, narrow: float, steps: int = 4) -> Points:
    """A curved ribbon that goes over from one width to another."""
    line = curve(joints, steps).tolist()
    change = (narrow - wide) / (len(line) - 1)
    return ribbon(line, [wide + change * index for index in range(len(line))])


def elbow(root: Pair, tip: Pair, upper: float, lower: float, bend: float) -> tuple[Pair, Pair]:
    """
    The joint between two bones from `root` towards `tip`, and where they really end.

    `bend` is 1 where the joint goes forwards of a hanging limb, -1 for backwards. What is out of reach is reached for.
    """
    across, down = tip[0] - root[0], tip[1] - root[1]
    whole = math.hypot(across, down) or 1e-9
    reach = min(max(whole, abs(upper - lower) + 1e-6), upper + lower - 1e-6)
    ratio = reach / whole
    end = (root[0] + across * ratio, root[1] + down * ratio)
    cos = (upper * upper + reach * reach - lower * lower) / (2 * upper * reach)
    angle = math.atan2(down, across) + bend * math.acos(min(1.0, max(-1.0, cos)))
    return (root[0] + upper * math.cos(angle), root[1] + upper * math.sin(angle)), end


def wave(table: Sequence[float], phase: float) -> float:
    """A smooth periodic curve through evenly spaced values, at this phase of its cycle (1 is once around)."""
    count = len(table)
    place = phase % 1.0 * count
    index = int(place)
    u = place - index
    a, b, c, d = (table[(index + k) % count] for k in (-1, 0, 1, 2))
    return 0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u * u + (3 * b - a - 3 * c + d) * u**3)
