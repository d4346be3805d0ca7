"""The subject of a photo as a flat layer that moves on its own over a plate, and the soft motion where it has none."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.camera import Camera
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.photo.motions import Choreography, Matrix
from mutoscope.engines.procedural.sight.analysis import Share
from mutoscope.engines.procedural.warp import Grid, Map, Source
from mutoscope.media.frames import Plane, Planes

_RIM_PX: Final = 8
"""Empty rim around the cut-out, so that a moved edge has something to fade into; even."""
_BEYOND: Final = 0.21
"""How far a subject that the picture's border cuts goes on past it, as a share of the side: past any made-up margin."""
_FOLD_MAX: Final = 0.45
"""Relative shift of neighbors that soft motion may bring about."""


class SubjectLayer:
    """
    A flat cut-out at one distance, composed with what the plate shows: frame = plate·(1 − a) + p.

    Its color is p = picture − plate·(1 − a) and not picture·a, so that the unmoved layer gives back the picture, also
    where the outline is soft.
    """

    def __init__(
        self, source: Source, plate: Source, alpha: Plane, *, inverse: float, moves: Choreography | None
    ) -> None:
        """`source` and `plate` without margins; `alpha` is (height, width); `inverse`: the layer's inverse distance."""
        left, top, right, bottom = box_around(alpha)
        self._inverse = inverse
        self._moves = moves
        box = np.ascontiguousarray(alpha[top:bottom, left:right])
        double = (slice(2 * top, 2 * bottom), slice(2 * left, 2 * right))
        wide = np.asarray(cv2.resize(box, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR), np.uint8)
        luma, wide = _over(source.luma_double[double], plate.luma_double[double], wide)
        half = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
        small = np.asarray(cv2.resize(box, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        u, cover_u = _over(source.planes.u[half], plate.chroma[0][half], small)
        v, cover_v = _over(source.planes.v[half], plate.chroma[1][half], small)
        # Where the picture's border cuts the subject, it goes on as its own mirror image.
        height, width = alpha.shape
        down, across = _even(_BEYOND * height), _even(_BEYOND * width)
        reach = [down * (top == 0), down * (bottom == height), across * (left == 0), across * (right == width)]
        self._luma = _mirrored(luma, [2 * side for side in reach])
        cover = cv2.resize(wide, (right - left, bottom - top), interpolation=cv2.INTER_AREA)
        self._alpha = _mirrored(np.asarray(cover, np.uint8), reach)
        self._chroma = _mirrored(np.dstack([u, v, cover_u, cover_v]), [side // 2 for side in reach])
        self._left, self._top = left - reach[2], top - reach[0]
        self._size = (right + reach[3] - self._left, bottom + reach[1] - self._top)

    def draw(self, share: float, camera: Camera, target: Planes) -> None:
        """Lay it over the plate as the camera sees it; `target` already shows the plate."""
        looks = camera.plane(share, self._inverse)
        if self._moves is not None:
            looks = np.linalg.inv(self._moves.at(share)) @ looks
        x0, y0, x1, y1 = self._seen_box(looks, target)
        if x0 >= x1 or y0 >= y1:
            return
        size = (x1 - x0, y1 - y0)
        there = _place(1, 0, -self._left, -self._top) @ looks @ _place(1, 0, x0, y0)
        luma = _seen(self._luma, _place(2, 0.5, 0, 0) @ there, size)
        alpha = _seen(self._alpha, there, size)
        _compose(target.y[y0:y1, x0:x1], luma, alpha)
        half = _place(0.5, -0.25, 0, 0) @ there @ _place(2, 0.5, 0, 0)
        u, v, cover_u, cover_v = cv2.split(_seen(self._chroma, half, (size[0] // 2, size[1] // 2)))
        chroma = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
        _compose(target.u[chroma], np.asarray(u, np.uint8), np.asarray(cover_u, np.uint8))
        _compose(target.v[chroma], np.asarray(v, np.uint8), np.asarray(cover_v, np.uint8))

    def _seen_box(self, looks: Matrix, target: Planes) -> tuple[int, int, int, int]:
        """The part of the frame that it may touch, even: left, top, right, bottom."""
        right, bottom = self._left + self._size[0], self._top + self._size[1]
        corners = np.array([[self._left, right, self._left, right], [self._top, self._top, bottom, bottom], [1] * 4])
        x, y, w = np.linalg.inv(looks) @ corners
        x0, y0 = max(0, _even((x / w).min() - 2)), max(0, _even((y / w).min() - 2))
        x1, y1 = _even((x / w).max() + 3), _even((y / w).max() + 3)
        return x0, y0, min(target.width_px, x1), min(target.height_px, y1)


class SoftMotion:
    """A subject's motion without an outline: what lies around it goes along, less the farther away."""

    def __init__(self, spot: Share, moves: Choreography, grid: Grid) -> None:
        """`spot` is 1 on the subject, over the whole frame."""
        self._grid = grid
        self._moves = moves
        wide = cv2.GaussianBlur(spot, (0, 0), spot.shape[1] / 14, borderType=cv2.BORDER_REPLICATE)
        self._weight = grid.of_picture(soft_step(np.asarray(wide, np.float32) / max(1e-3, 0.8 * float(wide.max()))))
        self._bound = 1.0
        steepest = max(_steepest(*self.shift(step / 24)) for step in range(1, 25))
        self._bound = min(1.0, _FOLD_MAX / max(1e-6, steepest))

    def shift(self, share: float) -> tuple[Map, Map]:
        """What to add to the sampling positions at each node."""
        (xx, xy, x), (yx, yy, y) = np.linalg.inv(self._moves.at(share))[:2].astype(np.float32)
        grid = self._grid
        weight = self._weight * np.float32(self._bound)
        return (
            weight * ((xx - 1) * grid.x + xy * grid.y + x),
            weight * (yx * grid.x + (yy - 1) * grid.y + y),
        )


def fine_alpha(matte: Share, luma: Plane) -> Plane:
    """
    A small matte at the size of `luma`, with its outline drawn to the edges there: 0 to 255.

    The matte is fitted as a linear function of luma in small windows, at a small size, and the function is applied at
    the full one. He, Sun: Fast Guided Filter (2015).
    """
    height, width = luma.shape
    small_height, small_width = matte.shape
    guide = np.asarray(cv2.resize(luma, (small_width, small_height), interpolation=cv2.INTER_AREA), np.float32) / 255
    side = (7, 7)
    mean_guide, mean_matte = cv2.blur(guide, side), cv2.blur(matte, side)
    variance = cv2.blur(guide * guide, side) - mean_guide * mean_guide
    covariance = cv2.blur(guide * matte, side) - mean_guide * mean_matte
    slope = covariance / (variance + 4e-4)
    offset = mean_matte - slope * mean_guide
    size = (width, height)
    full = cv2.resize(cv2.blur(slope, side), size) * (luma.astype(np.float32) / 255)
    full += cv2.resize(cv2.blur(offset, side), size)
    # Only near the outline: far inside and outside the matte is sure.
    sure = cv2.resize(matte, size, interpolation=cv2.INTER_LINEAR)
    band = np.clip((full - 0.12) / 0.76, 0, 1)
    spread = cv2.blur(matte * matte, side) - mean_matte * mean_matte
    # Where luma does not tell the thing from what is behind it, as a gilded tip before a bright sky, it draws nothing.
    tells = np.clip(2.5 * covariance * covariance / (variance * spread + 1e-6) - 1, 0, 1)
    near = _near_outline(matte) * tells
    mixed = sure + cv2.resize(near, size) * (band - sure)
    return np.asarray(np.rint(np.clip(mixed, 0, 1) * 255), np.uint8)


def box_around(alpha: Plane) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the cut-out with its rim, even."""
    height, width = alpha.shape
    rows, columns = np.flatnonzero(alpha.any(axis=1)), np.flatnonzero(alpha.any(axis=0))
    left, top = max(0, _even(columns[0] - _RIM_PX)), max(0, _even(rows[0] - _RIM_PX))
    # A cut-out that comes this close to the border is cut by it.
    return left, top, min(width, _even(columns[-1] + _RIM_PX) + 2), min(height, _even(rows[-1] + _RIM_PX) + 2)


def _near_outline(matte: Share) -> Share:
    """1 within three samples of the outline, 0 beyond five."""
    inside = matte > 0.5
    to_out = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 5)
    to_in = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    return np.clip((5 - np.asarray(to_out + to_in, np.float32)) / 2, 0, 1)


def _even(value: float) -> int:
    return int(value // 2) * 2


def _mirrored(plane: NDArray[np.uint8], reach: list[int]) -> NDArray[np.uint8]:
    """With `reach` samples of its mirror image above, below, left and right."""
    above, below, left, right = reach
    return np.asarray(cv2.copyMakeBorder(plane, above, below, left, right, cv2.BORDER_REFLECT_101), np.uint8)


def _over(picture: Plane, plate: Plane, alpha: Plane) -> tuple[Plane, Plane]:
    """Color and cover of a layer that over `plate` gives `picture`; the cover grows where the plate is too bright."""
    ratio = cv2.divide(picture, np.maximum(plate, 1), scale=255)
    needed = np.where(np.asarray(ratio) < 255, np.minimum(256 - np.asarray(ratio, np.int16), 255), 0)
    cover = np.maximum(alpha, np.where(alpha > 0, needed, 0)).astype(np.uint8)
    below = cv2.multiply(plate, cv2.bitwise_not(cover), scale=1 / 255)
    return np.asarray(cv2.subtract(picture, below), np.uint8), cover


def _place(scale: float, offset: float, x: float, y: float) -> Matrix:
    """(x, y) times `scale` plus `offset`, then moved."""
    return np.array([[scale, 0, offset + x], [0, scale, offset + y], [0, 0, 1.0]])


def _seen(plane: NDArray[np.uint8], looks: Matrix, size: tuple[int, int]) -> NDArray[np.uint8]:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(plane, looks, size, flags=flags, borderValue=(0, 0, 0, 0)), np.uint8)


def _compose(below: Plane, color: Plane, cover: Plane) -> None:
    cv2.multiply(below, cv2.bitwise_not(cover), dst=below, scale=1 / 255)
    cv2.add(below, color, dst=below)


def _steepest(x: Map, y: Map) -> float:
    """Largest shift between pixels that are neighbors; nodes are 8 pixels apart."""
    return max(float(np.abs(part).max()) for values in (x, y) for part in np.gradient(values)) / 8
