"""Schema violations come in pydantic's own words, all at once and in field order."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from mutoscope.catalog.endpoint import Endpoint
from mutoscope.errors import ArgumentsInvalid, Problem
from mutoscope.limits import ARGUMENT_ERRORS_MAX, DYNAMIC_MASKS_MAX, PROMPT_CHARS_MAX

VALID = {"prompt": "a", "image_url": "https://example.com/a.png"}
BOTH = pytest.mark.parametrize("strict", [False, True], ids=["lenient", "strict"])


def problems(endpoint: Endpoint, body: object, *, strict: bool = False) -> list[Problem]:
    """What is wrong with `body`, which must be something."""
    with pytest.raises(ArgumentsInvalid) as caught:
        endpoint.parse(body, strict=strict)
    return caught.value.problems


def only(endpoint: Endpoint, body: object, *, strict: bool = False) -> Problem:
    """The one thing that is wrong with `body`."""
    (problem,) = problems(endpoint, body, strict=strict)
    return problem


@BOTH
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"duration": "7"},
            Problem(
                "literal_error", ("body", "duration"), "Input should be '5' or '10'", "7", {"expected": "'5' or '10'"}
            ),
        ),
        (
            {"cfg_scale": 1.5},
            Problem(
                "less_than_equal", ("body", "cfg_scale"), "Input should be less than or equal to 1", 1.5, {"le": 1.0}
            ),
        ),
        (
            {"cfg_scale": -1},
            Problem(
                "greater_than_equal",
                ("body", "cfg_scale"),
                "Input should be greater than or equal to 0",
                -1,
                {"ge": 0.0},
            ),
        ),
        ({"prompt": 5}, Problem("string_type", ("body", "prompt"), "Input should be a valid string", 5)),
        ({"prompt": None}, Problem("string_type", ("body", "prompt"), "Input should be a valid string", None)),
        ({"image_url": ["a"]}, Problem("string_type", ("body", "image_url"), "Input should be a valid string", ["a"])),
        ({"cfg_scale": True}, Problem("float_type", ("body", "cfg_scale"), "Input should be a valid number", True)),
        ({"cfg_scale": []}, Problem("float_type", ("body", "cfg_scale"), "Input should be a valid number", [])),
        (
            {"cfg_scale": float("inf")},
            Problem("finite_number", ("body", "cfg_scale"), "Input should be a finite number", float("inf")),
        ),
    ],
)
def test_one_violation(standard_image, strict, changes, expected):
    """Type, place, words, value and context of each kind."""
    assert only(standard_image, VALID | changes, strict=strict) == expected


def test_not_a_number(standard_image):
    """NaN is no finite number; compared apart, since it does not equal itself."""
    problem = only(standard_image, VALID | {"cfg_scale": float("nan")})
    assert (problem.type, problem.msg) == ("finite_number", "Input should be a finite number")


@BOTH
@pytest.mark.parametrize("body", [None, [], "text", 5, 5.5, True])
def test_body_that_is_no_object(standard_image, strict, body):
    """The problem is the whole body."""
    message = "Input should be a valid dictionary or object to extract fields from"
    assert only(standard_image, body, strict=strict) == Problem("model_attributes_type", ("body",), message, body)


@BOTH
def test_missing_field_shows_the_object_around_it(standard_image, strict):
    """`input` of `missing` is what the caller sent."""
    assert problems(standard_image, {}, strict=strict) == [
        Problem("missing", ("body", "prompt"), "Field required", {}),
        Problem("missing", ("body", "image_url"), "Field required", {}),
    ]


def test_missing_field_shows_the_body_as_it_was_sent(standard_image):
    """Also where the lenient profile read it differently."""
    body = {"prompt": "a", "duration": 5, "unknown": 1}
    assert only(standard_image, body).input == body


def test_text_that_is_no_number(standard_image):
    """The lenient profile reads numbers from text, and says so where it cannot."""
    problem = only(standard_image, VALID | {"cfg_scale": "half"})
    words = "Input should be a valid number, unable to parse string as a number"
    assert problem == Problem("float_parsing", ("body", "cfg_scale"), words, "half")


@BOTH
def test_all_violations_at_once_in_field_order(standard_image, strict):
    """The order is the endpoint's, whatever the order of the body."""
    body = {"cfg_scale": 2, "negative_prompt": 1, "duration": "6", "image_url": 1}
    assert [problem.loc for problem in problems(standard_image, body, strict=strict)] == [
        ("body", "prompt"),
        ("body", "image_url"),
        ("body", "duration"),
        ("body", "negative_prompt"),
        ("body", "cfg_scale"),
    ]


