"""What color words mean, as light: one table for all that shines, flies or tints a picture."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.plan import ColorName

Rgb = tuple[int, int, int]

NAMED: Final[Mapping[ColorName, Rgb]] = {
    "red": (255, 24, 20), "orange": (255, 128, 10), "yellow": (255, 225, 30), "green": (40, 235, 60),
    "cyan": (20, 225, 240), "blue": (40, 90, 255), "purple": (165, 60, 245), "pink": (255, 120, 185),
    "brown": (140, 85, 45), "gold": (250, 190, 60), "silver": (205, 212, 222), "gray": (140, 143, 148),
    "white": (250, 250, 250), "black": (14, 14, 16),
}  # fmt: skip
