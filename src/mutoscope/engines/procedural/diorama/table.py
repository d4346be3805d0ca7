"""Lays painted layers over each other as the camera sees them, drawing only what no nearer layer hides."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol, runtime_checkable

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import Easel
from mutoscope.engines.procedural.diorama.eye import Affine, Eye, Values, is_copy, row_at
from mutoscope.engines.procedural.diorama.layers import BLOCK_PX, Layer, over, sample
from mutoscope.media.frames import Plane, Planes

_STRIP_PX: Final = 176
"""Least width of the upright strips of the frame in each of which a layer is drawn for itself."""
_STRIPS_MAX: Final = 8
_NARROW_PX: Final = 56
"""The same for layers that cover little."""
_AT_OUR_FEET: Final = 0.9
_BEND, _BEND_TALL = 0.008, 0.012
"""How far wind moves the tops of plants in units, and what is added for each unit of their height."""


@runtime_checkable
class Opaque(Protocol):
    """Something that hides everything behind it from some row on: water."""

    def solid(self, eye: Eye) -> int:
        """First row of the frame from which nothing behind it is seen, even."""
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of one strip of the frame."""

    first: int
    solid: int
    """From `first` to here the layer is laid over what lies behind."""
    floor: int
    """From here on nearer layers hide it."""
    is_solid: bool
    """True when from `solid` to `floor` it hides everything behind it; else there is nothing of it."""
    columns: tuple[int, int] = (0, 0)
    """Of the frame, even: where from `first` to `solid` there is anything of it."""


