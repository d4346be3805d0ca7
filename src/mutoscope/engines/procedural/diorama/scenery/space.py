"""Space: nebulae, a ringed planet with a companion, and the ground of a moon."""

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, disk, fill, soft
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.sky import Sky, Stars, gradient
from mutoscope.engines.procedural.plan import SceneWish


def space(easel: Easel, wish: SceneWish) -> list[Part]:
    """Nebulae and stars, a ringed planet with a moon, and the ground of another one."""
    sky = Sky(easel, nebulae(easel), None)
    side = -1 if easel.light_px[0] > easel.middle_px else 1
    width, height, unit = easel.frame_width_px, easel.frame_height_px, easel.unit_px
    planet_at = (easel.middle_px + side * 0.17 * width, easel.top_px + 0.36 * height)
    moon_at = (easel.middle_px - side * 0.30 * width, easel.top_px + 0.20 * height)
    return [
        sky,
        Stars(easel, sky, count=520, strength=1.0, low_px=float(easel.height_px)),
        planet(easel, 0.16, *planet_at, 0.215 * unit * easel.rise**0.5, light=-side),
        moon(easel, 0.24, *moon_at, 0.048 * unit, light=-side),
        craters(easel, wish),
    ]


def nebulae(easel: Easel) -> Sheet:
    """Clouds of three colors along a slanting band, with dark dust before them."""
    palette = easel.palette
    sheet = Sheet(easel, 0, None)
    dark, dim = blend((13, 12, 38), palette.zenith, 0.20), blend((26, 18, 52), palette.horizon, 0.34)
    gradient(sheet, 0, easel.height_px, ((5, 6, 18), dark, dim))
    slant = (sheet.x - easel.middle_px) * 0.45 + (sheet.y - easel.height_px * 0.45)
    band = np.exp(-((slant / (0.42 * easel.unit_px)) ** 2)).astype(np.float32)
    for what, color, level in (
        ("violet", blend((118, 62, 168), palette.middle, 0.45), 0.62),
        ("blue", blend((38, 112, 172), palette.zenith, 0.4), 0.52),
        ("rose", blend(blend((206, 84, 120), palette.accent, 0.5), palette.horizon, 0.35), 0.34),
    ):
        cloud = soft((sheet.noise(f"nebula {what}", 2.4, 2.2, 5) - 0.36) / 0.42)
        sheet.mix(color, cloud * (0.25 + 0.75 * band) * level)
    sheet.mix((6, 6, 16), soft((sheet.noise("dust", 5, 5, 5) - 0.56) / 0.2) * 0.5)
    return sheet


def planet(easel: Easel, inverse: float, x: float, y: float, radius: float, *, light: int) -> Painting:
    """A lit ball with bands, air around its rim, and a ring that passes before and behind it."""
    sheet = Sheet(easel, y - 1.35 * radius, y + 1.35 * radius, (0, 0, 0))
    own = blend(blend((208, 148, 106), easel.palette.accent, 0.3), easel.palette.middle, 0.25)
    columns, rows = (sheet.x - np.float32(x)) / np.float32(radius), (sheet.y - np.float32(y)) / np.float32(radius)
    squared = columns * columns + rows * rows
    depth = np.sqrt(np.clip(1 - squared, 0, 1))
    lit = np.clip(
        np.float32(0.10)
        + np.float32(1.0) * (np.float32(0.62 * light) * columns - np.float32(0.36) * rows + np.float32(0.66) * depth),
        0.03,
        1.0,
    )
    bands = np.sin(
        (rows + columns * np.float32(0.18)) * np.float32(13)
        + (sheet.noise("bands", 4, 7, 4) - np.float32(0.5)) * np.float32(7)
    )
    sheet.color[:] = own
    sheet.mix((246, 222, 186), soft(np.float32(0.5) + np.float32(0.5) * bands) * np.float32(0.75))
    sheet.mix(scaled(own, 0.6), soft(-bands - np.float32(0.3)) * np.float32(0.6))
    sheet.color *= lit[:, :, None]
    sheet.mix(
        (150, 200, 250), np.clip(1 - depth * np.float32(2.6), 0, 1) ** 2 * lit * np.float32(0.55) * (squared < 1.1)
    )
    disk(sheet.cover, x, y - sheet.top_px, radius)
    for half, wide, bright in ((1.62, 0.10, 0.9), (1.85, 0.07, 0.7), (2.06, 0.05, 0.5)):
        _ring(sheet, x, y - sheet.top_px, radius, half, wide, scaled(blend(own, (240, 224, 200), 0.6), bright))
    return sheet.painting(inverse)


