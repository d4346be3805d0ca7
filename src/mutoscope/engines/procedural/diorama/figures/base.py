"""What a figure is to the scene it stands in: something that draws itself anew in every frame."""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mutoscope.media.frames import Planes


@dataclass(frozen=True, slots=True)
class View:
    """From the canvas of a layer to one frame."""

    forward: NDArray[np.float64]
    """(2, 3): pixels of the canvas to pixels of the frame."""

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the canvas is seen."""
        seen = self.forward[:, :2] @ (x, y) + self.forward[:, 2]
        return float(seen[0]), float(seen[1])

    @property
    def scale(self) -> float:
        """Pixels of the frame per pixel of the canvas."""
        return math.sqrt(abs(float(np.linalg.det(self.forward[:, :2]))))


class Figure(Protocol):
    """Animated, placed on the canvas of the scene. `draw` depends on its arguments alone."""

    @property
    def inverse(self) -> float:
        """Inverse distance: between which layers it is drawn, and how it moves with the camera."""
        ...

    def draw(self, share: float, view: View, target: Planes) -> None:
        """Draw it over `target`, wherever it is at this share of the clip; may lie outside."""
        ...
