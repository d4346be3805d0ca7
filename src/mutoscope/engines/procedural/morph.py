"""A clip between two pictures: what moved from one to the other is carried along, the rest dissolves like clouds."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.timing import ease
from mutoscope.engines.procedural.warp import Grid, Map, Source
from mutoscope.media.frames import Plane, Planes

_FLOW_WIDTH_PX: Final = 480
_FLOW_MAX: Final = 0.22
"""Longest motion believed, as a share of the width."""
_FLOW_MAX_UNSURE: Final = 0.05
_SURE: Final = 0.35
"""Mean confidence below which the pictures count as unrelated."""
_WIPE: Final = 0.35
"""Share of the time that the dissolve of one place takes, where the pictures do not match."""
_ROUNDS: Final = 3


class MorphFilm:
    """Frame 0 is the first picture and the last frame is the second, sample for sample."""

    def __init__(self, first: Source, last: Source, *, num_frames: int, seed: int) -> None:
        self.width_px, self.height_px = first.planes.width_px, first.planes.height_px
        self.num_frames = num_frames
        self._first, self._last = first, last
        self._grid = Grid(self.width_px, self.height_px)
        small_first, small_last = _for_flow(first.planes.y), _for_flow(last.planes.y)
        forward, backward = _flow(small_first, small_last), _flow(small_last, small_first)
        sure_forward = _confidence(forward, backward, small_first, small_last)
        sure_backward = _confidence(backward, forward, small_last, small_first)
        self.confidence = float((sure_forward.mean() + sure_backward.mean()) / 2)
        """0 (unrelated pictures) to 1 (the same scene)."""
        self._forward = self._motion(forward, sure_forward)
        self._backward = self._motion(backward, sure_backward)
        trust = cv2.GaussianBlur((sure_forward + sure_backward) / 2, (0, 0), small_first.shape[1] / 40)
        self._trust = self._grid.of_picture(soft_step((np.asarray(trust, np.float32) - 0.15) / 0.35))
        self._order = self._grid.of_picture(_clouds(seed, small_first.shape))
        self._mixed = Planes.empty(self.width_px, self.height_px)

    def draw(self, index: int, target: Planes) -> None:
        if index == 0:
            self._first.planes.copy_to(target)
            return
        if index == self.num_frames - 1:
            self._last.planes.copy_to(target)
            return
        share = ease(index / (self.num_frames - 1))
        self._grid.warp(self._first, *self._moved(self._forward, share), target)
        self._grid.warp(self._last, *self._moved(self._backward, 1 - share), self._mixed)
        self._blend(share, target)

    def _moved(self, motion: tuple[Map, Map], share: float) -> tuple[Map, Map]:
        """Where to look in a picture that has gone this share of its motion: solves q + share·motion(q) = node."""
        x, y = self._grid.x, self._grid.y
        for _ in range(_ROUNDS):
            x, y = (
                self._grid.x - np.float32(share) * self._grid.at(motion[0], x, y),
                self._grid.y - np.float32(share) * self._grid.at(motion[1], x, y),
            )
        return x, y

    def _blend(self, share: float, target: Planes) -> None:
        """Even mix where the pictures match, a dissolve in the order of a cloud pattern where they do not."""
        wiped = soft_step((np.float32(share * (1 + _WIPE)) - self._order) / np.float32(_WIPE))
        weight = self._trust * np.float32(share) + (1 - self._trust) * wiped
        full, half = self._grid.spread_bytes(weight)
        for plane, new, share_of_new in (
            (target.y, self._mixed.y, full),
            (target.u, self._mixed.u, half),
            (target.v, self._mixed.v, half),
        ):
            cv2.multiply(plane, 255 - share_of_new, dst=plane, scale=1 / 255)
            cv2.multiply(new, share_of_new, dst=new, scale=1 / 255)
            cv2.add(plane, new, dst=plane)

    def _motion(self, flow: NDArray[np.float32], sure: NDArray[np.float32]) -> tuple[Map, Map]:
        """Flow of the small picture as motion at the nodes, in pixels of the frame."""
        believed = _weighted_smooth(flow, sure)
        most = (_FLOW_MAX if self.confidence >= _SURE else _FLOW_MAX_UNSURE) * flow.shape[1]
        length = np.hypot(believed[:, :, 0], believed[:, :, 1])
        believed *= np.minimum(1, most / np.maximum(length, 1e-3))[:, :, None]
        scale = self.width_px / flow.shape[1]
        x = self._grid.of_picture(np.ascontiguousarray(believed[:, :, 0]))
        y = self._grid.of_picture(np.ascontiguousarray(believed[:, :, 1]))
        return x * np.float32(scale), y * np.float32(scale)


def _for_flow(luma: Plane) -> Plane:
    """Small and with local contrast evened out, so that another light does not look like motion."""
    height, width = luma.shape
    size = (_FLOW_WIDTH_PX, max(16, round(_FLOW_WIDTH_PX * height / width)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.createCLAHE(2.0, (8, 8)).apply(small), np.uint8)


def _flow(source: Plane, target: Plane) -> NDArray[np.float32]:
    """Motion of each pixel, (height, width, 2). Kroeger et al.: Fast Optical Flow using Dense Inverse Search (2016)."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return np.asarray(estimator.calc(source, target, None), np.float32)  # type: ignore[call-overload]


