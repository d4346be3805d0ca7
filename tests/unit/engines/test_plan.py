"""What the words of a prompt come to: camera moves, their order and size, and what is left out."""

import pytest

from mutoscope.generation import CameraControl
from tests.unit.engines.reading import moves, plan


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("zoom in", "zoom in"),
        ("Camera slowly ZOOMS IN on the face", "zoom in"),
        ("a slow zoom on the castle", "zoom in"),
        ("push-in", "push in"),
        ("The camera is pushing in", "push in"),
        ("dolly forward past the trees", "dolly in"),
        ("the camera moves closer to the cat", "move forward"),
        ("we fly through the canyon", "move forward"),
        ("zoom out", "zoom out"),
        ("the camera is slowly pulling away", "pull back"),
        ("camera pulls back to reveal the sea", "pull back"),
        ("dolly out", "dolly out"),
        ("pan left", "pan left"),
        ("camera panned to the right", "pan right"),
        ("the camera pans from left to right", "pan right"),
        ("a right-to-left pan", "pan left"),
        ("camera turns left", "pan left"),
        ("tilt up to the sky", "tilt up"),
        ("pan down", "tilt down"),
        ("the camera looks up", "tilt up"),
        ("camera trucks left", "truck left"),
        ("the camera glides slowly to the right", "truck right"),
        ("tracking shot of a runner", "truck right"),
        ("crane up", "crane up"),
        ("the drone rises over the city", "crane up"),
        ("camera descends", "crane down"),
        ("orbit left around the statue", "orbit left"),
        ("the camera circles the tower", "orbit right"),
        ("360 degree turntable", "orbit right"),
        ("camera rolls left", "roll left"),
        ("dutch angle", "roll right"),
        ("dolly zoom", "dolly zoom"),
        ("vertigo effect", "dolly zoom"),
        ("handheld footage", "handheld"),
        ("aerial view of the coast", "aerial"),
        ("crash zoom", "zoom in"),
        ("ken burns effect", "zoom in"),
        ("slow motion zoom", "zoom in"),
        ("the camera tightens on her face", "zoom in"),
        ("dolly shot", "dolly in"),
        ("camera moves in on the cup", "move forward"),
        ("camera forward", "move forward"),
        ("the camera follows the woman from behind", "move forward"),
        ("fpv drone through a factory", "fly through"),
        ("tracking backward", "move back"),
        ("camera backs up", "move back"),
        ("camera moves out", "move back"),
        ("swish pan", "pan right"),
        ("camera pivots left", "pan left"),
        ("the camera turns around", "pan right"),
        ("the camera sweeps over the valley", "pan right"),
        ("camera tilts", "tilt up"),
        ("the camera follows the dog", "truck right"),
        ("following shot", "truck right"),
        ("parallax", "truck right"),
        ("camera left", "truck left"),
        ("camera up", "crane up"),
        ("ped down", "crane down"),
        ("camera swoops down", "crane down"),
        ("the drone dives", "crane down"),
        ("bullet time", "orbit right"),
        ("hitchcock zoom", "dolly zoom"),
    ],
)
def test_words_of_the_camera_are_understood(prompt: str, move: str) -> None:
    """Case, inflection and words between do not matter; the longest match wins."""
    assert moves(prompt) == [move]


@pytest.mark.parametrize(
    "prompt",
    [
        "a cook stirs a frying pan",
        "she tilts her head up",
        "a red truck turns left at the corner",
        "an eagle circles above",
        "the cat rolls over",
        "a crane at the harbor",
        "children move forward slowly",
        "static noise on an old radio",
        "birds fly over the sea",
        "a lens flare as the sun rises",
        "the man pulls back the curtain",
        "he pushes in the door",
        "birds fly through the forest",
        "a ball rolls toward the camera",
        "she turns around to the camera",
        "the woman moves closer to the camera",
        "he approaches the camera",
        "they dive into the pool",
        "she smiles, rises from the chair and lifts the cup",
        "a man runs, climbs, dives",
        "a soldier with a handheld radio",
        "rolling hills, a pan flute",
        "spin the wheel",
        "a zoom call",
        "a rolls royce at the gate",
        "Shot 2: a man turns left",
    ],
)
def test_words_of_the_subject_do_not_move_the_camera(prompt: str) -> None:
    """What a subject may do too counts only beside a word for the camera."""
    assert moves(prompt) in (["gentle push"], ["driven push"])


