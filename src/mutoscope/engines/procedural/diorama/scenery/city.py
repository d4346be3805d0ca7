"""A city of towers, with a street that runs into it or a river before it."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, box, disk, fill, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.life import Blinkers, Dashes, Lamp, Lamps
from mutoscope.engines.procedural.diorama.scenery.roads import ASPHALT, pave
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.diorama.scenery.water import Glints, Water
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.media.frames import Plane

CONCRETE: Final[Rgb] = (132, 138, 150)
NEON_INKS: Final[Sequence[Rgb]] = ((92, 236, 255), (255, 84, 180), (255, 190, 84), (150, 110, 255))
_OTHER_LIGHT: Final = 0.35
"""Share of the lit windows with a light of another color."""

Pane = tuple[float, float, float, float]


def city(easel: Easel, wish: SceneWish) -> list[Part]:
    """Three rows of towers, and a street that runs into them or a river before them."""
    parts: list[Part] = [*paint_sky(easel)]
    for row, (inverse, tall, wide) in enumerate(((0.25, 0.46, 0.075), (0.36, 0.40, 0.095), (0.50, 0.30, 0.12))):
        parts += towers(easel, f"row {row}", inverse, tall=tall * easel.rise, wide=wide, signs=row > 0)
    if wish.water:
        easel.water_px = easel.ground_px(0.22)
        easel.shore = 0.95
        easel.footing = 0.97
        parts.append(Water(easel, waves=0.25, deep=easel.lit((30, 52, 72), 0.9), clear=0.95))
        parts.append(Glints(easel, count=120, strength=0.4 + 0.5 * easel.palette.brightness))
        parts.append(quay(easel))
        return parts
    color = land.SNOW if wish.snow else ASPHALT
    sheet = land.ground(easel, color=land.SNOW if wish.snow else scaled(CONCRETE, 0.92), start=0.20, texture=0.06)
    pave(easel, sheet, road=0.34, verge=scaled(CONCRETE, 0.8), color=color)
    if easel.palette.is_dark:
        wet_glow(easel, sheet)
    parts.append(sheet.painting(0.6, is_ground=True))
    parts.append(Dashes(easel, x=0.0, half=0.010, length=0.35, gap=0.45, speed=0.35, color=(236, 232, 214), until=0.22))
    parts += street_lamps(easel)
    return parts


def towers(easel: Easel, what: str, inverse: float, *, tall: float, wide: float, signs: bool) -> list[Part]:
    """A row of buildings, highest towards the middle, with windows, roofs, and signs where there is neon."""
    random = easel.random(what)
    palette, unit = easel.palette, easel.unit_px
    base = easel.ground_px(max(0.2, inverse * 0.62))
    own = (
        easel.lit(CONCRETE, inverse)
        if not palette.is_dark
        else easel.hazed(blend(palette.near, palette.zenith, 0.35), inverse)
    )
    sheet = Sheet(easel, base - 1.35 * tall * unit, base + 0.16 * unit, own)
    masks = {name: sheet.blank() for name in ("body", "light", "dark", "lit", "other", "pane")}
    panes: list[Pane] = []
    signed: list[tuple[Pane, int]] = []
    x = -0.04 * unit
    while x < easel.width_px:
        width = wide * unit * random.uniform(0.6, 1.25)
        away = abs(x + width / 2 - easel.middle_px) / (0.5 * easel.frame_width_px)
        height = tall * unit * random.uniform(0.38, 1.0) * (1.12 - 0.34 * min(1.3, away))
        frame = (x, base - height - sheet.top_px, x + width, sheet.height_px + 2.0)
        _tower(masks, frame, random, unit)
        panes += _panes(
            masks, frame, base - sheet.top_px, random, palette.lit_windows, unit * (0.006 + 0.012 * inverse)
        )
        if signs and easel.time == "neon" and random.random() < 0.5 and height > 0.14 * unit:
            signed.append((frame, int(random.integers(len(NEON_INKS)))))
        x += width * random.uniform(0.90, 1.0)
    sheet.cover[:] = masks["body"]
    _haze_up(sheet, inverse, base, tall * unit)
    _ink_towers(sheet, easel, masks, own, inverse)
    lamps = _signs(sheet, easel, signed, inverse, random)
    low = sheet.blank()
    low[max(0, int(base - sheet.top_px)) :] = 255
    sheet.ink(low, easel.hazed(scaled(own, 0.8), inverse), 1.0, is_new=True)
    parts: list[Part] = [sheet.painting(inverse)]
    if palette.lit_windows > 0 and panes:
        chosen = random.choice(len(panes), min(len(panes), 26), replace=False)
        some = [(p[0], p[1] + sheet.top_px, p[2], p[3] + sheet.top_px) for p in (panes[k] for k in chosen)]
        on = easel.hazed(palette.windows, 0.5 + inverse / 2)
        parts.append(Blinkers(easel, inverse, some, on, scaled(own, 0.7), f"{what} blink"))
    if lamps:
        parts.append(Lamps(easel, inverse, lamps))
    return parts


def _tower(masks: dict[str, Plane], frame: Pane, random: np.random.Generator, unit: float) -> None:
    """One building: a box with a lit and a dark side, sometimes a step, a mast or a slanted roof."""
    left, top, right, bottom = frame
    width = right - left
    box(masks["body"], left, top, right, bottom)
    kind = random.random()
    if kind < 0.3:
        box(masks["body"], left + 0.2 * width, top - 0.10 * width - 0.02 * unit, right - 0.2 * width, bottom)
        top -= 0.10 * width + 0.02 * unit
    elif kind < 0.42:
        fill(masks["body"], [(left, top), (right, top - 0.5 * width), (right, bottom), (left, bottom)])
    if kind > 0.72:
        middle = left + width * random.uniform(0.3, 0.7)
        fill(
            masks["body"],
            [
                (middle - 0.004 * unit, top + 2),
                (middle + 0.004 * unit, top + 2),
                (middle, top - random.uniform(0.03, 0.10) * unit),
            ],
        )
    share = random.uniform(0.18, 0.34)
    box(
        masks["light" if random.random() < 0.6 else "dark"],
        left,
        frame[1],
        left + share * width,
        bottom,
        int(random.uniform(90, 200)),
    )
    box(masks["dark"], right - share * 0.6 * width, frame[1], right, bottom, int(random.uniform(120, 230)))


def _panes(
    masks: dict[str, Plane], frame: Pane, base: float, random: np.random.Generator, lit: float, size: float
) -> list[Pane]:
    """Rows of windows; some buildings are asleep."""
    left, top, right, _ = frame
    pane = max(1.6, size)
    across, down = pane * random.uniform(1.7, 2.4), pane * random.uniform(1.9, 2.6)
    columns = int((right - left - pane) / across)
    rows = int((base - top - pane) / down)
    if columns < 1 or rows < 1:
        return []
    tall = pane * random.uniform(0.9, 1.5)
    start = left + (right - left - (columns - 1) * across - pane) / 2
    awake = lit * random.choice([0.25, 0.8, 1.2])
    is_lit = random.random((rows, columns)) < awake
    found = []
    for row in range(rows):
        y = top + pane + row * down
        for column in range(columns):
            x = start + column * across
            name = "pane" if not is_lit[row, column] else "other" if random.random() < _OTHER_LIGHT else "lit"
            mask = masks[name]
            cv2.rectangle(
                mask,
                (round(x), round(y)),
                (round(x + pane), round(y + tall) - 1),
                (float(random.integers(150, 256)),),
                -1,
            )
            found.append((x, y, x + pane, y + tall))
    return found


def _haze_up(sheet: Sheet, inverse: float, base: float, tall: float) -> None:
    """Air and the light of the streets gather at the foot of far rows."""
    palette = sheet.easel.palette
    share = np.clip((sheet.y - np.float32(base - 1.0 * tall)) / np.float32(tall), 0, 1) ** 2
    glow = blend(palette.air, palette.horizon, 0.6)
    sheet.mix(glow, np.broadcast_to(share, sheet.color.shape[:2]) * np.float32((0.75 - inverse) * 0.9))


def _ink_towers(sheet: Sheet, easel: Easel, masks: dict[str, Plane], own: Rgb, inverse: float) -> None:
    palette = easel.palette
    is_dark = palette.is_dark
    sheet.ink(cv2.min(masks["light"], masks["body"]), blend(own, palette.light, 0.28), 0.35 if is_dark else 0.7)
    sheet.ink(cv2.min(masks["dark"], masks["body"]), scaled(own, 0.62), 0.6)
    glass = blend(scaled(own, 0.55), palette.zenith, 0.35)
    sheet.ink(masks["pane"], glass, 0.55 if is_dark else 0.75)
    if palette.lit_windows > 0:
        warm = easel.hazed(palette.windows, 0.45 + inverse * 0.55)
        other = palette.accent if easel.time == "neon" else blend(palette.windows, (255, 244, 224), 0.6)
        for name, color in (("lit", warm), ("other", easel.hazed(other, 0.45 + inverse * 0.55))):
            if is_dark:
                glow = cv2.GaussianBlur(masks[name], (0, 0), 0.006 * easel.unit_px)
                sheet.ink(cv2.min(np.asarray(glow, np.uint8), masks["body"]), color, 0.5)
            sheet.ink(masks[name], color)


def _signs(
    sheet: Sheet, easel: Easel, signed: list[tuple[Pane, int]], inverse: float, random: np.random.Generator
) -> list[Lamp]:
    """Upright signs on walls: a frame of light with strokes in it, and a halo that breathes."""
    lamps = []
    for (left, top, right, _), choice in signed:
        color = easel.hazed(NEON_INKS[choice], 0.6 + 0.4 * inverse)
        wide, unit = min(0.034, 0.4 * (right - left) / easel.unit_px) * easel.unit_px, easel.unit_px
        x = random.uniform(left + wide, max(left + wide + 1, right - wide))
        y0, y1 = top + 0.05 * unit, top + random.uniform(0.13, 0.20) * unit
        tube = sheet.blank()
        points = [(x - wide / 2, y0), (x + wide / 2, y0), (x + wide / 2, y1), (x - wide / 2, y1), (x - wide / 2, y0)]
        backing = sheet.blank()
        fill(backing, points)
        sheet.ink(backing, scaled(color, 0.25), 0.9)
        stroke(tube, points, max(1, 0.0035 * unit))
        rows = int((y1 - y0) / (wide * 0.8))
        for row in range(rows):
            y = y0 + (row + 0.5) * (y1 - y0) / rows
            form = int(random.integers(3))
            if form == 0:
                stroke(tube, [(x - wide * 0.25, y), (x + wide * 0.25, y)], max(1, 0.005 * unit))
            elif form == 1:
                disk(tube, x, y, wide * 0.2)
            else:
                stroke(
                    tube,
                    [(x - wide * 0.2, y + wide * 0.2), (x, y - wide * 0.2), (x + wide * 0.2, y + wide * 0.2)],
                    max(1, 0.004 * unit),
                )
        halo = cv2.GaussianBlur(cv2.max(tube, backing), (0, 0), 0.016 * unit)
        sheet.ink(np.asarray(halo, np.uint8), color, 0.6)
        sheet.ink(tube, blend(color, (255, 255, 255), 0.35))
        lamps.append(
            Lamp(
                x,
                (y0 + y1) / 2 + sheet.top_px,
                3.2 * wide,
                (y1 - y0) * 1.0,
                color,
                0.42,
                random.uniform(0.5, 1.6),
                random.uniform(0, 6),
                0.6,
            )
        )
    return lamps


def wet_glow(easel: Easel, sheet: Sheet) -> None:
    """
    The street shines under lamps and windows: streaks of their colors that end before they are near.

    They lie on the ground, which a push spreads towards us: only what is far keeps upright.
    """
    palette = easel.palette
    random = easel.random("wet")
    for _ in range(16):
        mask = sheet.blank()
        x = easel.middle_px + random.normal(0, 0.34) * easel.frame_width_px
        half = random.uniform(0.008, 0.03) * easel.unit_px
        deep = (easel.bottom_px - sheet.top_px) * random.uniform(0.16, 0.36)
        box(mask, x - half, 0, x + half, deep, int(random.uniform(60, 130)))
        color = NEON_INKS[int(random.integers(len(NEON_INKS)))] if easel.time == "neon" else palette.windows
        streak = cv2.GaussianBlur(mask, (0, 0), 0.012 * easel.unit_px, sigmaY=0.05 * easel.unit_px)
        sheet.ink(np.asarray(streak, np.uint8), color, 0.55)


def street_lamps(easel: Easel) -> list[Part]:
    """Pairs of lamps along the kerb, near ones at the frame's edges."""
    palette = easel.palette
    parts: list[Part] = []
    for inverse in (0.34, 0.50, 0.86):
        size, foot = easel.unit_px * inverse, easel.ground_px(inverse)
        sheet = Sheet(easel, foot - 0.62 * size, foot + 4)
        iron, glass = sheet.blank(), sheet.blank()
        heads = [_lamp_post(iron, glass, easel.middle_px, foot - sheet.top_px, size, side) for side in (-1, 1)]
        sheet.ink(iron, easel.lit((52, 54, 62), inverse), is_new=True)
        shine = blend(palette.windows, (255, 244, 220), 0.5) if palette.is_dark else easel.lit((206, 210, 214), inverse)
        sheet.ink(glass, shine, is_new=True)
        parts.append(sheet.painting(inverse))
        if palette.is_dark:
            warm, reach = blend(palette.windows, (255, 240, 210), 0.4), 0.16 * size
            lamps = [
                Lamp(x, y + sheet.top_px, reach, reach, warm, 0.55, hertz=0.3, phase=x, depth=0.12) for x, y in heads
            ]
            parts.append(Lamps(easel, inverse, lamps))
    return parts


