"""What an effect is to the film it is laid over, and what it may know of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mutoscope.engines.procedural.plan import Effect
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Map
from mutoscope.media.frames import Planes

View = Callable[[float], tuple[Map, Map]]
"""Where each node of a `Grid` looks at a share of the time, x and y in pixels of the first frame."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where an effect happens."""

    stage: Stage
    analysis: Analysis
    """What the first frame shows, or what the painted scene is known to hold."""
    first: Planes | None = None
    """The first frame; None where it is painted."""
    view: View | None = None
    """How the camera looks at the first frame; None where it stands still, or where nothing is known of it."""


class Overlay(Protocol):
    """An effect laid over a finished frame. A pure function of the share of time: frames may be drawn in any order."""

    def draw(self, share: float, target: Planes) -> None:
        """Change `target` in place. Where the effect's level is 0, not one sample changes."""
        ...


class Displacement(Protocol):
    """An effect that moves parts of the picture before it is sampled."""

    def shift(self, share: float) -> tuple[Map, Map]:
        """What to add to the sampling positions at each node, x and y in pixels; 0 where the level is 0."""
        ...


OverlayMaker = Callable[[Effect, Site], Overlay]
DisplacementMaker = Callable[[Effect, Site, Grid], Displacement]
