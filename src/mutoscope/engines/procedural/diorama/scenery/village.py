"""A village: houses around a square, under a castle on its hill."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, box, fill, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.water import Glints, Water
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.media.frames import Plane

WALL: Final[Rgb] = (226, 208, 178)
_TOWERS: Final = (
    (-0.13, 0.036, 0.17), (0.13, 0.036, 0.16), (-0.055, 0.044, 0.23), (0.07, 0.040, 0.20), (0.005, 0.058, 0.31),
)  # fmt: skip
"""Of the castle: column from its middle, width and height, in units."""
Pane = tuple[float, float, float, float]


def village(easel: Easel, wish: SceneWish) -> list[Part]:
    """A castle on a far hill, rows of houses around a square, lanterns."""
    green = land.SNOW if wish.snow else (120, 140, 84)
    # A castle that was asked for stands there as a figure.
    shown = {figure.kind for figure in wish.figures}
    parts: list[Part] = [
        *paint_sky(easel),
        land.range_of_hills(
            easel, "far hills", 0.25, height=0.10, forms=3, rough=0.5, color=(110, 130, 120), bumps=0.06
        ),
        *([] if "castle" in shown else [castle(easel, 0.30)]),
        land.range_of_hills(
            easel,
            "near hills",
            0.36,
            height=0.055,
            forms=3,
            rough=0.3,
            color=blend(green, (70, 100, 70), 0.4),
            bumps=0.03,
        ),
    ]
    parts += houses(easel, "far row", 0.44, size=0.115, base=0.25, snow=wish.snow, gap=0.0)
    if wish.water:
        easel.water_px, easel.shore, easel.footing = easel.ground_px(0.27), 0.95, 0.97
        parts.append(Water(easel, waves=0.12, deep=easel.lit((40, 74, 86), 0.9), clear=0.92))
        parts.append(Glints(easel, count=120, strength=0.4 + 0.5 * easel.palette.brightness))
        parts += houses(easel, "side row", 0.9, size=0.36, base=1.02, snow=wish.snow, gap=0.66)
        return parts
    parts += houses(easel, "middle row", 0.56, size=0.17, base=0.36, snow=wish.snow, gap=0.34)
    square = land.SNOW if wish.snow else (176, 158, 132)
    sheet = land.ground(easel, color=square, start=0.30, texture=0.13)
    if not wish.snow:
        cobbles(easel, sheet)
    parts.append(sheet.painting(0.6, is_ground=True))
    parts += houses(easel, "side row", 0.72, size=0.40, base=0.66, snow=wish.snow, gap=0.68)
    return parts


def cobbles(easel: Easel, sheet: Sheet) -> None:
    """Joints between flat stones, in rows that come closer together far away."""
    joints = sheet.blank()
    random = easel.random("cobbles")
    unit = easel.unit_px
    away = 1 / 0.34
    while away > 1 / 1.25:
        inverse, nearer = 1 / away, 1 / (away - 0.11)
        y0, y1 = easel.ground_px(inverse) - sheet.top_px, easel.ground_px(nearer) - sheet.top_px
        thick = max(0.6, 0.0030 * unit * inverse)
        box(joints, -2, y0, sheet.width_px + 2, y0 + thick)
        x = -1.6 + random.uniform(0, 0.15)
        while x < 1.6 / inverse:
            far, near = (easel.middle_px + x * unit * each for each in (inverse, nearer))
            fill(joints, [(far, y0), (far + thick, y0), (near + thick, y1), (near, y1)])
            x += random.uniform(0.12, 0.2)
        away -= 0.11
    sheet.ink(joints, scaled(easel.lit((150, 132, 108), 0.8), 0.55), 0.42)


def castle(easel: Easel, inverse: float) -> Painting:
    """Towers with pointed roofs on a hill, beside the middle, where the light is not."""
    unit = easel.unit_px
    side = -1 if easel.light_px[0] > easel.middle_px else 1
    middle = easel.middle_px + side * 0.16 * easel.frame_width_px
    x = np.arange(easel.width_px, dtype=np.float32)
    hump = np.exp(-(((x - np.float32(middle)) / np.float32(0.34 * unit)) ** 2))
    rise = 0.05 + 0.15 * hump + 0.02 * easel.profile("castle hill", 4, 0.6)
    curve = np.asarray(easel.horizon_px - unit * rise, np.float32)
    top, bottom = easel.horizon_px - 0.66 * unit, easel.horizon_px + 0.16 * unit
    sheet = Sheet(easel, top, bottom, easel.lit((96, 118, 96), inverse))
    sheet.cover_below(curve)
    land.foot_haze(sheet, sheet.below(curve), inverse)
    base = float(curve[int(np.clip(middle, 0, easel.width_px - 1))]) - sheet.top_px + 0.02 * unit
    masks = {name: sheet.blank() for name in ("stone", "shade", "roof", "lit")}
    _battlements(masks["stone"], middle, base, unit)
    for tower in _TOWERS:
        _castle_tower(masks, (middle, base), tower, easel, side)
    stone = easel.lit((186, 178, 172), inverse)
    sheet.ink(masks["stone"], stone, is_new=True)
    sheet.ink(masks["shade"], scaled(stone, 0.82), 0.7)
    sheet.ink(masks["roof"], easel.lit(easel.palette.accent, inverse), is_new=True)
    if easel.palette.lit_windows > 0:
        sheet.ink(masks["lit"], easel.hazed(easel.palette.windows, 0.6))
    return sheet.painting(inverse)


def _battlements(stone: Plane, middle: float, base: float, unit: float) -> None:
    """The wall between the towers, with its teeth."""
    box(stone, middle - 0.13 * unit, base - 0.09 * unit, middle + 0.13 * unit, base + 0.03 * unit)
    for step in range(13):
        left = middle + (-0.13 + 0.0205 * step) * unit
        box(stone, left, base - 0.10 * unit, left + 0.012 * unit, base - 0.08 * unit)


def _castle_tower(
    masks: dict[str, Plane], foot: tuple[float, float], tower: tuple[float, float, float], easel: Easel, side: int
) -> None:
    """A round tower under a pointed roof with a flag; `side` is where its shade lies."""
    offset, wide, tall = tower
    unit, base = easel.unit_px, foot[1]
    random = easel.random(f"castle tower {offset}")
    x, half, top = foot[0] + offset * unit, wide * unit / 2, base - tall * unit
    box(masks["stone"], x - half, top, x + half, base)
    box(masks["stone"], x - half * 1.25, top, x + half * 1.25, top + 0.014 * unit)
    dark = (x + side * half * 0.25, x + side * half)
    box(masks["shade"], min(dark), top, max(dark), base)
    high = wide * unit
    fill(masks["roof"], [(x - half * 1.4, top), (x + half * 1.4, top), (x, top - high * 1.9)])
    stroke(masks["roof"], [(x, top - high * 1.8), (x, top - high * 2.4)], max(1, 0.003 * unit))
    fill(masks["roof"], [(x, top - high * 2.4), (x + 0.024 * unit, top - high * 2.25), (x, top - high * 2.1)])
    for row in range(int(tall / 0.075)):
        if random.random() < max(0.25, easel.palette.lit_windows):
            y = top + (0.035 + 0.06 * row) * unit
            box(masks["lit"], x - 0.004 * unit, y, x + 0.004 * unit, y + 0.014 * unit)


def houses(easel: Easel, what: str, inverse: float, *, size: float, base: float, snow: bool, gap: float) -> list[Part]:
    """A row of gabled houses of about `size` units, standing on the ground at `base`; `gap` leaves the middle open."""
    random = easel.random(what)
    unit, tall = easel.unit_px, size * easel.unit_px
    foot = easel.ground_px(base)
    sheet = Sheet(easel, foot - 1.5 * tall, foot + (0.10 * unit if base < 0.6 else 4))
    names = ("wall", "wall2", "roof", "roof2", "wood", "lit", "pane", "side", "snow")
    masks = {name: sheet.blank() for name in names}
    panes: list[Pane] = []
    x = -0.2 * tall + random.uniform(0, 0.3) * tall
    while x < easel.width_px:
        width = tall * random.uniform(0.62, 1.0)
        away = abs(x + width / 2 - easel.middle_px) / (easel.frame_width_px / 2)
        if away >= gap:
            panes += _house(
                masks,
                x,
                foot - sheet.top_px + tall * random.uniform(-0.05, 0.02),
                width,
                tall * random.uniform(0.5, 0.75),
                random,
                easel.palette.lit_windows,
            )
        x += width * random.uniform(1.0, 1.3)
    lit = easel.lit
    for name, color in (("wall", WALL), ("wall2", (206, 176, 142)), ("wood", (92, 66, 50))):
        sheet.ink(masks[name], lit(color, inverse), is_new=True)
    sheet.ink(masks["side"], scaled(lit(WALL, inverse), 0.66), 0.6)
    accent = easel.palette.accent
    sheet.ink(masks["roof"], lit(land.SNOW if snow else blend(accent, (120, 70, 60), 0.35), inverse), is_new=True)
    sheet.ink(masks["roof2"], lit(land.SNOW if snow else blend(accent, (70, 72, 96), 0.62), inverse), is_new=True)
    sheet.ink(masks["pane"], lit((74, 88, 108), inverse))
    warm = easel.hazed(easel.palette.windows, 0.35 + 0.65 * inverse)
    if easel.palette.lit_windows > 0:
        glow = cv2.GaussianBlur(masks["lit"], (0, 0), 0.05 * tall)
        sheet.ink(np.asarray(cv2.min(glow, sheet.cover), np.uint8), warm, 0.7)
        sheet.ink(masks["lit"], warm)
        cross = sheet.blank()
        for left, top, right, bottom in panes:
            box(cross, (left + right) / 2 - 0.006 * tall, top, (left + right) / 2 + 0.006 * tall, bottom)
            box(cross, left, (top + bottom) / 2 - 0.006 * tall, right, (top + bottom) / 2 + 0.006 * tall)
        sheet.ink(cross, scaled(warm, 0.45))
    else:
        sheet.ink(masks["lit"], lit((84, 100, 122), inverse))
    if base < 0.6:
        low = sheet.blank()
        low[max(0, int(foot - sheet.top_px - 0.04 * tall)) :] = 255
        green = land.SNOW if snow else (104, 122, 80)
        sheet.ink(low, lit(scaled(green, 0.8), inverse), is_new=True)
    return [sheet.painting(inverse)]


def _house(
    masks: dict[str, Plane], x: float, foot: float, width: float, height: float, random: np.random.Generator, lit: float
) -> list[Pane]:
    """A wall with a gable or a long roof, chimney, door, windows. Returns the lit windows."""
    wall = masks["wall" if random.random() < 0.6 else "wall2"]
    roof = masks["roof" if random.random() < 0.65 else "roof2"]
    top, rise, eave = foot - height, height * random.uniform(0.5, 0.85), 0.07 * width
    box(wall, x, top, x + width, foot + 2)
    chimney = x + width * random.uniform(0.62, 0.8)
    box(masks["wood"], chimney, top - rise * 0.85, chimney + 0.09 * width, top)
    if random.random() < 0.55:
        fill(wall, [(x, top + 1), (x + width, top + 1), (x + width / 2, top - rise)])
        stroke(
            roof,
            [(x - eave, top + 0.10 * rise), (x + width / 2, top - rise), (x + width + eave, top + 0.10 * rise)],
            max(2, 0.075 * width),
        )
    else:
        fill(
            roof,
            [
                (x - eave, top + 1),
                (x + 0.10 * width, top - rise * 0.8),
                (x + 0.90 * width, top - rise * 0.8),
                (x + width + eave, top + 1),
            ],
        )
    box(masks["side"], x + 0.86 * width, top, x + width, foot)
    door = x + width * random.uniform(0.12, 0.3)
    box(masks["wood"], door, foot - 0.42 * height, door + 0.16 * width, foot + 2)
    found = []
    for column, row in ((0.52, 0.72), (0.74, 0.72), (0.16, 0.88), (0.46, 0.88)):
        if random.random() < 0.8:
            left, upper = x + column * width, foot - row * height + (0.2 * height if row < 0.8 else 0)
            pane = (left, upper, left + 0.13 * width, upper + 0.2 * height)
            if row > 0.8 and height < 0.6 * width:
                continue
            is_lit = random.random() < max(lit * 1.2, 0.0)
            box(masks["lit" if is_lit else "pane"], *pane)
            if is_lit:
                found.append(pane)
    return found
