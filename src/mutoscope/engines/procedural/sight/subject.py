"""Finds what a photo is of: a soft guess from color for every photo, and a cut-out with a measure of trust."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.sight.analysis import Share, Subject
from mutoscope.engines.procedural.sight.regions import Lab, Mask

CONFIDENCE_MIN: Final = 0.62
"""Below it the outline is not trusted: what it holds moves softly with its surroundings."""
CONFIDENCE_SURE: Final = 0.95
"""From here on the cut-out may move as far as it is asked to."""
_CUT_SIDE_PX: Final = 256
_CUT_ROUNDS: Final = 2
_GUESS_CONFIDENCE: Final = 0.3
"""Of a subject that is guessed and not cut out."""
_TIP_MAX: Final = 1 / 8
"""Longest thin end that a cut is given back, in widths of the picture."""
_AREA: Final = (0.015, 0.45)
"""Shares of the picture that a subject may cover."""


def stand_out(lab: Lab) -> Share:
    """How far each color lies from those along the border, 0 to 1, as Mahalanobis distance."""
    edge = max(2, lab.shape[0] // 20)
    border = np.concatenate([lab[:edge].reshape(-1, 3), lab[:, :edge].reshape(-1, 3), lab[:, -edge:].reshape(-1, 3)])
    covariance = np.cov(border.T) + 60 * np.eye(3)
    # Whitened, so that the distance is a plain one.
    whiten = np.linalg.cholesky(np.linalg.inv(covariance)).T
    offset = cv2.transform(lab, np.column_stack([whiten, -whiten @ border.mean(axis=0)]))
    distance = np.sqrt((offset * offset).sum(axis=2), dtype=np.float32)
    spread = cv2.GaussianBlur(distance, (0, 0), lab.shape[1] / 40)
    low, high = np.percentile(spread, (20, 98))
    return soft_step((spread - low) / max(1e-3, high - low))


def guess_subject(saliency: Share, sky: Mask) -> Subject:
    """A soft spot where the picture stands out most: good for placing things, not for cutting."""
    height, width = saliency.shape
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    weight = saliency * saliency * np.exp(-1.2 * (columns**2 + 0.7 * rows**2)) * ~sky
    soft = np.asarray(cv2.GaussianBlur(weight, (0, 0), width / 20), np.float32)
    matte = soft_step((soft / max(1e-3, float(soft.max())) - 0.3) / 0.4)
    return _described(matte, _GUESS_CONFIDENCE)


def cut_out(lab: Lab, saliency: Share, sky: Mask) -> Subject | None:
    """
    The thing that stands out, cut along its outline; None when nothing does.

    GrabCut (Rother, Kolmogorov, Blake 2004) from the saliency, then the outline is judged: how strong the contrast
    across it is, how well the colors beside it separate, and on how much of it there is any contrast.
    """
    scale = _CUT_SIDE_PX / max(sky.shape)
    size = (round(sky.shape[1] * scale), round(sky.shape[0] * scale))
    small = np.asarray(cv2.resize(lab, size, interpolation=cv2.INTER_AREA), np.float32)
    salient = np.asarray(cv2.resize(saliency, size, interpolation=cv2.INTER_AREA), np.float32)
    sky_small = np.asarray(cv2.resize(sky.astype(np.uint8), size, interpolation=cv2.INTER_AREA)) > 0
    seeds = _seeds(salient, sky_small)
    likely = seeds == cv2.GC_PR_FGD
    if not likely.any() or not (seeds == cv2.GC_BGD).any() or _is_band(_around_most(salient, likely)):
        return None
    pixels = np.clip(small, 0, 255).astype(np.uint8)
    cv2.setRNGSeed(1)  # its clusters start by chance
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(pixels, seeds, (0, 0, 0, 0), *models, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    mask = _one_thing(np.asarray((seeds == cv2.GC_FGD) | (seeds == cv2.GC_PR_FGD), np.bool_))
    mask = _with_tips(small, mask)
    if not _AREA[0] <= mask.mean() <= _AREA[1]:
        return None
    matte = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    return _described(np.asarray(matte, np.float32), _trust(small, salient, mask))


def _seeds(saliency: Share, sky: Mask) -> NDArray[np.uint8]:
    height, width = saliency.shape
    rows = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    columns = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    central = saliency * np.exp(-0.8 * (columns**2 + 0.6 * rows**2))
    level = central / max(1e-3, float(central.max()))
    seeds = np.full(saliency.shape, cv2.GC_PR_BGD, np.uint8)
    seeds[level > 0.45] = cv2.GC_PR_FGD
    seeds[level < 0.08] = cv2.GC_BGD
    seeds[sky] = cv2.GC_BGD
    return seeds


def _around_most(saliency: Share, likely: Mask) -> Mask:
    """What hangs together with the most salient of the likely places and stands out half as much."""
    row, column = np.unravel_index(int(np.argmax(saliency * likely)), saliency.shape)
    _, labels = cv2.connectedComponents((saliency > 0.5 * saliency[row, column]).astype(np.uint8), connectivity=4)
    return np.asarray(labels == labels[row, column], np.bool_)


def _one_thing(mask: Mask) -> Mask:
    """The largest part, with narrow threads cut off and small holes closed."""
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(np.asarray(opened), connectivity=4)
    if count < 2:
        return np.zeros_like(mask)
    largest = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    _, labels, stats, _ = cv2.connectedComponentsWithStats((~largest).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < 0.05 * largest.sum()
    small[0] = False
    return np.asarray(largest | small[labels], np.bool_)


def _with_tips(lab: Lab, mask: Mask) -> Mask:
    """
    With the thin ends that a cut misses: what hangs together with the thing and differs from a calm background.

    Left behind, a spire or the tip of a leaf would stay in the air when the thing moves.
    """
    if not mask.any():
        return mask
    away = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)) == 0
    offset, spread = _offset_from_calm(lab, np.asarray(away, np.bool_))
    # Once more without what differs: the tips themselves would count as unrest of the background.
    offset, spread = _offset_from_calm(lab, np.asarray(away & (offset < np.maximum(8, 1.3 * spread)), np.bool_))
    distance = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))
    differs = offset > np.maximum(10, 2.5 * spread)
    grown = (mask | (differs & (distance < _TIP_MAX * lab.shape[1]))).astype(np.uint8)
    _, labels = cv2.connectedComponents(grown, connectivity=8)
    return np.asarray(np.isin(labels, np.unique(labels[mask])) & (grown > 0), np.bool_)


def _offset_from_calm(lab: Lab, known: Mask) -> tuple[Share, Share]:
    """How far each color lies from the known ones around it, and how much those differ among themselves."""
    sigma = lab.shape[1] / 24
    weights = known.astype(np.float32)
    near = cv2.GaussianBlur(weights, (0, 0), sigma) + np.float32(1e-4)
    mean = cv2.GaussianBlur(lab * weights[:, :, None], (0, 0), sigma) / near[:, :, None]
    squares = cv2.GaussianBlur((lab * lab).sum(axis=2) * weights, (0, 0), sigma) / near
    spread = np.sqrt(np.maximum(squares - (mean * mean).sum(axis=2), 0))
    # Nothing is said where nothing is known nearby.
    offset = np.where(near > 0.05, np.linalg.norm(lab - mean, axis=2), 0)
    return offset.astype(np.float32), spread.astype(np.float32)


def _trust(lab: Lab, saliency: Share, mask: Mask) -> float:
    """0 to 1: whether the outline is that of a whole thing, by contrast across it, and by shape."""
    inside = np.asarray(cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    outside = np.asarray(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5), np.float32)
    steps = _steps_across(lab, mask, inside - outside)
    if steps.size < 8:
        return 0.0
    contrast = min(1.0, float(np.median(steps)) / 45)
    distinct = float((steps > 16).mean())
    separate = 1 - _overlap(lab[mask & (inside < 12)], lab[~mask & (outside < 12)])
    # A part of a thing is surrounded by the rest of it, which stands out as well; it also tends to be ragged.
    ring = float(saliency[(outside > 4) & (outside < 18)].mean() / max(1e-3, float(saliency[mask].mean())))
    whole = float(np.clip(1 - 1.2 * (ring - 0.15), 0, 1)) * min(1.0, _solidity(mask) / 0.75)
    return float(contrast * distinct * np.sqrt(separate) * whole * _framed(mask))


def _steps_across(lab: Lab, mask: Mask, signed: Share) -> NDArray[np.float32]:
    """Color differences across the outline, one for each of its pixels; the picture's border is no outline."""
    signed = np.asarray(cv2.GaussianBlur(signed, (0, 0), 1.5), np.float32)
    edge = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) == 0)
    rows, columns = np.nonzero(edge)
    across_x, across_y = cv2.Sobel(signed, cv2.CV_32F, 1, 0), cv2.Sobel(signed, cv2.CV_32F, 0, 1)
    length = np.hypot(across_x, across_y) + np.float32(1e-6)
    step_x, step_y = (3 * across_x / length)[rows, columns], (3 * across_y / length)[rows, columns]
    soft = cv2.GaussianBlur(lab, (0, 0), 1.0)
    sides = [
        cv2.remap(
            soft,
            (columns + sign * step_x).astype(np.float32)[None],
            (rows + sign * step_y).astype(np.float32)[None],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )
        for sign in (1, -1)
    ]
    difference = (np.asarray(sides[0]) - np.asarray(sides[1])).reshape(-1, 3) * (0.7, 1.3, 1.3)
    return np.asarray(np.linalg.norm(difference, axis=1), np.float32)


