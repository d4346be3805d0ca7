"""Bars of light, lens and sway: every word is visible, and nothing flickers that was not asked to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, SMALL_AREA_PX
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.stack import OverlaidFilm, displacements_of, overlays_of
from mutoscope.engines.procedural.film import Film
from mutoscope.engines.procedural.photo.film import PictureFilm
from mutoscope.engines.procedural.plan import Effect, EffectName, Plan, Pose, SceneWish, Segment
from mutoscope.engines.procedural.sight.analysis import Analysis
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.warp import Grid, Source
from mutoscope.generation import InputFile, frame_size
from mutoscope.media.frames import Planes
from mutoscope.media.image import read_image

_FPS: Final = 24
_NUM_FRAMES: Final = 121
_DAYLIGHT: Final = ("astronaut", "cat", "coffee")
"""Photos with middle tones to spare; the signatures were measured on one such."""
_COOL: Final = ("astronaut", "cat", "demo")
"""Photos whose light is not that of a sunset or a lamp to begin with."""
_SKIES: Final = ("demo", "rocket", "canyon")
_LAND: Final = ("demo", "canyon", "astronaut")
_BACKGROUNDS: Final = ("astronaut", "rocket", "demo")
"""Photos with something behind what they are of."""
_PULSE_FRAMES: Final = tuple(range(30, 102, 3))
"""Enough to meet light and dark of whatever pulses; 3 frames are no multiple of any pulse."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a word is known to do to a daylight photo; half of it is asked of three photos."""

    effect: EffectName
    what: str
    """A name in _MEASURES."""
    value: float
    photos: tuple[str, ...] = _DAYLIGHT


SIGNATURES: Final = (
    Signature("sunset", "dY", -32, _COOL), Signature("sunset", "dU", -22, _COOL), Signature("sunset", "dV", 20, _COOL),
    Signature("sunrise", "dU", -6), Signature("sunrise", "dV", 5),
    Signature("night", "dY", -70), Signature("night", "dU", 13),
    Signature("dim", "dY", -51), Signature("brighten", "dY", 22),
    Signature("neon", "pulse", 2), Signature("candle", "pulse", 8), Signature("strobe", "pulse", 30),
    Signature("warm", "dU", -9), Signature("warm", "dV", 7), Signature("cold", "dU", 9), Signature("cold", "dV", -7),
    Signature("black and white", "chroma", -1), Signature("sepia", "chroma", -0.85),
    Signature("vivid", "chroma", 0.3), Signature("faded", "chroma", -0.5), Signature("tint", "dU", -10),
    Signature("grain", "change", 5.5), Signature("glow", "dY", 6.5), Signature("vignette", "corners", -40),
    Signature("clouds", "difference", 2.6, _SKIES), Signature("waves", "difference", 3.3, _LAND),
    Signature("wind", "difference", 3.1, _LAND), Signature("heat haze", "difference", 2, _LAND),
    Signature("god rays", "difference", 6, _LAND), Signature("lens flare", "difference", 3, _LAND),
    Signature("bokeh", "difference", 2, _BACKGROUNDS), Signature("motion blur", "difference", 3, _LAND),
)  # fmt: skip


@cache
def _seen(photo: str) -> tuple[Stage, Source, Analysis]:
    """A photo at 480p and what is known about it."""
    rgb = read_image(InputFile(PHOTOS[photo], ("body", "image_url")), pixels_max=64_000_000)
    height, width = rgb.shape[:2]
    stage = Stage(*frame_size(width, height, SMALL_AREA_PX), _NUM_FRAMES / _FPS, 0)
    return stage, Source.of_rgb(rgb, stage.width_px, stage.height_px), analyse(rgb)


def lit(photo: str, *effects: Effect, move: Pose | None = None) -> Film:
    """A clip of a photo under these effects, before encoding; the camera is still unless it has a move."""
    stage, source, analysis = _seen(photo)
    plan = Plan(
        segments=() if move is None else (Segment("move", 0, 1, move),),
        effects=effects, tear_budget=0.35, scene=SceneWish(), used=(), ignored=(),
    )  # fmt: skip
    site = Site(stage, analysis, source.planes)
    displacements = displacements_of(effects, site, Grid(stage.width_px, stage.height_px))
    film = PictureFilm(source, plan, analysis, stage, num_frames=_NUM_FRAMES, displacements=displacements)
    return OverlaidFilm(film, overlays_of(effects, site), exact_first=True, exact_last=False)


