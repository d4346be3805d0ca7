"""Light on its way to the film: which class draws which of its effects."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.effects.base import OverlayMaker
from mutoscope.engines.procedural.effects.beams import GodRays, LensFlare
from mutoscope.engines.procedural.effects.film_look import Glow, Grain, Vignette
from mutoscope.engines.procedural.effects.focus import Bokeh, MotionBlur
from mutoscope.engines.procedural.effects.sky_and_water import CloudLight, Ripples
from mutoscope.engines.procedural.plan import EffectName

OVERLAYS: Final[Mapping[EffectName, OverlayMaker]] = {
    "clouds": CloudLight,
    "waves": Ripples,
    "bokeh": Bokeh,
    "motion blur": MotionBlur,
    "god rays": GodRays,
    "glow": Glow,
    "lens flare": LensFlare,
    "vignette": Vignette,
    "grain": Grain,
}
"""In the order in which light meets them: sky and water, focus, air, glass, film."""
