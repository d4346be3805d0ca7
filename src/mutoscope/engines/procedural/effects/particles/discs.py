"""Round things: snowflakes, dust in the light, and what glows by itself."""

from typing import Final

import numpy as np

from mutoscope.engines.procedural.colors import NAMED, Rgb
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.color import Color, Tone
from mutoscope.engines.procedural.effects.particles.ink import Ink
from mutoscope.engines.procedural.effects.particles.species import DUST, EMBERS, FIREFLIES, SNOW
from mutoscope.engines.procedural.effects.particles.swarm import Flock, Species, Swarm
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Plane, Planes

TONE_LEVEL_MAX: Final = 1.4
"""Weather does not take more light away than this much of its usual share."""
_SNOW_TONE: Final = Tone(gain=0.92, haze=0.09, haze_luma=165, saturation=0.80, cool=(4.6, -3.8))
_SNOW: Final = Color.of((250, 252, 255))
_SHADED: Final = (120, 215)
"""Luma from which flakes need a shade behind them, and at which they get all of it."""


def _bright_table() -> Plane:
    """How much of a shade a luma gets: none where flakes stand out by themselves."""
    share = np.clip((np.arange(256) - _SHADED[0]) / (_SHADED[1] - _SHADED[0]), 0, 1)
    return np.rint(255 * share).astype(np.uint8)


class Snow:
    """Flakes in depth classes over a frame that turns cool and hazy; on bright ground they get a shade behind them."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        self._swarm = Swarm(SNOW, effect, site.stage)
        self._ink = Ink(site.stage.width_px, site.stage.height_px)
        self._shade = Ink(site.stage.width_px, site.stage.height_px)
        self._bright = _bright_table()

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        unit = self._stage.unit_px
        flock = self._swarm.at(share * self._stage.duration_s, level)
        self._ink.clear()
        _draw_crisp(self._ink, self._swarm, flock)
        # Of the crisp flakes only: behind the near ones a shade would be a gray blot.
        self._shade.shade_of(self._ink, target, 0.0035 * unit, 0.75, self._bright)
        _draw_soft(self._ink, self._swarm, flock, blur_px=0.006 * unit)
        tone = _SNOW_TONE.at(min(level, TONE_LEVEL_MAX))
        self._ink.mix(target, _SNOW, tone=tone, shade=self._shade)


class Dust:
    """Motes that drift through a warm light."""

    _TONE: Final = Tone(gain=0.98, haze=0.04, haze_luma=165, saturation=0.96, cool=(-3.0, 2.0))

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        self._swarm = Swarm(DUST, effect, site.stage)
        self._ink = Ink(site.stage.width_px, site.stage.height_px)
        self._color = Color.of(_own_color(effect, DUST.colors[0]))

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        flock = self._swarm.at(share * self._stage.duration_s, level)
        self._ink.clear()
        _draw_soft(self._ink, self._swarm, flock, blur_px=0.004 * self._stage.unit_px)
        _draw_crisp(self._ink, self._swarm, flock)
        self._ink.mix(target, self._color, tone=self._TONE.at(min(level, TONE_LEVEL_MAX)))


class Glows:
    """Points of light with a halo in their color; the core is nearly white."""

    def __init__(
        self, effect: Effect, site: Site, species: Species, core: Rgb, blur: float, gain: float, tone: Tone
    ) -> None:
        """`blur` and `gain`: the halo's width in the stage's units, and its brightness; the frame gets `tone`."""
        self._effect, self._stage = effect, site.stage
        self._swarm = Swarm(species, effect, site.stage)
        self._core = Ink(site.stage.width_px, site.stage.height_px)
        self._halo = Ink(site.stage.width_px, site.stage.height_px)
        own = _own_color(effect, species.colors[0])
        self._halo_color = Color.of(own)
        self._core_color = Color.of(core if effect.color is None else _whitened(own))
        self._blur_px, self._gain, self._tone = blur * site.stage.unit_px, gain, tone

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        flock = self._swarm.at(share * self._stage.duration_s, level)
        self._core.clear()
        self._core.dots(flock.x, flock.y, self._swarm.radius * (0.6 + 0.4 * flock.cover), flock.cover)
        self._halo.glow_of(self._core, self._blur_px, self._gain)
        self._halo.mix(target, self._halo_color, tone=self._tone.at(min(level, TONE_LEVEL_MAX)))
        self._core.mix(target, self._core_color)


def embers(effect: Effect, site: Site) -> Glows:
    """Sparks that rise from a fire."""
    return Glows(effect, site, EMBERS, core=(255, 226, 150), blur=0.012, gain=4.5, tone=Tone(gain=0.94))


def fireflies(effect: Effect, site: Site) -> Glows:
    """Small lights that wander and breathe."""
    return Glows(effect, site, FIREFLIES, core=(250, 255, 205), blur=0.024, gain=12.0, tone=Tone(gain=0.86))


def _draw_crisp(ink: Ink, swarm: Swarm, flock: Flock) -> None:
    crisp = ~swarm.is_soft
    ink.dots(flock.x[crisp], flock.y[crisp], swarm.radius[crisp], flock.cover[crisp])


def _draw_soft(ink: Ink, swarm: Swarm, flock: Flock, blur_px: float) -> None:
    soft = swarm.is_soft
    ink.soft_dots(flock.x[soft], flock.y[soft], swarm.radius[soft], flock.cover[soft])
    ink.merge_quarter(blur_px)


def _own_color(effect: Effect, usual: Rgb) -> Rgb:
    return usual if effect.color is None else NAMED[effect.color]


def _whitened(rgb: Rgb) -> Rgb:
    red, green, blue = ((channel + 2 * 255) // 3 for channel in rgb)
    return red, green, blue
