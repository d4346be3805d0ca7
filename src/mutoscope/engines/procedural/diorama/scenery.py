"""Paints the layers of a text-to-video scene: skies, ridges, trees, towers, a room; one function each."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import (
    Easel,
    Image,
    Mask,
    Painting,
    Rgb,
    disk,
    enlarged,
    filled,
    mask_of,
    mix,
    polygon,
)
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.engines.procedural.sight.depth import INVERSE_FAR


def paint(wish: SceneWish, easel: Easel) -> list[Painting]:
    """The scene's layers, farthest first; the first covers everything."""
    if wish.kind == "room":
        return _room(easel)
    sky = Painting.of(_sky(easel, starry=wish.kind == "space"), None, INVERSE_FAR * 0.4)
    if wish.kind == "space":
        return [sky, _planet(easel)]
    back: list[Painting] = [sky]
    if wish.kind == "city":
        back += [_towers(easel, row) for row in range(2)]
    else:
        back += [_ridge(easel, wish, row) for row in range(2)]
    if wish.water:
        back.append(_water(easel, back))
    if wish.kind == "sea":
        return back
    return [*back, *(_shore(easel, wish) if wish.water else _foreground(easel, wish))]


def _foreground(easel: Easel, wish: SceneWish) -> list[Painting]:
    if wish.kind == "city":
        return [_towers(easel, 2), _street(easel)]
    rows = [_ridge(easel, wish, 2), _ridge(easel, wish, 3)]
    return [*rows[:1], _trees(easel, wish, 0), rows[1], _trees(easel, wish, 1)] if wish.kind == "forest" else rows


def _shore(easel: Easel, wish: SceneWish) -> list[Painting]:
    """A strip of near land at the bottom, so that the water has a this side."""
    return [_trees(easel, wish, 1)] if wish.kind == "forest" else [_ridge(easel, wish, 3)]


def _sky(easel: Easel, *, starry: bool) -> Image:
    """Gradient, stars, sun or moon with its glow, and clouds drawn out sideways."""
    palette = easel.palette
    rows = np.arange(easel.height_px, dtype=np.float32) / np.float32(easel.horizon_px)
    colors = [palette.zenith, palette.middle, palette.horizon]
    if starry:
        colors = [(4, 5, 14), (9, 10, 30), (20, 14, 44)]
    gradient = np.stack([np.interp(rows, (0.12, 0.62, 1.0), [c[i] for c in colors]) for i in range(3)], axis=1)
    sky: Image = np.broadcast_to(gradient[:, None, :], (easel.height_px, easel.width_px, 3)).astype(np.float32)
    if starry:
        cloud = easel.noise(11, 4, 3, 5)
        mix(sky, (120, 60, 150), soft_step((cloud - 0.5) / 0.4) * 0.5)
        mix(sky, (40, 110, 160), soft_step((easel.noise(12, 3, 3, 5) - 0.55) / 0.4) * 0.4)
    _stars(easel, sky, 1.0 if starry else palette.stars)
    if not starry:
        _sun(easel, sky)
        field = easel.noise(13, 3, 11)
        height = np.clip(1.15 - rows, 0, 1)[:, None]
        veil = soft_step((field - (1 - palette.cloud_cover * 0.85)) / 0.34) * (0.25 + 0.6 * height)
        mix(sky, palette.cloud, veil)
    return sky


def _stars(easel: Easel, sky: Image, strength: float) -> None:
    if strength <= 0:
        return
    random = easel.random(21)
    dots = np.zeros(sky.shape[:2], np.float32)
    for _ in range(260):
        x, y = random.random() * easel.width_px, random.random() ** 1.3 * easel.horizon_px
        radius = easel.unit_px / 720 * random.uniform(0.5, 1.5)
        disk(dots, x, y, radius, random.uniform(0.3, 1.0))
    mix(sky, (250, 250, 255), dots * np.float32(strength))


