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
_MORE: Final[Mapping[FigureKind, tuple[Wardrobe, ...]]] = {
    "person": (
        {}, {"accent": (150, 66, 64), "second": (232, 206, 150)}, {"accent": (66, 112, 98), "second": (226, 148, 74)},
        {"accent": (188, 142, 70), "second": (62, 74, 112)}, {"accent": (104, 78, 128), "second": (224, 160, 152)},
        {"accent": (92, 128, 158), "second": (238, 226, 204)},
    ),
    "noble": (
        {}, {"accent": (40, 72, 128), "second": (112, 42, 52)}, {"accent": (44, 98, 74), "second": (92, 66, 40)},
        {"accent": (104, 52, 122), "second": (46, 52, 80)},
    ),
    "crowd": (
        {}, {"accent": (134, 92, 66), "second": (84, 94, 122)}, {"accent": (88, 108, 84), "second": (142, 98, 92)},
        {"accent": (150, 122, 80), "second": (72, 88, 104)}, {"accent": (94, 78, 112), "second": (116, 118, 92)},
    ),
    "cat": (
        {}, {"body": (202, 124, 62), "far": (168, 98, 48), "accent": (202, 124, 62)},
        {"body": (136, 136, 146), "far": (112, 112, 122), "accent": (136, 136, 146)},
        {"body": (232, 222, 206), "far": (196, 186, 172), "accent": (232, 222, 206)},
    ),
    "dog": (
        {}, {"body": (220, 190, 142), "far": (186, 158, 116), "accent": (220, 190, 142), "second": (178, 142, 96)},
        {"body": (66, 62, 66), "far": (86, 82, 88), "accent": (66, 62, 66), "second": (44, 40, 46)},
        {"body": (150, 152, 160), "far": (122, 124, 132), "accent": (150, 152, 160), "second": (98, 100, 110)},
    ),
    "horse": (
        {}, {"body": (162, 158, 154), "far": (130, 128, 126), "accent": (162, 158, 154), "second": (84, 82, 86)},
        {"body": (62, 52, 52), "far": (84, 74, 74), "accent": (62, 52, 52), "second": (32, 28, 32)},
        {"body": (178, 116, 66), "far": (146, 92, 52), "accent": (178, 116, 66), "second": (232, 210, 168)},
    ),
    "car": (
        {}, {"accent": (58, 106, 172), "second": (40, 76, 128)}, {"accent": (232, 226, 214), "second": (180, 176, 168)},
        {"accent": (46, 128, 118), "second": (32, 92, 86)}, {"accent": (228, 168, 58), "second": (172, 122, 38)},
    ),
    "boat": (
        {}, {"accent": (214, 96, 70), "second": (244, 232, 208)}, {"accent": (92, 140, 164), "second": (240, 226, 190)},
        {"accent": (236, 196, 112), "second": (96, 104, 140)},
    ),
    "balloon": (
        {}, {"accent": (44, 122, 142), "second": (246, 216, 134)}, {"accent": (232, 160, 54), "second": (110, 64, 116)},
        {"accent": (96, 78, 152), "second": (244, 178, 166)}, {"accent": (88, 142, 84), "second": (248, 232, 196)},
    ),
    "fish": (
        {}, {"accent": (246, 196, 76), "second": (255, 236, 180), "body": (208, 148, 52)},
        {"accent": (236, 118, 100), "second": (254, 208, 186), "body": (190, 78, 72)},
        {"accent": (96, 178, 200), "second": (206, 238, 236), "body": (54, 120, 152)},
    ),
    "whale": ({}, {"accent": (96, 116, 134), "body": (62, 80, 98), "far": (48, 64, 80)}),
    "rocket": ({}, {"second": (56, 108, 176)}, {"accent": (250, 214, 120), "second": (70, 80, 104)}),
    "house": (
        {}, {"accent": (196, 206, 206), "second": (92, 104, 122)}, {"accent": (232, 208, 150), "second": (122, 84, 62)},
        {"accent": (206, 152, 130), "second": (96, 66, 70)},
    ),
    "tree": (
        {}, {"accent": (96, 142, 62), "second": (132, 172, 80)}, {"accent": (62, 116, 78), "second": (90, 144, 96)},
    ),
    "castle": ({}, {"accent": (138, 124, 108), "second": (112, 98, 86), "trim": (70, 96, 150)}),
    "lighthouse": ({}, {"accent": (54, 96, 150)}),
}  # fmt: skip
"""What the first, the second and the next of a kind wear instead, where the words name no color; then anew."""
_SHIFTS: Final = (0.0, -0.14, 0.12, -0.22, 0.2)
"""How much lighter each is than the first, where they wear the same."""
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
    kind: FigureKind, color: ColorName | None, palette: Palette, *, haze: float, index: int = 0
) -> dict[Role, Ink]:
    """
    The inks of one figure.

    `haze` is the share of the horizon's color that lies before it; `index` says which one of its kind it is, so that
    two of a kind differ: in color, or where the words name one, in lightness.
    """
    wardrobe = {**_COMMON, **_WARDROBES[kind]}
    more = () if color is not None else _MORE.get(kind, ())
    shift = 0.0 if more else _SHIFTS[index % len(_SHIFTS)]
    if more:
        wardrobe |= more[index % len(more)]
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
