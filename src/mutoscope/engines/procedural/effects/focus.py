"""Blur that differs across the frame: a background out of focus, and the streaks of speed."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.blending import Spare, halved, mix_small
from mutoscope.engines.procedural.effects.fields import Places, Spread
from mutoscope.engines.procedural.effects.follower import Follower
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Plane, Planes

_BOKEH_SHARE: Final = 0.018
"""Radius of a highlight's disc at full level, as a share of the unit."""
_SPEED_REACH: Final = 0.10
"""How far a streak at full level reaches, as a share of its distance from the middle."""
_SURE: Final = 0.6
"""Confidence from which a subject's outline is taken as it is."""
_ARRIVES: Final = 0.3
"""Level at which the blurred picture has wholly replaced the sharp one; from there on only the blur grows."""


class Bokeh:
    """Focus is pulled to what is near: the rest goes soft, its highlights to discs."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        self._radius = _BOKEH_SHARE * site.stage.unit_px / 4
        self._blurred = _background(site)
        self._follower = Follower(site)
        self._spare = Spare()
        # As many halvings as draw() makes: 4:2:0 sizes need not divide by four.
        frame = np.empty((site.stage.height_px, site.stage.width_px), np.uint8)
        self._quarter, self._eighth = halved(frame, 2).shape, halved(frame[::2, ::2], 2).shape
        self._kept: tuple[tuple[float, float], _Parts, _Parts] | None = None
        codes = np.arange(256, dtype=np.float32)
        self._swell = np.rint(codes + 40 * (codes / 255) ** 4 * (1 - codes / 255) * 4).clip(0, 255).astype(np.uint8)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        radius = max(0.8, self._radius * min(level, 1.6))
        moment = share if self._follower.moves else 0.0
        if self._kept is None or self._kept[0] != (radius, moment):
            blurred = self._follower.carried(self._blurred, moment)
            parts = _Parts(blurred, self._quarter, radius), _Parts(blurred, self._eighth, radius / 2)
            self._kept = (radius, moment), *parts
        _, for_luma, for_chroma = self._kept
        arrived = min(1.0, level / _ARRIVES)
        small = np.asarray(cv2.LUT(halved(target.y, 2), self._swell), np.uint8)
        soft = cv2.blur(for_luma.unfocused(small), (3, 3))
        mix_small([target.y], [np.asarray(soft, np.uint8)], _share(for_luma.part, arrived), self._spare)
        chroma = target.u, target.v
        soft_chroma = [for_chroma.unfocused(halved(plane, 2)) for plane in chroma]
        mix_small(chroma, soft_chroma, _share(for_chroma.part, arrived), self._spare)


class _Parts:
    """The background's share of each place, and planes out of focus: the subject must not smear into them."""

    def __init__(self, blurred: Spread, shape: tuple[int, ...], radius: float) -> None:
        self.part = _resized(blurred, np.empty(shape, np.uint8))
        self._weight = np.maximum(self.part, np.float32(0.02))
        self._disc = _disc(radius)
        self._whole = 1 / np.asarray(cv2.filter2D(self._weight, -1, self._disc), np.float32)

    def unfocused(self, small: Plane) -> Plane:
        """A plane of this size, each place the mean of the background over a disc."""
        total = cv2.filter2D(small * self._weight, -1, self._disc)
        return np.asarray(cv2.convertScaleAbs(total * self._whole), np.uint8)


