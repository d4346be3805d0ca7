"""Planes are BT.709 in limited range, and stay so on their way into a frame."""

import av
import numpy as np
import pytest

from mutoscope.media.frames import Planes, cover, fit, middle, planes_of_frame, planes_of_rgb, rgb_of_planes


@pytest.mark.parametrize(
    ("rgb", "yuv"),
    [
        ((0, 0, 0), (16, 128, 128)),
        ((255, 255, 255), (235, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 255, 0), (173, 42, 26)),
        ((0, 0, 255), (32, 240, 118)),
        ((191, 191, 191), (180, 128, 128)),
    ],
)
def test_colors_are_bt709_limited(rgb: tuple[int, int, int], yuv: tuple[int, int, int]) -> None:
    """The values of ITU-R BT.709 for the primaries; BT.601 would give 81 for red."""
    picture = np.full((4, 4, 3), rgb, np.uint8)

    planes = planes_of_rgb(picture)

    for plane, value in zip((planes.y, planes.u, planes.v), yuv, strict=True):
        assert np.abs(plane.astype(int) - value).max() <= 1


def test_chroma_is_the_mean_of_its_block() -> None:
    """Four pixels share one sample."""
    picture = np.zeros((2, 2, 3), np.uint8)
    picture[0, 0] = (0, 0, 255)

    planes = planes_of_rgb(picture)

    assert planes.u.shape == (1, 1)
    assert abs(int(planes.u[0, 0]) - (128 + 112 // 4)) <= 1


def test_there_and_back_loses_little() -> None:
    """A smooth picture comes back within rounding."""
    ramp = np.linspace(0, 255, 64, dtype=np.float32)
    picture = np.dstack(np.broadcast_arrays(ramp[None, :], ramp[:, None], 128.0)).astype(np.uint8)

    back = rgb_of_planes(planes_of_rgb(picture))

    assert np.abs(back.astype(int) - picture)[2:-2, 2:-2].max() <= 4


@pytest.mark.parametrize("width", [64, 98, 586, 854])
def test_planes_of_a_frame_write_into_it(width: int) -> None:
    """Whatever the distance between rows in the encoder's memory."""
    frame = av.VideoFrame(width, 36, "yuv420p")
    random = np.random.default_rng(0)
    source = Planes(
        random.integers(0, 256, (36, width), np.uint8),
        random.integers(0, 256, (18, width // 2), np.uint8),
        random.integers(0, 256, (18, width // 2), np.uint8),
    )

    source.copy_to(planes_of_frame(frame))

    flat = frame.to_ndarray()
    assert (flat[:36] == source.y).all()
    assert (flat[36:].reshape(2, 18, width // 2) == [source.u, source.v]).all()


def test_fit_leaves_a_picture_of_the_right_size_alone() -> None:
    """No resampling where none is needed."""
    picture = np.random.default_rng(1).integers(0, 256, (30, 40, 3), np.uint8)

    assert fit(picture, 40, 30) is picture
    assert fit(picture, 20, 16).shape == (16, 20, 3)
    assert fit(picture, 80, 60).shape == (60, 80, 3)


def test_cover_crops_the_middle() -> None:
    """A wide picture loses its sides, none of its proportions."""
    picture = np.zeros((20, 80, 3), np.uint8)
    picture[:, 30:50] = 200

    covered = cover(picture, 20, 20)

    assert covered.shape == (20, 20, 3)
    assert (covered == 200).all()


@pytest.mark.parametrize("size", [(7, 300), (300, 7), (64, 64)])
def test_planes_of_any_height_come_back_whole(size: tuple[int, int]) -> None:
    """Conversion in bands leaves no seam."""
    width, height = (2 * side for side in size)
    picture = np.full((height, width, 3), (180, 120, 60), np.uint8)

    assert np.abs(rgb_of_planes(planes_of_rgb(picture)).astype(int) - picture).max() <= 3


def test_middle_keeps_the_pictures_own_pixels() -> None:
    """Only the crop of `cover`, without resampling."""
    picture = np.random.default_rng(3).integers(0, 256, (90, 60, 3), np.uint8)

    assert (middle(picture, 200, 200) == picture[15:75]).all()
    assert (middle(picture, 2, 3) == picture).all()
