"""Weather and everything else that flies, falls, floats or glows in front of a picture."""

from mutoscope.engines.procedural.effects.particles.catalog import OVERLAYS

__all__ = ["OVERLAYS"]
