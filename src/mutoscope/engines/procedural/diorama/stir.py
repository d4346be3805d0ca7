"""What moves a painted scene by itself when the words say so: waves, clouds and wind, more or less at each moment."""

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

from mutoscope.engines.procedural.plan import Effect, EffectName

STIRRED: Final[frozenset[EffectName]] = frozenset(("waves", "clouds", "wind"))
"""Effects that a painted scene shows in its own water, sky and plants; nothing is laid over it for them."""
_CLOUDS_FASTER: Final = 8.0
_CLOUDS_IN_WIND: Final = 3.0
_WAVES_HIGHER: Final = 0.9
"""On the scale of a pond at 0 and the open sea at 0.55."""
_WAVES_IN_WIND: Final = 0.45
_STEPS: Final = 240
"""Moments of the clip between which the clouds' way goes straight."""
_GUSTS: Final = ((0.34, 1.0, 9.0), (0.83, 0.45, 17.0))
"""Hertz, weight, and how much later nearer plants bend."""


class Stir:
    """Levels of these effects over a clip; without any, a scene lives as quietly as it is painted."""

    def __init__(self, effects: Sequence[Effect] = (), seconds: float = 0.0) -> None:
        self._effects = [effect for effect in effects if effect.name in STIRRED]
        self._seconds = seconds
        self._shares = np.linspace(0, 1, _STEPS + 1)
        speeds = [1 + _CLOUDS_FASTER * self._level("clouds", share) + _CLOUDS_IN_WIND * self._level("wind", share)
                  for share in self._shares]  # fmt: skip
        ways = (np.array(speeds[1:]) + np.array(speeds[:-1])) / (2 * _STEPS)
        self._way = np.concatenate([[0.0], np.cumsum(ways)])

    @property
    def has_wind(self) -> bool:
        """Whether plants ever bend."""
        return any(effect.name == "wind" for effect in self._effects)

    def waves(self, share: float) -> float:
        """What is added to the height of waves."""
        return max(_WAVES_HIGHER * self._level("waves", share), _WAVES_IN_WIND * self._level("wind", share))

    def clouds(self, share: float) -> float:
        """How far clouds have gone from the middle of their way, 1 for a whole quiet clip."""
        return float(np.interp(share, self._shares, self._way) - self._way[-1] / 2)

    def wind(self, share: float, inverse: float) -> float:
        """How far plants at this distance bend, about -1 to 2, downwind above 0; gusts pass from far to near."""
        level = self._level("wind", share)
        if level == 0:
            return 0.0
        time = share * self._seconds
        wave = sum(weight * math.sin(math.tau * hertz * time - late * inverse) for hertz, weight, late in _GUSTS)
        return level * (0.5 + wave)

    def _level(self, name: EffectName, share: float) -> float:
        return max((effect.level(share) for effect in self._effects if effect.name == name), default=0.0)
