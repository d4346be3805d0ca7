"""A line of text in the top right corner, light on a soft shade: what kind of clip this is."""

import cv2
import numpy as np

from mutoscope.media.frames import Planes


class Tag:
    """The same in every frame; an overlay that no effect reaches."""

    def __init__(self, text: str, width_px: int, height_px: int) -> None:
        size = max(9, round(min(width_px, height_px) * 0.024))
        scale = size / 22
        (text_width, text_height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
        pad = size // 2
        width = min((text_width + 2 * pad + 1) // 2 * 2, width_px)
        height = min((text_height + 2 * pad + 1) // 2 * 2, height_px)
        ink = np.zeros((height, width), np.uint8)
        cv2.putText(
            ink, text, (pad, height - pad), cv2.FONT_HERSHEY_SIMPLEX, scale, (255.0,), max(1, round(scale)), cv2.LINE_AA
        )
        self._ink = ink.astype(np.float32) / 255 * np.float32(0.85)
        self._shade = np.full(ink.shape, 0.28, np.float32)
        margin = size // 2 * 2
        self._rows = slice(min(margin, height_px - height), min(margin, height_px - height) + height)
        self._columns = slice(max(0, width_px - margin - width), max(0, width_px - margin - width) + width)

    def draw(self, share: float, target: Planes) -> None:
        """Write it into `target`."""
        del share
        below = target.y[self._rows, self._columns].astype(np.float32)
        shaded = below + (16 - below) * self._shade
        target.y[self._rows, self._columns] = np.rint(shaded + (235 - shaded) * self._ink).astype(np.uint8)
