"""Which painter paints which kind of place."""

from collections.abc import Callable, Mapping
from typing import Final

from mutoscope.engines.procedural.diorama.canvas import Easel
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import (
    city,
    depths,
    desert,
    indoors,
    meadow,
    roads,
    sea,
    space,
    village,
    wild,
)
from mutoscope.engines.procedural.plan import SceneKind, SceneWish

Painter = Callable[[Easel, SceneWish], list[Part]]

HORIZON: Final[Mapping[SceneKind, float]] = {
    "mountain": 0.66, "forest": 0.66, "field": 0.58, "desert": 0.60, "snow": 0.62, "city": 0.66, "village": 0.66,
    "road": 0.50, "room": 0.50, "space": 0.72, "sea": 0.52, "underwater": 0.62,
}  # fmt: skip
"""Share of the frame's height above the horizon."""

PAINTERS: Final[Mapping[SceneKind, Painter]] = {
    "mountain": wild.mountain, "forest": wild.forest, "field": meadow.field, "desert": desert.desert,
    "snow": wild.snow, "city": city.city, "village": village.village, "road": roads.road, "room": indoors.room,
    "space": space.space, "sea": sea.sea, "underwater": depths.underwater,
}  # fmt: skip


def paint(wish: SceneWish, easel: Easel) -> list[Part]:
    """The scene's parts, farthest first; the first one covers everything."""
    return PAINTERS[wish.kind](easel, wish)
