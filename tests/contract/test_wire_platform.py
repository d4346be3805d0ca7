"""The platform API over HTTP: models, prices, history, usage, analytics and what deleting leaves."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mutoscope.limits import CURSOR_LIFETIME_S, PRIVATE_RESULT_S_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.live import LiveServer, RunScript, clean_environment, wait_until

IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/image-to-video"
BY_ENDPOINT = "/v1/models/requests/by-endpoint"


async def finish(server: Served, arguments: dict[str, Any] | None = None, /, **headers: str) -> dict[str, Any]:
    """Submit and wait for the end; the envelope."""
    envelope = await server.submit(arguments, **headers)
    async with asyncio.timeout(20):
        while (await server.client.get(envelope["status_url"])).status_code == 202:
            await asyncio.sleep(0.01)
    return envelope


async def items(server: Served, **parameters: Any) -> list[dict[str, Any]]:
    """The first page of the history."""
    answer = await server.client.get(BY_ENDPOINT, params=parameters)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def pages(server: Served, path: str, name: str, **parameters: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        answer = await server.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body[name]
        assert body["has_more"] is (body["next_cursor"] is not None)
        if not body["has_more"]:
            return found
        parameters["cursor"] = body["next_cursor"]


def list_price(server: Served, endpoint_id: str) -> float:
    """Of one unit, as the catalog has it."""
    endpoint = server.app.house.catalog.get(endpoint_id)
    assert endpoint is not None and endpoint.price.unit_price is not None
    return endpoint.price.unit_price


@pytest.fixture
async def stranger(server: Served) -> AsyncIterator[httpx.AsyncClient]:
    """A caller without a key."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


# --- models ---


async def test_models_are_listed_without_a_key_page_by_page(server: Served, stranger: httpx.AsyncClient):
    """Every endpoint of the catalog once; the metadata that clients' types demand."""
    first = await stranger.get("/v1/models", params={"limit": 3})
    listed = await pages(server, "/v1/models", "models", limit=7)

    assert first.status_code == 200 and len(first.json()["models"]) == 3
    ids = [model["endpoint_id"] for model in listed]
    assert ids == [endpoint.id for endpoint in server.app.house.catalog]
    for model in listed:
        metadata = model["metadata"]
        assert {"display_name", "category", "description", "status", "tags", "updated_at", "model_url"} <= set(metadata)
        assert metadata["category"] in model["endpoint_id"] or metadata["category"]
        assert (metadata["kind"], metadata["is_favorited"]) == ("inference", None)
        assert metadata["model_url"] == f"{server.url}/run/{model['endpoint_id']}"


async def test_models_are_found_by_ids_in_either_spelling(server: Served):
    """Repeated or joined by commas, in the order asked."""
    repeated = await server.client.get(f"/v1/models?endpoint_id={TEXT_TO_VIDEO}&endpoint_id={IMAGE_TO_VIDEO}")
    joined = await server.client.get("/v1/models", params={"endpoint_id": f"{TEXT_TO_VIDEO},{IMAGE_TO_VIDEO}"})

    assert [model["endpoint_id"] for model in repeated.json()["models"]] == [TEXT_TO_VIDEO, IMAGE_TO_VIDEO]
    assert joined.json() == repeated.json()


async def test_models_are_searched(server: Served):
    """By words, category and status, which hold together."""
    listed = await pages(server, "/v1/models", "models", q="2.5 turbo", category="text-to-video", status="active")

    assert [model["endpoint_id"] for model in listed] == [TEXT_TO_VIDEO]
    assert await pages(server, "/v1/models", "models", q="no-such-model") == []


async def test_what_nothing_here_makes_says_so(server: Served):
    """Listed, tagged, and not active."""
    catalog = list(server.app.house.catalog)
    upstream = {endpoint.id for endpoint in catalog if endpoint.served_by == "upstream"}

    inactive = await pages(server, "/v1/models", "models", status="inactive")

    assert upstream
    assert {model["endpoint_id"] for model in inactive} == upstream
    assert all("upstream-only" in model["metadata"]["tags"] for model in inactive)


