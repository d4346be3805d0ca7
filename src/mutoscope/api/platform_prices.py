"""What calls come to at list price. Pure: prices and units go in, money comes out, in full floating point."""

from typing import Final

from mutoscope.catalog.price import Price

_BY_CALL: Final = frozenset({"video", "generation"})
"""Units of which a successful call is one, however long its clip."""
_BASED: Final = "base_plus_second"


def unit_of(price: Price) -> str:
    """What is counted, as the wire says it."""
    return "second" if price.unit == _BASED else price.unit


def quantity_of(price: Price, billable_units: float) -> float:
    """How many units one successful call of so many seconds is."""
    return 1.0 if price.unit in _BY_CALL else billable_units


def cost_of(price: Price, unit_price: float, quantity: float) -> float:
    """What one call of so many units costs."""
    if price.unit != _BASED:
        return quantity * unit_price
    return price.base_price + max(0.0, quantity - price.base_units) * unit_price


def amount(value: float) -> float:
    """A sum as it is told: without the dust of binary fractions."""
    return round(value, 8)
