"""What stands: trees, houses, castles, lighthouses; their leaves, flags, smoke and lights move."""

import math
from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.figures.actor import Moment, Piece, Role, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Pair,
    Points,
    ellipse,
    points,
    ribbon,
    smooth,
    tapered,
)

Pieces = list[Piece | Soft]


def _box(left: float, bottom: float, right: float, top: float) -> Points:
    return points((left, bottom), (right, bottom), (right, top), (left, top))


def _arch(x: float, y: float, width: float, height: float) -> Points:
    """An opening with a round top; (x, y) is the middle of its foot."""
    half = width / 2
    turn = np.linspace(0, math.pi, 7)
    top = np.column_stack([x + half * np.cos(turn), y + height - half + half * np.sin(turn)])
    return np.concatenate([[(x - half, y), (x + half, y)], top])


def _flag(at: Pair, length: float, moment: Moment, seed: float) -> Points:
    """A pennant from its pole to its point."""
    line = [
        (at[0] + length * k / 5, at[1] + 0.12 * length * (k / 5) * math.sin(6.5 * moment.time_s - 1.2 * k + seed))
        for k in range(6)
    ]
    return tapered(line, 0.42 * length, 0.04 * length, 2)


# --- tree -------------------------------------------------------------------------------------------------------------

_TRUNK: Final = smooth((-0.075, 0.0), (-0.035, 0.06), (-0.028, 0.30), (-0.02, 0.55), (0.03, 0.55), (0.032, 0.30),
                       (0.045, 0.06), (0.09, 0.0), (0.0, 0.015))  # fmt: skip
_LEAVES: Final = ((-0.20, 0.52, 0.19), (0.21, 0.54, 0.18), (0.0, 0.60, 0.25), (-0.14, 0.72, 0.20), (0.15, 0.73, 0.19),
                  (0.01, 0.83, 0.165))  # fmt: skip
_BRIGHT: Final = ((-0.16, 0.60, 0.10), (0.06, 0.70, 0.12), (-0.05, 0.84, 0.085), (0.20, 0.62, 0.07))

_CROWN: Final[tuple[tuple[tuple[tuple[float, float, float], ...], Role], ...]] = (
    (_LEAVES, "accent"),
    (_BRIGHT, "second"),
)


def tree(moment: Moment) -> Pieces:
    """A round-crowned tree whose leaves sway."""
    pieces: Pieces = [Soft.round("shade", (0.03, 0.0), 0.38, 0.45, flat=0.13), Piece(_TRUNK, "body")]
    pieces.append(Piece(ribbon([(0.0, 0.35), (0.10, 0.47), (0.17, 0.55)], [0.035, 0.026, 0.016]), "body"))
    for index, (group, role) in enumerate(_CROWN):
        for k, (x, y, radius) in enumerate(group):
            pieces.append(Piece(_leafy(x + _sway(y, moment, k), y, radius, 3 * k + index, moment), role))
    return pieces


def _sway(height: float, moment: Moment, index: int) -> float:
    gust = math.sin(1.1 * moment.time_s + moment.variant) + 0.4 * math.sin(2.7 * moment.time_s + 0.8 * index)
    return 0.022 * height * gust


def _leafy(x: float, y: float, radius: float, seed: int, moment: Moment) -> Points:
    """A scalloped round, trembling at its edge."""
    turn = np.arange(36) * (math.tau / 36)
    edge = 1 + 0.07 * np.sin(7 * turn + seed) + 0.03 * np.sin(13 * turn - 2.2 * seed + 2.3 * moment.time_s)
    return np.column_stack([x + radius * edge * np.cos(turn), y + 0.92 * radius * edge * np.sin(turn)])


# --- house ------------------------------------------------------------------------------------------------------------

_ROOF: Final = points((-0.58, 0.50), (-0.44, 0.90), (0.44, 0.90), (0.58, 0.50))
_GABLE: Final = points((-0.13, 0.62), (0.02, 0.84), (0.17, 0.62))


