"""People: a skeleton of two-bone legs and arms, gaits as tables, and what they wear."""

import math
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.diorama.figures.actor import Gait, Moment, Piece, Role, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import (
    Pair,
    Points,
    elbow,
    ellipse,
    placed,
    points,
    ribbon,
    smooth,
    tapered,
    wave,
)

Pieces = list[Piece | Soft]

_THIGH, _SHIN = 0.255, 0.245
_UPPER_ARM, _FOREARM = 0.155, 0.15
SEAT: Final = 0.528
"""Where the hip of a seated person is, in units of the standing one."""


@dataclass(frozen=True, slots=True)
class _Gait:
    """Ten evenly spaced moments of one leg's cycle, from its forward footfall on, in shares of the height."""

    foot_x: tuple[float, ...]
    """Ankle before the hip."""
    foot_y: tuple[float, ...]
    """Ankle above its standing height."""
    toe: tuple[float, ...]
    """Pitch of the foot, radians, toes up above 0."""
    hip: float
    bob: float
    lean: float
    arm_swing: float
    arm_bend: float
    stride: float
    """Way of one whole cycle."""


WALK: Final = _Gait(
    foot_x=(0.19, 0.127, 0.063, 0.0, -0.063, -0.127, -0.19, -0.13, 0.045, 0.17),
    foot_y=(0.005, 0.0, 0.0, 0.0, 0.0, 0.012, 0.055, 0.095, 0.06, 0.025),
    toe=(0.32, 0.05, 0.0, 0.0, -0.04, -0.3, -0.75, -0.7, -0.1, 0.3),
    hip=0.513, bob=0.011, lean=0.03, arm_swing=0.48, arm_bend=0.3, stride=0.634,
)  # fmt: skip
RUN: Final = _Gait(
    foot_x=(0.20, 0.07, -0.06, -0.20, -0.33, -0.37, -0.20, 0.08, 0.28, 0.29),
    foot_y=(0.0, 0.0, 0.0, 0.04, 0.13, 0.27, 0.31, 0.22, 0.12, 0.04),
    toe=(0.15, 0.0, -0.1, -0.6, -1.0, -1.3, -1.0, -0.5, 0.0, 0.25),
    hip=0.475, bob=0.028, lean=0.20, arm_swing=0.85, arm_bend=1.55, stride=1.32,
)  # fmt: skip
_GAITS: Final[dict[Gait, _Gait]] = {"walk": WALK, "wave": WALK, "run": RUN}


@dataclass(frozen=True, slots=True)
class _Body:
    """Where the joints are at one moment."""

    hip: Pair
    shoulder: Pair
    lean: float
    ankles: tuple[Pair, Pair]
    """Far leg, near leg."""
    toes: tuple[float, float]
    hands: tuple[Pair, Pair]


def person(moment: Moment) -> Pieces:
    """Someone in a coat with a scarf, a dress, or a hat."""
    body = _posed(moment)
    wear = (_coat, _dress, _jacket)[moment.variant % 3]
    return [*_ground(body), *_limbs(body), *wear(body, moment)]


def noble(moment: Moment) -> Pieces:
    """A lord: cloak, crown, and a hand that greets now and then."""
    body = _posed(moment)
    return [*_ground(body), *_cloak(body, moment), *_limbs(body), *_regalia(body, moment)]


def bystander(moment: Moment) -> Pieces:
    """One of a crowd, with as few pieces as read as a person; some wave."""
    body = _posed(moment)
    tunic = _torso(body, (0.5, 0.66, 0.78)[moment.variant % 3])
    head = _head_at(body)
    legs = [_leg(body, side, 0.075) for side in (0, 1)]
    arms = [_arm(body, side, 0.045) for side in (0, 1)]
    worn: Role = _WORN[moment.variant % 4]
    shade = Piece(ellipse(0.0, 0.0, 0.15, 0.022), "shade")
    pieces = [shade, Piece(legs[0], "far"), Piece(legs[1]), Piece(arms[0], "far"), Piece(tunic, worn)]
    pieces += [Piece(ellipse(*head, 0.062, 0.072), "skin"), Piece(arms[1])]
    return [*pieces, Piece(placed(_HAIR[moment.variant % 3], head, body.lean), "dark")]


