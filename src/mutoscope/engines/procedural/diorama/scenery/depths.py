"""Under water: light from above, reefs in the haze, kelp, corals, sand."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, disk, soft, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.life import Bubbles, Kelp, Shafts
from mutoscope.engines.procedural.diorama.scenery.sky import Sky, gradient
from mutoscope.engines.procedural.plan import SceneWish, TimeOfDay

_SKY_BELOW: Final[Mapping[TimeOfDay, float]] = {"day": 0.14, "night": 0.5, "neon": 0.78}
"""How much of the sky's color is in the water."""


def underwater(easel: Easel, wish: SceneWish) -> list[Part]:
    """Blue that darkens downwards, shafts of light, reefs in the haze, kelp that sways, a floor of sand."""
    palette = easel.palette
    light = 0.25 + 0.75 * palette.brightness
    tint = blend((34, 132, 158), palette.middle, _SKY_BELOW.get(easel.time, 0.34))
    colors = tuple(
        scaled(color, light)
        for color in (
            blend((156, 226, 222), palette.horizon, 0.3),
            blend(tint, (70, 180, 196), 0.4),
            tint,
            blend((10, 62, 92), palette.zenith, 0.3),
        )
    )
    sheet = Sheet(easel, 0, easel.horizon_px + 0.3 * easel.unit_px)
    gradient(sheet, easel.top_px - 0.05 * easel.unit_px, easel.horizon_px + 0.25 * easel.unit_px, colors)
    x, y = (
        (sheet.x - np.float32(easel.light_px[0])) / np.float32(easel.unit_px),
        (sheet.y - np.float32(easel.top_px)) / np.float32(easel.unit_px),
    )
    sheet.mix(scaled((226, 252, 244), max(0.5, light)), 0.62 * np.exp(-np.sqrt(x * x + 2.2 * y * y) * np.float32(2.6)))
    parts: list[Part] = [Sky(easel, sheet, None, is_air=False)]
    air = scaled(blend(tint, (44, 138, 160), 0.4), light)
    for row, (inverse, height, bumps) in enumerate(((0.26, 0.10, 0.10), (0.38, 0.0, 0.10), (0.52, -0.06, 0.09))):
        parts.append(reef(easel, f"reef {row}", inverse, height=height, bumps=bumps, air=air, light=light))
    parts.append(Shafts(easel, 0.53, count=9, strength=0.30 + 0.25 * light))
    parts.append(Kelp(easel, "kelp far", 0.55, count=9, height=0.40, color=_sunk((60, 128, 92), air, 0.4), edges=0.25))
    ground = land.ground(easel, color=(214, 196, 146), start=0.34, texture=0.2)
    ground.color[:] = _sunk_image(ground.color, air, light, ground)
    parts.append(ground.painting(0.6, is_ground=True))
    parts.append(corals(easel, 0.80, air, light))
    parts.append(Bubbles(easel, 0.8, 34))
    parts.append(Kelp(easel, "kelp near", 1.0, count=8, height=0.62, color=_sunk((34, 92, 66), air, 0.12), edges=0.68))
    return parts


def _sunk(color: Rgb, air: Rgb, share: float) -> Rgb:
    return blend(color, air, share)


def _sunk_image(
    color: "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]", air: Rgb, light: float, sheet: Sheet
) -> "np.ndarray[tuple[int, int, int], np.dtype[np.float32]]":
    """Sand seen through water: its far edge is lost in it."""
    easel = sheet.easel
    down = np.clip((sheet.y - np.float32(sheet.top_px)) / np.float32(easel.bottom_px - sheet.top_px), 0, 1)[:, :, None]
    tinted = color * np.array([0.62, 0.92, 0.90], np.float32) * np.float32(0.45 + 0.55 * light)
    return np.asarray(
        np.array(air, np.float32) + (tinted - np.array(air, np.float32)) * (np.float32(0.22) + np.float32(0.68) * down),
        np.float32,
    )


def reef(easel: Easel, what: str, inverse: float, *, height: float, bumps: float, air: Rgb, light: float) -> Painting:
    """Rocks in the blue, nearer ones darker."""
    rows = land.skyline(easel, what, height, 3.0, 0.8, bumps)
    sheet = Sheet(
        easel,
        float(rows.min()) - 4,
        easel.horizon_px + 0.34 * easel.unit_px,
        blend(scaled((30, 74, 84), light), air, max(0.0, 0.95 - 1.3 * inverse)),
    )
    sheet.cover_below(rows)
    below = sheet.below(rows)
    sheet.shade(1 + (sheet.noise(f"{what} grain", 22, 26, 4) - 0.5) * np.float32(0.34))
    sheet.mix(blend(air, (190, 236, 226), 0.35), 0.30 * np.exp(-below * np.float32(14)))
    sheet.mix(air, soft(below / np.float32(0.3)) * np.float32(0.5))
    return sheet.painting(inverse)


def corals(easel: Easel, inverse: float, air: Rgb, light: float) -> Painting:
    """Fans and branches in warm colors at both sides."""
    random = easel.random("corals")
    unit = easel.unit_px
    foot = easel.ground_px(inverse)
    sheet = Sheet(easel, foot - 0.34 * unit, foot + 0.10 * unit)
    colors: tuple[Rgb, ...] = ((236, 112, 104), (244, 176, 96), (196, 104, 176), easel.palette.accent)
    masks = [sheet.blank() for _ in colors]
    stones = sheet.blank()
    for side in (-1, 1):
        for _ in range(5):
            x = easel.middle_px + side * random.uniform(0.48, 1.02) * easel.frame_width_px / 2
            y = foot - sheet.top_px + random.uniform(0.0, 0.06) * unit
            disk(stones, x, y + 0.03 * unit, unit * random.uniform(0.03, 0.07))
            _branch(
                masks[int(random.integers(len(masks)))], x, y, -np.pi / 2, unit * random.uniform(0.05, 0.085), 4, random
            )
    sheet.ink(stones, blend(scaled((56, 78, 88), light), air, 0.2), is_new=True)
    for mask, color in zip(masks, colors, strict=True):
        sheet.ink(mask, blend(scaled(color, 0.35 + 0.65 * light), air, 0.22), is_new=True)
    return sheet.painting(inverse)


def _branch(
    mask: "np.ndarray[tuple[int, int], np.dtype[np.uint8]]",
    x: float,
    y: float,
    angle: float,
    length: float,
    depth: int,
    random: np.random.Generator,
) -> None:
    end_x, end_y = x + np.cos(angle) * length, y + np.sin(angle) * length
    stroke(mask, [(x, y), (end_x, end_y)], max(1.0, length * 0.22))
    disk(mask, end_x, end_y, length * 0.13)
    if depth > 0:
        for turn in (-0.5, 0.45):
            _branch(
                mask,
                end_x,
                end_y,
                angle + turn + random.uniform(-0.2, 0.2),
                length * random.uniform(0.66, 0.84),
                depth - 1,
                random,
            )
