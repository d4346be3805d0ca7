"""Colors of what flies, and what weather does to the light of a whole frame, in BT.709 limited range."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mutoscope.engines.procedural.colors import Rgb
from mutoscope.media.frames import planes_of_rgb

LUMA_MIN: Final = 16
LUMA_MAX: Final = 235


@dataclass(frozen=True, slots=True)
class Color:
    """A color in BT.709 limited range."""

    y: float
    u: float
    v: float

    @classmethod
    def of(cls, rgb: Rgb) -> "Color":
        planes = planes_of_rgb(np.full((2, 2, 3), rgb, np.uint8))
        return cls(float(planes.y[0, 0]), float(planes.u[0, 0]), float(planes.v[0, 0]))


@dataclass(frozen=True, slots=True)
class Tone:
    """What weather does to the light of the whole frame."""

    gain: float = 1.0
    """On luma above black."""
    haze: float = 0.0
    """How far luma is drawn towards `haze_luma`."""
    haze_luma: float = 200.0
    saturation: float = 1.0
    cool: tuple[float, float] = (0.0, 0.0)
    """Added to U and to V."""

    def at(self, level: float) -> "Tone":
        """The same, so far in."""
        return Tone(
            1 + (self.gain - 1) * level,
            self.haze * level,
            self.haze_luma,
            1 + (self.saturation - 1) * level,
            (self.cool[0] * level, self.cool[1] * level),
        )

    @property
    def luma(self) -> tuple[float, float]:
        """Factor and summand."""
        keep = 1 - self.haze
        return self.gain * keep, LUMA_MIN * (1 - self.gain) * keep + self.haze * self.haze_luma

    def chroma(self, plane: int) -> tuple[float, float]:
        """Factor and summand of U (0) or V (1)."""
        return self.saturation, 128 * (1 - self.saturation) + self.cool[plane]


NEUTRAL: Final = Tone()
