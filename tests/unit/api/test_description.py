"""The server's own document: valid, complete, and of one mind with the table of routes."""

import json
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV30SpecValidator

from mutoscope.api.description import server_document
from mutoscope.api.routes import ALLOW, Kind, resolve
from mutoscope.catalog.load import load_catalog
from mutoscope.catalog.openapi import schema_name

ORIGIN = "https://host.example"
CATALOG = load_catalog()
SIZE_BYTES_MAX = 1_000_000


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As a reader gets it."""
    found: dict[str, Any] = json.loads(json.dumps(server_document(CATALOG, ORIGIN)))
    return found


def kind_of(path: str) -> Kind:
    """What a path of the document addresses, with something in place of its parameters."""
    return resolve(re.sub(r"\{\w+\}", "7", path)).kind


def test_document_is_valid_openapi(document: dict[str, Any]):
    """To the letter of 3.0, for any tool."""
    OpenAPIV30SpecValidator(document).validate()


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]):
    """Generated clients make their functions of them."""
    names = [each["operationId"] for methods in document["paths"].values() for each in methods.values()]

    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]+", name) for name in names)
    assert "getV1Models" in names and "runKlingVideoV25TurboProImageToVideo" in names


def test_every_kind_of_path_is_described(document: dict[str, Any]):
    """A new route has to be told of."""
    assert {kind_of(path) for path in document["paths"]} == set(Kind) - {Kind.NOTHING}


def test_every_described_method_is_served(document: dict[str, Any]):
    """And each that is served is described, but for HEAD, which is a GET without its body."""
    described: dict[Kind, set[str]] = {}
    for path, methods in document["paths"].items():
        described.setdefault(kind_of(path), set()).update(method.upper() for method in methods)

    assert described == {kind: set(methods) - {"HEAD"} for kind, methods in ALLOW.items()}


def test_every_endpoint_stands_on_its_three_doors(document: dict[str, Any]):
    """With its own input, and on the waiting door its own output."""
    for endpoint in CATALOG:
        name = schema_name(endpoint.id)
        for door in ("run", "queue", "gateway"):
            operation = document["paths"][f"/{door}/{endpoint.id}"]["post"]
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            assert body == {"$ref": f"#/components/schemas/{name}Input"}
        done = document["paths"][f"/run/{endpoint.id}"]["post"]["responses"]["200"]["content"]["application/json"]
        assert done["schema"] == {"$ref": f"#/components/schemas/{name}Output"}


def test_nothing_is_described_that_nothing_points_to(document: dict[str, Any]):
    """No schema, answer or parameter is left over."""
    text = json.dumps(document)

    unused = [
        f"{part}/{name}"
        for part in ("schemas", "responses", "parameters")
        for name in document["components"][part]
        if f'"#/components/{part}/{name}"' not in text
    ]

    assert unused == []


def test_same_names_of_two_owners_are_told_apart():
    """An operator's application may be called as another one is."""
    endpoint = next(iter(CATALOG))

    schemas = server_document([endpoint, endpoint], ORIGIN)["components"]["schemas"]

    assert {f"{schema_name(endpoint.id)}Input", f"{schema_name(endpoint.id)}2Input"} <= schemas.keys()


def test_document_stays_of_a_size_that_tools_open(document: dict[str, Any]):
    """It grows with the catalog; 76 endpoints are half a megabyte."""
    assert len(json.dumps(document, separators=(",", ":"))) < SIZE_BYTES_MAX
