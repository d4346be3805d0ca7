"""Skies: a gradient with sun or moon, clouds that drift before it, and stars that twinkle."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.canvas import INVERSE_SKY, Easel, Mask, Sheet, enlarged, soft
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.engines.procedural.diorama.layers import over, sample
from mutoscope.engines.procedural.diorama.palette import Rgb
from mutoscope.media.frames import Planes

_DRIFT: Final = 0.02
"""How far the clouds go in a clip, as a share of the frame's width."""
_TWINKLE_HZ: Final = (0.25, 0.9)

Packed = NDArray[np.uint8]
"""(height / 2, width / 2, 4): Y, U, V and 255 minus cover, at half the size of the canvas."""


class Sky:
    """Drawn at half the size, since nothing in it is sharp, and enlarged."""

    def __init__(self, easel: Easel, base: Sheet, clouds: tuple[Mask, Mask] | None, *, is_air: bool = True) -> None:
        """`clouds` are cover and lightness, 0 to 1, at half size; `is_air` is False under water."""
        self.is_air = is_air
        self._width_px, self._height_px = easel.frame_width_px, easel.frame_height_px
        self._drift_px = _DRIFT * easel.frame_width_px
        self._stir = easel.stir
        self._base = _packed(base, None, easel)
        self._clouds: Packed | None = None
        self.inverse = INVERSE_SKY
        self.cloud_cover: Mask | None = None
        """Of the canvas, at half size, without drift."""
        if clouds is not None:
            cover, lightness = clouds
            sheet = Sheet(easel, 0, base.height_px, easel.palette.cloud_shade)
            sheet.mix(easel.palette.cloud, lightness)
            self._clouds = _packed(sheet, cover, easel)
            self.cloud_cover = cover
        half = (self._height_px // 2, self._width_px // 2)
        self._seen = np.empty((*half, 4), np.uint8)
        self._planes = [np.empty(half, np.uint8) for _ in range(4)]
        self._luma = np.empty(half, np.uint8)

    def drift_px(self, share: float) -> float:
        """How far the clouds have gone, in pixels of the canvas."""
        return self._drift_px * self._stir.clouds(share)

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Fill every row above `floor`."""
        if floor <= 0:
            return
        rows = slice(0, floor // 2)
        seen = self._seen[rows]
        sample(self._base, 0, eye.place(INVERSE_SKY), (0, 0), seen, step=2)
        luma, u, v = self._luma[rows], target.u[rows], target.v[rows]
        cv2.mixChannels([seen], [luma, u, v], [0, 0, 1, 1, 2, 2])
        if self._clouds is not None:
            place = eye.place(INVERSE_SKY * 1.2, self.drift_px(share))
            # Where the wind brings more than is painted, it is what went out of sight, turned round.
            sample(self._clouds, 0, place, (0, 0), seen, step=2, border=cv2.BORDER_REFLECT)
            parts = [plane[rows] for plane in self._planes]
            cv2.mixChannels([seen], parts, [0, 0, 1, 1, 2, 2, 3, 3])
            for plane, part in zip((luma, u, v), parts, strict=False):
                over(plane, part, parts[3])
        cv2.resize(luma, (self._width_px, floor), dst=target.y[:floor], interpolation=cv2.INTER_LINEAR)


class Stars:
    """Points of light, each with a pulse of its own, that clouds pass over."""

    def __init__(self, easel: Easel, sky: Sky, *, count: int, strength: float, low_px: float) -> None:
        """Between the top of the canvas and row `low_px`, denser above."""
        random = easel.random("stars")
        self._x = (random.random(count) * easel.width_px).astype(np.float32)
        self._y = (random.random(count) ** 1.25 * low_px).astype(np.float32)
        self._bright = (strength * random.uniform(0.25, 1.0, count) ** 1.5).astype(np.float32)
        self._pulse = random.uniform(*_TWINKLE_HZ, count).astype(np.float32) * np.float32(2 * math.pi)
        self._phase = random.uniform(0, 2 * math.pi, count).astype(np.float32)
        size = easel.unit_px / 1080
        big = self._bright > np.float32(0.62 * strength)
        self._size = np.where(big, 1.5 * size + 0.35, 0.9 * size + 0.25).astype(np.float32)
        self._sky = sky
        self._seconds = easel.seconds
        self.inverse = INVERSE_SKY

    def draw(self, share: float, eye: Eye, target: Planes, floor: int) -> None:
        """Lighten the pixels around each star, by how much of it falls on them."""
        x, y, _ = eye.project(self._x, self._y, np.float32(self.inverse) * np.ones_like(self._x))
        wave = np.sin(self._phase + self._pulse * np.float32(share * self._seconds))
        level = self._bright * (np.float32(0.68) + np.float32(0.32) * wave) * self._uncovered(share)
        height, width = target.y.shape
        inside = (x > 2) & (x < width - 3) & (y > 2) & (y < min(floor, height) - 3) & (level > 0.02)
        x, y, level, size = x[inside], y[inside], level[inside], self._size[inside]
        left, top = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        for row in range(-1, 3):
            for column in range(-1, 3):
                away = np.hypot(left + column - x, top + row - y)
                share_here = np.clip(size + np.float32(0.6) - away, 0, 1) * level
                spot = (top + row, left + column)
                below = target.y[spot].astype(np.float32)
                target.y[spot] = np.rint(below + (226 - below) * share_here).astype(np.uint8)

    def _uncovered(self, share: float) -> NDArray[np.float32]:
        """What the clouds leave of each star."""
        cover = self._sky.cloud_cover
        if cover is None:
            return np.ones_like(self._x)
        last = cover.shape[1] - 1
        x = (last - np.abs(last - np.abs((self._x + self._sky.drift_px(share)) / 2))).clip(0, last).astype(np.int32)
        y = np.clip(self._y / 2, 0, cover.shape[0] - 1).astype(np.int32)
        return np.asarray(1 - cover[y, x], np.float32)


def paint_sky(easel: Easel) -> list[Sky | Stars]:
    """The sky of the easel's time of day, with stars where they shine."""
    palette = easel.palette
    bottom = easel.horizon_px + 0.08 * easel.unit_px
    sheet = Sheet(easel, 0, bottom)
    gradient(
        sheet, easel.top_px - 0.1 * easel.unit_px, easel.horizon_px, (palette.zenith, palette.middle, palette.horizon)
    )
    _light(easel, sheet)
    sky = Sky(easel, sheet, _clouds(easel, sheet))
    parts: list[Sky | Stars] = [sky]
    if palette.stars > 0:
        count = round(240 * min(1.4, easel.width_px * easel.height_px / (easel.frame_width_px * easel.frame_height_px)))
        parts.append(Stars(easel, sky, count=count, strength=palette.stars, low_px=easel.horizon_px * 0.9))
    return parts


def gradient(sheet: Sheet, top_px: float, bottom_px: float, colors: tuple[Rgb, ...]) -> None:
    """Fill a sheet from one row to another with colors at equal distances."""
    rows = (sheet.y[:, 0] - np.float32(top_px)) / np.float32(bottom_px - top_px)
    stops = np.linspace(0.0, 1.0, len(colors))
    for channel in range(3):
        values = np.interp(rows, stops, [color[channel] for color in colors]).astype(np.float32)
        sheet.color[:, :, channel] = values[:, None]


def _light(easel: Easel, sheet: Sheet) -> None:
    """Sun or moon in its halo, mixed in rather than added, so that nothing clips."""
    palette, unit = easel.palette, np.float32(easel.unit_px)
    x, y = (np.float32(part) for part in easel.light_px)
    along, down = (sheet.x - x) / unit, (sheet.y - y) / unit
    away = np.sqrt(along * along + down * down)
    sheet.mix(palette.light, palette.glow * 0.55 * np.exp(-away * np.float32(3.2)))
    if palette.light_size == 0:
        return
    # A low sun lights the air along the horizon.
    low = max(0.0, 1 - 2.2 * palette.light_height)
    sheet.mix(
        palette.light, palette.glow * low * np.exp(-np.abs(along) * np.float32(1.1) - np.abs(down) * np.float32(6.5))
    )
    radius = np.float32(palette.light_size)
    edge = unit * (radius - away) / 2
    sheet.mix(palette.light, palette.glow * np.exp(-np.maximum(away - radius, 0) / (radius * np.float32(1.3))))
    sheet.mix(palette.light, np.clip(edge + np.float32(0.5), 0, 1))
    if palette.stars >= 0.5 and easel.time == "night":
        seas = soft((sheet.noise("moon", 22, 22, 3) - 0.5) / 0.25)
        sheet.mix(palette.cloud, 0.42 * seas * np.clip(edge, 0, 1))


def _clouds(easel: Easel, sheet: Sheet) -> tuple[Mask, Mask]:
    """Cover and lightness of a deck of clouds that runs towards the horizon: forms get flatter and smaller there."""
    unit, palette = np.float32(easel.unit_px), easel.palette
    shape = (sheet.height_px // 4, sheet.width_px // 4)
    x = (np.arange(shape[1], dtype=np.float32)[None, :] * 4 - np.float32(easel.middle_px)) / unit
    up = (np.float32(easel.horizon_px) - np.arange(shape[0], dtype=np.float32)[:, None] * 4) / unit
    away = 1 / (np.maximum(up, 0) + np.float32(0.24))
    texture = _tile(easel, "clouds")
    across = np.asarray((x * away * np.float32(0.16) + np.float32(0.5)) * texture.shape[1], np.float32)
    deep = np.asarray(np.broadcast_to(away * np.float32(0.40) * texture.shape[0], shape), np.float32)
    field = cv2.remap(texture, across, deep, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    field = np.asarray(cv2.GaussianBlur(field, (0, 0), 1.2), np.float32)
    cover_level = np.float32(1 - palette.cloud_cover)
    amount = soft((field - (cover_level * np.float32(0.62) + np.float32(0.16))) / np.float32(0.26))
    step = max(2, round(0.012 * easel.unit_px / 4))
    lower = np.concatenate([field[:1].repeat(step, axis=0), field[:-step]])
    lightness = np.clip(
        np.float32(0.62) + (field - lower) * np.float32(3.4) - (field - np.float32(0.5)) * np.float32(0.5), 0, 1
    )
    # The sun stays in sight.
    off_x, off_y = (
        x * unit + np.float32(easel.middle_px - easel.light_px[0]),
        np.float32(easel.horizon_px - easel.light_px[1]) - up * unit,
    )
    away = np.sqrt(off_x * off_x + off_y * off_y) / unit
    amount = amount * (
        1 - np.float32(0.8 if palette.light_size > 0 else 0.0) * np.exp(-((away / np.float32(0.13)) ** 2))
    )
    near_horizon = np.clip(up / np.float32(0.10), 0, 1)
    amount = amount * (np.float32(0.35) + np.float32(0.55) * near_horizon)
    size = (sheet.width_px // 2, sheet.height_px // 2)
    return np.clip(enlarged(np.asarray(amount, np.float32), *size), 0, 1), np.clip(
        enlarged(np.asarray(lightness, np.float32), *size), 0, 1
    )


def _tile(easel: Easel, what: str) -> Mask:
    """Fractal noise that repeats, 0 to 1, (256, 512)."""
    total = np.zeros((256, 512), np.float32)
    for octave in range(5):
        cells = (6 * 2**octave, 8 * 2**octave)
        coarse = easel.random(f"{what} {octave}").random(cells, dtype=np.float32)
        framed = np.asarray(cv2.copyMakeBorder(coarse, 2, 2, 2, 2, cv2.BORDER_WRAP), np.float32)
        tall, wide = 256 / cells[0], 512 / cells[1]
        full = cv2.resize(framed, None, fx=wide, fy=tall, interpolation=cv2.INTER_CUBIC)
        top, left = round(2 * tall), round(2 * wide)
        total += np.float32(0.5**octave) * np.asarray(full, np.float32)[top : top + 256, left : left + 512]
    low, high = np.percentile(total, [1, 99])
    return np.asarray(np.clip((total - low) / (high - low), 0, 1), np.float32)


def _packed(sheet: Sheet, cover: Mask | None, easel: Easel) -> Packed:
    """Y, U, V at half size, multiplied by the cover, with a grain that hides the steps of a smooth gradient."""
    grain = easel.random("grain").uniform(-0.7, 0.7, sheet.color.shape[:2]).astype(np.float32)
    sheet.color += grain[:, :, None]
    planes = sheet.half_planes
    if cover is None:
        rest = np.zeros_like(planes.u)
        return np.asarray(cv2.merge([planes.y, planes.u, planes.v, rest]), np.uint8)
    covered = np.rint(cover * 255).astype(np.uint8)
    parts = [cv2.multiply(plane, covered, scale=1 / 255) for plane in (planes.y, planes.u, planes.v)]
    return np.asarray(cv2.merge([*parts, 255 - covered]), np.uint8)
