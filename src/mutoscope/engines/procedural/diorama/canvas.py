"""What painted scenes are made with: palettes, a canvas with chance of its own, and the strokes laid on it."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.plan import TimeOfDay
from mutoscope.media.frames import Plane
from mutoscope.media.image import RgbArray

Rgb = tuple[int, int, int]
Image = NDArray[np.float32]
"""float32 of shape (height, width, 3), 0 to 255."""
Mask = NDArray[np.float32]
"""float32 of shape (height, width), 0 to 1."""


@dataclass(frozen=True, slots=True)
class Palette:
    """Colors of one time of day."""

    zenith: Rgb
    middle: Rgb
    horizon: Rgb
    light: Rgb
    """Sun or moon."""
    cloud: Rgb
    far: Rgb
    """The farthest ridge; nearer ones go over to `near`."""
    near: Rgb
    windows: Rgb
    light_height: float
    """Of sun or moon, as a share of the sky from the horizon up."""
    light_size: float
    """Radius as a share of the height; 0 hides it."""
    stars: float = 0.0
    cloud_cover: float = 0.45


PALETTES: Final[dict[TimeOfDay, Palette]] = {
    "day": Palette(
        (58, 128, 206), (128, 184, 230), (214, 232, 242), (255, 250, 226), (252, 252, 252),
        (150, 178, 200), (44, 84, 62), (70, 92, 116), 0.72, 0.042, 0.0, 0.5,
    ),
    "sunrise": Palette(
        (96, 120, 178), (222, 168, 168), (255, 214, 158), (255, 240, 200), (255, 226, 206),
        (188, 158, 170), (62, 62, 84), (255, 206, 130), 0.12, 0.055, 0.0, 0.5,
    ),
    "sunset": Palette(
        (62, 44, 96), (176, 76, 104), (255, 158, 82), (255, 226, 160), (246, 150, 112),
        (150, 82, 108), (34, 22, 44), (255, 196, 110), 0.14, 0.06, 0.05, 0.55,
    ),
    "night": Palette(
        (6, 10, 30), (16, 28, 66), (40, 62, 110), (238, 240, 224), (44, 58, 96),
        (32, 46, 84), (5, 8, 18), (255, 204, 116), 0.7, 0.04, 1.0, 0.3,
    ),
    "storm": Palette(
        (46, 54, 66), (86, 96, 108), (146, 154, 158), (190, 196, 198), (70, 78, 90),
        (106, 118, 128), (28, 34, 38), (236, 206, 140), 0.8, 0.0, 0.0, 0.9,
    ),
    "neon": Palette(
        (10, 6, 34), (54, 14, 88), (206, 40, 136), (255, 120, 200), (96, 30, 120),
        (92, 24, 110), (12, 6, 26), (88, 240, 255), 0.3, 0.08, 0.6, 0.35,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Painting:
    """One flat layer: what it shows, where it covers, and how near it stands. In bytes: several wait at a time."""

    color: RgbArray
    cover: Plane | None
    """0 to 255; None when it covers everything."""
    inverse: float
    """Inverse distance, as of the nearest layer 1 and of the sky INVERSE_FAR."""
    ripples: bool = False
    """True for water, whose picture trembles."""

    @classmethod
    def of(cls, image: Image, cover: Mask | None, inverse: float, *, ripples: bool = False) -> "Painting":
        """From working values: color 0 to 255, cover 0 to 1; both are clipped."""
        return cls(_bytes(image), None if cover is None else _bytes(cover * 255), inverse, ripples)


class Easel:
    """The canvas of one scene: its size, its horizon, its chance."""

    def __init__(self, width_px: int, height_px: int, horizon_px: float, seed: int, time: TimeOfDay) -> None:
        self.width_px = width_px
        self.height_px = height_px
        self.horizon_px = horizon_px
        self.unit_px = min(0.75 * height_px, 0.6 * width_px)
        """About the height of a wide frame without its margins; sizes are shares of it."""
        self.breadth = 9 / 16 * width_px / height_px
        """1 for 16:9; how many forms stand side by side goes with it."""
        self.time = time
        self.palette = PALETTES[time]
        self._seed = seed

    def ground_px(self, inverse: float) -> float:
        """Row of the canvas on which a thing at this inverse distance stands: the horizon for far ones."""
        return self.horizon_px + 0.36 * self.unit_px * inverse

    def random(self, *what: int) -> np.random.Generator:
        """A stream of chance for one thing, so that adding another does not reshuffle it."""
        return np.random.default_rng([self._seed, *what])

    def noise(self, what: int, cells_x: float, cells_y: float, octaves: int = 4) -> Mask:
        """Fractal noise, 0 to 1 with mean about a half, made at a quarter of the size."""
        width, height = -(-self.width_px // 4), -(-self.height_px // 4)
        total = np.zeros((height, width), np.float32)
        for octave in range(octaves):
            across = cells_x * min(1.0, self.breadth)
            shape = (max(2, round(cells_y * 2**octave)), max(2, round(across * 2**octave)))
            coarse = self.random(what, octave).random(shape, dtype=np.float32)
            total += np.float32(0.5**octave) * enlarged(coarse, width, height)
        total = (total - total.min()) / max(1e-6, float(total.max() - total.min()))
        return enlarged(total, self.width_px, self.height_px)


def _bytes(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    rounded: NDArray[np.uint8] = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return rounded


def mask_of(values: NDArray[np.floating]) -> Mask:
    """Working values as a mask."""
    return np.asarray(values, np.float32)


def filled(easel: Easel, color: Rgb) -> Image:
    """One color all over."""
    image = np.empty((easel.height_px, easel.width_px, 3), np.float32)
    image[:] = color
    return image


def mix(image: Image, color: Rgb, share: Mask) -> None:
    """Go over to `color`, in place, by this share at each pixel."""
    image += (_rgb(color) - image) * share[:, :, None]


def _rgb(color: Rgb) -> NDArray[np.float32]:
    return np.array(color, np.float32)


def enlarged(values: NDArray[np.float32], width_px: int, height_px: int) -> NDArray[np.float32]:
    """Values stretched smoothly over this size."""
    return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.float32)


def polygon(mask: NDArray[np.uint8], points: list[tuple[float, float]], value: int = 255) -> None:
    """Fill with smooth edges; coordinates are pixels with four binary places."""
    corners = np.rint(np.array(points) * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners], (float(value),), lineType=cv2.LINE_AA, shift=4)


def disk(mask: Mask, x: float, y: float, radius: float, value: float) -> None:
    """A soft-edged spot in a mask, in place."""
    reach = int(radius + 2)
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    part = mask[top : int(y) + reach + 1, left : int(x) + reach + 1]
    if part.size == 0:
        return
    rows = np.arange(top, top + part.shape[0], dtype=np.float32)[:, None] - np.float32(y)
    columns = np.arange(left, left + part.shape[1], dtype=np.float32)[None, :] - np.float32(x)
    np.maximum(part, np.clip(radius - np.hypot(rows, columns) + 0.5, 0, 1) * np.float32(value), out=part)
