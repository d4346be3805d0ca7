"""What the platform charges, as data with a date."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What the platform charges for this endpoint: reference data with a date, never what a call costs here."""

    unit: str
    """What is counted: `second` (of output), `video`, `generation`, `base_plus_second`, or `unknown`."""
    unit_price: float | None = None
    """For one unit with nothing but defaults; None where nobody has said."""
    currency: str = "USD"
    as_of: str = ""
    """The month or months the figure was read in: `2026-07/08`."""
    note: str = ""
    tiers: tuple[tuple[Mapping[str, Any], float], ...] = ()
    """(values that arguments need, price of one unit); of those that fit, the one that asks for most holds."""
    base_price: float = 0.0
    """Of the first `base_units`, where the unit is `base_plus_second`."""
    base_units: int = 0
    """Units that `base_price` pays for."""

    def unit_price_for(self, values: Mapping[str, Any]) -> float | None:
        """The price of one unit with validated arguments; None where nobody has said."""
        fitting = [(len(when), price) for when, price in self.tiers if _fits(when, values)]
        return max(fitting)[1] if fitting else self.unit_price


UNKNOWN_PRICE: Final = Price(unit="unknown")


def _fits(when: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether validated arguments have the values of a tier; `given` asks for any value, inside lists too."""
    return all(
        _is_given(values, path.split(".")) if wanted == "given" else values.get(path) == wanted
        for path, wanted in when.items()
    )


def _is_given(value: Any, path: list[str]) -> bool:
    if isinstance(value, list):
        return any(_is_given(item, path) for item in value) if path else bool(value)
    if not path:
        return value not in (None, "")
    return isinstance(value, dict) and _is_given(value.get(path[0]), path[1:])