def _confidence(
    flow: NDArray[np.float32], back: NDArray[np.float32], source: Plane, target: Plane
) -> NDArray[np.float32]:
    """1 where going there and back ends at the start and looks alike, 0 where it does not."""
    height, width = source.shape
    x = np.arange(width, dtype=np.float32)[None, :] + flow[:, :, 0]
    y = np.arange(height, dtype=np.float32)[:, None] + flow[:, :, 1]
    returned_x = cv2.remap(np.ascontiguousarray(back[:, :, 0]), x, y, cv2.INTER_LINEAR)
    returned_y = cv2.remap(np.ascontiguousarray(back[:, :, 1]), x, y, cv2.INTER_LINEAR)
    missed = np.hypot(flow[:, :, 0] + returned_x, flow[:, :, 1] + returned_y)
    arrived = cv2.remap(target, x, y, cv2.INTER_LINEAR)
    unlike = np.abs(cv2.GaussianBlur(cv2.subtract(arrived, source, dtype=cv2.CV_32F), (0, 0), 2))
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    sure = np.exp(-((missed / 1.5) ** 2)) * np.exp(-((unlike / 24) ** 2)) * inside
    result: NDArray[np.float32] = sure.astype(np.float32)
    return result


def _weighted_smooth(flow: NDArray[np.float32], sure: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sure places keep their motion; unsure ones take it from sure neighbors, near ones first."""
    weight = sure + np.float32(1e-4)
    result = np.zeros_like(flow)
    left = np.ones_like(sure)
    for sigma in (2.0, 6.0, 18.0, 54.0):
        blurred_weight = np.asarray(cv2.GaussianBlur(weight, (0, 0), sigma), np.float32)
        blurred = np.asarray(cv2.GaussianBlur(flow * weight[:, :, None], (0, 0), sigma), np.float32)
        share = left * (np.clip(blurred_weight * 2, 0, 1) if sigma < 54 else np.float32(1))
        result += share[:, :, None] * blurred / blurred_weight[:, :, None]
        left = left - share
    return result


def _clouds(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Smooth noise, evenly spread over 0 to 1: the order in which places change."""
    random = np.random.default_rng(seed)
    height, width = shape
    total = np.zeros((height, width), np.float32)
    for cells, share in ((3, 1.0), (7, 0.5), (15, 0.22)):
        coarse = random.random((cells, cells * 2), dtype=np.float32)
        total += np.float32(share) * np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    rank = np.argsort(np.argsort(total, axis=None, kind="stable"), kind="stable").reshape(height, width)
    result: NDArray[np.float32] = (rank / (rank.size - 1)).astype(np.float32)
    return result