def _sun(easel: Easel, sky: Image) -> None:
    """Mixed into the sky rather than added, so that nothing clips."""
    palette = easel.palette
    if palette.light_size == 0:
        return
    x = easel.width_px * easel.random(31).uniform(0.36, 0.64)
    y = easel.horizon_px - palette.light_height * easel.horizon_px * 0.62
    radius = palette.light_size * easel.unit_px
    columns = (np.arange(easel.width_px, dtype=np.float32) - np.float32(x))[None, :]
    rows = (np.arange(easel.height_px, dtype=np.float32) - np.float32(y))[:, None]
    distance = np.sqrt(columns * columns + rows * rows)
    glow = np.exp(-distance / np.float32(radius * 4.5))
    mix(sky, palette.light, np.asarray(glow * 0.55, np.float32))
    mix(sky, palette.light, np.clip(np.float32(radius) - distance + 0.5, 0, 1))


def _ridge(easel: Easel, wish: SceneWish, row: int) -> Painting:
    """One range of hills: row 0 is far and hazy, row 3 is at our feet."""
    rough, heights = {
        "mountain": (1.0, (0.36, 0.20, 0.02, -0.14)),
        "forest": (0.5, (0.24, 0.13, -0.02, -0.20)),
        "field": (0.22, (0.14, 0.05, -0.06, -0.20)),
        "desert": (0.28, (0.10, 0.02, -0.08, -0.20)),
        "sea": (0.4, (0.0, -0.10, -0.2, -0.3)),
    }.get(wish.kind, (0.5, (0.2, 0.1, -0.04, -0.18)))
    height = heights[row]
    if wish.water and wish.kind != "sea":  # room for the mirror: lower ranges, and a narrow strip on this side
        height = height * 0.75 + 0.02 if row < 3 else -0.27
    random = easel.random(41, row)
    profile = _profile(random, easel, rough * (1.0 - 0.18 * row)) * easel.unit_px * (0.20 - 0.03 * row)
    top = easel.horizon_px - height * easel.unit_px + profile
    cover = mask_of(np.clip(np.arange(easel.height_px)[:, None] - top[None, :] + 0.5, 0, 1))
    color = _ground_color(easel, wish, row)
    shade = easel.noise(50 + row, 14, 10, 4)
    image = filled(easel, color)
    below = mask_of((np.arange(easel.height_px)[:, None] - top[None, :]) / easel.unit_px)
    # Haze gathers at the foot of far ranges; near ones darken towards us.
    foot = mask_of(np.clip(below / 0.35, 0, 1))
    if row < 2:
        mix(image, easel.palette.horizon, foot * np.float32(0.45))
    else:
        image *= (1 - 0.45 * foot)[:, :, None]
    image *= (1 + (shade - 0.5) * (0.22 if row else 0.12))[:, :, None]
    if wish.snow or (wish.kind == "mountain" and row == 0):
        _snow_on(image, below, shade, easel, everywhere=wish.snow and row > 1)
    return Painting.of(image, cover, (0.30, 0.42, 0.66, 1.0)[row])


def _snow_on(image: Image, below: Mask, shade: Mask, easel: Easel, *, everywhere: bool) -> None:
    white = tuple(int(0.72 * 255 + 0.28 * part) for part in easel.palette.horizon)
    light = 0.35 + 0.65 * sum(easel.palette.horizon) / (3 * 255)
    color = (round(white[0] * light), round(white[1] * light), round(white[2] * light))
    if everywhere:
        mix(image, color, np.full(below.shape, 0.82, np.float32) * (0.8 + 0.2 * shade))
    else:
        mix(image, color, soft_step(mask_of((0.10 - below + (shade - 0.5) * 0.22) / 0.05)) * 0.9)


def _ground_color(easel: Easel, wish: SceneWish, row: int) -> Rgb:
    """From the hazy far color to the near one; meadows and sand keep something of their own by daylight."""
    share = (0.12, 0.42, 0.74, 1.0)[row]
    own: dict[str, Rgb] = {"field": (104, 150, 62), "desert": (222, 168, 98), "forest": (46, 92, 58)}
    far, near = np.array(easel.palette.far), np.array(easel.palette.near)
    base = far * (1 - share) + near * share
    if wish.kind in own:
        light = (sum(easel.palette.horizon) / (3 * 255)) ** 1.2
        base = base * 0.25 + np.array(own[wish.kind]) * light * (1 - 0.1 * row) * 0.75
    return (round(base[0]), round(base[1]), round(base[2]))


