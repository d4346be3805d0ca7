"""The catalog says what the published pages say, word for word; the pages' tables are transcribed in transcripts/."""

import json
from pathlib import Path
from typing import Any

import pytest

from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog
from mutoscope.catalog.shape import Field

TRANSCRIPTS = Path(__file__).parent / "transcripts"
PAGES = ("v2_5_turbo_standard", "v2_5_turbo_pro", "v1_standard")


def read(name: str) -> Any:
    """One transcript."""
    return json.loads((TRANSCRIPTS / f"{name}.json").read_text("utf-8"))


def rows() -> list[Any]:
    """(page, endpoint row) of every transcript, with readable test ids."""
    return [
        pytest.param(page, row, id=row["endpoint_id"])
        for page in map(read, PAGES)
        for row in page["endpoints"]
    ]  # fmt: skip


@pytest.mark.parametrize(("page", "row"), rows())
def test_input_table_is_the_page_s(find, page, row):
    """Order, type, required, default, description and bounds of every input field."""
    endpoint = find(row["endpoint_id"])
    assert [printed(field, page) for field in endpoint.printed_fields] == row["input"]


@pytest.mark.parametrize(("page", "row"), rows())
def test_output_table_is_the_page_s(find, page, row):
    """What we add to the output is marked as ours and stays out of the table."""
    endpoint = find(row["endpoint_id"])
    assert [printed(field, page) for field in endpoint.output_fields if field.is_printed] == row["output"]


@pytest.mark.parametrize(("page", "row"), rows())
def test_examples_are_the_page_s(find, page, row):
    """Examples agree key by key and in the order of the keys."""
    endpoint = find(row["endpoint_id"])
    assert json.dumps(endpoint.input_example) == json.dumps(row["input_example"])
    assert json.dumps(endpoint.output_example) == json.dumps(row["output_example"])


@pytest.mark.parametrize(("page", "row"), rows())
def test_heading_links_and_limitations_are_the_page_s(find, page, row):
    """Title, description, tab, endpoint line, Related and Limitations; what a transcript lacks is null in it."""
    endpoint = find(row["endpoint_id"])
    assert row["endpoint"] == f"POST https://fal.run/{endpoint.id}"
    assert row["tab"] in (endpoint.tab, None)
    assert page["title"] in (endpoint.title, None)
    assert page["description"] in (endpoint.description, None)
    assert page["limitations"] == [as_copied(line, page) for line in endpoint.limitations]
    if page["related"] is not None:
        assert page["related"] == [[link.title, link.href, link.category] for link in endpoint.related]


def test_gateway_pages_agree_with_the_endpoint(find):
    """The resellers print a shorter table of the same endpoint: same order, same required fields, same example."""
    gateway = read("gateway")
    endpoint = find(gateway["endpoint_id"])
    fields = {field.name: field for field in endpoint.printed_fields}

    assert list(fields)[: len(gateway["input"])] == [row["name"] for row in gateway["input"]]
    for row in gateway["input"]:
        field = fields[row["name"]]
        assert row["required"] == field.required
        assert row["type"] == ("number" if field.kind == "float" else "string")
        assert tuple(row.get("values", ())) == field.enum
        assert row.get("range") in ([field.minimum, field.maximum], None)
        if "formats" in row:
            assert field.media_limits is not None
            assert list(field.media_limits.formats) == row["formats"], "what a page takes, the strict profile takes"
    assert json.dumps(gateway["input_example"]) == json.dumps(endpoint.input_example)


def test_every_example_parses_in_both_profiles(catalog: Catalog):
    """What the pages show goes through untouched, and only with required fields the defaults come in."""
    for endpoint in catalog:
        for strict in (True, False):
            assert endpoint.parse(dict(endpoint.input_example), strict=strict).values == dict(endpoint.input_example)
            assert endpoint.parse(endpoint.required_example, strict=strict).values == with_defaults(endpoint)


def with_defaults(endpoint: Endpoint) -> dict[str, Any]:
    """The required example and every default."""
    defaults = {field.name: field.default for field in endpoint.fields if field.default is not None}
    return defaults | endpoint.required_example


def printed(field: Field, page: dict[str, Any]) -> dict[str, Any]:
    """A field as a row of a transcript."""
    return {
        "name": field.name,
        "type": field.type,
        "required": field.required,
        "default": None if field.default is None else str(field.default),
        "description": as_copied(field.printed_description, page),
        "bounds": as_copied(field.printed_bounds, page),
    }


def as_copied(text: str, page: dict[str, Any]) -> str:
    """One page was copied as plain text, which lost its backticks."""
    return text if page["markdown"] else text.replace("`", "")