def test_words_are_those_of_a_model_written_by_hand(standard_image):
    """The same violations of a pydantic model as the platform's own apps write it."""

    class Arguments(BaseModel):
        prompt: str
        image_url: str
        duration: Literal["5", "10"] = "5"
        negative_prompt: str = "blur, distort, and low quality"
        cfg_scale: Annotated[float, Field(ge=0, le=1)] = 0.5

    body = {"image_url": 5, "duration": {"a": 1}, "negative_prompt": [], "cfg_scale": "1.01"}
    with pytest.raises(ValidationError) as caught:
        Arguments.model_validate(body)

    expected = [
        (each["type"], ("body", *each["loc"]), each["msg"], each["input"], each.get("ctx"))
        for each in caught.value.errors()
    ]
    found = [(each.type, each.loc, each.msg, each.input, each.ctx) for each in problems(standard_image, body)]
    assert found == expected


@BOTH
@pytest.mark.parametrize("name", ["prompt", "negative_prompt"])
def test_prompt_length(standard_image, strict, name):
    """At the bound, and one past it."""
    standard_image.parse(VALID | {name: "x" * PROMPT_CHARS_MAX}, strict=strict)

    problem = only(standard_image, VALID | {name: "x" * (PROMPT_CHARS_MAX + 1)}, strict=strict)

    assert PROMPT_CHARS_MAX == 2_500
    assert (problem.type, problem.ctx) == ("string_too_long", {"max_length": PROMPT_CHARS_MAX})


@BOTH
def test_lone_surrogates_are_a_problem_and_no_crash(v1_image, strict):
    """Such text cannot be written as UTF-8."""
    body = VALID | {"prompt": "\ud800", "duration": "\udfff", "cfg_scale": "\ud800", "dynamic_masks": "\ud800"}
    types = [problem.type for problem in problems(v1_image, body, strict=strict)]
    assert types == ["string_unicode", "string_unicode", "float_type" if strict else "string_unicode", "list_type"]


# --- motion brush -----------------------------------------------------------

MASK = {"mask_url": "https://example.com/m.png", "trajectories": [{"x": 1, "y": 2}, {"x": 3, "y": 4}]}


@BOTH
@pytest.mark.parametrize(
    ("masks", "type_", "loc"),
    [
        ("m.png", "list_type", ()),
        ({"0": MASK}, "list_type", ()),
        (["m.png"], "model_attributes_type", (0,)),
        ([MASK, {}], "missing", (1, "mask_url")),
        ([{**MASK, "mask_url": 5}], "string_type", (0, "mask_url")),
        ([{**MASK, "trajectories": {"x": 1}}], "list_type", (0, "trajectories")),
        ([{**MASK, "trajectories": [{"x": 1, "y": 2}]}], "too_short", (0, "trajectories")),
        ([{**MASK, "trajectories": [{"x": 1, "y": 2}] * 78}], "too_long", (0, "trajectories")),
        ([{**MASK, "trajectories": [[1, 2], {"x": 1, "y": 2}]}], "model_attributes_type", (0, "trajectories", 0)),
        ([{**MASK, "trajectories": [{"x": 1, "y": 2}, {"x": 1}]}], "missing", (0, "trajectories", 1, "y")),
        ([{**MASK, "trajectories": [{"x": True, "y": 2}] * 2}], "int_type", (0, "trajectories", 0, "x")),
        ([{**MASK, "trajectories": [{"x": 10**30, "y": 2}] * 2}], "less_than_equal", (0, "trajectories", 0, "x")),
        ([MASK] * (DYNAMIC_MASKS_MAX + 1), "too_long", ()),
    ],
)  # fmt: skip
def test_motion_brush_violation(v1_image, strict, masks, type_, loc):
    """Each points at the stroke, the point and the coordinate."""
    problem = problems(v1_image, VALID | {"dynamic_masks": masks}, strict=strict)[0]
    assert (problem.type, problem.loc) == (type_, ("body", "dynamic_masks", *loc))