def _trees(easel: Easel, wish: SceneWish, row: int) -> Painting:
    """Pines in a line: stacked triangles, narrower towards the top."""
    random = easel.random(61, row)
    cover = np.zeros((easel.height_px, easel.width_px), np.uint8)
    base = easel.horizon_px + (0.10, 0.34)[row] * easel.unit_px
    size = (0.16, 0.34)[row] * easel.unit_px
    x = -size * 0.3
    while x < easel.width_px + size * 0.3:
        height = size * random.uniform(0.65, 1.15)
        foot = base + random.uniform(-0.1, 0.1) * size
        for tier in range(4):
            top = foot - height * (1 - 0.2 * tier)
            half = height * (0.08 + 0.055 * tier)
            bottom = top + height * (0.30 + 0.04 * tier)
            polygon(cover, [(x, top), (x + half, bottom), (x - half, bottom)])
        x += size * random.uniform(0.20, 0.42) * (1.0 if row == 0 else 1.5)
    cover[min(easel.height_px - 1, int(base - 0.16 * size)) :] = 255
    red, green, blue = _ground_color(easel, wish, 2 + row)
    dark = (0.8, 0.5)[row]
    color: Rgb = (round(red * dark), round(green * dark), round(blue * dark))
    return Painting.of(filled(easel, color), mask_of(cover / 255), (0.55, 0.92)[row])


def _towers(easel: Easel, row: int) -> Painting:
    """A row of buildings with some of their windows lit."""
    random = easel.random(71, row)
    palette = easel.palette
    share = (0.22, 0.55, 0.9)[row]
    tone = np.array(palette.far) * (1 - share) + np.array(palette.near) * share
    image = filled(easel, (round(tone[0]), round(tone[1]), round(tone[2])))
    cover = np.zeros((easel.height_px, easel.width_px), np.uint8)
    base = easel.horizon_px + (0.0, 0.03, 0.10)[row] * easel.unit_px
    tall = (0.46, 0.36, 0.26)[row] * easel.unit_px
    lit = {"day": 0.0, "storm": 0.3, "sunrise": 0.3, "sunset": 0.4}.get(easel.time, 0.5)
    x = -0.1 * easel.unit_px
    while x < easel.width_px:
        width = easel.unit_px * random.uniform(0.05, 0.12) * (1 + 0.35 * row)
        top = base - tall * random.uniform(0.35, 1.0)
        polygon(cover, [(x, top), (x + width, top), (x + width, easel.height_px), (x, easel.height_px)])
        side = tone * random.uniform(0.82, 1.12)
        left, right = max(0, round(x)), max(0, round(x + width))
        image[max(0, int(top)) :, left:right] = side
        _windows(easel, image, (x, top, width, base - top), lit, random, size=0.006 * (1 + 0.8 * row))
        x += width * random.uniform(1.0, 1.25)
    cover[int(base) :] = 255
    rows = (np.arange(easel.height_px, dtype=np.float32)[:, None] - np.float32(base - tall)) / np.float32(tall)
    mix(image, palette.horizon, np.broadcast_to(np.clip(rows, 0, 1) ** 2, cover.shape) * np.float32(0.34 - 0.14 * row))
    return Painting.of(image, mask_of(cover / 255), (0.30, 0.46, 0.72)[row])


def _windows(
    easel: Easel,
    image: Image,
    box: tuple[float, float, float, float],
    lit: float,
    random: np.random.Generator,
    *,
    size: float,
) -> None:
    x, top, width, height = box
    pane = max(1.5, size * easel.unit_px)
    step = pane * 2.4
    dark = np.array(easel.palette.near, np.float32) * 0.6
    for row in range(1, int(height / step)):
        for column in range(1, int(width / step)):
            left, upper = x + column * step, top + row * step
            is_lit = random.random() < lit
            color = np.array(easel.palette.windows, np.float32) * random.uniform(0.7, 1.0) if is_lit else dark
            if 0 <= left < easel.width_px - pane and upper < easel.height_px - pane:
                image[int(upper) : int(upper + pane * 1.3), int(left) : int(left + pane)] = color


