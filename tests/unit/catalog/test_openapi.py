"""The document of each endpoint: valid OpenAPI, the words of its page, and of one mind with the validator."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator
from schemathesis import GenerationMode

from mutoscope.catalog.application import load_applications
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import load_catalog
from mutoscope.catalog.openapi import OWN_MARK, endpoint_document, schema_name
from mutoscope.catalog.shape import Field
from mutoscope.errors import ArgumentsInvalid

QUEUE = "https://host.example/queue"
ENDPOINTS = list(load_catalog())
SHAPES = list({repr((each.fields, each.rules)): each for each in reversed(ENDPOINTS)}.values())
"""One endpoint of each shape of input."""

every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.id)
every_shape = pytest.mark.parametrize("endpoint", SHAPES, ids=lambda endpoint: endpoint.id)


def documented(endpoint: Endpoint) -> dict[str, Any]:
    """The document as a reader gets it."""
    document: dict[str, Any] = json.loads(json.dumps(endpoint_document(endpoint, QUEUE)))
    return document


def resolved(document: dict[str, Any], schema: Any) -> Any:
    """A schema with what its references point to in their place."""
    if isinstance(schema, list):
        return [resolved(document, each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    return {key: resolved(document, value) for key, value in schema.items()}


def part(endpoint: Endpoint, side: str) -> dict[str, Any]:
    """The schema of an endpoint's `Input` or `Output`, whole."""
    document = documented(endpoint)
    whole: dict[str, Any] = resolved(document, document["components"]["schemas"][schema_name(endpoint.id) + side])
    return whole


