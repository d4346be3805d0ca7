"""A clip between two pictures: one move from the first to the second where they match, a cloud dissolve where not."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.base import Check, unchecked
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.morph.mosaic import Mosaic, Veil
from mutoscope.engines.procedural.morph.tone import Tone
from mutoscope.engines.procedural.sight.matching import Field, Flow, match
from mutoscope.engines.procedural.timing import ease
from mutoscope.engines.procedural.warp import CELL_PX, Grid, Map, Source
from mutoscope.media.frames import Planes

_MIX: Final = 0.4
"""Share of the way in which matching pictures change over; before and after it one of them shows alone, unghosted."""
_WIPE: Final = 0.3
"""Share of the way that the dissolve of one place takes, where the pictures do not match."""
_MIST: Final = 0.25
"""How much of the picture the mist hides at the front of a dissolve."""
_CLOUDINESS: Final = 0.42
"""How far the front of a dissolve strays, in standard deviations of the straight sweep."""
_BREATH: Final = 1.06
"""How much unrelated pictures grow while they are away: the first one leaves forwards, the second settles."""
_BAND: Final = 0.12
"""Width of the band in which a picture that has gone its whole way gives way towards its edge, as a share of the
frame's width."""
_TRACE: Final = 1e-3
"""Weight that a picture keeps where it does not show, so that it can stand in where the other one has ended."""
_SURE_SHARE_MIN: Final = 0.05
"""Of the frame: less than this of it says nothing about the light."""
_ROUNDS: Final = 2


class MorphFilm:
    """Frame 0 is the first picture and the last frame is the second, sample for sample."""

    def __init__(self, first: Source, last: Source, *, num_frames: int, seed: int, check: Check = unchecked) -> None:
        """`first` and `last` are of one size; `check` is called between the steps."""
        self.width_px, self.height_px = first.planes.width_px, first.planes.height_px
        self.num_frames = num_frames
        self._first = first
        self.last = last
        self._grid = Grid(self.width_px, self.height_px)
        self._match = match(first.planes.y, last.planes.y, check)
        self._forward, self._backward = self._on_nodes(self._match.forward), self._on_nodes(self._match.backward)
        self._trust = self._grid.of_picture(self._match.trust)
        self._order = self._grid.of_picture(_sweep(seed, self._match.trust.shape))
        density = _MIST * (1 - self._match.sureness)
        self._mosaic = Mosaic(first, last, self._grid, _veil(density, first.planes, last.planes))
        self._tone = self._tone_between()

    @property
    def confidence(self) -> float:
        """0 (unrelated pictures) to 1 (the same scene)."""
        return self._match.confidence

    def describe(self) -> str:
        """
        What was found, for the log.

        `matches the picture before it by 94 %; one move, turned by 6°, 1.20 times as large`, say.
        """
        if self._match.sureness < 1:
            return f"matches the picture before it by {100 * self.confidence:.0f} %, so it comes in like clouds"
        turn = self._match.view.turn
        turned = f", turned by {np.degrees(np.angle(turn)):.0f}°, {abs(turn):.2f} times as large" if turn != 1 else ""
        return f"matches the picture before it by {100 * self.confidence:.0f} %; one move{turned}"

    def draw(self, index: int, target: Planes) -> None:
        if index == 0:
            self._first.planes.copy_to(target)
            return
        if index == self.num_frames - 1:
            self.last.planes.copy_to(target)
            return
        share = ease(index / (self.num_frames - 1))
        first, last = self._looks(share)
        tones = None if self._tone is None else self._tone.tables(share)
        self._mosaic.draw(first, last, self._weight(share, first, last), target, tones)

    def _tone_between(self) -> Tone | None:
        """The change of light, from what both show for sure half way; none between unrelated pictures."""
        looks = self._looks(0.5)
        sure = self._trust > 0.9
        for x, y in looks:
            sure &= (x >= 0) & (x <= self.width_px - 1) & (y >= 0) & (y <= self.height_px - 1)
        if self._match.sureness < 1 or sure.mean() < _SURE_SHARE_MIN:
            return None
        samples = []
        for source, (x, y) in zip((self._first, self.last), looks, strict=True):
            at, half = np.stack([y[sure], x[sure]]).astype(int), np.stack([y[sure], x[sure]]).astype(int) // 2
            planes = source.planes
            samples.append([planes.y[at[0], at[1]], planes.u[half[0], half[1]], planes.v[half[0], half[1]]])
        return Tone.between(*samples)

    def _on_nodes(self, flow: Flow) -> tuple[Map, Map]:
        """A flow in shares of the width as pixels at the nodes."""
        x, y = (self._grid.of_picture(part) * np.float32(self.width_px) for part in flow)
        return x, y

    def _looks(self, share: float) -> tuple[tuple[Map, Map], tuple[Map, Map]]:
        """Where each node looks in the first picture and in the second, this share of the way from one to the other."""
        size = self.width_px, self.height_px
        view = self._match.view
        middle = view.to_the(0.5 - share).of(self._grid.x, self._grid.y, *size)
        growth = _BREATH ** (1 - self._match.sureness)
        looks = []
        for gone, flow, rest in ((share, self._forward, -0.5), (1 - share, self._backward, 0.5)):
            x, y = view.to_the(rest).of(*self._before(middle, flow, gone), *size)
            shrink = np.float32(growth**-gone)
            across, down = np.float32((size[0] - 1) / 2), np.float32((size[1] - 1) / 2)
            looks.append(((x - across) * shrink + across, (y - down) * shrink + down))
        return looks[0], looks[1]

    def _before(self, arrived: tuple[Map, Map], flow: tuple[Map, Map], share: float) -> tuple[Map, Map]:
        """What gets to `arrived` with this share of its motion: solves p + share·flow(p) = arrived."""
        x, y = arrived
        for _ in range(_ROUNDS):
            x, y = (
                arrived[0] - np.float32(share) * self._grid.at(flow[0], x, y),
                arrived[1] - np.float32(share) * self._grid.at(flow[1], x, y),
            )
        return x, y

    def _weight(self, share: float, first: tuple[Map, Map], last: tuple[Map, Map]) -> Map:
        """Of the second picture, 0 to 1 at the nodes."""
        wiped = soft_step((np.float32(share * (1 + _WIPE)) - self._order) / np.float32(_WIPE))
        mixed = soft_step(np.full((1, 1), (share - 0.5) / _MIX + 0.5, np.float32))
        weight = wiped + self._trust * (mixed - wiped)
        # Where one of two that match has ended, the other one shows: it has the real thing.
        # A trace of each remains for that, and is taken off again.
        weight = np.clip(weight, _TRACE, 1 - _TRACE)
        over, under = self._reach(last, 1 - share) * weight, self._reach(first, share) * (1 - weight)
        result: Map = np.clip((over / (over + under) - 2 * _TRACE) / (1 - 4 * _TRACE), 0, 1).astype(np.float32)
        return result

    def _reach(self, look: tuple[Map, Map], gone: float) -> Map:
        """1 where a picture really shows what is looked for, falling to 0 towards its edge, as far as the two match."""
        x, y = look
        past = np.maximum(np.maximum(-x, x - (self.width_px - 1)), np.maximum(-y, y - (self.height_px - 1)))
        # A picture in its place counts up to its edge, and the guard nodes lie half a cell past that.
        allowed, band = 0.75 * CELL_PX * (1 - gone), CELL_PX + _BAND * self.width_px * gone
        ends = np.clip(1 - (np.float32(allowed) - past) / np.float32(band), 0, 1)
        related = np.maximum(self._trust, np.float32(self._match.sureness))
        result: Map = (1 - np.float32(1 - _TRACE**2) * related * ends).astype(np.float32)
        return result


