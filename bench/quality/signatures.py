"""
What a word does to a clip, measured through the whole engine: a prompt of the word and "static shot", before encoding.

The figures of a signature come from a photo of daylight, and half of each is asked of three photos that are chosen by
what they are, never by how well they do: the lightest (`LIGHTEST`) or, for what happens in the sky, those with the most
sky (`SKIES`). What words of darkness may do to pictures that are dark already is asked of the darkest (`DARKEST`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.quality.bar import Bar
from bench.quality.clips import PHOTOS, film, frame
from mutoscope.engines.procedural.film import Film
from mutoscope.engines.procedural.sight.depth import analyse
from mutoscope.generation import InputFile
from mutoscope.media.frames import Planes, fit, planes_of_rgb
from mutoscope.media.image import RgbArray, read_image

PhotoRule = Literal["lightest", "darkest", "most sky"]
Measure = Callable[["Look"], float]

NUM_PHOTOS: Final = 3
LAST: Final = 120
"""Index of the last frame of a clip."""
_PULSE_FRAMES: Final = tuple(range(30, 102, 3))
"""Enough to meet light and dark of whatever pulses; 3 frames are no multiple of any pulse."""
_PAIRS: Final = (60, 90, 119)
"""Where a frame is compared with the next."""
_SEEN: Final = 12
"""Code values by which a sample has to change to be seen."""
_COLORED: Final = 20.0


@dataclass(frozen=True, slots=True)
class Signature:
    """One figure of a word."""

    word: str
    """As the prompt has it."""
    what: str
    """The figure's name, for the reader."""
    measure: Measure
    value: float
    """Half of it, in sign and size, is the bar."""
    photos: PhotoRule = "lightest"


@dataclass(frozen=True, slots=True)
class Look:
    """A photo under a prompt."""

    film: Film
    before: Planes
    """The first frame: the photo as it is."""

    def at(self, index: int) -> Planes:
        """One frame."""
        return frame(self.film, index)

    @property
    def after(self) -> Planes:
        """The last frame."""
        return self.at(LAST)


@lru_cache(maxsize=3)
def look(prompt: str, photo: str) -> Look:
    """A photo of PHOTOS under a prompt, with a still camera."""
    shown = film(f"{prompt}, static shot", first_frame=PHOTOS[photo])
    return Look(shown, frame(shown, 0))


@cache
def chosen(rule: PhotoRule) -> tuple[str, ...]:
    """The three photos that a rule chooses, first the one that it fits best."""
    rank = _sky if rule == "most sky" else _lightness
    ranked = sorted(PHOTOS, key=rank, reverse=rule != "darkest")
    return tuple(ranked[:NUM_PHOTOS])


def shares(signature: Signature) -> dict[str, float]:
    """What each photo shows of a signature: 1 is all of it, below 0 the opposite."""
    photos = chosen(signature.photos)
    return {photo: signature.measure(look(signature.word, photo)) / signature.value for photo in photos}


def bars_of(signatures: Iterable[Signature]) -> tuple[Bar, ...]:
    """E1: the least share of each signature."""
    return tuple(
        Bar(
            id=f"E1-{each.word}-{each.what}".replace(" ", "-"),
            text=f"'{each.word}': {each.what} as a share of {each.value:g}, least of the three {each.photos} photos",
            measure=partial(_least_share, each),
            bound=0.5,
            at_most=False,
        )
        for each in signatures
    )


def _least_share(signature: Signature) -> float:
    return min(shares(signature).values())


def _photo(name: str) -> RgbArray:
    return read_image(InputFile(PHOTOS[name], ("body", "image_url")), pixels_max=64_000_000)


def _lightness(name: str) -> float:
    return float(planes_of_rgb(fit(_photo(name), 240, 160)).y.mean())


def _sky(name: str) -> float:
    return float(analyse(_photo(name)).sky.mean())


# --- from the first frame to the last ---------------------------------------------------------------------------------


def luma(shown: Look) -> float:
    """Change of the mean luma."""
    return float(shown.after.y.mean()) - float(shown.before.y.mean())


