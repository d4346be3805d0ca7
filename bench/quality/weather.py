"""E1 for weather and all that flies or glows: each word is seen, on three photos, as strongly as it should be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, SMALL_AREA_PX
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, overlays_of
from mutoscope.engines.procedural.plan import ColorName, Effect, EffectName
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.generation import InputFile, frame_size
from mutoscope.media.frames import Planes, fit, planes_of_rgb
from mutoscope.media.image import read_image

_FRAMES: Final = 121
_DURATION_S: Final = 5.0
_PAIRS: Final = (60, 90, 119)
"""Where a frame is compared with the next; the last frame of the clip is 120."""
_DAY: Final = ("demo", "cat", "coffee")
_SKIES: Final = ("demo", "canyon", "rocket")
_STEADY: Final[tuple[EffectName, ...]] = ("snow", "rain", "fog", "dust", "petals", "bubbles")
"""What should not flicker."""
_DOTS: Final[Mapping[ColorName, tuple[int, int, int]]] = {
    "red": (255, 24, 20),
    "green": (40, 235, 60),
    "blue": (40, 90, 255),
}
_SEEN: Final = 12
"""Code values by which a sample has to change to be seen."""
_COLORED: Final = 20.0

Values = NDArray[np.float32]


class Still:
    """A film that shows one picture."""

    def __init__(self, planes: Planes) -> None:
        self._planes = planes
        self.width_px, self.height_px, self.num_frames = planes.width_px, planes.height_px, _FRAMES

    def draw(self, index: int, target: Planes) -> None:
        self._planes.copy_to(target)


@dataclass(frozen=True)
class Scene:
    """A photo with one effect over it, and a still camera."""

    before: Planes
    film: OverlaidFilm

    def at(self, index: int) -> Planes:
        """One frame."""
        planes = Planes.empty(self.film.width_px, self.film.height_px)
        self.film.draw(index, planes)
        return planes


@cache
def site(photo: str) -> Site:
    """A photo at 480p, looked at once."""
    rgb = read_image(InputFile(PHOTOS[photo], ("body",)), pixels_max=64_000_000)
    size = frame_size(rgb.shape[1], rgb.shape[0], SMALL_AREA_PX)
    small = fit(rgb, *size)
    return Site(Stage(*size, _DURATION_S, seed=7), analyse(small), planes_of_rgb(small))


def scene(photo: str, name: EffectName, color: ColorName | None = None) -> Scene:
    """A photo under an effect from the first frame to the last."""
    place = site(photo)
    assert place.first is not None
    overlays = overlays_of([Effect(name, color=color)], place)
    return Scene(place.first, OverlaidFilm(Still(place.first), overlays, exact_first=True, exact_last=False))


# --- what is measured -----------------------------------------------------------------------------------------------


def _motion(shown: Scene) -> float:
    """Mean change of luma from one frame to the next."""
    return float(np.mean([_change(shown.at(index).y, shown.at(index + 1).y).mean() for index in _PAIRS]))


def _luma(shown: Scene) -> float:
    return _shift(shown.at(_FRAMES - 1).y, shown.before.y)


def _blue(shown: Scene) -> float:
    return _shift(shown.at(_FRAMES - 1).u, shown.before.u)


def _red(shown: Scene) -> float:
    return _shift(shown.at(_FRAMES - 1).v, shown.before.v)


def _flatness(shown: Scene) -> float:
    """Percent of contrast that is gone."""
    return 100 * (1 - float(shown.at(_FRAMES - 1).y.std() / shown.before.y.std()))


def _brightened(shown: Scene) -> float:
    """Largest share of the frame, per mille, that is visibly brighter than the picture, over every sixth frame."""
    before = shown.before.y.astype(np.int16)
    return 1000 * max(float((shown.at(index).y - before > _SEEN).mean()) for index in range(12, _FRAMES, 6))


def _plume(shown: Scene) -> float:
    """Mean change of luma from frame to frame in the busiest ninth of the frame."""
    change = np.mean([_change(shown.at(index).y, shown.at(index + 1).y) for index in _PAIRS], axis=0)
    return float(cv2.resize(change.astype(np.float32), (3, 3), interpolation=cv2.INTER_AREA).max())


def _hues(shown: Scene) -> float:
    """Sectors of 45° of the color circle that new colors of the clip fall into, each with enough samples."""
    counts = np.zeros(8)
    for index in range(20, _FRAMES, 8):
        angle, _ = _new_colors(shown, shown.at(index))
        counts += np.histogram(angle, bins=8, range=(-np.pi, np.pi))[0]
    return float((counts > 60).sum())


def _flash(shown: Scene) -> float:
    """How far the mean luma rises in a flash over that of the storm around it."""
    means = [float(shown.at(index).y.mean()) for index in range(20, _FRAMES)]
    return max(means) - float(np.median(means))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What a word does to a clip."""

    photos: tuple[str, ...] = _DAY
    values: Mapping[str, tuple[Callable[[Scene], float], float]]
    """By a name for the reader: the measure, and the value of which half is the bar, in sign and size."""


