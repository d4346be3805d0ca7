"""What the lenient profile forgives and notes, and the strict one refuses."""

import pytest

from mutoscope.catalog.binding import inputs_of
from mutoscope.catalog.endpoint import Arguments, Endpoint
from mutoscope.errors import ArgumentsInvalid, Problem
from mutoscope.limits import ARGUMENT_NOTES_MAX, SEED_MAX

URL = "https://example.com/a.png"
OTHER = "https://example.com/b.png"
VALID = {"prompt": "a", "image_url": URL}


def lenient(endpoint: Endpoint, **body) -> Arguments:
    """Arguments of a body that is good enough."""
    return endpoint.parse(body, strict=False)


def refused(endpoint: Endpoint, body: dict, *, strict: bool) -> list[Problem]:
    """What is wrong with `body`, which must be something."""
    with pytest.raises(ArgumentsInvalid) as caught:
        endpoint.parse(body, strict=strict)
    return caught.value.problems


# --- duration ---------------------------------------------------------------


@pytest.mark.parametrize("sent", [5, 5.0, "5s"])
def test_duration_in_other_spellings(standard_image, sent):
    """Read as "5", with a note; the strict profile refuses it with what was sent."""
    arguments = lenient(standard_image, **VALID, duration=sent)
    assert arguments.values["duration"] == "5"
    assert len(arguments.notes) == 1 and arguments.notes[0].endswith('was read as "5"')

    (problem,) = refused(standard_image, VALID | {"duration": sent}, strict=True)
    assert (problem.type, problem.input) == ("literal_error", sent)


def test_strict_takes_every_format_that_a_page_states(pro_image, standard_image):
    """Pages of gateways name six for this picture; elsewhere it is what the maker of the model takes."""
    arguments = pro_image.parse(VALID, strict=True)
    assert [each.limits.formats for each in inputs_of(pro_image, arguments, strict=True) if each.limits] == [
        ("jpg", "jpeg", "png", "webp", "gif", "avif")
    ]
    assert [each.limits.formats for each in inputs_of(standard_image, arguments, strict=True) if each.limits] == [
        ("jpg", "jpeg", "png")
    ]


def test_duration_as_the_page_has_it_needs_no_note(standard_image):
    """Nothing to say about what is right."""
    assert lenient(standard_image, **VALID, duration="10").notes == ()
    assert lenient(standard_image, **VALID, duration="10s").values["duration"] == "10"


@pytest.mark.parametrize("sent", ["7", 7, 7.0, 5.5, "7s", "5 s", "", True, False, float("nan"), 10**400, [5], {"s": 5}])
def test_other_durations_stay_an_error(standard_image, sent):
    """With the value as it was sent; a boolean is not a number."""
    (problem,) = refused(standard_image, VALID | {"duration": sent}, strict=False)
    assert (problem.type, problem.loc) == ("literal_error", ("body", "duration"))
    assert problem.input is sent


# --- names of the frames ----------------------------------------------------


def test_first_frame_under_its_other_name(standard_image):
    """Taken, noted, and errors point at the name the caller used."""
    arguments = lenient(standard_image, prompt="a", start_image_url=URL)
    assert arguments.values["image_url"] == URL
    assert arguments.notes == ("start_image_url was taken as image_url",)

    (problem,) = refused(standard_image, {"prompt": "a", "start_image_url": 5}, strict=False)
    assert (problem.type, problem.loc, problem.input) == ("string_type", ("body", "start_image_url"), 5)


def test_last_frame_under_its_other_name(pro_image):
    """As above."""
    assert lenient(pro_image, **VALID, end_image_url=OTHER).values["tail_image_url"] == OTHER


def test_both_names_with_the_same_value(pro_image):
    """Nothing is lost, so nothing is refused."""
    arguments = lenient(pro_image, **VALID, start_image_url=URL)
    assert arguments.values["image_url"] == URL
    assert arguments.notes == ("start_image_url says the same as image_url and is ignored",)