def _veil(density: float, first: Planes, last: Planes) -> Veil:
    """A mist in the tone of both pictures: as bright as their bright parts, of their mean color."""
    both = (first, last)
    return Veil(
        density,
        y=float(np.mean([np.percentile(planes.y[::8, ::8], 85) for planes in both])),
        u=float(np.mean([planes.u.mean() for planes in both])),
        v=float(np.mean([planes.v.mean() for planes in both])),
    )


def _sweep(seed: int, shape: tuple[int, ...]) -> Field:
    """The order in which places change, evenly spread over 0 to 1: a sweep from one side with a front like clouds."""
    random = np.random.default_rng(seed)
    height, width = shape
    angle = random.uniform(-0.45, 0.45) + (np.pi if random.random() < 0.5 else 0.0)
    x = np.arange(width, dtype=np.float32)[None, :] / width
    y = np.arange(height, dtype=np.float32)[:, None] / width
    straight = x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))
    front = straight / straight.std() + np.float32(_CLOUDINESS) * _clouds(random, height, width)
    rank = np.argsort(np.argsort(front, axis=None, kind="stable"), kind="stable").reshape(shape)
    result: Field = (rank / (rank.size - 1)).astype(np.float32)
    return result


def _clouds(random: np.random.Generator, height: int, width: int) -> Field:
    """Smooth noise in five octaves, standard deviation 1."""
    total = np.zeros((height, width), np.float32)
    for octave in range(5):
        per_px = 3 * 2**octave / max(height, width)
        cells = (max(2, round(height * per_px)) + 1, max(2, round(width * per_px)) + 1)
        coarse = random.random(cells, dtype=np.float32)
        total += np.float32(0.55**octave) * np.asarray(
            cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        )
    result: Field = total / total.std()
    return result
