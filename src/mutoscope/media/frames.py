"""
Planar BT.709 limited-range 4:2:0, the one form a picture has from its first conversion to the encoder.

Y' = 16 + 219·(Kr·R + Kg·G + Kb·B), Kr = .2126, Kb = .0722; chroma is the mean of each 2×2 block
(ITU-R BT.709-6, 3.2 to 3.5). OpenCV's own conversion to I420 is BT.601 and is not used.
"""

from dataclasses import dataclass
from typing import Final

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.media.image import RgbArray

Plane = NDArray[np.uint8]
"""uint8 of shape (height, width); rows may be further apart than width bytes."""

_KR, _KB = 0.2126, 0.0722
_KG = 1.0 - _KR - _KB
_BAND_ROWS: Final = 64
_LUMA: Final = np.array([[219 / 255 * _KR, 219 / 255 * _KG, 219 / 255 * _KB, 16.0]])
_CHROMA: Final = np.array(
    [
        [-112 / 255 * _KR / (1 - _KB), -112 / 255 * _KG / (1 - _KB), 112 / 255, 128.0],
        [112 / 255, -112 / 255 * _KG / (1 - _KR), -112 / 255 * _KB / (1 - _KR), 128.0],
    ]
)


@dataclass(frozen=True, slots=True)
class Planes:
    """One frame: luma, and chroma at half the width and half the height."""

    y: Plane
    """(height, width)"""
    u: Plane
    """(height / 2, width / 2)"""
    v: Plane
    """(height / 2, width / 2)"""

    @property
    def width_px(self) -> int:
        return int(self.y.shape[1])

    @property
    def height_px(self) -> int:
        return int(self.y.shape[0])

    def copy_to(self, target: "Planes") -> None:
        """Write every sample into `target`, which has the same size."""
        np.copyto(target.y, self.y)
        np.copyto(target.u, self.u)
        np.copyto(target.v, self.v)

    @classmethod
    def empty(cls, width_px: int, height_px: int) -> "Planes":
        """Planes with arbitrary content; both sides are even."""
        half = (height_px // 2, width_px // 2)
        return cls(np.empty((height_px, width_px), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8))


def planes_of_rgb(rgb: RgbArray) -> Planes:
    """The picture in planes; both its sides are even."""
    height, width = rgb.shape[:2]
    assert width % 2 == 0 and height % 2 == 0, "4:2:0 needs even sides"
    y = cv2.transform(rgb, _LUMA)
    half = cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    uv = cv2.transform(half, _CHROMA)
    return Planes(np.asarray(y, np.uint8).reshape(height, width), _channel(uv, 0), _channel(uv, 1))


def luma_of_rgb(rgb: RgbArray) -> Plane:
    """Only the luma plane, of any size."""
    return np.asarray(cv2.transform(rgb, _LUMA), np.uint8).reshape(rgb.shape[:2])


def rgb_of_planes(planes: Planes) -> RgbArray:
    """The picture back in RGB, for looking at."""
    size = (planes.width_px, planes.height_px)
    u = cv2.resize(planes.u, size, interpolation=cv2.INTER_LINEAR)
    v = cv2.resize(planes.v, size, interpolation=cv2.INTER_LINEAR)
    rgb = np.empty((planes.height_px, planes.width_px, 3), np.uint8)
    for top in range(0, planes.height_px, _BAND_ROWS):  # in bands: as floats a whole frame would be many times its size
        band = slice(top, top + _BAND_ROWS)
        y = (planes.y[band].astype(np.float32) - 16) * (255 / 219)
        red = y + (v[band].astype(np.float32) - 128) * (255 / 112 * (1 - _KR))
        blue = y + (u[band].astype(np.float32) - 128) * (255 / 112 * (1 - _KB))
        green = (y - _KR * red - _KB * blue) / _KG
        rgb[band] = np.clip(np.rint(np.dstack([red, green, blue])), 0, 255)
    return rgb


def planes_of_frame(frame: av.VideoFrame) -> Planes:
    """Writable views on a yuv420p frame's own memory: what is written there is what gets encoded."""
    assert frame.format.name == "yuv420p"
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * plane.height].reshape(
            plane.height, plane.line_size
        )
        for plane in frame.planes
    )
    half = frame.width // 2
    return Planes(y[:, : frame.width], u[:, :half], v[:, :half])


def fit(rgb: RgbArray, width_px: int, height_px: int) -> RgbArray:
    """Resample to this size: by area when it shrinks, Lanczos when it grows."""
    height, width = rgb.shape[:2]
    if (width, height) == (width_px, height_px):
        return rgb
    shrinks = width_px <= width and height_px <= height
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(rgb, (width_px, height_px), interpolation=method), np.uint8)


def cover(rgb: RgbArray, width_px: int, height_px: int) -> RgbArray:
    """Fill this size without distortion: the picture's middle, cropped to the aspect, then resampled."""
    return fit(middle(rgb, width_px, height_px), width_px, height_px)


def middle(rgb: RgbArray, width_px: int, height_px: int) -> RgbArray:
    """The largest part around the picture's middle that has the aspect of this size, in the picture's own pixels."""
    height, width = rgb.shape[:2]
    scale = min(width / width_px, height / height_px)
    crop_width = min(width, round(width_px * scale))
    crop_height = min(height, round(height_px * scale))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return rgb[top : top + crop_height, left : left + crop_width]


def _channel(packed: NDArray[np.generic], index: int) -> Plane:
    return np.ascontiguousarray(np.asarray(packed, np.uint8)[:, :, index])
