"""
Fills a hole in a small picture with patches of the rest of it: matching and voting in turn, from coarse to fine.

Wexler, Shechtman, Irani: Space-Time Completion of Video (2007), for the scheme and its weights; Barnes et al.:
PatchMatch (2009), for the search. A patch costs more the farther its row is from where it goes, since what a
photograph shows changes most with height; less so for columns; and more when nothing like it stands at the hole's edge,
so that a face is not repeated beside a face.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.base import Check, unchecked

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]
Mask = NDArray[np.bool_]

_RADIUS: Final = 3
"""Patches are 7×7: large enough to carry a stalk or an edge, small enough to find another like it."""
_RADIUS_COARSE: Final = 2
"""At the coarse levels 5×5: there a larger one holds a good part of the picture."""
_COARSE_SIDE_PX: Final = 64
_ROW_COST: Final = 4000.0
"""Times (rows apart / height)², added to the mean squared difference of a patch; a third of the height costs as much as
a difference of 21 in every sample."""
_COLUMN_COST: Final = 800.0
"""The same for columns, in shares of the width."""
_STRANGE_COST: Final = 2.0
"""Times the mean squared difference of a patch from the one most like it beside the hole."""
_STRANGE_SIDE_PX: Final = 50
"""The strange is told from the ordinary at the first level larger than this: below, a patch holds too much of all."""
_SOURCES_MIN: Final = 24
_BESIDE: Final = 0.03
"""What counts as beside the hole, as a share of the longer side."""
_CONFIDENCE_FALL: Final = 1.3
"""Each pixel deeper in the hole, a sample is believed by this much less."""
_COARSEST_SIDE_PX: Final = 28
_ROUNDS: Final = (12, 8, 6, 4)
"""Matching and voting in turn at each level, coarsest first; finer ones take the last number."""
_PAIRS_MAX: Final = 400_000
"""Up to so many pairs of patches the best is found by comparing all."""
_WAVES: Final = (
    *((0, down, across) for down in range(4) for across in range(4 - down)),
    *((channel, down, across) for channel in (1, 2) for down, across in ((0, 0), (0, 1), (1, 0))),
)
"""
What the search compares of a patch: the slow cosine waves of its lightness and the slowest of its colors, as (channel,
waves downwards, waves across). They hold nearly all that differs between patches of a photograph.
"""
_OPPONENT: Final = np.array(
    [[3**-0.5, 3**-0.5, 3**-0.5], [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32
)
"""A rotation of RGB that has lightness for its first axis."""
_SEARCHES: Final = 2


@dataclass(frozen=True, slots=True)
class Completion:
    """A filled picture and where each part of the filling came from."""

    picture: Floats
    """(height, width, 3), 0 to 255."""
    row: NDArray[np.int16]
    column: NDArray[np.int16]
    """(height, width): how far down and to the right each pixel's patch came from; 0 outside the hole's reach."""


def complete(
    picture: Floats,
    hole: Mask,
    *,
    whole_px: tuple[float, float],
    random: np.random.Generator,
    check: Check = unchecked,
) -> Completion | None:
    """
    Fill `hole` from the rest of the picture.

    Args:
        picture: (height, width, 3), 0 to 255; what it holds in the hole is not looked at.
        hole: (height, width).
        whole_px: height and width that places are shares of, in pixels of `picture`.
        check: called in every round.

    Returns:
        None where hardly a whole patch lies outside the hole.
    """
    levels = []
    for small, small_hole in _pyramid(picture, hole):
        scale = small.shape[0] / picture.shape[0]
        level = _Level(small, small_hole, (whole_px[0] * scale, whole_px[1] * scale))
        if len(level.sources) >= _SOURCES_MIN:
            levels.append(level)
    if not levels or levels[-1].shape != hole.shape:
        return None
    strange = next((level for level in levels if max(level.shape) > _STRANGE_SIDE_PX), levels[-1]).strangeness()
    before: _Level | None = None
    for number, level in enumerate(levels):
        level.start(before, strange, random)
        for _ in range(_ROUNDS[min(number, len(_ROUNDS) - 1)]):
            check()
            level.match(random)
            level.vote()
        before = level
    return levels[-1].completion()


def _pyramid(picture: Floats, hole: Mask) -> list[tuple[Floats, Mask]]:
    """Halves down to a few patches across, coarsest first; each pixel is the mean of what is known of it."""
    known = (~hole).astype(np.float32)
    levels = [(picture, hole)]
    masked = picture * known[:, :, None]
    side = max(hole.shape)
    while side // 2 >= _COARSEST_SIDE_PX:
        side //= 2
        scale = side / max(hole.shape)
        size = (max(8, round(hole.shape[1] * scale)), max(8, round(hole.shape[0] * scale)))
        weight = np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.float32)
        mean = np.asarray(cv2.resize(masked, size, interpolation=cv2.INTER_AREA), np.float32)
        mean /= np.maximum(weight, 1e-6)[:, :, None]
        levels.append((mean, weight < 0.999))
    return levels[::-1]


class _Level:
    """One size of the picture: its padded pixels in one row, the patches to match and those to take from."""

    def __init__(self, picture: Floats, hole: Mask, whole_px: tuple[float, float]) -> None:
        self.shape = hole.shape
        self._radius = radius = _RADIUS if max(hole.shape) > _COARSE_SIDE_PX else _RADIUS_COARSE
        height, width = hole.shape
        self._stride = width + 2 * self._radius
        self._whole_px = whole_px
        self._picture = picture.copy()
        self._hole = hole
        kernel = np.ones((2 * self._radius + 1,) * 2, np.uint8)
        spread = cv2.dilate(hole.astype(np.uint8), kernel)
        inside = np.zeros_like(hole)
        inside[radius : height - radius, radius : width - radius] = True
        self.source_mask = self._padded_mask(inside & (spread == 0))
        """Flat, over the padded picture: whole patches of known pixels."""
        self.sources: Indices = np.flatnonzero(self.source_mask)
        self.targets: Indices = np.flatnonzero(self._padded_mask(spread > 0))
        self._hole_pixels: Indices = np.flatnonzero(self._padded_mask(hole))
        down, across = np.mgrid[-radius : radius + 1, -radius : radius + 1]
        self._patch: Indices = (down * self._stride + across).ravel()
        depth = cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 5)
        self._confidence = np.power(_CONFIDENCE_FALL, -np.minimum(np.asarray(depth, np.float32), 40)).astype(np.float32)
        self.matches: Indices = self.sources[:1].repeat(len(self.targets))
        self._costs = np.zeros(len(self.targets), np.float32)
        self._is_exact = len(self.sources) * len(self.targets) <= _PAIRS_MAX
        self._pixels = self._pad(self._picture)
        self._strange = np.zeros(len(self.sources), np.float32)
        self._features = np.zeros((0, 0), np.float32)

    def start(self, before: "_Level | None", strange: Floats, random: np.random.Generator) -> None:
        """
        Begin with the coarser level's filling and matches, or with a smooth one and with chance.

        `strange` is what `strangeness` found, at any size.
        """
        height, width = self.shape
        self._strange = np.asarray(cv2.resize(strange, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)[
            self._rows(self.sources), self._columns(self.sources)
        ]
        if before is None:
            self._set_hole(_spread_from_edge(self._picture, self._hole))
            self.matches = self.sources[random.integers(0, len(self.sources), len(self.targets))]
            return
        self._set_hole(
            np.asarray(cv2.resize(before._picture, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
        )
        down, across = before._offsets()
        ratio = (height / before.shape[0], width / before.shape[1])
        rows, columns = self._rows(self.targets), self._columns(self.targets)
        at_row = np.minimum((rows + 0.5) / ratio[0], before.shape[0] - 1).astype(np.intp)
        at_column = np.minimum((columns + 0.5) / ratio[1], before.shape[1] - 1).astype(np.intp)
        from_row = np.clip(np.rint(rows + down[at_row, at_column] * ratio[0]), 0, height - 1).astype(np.intp)
        from_column = np.clip(np.rint(columns + across[at_row, at_column] * ratio[1]), 0, width - 1).astype(np.intp)
        self.matches = self._nearest_sources()[self._index(from_row, from_column)]

    def _nearest_sources(self) -> Indices:
        """For each place of the padded picture the source nearest to it."""
        away = np.where(self.source_mask, 0, 1).astype(np.uint8).reshape(-1, self._stride)
        _, labels = cv2.distanceTransformWithLabels(away, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
        named = np.zeros(int(labels.max()) + 1, np.intp)
        named[labels.ravel()[self.sources]] = self.sources
        nearest: Indices = named[labels.ravel()]
        return nearest

    def match(self, random: np.random.Generator) -> None:
        """Find for every patch that touches the hole the patch most like it."""
        if self._is_exact:
            self._match_all()
        else:
            self._search(random)

    def vote(self) -> None:
        """Each pixel of the hole becomes the mean of what the patches over it say, the better and surer ones first."""
        spread = max(1.0, float(np.percentile(self._costs, 75)))
        weights = np.zeros(len(self._pixels), np.float32)
        weights[self.targets] = np.exp(-self._costs / (2 * spread)) * self._pad(self._confidence)[self.targets] + 1e-9
        matches = np.zeros(len(self._pixels), np.intp)
        matches[self.targets] = self.matches
        total = np.zeros((len(self._hole_pixels), 1), np.float32)
        sums = np.zeros((len(self._hole_pixels), 3), np.float32)
        for step in self._patch:
            centers = self._hole_pixels - step
            weight = weights[centers][:, None]
            sums += self._pixels[matches[centers] + step] * weight
            total += weight
        filled = self._picture.reshape(-1, 3)
        filled[np.flatnonzero(self._hole)] = sums / total
        self._pixels = self._pad(self._picture)

    def completion(self) -> Completion:
        down, across = self._offsets()
        return Completion(self._picture, down, across)

    def strangeness(self) -> Floats:
        """(height, width): what the patch around each pixel costs for being unlike all that stands beside the hole."""
        reach = round(_BESIDE * max(self.shape)) + self._radius
        near = cv2.dilate(self._hole.astype(np.uint8), np.ones((2 * reach + 1,) * 2, np.uint8)) > 0
        beside = np.flatnonzero(self._padded_mask(near) & self.source_mask)
        costs = np.zeros(self.shape, np.float32)
        if len(beside):
            patches = self._pixels[self.sources[:, None] + self._patch].reshape(len(self.sources), -1)
            others = self._pixels[beside[:, None] + self._patch].reshape(len(beside), -1)
            squares = (patches * patches).sum(axis=1)[:, None] + (others * others).sum(axis=1)
            nearest = (squares - 2 * patches @ others.T).min(axis=1) / patches.shape[1]
            costs[self._rows(self.sources), self._columns(self.sources)] = _STRANGE_COST * np.maximum(0, nearest)
        return costs

    def _match_all(self) -> None:
        """Compare all pairs, the differences weighted by how sure each sample is."""
        sources = self._pixels[self.sources[:, None] + self._patch].reshape(len(self.sources), -1)
        sources_squared = sources * sources
        places = self._places(self.sources)
        sure = self._pad(self._confidence)
        chunk = max(1, _PAIRS_MAX // len(self.sources))
        for start in range(0, len(self.targets), chunk):
            part = self.targets[start : start + chunk]
            over = part[:, None] + self._patch
            targets = self._pixels[over].reshape(len(part), -1)
            weights = np.repeat(sure[over], 3, axis=1)
            weights /= weights.sum(axis=1, keepdims=True)
            costs = weights @ sources_squared.T - 2 * (weights * targets) @ sources.T
            costs += (weights * targets * targets).sum(axis=1, keepdims=True)
            wanted = self._places(part)
            for axis in (0, 1):
                apart = wanted[:, axis, None] - places[:, axis]
                costs += apart * apart
            costs += self._strange
            best = costs.argmin(axis=1)
            self.matches[start : start + chunk] = self.sources[best]
            self._costs[start : start + chunk] = np.maximum(0, costs[np.arange(len(part)), best])

    def _search(self, random: np.random.Generator) -> None:
        """Try the matches of neighbors, then places around the best so far, in ever smaller circles."""
        self._features = self._describe()
        wanted = self._features[self.targets]
        self._costs = self._distances(wanted, self.matches)
        known = np.zeros(len(self._pixels), np.intp)
        for _ in range(_SEARCHES):
            for reach in (4, 1):
                for step in (reach, -reach, reach * self._stride, -reach * self._stride):
                    known[self.targets] = self.matches
                    moved = known[np.clip(self.targets - step, 0, len(known) - 1)]
                    self._try(wanted, np.where(moved > 0, moved + step, 0))
            radius = max(self.shape) // 2
            while radius >= 2:
                down = random.integers(-radius, radius + 1, len(self.targets))
                across = random.integers(-radius, radius + 1, len(self.targets))
                self._try(wanted, self.matches + down // 3 * self._stride + across)
                radius //= 4

    def _try(self, wanted: Floats, candidates: Indices) -> None:
        candidates = np.clip(candidates, 0, len(self.source_mask) - 1)
        worth = np.flatnonzero(self.source_mask[candidates] & (candidates != self.matches))
        costs = self._distances(wanted[worth], candidates[worth])
        better = costs < self._costs[worth]
        chosen = worth[better]
        self.matches[chosen] = candidates[chosen]
        self._costs[chosen] = costs[better]

    def _distances(self, wanted: Floats, places: Indices) -> Floats:
        difference = self._features[places]
        difference -= wanted
        return np.asarray(np.einsum("ij,ij->i", difference, difference), np.float32)

    def _describe(self) -> Floats:
        """What the search compares of the patch around each pixel of the padded picture; the square is their cost."""
        described = np.zeros((len(self._pixels), len(_WAVES) + 3), np.float32)
        padded = self._pixels.reshape(-1, self._stride, 3)
        channels = cv2.split(cv2.transform(padded, _OPPONENT))
        waves = _cosines(2 * self._radius + 1) / np.float32((3 * len(self._patch)) ** 0.25)
        for index, (channel, down, across) in enumerate(_WAVES):
            wave = cv2.sepFilter2D(channels[channel], cv2.CV_32F, waves[across], waves[down])
            described[:, index] = np.asarray(wave, np.float32).ravel()
        every = np.arange(len(self._pixels))
        described[:, len(_WAVES) : -1] = self._places(every)
        described[self.sources, -1] = np.sqrt(self._strange)
        return described

    def _places(self, centers: Indices) -> Floats:
        """Row and column, scaled so that the squared distance of two is what their being apart costs."""
        return np.column_stack(
            [
                self._rows(centers) * np.float32(np.sqrt(_ROW_COST) / self._whole_px[0]),
                self._columns(centers) * np.float32(np.sqrt(_COLUMN_COST) / self._whole_px[1]),
            ]
        ).astype(np.float32)

    def _offsets(self) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
        down = np.zeros(self.shape, np.int16)
        across = np.zeros(self.shape, np.int16)
        rows, columns = self._rows(self.targets), self._columns(self.targets)
        down[rows, columns] = self._rows(self.matches) - rows
        across[rows, columns] = self._columns(self.matches) - columns
        return down, across

    def _set_hole(self, picture: Floats) -> None:
        self._picture = np.where(self._hole[:, :, None], picture, self._picture)
        self._pixels = self._pad(self._picture)

    def _pad(self, values: Floats) -> Floats:
        """With the border repeated all around, one row of pixels."""
        padded = cv2.copyMakeBorder(values, *(self._radius,) * 4, cv2.BORDER_REPLICATE)
        return np.asarray(padded, np.float32).reshape(-1, *values.shape[2:])

    def _padded_mask(self, mask: Mask) -> Mask:
        return np.asarray(np.pad(mask, self._radius).ravel(), np.bool_)

    def _rows(self, places: Indices) -> Indices:
        return np.asarray(places // self._stride - self._radius, np.intp)

    def _columns(self, places: Indices) -> Indices:
        return np.asarray(places % self._stride - self._radius, np.intp)

    def _index(self, rows: Indices, columns: Indices) -> Indices:
        return np.asarray((rows + self._radius) * self._stride + columns + self._radius, np.intp)


def _cosines(side: int) -> Floats:
    """The orthonormal cosine waves of so many samples, slowest first."""
    place = (np.arange(side) + 0.5) / side
    waves = np.cos(np.pi * np.arange(side)[:, None] * place) * (2 / side) ** 0.5
    waves[0] *= 0.5**0.5
    return np.asarray(waves, np.float32)


def _spread_from_edge(picture: Floats, hole: Mask) -> Floats:
    """Each pixel of the hole like the known one nearest to it, then softened: the border goes on outwards."""
    _, labels = cv2.distanceTransformWithLabels(hole.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    named = np.zeros(int(labels.max()) + 1, np.intp)
    known = np.flatnonzero(~hole)
    named[labels.ravel()[known]] = known
    nearest = picture.reshape(-1, 3)[named[labels]]
    return np.asarray(cv2.GaussianBlur(nearest, (0, 0), 1.5), np.float32)
