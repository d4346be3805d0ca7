"""
F6: the light of a clip does not jitter unless words ask for it; the second difference of mean luma tells.

Words of light change it by as much as 70 code values on purpose while they come, so they are measured once they are
there; everything else from its first frame on. Every row is the worst of its words, on photos that are light, that are
dark and that have a sky, with a still camera and with one that moves in.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import numpy as np

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, film, frame
from mutoscope.engines.procedural.plan import FADE

_AREA_PX: Final = 320 * 214
_PHOTOS: Final = ("demo", "cat", "rocket")
_CAMERAS: Final = ("static shot", "camera slowly zooms in")
_ROWS: Final[Mapping[str, tuple[str, ...]]] = {
    "camera": ("", ""),
    "falling": ("snow", "heavy snow", "rain", "petals fall", "autumn leaves", "confetti"),
    "floating": ("fog", "steam", "dust", "bubbles", "fireflies", "embers", "a red dot"),
    "sky-and-ground": ("stars", "clouds drift", "waves", "wind", "heat haze"),
    "lens": ("god rays", "lens flare", "bokeh", "motion blur", "dreamy", "vignette"),
}
_LIGHTS: Final = (
    "at sunset", "sunrise", "night", "lights dim", "lights up", "warm light", "cold light", "black and white", "sepia",
    "vivid", "faded", "bathed in gold light",
)  # fmt: skip


def flicker(words: Sequence[str], *, since: float = 0.0) -> float:
    """Root mean square of the second difference of mean luma, worst of all clips; past the exact first frame."""
    worst = 0.0
    for index, word in enumerate(words):
        for photo in _PHOTOS:
            # Each word under one camera of the two on each photo, in turns: all of both would take too long.
            camera = _CAMERAS[(index + _PHOTOS.index(photo)) % len(_CAMERAS)]
            shown = film(f"{word}, {camera}", first_frame=PHOTOS[photo], area_px=_AREA_PX)
            first = max(1, round(since * (shown.num_frames - 1)))
            means = np.array([frame(shown, at).y.mean() for at in range(first, shown.num_frames)])
            worst = max(worst, float(np.sqrt(np.mean(np.diff(means, 2) ** 2))))
    return worst


BARS: Final[tuple[Bar, ...]] = (
    *(
        Bar(
            id=f"F6-{name}",
            text=f"flicker: second difference of mean luma: {', '.join(words) if any(words) else 'no effect'}",
            measure=partial(flicker, words),
            bound=0.15,
            unit="code values rms",
        )
        for name, words in _ROWS.items()
    ),
    Bar(
        id="F6-light",
        text="flicker: second difference of mean luma: words of light, once they are there",
        measure=partial(flicker, _LIGHTS, since=FADE),
        bound=0.15,
        unit="code values rms",
    ),
    Bar(
        id="F6-sunset",
        text="flicker: second difference of mean luma: a sunset, from the start",
        measure=partial(flicker, ("at sunset",)),
        bound=0.15,
        unit="code values rms",
    ),
)