def _ring(sheet: Sheet, x: float, y: float, radius: float, half: float, wide: float, color: Rgb) -> None:
    """The far half is hidden by the ball, the near half lies over it."""
    mask = sheet.blank()
    center, axes = (round(x * 16), round(y * 16)), (round(half * radius * 16), round(half * radius * 0.26 * 16))
    cv2.ellipse(mask, center, axes, -10, 0, 360, (255.0,), max(1, round(wide * radius)), cv2.LINE_AA, 4)
    ball = sheet.blank()
    disk(ball, x, y, radius)
    upper = sheet.blank()
    fill(
        upper,
        [
            (x - 4 * radius, y + 4 * radius * np.tan(np.radians(10))),
            (x + 4 * radius, y - 4 * radius * np.tan(np.radians(10))),
            (x + 4 * radius, -4 * radius),
            (x - 4 * radius, -4 * radius),
        ],
    )
    hidden = np.minimum(ball, upper)
    sheet.ink(cv2.subtract(mask, hidden), color, 0.85, is_new=True)


def moon(easel: Easel, inverse: float, x: float, y: float, radius: float, *, light: int) -> Painting:
    """A small gray companion with a dark side."""
    sheet = Sheet(easel, y - 1.2 * radius, y + 1.2 * radius, (186, 186, 196))
    columns, rows = (sheet.x - np.float32(x)) / np.float32(radius), (sheet.y - np.float32(y)) / np.float32(radius)
    depth = np.sqrt(np.clip(1 - columns * columns - rows * rows, 0, 1))
    lit = np.clip(
        np.float32(0.08) + np.float32(0.75 * light) * columns - np.float32(0.3) * rows + np.float32(0.5) * depth,
        0.05,
        1.0,
    )
    sheet.shade(lit * (np.float32(0.75) + np.float32(0.5) * sheet.noise("moon face", 60, 40, 3)))
    disk(sheet.cover, x, y - sheet.top_px, radius)
    return sheet.painting(inverse)


def craters(easel: Easel, wish: SceneWish) -> Painting:
    """The gray ground of a moon, with craters that lie flat."""
    random = easel.random("craters")
    unit = easel.unit_px
    own = blend((150, 148, 160) if not wish.snow else (214, 222, 236), easel.palette.air, 0.4)
    x = np.arange(easel.width_px, dtype=np.float32)
    hump = ((x - np.float32(easel.middle_px)) / np.float32(easel.frame_width_px)) ** 2
    curve = np.asarray(
        easel.horizon_px
        + 0.02 * unit
        + hump * np.float32(0.16 * unit)
        + easel.profile("moon edge", 7, 0.8) * np.float32(0.012 * unit),
        np.float32,
    )
    sheet = Sheet(easel, float(curve.min()) - 4, None, own)
    sheet.cover_below(curve)
    below = sheet.below(curve)
    sheet.shade(
        np.float32(0.88)
        - np.float32(0.55) * soft(below / np.float32(0.34))
        + (land.patches(sheet, "regolith", 2.2) - np.float32(0.5)) * np.float32(0.3)
    )
    sheet.mix((232, 226, 240), np.float32(0.5) * np.exp(-below * np.float32(60)))
    holes, rims = sheet.blank(), sheet.blank()
    for _ in range(26):
        inverse = random.uniform(0.16, 1.1)
        px, py = (
            easel.left_px + random.uniform(-0.05, 1.05) * easel.frame_width_px,
            easel.ground_px(inverse) - sheet.top_px,
        )
        size = unit * inverse * random.uniform(0.02, 0.085)
        center, axes = (round(px * 16), round(py * 16)), (round(size * 16), round(size * 5.2))
        cv2.ellipse(holes, center, axes, 0, 0, 360, (255.0,), -1, cv2.LINE_AA, 4)
        cv2.ellipse(
            rims,
            (center[0], center[1] + round(size * 1.2)),
            axes,
            0,
            10,
            170,
            (255.0,),
            max(1, round(size * 0.09)),
            cv2.LINE_AA,
            4,
        )
    sheet.ink(np.minimum(holes, sheet.cover), scaled(own, 0.34), 0.6)
    sheet.ink(np.minimum(rims, sheet.cover), scaled(own, 1.3), 0.6)
    return sheet.painting(0.6)
