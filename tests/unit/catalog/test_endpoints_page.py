"""docs/endpoints.md says what the catalog has."""

import re
from pathlib import Path

from mutoscope.catalog.common import common
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.family import read_family
from mutoscope.catalog.load import load_catalog

PAGE = (Path(__file__).parents[3] / "docs" / "endpoints.md").read_text("utf-8")


def length(endpoint: Endpoint) -> str:
    """Seconds that may be asked for."""
    field = endpoint.field_of("duration")
    if field is None:
        return "–"
    values = [int(value) for value in field.enum] or range(int(field.minimum or 0), int(field.maximum or 0) + 1)
    is_range = len(values) > 2 and list(values) == list(range(values[0], values[-1] + 1))
    return f"{values[0]}–{values[-1]}" if is_range else ", ".join(map(str, values))


def row(endpoint: Endpoint) -> str:
    """An endpoint as the page has to show it."""
    cells = (
        f"`{endpoint.id}`",
        endpoint.task,
        endpoint.served_by,
        length(endpoint),
        endpoint.nominal.resolution or "–",
        endpoint.price.as_of or "–",
    )
    return f"| {' | '.join(cells)} |"


def test_every_endpoint_has_its_row():
    """In the order of the catalog, and no other."""
    assert re.findall(r"(?m)^\| `[^`]+/.*$", PAGE.split("## All endpoints")[1]) == [
        row(each) for each in load_catalog()
    ]


def test_the_new_version_of_the_page_is_one(tmp_path: Path):
    """What it says becomes endpoints with all that the page promises."""
    (example,) = re.findall(r"(?s)```toml\n(.+?)```", PAGE)
    file = tmp_path / "kling_v9.toml"
    file.write_text(example, "utf-8")

    endpoints = read_family(file, common())

    assert len(re.findall(r"(?m)^[^#\n]", example)) <= 20
    assert [each.id.partition("/v9/")[2] for each in endpoints] == [
        f"{tier}/{task}" for tier in ("standard", "pro") for task in ("image-to-video", "text-to-video")
    ]
    for endpoint in endpoints:
        assert endpoint.parse(dict(endpoint.input_example), strict=True).values == dict(endpoint.input_example)
        assert endpoint.parse(endpoint.required_example | {"duration": 20}, strict=False).values["duration"] == "20"
        assert endpoint.nominal.resolution and endpoint.output_example and endpoint.limitations
