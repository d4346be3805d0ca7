"""A body is a JSON object or a 422 that says where it stops being one."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.catalog.body import parse_body
from mutoscope.errors import ArgumentsInvalid
from mutoscope.limits import JSON_DEPTH_MAX


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "json_invalid"),
        (b"\x00\xff\xfe binary", "json_invalid"),
        (b"prompt=x", "json_invalid"),
        (b'{"prompt": "x"', "json_invalid"),
        (b"[" * 20_000 + b"]" * 20_000, "json_invalid"),
        (b'{"a": ' * 20_000 + b"1" + b"}" * 20_000, "json_invalid"),
        (b"[]", "model_attributes_type"),
        (b'"text"', "model_attributes_type"),
        (b"null", "model_attributes_type"),
        (b"NaN", "model_attributes_type"),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, kind: str) -> None:
    """The type tells bad JSON from JSON that is not an object."""
    with pytest.raises(ArgumentsInvalid) as caught:
        parse_body(body)

    assert caught.value.problems[0].type == kind
    assert caught.value.problems[0].loc[0] == "body"


def test_broken_json_says_where() -> None:
    """The offset stands in `loc`, the parser's words in `ctx`."""
    with pytest.raises(ArgumentsInvalid) as caught:
        parse_body(b'{"prompt": oops}')

    (problem,) = caught.value.problems
    assert problem.loc == ("body", 11)
    assert problem.ctx is not None and problem.ctx["error"]


def test_depth_is_bounded_exactly() -> None:
    """The bound itself is taken, one more is refused; brackets inside a text do not count."""
    inside = b'{"a":' * JSON_DEPTH_MAX + b'"' + b"[" * 100 + b'"' + b"}" * JSON_DEPTH_MAX

    assert parse_body(inside)
    with pytest.raises(ArgumentsInvalid, match="JSON decode error"):
        parse_body(b'{"a":' + inside + b"}")


@pytest.mark.parametrize(
    "many",
    [b"[]," * 100_000, b"{}," * 100_000, b"1," * 100_001, b'"a",' * 100_001],
    ids=["lists", "objects", "numbers", "texts"],
)
def test_a_body_of_too_many_values_is_refused_unparsed(many: bytes) -> None:
    """They would take a gigabyte and seconds in which nobody else is served."""
    with pytest.raises(ArgumentsInvalid) as caught:
        parse_body(b'{"prompt": [' + many + b"1]}")

    (problem,) = caught.value.problems
    assert problem.type == "json_invalid"
    assert problem.ctx is not None and "JSON_VALUES_MAX" in problem.ctx["error"]


def test_values_beyond_json_reach_the_field_they_stand_in() -> None:
    """NaN and lone surrogates are parsed, so that validation can name the field."""
    value = parse_body(b'{"cfg_scale": NaN, "prompt": "\\ud800"}')

    assert math.isnan(value["cfg_scale"])
    assert value["prompt"] == "\ud800"


nested = st.recursive(st.none() | st.text(), st.lists).map(lambda value: json.dumps(value).encode())


@given(st.binary(max_size=200) | nested)
def test_any_bytes_are_an_object_or_refused(body: bytes) -> None:
    """No body raises anything else."""
    try:
        value = parse_body(body)
    except ArgumentsInvalid:
        return

    assert isinstance(value, dict)