def test_both_names_with_different_values(pro_image):
    """Which one is meant cannot be known; other problems are reported along with it, in field order."""
    body = VALID | {"start_image_url": OTHER, "duration": "7", "prompt": 5}
    found = refused(pro_image, body, strict=False)
    assert [problem.type for problem in found] == ["string_type", "mutually_exclusive", "literal_error"]
    assert found[1] == Problem(
        "mutually_exclusive",
        ("body", "start_image_url"),
        "start_image_url is another name of image_url, and both are given with different values; send only one of them",
        OTHER,
        {"fields": ["image_url", "start_image_url"]},
    )


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_name_gives_way_to_the_other(pro_image, empty):
    """Form builders send every key they know."""
    assert lenient(pro_image, prompt="a", image_url=empty, start_image_url=URL).values["image_url"] == URL
    assert lenient(pro_image, **VALID, start_image_url=empty).values["image_url"] == URL
    assert "tail_image_url" not in lenient(pro_image, **VALID, end_image_url=empty).values


def test_aliases_are_unknown_to_the_strict_profile(pro_image):
    """The published schema has one name for each."""
    found = refused(pro_image, {"prompt": "a", "start_image_url": URL}, strict=True)
    assert [(problem.type, problem.loc[1]) for problem in found] == [
        ("missing", "image_url"),
        ("extra_forbidden", "start_image_url"),
    ]


# --- nothing, said in other ways --------------------------------------------


def test_null_means_not_given(v1_image):
    """For every optional field, in silence."""
    optional = {field.name: None for field in v1_image.fields if not field.required}
    arguments = lenient(v1_image, **VALID, **optional)
    assert arguments == lenient(v1_image, **VALID)


def test_empty_optional_url_means_not_given(v1_image):
    """With a note, since a template may have failed to fill it."""
    arguments = lenient(v1_image, **VALID, tail_image_url="", static_mask_url="")
    assert arguments.values == lenient(v1_image, **VALID).values
    assert arguments.notes == (
        "tail_image_url is empty and counts as not given",
        "static_mask_url is empty and counts as not given",
    )


@pytest.mark.parametrize("path", [{}, {"trajectories": None}, {"trajectories": []}])
def test_mask_without_a_path_stays(v1_image, path):
    """Absent, null and empty say the same: this part does not move."""
    arguments = lenient(v1_image, **VALID, dynamic_masks=[{"mask_url": URL, **path}])
    assert arguments.values["dynamic_masks"] == [{"mask_url": URL}]


def test_strict_profile_takes_an_absent_path_and_no_empty_one(v1_image):
    """The published type is optional, and a path has at least two points."""
    v1_image.parse(VALID | {"dynamic_masks": [{"mask_url": URL}]}, strict=True)
    body = VALID | {"dynamic_masks": [{"mask_url": URL, "trajectories": []}]}
    assert refused(v1_image, body, strict=True)[0].type == "too_short"


def test_strict_profile_takes_null_only_where_absent_means_nothing(pro_image):
    """A field with a default has no null in its type."""
    assert "tail_image_url" not in pro_image.parse(VALID | {"tail_image_url": None}, strict=True).values
    assert refused(pro_image, VALID | {"negative_prompt": None}, strict=True)[0].type == "string_type"


# --- keys nobody asked for --------------------------------------------------


def test_unknown_key_is_ignored_with_a_note(standard_image):
    """Clients send extras, and the published schema does not forbid them."""
    arguments = lenient(standard_image, **VALID, pollTimeoutMs=5)
    assert arguments.values == lenient(standard_image, **VALID).values
    assert arguments.notes == (f"pollTimeoutMs is ignored: {standard_image.id} has no such field",)

    (problem,) = refused(standard_image, VALID | {"pollTimeoutMs": 5}, strict=True)
    assert problem == Problem("extra_forbidden", ("body", "pollTimeoutMs"), "Extra inputs are not permitted", 5)


@pytest.mark.parametrize("name", ["tail_image_url", "end_image_url"])
def test_key_of_a_sibling_is_ignored_with_a_note_that_names_it(standard_image, pro_image, name):
    """The standard tier has no last frame, the pro one has."""
    (note,) = lenient(standard_image, **VALID, **{name: URL}).notes
    assert note == f"{name} is ignored: {standard_image.id} has no such field, {pro_image.id} has"


def test_aspect_ratio_beside_a_picture_is_ignored(v1_image, pro_image):
    """Whatever its value: the picture decides."""
    for endpoint in (v1_image, pro_image):
        (note,) = lenient(endpoint, **VALID, aspect_ratio="7:3").notes
        assert note == "aspect_ratio is ignored: the video has the aspect ratio of the picture"


