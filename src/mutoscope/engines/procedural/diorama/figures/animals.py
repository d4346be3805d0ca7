"""Cats, dogs and horses: what the skeleton of a quadruped carries."""

import math
from typing import Final

from mutoscope.engines.procedural.diorama.figures.actor import Gait, Moment, Piece, Soft
from mutoscope.engines.procedural.diorama.figures.quadruped import (
    PACES,
    Build,
    Carriage,
    Leg,
    Pieces,
    animal,
    carriage_of,
)
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Pair,
    ellipse,
    placed,
    ribbon,
    smooth,
    tapered,
)


def cat(moment: Moment) -> Pieces:
    """It prowls, sits with a swishing tail, or crouches and pounces."""
    return _sitting_cat(moment) if moment.gait in ("stand", "wave", "dance") else animal(_CAT, moment)


def dog(moment: Moment) -> Pieces:
    """It trots with its tail up, or runs."""
    return animal(_DOG, moment)


def horse(moment: Moment) -> Pieces:
    """It walks, or gallops with mane and tail in the wind."""
    return animal(_HORSE, moment)


def saddle(moment: Moment) -> tuple[Pair, float]:
    """Where somebody sits on the horse, and how the back is pitched there, radians."""
    held = carriage_of(_HORSE, moment)
    along, (x, y) = _SADDLE, held.hip
    across, rise = held.shoulder[0] - x, held.shoulder[1] - y
    high = _BACK + held.flex * 4 * along * (1 - along)
    return (x + along * across, y + along * rise + high), math.atan2(rise, across)


def stride_of(kind: str, gait: Gait) -> float:
    """How far one cycle carries, in units of the form."""
    build = {"cat": _CAT, "dog": _DOG, "horse": _HORSE}[kind]
    return PACES[gait].stride * build.step if gait in PACES else 1.0


# --- cat --------------------------------------------------------------------------------------------------------------

_CAT_FACE: Final = smooth(
    (-0.20, 0.0), (-0.19, 0.14), (-0.20, 0.34), (-0.05, 0.22), (0.06, 0.22), (0.14, 0.36), (0.20, 0.14), (0.27, 0.02),
    (0.24, -0.08), (0.08, -0.16), (-0.08, -0.15),
)  # fmt: skip


