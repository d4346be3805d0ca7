"""How the light of candles, strobes and signs comes and goes: pure functions of time."""

from typing import Final

import numpy as np

_CANDLE_HZ: Final = (0.45, 0.9, 1.7, 2.9, 4.3)
_CANDLE_SHARE: Final = 0.10
_STROBE_HZ: Final = 3.0
"""No more flashes a second than people with photosensitive epilepsy are said to bear (WCAG 2.2, 2.3.1)."""
_STROBE_DARK: Final = -0.46
_STROBE_FLASH: Final = 0.22


class Candle:
    """A flame's light: slow leaning, quick trembling, now and then a duck; within about a tenth."""

    def __init__(self, chance: np.random.Generator) -> None:
        speeds = np.array(_CANDLE_HZ) * chance.uniform(0.85, 1.15, len(_CANDLE_HZ))
        self._speeds = 2 * np.pi * speeds
        self._phases = chance.uniform(0, 2 * np.pi, len(_CANDLE_HZ))
        self._weights = 1 / np.sqrt(np.arange(1, len(_CANDLE_HZ) + 1))

    def __call__(self, time_s: float) -> float:
        """Share by which the light is stronger than usual."""
        waves = self._weights * np.sin(self._speeds * time_s + self._phases)
        swing = float(waves.sum() / np.sqrt((self._weights**2).sum()))
        return _CANDLE_SHARE * float(np.tanh(swing)) * (1.25 if swing < 0 else 0.8)


def strobe(time_s: float) -> float:
    """A flash three times a second, dark between."""
    phase = (time_s * _STROBE_HZ) % 1.0
    return _STROBE_FLASH if phase < 0.42 else _STROBE_DARK
