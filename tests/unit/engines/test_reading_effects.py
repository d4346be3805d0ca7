"""Words of weather, particles, light and optics: which effect, when, how strong, in which color."""

from itertools import pairwise
from typing import get_args

import pytest

from mutoscope.engines.procedural.plan import (
    FADE,
    EffectName,
    LightName,
    OpticsName,
    ParticleName,
    SwayName,
    VeilName,
)
from mutoscope.engines.procedural.reading.vocabulary.effects import EFFECTS
from mutoscope.engines.procedural.reading.vocabulary.rows import english_forms
from mutoscope.generation import InputFile
from tests.unit.engines.looking import PIER
from tests.unit.engines.reading import effect, motions, names, plan, scene, spans

NAMES = {name for group in (LightName, VeilName, ParticleName, OpticsName, SwayName) for name in get_args(group)}


def test_every_effect_has_words_in_both_languages() -> None:
    """All but the tint, which a color with a word of light makes."""
    english = {row.name for row in EFFECTS if row.english}
    chinese = {row.name for row in EFFECTS if row.chinese}

    assert english == chinese == NAMES - {"tint"}


@pytest.mark.parametrize("row", EFFECTS, ids=lambda row: f"{row.name}-{row.english[:12]}")
def test_every_phrase_brings_its_effect(row) -> None:
    """In every inflection and both languages, and accounted for."""
    task = "text-to-video" if row.use == "text" else "image-to-video"
    for words in english_forms(row.english):
        result = plan(" ".join(words), task=task)
        assert row.name in [each.name for each in result.effects], words
        assert not result.ignored
    for word in row.chinese.split():
        assert row.name in names(f"远处{word}。", task=task), word


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("It snows", ["snow"]),
        ("a SNOWSTORM", ["snow"]),
        ("in the pouring rain", ["rain"]),
        ("thunder and lightning", ["storm"]),
        ("a thunderstorm, heavy rain", ["storm"]),
        ("misty morning", ["fog", "sunrise"]),
        ("steam rises from the cup", ["smoke"]),
        ("cherry blossoms drift by", ["petals"]),
        ("autumn leaves swirl", ["leaves"]),
        ("he leaves the house", []),
        ("time-lapse of clouds", ["clouds"]),
        ("waves crash on the shore", ["waves"]),
        ("shimmering heat", ["heat haze"]),
        ("in the heat of competition", []),
        ("black-and-white film noir", ["black and white", "vignette"]),
        ("flowers bloom", []),
        ("the lights go out", ["dim"]),
        ("the room lights up", ["brighten"]),
        ("a playful cat's eyes light up", []),
        ("a warm smile", []),
        ("a lightning-fast runner", []),
        ("a snow-capped mountain", []),
        ("shooting stars", ["shooting star"]),
        ("beams of light", ["god rays"]),
        ("a laser beam", ["dot"]),
        ("warm light", ["warm"]),
    ],
)  # fmt: skip
def test_the_longest_phrase_wins(prompt: str, expected: list[str]) -> None:
    """Words that are a part of another phrase, or mean something else there, are not taken by themselves."""
    assert names(prompt) == expected


def test_an_old_photo_is_old_already() -> None:
    """Who sends one wants it to move; a painted one has to be made old."""
    assert names("this old photo comes to life") == names("老照片修复") == []
    assert names("an old photo of a street", task="text-to-video") == ["sepia"]


@pytest.mark.parametrize("prompt", ["in a dimly lit room", "a neon-lit street", "a dark forest", "bright eyes", "暗淡"])
def test_how_a_picture_is_lit_already_changes_nothing_in_it(prompt: str) -> None:
    """An adjective tells of a state: the palette of a painted scene, and no effect on a picture."""
    assert names(prompt) == []
    assert plan(prompt).ignored


@pytest.mark.parametrize(
    ("prompt", "time"), [("a lake at sunset", "sunset"), ("a city at night", "night"), ("a dimly lit room", "night")]
)
def test_times_of_day_are_a_palette_of_a_painted_scene(prompt: str, time: str) -> None:
    """And an effect on a picture, where the words are nouns."""
    assert scene(prompt).time == time
    assert not {"sunset", "night"} & set(names(prompt, task="text-to-video"))


def test_a_time_of_day_that_comes_later_is_an_effect_everywhere() -> None:
    """A palette is there from the start; what comes has to come."""
    assert spans("a lake at noon, then night falls", task="text-to-video") == {"night": (0.5, 1)}
    assert scene("a lake at noon, then night falls").time == "day"


def test_clauses_put_effects_in_order() -> None:
    """The words of order divide the clip; a closing word ends an effect where its clause begins."""
    assert spans("static, then snow, finally the snow stops") == {"snow": (0.333, 0.667)}
    assert spans("rain, then the rain clears, then fog") == {"rain": (0, 0.333), "fog": (0.667, 1)}
    assert spans("a lake. Then it rains. Finally, the rain stops.") == {"rain": (0, 0.5), "waves": (0, 1)}


def test_what_ends_in_its_own_clause_ends_in_the_middle_of_it() -> None:
    """And what that clause brings comes then."""
    assert spans("The rain stops and the sun comes out") == {"rain": (0, 0.5), "brighten": (0.5, 1)}


@pytest.mark.parametrize("ending", ["stops", "slowly fades away", "finally ceased", "clears", "is over", "disappears"])
def test_words_that_end_an_effect(ending: str) -> None:
    """With an adverb between."""
    assert effect(f"The fog {ending}").end == 0.5


def test_a_clear_sky_ends_all_weather() -> None:
    """Rain, fog and clouds, but not the fireworks."""
    assert spans("rain, fog and fireworks, then the sky clears") == {
        "rain": (0, 0.5),
        "fog": (0, 0.5),
        "fireworks": (0, 1),
    }