def _cat_head(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.shoulder
    look = 0.10 * math.sin(0.9 * moment.time_s + moment.variant)
    head = (x + 0.33, y + 0.13 + 0.015 * math.sin(4 * math.pi * moment.phase))
    neck = ribbon([(x - 0.05, y - 0.1), (x + 0.14, y + 0.04), head], [0.44, 0.33, 0.25])
    return [Piece(neck), *_cat_face(head, look, moment)]


def _cat_face(head: Pair, angle: float, moment: Moment, scale: float = 1.0) -> Pieces:
    blink = 0.12 if moment.time_s % 3.7 > 3.55 else 1.0
    eyes = [placed(ellipse(ex, 0.065, 0.036, 0.042 * blink), head, angle, scale) for ex in (0.015, 0.15)]
    pupils = [placed(ellipse(ex + 0.008, 0.065, 0.011, 0.036 * blink), head, angle, scale) for ex in (0.015, 0.15)]
    ear = placed(_INNER_EAR, head, angle, scale)
    nose = placed(ellipse(0.225, -0.005, 0.022, 0.017), head, angle, scale)
    return [
        Piece(placed(_CAT_FACE, head, angle, scale)), Piece(ear, "second"), *(Piece(eye, "light") for eye in eyes),
        *(Piece(pupil, "dark") for pupil in pupils), Piece(nose, "second"),
    ]  # fmt: skip


_INNER_EAR: Final = smooth((-0.165, 0.16), (-0.165, 0.27), (-0.09, 0.19))


def _cat_tail(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.hip
    joints = []
    for k in range(6):
        sway = 0.09 * k / 5 * math.sin(2 * math.pi * 0.55 * moment.time_s - 0.7 * k + moment.variant)
        joints.append(
            (x - 0.14 - (0.0, 0.22, 0.42, 0.56, 0.60, 0.52)[k], y + (-0.02, -0.02, 0.08, 0.28, 0.52, 0.70)[k] + sway)
        )
    return [Piece(tapered(joints, 0.15, 0.10))]


_SEAT: Final = smooth(
    (-0.42, 0.02), (-0.50, 0.22), (-0.42, 0.52), (-0.20, 0.86), (-0.02, 1.06), (0.18, 1.04), (0.24, 0.84), (0.20, 0.55),
    (0.24, 0.25), (0.28, 0.05), (0.18, -0.01), (0.02, 0.02), (-0.2, -0.01),
)  # fmt: skip


def _sitting_cat(moment: Moment) -> Pieces:
    breath = 1 + 0.012 * math.sin(2 * math.pi * 0.35 * moment.time_s)
    swish = [0.10 * k / 5 * math.sin(2 * math.pi * 0.4 * moment.time_s - 0.6 * k) for k in range(6)]
    tail = [(-0.34 - (0.0, 0.22, 0.42, 0.58, 0.66, 0.62)[k], 0.09 + (0, -0.03, -0.02, 0.06, 0.22, 0.38)[k] + swish[k])
            for k in range(6)]  # fmt: skip
    angle = 0.12 * math.sin(0.8 * moment.time_s) + 0.03
    paws = [ellipse(0.24, 0.04, 0.10, 0.055), ellipse(0.10, 0.035, 0.10, 0.055)]
    return [
        Soft.round("shade", (-0.05, 0.0), 0.75, 0.42, flat=0.13),
        Piece(tapered(tail, 0.15, 0.10)),
        Piece(_SEAT * (1.0, breath)),
        *(Piece(paw) for paw in paws),
        *_cat_face((0.10, 1.18 * breath), angle, moment, 1.15),
    ]


_CAT: Final = Build(
    hip=(-0.62, 0.80), shoulder=(0.55, 0.78),
    trunk=smooth((-0.14, 0.10), (0.0, 0.16), (0.3, 0.14), (0.7, 0.13), (1.0, 0.17), (1.17, 0.05), (1.16, -0.16),
                 (1.0, -0.27), (0.6, -0.25), (0.3, -0.20), (0.02, -0.24), (-0.15, -0.12)),
    hind=Leg(0.34, 0.33, 0.22, 0.35, 1, (0.34, 0.21, 0.12, 0.115)),
    fore=Leg(0.30, 0.30, 0.14, 0.05, -1, (0.26, 0.17, 0.125, 0.115)),
    step=0.36, head=_cat_head, tail=_cat_tail,
)  # fmt: skip


# --- dog --------------------------------------------------------------------------------------------------------------

_DOG_FACE: Final = smooth(
    (-0.18, 0.02), (-0.15, 0.17), (0.0, 0.22), (0.11, 0.17), (0.18, 0.09), (0.36, 0.05), (0.42, -0.01), (0.38, -0.09),
    (0.20, -0.12), (0.02, -0.17), (-0.13, -0.13),
)  # fmt: skip
_DOG_EAR: Final = smooth((-0.06, 0.17), (-0.15, 0.16), (-0.23, 0.0), (-0.20, -0.16), (-0.11, -0.13), (-0.05, 0.03))


def _dog_head(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.shoulder
    nod = 0.07 * math.sin(4 * math.pi * moment.phase) + 0.05 * math.sin(1.1 * moment.time_s)
    head = (x + 0.34, y + 0.36)
    neck = ribbon([(x - 0.02, y - 0.08), (x + 0.17, y + 0.14), head], [0.42, 0.30, 0.25])
    flap = 0.22 * math.sin(4 * math.pi * moment.phase + 0.8) if moment.gait == "run" else nod
    collar = ribbon([(x + 0.10, y + 0.22), (x + 0.31, y + 0.10)], [0.07, 0.07])
    return [
        Piece(neck), Piece(placed(_DOG_FACE, head, nod)), Piece(collar, "trim"),
        Piece(placed(_DOG_EAR, head, nod - flap), "second"),
        Piece(placed(ellipse(0.405, 0.005, 0.04, 0.036), head, nod), "dark"),
        Piece(placed(ellipse(0.08, 0.075, 0.026, 0.03), head, nod), "dark"),
    ]  # fmt: skip


def _dog_tail(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.hip
    wag = math.sin(2 * math.pi * 2.3 * moment.time_s)
    joints = [(x - 0.1 - 0.10 * k + 0.05 * wag * k, y + 0.04 + 0.15 * k + 0.03 * wag * k) for k in range(4)]
    return [Piece(tapered(joints, 0.14, 0.05))]


_DOG: Final = Build(
    hip=(-0.50, 0.86), shoulder=(0.46, 0.88),
    trunk=smooth((-0.14, 0.06), (0.0, 0.15), (0.35, 0.12), (0.75, 0.13), (1.0, 0.16), (1.22, 0.04), (1.2, -0.18),
                 (1.0, -0.33), (0.65, -0.26), (0.35, -0.15), (0.05, -0.16), (-0.14, -0.10)),
    hind=Leg(0.36, 0.36, 0.24, 0.32, 1, (0.34, 0.19, 0.11, 0.115)),
    fore=Leg(0.33, 0.34, 0.16, 0.04, -1, (0.26, 0.16, 0.12, 0.115)),
    step=0.36, head=_dog_head, tail=_dog_tail,
)  # fmt: skip


# --- horse ------------------------------------------------------------------------------------------------------------

_HORSE_FACE: Final = smooth(
    (-0.07, 0.09), (-0.02, 0.13), (0.05, 0.10), (0.20, -0.08), (0.29, -0.22), (0.27, -0.30), (0.19, -0.30),
    (0.10, -0.19),
    (0.02, -0.13), (-0.08, -0.08),
)  # fmt: skip
_HORSE_EAR: Final = smooth((-0.04, 0.10), (-0.02, 0.22), (0.03, 0.12))


def _horse_head(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.shoulder
    runs = moment.gait == "run"
    nod = (0.10 if runs else 0.05) * math.sin(2 * math.pi * moment.phase * (1 if runs else 2))
    head = (x + (0.42 if runs else 0.34) + 0.2 * nod, y + (0.36 if runs else 0.45) + 0.3 * nod)
    neck = ribbon([(x - 0.06, y - 0.08), (x + 0.17, y + 0.16), head], [0.48, 0.29, 0.17])
    wind = 1.0 if runs else 0.35
    crest = [
        (x - 0.02, y + 0.16),
        (x + 0.10, y + 0.30),
        (head[0] - 0.09, head[1] + 0.02),
        (head[0] - 0.01, head[1] + 0.13),
    ]
    locks = [
        (px - 0.10 - 0.16 * wind + 0.04 * math.sin(9 * moment.time_s - 1.2 * k),
         py - 0.06 + 0.05 * wind * math.sin(8 * moment.time_s - 1.5 * k))
        for k, (px, py) in enumerate(crest[:3])
    ]  # fmt: skip
    mane = smooth(*crest, *reversed(locks))
    return [
        Piece(mane, "second"), Piece(neck), Piece(placed(_HORSE_EAR, head, nod), "body"),
        Piece(placed(_HORSE_FACE, head, nod + (0.22 if runs else 0.0), 1.12)),
        Piece(placed(ellipse(0.085, 0.0, 0.018), head, nod), "dark"),
    ]  # fmt: skip


def _horse_tail(carriage: Carriage, moment: Moment) -> Pieces:
    x, y = carriage.hip
    wind = 1.0 if moment.gait == "run" else 0.18
    joints = [
        (x - 0.16 - (0.05 + 0.15 * wind) * k,
         y + 0.08 - 0.13 * k * (1 - 0.75 * wind) + 0.035 * k * math.sin(7 * moment.time_s - 0.9 * k) * (0.3 + wind))
        for k in range(5)
    ]  # fmt: skip
    return [Piece(ribbon(joints, [0.07, 0.13, 0.17, 0.15, 0.04]), "second")]


_SADDLE: Final = 0.62
"""Where on its back somebody sits, 0 at the hip and 1 at the shoulder."""
_BACK: Final = 0.07
"""Of the back over the spine there."""
_HORSE: Final = Build(
    hip=(-0.46, 0.96), shoulder=(0.42, 0.94),
    trunk=smooth((-0.20, 0.0), (-0.08, 0.13), (0.2, 0.13), (0.55, 0.06), (0.9, 0.14), (1.10, 0.12), (1.25, -0.04),
                 (1.12, -0.25), (0.8, -0.27), (0.4, -0.20), (0.1, -0.17), (-0.16, -0.16)),
    hind=Leg(0.38, 0.35, 0.29, 0.16, 1, (0.38, 0.20, 0.09, 0.08)),
    fore=Leg(0.34, 0.34, 0.25, 0.02, -1, (0.26, 0.15, 0.09, 0.08)),
    step=0.37, head=_horse_head, tail=_horse_tail,
)  # fmt: skip
