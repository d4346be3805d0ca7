"""Whatever JSON comes, the answer is arguments or clean problems, never another exception."""

import json
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from mutoscope.catalog.endpoint import Arguments, Endpoint
from mutoscope.catalog.load import load_catalog
from mutoscope.errors import ArgumentsInvalid, Problem

CATALOG = load_catalog()
NAMES = sorted({name for each in CATALOG for field in each.fields for name in (field.name, *field.aliases)})

# Lone surrogates too: orjson refuses them earlier, and validation must not rely on that.
texts = st.text(st.characters(exclude_categories=()), max_size=12)
numbers = st.integers() | st.floats(allow_nan=True, allow_infinity=True) | st.just(10**400)
leaves = st.none() | st.booleans() | numbers | texts
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=12
)
points = st.fixed_dictionaries({}, optional={"x": leaves, "y": leaves, "z": leaves}) | anything
masks = st.fixed_dictionaries(
    {}, optional={"mask_url": leaves, "trajectories": st.lists(points, max_size=4) | anything}
)
moves = st.fixed_dictionaries({}, optional={"movement_type": leaves, "movement_value": leaves})
shots = st.fixed_dictionaries({}, optional={"prompt": texts, "duration": leaves | st.sampled_from(["5", 5, "5.0"])})
elements = st.fixed_dictionaries({}, optional={"frontal_image_url": texts, "video_url": leaves, "voice_id": leaves})
near_misses = st.sampled_from(["5", "10", "5s", 5, 5.0, "16:9", "down_back", "0.5", 0.5, "", None, "https://e.org/a"])
values = near_misses | anything | st.lists(masks, max_size=3) | moves
values |= st.lists(shots, max_size=9) | st.lists(elements, max_size=9)
bodies = anything | st.dictionaries(st.sampled_from(NAMES) | texts, values, max_size=10)


def parse(endpoint: Endpoint, body: Any, *, strict: bool) -> tuple[Arguments | None, list[Problem]]:
    """The arguments or the problems, whichever came."""
    try:
        return endpoint.parse(body, strict=strict), []
    except ArgumentsInvalid as invalid:
        return None, invalid.problems


@settings(max_examples=300, deadline=None)
@given(body=bodies, endpoint=st.sampled_from(list(CATALOG)), strict=st.booleans())
def test_any_body_is_arguments_or_problems(body: Any, endpoint, strict):
    """Both can be written as JSON; an echoed surrogate needs the escapes of the plain encoder."""
    arguments, problems = parse(endpoint, body, strict=strict)

    if arguments:
        assert all(note.isprintable() for note in (*arguments.notes, *endpoint.notes_on(arguments.values)))
        orjson.dumps(arguments.values)
    for problem in problems:
        assert problem.loc[0] == "body"
        orjson.dumps([problem.type, problem.msg, dict(problem.ctx or {})])
        json.dumps([problem.loc, problem.input])
    assert bool(arguments) != bool(problems)


@settings(max_examples=200, deadline=None)
@given(body=bodies, endpoint=st.sampled_from(list(CATALOG)))
def test_what_the_strict_profile_takes_the_lenient_one_takes_alike(body: Any, endpoint):
    """The lenient profile only ever takes more. An empty URL is none to it; in the strict one it fails when fetched."""
    strict, _ = parse(endpoint, body, strict=True)
    if strict and "" not in [strict.values.get(field.name) for field in endpoint.fields if field.media]:
        assert endpoint.parse(body, strict=False).values == strict.values


@settings(max_examples=200, deadline=None)
@given(body=bodies, endpoint=st.sampled_from(list(CATALOG)))
def test_parsing_leaves_the_body_alone_and_again_gives_the_same(body: Any, endpoint):
    """Validated values are themselves valid and come back unchanged."""
    before = repr(body)
    arguments, _ = parse(endpoint, body, strict=False)

    assert repr(body) == before
    if arguments:
        assert endpoint.parse(arguments.values, strict=False) == Arguments(arguments.values)
