"""Lays soft light and soft pictures over the planes of a frame: they are worked out small, where that is cheap."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from mutoscope.media.frames import Plane

_NEUTRAL: Final = 128.0
_WHITE: Final = np.array([235.0])


def halved(plane: Plane, times: int) -> Plane:
    """The plane at half the size, again and again; each sample is the mean of four, an odd last one is left out."""
    for _ in range(times):
        height, width = (max(1, side // 2) for side in plane.shape)
        # Exactly half is ten times as fast as nearly half.
        half = cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)
        plane = np.asarray(half, np.uint8)
    return plane


def enlarged(small: Plane, like: Plane) -> Plane:
    """The small plane at the size of another."""
    height, width = like.shape
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def screen(plane: Plane, light: Plane) -> None:
    """Add light to a plane in place, ever less of it towards white."""
    room = cv2.subtract(_WHITE, plane)
    cv2.add(plane, cv2.multiply(light, room, scale=1 / 219), dst=plane)


def add_signed(plane: Plane, change: Plane) -> None:
    """Add `change` − 128 to a plane in place."""
    cv2.addWeighted(plane, 1.0, change, 1.0, -_NEUTRAL, dst=plane)


class Spare:
    """
    Planes to work in, kept from frame to frame: fresh memory of a frame's size costs as much as the work done in it.

    What is in one is good until the next is asked for in the same shape.
    """

    def __init__(self) -> None:
        self._planes: dict[tuple[int, ...], Plane] = {}

    def like(self, plane: Plane) -> Plane:
        """A plane of the shape of another; nobody knows what is in it."""
        if plane.shape not in self._planes:
            self._planes[plane.shape] = np.empty(plane.shape, np.uint8)
        return self._planes[plane.shape]

    def enlarged(self, small: Plane, like: Plane) -> Plane:
        """The small plane at the size of another."""
        spare = self.like(like)
        cv2.resize(small, (spare.shape[1], spare.shape[0]), dst=spare, interpolation=cv2.INTER_LINEAR)
        return spare


def mix_small(planes: Sequence[Plane], soft: Sequence[Plane], share: Plane, spare: Spare) -> None:
    """Replace 255ths of planes of one size, in place, by soft pictures, which are small and as large as their share."""
    keep = spare.enlarged(np.asarray(cv2.bitwise_not(share), np.uint8), planes[0])
    for plane in planes:
        cv2.multiply(plane, keep, dst=plane, scale=1 / 255)
    for plane, other in zip(planes, soft, strict=True):
        part = np.asarray(cv2.multiply(other, share, scale=1 / 255), np.uint8)
        cv2.add(plane, spare.enlarged(part, plane), dst=plane)
