"""Bars of weather and all that flies or glows: each word is seen as strongly as it should be, and in its color."""

from collections.abc import Mapping
from functools import cache, partial
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from bench.quality.bar import Bar
from bench.quality.clips import clip
from bench.quality.signatures import (
    Signature,
    bars_of,
    blue,
    brightened,
    chosen,
    flash,
    flatness,
    hues,
    look,
    luma,
    motion,
    new_hues,
    plume,
    red,
)
from mutoscope.engines.procedural.plan import ColorName
from mutoscope.media.frames import planes_of_rgb

SIGNATURES: Final = (
    Signature("snow", "motion", motion, 2.2), Signature("snow", "dU", blue, 3.8), Signature("snow", "dV", red, -2.9),
    Signature("rain", "motion", motion, 1.7), Signature("rain", "dY", luma, -20),
    Signature("storm", "motion", motion, 1.7), Signature("storm", "dY", luma, -20),
    Signature("storm", "flash", flash, 50),
    Signature("fog", "motion", motion, 0.16), Signature("fog", "dY", luma, 10),
    Signature("fog", "contrast", flatness, 6),
    Signature("smoke", "motion at the plume", plume, 0.5),
    Signature("dust", "motion", motion, 0.12), Signature("dust", "dU", blue, -1.5), Signature("dust", "dV", red, 1.0),
    Signature("embers", "motion", motion, 1.3), Signature("embers", "dV", red, 0.2),
    Signature("fireflies", "motion", motion, 0.19), Signature("fireflies", "dU", blue, -0.6),
    Signature("petals fall", "motion", motion, 0.43),
    Signature("autumn leaves", "motion", motion, 0.40), Signature("autumn leaves", "dU", blue, -0.3),
    Signature("confetti", "motion", motion, 1.06), Signature("confetti", "hues", hues, 8),
    Signature("bubbles", "motion", motion, 0.35), Signature("bubbles", "brightened", brightened, 8),
    Signature("stars", "brightened", brightened, 3, "most sky"),
    Signature("shooting star", "brightened", brightened, 1.5, "most sky"),
    Signature("fireworks", "hues", hues, 8, "most sky"),
    Signature("fireworks", "brightened", brightened, 10, "most sky"),
)  # fmt: skip
"""Figures of the first prototype where it had some."""
_DOTS: Final[Mapping[ColorName, tuple[int, int, int]]] = {
    "red": (255, 24, 20),
    "green": (40, 235, 60),
    "blue": (40, 90, 255),
}


def dot_hue() -> float:
    """Share of the colored samples that a red, a green and a blue dot leave which have its hue; the worst of nine."""
    shares = []
    for photo in chosen("lightest"):
        for color, rgb in _DOTS.items():
            own = planes_of_rgb(np.full((2, 2, 3), rgb, np.uint8))
            target = np.arctan2(float(own.v[0, 0]) - 128, float(own.u[0, 0]) - 128)
            found = new_hues(look(f"a {color} dot", photo), 80)
            off = np.abs((found - target + np.pi) % (2 * np.pi) - np.pi)
            shares.append(float((off < np.radians(50)).mean()) if found.size > 40 else 0.0)
    return min(shares)


def busiest(word: str, tau: float) -> float:
    """The most motion of a word on three photos, as a multiple of its signature."""
    return max(motion(look(word, photo)) for photo in chosen("lightest")) / tau


@cache
def busy_shares() -> tuple[float, float]:
    """Temporal energy before snow comes and after it has gone, as shares of its peak; of a decoded clip."""
    lumas = clip("Static shot, then snow falls, finally the snow stops").lumas
    energy = [float(cv2.absdiff(first, second).mean()) for first, second in pairwise(lumas)]
    sixths = [float(np.mean(part)) for part in np.array_split(energy, 6)]
    peak = max(sixths)
    return max(sixths[:2]) / peak, sixths[-1] / peak


BARS: Final[tuple[Bar, ...]] = (
    *bars_of(SIGNATURES),
    *(
        Bar(
            id=f"E1-{word}-at-most",
            text=f"'{word}': motion as a multiple of {tau:g}; what is denser than need be costs bytes and time",
            measure=partial(busiest, word, tau),
            bound=1.6,
        )
        for word, tau in (("snow", 2.2), ("rain", 1.7))
    ),
    Bar(
        id="E4-decoded-before",
        text="'static, then snow, finally the snow stops': most motion in a sixth of the first third, of the peak's",
        measure=lambda: busy_shares()[0],
        bound=0.05,
    ),
    Bar(
        id="E4-decoded-after",
        text="'static, then snow, finally the snow stops': motion in the last sixth, as a share of the peak's",
        measure=lambda: busy_shares()[1],
        bound=0.10,
    ),
    Bar(
        id="E1-dot",
        text="samples colored by a red, green or blue dot that have its hue",
        measure=dot_hue,
        bound=0.5,
        at_most=False,
    ),
)
