"""Keeps what was found in the first frame on its things while the camera moves."""

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.fields import Spread
from mutoscope.engines.procedural.warp import CELL_PX, Map


class Follower:
    """Carries pictures and points of the first frame to where they are seen later. A still camera leaves them."""

    def __init__(self, site: Site) -> None:
        self._view = site.view
        self._stage = site.stage
        self._kept: tuple[float, Map, Map] | None = None

    @property
    def moves(self) -> bool:
        """Whether one moment may differ from another."""
        return self._view is not None

    def carried(self, values: Spread, share: float) -> Spread:
        """A small picture over the first frame, as it lies over the frame at this share of the time."""
        if self._view is None:
            return values
        rows, columns = values.shape
        x, y = (cv2.resize(each, (columns, rows), interpolation=cv2.INTER_LINEAR) for each in self._looks(share))
        x = (np.asarray(x, np.float32) + 0.5) * np.float32(columns / self._stage.width_px) - 0.5
        y = (np.asarray(y, np.float32) + 0.5) * np.float32(rows / self._stage.height_px) - 0.5
        return np.asarray(cv2.remap(values, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)

    def place(self, point: tuple[float, float], share: float) -> tuple[float, float]:
        """Where a point of the first frame is seen, both as shares of the frame; a point out of view may be outside."""
        if self._view is None:
            return point
        x, y = self._looks(share)
        width, height = self._stage.width_px, self._stage.height_px
        off_x = x - np.float32(point[0] * width - 0.5)
        off_y = y - np.float32(point[1] * height - 0.5)
        row, column = np.unravel_index(int(np.argmin(off_x**2 + off_y**2)), x.shape)
        # From the nearest node as far as it misses, by how fast the view runs there.
        run_x, run_y = _run(x[row], int(column)), _run(y[:, column], int(row))
        seen_x = (float(column) + 0.5) * CELL_PX - float(off_x[row, column]) / run_x
        seen_y = (float(row) + 0.5) * CELL_PX - float(off_y[row, column]) / run_y
        return seen_x / width, seen_y / height

    def _looks(self, share: float) -> tuple[Map, Map]:
        """The view without its guard nodes."""
        assert self._view is not None
        if self._kept is None or self._kept[0] != share:
            x, y = self._view(share)
            self._kept = share, x[1:-1, 1:-1], y[1:-1, 1:-1]
        return self._kept[1], self._kept[2]


def _run(line: Map, index: int) -> float:
    """Pixels of the picture for each pixel of the frame, along a line of nodes."""
    low, high = max(0, index - 1), min(len(line) - 1, index + 1)
    return max(0.25, float(line[high] - line[low]) / (CELL_PX * max(1, high - low)))
