"""What people ride in: cars, boats, balloons, rockets."""

import math
from typing import Final

from mutoscope.engines.procedural.diorama.figures.actor import Moment, Piece, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Points,
    ellipse,
    placed,
    points,
    ribbon,
    smooth,
    tapered,
)

Pieces = list[Piece | Soft]

# --- car: one unit is its length --------------------------------------------------------------------------------------

WHEEL: Final = 0.088
"""Radius of a car's wheel."""
_WHEELS_X: Final = (-0.285, 0.29)
_CAR: Final = smooth(
    (-0.49, 0.10), (-0.50, 0.20), (-0.47, 0.262), (-0.36, 0.285), (-0.25, 0.37), (-0.14, 0.408), (0.0, 0.405),
    (0.09, 0.375), (0.20, 0.285), (0.36, 0.255), (0.465, 0.215), (0.50, 0.155), (0.49, 0.09), (0.40, 0.068),
    (0.0, 0.062), (-0.40, 0.068),
)  # fmt: skip
_SILL: Final = smooth((-0.49, 0.10), (-0.494, 0.15), (0.0, 0.135), (0.496, 0.14), (0.49, 0.09), (0.40, 0.066),
                      (0.0, 0.06), (-0.40, 0.066))  # fmt: skip
_REAR_PANE: Final = smooth((-0.245, 0.287), (-0.205, 0.345), (-0.13, 0.383), (-0.055, 0.384), (-0.055, 0.287), steps=4)
_FRONT_PANE: Final = smooth((-0.03, 0.287), (-0.03, 0.385), (0.04, 0.374), (0.095, 0.343), (0.155, 0.286), steps=4)
_GLINT: Final = points((0.02, 0.30), (0.055, 0.365), (0.08, 0.352), (0.045, 0.30))
_RIM_FLASH: Final = points((-0.012, 0.014), (0.012, 0.014), (0.017, 0.056), (-0.017, 0.056))


def car(moment: Moment) -> Pieces:
    """A car from the side: wheels that roll, a body that dips on its springs, lamps in the dark."""
    bounce = (0.0, 0.0035 * math.sin(11 * moment.time_s + moment.variant) + 0.002 * math.sin(17.3 * moment.time_s))
    pieces: Pieces = [Soft.round("shade", (0.0, 0.005), 0.60, 0.6, flat=0.11)]
    if moment.lit:
        pieces += [Soft("beam", "glow", (0.93, 0.12), (0.46, -0.03), (0.0, 0.20), 0.55),
                   Soft.round("glow", (0.48, 0.175), 0.13, 0.8)]  # fmt: skip
    pieces += [
        Piece(_CAR + bounce, "accent"), Piece(_SILL + bounce, "second"), Piece(_REAR_PANE + bounce, "glass"),
        Piece(_FRONT_PANE + bounce, "glass"), Piece(_GLINT + bounce, "smoke" if not moment.lit else "glass"),
        Piece(ellipse(0.468, 0.178, 0.026, 0.02, -0.5) + bounce, "light"),
        Piece(ellipse(-0.488, 0.215, 0.012, 0.03) + bounce, "trim" if not moment.lit else "second"),
        Piece(ribbon([(-0.02, 0.245), (0.03, 0.245)], [0.012, 0.012]) + bounce, "trim"),
    ]  # fmt: skip
    for x in _WHEELS_X:
        turn = -moment.travelled / WHEEL
        pieces += [Piece(ellipse(x, WHEEL + 0.004, WHEEL + 0.012), "shade"), Piece(ellipse(x, WHEEL, WHEEL), "dark"),
                   Piece(ellipse(x, WHEEL, 0.055), "trim")]  # fmt: skip
        pieces += [Piece(placed(_RIM_FLASH, (x, WHEEL), turn + k * math.tau / 5), "dark") for k in range(5)]
        pieces.append(Piece(ellipse(x, WHEEL, 0.016), "trim"))
    return pieces


# --- car from behind: one unit is its width ---------------------------------------------------------------------------

