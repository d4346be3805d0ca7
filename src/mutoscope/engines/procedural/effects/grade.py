"""To be written."""

from collections.abc import Sequence
from typing import Final, get_args

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.plan import Effect, LightName
from mutoscope.media.frames import Planes

NAMES: Final = frozenset(get_args(LightName))


class Grade:
    """All light and color effects of a clip, as one table for each plane and moment."""

    def __init__(self, effects: Sequence[Effect], site: Site) -> None:
        self._effects = effects

    def draw(self, share: float, target: Planes) -> None:
        del share, target
