"""The motion brush: painted parts of the picture travel along their paths over a plate that stands still."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.timing import ease
from mutoscope.media.frames import Plane, Planes

_FILL_WIDTH_PX: Final = 480
"""The hole behind a sprite is filled at this width: the method smears, so more pixels would add cost and no detail."""
_FEATHER_PX: Final = 1.5
_STEPS_PER_SPAN: Final = 32

Path2D = NDArray[np.float64]
"""(points, 2): x and y in pixels of the frame, y downwards."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One painted part and where it goes."""

    region: Plane
    """(height, width), 255 where painted."""
    path: Path2D
    """Only differences count: the part moves as the path does from its first point."""


class BrushFilm:
    """Frame 0 is the picture; from then on each painted part is where its path has got to."""

    def __init__(self, source: Planes, strokes: list[Stroke], *, num_frames: int) -> None:
        self.width_px, self.height_px, self.num_frames = source.width_px, source.height_px, num_frames
        self._source = source
        painted = np.maximum.reduce([stroke.region for stroke in strokes])
        self._plate = _fill(source, painted)
        self._sprites = [_Sprite(source, stroke) for stroke in strokes]

    def draw(self, index: int, target: Planes) -> None:
        if index == 0:
            self._source.copy_to(target)
            return
        self._plate.copy_to(target)
        for sprite in self._sprites:
            sprite.draw(index / (self.num_frames - 1), target)


class _Sprite:
    """The cut-out of one stroke, at any place and any fraction of a pixel."""

    def __init__(self, source: Planes, stroke: Stroke) -> None:
        rows, columns = np.nonzero(stroke.region)
        # A margin for the feather and the fraction, even so that chroma stays aligned.
        self._left = max(0, (int(columns.min()) - 4) // 2 * 2)
        self._top = max(0, (int(rows.min()) - 4) // 2 * 2)
        right = min(source.width_px, int(columns.max()) + 5)
        bottom = min(source.height_px, int(rows.max()) + 5)
        right, bottom = right + right % 2, bottom + bottom % 2
        box = (slice(self._top, bottom), slice(self._left, right))
        half = (slice(self._top // 2, bottom // 2), slice(self._left // 2, right // 2))
        alpha = _feathered(stroke.region)[box]
        height, width = alpha.shape
        self._alpha = np.ascontiguousarray(alpha)
        half_size = (width // 2, height // 2)
        self._alpha_half = np.asarray(cv2.resize(alpha, half_size, interpolation=cv2.INTER_AREA), np.float32)
        self._planes = Planes(source.y[box].copy(), source.u[half].copy(), source.v[half].copy())
        self._path = smooth_path(stroke.path)

    def draw(self, share: float, target: Planes) -> None:
        x, y = position_on(self._path, ease(share)) - self._path[0]
        whole_x, whole_y = int(np.floor(x / 2)) * 2, int(np.floor(y / 2)) * 2
        left, top = self._left + whole_x, self._top + whole_y
        _paste(target.y, self._planes.y, self._alpha, left, top, x - whole_x, y - whole_y)
        for plane, sprite in ((target.u, self._planes.u), (target.v, self._planes.v)):
            _paste(plane, sprite, self._alpha_half, left // 2, top // 2, (x - whole_x) / 2, (y - whole_y) / 2)


def smooth_path(points: Path2D) -> Path2D:
    """A uniform Catmull-Rom curve through the points, sampled finely; straight for two points."""
    if len(points) == 2:
        return np.linspace(points[0], points[1], _STEPS_PER_SPAN)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, _STEPS_PER_SPAN, endpoint=False)[:, None]
    spans = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.vstack([*spans, points[-1:]])


def position_on(path: Path2D, share: float) -> NDArray[np.float64]:
    """The point (x, y) after this share of the path's length."""
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    at = share * lengths[-1]
    return np.array([np.interp(at, lengths, path[:, 0]), np.interp(at, lengths, path[:, 1])])


def _feathered(region: Plane) -> NDArray[np.float32]:
    """Opacity 0 to 1: soft just inside the region's edge, 0 outside."""
    inner = cv2.erode(region, np.ones((3, 3), np.uint8))
    soft = cv2.GaussianBlur(inner, (0, 0), _FEATHER_PX)
    return np.asarray(np.minimum(soft, region), np.float32) / np.float32(255)


def _paste(
    target: Plane, sprite: Plane, alpha: NDArray[np.float32], left: int, top: int, shift_x: float, shift_y: float
) -> None:
    """Blend the sprite, moved by a fraction, over the part of the target that it meets."""
    height, width = sprite.shape
    place = np.array([[1, 0, shift_x], [0, 1, shift_y]])
    moved = cv2.warpAffine(sprite, place, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    cover = cv2.warpAffine(alpha, place, (width, height), flags=cv2.INTER_LINEAR, borderValue=(0.0,))
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(target.shape[1], left + width), min(target.shape[0], top + height)
    if x0 >= x1 or y0 >= y1:
        return
    seen = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    below = target[y0:y1, x0:x1]
    weight = np.ascontiguousarray(cover[seen])
    np.copyto(
        below, cv2.blendLinear(np.ascontiguousarray(moved[seen]), np.ascontiguousarray(below), weight, 1 - weight)
    )


def _fill(source: Planes, painted: Plane) -> Planes:
    """The picture without the painted parts: their place is smeared over from around it."""
    height, width = painted.shape
    scale = min(1.0, _FILL_WIDTH_PX / width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    hole = np.asarray(cv2.resize(cv2.dilate(painted, np.ones((5, 5), np.uint8)), size), np.uint8)
    hole = np.where(hole > 0, 255, 0).astype(np.uint8)
    chroma_hole = painted.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3))
    filled = []
    for plane, region in ((source.y, painted), (source.u, chroma_hole), (source.v, chroma_hole)):
        small = cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
        patch = cv2.resize(
            cv2.inpaint(small, hole, 5, cv2.INPAINT_TELEA), plane.shape[::-1], interpolation=cv2.INTER_LINEAR
        )
        filled.append(np.where(region > 0, patch, plane).astype(np.uint8))
    return Planes(*filled)
