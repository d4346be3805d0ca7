"""Where the camera of a painted scene looks: between pixels of the frame and of the canvas, for every distance."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import INVERSE_HORIZON, Easel
from mutoscope.engines.procedural.diorama.figures.base import View
from mutoscope.engines.procedural.plan import Pose
from mutoscope.engines.procedural.stage import Stage

Affine = NDArray[np.float64]
"""(2, 3): from pixels of the frame to pixels of the canvas."""
Values = NDArray[np.float32]

_DEPTH_LEFT_MIN: Final = 0.08
"""Nothing comes nearer than this share of its distance: the camera would pass through it."""


class Eye:
    """The camera at one moment. A thing at inverse distance i is a flat card, or a row of the ground."""

    def __init__(self, stage: Stage, easel: Easel, pose: Pose, share: float = 0.0) -> None:
        self.share = share
        """Of the clip."""
        self._focal = stage.focal_px
        self._easel = easel
        self._pose = pose
        self._center = np.array([(stage.width_px - 1) / 2, (stage.height_px - 1) / 2])
        self._base = self._center + np.array([easel.left_px, easel.top_px])
        narrow = math.exp(-pose.focal)
        cos, sin = math.cos(pose.roll) * narrow, math.sin(pose.roll) * narrow
        self._turn = np.array([[cos, -sin], [sin, cos]])

    def place(self, inverse: float, drift_px: float = 0.0) -> Affine:
        """Which pixel of the canvas a card at this inverse distance shows at each pixel of the frame."""
        turn = self._turn * self._left(inverse)
        offset = self._base + self._shift(inverse) + (drift_px, 0.0) - turn @ self._center
        return np.column_stack([turn, offset])

    def plant(self, inverse: float, foot_px: float, lean: float) -> Affine:
        """The same for a card that bends: `lean` pixels to the right for every pixel above its foot."""
        place = self.place(inverse)
        place[0] += lean * place[1]
        place[0, 2] -= lean * foot_px
        return place

    def view(self, inverse: float) -> View:
        """From the canvas to the frame, for a card at this inverse distance."""
        place = self.place(inverse)
        back = np.linalg.inv(place[:, :2])
        return View(np.column_stack([back, -back @ place[:, 2]]))

    def project(self, x: Values, y: Values, inverse: Values) -> tuple[Values, Values, Values]:
        """Where points of the canvas at distances of their own are seen: column, row, pixels of the frame per pixel."""
        left = np.maximum(1 - np.float32(self._pose.tz) * inverse, _DEPTH_LEFT_MIN)
        shift_x, shift_y = self._shift(0.0)
        away_x = (x - np.float32(self._base[0] + shift_x)) - np.float32(self._focal * self._pose.tx) * inverse
        away_y = (y - np.float32(self._base[1] + shift_y)) - np.float32(self._focal * self._pose.ty) * inverse
        back = np.linalg.inv(self._turn).astype(np.float32)
        seen_x = (back[0, 0] * away_x + back[0, 1] * away_y) / left + np.float32(self._center[0])
        seen_y = (back[1, 0] * away_x + back[1, 1] * away_y) / left + np.float32(self._center[1])
        return seen_x, seen_y, np.asarray(math.exp(self._pose.focal) / left, np.float32)

    def ground(self, x: Values, y: Values, *, nearest: float = 1.6) -> tuple[Values, Values, Values]:
        """Which point of the ground each pixel of the frame shows: column and row of the canvas, inverse distance."""
        easel, pose = self._easel, self._pose
        turn, center = self._turn, self._center
        away_x = turn[0, 0] * (x - center[0]) + turn[0, 1] * (y - center[1])
        away_y = turn[1, 0] * (x - center[0]) + turn[1, 1] * (y - center[1])
        shift_x, shift_y = self._shift(0.0)
        # The row seen is base + shift + F·ty·i + (1 − tz·i)·away, and i grows evenly with the row: one unknown.
        above = self._base[1] + shift_y + away_y - easel.horizon_px
        inverse = above / np.maximum(easel.depth_px - self._focal * pose.ty + pose.tz * away_y, 1e-3)
        inverse = np.clip(inverse, INVERSE_HORIZON * 0.2, nearest)
        left = 1 - pose.tz * inverse
        column = self._base[0] + shift_x + self._focal * pose.tx * inverse + left * away_x
        row = self._base[1] + shift_y + self._focal * pose.ty * inverse + left * away_y
        return column.astype(np.float32), row.astype(np.float32), inverse.astype(np.float32)

    def plane(self) -> NDArray[np.float64]:
        """The same as a homography, (3, 3), from pixels of the frame to pixels of the canvas; not held to a range."""
        easel, pose = self._easel, self._pose
        shift = self._base + self._shift(0.0)
        down = shift[1] - easel.horizon_px
        # Linear in the pixel: how far it looks away from the middle, and a constant.
        away = np.vstack([np.column_stack([self._turn, -self._turn @ self._center]), [0.0, 0.0, 1.0]])
        nearer = easel.depth_px - self._focal * pose.ty
        weight = pose.tz * away[1] + nearer * away[2]
        rise = away[1] + down * away[2]
        column = shift[0] * weight + (nearer - pose.tz * down) * away[0] + self._focal * pose.tx * rise
        row = easel.horizon_px * weight + easel.depth_px * rise
        return np.stack([column, row, weight])

    def _left(self, inverse: float) -> float:
        return max(1 - self._pose.tz * inverse, _DEPTH_LEFT_MIN)

    def _shift(self, inverse: float) -> NDArray[np.float64]:
        pose = self._pose
        return self._focal * np.array(
            [pose.tx * inverse + math.tan(pose.yaw), pose.ty * inverse - math.tan(pose.pitch)]
        )


def row_at(place: Affine, canvas_row: float, x: float) -> float:
    """Row of the frame that looks at this canvas row in column x."""
    return float((canvas_row - place[1, 2] - place[1, 0] * x) / place[1, 1])


def is_copy(place: Affine) -> bool:
    """True when each pixel of the frame shows one whole pixel of the canvas, and each chroma sample one sample."""
    (a, b, x), (c, d, y) = place.tolist()
    straight = abs(a - 1) < 1e-9 and abs(d - 1) < 1e-9 and abs(b) < 1e-9 and abs(c) < 1e-9
    return bool(straight and abs(x / 2 - round(x / 2)) < 1e-6 and abs(y / 2 - round(y / 2)) < 1e-6)
