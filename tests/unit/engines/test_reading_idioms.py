"""Words that mean something else together: what a prompt does not ask for does not come."""

import pytest

from tests.unit.engines.reading import figures, motions, moves, names, plan, scene, spans


@pytest.mark.parametrize(
    "prompt",
    [
        "a lighthouse sweeps its beam across the bay", "the star of the show", "movie stars", "a cool guy",
        "a warm smile",
        "a rain jacket", "rain boots", "snow white", "the night club owner", "a night owl", "a dust jacket",
        "a fire truck", "a fire hydrant", "a sun dress", "a storm trooper", "a golden retriever", "dark chocolate",
        "a smoke detector", "ice cream", "a neon tetra", "a candle holder", "cold beer", "morning coffee",
        "an evening gown", "good night", "a vintage car", "faded jeans", "a black and white cat", "a steam engine",
        "a lightning cable", "polka dots", "a polka dot dress", "a laser cut logo", "balance beam", "sound waves",
        "a stream of people", "a live stream", "drizzle honey on pancakes", "bubble tea", "a speech bubble",
        "sparkling water", "a spark plug", "flaming red hair", "a burn scar", "grains of rice", "whole grain bread",
        "wood grain", "noise cancelling headphones", "she waves her hand", "he waves", "the crowd is cheering, waving",
        "the waves of her hair", "the calm before the storm", "a rainbow after the rain", "confetti cake",
        "glow sticks", "starry eyed", "a winding road winds through the valley", "a snow globe", "the ken burns effect",
        "time flies", "a lake house", "tears rain down her face", "a waterfall of chocolate",
        "fire in his eyes", "tea leaves", "flare jeans", "a wind turbine",
    ],
)  # fmt: skip
def test_a_word_inside_another_one_brings_no_effect(prompt: str) -> None:
    """A wrong effect is worse than a missing one."""
    assert names(prompt) == []


@pytest.mark.parametrize(
    "prompt",
    [
        "a flash drive", "a jumping spider", "a fly on the wall", "fruit flies", "the children grow up",
        "running shoes",
        "the dance floor", "a swimming pool", "a walking stick", "a jump rope", "they shake hands", "hip hop music",
        "a flying saucer", "rush hour", "the human race", "hard drives", "a sitting room", "he shakes his head",
    ],
)  # fmt: skip
def test_a_word_inside_another_one_moves_nobody(prompt: str) -> None:
    """Nor does it draw the camera along."""
    assert motions(prompt) == []
    assert moves(prompt) == ["gentle push"]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("rain on a jacket", ["rain"]), ("a burning truck", ["embers"]), ("a rainy bus stop", ["rain"]),
        ("night, a truck", ["night"]), ("the waves, wide and slow", ["waves"]), ("a laser beam", ["dot"]),
        ("stars over the boat", ["stars"]), ("smoke, a machine hall", ["smoke"]), ("the sun sets over a market",
        ["sunset"]),
        ("the dragon breathes fire", ["embers"]), ("a flag waves", ["wind"]), ("an explosion", ["embers"]),
        ("the candle burns", ["candle"]), ("storm clouds", ["clouds"]),
        ("lights flashing", ["strobe"]), ("only the water moves", ["waves"]), ("shot on 35mm film", ["grain"]),
        ("sunlight streaming through the window", ["god rays"]), ("her hair flutters", ["wind"]),
        ("the coffee steams", ["smoke"]), ("he turns on the lamp", ["brighten"]), ("make the water flow", ["waves"]),
        ("the lights slowly dim", ["dim"]), ("裙摆飞扬", ["wind"]), ("水花四溅", ["waves"]), ("阳光穿透树叶",
        ["god rays"]), ("海风吹来", ["wind"]),
    ],
)  # fmt: skip
def test_the_words_by_themselves_still_do(prompt: str, expected: list[str]) -> None:
    """Across a comma, or where they are meant."""
    assert names(prompt) == expected


def test_a_compound_is_what_its_noun_is() -> None:
    """A figure, with its color and its number; clothes in their color."""
    assert [(each.kind, each.color) for each in figures("a red fire truck")] == [("car", "red")]
    assert [(each.kind, each.count) for each in figures("a golden retriever puppy")] == [("dog", 1)]
    assert [(each.kind, each.count) for each in figures("a red fox like dog runs")] == [("dog", 1)]
    assert [(each.kind, each.color) for each in figures("a woman in a yellow rain jacket")] == [("person", "yellow")]
    assert [each.kind for each in figures("a girl waves")] == ["person"]
    assert scene("a detective in a dark coat").time == "day"
    assert scene("a girl with pink hair").colors == ()


