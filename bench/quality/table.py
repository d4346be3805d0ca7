"""Every quality bar of the procedural engine; speed is measured elsewhere, in processes of their own."""

from typing import Final

from bench.quality.bar import Bar

BARS: Final[tuple[Bar, ...]] = ()
