"""One promise about the clips of the procedural engine: what is measured, and how good it has to be."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A figure and its bound; the same rows are tests and lines of the bench's table."""

    id: str
    """Short and unique: `F2`, `F2-ssim`."""
    text: str
    """What is measured, in one line."""
    measure: Callable[[], float]
    bound: float
    unit: str = ""
    at_most: bool = True
    """False when `bound` is the least that will do."""

    def holds(self, measured: float) -> bool:
        """Whether a measured figure is on the right side."""
        return measured <= self.bound if self.at_most else measured >= self.bound