@pytest.mark.parametrize(
    "prompt",
    [
        'The man says: "I will be back before the storm, then zoom in."', "老人说：“明天会下雪，然后刮风。”",
        'A sign that reads "FIREWORKS"', "she whispers softly, “it snows”",
    ],
)  # fmt: skip
def test_what_somebody_says_does_not_happen(prompt: str) -> None:
    """It is listed as ignored, word by word."""
    result = plan(prompt)

    assert result.effects == () and [each.name for each in result.segments] == ["gentle push"]
    assert result.ignored


def test_quotation_marks_alone_are_no_speech() -> None:
    """Some put the whole prompt between them."""
    assert names('"A cat in the snow"') == ["snow"]


@pytest.mark.parametrize(
    ("prompt", "motion"),
    [
        ("a woman with long flowing hair walks", "walk"),
        ("the dragon breathes fire and flaps its wings", "fly"),
        ("孩子在雨中奔跑", "run"),
        ("在乌云中飞翔", "fly"),
    ],
)
def test_a_verb_after_somebodys_own_is_that_somebodys(prompt: str, motion: str) -> None:
    """Hair does not walk."""
    assert motions(prompt) == [motion]


def test_words_of_time_put_what_comes_late_late() -> None:
    """Even where nothing is said of the time before."""
    assert spans("At the end, fireworks") == {"fireworks": (0.5, 1)}
    assert spans("after 3 seconds the lights go out") == {"dim": (0.5, 1)}
    assert spans("a calm street, halfway through it starts snowing") == {"snow": (0.5, 1)}
    assert spans("At first it is sunny, later it rains, and in the last second lightning strikes") == {
        "rain": (0.333, 0.667),
        "storm": (0.667, 1),
    }
    assert "snow" in names("snow at the end of the street") and spans("snow at the end of the street")["snow"] == (0, 1)


def test_words_of_order_are_accounted_for() -> None:
    """But for the smallest."""
    said = [str(word) for word in plan("rain, then fog, at the end snow").used]

    assert "'at the end': order in time" in said
    assert not any("'then'" in word for word in said)


def test_the_shots_of_a_storyboard_follow_one_another() -> None:
    """Their numbers divide the clip, and say nothing about the camera."""
    assert spans("Shot 1: rain on a house. Shot 2: snow on a house.") == {"rain": (0, 0.5), "snow": (0.5, 1)}
    assert spans("[Scene 1] rain [Scene 2] snow") == {"rain": (0, 0.5), "snow": (0.5, 1)}


@pytest.mark.parametrize("prompt", ["day turns to night", "day gradually turns into night", "slowly fades to night"])
def test_a_change_to_night_stays(prompt: str) -> None:
    """'Fades to' brings something; only 'fades' ends it."""
    assert spans(prompt) == {"night": (0.5, 1)}


def test_the_sunset_fades_to_night() -> None:
    """One after the other, without a hole."""
    assert spans("the sunset slowly fades to night") == {"sunset": (0, 0.5), "night": (0.5, 1)}


def test_it_stops_ends_what_is_there() -> None:
    """Unless somebody else may have stopped."""
    assert spans("it snows, then it stops") == {"snow": (0, 0.5)}
    assert spans("heavy snow and light fog, then both fade") == {"snow": (0, 0.5), "fog": (0, 0.5)}
    assert spans("a car drives in the snow, then it stops") == {"snow": (0, 1)}


def test_four_clauses_are_quarters() -> None:
    """Each effect from its clause to the one that ends it."""
    assert spans("snow falls, then fog rolls in, then the snow stops, finally the fog clears") == {
        "snow": (0, 0.5),
        "fog": (0.25, 0.75),
    }


def test_fireworks_that_light_up_the_sky_leave_the_night() -> None:
    """They are no lamp that somebody turns on."""
    assert names("烟花照亮夜空") == ["fireworks"]
    assert spans("night falls, then fireworks light up the sky") == {"night": (0, 1), "fireworks": (0.5, 1)}
