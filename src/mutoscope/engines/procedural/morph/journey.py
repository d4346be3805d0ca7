"""A clip by way of several pictures: one morph after the other, each as long as the next."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from mutoscope.engines.procedural.film import Film
from mutoscope.media.frames import Planes


def ends_of_legs(count: int, num_frames: int) -> list[tuple[int, int]]:
    """
    First and last frame of each of `count` legs; the last frame of one is the first of the next.

    Lengths differ by one frame at most. With fewer frames than legs some are one frame long.
    """
    ends = [round(number * (num_frames - 1) / count) for number in range(count + 1)]
    return list(pairwise(ends))


class JourneyFilm:
    """Films that share the frame between one and the next."""

    def __init__(self, legs: Sequence[Film]) -> None:
        self._legs = legs
        self._begins = [0]
        for leg in legs[:-1]:
            self._begins.append(self._begins[-1] + leg.num_frames - 1)
        self.width_px, self.height_px = legs[0].width_px, legs[0].height_px
        self.num_frames = self._begins[-1] + legs[-1].num_frames

    def draw(self, index: int, target: Planes) -> None:
        """Write frame `index`; a shared one is drawn by the later leg."""
        number = bisect_right(self._begins, index) - 1
        self._legs[number].draw(index - self._begins[number], target)
