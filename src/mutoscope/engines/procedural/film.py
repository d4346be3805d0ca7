"""What every kind of clip is to the renderer: a size, a length, and a frame for every index."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.media.frames import Plane, Planes


class Film(Protocol):
    """Frames by index. `draw` depends on the index alone, so frames may be drawn in any order, or again."""

    @property
    def width_px(self) -> int: ...

    @property
    def height_px(self) -> int: ...

    @property
    def num_frames(self) -> int: ...

    def draw(self, index: int, target: Planes) -> None:
        """Write every sample of frame `index` into `target`."""
        ...


class DerivedFilm:
    """Another film, changed: as large and as long."""

    def __init__(self, film: Film) -> None:
        self._film = film

    @property
    def width_px(self) -> int:
        return self._film.width_px

    @property
    def height_px(self) -> int:
        return self._film.height_px

    @property
    def num_frames(self) -> int:
        return self._film.num_frames


class HeldFilm(DerivedFilm):
    """Another film with a region that keeps the first frame's samples, exactly: the static mask."""

    def __init__(self, film: Film, source: Planes, region: Plane) -> None:
        """`region` is (height, width), 255 where the picture stays."""
        super().__init__(film)
        self._source = source
        self._luma = np.ascontiguousarray(region)
        self._is_all = bool(region.all())
        # A chroma sample belongs to four luma samples; it stays when any of them does.
        height, width = region.shape
        blocks = region.reshape(height // 2, 2, width // 2, 2)
        self._chroma: Plane = np.ascontiguousarray(blocks.max(axis=(1, 3)))

    def draw(self, index: int, target: Planes) -> None:
        if self._is_all:
            self._source.copy_to(target)
            return
        self._film.draw(index, target)
        cv2.copyTo(self._source.y, self._luma, target.y)
        cv2.copyTo(self._source.u, self._chroma, target.u)
        cv2.copyTo(self._source.v, self._chroma, target.v)


def soft_step(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """0 below 0, 1 above 1, a cubic between."""
    clipped = np.clip(values, 0.0, 1.0)
    result: NDArray[np.float32] = (clipped * clipped * (3 - 2 * clipped)).astype(np.float32)
    return result
