"""Every quality bar of the procedural engine; speed is measured elsewhere, in processes of their own."""

from typing import Final

from bench.quality import camera, figures, file, flicker, light, masks, morph, scenes, weather, words
from bench.quality.bar import Bar

BARS: Final[tuple[Bar, ...]] = (
    *camera.BARS,
    *file.BARS,
    *morph.BARS,
    *masks.BARS,
    *light.BARS,
    *weather.BARS,
    *flicker.BARS,
    *figures.BARS,
    *scenes.BARS,
    *words.BARS,
)
