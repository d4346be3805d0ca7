"""Who stands where: places on the canvas for the figures of a scene, and how far each of them goes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.diorama.canvas import Easel
from mutoscope.engines.procedural.diorama.figures.troupe import RUN_RATES, STAYS, TROUPE, Home, Member
from mutoscope.engines.procedural.plan import FigureKind, FigureWish, SceneWish
from mutoscope.engines.procedural.stage import Stage

_NEAR: Final = 0.745
"""Inverse distance of the main subject: before the middle ground, with some ground under its feet."""
_AFLOAT: Final = 0.56
ALOFT: Final = 0.45
"""Of what floats in the air."""
_FAR: Final = 0.60
"""Of landmarks behind a subject."""
_WIDE_MAX: Final = 0.64
"""Of the frame's width that a group takes together with its way."""
_LANES: Final = (0.0, -0.10, 0.12, -0.06, 0.20, -0.12, 0.07, -0.03, 0.16, -0.08, 0.03, 0.22)
"""Inverse distances of a group's members from that of the main one."""

_SLOTS: Final = (
    (0.03, 0.40), (-0.25, 0.22), (0.27, 0.62), (-0.13, 0.78), (0.17, 0.10), (-0.33, 0.56), (0.37, 0.30), (-0.05, 0.02),
    (0.10, 0.95), (-0.39, 0.92), (0.40, 0.86), (-0.40, 0.06),
)  # fmt: skip
"""Where a group in the air or in the deep has its members, in shares of the width and of the room above the land."""

_SCHOOL: Final = 4
"""From so many on fish keep together."""
_SEEN: Final = 0.12
"""Share of what floats in the air that trees and towers before it may hide."""
_OTHER_SLOTS: Final = (3, 5, 7, 9, 4, 6, 8, 11)
"""Steps to the places that are tried then; the next two are others' own."""
_OVERLAP: Final[dict[str, float]] = {"fish": 1.7, "boat": 1.0, "whale": 1.0}
"""Room that each of a group takes, in shares of its own width."""
_APART: Final[frozenset[str]] = frozenset(("fish", "whale", "bird", "car"))
"""Kinds that are placed without regard to others."""
_ROAD: Final[dict[str, float]] = {"road": 0.42, "city": 0.34}
"""Half the width of a road at inverse distance 1, in units of the easel."""


