"""docs/prompts.md names everything that the vocabulary knows, and what it shows is true."""

import re
from typing import Any, get_args

import pytest

from bench.quality.clips import ROOT
from mutoscope.engines.procedural.plan import (
    ColorName,
    FigureKind,
    LightName,
    MotionName,
    OpticsName,
    ParticleName,
    SceneKind,
    SwayName,
    TimeOfDay,
    VeilName,
)
from mutoscope.engines.procedural.reading.vocabulary.camera import CAMERA_WORDS, CHINESE_CAMERA_WORDS
from mutoscope.engines.procedural.reading.vocabulary.manner import AMOUNTS, DEFAULT_NEGATIVE, NEGATIVES
from tests.unit.engines.reading import moves, plan

PAGE = (ROOT / "docs" / "prompts.md").read_text("utf-8")
GROUPS: tuple[Any, ...] = (
    LightName, VeilName, ParticleName, OpticsName, SwayName, MotionName, FigureKind, SceneKind, TimeOfDay, ColorName,
)  # fmt: skip
NAMES = sorted({name for group in GROUPS for name in get_args(group)})


def table(title: str) -> list[list[str]]:
    """Cells of the rows of the table that has this head in its first column, wherever there are several."""
    rows, is_inside = [], False
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            is_inside = False
        elif cells[0] == title:
            is_inside = True
        elif is_inside and set(line) - set("|-"):
            rows.append(cells)
    return rows


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_on_the_page(name: str) -> None:
    """As the first cell of a row."""
    assert re.search(rf"^\| `{name}`", PAGE, re.MULTILINE)


def test_every_move_is_on_the_page() -> None:
    """By the name that the log uses."""
    for word in (*CAMERA_WORDS, *CHINESE_CAMERA_WORDS):
        assert f"`{word.name}`" in PAGE


def test_amounts_and_negative_terms_are_on_the_page() -> None:
    """By their first words in both languages."""
    rows: list[Any] = [*(row for row in AMOUNTS if row.what != "count"), *NEGATIVES]
    for row in rows:
        first = row.english.split(",")[0].replace("+", "")
        assert f"| {first}" in PAGE and row.chinese.split()[0] in PAGE
    assert DEFAULT_NEGATIVE in PAGE


@pytest.mark.parametrize(
    ("title", "kind", "task"),
    [
        ("effect", "effect", "image-to-video"),
        ("motion", "motion", "image-to-video"),
        ("place", "scene", "text-to-video"),
        ("time", "scene", "text-to-video"),
        ("figure", "scene", "text-to-video"),
        ("color", "scene", "text-to-video"),
    ],
)
def test_words_of_the_tables_do_what_their_row_says(title: str, kind: str, task: str) -> None:
    """Each by itself, in both languages."""
    rows = table(title)
    assert rows
    for name, english, chinese, *_ in rows:
        for word in (*english.split(", "), *chinese.split()):
            # A verb by itself is an order to the camera, if the camera can do it.
            prompt = f"they {word}" if title == "motion" else word
            said = [use.effect for use in plan(prompt, task=task).used if use.kind == kind]
            assert any(name.strip("`") in each for each in said), (name, word)


def test_camera_words_of_the_page_move_the_camera() -> None:
    """Or hold it still."""
    for names, english, chinese in table("move"):
        for word in (*english.split(", "), *chinese.split()):
            made = moves(word)
            assert (made == []) if names == "still" else (made and f"`{made[0]}`" in names), word
