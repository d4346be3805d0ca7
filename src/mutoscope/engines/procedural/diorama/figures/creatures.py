"""What flies and swims: birds, fish, whales."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.figures.actor import Moment, Piece, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Points,
    curve,
    ellipse,
    points,
    ribbon,
    shifted,
    smooth,
    turned,
)

Pieces = list[Piece | Soft]

# --- bird: one unit is its length -------------------------------------------------------------------------------------

_BIRD: Final = smooth(
    (0.47, 0.075), (0.40, 0.125), (0.32, 0.13), (0.20, 0.09), (0.0, 0.075), (-0.22, 0.05), (-0.36, 0.03), (-0.58, 0.06),
    (-0.53, 0.015), (-0.57, -0.035), (-0.36, -0.02), (-0.15, -0.075), (0.08, -0.105), (0.25, -0.055), (0.34, 0.03),
    (0.40, 0.06),
)  # fmt: skip
_BEAK: Final = points((0.40, 0.115), (0.53, 0.068), (0.40, 0.06))


def bird(moment: Moment) -> Pieces:
    """Long wings that beat, fold on the way up, and rest in a glide between."""
    rate = 2.1 + 0.25 * math.sin(2.4 * moment.variant)
    beat = 2 * math.pi * rate * moment.time_s + 1.9 * moment.variant
    glide = 0.5 + 0.5 * math.sin(0.9 * moment.time_s + 2.3 * moment.variant)
    strength = 1 - 0.8 * max(0.0, glide - 0.55) / 0.45
    raised = 0.34 + 0.80 * strength * math.sin(beat)
    folded = -0.30 + 0.55 * strength * math.sin(beat - 1.2)
    rise = (0.0, -0.05 * strength * math.sin(beat - 0.4))
    return [
        Piece(_wing(raised * 0.9 + 0.12, folded, 0.09) + rise, "far"),
        Piece(_BEAK + rise, "trim"),
        Piece(_BIRD + rise, "accent"),
        Piece(_wing(raised, folded, 0.0) + rise, "accent"),
    ]


def _wing(raised: float, folded: float, forward: float) -> Points:
    """Arm and hand with their feathers; seen from the side, so a level wing is short and points backwards."""
    inner, outer = math.sin(raised), math.sin(raised + folded)
    wrist_x, wrist_y = 0.17 - 0.05 * abs(inner), 0.04 + 0.32 * inner
    tip_x, tip_y = wrist_x - 0.30 + 0.06 * abs(outer), wrist_y + 0.46 * outer
    outline = curve(
        [
            (0.22, 0.03), (wrist_x + 0.05, 0.55 * wrist_y + 0.02), (wrist_x, wrist_y),
            (0.55 * wrist_x + 0.45 * tip_x, 0.42 * wrist_y + 0.58 * tip_y),
            (tip_x, tip_y), (0.45 * tip_x + 0.40 * wrist_x - 0.10, 0.5 * tip_y + 0.38 * wrist_y),
            (-0.16, 0.45 * wrist_y + 0.02), (-0.14, 0.02), (0.04, -0.02), (0.22, 0.03),
        ],
        steps=4,
    )  # fmt: skip
    return shifted(outline, forward, 0.0)


# --- fish: one unit is its length -------------------------------------------------------------------------------------

_FISH: Final = smooth(
    (0.50, 0.0), (0.42, 0.075), (0.25, 0.155), (0.02, 0.185), (-0.18, 0.12), (-0.31, 0.045), (-0.31, -0.04),
    (-0.18, -0.11), (0.02, -0.16), (0.25, -0.13), (0.42, -0.06),
)  # fmt: skip
_FISH_BELLY: Final = smooth((0.47, -0.035), (0.25, -0.03), (0.0, -0.06), (-0.25, -0.05), (-0.18, -0.11), (0.02, -0.16),
                            (0.25, -0.13), (0.42, -0.06))  # fmt: skip
_FISH_TAIL: Final = smooth((-0.27, 0.02), (-0.42, 0.12), (-0.56, 0.17), (-0.47, 0.0), (-0.56, -0.16), (-0.42, -0.11),
                           (-0.27, -0.02))  # fmt: skip
_FISH_FIN: Final = smooth((0.12, 0.15), (0.0, 0.27), (-0.17, 0.23), (-0.12, 0.13), (0.0, 0.16))
_FISH_STRIPES: Final = tuple(
    smooth((x, 0.16 - 0.2 * abs(x - 0.05)), (x + 0.035, 0.05), (x + 0.02, -0.10), (x - 0.035, -0.10), (x - 0.02, 0.05))
    for x in (0.18, -0.04)
)


def fish(moment: Moment) -> Pieces:
    """A striped fish that bends as it swims."""
    beat = 2 * math.pi * 1.5 * moment.time_s + 1.3 * moment.variant
    paddle = 0.35 * math.sin(0.8 * beat)
    fin = shifted(turned(points((0.0, 0.0), (-0.13, -0.02), (-0.11, -0.09)), paddle), 0.13, -0.03)
    parts: Sequence[Piece] = (
        Piece(_FISH_TAIL, "body"), Piece(_FISH_FIN, "body"), Piece(_FISH, "accent"), Piece(_FISH_BELLY, "second"),
        *(Piece(stripe, "second") for stripe in _FISH_STRIPES), Piece(fin, "body"),
        Piece(ellipse(0.355, 0.045, 0.036), "smoke"), Piece(ellipse(0.364, 0.045, 0.02), "dark"),
    )  # fmt: skip
    return [Piece(_bent(part.outline, beat, 0.075), part.role) for part in parts]


def splash(moment: Moment) -> Pieces:
    """Drops and a ring on the water; `phase` is seconds since something went through it."""
    age = moment.phase / _SPLASH_S
    if not 0 <= age < 1:
        return []
    ring = Soft.round("smoke", (0.0, 0.0), 0.16 + 0.55 * age, 0.55 * (1 - age), flat=0.18, sprite="disk")
    drops: Pieces = []
    for k in range(9):
        far = math.sin(2.4 * k + moment.variant)
        x = far * (0.08 + 0.42 * age)
        y = (0.30 + 0.34 * (1 - abs(far))) * 4 * age * (1 - age) * (0.7 + 0.3 * math.cos(5.1 * k))
        drops.append(Soft.round("smoke", (x, y), 0.055 * (1 - 0.5 * age), 0.95 * (1 - age * age), sprite="disk"))
    return [ring, *drops]


_SPLASH_S: Final = 0.75


def _bent(outline: Points, beat: float, amount: float) -> Points:
    """A wave that runs from the head to the tail and grows on its way."""
    behind = np.clip(0.5 - outline[:, 0], 0, 1.2)
    return np.column_stack([outline[:, 0], outline[:, 1] + amount * behind**1.6 * np.sin(beat - 3.4 * behind)])


# --- whale: one unit is its length ------------------------------------------------------------------------------------

_WHALE: Final = smooth(
    (0.50, -0.01), (0.485, 0.075), (0.40, 0.135), (0.22, 0.17), (0.0, 0.165), (-0.20, 0.115), (-0.36, 0.055),
    (-0.45, 0.03),
    (-0.45, -0.005), (-0.34, -0.02), (-0.18, -0.065), (0.02, -0.125), (0.24, -0.145), (0.40, -0.10),
)  # fmt: skip
_WHALE_BELLY: Final = smooth((0.497, 0.0), (0.36, 0.0), (0.18, -0.045), (-0.02, -0.075), (-0.25, -0.045),
        (-0.18, -0.065),
                             (0.02, -0.125), (0.24, -0.145), (0.40, -0.10))  # fmt: skip
_FLUKE: Final = smooth((-0.42, 0.022), (-0.49, 0.05), (-0.545, 0.125), (-0.60, 0.135), (-0.575, 0.04), (-0.61, -0.055),
                       (-0.555, -0.05), (-0.49, -0.012), (-0.42, 0.0))  # fmt: skip
_FLIPPER: Final = smooth((0.0, 0.025), (-0.06, -0.02), (-0.17, -0.10), (-0.20, -0.155), (-0.12, -0.13), (-0.02, -0.06),
                         (0.055, 0.0))  # fmt: skip
_BACK_FIN: Final = smooth((-0.16, 0.115), (-0.225, 0.175), (-0.25, 0.165), (-0.25, 0.085))


def whale(moment: Moment) -> Pieces:
    """A whale with slow flukes, and a spout where it is at the surface (gait `jump`)."""
    beat = 2 * math.pi * 0.32 * moment.time_s + moment.variant
    flap = -0.25 + 0.28 * math.sin(beat - 1.2)
    grooves = [ribbon([(0.44 - 0.02 * k, -0.022 - 0.026 * k), (0.20 - 0.02 * k, -0.068 - 0.022 * k)], [0.006, 0.004])
               for k in range(3)]  # fmt: skip
    parts: list[Piece] = [
        Piece(shifted(turned(_FLIPPER, flap * 0.8), 0.25, -0.06), "far"), Piece(_FLUKE, "accent"),
        Piece(_BACK_FIN, "accent"),
        Piece(_WHALE, "accent"), Piece(_WHALE_BELLY, "second"), *(Piece(groove, "body") for groove in grooves),
        Piece(shifted(turned(_FLIPPER, flap), 0.20, -0.075), "body"), Piece(ellipse(0.385, 0.03, 0.013), "dark"),
        Piece(ellipse(0.389, 0.034, 0.005), "smoke"),
    ]  # fmt: skip
    bent: Pieces = [Piece(_bent(part.outline, beat, 0.13), part.role) for part in parts]
    return [*_spout(moment), *bent] if moment.gait == "jump" else bent


def _spout(moment: Moment) -> Pieces:
    """Two curls of spray, for a while of every few seconds."""
    cycle = (moment.time_s + 0.7) % 3.4
    strength = math.sin(math.pi * min(1.0, cycle / 2.2))
    if strength <= 0.02 or cycle > 2.2:
        return []
    puffs: Pieces = []
    for side in (-1, 1):
        for k in range(7):
            u = (k + (2.2 * cycle) % 1) / 7
            x = 0.29 + side * 0.16 * u**1.5
            y = 0.17 + strength * (0.42 * u - 0.30 * u * u)
            puffs.append(Soft.round("smoke", (x, y), 0.026 + 0.035 * u, 0.85 * strength * (1 - 0.6 * u), sprite="disk"))
    return puffs
