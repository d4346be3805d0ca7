"""Shots of a storyboard: what is told of one happens in its time, however long the others are."""

from collections.abc import Sequence

import pytest

from bench.quality.clips import job
from mutoscope.catalog.storyboard import text_of, times_of
from mutoscope.engines.procedural.engine import ProceduralEngine
from mutoscope.engines.procedural.plan import Plan
from mutoscope.engines.procedural.reading.reader import plan_job
from tests.unit.engines.conftest import MakeJob
from tests.unit.engines.looking import Listener

Board = Sequence[tuple[str, int]]


def plan(board: Board, prompt: str = "") -> Plan:
    """The plan of a storyboard: words and seconds of each shot."""
    shots = [{"prompt": words, "duration": str(seconds)} for words, seconds in board]
    return plan_job(job(text_of(prompt, shots), shots=times_of(prompt, shots)))


def path(board: Board, prompt: str = "") -> list[tuple[str, float, float]]:
    """Names and times of the camera's moves."""
    return [(each.name, round(each.start, 4), round(each.end, 4)) for each in plan(board, prompt).segments]


def test_shots_share_the_time_by_their_lengths() -> None:
    """Two seconds and eight are a fifth and the rest, and not two halves."""
    board = [("camera zooms in", 2), ("camera pans left", 8)]

    assert path(board) == [("zoom in", 0, 0.2), ("pan left", 0.2, 1)]


def test_a_shot_is_divided_among_its_own_clauses() -> None:
    """'Then' within a shot takes no time from the others."""
    board = [("camera zooms in, then zooms out", 4), ("Camera pans left. Camera tilts up", 6)]

    assert path(board) == [
        ("zoom in", 0, 0.2),
        ("zoom out", 0.2, 0.4),
        ("pan left", 0.4, 0.7),
        ("tilt up", 0.7, 1),
    ]


def test_a_prompt_beside_the_shots_has_the_whole_time() -> None:
    """Its camera too."""
    board = [("camera pans left", 1), ("camera tilts up", 3)]

    assert path(board, "the camera rolls clockwise.")[0][1:] == (0, 1)
    assert path(board, "a boat.") == [("pan left", 0, 0.25), ("tilt up", 0.25, 1)]


def test_a_shot_that_says_nothing_has_its_time() -> None:
    """First, between or last."""
    assert path([(" ", 5), ("camera pans left", 5)]) == [("pan left", 0.5, 1)]
    assert path([("camera pans left", 2), ("", 6), ("camera tilts up", 2)]) == [
        ("pan left", 0, 0.2),
        ("tilt up", 0.8, 1),
    ]
    assert path([("camera pans left", 5), (".", 5)]) == [("pan left", 0, 0.5)]


def test_weather_comes_with_its_shot() -> None:
    """And what changes nothing in its own shot is there in that shot, not before."""
    effects = {each.name: each for each in plan([("a quiet street", 3), ("snow", 7)]).effects}

    assert effects["snow"].start == pytest.approx(0.3)


@pytest.mark.parametrize(
    "first", ["ＣＡＭＥＲＡ   zooms\u00a0in", "鏡頭推進", "…camera zooms in", "Ⅷ﷽ camera zooms in"]
)
def test_places_hold_where_reading_changes_the_length_of_a_text(first: str) -> None:
    """One sign may be read as many, and many gaps as one."""
    last = path([(first, 2), ("camera pans left", 8)])[-1]

    assert last == ("pan left", 0.2, 1)


def test_the_log_says_when_each_shot_begins(engine: ProceduralEngine, make_job: MakeJob) -> None:
    """In seconds of the clip as it was asked for."""
    shots = [{"prompt": "camera zooms in", "duration": 2}, {"prompt": "snow", "duration": 3}]
    listener = Listener()

    engine.film(make_job(text_of("", shots), shots=times_of("", shots)), listener)

    assert listener.said("shot 1") == ["shot 1 from 0.0 s, shot 2 from 2.0 s"]
    assert listener.said("camera: zoom in 0-40 %")
    assert listener.said("effects: snow 40-100 %")
