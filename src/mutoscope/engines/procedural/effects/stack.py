"""Lays the effects of a plan over a film, in the order in which light reaches a lens."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from mutoscope.engines.procedural.effects import grade, optics, particles, sway, veils
from mutoscope.engines.procedural.effects.base import Displacement, Overlay, OverlayMaker, Site
from mutoscope.engines.procedural.film import DerivedFilm, Film
from mutoscope.engines.procedural.plan import Effect, EffectName
from mutoscope.engines.procedural.warp import Grid
from mutoscope.media.frames import Planes

_MAKERS: Final[Mapping[EffectName, OverlayMaker]] = {**veils.OVERLAYS, **particles.OVERLAYS, **optics.OVERLAYS}
"""In the order of drawing; the grade comes before all of them."""


def is_laid_over(name: EffectName) -> bool:
    """Whether an effect shows on frames of any kind; the others bend a picture while it is drawn."""
    return name in grade.NAMES or name in _MAKERS


def overlays_of(effects: Sequence[Effect], site: Site) -> list[Overlay]:
    """The overlays of these effects, first drawn first."""
    graded = [effect for effect in effects if effect.name in grade.NAMES]
    first: list[Overlay] = [grade.Grade(graded, site)] if graded else []
    return first + [make(effect, site) for name, make in _MAKERS.items() for effect in effects if effect.name == name]


def displacements_of(effects: Sequence[Effect], site: Site, grid: Grid) -> list[Displacement]:
    """The effects that move parts of the picture itself."""
    return [
        sway.DISPLACEMENTS[effect.name](effect, site, grid) for effect in effects if effect.name in sway.DISPLACEMENTS
    ]


class OverlaidFilm(DerivedFilm):
    """Another film with effects laid over every frame after the first one that is exact."""

    def __init__(self, film: Film, overlays: Sequence[Overlay], *, exact_first: bool, exact_last: bool) -> None:
        """`exact_first` and `exact_last`: that frame is an input picture and stays as it is."""
        super().__init__(film)
        self._overlays = overlays
        self._exact = {0} if exact_first else set()
        if exact_last:
            self._exact.add(film.num_frames - 1)

    def draw(self, index: int, target: Planes) -> None:
        self._film.draw(index, target)
        if index in self._exact:
            return
        share = index / max(1, self.num_frames - 1)
        for overlay in self._overlays:
            overlay.draw(share, target)
        _hold(target)


def _hold(target: Planes) -> None:
    """Keep samples within the limited range: strong light piles up beyond white, and shade beyond black."""
    for plane, low, high in ((target.y, 16, 235), (target.u, 16, 240), (target.v, 16, 240)):
        np.clip(plane, low, high, out=plane)