class Table:
    """The frame being drawn: it knows for every strip how far down there is still something to see."""

    def __init__(self, easel: Easel, width_px: int, height_px: int) -> None:
        self._easel = easel
        self._width_px, self._height_px = width_px, height_px
        count = min(_STRIPS_MAX, max(1, width_px // _STRIP_PX))
        edges = [round(width_px / 2 * each / count) * 2 for each in range(count + 1)]
        self._strips = list(pairwise(edges))
        self._color = Planes.empty(width_px, height_px)
        self._rest = np.empty((height_px, width_px), np.uint8)
        self._chroma = np.empty((height_px // 2, width_px // 2, 4), np.uint8)
        half = (height_px // 2, width_px // 2)
        self._parts = [np.empty(half, np.uint8) for _ in range(4)]

    def spans(self, parts: Sequence[object], eye: Eye) -> list[list[Span]]:
        """What of each part is to be drawn in each strip; for living parts only the floor counts."""
        floors = [self._height_px] * len(self._strips)
        spans = []
        for part in reversed(parts):
            if isinstance(part, Layer):
                place = self._place_at(part, eye)
                here = [
                    self._span(part, place, strip, floor) for strip, floor in zip(self._strips, floors, strict=True)
                ]
                spans.append(here)
                floors = [span.solid if span.is_solid else span.floor for span in here]
                continue
            spans.append([Span(0, 0, floor, is_solid=False) for floor in floors])
            if isinstance(part, Opaque):
                solid = part.solid(eye)
                floors = [min(floor, solid) for floor in floors]
        return spans[::-1]

    def lay(self, layer: Layer, eye: Eye, spans: list[Span], target: Planes) -> None:
        """Draw what is seen of a layer over what is there."""
        place = self._card(layer, eye)
        if layer.is_ground and not is_copy(place):
            self._lay_ground(layer, eye, spans, target)
            return
        for strip, span in zip(self._strips, spans, strict=True):
            for part in self._parts_of(layer, place, strip, span):
                self._lay_mixed(layer, place, part, target)
            self._lay_solid(layer, place, strip, span, target)

    def _place_at(self, layer: Layer, eye: Eye) -> Affine:
        """For the ground, the place of its farthest row, which decides where it begins."""
        if not layer.is_ground:
            return self._card(layer, eye)
        return eye.place(max(0.0, self._easel.inverse_at(float(layer.solid_rows.max()))))

    def _parts_of(self, layer: Layer, place: Affine, strip: tuple[int, int], span: Span) -> list[Span]:
        """Of a layer of stems and posts, narrower strips: each is drawn only as far down as there is anything."""
        if not layer.is_sparse or span.is_solid or span.first >= span.solid:
            return [span]
        left, right = span.columns
        count = max(1, (right - left) // _NARROW_PX)
        edges = [left + round((right - left) * each / count / 2) * 2 for each in range(count + 1)]
        return [self._span(layer, place, narrow, span.floor) for narrow in pairwise(edges)]

    def _card(self, layer: Layer, eye: Eye) -> Affine:
        """Where a layer is seen; plants bend in the wind."""
        easel = self._easel
        wind = easel.stir.wind(eye.share, layer.inverse) if layer.is_plant and not layer.is_ground else 0.0
        if wind == 0:
            return eye.place(layer.inverse)
        foot = easel.bottom_px if layer.inverse > _AT_OUR_FEET else easel.ground_px(layer.inverse)
        high = max(1.0, foot - float(layer.first_rows.min()))
        return eye.plant(layer.inverse, foot, wind * (_BEND + _BEND_TALL * high / easel.unit_px) * easel.unit_px / high)

    def _span(self, layer: Layer, place: Affine, strip: tuple[int, int], floor: int) -> Span:
        """The rows to draw of a layer in a strip, even, and within the frame."""
        middle = place[0, 1] * self._height_px / 2
        reach = abs(middle)
        begin = int(place[0, 0] * strip[0] + middle - reach + place[0, 2]) // BLOCK_PX - 1
        end = int(place[0, 0] * strip[1] + middle + reach + place[0, 2]) // BLOCK_PX + 2
        count = len(layer.first_rows)
        blocks = slice(min(max(begin, 0), count - 1), max(min(end, count), 1))
        slant = abs(place[1, 0] / place[1, 1]) * (strip[1] - strip[0]) / 2
        x = (strip[0] + strip[1]) / 2
        first = row_at(place, float(layer.first_rows[blocks].min()), x) - slant
        last = row_at(place, float(layer.last_rows[blocks].max()), x) + slant
        columns = strip
        if layer.has_gaps:
            touched = np.flatnonzero(layer.first_rows[blocks] < layer.last_rows[blocks]) + blocks.start
            if not touched.size:
                return Span(0, 0, floor, is_solid=False)
            columns = self._columns(place, strip, int(touched[0]) * BLOCK_PX, int(touched[-1] + 1) * BLOCK_PX)
        top, ends = self._even(first - 2), self._even(row_at(place, float(layer.end_px), x) - slant - 3)
        solid = row_at(place, float(layer.solid_rows[blocks].max()), x) + slant + 3
        reaches = ends >= floor or layer.end_px >= self._easel.height_px
        if solid >= floor or not reaches:
            return Span(top, max(top, min(self._even(last + 4), floor)), floor, is_solid=False, columns=columns)
        edge = self._even(solid)
        return Span(min(top, edge), edge, floor, is_solid=True, columns=columns)

    def _columns(self, place: Affine, strip: tuple[int, int], begin_px: int, end_px: int) -> tuple[int, int]:
        """Columns of a strip that show these of the canvas, even."""
        lean = place[0, 1] * self._height_px
        low, high = (
            (column - place[0, 2] - shift) / place[0, 0]
            for column, shift in ((begin_px, max(lean, 0.0)), (end_px, min(lean, 0.0)))
        )
        left = max(strip[0], (math.floor(low) - 3) // 2 * 2)
        return left, max(left, min(strip[1], -(-(math.ceil(high) + 3) // 2) * 2))

    def _even(self, row: float) -> int:
        return min(max(int(row) // 2 * 2, 0), self._height_px)

    def _lay_solid(self, layer: Layer, place: Affine, strip: tuple[int, int], span: Span, target: Planes) -> None:
        if span.solid >= span.floor or not span.is_solid:
            return
        origin = (strip[0], span.solid)
        rows, columns = slice(span.solid, span.floor), slice(*strip)
        half = (slice(span.solid // 2, span.floor // 2), slice(strip[0] // 2, strip[1] // 2))
        chroma = self._chroma[half]
        sample(layer.chroma, layer.top_px, place, origin, chroma, step=2)
        self._give_solid(layer, chroma, half, target, rows, columns)
        if layer.luma is not None:
            sample(layer.luma, layer.top_px, place, origin, target.y[rows, columns], step=1)

    def _give_solid(
        self, layer: Layer, chroma: Plane, half: tuple[slice, slice], target: Planes, rows: slice, columns: slice
    ) -> None:
        """Chroma, and luma where it is kept beside it."""
        if layer.luma is not None:
            cv2.mixChannels([chroma], [target.u[half], target.v[half]], [0, 0, 1, 1])
            return
        small = self._parts[3][half]
        cv2.mixChannels([chroma], [target.u[half], target.v[half], small], [0, 0, 1, 1, 3, 2])
        _double(small, target.y[rows, columns])

    def _lay_mixed(self, layer: Layer, place: Affine, span: Span, target: Planes) -> None:
        strip = span.columns
        if span.first >= span.solid or layer.rest is None or strip[0] >= strip[1]:
            return
        origin = (strip[0], span.first)
        rows, columns = slice(span.first, span.solid), slice(*strip)
        half = (slice(span.first // 2, span.solid // 2), slice(strip[0] // 2, strip[1] // 2))
        rest, chroma = self._rest[rows, columns], self._chroma[half]
        sample(layer.rest, layer.top_px, place, origin, rest, step=1)
        sample(layer.chroma, layer.top_px, place, origin, chroma, step=2)
        color = self._color.y[rows, columns]
        if layer.luma is not None:
            sample(layer.luma, layer.top_px, place, origin, color, step=1)
        self._give_mixed(layer, (color, rest, chroma), half, target, (rows, columns))

    def _give_mixed(
        self,
        layer: Layer,
        seen: tuple[Plane, Plane, NDArray[np.uint8]],
        half: tuple[slice, slice],
        target: Planes,
        whole: tuple[slice, slice],
    ) -> None:
        """Lay sampled luma, rest and chroma over the target."""
        color, rest, chroma = seen
        u, v, rest_half, small = (plane[half] for plane in self._parts)
        cv2.mixChannels([chroma], [u, v, rest_half, small], [0, 0, 1, 1, 2, 2, 3, 3])
        if layer.luma is None:
            _double(small, color)
            _mix(target.y[whole], color, rest)
            _mix(target.u[half], u, rest_half)
            _mix(target.v[half], v, rest_half)
            return
        over(target.y[whole], color, rest)
        over(target.u[half], u, rest_half)
        over(target.v[half], v, rest_half)

    def _lay_ground(self, layer: Layer, eye: Eye, spans: list[Span], target: Planes) -> None:
        """Every row of the ground is as near as it is: the camera moves over it."""
        top = min(span.first for span in spans)
        floor = max(span.floor for span in spans)
        solid = min(max(span.solid for span in spans), floor)
        if top >= floor:
            return
        plane = eye.plane()
        half = (slice(top // 2, floor // 2), slice(0, self._width_px // 2))
        chroma = self._chroma[half]
        _tilt(layer.chroma, layer.top_px, plane, top, chroma, step=2)
        edge, body = (solid - top) // 2, slice(solid // 2, floor // 2)
        everything = slice(0, self._width_px)
        self._give_solid(layer, chroma[edge:], (body, half[1]), target, slice(solid, floor), everything)
        if top < solid:
            self._lay_edge(layer, eye, chroma[:edge], (top, solid), target)
        if layer.luma is not None and solid < floor:
            _tilt(layer.luma, layer.top_px, plane, solid, target.y[solid:floor], step=1)

    def _lay_edge(
        self, layer: Layer, eye: Eye, chroma: NDArray[np.uint8], rows: tuple[int, int], target: Planes
    ) -> None:
        """The ground's far edge, which runs between rows."""
        top, solid = rows
        x, y = _edge_maps(eye, self._width_px, top, solid)
        y = y - np.float32(layer.top_px)
        share = np.clip(y + np.float32(0.5), 0, 1)
        rest = self._rest[top:solid]
        if layer.rest is None:
            np.copyto(rest, 255 - np.rint(255 * share).astype(np.uint8))
        else:
            _remap(layer.rest, x, y, rest)
        color = self._color.y[top:solid]
        if layer.luma is not None:
            _remap(layer.luma, x, y, color)
            if layer.rest is None:
                cv2.multiply(color, 255 - rest, dst=color, scale=1 / 255)
        half = (slice(top // 2, solid // 2), slice(0, self._width_px // 2))
        if layer.rest is None and layer.luma is not None:
            small = np.asarray(
                cv2.resize(rest, (self._width_px // 2, (solid - top) // 2), interpolation=cv2.INTER_AREA)
            )
            chroma[:, :, 2] = small
            for channel in (0, 1):
                chroma[:, :, channel] = cv2.multiply(
                    np.ascontiguousarray(chroma[:, :, channel]), 255 - small, scale=1 / 255
                )
        elif layer.rest is None:
            chroma[:, :, 2] = cv2.resize(rest, (self._width_px // 2, (solid - top) // 2), interpolation=cv2.INTER_AREA)
        self._give_mixed(layer, (color, rest, chroma), half, target, (slice(top, solid), slice(0, self._width_px)))


def _edge_maps(eye: Eye, width_px: int, top: int, bottom: int) -> tuple[Values, Values]:
    """Columns and rows of the canvas, on the ground, for every pixel of these rows of the frame."""
    # Exact at the ends of each row, and linear between, as long as the camera does not roll much.
    rows = np.arange(top, bottom, dtype=np.float32)
    x, y, _ = eye.ground(np.array([[0.0, width_px - 1.0]], np.float32), rows[:, None])
    along = np.linspace(0, 1, width_px, dtype=np.float32)[None, :]
    return x[:, :1] + (x[:, 1:] - x[:, :1]) * along, y[:, :1] + (y[:, 1:] - y[:, :1]) * along


def _tilt(
    source: NDArray[np.uint8],
    top_px: int,
    plane: NDArray[np.float64],
    first: int,
    target: NDArray[np.uint8],
    *,
    step: int,
) -> None:
    """Fill rows of the frame from row `first` on with what a plane of the canvas shows; `step` is 2 at half size."""
    if not target.size:
        return
    offset = (step - 1) / 2
    to_frame = np.array([[step, 0.0, offset], [0.0, step, offset + first], [0.0, 0.0, 1.0]])
    to_source = np.array([[1 / step, 0.0, -offset / step], [0.0, 1 / step, -(offset + top_px) / step], [0.0, 0.0, 1.0]])
    cv2.warpPerspective(
        source,
        to_source @ plane @ to_frame,
        (target.shape[1], target.shape[0]),
        dst=target,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )


def _mix(target: Plane, color: Plane, rest: Plane) -> None:
    """Go over to color that is not multiplied yet, in place; `color` is used up."""
    cv2.multiply(color, cv2.bitwise_not(rest), dst=color, scale=1 / 255)
    over(target, color, rest)


def _double(small: Plane, target: Plane) -> None:
    if target.size:
        cv2.resize(small, (target.shape[1], target.shape[0]), dst=target, interpolation=cv2.INTER_LINEAR)


def _remap(source: NDArray[np.uint8], x: Values, y: Values, target: NDArray[np.uint8]) -> None:
    if target.size:
        cv2.remap(source, x, y, cv2.INTER_LINEAR, dst=target, borderMode=cv2.BORDER_REPLICATE)