def _lamp_post(iron: Plane, glass: Plane, middle: float, base: float, size: float, side: int) -> tuple[float, float]:
    """One lamp on an arm over the street; returns where its light is."""
    x, top = middle + side * 0.62 * size, base - 0.56 * size
    thick, thin = 0.010 * size, 0.006 * size
    fill(iron, [(x - thick, base), (x + thick, base), (x + thin, top), (x - thin, top)])
    arm = [(x, top), (x - side * 0.05 * size, top - 0.03 * size), (x - side * 0.11 * size, top - 0.02 * size)]
    stroke(iron, arm, max(1, 0.010 * size))
    head_x, head_y = x - side * 0.125 * size, top - 0.014 * size
    low, high = head_y + 0.012 * size, head_y - 0.012 * size
    wide, narrow = 0.03 * size, 0.018 * size
    fill(glass, [(head_x - wide, low), (head_x + wide, low), (head_x + narrow, high), (head_x - narrow, high)])
    return head_x, head_y


def quay(easel: Easel) -> Painting:
    """A wall with a rail on this side of the water."""
    unit = easel.unit_px
    top = easel.ground_px(0.95)
    sheet = Sheet(easel, top - 0.16 * unit, None, easel.lit(scaled(CONCRETE, 0.42), 0.95))
    sheet.cover[int(top - sheet.top_px) :] = 255
    rail = sheet.blank()
    y = top - sheet.top_px
    for line in (0.055, 0.10):
        box(rail, -2, y - line * unit, sheet.width_px + 2, y - (line - 0.007) * unit)
    x = 0.03 * unit
    while x < sheet.width_px:
        box(rail, x - 0.006 * unit, y - 0.115 * unit, x + 0.006 * unit, y + 2)
        disk(rail, x, y - 0.118 * unit, 0.011 * unit)
        x += 0.17 * unit
    sheet.ink(rail, easel.lit((40, 42, 50), 0.95), is_new=True)
    return sheet.painting(0.95)