@dataclass(frozen=True, slots=True)
class Part:
    """One figure to be placed."""

    wish: FigureWish
    index: int
    """Which one of its wish."""
    is_main: bool
    has_company: bool

    @property
    def member(self) -> Member:
        """The row of its kind."""
        return TROUPE[self.wish.kind]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a figure begins and ends, on the canvas."""

    start: tuple[float, float]
    end: tuple[float, float]
    inverse: float
    size_px: float
    facing: int
    home: Home
    waterline: float | None = None
    end_scale: float = 1.0
    """Of the size, at the end of the clip."""
    is_from_behind: bool = False


class Blocking:
    """The stage plan of one scene."""

    def __init__(self, wish: SceneWish, easel: Easel, stage: Stage) -> None:
        self._wish, self._easel, self._stage = wish, easel, stage
        self._width, self._height = float(stage.width_px), float(stage.height_px)
        # In a tall frame a person is larger than the width asks for and smaller than the height does.
        self.person_px = math.sqrt(0.36 * self._height * 0.36 * easel.unit_px)
        self._aloft: list[tuple[tuple[float, float], float]] = []
        """Who floats in the air already: the middle, and how far others keep away."""
        self.direction = 1 if stage.random("direction").random() < 0.7 else -1

    def home_of(self, kind: FigureKind) -> Home:
        """Where a kind is in this scene: what has no home in it flies."""
        home = TROUPE[kind].home
        if self._wish.kind == "space":
            return "sky"
        if self._wish.kind == "underwater":
            return "ground" if home == "ground" and kind not in RUN_RATES else "deep"
        if home == "deep":
            return "water" if self._easel.water_px is not None else "sky"
        if home == "water" and self._easel.water_px is None:
            return "ground"
        return home

    def places(self, parts: Sequence[Part]) -> list[Place]:
        """A place for each, in their order."""
        found: dict[int, Place] = {}
        self._aloft = []
        stands = [k for k, part in enumerate(parts) if part.member.stands]
        found |= self._landmarks([parts[k] for k in stands], stands, is_alone=len(stands) == len(parts))
        groups: dict[tuple[Home, str], list[int]] = {}
        for k, part in enumerate(parts):
            if not part.member.stands:
                home = self.home_of(part.wish.kind)
                apart = part.wish.kind if part.wish.kind in _APART else ""
                groups.setdefault((home, apart), []).append(k)
        floating = {home: 0 for home, _ in groups}
        # The largest choose first where they float: a school swims around a whale.
        ordered = sorted(groups.items(), key=lambda group: -parts[group[1][0]].member.beside)
        for (home, _), keys in ordered:
            found |= dict(zip(keys, self._group([parts[k] for k in keys], home, floating[home]), strict=True))
            floating[home] += len(keys)
        return [found[k] for k in range(len(parts))]

    def ground_span(self) -> tuple[float, float]:
        """Inverse distances between which there is firm ground before the camera."""
        easel = self._easel
        nearest = max(easel.footing, easel.inverse_at(easel.floor_px) + 0.06)
        return nearest, max(0.96, nearest + 0.02)

    @property
    def has_road(self) -> bool:
        """True where a road runs away from us, for cars to be seen from behind."""
        return self._wish.kind == "road" or (self._wish.kind == "city" and not self._wish.water)

    def size_of(self, part: Part) -> float:
        """Pixels of the form's unit, before distance is looked at."""
        member = part.member
        size = self.person_px * (member.beside if part.has_company or not part.is_main else member.alone)
        if part.wish.kind == "whale":  # several are dolphins, or far away
            size /= min(part.wish.count, 4) ** 0.7
        return min(size, 0.74 * self._width / (2 * member.half), 0.62 * self._height / member.tall)

    # --- groups

    def _group(self, parts: list[Part], home: Home, taken: int) -> list[Place]:
        """Places for those that belong together; in the air and in the deep, `taken` slots are."""
        if home in ("deep", "sky"):
            return [self._floating(part, order, len(parts), home, taken) for order, part in enumerate(parts)]
        if parts[0].wish.kind == "car" and self.has_road:
            return [self._on_road(part, order) for order, part in enumerate(parts)]
        alike = len({part.wish.kind for part in parts}) == 1
        overlap = _OVERLAP.get(parts[0].wish.kind, 0.8) if alike and len(parts) > 1 else 1.05
        sizes = [self._in_lane(part, order, home) for order, part in enumerate(parts)]
        widths = [2 * part.member.half * size * overlap for part, (_, size) in zip(parts, sizes, strict=True)]
        squeeze = min(1.0, 0.86 * self._width / sum(widths))
        widths = [width * squeeze for width in widths]
        centers = _from_the_middle(widths)
        spread = max(center + width / 2 for center, width in zip(centers, widths, strict=True))
        spread -= min(center - width / 2 for center, width in zip(centers, widths, strict=True))
        wide = _WIDE_MAX - (0.08 if self._wish.kind == "room" else 0.0)
        room = max(0.10 * self._width, wide * self._width - spread)
        way = min(room, max(self._natural_way(part, size) for part, (_, size) in zip(parts, sizes, strict=True)))
        return [
            self._on_line(part, center, inverse, size, way, home)
            for part, center, (inverse, size) in zip(parts, centers, sizes, strict=True)
        ]

    def _in_lane(self, part: Part, order: int, home: Home) -> tuple[float, float]:
        """Inverse distance, and the size there."""
        low, high = self._water_span() if home == "water" else self.ground_span()
        wanted = _NEAR if home == "ground" else low + 0.55 * (high - low)
        main = min(max(wanted, low), high)
        inverse = min(max(main + _LANES[order % len(_LANES)] * min(1.0, high - low), low), high)
        return inverse, self.size_of(part) * (inverse / main) ** 0.8

    def _natural_way(self, part: Part, size: float) -> float:
        """How far it would go in this clip."""
        member, motion = part.member, part.wish.motion
        if motion in STAYS or (motion in ("float", "fly") and member.home != "sky"):
            return 0.0
        if motion == "jump":
            return 0.34 * self._width if part.wish.kind in RUN_RATES else 0.12 * self._width
        if member.stride and motion != "run":
            return member.stride * member.rate * self._stage.duration_s * size
        return max(member.way, 0.40 if motion == "run" else 0.0) * self._width

    def _on_line(self, part: Part, center: float, inverse: float, size: float, way: float, home: Home) -> Place:
        easel = self._easel
        own = min(way, self._natural_way(part, size)) if part.wish.motion in STAYS else way
        row = easel.ground_px(inverse)
        middle = easel.middle_px + center
        half = 0.5 * own * self.direction
        waterline = row if home == "water" else None
        if home == "ground" and easel.water_px is not None and easel.shore is None:
            waterline = row - 0.10 * size  # there is no land: it wades
        if home == "water":  # far boats, too, lie before the cards of the land behind them
            inverse = max(inverse, easel.footing if easel.footing < 0.6 else _AFLOAT)
        return Place((middle - half, row), (middle + half, row), inverse, size, self.direction, home, waterline)

    def _on_road(self, part: Part, order: int) -> Place:
        """In a lane, from behind; it draws ahead, or falls back a little."""
        easel = self._easel
        lane = _ROAD[self._wish.kind] * (0.5 if order % 2 == 0 else -0.5)
        near = max(0.40, 0.90 - 0.135 * order)
        gain = (0.80, 0.96, 0.86)[order % 3] if part.wish.motion not in STAYS else 1.0
        if not part.has_company:
            lane *= 0.55
        start, end = (
            (easel.middle_px + self.direction * lane * inverse * easel.unit_px, easel.ground_px(inverse))
            for inverse in (near, near * gain)
        )
        size = (0.40 if part.has_company else 0.46) * near * easel.unit_px
        return Place(start, end, near, size, 1, "ground", end_scale=gain, is_from_behind=True)

    def _water_span(self) -> tuple[float, float]:
        easel = self._easel
        assert easel.water_px is not None, "only water is a home on the water"
        low = easel.inverse_at(easel.water_px)
        high = easel.shore if easel.shore is not None else 0.92
        if high > 0.8:  # the trees of a near bank rise over the water, more so in tall frames
            high = max(low, min(high, 0.26 * easel.unit_px / easel.depth_px))
        return low + 0.15 * (high - low), low + 0.9 * (high - low)

    def _floating(self, part: Part, order: int, count: int, home: Home, taken: int) -> Place:
        """In the sky, under water, or in space."""
        easel, member = self._easel, part.member
        random = self._stage.random(f"{part.wish.kind} {order}")
        size = self.size_of(part) * (1.0 if order == 0 else (0.78, 0.58, 0.9, 0.66, 0.5)[order % 5])
        low, high = self._air(home)
        tall = member.tall * size
        slot = (0.0, 0.36) if count + taken == 1 else _SLOTS[(order + taken) % len(_SLOTS)]
        chance = random.uniform(-0.02, 0.02) * (count > 1), random.uniform(-0.04, 0.04) * (count > 1)
        x, y = self._at_slot(slot, chance, low, high)
        is_school = home == "deep" and part.wish.kind == "fish" and count >= _SCHOOL
        if part.wish.kind == "bird" and count > 1:
            x, y = self._in_flight(order, size, low, high)
        elif is_school:
            size = (0.62 if taken else 0.8) * self.size_of(part) * random.uniform(0.8, 1.15)
            x, y = self._in_school(order, count, around=taken > 0)
        elif home == "sky" and part.wish.kind != "rocket":
            x, y = self._in_sight(part, (order + taken, chance), (x, y), (size, tall), (low, high))
        # The origin of most forms is their foot; birds and fishes have it in their middle.
        y += 0.0 if member.home in ("sky", "deep") and part.wish.kind not in ("balloon", "rocket") else 0.5 * tall
        if part.wish.kind == "boat":  # seen from below, at the surface
            y = easel.top_px + 0.17 * self._height
        way = 0.0 if part.wish.motion in STAYS else max(member.way, 0.08) * self._width * random.uniform(0.85, 1.1)
        half = 0.5 * self.direction * min(way, max(0.0, 0.86 * self._width - 2 * member.half * size))
        limit = max(0.0, 0.46 * self._width - abs(half) - member.half * size)
        x = easel.middle_px + min(max(x - easel.middle_px, -limit), limit)
        inverse = (0.62 if home == "deep" else ALOFT) - 0.035 * min(order, 6)
        if is_school:  # by turns behind a whale and before it; only small ones swim before it
            inverse = 0.63 + 0.004 * order if order % 4 == 3 else 0.56 - 0.012 * order
            size *= 0.8 if order % 4 == 3 else 1.0
        start, end = (x - half, y), (x + half, y)
        if part.wish.kind == "rocket":
            start, end = self._ascent(x, y, tall)
            inverse = 0.6 - 0.01 * order
        return Place(start, end, inverse, size, self.direction, home)

    def _at_slot(
        self, slot: tuple[float, float], chance: tuple[float, float], low: float, high: float
    ) -> tuple[float, float]:
        x = self._easel.middle_px + self._width * (slot[0] * self.direction + chance[0])
        return x, low + (slot[1] + chance[1]) * (high - low)

    def _in_school(self, order: int, count: int, *, around: bool) -> tuple[float, float]:
        """Close together in the shape of a leaf, or in a ring around somebody larger."""
        easel = self._easel
        random = self._stage.random(f"school {order}")
        away = math.sqrt((order + 0.5) / count)
        away = 0.82 + 0.35 * away if around else away
        # Steps of the golden angle never line up.
        angle = 2.4 * order + random.uniform(-0.2, 0.2)
        x = easel.middle_px + (0.33 if around else 0.30) * self._width * away * math.cos(angle) * self.direction
        y = easel.top_px + self._height * (
            (0.44 if around else 0.42) + (0.25 if around else 0.20) * away * math.sin(angle)
        )
        return x, y

    def _in_sight(
        self,
        part: Part,
        turn: tuple[int, tuple[float, float]],
        at: tuple[float, float],
        size: tuple[float, float],
        room: tuple[float, float],
    ) -> tuple[float, float]:
        """The place itself, or another one where no tree or tower stands before who floats there, and nobody is."""
        order, chance = turn
        tried = [at] + [self._at_slot(_SLOTS[(order + k) % len(_SLOTS)], chance, *room) for k in _OTHER_SLOTS]
        half = part.member.half * size[0] + 0.5 * part.member.way * self._width

        def trouble(spot: tuple[float, float]) -> float:
            hidden = self._hidden(spot, half, 0.5 * size[1])
            crowd = max((1 - math.dist(spot, other) / reach for other, reach in self._aloft), default=0.0)
            return (hidden if hidden >= _SEEN else 0.0) + max(0.0, crowd)

        best = min(tried, key=trouble)
        self._aloft.append((best, 0.8 * size[1]))
        return best

    def _hidden(self, at: tuple[float, float], half: float, high: float) -> float:
        """Share of a box around a point of the canvas, and of its way, that something nearer covers."""
        mask = self._easel.hidden
        if mask is None:
            return 0.0
        step = self._easel.width_px / mask.shape[1]
        (left, top), (right, bottom) = (
            (int((at[0] + sign * half) / step), int((at[1] + sign * high) / step)) for sign in (-1, 1)
        )
        part = mask[max(0, top) : bottom + 1, max(0, left) : right + 1]
        return float(part.mean()) if part.size else 0.0

    def _ascent(self, x: float, y: float, tall: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """A rocket's way: across the stars, or up from the ground until its nose is near the upper edge."""
        if self._wish.kind == "space":
            across, up = 0.10 * self._width * self.direction, 0.13 * self._height
            return (x - across, y + up), (x + across, y - up)
        ground = self._easel.ground_px(0.5)
        return (x, ground), (x, min(ground, self._easel.top_px + 0.05 * self._height + tall))

    def _air(self, home: Home) -> tuple[float, float]:
        """Rows between which things float."""
        easel = self._easel
        top = easel.top_px + 0.10 * self._height
        if home == "deep" or self._wish.kind == "space":
            return top + 0.08 * self._height, easel.top_px + 0.78 * self._height
        return top, max(top + 0.2 * self._height, easel.horizon_px - 0.02 * self._height)

    def _in_flight(self, order: int, size: float, low: float, high: float) -> tuple[float, float]:
        """A loose wedge behind a leader."""
        rank, side = (order + 1) // 2, 1 if order % 2 else -1
        random = self._stage.random(f"wedge {order}")
        x = self._easel.middle_px + self.direction * (0.12 * self._width - 1.35 * size * rank)
        y = low + 0.32 * (high - low) + size * (0.58 * rank * side + random.uniform(-0.12, 0.12))
        return x + random.uniform(-0.2, 0.2) * size, y

    def _landmarks(self, parts: list[Part], keys: list[int], *, is_alone: bool) -> dict[int, Place]:
        """Standing things: in the middle when they are alone, behind to one side of a subject else."""
        found: dict[int, Place] = {}
        low, high = self.ground_span()
        count = len(parts)
        for order, (key, part) in enumerate(zip(keys, parts, strict=True)):
            inverse = min(max((_NEAR if is_alone else _FAR) + (0.0, -0.07, 0.08)[order % 3], low), high)
            size = self.size_of(part) * (1.0 if count == 1 else 0.82 - 0.08 * (order % 3))
            slot = 0.0 if is_alone and count == 1 else (0.24, -0.27, 0.05, -0.10, 0.38, -0.40)[order % 6]
            offset = slot * self._width * self.direction
            limit = max(0.0, 0.47 * self._width - part.member.half * size)
            x = self._easel.middle_px + min(max(offset, -limit), limit)
            if self.home_of(part.wish.kind) == "sky":
                row = self._easel.top_px + 0.5 * (self._height + size)
            else:
                row = self._easel.ground_px(inverse)
            found[key] = Place((x, row), (x, row), inverse, size, 1, "ground")
        return found


def _from_the_middle(widths: list[float]) -> list[float]:
    """Centers of things side by side: the first in the middle, the others by turns to its right and left."""
    right = widths[0] / 2
    left = -right
    centers = [0.0]
    for order, width in enumerate(widths[1:]):
        if order % 2 == 0:
            centers.append(right + width / 2)
            right += width
        else:
            centers.append(left - width / 2)
            left -= width
    shift = (right + left) / 2
    return [center - shift for center in centers]
