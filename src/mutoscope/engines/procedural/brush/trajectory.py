"""The way a painted part takes: a smooth curve through the points of its trajectory, walked by length."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""(points, 2): x and y in pixels of the frame, y downwards."""

_STEPS_PER_SPAN: Final = 32
_APART_MIN: Final = 0.012
"""Points nearer than this share of the frame's diagonal are drawn by a trembling hand: the curve leaves some out."""
_DENSE: Final = 3.0
"""Times that: points no farther apart are evened out with their neighbors; sparser ones are meant as they are."""


class Trajectory:
    """A centripetal Catmull-Rom curve. Yuksel et al.: On the Parameterization of Catmull-Rom Curves (2009)."""

    def __init__(self, points: Points, diagonal_px: float) -> None:
        """A curve through `points`; straight through two, and standing still where they do not leave the first."""
        apart_px = _APART_MIN * diagonal_px
        kept = _calmed(_thinned(points, apart_px), _DENSE * apart_px)
        self._curve = np.linspace(kept[0], kept[-1], 2) if len(kept) <= 2 else _curve(kept)
        steps = np.hypot(*np.diff(self._curve, axis=0).T)
        self._lengths = np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length_px(self) -> float:
        return float(self._lengths[-1])

    def moved(self, share: float) -> tuple[float, float]:
        """How far right and down from its first point the curve has got after this share of its length."""
        at = share * self._lengths[-1]
        x, y = (float(np.interp(at, self._lengths, self._curve[:, axis]) - self._curve[0, axis]) for axis in (0, 1))
        return x, y

    def reach(self) -> tuple[float, float, float, float]:
        """How far from its first point the curve goes at most: left, up, right, down; each at least 0."""
        offsets = self._curve - self._curve[0]
        left, up = np.maximum(0, -offsets.min(axis=0))
        right, down = np.maximum(0, offsets.max(axis=0))
        return float(left), float(up), float(right), float(down)


def _thinned(points: Points, apart_px: float) -> Points:
    kept = [points[0]]
    for point in points[1:-1]:
        if np.hypot(*(point - kept[-1])) >= apart_px:
            kept.append(point)
    while len(kept) > 1 and np.hypot(*(points[-1] - kept[-1])) < apart_px:
        kept.pop()
    return np.array([*kept, points[-1]])


def _calmed(points: Points, dense_px: float) -> Points:
    calm = points.copy()
    for before, here, after in zip(points, range(1, len(points) - 1), points[2:], strict=False):
        if max(np.hypot(*(before - points[here])), np.hypot(*(after - points[here]))) < dense_px:
            calm[here] = (before + 2 * points[here] + after) / 4
    return calm


def _curve(points: Points) -> Points:
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    spans = [_span(*padded[index : index + 4]) for index in range(len(points) - 1)]
    return np.vstack([*spans, points[-1:]])


def _span(a: Points, b: Points, c: Points, d: Points) -> Points:
    """From b to c, by the pyramid of Barry and Goldman (1988)."""
    knots = np.concatenate(
        [[0.0], np.cumsum([max(1e-6, np.hypot(*(q - p)) ** 0.5) for p, q in ((a, b), (b, c), (c, d))])]
    )
    t = np.linspace(knots[1], knots[2], _STEPS_PER_SPAN, endpoint=False)[:, None]

    def between(p: Points, q: Points, start: int, end: int) -> Points:
        share = (t - knots[start]) / (knots[end] - knots[start])
        return np.asarray(p + (q - p) * share, np.float64)

    first, second, third = between(a, b, 0, 1), between(b, c, 1, 2), between(c, d, 2, 3)
    return between(between(first, second, 0, 2), between(second, third, 1, 3), 1, 2)