def _moves(tau: float) -> tuple[Callable[[Scene], float], float]:
    return _motion, tau


SIGNATURES: Final[Mapping[EffectName, Signature]] = {
    "snow": Signature(values={"motion": _moves(2.2), "dU": (_blue, 3.8), "dV": (_red, -2.9)}),
    "rain": Signature(values={"motion": _moves(1.7), "dY": (_luma, -20)}),
    "storm": Signature(values={"motion": _moves(1.7), "dY": (_luma, -20), "flash": (_flash, 50)}),
    "fog": Signature(values={"motion": _moves(0.16), "dY": (_luma, 10), "contrast": (_flatness, 6)}),
    "smoke": Signature(values={"motion at the plume": (_plume, 0.5)}),
    "dust": Signature(values={"motion": _moves(0.12), "dU": (_blue, -1.5), "dV": (_red, 1.0)}),
    "embers": Signature(values={"motion": _moves(1.3), "dV": (_red, 0.2)}),
    "fireflies": Signature(values={"motion": _moves(0.19), "dU": (_blue, -0.6)}),
    "petals": Signature(values={"motion": _moves(0.43)}),
    "leaves": Signature(values={"motion": _moves(0.40), "dU": (_blue, -0.3)}),
    "confetti": Signature(values={"motion": _moves(1.06), "hues": (_hues, 8)}),
    "bubbles": Signature(values={"motion": _moves(0.35), "brightened": (_brightened, 8)}),
    "stars": Signature(photos=_SKIES, values={"brightened": (_brightened, 3)}),
    "shooting star": Signature(photos=_SKIES, values={"brightened": (_brightened, 1.5)}),
    "fireworks": Signature(photos=_SKIES, values={"hues": (_hues, 8), "brightened": (_brightened, 10)}),
}
"""Figures of the first prototype where it had some."""


def measure(name: EffectName) -> float:
    """The weakest of a word's figures on its photos, as a share of what it should be; below 0 with the wrong sign."""
    signature = SIGNATURES[name]
    scenes = [scene(photo, name) for photo in signature.photos]
    return min(figure(shown) / wanted for shown in scenes for figure, wanted in signature.values.values())


def dot_hue() -> float:
    """Share of the colored samples that a red, a green and a blue dot leave which have its hue; the worst of nine."""
    shares = []
    for photo in _DAY:
        for color, rgb in _DOTS.items():
            shown = scene(photo, "dot", color)
            own = planes_of_rgb(np.full((2, 2, 3), rgb, np.uint8))
            target = np.arctan2(float(own.v[0, 0]) - 128, float(own.u[0, 0]) - 128)
            angle, count = _new_colors(shown, shown.at(80))
            off = np.abs((angle - target + np.pi) % (2 * np.pi) - np.pi)
            shares.append(float((off < np.radians(50)).mean()) if count > 40 else 0.0)
    return min(shares)


def flicker() -> float:
    """Root mean square of the second difference of the mean luma, worst of what should not flicker."""
    worst = 0.0
    for name in _STEADY:
        shown = scene("demo", name)
        means = np.array([shown.at(index).y.mean() for index in range(60)])
        worst = max(worst, float(np.sqrt(np.mean(np.diff(means, 2) ** 2))))
    return worst


def _new_colors(shown: Scene, frame: Planes) -> tuple[Values, int]:
    """Angles on the color circle of samples whose chroma changed, and how many they are."""
    u, v = frame.u.astype(np.float32), frame.v.astype(np.float32)
    moved = np.hypot(u - shown.before.u, v - shown.before.v) > _COLORED
    moved &= np.hypot(u - 128, v - 128) > _COLORED
    return np.arctan2(v[moved] - 128, u[moved] - 128), int(moved.sum())


def _change(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.absdiff(first, second), np.uint8)


def _shift(after: NDArray[np.uint8], before: NDArray[np.uint8]) -> float:
    return float(after.mean()) - float(before.mean())


BARS: Final[tuple[Bar, ...]] = (
    *(
        Bar(
            id=f"E1-{name.replace(' ', '-')}",
            text=f"'{name}': share of its signature on {', '.join(signature.photos)}: {', '.join(signature.values)}",
            measure=partial(measure, name),
            bound=0.5,
            at_most=False,
        )
        for name, signature in SIGNATURES.items()
    ),
    Bar(
        id="E1-dot",
        text="samples colored by a red, green or blue dot that have its hue",
        measure=dot_hue,
        bound=0.5,
        at_most=False,
    ),
    Bar(
        id="F6-weather",
        text="flicker of the mean luma under weather, second difference",
        measure=flicker,
        bound=0.15,
        unit="code values rms",
    ),
)