def rider(moment: Moment) -> Pieces:
    """Someone in the saddle: one leg seen, both hands at the reins, a scarf or hair in the wind."""
    body = _seated(moment)
    return [*_one_leg(body), *(_coat, _dress, _jacket)[moment.variant % 3](body, moment), *_one_leg(body)]


def noble_rider(moment: Moment) -> Pieces:
    """A lord in the saddle, with a cape that flies behind."""
    body = _seated(moment)
    sx, sy = body.shoulder
    speed = 1.0 if moment.gait == "run" else 0.3
    flutter = [0.028 * math.sin(6.1 * moment.time_s - 1.2 * k) * k for k in range(4)]
    cape = [(sx - 0.02 - (0.05 + 0.09 * speed) * k, sy - (0.13 - 0.085 * speed) * k + flutter[k]) for k in range(4)]
    return [Piece(tapered(cape, 0.12, 0.20), "accent"), *_regalia(body, moment), *_one_leg(body)]


def astronaut(moment: Moment) -> Pieces:
    """Someone in a space suit: a pack behind, a helmet with a visor that mirrors the light."""
    body = _posed(moment)
    head, (sx, sy) = _head_at(body), body.shoulder
    pack = placed(_PACK, (sx, sy), -body.lean)
    legs = [Piece(_leg(body, side, 0.115), "accent" if side else "far") for side in (0, 1)]
    boots = [Piece(_foot(body, side), "trim") for side in (0, 1)]
    return [
        Piece(_arm(body, 0, 0.085), "far"), Piece(pack, "second"), legs[0], boots[0], legs[1], boots[1],
        Piece(_torso(body, 0.47, 0.03), "accent"),
        Piece(ribbon([(sx - 0.07, sy - 0.19), (sx + 0.09, sy - 0.19)], [0.03, 0.03]), "second"),
        Piece(ellipse(head[0], head[1] + 0.005, 0.105, 0.108), "accent"),
        Piece(ellipse(head[0] + 0.028, head[1] + 0.008, 0.072, 0.068), "dark"),
        Piece(ellipse(head[0] + 0.05, head[1] + 0.032, 0.022, 0.018), "glass"),
        Piece(_arm(body, 1, 0.09), "accent"),
        Piece(ellipse(*body.hands[1], 0.04), "trim"),
    ]  # fmt: skip


_PACK: Final = smooth((-0.05, 0.04), (-0.15, 0.02), (-0.17, -0.16), (-0.15, -0.30), (-0.04, -0.30))


def _seated(moment: Moment) -> _Body:
    """Upright at a walk, bent forward and rising and falling at a gallop."""
    runs = moment.gait == "run"
    beat = math.sin(2 * math.pi * moment.phase * (1 if runs else 2))
    lean = (0.30 if runs else 0.04) + 0.03 * beat
    hip = (0.0, SEAT + (0.022 if runs else 0.006) * beat)
    shoulder = (hip[0] + 0.335 * math.sin(lean), hip[1] + 0.335 * math.cos(lean))
    hand = (hip[0] + 0.25 + 0.01 * beat, hip[1] + 0.15)
    ankle = (0.10 - (0.05 if runs else 0.0), SEAT - 0.33)
    return _Body(hip, shoulder, lean, (ankle, ankle), (0.1, 0.1), (hand, hand))


def _one_leg(body: _Body) -> Pieces:
    return [Piece(_leg(body, 1, 0.085)), Piece(_foot(body, 1), "dark")]


def _posed(moment: Moment) -> _Body:
    gait = _GAITS.get(moment.gait)
    if gait is None:
        return _standing(moment)
    reach = 0.35 + 0.65 * moment.stride
    lean = gait.lean * reach
    hip = (0.0, gait.hip + (1 - reach) * 0.015 - gait.bob * math.cos(4 * math.pi * moment.phase) * reach)
    shoulder = (hip[0] + 0.335 * math.sin(lean), hip[1] + 0.335 * math.cos(lean))
    ankles, toes, hands = [], [], []
    for offset in (0.5, 0.0):
        phase = moment.phase + offset
        ankles.append((wave(gait.foot_x, phase) * moment.stride, 0.038 + wave(gait.foot_y, phase) * reach))
        toes.append(wave(gait.toe, phase) * reach)
        swing = -gait.arm_swing * reach * math.cos(2 * math.pi * (phase - 0.03)) - lean * 0.5
        bend = gait.arm_bend * (1 + 0.35 * math.sin(2 * math.pi * (phase + 0.55)))
        hands.append(_hand(shoulder, swing, bend))
    if moment.gait == "wave":
        hands[1] = _greeting(shoulder, moment, hands[1])
    return _Body(hip, shoulder, lean, (ankles[0], ankles[1]), (toes[0], toes[1]), (hands[0], hands[1]))


