"""A desert: table mountains, dunes with sharp crests, cacti."""

from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, disk, soft, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.wild import lake
from mutoscope.engines.procedural.plan import SceneWish

SAND: Final[Rgb] = (226, 176, 110)


def desert(easel: Easel, wish: SceneWish) -> list[Part]:
    """Table mountains in the haze, dunes with sharp crests, and cacti."""
    parts: list[Part] = [
        *paint_sky(easel),
        mesas(easel, 0.25),
        dunes(easel, "dunes 0", 0.32, height=0.035, forms=2.0, bumps=0.050),
        dunes(easel, "dunes 1", 0.44, height=-0.01, forms=1.6, bumps=0.055),
    ]
    if wish.water:
        parts += lake(easel, row=0.085)
    else:
        parts.append(dunes(easel, "dunes 2", 0.56, height=-0.085, forms=1.2, bumps=0.05))
        sheet = land.ground(easel, color=scaled(SAND, 1.02), start=0.36, texture=0.10)
        parts.append(sheet.painting(0.7, is_ground=True))
    # Who stands in the desert stands before what grows there.
    parts.append(cacti(easel, 0.96 if wish.water else 0.62 if wish.figures else 0.82))
    parts.append(
        dunes(easel, "dunes 3", 1.0, height=-0.92 * easel.depth_px / easel.unit_px - 0.02, forms=0.8, bumps=0.05)
    )
    return parts


def dunes(easel: Easel, what: str, inverse: float, *, height: float, forms: float, bumps: float) -> Painting:
    """Sand in waves: each crest has a lit and a shaded side, divided by a line that winds down."""
    random = easel.random(what)
    x = np.arange(easel.width_px, dtype=np.float32) / np.float32(easel.unit_px)
    curve = np.full_like(x, -np.inf)
    crests = []
    wide = easel.width_px / easel.unit_px
    count = max(2, round(forms * wide))
    for index in range(count):
        middle = (index + random.uniform(0.2, 0.8)) / count * wide
        tall = random.uniform(0.3, 1.0)
        away = x - np.float32(middle)
        slope = np.where(away < 0, 1.5, 2.6) if random.random() < 0.5 else np.where(away < 0, 2.6, 1.5)
        curve = np.maximum(
            curve, np.float32(tall) - np.sqrt((away * slope) ** 2 + np.float32(0.01)) * np.float32(forms * 0.55)
        )
        crests.append((middle, tall))
    curve = np.maximum(curve, np.float32(-1.2) + np.float32(0.3) * easel.profile(f"{what} base", 2, 0.2))
    rows = np.asarray(easel.horizon_px - easel.unit_px * (height + bumps * curve), np.float32)
    bottom = None if inverse > 0.9 else easel.horizon_px + 0.30 * easel.unit_px
    sheet = Sheet(easel, float(rows.min()) - 4, bottom, easel.lit(SAND, inverse))
    sheet.cover_below(rows)
    below = sheet.below(rows)
    sheet.mix(easel.lit((250, 214, 150), inverse), 0.55 * np.exp(-below * np.float32(22)))
    toward = 1 if easel.light_px[0] > easel.middle_px else -1
    dark = scaled(easel.lit((176, 118, 82), inverse), 0.86)
    shade = np.zeros_like(below)
    for middle, tall in crests:
        top = easel.horizon_px - easel.unit_px * (height + bumps * (tall - 0.06))
        down = np.maximum(sheet.y - np.float32(top), 0) / np.float32(easel.unit_px)
        edge = np.float32(middle) - np.float32(toward) * (down * np.float32(0.5) + np.float32(0.05) * np.sin(down * 30))
        side = (edge - sheet.x / np.float32(easel.unit_px)) * np.float32(toward)
        shade = np.maximum(
            shade, soft(side / np.float32(0.006)) * soft((np.float32(0.34) - side) / np.float32(0.3)) * (down > 0)
        )
    sheet.mix(dark, shade * np.float32(0.72) * np.exp(-below * np.float32(3)))
    ripple = np.sin(
        below * np.float32(150) / (np.float32(0.5) + below * 3)
        + sheet.noise(f"{what} ripple", 7, 9, 3) * np.float32(16)
    )
    sheet.shade(1 + ripple * np.float32(0.018) + (sheet.noise(f"{what} grain", 5, 7, 3) - 0.5) * np.float32(0.10))
    land.foot_haze(sheet, np.asarray(below * 0.8, np.float32), inverse)
    if inverse > 0.9:
        sheet.shade(np.broadcast_to(1 - np.float32(0.4) * soft(below / np.float32(0.16)), below.shape))
    return sheet.painting(inverse)


