"""Reads the motion brush of a job: which part of the picture stays, which parts move, and along which paths."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.base import Context
from mutoscope.engines.procedural.brush.film import Stroke
from mutoscope.engines.procedural.brush.trajectory import Trajectory
from mutoscope.engines.procedural.stage import Stage
from mutoscope.errors import InputInvalid, Problem
from mutoscope.generation import DynamicMask, GenerationJob, InputFile
from mutoscope.limits import MASK_ASPECT_TOLERANCE
from mutoscope.media.frames import Plane
from mutoscope.media.image import read_image

_BLACK: Final = (0, 0, 0)
_WHITE: Final = (255, 255, 255)
_BRIGHT: Final = 128
"""From here on a mask's pixel counts as white."""


@dataclass(frozen=True, slots=True)
class Brush:
    """What the masks of a job come to at the frame's size."""

    pinned: Plane | None
    """(height, width), 255 where the static mask holds the picture; None where nothing is held."""
    strokes: list[Stroke]
    """Parts that move; none of them overlaps `pinned`."""


def read_brush(
    job: GenerationJob, picture: tuple[int, int], stage: Stage, *, pixels_max: int, context: Context
) -> Brush:
    """
    The masks and paths of a job; what each does, or why it does nothing, is said to `context`.

    Args:
        picture: width and height of the first frame as it was sent.
        pixels_max: bound on a mask's pixels.

    Raises:
        InputInvalid: a mask is not readable, not of the picture's aspect or not of the other masks' size.
    """
    masks = _Masks(picture, stage, pixels_max, context)
    pinned = None if job.static_mask is None else _pinned(masks.region(job.static_mask, "static mask"), context)
    strokes = []
    for index, mask in enumerate(job.dynamic_masks):
        name = f"dynamic_masks[{index}]"
        region = masks.region(mask.mask, name)
        if region is None:
            continue
        if not mask.trajectory:
            context.log(f"ignored: {name}, it has no trajectory", "WARN")
            continue
        if pinned is not None:
            region = np.where(pinned > 0, 0, region).astype(np.uint8)
            if not region.any():
                context.log(f"ignored: {name}, the static mask holds all of it", "WARN")
                continue
        _log_stroke(name, mask, region, context)
        for line in _departures(name, mask, picture, job.trajectory_origin):
            context.log(line, "WARN")
        strokes.append(Stroke(region, _path_of(mask, picture, stage, job.trajectory_origin)))
    return Brush(pinned, strokes)


class _Masks:
    """The masks of one request: all have one size, and the picture's aspect."""

    def __init__(self, picture: tuple[int, int], stage: Stage, pixels_max: int, context: Context) -> None:
        self._picture = picture
        self._frame = (stage.width_px, stage.height_px)
        self._pixels_max = pixels_max
        self._context = context
        self._first: tuple[int, int] | None = None

    def region(self, file: InputFile, name: str) -> Plane | None:
        """255 where the mask is white, at the frame's size; None, and said so, where nothing is."""
        light = self._read(file, _BLACK)
        size = (light.shape[1], light.shape[0])
        self._first = self._first or size
        _check_mask(file, size, self._first, self._picture)
        white = light >= _BRIGHT
        if not white.any():
            # Dark paint on nothing: the shape is in the transparency alone.
            see_through = self._read(file, _WHITE) >= _BRIGHT
            if not see_through.any() or see_through.all():
                self._context.log(f"ignored: {name}, its mask has no white pixel", "WARN")
                return None
            self._context.log(f"{name}: its mask is drawn in transparency alone; what is opaque counts as white")
            white = ~see_through
        region = self._scaled(white)
        if not region.any():
            frame = "x".join(map(str, self._frame))
            self._context.log(f"ignored: {name}, at {frame} nothing is left of its {white.sum()} white pixels", "WARN")
            return None
        return region

    def _read(self, file: InputFile, behind: tuple[int, int, int]) -> Plane:
        # However small: a mask is measured against the picture, which has to be large enough itself.
        rgb = read_image(file, pixels_max=self._pixels_max, side_px_min=1, behind_alpha=behind)
        return np.asarray(rgb.max(axis=2), np.uint8)

    def _scaled(self, white: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Plane:
        shrinks = white.shape[0] >= self._frame[1]
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        scaled = cv2.resize(white.astype(np.uint8) * np.uint8(255), self._frame, interpolation=method)
        return np.where(np.asarray(scaled) >= _BRIGHT, 255, 0).astype(np.uint8)


def _pinned(region: Plane | None, context: Context) -> Plane | None:
    if region is None:
        return None
    share = float((region > 0).mean())
    if share == 1:
        context.log("static mask: it is white all over, so the whole clip stays still")
    else:
        context.log(f"static mask: {100 * share:.1f} % of the picture stays as it is")
    return region


def _log_stroke(name: str, mask: DynamicMask, region: Plane, context: Context) -> None:
    share = float((region > 0).mean())
    points = len(mask.trajectory)
    said = f"{name}: {100 * share:.1f} % of the picture along {points} points"
    edges = (region[0], region[-1], region[:, 0], region[:, -1])
    if share == 1:
        context.log(f"{name}: its mask is white all over: the picture slides along {points} points")
    elif share > 0.5 and all(edge.any() for edge in edges):
        context.log(f"{said}; white is what moves. Is it inverted?", "WARN")
    else:
        context.log(said)
    if len(set(mask.trajectory)) == 1:
        context.log(f"{name}: all its points are one place, so it does not move", "WARN")


def _departures(name: str, mask: DynamicMask, picture: tuple[int, int], origin: str) -> Iterator[str]:
    """Says where a path leaves the picture first."""
    width, height = picture
    for number, (x, y) in enumerate(mask.trajectory, start=1):
        if not (0 <= x <= width and 0 <= y <= height):
            count = len(mask.trajectory)
            yield (
                f"{name}: from point {number} of {count} on, ({x}, {y}) from the {origin.replace('-', ' ')}, the path"
                f" is outside of the picture's {width}x{height}; it is followed"
            )
            return


def _path_of(mask: DynamicMask, picture: tuple[int, int], stage: Stage, origin: str) -> Trajectory:
    """The trajectory in pixels of the frame, y downwards."""
    width, height = picture
    points = np.array(mask.trajectory, np.float64)
    down = height - points[:, 1] if origin == "bottom-left" else points[:, 1]
    scaled = np.column_stack([points[:, 0] * stage.width_px / width, down * stage.height_px / height])
    return Trajectory(scaled, float(np.hypot(stage.width_px, stage.height_px)))


def _check_mask(file: InputFile, size: tuple[int, int], first: tuple[int, int], picture: tuple[int, int]) -> None:
    width, height = picture
    if size != first:
        text = (
            f"Mask is {size[0]}x{size[1]}, another mask of this request {first[0]}x{first[1]}; all masks need one size."
            f" Draw each on the picture itself, which is {width}x{height}"
        )
    elif abs(size[0] * height / (size[1] * width) - 1) > MASK_ASPECT_TOLERANCE:
        text = (
            f"Mask is {size[0]}x{size[1]}, the picture {width}x{height}; their aspects may differ by at most"
            f" {MASK_ASPECT_TOLERANCE:.0%}. Draw the mask on the picture itself"
        )
    else:
        return
    raise InputInvalid(Problem("value_error", file.loc, text, ctx={"error": text}))
