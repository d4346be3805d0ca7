"""
The server's own OpenAPI document: every route it has, and every endpoint on its three doors.

Routes are data in `openapi.toml` beside this file; a test holds them to the paths and methods of `routes.py`.
"""

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from itertools import count
from typing import Any, Final

from mutoscope import __version__
from mutoscope.catalog import openapi
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.openapi import Json

_SECURED: Final[list[Json]] = [{"apiKeyAuth": []}]


def server_document(endpoints: Iterable[Endpoint], origin: str) -> Json:
    """
    The document of a server that serves `endpoints`.

    Args:
        origin: what the paths are relative to, without trailing slash.
    """
    table = _table()
    schemas = openapi.shared("schemas") | table["schemas"]
    paths: Json = {
        path: {method: _operation(row, _operation_id(method, path)) for method, row in rows.items()}
        for path, rows in _paths()
    }
    for endpoint in endpoints:
        name = _free_name(openapi.schema_name(endpoint.id), schemas)
        schemas |= _standard(openapi.endpoint_schemas(endpoint, name, schemas))
        paths |= _doors(endpoint, name)
    return {
        "openapi": openapi.OPENAPI_VERSION,
        "info": {
            "title": "Mutoscope",
            "version": __version__,
            "description": table["description"].strip(),
            "license": {"name": "Apache 2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": origin}],
        "security": _SECURED,
        "paths": paths,
        "components": {
            "securitySchemes": openapi.shared("security"),
            "schemas": schemas,
            "responses": _responses(),
            "parameters": {name: _parameter(row) for name, row in table["parameters"].items()},
        },
    }


@cache
def _table() -> Json:
    return tomllib.loads((resources.files("mutoscope.api") / "openapi.toml").read_text("utf-8"))


def _paths() -> Iterable[tuple[str, Json]]:
    paths: Json = _table()["paths"]
    return paths.items()


def _responses() -> Json:
    """Every answer by name: those of the queue and of errors, and those of this server."""
    shared = {name: openapi.response(name) for name in openapi.shared("responses")}
    return shared | {name: _response(row) for name, row in _table()["responses"].items()}


def _response(row: Json) -> Json:
    """An answer of its row: JSON of a schema, unless the row has another type; without either, no body."""
    answer: Json = {"description": row["description"]}
    if "schema" not in row and "type" not in row:
        return answer
    schema = openapi.reference(row["schema"]) if "schema" in row else {"type": "string"}
    return answer | {"content": {row.get("type", "application/json"): {"schema": schema}}}


def _parameter(row: Json) -> Json:
    """Text, and required in a path, unless the table says otherwise."""
    return {"required": row["in"] == "path", "schema": {"type": "string"}} | row


def _operation_id(method: str, path: str) -> str:
    """What generated clients call it: `getV1Models` of GET /v1/models."""
    words = re.findall(r"[A-Za-z0-9]+", path)
    return method + "".join(word[:1].upper() + word[1:] for word in words)


def _operation(row: Json, operation_id: str) -> Json:
    """An operation of its row in the table."""
    operation: Json = {"operationId": operation_id, "tags": [row["tag"]], "summary": row["summary"]}
    if "description" in row:
        operation["description"] = row["description"]
    if "parameters" in row:
        operation["parameters"] = [_pointer("parameters", name) for name in row["parameters"]]
    if "body" in row:
        operation["requestBody"] = _body(row["body"])
    operation["responses"] = {code: _pointer("responses", name) for code, name in row["responses"].items()}
    return operation | ({"security": []} if row.get("public") else {})


def _body(body: str) -> Json:
    """A body by its schema, or by its content type where it is not JSON."""
    if "/" in body:
        return {"content": {body: {"schema": {"type": "string", "format": "binary"}}}}
    return {"required": True, "content": {"application/json": {"schema": openapi.reference(body)}}}


def _free_name(name: str, schemas: Json) -> str:
    """The name, with a number where the application of another owner has it."""
    tries = (name if number == 1 else f"{name}{number}" for number in count(1))
    return next(each for each in tries if f"{each}Input" not in schemas)


def _doors(endpoint: Endpoint, name: str) -> Json:
    """The POST of an endpoint on each door."""
    paths: Json = {}
    for door, row in _table()["doors"].items():
        operation = _operation(row | {"body": f"{name}Input"}, f"{door}{name}")
        if "200" not in operation["responses"]:
            output = openapi.json_response("The output.", f"{name}Output")
            operation["responses"] = {"200": output, **operation["responses"]}
        paths[f"/{door}/{endpoint.id}"] = {"post": operation}
    return paths


def _standard(schemas: Json) -> Json:
    """With `example` in place of the platform's `examples`, which OpenAPI 3.0 does not know inside a schema."""
    return {
        name: schema | {"properties": {key: _with_example(each) for key, each in schema["properties"].items()}}
        for name, schema in schemas.items()
    }


def _with_example(schema: Json) -> Json:
    if "examples" not in schema:
        return schema
    rest: Json = {key: value for key, value in schema.items() if key != "examples"}
    return rest | {"example": schema["examples"][0]}


def _pointer(part: str, name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/{part}/{name}"}