def _standing(moment: Moment) -> _Body:
    """Standing, breathing, dancing, or in the air."""
    time, offset = moment.time_s, 0.618 * moment.variant
    breath = math.sin(2 * math.pi * (0.28 * time + offset))
    sway, dip, lift, spread = 0.012 * math.sin(2 * math.pi * (0.13 * time + offset)), 0.0, 0.0, 0.0
    swings = [0.10 + 0.02 * breath, -0.06 + 0.02 * breath]
    bends = [0.2, 0.25]
    if moment.gait == "dance":
        beat = 2 * math.pi * 0.95 * time + offset
        sway, dip = 0.06 * math.sin(beat), 0.035 * abs(math.sin(beat))
        swings = [1.9 + 0.5 * math.sin(beat), -1.9 + 0.5 * math.sin(beat)]
        bends, lift = [0.9 + 0.5 * math.sin(2 * beat), 0.9 - 0.5 * math.sin(2 * beat)], 0.09 * max(0, math.sin(beat))
    elif moment.gait in ("fly", "swim", "jump"):
        swings, bends = [2.5, 2.2 + 0.2 * breath], [0.15, 0.2]
        lift, spread = 0.10, 0.10
    hip = (0.6 * sway, 0.528 - dip + 0.002 * breath)
    lean = 0.5 * sway
    shoulder = (hip[0] + 0.335 * math.sin(lean), hip[1] + 0.333 * math.cos(lean) + 0.004 * breath)
    hands = [_hand(shoulder, swing, bend) for swing, bend in zip(swings, bends, strict=True)]
    if moment.gait == "stand" and moment.variant % 5 in (1, 3):
        hands[1] = _greeting(shoulder, moment, hands[1])
    ankles = ((-0.055 - spread, 0.038 + lift), (0.055 + spread * 0.4, 0.038 + lift * 0.3))
    return _Body(hip, shoulder, lean, ankles, (-lift * 5, -lift), (hands[0], hands[1]))


def _hand(shoulder: Pair, swing: float, bend: float) -> Pair:
    """The wrist of an arm that swings forward by one angle and is bent at the elbow by another."""
    x = shoulder[0] + _UPPER_ARM * math.sin(swing) + _FOREARM * math.sin(swing + bend)
    return x, shoulder[1] - 0.02 - _UPPER_ARM * math.cos(swing) - _FOREARM * math.cos(swing + bend)


def _greeting(shoulder: Pair, moment: Moment, rest: Pair) -> Pair:
    """A hand raised and waved, for some seconds of every few."""
    cycle = (moment.time_s + 1.7 * moment.variant) % 4.2
    up = _soft(cycle / 0.6) * (1 - _soft((cycle - 2.4) / 0.7))
    wag = 0.16 * math.sin(2 * math.pi * 1.6 * moment.time_s)
    high = (shoulder[0] + 0.15 + 0.24 * wag, shoulder[1] + 0.20 - 0.05 * abs(wag))
    return rest[0] + (high[0] - rest[0]) * up, rest[1] + (high[1] - rest[1]) * up


