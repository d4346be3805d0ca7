"""Painted scenes: every place at every time of day is drawn well, unlike the others, alive, and follows the camera."""

from collections.abc import Iterable
from functools import cache
from itertools import combinations
from typing import Final, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from mutoscope.engines.procedural.diorama.film import DioramaFilm
from mutoscope.engines.procedural.plan import Plan, Pose, SceneKind, SceneWish, Segment, TimeOfDay
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Planes

_KINDS: Final[tuple[SceneKind, ...]] = get_args(SceneKind)
_TIMES: Final[tuple[TimeOfDay, ...]] = get_args(TimeOfDay)
_SIZES: Final = {"16:9": (256, 144), "9:16": (144, 256), "1:1": (192, 192)}
_SECONDS: Final = 5.0
_FRAMES: Final = 121
_STILL: Final = Pose()

_Picture = NDArray[np.float32]


def _film(wish: SceneWish, size: tuple[int, int], move: Pose = _STILL) -> DioramaFilm:
    segments = () if move == _STILL else (Segment("move", 0.0, 1.0, move),)
    plan = Plan(segments=segments, tear_budget=0.35, scene=wish, used=(), ignored=())
    return DioramaFilm(plan, Stage(*size, _SECONDS, 7), num_frames=_FRAMES)


def _frame(film: DioramaFilm, index: int) -> Planes:
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


@cache
def _pictures(aspect: str) -> dict[tuple[SceneKind, TimeOfDay, bool], Planes]:
    """The first frame of every place: at every time in 16:9, at two times elsewhere; with water at sunset."""
    wishes = [
        SceneWish(kind=kind, time=time)
        for kind in _KINDS
        for time in (_TIMES if aspect == "16:9" else ("day", "night"))
    ]
    wishes += [SceneWish(kind=kind, time="sunset", water=True) for kind in _KINDS]
    return {(wish.kind, wish.time, wish.water): _frame(_film(wish, _SIZES[aspect]), 0) for wish in wishes}


def _everything() -> Iterable[Planes]:
    for aspect in _SIZES:
        yield from _pictures(aspect).values()


def _clipped() -> float:
    """Largest share of luma samples at or past black or white, percent."""
    return max(100 * float(((planes.y <= 16) | (planes.y >= 235)).mean()) for planes in _everything())


def _tones() -> float:
    """Least number of luma values that are there in more than a thousandth of a percent of the samples."""
    return min(
        float((np.bincount(planes.y.ravel(), minlength=256) > planes.y.size * 1e-5).sum()) for planes in _everything()
    )


def _small(planes: Planes) -> _Picture:
    """Y, U and V side by side, small: what an eye tells apart at a glance."""
    parts = [cv2.resize(plane, (32, 18), interpolation=cv2.INTER_AREA) for plane in (planes.y, planes.u, planes.v)]
    return np.stack(parts).astype(np.float32)


def _least_distance(*, same: str) -> float:
    """Between two kinds at one time (`same="time"`), or two times of one kind: mean difference of the samples."""
    pictures = {key[:2]: _small(planes) for key, planes in _pictures("16:9").items() if not key[2]}
    position = {"kind": 0, "time": 1}[same]
    return min(
        float(np.abs(pictures[a] - pictures[b]).mean())
        for a, b in combinations(pictures, 2)
        if a[position] == b[position]
    )


def _alive() -> float:
    """Under a still camera: least share of luma samples that change by more than 2 within a second, percent."""
    shares = []
    for kind in _KINDS:
        film = _film(SceneWish(kind=kind, time="sunset", water=kind == "mountain"), _SIZES["16:9"])
        before, after = _frame(film, 24).y, _frame(film, 48).y
        shares.append(100 * float((cv2.absdiff(before, after) > 2).mean()))
    return min(shares)


def _shift(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> float:
    """Columns by which the picture went to the right."""
    window = cv2.createHanningWindow((before.shape[1], before.shape[0]), cv2.CV_32F)
    (x, _), _ = cv2.phaseCorrelate(before.astype(np.float32), after.astype(np.float32), window)
    return float(x)


def _parallax() -> float:
    """When the camera goes to the right: how many times farther the nearest third of a village goes than its castle."""
    film = _film(SceneWish(kind="village", time="day"), (426, 240), Pose(tx=0.12))
    first, last = _frame(film, 30).y, _frame(film, 70).y
    far, near = (_shift(first[rows], last[rows]) for rows in (slice(20, 110), slice(175, 235)))
    return near / far if far < 0 else 0.0


def _pans() -> float:
    """Percent of the width by which the least place goes to the left under a pan to the right; water excepted."""
    shifts = []
    for kind in ("mountain", "desert", "city", "village", "room", "space"):
        film = _film(SceneWish(kind=kind, time="day"), (426, 240), Pose(yaw=0.10))
        shifts.append(-100 * _shift(_frame(film, 40).y, _frame(film, 80).y) / 426)
    return min(shifts)


BARS: Final[tuple[Bar, ...]] = (
    Bar(id="P1", text="clipped luma in a painted scene, worst of all", measure=_clipped, bound=2.0, unit="%"),
    Bar(id="P2", text="luma tones in a painted scene, fewest of all", measure=_tones, bound=70.0, at_most=False),
    Bar(
        id="P3-kind",
        text="difference between two kinds of place at one time, least",
        measure=lambda: _least_distance(same="time"),
        bound=4.0,
        at_most=False,
    ),
    Bar(
        id="P3-time",
        text="difference between two times of day at one place, least",
        measure=lambda: _least_distance(same="kind"),
        bound=2.5,
        at_most=False,
    ),
    Bar(
        id="P4",
        text="samples that live under a still camera, least",
        measure=_alive,
        bound=0.5,
        unit="%",
        at_most=False,
    ),
    Bar(
        id="P5", text="near against far under a move to the side", measure=_parallax, bound=2.0, unit="x", at_most=False
    ),
    Bar(id="P6", text="shift under a pan to the right, least", measure=_pans, bound=1.0, unit="%", at_most=False),
)
