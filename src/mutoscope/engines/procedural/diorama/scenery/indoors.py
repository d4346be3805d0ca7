"""A room: a window onto the sky, a wall in the light of a lamp, a wooden floor, and furniture."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.diorama.canvas import Easel, Painting, Sheet, box, disk, fill, stroke
from mutoscope.engines.procedural.diorama.palette import Rgb, blend, scaled
from mutoscope.engines.procedural.diorama.parts import Part
from mutoscope.engines.procedural.diorama.scenery import land
from mutoscope.engines.procedural.diorama.scenery.life import Lamp, Lamps
from mutoscope.engines.procedural.diorama.scenery.sky import paint_sky
from mutoscope.engines.procedural.plan import SceneWish

_WALL: Final = 0.46
"""Inverse distance of the wall."""
_LAMP_LIGHT: Final[Rgb] = (255, 214, 150)

Light = tuple[float, float, float]


def room(easel: Easel, wish: SceneWish) -> list[Part]:
    """Everything from the sky outside to the plant at our side."""
    easel.floor_px = easel.ground_px(_WALL)
    palette = easel.palette
    lamps_on = palette.brightness < 0.6
    unit = easel.unit_px
    shift = 0.0 if easel.breadth > 0.9 else 0.06
    frame = (easel.middle_px - (0.66 - 3 * shift) * unit, easel.floor_px - 0.62 * unit,
             easel.middle_px - (0.14 - 2 * shift) * unit, easel.floor_px - 0.22 * unit)  # fmt: skip
    easel.light_px = ((frame[0] + frame[2]) / 2 + 0.06 * unit, frame[1] + 0.13 * unit)
    lamp = (easel.middle_px + (0.50 - 2 * shift) * unit, easel.ground_px(0.56) - 0.47 * unit)
    parts: list[Part] = [
        *paint_sky(easel),
        land.range_of_hills(easel, "outside", 0.2, height=0.10, forms=5, rough=0.5, color=land.PINE, bumps=0.05),
        _wall(easel, wish, frame, lamp, lamps_on=lamps_on),
        _floor(easel, frame, lamp, lamps_on=lamps_on),
        _sofa(easel, lamps_on=lamps_on),
        _lamp(easel, lamp, lamps_on=lamps_on),
    ]
    if lamps_on:
        glow = Lamp(lamp[0], lamp[1], 0.34 * unit, 0.34 * unit, _LAMP_LIGHT, 0.34, 0.35, 0.0, 0.16)
        parts.append(Lamps(easel, 0.56, [glow]))
    parts.append(_plant(easel, lamps_on=lamps_on))
    return parts


def _tone(easel: Easel, color: Rgb, *, lamps_on: bool) -> Rgb:
    """A thing's color indoors: warm by lamplight, near its own by day."""
    if not lamps_on:
        return blend(color, easel.lit(color, 1.0), 0.6)
    red, green, blue = color
    ambient = easel.palette.ambient
    return tuple_of(
        red * (0.30 + 0.35 * ambient[0]), green * (0.24 + 0.33 * ambient[1]), blue * (0.22 + 0.36 * ambient[2])
    )


def tuple_of(red: float, green: float, blue: float) -> Rgb:
    """Rounded."""
    return round(red), round(green), round(blue)


def _lamp_pool(
    sheet: Sheet, lamp: tuple[float, float], reach: float
) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    unit = np.float32(sheet.easel.unit_px)
    x, y = (sheet.x - np.float32(lamp[0])) / unit, (sheet.y - np.float32(lamp[1])) / unit
    away = np.sqrt(x * x + y * y)
    return np.asarray(np.exp(-away / np.float32(reach)), np.float32)