def test_unknown_key_inside_a_mask_is_noted(v1_image):
    """Also there nothing is lost in silence."""
    mask = {"mask_url": URL, "mask": 1, "trajectories": [{"x": 1, "y": 2, "z": 3}, {"x": 1, "y": 2}]}
    assert lenient(v1_image, **VALID, dynamic_masks=[mask]).notes == (
        "dynamic_masks[0].mask is ignored: there is no such field",
        "dynamic_masks[0].trajectories[0].z is ignored: there is no such field",
    )


def test_notes_are_bounded_and_printable(standard_image):
    """A caller's keys cannot flood or break the log."""
    arguments = lenient(standard_image, **VALID, **{f"k{index}": 0 for index in range(1_000)})
    assert len(arguments.notes) == ARGUMENT_NOTES_MAX

    (note,) = lenient(standard_image, **VALID, **{"a\n\ud800" + "x" * 1_000: 0}).notes
    assert note.isprintable() and len(note) < 200


# --- hidden fields and extensions -------------------------------------------


def test_camera_control_of_v1_image_is_taken_and_checked(v1_image):
    """Its page lists the values and its schema lacks the field; so the strict profile does not know it."""
    assert lenient(v1_image, **VALID, camera_control="forward_up").values["camera_control"] == "forward_up"
    assert refused(v1_image, VALID | {"camera_control": "up"}, strict=False)[0].type == "literal_error"
    assert refused(v1_image, VALID | {"camera_control": "forward_up"}, strict=True)[0].type == "extra_forbidden"


@pytest.mark.parametrize("seed", [0, SEED_MAX, "7", 7.0])
def test_seed_on_every_endpoint(catalog, seed):
    """Ours, where an engine of ours makes the video; a whole number of 32 bits."""
    for endpoint in (each for each in catalog if each.served_by == "local"):
        body = endpoint.required_example | {"seed": seed}
        assert endpoint.parse(body, strict=False).values["seed"] == int(seed)
        assert refused(endpoint, body, strict=True)[0].type == "extra_forbidden"


@pytest.mark.parametrize(
    ("seed", "type_"),
    [(-1, "greater_than_equal"), (SEED_MAX + 1, "less_than_equal"), (1.5, "int_from_float"), (True, "int_type")],
)
def test_seed_out_of_its_bounds(standard_image, seed, type_):
    """At the bound and one past it."""
    assert refused(standard_image, VALID | {"seed": seed}, strict=False)[0].type == type_


def test_number_as_text(standard_image):
    """Read, and noted; refused by the strict profile."""
    arguments = lenient(standard_image, **VALID, cfg_scale="0.25")
    assert arguments.values["cfg_scale"] == 0.25
    assert arguments.notes == ('cfg_scale "0.25" was read as 0.25',)
    assert refused(standard_image, VALID | {"cfg_scale": "0.25"}, strict=True)[0].type == "float_type"
    assert lenient(standard_image, **VALID, seed="123456789").notes == ('seed "123456789" was read as 123456789',)


# --- what only the vendor refuses -------------------------------------------


def test_lenient_profile_combines_what_the_vendor_does_not(v1_image, v1_text):
    """Camera with 10 seconds, last frame with motion brush."""
    assert lenient(v1_text, prompt="a", camera_control="down_back", duration="10").notes == ()
    assert lenient(v1_image, **VALID, tail_image_url=OTHER, static_mask_url=OTHER, duration="10").notes == ()


def test_strict_profile_refuses_what_the_vendor_refuses(v1_image, v1_text):
    """Same bodies."""
    (problem,) = refused(v1_text, {"prompt": "a", "camera_control": "down_back", "duration": "10"}, strict=True)
    assert problem == Problem(
        "requires_value",
        ("body", "camera_control"),
        "camera_control needs duration to be '5', and it is '10'; change that, or leave camera_control out",
        "down_back",
        {"field": "duration", "expected": "5"},
    )
    body = VALID | {"tail_image_url": OTHER, "static_mask_url": OTHER}
    assert [problem.type for problem in refused(v1_image, body, strict=True)] == ["mutually_exclusive"]


def test_a_broken_duration_is_reported_once(v1_text):
    """Not again by the rule that needs it."""
    body = {"prompt": "a", "camera_control": "down_back", "duration": "7"}
    assert [problem.type for problem in refused(v1_text, body, strict=True)] == ["literal_error"]
