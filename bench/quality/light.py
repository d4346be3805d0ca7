"""Bars of light, lens and sway: every word is visible."""

from typing import Final

from bench.quality.bar import Bar
from bench.quality.signatures import (
    Signature,
    bars_of,
    blue,
    chroma,
    corners,
    darkened,
    difference,
    lamps,
    luma,
    motion,
    pulse,
    red,
)

SIGNATURES: Final = (
    Signature("at sunset", "dY", luma, -32), Signature("at sunset", "dU", blue, -22),
    Signature("at sunset", "dV", red, 20),
    Signature("sunrise", "dU", blue, -6), Signature("sunrise", "dV", red, 5),
    Signature("night", "dY", luma, -70), Signature("night", "dU", blue, 13),
    Signature("lights dim", "dY", luma, -51),
    # What the figures above are of the light of a picture of day; and at night a little blue, for what is blue already.
    Signature("at sunset", "darkened", darkened, 0.33, "darkest"),
    Signature("night", "darkened", darkened, 0.70, "darkest"),
    Signature("lights dim", "darkened", darkened, 0.53, "darkest"),
    Signature("night", "bluer", blue, 6, "darkest"), Signature("night", "lamps", lamps, 1, "darkest"),
    Signature("lights up", "dY", luma, 22),
    Signature("neon", "pulse", pulse, 2), Signature("candlelight", "pulse", pulse, 8),
    Signature("strobe light", "pulse", pulse, 30),
    Signature("warm light", "dU", blue, -9), Signature("warm light", "dV", red, 7),
    Signature("cold light", "dU", blue, 9), Signature("cold light", "dV", red, -7),
    Signature("black and white", "chroma", chroma, -1), Signature("sepia", "chroma", chroma, -0.85),
    Signature("vivid", "chroma", chroma, 0.3), Signature("faded", "chroma", chroma, -0.5),
    Signature("bathed in gold light", "dU", blue, -10),
    Signature("film grain", "motion", motion, 5.5), Signature("dreamy", "dY", luma, 6.5),
    Signature("vignette", "corners", corners, -40),
    Signature("clouds drift", "difference", difference, 2.6, "most sky"),
    Signature("waves", "difference", difference, 3.3), Signature("wind", "difference", difference, 3.1),
    Signature("heat haze", "difference", difference, 2),
    Signature("god rays", "difference", difference, 6), Signature("lens flare", "difference", difference, 3),
    Signature("bokeh", "difference", difference, 2), Signature("motion blur", "difference", difference, 3),
)  # fmt: skip
BARS: Final[tuple[Bar, ...]] = bars_of(SIGNATURES)
