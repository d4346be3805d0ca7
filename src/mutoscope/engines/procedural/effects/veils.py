"""To be written."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.effects.base import OverlayMaker
from mutoscope.engines.procedural.plan import EffectName

OVERLAYS: Final[Mapping[EffectName, OverlayMaker]] = {}
