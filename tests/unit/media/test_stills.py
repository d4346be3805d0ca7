"""Stills are JPEGs of a stated shape."""

import errno
import resource
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mutoscope.media.frames import Planes, planes_of_rgb
from mutoscope.media.stills import contact_sheet, sheet_frame, write_still


def plain(width: int, height: int, gray: int = 128) -> Planes:
    """A frame of one gray."""
    return planes_of_rgb(np.full((height, width, 3), gray, np.uint8))


def test_still_is_a_jpeg_of_the_picture(tmp_path: Path) -> None:
    """The number of bytes is what lies there, and equal pictures give equal files."""
    rgb = np.full((60, 90, 3), (200, 90, 40), np.uint8)

    sizes = [write_still(rgb, tmp_path / name) for name in ("a.jpg", "b.jpg")]

    assert sizes == [(tmp_path / "a.jpg").stat().st_size] * 2
    assert (tmp_path / "a.jpg").read_bytes() == (tmp_path / "b.jpg").read_bytes()
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (90, 60)
        assert np.abs(np.asarray(image).astype(int) - (200, 90, 40)).max() <= 4


def test_still_that_has_no_room_is_an_error(tmp_path: Path) -> None:
    """A disk that takes the beginning and no more: never half a picture that passes for a whole one."""
    rgb = np.random.default_rng(1).integers(0, 256, (60, 90, 3), np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            write_still(rgb, tmp_path / "a.jpg")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert caught.value.errno == errno.EFBIG


@pytest.mark.parametrize(("count", "rows"), [(1, 1), (3, 1), (4, 2), (6, 2)])
def test_sheet_has_rows_of_three(count: int, rows: int) -> None:
    """In reading order, eight pixels apart."""
    frames = [np.full((20, 30, 3), 40 * number + 40, np.uint8) for number in range(count)]

    sheet = contact_sheet(frames)

    assert sheet.shape == (rows * 28 + 8, 3 * 38 + 8, 3)
    for number in range(count):
        row, column = divmod(number, 3)
        assert (sheet[8 + 28 * row : 28 + 28 * row, 8 + 38 * column : 38 + 38 * column] == 40 * number + 40).all()


@pytest.mark.parametrize("size", [(1920, 1080), (1080, 1920), (320, 180), (64, 36)])
def test_three_frames_of_a_sheet_are_at_most_1280_wide(size: tuple[int, int]) -> None:
    """Smaller ones keep their size; all keep their aspect."""
    frame = sheet_frame(plain(*size))

    height, width = frame.shape[:2]
    assert width == min(416, size[0])
    assert abs(width / height / (size[0] / size[1]) - 1) < 0.02
    assert contact_sheet([frame] * 6).shape[1] <= 1280
    assert np.abs(frame.astype(int) - 128).max() <= 2
