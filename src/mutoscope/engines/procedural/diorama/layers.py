"""A painted layer as the compositor needs it: color times cover, and where there is anything."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import Painting
from mutoscope.engines.procedural.diorama.eye import Affine, is_copy
from mutoscope.media.frames import Plane, Planes

BLOCK_PX: Final = 8
"""Columns of the canvas that share one entry of what is covered."""
_SPARSE: Final = 0.3
Rows = NDArray[np.int32]
"""A row of the canvas for every block of columns."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A painting ready to be laid over others: color times cover, and what is left of what lies behind."""

    luma: Plane | None
    """Y × cover, at full size; None when half the size is enough."""
    rest: Plane | None
    """255 minus cover; None when the layer covers all of its rows."""
    chroma: NDArray[np.uint8]
    """
    (height / 2, width / 2, 4), since four channels warp as fast as one.

    U × cover, V × cover, 255 minus cover, nothing; or U, V, 255 minus cover, Y where `luma` is None.
    """
    top_px: int
    end_px: int
    """Row of the canvas after the last one that is painted."""
    inverse: float
    is_ground: bool
    is_plant: bool
    first_rows: Rows
    """First row of the canvas in which anything is covered."""
    solid_rows: Rows
    """From this row on everything is covered; `end` where that never happens."""
    last_rows: Rows
    """After this row nothing is covered any more."""
    is_sparse: bool
    """Most of the paper is empty."""
    has_gaps: bool
    """Some blocks of columns hold nothing at all."""

    @classmethod
    def of(cls, painting: Painting) -> "Layer":
        """Multiply color by cover, and note where there is anything."""
        height, width = painting.color.y.shape
        cover = painting.cover
        if cover is None:
            cover = np.full((height, width), 255, np.uint8)
        half = np.asarray(cv2.resize(cover, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.uint8)
        first, solid, last = _rows_covered(cover, painting.top_px)
        return cls(
            luma=None if painting.is_soft else _covered(painting.color.y, cover),
            rest=None if int(solid.max()) <= painting.top_px else 255 - cover,
            chroma=_chroma(painting, half),
            top_px=painting.top_px,
            end_px=painting.top_px + height,
            inverse=painting.inverse,
            is_ground=painting.is_ground,
            is_plant=painting.is_plant,
            first_rows=first,
            solid_rows=solid,
            last_rows=last,
            is_sparse=float(half.mean()) < 255 * _SPARSE,
            has_gaps=bool((first >= last).any()),
        )


def _chroma(painting: Painting, half: Plane) -> NDArray[np.uint8]:
    """What a layer keeps at half the size; `half` is its cover there."""
    color = painting.color
    if not painting.is_soft:
        parts = [_covered(color.u, half), _covered(color.v, half), 255 - half, np.zeros_like(half)]
    else:
        small = cv2.resize(color.y, (half.shape[1], half.shape[0]), interpolation=cv2.INTER_AREA)
        parts = [color.u, color.v, 255 - half, np.asarray(small, np.uint8)]
    return np.asarray(cv2.merge(parts), np.uint8)


def merged(back: Painting, front: Painting) -> Painting:
    """Two paintings that the camera never tells apart, as one."""
    top = min(back.top_px, front.top_px)
    end = max(back.top_px + back.color.height_px, front.top_px + front.color.height_px)
    back, front = _extended(back, top, end), _extended(front, top, end)
    assert back.cover is not None and front.cover is not None, "extended paintings have covers"
    cover = 255 - _covered(255 - back.cover, 255 - front.cover)
    # Where little is covered the color is that of whichever covers it, not of unpainted paper.
    weight = np.asarray(cv2.divide(front.cover, cover, scale=255), np.uint8)
    half = np.asarray(cv2.resize(weight, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
    color = Planes(
        _blended(back.color.y, front.color.y, weight),
        _blended(back.color.u, front.color.u, half),
        _blended(back.color.v, front.color.v, half),
    )
    return Painting(
        color, cover, top, front.inverse, back.is_ground and front.is_ground, back.is_plant and front.is_plant
    )


def sample(
    source: NDArray[np.uint8], top_px: int, place: Affine, origin: tuple[int, int], target: NDArray[np.uint8], *,
    step: int, border: int = cv2.BORDER_REPLICATE,
) -> None:  # fmt: skip
    """
    Fill `target`, whose first pixel is `origin` (column, row) of the frame's luma, from a plane of the canvas.

    `step` is 2 for planes of half the size; `source` begins at canvas row `top_px`; `border` is what is beyond it.
    """
    left, top = origin[0] // step, origin[1] // step
    if is_copy(place):
        column, row = (round(place[0, 2]) // step + left, (round(place[1, 2]) - top_px) // step + top)
        height, width = target.shape[:2]
        if row >= 0 and row + height <= source.shape[0] and column >= 0 and column + width <= source.shape[1]:
            np.copyto(target, source[row : row + height, column : column + width])
            return
    # In a plane of half the size: c' = (c − ½)/2 on both sides of the map.
    (a, b, x), (c, d, y) = place.tolist()
    offset = (step - 1) / 2
    x = ((a + b) * offset + x - offset) / step + a * left + b * top
    y = ((c + d) * offset + y - top_px - offset) / step + c * left + d * top
    inner = np.array([[a, b, x], [c, d, y]])
    size = (target.shape[1], target.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpAffine(source, inner, size, dst=target, flags=flags, borderMode=border)


def over(target: Plane, color: Plane, rest: Plane) -> None:
    """Lay premultiplied color over `target`, in place."""
    cv2.multiply(target, rest, dst=target, scale=1 / 255)
    cv2.add(target, color, dst=target)


def _covered(plane: Plane, cover: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, cover, scale=1 / 255), np.uint8)


def _blended(back: Plane, front: Plane, cover: Plane) -> Plane:
    result = _covered(back, 255 - cover)
    return np.asarray(cv2.add(result, _covered(front, cover)), np.uint8)


def _rows_covered(cover: Plane, top_px: int) -> tuple[Rows, Rows, Rows]:
    """Of each block of columns: the first covered row, the row from which all is covered, the row after the last."""
    height, width = cover.shape
    blocks = -(-width // BLOCK_PX)
    padded = cv2.copyMakeBorder(cover, 0, 0, 0, blocks * BLOCK_PX - width, cv2.BORDER_REPLICATE)
    parts = np.asarray(padded, np.uint8).reshape(height, blocks, BLOCK_PX)
    touched = parts.max(axis=2) > 0
    is_open = parts.min(axis=2) < 255
    first = np.where(touched.any(axis=0), touched.argmax(axis=0), height)
    last = np.where(touched.any(axis=0), height - touched[::-1].argmax(axis=0), 0)
    solid = np.where(is_open.any(axis=0), height - is_open[::-1].argmax(axis=0), 0)
    rows = [np.asarray(each + top_px, np.int32) for each in (first, solid, last)]
    return rows[0], rows[1], rows[2]


def _extended(painting: Painting, top: int, end: int) -> Painting:
    """The same with rows of nothing above, and below, up to these rows of the canvas."""
    above, below = painting.top_px - top, end - painting.top_px - painting.color.height_px
    whole = np.full(painting.color.y.shape, 255, np.uint8) if painting.cover is None else painting.cover
    cover = cv2.copyMakeBorder(whole, above, below, 0, 0, cv2.BORDER_CONSTANT, value=(0.0,))
    y, u, v = (
        np.asarray(cv2.copyMakeBorder(plane, above // k, below // k, 0, 0, cv2.BORDER_REPLICATE), np.uint8)
        for plane, k in ((painting.color.y, 1), (painting.color.u, 2), (painting.color.v, 2))
    )
    return Painting(
        Planes(y, u, v), np.asarray(cover, np.uint8), top, painting.inverse, painting.is_ground, painting.is_plant
    )
