"""
How one picture becomes another: a similarity of the whole frame, and what is left of motion in each place.

Both pictures are first brought half way to each other by the similarity (features and RANSAC), which lets the dense
flow see turns and zooms that are far beyond its own reach; the flow then lives in that middle geometry.
"""

import cmath
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.film import soft_step
from mutoscope.media.frames import Plane

Field = NDArray[np.float32]
"""One value for each pixel of the small picture, (height, width)."""
Flow = tuple[Field, Field]
"""Motion to the right and downwards."""

_LONGER_PX: Final = 480
"""Longer side of the pictures compared; finer detail does not change where things are by a visible amount."""
_FEATURES: Final = 600
_RATIO: Final = 0.75
"""A feature counts when its best counterpart is this much nearer than the second. Lowe (2004), section 7.1."""
_INLIERS_MIN: Final = 14
_INLIER_SHARE_MIN: Final = 0.3
_SCALE_MAX: Final = 2.5
_SURE: Final = 0.35
"""Mean confidence below which the pictures count as unrelated."""
_DETAIL: Final = 5.0
"""Mean difference to the blurred picture, in code values, from which a place counts as having detail."""
_FLOW_MAX: Final = 0.22
"""Longest motion believed, as a share of the longer side."""
_FLOW_MAX_UNSURE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Similarity:
    """z → turn·z + move, on complex positions x + iy relative to the middle of the frame, in shares of its width."""

    turn: complex = 1.0
    """Turns by its argument and magnifies by its modulus."""
    move: complex = 0.0

    def to_the(self, power: float) -> "Similarity":
        """This much of the way: powers add up, so that two halves are exactly the whole, at a constant rate of zoom."""
        turn = cmath.exp(power * cmath.log(self.turn))
        around = power if abs(self.turn - 1) < 1e-9 else (turn - 1) / (self.turn - 1)
        return Similarity(turn, self.move * around)

    def of(self, x: Field, y: Field, width: float, height: float) -> Flow:
        """Pixel positions in a frame of this size, moved."""
        across, down = (width - 1) / 2, (height - 1) / 2
        real, imaginary = np.float32(self.turn.real), np.float32(self.turn.imag)
        right, below = x - np.float32(across), y - np.float32(down)
        return (
            real * right - imaginary * below + np.float32(across + width * self.move.real),
            imaginary * right + real * below + np.float32(down + width * self.move.imag),
        )


@dataclass(frozen=True, slots=True)
class Match:
    """What is known of the way from a first picture to a second. Fields are over the frame, half way between them."""

    view: Similarity
    """Takes positions in the first picture to those in the second."""
    forward: Flow
    """From there on in the first picture, in shares of the frame's width."""
    backward: Flow
    """The same in the second."""
    trust: Field
    """1 where both show the same thing, 0 where they do not."""
    confidence: float
    """0 (unrelated pictures) to 1 (the same scene)."""

    @property
    def sureness(self) -> float:
        """0 for unrelated pictures, 1 for one scene, and little between."""
        return _sureness(self.confidence)


def match(first: Plane, second: Plane, check: Check = unchecked) -> Match:
    """Compare two lumas of one size. `check` is called between the steps."""
    small_first, small_second = _small(first), _small(second)
    check()
    found = _similarity(small_first, small_second)
    check()
    matched = _dense(small_first, small_second, found)
    check()
    if found != Similarity() and matched.confidence < _SURE:
        plain = _dense(small_first, small_second, Similarity())
        return plain if plain.confidence > matched.confidence else matched
    return matched


def _small(luma: Plane) -> Plane:
    """With local contrast evened out, so that another light does not look like motion."""
    height, width = luma.shape
    scale = _LONGER_PX / max(height, width)
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(small), np.uint8)


def _similarity(first: Plane, second: Plane) -> Similarity:
    """The similarity that most features agree on; none where too few do. Lowe (2004); Fischler and Bolles (1981)."""
    finder = cv2.SIFT.create(nfeatures=_FEATURES)
    (points_first, look_first), (points_second, look_second) = (
        finder.detectAndCompute(each, None) for each in (first, second)
    )
    if min(len(points_first), len(points_second)) < _INLIERS_MIN:
        return Similarity()
    pairs = cv2.BFMatcher(cv2.NORM_L2).knnMatch(look_first, look_second, k=2)
    good = [best for best, other in pairs if best.distance < _RATIO * other.distance]
    if len(good) < _INLIERS_MIN:
        return Similarity()
    source = np.array([points_first[pair.queryIdx].pt for pair in good])
    target = np.array([points_second[pair.trainIdx].pt for pair in good])
    matrix, inliers = cv2.estimateAffinePartial2D(source, target, method=cv2.RANSAC, ransacReprojThreshold=3.0)
    if inliers.sum() < max(_INLIERS_MIN, _INLIER_SHARE_MIN * len(good)):
        return Similarity()
    turn = complex(matrix[0, 0], matrix[1, 0])
    if not 1 / _SCALE_MAX < abs(turn) < _SCALE_MAX:
        return Similarity()
    height, width = first.shape
    middle = complex((width - 1) / 2, (height - 1) / 2)
    return Similarity(turn, (turn * middle + complex(matrix[0, 2], matrix[1, 2]) - middle) / width)