async def test_a_model_brings_its_openapi_where_asked(server: Served):
    """The document that the endpoint has on its own."""
    parameters = {"endpoint_id": TEXT_TO_VIDEO, "expand": "openapi-3.0"}
    (model,) = (await server.client.get("/v1/models", params=parameters)).json()["models"]

    assert model["openapi"]["openapi"].startswith("3.0")
    assert f"/{TEXT_TO_VIDEO}" in model["openapi"]["paths"]


async def test_a_model_tells_how_long_it_takes_once_it_is_known(server: Served):
    """From runs of this server; before the first nothing is said."""
    parameters = {"endpoint_id": TEXT_TO_VIDEO}
    (before,) = (await server.client.get("/v1/models", params=parameters)).json()["models"]
    await finish(server)
    (after,) = (await server.client.get("/v1/models", params=parameters)).json()["models"]

    assert "duration_estimate" not in before["metadata"]
    assert after["metadata"]["duration_estimate"] >= 0


async def test_the_platform_is_served_on_its_own_host_too(server: Served):
    """Whatever the Host header says."""
    answer = await server.client.get("/v1/models", params={"limit": 1}, headers={"Host": "api.example.org"})

    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"


# --- prices ---


async def test_prices_are_listed_with_their_month(server: Served):
    """Those of the catalog."""
    (price,) = (await server.client.get("/v1/models/pricing", params={"endpoint_id": TEXT_TO_VIDEO})).json()["prices"]
    known = server.app.house.catalog.get(TEXT_TO_VIDEO)
    everything = await pages(server, "/v1/models/pricing", "prices", limit=10)

    assert known is not None
    assert (price["endpoint_id"], price["unit_price"]) == (TEXT_TO_VIDEO, known.price.unit_price)
    assert (price["unit"], price["currency"], price["as_of"]) == ("second", "USD", known.price.as_of)
    priced = [each.id for each in server.app.house.catalog if each.price.unit_price is not None]
    assert [each["endpoint_id"] for each in everything] == priced


async def test_an_endpoint_without_a_price_is_named(server: Served):
    """404, and which it is; one that is not there as well."""
    unpriced = [each.id for each in server.app.house.catalog if each.price.unit_price is None]
    for endpoint_id in (*unpriced[:2], "fal-ai/kling-video/v9/nothing"):
        answer = await server.client.get("/v1/models/pricing", params={"endpoint_id": endpoint_id})

        assert answer.status_code == 404
        assert answer.json()["error"]["type"] == "not_found"
        assert endpoint_id in answer.json()["error"]["message"]


async def test_an_estimate_by_units(server: Served):
    """Units times list price, over all endpoints."""
    wanted = {TEXT_TO_VIDEO: {"unit_quantity": 10}, IMAGE_TO_VIDEO: {"unit_quantity": 20}}
    body = {"estimate_type": "unit_price", "endpoints": wanted}
    answer = await server.client.post("/v1/models/pricing/estimate", json=body)

    prices = [list_price(server, each) for each in wanted]
    assert answer.status_code == 200
    assert answer.json() == {
        "estimate_type": "unit_price",
        "total_cost": pytest.approx(10 * prices[0] + 20 * prices[1]),
        "currency": "USD",
    }


async def test_an_estimate_by_own_calls(server: Served):
    """What they came to on average; without any there is nothing to go by."""
    body = {"estimate_type": "historical_api_price", "endpoints": {TEXT_TO_VIDEO: {"call_quantity": 3}}}
    before = await server.client.post("/v1/models/pricing/estimate", json=body)
    await finish(server, {"prompt": "a", "duration": "5"})
    await finish(server, {"prompt": "a", "duration": "10"})
    after = await server.client.post("/v1/models/pricing/estimate", json=body)

    price = list_price(server, TEXT_TO_VIDEO)
    assert before.status_code == 422 and TEXT_TO_VIDEO in before.json()["error"]["message"]
    assert after.json()["total_cost"] == pytest.approx(3 * 7.5 * price)


# --- history ---