def _street(easel: Easel) -> Painting:
    """A road towards the horizon with a broken line, and its kerbs."""
    palette = easel.palette
    near = np.array(palette.near)
    image = filled(easel, (round(near[0] * 0.8 + 8), round(near[1] * 0.8 + 8), round(near[2] * 0.8 + 10)))
    top, bottom = easel.horizon_px + 0.10 * easel.unit_px, float(easel.height_px)
    middle = easel.width_px / 2
    cover = np.zeros((easel.height_px, easel.width_px), np.float32)
    cover[int(top) :] = 1
    road = np.zeros((easel.height_px, easel.width_px), np.uint8)
    narrow, wide = 0.05 * easel.unit_px, 0.62 * easel.unit_px
    polygon(road, [(middle - narrow, top), (middle + narrow, top), (middle + wide, bottom), (middle - wide, bottom)])
    mix(image, (62, 62, 74), mask_of(road / 255 * 0.75))
    dashes = np.zeros_like(road)
    edges = np.linspace(0.02, 1, 15) ** 2 * (bottom - top) + top
    for upper, lower in zip(edges[::2], edges[1::2], strict=False):
        half = [0.012 * easel.unit_px * (0.1 + (y - top) / (bottom - top)) for y in (upper, lower)]
        polygon(dashes, [(middle - half[0], upper), (middle + half[0], upper),
                          (middle + half[1], lower), (middle - half[1], lower)])  # fmt: skip
    mix(image, palette.light, mask_of(dashes / 255 * 0.8))
    rows = (np.arange(easel.height_px, dtype=np.float32)[:, None] - np.float32(top)) / np.float32(bottom - top)
    mix(image, palette.horizon, np.broadcast_to(np.clip(1 - rows * 2.4, 0, 1), cover.shape) * np.float32(0.25))
    return Painting.of(image, cover, 0.95)


def _water(easel: Easel, back: list[Painting]) -> Painting:
    """A mirror of what stands behind it, darker with depth, under a path of light."""
    whole = back[0].color.astype(np.float32)
    for layer in back[1:]:
        assert layer.cover is not None, "only the sky covers everything"
        whole += (layer.color - whole) * (layer.cover / np.float32(255))[:, :, None]
    line = int(easel.horizon_px + 0.02 * easel.unit_px)
    rows = np.arange(easel.height_px)
    mirrored = whole[np.clip(2 * line - rows, 0, easel.height_px - 1)]
    smeared = cv2.GaussianBlur(mirrored, (0, 0), 0.004 * easel.unit_px, sigmaY=0.012 * easel.unit_px)
    image = np.asarray(smeared, np.float32)
    down = np.clip((rows - line) / (easel.height_px - line), 0, 1).astype(np.float32)[:, None]
    mix(image, easel.palette.near, np.broadcast_to(0.16 + 0.42 * down, image.shape[:2]).astype(np.float32))
    streaks = easel.noise(81, 5, 90, 2)
    mix(image, easel.palette.horizon, soft_step((streaks - 0.62) / 0.2) * (0.30 * (1 - down) + 0.06))
    cover = np.zeros(image.shape[:2], np.float32)
    cover[line:] = 1
    return Painting.of(image, cover, 0.5, ripples=True)


def _planet(easel: Easel) -> Painting:
    """A lit ball with bands and a soft rim."""
    random = easel.random(91)
    radius = 0.30 * easel.unit_px
    x, y = easel.width_px * random.uniform(0.42, 0.6), easel.height_px * 0.52
    columns = (np.arange(easel.width_px, dtype=np.float32)[None, :] - np.float32(x)) / np.float32(radius)
    rows = (np.arange(easel.height_px, dtype=np.float32)[:, None] - np.float32(y)) / np.float32(radius)
    squared = columns * columns + rows * rows
    depth = np.sqrt(np.clip(1 - squared, 0, 1))
    light = np.clip(0.15 + 0.95 * (-0.55 * columns - 0.35 * rows + 0.72 * depth), 0.03, 1.1)
    bands = 0.5 + 0.5 * np.sin(rows * 11 + (easel.noise(92, 5, 5) - 0.5) * 6)
    image = filled(easel, (196, 140, 104))
    mix(image, (238, 212, 176), np.broadcast_to(bands, squared.shape).astype(np.float32))
    image *= light[:, :, None]
    cover = np.clip((1 - np.sqrt(squared)) * np.float32(radius) + 0.5, 0, 1)
    return Painting.of(image, np.asarray(cover, np.float32), 0.6)


