"""Every quality bar holds, measured as the bench measures it."""

import pytest

from bench.quality.bar import Bar
from bench.quality.table import BARS


def test_bars_have_names_of_their_own() -> None:
    """So that a figure in a log or a table is one of them."""
    names = [bar.id for bar in BARS]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("bar", BARS, ids=lambda bar: bar.id)
def test_bar_holds(bar: Bar) -> None:
    """On photos and cards, in decoded frames where the bar says so."""
    measured = bar.measure()

    assert bar.holds(measured), f"{bar.id}: {bar.text} is {measured:.4g} {bar.unit}, the bar is {bar.bound:g}"
