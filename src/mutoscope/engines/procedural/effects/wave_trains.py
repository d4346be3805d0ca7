"""Trains of waves on the nodes of a grid: what sways, ripples and shimmers is a few sines that travel."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.warp import CELL_PX, Map

GRADIENT_MAX: Final = 0.33
"""Pixels of shift per pixel: beyond about a half a picture folds, and a camera needs room too."""
_LOOKS: Final = 12
"""Moments of a period at which the steepest gradient is looked for."""


@dataclass(frozen=True, slots=True)
class Train:
    """One sine: amplitude · sin(phase − 2π · speed_hz · t) at every node."""

    amplitude: Map
    """Pixels."""
    phase: Map
    """Radians; a gradient of it is a direction of travel."""
    speed_hz: float


class Trains:
    """
    A sum of trains.

    sin(phase − ωt) = sin(phase)·cos(ωt) − cos(phase)·sin(ωt), so a moment is one product of a small vector and a matrix
    made beforehand, however many trains there are.
    """

    def __init__(self, trains: Sequence[Train], *, level_max: float) -> None:
        """`level_max`: the highest level it will be asked for; amplitudes are lowered until nothing folds at it."""
        self._shape = trains[0].amplitude.shape
        self._turns = 2 * np.pi * np.array([train.speed_hz for train in trains])
        parts = [train.amplitude * np.sin(train.phase) for train in trains]
        parts += [train.amplitude * np.cos(train.phase) for train in trains]
        self._parts: NDArray[np.float32] = np.stack([part.ravel() for part in parts]).astype(np.float32)
        steepest = max(steepness(self.at(look * 0.37)) for look in range(_LOOKS)) * max(level_max, 1e-6)
        self._parts *= np.float32(min(1.0, GRADIENT_MAX / max(steepest, 1e-6)))

    def at(self, time_s: float, level: float = 1.0) -> Map:
        """Shift in pixels at every node."""
        angles = self._turns * time_s
        weights = np.concatenate([np.cos(angles), -np.sin(angles)]).astype(np.float32) * np.float32(level)
        return np.asarray(weights @ self._parts, np.float32).reshape(self._shape)


def steepness(shift: Map) -> float:
    """Largest change of a shift from one pixel to the next."""
    down, across = np.gradient(shift)
    return float(np.hypot(down, across).max()) / CELL_PX