def test_the_later_of_two_lights_takes_the_place_of_the_earlier() -> None:
    """So does weather, but not what goes together."""
    assert spans("sunset, then night") == {"sunset": (0, 0.5), "night": (0.5, 1)}
    assert spans("rain turns into snow") == {"rain": (0, 0.5), "snow": (0.5, 1)}
    assert spans("snow, then wind") == {"snow": (0, 1), "wind": (0.5, 1)}


def test_a_storm_brings_its_own_rain() -> None:
    """Rain before the storm stays until it comes."""
    assert spans("a storm with heavy rain") == {"storm": (0, 1)}
    assert spans("rain, then a storm") == {"rain": (0, 0.5), "storm": (0.5, 1)}


@pytest.mark.parametrize(
    "prompt",
    [
        "no snow", "without any snow", "not a single snowflake", "free of snow", "never snows", "it doesn't snow",
        "no heavy snow", "without rain or snow", "no wind, no snow", "没有雪", "不要下雪", "无雪",
        "没有雨和雪", "不下雪",
    ],
)  # fmt: skip
def test_negation_takes_an_effect_away(prompt: str) -> None:
    """At most one word away, and through 'or'."""
    assert "snow" not in names(prompt)
    assert any(word.is_negation for word in plan(prompt).used)


@pytest.mark.parametrize(
    "prompt",
    [
        "no wind, snow",
        "It never stops snowing",
        "without people. Snow falls",
        "he does not want to walk in the snow",
        "雪下个不停",
    ],
)
def test_negation_of_something_else_leaves_an_effect(prompt: str) -> None:
    """It ends at a comma, and 'never stops' is the opposite of 'no'."""
    assert "snow" in names(prompt)


def test_negation_later_is_an_end() -> None:
    """'Then no snow' after snow."""
    assert spans("snow, then no more snow") == {"snow": (0, 0.5)}


def test_strength_grows_with_cfg_scale() -> None:
    """Strictly, and as the camera's."""
    strengths = [effect("snow", cfg_scale=cfg).strength for cfg in (0, 0.25, 0.5, 0.75, 1)]

    assert all(low < high for low, high in pairwise(strengths))
    assert strengths[2] == pytest.approx(1)
    assert strengths[-1] / strengths[0] == pytest.approx(4)


@pytest.mark.parametrize(
    ("weak", "plain", "strong"),
    [
        ("light snow", "snow", "heavy snow"),
        ("snow falls gently", "snow falls", "snow falls heavily"),
        ("drizzle", "rain", "a downpour"),
        ("a gentle breeze", "a breeze", "violent gusts"),
        ("slow drifting fog", "fog", "dense fog"),
        ("小雪", "下雪", "暴雪"),
        ("轻微的雾", "雾", "浓密的雾"),
    ],
)
def test_adverbs_make_an_effect_weaker_or_stronger(weak: str, plain: str, strong: str) -> None:
    """Before or after it, or in the word itself."""
    first, second, third = (effect(prompt).strength for prompt in (weak, plain, strong))

    assert first < second <= third
    assert third > 1 or strong == "dense fog"


def test_an_adverb_belongs_to_what_it_stands_beside() -> None:
    """The camera's stays the camera's."""
    both = plan("The camera zooms in slowly, heavy snow")

    assert both.effects[0].strength == 1.5
    assert both.segments[0].move == plan("The camera zooms in slowly").segments[0].move


@pytest.mark.parametrize(
    ("prompt", "name", "color"),
    [
        ("a dancing red dot", "dot", "red"),
        ("bright green laser", "dot", "green"),
        ("pink petals", "petals", "pink"),
        ("golden leaves fall", "leaves", "gold"),
        ("purple smoke", "smoke", "purple"),
        ("蓝色的光球", "dot", "blue"),
        ("红点", "dot", "red"),
        ("粉色花瓣飘落", "petals", "pink"),
        ("bathed in red light", "tint", "red"),
        ("bathed in blue", "tint", "blue"),
        ("a soft orange glow", "tint", "orange"),
        ("紫色的灯光", "tint", "purple"),
    ],
)
def test_a_color_belongs_to_the_noun_after_it(prompt: str, name: str, color: str) -> None:
    """Or to the light, where that is meant."""
    assert color in [each.color for each in plan(prompt).effects if each.name == name]


@pytest.mark.parametrize("prompt", ["a red car", "white light", "a blue dress"])
def test_a_color_of_something_else_is_no_tint(prompt: str) -> None:
    """And light has no white, black or gray."""
    assert "tint" not in names(prompt)


def test_effects_are_gone_before_a_given_last_frame() -> None:
    """That frame is shown as it is."""
    effects = plan("snow, then fog", last_frame=InputFile(PIER, ("body",))).effects

    assert [each.name for each in effects] == ["snow", "fog"]
    assert all(each.end <= 1 - FADE and each.level(1.0) == 0 for each in effects)


def test_a_verb_beside_an_effect_is_the_effects_own() -> None:
    """A dot that dances, and embers that fly, are no motions of the subject."""
    assert motions("a dancing red dot") == []
    assert motions("embers dance in the air") == []
    assert motions("snow falls and she dances") == ["dance"]


def test_one_effect_comes_only_so_often() -> None:
    """A hundred showers are three."""
    assert len(names("it rains, then the rain stops, then " * 100)) <= 3


def test_names_of_the_plan_are_those_of_the_contract() -> None:
    """The union of the groups is the whole."""
    assert {name for group in get_args(EffectName) for name in get_args(group)} in (NAMES, set())
