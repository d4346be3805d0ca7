"""Whatever is wrong with the fields of an endpoint is told in their order, with what the caller sent, in its place."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import load_catalog
from mutoscope.catalog.shape import Field
from mutoscope.errors import ArgumentsInvalid

CATALOG = load_catalog()
URL = "https://example.com/a.png"
ODD: st.SearchStrategy[Any] = st.sampled_from(
    [None, "", [], {}, 0, -1, 5, 5.0, True, "5", "5s", "x", "a" * 2501, [None], [[]], [{}], {"a": 1}]
)


def values(field: Field) -> st.SearchStrategy[Any]:
    """What a caller may send in a field: mostly what it asks for, at and past its bounds, and now and then anything."""
    good: st.SearchStrategy[Any]
    match field.kind:
        case "enum":
            good = st.sampled_from(field.enum)
        case "boolean":
            good = st.booleans()
        case "integer" | "float":
            low, high = int(field.minimum or 0), int(field.maximum or 9)
            good = st.sampled_from([low - 1, low, high, high + 1, f"{high}s"])
        case "string":
            good = st.sampled_from([URL, "a boat"])
        case "object":
            good = objects(field.fields)
        case "list":
            inside = objects(field.fields) if field.fields else st.sampled_from([URL, URL, None])
            good = st.lists(inside, max_size=9)
    return st.one_of(good, good, good, ODD)


def objects(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects of any of these fields, under any of their names, with a key that nobody knows."""
    names = {name: values(each) for each in fields for name in (each.name, *each.aliases)}
    return st.fixed_dictionaries({}, optional={**names, "nobody": ODD})


@st.composite
def calls(draw: st.DrawFn) -> tuple[Endpoint, dict[str, Any]]:
    """An endpoint and a body for it."""
    endpoint = draw(st.sampled_from(list(CATALOG)))
    return endpoint, draw(objects(endpoint.fields))


def sent_at(body: Any, loc: tuple[str | int, ...]) -> Any:
    """What the body has in a place."""
    for step in loc:
        body = body[step]
    return body


@pytest.mark.parametrize("strict", [False, True])
@given(call=calls())
@settings(max_examples=400, deadline=None)
def test_problems_point_at_what_was_sent_in_field_order(call: tuple[Endpoint, dict[str, Any]], strict: bool):
    """Under the caller's own names, aliases too; and what is taken can be made, priced and bound as it is."""
    endpoint, body = call
    before = repr(body)
    fields = [each for each in endpoint.fields if each.is_printed or not strict]
    places = {name: place for place, each in enumerate(fields) for name in (*each.aliases, each.name)}
    places |= {each.name: place for place, each in enumerate(fields)}
    try:
        arguments = endpoint.parse(body, strict=strict)
    except ArgumentsInvalid as error:
        order = [places.get(str(problem.loc[1]), len(fields)) for problem in error.problems if len(problem.loc) > 1]
        assert order == sorted(order)
        for problem in error.problems:
            where = problem.loc[1:-1] if problem.type == "missing" else problem.loc[1:]
            assert repr(sent_at(body, where)) == repr(problem.input), problem
            assert problem.msg and problem.loc[0] == "body"
    else:
        assert endpoint.duration_s(arguments.values) >= 1
        assert isinstance(endpoint.notes_on(arguments.values), list) and isinstance(
            endpoint.prompt(arguments.values), str
        )
        endpoint.unit_price(arguments.values)
        if not strict:
            assert endpoint.parse(arguments.values, strict=False).values == arguments.values
    assert repr(body) == before, "the caller's body stays as it was"