async def test_a_finished_request_is_in_the_history_with_its_payloads(server: Served):
    """As it was sent and as its result answers."""
    envelope = await finish(server, {"prompt": "a red boat", "duration": "5"})
    result = await server.client.get(envelope["response_url"])

    (bare,) = await items(server, endpoint_id=TEXT_TO_VIDEO)
    (full,) = await items(server, expand="payloads")

    assert list(bare) == [
        "request_id", "endpoint_id", "sent_at", "started_at", "ended_at", "status_code", "duration",
    ]  # fmt: skip
    assert (bare["request_id"], bare["status_code"]) == (envelope["request_id"], 200)
    assert bare["sent_at"] <= bare["started_at"] <= bare["ended_at"] and bare["duration"] >= 0
    assert full["json_input"] == {"prompt": "a red boat", "duration": "5"}
    assert full["json_output"] == result.json()


async def test_a_failed_request_shows_its_errors(server: Served):
    """The 422 that its result is."""
    envelope = await server.submit({})

    (item,) = await items(server, status="user_error", expand="payloads")

    assert (item["request_id"], item["status_code"], item["json_input"]) == (envelope["request_id"], 422, {})
    assert item["json_output"]["detail"][0]["type"] == "missing"
    assert await items(server, status="success") == []
    assert await items(server, status="error") == []


async def test_arguments_that_only_python_reads_are_shown_as_near_as_json_has_them(server: Served):
    """NaN is taken, to be named; the history stays JSON."""
    await server.client.post(f"/queue/{TEXT_TO_VIDEO}", content=b'{"prompt": "a", "cfg_scale": NaN}')

    (item,) = await items(server, expand="payloads")

    assert item["json_input"] == {"prompt": "a", "cfg_scale": "nan"}


