"""Lays flat pieces of paper, and soft light and shade, straight onto the planes of a frame."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.palette import Rgb
from mutoscope.media.frames import Plane, Planes, planes_of_rgb

Corners = NDArray[np.int32]
"""(count, 2): pixels of the frame's luma times 16."""
Affine = NDArray[np.float64]
"""(2, 3)"""
SpriteName = Literal["spot", "disk", "beam"]

_SHIFT: Final = 4
_SPRITE_PX: Final = 64


@dataclass(frozen=True, slots=True)
class Ink:
    """One color as its three samples."""

    y: int
    u: int
    v: int

    @classmethod
    def of(cls, color: Rgb) -> "Ink":
        """The samples of an RGB color."""
        planes = planes_of_rgb(np.full((2, 2, 3), color, np.uint8))
        return cls(int(planes.y[0, 0]), int(planes.u[0, 0]), int(planes.v[0, 0]))


def cut(target: Planes, corners: Corners, ink: Ink) -> None:
    """Lay a piece with smooth edges over all three planes."""
    cv2.fillPoly(target.y, [corners], (ink.y,), lineType=cv2.LINE_AA, shift=_SHIFT)
    # In a plane of half the size c' = (c - 1/2)/2; one more binary place makes that c - 8 sixteenths.
    halved = corners - 8
    cv2.fillPoly(target.u, [halved], (ink.u,), lineType=cv2.LINE_AA, shift=_SHIFT + 1)
    cv2.fillPoly(target.v, [halved], (ink.v,), lineType=cv2.LINE_AA, shift=_SHIFT + 1)


def edge(target: Planes, corners: Corners, ink: Ink) -> None:
    """Lay a piece over the luma only: for lines so thin that their color would not show."""
    cv2.fillPoly(target.y, [corners], (ink.y,), lineType=cv2.LINE_AA, shift=_SHIFT)


def breathe_on(target: Planes, sprite: SpriteName, place: Affine, ink: Ink, opacity: float) -> None:
    """
    Mix towards a color, softly.

    `place` maps the sprite's square, -1 to 1 each way, to luma pixels; at most `opacity` of the color shows.
    """
    reach = np.abs(place[:, :2]).sum(axis=1)
    left, top = ((math.floor(place[k, 2] - reach[k]) - 1) // 2 * 2 for k in (0, 1))
    right, bottom = (-(-(math.ceil(place[k, 2] + reach[k]) + 1) // 2) * 2 for k in (0, 1))
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, target.width_px), min(bottom, target.height_px)
    if left >= right or top >= bottom or opacity <= 0 or abs(np.linalg.det(place[:, :2])) < 1e-3:
        return
    # Soft things are made at the chroma's size and enlarged for the luma: c' = (c - 1/2)/2 once more.
    middle = (_SPRITE_PX - 1) / 2
    matrix = place[:, :2] / _SPRITE_PX
    shift = (place[:, 2] - 0.5 - (left, top)) / 2 - matrix @ (middle, middle)
    size = ((right - left) // 2, (bottom - top) // 2)
    half = np.asarray(cv2.warpAffine(_sprite(sprite), np.column_stack([matrix, shift]), size), np.uint8)
    cv2.convertScaleAbs(half, dst=half, alpha=min(opacity, 1.0))
    cover = np.asarray(cv2.resize(half, (2 * size[0], 2 * size[1]), interpolation=cv2.INTER_LINEAR), np.uint8)
    columns, rows = slice(left // 2, right // 2), slice(top // 2, bottom // 2)
    _mix(target.y[top:bottom, left:right], cover, ink.y)
    _mix(target.u[rows, columns], half, ink.u)
    _mix(target.v[rows, columns], half, ink.v)


def _mix(part: Plane, cover: Plane, value: int) -> None:
    """Towards `value` by `cover`; where that is 0, no sample changes."""
    cv2.multiply(part, cv2.bitwise_not(cover), dst=part, scale=1 / 255)
    cv2.add(part, cv2.convertScaleAbs(cover, alpha=value / 255), dst=part)


@cache
def _sprite(name: SpriteName) -> Plane:
    """uint8 of (64, 64); 0 along its edges."""
    line = (np.arange(_SPRITE_PX, dtype=np.float32) - (_SPRITE_PX - 1) / 2) / (_SPRITE_PX / 2)
    x, y = line[None, :], line[:, None]
    distance = np.sqrt(x * x + y * y)
    if name == "spot":  # light around a lamp, shade under a foot
        values = np.clip(1 - distance, 0, 1) ** 2
    elif name == "disk":  # a puff of smoke
        values = np.clip((1 - distance) / 0.8, 0, 1) ** 1.4
    else:  # a cone of light from the left edge's middle to the right
        along = (x + 1) / 2
        values = (
            np.clip(1.15 - np.abs(y) / np.maximum(0.06 + 0.9 * along, 1e-3), 0, 1) * np.clip(1 - along, 0, 1) ** 1.2
        )
        values = values * np.clip(along / 0.03, 0, 1)
    plane: Plane = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return plane
