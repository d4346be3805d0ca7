"""The caption of text-to-video: five scripts, two lines, inside the frame, and nothing that no font has."""

import numpy as np
import pytest

from mutoscope.engines.procedural.diorama.caption import Caption
from mutoscope.engines.procedural.stage import Stage
from mutoscope.media.frames import Planes

SIZES = ((854, 480), (480, 854), (640, 640), (320, 180))
LONG = "A noble lord walks among his people, greeting them with a gentle smile, and " * 12


def backdrop(width_px: int, height_px: int, luma: int = 120) -> Planes:
    """A plain frame with some color."""
    planes = Planes.empty(width_px, height_px)
    planes.y[:], planes.u[:], planes.v[:] = luma, 150, 100
    return planes


def caption(text: str, width_px: int = 854, height_px: int = 480) -> Caption:
    """Over a frame of this size."""
    return Caption(text, Stage(width_px, height_px, 5.0, 0))


@pytest.mark.parametrize(
    "text",
    [
        "A cat leaps through the room",
        "Корабль плывёт по морю",
        "Ένα πλοίο στη θάλασσα",
        "一只猫在房间里跳跃",
        "猫が部屋で遊んでいます",
        "고양이가 방에서 뛴다",
    ],
)
def test_every_script_has_ink(text: str) -> None:
    """Bright letters on a darker shade, in one line as it was written."""
    planes = backdrop(854, 480)

    written = caption(text)
    written.draw(0.5, planes)

    assert written.lines == (text,)
    assert np.count_nonzero(planes.y > 200) > 100
    assert np.count_nonzero(planes.y < 100) > 100


@pytest.mark.parametrize("text", ["", "   ", "🐱🚀", "हिन्दी", "مرحبا", "…!?"])
def test_what_cannot_be_drawn_draws_nothing(text: str) -> None:
    """No question marks, no empty shade: not one sample changes."""
    planes = backdrop(854, 480)

    written = caption(text)
    written.draw(0.5, planes)

    assert written.lines == ()
    assert (planes.y == 120).all() and (planes.u == 150).all() and (planes.v == 100).all()


def test_emoji_are_left_out_of_a_sentence() -> None:
    """The rest is closed up."""
    assert caption("A cat 🐱 in space 🚀!").lines == ("A cat in space !",)


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("text", [LONG, "一只猫在房间里跳跃，窗外是夜晚，" * 20, "x" * 900])
def test_a_long_text_ends_in_an_ellipsis_within_the_margins(text: str, width: int, height: int) -> None:
    """Two lines at most, in the lower third, clear of the edges, with words or without spaces."""
    planes = backdrop(width, height)

    written = caption(text, width, height)
    written.draw(0.5, planes)

    assert len(written.lines) == 2
    assert written.lines[-1].endswith("…")
    rows, columns = np.nonzero(planes.y != 120)
    assert rows.min() > height * 0.66
    assert rows.max() < height * 0.975
    assert columns.min() > width * 0.03
    assert columns.max() < width * 0.97


def test_two_lines_are_of_about_one_length() -> None:
    """Not one full line and a last word."""
    lines = caption(
        "A noble lord walks among his people, greeting them with a gentle smile on his face today", 640, 640
    ).lines

    assert len(lines) == 2
    assert min(map(len, lines)) > 0.5 * max(map(len, lines))


def test_no_line_begins_with_a_full_stop() -> None:
    """East Asian punctuation stays with the character before it."""
    for count in range(20, 40):
        lines = caption("猫" * count + "。" + "犬" * 10, 480, 854).lines

        assert not any(line.startswith("。") for line in lines)


def test_a_caption_is_drawn_alike_each_time() -> None:
    """On equal frames, by two captions of the same text."""
    first, second = backdrop(854, 480), backdrop(854, 480)

    caption("Snow falls").draw(0.5, first)
    caption("Snow falls").draw(0.5, second)

    assert (first.y == second.y).all() and (first.u == second.u).all() and (first.v == second.v).all()


def test_letters_are_readable_on_white_and_on_black() -> None:
    """Their own shade sets them off."""
    for luma in (16, 235):
        planes = backdrop(854, 480, luma)

        caption("Fog").draw(0.5, planes)

        letters = planes.y[planes.y > 200] if luma < 100 else planes.y[planes.y < 150]
        assert letters.size > 60