def _dense(first: Plane, second: Plane, view: Similarity) -> Match:
    """What remains when both pictures have gone half of `view`."""
    half_first, shown_first = _half_way(first, view.to_the(-0.5))
    half_second, shown_second = _half_way(second, view.to_the(0.5))
    forward, backward = _flow(half_first, half_second), _flow(half_second, half_first)
    shown = shown_first & shown_second
    sure_forward = _confidence(forward, backward, half_first, half_second) * shown
    sure_backward = _confidence(backward, forward, half_second, half_first) * shown
    sure = (sure_forward + sure_backward) / 2
    # Two clear skies always look alike; only places with something to see tell whether the pictures belong together.
    telling = np.maximum(_detail(half_first), _detail(half_second))
    confidence = float((sure * telling * shown).sum() / max(1.0, (telling * shown).sum()))
    plain = np.float32(_sureness(confidence))
    trust = np.where(shown, telling * sure + (1 - telling) * plain, plain)
    trust = np.asarray(cv2.GaussianBlur(trust, (0, 0), first.shape[1] / 40), np.float32)
    return Match(
        view,
        _believed(forward, sure_forward, confidence),
        _believed(backward, sure_backward, confidence),
        soft_step((trust - np.float32(0.15)) / np.float32(0.35)),
        confidence,
    )


def _sureness(confidence: float) -> float:
    return float(soft_step(np.array([(confidence - 0.2) / 0.25], np.float32))[0])


def _detail(picture: Plane) -> Field:
    """1 where there is something to recognize, 0 where the picture is smooth."""
    fine = cv2.absdiff(picture, cv2.GaussianBlur(picture, (0, 0), 3))
    result: Field = np.clip(_blur(fine.astype(np.float32), 6) / np.float32(_DETAIL), 0, 1)
    return result


def _half_way(picture: Plane, back: Similarity) -> tuple[Plane, NDArray[np.bool_]]:
    """The picture seen through `back`, and where that lies inside it."""
    height, width = picture.shape
    if back == Similarity():
        return picture, np.ones(picture.shape, np.bool_)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = back.of(xs, ys, width, height)
    seen = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, np.uint8), (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def _flow(source: Plane, target: Plane) -> Flow:
    """Motion of each pixel. Kroeger et al.: Fast Optical Flow using Dense Inverse Search (2016)."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    both = np.asarray(estimator.calc(source, target, None), np.float32)  # type: ignore[call-overload]
    return np.ascontiguousarray(both[:, :, 0]), np.ascontiguousarray(both[:, :, 1])


def _confidence(flow: Flow, back: Flow, source: Plane, target: Plane) -> Field:
    """1 where going there and back ends at the start and looks alike, 0 where it does not."""
    height, width = source.shape
    x = np.arange(width, dtype=np.float32)[None, :] + flow[0]
    y = np.arange(height, dtype=np.float32)[:, None] + flow[1]
    missed = np.hypot(
        *(there + cv2.remap(home, x, y, cv2.INTER_LINEAR) for there, home in zip(flow, back, strict=True))
    )
    arrived = cv2.remap(target, x, y, cv2.INTER_LINEAR)
    difference = np.asarray(cv2.GaussianBlur(cv2.subtract(arrived, source, dtype=cv2.CV_32F), (0, 0), 2), np.float32)
    unlike = difference - _blur(difference, 16)  # what changes slowly over the picture is another light
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    sure = np.exp(-((missed / 1.5) ** 2) - (unlike / 24) ** 2) * inside
    result: Field = sure.astype(np.float32)
    return result


def _believed(flow: Flow, sure: Field, confidence: float) -> Flow:
    """The flow smoothed by its confidence, in shares of the width, no longer than such a confidence allows."""
    height, width = sure.shape
    longest = (_FLOW_MAX if confidence >= _SURE else _FLOW_MAX_UNSURE) * max(width, height)
    x, y = _weighted_smooth(flow, sure)
    length = np.hypot(x, y)
    shrink = np.minimum(1, longest / np.maximum(length, 1e-6)).astype(np.float32) / np.float32(width)
    return x * shrink, y * shrink


def _weighted_smooth(flow: Flow, sure: Field) -> Flow:
    """Sure places keep their motion; unsure ones take it from sure neighbors, near ones first."""
    weight = sure + np.float32(1e-4)
    result = [np.zeros_like(sure), np.zeros_like(sure)]
    left = np.ones_like(sure)
    for sigma in (2.0, 6.0, 18.0, 54.0):
        blurred_weight = _blur(weight, sigma)
        share = left * (np.clip(blurred_weight * 2, 0, 1) if sigma < 54 else np.float32(1))
        for total, values in zip(result, flow, strict=True):
            total += share * _blur(values * weight, sigma) / blurred_weight
        left = left - share
    return result[0], result[1]


def _blur(values: Field, sigma: float) -> Field:
    """Gaussian; a wide one on a smaller picture, where it costs little and loses nothing."""
    height, width = values.shape
    step = max(1, int(sigma / 4))
    if step == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), np.float32)
    small = cv2.resize(values, (max(8, width // step), max(8, height // step)), interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return np.asarray(cv2.resize(blurred, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
