"""Guesses how near each part of a picture is, without a model: sky, ground, and what stands out from the border."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.warp import Map
from mutoscope.media.image import RgbArray

ANALYSIS_SIDE_PX: Final = 256
"""Longer side of the picture that is analysed; more changes nothing that survives the smoothing."""
INVERSE_FAR: Final = 1 / 4.5
"""Inverse distance of the sky, with the nearest things at 1."""
_SKY_GRADIENT_MAX: Final = 9.0
_SKY_SHARE_MIN: Final = 0.03
_SKY_TOP_SHARE_MIN: Final = 0.3


def analyse(rgb: RgbArray) -> Analysis:
    """
    Nearness of each part: sky is far, the ground comes nearer towards the bottom, what differs from the border is near.

    One picture does not tell more without a model; Spearman correlation with measured disparity is about 0.7 on a
    ground-level photograph.
    """
    height, width = rgb.shape[:2]
    scale = ANALYSIS_SIDE_PX / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    lab = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)
    sky = _find_sky(lab)
    horizon = _find_horizon(sky)
    rows = np.linspace(0, 1, lab.shape[0], dtype=np.float32)[:, None]
    # A low horizon leaves little ground: a full ramp there would make standing things lean on sideways moves.
    reach = min(1.0, (1 - horizon) * 1.7)
    below = (rows - horizon) / max(1e-3, 1 - horizon)
    ramp = np.where(rows > horizon, 0.2 + 0.8 * reach * np.clip(below, 0, 1), 0.2)
    raw = np.clip(0.7 * ramp + 0.4 * _stand_out(lab), 0, 1) * (1 - sky)
    guided = _guided(np.asarray(raw, np.float32), lab[:, :, 0] / np.float32(255), radius=size[0] // 24 + 2)
    eroded = np.asarray(cv2.erode(sky, np.ones((5, 5), np.uint8)), np.float32)
    nothing = np.zeros_like(eroded)
    return Analysis(
        nearness=np.clip(guided, 0, 1), sky=eroded, water=nothing, plants=nothing, horizon=horizon, light=(0.5, 0.2)
    )


def smooth_to_budget(inverse: Map, shift_px: float, budget: float) -> Map:
    """
    Smooth until no two neighbors move apart more than a single layer bears.

    Args:
        inverse: inverse distance at the nodes of a grid.
        shift_px: how far the path moves a thing of inverse distance 1 against one at infinity, at most.
        budget: relative shift allowed, pixels per pixel.
    """
    smoothed = inverse
    sigma = 1.0
    while _steepest(smoothed) * shift_px > budget and sigma < max(inverse.shape):
        smoothed = np.asarray(cv2.GaussianBlur(inverse, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE), np.float32)
        sigma *= 1.6
    return smoothed


def _steepest(values: Map) -> float:
    """Largest change from one pixel to the next; nodes are 8 pixels apart."""
    down, across = np.gradient(values)
    return float(np.hypot(down, across).max()) / 8


def _find_sky(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 where smooth, not too dark or else bluish areas hang together with the top border, else 0; blurred edges."""
    lightness = cv2.GaussianBlur(lab[:, :, 0], (0, 0), 1.2)
    gradient = np.hypot(cv2.Sobel(lightness, cv2.CV_32F, 1, 0), cv2.Sobel(lightness, cv2.CV_32F, 0, 1)) / 4
    blue = lab[:, :, 2] < 128
    top = lab[: max(1, lab.shape[0] // 12)].reshape(-1, 3).mean(axis=0)
    alike = np.linalg.norm((lab - top) * (0.5, 1.0, 1.0), axis=2) < 48
    smooth = (gradient < _SKY_GRADIENT_MAX) & alike & ((lightness > 110) | blue)
    count, labels = cv2.connectedComponents(smooth.astype(np.uint8), connectivity=4)
    at_top = np.unique(labels[0])
    sky = np.isin(labels, at_top[at_top > 0]) if count > 1 else np.zeros_like(smooth)
    bottom_share = sky[-max(1, sky.shape[0] // 10) :].mean()
    if sky.mean() < _SKY_SHARE_MIN or sky[0].mean() < _SKY_TOP_SHARE_MIN or bottom_share > 0.2:
        return np.zeros(sky.shape, np.float32)
    closed = cv2.morphologyEx(sky.astype(np.float32), cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (0, 0), 1.0), np.float32)


def _find_horizon(sky: NDArray[np.float32]) -> float:
    """The row under which the sky covers less than a third; a third of the height where there is no sky."""
    if sky.max() == 0:
        return 0.33
    covered = np.flatnonzero(sky.mean(axis=1) > 0.33)
    return float(np.clip((covered.max() + 1) / sky.shape[0], 0.05, 0.85)) if covered.size else 0.2


def _stand_out(lab: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far each color lies from those along the border, 0 to 1, as Mahalanobis distance."""
    edge = max(2, lab.shape[0] // 20)
    border = np.concatenate([lab[:edge].reshape(-1, 3), lab[:, :edge].reshape(-1, 3), lab[:, -edge:].reshape(-1, 3)])
    covariance = np.cov(border.T) + 60 * np.eye(3)
    offset = lab - border.mean(axis=0)
    distance = np.sqrt(np.einsum("ijk,kl,ijl->ij", offset, np.linalg.inv(covariance), offset)).astype(np.float32)
    spread = cv2.GaussianBlur(distance, (0, 0), lab.shape[1] / 40)
    low, high = np.percentile(spread, (20, 98))
    return soft_step((spread - low) / max(1e-3, high - low))


def _guided(values: NDArray[np.float32], guide: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Smooth `values` while keeping edges of `guide`. He, Sun, Tang: Guided Image Filtering (2010), eq. 5 to 8."""
    side = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_values = cv2.blur(guide, side), cv2.blur(values, side)
    variance = cv2.blur(guide * guide, side) - mean_guide * mean_guide
    covariance = cv2.blur(guide * values, side) - mean_guide * mean_values
    slope = covariance / (variance + 1e-3)
    offset = mean_values - slope * mean_guide
    return np.asarray(cv2.blur(slope, side) * guide + cv2.blur(offset, side), np.float32)
