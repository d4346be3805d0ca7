"""A cut-out that is drawn at any place and any fraction of a pixel, as sharp as it was."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.brush.matte import Alpha
from mutoscope.engines.procedural.brush.trajectory import Trajectory
from mutoscope.engines.procedural.sight.membrane import membrane
from mutoscope.media.frames import Plane, Planes, planes_of_rgb
from mutoscope.media.image import RgbArray

_MARGIN_PX: Final = 4
"""Around the cut-out, for the fraction and the kernel."""
_SURE: Final = 0.95
"""A pixel that belongs to the thing by less holds some of what was behind it."""

_RIM_SCALE: Final = 4
"""The color at the rim is spread at this part of the size: it is seen through a pixel or two of softness."""


class Sprite:
    """One cut-out along one path. Premultiplied, luma at twice the size: sampled bilinearly it keeps its sharpness."""

    def __init__(self, picture: RgbArray, alpha: Alpha, origin: tuple[int, int], path: Trajectory) -> None:
        """
        Args:
            picture: (height, width, 3).
            alpha: of the same size; above 0 somewhere.
            origin: place of the picture's first pixel in the frame, x and y, even.
        """
        rows, columns = (np.flatnonzero((alpha > 0).any(axis=axis)) for axis in (1, 0))
        top, left = (max(0, int(found[0]) - _MARGIN_PX) & ~1 for found in (rows, columns))
        bottom, right = (
            min(side, (int(found[-1]) + _MARGIN_PX + 2) & ~1)
            for found, side in zip((rows, columns), alpha.shape, strict=True)
        )
        box = (slice(top, bottom), slice(left, right))
        self._left, self._top = left + origin[0], top + origin[1]
        self._width, self._height = right - left, bottom - top
        self._path = path
        planes = planes_of_rgb(_own_color(np.ascontiguousarray(picture[box]), alpha[box]))
        double = (2 * self._width, 2 * self._height)
        half = (self._width // 2, self._height // 2)
        opacity = np.rint(alpha[box] * 255).astype(np.uint8)
        cover = np.asarray(cv2.resize(opacity, double, interpolation=cv2.INTER_LINEAR), np.uint8)
        luma = np.asarray(cv2.resize(planes.y, double, interpolation=cv2.INTER_LANCZOS4), np.uint8)
        cover_half = np.asarray(cv2.resize(opacity, half, interpolation=cv2.INTER_AREA), np.uint8)
        self._luma = _Layer(luma, cover, 2)
        self._blue, self._red = _Layer(planes.u, cover_half, 1), _Layer(planes.v, cover_half, 1)

    def draw(self, share: float, target: Planes) -> None:
        """Draw the cut-out where it is after this share of its path; what lies outside `target` is not drawn."""
        x, y = self._path.moved(share)
        whole_x, whole_y = int(np.floor(x / 2)) * 2, int(np.floor(y / 2)) * 2
        left, top = self._left + whole_x, self._top + whole_y
        x, y = x - whole_x, y - whole_y
        self._luma.draw(target.y, left, top, x, y, self._width, self._height)
        for layer, plane in ((self._blue, target.u), (self._red, target.v)):
            layer.draw(plane, left // 2, top // 2, x / 2, y / 2, self._width // 2, self._height // 2)


class _Layer:
    """One premultiplied plane of a sprite and its opacity, `scale` samples for each of the target."""

    def __init__(self, plane: Plane, cover: Plane, scale: int) -> None:
        self._color: Plane = np.asarray(cv2.multiply(plane, cover, scale=1 / 255), np.uint8)
        self._cover = cover
        self._scale = scale

    def draw(self, target: Plane, left: int, top: int, shift_x: float, shift_y: float, width: int, height: int) -> None:
        """Lay it over `target` with its first sample at (left + shift_x, top + shift_y)."""
        x0, y0 = max(0, left), max(0, top)
        # One more row and column than the sprite has: the fraction reaches over.
        x1, y1 = min(target.shape[1], left + width + 2), min(target.shape[0], top + height + 2)
        if x0 >= x1 or y0 >= y1:
            return
        scale = self._scale
        middle = (scale - 1) / 2
        place = np.array(
            [[scale, 0, scale * (x0 - left - shift_x) + middle], [0, scale, scale * (y0 - top - shift_y) + middle]]
        )
        color, cover = (_placed(layer, place, (x1 - x0, y1 - y0)) for layer in (self._color, self._cover))
        below = target[y0:y1, x0:x1]
        cv2.add(cv2.multiply(below, cv2.bitwise_not(cover), scale=1 / 255), color, dst=below)


def _placed(layer: Plane, place: NDArray[np.float64], size: tuple[int, int]) -> Plane:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(layer, place, size, flags=flags, borderMode=cv2.BORDER_CONSTANT), np.uint8)


def _own_color(rgb: RgbArray, alpha: Alpha) -> RgbArray:
    """The thing's color without what shone through at its rim: there it is that of its nearest sure pixels."""
    sure = alpha >= _SURE
    if sure.all() or not sure.any():
        return rgb
    height, width = alpha.shape
    size = (-(-width // _RIM_SCALE), -(-height // _RIM_SCALE))
    masked = np.where(sure[:, :, None], rgb, 0).astype(np.uint8)
    weight = np.asarray(cv2.resize(sure.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    color = np.asarray(cv2.resize(masked, size, interpolation=cv2.INTER_AREA), np.float32)
    color /= np.maximum(weight, 1 / 255)[:, :, None]
    spread = np.clip(np.rint(membrane(color, weight)), 0, 255).astype(np.uint8)
    masked = np.asarray(cv2.resize(spread, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    np.copyto(masked, rgb, where=sure[:, :, None])
    return masked
