"""
Moves a camera through a scene of known nearness, and finds for each node of the frame where in the picture to look.

For an output direction d (x and y at distance 1, after the camera's turn) the picture shows, at the position q that
solves q = c + F·(t·i(q) + (1 − t_z·i(q))·d), what the camera sees: i is the inverse distance, t the camera's place,
F the focal length in pixels. Three rounds of substitution are enough for the smooth depth that is used here.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.plan import Plan, Pose, Segment
from mutoscope.engines.procedural.sight.depth import INVERSE_FAR, smooth_to_budget
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.timing import ease
from mutoscope.engines.procedural.warp import NO_MARGINS, Grid, Map, Margins

Matrix = NDArray[np.float64]
"""(3, 3)"""

_ROUNDS: Final = 3
_NARROWING_MAX: Final = 1.15
"""Most that the focal length grows to keep the picture's edge out of sight; what is still lacking is made up."""
_PAST_EDGE_MAX: Final = 1.5
"""Farthest look past the picture, in half sides from the middle, for which margins are stretched."""
_EDGE_SLOPES: Final = (0.5, 0.72)
"""Where the camera sees past all there is, the last of it is stretched: at the very edge by a third, at most twice."""
_UNSTRETCHED: Final = 0.6
"""Share of the half side that is left alone before more than a third of stretch is used."""
_FORWARD_MAX: Final = 0.85
"""Softly approached: at 1 the camera would stand in the nearest things."""
_FOCAL_MAX: Final = 0.6
"""The same for the logarithm of the focal length's change."""
_SHAKE: Final = ((1.1, 0.0032), (2.7, 0.0016), (5.3, 0.0006))
"""Hand tremble: frequency in Hz and amplitude in radians, summed."""


