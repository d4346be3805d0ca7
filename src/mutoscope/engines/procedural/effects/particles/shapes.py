"""Outlines of flat things that tumble, around the origin, 1 from the middle to the tip."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Outline = NDArray[np.float64]
"""(points, 2): x to the tip's right, y towards the tip."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A flat thing: its outline, and lines or a patch upon it."""

    outline: Outline
    patch: Outline | None = None
    """A part of another shade."""
    patch_luma: float = 0.0
    """What the patch adds to luma."""
    stalk: Outline | None = None
    """A line from its base to its tip."""


def _mirrored(right: list[tuple[float, float]]) -> Outline:
    """The right half from base to tip, and the left half back."""
    left = [(-x, y) for x, y in reversed(right) if x != 0]
    return np.array([*right, *left])


_PETAL: Final = Shape(
    _mirrored(
        [(0, -1), (0.22, -0.85), (0.50, -0.45), (0.68, 0.05), (0.66, 0.50), (0.48, 0.84), (0.24, 1.0), (0, 0.78)]
    ),
    patch=_mirrored([(0, -0.98), (0.20, -0.70), (0.30, -0.25), (0.16, 0.22), (0, 0.30)]),
    patch_luma=-22,
)
_LANCE: Final = Shape(
    _mirrored(
        [(0, -0.80), (0.18, -0.74), (0.42, -0.48), (0.52, -0.12), (0.48, 0.24), (0.32, 0.58), (0.12, 0.86), (0, 1)]
    ),
    stalk=np.array([(0, -1.15), (0, 0.8)]),
)
_MAPLE: Final = Shape(
    _mirrored(
        [
            (0, -0.62), (0.34, -0.72), (0.30, -0.48), (0.86, -0.36), (0.70, -0.18), (0.98, 0.22), (0.66, 0.18),
            (0.58, 0.36), (0.30, 0.12), (0.36, 0.62), (0.20, 0.56), (0, 1),
        ]
    ),
    stalk=np.array([(0, -1.2), (0, 0.6)]),
)  # fmt: skip
_SLIP: Final = Shape(np.array([(-0.62, -1), (0.62, -1), (0.62, 1), (-0.62, 1)]))
_ROUND: Final = Shape(
    np.array([(0.8 * np.cos(angle), 0.8 * np.sin(angle)) for angle in np.arange(0, 2 * np.pi, np.pi / 7)])
)

SHAPES: Final[Mapping[str, tuple[Shape, ...]]] = {
    "petals": (_PETAL,),
    "leaves": (_LANCE, _MAPLE),
    "confetti": (_SLIP, _SLIP, _SLIP, _ROUND),
}
"""By the effect; a particle has one of these."""