_BACK: Final = smooth(
    (-0.47, 0.12), (-0.49, 0.26), (-0.485, 0.40), (-0.44, 0.47), (-0.385, 0.50), (-0.33, 0.66), (-0.26, 0.745),
    (0.0, 0.765),
    (0.26, 0.745), (0.33, 0.66), (0.385, 0.50), (0.44, 0.47), (0.485, 0.40), (0.49, 0.26), (0.47, 0.12), (0.0, 0.10),
)  # fmt: skip
_BACK_PANE: Final = smooth((-0.315, 0.515), (-0.27, 0.645), (-0.215, 0.695), (0.0, 0.71), (0.215, 0.695), (0.27, 0.645),
                           (0.315, 0.515), (0.0, 0.505), steps=4)  # fmt: skip
_BUMPER: Final = smooth((-0.485, 0.12), (-0.50, 0.19), (-0.485, 0.235), (0.0, 0.225), (0.485, 0.235), (0.50, 0.19),
                        (0.485, 0.12), (0.0, 0.105))  # fmt: skip
_TAIL_LAMP: Final = smooth(
    (-0.465, 0.355), (-0.45, 0.425), (-0.36, 0.43), (-0.235, 0.41), (-0.235, 0.365), (-0.36, 0.345)
)
_TIRE: Final = smooth((-0.455, 0.0), (-0.465, 0.10), (-0.45, 0.20), (-0.33, 0.20), (-0.315, 0.10), (-0.325, 0.0),
                      (-0.39, -0.008))  # fmt: skip
_SHEEN: Final = points((-0.14, 0.53), (-0.02, 0.69), (0.05, 0.69), (-0.07, 0.53))


def car_from_behind(moment: Moment) -> Pieces:
    """A car that drives ahead of us: tires that roll, tail lamps, a back that dips."""
    dip = 0.007 * math.sin(11 * moment.time_s + moment.variant) + 0.004 * math.sin(17.3 * moment.time_s)
    bounce = (0.004 * math.sin(5.3 * moment.time_s + moment.variant), dip)
    pieces: Pieces = [Soft.round("shade", (0.0, 0.01), 0.66, 0.8, flat=0.16)]
    for side in (-1.0, 1.0):
        pieces.append(Piece(_TIRE * (side, 1.0), "dark"))
        for k in range(4):
            y = 0.17 * ((k + 2.4 * moment.travelled) % 4) / 4
            pieces.append(
                Piece(
                    points((side * 0.45, y), (side * 0.33, y), (side * 0.33, y + 0.014), (side * 0.45, y + 0.014)),
                    "far",
                )
            )
    mirrors = [smooth((s * 0.37, 0.53), (s * 0.46, 0.52), (s * 0.475, 0.58), (s * 0.40, 0.585)) for s in (-1.0, 1.0)]
    pieces += [Piece(mirror + bounce, "second") for mirror in mirrors]
    pieces += [
        Piece(_BACK + bounce, "accent"), Piece(_BACK_PANE + bounce, "glass"),
        Piece(_SHEEN + bounce, "trim" if not moment.lit else "far"), Piece(_BUMPER + bounce, "second"),
        Piece(ribbon([(-0.40, 0.487), (0.40, 0.487)], [0.022, 0.022]) + bounce, "second"),
        Piece(points((-0.115, 0.265), (0.115, 0.265), (0.115, 0.335), (-0.115, 0.335)) + bounce, "smoke"),
        *(Piece(ellipse(side * 0.27, 0.125, 0.036, 0.022) + bounce, "dark") for side in (-1.0, 1.0)),
    ]  # fmt: skip
    for side in (-1.0, 1.0):
        pieces += [
            Piece(_TAIL_LAMP * (side, 1.0) + bounce, "brake"),
            Piece(ellipse(side * 0.41, 0.388, 0.022) + bounce, "light"),
        ]
        if moment.lit:
            pieces.append(Soft.round("brake", (side * 0.36, 0.385 + bounce[1]), 0.30, 0.75))
    if moment.lit:
        pieces.append(Soft.round("brake", (0.0, -0.03), 0.55, 0.35, flat=0.22))
    return pieces


# --- boat: one unit is its height -------------------------------------------------------------------------------------

_HULL: Final = smooth((-0.36, 0.135), (-0.34, 0.06), (-0.27, -0.03), (0.0, -0.06), (0.26, -0.03), (0.40, 0.09),
                      (0.455, 0.165), (0.30, 0.125), (0.0, 0.105), (-0.25, 0.12), steps=6)  # fmt: skip
