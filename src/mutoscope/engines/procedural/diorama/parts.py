"""What a painted scene is made of: flat layers, and parts that live and draw themselves anew in every frame."""

from typing import Protocol

from mutoscope.engines.procedural.diorama.canvas import Painting
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.media.frames import Planes


class Living(Protocol):
    """A part of the scenery that moves by itself. `draw` depends on its arguments alone."""

    @property
    def inverse(self) -> float:
        """Inverse distance, for figures that stand before or behind it."""
        ...

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Draw it over what lies behind; rows from `floor` on are hidden by nearer layers."""
        ...


Part = Painting | Living
"""Far parts come first; the first one covers everything."""
