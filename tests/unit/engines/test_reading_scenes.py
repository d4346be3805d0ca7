"""Words of places, figures and motions: what text-to-video paints, and what a picture's subject does."""

from typing import get_args

import pytest

from mutoscope.engines.procedural.plan import ColorName, FigureKind, MotionName, SceneKind, TimeOfDay
from mutoscope.engines.procedural.reading.vocabulary.rows import plural_forms
from mutoscope.engines.procedural.reading.vocabulary.scenes import COLORS, PLACES, TIMES
from mutoscope.engines.procedural.reading.vocabulary.subjects import FIGURES, MOTIONS
from tests.unit.engines.reading import figures, motions, names, plan, scene


def test_every_name_of_the_plan_has_words() -> None:
    """In both languages."""
    assert {row.kind for row in PLACES} == set(get_args(SceneKind))
    assert {row.time for row in TIMES} == set(get_args(TimeOfDay))
    assert {row.kind for row in FIGURES} == set(get_args(FigureKind))
    assert {row.name for row in MOTIONS} == set(get_args(MotionName))
    assert {row.name for row in COLORS} == set(get_args(ColorName))
    assert all(row.english and row.chinese for row in (*PLACES, *FIGURES, *MOTIONS, *COLORS))


@pytest.mark.parametrize(
    ("prompt", "kind", "time", "water", "snow"),
    [
        ("a mountain lake at sunset", "mountain", "sunset", True, False),
        ("Neon city street at night in the rain", "city", "neon", False, False),
        ("a cozy living room", "room", "night", False, False),
        ("pine forest in winter, early morning", "forest", "sunrise", False, True),
        ("desert dunes at noon", "desert", "day", False, False),
        ("a ship in a storm", "sea", "storm", True, False),
        ("an astronaut among the stars", "space", "night", False, False),
        ("a teapot", "mountain", "day", False, False),
    ],
)
def test_text_names_a_place(prompt: str, kind: str, time: str, water: bool, snow: bool) -> None:
    """The earliest word of each kind decides."""
    place = scene(prompt)

    assert (place.kind, place.time, place.water, place.snow) == (kind, time, water, snow)


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("a car", "road"), ("a cat", "room"), ("a sailboat", "sea"), ("a goldfish", "underwater"),
        ("a rocket", "space"),
        ("a knight", "village"), ("a lighthouse", "sea"), ("a boat on a river", "mountain"), ("a horse", "field"),
        ("a cat in the forest", "forest"), ("an arctic plain", "snow"), ("一辆车", "road"), ("雪原", "snow"),
        ("a village in the mountains", "village"), ("the starting line", "road"), ("海底", "underwater"),
    ],
)  # fmt: skip
def test_a_figure_stands_where_it_is_at_home(prompt: str, kind: str) -> None:
    """Unless the prompt names a place."""
    assert scene(prompt).kind == kind


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("a whale swims through the deep ocean, underwater", "underwater"),
        ("underwater in the sea", "underwater"),
        ("the ocean floor off a coast", "underwater"),
        ("在大海的海底", "underwater"),
        ("a beach beside a coral reef", "sea"),
        ("a forest with an underwater lamp", "forest"),
    ],
)
def test_under_water_is_no_surface(prompt: str, kind: str) -> None:
    """Words for what is under the sea win over words for the sea, wherever they stand, and over no other place."""
    place = scene(prompt)

    assert (place.kind, place.water) == (kind, kind == "sea")


@pytest.mark.parametrize(
    ("prompt", "kind"), [("waves crash", "sea"), ("waves on a mountain lake", "mountain"), ("海浪", "sea")]
)
def test_waves_make_a_sea_only_of_nothing_else(prompt: str, kind: str) -> None:
    """A lake has waves, too."""
    assert scene(prompt).kind == kind


@pytest.mark.parametrize(("prompt", "has_one"), [("a beach", True), ("海滩", True), ("the open ocean", False)])
def test_a_beach_is_painted_where_one_is_named(prompt: str, has_one: bool) -> None:
    """Not only where somebody has to stand on it."""
    assert scene(prompt).shore == has_one


@pytest.mark.parametrize(
    ("prompt", "negative", "deserted"),
    [
        ("a city", "", False),
        ("an empty city street", "", True),
        ("a city", "people", True),
        ("空无一人的街道", "", True),
    ],
)
def test_a_place_can_be_deserted(prompt: str, negative: str, deserted: bool) -> None:
    """By a word for it, or where people are not wanted."""
    assert scene(prompt, negative).deserted == deserted


@pytest.mark.parametrize(
    ("prompt", "count"),
    [
        ("a school of fish", 8), ("a shoal", 8), ("一群鱼", 8), ("鱼群", 8), ("a fish", 1), ("a small fish", 1),
        ("fish swim by", 3), ("colorful tropical fish", 3), ("two fish", 2),
    ],
)  # fmt: skip
def test_fish_are_several_unless_they_are_one(prompt: str, count: int) -> None:
    """A school is many; the plural looks like the singular."""
    assert [(figure.kind, figure.count) for figure in figures(prompt)] == [("fish", count)]


