"""The platform API under what nobody should send: always a 4xx in JSON of its own shape, always with the reason."""

from urllib.parse import quote

import httpx
import pytest

from mutoscope.limits import (
    BUCKETS_MAX,
    ENDPOINT_IDS_MAX,
    ESTIMATE_QUANTITY_MAX,
    PAGE_ITEMS_MAX,
    SMALL_BODY_BYTES_MAX,
)
from tests.conftest import TEXT_TO_VIDEO, Served

BY_ENDPOINT = "/v1/models/requests/by-endpoint"
ESTIMATE = "/v1/models/pricing/estimate"


def error_of(answer: httpx.Response, status: int, type_: str) -> str:
    """The message of an error, which has the platform's shape and nothing else."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert body["error"]["type"] == type_
    assert body["error"]["request_id"] == answer.headers["x-fal-request-id"]
    message: str = body["error"]["message"]
    assert message and len(message) <= 1_000
    return message


REFUSED = [
    (f"{BY_ENDPOINT}?start=2026-02-01&end=2026-01-01", "must be before end"),
    (f"{BY_ENDPOINT}?start=2026-01-01&end=2026-01-01", "must be before end"),
    (f"{BY_ENDPOINT}?start=yesterday", "2026-11-01T00:00:00Z"),
    (f"{BY_ENDPOINT}?start=0001-01-01", "from 1971 to 2198"),
    (f"{BY_ENDPOINT}?end=9999-12-31T23:59:59Z", "from 1971 to 2198"),
    (f"{BY_ENDPOINT}?start=99999999999999999999", "start is"),
    (f"{BY_ENDPOINT}?limit=0", f"from 1 to {PAGE_ITEMS_MAX}"),
    (f"{BY_ENDPOINT}?limit={PAGE_ITEMS_MAX + 1}", f"from 1 to {PAGE_ITEMS_MAX}"),
    (f"{BY_ENDPOINT}?limit=-1", "limit is '-1'"),
    (f"{BY_ENDPOINT}?limit=1e1", "limit is '1e1'"),
    (f"{BY_ENDPOINT}?limit=%D9%A1", "limit is"),
    (f"{BY_ENDPOINT}?status=fine", "success, user_error, error"),
    (f"{BY_ENDPOINT}?sort_by=price", "ended_at, duration"),
    (f"{BY_ENDPOINT}?expand=secrets", "payloads"),
    (f"{BY_ENDPOINT}?cursor=abc", "next_cursor of this very list"),
    (f"{BY_ENDPOINT}?cursor=%00%FF%E2%82%AC", "next_cursor of this very list"),
    (f"{BY_ENDPOINT}?cursor={'A' * 9_000}", "next_cursor of this very list"),
    ("/v1/models?cursor=Mg==", "next_cursor of this very list"),
    ("/v1/models?status=%27%20OR%201=1", "active"),
    (f"/v1/models?q={'x' * 201}", "SEARCH_CHARS_MAX"),
    ("/v1/models?expand=openapi-2.0", "openapi-3.0"),
    (f"/v1/models?{'&'.join(['a=b'] * 300)}", "PLATFORM_QUERY_FIELDS_MAX"),
    (f"/v1/models?q={'x' * 40_000}", "QUERY_CHARS_MAX"),
    ("/v1/models/usage?timezone=Mars/Olympus", "Europe/Berlin"),
    ("/v1/models/usage?timezone=../../etc/passwd", "Europe/Berlin"),
    ("/v1/models/usage?timezone=/etc/passwd", "Europe/Berlin"),
    ("/v1/models/usage?timezone=Europe", "Europe/Berlin"),
    ("/v1/models/usage?timezone=%00", "Europe/Berlin"),
    (f"/v1/models/usage?timezone={'x' * 300}", "Europe/Berlin"),
    ("/v1/models/usage?timeframe=second", "minute, hour, day, week, month"),
    (f"/v1/models/usage?limit={BUCKETS_MAX + 1}", f"from 1 to {BUCKETS_MAX}"),
    ("/v1/models/usage?bound_to_timeframe=perhaps", "true"),
    ("/v1/models/analytics?expand=p50_happiness", "p50_duration"),
]
"""A call, and what its refusal says."""


async def test_a_parameter_that_cannot_be_meant_is_refused_with_its_bound(server: Served):
    """422, with the value and the way out."""
    for path, said in REFUSED:
        assert said in error_of(await server.client.get(path), 422, "validation_error"), path[:200]


async def test_thousands_of_endpoints_are_too_many(server: Served):
    """At the bound they are taken, one past it they are not."""
    ids = ",".join(f"fal-ai/kling-video/v{n}/x" for n in range(1_800))
    many = await server.client.get("/v1/models", params={"endpoint_id": ids})
    past = await server.client.get("/v1/models", params={"endpoint_id": ",".join(f"a/b/{n}" for n in range(51))})
    within = [endpoint.id for endpoint in server.app.house.catalog][:ENDPOINT_IDS_MAX]
    full = await server.client.get("/v1/models", params={"endpoint_id": ",".join(within)})

    assert "QUERY_CHARS_MAX" in error_of(many, 422, "validation_error")
    assert "ENDPOINT_IDS_MAX" in error_of(past, 422, "validation_error")
    assert len(full.json()["models"]) == len(within) == ENDPOINT_IDS_MAX


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/pricing", "/v1/models/usage", BY_ENDPOINT])
async def test_sql_in_an_endpoint_id_is_an_unknown_endpoint(server: Served, path):
    """Nothing of it is read as anything else."""
    envelope = await server.submit()
    for text in (
        "'; DROP TABLE requests; --",
        "fal-ai/x' OR '1'='1",
        '["fal-ai"]',
        "a" * 256,
        "\x00",
        "%",
        "fal-ai/%/x",
    ):
        error_of(await server.client.get(path, params={"endpoint_id": text}), 404, "not_found")

    assert (await server.client.get(envelope["status_url"])).status_code in (200, 202)


async def test_sql_in_the_other_parameters_finds_nothing(server: Served):
    """A request id is any text, and none of ours."""
    await server.submit({})
    for text in ("' OR '1'='1", "%", "\x00", "x" * 5_000, "'); DELETE FROM requests; --"):
        answer = await server.client.get(BY_ENDPOINT, params={"request_id": text})
        assert (answer.status_code, answer.json()["items"]) == (200, [])
        path = f"/v1/models/requests/{quote(text, safe='')}/payloads"
        error_of(await server.client.delete(path), 404, "not_found")

    assert len((await server.client.get(BY_ENDPOINT)).json()["items"]) == 1


async def test_a_cursor_leads_on_in_its_own_list_only(server: Served):
    """Other filters, another list and another account are refused; an expired or changed one as well."""
    for _ in range(3):
        await server.submit({})
    cursor = (await server.client.get(BY_ENDPOINT, params={"limit": 1})).json()["next_cursor"]
    _, credential = await server.app.house.keys.create("other", scope=None)
    other = {"Authorization": f"Key {credential}"}

    for path, parameters, headers in (
        (BY_ENDPOINT, {"status": "error"}, {}),
        (BY_ENDPOINT, {"sort_by": "duration"}, {}),
        ("/v1/models", {}, {}),
        ("/v1/models/analytics", {}, {}),
        (BY_ENDPOINT, {}, other),
    ):
        answer = await server.client.get(path, params={**parameters, "cursor": cursor}, headers=headers)
        error_of(answer, 422, "validation_error")
    for changed in (cursor[:-2], cursor[1:], cursor.replace(".", ""), f"{cursor}.x"):
        error_of(await server.client.get(BY_ENDPOINT, params={"cursor": changed}), 422, "validation_error")
    assert (await server.client.get(BY_ENDPOINT, params={"cursor": cursor, "limit": 100})).status_code == 200


async def test_a_huge_range_by_the_minute_is_answered(server: Served):
    """Two hundred years have a hundred million minutes, and one in which something happened."""
    await server.submit({})
    parameters = {"start": "1971-01-01", "end": "2198-12-31", "timeframe": "minute"}

    answer = await server.client.get("/v1/models/analytics", params=parameters)

    assert answer.status_code == 200
    assert len(answer.json()["time_series"]) == 1
    assert answer.elapsed.total_seconds() < 5


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 422, "JSON"),
        (b"{", 422, "JSON"),
        (b"[]", 422, "dictionary"),
        (b"[" * 20_000, 422, ""),
        (b"{}", 422, "unit_price, historical_api_price"),
        (b'{"estimate_type": ["unit_price"]}', 422, "estimate_type is a list"),
        (b'{"estimate_type": "unit_price"}', 422, "endpoints is None"),
        (b'{"estimate_type": "unit_price", "endpoints": {}}', 422, "endpoints is a dict"),
        (
            b'{"estimate_type": "unit_price", "endpoints": {"fal-ai/no/such": {"unit_quantity": 1}}}',
            404,
            "fal-ai/no/such",
        ),
    ],
)
async def test_an_estimate_of_nothing_that_can_be_meant(server: Served, body, status, said):
    """Refused with the field."""
    answer = await server.client.post(ESTIMATE, content=body)

    assert said in error_of(answer, status, "not_found" if status == 404 else "validation_error")


async def test_a_quantity_is_a_number_within_its_bound(server: Served):
    """Above 0 and at most ESTIMATE_QUANTITY_MAX."""
    over = ESTIMATE_QUANTITY_MAX + 1
    for text in ("0", "-1", "NaN", "Infinity", "1e400", "true", '"5"', "null", "[1]", str(over), "9" * 4_000):
        endpoints = f'{{"{TEXT_TO_VIDEO}": {{"unit_quantity": {text}}}}}'
        body = f'{{"estimate_type": "unit_price", "endpoints": {endpoints}}}'

        message = error_of(await server.client.post(ESTIMATE, content=body.encode()), 422, "validation_error")

        assert TEXT_TO_VIDEO in message


async def test_a_quantity_at_its_bound_is_taken(server: Served):
    """One past it is not, see above."""
    body = {"estimate_type": "unit_price", "endpoints": {TEXT_TO_VIDEO: {"unit_quantity": ESTIMATE_QUANTITY_MAX}}}

    assert (await server.client.post(ESTIMATE, json=body)).status_code == 200


async def test_a_body_that_is_too_large_is_refused(server: Served):
    """In this shape too."""
    answer = await server.client.post(ESTIMATE, content=b"x" * (SMALL_BODY_BYTES_MAX + 1))

    assert str(SMALL_BODY_BYTES_MAX) in error_of(answer, 413, "validation_error")


async def test_errors_raised_below_have_the_shape_too(server: Served):
    """No key, a wrong key, a wrong path, a wrong method."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        error_of(await stranger.get("/v1/models/analytics"), 401, "authorization_error")
        wrong = {"Authorization": "Key nobody:knows"}
        error_of(await stranger.get("/v1/models", headers=wrong), 401, "authorization_error")
    error_of(await server.client.get("/v1/nothing/here"), 404, "not_found")
    error_of(await server.client.get(f"/v1/{'x/' * 500}"), 404, "not_found")
    error_of(await server.client.delete("/v1/keys/no-such-key"), 404, "not_found")
    put = await server.client.put("/v1/models")
    posted = await server.client.post("/v1/models")
    error_of(put, 405, "validation_error")
    error_of(posted, 405, "validation_error")
    assert posted.headers["allow"] == "GET"
