"""The colors of painted scenes: one palette for each time of day, tinted by the colors that a prompt names."""

from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from mutoscope.engines.procedural.plan import ColorName, SceneKind, TimeOfDay
from mutoscope.media.frames import planes_of_rgb

Rgb = tuple[int, int, int]

_SKY_TINT: Final = 0.30
"""How far a named color pulls the sky."""
_ACCENT_TINT: Final = 0.75
"""How far it pulls what is meant to catch the eye."""

COLORS: Final[dict[ColorName, Rgb]] = {
    "red": (206, 44, 44), "orange": (238, 128, 36), "yellow": (244, 210, 62), "green": (60, 156, 78),
    "cyan": (64, 204, 214), "blue": (48, 102, 214), "purple": (136, 66, 190), "pink": (240, 124, 172),
    "brown": (124, 82, 52), "gold": (228, 178, 68), "silver": (190, 196, 204), "gray": (132, 136, 142),
    "white": (244, 244, 240), "black": (26, 26, 30),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """Colors of one time of day."""

    zenith: Rgb
    middle: Rgb
    horizon: Rgb
    """Of the lowest sky."""
    air: Rgb
    """What far things go over to."""
    light: Rgb
    """Sun or moon."""
    cloud: Rgb
    """The lit side of clouds."""
    cloud_shade: Rgb
    """Their underside."""
    near: Rgb
    """The darkest near silhouettes."""
    windows: Rgb
    """Lit panes and lamps."""
    accent: Rgb
    """What is meant to catch the eye: roofs, flowers, signs, a sofa."""
    ambient: tuple[float, float, float]
    """By what a thing's own color is multiplied in this light."""
    haze: float
    """0 to 1: how much the farthest things go over to `horizon`."""
    haze_depth: float = 1.6
    """Above 1 the haze is far away, below 1 it reaches near things too."""
    light_height: float
    """Of sun or moon, as a share of the sky from the horizon up."""
    light_size: float
    """Radius as a share of the unit; 0 hides it."""
    glow: float = 0.5
    """Of the halo around the light, 0 to 1."""
    stars: float = 0.0
    cloud_cover: float = 0.45
    lit_windows: float = 0.0
    """Share of the windows with a light behind them."""

    @property
    def is_dark(self) -> bool:
        """True when lamps are on."""
        return self.lit_windows >= 0.5

    @property
    def brightness(self) -> float:
        """Mean of the ambient light, 0 to 1."""
        return sum(self.ambient) / 3


PALETTES: Final[dict[TimeOfDay, Palette]] = {
    "day": Palette(
        zenith=(48, 116, 200), middle=(116, 178, 230), horizon=(220, 234, 238),
        air=(196, 216, 228), light=(255, 250, 228),
        cloud=(250, 250, 248), cloud_shade=(186, 204, 222), near=(36, 66, 54), windows=(72, 96, 122),
        accent=(214, 76, 58), ambient=(1.0, 1.0, 0.97), haze=0.80, light_height=0.74, light_size=0.045,
        glow=0.42, cloud_cover=0.46,
    ),
    "sunrise": Palette(
        zenith=(98, 128, 190), middle=(224, 172, 178), horizon=(255, 218, 160),
        air=(226, 188, 176), light=(255, 244, 212),
        cloud=(255, 224, 204), cloud_shade=(190, 148, 172), near=(58, 54, 78), windows=(255, 208, 130),
        accent=(226, 112, 92), ambient=(0.86, 0.74, 0.74), haze=0.84, haze_depth=1.35, light_height=0.16,
        light_size=0.06, glow=0.62, cloud_cover=0.5, lit_windows=0.3,
    ),
    "sunset": Palette(
        zenith=(58, 44, 98), middle=(182, 78, 104), horizon=(255, 164, 86),
        air=(196, 106, 112), light=(255, 232, 168),
        cloud=(250, 150, 106), cloud_shade=(118, 62, 102), near=(32, 20, 42), windows=(255, 198, 112),
        accent=(236, 92, 74), ambient=(0.62, 0.40, 0.42), haze=0.78, haze_depth=1.7, light_height=0.15,
        light_size=0.068, glow=0.66, stars=0.12, cloud_cover=0.55, lit_windows=0.45,
    ),
    "night": Palette(
        zenith=(7, 12, 34), middle=(18, 34, 76), horizon=(58, 88, 138),
        air=(46, 70, 118), light=(240, 242, 228),
        cloud=(70, 92, 138), cloud_shade=(24, 36, 70), near=(6, 9, 20), windows=(255, 206, 120),
        accent=(232, 120, 84), ambient=(0.18, 0.24, 0.37), haze=0.66, haze_depth=2.0, light_height=0.70,
        light_size=0.046, glow=0.40, stars=1.0, cloud_cover=0.34, lit_windows=0.55,
    ),
    "storm": Palette(
        zenith=(36, 44, 58), middle=(74, 86, 100), horizon=(166, 174, 174),
        air=(132, 142, 148), light=(200, 206, 208),
        cloud=(142, 152, 160), cloud_shade=(36, 43, 55), near=(24, 30, 35), windows=(240, 208, 142),
        accent=(150, 96, 84), ambient=(0.46, 0.50, 0.54), haze=0.80, haze_depth=1.3, light_height=0.7,
        light_size=0.0, glow=0.25, cloud_cover=0.9, lit_windows=0.35,
    ),
    "fog": Palette(
        zenith=(160, 174, 184), middle=(190, 200, 204), horizon=(214, 219, 218),
        air=(206, 213, 214), light=(250, 248, 238),
        cloud=(226, 230, 230), cloud_shade=(178, 188, 194), near=(72, 86, 92), windows=(255, 222, 160),
        accent=(184, 112, 98), ambient=(0.68, 0.72, 0.74), haze=0.97, haze_depth=0.75, light_height=0.55,
        light_size=0.05, glow=0.5, cloud_cover=0.6, lit_windows=0.4,
    ),
    "neon": Palette(
        zenith=(12, 8, 38), middle=(58, 18, 96), horizon=(196, 46, 140),
        air=(128, 38, 124), light=(255, 132, 204),
        cloud=(120, 40, 136), cloud_shade=(36, 14, 66), near=(11, 7, 26), windows=(92, 236, 255),
        accent=(255, 70, 170), ambient=(0.27, 0.16, 0.40), haze=0.60, haze_depth=1.9, light_height=0.36,
        light_size=0.085, glow=0.5, stars=0.6, cloud_cover=0.4, lit_windows=0.6,
    ),
}  # fmt: skip


_MOODS: Final[dict[tuple[SceneKind, TimeOfDay], Rgb]] = {
    ("desert", "night"): (150, 96, 150), ("field", "night"): (62, 150, 132), ("village", "night"): (150, 128, 150),
    ("road", "night"): (86, 96, 190), ("sea", "night"): (54, 140, 176), ("village", "neon"): (110, 90, 220),
}  # fmt: skip
"""What the air of a place is tinted with at a time that looks alike in many places."""
_MOOD: Final = 0.45


def palette_of(time: TimeOfDay, colors: tuple[ColorName, ...], kind: SceneKind | None = None) -> Palette:
    """The palette of a time of day, pulled towards the colors named for the scene; the first one counts for the sky."""
    palette = PALETTES[time] if kind is None else _in_mood(PALETTES[time], _MOODS.get((kind, time)))
    if not colors:
        return palette
    sky, accent = COLORS[colors[0]], COLORS[colors[-1]]
    tinted = {
        each.name: blend(getattr(palette, each.name), _as_bright(sky, getattr(palette, each.name)), _SKY_TINT)
        for each in fields(palette)
        if each.name in ("zenith", "middle", "horizon", "cloud", "cloud_shade", "near", "air")
    }
    brightest = float(max(1, *sky))
    pull = tuple(part / brightest for part in sky)
    strength = sum(palette.ambient) / max(0.2, sum(pull))
    ambient = tuple((1 - _SKY_TINT) * a + _SKY_TINT * p * strength for a, p in zip(palette.ambient, pull, strict=True))
    return replace(
        palette,
        zenith=tinted["zenith"],
        middle=tinted["middle"],
        horizon=tinted["horizon"],
        air=tinted["air"],
        cloud=tinted["cloud"],
        cloud_shade=tinted["cloud_shade"],
        near=tinted["near"],
        accent=blend(palette.accent, accent, _ACCENT_TINT),
        windows=blend(palette.windows, accent, _ACCENT_TINT * (1.0 if palette.is_dark else 0.0)),
        light=blend(palette.light, _as_bright(accent, palette.light), 0.5 * _ACCENT_TINT),
        ambient=(ambient[0], ambient[1], ambient[2]),
    )


def _in_mood(palette: Palette, tint: Rgb | None) -> Palette:
    if tint is None:
        return palette

    def tinted(own: Rgb) -> Rgb:
        return blend(own, _as_bright(tint, own), _MOOD)

    return replace(
        palette,
        zenith=tinted(palette.zenith),
        middle=tinted(palette.middle),
        horizon=tinted(palette.horizon),
        air=tinted(palette.air),
        cloud=tinted(palette.cloud),
        cloud_shade=tinted(palette.cloud_shade),
    )


def blend(start: Rgb, end: Rgb, share: float) -> Rgb:
    """Between two colors."""
    red, green, blue = (round(min(255.0, max(0.0, a + (b - a) * share))) for a, b in zip(start, end, strict=True))
    return red, green, blue


def scaled(color: Rgb, factor: float) -> Rgb:
    """Lighter or darker."""
    return blend((0, 0, 0), color, factor)


def luma_of(color: Rgb) -> float:
    """Perceived brightness, 0 to 255 (BT.709 weights)."""
    return float(np.dot(color, (0.2126, 0.7152, 0.0722)))


def yuv_of(color: Rgb) -> tuple[int, int, int]:
    """One color in BT.709 limited range."""
    planes = planes_of_rgb(np.full((2, 2, 3), color, np.uint8))
    return int(planes.y[0, 0]), int(planes.u[0, 0]), int(planes.v[0, 0])


def _as_bright(color: Rgb, model: Rgb) -> Rgb:
    """The hue of `color` at the brightness of `model`."""
    wanted, own = luma_of(model), max(8.0, luma_of(color))
    if wanted <= own:
        return scaled(color, wanted / own)
    return blend(color, (255, 255, 255), (wanted - own) / max(1.0, 255 - own))
