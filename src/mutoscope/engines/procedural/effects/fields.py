"""Smooth light and shade over the frame: drawn small once, enlarged once for each level that is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Plane, Planes

Spread = NDArray[np.float32]
"""One value for each place of a small picture over the whole frame, (rows, columns)."""

_LONGER_SIDE: Final = 128
"""Places along the longer side of a field."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the places of a field lie: shares of the frame, and distances in shares of its longer side."""

    x: Spread
    y: Spread
    aspect: tuple[float, float]
    """The frame's sides as shares of the longer one."""

    @classmethod
    def of(cls, stage: Stage, longer_side: int = _LONGER_SIDE) -> "Places":
        """The places over a frame."""
        longer = max(stage.width_px, stage.height_px)
        aspect = stage.width_px / longer, stage.height_px / longer
        columns, rows = (max(8, round(longer_side * side)) for side in aspect)
        x, y = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
        return cls(x.astype(np.float32), y.astype(np.float32), aspect)

    def distance(self, x: float, y: float, *, flat: float = 1.0) -> Spread:
        """From a point given as shares of the frame; `flat` above 1 lets heights count for more."""
        across = (self.x - x) * self.aspect[0]
        down = (self.y - y) * self.aspect[1] * flat
        return np.asarray(np.hypot(across, down), np.float32)

    def near(self, x: float, y: float, reach: float, *, flat: float = 1.0) -> Spread:
        """1 at a point, falling like a bell; at `reach` it is 0.37."""
        return np.asarray(np.exp(-((self.distance(x, y, flat=flat) / reach) ** 2)), np.float32)

    def read(self, picture: NDArray[np.float32], *, blur: float = 0.0) -> Spread:
        """A small picture over the same frame at these places; `blur` in shares of the longer side."""
        rows, columns = self.x.shape
        small = cv2.resize(picture, (columns, rows), interpolation=cv2.INTER_AREA)
        if blur > 0:
            small = cv2.GaussianBlur(small, (0, 0), blur * max(rows, columns), borderType=cv2.BORDER_REPLICATE)
        return np.asarray(small, np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What a light does at each place at full level. None where it does nothing."""

    shade: Spread | None = None
    """Share of light taken away, 0 to 1."""
    fade: Spread | None = None
    """Share of color taken away beyond that, 0 to 1."""
    luma: Spread | None = None
    """Code values added, 0 and above."""
    u: Spread | None = None
    v: Spread | None = None


class Fields:
    """Several fields, each at its level, laid on a frame at once."""

    def __init__(self, fields: Sequence[Field], stage: Stage) -> None:
        self._fields = fields
        self._size = stage.width_px, stage.height_px
        self._half = stage.width_px // 2, stage.height_px // 2
        self._kept: tuple[tuple[float, ...], _Sheets] | None = None

    def room(self, levels: Sequence[float]) -> float:
        """The most that is added to luma, as a share of the way from black to white."""
        adds = (
            level * float(field.luma.max()) / 219
            for field, level in zip(self._fields, levels, strict=True)
            if field.luma is not None
        )
        return sum(adds)

    def draw(self, levels: Sequence[float], target: Planes) -> None:
        """Lay each field on by its level, in place."""
        key = tuple(levels)
        # Levels rest for most of a clip; only the sheets of the last ones are kept.
        if self._kept is None or self._kept[0] != key:
            self._kept = key, self._sheets(key)
        self._kept[1].draw(target)

    def _sheets(self, levels: tuple[float, ...]) -> "_Sheets":
        through: Spread | np.float32 = np.float32(1)
        colored: Spread | np.float32 = np.float32(1)
        luma: Spread | np.float32 = np.float32(0)
        chroma: list[Spread | np.float32] = [np.float32(0), np.float32(0)]
        for field, level in zip(self._fields, levels, strict=True):
            if level <= 0:
                continue
            if field.shade is not None:
                through = np.asarray(through * np.clip(1 - level * field.shade, 0.05, 1), np.float32)
            if field.fade is not None:
                colored = np.asarray(colored * np.clip(1 - level * field.fade, 0, 1), np.float32)
            if field.luma is not None:
                luma = luma + np.float32(level) * field.luma
            for index, plane in enumerate((field.u, field.v)):
                if plane is not None:
                    chroma[index] = chroma[index] + np.float32(level) * plane
        colored = colored * through
        lost = 1 - colored
        return _Sheets(
            keep=_enlarged(255 * through, self._size, empty=255),
            add=_enlarged(luma + 16 * (1 - through), self._size),
            keep_chroma=_enlarged(255 * colored, self._half, empty=255),
            u=_enlarged(128 + 128 * lost + chroma[0], self._half, empty=128),
            v=_enlarged(128 + 128 * lost + chroma[1], self._half, empty=128),
        )


@dataclass(frozen=True, slots=True)
class _Sheets:
    """Fields at one level and at the frame's size; None where there is nothing to do."""

    keep: Plane | None
    """Share of luma that stays, 255 for all."""
    add: Plane | None
    keep_chroma: Plane | None
    u: Plane | None
    """128 more than what is added."""
    v: Plane | None

    def draw(self, target: Planes) -> None:
        if self.keep is not None:
            cv2.multiply(target.y, self.keep, dst=target.y, scale=1 / 255)
        if self.add is not None:
            cv2.add(target.y, self.add, dst=target.y)
        for plane, added in ((target.u, self.u), (target.v, self.v)):
            if self.keep_chroma is not None:
                cv2.multiply(plane, self.keep_chroma, dst=plane, scale=1 / 255)
            if added is not None:
                cv2.addWeighted(plane, 1.0, added, 1.0, -128.0, dst=plane)


def spread_out(values: Spread, size: tuple[int, int]) -> Plane:
    """A field as bytes at a plane's size: without corners at its places, and quick."""
    quarter = max(2, size[0] // 4), max(2, size[1] // 4)
    smooth = cv2.convertScaleAbs(cv2.resize(values, quarter, interpolation=cv2.INTER_CUBIC))
    return np.asarray(cv2.resize(smooth, size, interpolation=cv2.INTER_LINEAR), np.uint8)


def _enlarged(values: "Spread | np.float32", size: tuple[int, int], *, empty: float = 0.0) -> Plane | None:
    """The field at a plane's size in bytes; None where it is `empty` everywhere."""
    if values.ndim == 0 or not np.any(np.abs(values - empty) >= 0.5):
        return None
    return spread_out(np.asarray(values, np.float32), size)
