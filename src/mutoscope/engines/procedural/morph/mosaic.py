"""
Puts a frame together from two warped pictures by weight, and warps of each only what is seen.

The frame is cut into tiles; a tile that one picture fills costs one warp, and only where both show is there a second
one and a mix. Runs of equal tiles are drawn at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.morph.tone import Tables
from mutoscope.engines.procedural.warp import CELL_PX, Grid, Map, Source
from mutoscope.media.frames import Plane, Planes

_TILE_NODES: Final = 12
"""Side of a tile in nodes: small enough to follow a soft edge, large enough for few calls."""
_RUN_PX_MAX: Final = 384
"""Widest piece drawn at once: in a turned picture a longer row of samples lies in more memory than the cache holds."""


class _Show(Enum):
    """What fills a tile."""

    FIRST = 0
    SECOND = 1
    EVEN = 2
    """Both, by one weight."""
    MIXED = 3


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighboring tiles of one row that show the same."""

    show: _Show
    weight: float
    left: int
    top: int
    right: int
    bottom: int
    """In pixels of the frame, even, right and bottom excluded."""

    def of(self, plane: Plane | Map, step: int) -> "Plane | Map":
        """The part of a plane that is `step` times as small as the luma."""
        return plane[self.top // step : self.bottom // step, self.left // step : self.right // step]


@dataclass(frozen=True, slots=True)
class Veil:
    """A mist that hangs where the pictures mix, thickest where both show evenly."""

    density: float
    """How much of the picture it hides there; 0 is none."""
    y: float
    u: float
    v: float


class Mosaic:
    """Draws frames of one size from two sources. Not for two threads at once."""

    def __init__(self, first: Source, second: Source, grid: Grid, veil: Veil) -> None:
        self._sources = (first, second)
        self._grid = grid
        self._tables = _Tables.of(veil)
        self._other = Planes.empty(grid.width_px, grid.height_px)
        self._maps = _Maps(grid)

    def draw(
        self,
        first: tuple[Map, Map],
        second: tuple[Map, Map],
        weight: Map,
        target: Planes,
        tones: tuple[Tables, Tables] | None = None,
    ) -> None:
        """
        Args:
            first: where to look in the first picture, x and y at the nodes, in pixels of the frame.
            second: the same in the second.
            weight: of the second picture, 0 to 1 at the nodes.
            tones: new values for those of either picture.
        """
        runs = list(_runs(np.rint(weight * 255).astype(np.uint8), self._grid))
        of_first, of_second = tones or (None, None)
        self._warp(0, first, [(run, target) for run in runs if run.show is not _Show.SECOND], of_first)
        placed = [
            (run, target if run.show is _Show.SECOND else self._other) for run in runs if run.show is not _Show.FIRST
        ]
        self._warp(1, second, placed, of_second)
        is_mixed = any(run.show is _Show.MIXED for run in runs)
        shares = self._grid.spread_bytes(weight) if is_mixed else (self._other.y, self._other.u)
        for run in runs:
            if run.show in (_Show.EVEN, _Show.MIXED):
                self._mix(run, target, shares)

    def _warp(self, which: int, look: tuple[Map, Map], runs: list[tuple[_Run, Planes]], tone: Tables | None) -> None:
        """Draw what one of the pictures shows into each run of these planes."""
        if not runs:
            return
        source, maps = self._sources[which], self._maps
        maps.fill(*look)
        for run, target in runs:
            for number, (plane, picture, (x, y), step) in enumerate(
                (
                    (target.y, source.luma_double, maps.luma, 1),
                    (target.u, source.planes.u, maps.chroma, 2),
                    (target.v, source.planes.v, maps.chroma, 2),
                )
            ):
                part = run.of(plane, step)
                at_x, at_y = run.of(x, step), run.of(y, step)
                cv2.remap(picture, at_x, at_y, cv2.INTER_LINEAR, dst=part, borderMode=cv2.BORDER_REPLICATE)
                if tone is not None:
                    cv2.LUT(part, tone[number], dst=part)

    def _mix(self, run: _Run, target: Planes, shares: tuple[Plane, Plane]) -> None:
        """Lay what was drawn aside over the target."""
        tables = self._tables
        for plane, other, share, mist, step in (
            (target.y, self._other.y, shares[0], tables.mist_y, 1),
            (target.u, self._other.u, shares[1], tables.mist_u, 2),
            (target.v, self._other.v, shares[1], tables.mist_v, 2),
        ):
            under, over = run.of(plane, step), run.of(other, step)
            if run.show is _Show.EVEN:
                cv2.addWeighted(under, 1 - run.weight, over, run.weight, 0, dst=under)
                continue
            here = run.of(share, step)
            cv2.multiply(over, cv2.LUT(here, tables.over), dst=over, scale=1 / 255)
            cv2.multiply(under, cv2.LUT(here, tables.under), dst=under, scale=1 / 255)
            cv2.add(under, over, dst=under)
            if tables.is_misty:
                cv2.add(under, cv2.LUT(here, mist), dst=under)


@dataclass(frozen=True, slots=True)
class _Tables:
    """By the second picture's weight, 0 to 255: what shows of both pictures, and what the mist adds to each plane."""

    over: Plane
    under: Plane
    mist_y: Plane
    mist_u: Plane
    mist_v: Plane
    is_misty: bool

    @classmethod
    def of(cls, veil: Veil) -> "_Tables":
        share = np.arange(256) / 255
        mist = veil.density * 4 * share * (1 - share)
        return cls(
            over=_table(255 * share * (1 - mist)),
            under=_table(255 * (1 - share) * (1 - mist)),
            mist_y=_table(veil.y * mist),
            mist_u=_table(veil.u * mist),
            mist_v=_table(veil.v * mist),
            is_misty=veil.density > 0,
        )


def _table(values: NDArray[np.float64]) -> Plane:
    return np.rint(values).astype(np.uint8)


class _Maps:
    """Sampling positions for every sample of one source; the memory is reused for the other, and for every frame."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        width, height = grid.columns, grid.rows
        self._full = [np.empty((height * CELL_PX, width * CELL_PX), np.float32) for _ in range(2)]
        self._half = [np.empty((height * CELL_PX // 2, width * CELL_PX // 2), np.float32) for _ in range(2)]
        self.luma = (self._inner(self._full[0], CELL_PX), self._inner(self._full[1], CELL_PX))
        """In pixels of the double luma, (height, width)."""
        self.chroma = (self._inner(self._half[0], CELL_PX // 2), self._inner(self._half[1], CELL_PX // 2))

    def fill(self, x: Map, y: Map) -> None:
        """From the nodes to every sample."""
        for nodes, full, half in zip((x, y), self._full, self._half, strict=True):
            # A pixel of the frame is two of the double luma: center c lies at 2c + ½ there, at (c − ½)/2 in chroma.
            cv2.resize(2 * nodes + 0.5, full.shape[::-1], dst=full, interpolation=cv2.INTER_LINEAR)
            cv2.resize(0.5 * nodes - 0.25, half.shape[::-1], dst=half, interpolation=cv2.INTER_LINEAR)

    def _inner(self, values: Map, step: int) -> Map:
        height, width = self._grid.height_px * step // CELL_PX, self._grid.width_px * step // CELL_PX
        return values[step : step + height, step : step + width]


def _runs(weight: Plane, grid: Grid) -> Iterator[_Run]:
    """The frame in runs of tiles, from the second picture's weight at the nodes, 0 to 255."""
    side = _TILE_NODES * CELL_PX
    least, most = _extremes(weight, np.minimum), _extremes(weight, np.maximum)
    for row, (least_row, most_row) in enumerate(zip(least.tolist(), most.tolist(), strict=True)):
        top, bottom = row * side, min(row * side + side, grid.height_px)
        pending: _Run | None = None
        for column, ends in enumerate(zip(least_row, most_row, strict=True)):
            left, right = column * side, min(column * side + side, grid.width_px)
            show, share = _show(*ends)
            if pending is None:
                pending = _Run(show, share, left, top, right, bottom)
            elif pending.show is show and pending.weight == share and right - pending.left <= _RUN_PX_MAX:
                pending = _Run(show, share, pending.left, top, right, bottom)
            else:
                yield pending
                pending = _Run(show, share, left, top, right, bottom)
        if pending is not None:
            yield pending


def _extremes(weight: Plane, pick: np.ufunc) -> Plane:
    """The least or most of every tile, with the ring of nodes around it, between which the samples at its edge lie."""
    for axis in (0, 1):
        starts = range(0, weight.shape[axis] - 2, _TILE_NODES)
        weight = np.stack(
            [pick.reduce(weight[_along(axis, start, start + _TILE_NODES + 2)], axis=axis) for start in starts],
            axis=axis,
        )
    return weight


def _along(axis: int, start: int, end: int) -> tuple[slice, ...]:
    return (slice(start, end),) if axis == 0 else (slice(None), slice(start, end))


def _show(least: int, most: int) -> tuple[_Show, float]:
    if most == 0:
        return _Show.FIRST, 0.0
    if least == 255:
        return _Show.SECOND, 1.0
    return (_Show.EVEN, least / 255) if least == most else (_Show.MIXED, 0.5)
