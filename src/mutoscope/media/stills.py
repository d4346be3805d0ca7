"""Still pictures of a clip: one frame as a JPEG, or several of them on one sheet."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from PIL import Image

from mutoscope.media.frames import Plane, Planes, rgb_of_planes
from mutoscope.media.image import RgbArray

_QUALITY: Final = 90
_SHEET_COLUMNS: Final = 3
_SHEET_WIDTH_PX_MAX: Final = 1280
_MARGIN_PX: Final = 8
_GROUND: Final = 24
"""Gray between the frames of a sheet: dark, so that frames of any tone stand out, and not the black of a fade."""


def write_still(rgb: RgbArray, path: Path) -> int:
    """Write a picture in sRGB as JPEG; the bytes written. Equal pictures give equal files."""
    content = io.BytesIO()
    Image.fromarray(rgb).save(content, "JPEG", quality=_QUALITY)
    # Pillow itself does not notice when a disk that fills up takes only the beginning.
    return path.write_bytes(content.getbuffer())


def contact_sheet(frames: Sequence[RgbArray]) -> RgbArray:
    """Frames of one size in rows of three, in reading order, with a margin around each."""
    height, width = frames[0].shape[:2]
    rows = -(-len(frames) // _SHEET_COLUMNS)
    sheet = np.full(
        (rows * (height + _MARGIN_PX) + _MARGIN_PX, _SHEET_COLUMNS * (width + _MARGIN_PX) + _MARGIN_PX, 3),
        _GROUND,
        np.uint8,
    )
    for number, frame in enumerate(frames):
        row, column = divmod(number, _SHEET_COLUMNS)
        top, left = _MARGIN_PX + row * (height + _MARGIN_PX), _MARGIN_PX + column * (width + _MARGIN_PX)
        sheet[top : top + height, left : left + width] = frame
    return sheet


def sheet_frame(planes: Planes) -> RgbArray:
    """A frame at the size it has on a contact sheet: three of them are as wide as a sheet may be."""
    room = (_SHEET_WIDTH_PX_MAX - (_SHEET_COLUMNS + 1) * _MARGIN_PX) // _SHEET_COLUMNS
    width = min(room, planes.width_px) & ~1
    height = max(2, round(width * planes.height_px / planes.width_px) & ~1)
    half = (width // 2, height // 2)
    return rgb_of_planes(Planes(_shrunk(planes.y, (width, height)), _shrunk(planes.u, half), _shrunk(planes.v, half)))


def _shrunk(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), np.uint8)