class MotionBlur:
    """Speed: the picture streaks away from its middle, the more the farther out."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect = effect
        places = Places.of(site.stage, 240)
        x, y = _middle(site)
        radius = np.hypot(places.x - x, places.y - y)
        self._center = x, y
        self._follower = Follower(site)
        self._spared = np.asarray(0.85 * _sharp(site, places, places.read(site.analysis.sky)), np.float32)
        self._away = soft_step((radius - np.float32(0.16)) / np.float32(0.42))
        self._spare = Spare()

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        reach = _SPEED_REACH * min(level, 1.6)
        moment = share if self._follower.moves else 0.0
        spared = self._follower.carried(self._spared, moment)
        streaks = np.asarray(self._away * (1 - spared * (1 - 0.6 * self._away)), np.float32)
        arrived = min(1.0, level / _ARRIVES)
        soft = self._streaked(halved(target.y, 2), reach)
        mix_small([target.y], [soft], _share(_resized(streaks, soft), arrived), self._spare)
        chroma = target.u, target.v
        soft_chroma = [self._streaked(halved(plane, 2), reach) for plane in chroma]
        mix_small(chroma, soft_chroma, _share(_resized(streaks, soft_chroma[0]), arrived), self._spare)

    def _streaked(self, small: Plane, reach: float) -> Plane:
        """The mean of eight pictures, each a little larger than the one before: three times the mean of two."""
        height, width = small.shape
        x, y = self._center[0] * width, self._center[1] * height
        for halvings in (4, 2, 1):
            # Inside 1: what comes in from farther out is always inside the picture.
            scale = 1 + reach * halvings / 7
            matrix = np.array([[scale, 0, x * (1 - scale)], [0, scale, y * (1 - scale)]], np.float32)
            larger = cv2.warpAffine(small, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
            small = np.asarray(cv2.addWeighted(small, 0.5, larger, 0.5, 0.0), np.uint8)
        return small


def _resized(values: Spread, like: Plane) -> Spread:
    """A field at the size of a plane, without corners at its places."""
    rows, columns = like.shape
    return np.asarray(np.clip(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_CUBIC), 0, 1), np.float32)


def _share(values: Spread, level: float) -> Plane:
    """A field as bytes, 255 for all of it."""
    return np.asarray(cv2.convertScaleAbs(values, alpha=255 * level), np.uint8)


def _background(site: Site) -> Spread:
    """1 where the picture goes out of focus: the sky, and what is farther off than the subject."""
    places = Places.of(site.stage, 240)
    near = places.read(site.analysis.nearness)
    sky = places.read(site.analysis.sky, blur=0.008)
    low, high = (float(np.quantile(near, share)) for share in (0.2, 0.85))
    far = np.maximum(1 - soft_step((near - low) / np.float32(max(0.05, 0.8 * (high - low)))), sky)
    subject = site.analysis.subject
    if subject is not None and subject.confidence >= _SURE:
        far = np.maximum(far, np.float32(0.9))
    soft = cv2.GaussianBlur(np.asarray(far * (1 - _sharp(site, places, sky)), np.float32), (0, 0), 2.0)
    return np.asarray(np.clip(soft, 0, 1), np.float32)


def _sharp(site: Site, places: Places, sky: Spread) -> Spread:
    """1 on the subject; around it too where its outline is only a guess, and in the middle, where subjects are."""
    subject = site.analysis.subject
    x, y = _middle(site)
    away = np.hypot((places.x - x) / np.float32(0.42), (places.y - y) / np.float32(0.60))
    guess = soft_step((1 - away) / np.float32(0.4)) * (1 - sky)
    if subject is None:
        return np.asarray(guess, np.float32)
    margin, blur = (3, 0.006) if subject.confidence >= _SURE else (13, 0.03)
    matte = cv2.dilate(places.read(subject.matte), np.ones((margin, margin), np.uint8))
    sharp = places.read(np.asarray(matte, np.float32), blur=blur)
    return sharp if subject.confidence >= _SURE else np.asarray(np.maximum(sharp * (1 - 0.7 * sky), guess), np.float32)


def _middle(site: Site) -> tuple[float, float]:
    """The subject, or the middle of the picture."""
    subject = site.analysis.subject
    if subject is None:
        return 0.5, 0.48
    return min(max(subject.center[0], 0.3), 0.7), min(max(subject.center[1], 0.3), 0.5)


def _disc(radius: float) -> Spread:
    """The image of a point out of focus: a disc with a soft rim; odd sides, at most 11, where OpenCV is fast."""
    size = min(11, 2 * int(np.ceil(radius)) + 1)
    middle = size // 2
    y, x = np.mgrid[:size, :size] - middle
    disc = np.clip(min(radius, middle + 0.3) + 0.5 - np.hypot(x, y), 0, 1)
    return np.asarray(disc / disc.sum(), np.float32)
