"""All light and color words of a clip at once: tables for the moment, then the light that differs across the frame."""

from collections.abc import Callable, Sequence
from typing import Final, get_args

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.curves import Dose, Tables
from mutoscope.engines.procedural.effects.fields import Field, Fields
from mutoscope.engines.procedural.effects.glows import GLOWS, darkness
from mutoscope.engines.procedural.effects.neon import Signs
from mutoscope.engines.procedural.effects.pulse import Candle, strobe
from mutoscope.engines.procedural.effects.recipes import DARKENING, RECIPES, Recipe, lamplit, lightened, tint
from mutoscope.engines.procedural.plan import Effect, LightName
from mutoscope.media.frames import Planes

_SHARED_DARK: Final = 0.75
"""Share of its darkening that a recipe leaves to a much darker one beside it."""
NAMES: Final = frozenset(get_args(LightName))


class Grade:
    """All light and color effects of a clip, as one table for each plane and moment."""

    def __init__(self, effects: Sequence[Effect], site: Site) -> None:
        """`effects` have names of NAMES; the first is applied first."""
        self._effects = effects
        self._duration_s = site.stage.duration_s
        self._recipes = [_recipe_of(effect, site) for effect in effects]
        self._pulses = [_pulse_of(effect, site) for effect in effects]
        self._fields = Fields([_field_of(effect, site) for effect in effects], site.stage)
        self._signs = [(effect, Signs(site)) for effect in effects if effect.name == "neon"]
        self._kept: tuple[tuple[Dose, ...], Tables] | None = None

    def draw(self, share: float, target: Planes) -> None:
        """Grade `target` in place. Where no effect has a level, not one sample changes."""
        levels = [effect.level(share) for effect in self._effects]
        if not any(level > 0 for level in levels):
            return
        time_s = share * self._duration_s
        doses = tuple(
            Dose(recipe, level, pulse(time_s))
            for recipe, level, pulse in zip(_balanced(self._recipes, levels), levels, self._pulses, strict=True)
            if level > 0
        )
        if self._kept is None or self._kept[0] != doses:
            self._kept = doses, Tables(doses, room=self._fields.room(levels))
        for effect, signs in self._signs:
            signs.draw(effect.level(share), time_s, target)
        self._kept[1].draw(target)
        self._fields.draw(levels, target)


def _recipe_of(effect: Effect, site: Site) -> Recipe:
    for name, recipe in RECIPES.items():
        if name == effect.name:
            return lamplit(recipe, darkness(site)) if name in DARKENING else recipe
    return tint(effect.color or "gold")


def _balanced(recipes: Sequence[Recipe], levels: Sequence[float]) -> list[Recipe]:
    """Recipes that darken, lightened where others darken too: night and neon together are one night, not two."""
    darkening = [max(0.0, 1 - recipe.gain) * level for recipe, level in zip(recipes, levels, strict=True)]
    balanced = []
    for index, recipe in enumerate(recipes):
        others = max((each for other, each in enumerate(darkening) if other != index), default=0.0)
        share = others / (others + darkening[index]) if others > 0 else 0.0
        balanced.append(lightened(recipe, _SHARED_DARK * share) if darkening[index] > 0 and share > 0 else recipe)
    return balanced


def _pulse_of(effect: Effect, site: Site) -> Callable[[float], float]:
    if effect.name == "candle":
        return Candle(site.stage.random("candle"))
    return strobe if effect.name == "strobe" else _steady


def _steady(time_s: float) -> float:
    del time_s
    return 0.0


def _field_of(effect: Effect, site: Site) -> Field:
    for name, glow in GLOWS.items():
        if name == effect.name:
            return glow(site)
    return Field()
