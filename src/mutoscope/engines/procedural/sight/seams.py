"""
Evens out a picture put together of copied pieces: what to add so that the pieces meet each other and their frame.

Poisson editing (Pérez, Gangnet, Blake, 2003) with weights: across the border of two pieces the picture changes as it
does where either came from, unless they differ so much that the border is an edge of the picture's own.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.sight.patches import Completion, Floats, Mask

_EDGE: Final = 24.0
"""A step of this many samples counts half; a larger one is left standing."""
_EDGE_BESIDE: Final = 72.0
"""The same where the copied meets the known: an edge of the picture's own seldom runs just there."""
_EDGE_BEYOND: Final = 30.0
"""The same along the picture's border: what that cuts may end there, and would spread like a fog if it were evened."""
_FADING: Final = 0.002
"""Pull of the corrections towards 0: they fade over some 20 pixels, so that no gradient runs away from the edge."""
_STEPS_MAX: Final = 160
_ENOUGH: Final = 0.02
"""Share of the first residual at which the corrections are smooth to the eye."""


def corrections(picture: Floats, hole: Mask, found: Completion, *, is_beyond: bool = False) -> Floats:
    """
    What to add to each pixel that was copied.

    Args:
        picture: (height, width, 3), known outside the hole.
        hole: (height, width).
        found: where each pixel of the hole was copied from.
        is_beyond: the hole is what lies beyond a picture's border.

    Returns:
        (height, width, 3); outside the hole it goes on as at the hole's edge, for enlarging.
    """
    rows = np.where(hole, found.row, 0).astype(np.intp)
    columns = np.where(hole, found.column, 0).astype(np.intp)
    beside = _EDGE_BEYOND if is_beyond else _EDGE_BESIDE
    downwards, sideways = (_Steps(picture, hole, rows, columns, axis, beside) for axis in (0, 1))
    solved = _solve(downwards, sideways, hole)
    inside = hole.astype(np.float32)
    near = np.asarray(cv2.blur(inside, (3, 3)), np.float32)
    spread = np.asarray(cv2.blur(solved, (3, 3)), np.float32) / np.maximum(near, 1e-6)[:, :, None]
    return np.where(hole[:, :, None], solved, spread).astype(np.float32)


class _Steps:
    """The steps from each pixel to the next one along an axis: how far they are from what they should be."""

    def __init__(
        self, picture: Floats, hole: Mask, rows: NDArray[np.intp], columns: NDArray[np.intp], axis: int, beside: float
    ) -> None:
        height, width = hole.shape
        self.before = (slice(None, -1), slice(None)) if axis == 0 else (slice(None), slice(None, -1))
        self.after = (slice(1, None), slice(None)) if axis == 0 else (slice(None), slice(1, None))
        at_row, at_column = np.mgrid[0:height, 0:width]

        def read(place: tuple[slice, slice], shift: tuple[slice, slice]) -> Floats:
            """The picture at `place`, as far away as the pixels at `shift` were copied from."""
            from_row = np.clip(at_row[place] + rows[shift], 0, height - 1)
            from_column = np.clip(at_column[place] + columns[shift], 0, width - 1)
            return np.asarray(picture[from_row, from_column], np.float32)

        first, second = read(self.before, self.before), read(self.after, self.after)
        by_first = read(self.after, self.before) - first
        by_second = second - read(self.before, self.after)
        count = hole[self.before].astype(np.float32) + hole[self.after]
        wanted = by_first * hole[self.before][:, :, None] + by_second * hole[self.after][:, :, None]
        wanted /= np.maximum(count, 1)[:, :, None]
        lacking = wanted - (second - first)
        edge = np.where(count == 1, np.float32(beside), np.float32(_EDGE))
        largest = np.abs(lacking).max(axis=2) / edge
        self.weight = np.where(count > 0, 1 / (1 + largest * largest), 0).astype(np.float32)[:, :, None]
        self.pull = lacking * self.weight

    def apply(self, values: Floats, out: Floats) -> None:
        """Add to `out` the weighted differences of each pixel from its neighbors."""
        step = (values[self.after] - values[self.before]) * self.weight
        out[self.after] += step
        out[self.before] -= step

    def right_side(self, out: Floats) -> None:
        out[self.after] += self.pull
        out[self.before] -= self.pull

    def diagonal(self, out: Floats) -> None:
        out[self.after] += self.weight
        out[self.before] += self.weight


def _solve(downwards: _Steps, sideways: _Steps, hole: Mask) -> Floats:
    """Conjugate gradients with a diagonal preconditioner; 0 outside the hole."""
    shape = (*hole.shape, 3)
    inside = hole.astype(np.float32)[:, :, None]
    residual, diagonal = np.zeros(shape, np.float32), np.zeros((*hole.shape, 1), np.float32)
    for steps in (downwards, sideways):
        steps.right_side(residual)
        steps.diagonal(diagonal)
    scale = inside / np.maximum(diagonal, 1e-3)
    residual *= inside
    solved: Floats = np.zeros(shape, np.float32)
    eased = residual * scale
    direction = np.asarray(eased, np.float32)
    energy = first_energy = float(np.vdot(residual, eased))
    for _ in range(_STEPS_MAX):
        if energy <= _ENOUGH**2 * first_energy:
            break
        image: Floats = np.zeros(shape, np.float32)
        downwards.apply(direction, image)
        sideways.apply(direction, image)
        image += np.float32(_FADING) * direction
        image *= inside
        length = np.float32(energy / float(np.vdot(direction, image)))
        solved += length * direction
        residual -= length * image
        eased = residual * scale
        before, energy = energy, float(np.vdot(residual, eased))
        direction = (eased + np.float32(energy / before) * direction).astype(np.float32)
    return solved
