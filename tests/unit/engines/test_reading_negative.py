"""The negative prompt: what it takes away, even when the prompt asks for it."""

import pytest

from tests.unit.engines.reading import figures, motions, moves, names, plan, scene

DEFAULT = "blur, distort, and low quality"
"""The API's own default text."""


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("snow", "snow"), ("heavy rain at night", "night, raining"), ("fog and rain", "rain and misty"),
        ("a storm", "rain"), ("motion blur, glow, bokeh", "blurry"), ("heat haze, rippling water", "warping"),
        ("candles, strobe", "flickering"), ("sunset", "no sunset"), ("下雪", "雪"), ("snow", "下雪、雨"),
        ("film grain", "noise, grainy"), ("dreamy glow", "模糊"),
    ],
)  # fmt: skip
def test_a_term_switches_an_effect_off(prompt: str, negative: str) -> None:
    """In either language, whatever the prompt says, and with a word in the account."""
    result = plan(prompt, negative)

    assert not {each.name for each in result.effects} - {"fog"}
    assert any(word.is_negation for word in result.used)


def test_other_effects_stay() -> None:
    """Only what is named goes."""
    assert names("snow, fog, sunset", "fog") == ["snow", "sunset"]


@pytest.mark.parametrize("negative", ["camera movement", "moving camera", "camera motion, blur", "镜头移动", "运镜"])
def test_camera_movement_means_a_still_camera(negative: str) -> None:
    """Not the gentle push of a clip without words."""
    assert plan("zoom in", negative).is_still


def test_moves_are_taken_away_by_name() -> None:
    """Others stay."""
    assert moves("pan left and zoom in", "变焦") == ["pan left"]
    assert moves("handheld, zoom in", "shaky") == ["zoom in"]


@pytest.mark.parametrize("negative", ["people", "person", "humans", "人物", "no people"])
def test_people_go(negative: str) -> None:
    """All kinds of them; animals stay."""
    assert [figure.kind for figure in figures("a king, a woman, a crowd and a dog", negative)] == ["dog"]


def test_figures_motions_places_and_colors_go_by_name() -> None:
    """What the prompt says of them does nothing."""
    assert [figure.kind for figure in figures("a cat and a dog", "cat")] == ["dog"]
    assert motions("he walks and jumps", "jumping") == ["walk"]
    assert scene("a city in the desert", "city").kind == "desert"
    assert scene("a lake at night", "night").time == "day"
    assert scene("red hills", "red").colors == ()


@pytest.mark.parametrize(
    ("negative", "crf_change"),
    [("", 0), ("low quality", -2), ("pixelated", -2), ("jpeg artifacts", -2), ("低质量", -2)],
)
def test_low_quality_means_finer_encoding(negative: str, crf_change: int) -> None:
    """By two steps."""
    assert plan("a lake", negative).crf_change == crf_change


def test_a_bad_exposure_is_no_time_of_day() -> None:
    """Who wants no dark picture may ask for a night."""
    assert scene("a city at night", "overexposed, dark, dim").time == "night"
    assert scene("a city at night", "night").time == "day"


@pytest.mark.parametrize("negative", ["distort", "distortion, warped", "deformed hands", "变形"])
def test_distortion_means_less_depth(negative: str) -> None:
    """By two fifths, and no effect that bends the picture."""
    assert plan("a lake", negative).tear_budget == pytest.approx(0.6 * plan("a lake").tear_budget)
    assert names("heat haze", negative) == []


def test_terms_that_mean_nothing_here_are_listed() -> None:
    """As terms, cut where they are long."""
    ignored = plan("a lake", "extra fingers, bad anatomy, " + "x" * 500).ignored

    assert "not 'extra fingers'" in ignored and "not 'bad anatomy'" in ignored
    assert max(len(term) for term in ignored) < 80


def test_the_default_text_is_one_line_of_the_account() -> None:
    """Nobody wrote it: it takes away motion blur and depth, and nothing else that the prompt asks for."""
    result = plan("a blur of speed, waves, dreamy", DEFAULT)

    assert [str(word) for word in result.used] == [
        "not 'blur of speed': no motion blur (negative prompt)",
        "'waves': waves 0-100 %",
        "'dreamy': glow 0-100 %",
        "default negative prompt: less depth in the camera move, no motion blur",
    ]
    assert result.ignored == ()
    assert result.crf_change == 0
    assert result.tear_budget == pytest.approx(0.6 * plan("a lake").tear_budget)
    assert names("heat haze, bokeh, candles, fog, snow", DEFAULT) == ["heat haze", "bokeh", "candle", "fog", "snow"]


def test_a_negative_word_restores_the_plan_without_the_effect() -> None:
    """The rest of the plan is the same, so the clip is."""
    for without, with_effect, term in (
        ("zoom in", "zoom in, snow", "snow"),
        ("a man walks, zoom in", "a man walks, zoom in, thunderstorm", "storm"),
        ("static shot", "static shot, sunset", "sunset"),
    ):
        ours, bare = plan(with_effect, term), plan(without)
        assert (ours.segments, ours.effects, ours.motions) == (bare.segments, bare.effects, bare.motions)