_STRAKE: Final = smooth((-0.362, 0.14), (-0.352, 0.10), (0.0, 0.07), (0.41, 0.115), (0.462, 0.17), (0.30, 0.127),
                        (0.0, 0.107), (-0.25, 0.122))  # fmt: skip


def boat(moment: Moment) -> Pieces:
    """A sailing boat with billowing sails and a pennant."""
    gust = 0.02 * math.sin(1.3 * moment.time_s + moment.variant) + 0.012 * math.sin(2.9 * moment.time_s)
    belly = 0.10 + gust
    main = smooth(
        (0.005, 0.93), (-0.02 - 0.6 * belly, 0.72), (-0.11 - 1.2 * belly, 0.42), (-0.27 - 0.5 * belly, 0.19),
        (-0.12, 0.185), (0.005, 0.19), (0.012, 0.55),
    )  # fmt: skip
    jib = smooth((0.045, 0.84), (0.12 + 0.35 * belly, 0.58), (0.24 + 0.5 * belly, 0.34), (0.385, 0.185),
                 (0.20, 0.205), (0.05, 0.215), (0.062, 0.50))  # fmt: skip
    flag = [(0.02 - 0.045 * k, 0.975 + 0.012 * k * math.sin(7 * moment.time_s - 1.1 * k)) for k in range(4)]
    pieces: Pieces = [
        Piece(ribbon([(0.025, 0.10), (0.025, 1.0)], [0.024, 0.014]), "body"),
        Piece(tapered(flag, 0.045, 0.02), "second"),
        Piece(main, "accent"),
        Piece(jib, "accent"),
        Piece(ribbon([(-0.30, 0.175), (0.03, 0.175)], [0.016, 0.02]), "body"),
        Piece(_HULL, "body"),
        Piece(_STRAKE, "second"),
    ]
    stripe = ribbon([(-0.07 - 0.9 * belly, 0.52), (-0.02, 0.535), (0.009, 0.535)], [0.03, 0.03, 0.03])
    pieces.append(Piece(stripe, "second"))
    if moment.lit:
        pieces += [Soft.round("glow", (-0.24, 0.22), 0.22, 0.75), Piece(ellipse(-0.24, 0.21, 0.02), "light")]
    return pieces


# --- balloon: one unit is its height ----------------------------------------------------------------------------------

_SKIRT: Final = points((-0.055, 0.26), (0.055, 0.26), (0.075, 0.315), (-0.075, 0.315))
_BASKET: Final = smooth((-0.07, 0.115), (-0.06, 0.015), (0.0, 0.005), (0.06, 0.015), (0.07, 0.115), (0.0, 0.11))
_PROFILE: Final = ((0.30, 0.075), (0.38, 0.155), (0.48, 0.245), (0.60, 0.315), (0.70, 0.335), (0.80, 0.315),
                   (0.90, 0.235), (0.97, 0.11))  # fmt: skip
"""Height and half the width of the envelope."""


def _gore(left: float, right: float) -> Points:
    """A stripe of the envelope between two longitudes, -1 to 1, from the mouth to the crown."""
    up = [(left * half, y) for y, half in _PROFILE]
    down = [(right * half, y) for y, half in reversed(_PROFILE)]
    middle = (left + right) / 2
    return smooth(*up, (middle * 0.05, 1.0), *down, steps=4)


_ENVELOPE: Final = _gore(-1.0, 1.0)
_STRIPES: Final = (_gore(-0.80, -0.46), _gore(-0.15, 0.15), _gore(0.46, 0.80))


def balloon(moment: Moment) -> Pieces:
    """A striped hot-air balloon whose burner lights it from within, now and then."""
    fires = max(0.0, math.sin(1.9 * moment.time_s + 2.1 * moment.variant)) ** 6
    pieces: Pieces = []
    if moment.lit:
        pieces.append(Soft.round("glow", (0.0, 0.62), 0.62, 0.30 + 0.40 * fires))
    for x in (-0.05, 0.05):
        pieces.append(Piece(ribbon([(x * 1.1, 0.10), (x * 1.4, 0.30)], [0.008, 0.008]), "dark"))
    pieces.append(Piece(_ENVELOPE, "accent"))
    pieces += [Piece(stripe, "second") for stripe in _STRIPES]
    pieces += [
        Piece(_SKIRT, "trim"), Piece(_BASKET, "body"), Piece(ribbon([(-0.066, 0.11), (0.066, 0.11)], [0.02, 0.02]),
        "dark"),
        Piece(ellipse(-0.02, 0.15, 0.018, 0.02), "dark"), Piece(ribbon([(-0.02, 0.14), (-0.02, 0.09)], [0.04, 0.04]),
        "dark"),
        Soft.round("glow", (0.0, 0.34), 0.20 + 0.18 * fires, 0.25 + 0.6 * fires),
        Piece(ellipse(0.0, 0.285, 0.012, 0.02 + 0.03 * fires), "light"),
    ]  # fmt: skip
    return pieces