@pytest.mark.parametrize(
    ("prompt", "rider", "color", "coat"),
    [
        ("a knight rides a horse", "noble", None, None),
        ("a lone rider on a horse", "person", None, None),
        ("骑士骑马", "noble", None, None),
        ("一个女孩骑着白马", "person", None, "white"),
        ("a girl in a red dress on a white horse", "person", "red", "white"),
        ("a princess on horseback", "noble", None, None),
        ("a horse ridden by a boy", "person", None, None),
        ("a cowboy", "person", None, None),
    ],
)
def test_who_rides_sits_on_the_horse(prompt: str, rider: str, color: str | None, coat: str | None) -> None:
    """One figure, that carries another one in its own color."""
    (horse,) = figures(prompt)

    assert (horse.kind, horse.count, horse.color) == ("horse", 1, coat)
    assert horse.rider is not None and (horse.rider.kind, horse.rider.color) == (rider, color)


@pytest.mark.parametrize(
    "prompt", ["a man and a horse", "a knight walks beside his horse", "a motorcycle rider", "骑士和马", "a horse"]
)
def test_nobody_else_rides(prompt: str) -> None:
    """Not who stands by, nor who rides something else."""
    assert all(figure.rider is None for figure in figures(prompt))


@pytest.mark.parametrize(
    ("prompt", "time"),
    [
        ("a foggy harbor", "fog"), ("misty sunrise", "sunrise"), ("rain", "storm"), ("rain at sunset", "sunset"),
        ("fireflies in the woods", "night"), ("夜晚的城市", "night"), ("霓虹街头", "neon"),
        ("浓雾", "fog"), ("夕阳", "sunset"),
        ("a bright kitchen", "day"), ("space", "night"),
    ],
)  # fmt: skip
def test_words_tell_the_time(prompt: str, time: str) -> None:
    """Weather and lights only hint at it; a word for a time decides."""
    assert scene(prompt).time == time


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("two cars", [("car", 2)]),
        ("two powerful red sports cars", [("car", 2)]),
        ("3 boats", [("boat", 3)]),
        ("a car", [("car", 1)]),
        ("cars", [("car", 3)]),
        ("a flock of birds", [("bird", 6)]),
        ("a man and a woman", [("person", 2)]),
        ("a crowd", [("crowd", 1)]),
        ("people in a market", [("crowd", 1)]),
        ("three people", [("person", 3)]),
        ("a hundred and one dogs, 999 dogs", [("dog", 8)]),
        ("wolves", [("dog", 3)]),
        ("the cat and the cat's shadow", [("cat", 1)]),
        ("两辆车", [("car", 2)]),
        ("一群鸟", [("bird", 5)]),
        ("三只猫和一条狗", [("cat", 3), ("dog", 1)]),
        ("许多气球", [("balloon", 6)]),
        ("she dances", [("person", 1)]),
        ("no people", []),
        ("a street without cars", []),
        ("a noble lord walks among his people", [("noble", 1), ("crowd", 1)]),
    ],
)
def test_figures_are_counted(prompt: str, expected: list[tuple[str, int]]) -> None:
    """By numerals, words and plurals; a crowd is one."""
    assert [(figure.kind, figure.count) for figure in figures(prompt)] == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a red car and a blue car", ["red", "blue"]),
        ("a bright red sports car", ["red"]),
        ("a woman in a yellow dress", ["yellow"]),
        ("红色的汽车", ["red"]),
        ("穿着红色汉服的女孩", ["red"]),
        ("一只黑猫", ["black"]),
        ("a car on a green hill", [None]),
        ("a tiger", ["orange"]),
        ("a white tiger", ["white"]),
        ("a yellow taxi and a bus", ["yellow", None]),
        ("a taxi", ["yellow"]),
        ("天鹅", ["white"]),
    ],
)
def test_figures_have_the_color_before_them(prompt: str, expected: list[str | None]) -> None:
    """A person that of the clothes."""
    assert [figure.color for figure in figures(prompt)] == expected


def test_other_colors_are_the_scenes() -> None:
    """In order, three at most."""
    assert scene("purple mountains under an orange sky, teal, green").colors == ("purple", "orange", "cyan")
    assert scene("a red car").colors == ()


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("a walking man and a jumping dog", {"person": "walk", "dog": "jump"}),
        ("a cat sits. It pounces and leaps.", {"cat": "jump"}),
        ("two cars, engines revving. They surge forward", {"car": "run"}),
        ("birds fly over a swimming whale", {"bird": "fly", "whale": "swim"}),
        ("骑士行走，鸟飞翔", {"noble": "walk", "bird": "fly"}),
        ("奔跑的马", {"horse": "run"}),
        (
            "a girl dances by a tree, a boat and a castle",
            {"person": "dance", "tree": None, "boat": None, "castle": None},
        ),
        ("一个女孩在大树下跳舞", {"person": "dance", "tree": None}),
        ("a castle", {"castle": None}),
    ],
)
def test_figures_do_what_the_words_beside_them_say(prompt: str, expected: dict[str, str | None]) -> None:
    """What goes somewhere comes before a tremble or a rest."""
    assert {figure.kind: figure.motion for figure in figures(prompt)} == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("he walks", ["walk"]),
        ("engines revving, the cars surge forward", ["shake", "run"]),
        ("the cat pounces", ["jump"]),
        ("the balloon floats", ["float"]),
        ("the flower blooms", ["grow"]),
        ("the rocket lifts off", ["fly"]),
        ("she twirls", ["spin"]),
        ("the old man sleeps", ["breathe"]),
        ("she never dances", []),
        ("he smiles and greets them", []),
        ("the camera spins around", []),
        ("鱼儿游动", ["swim"]),
        ("猫在跳舞", ["dance"]),
    ],
)
def test_a_pictures_subject_moves(prompt: str, expected: list[str]) -> None:
    """Where the words mean it, and not the camera."""
    assert motions(prompt) == expected


