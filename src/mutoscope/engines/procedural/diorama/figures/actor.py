"""A figure in its place: a form cut from pieces, the way it takes, and the colors it wears."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.figures.base import View
from mutoscope.engines.procedural.diorama.figures.pen import Affine, Corners, Ink, SpriteName, breathe_on, cut, edge
from mutoscope.engines.procedural.diorama.figures.shapes import Pair, Points
from mutoscope.media.frames import Planes

Role = Literal[
    "body",
    "far",
    "accent",
    "second",
    "trim",
    "dark",
    "glass",
    "skin",
    "light",
    "brake",
    "glow",
    "smoke",
    "shade",
    "halo",
]
"""
What a piece's color depends on.

`body` and `far` (limbs on the other side) are the silhouette; `accent` is what the words color; `second` and `trim` go
with it; `light` is a lamp or a lit window, `glow` what it gives off.
"""
Gait = Literal["stand", "walk", "run", "jump", "dance", "fly", "swim", "wave"]

_RIM_PIECES: Final = frozenset(("body", "accent", "second", "trim", "dark", "skin"))
_FINER: Final = 3
"""Pieces that each side of a mirrored outline is cut into, for waves to bend."""
_FAR_AWAY_PX: Final = 30_000
"""Beyond this nothing is drawn; fixed-point corners stay far from their limits."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A flat piece of paper, in the figure's own units."""

    outline: Points
    role: Role = "body"


@dataclass(frozen=True, slots=True)
class Soft:
    """A glow, a shade, a puff, a beam: a sprite whose square is spanned by two arms, in the figure's own units."""

    sprite: SpriteName
    role: Role
    at: Pair
    right: Pair
    up: Pair
    opacity: float

    @classmethod
    def round(
        cls, role: Role, at: Pair, radius: float, opacity: float, *, flat: float = 1.0, sprite: SpriteName = "spot"
    ) -> "Soft":
        """A round one, `flat` times as high as it is wide."""
        return cls(sprite, role, at, (radius, 0.0), (0.0, radius * flat), opacity)


@dataclass(frozen=True, slots=True)
class Moment:
    """What a form is drawn from."""

    time_s: float
    phase: float
    """Cycles of its gait so far; grows with the way, so that feet stay where they stand."""
    stride: float
    """Share of a full stride, 0 to 1."""
    gait: Gait
    variant: int
    """Chance of this one figure: which coat, which moment of a sway."""
    lit: bool
    """Lamps are on."""
    travelled: float
    """The way so far in the figure's units, for wheels."""


Form = Callable[[Moment], Sequence[Piece | Soft]]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the form's origin is on the canvas, and how it is held."""

    x: float
    y: float
    phase: float = 0.0
    travelled: float = 0.0
    angle: float = 0.0
    """Counter-clockwise, radians, before it is mirrored."""
    wide: float = 1.0
    high: float = 1.0