# --- rocket: one unit is its height -----------------------------------------------------------------------------------

_ROCKET: Final = smooth((0.0, 1.0), (0.055, 0.93), (0.105, 0.80), (0.12, 0.62), (0.108, 0.42), (0.078, 0.27),
                        (-0.078, 0.27), (-0.108, 0.42), (-0.12, 0.62), (-0.105, 0.80), (-0.055, 0.93))  # fmt: skip
_SHADED: Final = smooth((0.0, 1.0), (0.055, 0.93), (0.105, 0.80), (0.12, 0.62), (0.108, 0.42), (0.078, 0.27),
                        (0.03, 0.27), (0.055, 0.45), (0.062, 0.65), (0.05, 0.83))  # fmt: skip
_NOSE: Final = smooth((0.0, 1.0), (0.055, 0.93), (0.09, 0.85), (0.0, 0.825), (-0.09, 0.85), (-0.055, 0.93))
_FIN: Final = smooth((0.09, 0.46), (0.17, 0.36), (0.20, 0.17), (0.14, 0.235), (0.075, 0.275), steps=4)
_PUFFS: Final = 18
_PUFF_S: Final = 0.15
"""Seconds between puffs."""


def rocket(moment: Moment) -> Pieces:
    """A rocket on its flame, trailing smoke that swells and thins; `travelled` is how far it has come since."""
    pieces: Pieces = [_puff(k, moment) for k in range(_PUFFS)]
    flicker = 1 + 0.14 * math.sin(41 * moment.time_s) + 0.09 * math.sin(67 * moment.time_s + 1)
    pieces.append(Soft.round("glow", (0.0, 0.15), 0.42 * flicker, 0.8))
    for width, length, role in ((0.105, 0.36, "second"), (0.080, 0.27, "glow"), (0.048, 0.16, "smoke")):
        tip = 0.25 - length * flicker
        lick = 0.012 * math.sin(53 * moment.time_s + 90 * width)
        shape = smooth((-0.06, 0.26), (-width, 0.17), (lick - 0.02, tip + 0.06), (lick, tip), (lick + 0.02, tip + 0.06),
                       (width, 0.17), (0.06, 0.26), steps=4)  # fmt: skip
        pieces.append(Piece(shape, "light" if role == "smoke" else "glow" if role == "glow" else "second"))
    mirrored = _FIN * (-1.0, 1.0)
    pieces += [
        Piece(_FIN, "second"), Piece(mirrored, "second"),
        Piece(points((-0.06, 0.24), (0.06, 0.24), (0.078, 0.29), (-0.078, 0.29)), "dark"),
        Piece(_ROCKET, "accent"), Piece(_SHADED, "body"), Piece(_NOSE, "second"),
        Piece(ribbon([(0.0, 0.42), (0.0, 0.20)], [0.035, 0.03]), "second"),
        Piece(ellipse(0.0, 0.68, 0.058), "trim"), Piece(ellipse(0.0, 0.68, 0.042), "glass"),
        Piece(ellipse(-0.014, 0.695, 0.013), "smoke"),
    ]  # fmt: skip
    return pieces


def _puff(index: int, moment: Moment) -> Soft:
    """One of a train of puffs, each left behind where the rocket was when it came out."""
    age = (moment.time_s / _PUFF_S - index) % _PUFFS * _PUFF_S
    life = age / (_PUFFS * _PUFF_S)
    side = math.sin(2.4 * index + moment.variant) * (0.04 + 0.20 * life)
    down = 0.16 - 0.75 * age
    radius = 0.09 + 0.27 * math.sqrt(life)
    opacity = 0.9 * (1 - life) ** 1.2 * min(1.0, age / 0.12)
    return Soft.round("smoke", (side, down), radius, opacity, sprite="disk")
