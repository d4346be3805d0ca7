"""Land: ranges of mountains and hills behind each other, the ground before them, and what grows on it."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import (
    Curve,
    Easel,
    Mask,
    Painting,
    Sheet,
    enlarged,
    fill,
    soft,
)
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.media.frames import Plane

SNOW: Final[Rgb] = (236, 242, 250)
ROCK: Final[Rgb] = (98, 98, 112)
MEADOW: Final[Rgb] = (104, 148, 66)
PINE: Final[Rgb] = (42, 84, 64)


def range_of_hills(
    easel: Easel, what: str, inverse: float, *, height: float, forms: float, rough: float, color: Rgb, bumps: float
) -> Painting:
    """Smooth hills whose mean top is `height` units above the horizon; `bumps` is how far the tops go up and down."""
    curve = skyline(easel, what, height, forms, rough, bumps)
    sheet = Sheet(easel, float(curve.min()) - 4, easel.horizon_px + 0.2 * easel.unit_px, easel.lit(color, inverse))
    sheet.cover_below(curve)
    below = sheet.below(curve)
    grain = sheet.noise(f"{what} grain", 9, 14, 4)
    sheet.shade(1 + (grain - 0.5) * 0.22)
    sheet.mix(
        easel.lit(blend(color, (255, 255, 230), 0.5), inverse), 0.35 * np.exp(-below * 16) * easel.palette.brightness
    )
    foot_haze(sheet, below, inverse)
    return sheet.painting(inverse)


def mountains(
    easel: Easel,
    what: str,
    inverse: float,
    *,
    height: float,
    forms: float,
    bumps: float,
    snow: float,
    color: Rgb = ROCK,
) -> Painting:
    """Peaks with lit and shaded flanks; `snow` is how many units down from the tops it lies, 0 for none."""
    curve = peaks(easel, what, height, forms, bumps)
    sheet = Sheet(easel, float(curve.min()) - 4, easel.horizon_px + 0.2 * easel.unit_px, easel.lit(color, inverse))
    sheet.cover_below(curve)
    below = sheet.below(curve)
    light = _relief(sheet, curve, what)
    shadow = blend(scaled(easel.lit(color, inverse), 0.62), easel.palette.cloud_shade, 0.25)
    sheet.mix(easel.hazed(shadow, inverse), soft(0.5 - light * 1.1))
    sheet.mix(easel.lit(blend(color, (255, 240, 214), 0.55), inverse), 0.75 * soft(light * 1.3 - 0.25))
    if snow > 0:
        ragged = sheet.noise(f"{what} snow", 26, 30, 3)
        lies = soft(
            (np.float32(snow) - below + (ragged - np.float32(0.5)) * np.float32(0.26) + light * np.float32(0.05))
            / np.float32(0.045)
        )
        bright = easel.lit(SNOW, inverse * 0.5 + 0.3)
        dull = easel.hazed(blend(scaled(easel.lit(SNOW, 1.0), 0.74), easel.palette.zenith, 0.30), inverse)
        sheet.mix(dull, lies * 0.96)
        sheet.mix(bright, lies * soft(light * 2.2 + 0.32))
    foot_haze(sheet, below, inverse)
    return sheet.painting(inverse)


def foot_haze(sheet: Sheet, below: Mask, inverse: float) -> None:
    """Haze gathers at the foot of far ranges."""
    palette = sheet.easel.palette
    share = soft(below / np.float32(0.30)) * np.float32(0.62 * palette.haze * max(0.0, 1 - inverse * 0.95))
    sheet.mix(blend(palette.air, palette.horizon, 0.35), share)


def skyline(easel: Easel, what: str, height: float, forms: float, rough: float, bumps: float) -> Curve:
    """The upper edge of rolling land, rows of the canvas."""
    profile = easel.profile(what, forms, rough)
    return np.asarray(easel.horizon_px - easel.unit_px * (height + bumps * profile), np.float32)


def peaks(easel: Easel, what: str, height: float, forms: float, bumps: float) -> Curve:
    """The upper edge of mountains: tents of chance heights with broken edges; one of them is the highest."""
    random = easel.random(what)
    bumps *= easel.rise
    x = np.arange(easel.width_px, dtype=np.float32) / np.float32(easel.unit_px)
    wide = easel.width_px / easel.unit_px
    count = max(3, round(forms * wide / 1.78))
    middles = (np.arange(count) + random.uniform(0.15, 0.85, count)) / count * wide
    tops = random.uniform(0.35, 0.8, count)
    # The summit stands beside the middle, across from the light.
    sign = -1 if easel.light_px[0] > easel.middle_px else 1
    summit = easel.middle_px / easel.unit_px + sign * random.uniform(0.12, 0.26) * easel.frame_width_px / easel.unit_px
    main = int(np.argmin(np.abs(middles - summit)))
    middles[main], tops[main] = summit, 1.0
    total = np.zeros_like(x)
    for middle, top, left, right in zip(
        middles, tops, random.uniform(1.3, 2.6, count), random.uniform(1.3, 2.6, count), strict=True
    ):
        away = x - np.float32(middle)
        fall = np.where(away < 0, -away * np.float32(left), away * np.float32(right)) * np.float32(
            0.36 * easel.rise**0.6 / bumps
        )
        total = np.maximum(total, np.float32(top) - fall)
    # A low light stands in a valley.
    away = (x - np.float32(easel.light_px[0] / easel.unit_px)) / np.float32(0.26)
    low = max(0.0, 1 - 2.5 * easel.palette.light_height)
    total = np.maximum(total, 0.12) * (1 - np.float32(low) * np.exp(-away * away))
    broken = easel.profile(f"{what} edge", forms * 3.2, 1.0)
    total = total + broken * np.float32(0.16) * (np.float32(0.5) + total)
    return np.asarray(easel.horizon_px - easel.unit_px * (height + bumps * total), np.float32)


def _relief(sheet: Sheet, curve: Curve, what: str) -> Mask:
    """Light on the flanks, about −0.5 to 0.5, from the side where the sun stands: a broken slope under each peak."""
    easel = sheet.easel
    below = sheet.below(curve)
    # Gullies run downhill: noise that is stretched along the fall of the slope.
    gullies = sheet.noise(f"{what} gullies", 20, 7, 4) + np.float32(0.5) * sheet.noise(f"{what} rocks", 44, 30, 2)
    ridged = 1 - np.abs(2 * gullies / np.float32(1.5) - 1)
    smooth = cv2.GaussianBlur(curve[None, :], (0, 0), max(1.0, 0.010 * easel.unit_px))[0]
    slope = np.gradient(np.asarray(smooth, np.float32))[1::2]
    facing = np.clip(slope, -1.2, 1.2)[None, :] * np.exp(-below * np.float32(4.5))
    across = np.asarray(cv2.Sobel(ridged, cv2.CV_32F, 1, 0, ksize=3), np.float32) * np.float32(
        easel.unit_px / 1000 * 7.0
    )
    side = np.float32(1.0 if easel.light_px[0] < easel.middle_px else -1.0)
    # On the side that falls away to the right (rows grow) the light comes from the right.
    return np.asarray(
        np.clip(-side * (facing * np.float32(0.55) + np.clip(across, -0.5, 0.5) * np.float32(0.8)), -0.6, 0.6),
        np.float32,
    )


def pines(
    easel: Easel,
    what: str,
    inverse: float,
    *,
    base: float,
    size: float,
    dense: float,
    color: Rgb = PINE,
    snowy: bool = False,
    gap: float = 0.0,
    bank: Rgb | None = None,
) -> Painting:
    """
    A line of pines on a bank. `base` is the row of their feet in units below the horizon, `size` their height in units.

    `dense` is how many stand in a height's width; `gap` is the share of the frame's middle that stays open.
    """
    random = easel.random(what)
    unit, tall = easel.unit_px, size * easel.unit_px
    foot = easel.horizon_px + base * unit
    ground = easel.profile(f"{what} bank", 3, 0.5) * np.float32(0.10 * tall)
    sheet = Sheet(
        easel, foot - 1.6 * tall, foot + 0.5 * unit if bank is None else None, easel.lit(bank or color, inverse)
    )
    cover, light = sheet.blank(), sheet.blank()
    side = -1 if easel.light_px[0] < easel.middle_px else 1
    x = -0.4 * tall
    while x < easel.width_px + 0.4 * tall:
        height = tall * random.uniform(0.55, 1.2)
        column = min(max(int(x), 0), easel.width_px - 1)
        away = abs(x - easel.middle_px) / (easel.frame_width_px / 2)
        if away >= gap:
            height *= 1.0 if gap == 0 else 0.75 + 0.6 * min(1.0, away - gap)
            lean = random.uniform(-0.02, 0.02)
            draw_pine(
                cover, light, x, foot + float(ground[column]) - sheet.top_px + 0.03 * tall, height, lean, side, random
            )
        x += tall / dense * random.uniform(0.55, 1.45)
    curve = np.asarray(foot + ground, np.float32)
    sheet.cover_below(curve)
    below = sheet.below(curve)
    darker = 0.35 * soft(below / np.float32(0.4)) if inverse > 0.5 else np.zeros_like(below)
    sheet.shade(1 - darker + (sheet.noise(f"{what} grain", 16, 22, 3) - 0.5) * 0.16)
    foot_haze(sheet, np.asarray(below + np.float32(0.05), np.float32), inverse)
    sheet.ink(cover, easel.lit(scaled(color, 0.86), inverse), is_new=True)
    lighter = SNOW if snowy else blend(color, (220, 214, 150), 0.28)
    sheet.ink(cv2.min(light, cover), easel.lit(lighter, inverse), 0.85 if snowy else 0.55)
    return sheet.painting(inverse, is_plant=True)


def draw_pine(
    cover: Plane,
    light: Plane,
    x: float,
    foot: float,
    height: float,
    lean: float,
    side: int,
    random: np.random.Generator,
) -> None:
    """Tiers of drooping boughs around a stem; `light` gets the side that the light falls on."""
    tiers = max(4, min(7, int(height / 14)))
    fill(cover, [(x - 0.012 * height, foot), (x + 0.012 * height, foot), (x, foot - 0.5 * height)])
    for tier in range(tiers):
        share = tier / tiers
        top = foot - height * (1 - 0.86 * share)
        middle = x + lean * height * (1 - share)
        half = height * (0.07 + 0.22 * share) * random.uniform(0.88, 1.12)
        low = top + height * (0.20 + 0.05 * share)
        drop = 0.030 * height
        fill(
            cover,
            [
                (middle, top),
                (middle + half * 0.42, low - drop),
                (middle + half, low + drop * 0.3),
                (middle + half * 0.3, low - drop * 0.2),
                (middle, low + drop * 0.4),
                (middle - half * 0.3, low - drop * 0.2),
                (middle - half, low + drop * 0.3),
                (middle - half * 0.42, low - drop),
            ],
        )
        fill(
            light,
            [
                (middle, top),
                (middle + side * half * 0.42, low - drop),
                (middle + side * half, low + drop * 0.3),
                (middle + side * half * 0.36, low - drop * 0.6),
            ],
        )


def ground(easel: Easel, *, color: Rgb, far: Rgb | None = None, start: float, texture: float = 0.16) -> Sheet:
    """The level ground from inverse distance `start` to our feet, darker towards us; more may be drawn on it."""
    top = easel.ground_px(start)
    sheet = Sheet(easel, top, None, easel.lit(color, 0.9))
    sheet.cover_all()
    share = np.clip((sheet.y - np.float32(top)) / np.float32(easel.bottom_px - top), 0, 1.2)
    haze = easel.lit(far or color, max(start, 0.25))
    sheet.mix(haze, np.broadcast_to((1 - np.clip(share * 1.5, 0, 1)) ** 1.4, sheet.color.shape[:2]))
    sheet.shade(
        np.asarray(
            np.broadcast_to(1 - 0.42 * share**1.3, sheet.color.shape[:2])
            + (patches(sheet, "ground") - 0.5) * np.float32(2 * texture),
            np.float32,
        )
    )
    return sheet


def patches(sheet: Sheet, what: str, scale: float = 1.0) -> Mask:
    """Noise that lies on the ground: long and flat far away, large near by."""
    easel = sheet.easel
    quarter_y = sheet.y[::2] - np.float32(easel.horizon_px)
    inverse = np.maximum(quarter_y / np.float32(easel.depth_px), 0.04)
    x = (sheet.x[:, ::2] - np.float32(easel.middle_px)) / np.float32(easel.unit_px)
    texture = easel.random(what).random((128, 128), dtype=np.float32)
    texture = np.asarray(cv2.GaussianBlur(texture, (0, 0), 1.3), np.float32)
    texture = np.clip((texture - 0.5) * 3 + 0.5, 0, 1)
    total = np.zeros((quarter_y.shape[0], x.shape[1]), np.float32)
    for weight, cells in ((0.6, 7.0), (0.4, 19.0)):
        across = np.asarray(x / inverse * np.float32(cells * scale) + 31, np.float32)
        deep = np.asarray(np.broadcast_to(np.float32(cells * scale) * 1.4 / inverse, across.shape), np.float32)
        read = cv2.remap(texture, np.mod(across, 126), np.mod(deep, 126), cv2.INTER_LINEAR)
        # Far away many forms fall into one pixel: their mean.
        fade = np.clip(inverse * np.float32(60 / cells), 0, 1)
        total += np.float32(weight) * (np.float32(0.5) + (np.asarray(read, np.float32) - np.float32(0.5)) * fade)
    return np.clip(enlarged(total, sheet.width_px // 2, sheet.height_px // 2), 0, 1)


def grass(easel: Easel, what: str, inverse: float, *, height: float, color: Rgb, base: float = 0.0) -> Painting:
    """Blades along the lower edge, nearer than everything; `base` units above the frame's edge."""
    random = easel.random(what)
    unit = easel.unit_px
    foot = easel.bottom_px - base * unit
    curve = np.asarray(foot + easel.profile(f"{what} bank", 2.5, 0.3) * np.float32(0.03 * unit), np.float32)
    sheet = Sheet(easel, float(curve.min()) - 1.7 * height * unit, None, easel.lit(scaled(color, 0.55), 1.0))
    sheet.cover_below(curve)
    blades, lights = sheet.blank(), sheet.blank()
    count = round(150 * easel.width_px / unit)
    for index in range(count):
        x = random.random() * easel.width_px
        y = float(curve[min(int(x), easel.width_px - 1)]) - sheet.top_px + 0.01 * unit
        tall = height * unit * random.uniform(0.35, 1.0) ** 1.4
        bend = random.uniform(-0.5, 0.5) * tall
        half = 0.045 * height * unit
        points = [
            (x - half, y),
            (x + bend * 0.25 - half * 0.6, y - tall * 0.55),
            (x + bend, y - tall),
            (x + bend * 0.35 + half * 0.6, y - tall * 0.5),
            (x + half, y),
        ]
        fill(lights if index % 4 == 0 else blades, points)
    sheet.ink(blades, easel.lit(scaled(color, 0.55), 1.0), is_new=True)
    sheet.ink(lights, easel.lit(scaled(color, 0.85), 1.0), is_new=True)
    return sheet.painting(inverse, is_plant=True)
