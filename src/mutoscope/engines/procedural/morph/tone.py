"""The way from one picture's light to another's, so that a change of exposure or color is part of the move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mutoscope.media.frames import Plane

Tables = tuple[Plane, Plane, Plane]
"""A new value for each of 256, for luma and both chroma planes."""

_GAIN_MAX: Final = 1.6
_SEEN: Final = 1.5
"""Code values of mean difference up to which there is no other light."""


@dataclass(frozen=True, slots=True)
class _Line:
    """value → gain·(value − source) + target: mean and contrast of one plane in another light."""

    gain: float
    source: float
    target: float

    def table(self, share: float) -> Plane:
        values = np.arange(256)
        there = self.gain * (values - self.source) + self.target
        return np.clip(np.rint(values + share * (there - values)), 0, 255).astype(np.uint8)

    def back(self) -> "_Line":
        return _Line(1 / self.gain, self.target, self.source)


@dataclass(frozen=True, slots=True)
class Tone:
    """What turns a first picture's light into a second's."""

    lines: tuple[_Line, _Line, _Line]

    @classmethod
    def between(cls, first: Sequence[NDArray[np.uint8]], second: Sequence[NDArray[np.uint8]]) -> "Tone | None":
        """From samples of Y, U and V that show the same places in both; None when the light is the same."""
        y, u, v = (_line(*pair) for pair in zip(first, second, strict=True))
        differs = any(abs(line.target - line.source) > _SEEN for line in (y, u, v))
        return cls((y, u, v)) if differs else None

    def tables(self, share: float) -> tuple[Tables, Tables]:
        """For the first picture this share of the way, and for the second the rest of the way back."""
        y, u, v = self.lines
        rest = 1 - share
        return (
            (y.table(share), u.table(share), v.table(share)),
            (y.back().table(rest), u.back().table(rest), v.back().table(rest)),
        )


def _line(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> _Line:
    spread = max(1.0, float(first.std())), max(1.0, float(second.std()))
    gain = min(max(spread[1] / spread[0], 1 / _GAIN_MAX), _GAIN_MAX)
    return _Line(gain, float(first.mean()), float(second.mean()))
