"""What a subject does, as rigid motion of its picture: where it is, how it leans and stretches at each moment."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.plan import Motion, MotionName
from mutoscope.engines.procedural.stage import Stage
from mutoscope.engines.procedural.timing import ease, smoothstep

Matrix = NDArray[np.float64]
"""(3, 3): homogeneous coordinates, pixels of the picture."""

_COMES: Final = 0.08
"""Share of the clip in which a motion begins, and in which it ends."""
_FEET, _MIDDLE = 1.0, 0.5
_TAU: Final = 2 * math.pi


@dataclass(frozen=True, slots=True)
class Stance:
    """How a thing differs from its picture."""

    dx: float = 0.0
    """To the right, in heights of the thing."""
    dy: float = 0.0
    """Downwards, in heights of the thing."""
    turn: float = 0.0
    """Radians clockwise."""
    wide: float = 0.0
    """Growth of the width: 0.1 is a tenth wider."""
    tall: float = 0.0
    tremor: tuple[float, float] = (0.0, 0.0)
    """x and y in pixels of a 720-line frame."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a thing is in the picture, in pixels."""

    left: float
    top: float
    right: float
    bottom: float
    is_rooted: bool = False
    """The picture's lower border cuts it: what is at the border stays there."""

    @property
    def height(self) -> float:
        return self.bottom - self.top


def _walk(time_s: float, done: float) -> Stance:
    del done
    step = math.pi * 1.8 * time_s
    return Stance(dx=0.012 * math.sin(step), dy=-0.02 * _bump(step), turn=0.024 * math.sin(step))


def _run(time_s: float, done: float) -> Stance:
    step = math.pi * 2.8 * time_s
    grown = 0.08 * ease(done)
    return Stance(dy=-0.032 * _bump(step), turn=0.03 * math.sin(step), wide=grown, tall=grown)


def _jump(time_s: float, done: float) -> Stance:
    del done
    phase = time_s / 1.25 % 1.0
    if phase < 0.3:
        # Landed, or gathering: lower and wider, back to its own shape at take-off.
        crouch = math.sin(math.pi * phase / 0.3)
        return Stance(wide=0.05 * crouch, tall=-0.07 * crouch)
    air = (phase - 0.3) / 0.7
    return Stance(dy=-0.2 * 4 * air * (1 - air), tall=0.03 * math.sin(math.pi * air))


def _fly(time_s: float, done: float) -> Stance:
    return Stance(
        dx=0.05 * ease(done),
        dy=-0.16 * ease(done) - 0.015 * math.sin(_TAU * 0.5 * time_s),
        turn=0.04 * math.sin(_TAU * 0.35 * time_s),
    )


def _float(time_s: float, done: float) -> Stance:
    return Stance(
        dy=-0.05 * ease(done) - 0.025 * math.sin(_TAU * 0.3 * time_s), turn=0.025 * math.sin(_TAU * 0.21 * time_s)
    )


def _spin(time_s: float, done: float) -> Stance:
    del done
    return Stance(turn=math.radians(7) * math.sin(_TAU * 0.4 * time_s))


def _dance(time_s: float, done: float) -> Stance:
    del done
    beat = _TAU * time_s
    return Stance(
        dx=0.03 * math.sin(beat),
        dy=-0.025 * _bump(beat),
        turn=0.06 * math.sin(beat),
        tall=0.02 * math.sin(2 * beat),
    )


def _swim(time_s: float, done: float) -> Stance:
    del done
    stroke = _TAU * 0.5 * time_s
    return Stance(dx=0.03 * math.sin(stroke), dy=0.015 * math.sin(2 * stroke), turn=0.04 * math.sin(stroke + 1.2))


def _shake(time_s: float, done: float) -> Stance:
    del done
    across = 1.1 * math.sin(_TAU * 13.1 * time_s) + 0.5 * math.sin(_TAU * 16.7 * time_s)
    down = 1.1 * math.sin(_TAU * 14.3 * time_s + 1) + 0.5 * math.sin(_TAU * 15.9 * time_s + 2)
    return Stance(tremor=(across, down))


def _breathe(time_s: float, done: float) -> Stance:
    del done
    breath = math.sin(_TAU * 0.27 * time_s)
    return Stance(wide=0.005 * breath, tall=0.01 * breath)


def _grow(time_s: float, done: float) -> Stance:
    del time_s
    return Stance(wide=0.1 * ease(done), tall=0.1 * ease(done))


def _bump(angle: float) -> float:
    """0 to 1 and back twice a turn, smoothly."""
    return (1 - math.cos(2 * angle)) / 2


_MOTIONS: Final[Mapping[MotionName, tuple[float, Callable[[float, float], Stance]]]] = {
    "walk": (_FEET, _walk),
    "run": (_FEET, _run),
    "jump": (_FEET, _jump),
    "fly": (_MIDDLE, _fly),
    "float": (_MIDDLE, _float),
    "spin": (_MIDDLE, _spin),
    "dance": (_FEET, _dance),
    "swim": (_MIDDLE, _swim),
    "shake": (_MIDDLE, _shake),
    "breathe": (_FEET, _breathe),
    "grow": (_FEET, _grow),
}
"""Around which height it turns and grows, and the stance after so many seconds and such a share of the motion."""


class Choreography:
    """All motions of one subject, as one matrix for each moment."""

    def __init__(self, motions: Sequence[Motion], extent: Extent, stage: Stage, *, farthest_px: float) -> None:
        """`farthest_px`: it never leaves its place by more, whatever its motions add up to."""
        self._motions = motions
        self._extent = extent
        self._stage = stage
        self._farthest_px = farthest_px

    def at(self, share: float) -> Matrix:
        """From places in the picture to where the subject has them at this share of the clip."""
        whole = np.eye(3)
        for motion in self._motions:
            whole = self._matrix(motion, share) @ whole
        return whole

    def _matrix(self, motion: Motion, share: float) -> Matrix:
        comes = smoothstep((share - motion.start) / _COMES)
        level = motion.strength * comes * (1 - smoothstep((share - motion.end) / _COMES))
        height_of_pivot, stance_of = _MOTIONS[motion.name]
        time_s = max(0.0, share - motion.start) * self._stage.duration_s
        done = min(1.0, max(0.0, share - motion.start) / max(1e-6, motion.end - motion.start))
        stance = stance_of(time_s, done)
        extent = self._extent
        unit = self._stage.unit_px / 720
        shift = level * np.array(
            [
                stance.dx * extent.height + stance.tremor[0] * unit,
                stance.dy * extent.height + stance.tremor[1] * unit,
            ]
        )
        far = float(np.hypot(*shift))
        # Softly bounded, so that a hop slows at its top and does not hit a ceiling.
        shift *= self._farthest_px * math.tanh(far / self._farthest_px) / far if far > 1e-9 else 1.0
        cos, sin = math.cos(level * stance.turn), math.sin(level * stance.turn)
        wide, tall = 1 + level * stance.wide, 1 + level * stance.tall
        linear = np.array([[cos * wide, -sin * tall], [sin * wide, cos * tall]])
        if extent.is_rooted:
            # It leans and stretches from its foot instead of leaving it.
            linear[:, 1] -= shift / extent.height
            height_of_pivot, shift = _FEET, np.zeros(2)
        pivot = np.array([(extent.left + extent.right) / 2, extent.top + height_of_pivot * extent.height])
        matrix = np.eye(3)
        matrix[:2, :2] = linear
        matrix[:2, 2] = pivot + shift - linear @ pivot
        return matrix