def mesas(easel: Easel, inverse: float) -> Painting:
    """Flat-topped rocks with steep sides and bands."""
    random = easel.random("mesas")
    unit = easel.unit_px
    x = np.arange(easel.width_px, dtype=np.float32) / np.float32(unit)
    curve = np.zeros_like(x)
    wide = easel.width_px / unit
    for index in range(max(2, round(2.4 * wide))):
        middle, half = (index + random.uniform(0.1, 0.9)) / (2.4 * wide) * wide, random.uniform(0.05, 0.16)
        away = (np.abs(x - np.float32(middle)) - np.float32(half)) / np.float32(0.035)
        curve = np.maximum(curve, np.float32(random.uniform(0.35, 1.0)) * np.clip(1 - np.maximum(away, 0) ** 0.8, 0, 1))
    rough = easel.profile("mesa edge", 16, 0.9)
    rows = np.asarray(easel.horizon_px - unit * (0.01 + 0.16 * curve + 0.006 * rough), np.float32)
    sheet = Sheet(easel, float(rows.min()) - 4, easel.horizon_px + 0.14 * unit, easel.lit((186, 104, 74), inverse))
    sheet.cover_below(rows)
    layers = np.sin((sheet.y / np.float32(unit) + (sheet.noise("strata", 3, 3, 2) - 0.5) * 0.03) * np.float32(210))
    sheet.shade(1 + layers * np.float32(0.06) + (sheet.noise("mesa grain", 40, 10, 3) - 0.5) * np.float32(0.25))
    land.foot_haze(sheet, np.asarray(sheet.below(rows) * 1.5, np.float32), inverse)
    return sheet.painting(inverse)


def cacti(easel: Easel, inverse: float) -> Painting:
    """Two or three cacti with arms, at the sides."""
    random = easel.random("cacti")
    unit = easel.unit_px
    foot = easel.ground_px(inverse)
    sheet = Sheet(easel, foot - 0.52 * unit, foot + 0.02 * unit)
    body, light = sheet.blank(), sheet.blank()
    toward = 1 if easel.light_px[0] > easel.middle_px else -1
    for place, size in ((-0.74, 1.0), (0.84, 0.62), (0.60, 0.34)):
        x = easel.middle_px + place * easel.frame_width_px / 2
        y = foot - sheet.top_px - (1 - size) * 0.10 * unit
        tall, width = 0.40 * unit * size, 0.050 * unit * size
        arms = [[(x, y), (x, y - tall)]]
        for side in (-1, 1):
            start, rise = y - tall * random.uniform(0.35, 0.55), tall * random.uniform(0.2, 0.34)
            reach = x + side * width * 2.1
            arms.append(
                [(x, start), (reach - side * width * 0.5, start), (reach, start - width * 0.5), (reach, start - rise)]
            )
        for arm in arms:
            stroke(body, arm, width if len(arm) == 2 else width * 0.72)
            disk(body, arm[-1][0], arm[-1][1], (width if len(arm) == 2 else width * 0.72) / 2)
            stroke(light, [(px + toward * width * 0.2, py) for px, py in arm], width * 0.16)
    sheet.ink(body, easel.lit((58, 98, 66), inverse), is_new=True)
    sheet.ink(np.minimum(light, body), easel.lit((140, 172, 100), inverse), 0.7)
    return sheet.painting(inverse)