class Camera:
    """The camera of one clip: from the share of time to sampling positions."""

    def __init__(self, plan: Plan, nearness: Map, grid: Grid, stage: Stage, *, margins: Margins = NO_MARGINS) -> None:
        """`nearness` is at the nodes of `grid`, 0 (sky) to 1; the picture has `margins` of made-up world."""
        self.margins = margins
        self._grid = grid
        self._stage = stage
        self._segments = tuple(_in_aspect(segment, stage) for segment in plan.segments)
        self._narrowings: tuple[float, ...] = ()
        self.parallax_px = self._parallax_px()
        """The largest shift of the nearest things against infinity, along the whole path."""
        self._inverse = smooth_to_budget(inverse_of(nearness), self.parallax_px, plan.tear_budget)
        for _ in self._segments:
            self._narrowings = (*self._narrowings, self._narrowing_needed())

    def positions(self, share: float) -> tuple[Map, Map]:
        """Where each node looks at this share of the time: x and y in pixels of the picture, margins at most beyond."""
        x, y = self._trace(self.pose(share), self._grid.x, self._grid.y)
        margins, stage = self.margins, self._stage
        return (
            _hold(x, stage.width_px, (margins.left, margins.right), *self._edges(x, axis=1)),
            _hold(y, stage.height_px, (margins.top, margins.bottom), *self._edges(y, axis=0)),
        )

    def flat(self, share: float) -> Matrix | None:
        """`plane`, where it is the whole truth: the camera only turns or zooms, and sees nothing past the margins."""
        pose, margins = self.pose(share), self.margins
        if pose.tx or pose.ty or pose.tz:
            return None
        left, top, right, bottom = self.beyond(share)
        if left > margins.left or top > margins.top or right > margins.right or bottom > margins.bottom:
            return None
        return self.plane(share, 0.0)

    def plane(self, share: float, inverse: float) -> Matrix:
        """Where pixels of the frame look when all that they see is at one distance: homogeneous, in picture pixels."""
        pose, stage = self.pose(share), self._stage
        focal, narrow = stage.focal_px, stage.focal_px * math.exp(pose.focal)
        center_x, center_y = (stage.width_px - 1) / 2, (stage.height_px - 1) / 2
        to_direction = np.array([[1 / narrow, 0, -center_x / narrow], [0, 1 / narrow, -center_y / narrow], [0, 0, 1]])
        remaining = focal * (1 - pose.tz * inverse)
        to_picture = np.array(
            [
                [remaining, 0, center_x + focal * pose.tx * inverse],
                [0, remaining, center_y + focal * pose.ty * inverse],
                [0, 0, 1],
            ]
        )
        return np.asarray(to_picture @ _turn(pose) @ to_direction, np.float64)

    def flat_area(self, share: float) -> Map:
        """
        Area of the picture that a pixel's worth of frame shows at each node if the scene were flat around it.

        What remains of the true area against it tells how far depth folds the picture there; 1 is not at all.
        """
        pose = self.pose(share)
        x, y = self._trace(pose, self._grid.x, self._grid.y)
        remaining = 1 - pose.tz * self._grid.at(self._inverse, x, y)
        return np.asarray((remaining * math.exp(-pose.focal)) ** 2, np.float32)

    def beyond(self, share: float) -> tuple[float, float, float, float]:
        """How many pixels past the picture's left, top, right and bottom edge the frame's outline would look."""
        x, y = self._trace(self.pose(share), *self._outline())
        stage = self._stage
        sides = (-x.min(), -y.min(), x.max() - (stage.width_px - 1), y.max() - (stage.height_px - 1))
        left, top, right, bottom = (max(0.0, float(side)) for side in sides)
        return left, top, right, bottom

    def stretch(self) -> float:
        """How far past picture and margins the camera looks at the end, as a share of the half side."""
        margins = self.margins
        stage = self._stage
        left, top, right, bottom = self.beyond(1.0)
        across = max(left - margins.left, right - margins.right) / (stage.width_px / 2)
        return max(across, max(top - margins.top, bottom - margins.bottom) / (stage.height_px / 2))

    def pose(self, share: float, *, narrowed: bool = True) -> Pose:
        """Place and direction at this share of the time; `narrowed` includes the focal growth that hides the edge."""
        pose = Pose()
        for index, segment in enumerate(self._segments):
            inside = (share - segment.start) / (segment.end - segment.start)
            done = ease(inside)
            pose = pose + segment.move.scaled(done)
            if segment.shake:
                pose = pose + self._tremble(segment, share)
                done = min(1.0, max(0.0, inside) * 8)  # the shake is at full strength long before the segment ends
            if narrowed and index < len(self._narrowings):
                pose = pose + Pose(focal=self._narrowings[index] * done)
        return replace(pose, tz=_softly(pose.tz, _FORWARD_MAX), focal=_softly(pose.focal, _FOCAL_MAX))

    def _tremble(self, segment: Segment, share: float) -> Pose:
        """Three octaves of sine for each angle, with phases from the seed; fades in and out at the segment's ends."""
        phases = np.random.default_rng(self._stage.seed).uniform(0, 2 * math.pi, (3, len(_SHAKE)))
        angles = [
            sum(
                size * math.sin(2 * math.pi * hertz * share * self._stage.duration_s + phase)
                for (hertz, size), phase in zip(_SHAKE, row, strict=True)
            )
            for row in phases
        ]
        inside = (share - segment.start) / (segment.end - segment.start)
        envelope = segment.shake * min(1.0, max(0.0, 8 * min(inside, 1 - inside)))
        return Pose(yaw=angles[0], pitch=angles[1], roll=0.7 * angles[2]).scaled(envelope)

    def _parallax_px(self) -> float:
        farthest = 0.0
        for step in range(1, 9):
            pose = self.pose(step / 8)
            sideways = math.hypot(pose.tx, pose.ty) * self._stage.focal_px
            forwards = abs(pose.tz) * 0.5 * math.hypot(self._stage.width_px, self._stage.height_px)
            farthest = max(farthest, sideways + forwards)
        return farthest

    def _narrowing_needed(self) -> float:
        """Log of the focal growth with which the next segment keeps the edge out of sight, up to the limits."""
        segment = self._segments[len(self._narrowings)]
        # A camera that draws back is meant to see more than the picture.
        draws_back = segment.move.tz < 0 or segment.move.focal < 0
        needed = 0.0 if draws_back else self._least_narrowing(segment, 1.001, math.log(_NARROWING_MAX))
        if self._farthest(segment, needed) > _PAST_EDGE_MAX:
            needed = self._least_narrowing(segment, _PAST_EDGE_MAX, 1.0)
        # A still or forward camera needs none; bisection would leave a last sliver.
        return needed if needed > 0.002 else 0.0

    def _least_narrowing(self, segment: Segment, bound: float, most: float) -> float:
        low, high = 0.0, most
        for _ in range(7):
            middle = (low + high) / 2
            low, high = (low, middle) if self._farthest(segment, middle) <= bound else (middle, high)
        return high

    def _farthest(self, segment: Segment, narrowing: float) -> float:
        """How far the frame's outline looks during a segment, at this narrowing; 1 is the picture's edge."""
        known = self._narrowings
        self._narrowings = (*known, narrowing)
        outline_x, outline_y = self._outline()
        half_x, half_y = (self._stage.width_px - 1) / 2, (self._stage.height_px - 1) / 2
        farthest = 0.0
        for step in range(1, 9):
            share = segment.start + (segment.end - segment.start) * step / 8
            x, y = self._trace(self.pose(share), outline_x, outline_y)
            farthest = max(farthest, float(np.abs(x / half_x - 1).max()), float(np.abs(y / half_y - 1).max()))
        self._narrowings = known
        return farthest

    def _outline(self) -> tuple[Map, Map]:
        """Points along the frame's border, as one row."""
        along = np.linspace(0, 1, 33, dtype=np.float32)
        zero, one = np.zeros_like(along), np.ones_like(along)
        x = np.concatenate([along, along, zero, one])[None, :] * (self._stage.width_px - 1)
        y = np.concatenate([zero, one, along, along])[None, :] * (self._stage.height_px - 1)
        return x.astype(np.float32), y.astype(np.float32)

    def _trace(self, pose: Pose, x: Map, y: Map) -> tuple[Map, Map]:
        """Positions in the picture that the camera sees at frame positions (x, y); may lie outside."""
        focal = np.float32(self._stage.focal_px)
        center_x = np.float32((self._stage.width_px - 1) / 2)
        center_y = np.float32((self._stage.height_px - 1) / 2)
        direction_x, direction_y = _directions(
            (x - center_x) / (focal * math.exp(pose.focal)), (y - center_y) / (focal * math.exp(pose.focal)), pose
        )
        if pose.tx == pose.ty == pose.tz == 0:
            return center_x + focal * direction_x, center_y + focal * direction_y
        seen_x, seen_y = x, y
        for _ in range(_ROUNDS):
            inverse = self._grid.at(self._inverse, seen_x, seen_y)
            remaining = 1 - np.float32(pose.tz) * inverse
            seen_x = center_x + focal * (np.float32(pose.tx) * inverse + remaining * direction_x)
            seen_y = center_y + focal * (np.float32(pose.ty) * inverse + remaining * direction_y)
        return seen_x, seen_y

    def _edges(self, positions: Map, *, axis: int) -> tuple[Map, Map]:
        """Positions along the frame's first and last row or column, between the guard nodes and the next ones."""
        nodes = np.moveaxis(positions, axis, 0)
        grid = self._grid
        side = grid.width_px if axis == 1 else grid.height_px
        first = (0 - grid.x[0, 0]) / 8
        last = (side - 1 - grid.x[0, 0]) / 8
        below = int(last)
        part = np.float32(last - below)
        return (
            nodes[0] + (nodes[1] - nodes[0]) * np.float32(first),
            nodes[below] + (nodes[min(below + 1, len(nodes) - 1)] - nodes[below]) * part,
        )