def _drawn(film: Film, index: int) -> Planes:
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


def _mean_change(plane: str, film: Film) -> float:
    first, last = (getattr(_drawn(film, index), plane) for index in (0, _NUM_FRAMES - 1))
    return float(last.mean() - first.mean())


def _corners(film: Film) -> float:
    """Change of the mean luma of the four corners, a tenth of the frame each."""
    first, last = (_drawn(film, index).y.astype(np.float32) for index in (0, _NUM_FRAMES - 1))
    height, width = (side // 10 for side in first.shape)
    change = last - first
    return float(np.mean([part[:, side].mean() for part in (change[:height], change[-height:])
                          for side in (slice(width), slice(-width, None))]))  # fmt: skip


def _chroma(film: Film) -> float:
    """How much farther the colors lie apart than in the first frame: −1 where there are none left."""
    first, last = (_drawn(film, index) for index in (0, _NUM_FRAMES - 1))
    before, after = (float(np.hypot(planes.u.std(), planes.v.std())) for planes in (first, last))
    return after / before - 1


def _pulse(film: Film) -> float:
    means = [float(_drawn(film, index).y.mean()) for index in _PULSE_FRAMES]
    return max(means) - min(means)


def _change(film: Film) -> float:
    """From one frame to the next."""
    return _apart(_drawn(film, _NUM_FRAMES - 2), _drawn(film, _NUM_FRAMES - 1))


def _difference(film: Film) -> float:
    """From the first frame to the last."""
    return _apart(_drawn(film, 0), _drawn(film, _NUM_FRAMES - 1))


def _apart(first: Planes, second: Planes) -> float:
    apart = np.abs(first.y.astype(np.int16) - second.y)
    return float(apart.mean())


_MEASURES: Final[Mapping[str, Callable[[Film], float]]] = {
    "dY": partial(_mean_change, "y"),
    "dU": partial(_mean_change, "u"),
    "dV": partial(_mean_change, "v"),
    "corners": _corners,
    "chroma": _chroma,
    "pulse": _pulse,
    "change": _change,
    "difference": _difference,
}


def shares(signature: Signature) -> dict[str, float]:
    """What each photo shows of a signature: 1 is all of it, below 0 the opposite."""
    measure, effect = _MEASURES[signature.what], Effect(signature.effect)
    return {photo: measure(lit(photo, effect)) / signature.value for photo in signature.photos}


def _least_share(signature: Signature) -> float:
    return min(shares(signature).values())


def _flicker(effects: tuple[Effect, ...], move: Pose | None) -> float:
    """Root mean square of the second difference of mean luma, past the exact first frame."""
    film = lit("demo", *effects, move=move)
    means: NDArray[np.float64] = np.array([_drawn(film, index).y.mean() for index in range(1, _NUM_FRAMES)])
    return float(np.sqrt(np.mean(np.diff(means, 2) ** 2)))


_PUSH: Final = Pose(tz=0.34)

BARS: Final = (
    *(
        Bar(
            id=f"E1-{signature.effect.replace(' ', '-')}-{signature.what}",
            text=f"{signature.effect}: {signature.what} as a share of {signature.value:g}, least of 3 photos",
            measure=partial(_least_share, signature),
            bound=0.5,
            at_most=False,
        )
        for signature in SIGNATURES
    ),
    Bar(
        id="F6-push",
        text="flicker: second difference of mean luma, camera push",
        measure=partial(_flicker, (), _PUSH),
        bound=0.15,
        unit="code values rms",
    ),
    Bar(
        id="F6-sunset",
        text="flicker: second difference of mean luma, sunset under a push",
        measure=partial(_flicker, (Effect("sunset"),), _PUSH),
        bound=0.15,
        unit="code values rms",
    ),
    Bar(
        id="F6-clouds",
        text="flicker: second difference of mean luma, clouds",
        measure=partial(_flicker, (Effect("clouds"),), None),
        bound=0.15,
        unit="code values rms",
    ),
)