@pytest.mark.parametrize(
    "prompt",
    [
        "static shot of a lake",
        "Locked-off camera",
        "the camera stays perfectly still",
        "on a tripod",
        "no camera movement",
        "The camera doesn't move",
        "static, soft light",
        "stationary camera",
        "Camera: static. The man walks to the right and turns left",
        "static tripod shot, subject walks left",
        "camera stays still while the car moves",
        "the camera is not moving",
        "don't move the camera",
        "keep the camera steady",
        "lockdown shot",
        "fixed lens",
        "camera holds on the face",
        "no movement of the camera",
        "no zoom",
        "no pan, no zoom",
    ],
)
def test_still_camera_is_still(prompt: str) -> None:
    """Not the gentle push of a clip without words."""
    assert plan(prompt).is_still
    assert plan(prompt).describe_path() == "still"


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("mist rising from the water, the camera pulls back", "pull back"),
        ("a car moves forward while the camera pans left", "pan left"),
        ("flames burst from the pan, handheld camera", "handheld"),
        ("embers slowly rising in a static shot of a fire, then zoom in", "zoom in"),
    ],
)
def test_a_verb_right_after_a_noun_is_the_nouns(prompt: str, move: str) -> None:
    """Even where the clause speaks of the camera too."""
    assert moves(prompt) == [move]


def test_clip_without_camera_words_pushes_in_a_little() -> None:
    """A subject that moves forward draws the camera along."""
    assert moves("a portrait of an old man") == ["gentle push"]
    assert moves("two cars surge forward in the race") == ["driven push"]
    assert moves("") == ["gentle push"]


@pytest.mark.parametrize(
    "prompt", ["no zoom in, pan right", "without zooming in, pan right", "pan right, never zoom in"]
)
def test_negation_in_the_prompt_takes_a_move_away(prompt: str) -> None:
    """And only that move."""
    assert moves(prompt) == ["pan right"]


@pytest.mark.parametrize(
    ("negative", "left"),
    [
        ("camera movement", []),
        ("blur, moving camera", []),
        ("zoom", ["pan left"]),
        ("pan left", ["zoom in"]),
        ("panning and noise", ["zoom in"]),
        ("blur, low quality", ["pan left", "zoom in"]),
    ],
)
def test_negative_prompt_takes_moves_away(negative: str, left: list[str]) -> None:
    """Camera movement as a term means a still camera."""
    assert sorted(moves("pan left and zoom in", negative)) == left


def test_negated_zoom_is_not_replaced_by_the_gentle_push() -> None:
    """Who does not want a zoom gets none by default either."""
    assert plan("a lake", "zoom").is_still
    assert plan("a lake, no zoom in").is_still


def test_clauses_share_the_time_in_order() -> None:
    """'Then' divides; moves of one clause happen together."""
    segments = plan("pan left, then zoom in and tilt up, finally the camera stays still").segments

    assert [(s.name, round(s.start, 3), round(s.end, 3)) for s in segments] == [
        ("pan left", 0, 0.333),
        ("zoom in", 0.333, 0.667),
        ("tilt up", 0.333, 0.667),
    ]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("zoom in, then out", ["zoom in", "zoom out"]),
        ("pan left, then slowly right", ["pan left", "pan right"]),
        ("truck left and orbit right", ["truck left", "orbit right"]),
        ("pan right while zooming out", ["pan right", "zoom out"]),
        ("crane up while the man turns left", ["crane up"]),
    ],
)
def test_orders_to_the_camera_can_be_short(prompt: str, expected: list[str]) -> None:
    """A direction takes the verb before it; after one order another needs no word for the camera."""
    assert moves(prompt) == expected


