"""A clip from words alone: painted layers behind each other, which the camera's move shifts by their distance."""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.diorama.canvas import Easel, Painting
from mutoscope.engines.procedural.diorama.scenery import paint
from mutoscope.engines.procedural.plan import Plan, Pose
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Map
from mutoscope.media.frames import Plane, Planes, planes_of_rgb

_MARGIN: Final = 0.16
"""Painted beyond each side of the frame, as a share of it, for the camera to move in."""
_HORIZON: Final = 0.60
"""Share of the frame's height above the horizon."""
_DRIFT: Final = 0.012
"""How far the clouds go in a clip, as a share of the width."""
_RIPPLE_HZ: Final = 0.55

Affine = NDArray[np.float64]
"""(2, 3): from pixels of the frame to pixels of a layer's canvas."""


@dataclass(frozen=True, slots=True)
class _Layer:
    """A painting ready to be laid over others: color times cover, and what is left of the ground, both as planes."""

    color: Planes
    rest: Plane | None
    """255 minus cover, at luma size; None when the layer covers everything."""
    rest_half: Plane | None
    inverse: float
    ripples: bool
    first_row: int
    """First canvas row in which anything is covered."""
    solid_row: int
    """From this canvas row on everything is covered, so nothing behind needs drawing there."""


class DioramaFilm:
    """Every frame shows the layers from where the camera is; none is given, so a pan may begin beside the middle."""

    def __init__(self, plan: Plan, stage: Stage, *, num_frames: int, seed: int, tag: str | None) -> None:
        """`tag` is drawn small into the top right corner, or nothing."""
        self.width_px, self.height_px, self.num_frames = stage.width_px, stage.height_px, num_frames
        self._stage = stage
        self._grid = Grid(stage.width_px, stage.height_px)
        self._camera = Camera(plan, np.zeros_like(self._grid.x), self._grid, stage)
        middle = self._camera.pose(0.5)
        # A pan swings about the middle; a push begins where it begins.
        self._origin = Pose(middle.tx, middle.ty, 0.0, middle.yaw, middle.pitch, 0.0, 0.0)
        self._offset_x = round(stage.width_px * _MARGIN / 2) * 2
        self._offset_y = round(stage.height_px * _MARGIN / 2) * 2
        easel = Easel(
            stage.width_px + 2 * self._offset_x,
            stage.height_px + 2 * self._offset_y,
            self._offset_y + _HORIZON * stage.height_px,
            seed,
            plan.scene.time,
        )
        self._layers = [_packed(painting) for painting in paint(plan.scene, easel)]
        self.analysis = _analysis()
        """What is known of the scene, for effects."""
        self._tag = None if tag is None else _Tag(tag, stage.width_px, stage.height_px)
        self._scratch = Planes.empty(stage.width_px, stage.height_px)
        self._rest = np.empty((stage.height_px, stage.width_px), np.uint8)

    def draw(self, index: int, target: Planes) -> None:
        share = index / max(1, self.num_frames - 1)
        pose = self._camera.pose(share, narrowed=False) + self._origin.scaled(-1.0)
        places = [self._place(layer, pose, share) for layer in self._layers]
        floor = self.height_px
        bands: list[tuple[int, int]] = []
        for layer, place in zip(reversed(self._layers), reversed(places), strict=True):
            top, solid = self._rows_of(layer, place)
            bands.append((top, max(top, floor)))
            floor = min(floor, solid)
        for layer, place, (top, bottom) in zip(self._layers, places, reversed(bands), strict=True):
            if top < bottom:
                self._lay(layer, place, share, target, top, bottom)
        if self._tag is not None:
            self._tag.draw(target)

    def _place(self, layer: _Layer, pose: Pose, share: float) -> Affine:
        """Where on the layer's canvas each pixel of the frame looks: a flat picture at one distance."""
        focal = self._stage.focal_px
        center = np.array([(self.width_px - 1) / 2, (self.height_px - 1) / 2])
        scale = (1 - pose.tz * layer.inverse) / math.exp(pose.focal)
        cos, sin = math.cos(pose.roll) * scale, math.sin(pose.roll) * scale
        turn = np.array([[cos, -sin], [sin, cos]])
        drift = _DRIFT * self.width_px * (share - 0.5) if layer.rest is None else 0.0
        shift = focal * np.array(
            [pose.tx * layer.inverse + math.tan(pose.yaw), pose.ty * layer.inverse - math.tan(pose.pitch)]
        )
        offset = center + shift + (self._offset_x + drift, self._offset_y) - turn @ center
        return np.column_stack([turn, offset])

    def _rows_of(self, layer: _Layer, place: Affine) -> tuple[int, int]:
        """First row of the frame that the layer touches, and the first from which it covers all; both even."""
        corners = (0.0, float(self.width_px - 1))
        upper = [self._row_at(place, layer.first_row, x) for x in corners]
        lower = [self._row_at(place, layer.solid_row, x) for x in corners]
        top = min(max(math.floor(min(upper)) - 2, 0), self.height_px)
        solid = min(max(math.ceil(max(lower)) + 2, 0), self.height_px)
        return top // 2 * 2, -(-solid // 2) * 2

    @staticmethod
    def _row_at(place: Affine, canvas_row: int, x: float) -> float:
        """Row of the frame that looks at this canvas row in column x."""
        return float((canvas_row - place[1, 2] - place[1, 0] * x) / place[1, 1])

    def _lay(self, layer: _Layer, place: Affine, share: float, target: Planes, top: int, bottom: int) -> None:
        maps = self._rippled(place, share) if layer.ripples else None
        half = slice(top // 2, bottom // 2)
        part = Planes(target.y[top:bottom], target.u[half], target.v[half])
        color = Planes(self._scratch.y[top:bottom], self._scratch.u[half], self._scratch.v[half])
        into = part if layer.rest is None else color
        _sample(layer.color.y, place, maps, top, into.y, step=1)
        _sample(layer.color.u, place, maps, top // 2, into.u, step=2)
        _sample(layer.color.v, place, maps, top // 2, into.v, step=2)
        if layer.rest is None or layer.rest_half is None:
            return
        rest = self._rest[: bottom - top]
        _sample(layer.rest, place, maps, top, rest, step=1)
        _over(part.y, color.y, rest)
        rest_half = np.empty(part.u.shape, np.uint8)
        _sample(layer.rest_half, place, maps, top // 2, rest_half, step=2)
        _over(part.u, color.u, rest_half)
        _over(part.v, color.v, rest_half)

    def _rippled(self, place: Affine, share: float) -> tuple[Map, Map]:
        """Positions on the canvas with the water's tremble, which grows towards us, at the nodes of the grid."""
        grid = self._grid
        x = (place[0, 0] * grid.x + place[0, 1] * grid.y + place[0, 2]).astype(np.float32)
        y = (place[1, 0] * grid.x + place[1, 1] * grid.y + place[1, 2]).astype(np.float32)
        line = self._offset_y + _HORIZON * self.height_px
        near = np.clip((y - line) / (self.height_px * (1 - _HORIZON)), 0, 1.5)
        time = 2 * math.pi * _RIPPLE_HZ * share * self._stage.duration_s
        # Waves look shorter towards the horizon.
        phase = 46 / (0.22 + near)
        unit = self.height_px / 1000
        x = x + (unit * (0.8 + 4.5 * near) * np.sin(phase + time * 1.3 + 0.006 * x / unit)).astype(np.float32)
        y = y + (unit * (0.4 + 2.2 * near) * np.sin(1.7 * phase - time + 0.011 * x / unit)).astype(np.float32)
        return x, y


def _analysis() -> Analysis:
    """Sky above the horizon, ground that comes nearer below it."""
    rows = np.linspace(0, 1, 72, dtype=np.float32)[:, None]
    ground = np.clip((rows - _HORIZON) / (1 - _HORIZON), 0, 1)
    whole = np.ones((72, 128), np.float32)
    return Analysis(
        nearness=whole * ground,
        sky=whole * (rows < _HORIZON * 0.8),
        water=0 * whole,
        plants=0 * whole,
        horizon=_HORIZON,
        light=(0.5, 0.2),
    )


def _packed(painting: Painting) -> _Layer:
    """Planes of color × cover, so that laying over is one multiplication and one addition."""
    height, width = painting.color.shape[:2]
    planes = planes_of_rgb(painting.color)
    cover = painting.cover
    if cover is None:
        return _Layer(planes, None, None, painting.inverse, painting.ripples, 0, 0)
    half = np.asarray(cv2.resize(cover, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
    touched = np.flatnonzero(cover.max(axis=1) > 0)
    open_rows = np.flatnonzero(cover.min(axis=1) < 255)
    return _Layer(
        color=Planes(_covered(planes.y, cover), _covered(planes.u, half), _covered(planes.v, half)),
        rest=255 - cover,
        rest_half=255 - half,
        inverse=painting.inverse,
        ripples=painting.ripples,
        first_row=int(touched[0]) if touched.size else height,
        solid_row=int(open_rows[-1]) + 1 if open_rows.size else 0,
    )


def _covered(plane: Plane, cover: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, cover, scale=1 / 255), np.uint8)


def _sample(source: Plane, place: Affine, maps: tuple[Map, Map] | None, top: int, target: Plane, *, step: int) -> None:
    """Fill `target`, whose first row is row `top` of the frame's plane, from a canvas plane of the same step."""
    if maps is None:
        # In a plane of half the size: c' = (c − ½)/2 on both sides of the map.
        inner = place.copy()
        inner[:, 2] = (place[:, :2] @ np.full(2, (step - 1) / 2) + place[:, 2] - (step - 1) / 2) / step
        inner[:, 2] += inner[:, 1] * top
        size = (target.shape[1], target.shape[0])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        cv2.warpAffine(source, inner, size, dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return
    height, width = target.shape
    x, y = (
        _spread((values - np.float32((step - 1) / 2)) / np.float32(step), step, top, height, width) for values in maps
    )
    cv2.remap(source, x, y, cv2.INTER_LINEAR, dst=target, borderMode=cv2.BORDER_REPLICATE)


def _spread(values: Map, step: int, top: int, height: int, width: int) -> Map:
    """Values at the nodes for these rows of a plane; only the cells they lie in are enlarged."""
    cell = 8 // step
    first = top // cell
    last = -(-(top + height) // cell) + 2
    part = values[first:last].astype(np.float32)
    full = cv2.resize(part, (part.shape[1] * cell, part.shape[0] * cell), interpolation=cv2.INTER_LINEAR)
    begin = cell + top - first * cell
    return np.asarray(full, np.float32)[begin : begin + height, cell : cell + width]


def _over(target: Plane, color: Plane, rest: Plane) -> None:
    cv2.multiply(target, rest, dst=target, scale=1 / 255)
    cv2.add(target, color, dst=target)


class _Tag:
    """A line of text in the top right corner, light on a soft shade."""

    def __init__(self, text: str, width_px: int, height_px: int) -> None:
        size = max(9, round(min(width_px, height_px) * 0.024))
        scale = size / 22
        (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        pad = size // 2
        width = min((text_width + 2 * pad + 1) // 2 * 2, width_px)
        height = min((text_height + 2 * pad + 1) // 2 * 2, height_px)
        ink = np.zeros((height, width), np.uint8)
        cv2.putText(
            ink, text, (pad, height - pad), cv2.FONT_HERSHEY_SIMPLEX, scale, (255.0,), max(1, round(scale)), cv2.LINE_AA
        )
        self._ink = ink.astype(np.float32) / 255 * np.float32(0.85)
        self._shade = np.full(ink.shape, 0.28, np.float32)
        margin = size // 2 * 2
        self._rows = slice(min(margin, height_px - height), min(margin, height_px - height) + height)
        self._columns = slice(max(0, width_px - margin - width), max(0, width_px - margin - width) + width)

    def draw(self, target: Planes) -> None:
        below = target.y[self._rows, self._columns].astype(np.float32)
        shaded = below + (16 - below) * self._shade
        target.y[self._rows, self._columns] = np.rint(shaded + (235 - shaded) * self._ink).astype(np.uint8)
