"""Where each of many particles is at any time: a pure function of seconds, one formula for every species."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from mutoscope.engines.procedural.colors import Rgb
from mutoscope.engines.procedural.effects.particles.ink import Floats
from mutoscope.engines.procedural.plan import Effect
from mutoscope.engines.procedural.stage import Stage

STRENGTH_MAX: Final = 2.0
"""More than twice the usual number of particles would only hide the picture."""
_SOFT_COUNT: Final = 0.3
"""Share of a level over which each particle fades in, so that none pops up."""
GOLDEN: Final = 0.6180339887
"""A particle that starts again does so elsewhere; steps of the golden ratio never come round."""


@dataclass(frozen=True, slots=True)
class Size:
    """A depth class: the nearer, the larger and the faster."""

    share: float
    """Of all particles."""
    radius: tuple[float, float]
    """In thousandths of the stage's unit, from and to."""
    pace: float = 1.0
    """Factor on the ways it goes."""
    opacity: float = 1.0
    is_soft: bool = False
    """Out of focus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Species:
    """What one kind of particle is and does. Lengths are in the stage's units, times in seconds."""

    count: int
    sizes: tuple[Size, ...]
    fall: tuple[float, float]
    """Downward speed, from and to; below 0 it rises."""
    drift: float = 0.0
    """Sideways speed; each particle goes its own way within ± this."""
    wind: float = 0.0
    """Sideways speed of all."""
    sway: tuple[float, float] = (0.0, 0.0)
    """How far it swings sideways and up and down."""
    sway_hz: tuple[float, float] = (0.2, 0.5)
    life: tuple[float, float] = (1.0, 1.0)
    """Share of the height that it crosses before it starts again, from and to."""
    pulse: float = 0.0
    """Depth of its pulse, 0 to 1."""
    pulse_hz: tuple[float, float] = (0.5, 1.0)
    pulse_power: float = 1.0
    """Above 1 it is bright for a short time only."""
    spin_hz: tuple[float, float] = (0.0, 0.0)
    tumble_hz: tuple[float, float] = (0.0, 0.0)
    colors: tuple[Rgb, ...] = ((255, 255, 255),)


@dataclass(frozen=True, slots=True)
class Flock:
    """All particles at one time."""

    x: Floats
    """Pixels."""
    y: Floats
    cover: Floats
    """0 to 1: how much of it is there, with its pulse, its life and the level of the effect."""
    presence: Floats
    """0 to 1: as `cover`, without the opacity of its depth."""


class Swarm:
    """The particles of one effect."""

    def __init__(self, species: Species, effect: Effect, stage: Stage) -> None:
        random = stage.random(f"{effect.name} {effect.start:.6g}")
        self.strength = min(effect.strength, STRENGTH_MAX)
        self.count = max(1, round(species.count * self.strength))
        self._species = species
        self._width, self._height = stage.width_px, stage.height_px
        unit = stage.unit_px
        depth = np.searchsorted(np.cumsum([size.share for size in species.sizes])[:-1], random.random(self.count))
        self.depth = depth
        """Index into the species' sizes."""
        low, high = np.array([size.radius for size in species.sizes]).T[:, depth]
        self.radius: Floats = (low + (high - low) * random.random(self.count) ** 1.5) * unit / 1000
        """Pixels."""
        self.is_soft = np.array([size.is_soft for size in species.sizes])[depth]
        self.opacity: Floats = np.array([size.opacity for size in species.sizes])[depth]
        pace = np.array([size.pace for size in species.sizes])[depth] * unit
        self.color = random.integers(len(species.colors), size=self.count)
        """Index into the species' colors."""
        self._fall = random.uniform(*species.fall, self.count) * pace
        self._drift = (random.uniform(-species.drift, species.drift, self.count) + species.wind) * pace
        self._sway = [reach * pace * random.uniform(0.5, 1.0, self.count) for reach in species.sway]
        self._omega = 2 * np.pi * random.uniform(*species.sway_hz, (2, self.count))
        self._phase = random.uniform(0, 2 * np.pi, (5, self.count))
        self._place = random.random((2, self.count))
        self._life = random.uniform(*species.life, self.count)
        self._appears = random.permutation(self.count) / self.count
        self._pulse = 2 * np.pi * random.uniform(*species.pulse_hz, self.count)
        self._margin = 2 * float(self.radius.max()) + 0.01 * unit
        self._spin = 2 * np.pi * random.uniform(*species.spin_hz, self.count) * random.choice((-1, 1), self.count)
        self._tumble = 2 * np.pi * random.uniform(*species.tumble_hz, self.count)

    def at(self, time_s: float, level: float) -> Flock:
        """Every particle at this time, at this level of the effect."""
        span = (self._height + 2 * self._margin) * self._life
        way = self._place[1] * span + np.abs(self._fall) * time_s
        cycle = np.floor(way / span)
        gone = way - cycle * span
        y = np.where(self._fall >= 0, gone - self._margin, self._height + self._margin - gone)
        y = y + self._swing(1, time_s)
        width = self._width + 2 * self._margin
        x = (self._place[0] + GOLDEN * cycle) * width + self._drift * time_s + self._swing(0, time_s)
        presence = self._presence(level) * self._lived(gone / span)
        return Flock(x % width - self._margin, y, presence * self.opacity * self._beat(time_s), presence)

    def angles(self, time_s: float) -> tuple[Floats, Floats]:
        """Radians in the plane of the picture, and out of it."""
        return self._phase[3] + self._spin * time_s, self._phase[4] + self._tumble * time_s

    def _presence(self, level: float) -> Floats:
        share = min(1.0, level / self.strength)
        presence: Floats = np.clip((share * (1 + _SOFT_COUNT) - self._appears) / _SOFT_COUNT, 0, 1)
        return presence

    def _lived(self, share: Floats) -> Floats:
        """Those that do not cross the whole frame come and go softly."""
        if self._species.life[1] >= 1:
            return np.ones_like(share)
        lived: Floats = np.clip(share / 0.06, 0, 1) * np.clip((1 - share) / 0.5, 0, 1)
        return lived

    def _swing(self, axis: int, time_s: float) -> Floats:
        slow = np.sin(self._omega[axis] * time_s + self._phase[axis])
        swing: Floats = self._sway[axis] * (slow + 0.35 * np.sin(2.3 * self._omega[1 - axis] * time_s + self._phase[2]))
        return swing

    def _beat(self, time_s: float) -> Floats:
        if self._species.pulse == 0:
            return np.ones(self.count)
        beat = (0.5 + 0.5 * np.sin(self._pulse * time_s + self._phase[2])) ** self._species.pulse_power
        result: Floats = 1 - self._species.pulse * (1 - beat)
        return result
