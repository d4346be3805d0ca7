"""What painted scenes are made with: a canvas with chance of its own, sheets of paint, and the strokes laid on them."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.diorama.palette import Palette, blend, palette_of, yuv_of
from mutoscope.engines.procedural.diorama.palette import Rgb as Rgb
from mutoscope.engines.procedural.diorama.stir import Stir
from mutoscope.engines.procedural.plan import SceneWish
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Plane, Planes, planes_of_rgb

Image = NDArray[np.float32]
"""float32 of shape (height, width, 3), 0 to 255."""
Mask = NDArray[np.float32]
"""float32 of shape (height, width), 0 to 1."""
Curve = NDArray[np.float32]
"""float32 of shape (width,): a row of the canvas for every column."""

INVERSE_SKY: Final = 0.08
"""Inverse distance of the sky; the nearest things have 1."""
INVERSE_HORIZON: Final = 0.22
"""Inverse distance of the farthest land."""


@dataclass(frozen=True, slots=True)
class Margin:
    """What is painted beyond the frame for the camera to move in: even numbers of pixels on each of two sides."""

    across_px: int
    upright_px: int


class Easel:
    """
    The canvas of one scene: its size, its horizon, its palette, its chance.

    Rows and columns are pixels of the canvas, which is larger than the frame by a margin. What stands on the ground at
    inverse distance i does so on row `ground_px(i)`.
    """

    def __init__(
        self, stage: Stage, margin: Margin, wish: SceneWish, *, horizon: float, stir: Stir | None = None
    ) -> None:
        """`horizon` is the share of the frame's height above it; `stir` what the words make of wind and waves."""
        self.stir = stir or Stir()
        self.frame_width_px, self.frame_height_px = stage.width_px, stage.height_px
        self.left_px, self.top_px = margin.across_px, margin.upright_px
        """Where the frame lies on the canvas while the camera is where it begins."""
        self.width_px = stage.width_px + 2 * margin.across_px
        self.height_px = stage.height_px + 2 * margin.upright_px
        self.middle_px = self.width_px / 2
        """Column in the middle of the frame."""
        self.bottom_px = float(self.top_px + self.frame_height_px)
        """Row of the frame's lower edge."""
        self.horizon_px = self.top_px + horizon * stage.height_px
        self.unit_px = min(float(stage.height_px), 0.8 * stage.width_px)
        """About the height of a wide frame; sizes are shares of it."""
        self.breadth = 9 / 16 * stage.width_px / stage.height_px
        """1 for 16:9; how many forms stand side by side goes with it."""
        self.rise = 1 + 0.55 * min(1.0, max(0.0, (1 - self.breadth) / 0.68))
        """How much higher mountains and towers are in upright frames, whose sky would be empty otherwise: 1 to 1.55."""
        self.depth_px = 0.9 * (self.bottom_px - self.horizon_px)
        """From the horizon down to where the nearest things stand."""
        self.time = wish.time
        self.palette: Palette = palette_of(wish.time, wish.colors, wish.kind)
        self.floor_px = self.horizon_px
        """Row where the ground begins: the horizon, or indoors the foot of the wall."""
        self.water_px: float | None = None
        """Row of the far shore where there is water: from here to `shore` boats float."""
        self.footing = 0.57
        """Inverse distance from which figures stand before every card of land."""
        self.shore: float | None = None
        """Inverse distance from which there is land again on this side of the water; None when there is none."""
        self.hidden: Mask | None = None
        """Where something stands before what floats in the air, 0 to 1, small; None while nothing is painted."""
        self.seconds = stage.duration_s
        """Length of the clip."""
        self._stage = stage
        across = self.random("light").uniform(0.32, 0.68)
        up = self.palette.light_height
        self.light_px = (
            self.left_px + across * stage.width_px,
            self.horizon_px - up * (self.horizon_px - self.top_px),
        )
        """Where sun or moon stand, column and row."""

    def ground_px(self, inverse: float) -> float:
        """Row of the canvas on which a thing at this inverse distance stands: the horizon for far ones."""
        return self.horizon_px + self.depth_px * inverse

    def inverse_at(self, row: float) -> float:
        """Inverse distance of the ground on this row of the canvas."""
        return (row - self.horizon_px) / self.depth_px

    def hazed(self, color: Rgb, inverse: float) -> Rgb:
        """A color that is already lit, as seen through the air from this far."""
        return blend(color, self.palette.air, self.haze_at(inverse))

    def lit(self, color: Rgb, inverse: float) -> Rgb:
        """How a thing of its own color looks in this light from this far: the one rule for everything in a scene."""
        red, green, blue = (part * ambient for part, ambient in zip(color, self.palette.ambient, strict=True))
        return self.hazed((round(red), round(green), round(blue)), inverse)

    def haze_at(self, inverse: float) -> float:
        """Share of the horizon's color in things at this inverse distance."""
        away = min(max((1 - inverse) / (1 - INVERSE_HORIZON), 0.0), 1.0)
        return float(self.palette.haze * away**self.palette.haze_depth)

    def random(self, what: str) -> np.random.Generator:
        """A stream of chance for one thing, so that adding another does not reshuffle it."""
        return self._stage.random(what)

    def noise(self, what: str, cells_x: float, cells_y: float, octaves: int = 4) -> Mask:
        """
        Fractal noise over the canvas at half its size, 0 to 1 with mean about a half; made at a quarter of the size.

        `cells_x` counts forms across a frame of 16:9, `cells_y` down the frame.
        """
        height, width = -(-self.height_px // 4), -(-self.width_px // 4)
        across = cells_x * self.width_px / self.frame_width_px * min(1.0, self.breadth)
        down = cells_y * self.height_px / self.frame_height_px
        total = np.zeros((height, width), np.float32)
        for octave in range(octaves):
            shape = (max(2, round(down * 2**octave)), max(2, round(across * 2**octave)))
            coarse = self.random(f"{what} {octave}").random(shape, dtype=np.float32)
            total += np.float32(0.5**octave) * enlarged(coarse, width, height)
        low, high = float(total.min()), float(total.max())
        total = (total - np.float32(low)) / np.float32(max(1e-6, high - low))
        return np.clip(enlarged(total, self.width_px // 2, self.height_px // 2), 0, 1)

    def profile(self, what: str, forms: float, rough: float) -> Curve:
        """A skyline over the canvas, about −1 to 1; `forms` across a wide frame, `rough` the share of small ones."""
        random = self.random(what)
        total = np.zeros(self.width_px, np.float32)
        across = forms * self.width_px / self.frame_width_px * min(1.0, max(0.5, self.breadth))
        for octave in range(7):
            count = round(across * 2**octave) + 3
            if count > self.width_px / 3:
                break
            points = random.uniform(-1, 1, count).astype(np.float32)
            curve = enlarged(points[None, :], self.width_px, 1)[0]
            total += curve * np.float32((0.5 * (0.35 + 0.65 * rough)) ** octave)
        return total / np.float32(1.5)


@dataclass(frozen=True, slots=True)
class Painting:
    """One flat layer: what it shows from canvas row `top_px` on, where it covers, and how near it stands."""

    color: Planes
    cover: Plane | None
    """0 to 255; None when it covers everything."""
    top_px: int
    """Even row of the canvas where `color` and `cover` begin."""
    inverse: float
    is_ground: bool = False
    """True for what lies flat: every row is as near as the ground is there."""
    is_plant: bool = False
    is_soft: bool = False
    """True when nothing in its color is sharp: half the size is enough, only the cover needs every pixel."""


class Sheet:
    """
    Paper for one layer: rows of the canvas from `top_px` on, first colored softly, then drawn upon crisply.

    Soft color is RGB at half the size; crisp ink goes straight into the planes. The cover is at full size.
    """

    def __init__(self, easel: Easel, top_px: float, bottom_px: float | None = None, color: Rgb = (0, 0, 0)) -> None:
        """Rows outside the canvas are cut off."""
        self.easel = easel
        self.top_px = min(max(int(top_px) // 2 * 2, 0), easel.height_px - 2)
        bottom = easel.height_px if bottom_px is None else min(easel.height_px, -(-int(bottom_px) // 2) * 2)
        self.height_px = max(2, bottom - self.top_px)
        self.width_px = easel.width_px
        self.color: Image = np.empty((self.height_px // 2, self.width_px // 2, 3), np.float32)
        self.color[:] = color
        self.cover: Plane = np.zeros((self.height_px, self.width_px), np.uint8)
        self.x: Mask = (np.arange(self.width_px // 2, dtype=np.float32) * 2 + np.float32(0.5))[None, :]
        """Canvas column of every soft pixel, (1, width / 2)."""
        self.y: Mask = (np.arange(self.height_px // 2, dtype=np.float32) * 2 + np.float32(self.top_px + 0.5))[:, None]
        """Canvas row of every soft pixel, (height / 2, 1)."""
        self._planes: Planes | None = None
        self._is_inked = False

    def noise(self, what: str, cells_x: float, cells_y: float, octaves: int = 4) -> Mask:
        """The easel's noise over this sheet, at half size."""
        whole = self.easel.noise(what, cells_x, cells_y, octaves)
        return whole[self.top_px // 2 : (self.top_px + self.height_px) // 2]

    def mix(self, color: Rgb, share: NDArray[np.floating] | float) -> None:
        """Go over to `color` by this share at each soft pixel."""
        portion = np.asarray(share, np.float32)
        if portion.ndim == 2:
            portion = portion[:, :, None]
        self.color += (np.array(color, np.float32) - self.color) * portion

    def shade(self, factor: NDArray[np.floating]) -> None:
        """Multiply soft color, lighter above 1."""
        self.color *= np.asarray(factor, np.float32)[:, :, None]

    def below(self, curve: Curve) -> Mask:
        """How many units each soft pixel lies below a curve."""
        return np.asarray((self.y - curve[None, 1::2]) / np.float32(self.easel.unit_px), np.float32)

    def cover_below(self, curve: Curve) -> None:
        """Cover everything under a curve, with a smooth edge."""
        points = np.column_stack([np.arange(self.width_px), curve - self.top_px])
        ends = np.array([[self.width_px + 2, points[-1, 1]], [self.width_px + 2, self.height_px + 4],
                         [-3, self.height_px + 4], [-3, points[0, 1]]])  # fmt: skip
        fill(self.cover, np.concatenate([points, ends]))

    def cover_all(self) -> None:
        """Cover every row."""
        self.cover[:] = 255

    def blank(self) -> Plane:
        """A mask of this sheet's size for crisp forms; draw in rows counted from the sheet's top."""
        return np.zeros_like(self.cover)

    def ink(self, mask: NDArray[np.generic], color: Rgb, strength: float = 1.0, *, is_new: bool = False) -> None:
        """Lay a flat color through a mask; `is_new` also makes the sheet cover there."""
        self._is_inked = True
        through: Plane = np.asarray(mask, np.uint8)
        planes = self.planes
        if strength < 1:
            through = np.asarray(cv2.convertScaleAbs(through, alpha=strength), np.uint8)
        size = (through.shape[1] // 2, through.shape[0] // 2)
        half = np.asarray(cv2.resize(through, size, interpolation=cv2.INTER_AREA), np.uint8)
        y, u, v = yuv_of(color)
        _lay(planes.y, through, y)
        _lay(planes.u, half, u)
        _lay(planes.v, half, v)
        if is_new:
            np.maximum(self.cover, through, out=self.cover)

    @property
    def half_planes(self) -> Planes:
        """The soft color alone: luma and chroma, all at half size."""
        return _planes_of_half(np.clip(np.rint(self.color), 0, 255).astype(np.uint8))

    @property
    def planes(self) -> Planes:
        """Everything painted so far; soft color is fixed from here on."""
        if self._planes is None:
            small = self.half_planes
            self.color = np.empty((0, 0, 3), np.float32)
            y = cv2.resize(small.y, (self.width_px, self.height_px), interpolation=cv2.INTER_LINEAR)
            self._planes = Planes(np.asarray(y, np.uint8), small.u, small.v)
        return self._planes

    def painting(
        self, inverse: float, *, is_ground: bool = False, is_plant: bool = False, is_soft: bool = False
    ) -> Painting:
        """The finished layer; `is_soft` where ink has no edges within its cover that anybody would miss."""
        is_soft = is_soft or not self._is_inked
        return Painting(self.planes, self.cover, self.top_px, inverse, is_ground, is_plant, is_soft)


def _planes_of_half(soft: NDArray[np.uint8]) -> Planes:
    """Luma and chroma that are both at the size of the picture."""
    doubled = cv2.resize(soft, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
    planes = planes_of_rgb(np.asarray(doubled, np.uint8))
    return Planes(np.ascontiguousarray(planes.y[::2, ::2]), planes.u, planes.v)


def _lay(plane: Plane, mask: Plane, value: int) -> None:
    cv2.multiply(plane, 255 - mask, dst=plane, scale=1 / 255)
    cv2.add(plane, np.asarray(cv2.convertScaleAbs(mask, alpha=value / 255), np.uint8), dst=plane)


def enlarged(values: NDArray[np.float32], width_px: int, height_px: int) -> NDArray[np.float32]:
    """Values stretched smoothly over this size."""
    return np.asarray(cv2.resize(values, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.float32)


def fill(mask: Plane, points: NDArray[np.floating] | list[tuple[float, float]], value: int = 255) -> None:
    """Fill a polygon with smooth edges; coordinates are pixels with four binary places."""
    corners = np.rint(np.asarray(points, np.float64) * 16).astype(np.int32)
    cv2.fillPoly(mask, [corners], (float(value),), lineType=cv2.LINE_AA, shift=4)


def box(mask: Plane, left: float, top: float, right: float, bottom: float, value: int = 255) -> None:
    """Fill an upright rectangle with smooth edges."""
    fill(mask, [(left, top), (right, top), (right, bottom), (left, bottom)], value)


def disk(mask: Plane, x: float, y: float, radius: float, value: int = 255) -> None:
    """Fill a circle with a smooth edge."""
    center = (round(x * 16), round(y * 16))
    cv2.circle(mask, center, max(1, round(radius * 16)), (float(value),), -1, cv2.LINE_AA, 4)


def stroke(mask: Plane, points: NDArray[np.floating] | list[tuple[float, float]], width_px: float) -> None:
    """Draw a line of this width through points, with smooth edges."""
    path = np.rint(np.asarray(points, np.float64) * 16).astype(np.int32)
    cv2.polylines(mask, [path], False, (255.0,), max(1, round(width_px)), cv2.LINE_AA, 4)


def soft(values: NDArray[np.floating]) -> Mask:
    """0 below 0, 1 above 1, a cubic between."""
    clipped = np.clip(np.asarray(values, np.float32), 0, 1)
    return np.asarray(clipped * clipped * (3 - 2 * clipped), np.float32)
