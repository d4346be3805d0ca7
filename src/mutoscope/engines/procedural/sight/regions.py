"""Finds the kinds of place in a photo that effects care about: sky, water, plants, the horizon, where light is from."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.sight.analysis import Share

Lab = NDArray[np.float32]
"""float32 of shape (height, width, 3), 8-bit scaling: L, a and b from 0 to 255, gray at a = b = 128."""
Mask = NDArray[np.bool_]

_CODES: Final = np.arange(256) / 255
_LINEAR: Final = np.where(_CODES > 0.04045, ((_CODES + 0.055) / 1.055) ** 2.4, _CODES / 12.92).astype(np.float32)
_XYZ_OF_RGB: Final = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
) / np.array([[0.950456], [1.0], [1.088754]])
_LAB_OF_ROOTS: Final = np.array([[0, 116 * 2.55, 0, -16 * 2.55], [500, -500, 0, 128], [0, 200, -200, 128]], np.float64)
HORIZON_UNKNOWN: Final = 0.33
"""Where the ground is taken to begin when no sky is seen."""
LIGHT_UNKNOWN: Final = (0.5, 0.15)
_SKY_GRADIENT_MAX: Final = 9.0
_SKY_GRAIN_MAX: Final = 2.6
"""Mean fine detail of lightness; wood and walls have more."""
_SKY_SHARE_MIN: Final = 0.03
_SKY_TOP_SHARE_MIN: Final = 0.3
_BIRD_SHARE: Final = 2e-4
"""Specks in the sky up to this share of the picture belong to it: stars, birds, noise."""
_CALM_MAX: Final = 4.5
"""Mean step of lightness from one row to the next that water may have; leaves and stones have more."""
_WATER_LIGHT_MIN: Final = 0.5
_WATER_SHARE_MIN: Final = 0.02


def lab_of(rgb: NDArray[np.uint8]) -> Lab:
    """
    CIE L*a*b* of an sRGB picture, in 8-bit scaling.

    OpenCV's own conversion first fills tables for a twentieth of a second, which is longer than a small picture takes.
    Source: IEC 61966-2-1 (transfer curve, primaries), ISO/CIE 11664-4 (L*a*b*), white D65.
    """
    xyz = cv2.transform(_LINEAR[rgb], _XYZ_OF_RGB)
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + np.float32(16 / 116))
    return np.asarray(cv2.transform(root, _LAB_OF_ROOTS), np.float32)


def find_sky(lab: Lab) -> Mask:
    """Smooth, not too dark or else bluish areas that hang together with the top border."""
    lightness = cv2.GaussianBlur(lab[:, :, 0], (0, 0), lab.shape[1] / 210)
    steps = np.hypot(cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1)) / 4
    top = lab[: max(1, lab.shape[0] // 12)].reshape(-1, 3).mean(axis=0)
    alike = np.linalg.norm((lab - top) * (0.5, 1.0, 1.0), axis=2) < 48
    smooth = (steps < _SKY_GRADIENT_MAX) & alike & ((lightness > 110) | _is_night_blue(lab))
    sky = _parts_at_top(smooth)
    bottom_share = sky[-max(1, sky.shape[0] // 10) :].mean()
    if sky.mean() < _SKY_SHARE_MIN or sky[0].mean() < _SKY_TOP_SHARE_MIN or bottom_share > 0.2:
        return np.zeros_like(sky)
    if np.abs(lab[:, :, 0] - lightness)[sky].mean() > _SKY_GRAIN_MAX:
        return np.zeros_like(sky)
    return _without_specks(sky)


def soft_sky(sky: Mask) -> Share:
    """The sky with a closed and soft edge, for depth: a stem before it does not stand out as a wall."""
    closed = cv2.morphologyEx(sky.astype(np.float32), cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 1.2), np.float32)


def eroded_sky(sky: Mask) -> Share:
    """The sky without a margin along all that stands before it, stems included: for what moves or is drawn in it."""
    inner = cv2.erode(sky.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7)), borderValue=1)
    soft = np.asarray(cv2.GaussianBlur(inner.astype(np.float32), (0, 0), 1.2), np.float32)
    return np.asarray(np.minimum(soft * inner, 1), np.float32)


def find_horizon(sky: Mask) -> float:
    """The row under which the sky covers less than a third, as a share of the height."""
    if not sky.any():
        return HORIZON_UNKNOWN
    covered = np.flatnonzero(sky.mean(axis=1) > 0.33)
    return float(np.clip((covered.max() + 1) / sky.shape[0], 0.05, 0.85)) if covered.size else 0.2


def find_water(lab: Lab, sky: Mask, horizon: float) -> Share:
    """
    Calm areas below the horizon with the colors of the sky, which water mirrors, or bluish ones; wide, not tall.

    Without a sky nothing is called water: a table would be.
    """
    height, width = sky.shape
    nothing = np.zeros((height, width), np.float32)
    if not sky.any():
        return nothing
    rows = np.arange(height)[:, None] > horizon * height
    lightness = cv2.GaussianBlur(lab[:, :, 0], (0, 0), width / 210)
    steps = np.hypot(cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1)) / 4
    calm = cv2.blur(steps, (width // 24 | 1, height // 40 | 1)) < _CALM_MAX
    hue = cv2.GaussianBlur(lab[:, :, 1:], (0, 0), width / 128)
    of_sky = np.median(lab[sky][:, 1:], axis=0)
    mirrors = np.linalg.norm(hue - of_sky, axis=2) < 14
    bluish = (hue[:, :, 1] < 124) & (hue[:, :, 0] < 140)
    # Water gives back a good part of the sky's light; what is darker is land.
    lit = cv2.GaussianBlur(lab[:, :, 0], (0, 0), width / 128) > _WATER_LIGHT_MIN * np.median(lab[sky][:, 0])
    found = (rows & calm & lit & (mirrors | bluish) & ~sky).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, np.ones((3, width // 40 | 1), np.uint8))
    wide = _only_wide(np.asarray(found, np.uint8))
    if wide.mean() < _WATER_SHARE_MIN:
        return nothing
    return np.asarray(np.minimum(cv2.GaussianBlur(wide, (0, 0), width / 128), 1), np.float32)


def find_plants(lab: Lab, sky: Mask) -> Share:
    """Green or yellow-green areas with fine texture, as grass and leaves have."""
    width = lab.shape[1]
    a, b = lab[:, :, 1] - 128, lab[:, :, 2] - 128
    green = soft_step(np.asarray((b - 1.3 * a - 9) / 14, np.float32)) * soft_step(np.asarray((6 - a) / 10, np.float32))
    fine = cv2.absdiff(lab[:, :, 0], cv2.GaussianBlur(lab[:, :, 0], (0, 0), width / 160))
    detail = np.asarray(cv2.blur(fine, (width // 32 | 1,) * 2), np.float32)
    texture = soft_step((detail - 1.2) / 2.5)
    plants = cv2.GaussianBlur(green * texture * ~sky, (0, 0), width / 200)
    return np.asarray(np.where(plants > 0.08, np.minimum(plants, 1), 0), np.float32)


def find_light(lab: Lab, sky: Mask) -> tuple[float, float]:
    """The brightest point of the sky, x and y as shares of the frame; the upper middle where there is none."""
    if not sky.any():
        return LIGHT_UNKNOWN
    # Blurred widely, and within the sky only, so that neither a cloud's rim nor a lamp before it wins.
    weight = sky.astype(np.float32)
    sigma = lab.shape[1] / 24
    glow = cv2.GaussianBlur(lab[:, :, 0] * weight, (0, 0), sigma) / (cv2.GaussianBlur(weight, (0, 0), sigma) + 0.05)
    row, column = np.unravel_index(int(np.argmax(glow * weight)), sky.shape)
    return float((column + 0.5) / sky.shape[1]), float((row + 0.5) / sky.shape[0])


def _is_night_blue(lab: Lab) -> Mask:
    """Clearly blue, neither greenish as leaves out of focus nor purplish as rock in shadow."""
    lightness, a, b = cv2.split(lab)
    return np.asarray((b < 121) & (a > 117) & (lightness > 8), np.bool_)


def _parts_at_top(mask: Mask) -> Mask:
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    at_top = np.unique(labels[0])
    return np.isin(labels, at_top[at_top > 0]) if count > 1 else np.zeros_like(mask)


def _without_specks(sky: Mask) -> Mask:
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~sky).astype(np.uint8), connectivity=8)
    specks = stats[:, cv2.CC_STAT_AREA] < max(4, _BIRD_SHARE * sky.size)
    specks[0] = False
    return np.asarray(sky | specks[labels], np.bool_)


def _only_wide(mask: NDArray[np.uint8]) -> Share:
    """Without parts that are narrow or taller than wide: bodies of water lie."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    wide = (stats[:, cv2.CC_STAT_WIDTH] > mask.shape[1] * 0.15) & (
        stats[:, cv2.CC_STAT_WIDTH] > 0.8 * stats[:, cv2.CC_STAT_HEIGHT]
    )
    wide[0] = False
    return np.asarray(wide[labels], np.float32)
