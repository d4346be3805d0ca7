"""Frames made small and light made large again: blur and glow are worked out where they are cheap."""

from typing import Final

import cv2
import numpy as np

from mutoscope.media.frames import Plane

_NEUTRAL: Final = 128.0
_WHITE: Final = np.array([235.0])


def halved(plane: Plane, times: int) -> Plane:
    """The plane at half the size, again and again; each sample is the mean of four."""
    for _ in range(times):
        height, width = plane.shape
        size = max(1, width // 2), max(1, height // 2)
        plane = np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
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


def mix(plane: Plane, other: Plane, share: Plane) -> None:
    """Replace 255ths of a plane by another one's, in place."""
    kept = cv2.multiply(plane, cv2.bitwise_not(share), scale=1 / 255)
    cv2.add(kept, cv2.multiply(other, share, scale=1 / 255), dst=plane)
