"""Figures of text-to-video scenes: seen, moving, in view, in the color that was asked for."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from mutoscope.engines.procedural.diorama.canvas import Easel, Margin
from mutoscope.engines.procedural.diorama.eye import Eye
from mutoscope.engines.procedural.diorama.figures.base import Figure
from mutoscope.engines.procedural.diorama.figures.cast import cast
from mutoscope.engines.procedural.diorama.palette import luma_of
from mutoscope.engines.procedural.diorama.scenery.places import HORIZON
from mutoscope.engines.procedural.plan import ColorName, FigureKind, FigureWish, Pose, SceneWish
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Planes

KINDS: Final[tuple[FigureKind, ...]] = get_args(FigureKind)
SIZES: Final = ((448, 252), (252, 448), (336, 336))
DURATION_S: Final = 5.0
_BACKDROP: Final = 118
_CHANGED: Final = 6
"""Code values by which a sample differs where something is drawn."""
_AFLOAT: Final = frozenset(("boat", "whale", "fish"))
_DYED: Final = ("person", "noble", "cat", "dog", "horse", "bird", "car", "boat", "balloon", "fish", "whale", "rocket",
                "tree", "castle", "house", "lighthouse")  # fmt: skip

Mask = NDArray[np.bool_]


class Set:
    """Figures before a plain backdrop, without a scene, seen by a camera that stands still."""

    def __init__(self, wish: SceneWish, width_px: int = 448, height_px: int = 252, seed: int = 0) -> None:
        self.stage = Stage(width_px, height_px, DURATION_S, seed)
        self.easel = Easel(self.stage, Margin(0, 0), wish, horizon=HORIZON[wish.kind])
        if wish.water:
            self.easel.water_px, self.easel.shore = self.easel.horizon_px, 0.93
        self.figures = cast(wish, self.easel, self.stage)
        self._eye = Eye(self.stage, self.easel, Pose())

    def frame(self, share: float, figures: list[Figure] | None = None) -> Planes:
        """The figures, or some of them, at this share of the clip."""
        planes = self.backdrop()
        for figure in self.figures if figures is None else figures:
            figure.draw(share, self._eye.view(figure.inverse), planes)
        return planes

    def backdrop(self) -> Planes:
        """The frame without figures."""
        planes = Planes.empty(self.stage.width_px, self.stage.height_px)
        planes.y[:], planes.u[:], planes.v[:] = _BACKDROP, 128, 128
        return planes

    def drawn(self, share: float, figures: list[Figure] | None = None) -> Mask:
        """Where luma samples differ from the backdrop."""
        mask: Mask = np.abs(self.frame(share, figures).y.astype(int) - _BACKDROP) > _CHANGED
        return mask


def scene(kind: FigureKind, color: ColorName | None = None) -> SceneWish:
    """A scene with one figure in which its kind is at home."""
    wish = FigureWish(kind, color=color)
    return SceneWish("sea" if kind in _AFLOAT else "field", water=kind in _AFLOAT, figures=(wish,))


def center(mask: Mask) -> tuple[float, float]:
    """Middle of what is drawn, in shares of the frame."""
    rows, columns = np.nonzero(mask)
    return float(columns.mean() / mask.shape[1]), float(rows.mean() / mask.shape[0])


@cache
def _sets(size: tuple[int, int]) -> tuple[Set, ...]:
    return tuple(Set(scene(kind), *size) for kind in KINDS)


def _all() -> Iterator[Set]:
    for size in SIZES:
        yield from _sets(size)


def least_size() -> float:
    """Share of the frame that the smallest kind covers at mid-clip, in any aspect; what leaps is seen at its height."""
    return 100 * min(max(float(each.drawn(share).mean()) for share in (0.4, 0.5, 0.6)) for each in _all())


def least_motion() -> float:
    """Luma that changes in a third of a second, as a share of what is drawn, in the quietest kind at its best."""
    quietest = float("inf")
    for each in _sets(SIZES[0]):
        best = 0.0
        for share in (0.1, 0.3, 0.5, 0.7):
            before, after = each.frame(share), each.frame(share + 1 / (3 * DURATION_S))
            changed = np.abs(before.y.astype(int) - after.y.astype(int)) > _CHANGED
            best = max(best, float(changed.sum() / max(100, each.drawn(share).sum())))
        quietest = min(quietest, best)
    return 100 * quietest


def farthest_from_middle() -> float:
    """How far the middle of a figure gets from the frame's, sideways, in shares of its width."""
    most = 0.0
    for each in _all():
        for share in np.linspace(0, 1, 6):
            mask = each.drawn(float(share))
            if mask.any():
                most = max(most, abs(center(mask)[0] - 0.5))
    return 100 * most


