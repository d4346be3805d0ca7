"""
Endpoints as OpenAPI 3.0.4. Pure: what an endpoint is goes in, a document comes out.

A document has the shape of the platform's own; where that one says less than the truth (202 while a request runs,
what a cancel answers, errors), this one says what is answered here.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from itertools import combinations
from typing import Any, Final

from mutoscope.catalog.endpoint import Endpoint, EndpointId
from mutoscope.catalog.shape import Field, Rule

Json = dict[str, Any]
"""A JSON object of a document."""

OPENAPI_VERSION: Final = "3.0.4"
OWN_MARK: Final = "x-mutoscope"
"""On what this server has and the published schema does not."""

_TYPES: Final[Mapping[str, str]] = {"float": "number", "enum": "string"}
"""JSON's name of a kind of field, where it differs."""
_SAYABLE: Final = frozenset({"mutually_exclusive", "at_least_one", "exactly_one", "requires_value"})


def endpoint_document(endpoint: Endpoint, queue_base: str) -> Json:
    """
    The document of one endpoint, as its callers on the queue see it.

    Args:
        queue_base: what the paths are relative to, without trailing slash.
    """
    name = schema_name(endpoint.id)
    schemas = shared("schemas")
    return {
        "openapi": OPENAPI_VERSION,
        "info": {
            "title": f"Queue OpenAPI for {endpoint.id}",
            "version": "1.0.0",
            "description": f"The OpenAPI schema for the {endpoint.id} queue.",
            "x-fal-metadata": _metadata(endpoint),
        },
        "components": {
            "securitySchemes": shared("security"),
            "schemas": schemas | endpoint_schemas(endpoint, name, schemas),
        },
        "paths": _paths(endpoint, name),
        "servers": [{"url": queue_base}],
        "security": [{"apiKeyAuth": []}],
    }


def schema_name(endpoint_id: str) -> str:
    """What the schemas of an endpoint are called: `KlingVideoV25TurboProImageToVideo`, as in the clients' types."""
    parsed = EndpointId.parse(endpoint_id)
    words = re.split(r"[^A-Za-z0-9.]+", f"{parsed.alias}/{parsed.path}")
    return "".join(word[:1].upper() + word[1:].replace(".", "") for word in words)


def endpoint_schemas(endpoint: Endpoint, name: str, beside: Mapping[str, Any]) -> Json:
    """
    `{name}Input`, `{name}Output` and the types inside them, by component name.

    Args:
        beside: schemas that they will stand with; a type inside that is another one there carries the endpoint's name.
    """
    found: Json = {}
    for part in (_input_schemas, _output_schemas):
        own, there = part(endpoint, name, ""), {**beside, **found}
        if any(there.get(key, schema) != schema for key, schema in own.items()):
            own = part(endpoint, name, name)
        found |= own
    return found


def _input_schemas(endpoint: Endpoint, name: str, nested: str) -> Json:
    title = f"{name}Input"
    schemas = _Schemas(nested, is_input=True)
    schemas.add(title, [each for each in endpoint.fields if not each.hidden], endpoint.input_example)
    fields = {each.name: each for each in endpoint.fields}
    rules = [rule for rule in endpoint.rules if not rule.is_strict]
    facts: Json = {
        "allOf": [_rule(rule, fields) for rule in rules if _is_sayable(rule)],
        f"{OWN_MARK}-rules": [_told(rule) for rule in rules if not _is_sayable(rule)],
    }
    schemas.found[title] |= {key: value for key, value in facts.items() if value}
    return schemas.found


def _output_schemas(endpoint: Endpoint, name: str, nested: str) -> Json:
    schemas = _Schemas(nested, is_input=False)
    schemas.add(f"{name}Output", endpoint.output_fields, endpoint.output_example)
    return schemas.found


@cache
def _parts() -> Json:
    return tomllib.loads((resources.files("mutoscope.catalog") / "openapi.toml").read_text("utf-8"))


def shared(part: str) -> Json:
    """What is the same for every endpoint: `security`, `schemas`, `responses` or `operations`; a copy to add to."""
    return dict(_parts()[part])


def response(name: str) -> Json:
    """A shared answer, by the name that `operations` gives it."""
    row = _parts()["responses"][name]
    return json_response(row["description"], row["schema"])


def json_response(description: str, schema: str) -> Json:
    """An answer whose body is JSON of a schema of the document."""
    return {"description": description, "content": {"application/json": {"schema": reference(schema)}}}


def reference(schema: str) -> Json:
    """Points to a schema of the same document."""
    return {"$ref": f"#/components/schemas/{schema}"}


def _metadata(endpoint: Endpoint) -> Json:
    metadata: Json = {"endpointId": endpoint.id, "category": endpoint.task}
    if endpoint.served_by != "application":
        # Where the vendor describes it; a function of the operator is described nowhere else.
        page = f"https://fal.ai/models/{endpoint.id}"
        metadata |= {"playgroundUrl": page, "documentationUrl": f"{page}/api"}
    return metadata