def inverse_of(nearness: Map) -> Map:
    """Inverse distance, from INVERSE_FAR for the sky to 1 for the nearest things."""
    return np.asarray(INVERSE_FAR + nearness * (1 - INVERSE_FAR), np.float32)


def _softly(value: float, bound: float) -> float:
    """Nearly `value` while small, strictly growing, never past `bound`."""
    return bound * math.tanh(value / bound)


def _in_aspect(segment: Segment, stage: Stage) -> Segment:
    across, upwards = stage.reach
    move = segment.move
    scaled = Pose(
        move.tx * across, move.ty * upwards, move.tz, move.yaw * across, move.pitch * upwards, move.roll, move.focal
    )
    return Segment(segment.name, segment.start, segment.end, scaled, segment.shake)


def _directions(x: Map, y: Map, pose: Pose) -> tuple[Map, Map]:
    """Directions of the first frame's camera for those of the turned one."""
    if pose.yaw == pose.pitch == pose.roll == 0:
        return x, y
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = _turn(pose).astype(np.float32)
    z = zx * x + zy * y + zz
    return (xx * x + xy * y + xz) / z, (yx * x + yy * y + yz) / z


def _turn(pose: Pose) -> Matrix:
    """From directions of the turned camera to those of the first frame's: roll, then pitch, then yaw."""
    cos, sin = math.cos(pose.roll), math.sin(pose.roll)
    roll = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
    cos, sin = math.cos(pose.pitch), math.sin(pose.pitch)
    pitch = np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    cos, sin = math.cos(pose.yaw), math.sin(pose.yaw)
    yaw = np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return np.asarray(yaw @ pitch @ roll, np.float64)


def _hold(positions: Map, side_px: int, margins: tuple[int, int], first: Map, last: Map) -> Map:
    """
    Keep positions within the picture and its margins: where they pass an edge, what lies before it is stretched.

    From a point a on, an excess x becomes x − k·x², with slope 1 at a and one of _EDGE_SLOPES or between at the edge:
    nothing jumps, nothing folds, and the rest of the frame is untouched.
    """
    half = (side_px - 1) / 2
    edges = [1 + margin / half for margin in margins]
    looks = (float(1 - first.min() / half), float(last.max() / half - 1))
    if looks[0] <= edges[0] and looks[1] <= edges[1]:
        return positions
    offset = positions / np.float32(half) - 1
    for sign, edge, most in zip((-1, 1), edges, looks, strict=True):
        if most <= edge:
            continue
        slope = float(np.clip(1 - 2 * (most - edge) / (most - _UNSTRETCHED), *_EDGE_SLOPES))
        start = max(0.0, most - (most - edge) / ((1 - slope) / 2))
        length = most - start
        bend = (length - (edge - start)) / (length * length)
        excess = np.clip(sign * offset - start, 0, length * 1.02)
        offset = offset - np.float32(sign * bend) * excess * excess
    return np.asarray((offset + 1) * np.float32(half), np.float32)
