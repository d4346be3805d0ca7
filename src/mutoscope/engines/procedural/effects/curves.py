"""Folds the light of one moment into tables: one over luma, two over chroma, and what luma does to chroma."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mutoscope.engines.procedural.effects.blending import halved
from mutoscope.engines.procedural.effects.recipes import Recipe
from mutoscope.engines.procedural.film import soft_step
from mutoscope.media.frames import Plane, Planes

Curve = NDArray[np.float32]
"""One value for each of the 256 luma codes."""
Table = NDArray[np.uint8]
"""One code for each of the 256 codes."""

LUMA: Final = np.clip((np.arange(256, dtype=np.float32) - 16) / 219, 0, 1).astype(np.float32)
"""Luma codes as shares of the way from black to white."""
_GAIN_MIN: Final = 0.12
_CHROMA_FREE: Final = 72.0
"""Chroma this far from gray is scaled as asked; beyond, it is held softly within the legal 112."""
_SAME_GAIN: Final = 0.04
"""Where gains of all lumas are so alike, one will do."""
_FOLLOWS: Final = 0.85
"""How much of luma's loss chroma shares. All of it would be exposure; film keeps a little color in the dark."""


@dataclass(frozen=True, slots=True)
class Dose:
    """A recipe, how much of it, and how its light pulses at this moment."""

    recipe: Recipe
    level: float
    pulse: float = 0.0
    """Share by which the light is stronger than usual; below 0 weaker."""


class Tables:
    """The whole grade of one moment."""

    def __init__(self, doses: Iterable[Dose], *, room: float = 0.0) -> None:
        """`room` is kept free below white, as a share of luma, for light that is added later."""
        luma = LUMA.copy()
        gain = np.ones(256, np.float32)
        shift_u, shift_v = np.zeros(256, np.float32), np.zeros(256, np.float32)
        for dose in doses:
            bent = _bent(luma, dose)
            follows = _FOLLOWS * (bent[1] - 1)
            own = (1 + follows) * max(0.0, 1 + (dose.recipe.saturation - 1) * dose.level)
            weights = _tones(luma)
            shifts = dose.recipe.shadows, dose.recipe.middles, dose.recipe.lights
            gain, shift_u, shift_v = gain * own, shift_u * own, shift_v * own
            for weight, shift in zip(weights, shifts, strict=True):
                shift_u = shift_u + weight * np.float32(dose.level * shift[0])
                shift_v = shift_v + weight * np.float32(dose.level * shift[1])
            luma = bent[0]
        top = max(0.0, float(luma[235]) + room - 1)
        luma = luma * (1 - top * luma**2)
        self._luma: Table = np.clip(np.rint(16 + 219 * luma), 1, 254).astype(np.uint8)
        self._u = _Chroma(gain, shift_u)
        self._v = _Chroma(gain, shift_v)

    def draw(self, target: Planes) -> None:
        """Change every sample of `target`, in place."""
        half = part = None
        if self._u.needs_luma or self._v.needs_luma:
            half = halved(target.y, 1)
            # The gain is one for both planes.
            part = np.asarray(cv2.LUT(half, self._u.part), np.uint8) if self._u.part.min() < 255 else None
        self._u.draw(target.u, half, part)
        self._v.draw(target.v, half, part)
        cv2.LUT(target.y, self._luma, dst=target.y)


class _Chroma:
    """128 + gain(luma)·(sample − 128) + shift(luma), in steps of unsigned bytes that never fall below 0."""

    def __init__(self, gain: Curve, shift: Curve) -> None:
        most = max(0.02, float(gain.max()))
        part = gain / np.float32(most)
        if np.ptp(part) < _SAME_GAIN:
            most, part = float(gain.mean()), np.ones_like(part)
        least = min(0.0, float(shift.min()))
        self.needs_luma = bool(part.min() < 1 or np.ptp(shift) > 0.5)
        codes = np.arange(256, dtype=np.float32) - 128
        own = _held(codes, most) + (least if self.needs_luma else float(shift.mean()))
        self._own: Table = np.clip(np.rint(128 + own), 0, 255).astype(np.uint8)
        self.part: Table = np.rint(255 * part).astype(np.uint8)
        """255ths of a sample that stay, for each luma."""
        self._rest: Table = np.clip(np.rint(128 + shift - (128 + least) * part), 0, 255).astype(np.uint8)

    def draw(self, plane: Plane, luma: Plane | None, part: Plane | None) -> None:
        """`luma` at the plane's size, where it is needed, and `part` of it; None where that is all."""
        cv2.LUT(plane, self._own, dst=plane)
        if part is not None:
            cv2.multiply(plane, part, dst=plane, scale=1 / 255)
        if luma is not None and self.needs_luma:
            cv2.add(plane, cv2.LUT(luma, self._rest), dst=plane)


def _bent(luma: Curve, dose: Dose) -> tuple[Curve, Curve]:
    """Luma after one dose, and by what factor it grew at each luma, black's lift left out."""
    recipe, level = dose.recipe, dose.level
    light = max(_GAIN_MIN, 1 + dose.pulse * level)
    gain = max(_GAIN_MIN, 1 + (recipe.gain - 1) * level) * light
    white = min(1.0, max(_GAIN_MIN, 1 + (recipe.white - 1) * level) * light)
    # Brighter than 1 with white held: the bend must come early enough that the curve never turns down.
    reach = min(recipe.reach, gain / max(1e-3, gain - white)) if gain > white else recipe.reach
    curve = gain * luma + (white - gain) * luma**reach
    curve = curve + 4 * recipe.contrast * level * curve * (1 - curve) * (curve - 0.5)
    factor = np.where(luma > 1e-3, curve / np.maximum(luma, 1e-3), gain)
    black = recipe.black * level
    return (black + (1 - black) * curve).astype(np.float32), factor.astype(np.float32)


def _tones(luma: Curve) -> tuple[Curve, Curve, Curve]:
    """Weights of shadows, middles and lights, which add up to 1, but for deepest black: it takes half."""
    lights = soft_step((luma - 0.40) / 0.55)
    shadows = 1 - soft_step(luma / 0.45)
    middles = 1 - lights - shadows
    depth = 0.5 + 0.5 * soft_step(luma / 0.18)
    return shadows * depth, np.maximum(middles, 0) * depth, lights


def _held(chroma: Curve, gain: float) -> Curve:
    """Chroma times `gain`; where that is above 1, held within its legal range without a corner."""
    grown = chroma * np.float32(gain)
    size = np.abs(grown)
    rest = 112 - _CHROMA_FREE
    soft = np.where(size > _CHROMA_FREE, _CHROMA_FREE + rest * np.tanh((size - _CHROMA_FREE) / rest), size)
    # Comes in with the gain: a grade that has hardly begun changes hardly anything.
    share = np.clip((gain - 1) / 0.2, 0, 1)
    return np.asarray(np.sign(chroma) * (size + share * (soft - size)), np.float32)
