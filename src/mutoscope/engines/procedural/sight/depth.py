"""Guesses how near each part of a picture is, without a model: sky, ground, and what stands out from the border."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.sight.analysis import Analysis, Share, Subject
from mutoscope.engines.procedural.sight.regions import (
    Lab,
    eroded_sky,
    find_horizon,
    find_light,
    find_plants,
    find_sky,
    find_water,
    lab_of,
    soft_sky,
)
from mutoscope.engines.procedural.sight.subject import cut_out, guess_subject, stand_out
from mutoscope.engines.procedural.warp import Map
from mutoscope.media.image import RgbArray

ANALYSIS_SIDE_PX: Final = 384
"""Longer side of the picture that is analysed; more changes nothing that survives the smoothing."""
_LEVEL: Final = 0.05
"""A sky that ends this close to the horizon, in shares of the height, comes down to the ground there."""
_FAR_GROUND: Final = 0.2
"""Share of the height under the horizon over which the ground takes to come near."""
INVERSE_FAR: Final = 1 / 4.5
"""Inverse distance of the sky, with the nearest things at 1."""


def analyse(rgb: RgbArray) -> Analysis:
    """
    Nearness of each part: sky is far, the ground comes nearer towards the bottom, what differs from the border is near.

    One picture does not tell more without a model; Spearman correlation with measured disparity is about 0.7 on a
    ground-level photograph. The subject is only guessed; `subject.cut_out` takes longer and knows its outline.
    """
    lab = small_lab(rgb)
    sky = find_sky(lab)
    horizon = find_horizon(sky)
    saliency = stand_out(lab)
    return Analysis(
        nearness=_nearness(lab, soft_sky(sky), saliency, horizon),
        sky=eroded_sky(sky),
        water=find_water(lab, sky, horizon),
        plants=find_plants(lab, sky),
        horizon=horizon,
        light=find_light(lab, sky),
        subject=guess_subject(saliency, sky),
    )


def find_subject(rgb: RgbArray, analysis: Analysis) -> Subject | None:
    """What the picture is of, cut out, with a measure of trust; None when nothing stands out."""
    lab = small_lab(rgb)
    return cut_out(lab, stand_out(lab), analysis.sky > 0.5)


def small_lab(rgb: RgbArray) -> Lab:
    """The picture as it is analysed: its longer side ANALYSIS_SIDE_PX."""
    height, width = rgb.shape[:2]
    scale = ANALYSIS_SIDE_PX / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    return lab_of(np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8))


def nearness_behind(nearness: Share, matte: Share) -> Share:
    """Nearness with the subject taken away: what is around it reaches under it."""
    size = nearness.shape[::-1]
    cover = np.asarray(cv2.resize(matte, size, interpolation=cv2.INTER_AREA), np.float32)
    cover = np.asarray(cv2.dilate(cover, np.ones((7, 7), np.uint8)), np.float32)
    known = np.where(cover < 0.05, np.float32(1), np.float32(0))
    result = nearness * known
    sigma = 2.0
    weight = known
    while weight.min() < 0.02 and sigma < max(size):
        # Rings of growing width: near the outline only what is close counts.
        ring = np.asarray(cv2.GaussianBlur(known, (0, 0), sigma), np.float32)
        values = np.asarray(cv2.GaussianBlur(nearness * known, (0, 0), sigma), np.float32)
        newly = (weight < 0.02) & (ring >= 0.02)
        result = np.where(newly, values / np.maximum(ring, 1e-6), result)
        weight = np.where(newly, ring, weight)
        sigma *= 1.7
    soft = np.asarray(cv2.GaussianBlur(result, (0, 0), size[0] / 60, borderType=cv2.BORDER_REPLICATE), np.float32)
    return np.where(known > 0, nearness, soft).astype(np.float32)


def distances(nearness: Share, behind: Share, matte: Share) -> tuple[float, float]:
    """Inverse distances of what is behind a thing, on average, and of the thing itself."""
    cover = np.asarray(cv2.resize(matte, nearness.shape[::-1], interpolation=cv2.INTER_AREA), np.float32)
    rows = np.flatnonzero(cover.max(axis=1) > 0.5)
    feet = cover * (np.arange(len(cover))[:, None] >= rows[-1] - len(cover) // 30)
    far, ground, own = (
        float((values * weight).sum() / weight.sum())
        for values, weight in ((behind, cover), (behind, feet), (nearness, cover))
    )
    # It stands on the ground where its feet are, or hangs before it; never behind what it hides.
    near = max(far, ground, own)
    return INVERSE_FAR + far * (1 - INVERSE_FAR), INVERSE_FAR + near * (1 - INVERSE_FAR)


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


def _nearness(lab: Lab, sky: Share, saliency: Share, horizon: float) -> Share:
    rows = np.linspace(0, 1, lab.shape[0], dtype=np.float32)[:, None]
    if sky.max() == 0:
        # Without a horizon the ground rises evenly: a bend in depth would show as a bend in every post and wall.
        ramp = 0.25 + 0.55 * rows
        steepness = 1.0
    else:
        below = np.clip((rows - horizon) / max(1e-3, 1 - horizon), 0, 1)
        ramp = 0.2 + 0.8 * below * min(1.0, (1 - horizon) * 1.7)
        # A low horizon leaves little ground, and before the sky stand tall things: they would lean on sideways moves.
        steepness = float(np.clip(2.6 * (1 - horizon) - 0.25, 0.12, 1.0))
    raw = steepness * np.clip(0.7 * ramp + 0.4 * saliency * _may_stand_out(sky, horizon), 0, 1) * (1 - sky)
    guided = _guided(np.asarray(raw, np.float32), lab[:, :, 0] / np.float32(255), radius=lab.shape[1] // 24 + 2)
    return np.clip(guided, 0, 1)


def _may_stand_out(sky: Share, horizon: float) -> Share:
    """
    0 at a free horizon, 1 a little under it and wherever something hides it.

    Whatever its color, what lies where the sky meets the ground is far; taken for near, it would bend the horizon.
    """
    height, width = sky.shape
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    lowest = np.where(sky > 0.5, rows, 0).max(axis=0)
    is_free = (np.abs(lowest - horizon) < _LEVEL).astype(np.float32)[None, :]
    free = np.asarray(cv2.blur(is_free, (2 * (width // 24) + 1, 1)), np.float32)
    return np.asarray(1 - free * np.clip(1 - (rows - horizon) / np.float32(_FAR_GROUND), 0, 1), np.float32)


def _guided(values: NDArray[np.float32], guide: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Smooth `values` while keeping edges of `guide`. He, Sun, Tang: Guided Image Filtering (2010), eq. 5 to 8."""
    side = (2 * radius + 1, 2 * radius + 1)
    mean_guide, mean_values = cv2.blur(guide, side), cv2.blur(values, side)
    variance = cv2.blur(guide * guide, side) - mean_guide * mean_guide
    covariance = cv2.blur(guide * values, side) - mean_guide * mean_values
    slope = covariance / (variance + 1e-3)
    offset = mean_values - slope * mean_guide
    return np.asarray(cv2.blur(slope, side) * guide + cv2.blur(offset, side), np.float32)
