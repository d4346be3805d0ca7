"""
Resamples planes through a geometry that is known on a grid of one node in eight pixels.

A node sits at the center of its 8×8 cell and one ring of guard nodes lies outside the frame, so that `cv2.resize` is
the exact bilinear interpolation between nodes. Planes are resampled one channel at a time: OpenCV has fast kernels for
one and four channels and slow ones for two and three.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.media.frames import Plane, Planes, fit, luma_of_rgb, planes_of_rgb
from mutoscope.media.image import RgbArray

Map = NDArray[np.float32]
"""One coordinate of a sampling position for each node or pixel."""

CELL_PX: Final = 8


@dataclass(frozen=True, slots=True)
class Margins:
    """How many pixels of made-up world lie around a picture, all even."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    def __bool__(self) -> bool:
        return bool(self.left or self.top or self.right or self.bottom)


NO_MARGINS: Final = Margins()


@dataclass(frozen=True, slots=True)
class Source:
    """A picture ready to be sampled from."""

    planes: Planes
    """At the frame's size: what an unmoved frame shows."""
    luma_double: Plane
    """
    Luma at twice the size, with the margins. Sampling it bilinearly keeps the sharpness that single size would lose.
    """
    chroma: tuple[Plane, Plane]
    """U and V to sample from: those of `planes`, with the margins."""
    margins: Margins = NO_MARGINS

    @classmethod
    def of_rgb(cls, rgb: RgbArray, width_px: int, height_px: int) -> "Source":
        """Fit a picture of the same aspect; one larger than the frame keeps its real detail in the double luma."""
        planes = planes_of_rgb(fit(rgb, width_px, height_px))
        double = luma_of_rgb(fit(rgb, 2 * width_px, 2 * height_px))
        return cls(planes=planes, luma_double=double, chroma=(planes.u, planes.v))


class Grid:
    """The nodes of one frame size, and the way from them to every pixel."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self.width_px = width_px
        self.height_px = height_px
        self.columns = -(-width_px // CELL_PX) + 2
        self.rows = -(-height_px // CELL_PX) + 2
        xs = (np.arange(self.columns, dtype=np.float32) - 1) * CELL_PX + (CELL_PX - 1) / 2
        ys = (np.arange(self.rows, dtype=np.float32) - 1) * CELL_PX + (CELL_PX - 1) / 2
        grid_x, grid_y = np.meshgrid(xs, ys)
        self.x: Map = np.ascontiguousarray(grid_x)
        """Pixel column of each node, (rows, columns)."""
        self.y: Map = np.ascontiguousarray(grid_y)
        """Pixel row of each node."""
        # Reused for every frame: fresh pages would cost as much as the interpolation.
        self._full = [np.empty((self.rows * 8, self.columns * 8), np.float32) for _ in range(2)]
        self._half = [np.empty((self.rows * 4, self.columns * 4), np.float32) for _ in range(2)]

    def of_picture(self, picture: NDArray[np.float32]) -> Map:
        """A picture of any size over the frame, read at the nodes."""
        height, width = picture.shape
        x = (self.x + 0.5) * (width / self.width_px) - 0.5
        y = (self.y + 0.5) * (height / self.height_px) - 0.5
        read = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(read, np.float32)

    def at(self, values: Map, x: Map, y: Map) -> Map:
        """Values known at the nodes, read at pixel positions."""
        columns = (x - self.x[0, 0]) * (1 / CELL_PX)
        rows = (y - self.y[0, 0]) * (1 / CELL_PX)
        return np.asarray(
            cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32
        )

    def warp(self, source: Source, x: Map, y: Map, target: Planes) -> None:
        """
        Fill `target` with what `source` shows at positions (x, y), given at the nodes in pixels of the frame.

        Not for two threads at once: the maps' memory is the grid's own.
        """
        # A pixel of the frame is two of the double luma: center c lies at 2c + ½ there, and at (c − ½)/2 in chroma.
        left, top = source.margins.left, source.margins.top
        full_x = self._spread(2 * x + (2 * left + 0.5), self._full[0], CELL_PX)
        full_y = self._spread(2 * y + (2 * top + 0.5), self._full[1], CELL_PX)
        _remap(source.luma_double, full_x, full_y, target.y)
        half_x = self._spread(0.5 * x + (0.5 * left - 0.25), self._half[0], CELL_PX // 2)
        half_y = self._spread(0.5 * y + (0.5 * top - 0.25), self._half[1], CELL_PX // 2)
        _remap(source.chroma[0], half_x, half_y, target.u)
        _remap(source.chroma[1], half_x, half_y, target.v)

    @staticmethod
    def warp_flat(source: Source, look: NDArray[np.float64], target: Planes) -> None:
        """The same for positions that are one homography, (3, 3), from pixels of the frame to those of the picture."""
        left, top = source.margins.left, source.margins.top
        luma = np.array([[2, 0, 2 * left + 0.5], [0, 2, 2 * top + 0.5], [0, 0, 1]]) @ look
        to_full = np.array([[2, 0, 0.5], [0, 2, 0.5], [0, 0, 1]])
        to_half = np.array([[0.5, 0, 0.5 * left - 0.25], [0, 0.5, 0.5 * top - 0.25], [0, 0, 1]])
        chroma = to_half @ look @ to_full
        _warp_plane(source.luma_double, luma, target.y)
        _warp_plane(source.chroma[0], chroma, target.u)
        _warp_plane(source.chroma[1], chroma, target.v)

    def spread(self, values: Map) -> Map:
        """Values known at the nodes, for every pixel: (height, width)."""
        out = np.empty((self.rows * CELL_PX, self.columns * CELL_PX), np.float32)
        return self._spread(values, out, CELL_PX)

    def spread_bytes(self, shares: Map) -> tuple[Plane, Plane]:
        """Shares 0 to 1 known at the nodes, as 0 to 255 for every sample of luma and of chroma."""
        nodes = np.rint(shares * 255).astype(np.uint8)
        planes = []
        for step in (CELL_PX, CELL_PX // 2):
            out = cv2.resize(nodes, (self.columns * step, self.rows * step), interpolation=cv2.INTER_LINEAR)
            height, width = self.height_px * step // CELL_PX, self.width_px * step // CELL_PX
            planes.append(np.ascontiguousarray(np.asarray(out, np.uint8)[step : step + height, step : step + width]))
        return planes[0], planes[1]

    def _spread(self, values: Map, out: Map, step: int) -> Map:
        cv2.resize(values, (self.columns * step, self.rows * step), dst=out, interpolation=cv2.INTER_LINEAR)
        height, width = self.height_px * step // CELL_PX, self.width_px * step // CELL_PX
        return out[step : step + height, step : step + width]


def _warp_plane(source: Plane, look: NDArray[np.float64], target: Plane) -> None:
    size = (target.shape[1], target.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    if look[2, 0] == look[2, 1] == 0:
        cv2.warpAffine(source, look[:2] / look[2, 2], size, dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    else:
        cv2.warpPerspective(source, look, size, dst=target, flags=flags, borderMode=cv2.BORDER_REPLICATE)


def _remap(source: Plane, x: Map, y: Map, target: Plane) -> None:
    cv2.remap(source, x, y, cv2.INTER_LINEAR, dst=target, borderMode=cv2.BORDER_REPLICATE)
