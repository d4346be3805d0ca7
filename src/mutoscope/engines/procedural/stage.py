"""The constants of one clip's geometry."""

import math
import zlib
from dataclasses import dataclass
from typing import Final

import numpy as np

_HALF_VIEW: Final = 0.45
"""Half the opening angle across the longer side, radians."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Size, length and chance of one clip."""

    width_px: int
    height_px: int
    duration_s: float
    seed: int

    @property
    def focal_px(self) -> float:
        return 0.5 * max(self.width_px, self.height_px) / math.tan(_HALF_VIEW)

    @property
    def reach(self) -> tuple[float, float]:
        """Factors on sideways and upward moves, so that they are the same share of the frame in every aspect."""
        longer = max(self.width_px, self.height_px)
        return self.width_px / longer, min(1.0, self.height_px * 16 / 9 / longer)

    @property
    def unit_px(self) -> float:
        """The size that flakes, streaks and letters are shares of: 720 in a 1280×720 frame, by the root of the area."""
        return math.sqrt(self.width_px * self.height_px) * 0.75

    def random(self, what: str) -> np.random.Generator:
        """A stream of chance for one thing, so that adding another does not reshuffle it."""
        return np.random.default_rng([self.seed, zlib.crc32(what.encode())])
