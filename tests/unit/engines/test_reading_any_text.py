"""Whatever text comes, there is a plan, and every word of it is accounted for."""

import math
import re
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutoscope.engines.procedural.plan import FADE
from mutoscope.engines.procedural.reading.lexicon import vocabulary_rows
from mutoscope.engines.procedural.reading.text import normalized
from mutoscope.engines.procedural.reading.vocabulary.idioms import COMPOUNDS
from mutoscope.engines.procedural.reading.vocabulary.manner import STOP_WORDS
from mutoscope.generation import InputFile
from tests.unit.engines.looking import PIER
from tests.unit.engines.reading import plan

CHARS: Final = 2500
"""The longest prompt of the API."""
HOSTILE = [
    "", "...", "🎬", "then ", "(", "pan ", "镜头推进", "镜头向左", "a ", "\x00 zoom in \\d+", "雪", "no ", "not a ",
    "ﷺ", "\u202e",
    "e\u0301", "\u0e49", "snow or ", "without snow or ", "rain stops. it rains. ", "heavy snow stops ", "red ",
    "red dot ",
    "two cars ", "camera is ", "camera ", "- ", "'", "a'", "n't ", "storm rain ", "snow, then ", "向左很", "zoom ",
    "’s ",
    "storm clears, ", "the the ", "1 ", "\n", "walk ", "says \"", "says ", "说", "then out ", "it stops ",
    "fades to ", "at the end ", "follow from behind ", "after ",
    "shot 1: ", "camera is in a ", "moves in ", "and ", "dancing red ", "pan very very very very ",
]  # fmt: skip
ROWS = vocabulary_rows()
NEGATIONS = ["no", "without", "not", "never", "don't", "没有", "不", "无", "避免"]
ORDER = [
    "then",
    "stops",
    "it stops",
    "finally",
    "at the end",
    "after 2 seconds",
    "然后",
    "停了",
    "后来",
    "shot 2:",
    "fades to",
]
MARKS = [", ", ". ", "! ", "; ", ": ", "(", ")", '"', "，", "。", "、", "“", "”", "-", "\n"]
WORDS = [word for row in ROWS for word in (*row.english.replace("+", "").split(","), *row.chinese.split()) if word]

COMPOUND_WORDS = [word for row in COMPOUNDS for word in (*row.first.split(", "), *row.second.split(", "))]
CAMERA = [
    "camera",
    "镜头",
    "zoom",
    "in",
    "pan",
    "left",
    "out",
    "向左",
    "移动",
    "tilt up",
    "orbit",
    "static",
    "不动",
    "says",
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_repeated_text_is_a_plan(piece: str) -> None:
    """And soon: no text makes a pattern run away, or the plan grow without end."""
    text = piece * (CHARS // len(piece)) if piece else ""

    for task in ("image-to-video", "text-to-video"):
        result = plan(text, text, task=task, width_px=640, height_px=360)
        assert result.describe_path()
        assert len(result.effects) <= 12
        assert len(result.ignored) <= 41
        assert sum(len(str(word)) for word in result.used) < 20_000


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=CHARS), st.text(max_size=200))
def test_any_characters_are_a_plan(prompt: str, negative: str) -> None:
    """Emoji, marks, directions, controls."""
    assert plan(prompt, negative).describe_path()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.one_of(*(st.sampled_from(each) for each in (WORDS, COMPOUND_WORDS, NEGATIONS, ORDER, MARKS, CAMERA))),
        max_size=40,
    ),
    st.lists(st.sampled_from([*WORDS, *NEGATIONS, *MARKS, "camera movement", "zoom"]), max_size=6),
    st.booleans(),
    st.booleans(),
    st.floats(0, 1),
)
def test_any_words_of_the_vocabulary_are_a_plan(
    words: list[str], unwanted: list[str], is_text: bool, is_ending: bool, cfg: float
) -> None:
    """In any order: times within the clip, strengths above nothing, and the same plan twice."""
    task = "text-to-video" if is_text else "image-to-video"
    prompt, negative = " ".join(words), " ".join(unwanted)
    last_frame = InputFile(PIER, ("body",)) if is_ending and not is_text else None

    result = plan(prompt, negative, task=task, cfg_scale=cfg, last_frame=last_frame)

    assert result == plan(prompt, negative, task=task, cfg_scale=cfg, last_frame=last_frame)
    parts: list[Any] = [*result.effects, *result.motions, *result.segments]
    assert all(0 <= part.start < part.end <= 1 for part in parts)
    strengths = [*(effect.strength for effect in result.effects), *(motion.strength for motion in result.motions)]
    assert all(math.isfinite(strength) and strength > 0 for strength in strengths)
    assert all(effect.end <= 1 - FADE for effect in result.effects if last_frame is not None)
    assert all(1 <= figure.count <= 8 for figure in result.scene.figures)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from([*WORDS, "gizmo", "quux", "不明", ",", "then"]), max_size=25), st.booleans())
def test_every_word_is_used_or_ignored(words: list[str], is_text: bool) -> None:
    """Words are in the account, but for those that carry no wish."""
    result = plan(" ".join(words), task="text-to-video" if is_text else "image-to-video")

    said = " ".join([*(word.text for word in result.used), *result.ignored])
    if not result.ignored or not result.ignored[-1].startswith("and "):
        for name in ("gizmo", "quux", "不明"):
            assert (name in words) <= (name in said)
    assert not any(re.fullmatch(r"\W*", word) for word in result.ignored)
    assert not set(result.ignored) & STOP_WORDS


def test_only_so_much_is_read() -> None:
    """Some characters stand for whole sentences."""
    assert len(normalized("ﷺ" * CHARS)) == 2 * CHARS
