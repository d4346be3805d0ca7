"""What hangs in the air: fog that drifts through the depth of a picture, and smoke or steam that rises from a place."""

from collections.abc import Mapping
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.colors import NAMED
from mutoscope.engines.procedural.effects.base import OverlayMaker, Site
from mutoscope.engines.procedural.effects.particles.color import Color
from mutoscope.engines.procedural.effects.particles.ink import Ink
from mutoscope.engines.procedural.film import soft_step
from mutoscope.engines.procedural.plan import Effect, EffectName
from mutoscope.media.frames import Planes

Field = NDArray[np.float32]
"""Values over the frame, at SIDE along its longer side: what hangs in the air is soft."""

SIDE: Final = 256
_TILE: Final = 256
"""Side of the noise, which repeats."""
_SURE: Final = 0.35
"""Below this confidence the top of a subject is a guess."""
_WHITE_BEHIND: Final = 172
"""Before a picture lighter than this, white steam would not be seen."""
_THRESHOLD, _GAIN = 0.33, 2.1
"""Noise below the first is clear air; without it fog is a gray filter."""


class Fog:
    """Two sheets of noise that drift past each other, denser far away and low down, in the color of the picture."""

    _DENSEST: Final = 0.80
    _EVEN: Final = 0.30
    """What is left in the clearings."""
    _DRIFT: Final = ((0.026, 0.003), (-0.016, 0.005))
    """Of each sheet, per second, to the right and down; lengths are roots of the frame's area."""
    _STRETCH: Final = ((0.70, 2.0), (1.3, 3.0))
    """Repetitions of each sheet's noise in a length, across and down: sheets are long and flat."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random("fog")
        self._tiles = [_noise(random, cells, octaves=3) for cells in (4, 5)]
        self._starts = random.uniform(0, 1, (2, 2))
        self._density = self._dense(site)
        self._color: Color | None = None
        if effect.color is not None:
            self._color = Color.of(NAMED[effect.color])
        elif site.first is not None:
            self._color = _air_of(site.first)
        self._ink = Ink(site.stage.width_px, site.stage.height_px)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        sheets = [self._sheet(index, time_s) for index in range(2)]
        noise = np.float32(0.58) * sheets[0] + np.float32(0.42) * sheets[1]
        thickness = self._EVEN + (1 - self._EVEN) * soft_step((noise - np.float32(_THRESHOLD)) * np.float32(_GAIN))
        _cover(self._ink, thickness * self._density * min(1.0, level**0.7))
        self._ink.mix(target, self._color or _air_of(target))

    def _sheet(self, index: int, time_s: float) -> Field:
        """One sheet at this time, over the frame."""
        rows, columns = self._density.shape
        length = (rows * columns) ** 0.5
        across, down = (_TILE * stretch / length for stretch in self._STRETCH[index])
        start_x, start_y = (
            (start - drift * time_s * stretch) % 1.0 * _TILE
            for start, drift, stretch in zip(self._starts[index], self._DRIFT[index], self._STRETCH[index], strict=True)
        )
        sheet = cv2.warpAffine(
            self._tiles[index],
            np.array([[across, 0, start_x], [0, down, start_y]]),
            (columns, rows),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_WRAP,
        )
        return np.asarray(sheet, np.float32)

    def _dense(self, site: Site) -> Field:
        """Far more than near; from the horizon down more than above."""
        columns, rows = _size(site)
        near = cv2.resize(site.analysis.nearness, (columns, rows), interpolation=cv2.INTER_LINEAR)
        row = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        low = soft_step((row - 0.25 * site.analysis.horizon) / max(0.15, 0.75 * site.analysis.horizon))
        density = self._DENSEST * (0.42 + 0.58 * (1 - near)) * (0.40 + 0.60 * low)
        return np.asarray(density, np.float32)


class Smoke:
    """A plume that rises from the top of the subject, or from the middle of the picture, curls and thins out."""

    _RISE: Final = 0.17
    """Frame heights per second."""
    _LOW_TOP: Final = 0.24
    """A subject that reaches higher than this leaves no room above it."""
    _WIDTH: Final = (0.055, 0.23)
    """Half the plume's width at its foot, and what each frame height adds."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        random = site.stage.random("smoke")
        x, y = _places(site)
        foot_x, foot_y = _foot(site, self._LOW_TOP)
        aspect = site.stage.width_px / site.stage.height_px
        self._height: Field = (foot_y - y).astype(np.float32)
        self._aside: Field = (x - foot_x * aspect).astype(np.float32)
        self._above = np.clip(self._height, 0, None)
        self._half_width: Field = self._WIDTH[0] + self._WIDTH[1] * self._above**0.8
        self._wispy: Field = 0.36 + 0.26 * soft_step(self._above / 0.16)
        reach = max(0.62, min(0.85, foot_y + 0.1))
        self._ends: Field = soft_step((self._height + 0.02) / 0.07) * (
            1 - soft_step((self._height / reach - 0.5) / 0.5)
        )
        self._tiles = [_noise(random, cells, octaves=4) for cells in (5, 6)]
        self._phase = random.uniform(0, 2 * np.pi, 3)
        self._lean = float(random.uniform(-0.12, 0.12))
        self._color = Color.of(NAMED[effect.color]) if effect.color is not None else self._contrasting(site)
        self._ink = Ink(site.stage.width_px, site.stage.height_px)

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        time_s = share * self._stage.duration_s
        _cover(self._ink, self._thickness(time_s) * min(1.0, 0.92 * level**0.6))
        self._ink.mix(target, self._color)

    def _thickness(self, time_s: float) -> Field:
        height = self._above
        way = height - self._RISE * time_s
        middle = self._lean * height + height**0.9 * (
            0.10 * np.sin(8.0 * way + self._phase[0]) + 0.05 * np.sin(17.0 * way + self._phase[1])
        )
        across = (self._aside - middle) / self._half_width
        # Curls: the noise is read where another noise pushes it, and both rise.
        push = _sample(self._tiles[1], across * 0.13 + 0.3, way * 1.0) - np.float32(0.5)
        grain = _sample(self._tiles[0], across * 0.15 + 0.5 * push, way * 1.05 + 0.4 * push)
        frayed = across + 1.1 * push * np.clip(0.3 + 2.5 * height, 0, 1)
        column = np.exp(-1.6 * frayed * frayed)
        thickness = 0.92 * column * (1 - self._wispy * (1 - soft_step((grain - 0.12) / 0.66))) * self._ends
        return np.asarray(thickness, np.float32)

    def _contrasting(self, site: Site) -> Color:
        """White steam, or gray smoke where the picture behind it is white."""
        if site.first is None:
            return Color(206, 129, 127)
        size = (self._ends.shape[1], self._ends.shape[0])
        small = cv2.resize(site.first.y, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        weight = self._ends * (np.abs(self._aside) < self._half_width)
        behind = float((small * weight).sum() / max(1e-6, float(weight.sum())))
        return Color(228 if behind < _WHITE_BEHIND else 104, 129, 127)


def _foot(site: Site, low_top: float) -> tuple[float, float]:
    """Where a plume rises from, as shares of the frame."""
    subject = site.analysis.subject
    if subject is None:
        return 0.5, 0.66
    x, middle = subject.center
    if subject.top >= low_top and subject.confidence >= _SURE:
        return x, subject.top + 0.02
    # Not out of the air: from the ground, where there is a sky above it.
    ground = site.analysis.horizon + 0.08 if site.analysis.sky_share > 0.05 else 0.0
    return x, min(0.9, max(0.35, ground, 0.4 * subject.top + 0.6 * middle))


def _air_of(planes: Planes) -> Color:
    """The color of fog in a picture: lighter than it, with a breath of its hue."""
    y, u, v = (
        float(cv2.resize(plane, (64, 64), interpolation=cv2.INTER_NEAREST).mean())
        for plane in (planes.y, planes.u, planes.v)
    )
    return Color(min(214.0, 88 + 0.95 * y), 129 + 0.4 * (u - 128), 127.5 + 0.4 * (v - 128))


def _size(site: Site) -> tuple[int, int]:
    """Columns and rows of a field."""
    scale = SIDE / max(site.stage.width_px, site.stage.height_px)
    return max(2, round(site.stage.width_px * scale)), max(2, round(site.stage.height_px * scale))


def _places(site: Site) -> tuple[Field, Field]:
    """Positions in frame heights, over a small picture of the frame."""
    columns, rows = _size(site)
    aspect = site.stage.width_px / site.stage.height_px
    x, y = np.meshgrid((np.arange(columns) + 0.5) / columns * aspect, (np.arange(rows) + 0.5) / rows)
    return x.astype(np.float32), y.astype(np.float32)


def _cover(ink: Ink, thickness: Field) -> None:
    """Spread shares over the frame."""
    small = np.rint(255 * np.clip(thickness, 0, 1)).astype(np.uint8)
    cv2.resize(small, (ink.full.shape[1], ink.full.shape[0]), dst=ink.full, interpolation=cv2.INTER_LINEAR)


def _noise(random: np.random.Generator, cells: int, *, octaves: int) -> Field:
    """Clouds that repeat at their edges, 0 to 1 with a mean near one half."""
    total = np.zeros((_TILE, _TILE), np.float32)
    for octave in range(octaves):
        count = cells << octave
        values = np.pad(random.random((count, count), np.float32), 2, mode="wrap")
        side = round(_TILE / count * (count + 4))
        margin = round(2 * _TILE / count)
        smooth = cv2.resize(values, (side, side), interpolation=cv2.INTER_CUBIC)
        total += smooth[margin : margin + _TILE, margin : margin + _TILE] * np.float32(0.5**octave)
    low, high = np.percentile(total, (2, 98))
    return np.asarray(np.clip((total - low) / (high - low), 0, 1), np.float32)


def _sample(tile: Field, x: Field, y: Field) -> Field:
    """Read the repeating noise at positions in tiles."""
    columns = np.asarray((x - np.floor(x)) * _TILE, np.float32)
    rows = np.asarray((y - np.floor(y)) * _TILE, np.float32)
    return np.asarray(cv2.remap(tile, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


OVERLAYS: Final[Mapping[EffectName, OverlayMaker]] = {"fog": Fog, "smoke": Smoke}
