"""What figures wear: colors by kind and by word, seen in a scene's light and through its haze."""

from collections.abc import Mapping
from typing import Final

from mutoscope.engines.procedural.diorama.figures.actor import Role
from mutoscope.engines.procedural.diorama.figures.pen import Ink
from mutoscope.engines.procedural.diorama.palette import COLORS, Palette, Rgb, blend, scaled
from mutoscope.engines.procedural.plan import ColorName, FigureKind

Wardrobe = Mapping[Role, Rgb]

_COMMON: Final[Wardrobe] = {
    "body": (44, 46, 62), "far": (60, 62, 80), "accent": (58, 74, 112), "second": (196, 72, 60), "trim": (226, 184, 84),
    "dark": (30, 28, 38), "glass": (168, 206, 226), "skin": (196, 144, 112), "light": (255, 226, 150),
    "brake": (255, 46, 40),
    "glow": (255, 214, 130), "smoke": (236, 232, 228), "shade": (16, 18, 26),
}  # fmt: skip
_WARDROBES: Final[Mapping[FigureKind, Wardrobe]] = {
    "person": {},
    "noble": {"accent": (142, 34, 48), "second": (54, 58, 104)},
    "crowd": {"accent": (108, 84, 100), "second": (82, 104, 112), "body": (62, 58, 78)},
    "cat": {"body": (46, 42, 52), "far": (62, 57, 68), "accent": (46, 42, 52), "second": (238, 178, 186)},
    "dog": {"body": (150, 98, 58), "far": (122, 78, 48), "accent": (150, 98, 58), "second": (104, 64, 40)},
    "horse": {"body": (112, 66, 42), "far": (88, 52, 36), "accent": (112, 66, 42), "second": (44, 30, 28)},
    "bird": {"body": (40, 44, 60), "far": (58, 62, 80), "accent": (40, 44, 60)},
    "car": {"accent": (206, 52, 44), "second": (150, 34, 34), "glass": (60, 78, 98), "trim": (198, 204, 212)},
    "boat": {"accent": (246, 238, 222), "second": (206, 74, 58), "body": (112, 66, 44), "far": (84, 50, 38)},
    "balloon": {"accent": (214, 68, 56), "second": (248, 226, 178), "body": (120, 80, 50)},
    "fish": {"accent": (240, 142, 58), "second": (252, 214, 150), "body": (196, 98, 44)},
    "whale": {"accent": (76, 104, 140), "second": (190, 204, 214), "body": (46, 68, 98), "far": (36, 54, 82)},
    "rocket": {"accent": (238, 238, 240), "second": (206, 60, 52), "body": (150, 156, 168)},
    "tree": {"accent": (78, 132, 66), "second": (104, 158, 78), "body": (92, 64, 46)},
    "castle": {"accent": (112, 106, 126), "second": (86, 80, 104), "trim": (178, 62, 62), "body": (60, 56, 78)},
    "house": {"accent": (222, 202, 172), "second": (158, 74, 58), "body": (98, 68, 54)},
    "lighthouse": {"accent": (204, 60, 54), "second": (244, 240, 232), "body": (66, 66, 80)},
}  # fmt: skip
_SHINING: Final[frozenset[Role]] = frozenset(("light", "brake", "glow"))
_WORN: Final[frozenset[Role]] = frozenset(("accent", "second", "body"))
_COAT_KINDS: Final[frozenset[FigureKind]] = frozenset(("cat", "dog", "horse", "bird"))
"""Whose whole body takes the color of the words."""


_CREAM: Final = (240, 228, 204)
_TOO_ALIKE: Final = 150
"""Sum of the channels' differences below which a scarf on a coat would not show."""
_VIVID: Final = 0.54
"""Figures keep more of their color in dim light than land does: the eye is meant to find them."""

_LIFT: Final = 0.07
"""How much of the horizon's color lies on figures in the dark, so that they stand out from black ground."""


def inks(
    kind: FigureKind, color: ColorName | None, palette: Palette, *, haze: float, shift: float = 0.0
) -> dict[Role, Ink]:
    """
    The inks of one figure.

    `haze` is the share of the horizon's color that lies before it; `shift` lightens (above 0) or darkens what it wears,
    so that two of a kind differ.
    """
    wardrobe = {**_COMMON, **_WARDROBES[kind]}
    if color is not None:
        named = COLORS[color]
        wardrobe["accent"] = named
        if kind in _COAT_KINDS:
            wardrobe |= {"body": named, "far": scaled(named, 0.76)}
        if kind in ("car", "dog"):
            wardrobe["second"] = scaled(named, 0.68)
        elif kind not in _COAT_KINDS and _distance(named, wardrobe["second"]) < _TOO_ALIKE:
            wardrobe["second"] = _CREAM
    lift = _LIFT * (1 - palette.brightness)
    result: dict[Role, Ink] = {}
    for role, own in wardrobe.items():
        if role in _SHINING:
            result[role] = Ink.of(blend(own, palette.horizon, 0.4 * haze))
            continue
        light = [part**_VIVID * (1 + (shift if role in _WORN else 0.0)) for part in palette.ambient]
        red, green, blue = (min(255, round(part * factor)) for part, factor in zip(own, light, strict=True))
        seen = scaled(palette.near, 0.4) if role == "shade" else blend((red, green, blue), palette.horizon, lift)
        result[role] = Ink.of(blend(seen, palette.horizon, haze))
    # Mist behind a figure in the dark.
    result["halo"] = Ink.of(blend(palette.horizon, palette.light, 0.22))
    return result


def rim_ink(palette: Palette, haze: float) -> Ink:
    """The color of an edge that the sun or moon touches."""
    return Ink.of(blend(blend(palette.light, palette.horizon, 0.38), palette.horizon, haze))


def _distance(first: Rgb, second: Rgb) -> int:
    return sum(abs(a - b) for a, b in zip(first, second, strict=True))
