"""The motion brush: painted parts of the picture travel along their paths over a plate that stands still."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.brush.matte import Alpha, cut_out
from mutoscope.engines.procedural.brush.sprite import Sprite
from mutoscope.engines.procedural.brush.trajectory import Trajectory
from mutoscope.engines.procedural.sight.fill import extended, filled
from mutoscope.engines.procedural.timing import ease
from mutoscope.media.frames import Plane, Planes, planes_of_rgb
from mutoscope.media.image import RgbArray

_BEYOND_MAX: Final = 0.5
"""A part that reaches the picture's edge goes on beyond it, made up, as far as its path needs and this share allows."""
_RIM: Final = 0.004
"""A brush ends on the thing's blurred rim; the hole is this share of the frame's longer side wider all around."""
_SETTLE_S: Final = 0.4
"""What was brushed beside the thing turns into the made-up plate over this time instead of jumping there."""
_WHOLE: Final = 0.9
"""Of a brush that covers more than this share of the picture no thing is cut out: all of it moves."""

Sides = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


@dataclass(frozen=True, slots=True)
class Stroke:
    """One painted part and where it goes."""

    region: Plane
    """(height, width), 255 where painted; not empty."""
    path: Trajectory
    """Only differences count: the part moves as the path does from its first point."""


class BrushFilm:
    """Frame 0 is the picture; from then on each painted part is where its path has got to."""

    def __init__(
        self,
        picture: RgbArray,
        strokes: list[Stroke],
        *,
        num_frames: int,
        fps: int,
        seed: int,
        check: Check = unchecked,
    ) -> None:
        """
        Args:
            picture: of the frame's size.
            strokes: a smaller part lies on top of a larger one.
            seed: equal seeds make up equal plates.
            check: called between the steps and often within the long ones.
        """
        self.height_px, self.width_px = picture.shape[:2]
        self.num_frames = num_frames
        self.source = planes_of_rgb(picture)
        """The picture as it is drawn at first."""
        painted = np.maximum.reduce([stroke.region for stroke in strokes])
        plate = filled(picture, _widened(painted), seed=seed, check=check)
        self._plate = planes_of_rgb(plate)
        cutter = _Cutter(picture, plate, seed, check)
        ordered = sorted(strokes, key=lambda stroke: -int(np.count_nonzero(stroke.region)))
        alphas, self._sprites = [], []
        for index, stroke in enumerate(ordered):
            alpha, sprite = cutter.cut(stroke, [above.region for above in ordered[index + 1 :]])
            alphas.append(alpha)
            self._sprites.append(sprite)
        self._settling = _Settling(self.source, self._plate, painted, np.maximum.reduce(alphas))
        self._settle_frames = max(1.0, _SETTLE_S * fps)

    def draw(self, index: int, target: Planes) -> None:
        if index == 0:
            self.source.copy_to(target)
            return
        self._plate.copy_to(target)
        if index < self._settle_frames:
            self._settling.draw(1 - index / self._settle_frames, target)
        share = ease(index / (self.num_frames - 1))
        for sprite in self._sprites:
            sprite.draw(share, target)


class _Cutter:
    """Makes sprites of strokes."""

    def __init__(self, picture: RgbArray, plate: RgbArray, seed: int, check: Check) -> None:
        self._picture = picture
        self._plate = plate
        self._seed = seed
        self._check = check

    def cut(self, stroke: Stroke, above: list[Plane]) -> tuple[Alpha, Sprite]:
        """The stroke's matte over the picture, and its sprite; `above` are the strokes that lie on top of it."""
        picture = self._picture
        hidden = np.maximum.reduce([*above, np.zeros_like(stroke.region)])
        hidden = np.where(_widened(stroke.region) > 0, hidden, 0).astype(np.uint8)
        if hidden.any():  # what lies on top is no part of this one
            picture = filled(picture, _widened(hidden), seed=self._seed, check=self._check)
        self._check()
        if (stroke.region > 0).mean() > _WHOLE:
            alpha = stroke.region.astype(np.float32) / np.float32(255)
        else:
            alpha = cut_out(picture, self._plate, stroke.region, self._check)
        self._check()
        left, top, right, bottom = beyond = _beyond(stroke)
        wide_alpha = alpha
        if any(beyond):
            picture = extended(picture, *beyond, seed=self._seed, check=self._check)
            wide_alpha = np.asarray(
                cv2.copyMakeBorder(alpha, top, bottom, left, right, cv2.BORDER_REPLICATE), np.float32
            )
        return alpha, Sprite(picture, wide_alpha, (-left, -top), stroke.path)


class _Settling:
    """What was brushed beside the things, on its way from the picture to the plate."""

    def __init__(self, source: Planes, plate: Planes, painted: Plane, alpha: Alpha) -> None:
        rim = max(3, round(_RIM * max(painted.shape))) * 2 + 1
        near = cv2.dilate((alpha > 0.02).astype(np.uint8), np.ones((rim, rim), np.uint8))
        keep = np.where((_widened(painted) > 0) & (near == 0), 255, 0).astype(np.uint8)
        rows, columns = np.flatnonzero(keep.any(axis=1)), np.flatnonzero(keep.any(axis=0))
        self._is_empty = len(rows) == 0
        if self._is_empty:
            return
        top, bottom = int(rows[0]) & ~1, (int(rows[-1]) + 2) & ~1
        left, right = int(columns[0]) & ~1, (int(columns[-1]) + 2) & ~1
        self._box = (slice(top, bottom), slice(left, right))
        self._half = (slice(top // 2, bottom // 2), slice(left // 2, right // 2))
        soft = np.minimum(np.asarray(cv2.GaussianBlur(keep, (0, 0), 2.0), np.uint8), keep)[self._box]
        size = (soft.shape[1] // 2, soft.shape[0] // 2)
        self._keep = np.ascontiguousarray(soft)
        self._keep_half = np.asarray(cv2.resize(soft, size, interpolation=cv2.INTER_AREA), np.uint8)
        self._source, self._plate = source, plate

    def draw(self, share: float, target: Planes) -> None:
        """Show this share of the picture where nothing but the plate will be."""
        if self._is_empty:
            return
        for box, keep, source, plate, out in (
            (self._box, self._keep, self._source.y, self._plate.y, target.y),
            (self._half, self._keep_half, self._source.u, self._plate.u, target.u),
            (self._half, self._keep_half, self._source.v, self._plate.v, target.v),
        ):
            weight = cv2.convertScaleAbs(keep, alpha=share)
            shown = cv2.multiply(source[box], weight, scale=1 / 255)
            behind = cv2.multiply(plate[box], cv2.bitwise_not(weight), scale=1 / 255)
            out[box] = cv2.add(shown, behind)


def _widened(region: Plane) -> Plane:
    reach = max(2, round(_RIM * max(region.shape)))
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    return np.asarray(cv2.dilate(region, kernel), np.uint8)


def _beyond(stroke: Stroke) -> Sides:
    """How far beyond each edge that the part touches it has to go on so that its path shows no cut."""
    height, width = stroke.region.shape
    touched = (stroke.region[:, 0], stroke.region[0], stroke.region[:, -1], stroke.region[-1])
    left, up, right, down = stroke.path.reach()
    sides = []
    for edge, needed, side in zip(touched, (right, down, left, up), (width, height, width, height), strict=True):
        pixels = min(round(_BEYOND_MAX * side), int(np.ceil(needed)) + 4) if edge.any() and needed > 0 else 0
        sides.append(pixels + pixels % 2)
    return sides[0], sides[1], sides[2], sides[3]
