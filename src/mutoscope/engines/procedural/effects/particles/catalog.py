"""Which class draws which particle effect, in the order of drawing: far to near."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.effects.base import OverlayMaker
from mutoscope.engines.procedural.effects.particles.bubbles import Bubbles
from mutoscope.engines.procedural.effects.particles.cutouts import Cutouts
from mutoscope.engines.procedural.effects.particles.discs import Dust, Snow, embers, fireflies
from mutoscope.engines.procedural.effects.particles.dot import Dot
from mutoscope.engines.procedural.effects.particles.fireworks import Fireworks
from mutoscope.engines.procedural.effects.particles.heavens import ShootingStars, Stars
from mutoscope.engines.procedural.effects.particles.rain import Rain
from mutoscope.engines.procedural.plan import EffectName

OVERLAYS: Final[Mapping[EffectName, OverlayMaker]] = {
    "stars": Stars,
    "shooting star": ShootingStars,
    "fireworks": Fireworks,
    "dust": Dust,
    "rain": Rain,
    "storm": Rain,
    "snow": Snow,
    "petals": Cutouts,
    "leaves": Cutouts,
    "confetti": Cutouts,
    "bubbles": Bubbles,
    "embers": embers,
    "fireflies": fireflies,
    "dot": Dot,
}
