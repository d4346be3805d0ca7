"""To be written."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.effects.base import DisplacementMaker
from mutoscope.engines.procedural.plan import EffectName

DISPLACEMENTS: Final[Mapping[EffectName, DisplacementMaker]] = {}
