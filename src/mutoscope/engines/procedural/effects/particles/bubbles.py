"""Soap bubbles: rings in the colors of a thin film, nearly clear inside, with a highlight; each is drawn once."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from mutoscope.engines.procedural.colors import NAMED
from mutoscope.engines.procedural.effects.base import Site
from mutoscope.engines.procedural.effects.particles.ink import Box, Floats
from mutoscope.engines.procedural.effects.particles.species import BUBBLES
from mutoscope.engines.procedural.effects.particles.swarm import Swarm
from mutoscope.engines.procedural.plan import Effect
from mutoscope.media.frames import Plane, Planes, planes_of_rgb

_FILM: Final = np.array([(150, 225, 255), (255, 170, 225), (255, 235, 150), (170, 255, 215), (190, 180, 255)], float)
"""Colors around the ring, RGB."""
_RING: Final = 0.92
"""Radius of the ring; 1 is the edge of the bubble."""
_SEEN: Final = 0.02


@dataclass(frozen=True, slots=True)
class _Sprite:
    """A bubble ready to be laid over a frame: covers, and samples already multiplied by them."""

    cover: Plane
    luma: Plane
    half_cover: Plane
    u: Plane
    v: Plane


class Bubbles:
    """Bubbles that rise and sway."""

    def __init__(self, effect: Effect, site: Site) -> None:
        self._effect, self._stage = effect, site.stage
        self._swarm = Swarm(BUBBLES, effect, site.stage)
        film = _FILM if effect.color is None else (_FILM + 3 * np.array(NAMED[effect.color], float)) / 4
        turns = site.stage.random("bubble rings").uniform(0, 2 * np.pi, self._swarm.count)
        self._sprites = [_paint(max(2.0, r), turn, film) for r, turn in zip(self._swarm.radius, turns, strict=True)]
        self._order = np.argsort(self._swarm.radius, kind="stable")

    def draw(self, share: float, target: Planes) -> None:
        level = self._effect.level(share)
        if level <= 0:
            return
        flock = self._swarm.at(share * self._stage.duration_s, level)
        for index in self._order:
            if flock.presence[index] > _SEEN:
                _stamp(
                    self._sprites[index], float(flock.x[index]), float(flock.y[index]), float(flock.presence[index]),
                    target,
                )  # fmt: skip


def _paint(radius: float, turn: float, film: Floats) -> _Sprite:
    """One bubble of this radius in pixels, in the middle of its planes; their sides are multiples of 4."""
    side = 4 * (int(radius) // 2 + 2)
    axis = (np.arange(side) + 0.5 - side / 2) / radius
    x, y = np.meshgrid(axis, axis)
    away = np.hypot(x, y)
    sharp = max(0.035, 0.9 / radius)
    inside = np.clip((1 - away) / (1.2 / radius) + 0.5, 0, 1)
    ring = np.exp(-(((away - _RING) / (1.6 * sharp)) ** 2)) * (0.62 + 0.28 * np.sin(np.arctan2(y, x) + turn))
    body = inside * (0.04 + 0.24 * np.clip(away, 0, 1) ** 5)
    glint = _spot(x, y, -0.42, -0.46, 0.20, 0.11, -0.75) * 0.95
    echo = _spot(x, y, 0.46, 0.50, 0.24, 0.07, -0.8) * 0.5
    cover = np.clip(1 - (1 - ring) * (1 - body) * (1 - glint) * (1 - echo), 0, 1) * inside
    share = ((np.arctan2(y, x) + turn) / (2 * np.pi) * len(film) + 1.2 * away) % len(film)
    first = share.astype(int) % len(film)
    part = (share - np.floor(share))[..., None]
    rgb = film[first] * (1 - part) + film[(first + 1) % len(film)] * part
    white = np.clip(glint + echo, 0, 1)[..., None]
    planes = planes_of_rgb(np.clip(rgb + (252 - rgb) * white, 0, 255).astype(np.uint8))
    half = cover.reshape(side // 2, 2, side // 2, 2).mean(axis=(1, 3))
    return _Sprite(
        _bytes(255 * cover), _bytes(planes.y * cover), _bytes(255 * half), _bytes(planes.u * half),
        _bytes(planes.v * half),
    )  # fmt: skip


def _stamp(sprite: _Sprite, x: float, y: float, presence: float, target: Planes) -> None:
    """Lay a sprite over the frame with its middle at (x, y)."""
    side = sprite.cover.shape[0]
    left, top = int(np.floor((x - side / 2) / 4) * 4), int(np.floor((y - side / 2) / 4) * 4)
    box = Box.around(left, top, left + side + 3, top + side + 3, target)
    if box is None or left >= target.width_px or top >= target.height_px:
        return
    dx, dy = x - side / 2 - left, y - side / 2 - top
    cut = (box.left - left, box.top - top)
    _lay(sprite.cover, (sprite.luma,), (box.of(target.y),), dx, dy, cut, presence)
    half = (cut[0] // 2, cut[1] // 2)
    planes = (box.of_half(target.u), box.of_half(target.v))
    _lay(sprite.half_cover, (sprite.u, sprite.v), planes, dx / 2, dy / 2, half, presence)


def _lay(
    cover: Plane,
    inks: tuple[Plane, ...],
    planes: tuple[Plane, ...],
    dx: float,
    dy: float,
    cut: tuple[int, int],
    presence: float,
) -> None:
    """Shift by less than a box, cut, and composite."""
    height, width = planes[0].shape
    shift = np.array([[1, 0, dx - cut[0]], [0, 1, dy - cut[1]]], np.float64)
    keep = cv2.bitwise_not(_shifted(cover, shift, width, height, presence))
    for ink, plane in zip(inks, planes, strict=True):
        cv2.multiply(plane, keep, dst=plane, scale=1 / 255)
        cv2.add(plane, _shifted(ink, shift, width, height, presence), dst=plane)


def _shifted(sprite: Plane, shift: Floats, width: int, height: int, presence: float) -> Plane:
    moved = cv2.warpAffine(sprite, shift, (width, height), flags=cv2.INTER_LINEAR)
    if presence < 1:
        cv2.convertScaleAbs(moved, dst=moved, alpha=presence)
    return np.asarray(moved, np.uint8)


def _spot(x: Floats, y: Floats, at_x: float, at_y: float, long: float, short: float, angle: float) -> Floats:
    """A soft ellipse."""
    dx, dy = x - at_x, y - at_y
    along, across = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    spot: Floats = np.exp(-((along / long) ** 2) - (across / short) ** 2)
    return spot


def _bytes(values: Floats) -> Plane:
    return np.ascontiguousarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))