async def test_the_history_goes_page_by_page_and_stays_in_order_under_inserts(server: Served):
    """What ends meanwhile is on none of the later pages, and nothing is told twice."""
    ids = [(await finish(server))["request_id"] for _ in range(4)]

    first = (await server.client.get(BY_ENDPOINT, params={"limit": 3})).json()
    await finish(server)
    second = (await server.client.get(BY_ENDPOINT, params={"limit": 3, "cursor": first["next_cursor"]})).json()

    assert [item["request_id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert (second["next_cursor"], second["has_more"]) == (None, False)


async def test_each_account_sees_its_own(server: Served):
    """History, usage, analytics, and the payloads."""
    envelope = await finish(server)
    _, credential = await server.app.house.keys.create("other")
    other = {"Authorization": f"Key {credential}"}

    for path, name in ((BY_ENDPOINT, "items"), ("/v1/models/analytics", "time_series")):
        assert (await server.client.get(path, headers=other)).json()[name] == []
    deleted = await server.client.delete(f"/v1/models/requests/{envelope['request_id']}/payloads", headers=other)

    assert deleted.status_code == 404
    assert (await server.client.get(envelope["response_url"])).status_code == 200


# --- usage and analytics ---


async def test_usage_is_billed_units_at_list_price_by_key(server: Served):
    """Summary and series agree; what failed costs nothing."""
    await finish(server, {"prompt": "a", "duration": "10"})
    made = await server.client.post("/v1/keys", json={"alias": "studio"})
    headers = {"Authorization": f"Key {made.json()['key']}"}
    await finish(server, {"prompt": "a", "duration": "5"}, **headers)
    await server.submit({})

    parameters = {"expand": "time_series,summary,auth_method", "endpoint_id": TEXT_TO_VIDEO}
    body = (await server.client.get("/v1/models/usage", params=parameters)).json()
    plain = (await server.client.get("/v1/models/usage", params={"expand": "summary"})).json()

    price = list_price(server, TEXT_TO_VIDEO)
    lines = {line["auth_method"]: line for line in body["summary"]}
    assert {name: line["quantity"] for name, line in lines.items()} == {"MUTOSCOPE_KEY": 10, "studio": 5}
    assert lines["studio"]["key_id"] == made.json()["key_id"]
    assert lines["studio"]["cost"] == pytest.approx(5 * price)
    series = [line for bucket in body["time_series"] for line in bucket["results"]]
    assert sum(line["quantity"] for line in series) == 15
    (line,) = plain["summary"]
    assert (line["quantity"], line["unit"], line["currency"]) == (15, "second", "USD")
    assert (line["unit_price"], line["cost"]) == (price, pytest.approx(15 * price))
    assert "auth_method" not in line and "time_series" not in plain


async def test_usage_remembers_the_price_that_the_arguments_had(server: Served):
    """Where sound costs extra, the request without it is the cheaper one."""
    endpoint = next(each for each in server.app.house.catalog if each.price.tiers and each.task == "text-to-video")
    silent, loud = (endpoint.unit_price({"generate_audio": value}) for value in (False, True))
    assert silent and loud and silent < loud
    for audio in (False, True):
        body = {"prompt": "a", "generate_audio": audio, "duration": "5"}
        assert (await server.client.post(f"/run/{endpoint.id}", json=body)).status_code == 200

    body = (await server.client.get("/v1/models/usage", params={"expand": "summary"})).json()

    assert {line["unit_price"]: line["cost"] for line in body["summary"]} == {
        silent: pytest.approx(5 * silent),
        loud: pytest.approx(5 * loud),
    }


async def test_analytics_count_by_outcome_and_give_percentiles(server: Served):
    """Only what is asked for, in seconds."""
    await finish(server)
    await server.submit({})
    await server.submit({})

    parameters = {"expand": "request_count,success_count,user_error_count,error_count,p50_duration,summary"}
    body = (await server.client.get("/v1/models/analytics", params=parameters)).json()

    (row,) = body["summary"]
    p50 = row.pop("p50_duration")
    assert row == {
        "endpoint_id": TEXT_TO_VIDEO,
        "request_count": 3,
        "success_count": 1,
        "user_error_count": 2,
        "error_count": 0,
    }
    assert 0 < p50 < 20


async def test_buckets_carry_the_offset_of_their_zone(server: Served):
    """A day in Kathmandu begins at a quarter to seven, seen from here."""
    await finish(server)

    parameters = {"timeframe": "day", "timezone": "Asia/Kathmandu"}
    body = (await server.client.get("/v1/models/analytics", params=parameters)).json()

    assert body["time_series"] and all(each["bucket"].endswith("T00:00:00+05:45") for each in body["time_series"])


# --- what goes ---


async def test_deleting_payloads_takes_files_and_result_and_leaves_the_request(server: Served):
    """Its links, then 404s; the status stays; doing it again is no error."""
    envelope = await finish(server)
    video = (await server.client.get(envelope["response_url"])).json()["video"]["url"]
    path = f"/v1/models/requests/{envelope['request_id']}/payloads"

    first = await server.client.delete(path, headers={"Idempotency-Key": "once"})
    again = await server.client.delete(path, headers={"Idempotency-Key": "once"})

    assert (first.status_code, first.json()) == (200, {"cdn_delete_results": [{"link": video, "exception": None}]})
    assert (again.status_code, again.json()) == (200, {"cdn_delete_results": []})
    result, file = await server.client.get(envelope["response_url"]), await server.client.get(video)
    assert (result.status_code, file.status_code) == (404, 404)
    assert "deleted" in result.json()["detail"]
    status = await server.client.get(envelope["status_url"], params={"logs": 1})
    assert (status.status_code, status.json()["status"], status.json()["logs"]) == (200, "COMPLETED", [])
    (item,) = await items(server, expand="payloads")
    assert "json_input" not in item and "json_output" not in item


async def test_payloads_of_a_request_that_has_not_ended_stay(serve: Serve):
    """A 4xx that says what to do; nothing is touched."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        answer = await server.client.delete(f"/v1/models/requests/{envelope['request_id']}/payloads")
        status = await server.client.get(envelope["status_url"])

    assert answer.status_code == 422 and "cancel it first" in answer.json()["error"]["message"]
    assert status.json()["status"] == "IN_QUEUE"


async def test_a_file_that_cannot_be_deleted_is_named_and_tried_again(server: Served):
    """What is in its place is no file; once it is away, asking again finds it gone."""
    envelope = await finish(server)
    video = (await server.client.get(envelope["response_url"])).json()["video"]["url"]
    path = server.app.house.settings.data_dir / "files" / video.partition("/files/")[2]
    path.unlink()
    path.mkdir()
    (path / "in the way").touch()

    first = await server.client.delete(f"/v1/models/requests/{envelope['request_id']}/payloads")
    (path / "in the way").unlink()
    path.rmdir()
    second = await server.client.delete(f"/v1/models/requests/{envelope['request_id']}/payloads")

    (failed,) = first.json()["cdn_delete_results"]
    assert failed["link"] == video and failed["exception"]
    assert second.json() == {"cdn_delete_results": [{"link": video, "exception": None}]}


async def test_what_is_not_to_be_stored_is_in_no_history(server: Served):
    """The result can be fetched for a while; the arguments are gone, and operators see no lines of it."""
    envelope = await finish(server, {"prompt": "a secret boat"}, **{"X-Fal-Store-IO": "0"})
    result = await server.client.get(envelope["response_url"])

    (item,) = await items(server, expand="payloads")

    assert result.status_code == 200
    assert item["status_code"] == 200
    assert "json_input" not in item and "json_output" not in item
    assert await server.app.house.store.arguments(envelope["request_id"]) == b""
    socket = server.app.house.settings.data_dir / "control.sock"
    async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(uds=str(socket)), base_url="http://x") as operator:
        shown = await operator.get(f"/requests/{envelope['request_id']}")
    assert "secret" not in shown.text and shown.json()["logs"] == []


async def test_a_result_that_is_not_to_be_stored_ends_after_an_hour(serve: Serve):
    """The sweeper sees to it; the request and its status stay, and one that may be stored keeps its result."""
    async with serve() as server:
        private = await finish(server, **{"X-Fal-Store-IO": "0"})
        kept = await finish(server)
        database = server.app.house.settings.data_dir / "mutoscope.db"
    connection = sqlite3.connect(database)
    connection.execute("UPDATE requests SET finished = finished - ?", (PRIVATE_RESULT_S_MAX,))
    connection.commit()
    connection.close()

    async with serve(runners=0) as server:
        paths = [httpx.URL(envelope["response_url"]).path for envelope in (private, kept)]
        async with asyncio.timeout(20):
            while (await server.client.get(paths[0])).status_code != 404:
                await asyncio.sleep(0.01)
        status = await server.client.get(f"{paths[0]}/status")
        other = await server.client.get(paths[1])

    assert (status.status_code, other.status_code) == (200, 200)


async def test_meta_tells_where_webhooks_come_from(serve: Serve, tmp_path):
    """What the operator has set."""
    async with serve(webhook_ip_ranges="198.51.100.0/24") as server, httpx.AsyncClient(base_url=server.url) as stranger:
        answer = await stranger.get("/v1/meta")

    assert answer.json() == {"webhook_ip_ranges": ["198.51.100.0/24"]}


def test_the_examples_of_the_page_work(live: LiveServer, run_shell: RunScript):
    """Every curl of docs/platform.md as it stands there, against a server process."""
    page = Path(__file__).parents[2] / "docs" / "platform.md"
    blocks = re.findall(r"(?s)```sh\n(.*?)```", page.read_text("utf-8"))
    script = "\n".join(blocks).replace("curl -s", "curl -sf -w '\\n'")
    headers = {"Authorization": f"Key {live.key}"}
    with httpx.Client(base_url=live.url, headers=headers, timeout=30) as client:
        envelope = client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a red boat"}).json()
        wait_until(lambda: client.get(envelope["status_url"]).status_code == 200, what="the end of a request")

    said = run_shell(
        f"set -e\n{script}",
        clean_environment({"URL": live.url, "FAL_KEY": live.key, "ID": envelope["request_id"]}),
    )

    assert len(blocks) == 6
    for name in (
        "models",
        "prices",
        "total_cost",
        "items",
        "cdn_delete_results",
        "time_series",
        "summary",
        "key_secret",
    ):
        assert f'"{name}":' in said


def test_a_cursor_outlives_a_patient_reader():
    """A day."""
    assert CURSOR_LIFETIME_S == 86_400
