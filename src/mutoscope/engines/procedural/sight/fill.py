"""Makes up what a picture does not show: the place behind a part that moved away, and the world beyond its edges."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.sight.membrane import membrane
from mutoscope.engines.procedural.sight.patches import Completion, Floats, Mask, complete
from mutoscope.engines.procedural.sight.seams import corrections
from mutoscope.media.frames import Plane
from mutoscope.media.image import RgbArray

_SIDE_PX: Final = 240
"""Longer side at which patches are looked for; detail comes from the full picture, so more buys little."""
_WHOLE: Final = 0.999
"""A cell of which less is known belongs to the hole."""
_STEEPNESS: Final = 2.0
"""Pieces fade into each other over this part of a cell: over all of it would blur, at once would show."""
_TILE_PX: Final = 128

Box = tuple[slice, slice]


def filled(rgb: RgbArray, hole: Plane, *, seed: int, check: Check = unchecked) -> RgbArray:
    """
    The picture with its hole made up from the rest of it. Samples outside the hole are returned untouched.

    Args:
        rgb: (height, width, 3).
        hole: (height, width), above 0 where something is to be made up.
        seed: equal seeds give equal fillings.
        check: called every few hundredths of a second.

    Returns:
        A new picture. Where nearly nothing lies outside the hole, a smooth one; where nothing does, its mean color.
    """
    return _made_up(rgb, hole, seed=seed, check=check, is_beyond=False)


def extended(
    rgb: RgbArray, left: int, top: int, right: int, bottom: int, *, seed: int, check: Check = unchecked
) -> RgbArray:
    """
    The picture with so many pixels of made-up world added on each side; itself untouched in the middle.

    Returns:
        (top + height + bottom, left + width + right, 3).
    """
    height, width = rgb.shape[:2]
    wide = np.zeros((top + height + bottom, left + width + right, 3), np.uint8)
    wide[top : top + height, left : left + width] = rgb
    hole = np.full(wide.shape[:2], 255, np.uint8)
    hole[top : top + height, left : left + width] = 0
    return _made_up(wide, hole, seed=seed, check=check, is_beyond=True)


def _made_up(rgb: RgbArray, hole: Plane, *, seed: int, check: Check, is_beyond: bool) -> RgbArray:
    result = rgb.copy()
    missing = hole > 0
    if not missing.any():
        return result
    if missing.all():
        result[:] = np.rint(rgb.mean(axis=(0, 1)))
        return result
    window = _window(missing)
    part = rgb[window].copy()
    _fill_window(
        part, np.ascontiguousarray(missing[window]), rgb.shape[:2], np.random.default_rng(seed), check, is_beyond
    )
    result[window] = part
    return result


def _window(missing: Mask) -> Box:
    """The hole and one and a half times as much on each side: what lies farther away would only cost resolution."""
    window = []
    for axis, side in ((1, missing.shape[0]), (0, missing.shape[1])):
        found = np.flatnonzero(missing.any(axis=axis))
        low, high = int(found[0]), int(found[-1]) + 1
        margin = max(3 * (high - low) // 2, side // 4)
        window.append(slice(max(0, low - margin), min(side, high + margin)))
    return window[0], window[1]


def _fill_window(
    part: RgbArray, missing: Mask, whole: tuple[int, ...], random: np.random.Generator, check: Check, is_beyond: bool
) -> None:
    """Fill in place. `whole` is the shape of the picture that this is a part of."""
    height, width = missing.shape
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    share, mean = _known_mean(part, missing, size)
    whole_px = (whole[0] * size[1] / height, whole[1] * size[0] / width)
    found = complete(mean, share < _WHOLE, whole_px=whole_px, random=random, check=check)
    if found is None:
        smooth = membrane(mean, share)
        for tile in _tiles(missing):
            check()
            _put(part, missing, tile, _enlarged(smooth, tile, missing.shape))
        return
    even = corrections(mean, share < _WHOLE, found, is_beyond=is_beyond)
    source = part.copy()
    for tile in _tiles(missing):
        check()
        _put(part, missing, tile, _copied(source, found, tile) + _enlarged(even, tile, missing.shape))


def _known_mean(part: RgbArray, missing: Mask, size: tuple[int, int]) -> tuple[Floats, Floats]:
    """What share of each cell is known, and its mean color."""
    masked = part.copy()
    masked[missing] = 0
    known = (~missing).astype(np.float32)
    share = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    mean = np.asarray(cv2.resize(masked, size, interpolation=cv2.INTER_AREA), np.float32)
    mean /= np.maximum(share, 1 / 255)[:, :, None]
    return share, mean


def _tiles(wanted: Mask) -> Iterator[Box]:
    """Squares that together cover what is wanted."""
    height, width = wanted.shape
    for top in range(0, height, _TILE_PX):
        for left in range(0, width, _TILE_PX):
            tile = (slice(top, min(height, top + _TILE_PX)), slice(left, min(width, left + _TILE_PX)))
            if wanted[tile].any():
                yield tile


def _copied(part: RgbArray, found: Completion, tile: Box) -> Floats:
    """Each pixel from where its patch came from; pieces fade into each other."""
    height, width = part.shape[:2]
    small_height, small_width = found.row.shape
    at_row, at_column = np.arange(tile[0].start, tile[0].stop), np.arange(tile[1].start, tile[1].stop)
    rows = _cells(tile[0], small_height, height, steepness=_STEEPNESS)
    columns = _cells(tile[1], small_width, width, steepness=_STEEPNESS)
    out = np.zeros((len(at_row), len(at_column), 3), np.float32)
    for cell_row, share_down in rows:
        for cell_column, share_across in columns:
            cell = np.ix_(cell_row, cell_column)
            down = np.rint(found.row[cell] * np.float32(height / small_height)).astype(np.intp)
            across = np.rint(found.column[cell] * np.float32(width / small_width)).astype(np.intp)
            from_row = np.clip(at_row[:, None] + down, 0, height - 1)
            from_column = np.clip(at_column + across, 0, width - 1)
            out += part[from_row, from_column] * (share_down[:, None] * share_across)[:, :, None]
    return out


def _enlarged(cells: Floats, tile: Box, shape: tuple[int, ...]) -> Floats:
    """A tile of what `cells` is at the size `shape`, bilinear."""
    rows = [cells[index] * share[:, None, None] for index, share in _cells(tile[0], cells.shape[0], shape[0])]
    wide = rows[0] + rows[1]
    columns = [wide[:, index] * share[:, None] for index, share in _cells(tile[1], cells.shape[1], shape[1])]
    return np.asarray(columns[0] + columns[1], np.float32)


def _cells(pixels: slice, cells: int, side: int, steepness: float = 1.0) -> list[tuple[NDArray[np.intp], Floats]]:
    """For each pixel the two cells it lies between, and its share of each; linear at a steepness of 1."""
    places = (np.arange(pixels.start, pixels.stop, dtype=np.float32) + 0.5) * np.float32(cells / side) - 0.5
    before = np.floor(places)
    later = np.clip((places - before - 0.5) * steepness + 0.5, 0, 1).astype(np.float32)
    index = before.astype(np.intp)
    return [(np.clip(index, 0, cells - 1), 1 - later), (np.clip(index + 1, 0, cells - 1), later)]


def _put(part: RgbArray, missing: Mask, tile: Box, picture: Floats) -> None:
    samples = np.clip(picture + 0.5, 0, 255).astype(np.uint8)
    np.copyto(part[tile], samples, where=missing[tile][:, :, None])