def house(moment: Moment) -> Pieces:
    """A cottage with a door, windows with a light behind them, and smoke from its chimney."""
    pane: Role = "light" if moment.lit else "glass"
    pieces: Pieces = [Soft.round("shade", (0.0, 0.0), 0.75, 0.5, flat=0.09)]
    pieces += [_smoke((0.29, 1.06), k, moment) for k in range(9)]
    pieces += [
        Piece(_box(0.23, 0.80, 0.35, 1.06), "body"), Piece(_box(-0.48, 0.0, 0.48, 0.53), "accent"),
        Piece(_ROOF, "second"),
        Piece(_GABLE, "accent"), Piece(_box(-0.58, 0.475, 0.58, 0.51), "body"),
        Piece(_arch(0.02, 0.0, 0.19, 0.37), "body"), Piece(ellipse(0.08, 0.17, 0.013), "trim"),
    ]  # fmt: skip
    for x in (-0.30, 0.32):
        pieces += [Piece(_box(x - 0.10, 0.16, x + 0.10, 0.38), "body"),
                Piece(_box(x - 0.083, 0.177, x - 0.006, 0.363), pane),
                   Piece(_box(x + 0.006, 0.177, x + 0.083, 0.363), pane)]  # fmt: skip
    pieces.append(Piece(ellipse(0.02, 0.70, 0.045), pane))
    if moment.lit:
        flicker = 0.55 + 0.06 * math.sin(9 * moment.time_s) + 0.05 * math.sin(5.3 * moment.time_s)
        pieces += [Soft.round("glow", (x, 0.27), 0.34, flicker) for x in (-0.30, 0.32)]
    return pieces


def _smoke(at: Pair, index: int, moment: Moment) -> Soft:
    life = (moment.time_s * 0.24 + index / 9) % 1.0
    x = at[0] + 0.32 * life**1.4 + 0.05 * math.sin(3 * life + 2.1 * index)
    return Soft.round(
        "smoke", (x, at[1] + 0.72 * life), 0.045 + 0.13 * life, 0.5 * (1 - life) * min(1.0, life / 0.08), sprite="disk"
    )


# --- castle -----------------------------------------------------------------------------------------------------------

_TOWERS: Final = (  # x, half width, height of the wall, height of the roof (0: battlements), in front
    (-0.17, 0.075, 0.72, 0.20, False), (0.20, 0.065, 0.66, 0.18, False), (0.02, 0.10, 0.80, 0.26, False),
    (-0.42, 0.085, 0.56, 0.21, True), (0.42, 0.085, 0.56, 0.21, True), (-0.19, 0.055, 0.42, 0.0, True),
    (0.19, 0.055, 0.42, 0.0, True),
)  # fmt: skip


def castle(moment: Moment) -> Pieces:
    """Towers with pointed roofs and flags, a wall with a gate, lights at night."""
    pieces: Pieces = [Soft.round("shade", (0.0, 0.0), 0.75, 0.4, flat=0.08)]
    for index, tower in enumerate(_TOWERS[:3]):
        pieces += _tower(tower, index, moment)
    pieces += [Piece(_battlements(-0.46, 0.46, 0.34), "accent"), Piece(_box(-0.46, 0.0, 0.46, 0.345), "accent")]
    for index, tower in enumerate(_TOWERS[3:], 3):
        pieces += _tower(tower, index, moment)
    pieces.append(Piece(_arch(0.0, 0.0, 0.17, 0.25), "body"))
    for x in (-0.045, 0.0, 0.045):
        pieces.append(Piece(ribbon([(x, 0.0), (x, 0.22)], [0.009, 0.009]), "trim"))
    if moment.lit:
        pieces.append(Soft.round("glow", (0.0, 0.12), 0.26, 0.35))
    return pieces


def _tower(tower: tuple[float, float, float, float, bool], index: int, moment: Moment) -> Pieces:
    x, half, wall, roof, front = tower
    role: Role = "accent" if front else "second"
    pieces: Pieces = [Piece(_box(x - half, 0.0, x + half, wall), role)]
    if front:
        pieces.append(Piece(_box(x + 0.35 * half, 0.0, x + half, wall), "second"))
    if roof:
        top = wall + roof
        pole = top + 0.075
        pieces += [
            Piece(ribbon([(x, top - 0.02), (x, pole)], [0.008, 0.008]), "body"),
            Piece(_flag((x, pole - 0.022), 0.10, moment, 1.9 * index), "trim"),
            Piece(points((x - 1.28 * half, wall - 0.01), (x, top), (x + 1.28 * half, wall - 0.01)), "trim"),
        ]
        pieces.append(Piece(points((x + 0.1 * half, wall - 0.01), (x, top), (x + 1.28 * half, wall - 0.01)), "body"))
    else:
        pieces.append(Piece(_battlements(x - 1.15 * half, x + 1.15 * half, wall), role))
    pane: Role = "light" if moment.lit else "body"
    for level in range(1, int(wall / 0.2)):
        pieces.append(Piece(_arch(x, 0.2 * level + 0.10, 0.36 * half, 0.075), pane))
    return pieces


