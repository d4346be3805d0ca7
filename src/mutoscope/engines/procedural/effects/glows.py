"""Where in the frame a word of light gives light and takes it: the sun's side, the moon's, a dark room's corners."""

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.fields import Field, Places, Spread
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import LightName
from mutoscope.engines.procedural.timing import smoothstep

_SKY_BLUR: Final = 0.018
_SKY_MARGIN: Final = 0.03
"""Share of the longer side by which the eroded sky grows again: shade may reach over a roof, a bright rim may not."""


def _low_sun(site: Site, *, glow: float, warmth: float, dusk: float) -> Field:
    """A glow around the sky's brightest column, widest along the horizon; the far side and the top fall into shade."""
    places = Places.of(site.stage)
    x, y = _sun_of(site)
    core = places.near(x, y, 0.22, flat=1.2)
    band = places.near(x, y, 0.62, flat=2.0)
    sky = _whole_sky(site, places)
    height = np.clip((site.analysis.horizon - places.y) / max(0.15, site.analysis.horizon), 0, 1)
    rose = sky * soft_step(height * 1.1)
    away = soft_step(places.distance(x, y) / np.float32(1.1))
    # What is black stays black: light shows on things, and in the sky.
    light = (0.55 * core + 0.45 * band) * np.maximum(1 - 0.6 * darkness(site), sky)
    cold = coldness(site, places)
    return Field(
        shade=np.asarray(dusk * (0.8 * away + 0.35 * rose), np.float32),
        # Gold on blue would be green: cold colors go first.
        fade=np.asarray(min(0.85, warmth / 15) * cold * np.clip(1.3 * band, 0.35, 1), np.float32),
        luma=np.asarray(glow * light * (0.5 + 0.5 * sky), np.float32),
        u=np.asarray(-warmth * (light + 0.4 * sky * (1 - rose)) + 0.5 * warmth * rose, np.float32),
        v=np.asarray(0.8 * warmth * (light + 0.4 * sky), np.float32),
    )


def _sunset(site: Site) -> Field:
    return _low_sun(site, glow=38.0, warmth=14.0, dusk=0.46)


def _sunrise(site: Site) -> Field:
    return _low_sun(site, glow=26.0, warmth=8.0, dusk=0.16)


def _night(site: Site) -> Field:
    """The sky goes darkest, at the top more than at the horizon; a pale moon side; dim corners."""
    places = Places.of(site.stage)
    x, y = site.analysis.light
    sky = _whole_sky(site, places)
    height = np.clip(1 - places.y / max(0.2, site.analysis.horizon), 0, 1)
    moon = places.near(x, min(y, 0.25), 0.38)
    day = 1 - darkness(site)
    gray = day * (1 - _blueness(site))
    shade = 0.34 * (0.4 + 0.6 * day) * corners(places)
    shade = shade + (0.25 + 0.75 * day) * sky * (0.30 + 0.25 * height) * (1 - 0.5 * moon)
    return Field(
        shade=np.asarray(np.clip(shade, 0, 0.75), np.float32),
        luma=np.asarray(9.0 * moon, np.float32),
        u=np.asarray(3.0 * moon + 15.0 * gray * sky, np.float32),
        v=np.asarray(-6.0 * gray * sky, np.float32),
    )


def _candle(site: Site) -> Field:
    """A pool of light around what the picture is of."""
    places = Places.of(site.stage)
    subject = site.analysis.subject
    x, y = subject.center if subject is not None else (0.5, 0.55)
    pool = places.near(x, y, 0.42)
    return Field(
        shade=np.asarray(0.60 * (1 - pool), np.float32),
        luma=np.asarray(12.0 * pool, np.float32),
        u=np.asarray(-6.0 * pool, np.float32),
        v=np.asarray(4.0 * pool, np.float32),
    )


def _neon(site: Site) -> Field:
    """Magenta from one side, cyan from the other, dark corners."""
    places = Places.of(site.stage)
    left = soft_step(1 - places.x / np.float32(0.75))
    right = soft_step((places.x - np.float32(0.25)) / np.float32(0.75))
    return Field(
        shade=np.asarray(0.35 * corners(places), np.float32),
        u=np.asarray(7.0 * left + 6.0 * right, np.float32),
        v=np.asarray(13.0 * left - 12.0 * right, np.float32),
    )


def _dim(site: Site) -> Field:
    return Field(shade=np.asarray(0.25 * corners(Places.of(site.stage)), np.float32))


def darkness(site: Site) -> float:
    """0 for a picture of day, 1 for one that is as dark as night already; a painted scene counts as half dark."""
    if site.first is None:
        return 0.5
    return smoothstep((100 - float(cv2.mean(site.first.y)[0])) / 55)


def coldness(site: Site, places: Places) -> Spread:
    """1 where the picture is blue or cyan, 0 where it is gray or warm; a painted scene counts as half cold."""
    if site.first is None:
        return np.full_like(places.x, 0.5)
    rows, columns = places.x.shape
    u, v = (
        np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA), np.float32) - 128
        for plane in (site.first.u, site.first.v)
    )
    cold = np.asarray(soft_step((u - v - 4) / np.float32(28)), np.float32)
    return np.asarray(cv2.GaussianBlur(cold, (0, 0), 1.5), np.float32)


def _blueness(site: Site) -> float:
    """How blue the sky is, 0 to 1; as far as a deep blue one is too blue for more."""
    if site.first is None:
        return 0.5
    rows, columns = site.first.u.shape
    sky = cv2.resize(site.analysis.sky, (columns, rows), interpolation=cv2.INTER_NEAREST)
    mean = float(cv2.mean(site.first.u, (sky > 0.5).astype(np.uint8))[0])
    return smoothstep((mean - 128) / 20)


def corners(places: Places) -> Spread:
    """0 in the middle, 1 in the corners, along an ellipse of the frame's own aspect."""
    radius = np.hypot(places.x - 0.5, places.y - 0.5) / np.float32(np.hypot(0.5, 0.5))
    return soft_step((radius - np.float32(0.30)) / np.float32(0.75))


def _whole_sky(site: Site, places: Places) -> Spread:
    """The sky up to what stands before it, with a soft border."""
    size = max(3, 2 * round(_SKY_MARGIN * max(places.x.shape) / 2) + 1)
    grown = cv2.dilate(places.read(site.analysis.sky), np.ones((size, size), np.uint8))
    return places.read(np.asarray(grown, np.float32), blur=_SKY_BLUR)


def _sun_of(site: Site) -> tuple[float, float]:
    """Low over the horizon in the column where the sky is brightest."""
    return site.analysis.light[0], max(0.08, min(site.analysis.horizon - 0.02, 0.62))


GLOWS: Final[Mapping[LightName, Callable[[Site], Field]]] = {
    "sunset": _sunset,
    "sunrise": _sunrise,
    "night": _night,
    "candle": _candle,
    "neon": _neon,
    "dim": _dim,
}
"""Light that is not the same everywhere."""
