"""Spreads values that are known in places smoothly over a whole picture."""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def membrane(values: Floats, known: Floats) -> Floats:
    """
    Values from where `known` is above 0, spread over everything: averages downwards, then back up.

    Args:
        values: (height, width, channels).
        known: (height, width), weights.
    """
    height, width = known.shape
    total = known[:, :, None]
    if min(height, width) <= 2:
        mean = (values * total).sum(axis=(0, 1)) / max(1e-6, float(known.sum()))
        return np.asarray(np.where(total > 0, values, mean), np.float32)
    size = ((width + 1) // 2, (height + 1) // 2)
    weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
    sums = np.asarray(cv2.resize(values * total, size, interpolation=cv2.INTER_AREA), np.float32)
    sums /= np.maximum(weight, 1e-6)[:, :, None]
    coarse = membrane(sums, np.minimum(weight * 4, 1))
    spread = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
    share = np.minimum(total, 1)
    return np.asarray(values * share + spread * (1 - share), np.float32)