def published(schema: Any) -> Any:
    """The schema as the strict profile has it: without what is ours, and closed."""
    if isinstance(schema, list):
        return [published(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: published(value) for key, value in schema.items()}
    if "x-fal-order-properties" in kept:
        kept["properties"] = {key: each for key, each in kept["properties"].items() if OWN_MARK not in each}
        kept["additionalProperties"] = False
    return kept


def reasons(endpoint: Endpoint, body: object) -> set[str]:
    """Why the strict profile refuses it; empty where it does not."""
    try:
        endpoint.parse(body, strict=True)
    except ArgumentsInvalid as error:
        return {problem.type for problem in error.problems}
    return set()


def unsaid_rules(endpoint: Endpoint) -> set[str]:
    """Kinds of rules that the schema does not hold: those of the strict profile alone, sums and counts."""
    told = part(endpoint, "Input").get(f"{OWN_MARK}-rules", [])
    return {rule.kind for rule in endpoint.rules if rule.is_strict} | {rule["kind"] for rule in told}


# --- the document -----------------------------------------------------------


@every_endpoint
def test_document_is_valid_openapi(endpoint: Endpoint):
    """But for the platform's `examples` inside schemas, which OpenAPI 3.0 does not know and its readers look for."""
    document = documented(endpoint)
    for schema in document["components"]["schemas"].values():
        for each in schema.get("properties", {}).values():
            each.pop("examples", None)

    OpenAPIV30SpecValidator(document).validate()


@every_endpoint
def test_document_has_the_shape_that_clients_of_the_platform_read(endpoint: Endpoint):
    """Four paths under the full id, the schemas by their names, and who may call."""
    document = documented(endpoint)
    name, request = schema_name(endpoint.id), f"/{endpoint.id}/requests/{{request_id}}"

    assert document["openapi"] == "3.0.4"
    assert document["info"]["x-fal-metadata"].items() >= {"endpointId": endpoint.id, "category": endpoint.task}.items()
    assert {"QueueStatus", f"{name}Input", f"{name}Output"} <= document["components"]["schemas"].keys()
    assert {path: [*rows] for path, rows in document["paths"].items()} == {
        f"/{endpoint.id}": ["post"],
        f"{request}/status": ["get"],
        request: ["get"],
        f"{request}/cancel": ["put"],
    }
    assert document["servers"] == [{"url": QUEUE}]
    assert document["security"] == [{"apiKeyAuth": []}]


@pytest.mark.parametrize(
    ("endpoint_id", "name"),
    [
        ("fal-ai/kling-video/v2.5-turbo/pro/image-to-video", "KlingVideoV25TurboProImageToVideo"),
        ("fal-ai/kling-video/v1/standard/text-to-video", "KlingVideoV1StandardTextToVideo"),
        ("fal-ai/kling-video/o1/image-to-video", "KlingVideoO1ImageToVideo"),
        ("workflows/me/my_app", "MyApp"),
    ],
)
def test_schemas_are_named_as_in_the_clients_types(endpoint_id: str, name: str):
    """Of the application and the path: words joined, dots dropped."""
    assert schema_name(endpoint_id) == name


def test_no_two_endpoints_share_a_name():
    """The server's own document holds all of them."""
    assert len({schema_name(each.id) for each in ENDPOINTS}) == len(ENDPOINTS)


@pytest.mark.parametrize(
    ("path", "codes"),
    [
        ("", {"200", "400", "401", "403", "404", "413", "422", "429", "503"}),
        ("/requests/{request_id}/status", {"200", "202", "400", "401", "403", "404"}),
        ("/requests/{request_id}", {"200", "400", "401", "403", "404", "422", "499", "500", "503", "504"}),
        ("/requests/{request_id}/cancel", {"200", "202", "400", "401", "403", "404"}),
    ],
)
def test_codes_are_those_that_are_answered(pro_image: Endpoint, path: str, codes: set[str]):
    """Not the 200 alone that the platform's documents have."""
    ((_, operation),) = documented(pro_image)["paths"][f"/{pro_image.id}{path}"].items()

    assert set(operation["responses"]) == codes


TOYS = """
app = "acme/toys"
[types.QueueStatus.length]
type = "integer"
required = true
[types."Größe".width]
type = "float"
[[endpoints]]
function = "toys:queue"
fields = { status = { type = "list<QueueStatus>" }, size = { type = "Größe" } }
output = { status = { type = "QueueStatus", required = true } }
"""


def test_types_of_an_application_do_not_get_in_the_way(tmp_path: Path):
    """They may be called as ours are, or in any letters."""
    file = tmp_path / "toys.toml"
    file.write_text(TOYS)
    ((endpoint,),) = (each.endpoints for each in load_applications([file], lambda _: None))

    document = documented(endpoint)

    OpenAPIV30SpecValidator(document).validate()
    schemas = document["components"]["schemas"]
    assert "request_id" in schemas["QueueStatus"]["properties"]
    assert list(schemas["ToysQueueStatus"]["properties"]) == ["length"]
    assert "playgroundUrl" not in document["info"]["x-fal-metadata"]


# --- fields -----------------------------------------------------------------


@every_shape
def test_fields_are_those_of_the_page_in_its_words(endpoint: Endpoint):
    """Order, description, default, bounds and what is required; hidden fields are not told of."""
    schema = part(endpoint, "Input")
    told = [each for each in endpoint.fields if not each.hidden]

    assert schema["x-fal-order-properties"] == [each.name for each in told] == list(schema["properties"])
    assert schema.get("required", []) == [each.name for each in told if each.required]
    for each in endpoint.printed_fields:
        shown = schema["properties"][each.name]
        assert OWN_MARK not in shown
        assert each.printed_description.startswith(shown.get("description", ""))
        assert shown.get("default") == each.default
        assert shown.get("enum", []) == list(each.enum)
        assert (shown.get("minimum"), shown.get("maximum")) == (each.minimum, each.maximum)


@every_shape
def test_what_only_this_server_has_is_marked_and_optional(endpoint: Endpoint):
    """The seed, and facts about the video beside its URL."""
    takes, gives = part(endpoint, "Input"), part(endpoint, "Output")
    ours = {each.name for each in (*endpoint.fields, *endpoint.output_fields) if each.extension}

    assert {name for side in (takes, gives) for name, each in side["properties"].items() if OWN_MARK in each} == ours
    assert ours.isdisjoint({*takes.get("required", []), *gives.get("required", [])})


def test_what_a_video_tells_beside_its_address_is_marked(pro_image: Endpoint):
    """The platform's four keys are not."""
    file = part(pro_image, "Output")["properties"]["video"]["allOf"][0]["properties"]

    assert {"width", "height", "fps", "num_frames", "duration"} <= {name for name in file if OWN_MARK in file[name]}
    assert not any(OWN_MARK in file[name] for name in ("url", "content_type", "file_name", "file_size"))


def test_a_field_without_effect_says_so(find):
    """Whoever reads the schema learns it before the log says it."""
    schema = part(find("fal-ai/kling-video/v2.6/pro/text-to-video"), "Input")

    assert schema["properties"]["generate_audio"][f"{OWN_MARK}-ignored"] == "the video has no sound"


# --- one mind with the validator --------------------------------------------


@every_endpoint
def test_examples_fit_their_own_schemas(endpoint: Endpoint):
    """Input whole and with nothing but what is required, and output."""
    takes, gives = OAS30Validator(part(endpoint, "Input")), OAS30Validator(part(endpoint, "Output"))

    takes.validate(dict(endpoint.input_example))
    takes.validate(endpoint.required_example)
    if endpoint.output_example:
        gives.validate(dict(endpoint.output_example))


def values_for(field: Field) -> Iterator[Any]:
    """Good and bad values of a field, at its bounds and of every type."""
    if field.kind not in ("enum", "object"):
        yield None  # taken there for absent too, which the document has no good words for
    yield from (True, False, 0, 1, -1, 0.5, 1.5, 10**7, -(10**7), "", "x", "5", [], ["x"], {}, [{}], {"x": 1})
    yield from field.enum
    for bound in (field.minimum, field.maximum):
        if bound is not None:
            yield from (bound, bound - 1, bound + 1)
    if field.chars_max:
        yield from ("é" * field.chars_max, "é" * (field.chars_max + 1))
    if field.items_max and not field.fields:
        yield from (["x"] * field.items_max, ["x"] * (field.items_max + 1))


def bodies(endpoint: Endpoint) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what is tried, body): every field with every value, also inside objects and lists of them."""
    base = endpoint.required_example
    for name in base:
        yield f"without {name}", {key: value for key, value in base.items() if key != name}
    for field in endpoint.printed_fields:
        for value in values_for(field):
            yield f"{field.name}={value!r:.40}", base | {field.name: value}
        for inside in field.fields:
            example = endpoint.input_example.get(field.name)
            item = dict(example[0] if isinstance(example, list) else example or {})
            for value in values_for(inside):
                changed: Any = item | {inside.name: value}
                sent = [changed] if field.kind == "list" else changed
                yield f"{field.name}.{inside.name}={value!r:.40}", base | {field.name: sent}


@every_shape
def test_schema_and_validator_agree_on_every_value(endpoint: Endpoint):
    """What the document calls valid is taken, and what it does not is refused, field by field."""
    schema, unsaid = OAS30Validator(published(part(endpoint, "Input"))), unsaid_rules(endpoint)

    verdicts = {told: (schema.is_valid(body), reasons(endpoint, body)) for told, body in bodies(endpoint)}

    assert {told: why for told, (is_valid, why) in verdicts.items() if not is_valid and not why} == {}
    assert {told: why for told, (is_valid, why) in verdicts.items() if is_valid and not why <= unsaid} == {}
    assert {is_valid for is_valid, _ in verdicts.values()} == {True, False}


@every_shape
def test_what_the_schema_generates_is_taken(endpoint: Endpoint):
    """Bodies made from the document alone; only a rule that it does not have as a schema may refuse one."""
    document = documented(endpoint)
    for name, schema in document["components"]["schemas"].items():
        document["components"]["schemas"][name] = published(schema)
    operation = schemathesis.openapi.from_dict(document)[f"/{endpoint.id}"]["POST"]
    unsaid = unsaid_rules(endpoint)

    @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    @settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def check(case: schemathesis.Case) -> None:
        assert reasons(endpoint, case.body) <= unsaid

    check()
