"""A clip by way of several pictures: one morph after the other, each as long as the next."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.morph.film import MorphFilm
from mutoscope.engines.procedural.warp import Source
from mutoscope.media.frames import Planes

Stop = Callable[[], Source]
"""Reads a picture that the clip gets to; the same one each time."""
Tell = Callable[[int, str], None]
"""Takes the number of a leg, from 0, and what was found about it."""


def ends_of_legs(count: int, num_frames: int) -> list[tuple[int, int]]:
    """
    First and last frame of each of `count` legs; the last frame of one is the first of the next.

    Lengths differ by one frame at most. With fewer frames than legs some are one frame long.
    """
    ends = [round(number * (num_frames - 1) / count) for number in range(count + 1)]
    return list(pairwise(ends))


class JourneyFilm:
    """
    From a first picture to each of the stops in turn; every one shows sample for sample when its time has come.

    A leg is worked out when its first frame is drawn and forgotten with the next one's, so that a clip of any number
    of pictures takes the memory of one leg. Frames in order work out each leg once.
    """

    def __init__(
        self,
        first: Source,
        second: Source,
        stops: Sequence[Stop],
        *,
        num_frames: int,
        seed: int,
        tell: Tell,
        check: Check = unchecked,
    ) -> None:
        """
        The first leg is worked out here.

        Args:
            second: what the first of `stops` reads; whoever has looked at it need not read it twice.
            stops: at least one; as large as `first`.
            tell: called once for each leg, when it is first worked out.
            check: called between the steps.
        """
        self.width_px, self.height_px = first.planes.width_px, first.planes.height_px
        self.num_frames = num_frames
        self._pictures: list[Stop] = [lambda: first, *stops]
        self._ends = ends_of_legs(len(stops), num_frames)
        self._begins = [begin for begin, _ in self._ends]
        self._seed, self._tell, self._check = seed, tell, check
        self._told = 0
        """Legs of which something was said."""
        self._number = 0
        self._leg: MorphFilm | None = self._work_out(0, first, second)

    def draw(self, index: int, target: Planes) -> None:
        """Write frame `index`; one that two legs share is drawn by the later."""
        number = bisect_right(self._begins, index) - 1
        self._leg_of(number).draw(index - self._begins[number], target)

    def _leg_of(self, number: int) -> MorphFilm:
        if self._leg is None or number != self._number:
            start = self._leg.last if self._leg is not None and number == self._number + 1 else None
            self._leg = None  # its memory goes before the next one's comes
            self._leg = self._work_out(number, start or self._pictures[number](), self._pictures[number + 1]())
            self._number = number
        return self._leg

    def _work_out(self, number: int, start: Source, target: Source) -> MorphFilm:
        self._check()
        begin, end = self._ends[number]
        leg = MorphFilm(start, target, num_frames=end - begin + 1, seed=self._seed, check=self._check)
        if number >= self._told:
            self._told = number + 1
            self._tell(number, leg.describe())
        return leg
