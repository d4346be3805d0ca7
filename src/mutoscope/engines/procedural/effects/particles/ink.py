"""
Drawing of many small things at once: a plane that says how far each sample is covered, and its mixing into a frame.

A mix is `plane · (255 − ink) · gain + ink · color`, three fast one-channel operations; brightness and saturation of the
whole frame ride along in the same ones. What lies between two values of the limited range stays between them.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.effects.particles.color import LUMA_MAX, LUMA_MIN, NEUTRAL, Color, Tone
from mutoscope.media.frames import Plane, Planes

Floats = NDArray[np.float64]
"""One number for each particle."""

SHIFT: Final = 4
"""OpenCV draws at sixteenths of a pixel."""
_ONE: Final = 1 << SHIFT
_BLURS: Final = 3
"""Box blurs in a row; after two a glow is still a square."""
_CIRCLE_PX: Final = 3
"""Below this radius OpenCV's circle is a diamond."""
_OCTAGON: Final = np.array([(np.cos(angle), np.sin(angle)) for angle in (np.arange(8) + 0.5) * np.pi / 4])


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the frame, from and to multiples of four, so that samples at a quarter of the size belong to it."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def around(cls, left: float, top: float, right: float, bottom: float, frame: "Planes") -> "Box | None":
        """The box that holds these bounds, cut to the frame; None when nothing of it is left."""
        box = cls(
            max(0, int(left // 4) * 4),
            max(0, int(top // 4) * 4),
            min(frame.width_px, int(right // 4) * 4 + 4),
            min(frame.height_px, int(bottom // 4) * 4 + 4),
        )
        return box if box.left < box.right and box.top < box.bottom else None

    def of(self, plane: Plane) -> Plane:
        """This part of a plane of the frame's size."""
        return plane[self.top : self.bottom, self.left : self.right]

    def of_half(self, plane: Plane) -> Plane:
        """This part of a plane of half the frame's size."""
        return plane[self.top // 2 : self.bottom // 2, self.left // 2 : self.right // 2]

    def of_quarter(self, plane: Any) -> Any:
        """This part of a plane of a quarter of the frame's size, rounded up; of bytes or floats."""
        return plane[self.top // 4 : -(-self.bottom // 4), self.left // 4 : -(-self.right // 4)]


class Ink:
    """
    How far each sample of a frame is covered, 0 to 255; a `box` limits the work to a part of it.

    Its memory is its own and is used again for every frame.
    """

    def __init__(self, width_px: int, height_px: int) -> None:
        self.full: Plane = np.zeros((height_px, width_px), np.uint8)
        self.quarter: Plane = np.zeros((-(-height_px // 4), -(-width_px // 4)), np.uint8)
        """For what is soft; see `merge_quarter`."""
        self._deep = np.zeros(self.quarter.shape, np.float32)
        self._whole = Box(0, 0, width_px, height_px)
        self._half: Plane = np.zeros((height_px // 2, width_px // 2), np.uint8)
        self._spare: Plane = np.empty_like(self.full)
        self._spare_half: Plane = np.empty_like(self._half)

    def clear(self, box: Box | None = None) -> None:
        """Nothing is covered any more; with `box`, nothing in it."""
        if box is not None:
            box.of(self.full).fill(0)
            return
        self.full.fill(0)
        self.quarter.fill(0)

    def dots(self, x: Floats, y: Floats, radius: Floats, cover: Floats) -> None:
        """Crisp discs. Positions and radii in pixels, `cover` 0 to 1."""
        _dots(self.full, x, y, radius, cover)

    def soft_dots(self, x: Floats, y: Floats, radius: Floats, cover: Floats) -> None:
        """Discs out of focus, seen once `merge_quarter` has been called."""
        _dots(self.quarter, (x - 1.5) / 4, (y - 1.5) / 4, radius / 4, cover)

    def merge_quarter(self, blur_px: float, box: Box | None = None) -> None:
        """Blur what was drawn at a quarter of the size, and add it to the rest."""
        box = box or self._whole
        full, spare, quarter = box.of(self.full), box.of(self._spare), box.of_quarter(self.quarter)
        _blur(quarter, blur_px / 4)
        _enlarge(quarter, spare)
        cv2.add(full, spare, dst=full)

    def glow_of(self, other: "Ink", blur_px: float, gain: float, box: Box | None = None) -> None:
        """Become the glow around what covers `other`."""
        box = box or self._whole
        quarter, deep = self._quarter_of(other.full, 1.0, box), box.of_quarter(self._deep)
        # In floats: a faint wide glow has too few steps in bytes, and brightening before the blur would clip.
        np.copyto(deep, quarter)
        _blur(deep, blur_px / 4)
        cv2.convertScaleAbs(deep, dst=quarter, alpha=gain)
        _enlarge(quarter, box.of(self.full))

    def shade_of(self, other: "Ink", target: Planes, blur_px: float, gain: float, bright: Plane) -> None:
        """Become a shade around what covers `other`, where `target` is bright. `bright` is a table of 256 entries."""
        quarter = self._quarter_of(other.full, gain, self._whole)
        _blur(quarter, blur_px / 4)
        size = (quarter.shape[1], quarter.shape[0])
        lit = cv2.LUT(cv2.resize(target.y, size, interpolation=cv2.INTER_NEAREST), bright)
        cv2.multiply(quarter, lit, dst=quarter, scale=1 / 255)
        _enlarge(quarter, self.full)

    def mix(
        self,
        target: Planes,
        color: Color,
        *,
        tone: Tone = NEUTRAL,
        box: Box | None = None,
        shade: "Ink | None" = None,
    ) -> None:
        """Cover `target` with `color` as far as the ink says; the rest gets `tone`, and darkens by `shade`."""
        box = box or self._whole
        ink, keep = box.of(self.full), box.of(self._spare)
        half, keep_half = box.of_half(self._half), box.of_half(self._spare_half)
        cv2.resize(ink, (half.shape[1], half.shape[0]), dst=half, interpolation=cv2.INTER_AREA)
        for index, (plane, value) in enumerate(((target.u, color.u), (target.v, color.v))):
            cv2.bitwise_not(half, dst=keep_half)
            _mix(box.of_half(plane), half, keep_half, value, *tone.chroma(index))
        cv2.bitwise_not(ink, dst=keep)
        if shade is not None:
            cv2.subtract(keep, box.of(shade.full), dst=keep)
        luma = box.of(target.y)
        pivot = 128.0 if tone is NEUTRAL else _middle_of(luma)
        _mix(luma, ink, keep, color.y, *tone.luma, pivot)
        if shade is not None:
            np.clip(luma, LUMA_MIN, 255, out=luma)
        if tone.gain > 1:
            np.clip(luma, 0, LUMA_MAX, out=luma)

    def _quarter_of(self, full: Plane, gain: float, box: Box) -> Plane:
        """Mean of four by four, in two steps that have fast kernels: halfway between two samples lies their mean."""
        half, quarter = box.of_half(self._half), np.asarray(box.of_quarter(self.quarter), np.uint8)
        cv2.resize(box.of(full), (half.shape[1], half.shape[0]), dst=half, interpolation=cv2.INTER_AREA)
        cv2.resize(half, (quarter.shape[1], quarter.shape[0]), dst=quarter, interpolation=cv2.INTER_LINEAR)
        cv2.convertScaleAbs(quarter, dst=quarter, alpha=gain)
        return quarter


def fixed(pixels: Floats) -> NDArray[np.int32]:
    """Pixels as OpenCV's sixteenths, of any shape."""
    return np.rint(pixels * _ONE).astype(np.int32)


def lines(*ends: Floats) -> NDArray[np.int32]:
    """Polylines through points given as x, y, x, y ...: (lines, points, 2) in sixteenths."""
    return fixed(np.stack(ends, axis=-1)).reshape(-1, len(ends) // 2, 2)


def mix_patch(plane: Plane, cover: Plane, value: float) -> None:
    """Cover a small part of a plane with one value."""
    _mix(plane, cover, np.asarray(cv2.bitwise_not(cover), np.uint8), value)


def _middle_of(plane: Plane) -> float:
    """About the mean, from a few samples."""
    return float(cv2.resize(plane, (48, 48), interpolation=cv2.INTER_NEAREST).mean())


def _mix(
    plane: Plane, ink: Plane, keep: Plane, value: float, gain: float = 1.0, offset: float = 0.0, pivot: float = 128.0
) -> None:
    """
    `plane` becomes (plane · gain + offset) · keep + ink · value. Overwrites `keep`.

    A summand is rounded once for all samples, and the whole frame would jump when it goes from one integer to the next
    while an effect comes. So the integer is added, and the rest multiplied such that samples of `pivot` come out right.
    """
    whole = round(offset)
    factor = gain + (offset - whole) / pivot
    cv2.multiply(plane, keep, dst=plane, scale=factor / 255)
    cv2.convertScaleAbs(ink, dst=keep, alpha=(value - whole) / 255, beta=whole)
    cv2.add(plane, keep, dst=plane)


def _enlarge(quarter: Plane, full: Plane) -> None:
    cv2.resize(quarter, (full.shape[1], full.shape[0]), dst=full, interpolation=cv2.INTER_LINEAR)


def _blur(plane: Plane | NDArray[np.float32], radius: float) -> None:
    side = 2 * max(1, round(0.8 * radius)) + 1
    # Isolated: a part of a plane is blurred as if it were all there is.
    for _ in range(_BLURS):
        cv2.blur(plane, (side, side), dst=plane, borderType=cv2.BORDER_REPLICATE | cv2.BORDER_ISOLATED)


def _dots(plane: Plane, x: Floats, y: Floats, radius: Floats, cover: Floats) -> None:
    height, width = plane.shape
    seen = (cover > 1 / 255) & (x > -radius) & (y > -radius) & (x < width + radius) & (y < height + radius)
    # A disc below half a pixel would be drawn as a whole one: it is as wide, and fainter.
    least = np.maximum(radius, 0.5)
    values = np.rint(255 * cover * np.minimum(1, (radius / least) ** 2))
    small = seen & (least < _CIRCLE_PX)
    corners = np.stack([x, y], axis=1)[small, None] + least[small, None, None] * _OCTAGON
    for octagon, value in zip(fixed(corners), values[small].tolist(), strict=True):
        cv2.fillConvexPoly(plane, octagon, value, cv2.LINE_AA, SHIFT)
    large = seen & ~small
    rows = zip(*(fixed(part[large]).tolist() for part in (x, y, least)), values[large].tolist(), strict=True)
    for column, row, size, value in rows:
        cv2.circle(plane, (column, row), size, value, cv2.FILLED, cv2.LINE_AA, SHIFT)