def _battlements(left: float, right: float, y: float) -> Points:
    """A strip with teeth."""
    count = max(3, round((right - left) / 0.055) | 1)
    step = (right - left) / count
    corners: list[Pair] = [(left, y - 0.02)]
    for k in range(count):
        top = y + (0.035 if k % 2 == 0 else 0.005)
        corners += [(left + k * step, top), (left + (k + 1) * step, top)]
    return points(*corners, (right, y - 0.02))


# --- lighthouse -------------------------------------------------------------------------------------------------------

_TOWER_HALF: Final = (0.115, 0.072)
"""Half the width of the tower at its foot and under its gallery."""
_TURN_S: Final = 5.2
"""Seconds of one turn of the lamp."""


def lighthouse(moment: Moment) -> Pieces:
    """A striped tower on a rock; at night its beam sweeps round."""
    pieces: Pieces = [Soft.round("shade", (0.0, 0.0), 0.4, 0.4, flat=0.15)]
    lamp = (0.0, 0.845)
    if moment.lit:
        pieces += _beams(lamp, moment, behind=True)
    rock = smooth((-0.26, -0.02), (-0.22, 0.05), (-0.10, 0.085), (0.06, 0.09), (0.19, 0.06), (0.27, -0.02))
    for k in range(5):
        pieces.append(Piece(_ring(0.05 + 0.143 * k, 0.05 + 0.143 * (k + 1)), "accent" if k % 2 == 0 else "second"))
    pieces += [
        Piece(rock, "body"), Piece(_arch(0.0, 0.08, 0.06, 0.12), "dark"),
        Piece(_arch(0.0, 0.40, 0.035, 0.055), "light" if moment.lit else "dark"),
        Piece(_box(-0.105, 0.762, 0.105, 0.785), "body"), Piece(_box(-0.052, 0.785, 0.052, 0.90),
        "light" if moment.lit else "glass"),
        *(Piece(ribbon([(x, 0.785), (x, 0.90)], [0.007, 0.007]), "body") for x in (-0.05, -0.018, 0.018, 0.05)),
        *(Piece(ribbon([(x, 0.78), (x, 0.82)], [0.006, 0.006]), "body") for x in (-0.10, 0.10)),
        Piece(ribbon([(-0.10, 0.822), (0.10, 0.822)], [0.007, 0.007]), "body"),
        Piece(smooth((-0.07, 0.895), (-0.045, 0.95), (0.0, 0.985), (0.045, 0.95), (0.07, 0.895), (0.0, 0.897)),
        "accent"),
        Piece(ribbon([(0.0, 0.97), (0.0, 1.02)], [0.012, 0.006]), "body"),
    ]  # fmt: skip
    if moment.lit:
        pieces += _beams(lamp, moment, behind=False)
    else:  # by day only the turning lens flashes
        flash = abs(math.sin(math.tau * moment.time_s / _TURN_S)) ** 8
        pieces.append(Soft.round("glow", lamp, 0.06 + 0.12 * flash, 0.35 + 0.6 * flash))
    return pieces


def _ring(low: float, high: float) -> Points:
    foot, top = _TOWER_HALF
    lower, upper = (foot + (top - foot) * y / 0.77 for y in (low, high))
    return points((-lower, low), (lower, low), (upper, high), (-upper, high))


def _beams(lamp: Pair, moment: Moment, *, behind: bool) -> Pieces:
    """Two opposite cones of light, short and bright while they point at us, and the lamp's glow."""
    turn = math.tau * moment.time_s / _TURN_S + 0.6
    pieces: Pieces = []
    for angle in (turn, turn + math.pi):
        across, toward = math.cos(angle), math.sin(angle)
        if (toward < 0) is not behind:
            continue
        length = 1.25 * across
        if abs(length) > 0.05:
            at = (lamp[0] + length, lamp[1] - 0.03 * abs(across))
            pieces.append(
                Soft("beam", "glow", at, (length, -0.03 * abs(across)), (0.0, 0.16 + 0.12 * abs(toward)), 0.62)
            )
    if not behind:
        facing = max(0.0, abs(math.sin(turn))) ** 8
        pieces.append(Soft.round("glow", lamp, 0.16 + 0.30 * facing, 0.75 + 0.2 * facing))
    return pieces