def test_too_many_strokes_in_pydantic_s_words(v1_image):
    """The message counts what came."""
    problem = only(v1_image, VALID | {"dynamic_masks": [MASK] * 7})
    assert problem.msg == "List should have at most 6 items after validation, not 7"
    assert problem.ctx == {"field_type": "List", "max_length": 6, "actual_length": 7}


@pytest.mark.parametrize("points", [2, 77])
def test_trajectory_at_its_bounds(v1_image, points):
    """2 and 77 points are taken."""
    masks = [{**MASK, "trajectories": [{"x": 1, "y": 2}] * points}]
    assert v1_image.parse(VALID | {"dynamic_masks": masks}, strict=True).values["dynamic_masks"] == masks


def test_whole_floats_are_coordinates(v1_image):
    """279.0 is 279, and 279.5 is none; the strict profile wants whole numbers written as such."""

    def body(x: object) -> dict[str, object]:
        return VALID | {"dynamic_masks": [{**MASK, "trajectories": [{"x": x, "y": "219"}, {"x": 1, "y": 2}]}]}

    values = v1_image.parse(body(279.0), strict=False).values
    assert values["dynamic_masks"][0]["trajectories"][0] == {"x": 279, "y": 219}
    assert only(v1_image, body(279.5)).type == "int_from_float"
    assert [each.type for each in problems(v1_image, body(279.0), strict=True)] == ["int_type", "int_type"]


# --- camera -----------------------------------------------------------------


@BOTH
def test_camera_values(v1_text, strict):
    """A preset of the list; an axis with −10 to 10."""
    assert v1_text.parse({"prompt": "a", "camera_control": "down_back"}, strict=strict).values["camera_control"]
    problem = only(v1_text, {"prompt": "a", "camera_control": "up"}, strict=strict)
    assert problem.msg == "Input should be 'down_back', 'forward_up', 'right_turn_forward' or 'left_turn_forward'"

    for value, type_ in ((-11, "greater_than_equal"), (11, "less_than_equal"), (None, "int_type")):
        move = {"movement_type": "pan", "movement_value": value}
        problem = only(v1_text, {"prompt": "a", "advanced_camera_control": move}, strict=strict)
        assert (problem.type, problem.loc) == (type_, ("body", "advanced_camera_control", "movement_value"))
    problem = only(v1_text, {"prompt": "a", "advanced_camera_control": "pan"}, strict=strict)
    assert (problem.type, problem.loc) == ("model_attributes_type", ("body", "advanced_camera_control"))


@BOTH
def test_two_camera_orders_exclude_each_other(v1_text, strict):
    """One camera cannot follow both; the problem names the two."""
    move = {"movement_type": "pan", "movement_value": 5}
    problem = only(
        v1_text, {"prompt": "a", "camera_control": "down_back", "advanced_camera_control": move}, strict=strict
    )
    assert problem == Problem(
        "mutually_exclusive",
        ("body", "advanced_camera_control"),
        "camera_control and advanced_camera_control exclude each other; send only one of them",
        move,
        {"fields": ["camera_control", "advanced_camera_control"]},
    )


# --- bounds on the answer itself --------------------------------------------


def test_errors_are_bounded(v1_image):
    """A body full of mistakes gets the first hundred."""
    masks = [{**MASK, "trajectories": [{"x": "a", "y": "b"}] * 77}] * 6
    assert len(problems(v1_image, VALID | {"dynamic_masks": masks})) == ARGUMENT_ERRORS_MAX


def test_unknown_keys_in_bulk_are_cheap_to_refuse(standard_image):
    """The strict profile stops looking after as many as it reports, and still says what else is wrong."""
    body = {f"key{index}": None for index in range(10_000)} | VALID | {"duration": 5}
    found = problems(standard_image, body, strict=True)
    assert len(found) == ARGUMENT_ERRORS_MAX
    assert [problem.type for problem in found[:2]] == ["literal_error", "extra_forbidden"]
