"""Cuts the thing out that a brush was roughly painted over: how much each pixel belongs to it."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.base import Check, unchecked
from mutoscope.media.frames import Plane
from mutoscope.media.image import RgbArray

Alpha = NDArray[np.float32]
"""(height, width), 0 (behind) to 1 (the thing)."""

_SIDE_PX: Final = 200
"""GrabCut sees the brushed part at this size: its time grows with the pixels, the outline is refined afterwards."""
_ROUNDS: Final = 3
_LIKELY: Final = (8.0, 4.0)
"""
Lab units from what the place behind would look like, and from every color around the brush, from which on a pixel is
rather the thing.
"""
_SURE: Final = (14.0, 8.0)
"""The same for what is the thing for sure: GrabCut alone drops what has a color of its own."""
_TEXTURE: Final = 1.7
"""Times the plate's local deviation: so much two places of one texture differ without being different things."""
_APART: Final = 80.0
"""Lab units that a color around the brush counts as farther off for each frame length that it is away."""
_AROUND: Final = 300
"""Colors taken from around the brush."""
_SHARE_MIN: Final = 0.06
_SHARE_MAX: Final = 0.96
"""A cut-out of less or more of the brushed part than this is no find: the brush itself is taken."""
_MARGIN: Final = 0.12
"""Of the brushed part's side, seen around it."""


def cut_out(rgb: RgbArray, plate: RgbArray, region: Plane, check: Check = unchecked) -> Alpha:
    """
    The matte of what stands in the brushed part.

    GrabCut (Rother, Kolmogorov, Blake, 2004) inside the brush, begun from where the picture differs from the plate.

    Args:
        rgb: (height, width, 3), the picture.
        plate: the same without what was brushed, made up.
        region: (height, width), 255 where brushed.
        check: called between the steps.
    """
    brushed = _soft_edge(region)
    box = _box(region)
    found = _grab(rgb[box], plate[box], region[box], max(region.shape))
    if found is None:
        return brushed
    check()
    alpha = np.zeros(region.shape, np.float32)
    alpha[box] = _refined(found, rgb[box])
    return np.minimum(alpha, brushed)


def _box(region: Plane) -> tuple[slice, slice]:
    """The brushed part and some of its surroundings."""
    sides = []
    for axis in (1, 0):
        painted = np.flatnonzero(region.any(axis=axis))
        low, high = int(painted[0]), int(painted[-1]) + 1
        margin = max(6, round(_MARGIN * (high - low)))
        sides.append(slice(max(0, low - margin), min(region.shape[1 - axis], high + margin)))
    return sides[0], sides[1]