def _wall(
    easel: Easel,
    wish: SceneWish,
    frame: tuple[float, float, float, float],
    lamp: tuple[float, float],
    *,
    lamps_on: bool,
) -> Painting:
    """Paint, paneling, pictures, and a hole where the window is."""
    unit = easel.unit_px
    own = (
        blend((196, 150, 116), easel.palette.accent, 0.12)
        if lamps_on
        else blend((232, 216, 190), easel.palette.accent, 0.08)
    )
    wall = _tone(easel, own, lamps_on=lamps_on)
    sheet = Sheet(easel, 0, easel.floor_px + 8, wall)
    down = (sheet.y - np.float32(easel.top_px)) / np.float32(easel.frame_height_px)
    sheet.shade(
        np.broadcast_to(np.float32(1.04) - np.float32(0.20) * np.abs(down - np.float32(0.45)), sheet.color.shape[:2])
    )
    sheet.shade(1 + (sheet.noise("plaster", 18, 14, 4) - 0.5) * np.float32(0.07))
    if lamps_on:
        sheet.mix(blend(own, _LAMP_LIGHT, 0.55), 0.85 * _lamp_pool(sheet, lamp, 0.30))
        sheet.mix(
            easel.palette.middle, 0.10 * _lamp_pool(sheet, ((frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2), 0.35)
        )
    else:
        sheet.mix(
            (255, 250, 236), 0.45 * _lamp_pool(sheet, ((frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2), 0.45)
        )
    sheet.cover_all()
    _ceiling(easel, sheet, wall)
    panel = sheet.blank()
    low = easel.floor_px - sheet.top_px
    box(panel, -2, low - 0.13 * unit, sheet.width_px + 2, low + 12)
    sheet.ink(panel, _tone(easel, (238, 226, 208) if not lamps_on else (150, 104, 78), lamps_on=lamps_on), 0.55)
    line = sheet.blank()
    box(line, -2, low - 0.137 * unit, sheet.width_px + 2, low - 0.128 * unit)
    box(line, -2, low - 0.022 * unit, sheet.width_px + 2, low + 12)
    x = 0.0
    while x < sheet.width_px:
        box(line, x, low - 0.12 * unit, x + 0.004 * unit, low)
        x += 0.13 * unit
    sheet.ink(line, _tone(easel, (92, 62, 46) if lamps_on else (180, 158, 132), lamps_on=lamps_on), 0.5)
    _pictures(easel, sheet, lamps_on=lamps_on)
    _window(easel, sheet, frame, lamps_on=lamps_on)
    return sheet.painting(_WALL)


def _ceiling(easel: Easel, sheet: Sheet, wall: Rgb) -> None:
    """Seen in upright frames: a molding, and the white above it."""
    row = easel.floor_px - 0.98 * easel.unit_px - sheet.top_px
    if row < 0:
        return
    above, line = sheet.blank(), sheet.blank()
    box(above, -2, -2, sheet.width_px + 2, row)
    box(line, -2, row - 0.022 * easel.unit_px, sheet.width_px + 2, row)
    box(line, -2, row + 0.012 * easel.unit_px, sheet.width_px + 2, row + 0.018 * easel.unit_px)
    sheet.ink(above, blend(wall, (255, 250, 240), 0.16), 0.9)
    sheet.ink(line, scaled(wall, 0.78), 0.8)


def _pictures(easel: Easel, sheet: Sheet, *, lamps_on: bool) -> None:
    unit, low = easel.unit_px, easel.floor_px
    frames, paper, forms = sheet.blank(), sheet.blank(), sheet.blank()
    for x, y, wide, tall in ((0.04, 0.56, 0.15, 0.20), (0.225, 0.52, 0.11, 0.13)):
        left, top = easel.middle_px + x * unit, low - y * unit
        box(frames, left, top, left + wide * unit, top + tall * unit)
        box(paper, left + 0.012 * unit, top + 0.012 * unit, left + (wide - 0.012) * unit, top + (tall - 0.012) * unit)
        disk(forms, left + wide * 0.62 * unit, top + tall * 0.38 * unit, 0.2 * wide * unit)
        fill(
            forms,
            [
                (left + 0.02 * unit, top + (tall - 0.02) * unit),
                (left + 0.45 * wide * unit, top + 0.5 * tall * unit),
                (left + (wide - 0.02) * unit, top + (tall - 0.02) * unit),
            ],
        )
    sheet.ink(frames, _tone(easel, (96, 64, 44), lamps_on=lamps_on))
    sheet.ink(paper, _tone(easel, (240, 232, 214), lamps_on=lamps_on))
    sheet.ink(forms, _tone(easel, blend(easel.palette.accent, (90, 110, 120), 0.4), lamps_on=lamps_on), 0.8)


def _window(easel: Easel, sheet: Sheet, frame: tuple[float, float, float, float], *, lamps_on: bool) -> None:
    """Glass is where nothing covers; curtains hang at both sides."""
    unit = easel.unit_px
    left, top, right, bottom = frame
    wood = sheet.blank()
    rim = 0.020 * unit
    box(wood, left - rim, top - rim, right + rim, bottom + rim)
    box(wood, left - 0.045 * unit, bottom + rim, right + 0.045 * unit, bottom + rim + 0.018 * unit)
    sheet.ink(wood, _tone(easel, (236, 226, 210) if not lamps_on else (170, 124, 92), lamps_on=lamps_on))
    hole = sheet.blank()
    box(hole, left, top, right, bottom)
    bars = sheet.blank()
    box(bars, (left + right) / 2 - 0.007 * unit, top, (left + right) / 2 + 0.007 * unit, bottom)
    box(bars, left, top + (bottom - top) * 0.42 - 0.006 * unit, right, top + (bottom - top) * 0.42 + 0.006 * unit)
    sheet.cover[:] = cv2.subtract(sheet.cover, cv2.subtract(hole, bars))
    cloth, fold = sheet.blank(), sheet.blank()
    for side, edge in ((-1, left), (1, right)):
        outer, inner = edge + side * 0.085 * unit, edge - side * 0.055 * unit
        y0, y1 = top - 0.06 * unit, bottom + 0.13 * unit
        fill(
            cloth,
            [
                (outer, y0),
                (inner, y0),
                (inner - side * -0.005 * unit, (y0 + y1) / 2),
                (edge + side * 0.015 * unit, y1),
                (outer + side * 0.02 * unit, y1),
            ],
        )
        for step in range(4):
            x = outer + (inner - outer) * (0.15 + 0.22 * step)
            fill(
                fold,
                [
                    (x, y0),
                    (x + 0.010 * unit, y0),
                    (x + side * 0.012 * unit * (1 - step * 0.6), y1),
                    (x - 0.006 * unit, y1),
                ],
            )
    box(cloth, left - 0.13 * unit, top - 0.066 * unit, right + 0.13 * unit, top - 0.054 * unit)
    color = easel.palette.accent if not lamps_on else blend(easel.palette.accent, (120, 60, 60), 0.4)
    sheet.ink(cloth, _tone(easel, color, lamps_on=lamps_on), is_new=True)
    sheet.ink(cv2.min(fold, cloth), scaled(_tone(easel, color, lamps_on=lamps_on), 0.72), 0.6)


def _floor(
    easel: Easel, frame: tuple[float, float, float, float], lamp: tuple[float, float], *, lamps_on: bool
) -> Painting:
    """Boards that run towards us, a rug, and the light of window or lamp upon them."""
    unit = easel.unit_px
    own: Rgb = (168, 116, 76)
    sheet = Sheet(easel, easel.floor_px, None, _tone(easel, own, lamps_on=lamps_on))
    sheet.cover_all()
    down = np.clip((sheet.y - np.float32(easel.floor_px)) / np.float32(easel.bottom_px - easel.floor_px), 0, 1.3)
    sheet.shade(
        np.broadcast_to(
            np.float32(0.80) + np.float32(0.22) * down - np.float32(0.26) * down * down, sheet.color.shape[:2]
        )
    )
    inverse = (sheet.y - np.float32(easel.horizon_px)) / np.float32(easel.depth_px)
    board = np.floor((sheet.x - np.float32(easel.middle_px)) / np.float32(unit) / inverse / np.float32(0.12))
    tone = np.sin(board * np.float32(12.9898)) * np.float32(43758.5)
    sheet.shade(1 + (tone - np.floor(tone) - np.float32(0.5)) * np.float32(0.13))
    if lamps_on:
        sheet.mix(blend(own, _LAMP_LIGHT, 0.45), 0.55 * _lamp_pool(sheet, (lamp[0], easel.ground_px(0.62)), 0.26))
    lines, reach = sheet.blank(), 1.6
    for index in range(-26, 27):
        x = 0.12 * index
        y0, y1 = easel.floor_px - sheet.top_px, easel.horizon_px + reach * easel.depth_px - sheet.top_px
        far = easel.middle_px + x * _WALL * unit
        near = easel.middle_px + x * reach * unit
        fill(
            lines,
            [
                (far - 0.0006 * unit, y0),
                (far + 0.0006 * unit, y0),
                (near + 0.003 * unit, y1),
                (near - 0.003 * unit, y1),
            ],
        )
    sheet.ink(lines, scaled(_tone(easel, own, lamps_on=lamps_on), 0.55), 0.75)
    patch = sheet.blank()
    slant = 0.26 * unit
    left, _, right, _ = frame
    for low, high in ((0.62, 0.74), (0.76, 0.92)):
        for x0, x1 in ((left, (left + right) / 2 - 0.012 * unit), ((left + right) / 2 + 0.012 * unit, right)):
            y0, y1 = easel.ground_px(low) - sheet.top_px, easel.ground_px(high) - sheet.top_px
            shift0, shift1 = slant * (low - 0.4) * 2, slant * (high - 0.4) * 2
            fill(patch, [(x0 + shift0, y0), (x1 + shift0 * 1.1, y0), (x1 + shift1 * 1.15, y1), (x0 + shift1, y1)])
    light = easel.palette.light if not lamps_on else blend(easel.palette.middle, easel.palette.light, 0.4)
    soft_patch = np.asarray(cv2.GaussianBlur(patch, (0, 0), 0.008 * unit), np.uint8)
    _rug(easel, sheet, lamps_on=lamps_on)
    sheet.ink(soft_patch, light, 0.42 if not lamps_on else 0.24)
    return sheet.painting(0.6, is_ground=True)


def _rug(easel: Easel, sheet: Sheet, *, lamps_on: bool) -> None:
    unit = easel.unit_px
    center, row = easel.middle_px + 0.10 * unit, 0.76
    rings = (
        (0.46, 1.0, easel.palette.accent),
        (0.40, 0.86, (238, 222, 190)),
        (0.36, 0.78, blend(easel.palette.accent, (60, 70, 100), 0.45)),
    )
    for half, _, color in rings:
        mask = sheet.blank()
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        inverse = 1 / (1 / row + 0.55 * half * np.sin(angles))
        x = center + half * np.cos(angles) * unit * inverse
        fill(mask, np.column_stack([x, easel.horizon_px + easel.depth_px * inverse - sheet.top_px]))
        sheet.ink(mask, _tone(easel, color, lamps_on=lamps_on), 0.9)


def _sofa(easel: Easel, *, lamps_on: bool) -> Painting:
    """Against the wall, with cushions."""
    unit = easel.unit_px
    inverse = 0.54
    foot = easel.ground_px(inverse)
    shift = 0.0 if easel.breadth > 0.9 else -0.05
    left, right = easel.middle_px - (0.06 - shift) * unit, easel.middle_px + (0.40 + shift) * unit
    sheet = Sheet(easel, foot - 0.30 * unit, foot + 0.02 * unit)
    y = foot - sheet.top_px
    base, back, seat, pillow, legs, dark = (sheet.blank() for _ in range(6))
    for x in (left + 0.03 * unit, right - 0.03 * unit):
        box(legs, x - 0.008 * unit, y - 0.03 * unit, x + 0.008 * unit, y)
    _soft_box(back, left + 0.01 * unit, y - 0.24 * unit, right - 0.01 * unit, y - 0.05 * unit, 0.03 * unit)
    _soft_box(base, left, y - 0.10 * unit, right, y - 0.025 * unit, 0.015 * unit)
    _soft_box(base, left - 0.03 * unit, y - 0.16 * unit, left + 0.035 * unit, y - 0.025 * unit, 0.025 * unit)
    _soft_box(base, right - 0.035 * unit, y - 0.16 * unit, right + 0.03 * unit, y - 0.025 * unit, 0.025 * unit)
    middle = (left + right) / 2
    _soft_box(seat, left + 0.04 * unit, y - 0.125 * unit, middle - 0.003 * unit, y - 0.08 * unit, 0.015 * unit)
    _soft_box(seat, middle + 0.003 * unit, y - 0.125 * unit, right - 0.04 * unit, y - 0.08 * unit, 0.015 * unit)
    _soft_box(pillow, left + 0.05 * unit, y - 0.205 * unit, left + 0.135 * unit, y - 0.115 * unit, 0.02 * unit)
    _soft_box(pillow, right - 0.15 * unit, y - 0.195 * unit, right - 0.06 * unit, y - 0.115 * unit, 0.02 * unit)
    box(dark, left, y - 0.014 * unit, right, y + 0.006 * unit)
    own = blend((74, 96, 112), easel.palette.accent, 0.15)
    tone = _tone(easel, own, lamps_on=lamps_on)
    sheet.ink(np.asarray(cv2.GaussianBlur(dark, (0, 0), 0.006 * unit), np.uint8), (12, 8, 8), 0.6, is_new=False)
    sheet.ink(legs, _tone(easel, (70, 46, 34), lamps_on=lamps_on), is_new=True)
    for mask, color in ((back, scaled(tone, 0.86)), (seat, scaled(tone, 1.12)), (base, tone)):
        sheet.ink(mask, color, is_new=True)
    sheet.ink(pillow, _tone(easel, easel.palette.accent, lamps_on=lamps_on), is_new=True)
    return sheet.painting(inverse)


def _soft_box(
    mask: np.ndarray[tuple[int, int], np.dtype[np.uint8]],
    left: float,
    top: float,
    right: float,
    bottom: float,
    radius: float,
) -> None:
    """A rectangle with round corners."""
    box(mask, left + radius, top, right - radius, bottom)
    box(mask, left, top + radius, right, bottom - radius)
    for x in (left + radius, right - radius):
        for y in (top + radius, bottom - radius):
            disk(mask, x, y, radius)


def _lamp(easel: Easel, lamp: tuple[float, float], *, lamps_on: bool) -> Painting:
    """A floor lamp with a paper shade."""
    unit = easel.unit_px
    x, top = lamp
    foot = easel.ground_px(0.58)
    sheet = Sheet(easel, top - 0.12 * unit, foot + 0.03 * unit)
    y, base = top - sheet.top_px, foot - sheet.top_px
    pole, shade = sheet.blank(), sheet.blank()
    box(pole, x - 0.006 * unit, y, x + 0.006 * unit, base)
    _soft_box(pole, x - 0.055 * unit, base - 0.012 * unit, x + 0.055 * unit, base + 0.008 * unit, 0.009 * unit)
    fill(
        shade,
        [
            (x - 0.055 * unit, y - 0.065 * unit),
            (x + 0.055 * unit, y - 0.065 * unit),
            (x + 0.095 * unit, y + 0.065 * unit),
            (x - 0.095 * unit, y + 0.065 * unit),
        ],
    )
    sheet.ink(pole, _tone(easel, (60, 46, 40), lamps_on=lamps_on), is_new=True)
    sheet.ink(shade, (255, 230, 178) if lamps_on else _tone(easel, (240, 226, 196), lamps_on=False), is_new=True)
    core = sheet.blank()
    disk(core, x, y + 0.01 * unit, 0.045 * unit)
    if lamps_on:
        sheet.ink(
            np.asarray(cv2.min(cv2.GaussianBlur(core, (0, 0), 0.03 * unit), shade), np.uint8), (255, 248, 222), 0.9
        )
    return sheet.painting(0.56)


def _plant(easel: Easel, *, lamps_on: bool) -> Painting:
    """Big leaves in a pot, near us at the edge."""
    random = easel.random("plant")
    unit = easel.unit_px
    x, foot = easel.middle_px - 0.90 * easel.frame_width_px / 2, easel.ground_px(0.92)
    sheet = Sheet(easel, foot - 0.66 * unit, foot + 0.04 * unit)
    y = foot - sheet.top_px
    pot, leaves, ribs = sheet.blank(), sheet.blank(), sheet.blank()
    fill(
        pot,
        [
            (x - 0.085 * unit, y - 0.17 * unit),
            (x + 0.085 * unit, y - 0.17 * unit),
            (x + 0.062 * unit, y),
            (x - 0.062 * unit, y),
        ],
    )
    for index in range(11):
        angle = -1.25 + 2.5 * index / 10 + random.uniform(-0.1, 0.1)
        length = unit * random.uniform(0.26, 0.44)
        along = np.linspace(0, 1, 12)
        px = x + np.sin(angle) * length * along
        py = y - 0.15 * unit - length * (along * np.cos(angle * 0.75) - 0.42 * along**2 * abs(np.sin(angle)))
        half = 0.105 * length * np.sin(np.pi * along**0.8) ** 0.8
        fill(
            leaves,
            np.concatenate(
                [
                    np.column_stack([px - half * np.cos(angle), py - half * np.sin(angle) * 0.6]),
                    np.column_stack([px + half * np.cos(angle), py + half * np.sin(angle) * 0.6])[::-1],
                ]
            ),
        )
        stroke(ribs, np.column_stack([px, py]), max(1, 0.004 * unit))
    dim = 0.62 if lamps_on else 0.9
    sheet.ink(pot, scaled(_tone(easel, (190, 110, 80), lamps_on=lamps_on), dim), is_new=True)
    sheet.ink(leaves, scaled(_tone(easel, (66, 112, 68), lamps_on=lamps_on), dim), is_new=True)
    sheet.ink(cv2.min(ribs, leaves), scaled(_tone(easel, (120, 158, 96), lamps_on=lamps_on), dim), 0.7)
    return sheet.painting(0.92)