def _soft(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return value * value * (3 - 2 * value)


_WORN: Final[tuple[Role, ...]] = ("body", "accent", "second", "body")


# --- pieces -----------------------------------------------------------------------------------------------------------

_HAIR: Final = (
    smooth((-0.066, -0.02), (-0.07, 0.04), (-0.02, 0.083), (0.045, 0.07), (0.062, 0.03), (0.01, 0.035), (-0.02, -0.01)),
    smooth((-0.06, -0.12), (-0.095, -0.06), (-0.075, 0.04), (-0.02, 0.083), (0.045, 0.07), (0.062, 0.03), (0.0, 0.03),
           (-0.015, -0.05)),
    smooth((-0.07, 0.02), (-0.062, 0.03), (-0.055, 0.09), (0.0, 0.105), (0.05, 0.085), (0.058, 0.04), (0.105, 0.028),
           (0.07, 0.015)),
)  # fmt: skip
_HAT: Final = smooth((-0.115, 0.03), (-0.055, 0.05), (-0.05, 0.125), (0.0, 0.115), (0.05, 0.125), (0.056, 0.05),
                     (0.115, 0.03), (0.0, 0.018))  # fmt: skip
_FACE: Final = smooth((-0.055, 0.03), (-0.02, 0.07), (0.035, 0.06), (0.052, 0.02), (0.066, 0.002), (0.05, -0.012),
                      (0.046, -0.04), (0.015, -0.066), (-0.03, -0.05))  # fmt: skip
_CROWN: Final = points((-0.056, 0.045), (-0.068, 0.125), (-0.035, 0.085), (-0.018, 0.14), (0.004, 0.088), (0.028, 0.14),
                       (0.042, 0.085), (0.072, 0.12), (0.058, 0.04))  # fmt: skip


def _ground(body: _Body) -> Pieces:
    return [Soft.round("shade", (body.hip[0] * 0.5, 0.0), 0.26, 0.42, flat=0.16)]


def _leg(body: _Body, side: int, width: float) -> Points:
    hip = (body.hip[0] + (-0.012, 0.012)[side], body.hip[1])
    knee, ankle = elbow(hip, body.ankles[side], _THIGH, _SHIN, 1)
    return ribbon([hip, knee, ankle], [width * 1.25, width, width * 0.62])


def _foot(body: _Body, side: int) -> Points:
    return placed(_SHOE, body.ankles[side], body.toes[side])


_SHOE: Final = smooth((-0.035, -0.034), (-0.034, 0.012), (0.0, 0.026), (0.035, 0.006), (0.085, -0.016), (0.088, -0.036))


def _arm(body: _Body, side: int, width: float) -> Points:
    root = (body.shoulder[0] + (0.012, -0.012)[side], body.shoulder[1] - 0.02)
    joint, wrist = elbow(root, body.hands[side], _UPPER_ARM, _FOREARM, -1)
    return ribbon([root, joint, wrist], [width * 1.25, width, width * 0.72])


def _limbs(body: _Body) -> Pieces:
    pieces: Pieces = [Piece(_arm(body, 0, 0.05), "far")]
    for side in (0, 1):
        pieces += [Piece(_leg(body, side, 0.08), "body" if side else "far"), Piece(_foot(body, side), "dark")]
    return pieces


def _head_at(body: _Body) -> Pair:
    return body.shoulder[0] + 0.09 * math.sin(body.lean) + 0.012, body.shoulder[1] + 0.105


def _head(body: _Body) -> Pieces:
    head = _head_at(body)
    neck = ribbon([(body.shoulder[0], body.shoulder[1] - 0.01), (head[0] - 0.01, head[1] - 0.03)], [0.06, 0.05])
    return [Piece(neck, "skin"), Piece(placed(_FACE, head, -0.3 * body.lean, 1.04), "skin")]


def _torso(body: _Body, hem: float, flare: float = 0.0) -> Points:
    """From the shoulders to a hem at this share of the way down from the shoulder to the ankles."""
    sx, sy = body.shoulder
    hx, hy = body.hip
    trail = 0.5 * (body.ankles[0][0] + body.ankles[1][0])
    low = sy - (sy - 0.04) * hem
    swing = (hy - low) * 0.6 * trail
    wide = 0.088 + 0.05 * hem + flare + 0.22 * max(0.0, hem - 0.45) * abs(body.ankles[0][0] - body.ankles[1][0])
    return smooth(
        (sx - 0.02, sy + 0.03), (sx - 0.075, sy - 0.005), (sx - 0.08, sy - 0.12), (hx - 0.07, hy + 0.06),
        (hx - wide + swing, low + 0.01), (hx + swing, low - 0.008), (hx + wide + swing, low + 0.01),
        (hx + 0.068, hy + 0.07), (sx + 0.078, sy - 0.11), (sx + 0.068, sy - 0.01), (sx + 0.03, sy + 0.03),
    )  # fmt: skip


def _coat(body: _Body, moment: Moment) -> Pieces:
    head = _head_at(body)
    sx, sy = body.shoulder
    flutter = [0.03 * math.sin(5.2 * moment.time_s - 1.3 * k) * k for k in range(4)]
    tail = [(sx - 0.03 - 0.085 * k, sy + 0.04 - 0.018 * k + flutter[k]) for k in range(4)]
    return [
        Piece(tapered(tail, 0.05, 0.075), "second"),
        Piece(_torso(body, 0.62), "accent"),
        *_head(body),
        Piece(placed(_HAIR[0], head), "dark"),
        Piece(ribbon([(sx - 0.045, sy + 0.035), (sx + 0.05, sy + 0.03)], [0.055, 0.055]), "second"),
        Piece(_arm(body, 1, 0.055), "accent"),
        Piece(ellipse(*body.hands[1], 0.026), "skin"),
    ]


def _dress(body: _Body, moment: Moment) -> Pieces:
    head = _head_at(body)
    hair = [(head[0] - 0.04, head[1] + 0.03), (head[0] - 0.085, head[1] - 0.06),
            (head[0] - 0.10 + 0.02 * math.sin(4.4 * moment.time_s), head[1] - 0.17)]  # fmt: skip
    return [
        Piece(tapered(hair, 0.07, 0.04), "dark"),
        Piece(_torso(body, 0.72, 0.06), "accent"),
        *_head(body),
        Piece(placed(_HAIR[0], head), "dark"),
        Piece(_arm(body, 1, 0.045), "skin"),
        Piece(ellipse(*body.hands[1], 0.024), "skin"),
    ]


def _jacket(body: _Body, moment: Moment) -> Pieces:
    head = _head_at(body)
    return [
        Piece(_torso(body, 0.50), "accent"),
        *_head(body),
        Piece(placed(_HAT, head, 0.08), "second"),
        Piece(_arm(body, 1, 0.056), "accent"),
        Piece(ellipse(*body.hands[1], 0.026), "skin"),
    ]


def _cloak(body: _Body, moment: Moment) -> Pieces:
    sx, sy = body.shoulder
    speed = 0.35 + 0.65 * moment.stride if moment.gait in _GAITS else 0.25
    hems = [0.022 * math.sin(3.6 * moment.time_s - 1.1 * k) for k in range(4)]
    back = 0.16 * speed + 0.06
    outline = smooth(
        (sx + 0.03, sy + 0.035), (sx - 0.06, sy + 0.03), (sx - 0.13, sy - 0.12),
        (sx - 0.16 - 0.4 * back, sy - 0.38 + hems[1]),
        (sx - 0.19 - back + hems[2], 0.085 + hems[3]), (sx - 0.07 - 0.7 * back, 0.05 + hems[2]),
        (sx - 0.02 - 0.3 * back + hems[1], 0.075), (sx + 0.05, sy - 0.38), (sx + 0.06, sy - 0.1),
    )  # fmt: skip
    return [Piece(outline, "accent")]


def _regalia(body: _Body, moment: Moment) -> Pieces:
    head = _head_at(body)
    sx, sy = body.shoulder
    belt = (body.hip[0], body.hip[1] + 0.07)
    return [
        Piece(_torso(body, 0.52), "second"),
        Piece(ribbon([(belt[0] - 0.075, belt[1]), (belt[0] + 0.075, belt[1])], [0.028, 0.028]), "trim"),
        *_head(body),
        Piece(placed(_HAIR[1], head), "dark"),
        Piece(placed(_CROWN, head, 0.06), "trim"),
        Piece(_mantle(sx, sy), "accent"),
        Piece(ellipse(sx + 0.055, sy - 0.005, 0.018), "trim"),
        Piece(_arm(body, 1, 0.055), "second"),
        Piece(ellipse(*body.hands[1], 0.026), "skin"),
    ]


def _mantle(x: float, y: float) -> Points:
    return smooth((x - 0.05, y + 0.05), (x - 0.10, y + 0.01), (x - 0.11, y - 0.09), (x - 0.03, y - 0.07),
                  (x + 0.055, y - 0.03), (x + 0.07, y + 0.005), (x + 0.04, y + 0.045))  # fmt: skip
