"""Blur that differs across the frame: a background out of focus, and the streaks of speed."""

from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.fields import Places, Spread, spread_out
from mutoscope.engines.procedural.effects.following import Follower
from mutoscope.engines.procedural.effects.small import enlarged, halved, mix
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
        self._sheets = _Sheets(site)
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
        luma_share, chroma_share = self._sheets.at(for_luma.part, min(1.0, level / _ARRIVES), moment)
        small = np.asarray(cv2.LUT(halved(target.y, 2), self._swell), np.uint8)
        soft = cv2.blur(for_luma.unfocused(small), (3, 3))
        mix(target.y, enlarged(np.asarray(soft, np.uint8), target.y), luma_share)
        for plane in (target.u, target.v):
            mix(plane, enlarged(for_chroma.unfocused(halved(plane, 2)), plane), chroma_share)


class _Parts:
    """The background's share of each place, and planes out of focus: the subject must not smear into them."""

    def __init__(self, blurred: Spread, shape: tuple[int, ...], radius: float) -> None:
        size = shape[1], shape[0]
        self.part = np.asarray(cv2.resize(blurred, size, interpolation=cv2.INTER_LINEAR), np.float32)
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
        self._sheets = _Sheets(site)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        reach = _SPEED_REACH * min(level, 1.6)
        moment = share if self._follower.moves else 0.0
        spared = self._follower.carried(self._spared, moment)
        streaks = np.asarray(self._away * (1 - spared * (1 - 0.6 * self._away)), np.float32)
        luma_share, chroma_share = self._sheets.at(streaks, min(1.0, level / _ARRIVES), moment)
        height, width = target.y.shape
        size = max(2, width // 3), max(2, height // 3)
        small = cv2.resize(halved(target.y, 1), size, interpolation=cv2.INTER_LINEAR)
        mix(target.y, enlarged(self._streaked(np.asarray(small, np.uint8), reach), target.y), luma_share)
        for plane in (target.u, target.v):
            mix(plane, enlarged(self._streaked(halved(plane, 2), reach), plane), chroma_share)

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


class _Sheets:
    """A share of the frame as bytes at the frame's size, kept for the last level and moment."""

    def __init__(self, site: Site) -> None:
        self._size = site.stage.width_px, site.stage.height_px
        self._kept: tuple[tuple[float, float], Plane, Plane] | None = None

    def at(self, values: Spread, level: float, moment: float) -> tuple[Plane, Plane]:
        """For luma and for chroma, 255 for all of it; `values` depend on the moment alone."""
        if self._kept is None or self._kept[0] != (level, moment):
            scaled = np.asarray(255 * level * values, np.float32)
            luma = spread_out(scaled, self._size)
            self._kept = (level, moment), luma, halved(luma, 1)
        return self._kept[1], self._kept[2]


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
