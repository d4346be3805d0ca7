"""What is known about a picture: how near its parts are, where its sky is, what its subject is."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Share = NDArray[np.float32]
"""float32 of shape (height, width), 0 to 1, of the analysed picture: small, and over the whole frame."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What the picture is of, cut out."""

    matte: Share
    confidence: float
    """0 to 1: how surely the outline is that of a thing."""
    center: tuple[float, float]
    """x and y as shares of the frame."""
    top: float
    """Uppermost row, as a share of the height."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A guess about a photo, or what a painter knows of his scene."""

    nearness: Share
    """0 (sky) to 1 (nearest)."""
    sky: Share
    """1 where the sky is, eroded: never on thin stems before it."""
    water: Share
    """1 where still or flowing water is likely."""
    plants: Share
    """1 where grass and leaves are likely."""
    horizon: float
    """Row where the ground begins, as a share of the height."""
    light: tuple[float, float]
    """Where the light of the sky comes from, x and y as shares of the frame."""
    subject: Subject | None = None

    @property
    def sky_share(self) -> float:
        """Of the picture's area."""
        return float(self.sky.mean())


_BLANK: Final[Share] = np.zeros((8, 8), np.float32)
NOTHING_KNOWN: Final = Analysis(
    nearness=_BLANK, sky=_BLANK, water=_BLANK, plants=_BLANK, horizon=0.5, light=(0.5, 0.2), subject=None
)
"""Of a picture that nobody had to look at."""