def test_motions_follow_one_another() -> None:
    """Each until the next."""
    result = plan("the man walks, then runs").motions

    assert [(each.name, each.start, each.end) for each in result] == [("walk", 0, 0.5), ("run", 0.5, 1)]


def test_what_cannot_be_done_to_a_picture_is_ignored_aloud() -> None:
    """Faces do not change, and nothing can be put into a picture."""
    assert plan("A red car. He smiles and greets them.").ignored == ("red", "car", "smiles", "greets")


@pytest.mark.parametrize(
    ("prompt", "negative", "caption"),
    [
        ("A lake  at\ndawn", "", "A lake at dawn"),
        ("一个湖", "", "一个湖"),
        ("", "", None),
        ("🎬 ... 12", "", None),
        ("a lake", "text, watermark", None),
        ("a lake", "subtitles", None),
        ("a lake", "字幕", None),
        ("a lake, no text", "", None),
        ("a lake", "blur", "a lake"),
    ],
)
def test_the_caption_is_the_prompt(prompt: str, negative: str, caption: str | None) -> None:
    """On one line, unless it has no letter or text is not wanted."""
    assert scene(prompt, negative).caption == caption


def test_a_picture_has_no_scene() -> None:
    """Places, figures and colors are text-to-video's."""
    assert plan("a red car in a village at night").scene == type(scene(""))()


@pytest.mark.parametrize("row", FIGURES, ids=lambda row: f"{row.kind}-{row.english[:8]}")
def test_every_noun_is_a_figure(row) -> None:
    """In both languages; plurals are more than one."""
    for words, is_plural in plural_forms(row.english):
        (found,) = figures(" ".join(words))
        assert found.kind in (("horse",) if row.is_mounted else (row.kind, "crowd"))
        assert found.count > 1 or not is_plural or found.kind in ("crowd", "person"), words
    for word in row.chinese.split():
        expected = "horse" if row.is_mounted else row.kind
        assert expected in [figure.kind for figure in figures(word)] or row.is_pronoun, word


SEEDS = {
    "cat": "In a dimly lit room, a playful cat's eyes light up, fixated on a dancing red dot. With boundless"
    " energy, it pounces and leaps, chasing the elusive beam across the floor and up the walls. The simple joy of the"
    " hunt unfolds in clear, uncomplicated visuals.",
    "cars": "A stark starting line divides two powerful cars, engines revving for the challenge ahead. They surge"
    " forward in the heat of competition, a blur of speed and chrome. The finish line looms as they vie for victory.",
    "lord": "A noble lord walks among his people, his presence a comforting reassurance. He greets them with a gentle"
    " smile, embodying their hopes and earning their respect through simple interactions.",
    "snow": "Snowflakes fall as a car moves forward along the road.",
}
"""The prompts of the published examples."""


def test_published_prompts_come_to_sensible_plans() -> None:
    """With the API's default negative prompt, painted and on a picture."""
    default = "blur, distort, and low quality"
    shown = {name: scene(prompt, default) for name, prompt in SEEDS.items()}

    assert {name: (place.kind, place.time) for name, place in shown.items()} == {
        "cat": ("room", "night"),
        "cars": ("road", "day"),
        "lord": ("village", "day"),
        "snow": ("road", "day"),
    }
    assert [(f.kind, f.count, f.motion) for f in shown["cat"].figures] == [("cat", 1, "jump")]
    assert [(f.kind, f.count, f.motion) for f in shown["cars"].figures] == [("car", 2, "run")]
    assert [(f.kind, f.motion) for f in shown["lord"].figures] == [("noble", "walk"), ("crowd", None)]
    assert [(f.kind, f.motion) for f in shown["snow"].figures] == [("car", "run")]
    assert names(SEEDS["cat"], default) == ["dot"]
    assert names(SEEDS["cars"], default) == names(SEEDS["lord"], default) == []
    assert names(SEEDS["cars"]) == ["motion blur"]
    assert names(SEEDS["snow"], default) == ["snow"]
    assert motions(SEEDS["cars"]) == ["shake", "run"]
    assert "gentle smile" in plan(SEEDS["lord"]).ignored
