"""A field: rolling meadows with hedges, one big tree, and flowers at our feet."""

from typing import Final

import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, disk, fill, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.wild import lake
from mutoscope.engines.procedural.plan import SceneWish

WHEAT: Final[Rgb] = (206, 176, 86)


def field(easel: Easel, wish: SceneWish) -> list[Part]:
    """Rolling meadows with hedges, one big tree, and flowers at our feet."""
    green = land.SNOW if wish.snow else land.MEADOW
    gold = land.SNOW if wish.snow else WHEAT
    parts: list[Part] = [
        *paint_sky(easel),
        land.range_of_hills(
            easel, "hills 0", 0.24, height=0.085, forms=2.5, rough=0.25, color=(112, 146, 130), bumps=0.045
        ),
        land.range_of_hills(
            easel,
            "hills 1",
            0.32,
            height=0.045,
            forms=2,
            rough=0.2,
            color=blend(green, (60, 110, 80), 0.35),
            bumps=0.04,
        ),
        groves(easel, "groves", 0.38, base=0.045, size=0.055, color=(62, 98, 62) if not wish.snow else (170, 186, 196)),
        land.range_of_hills(
            easel, "hills 2", 0.44, height=-0.012, forms=1.6, rough=0.12, color=blend(gold, green, 0.35), bumps=0.022
        ),
    ]
    if wish.water:
        parts += lake(easel, row=0.075)
        parts.append(
            land.grass(
                easel, "reeds", 1.0, height=0.20, color=(96, 128, 66) if not wish.snow else (180, 190, 200), base=0.02
            )
        )
        return parts
    sheet = land.ground(easel, color=green, start=0.14, texture=0.2)
    parts.append(sheet.painting(0.6, is_ground=True, is_plant=not wish.snow))
    if not any(figure.kind == "tree" for figure in wish.figures):
        parts.append(oak(easel, 0.66, snowy=wish.snow))
    parts.append(
        land.grass(easel, "grass", 1.0, height=0.12, color=(92, 140, 58) if not wish.snow else (196, 206, 218))
    )
    if not wish.snow:
        parts.append(flowers(easel))
    return parts


def groves(easel: Easel, what: str, inverse: float, *, base: float, size: float, color: Rgb) -> Painting:
    """Round treetops in groups along a line."""
    random = easel.random(what)
    unit, tall = easel.unit_px, size * easel.unit_px
    foot = easel.horizon_px + base * unit
    sheet = Sheet(easel, foot - 2.2 * tall, foot + 0.14 * unit, easel.lit(color, inverse))
    cover, light = sheet.blank(), sheet.blank()
    toward = 1 if easel.light_px[0] > easel.middle_px else -1
    x = 0.0
    while x < easel.width_px:
        for _ in range(int(random.integers(3, 9))):
            radius = tall * random.uniform(0.28, 0.62)
            y = foot - sheet.top_px - radius * 0.8
            disk(cover, x, y, radius)
            disk(light, x + toward * radius * 0.25, y - radius * 0.3, radius * 0.6)
            x += radius * random.uniform(0.7, 1.4)
        x += tall * random.uniform(1.0, 6.0)
    cover[int(foot - sheet.top_px - 0.12 * tall) :] = 255
    sheet.ink(cover, easel.lit(color, inverse), is_new=True)
    sheet.ink(np.minimum(light, cover), easel.lit(blend(color, (220, 226, 140), 0.32), inverse), 0.6)
    return sheet.painting(inverse, is_plant=True)


def oak(easel: Easel, inverse: float, *, snowy: bool) -> Painting:
    """One broad tree a third into the picture."""
    random = easel.random("oak")
    unit = easel.unit_px
    side = -1 if easel.light_px[0] > easel.middle_px else 1
    x, foot = easel.middle_px + side * 0.27 * easel.frame_width_px, easel.ground_px(inverse * 0.62)
    tall = 0.40 * unit
    sheet = Sheet(easel, foot - 1.25 * tall, foot + 0.05 * unit)
    y = foot - sheet.top_px
    stem, crown, light, dark, shade = (sheet.blank() for _ in range(5))
    for step in range(30):
        disk(shade, x - side * tall * 0.02 * step, y + 0.012 * tall, tall * 0.016 * (1 + 0.3 * (step % 3)))
    fill(
        stem,
        [
            (x - 0.06 * tall, y + 2),
            (x - 0.028 * tall, y - 0.18 * tall),
            (x - 0.02 * tall, y - 0.6 * tall),
            (x + 0.02 * tall, y - 0.6 * tall),
            (x + 0.03 * tall, y - 0.18 * tall),
            (x + 0.07 * tall, y + 2),
        ],
    )
    for angle in (-0.9, -0.45, 0.5, 0.95):
        stroke(
            stem,
            [
                (x, y - 0.30 * tall),
                (x + angle * 0.20 * tall, y - 0.5 * tall),
                (x + angle * 0.36 * tall, y - 0.66 * tall),
            ],
            0.022 * tall,
        )
    for _ in range(46):
        angle, reach = random.uniform(0, 2 * np.pi), random.random() ** 0.5
        px, py = x + 0.40 * tall * reach * np.cos(angle), y - 0.70 * tall - 0.25 * tall * reach * np.sin(angle)
        radius = tall * random.uniform(0.07, 0.14)
        disk(crown, px, py, radius)
        if random.random() < 0.75:
            disk(light, px - side * radius * 0.3, py - radius * 0.35, radius * random.uniform(0.35, 0.6))
        disk(dark, px + side * radius * 0.3, py + radius * 0.45, radius * 0.55)
    green = (64, 104, 52) if not snowy else (186, 198, 210)
    sheet.ink(stem, easel.lit((84, 64, 50), inverse), is_new=True)
    sheet.ink(crown, easel.lit(green, inverse), is_new=True)
    sheet.ink(np.minimum(dark, crown), easel.lit(scaled(green, 0.72), inverse), 0.5)
    sheet.ink(np.minimum(light, crown), easel.lit(blend(green, (210, 220, 110), 0.4), inverse), 0.55)
    return sheet.painting(inverse, is_plant=True)


def flowers(easel: Easel) -> Painting:
    """Blossoms among the nearest grass."""
    random = easel.random("flowers")
    unit = easel.unit_px
    sheet = Sheet(easel, easel.bottom_px - 0.22 * unit, None)
    accent = easel.palette.accent
    for index, color in enumerate((accent, (248, 240, 214), blend(accent, (250, 200, 80), 0.6))):
        petals, hearts, stems = sheet.blank(), sheet.blank(), sheet.blank()
        for _ in range(round(15 * easel.width_px / unit / 1.8)):
            x, y = (
                random.uniform(0, sheet.width_px),
                sheet.height_px - unit * random.uniform(0.0, 0.13) - (sheet.height_px + sheet.top_px - easel.bottom_px),
            )
            size = unit * random.uniform(0.006, 0.012)
            stroke(stems, [(x, y), (x + random.uniform(-1, 1) * size, y + 0.08 * unit)], max(1, 0.2 * size))
            for petal in range(5):
                angle = petal * 2 * np.pi / 5 + index
                disk(petals, x + np.cos(angle) * size * 0.7, y + np.sin(angle) * size * 0.6, size * 0.5)
            disk(hearts, x, y, size * 0.36)
        sheet.ink(stems, easel.lit((70, 110, 52), 1.0), is_new=True)
        sheet.ink(petals, easel.lit(color, 1.0), is_new=True)
        sheet.ink(hearts, easel.lit((246, 206, 90), 1.0))
    return sheet.painting(1.02, is_plant=True)
