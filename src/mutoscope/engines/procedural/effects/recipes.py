"""What each word of light does to luma and chroma."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from mutoscope.engines.procedural.colors import NAMED, Rgb
from mutoscope.engines.procedural.plan import ColorName, LightName
from mutoscope.media.frames import planes_of_rgb

Shift = tuple[float, float]
"""What is added to U and V, in code values."""
NONE: Final[Shift] = (0.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A film stock: how luma is bent, and how chroma follows at each luma. Luma runs 0 to 1 here."""

    gain: float = 1.0
    """Slope of the luma curve at black."""
    white: float = 1.0
    """Where white goes; between black and white the curve bends without a corner."""
    reach: float = 3.0
    """How late the curve leaves `gain` for `white`: the power of luma."""
    contrast: float = 0.0
    """An S laid over the curve; above 0 darks darken and lights lighten."""
    black: float = 0.0
    """What black is lifted to."""
    saturation: float = 1.0
    """Factor on chroma, beyond the one by which luma shrinks or grows."""
    shadows: Shift = NONE
    middles: Shift = NONE
    lights: Shift = NONE


RECIPES: Final[Mapping[LightName, Recipe]] = {
    "sunset": Recipe(
        gain=0.74, white=0.82, contrast=0.12, saturation=1.22, shadows=(-1, 7), middles=(-15, 17), lights=(-19, 19)
    ),
    "sunrise": Recipe(
        gain=1.10, white=0.97, saturation=1.02, black=0.02, shadows=(0, 3), middles=(-7, 6), lights=(-9, 7)
    ),
    "night": Recipe(
        gain=0.34, white=0.60, reach=3.5, saturation=0.72, shadows=(9, -3), middles=(15, -7), lights=(3, 0)
    ),
    "dim": Recipe(gain=0.54, white=0.66, reach=2.5, saturation=0.95),
    "brighten": Recipe(gain=1.42, white=1.0, reach=1.8, saturation=0.92),
    "neon": Recipe(
        gain=0.66, white=0.95, contrast=0.20, saturation=1.45, shadows=(9, -2), middles=(10, 5), lights=(5, 8)
    ),
    "candle": Recipe(
        gain=0.66, white=0.80, contrast=0.08, saturation=0.90, shadows=(-4, 5), middles=(-15, 11), lights=(-14, 8)
    ),
    "strobe": Recipe(gain=0.92, contrast=0.10, saturation=1.05),
    "warm": Recipe(gain=1.02, white=0.99, shadows=(-4, 4), middles=(-10, 8), lights=(-9, 6)),
    "cold": Recipe(gain=0.98, saturation=0.94, shadows=(6, -5), middles=(10, -8), lights=(8, -6)),
    "black and white": Recipe(contrast=0.14, saturation=0.0),
    "sepia": Recipe(
        gain=0.97, white=0.96, black=0.03, contrast=0.06, saturation=0.12,
        shadows=(-6, 5), middles=(-13, 10), lights=(-9, 5),
    ),
    "vivid": Recipe(contrast=0.14, saturation=1.36),
    "faded": Recipe(
        gain=0.98, white=0.93, black=0.09, contrast=-0.06, saturation=0.48,
        shadows=(4, -3), middles=(-1, 2), lights=(-4, 2),
    ),
}  # fmt: skip
"""Every LightName but "tint", whose recipe is made from its color."""

_SHIFT_MAX: Final = 42.0
"""How far from gray the strongest color moves a picture."""
_SHIFT_HALFWAY: Final = 52.0
"""Chroma of a color that moves it about three quarters as far; paler ones, less."""
_COLORLESS: Final = 4.0


def _shift_of(rgb: Rgb) -> Shift:
    """Where a full tint of a color moves a middle gray."""
    planes = planes_of_rgb(np.full((2, 2, 3), rgb, np.uint8))
    u, v = float(planes.u[0, 0]) - 128, float(planes.v[0, 0]) - 128
    size = float(np.hypot(u, v))
    if size < _COLORLESS:
        return NONE
    reach = _SHIFT_MAX * float(np.tanh(size / _SHIFT_HALFWAY)) / size
    return reach * u, reach * v


COLOR_SHIFTS: Final[Mapping[ColorName, Shift]] = {name: _shift_of(rgb) for name, rgb in NAMED.items()}
_COLOR_GAINS: Final[Mapping[ColorName, float]] = {"white": 1.25, "silver": 1.05, "black": 0.55, "gray": 0.95}

DARKENING: Final[frozenset[LightName]] = frozenset({"sunset", "night", "dim", "candle"})
"""Words that ask for a dark picture, not for one darker than it is by so much."""


def lightened(recipe: Recipe, share: float) -> Recipe:
    """The recipe without this share of its darkening, and half as much of its color."""
    middles = recipe.middles[0] * (1 - 0.5 * share), recipe.middles[1] * (1 - 0.5 * share)
    return replace(
        recipe,
        gain=recipe.gain + share * (1 - recipe.gain),
        white=recipe.white + min(1.0, 1.4 * share) * (0.97 - recipe.white),
        middles=middles,
    )


def lamplit(recipe: Recipe, darkness: float) -> Recipe:
    """The recipe for a picture that is dark already, 0 to 1: it drowns less of it, and what shines goes on shining."""
    return replace(
        recipe,
        gain=recipe.gain + 0.35 * darkness * (1 - recipe.gain),
        white=recipe.white + min(1.0, 1.6 * darkness) * (0.97 - recipe.white),
        # Only lamps are left out, not all that is lighter than the rest.
        reach=recipe.reach + 3 * darkness,
    )


def tint(color: ColorName) -> Recipe:
    """The light of one color: it fills the picture and takes over from most of the picture's own."""
    u, v = COLOR_SHIFTS[color]
    is_colorless = COLOR_SHIFTS[color] == NONE
    return Recipe(
        gain=_COLOR_GAINS.get(color, 0.94),
        white=min(1.0, _COLOR_GAINS.get(color, 0.97) + 0.05),
        saturation=0.25 if is_colorless else 0.6,
        shadows=(0.35 * u, 0.35 * v),
        middles=(0.62 * u, 0.62 * v),
        lights=(0.45 * u, 0.45 * v),
    )