def _overlap(first: Lab, second: Lab) -> float:
    """Bhattacharyya coefficient of two sets of colors: 0 when no color is in both, 1 when they are alike."""
    shares = []
    for colors in (first, second):
        codes = (colors.astype(np.int32) >> 4) @ np.array([256, 16, 1])
        counts = np.bincount(codes, minlength=4096)
        shares.append(counts / max(1, counts.sum()))
    return float(np.sqrt(shares[0] * shares[1]).sum())


def _solidity(mask: Mask) -> float:
    """Share of the convex hull that is covered."""
    rows, columns = np.nonzero(mask)
    hull = cv2.convexHull(np.column_stack([columns, rows]).astype(np.int32))
    return float(mask.sum() / max(1.0, cv2.contourArea(hull)))


def _is_band(mask: Mask) -> bool:
    """Whether it reaches from side to side, as a shore or a glow along the horizon does."""
    return bool(mask[:, 0].any() and mask[:, -1].any())


def _framed(mask: Mask) -> float:
    """Less the more of the outline is cut by the picture's border; 0 for a band from side to side."""
    if _is_band(mask):
        return 0.0
    at_border = sum(int(side.sum()) for side in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    outline = mask & (cv2.erode(mask.astype(np.uint8), np.ones((3, 3), np.uint8), borderValue=1) == 0)
    return max(0.0, 1 - 0.8 * at_border / max(1, int(outline.sum())))


def _described(matte: Share, confidence: float) -> Subject:
    height, width = matte.shape
    total = float(matte.sum())
    if total < 1:
        return Subject(matte, 0.0, (0.5, 0.5), 0.3)
    column = float((matte.sum(axis=0) @ np.arange(width)) / total)
    row = float((matte.sum(axis=1) @ np.arange(height)) / total)
    covered = np.flatnonzero(matte.max(axis=1) > 0.5)
    top = float(covered[0] / height) if covered.size else 0.3
    return Subject(matte, confidence, ((column + 0.5) / width, (row + 0.5) / height), top)