def _room(easel: Easel) -> list[Painting]:
    """A window onto the sky, a wall with a lamp's light, a floor, and furniture before it."""
    height, width, unit = easel.height_px, easel.width_px, easel.unit_px
    middle, floor = width / 2, easel.horizon_px + 0.22 * unit
    night = easel.time in ("night", "neon", "storm")
    wall = filled(easel, (118, 76, 58) if night else (214, 196, 170))
    lamp_x, lamp_y = middle + 0.42 * unit, floor - 0.42 * unit
    columns = (np.arange(width, dtype=np.float32)[None, :] - np.float32(lamp_x)) / np.float32(unit)
    rows = (np.arange(height, dtype=np.float32)[:, None] - np.float32(lamp_y)) / np.float32(unit)
    distance = np.sqrt(columns * columns + rows * rows)
    wall *= np.clip((0.42 if night else 0.86) + 0.8 * np.exp(-distance * 2.6), 0, 1.25)[:, :, None]
    ground = np.clip(np.arange(height, dtype=np.float32)[:, None] - np.float32(floor), 0, 1)
    mix(wall, (66, 40, 30) if night else (150, 104, 70), np.broadcast_to(ground, (height, width)) * np.float32(0.82))
    hole = np.ones((height, width), np.uint8) * 255
    left, top, right, bottom = middle - 0.62 * unit, floor - 0.62 * unit, middle - 0.16 * unit, floor - 0.2 * unit
    polygon(hole, [(left, top), (right, top), (right, bottom), (left, bottom)], value=0)
    bar = 0.008 * unit
    polygon(hole, [((left + right) / 2 - bar, top), ((left + right) / 2 + bar, top),
                    ((left + right) / 2 + bar, bottom), ((left + right) / 2 - bar, bottom)])  # fmt: skip
    polygon(hole, [(left, (top + bottom) / 2 - bar), (right, (top + bottom) / 2 - bar),
                    (right, (top + bottom) / 2 + bar), (left, (top + bottom) / 2 + bar)])  # fmt: skip
    sky = Painting.of(_sky(easel, starry=False), None, INVERSE_FAR * 0.5)
    room = Painting.of(wall, mask_of(hole / 255), 0.55)
    return [sky, room, _furniture(easel, floor, (lamp_x, lamp_y), night=night)]


def _furniture(easel: Easel, floor: float, lamp: tuple[float, float], *, night: bool) -> Painting:
    """A sofa and a floor lamp."""
    unit, middle = easel.unit_px, easel.width_px / 2
    cover = np.zeros((easel.height_px, easel.width_px), np.uint8)
    image = filled(easel, (44, 28, 24) if night else (96, 70, 60))
    for x0, y0, x1, y1 in ((-0.14, -0.16, 0.30, 0.06), (-0.20, -0.06, -0.12, 0.08), (0.28, -0.06, 0.36, 0.08)):
        box = [(middle + x0 * unit, floor + y0 * unit), (middle + x1 * unit, floor + y0 * unit),
               (middle + x1 * unit, floor + y1 * unit), (middle + x0 * unit, floor + y1 * unit)]  # fmt: skip
        polygon(cover, box)
    shade = np.zeros_like(cover)
    x, y = lamp
    polygon(shade, [(x - 0.05 * unit, y - 0.06 * unit), (x + 0.05 * unit, y - 0.06 * unit),
                     (x + 0.08 * unit, y + 0.06 * unit), (x - 0.08 * unit, y + 0.06 * unit)])  # fmt: skip
    polygon(cover, [(x - 0.006 * unit, y), (x + 0.006 * unit, y), (x + 0.006 * unit, floor + 0.07 * unit),
                     (x - 0.006 * unit, floor + 0.07 * unit)])  # fmt: skip
    mix(image, (255, 224, 160), mask_of(shade / 255))
    return Painting.of(image, mask_of(np.maximum(cover, shade) / 255), 0.72)


def _profile(random: np.random.Generator, easel: Easel, rough: float) -> NDArray[np.float32]:
    """A skyline: midpoint-like noise, −1 to 1; `rough` is the share that small forms have."""
    total = np.zeros(easel.width_px, np.float32)
    forms = 4 * min(1.0, easel.breadth)
    for octave in range(7):
        points = random.uniform(-1, 1, round(forms * 2**octave) + 3).astype(np.float32)
        curve = enlarged(points[None, :], easel.width_px, 1)[0]
        total += curve * np.float32((0.5 * (0.35 + 0.65 * rough)) ** octave)
    return total / np.float32(1.6)