Track = Callable[[float], Spot]
"""From seconds to a place; y grows downwards as on the canvas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """One figure of a scene."""

    form: Form
    track: Track
    size_px: float
    """Pixels of the canvas for one unit of the form."""
    inverse: float
    inks: Mapping[Role, Ink]
    duration_s: float
    facing: int = 1
    """1 to the right, -1 to the left."""
    gait: Gait = "stand"
    stride: float = 1.0
    variant: int = 0
    lit: bool = False
    rim: tuple[float, float] = (0.0, 0.0)
    """Towards the light, in shares of the unit; no rim when 0."""
    rim_ink: Ink = field(default_factory=lambda: Ink(235, 128, 128))
    halo: Soft | None = None
    """Mist behind it."""
    waterline: float | None = None
    """Row of the canvas below which the figure is hidden, and in which it is mirrored."""
    mirror: float = 0.0
    """How much of the reflection shows."""

    def draw(self, share: float, view: View, target: Planes) -> None:
        """Draw it over `target`, wherever it is at this share of the clip; may lie outside."""
        time = share * self.duration_s
        spot = self.track(time)
        moment = Moment(time, spot.phase, self.stride, self.gait, self.variant, self.lit, spot.travelled)
        pieces = self.form(moment)
        place = self._place(spot, view)
        if np.abs(place[:, 2]).max() > _FAR_AWAY_PX:
            return
        if self.halo is not None:
            self._breathe(self.halo, place, target)
        if self.waterline is None:
            self._lay(pieces, place, target)
            return
        row = view.point(spot.x, self.waterline)[1]
        if self.mirror > 0:
            self._reflect(pieces, place, row, time, target)
        even = min(max(round(row / 2) * 2, 0), target.height_px)
        if even > 0:
            above = Planes(target.y[:even], target.u[: even // 2], target.v[: even // 2])
            self._lay(pieces, place, above)

    def _place(self, spot: Spot, view: View) -> Affine:
        """From units of the form to pixels of the frame."""
        cos, sin = math.cos(spot.angle), math.sin(spot.angle)
        turn = np.array([[cos * self.facing, -sin * self.facing], [-sin, -cos]])
        local = turn * np.array([spot.wide, spot.high]) * self.size_px
        return np.column_stack([view.forward[:, :2] @ local, view.point(spot.x, spot.y)])

    def _lay(self, pieces: Sequence[Piece | Soft], place: Affine, target: Planes) -> None:
        hard = [piece for piece in pieces if isinstance(piece, Piece)]
        outlines = [piece.outline for piece in hard] or [np.zeros((1, 2))]
        corners = _corners(np.concatenate(outlines), place)
        cuts: list[Corners] = []
        first = 0
        for piece in hard:
            cuts.append(corners[first : first + len(piece.outline)])
            first += len(piece.outline)
        shown = _shown(corners, target)
        if shown and self.rim != (0.0, 0.0):
            offset = np.rint(place_scale(place) * 16 * np.array(self.rim)).astype(np.int32)
            for piece, part in zip(hard, cuts, strict=True):
                if piece.role in _RIM_PIECES:
                    edge(target, part + offset, self.rim_ink)
        waiting = iter(cuts)
        for each in pieces:
            if isinstance(each, Soft):
                self._breathe(each, place, target)
            elif shown:
                cut(target, next(waiting), self.inks[each.role])

    def _breathe(self, soft: Soft, place: Affine, target: Planes) -> None:
        arms = place[:, :2] @ np.array([soft.right, soft.up]).T
        center = place[:, :2] @ soft.at + place[:, 2]
        breathe_on(target, soft.sprite, np.column_stack([arms, center]), self.inks[soft.role], soft.opacity)

    def _reflect(self, pieces: Sequence[Piece | Soft], place: Affine, row: float, time: float, target: Planes) -> None:
        """Upside down below the waterline, trembling, over what is there."""
        mirrored = place.copy()
        mirrored[1] = -mirrored[1]
        mirrored[1, 2] += 2 * row
        unit = place_scale(place)
        hard = [piece for piece in pieces if isinstance(piece, Piece)]
        cuts = [_trembling(piece.outline, mirrored, row, unit, time) for piece in hard]
        whole = np.concatenate(cuts) / 16
        box = _box(whole[:, 0].min() - 2, row, whole[:, 0].max() + 2, whole[:, 1].max() + 2, target)
        if box is None:
            return
        columns, rows = box
        half_columns, half_rows = (slice(each.start // 2, each.stop // 2) for each in box)
        views = (target.y[rows, columns], target.u[half_rows, half_columns], target.v[half_rows, half_columns])
        layer = Planes(*(each.copy() for each in views))
        origin = np.array([columns.start, rows.start], np.int32) * 16
        for piece, corners in zip(hard, cuts, strict=True):
            cut(layer, corners - origin, self.inks[piece.role])
        for view, plane in zip(views, (layer.y, layer.u, layer.v), strict=True):
            cv2.addWeighted(view, 1 - self.mirror, plane, self.mirror, 0, dst=view)


def place_scale(place: Affine) -> float:
    """Pixels of the frame for one unit."""
    return math.sqrt(abs(float(np.linalg.det(place[:, :2]))))


def _corners(outline: Points, place: Affine) -> Corners:
    return np.rint((outline @ place[:, :2].T + place[:, 2]) * 16).astype(np.int32)


def _shown(corners: Corners, target: Planes) -> bool:
    low, high = corners.min(axis=0) / 16, corners.max(axis=0) / 16
    return bool(low[0] < target.width_px + 2 and low[1] < target.height_px + 2 and high[0] > -2 and high[1] > -2)


def _box(left: float, top: float, right: float, bottom: float, target: Planes) -> tuple[slice, slice] | None:
    """Columns and rows within the frame, even at all sides."""
    x0, x1 = max(int(left) // 2 * 2, 0), min(-(-math.ceil(right) // 2) * 2, target.width_px)
    y0, y1 = max(round(top / 2) * 2, 0), min(-(-math.ceil(bottom) // 2) * 2, target.height_px)
    return (slice(x0, x1), slice(y0, y1)) if x0 < x1 and y0 < y1 else None


def _trembling(outline: Points, mirrored: Affine, row: float, unit: float, time: float) -> Corners:
    """A mirrored outline whose points waves move sideways, more with the distance below the waterline."""
    after = np.roll(outline, -1, axis=0)
    fine = np.stack([outline * (1 - step / _FINER) + after * (step / _FINER) for step in range(_FINER)], axis=1)
    seen = fine.reshape(-1, 2) @ mirrored[:, :2].T + mirrored[:, 2]
    depth = np.maximum(seen[:, 1] - row, 0) / max(unit, 1.0)
    seen[:, 0] += 0.022 * unit * (0.4 + depth) * np.sin(34 * depth / (1 + depth) - 3.1 * time)
    corners: Corners = np.rint(seen * 16).astype(np.int32)
    return corners