def jitter() -> float:
    """Second difference of a boat's place from frame to frame, root mean square, pixels of a 480p frame."""
    stage = Set(scene("boat"), 854, 480)
    places = []
    for index in range(12):
        planes = stage.frame((48 + index) / 120)
        weights = np.abs(planes.y[: int(stage.easel.ground_px(0.5))].astype(float) - _BACKDROP)
        columns = np.arange(planes.width_px)
        places.append(float((weights.sum(axis=0) * columns).sum() / weights.sum()))
    seconds = np.diff(places, 2)
    return float(np.sqrt((seconds**2).mean()))


def least_color() -> float:
    """Between red and blue of the same figure: the least difference of chroma (V - U) over what they wear."""
    gaps = []
    for kind in _DYED:
        tones = []
        for color in ("red", "blue"):
            planes = Set(scene(kind, color)).frame(0.5)
            tone = planes.v.astype(int) - planes.u
            tones.append(
                float(np.sort(tone.ravel())[-40:].mean() if color == "red" else np.sort(tone.ravel())[:40].mean())
            )
        gaps.append(tones[0] - tones[1])
    return min(gaps)


def two_blue_cars() -> float:
    """Blue bodies that stand apart from each other on a road when two blue cars are asked for."""
    wish = SceneWish("road", figures=(FigureWish("car", 2, "blue"),))
    stage = Set(wish)
    count = 0
    for figure in stage.figures:
        planes = stage.frame(0.1, [figure])
        blue = ((planes.u.astype(int) - 128 > 24) & (planes.v < 128)).astype(np.uint8)
        _, _, stats, _ = cv2.connectedComponentsWithStats(blue)
        count += bool((stats[1:, cv2.CC_STAT_AREA] > 60).any())
    apart = [center(stage.drawn(0.1, [figure])) for figure in stage.figures]
    return float(count) if all(abs(a[0] - b[0]) > 0.1 for a, b in pairwise(apart)) else 0.0


def darkest_contrast() -> float:
    """At night, how far in luma the strongest tenth of a walker stands out from the ground's darkest color."""
    stage = Set(SceneWish("field", "night", figures=(FigureWish("person"),)))
    planes = stage.backdrop()
    ground = round(16 + luma_of(stage.easel.palette.near) * 219 / 255)
    planes.y[:] = ground
    for figure in stage.figures:
        figure.draw(0.5, Eye(stage.stage, stage.easel, Pose()).view(figure.inverse), planes)
    risen = planes.y.astype(int) - ground
    seen = np.sort(risen[risen > 2])
    return float(seen[-max(1, len(seen) // 10) :].mean())


BARS: Final = (
    Bar(id="G1", text="least share of the frame that a kind of figure covers", measure=least_size, bound=1.0, unit="%",
        at_most=False),
    Bar(id="G2", text="least share of a figure that changes within a third of a second", measure=least_motion,
        bound=1.0, unit="%", at_most=False),
    Bar(id="G3", text="farthest that a figure's middle gets from the frame's", measure=farthest_from_middle, bound=38.0,
        unit="% of the width"),
    Bar(id="G4", text="jitter of a boat's way", measure=jitter, bound=0.10, unit="px rms"),
    Bar(id="G5", text="least chroma between a red and a blue figure", measure=least_color, bound=40.0,
        unit="code values", at_most=False),
    Bar(id="G6", text="bodies in blue when two blue cars are asked for", measure=two_blue_cars, bound=2.0,
        at_most=False),
    Bar(id="G7", text="brightness of a night walker over the darkest ground", measure=darkest_contrast, bound=30.0,
        unit="code values", at_most=False),
)  # fmt: skip