def _grab(rgb: RgbArray, plate: RgbArray, region: Plane, longest: int) -> NDArray[np.uint8] | None:
    """1 where the thing is, at a small size; None where nothing stands out."""
    height, width = region.shape
    scale = min(1.0, _SIDE_PX / max(height, width))
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    small, behind = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (rgb, plate))
    inside = np.asarray(cv2.resize(region, size, interpolation=cv2.INTER_AREA), np.uint8) >= 128
    if not inside.any() or inside.all():
        return None
    lab, lab_behind = (
        np.asarray(cv2.cvtColor(np.asarray(each, np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)
        for each in (small, behind)
    )
    difference = np.asarray(cv2.GaussianBlur(np.linalg.norm(lab - lab_behind, axis=2), (0, 0), 0.8), np.float32)
    difference = np.maximum(0, difference - np.float32(_TEXTURE) * _deviation(lab_behind))
    foreign = _foreignness(lab, inside, scale * longest)
    likely = inside & (difference > _LIKELY[0]) & (foreign > _LIKELY[1])
    sure = inside & (difference > _SURE[0]) & (foreign > _SURE[1])
    if likely.sum() < 12 or (inside & ~likely).sum() < 12:
        return None
    labels = np.full(inside.shape, cv2.GC_BGD, np.uint8)
    labels[inside] = cv2.GC_PR_BGD
    labels[likely] = cv2.GC_PR_FGD
    labels[sure] = cv2.GC_FGD
    cv2.setRNGSeed(0)
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(small, labels, None, background, foreground, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    thing = _tidied(((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)) & inside)
    share = thing.sum() / inside.sum()
    return thing if _SHARE_MIN <= share <= _SHARE_MAX else None


def _deviation(lab: NDArray[np.float32]) -> Alpha:
    """How much the colors around each pixel differ, as a standard deviation."""
    mean, squares = (np.asarray(cv2.blur(each, (9, 9)), np.float32) for each in (lab, lab * lab))
    return np.asarray(np.sqrt(np.maximum(0, squares - mean * mean).sum(axis=2)), np.float32)


def _foreignness(lab: NDArray[np.float32], inside: NDArray[np.bool_], length_px: float) -> Alpha:
    """How far each color is from the nearest one around the brush; colors far away in a frame so long count less."""
    calm = np.asarray(cv2.GaussianBlur(lab, (0, 0), 0.8), np.float32)
    down, across = np.mgrid[0 : inside.shape[0], 0 : inside.shape[1]].astype(np.float32) * np.float32(
        _APART / length_px
    )
    points = np.dstack([calm, down, across])
    around = points[~inside]
    around = around[:: -(-len(around) // _AROUND)]
    asked = points[inside]
    squares = (asked * asked).sum(axis=1)[:, None] + (around * around).sum(axis=1)
    nearest = (squares - 2 * asked @ around.T).min(axis=1)
    found = np.zeros(inside.shape, np.float32)
    found[inside] = np.sqrt(np.maximum(0, nearest))
    return found


def _tidied(thing: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Without specks, and without holes that are too small to look through."""
    mask = thing.astype(np.uint8)
    for wanted, largest_share in ((1, 0.04), (0, 0.04)):
        _, labels, facts, _ = cv2.connectedComponentsWithStats((mask == wanted).astype(np.uint8), connectivity=4)
        areas = facts[:, cv2.CC_STAT_AREA]
        small = areas < largest_share * max(1, thing.sum())
        small[0] = False
        mask[small[labels]] = 1 - wanted
    return mask


def _refined(thing: NDArray[np.uint8], rgb: RgbArray) -> Alpha:
    """At full size, the outline drawn to the picture's own edges: a guided filter, made steep."""
    height, width = rgb.shape[:2]
    alpha = np.asarray(cv2.resize(thing.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    scale = max(1.0, max(height, width) / _SIDE_PX)
    radius = max(2, round(1.5 * scale))
    guide = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.float32) / np.float32(255)
    soft = np.clip(_guided(np.clip(alpha, 0, 1), guide, radius), 0, 1)
    return np.asarray(np.clip((soft - 0.2) / np.float32(0.6), 0, 1), np.float32)


def _guided(values: Alpha, guide: Alpha, radius: int) -> Alpha:
    """He, Sun, Tang: Guided Image Filtering (2010), eq. 5 to 8."""

    def mean(of: Alpha) -> Alpha:
        return np.asarray(cv2.blur(of, (2 * radius + 1, 2 * radius + 1)), np.float32)

    mean_guide, mean_values = mean(guide), mean(values)
    covariance: Alpha = mean(guide * values) - mean_guide * mean_values
    variance: Alpha = mean(guide * guide) - mean_guide * mean_guide
    slope: Alpha = covariance / (variance + np.float32(4e-4))
    offset: Alpha = mean_values - slope * mean_guide
    return np.asarray(mean(slope) * guide + mean(offset), np.float32)


def _soft_edge(region: Plane) -> Alpha:
    """The brush itself, softened just inside its edge; hard at the picture's border."""
    inner = cv2.erode(region, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(inner, (0, 0), 1.2, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(np.minimum(soft, region), np.float32) / np.float32(255)