def test_sentences_with_a_move_each_follow_one_another() -> None:
    """Sentences about something else take no time."""
    segments = plan("Zoom in. The dog barks. Then the camera pans left.").segments

    assert [(s.name, s.start, s.end) for s in segments] == [("zoom in", 0, 0.5), ("pan left", 0.5, 1)]


def test_amplitude_grows_with_cfg_scale() -> None:
    """By 0.4 + 1.2 · cfg_scale, so four times as far from end to end."""
    reach = [plan("zoom in", cfg_scale=cfg).segments[0].move.tz for cfg in (0.0, 0.25, 0.5, 0.75, 1.0)]

    assert reach == sorted(set(reach))
    assert reach[-1] / reach[0] == pytest.approx(4)


def test_words_of_speed_change_the_amplitude() -> None:
    """Slow, none, fast and explosive, in this order."""
    reach = [
        plan(prompt).segments[0].move.tz
        for prompt in ("slowly zoom in", "zoom in", "zoom in fast", "explosive zoom in")
    ]

    assert reach == sorted(set(reach))


def test_camera_control_comes_before_words() -> None:
    """By value, not scaled by cfg_scale; the words it replaces are said to give way."""
    control = CameraControl(axis="tilt", value=5.0)

    plans = [plan("zoom in", camera_control=control, cfg_scale=cfg) for cfg in (0.1, 0.9)]

    assert [p.segments[0].name for p in plans] == ["tilt +5"] * 2
    assert plans[0].segments[0].move == plans[1].segments[0].move
    assert plans[0].segments[0].move.yaw > 0
    assert [str(word) for word in plans[0].used] == [
        "not 'zoom in': no zoom in; advanced_camera_control comes first",
        "'advanced_camera_control': tilt +5",
    ]
    assert plans[0].ignored == ()


def test_a_negative_prompt_that_stops_the_camera_is_named_beside_its_words() -> None:
    """Nobody reads that the camera zooms in when it does not."""
    stopped = plan("zoom in", negative_prompt="camera movement")

    assert stopped.is_still
    assert "not 'zoom in': no zoom in; the negative prompt comes first" in [str(word) for word in stopped.used]


@pytest.mark.parametrize(
    ("axis", "field", "sign"),
    [
        ("horizontal", "tx", 1), ("vertical", "ty", -1), ("pan", "pitch", 1),
        ("tilt", "yaw", 1), ("roll", "roll", 1), ("zoom", "focal", -1),
    ],
)  # fmt: skip
def test_axes_follow_klings_own_text(axis: str, field: str, sign: int) -> None:
    """Pan turns up, tilt turns right, zoom widens; right and up are positive."""
    move = plan("", camera_control=CameraControl(axis=axis, value=4.0)).segments[0].move

    assert getattr(move, field) * sign > 0


@pytest.mark.parametrize("preset", ["down_back", "forward_up", "right_turn_forward", "left_turn_forward"])
def test_presets_are_moves(preset: str) -> None:
    """Each name is one."""
    assert moves("", camera_control=CameraControl(preset=preset)) == [preset]


def test_camera_control_of_zero_is_still() -> None:
    """A value that says not to move is obeyed."""
    assert plan("zoom in", camera_control=CameraControl(axis="zoom", value=0.0)).is_still


def test_every_word_is_accounted_for() -> None:
    """Used words say what they did, the others are listed as ignored; small words are neither."""
    result = plan("Camera slowly zooms in on a cat, snow", "blur, camera shake, extra fingers")

    used = " ".join(str(word) for word in result.used)
    assert "'zooms in': zoom in" in used and "'slowly': speed" in used
    assert "not 'camera shake': without handheld" in used
    assert "'snow': snow 0-100 %" in used and "not 'blur': no motion blur, glow or bokeh" in used
    assert result.ignored == ("cat", "not 'extra fingers'")


def test_list_of_ignored_words_has_an_end() -> None:
    """Forty, and how many more."""
    result = plan(" ".join(f"thing{number}x" for number in range(100)))

    assert len(result.ignored) == 41
    assert result.ignored[-1] == "and 60 more"
