"""Measures on pictures: how they move, how sharp they are, how alike two of them are."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.clips import Luma


@dataclass(frozen=True)
class Moved:
    """How the picture as a whole went from one frame to another."""

    dx: float
    """Percent of the width, to the right."""
    dy: float
    """Percent of the height, downwards."""
    scale: float
    """Percent, above 0 larger."""
    roll: float
    """Degrees, above 0 clockwise."""


def moved(first: Luma, second: Luma) -> Moved:
    """The similarity that best explains tracked corners: Lucas-Kanade there and back, then least squares."""
    corners = cv2.goodFeaturesToTrack(first, 400, 0.003, 6)
    blank = np.zeros_like(corners)
    ends, there, _ = cv2.calcOpticalFlowPyrLK(first, second, corners, blank, winSize=(15, 15), maxLevel=3)
    back, again, _ = cv2.calcOpticalFlowPyrLK(second, first, ends, blank.copy(), winSize=(15, 15), maxLevel=3)
    good = ((there == 1) & (again == 1) & (np.linalg.norm(back - corners, axis=2) < 0.5)).ravel()
    height, width = first.shape
    center = np.array([width / 2, height / 2])
    source, target = (points.reshape(-1, 2)[good] - center for points in (corners, ends))
    rows = np.zeros((2 * len(source), 4))
    rows[0::2] = np.c_[source[:, 0], -source[:, 1], np.ones(len(source)), np.zeros(len(source))]
    rows[1::2] = np.c_[source[:, 1], source[:, 0], np.zeros(len(source)), np.ones(len(source))]
    a, b, x, y = np.linalg.lstsq(rows, target.ravel(), rcond=None)[0]
    return Moved(
        100 * x / width, 100 * y / height, 100 * (float(np.hypot(a, b)) - 1), float(np.degrees(np.arctan2(b, a)))
    )


def psnr(first: Luma, second: Luma) -> float:
    """Peak signal-to-noise ratio in dB."""
    return float(cv2.PSNR(np.ascontiguousarray(first), np.ascontiguousarray(second)))


def ssim(first: Luma, second: Luma) -> float:
    """Structural similarity. Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment (2004), eq. 13."""
    a, b = first.astype(np.float32), second.astype(np.float32)
    mean_a, mean_b = _soft(a), _soft(b)
    var_a, var_b = _soft(a * a) - mean_a**2, _soft(b * b) - mean_b**2
    covariance = _soft(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ratio = ((2 * mean_a * mean_b + c1) * (2 * covariance + c2)) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))
    return float(ratio.mean())


def block_sharpness(luma: Luma, block_px: int) -> NDArray[np.float64]:
    """Mean step between neighbors in each block, one figure per block."""
    picture = luma.astype(np.float32)
    across, down = (np.abs(cv2.Sobel(picture, cv2.CV_32F, x, 1 - x, ksize=1)) for x in (1, 0))
    steps = across + down
    rows, columns = luma.shape[0] // block_px, luma.shape[1] // block_px
    cut = steps[: rows * block_px, : columns * block_px]
    means: NDArray[np.float64] = cut.reshape(rows, block_px, columns, block_px).mean(axis=(1, 3), dtype=np.float64)
    return means.ravel()


def ranks_agree(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Spearman's rank correlation of two pictures; equal values share their mean rank."""
    a, b = _ranks(first.ravel()), _ranks(second.ravel())
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: NDArray[np.float32]) -> NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: NDArray[np.float64] = ends - (counts + 1) / 2
    return means[inverse]


def _soft(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.5), np.float32)
