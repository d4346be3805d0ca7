"""People on horses: drawn over the horse, at the place of its saddle, and carried by its back."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.figures import animals, biped
from mutoscope.engines.procedural.diorama.figures.actor import Form, Moment, Piece, Soft
from mutoscope.engines.procedural.diorama.figures.shapes import Points
from mutoscope.engines.procedural.plan import FigureKind

_TALL: Final = 1.22
"""A person's height in units of the horse."""


def _mounted(form: Form) -> Form:
    def pieces(moment: Moment) -> list[Piece | Soft]:
        (x, y), pitch = animals.saddle(moment)
        # Riders keep upright: the back's pitch reaches them by half.
        cos, sin = math.cos(0.5 * pitch) * _TALL, math.sin(0.5 * pitch) * _TALL
        turn = np.array([[cos, sin], [-sin, cos]])

        def moved(outline: Points) -> Points:
            return np.asarray((outline - (0.0, biped.SEAT)) @ turn + (x, y), np.float64)

        return [Piece(moved(each.outline), each.role) for each in form(moment) if isinstance(each, Piece)]

    return pieces


RIDERS: Final[Mapping[FigureKind, Form]] = {
    "person": _mounted(biped.rider),
    "noble": _mounted(biped.noble_rider),
}
"""Forms in units of the horse, for the horse's own place and moment."""