def _paths(endpoint: Endpoint, name: str) -> Json:
    """Submit, status, result and cancel, under the full id as the platform prints them; the short one is served too."""
    request = f"/{endpoint.id}/requests/{{request_id}}"
    request_id = {
        "name": "request_id",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "description": "Request ID"},
    }
    logs = {
        "name": "logs",
        "in": "query",
        "required": False,
        "schema": {"type": "number", "description": "Whether to include logs (`1`) in the response or not (`0`)."},
    }
    body = {"required": True, "content": {"application/json": {"schema": reference(f"{name}Input")}}}
    output = {"200": json_response("The output of the request.", f"{name}Output")}
    return {
        f"/{endpoint.id}": {"post": {"requestBody": body, "responses": _responses("submit")}},
        f"{request}/status": {"get": {"parameters": [request_id, logs], "responses": _responses("status")}},
        request: {"get": {"parameters": [request_id], "responses": output | _responses("result")}},
        f"{request}/cancel": {"put": {"parameters": [request_id], "responses": _responses("cancel")}},
    }


def _responses(operation: str) -> Json:
    return {code: response(name) for code, name in _parts()["operations"][operation].items()}


class _Schemas:
    """Schemas of objects, by component name, in the order in which a reader meets them."""

    def __init__(self, nested: str, *, is_input: bool) -> None:
        """
        Args:
            nested: put before the names of types inside an object.
        """
        self.found: Json = {}
        self._nested = nested
        self._is_input = is_input

    def add(self, name: str, fields: Iterable[Field], examples: Mapping[str, Any]) -> None:
        """Add an object of these fields, and the types inside it."""
        fields = tuple(fields)
        schema = self.found[name] = {"title": name, "type": "object"}
        schema["properties"] = {each.name: self._property(each, examples) for each in fields}
        schema["x-fal-order-properties"] = [each.name for each in fields]
        required = [each.name for each in fields if each.required]
        if required:
            schema["required"] = required

    def _property(self, field: Field, examples: Mapping[str, Any]) -> Json:
        """One field with the words of its page."""
        schema: Json = {"title": field.name.replace("_", " ").title(), **self._type(field)}
        facts = {
            "description": field.description or None,
            "default": field.default,
            "minimum": field.minimum,
            "maximum": field.maximum,
            "maxLength": field.chars_max,
            "minItems": field.items_min,
            "maxItems": field.items_max,
            "examples": [examples[field.name]] if field.name in examples else None,
            "nullable": True if self._takes_null(field) else None,
            OWN_MARK: True if field.extension else None,
            f"{OWN_MARK}-ignored": field.ignored or None,
        }
        return schema | {key: value for key, value in facts.items() if value is not None}

    def _takes_null(self, field: Field) -> bool:
        """
        Where absent means nothing rather than a value, null means the same.

        Beside a $ref that cannot be said, and in an enum it would be one more choice to whoever makes a form of it.
        """
        is_sayable = self._is_input and field.kind not in ("object", "enum")
        return is_sayable and not field.required and field.default is None

    def _type(self, field: Field) -> Json:
        """The type of a field; objects inside it become schemas of their own."""
        if field.kind == "enum":
            return {"type": "string", "enum": list(field.enum)}
        item: Json = {"type": "string"}
        if field.fields:
            # An operator's type may be called anything, a component may not.
            name = self._nested + re.sub(r"[^A-Za-z0-9._-]", "_", field.type.removeprefix("list<").removesuffix(">"))
            self.add(name, field.fields, {})
            item = reference(name)
        if field.kind == "list":
            return {"type": "array", "items": item}
        # Beside a bare $ref nothing counts (OpenAPI 3.0), so that a description needs the detour.
        return {"allOf": [item]} if field.fields else {"type": _json_type(field)}


def _is_sayable(rule: Rule) -> bool:
    """Whether a schema can say it; there are no sums and counts in one."""
    return rule.kind in _SAYABLE and rule.when is None


def _told(rule: Rule) -> Json:
    """A rule for whoever makes a form."""
    facts = {"kind": rule.kind, "fields": list(rule.fields), "of": rule.of, "value": rule.value, "when": rule.when}
    return {key: value for key, value in facts.items() if value is not None}


def _rule(rule: Rule, fields: Mapping[str, Field]) -> Json:
    """A limit over several fields, as a schema that the whole object has to fit as well."""
    given = [_given(fields[name]) for name in rule.fields]
    if rule.kind == "requires_value":
        assert rule.of is not None, "requires_value names the field it is about; family.py checks it"
        holds: Json = {"properties": {rule.of: {"enum": [rule.value]}}}
        if fields[rule.of].default != rule.value:
            holds["required"] = [rule.of]
        return {"anyOf": [holds, {"not": {"anyOf": given}}]}
    if rule.kind == "exactly_one":
        return {"oneOf": given}
    if rule.kind == "at_least_one":
        return {"anyOf": given}
    return {"not": {"anyOf": [{"allOf": list(pair)} for pair in combinations(given, 2)]}}


def _given(field: Field) -> Json:
    """That a field says something: null and a list with nothing in it do not."""
    kind = {"type": "array", "minItems": 1} if field.kind == "list" else {"type": _json_type(field)}
    return {"required": [field.name], "properties": {field.name: kind}}


def _json_type(field: Field) -> str:
    return _TYPES.get(field.kind, field.kind)