def blue(shown: Look) -> float:
    """Change of the mean U."""
    return float(shown.after.u.mean()) - float(shown.before.u.mean())


def red(shown: Look) -> float:
    """Change of the mean V."""
    return float(shown.after.v.mean()) - float(shown.before.v.mean())


def corners(shown: Look) -> float:
    """Change of the mean luma of the four corners, a tenth of the frame each."""
    change = shown.after.y.astype(np.float32) - shown.before.y
    height, width = (side // 10 for side in change.shape)
    return float(np.mean([part[:, side].mean() for part in (change[:height], change[-height:])
                          for side in (slice(width), slice(-width, None))]))  # fmt: skip


def chroma(shown: Look) -> float:
    """How much farther the colors lie apart than before: −1 where there are none left."""
    before, after = (float(np.hypot(each.u.std(), each.v.std())) for each in (shown.before, shown.after))
    return after / before - 1


def flatness(shown: Look) -> float:
    """Percent of contrast that is gone."""
    return 100 * (1 - float(shown.after.y.std() / shown.before.y.std()))


def difference(shown: Look) -> float:
    """Mean change of a sample of luma."""
    return float(_apart(shown.before, shown.after).mean())


def darkened(shown: Look) -> float:
    """Median share of its light that a sample loses, black ones left out."""
    before, after = (np.maximum(each.y.astype(np.float32) - 16, 0) for each in (shown.before, shown.after))
    lit = before > _SEEN
    return float(np.median(1 - after[lit] / before[lit]))


def lamps(shown: Look) -> float:
    """Share of their light that the lightest 0.2 percent of the samples keep."""
    before = shown.before.y
    lit = before > np.quantile(before, 0.998)
    return float(shown.after.y[lit].mean() / before[lit].mean()) if lit.any() else 1.0


# --- in motion --------------------------------------------------------------------------------------------------------


def motion(shown: Look) -> float:
    """Mean change of luma from one frame to the next."""
    return float(np.mean([_apart(shown.at(index), shown.at(index + 1)).mean() for index in _PAIRS]))


def plume(shown: Look) -> float:
    """Mean change of luma from frame to frame in the busiest ninth of the frame."""
    change = np.mean([_apart(shown.at(index), shown.at(index + 1)) for index in _PAIRS], axis=0)
    return float(cv2.resize(change.astype(np.float32), (3, 3), interpolation=cv2.INTER_AREA).max())


def pulse(shown: Look) -> float:
    """From the darkest frame to the lightest, in mean luma."""
    means = [float(shown.at(index).y.mean()) for index in _PULSE_FRAMES]
    return max(means) - min(means)


def flash(shown: Look) -> float:
    """How far the mean luma rises in a flash over that of the storm around it."""
    means = [float(shown.at(index).y.mean()) for index in range(20, LAST + 1)]
    return max(means) - float(np.median(means))


def brightened(shown: Look) -> float:
    """Largest share of the frame, per mille, that is visibly brighter than the picture, over every sixth frame."""
    before = shown.before.y.astype(np.int16)
    return 1000 * max(float((shown.at(index).y - before > _SEEN).mean()) for index in range(12, LAST + 1, 6))


def hues(shown: Look) -> float:
    """Sectors of 45° of the color circle that new colors of the clip fall into, each with enough samples."""
    counts = np.zeros(8)
    for index in range(20, LAST + 1, 8):
        counts += np.histogram(new_hues(shown, index), bins=8, range=(-np.pi, np.pi))[0]
    return float((counts > 60).sum())


def new_hues(shown: Look, index: int) -> NDArray[np.float32]:
    """Angles on the color circle of the samples of a frame that have another color than before."""
    after = shown.at(index)
    u, v = after.u.astype(np.float32), after.v.astype(np.float32)
    moved = np.hypot(u - shown.before.u, v - shown.before.v) > _COLORED
    moved &= np.hypot(u - 128, v - 128) > _COLORED
    return np.asarray(np.arctan2(v[moved] - 128, u[moved] - 128), np.float32)


def _apart(first: Planes, second: Planes) -> NDArray[np.uint8]:
    return np.asarray(cv2.absdiff(first.y, second.y), np.uint8)
