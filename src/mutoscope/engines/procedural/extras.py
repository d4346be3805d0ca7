"""The pictures that may be made beside a clip, drawn from the film itself rather than from the encoded file."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from mutoscope.engines.procedural.film import Film
from mutoscope.generation import ExtraFile
from mutoscope.media.frames import Planes, rgb_of_planes
from mutoscope.media.image import RgbArray
from mutoscope.media.stills import contact_sheet, sheet_frame, write_still

_SHEET_FRAMES: Final = 6


def make_extras(film: Film, names: Sequence[str], folder: Path) -> tuple[ExtraFile, ...]:
    """Write the pictures of these names, each once, into `folder`."""
    return tuple(_make(film, name, folder) for name in dict.fromkeys(names))


def _make(film: Film, name: str, folder: Path) -> ExtraFile:
    path = folder / f"{name}.jpg"
    return ExtraFile(name, path, "image/jpeg", write_still(MAKERS[name](film), path))


def _poster(film: Film) -> RgbArray:
    """The frame after a third of the clip: late enough to show what happens, early enough to give nothing away."""
    return rgb_of_planes(_frame(film, round((film.num_frames - 1) / 3)))


def _contact_sheet(film: Film) -> RgbArray:
    """Six frames evenly from the first to the last."""
    last = film.num_frames - 1
    return contact_sheet(
        [sheet_frame(_frame(film, round(last * number / (_SHEET_FRAMES - 1)))) for number in range(_SHEET_FRAMES)]
    )


def _frame(film: Film, index: int) -> Planes:
    planes = Planes.empty(film.width_px, film.height_px)
    film.draw(index, planes)
    return planes


MAKERS: Final[Mapping[str, Callable[[Film], RgbArray]]] = {"poster": _poster, "contact_sheet": _contact_sheet}
"""By the name that the setting and the result have."""
