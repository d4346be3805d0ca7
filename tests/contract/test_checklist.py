"""
What broke a real client when it was otherwise, or is asserted by the platform's own tests: one sentence, one test.

To be read as a checklist. The other files of this folder have the finer points.
"""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import TEXT_TO_VIDEO, Served, serve_in
from tests.contract.conftest import photo
from tests.contract.test_wire_connections import answer, asking, connection
from tests.contract.test_wire_queue import events_of, finished
from tests.contract.test_wire_uploads import cdn, initiate

APP = "fal-ai/kling-video"
IMAGE_TO_VIDEO = f"{APP}/v2.5-turbo/pro/image-to-video"
QUEUE = f"/queue/{TEXT_TO_VIDEO}"
STATUSES = {"IN_QUEUE", "IN_PROGRESS", "COMPLETED"}
HEAD_BYTES_MAX = 16 * 1024
BODY_BYTES_MIN = 32 * 1024 * 1024
PART_BYTES = 1024

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def busy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with a runner that takes a moment and says something."""
    folder = tmp_path_factory.mktemp("busy") / "data"
    async with serve_in(folder, null_seconds=0.2, null_log_lines=3) as served:
        yield served


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def idle(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server on which everything waits."""
    async with serve_in(tmp_path_factory.mktemp("idle") / "data", runners=0) as served:
        yield served


async def all_statuses(server: Served, query: str = "") -> list[tuple[int, dict[str, Any]]]:
    """What every poll of a new request says, from its submit to its end."""
    url = (await server.submit())["status_url"]
    seen: list[tuple[int, dict[str, Any]]] = []
    async with asyncio.timeout(15):
        while not seen or seen[-1][1]["status"] != "COMPLETED":
            polled = await server.client.get(url + query)
            seen.append((polled.status_code, polled.json()))
            await asyncio.sleep(0.02)
    return seen


async def test_01_the_key_logs_is_always_there_and_an_array_only_when_asked_for(busy: Served, idle: Served):
    """Null without `logs=1`; with it an array as soon as it runs."""
    plain = [body for _, body in await all_statuses(busy)]
    asked = [body for _, body in await all_statuses(busy, "?logs=1")]
    waiting = (await idle.client.get((await idle.submit())["status_url"])).json()

    assert [body["logs"] for body in (*plain, waiting)] == [None] * (len(plain) + 1)
    assert all(isinstance(body["logs"], list) for body in asked if body["status"] != "IN_QUEUE")
    assert asked[-1]["logs"]


async def test_02_queue_position_is_in_every_in_queue(idle: Served):
    """In the submit, in every poll, in the stream; a number from 0."""
    envelope = await idle.submit()
    polled = (await idle.client.get(envelope["status_url"])).json()
    async with idle.client.stream("GET", envelope["status_url"] + "/stream") as stream:
        first = await anext(stream.aiter_lines())

    for body in (envelope, polled, json.loads(first.removeprefix("data: "))):
        assert body["status"] == "IN_QUEUE"
        assert isinstance(body["queue_position"], int) and body["queue_position"] >= 0


async def test_03_a_status_is_202_until_completed_and_then_200(busy: Served):
    """Also for what failed: a client takes 200 for the end."""
    failed = await busy.submit({})
    await finished(busy, failed["status_url"])

    assert {(code, body["status"] == "COMPLETED") for code, body in await all_statuses(busy)} <= {
        (202, False),
        (200, True),
    }
    assert (await busy.client.get(failed["status_url"])).status_code == 200


async def test_04_there_are_only_three_statuses(busy: Served, idle: Served):
    """Succeeded, failed and cancelled are all COMPLETED."""
    failed, cancelled = await busy.submit({}), await idle.submit()
    await idle.client.put(cancelled["cancel_url"])
    ends = [await finished(busy, failed["status_url"]), (await idle.client.get(cancelled["status_url"])).json()]

    assert {body["status"] for _, body in await all_statuses(busy)} <= STATUSES
    assert [body["status"] for body in ends] == ["COMPLETED", "COMPLETED"]
    assert all(body["error"] for body in ends)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_05_urls_name_the_application_only_and_the_host_that_the_caller_used(idle: Served, host: str):
    """No path of the endpoint, no `/response`, no query."""
    base = f"http://{host}:{httpx.URL(idle.url).port}/queue"
    sent = await idle.client.post(f"{base}/{TEXT_TO_VIDEO}?fal_max_queue_length=1000", json={"prompt": "a"})
    body = sent.json()
    request = f"{base}/{APP}/requests/{body['request_id']}"

    assert [body[f"{what}_url"] for what in ("response", "status", "cancel")] == [
        request,
        f"{request}/status",
        f"{request}/cancel",
    ]


async def test_06_nothing_redirects_and_trailing_slashes_are_answered(busy: Served):
    """Neither do doubled slashes lead anywhere else."""
    envelope = await busy.submit()
    await finished(busy, envelope["status_url"])
    urls = [envelope["status_url"] + "/", envelope["response_url"] + "/"]
    answers = [await busy.client.get(url, follow_redirects=False) for url in urls]
    doubled = await busy.client.get(envelope["status_url"].replace("/queue/", "/queue//"), follow_redirects=False)
    submitted = await busy.client.post(QUEUE + "/", json={"prompt": "a"}, follow_redirects=False)

    assert [got.status_code for got in (*answers, doubled, submitted)] == [200] * 4


async def test_07_a_result_names_its_request_in_a_header_that_browsers_may_read(busy: Served):
    """`x-fal-request-id` is what `result.requestId` is made of."""
    envelope = await busy.submit()
    await finished(busy, envelope["status_url"])
    result = await busy.client.get(envelope["response_url"], headers={"Origin": "https://app.example"})

    assert result.headers["x-fal-request-id"] == envelope["request_id"]
    assert "x-fal-request-id" in result.headers["access-control-expose-headers"]
    assert result.headers["access-control-allow-origin"] == "*"


async def test_08_not_ready_and_already_completed_are_400(busy: Served, idle: Served):
    """409 would be tried again ten times."""
    waiting, ended = await idle.submit(), await busy.submit({})
    await finished(busy, ended["status_url"])
    early = await idle.client.get(waiting["response_url"])
    late = await busy.client.put(ended["cancel_url"])

    assert (early.status_code, early.json()) == (400, {"detail": "Request is still in progress"})
    assert (late.status_code, late.json()) == (400, {"status": "ALREADY_COMPLETED"})


async def test_09_a_start_deadline_is_a_504_of_the_user(idle: Served):
    """Without the header clients would try again."""
    envelope = await idle.submit(None, **{"X-Fal-Request-Timeout": "0.2"})
    await finished(idle, envelope["status_url"])
    result = await idle.client.get(envelope["response_url"])

    assert (result.status_code, result.json()["error_type"]) == (504, "request_timeout")
    assert result.headers["x-fal-request-timeout-type"] == "user"


async def test_10_a_stream_tells_each_line_once_and_completed_once_and_closes(busy: Served):
    """Whatever is accepted: plain ASCII, one event a line, not packed."""
    url = (await busy.submit())["status_url"] + "/stream?logs=1"
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
    async with busy.client.stream("GET", url, headers=headers) as stream:
        raw = b"".join([part async for part in stream.aiter_raw()])
    events = [json.loads(line[6:]) for line in raw.splitlines() if line.startswith(b"data: ")]
    lines = [log["message"] for event in events for log in event["logs"] or () if "null engine" in log["message"]]

    assert stream.headers["content-type"] == "text/event-stream"
    assert "content-encoding" not in stream.headers and raw.isascii()
    assert [event["status"] for event in events].count("COMPLETED") == 1
    assert events[-1]["status"] == "COMPLETED"
    assert lines == [f"null engine: line {n} of 3" for n in (1, 2, 3)]
    assert await events_of(busy, url)  # it ends, and may be read again


async def test_11_a_part_has_its_etag_in_the_header_and_in_the_body_and_parts_are_sorted(busy: Served):
    """One client reads the header, the other the body; neither names the parts in order."""
    urls = await initiate(busy, in_parts=True)
    path, _, query = urls["upload_url"].partition("?")
    named = []
    async with httpx.AsyncClient() as stranger:
        for number in (2, 1):
            part = await stranger.put(f"{path}/{number}?{query}", content=b"%d" % number * PART_BYTES)
            assert part.headers["etag"].strip('"') == part.json()["etag"]
            named.append({"partNumber": number, "etag": part.json()["etag"]})
        done = await stranger.post(f"{path}/complete?{query}", json={"parts": named})
        whole = await stranger.get(urls["file_url"])

    assert done.status_code == 200
    assert whole.content == b"1" * PART_BYTES + b"2" * PART_BYTES


async def test_12_expires_at_says_its_zone_as_a_number(busy: Served):
    """`+00:00` and not `Z`, which older Pythons do not read."""
    expires_at = (await cdn(busy))["expires_at"]

    assert expires_at.endswith("+00:00")
    assert datetime.fromisoformat(expires_at).utcoffset() == timedelta(0)


async def test_13_the_upload_url_wants_no_key_and_lets_browsers_in(busy: Served):
    """The client sends neither a key nor asks the same origin."""
    urls = await initiate(busy)
    asked = {"Origin": "https://app.example", "Access-Control-Request-Method": "PUT"}
    async with httpx.AsyncClient() as stranger:
        preflight = await stranger.options(
            urls["upload_url"], headers={**asked, "Access-Control-Request-Headers": "content-type"}
        )
        put = await stranger.put(urls["upload_url"], content=b"x", headers={"Content-Type": "image/png"})
        got = await stranger.get(urls["file_url"])

    assert "PUT" in preflight.headers["access-control-allow-methods"]
    assert (put.status_code, got.content) == (200, b"x")
    assert preflight.headers["access-control-allow-origin"] == put.headers["access-control-allow-origin"] == "*"


async def test_14_the_published_key_is_padded(busy: Served):
    """The platform's own example decodes it without adding what is missing."""
    async with httpx.AsyncClient(base_url=busy.url) as anybody:
        (key, *_) = (await anybody.get("/rest/.well-known/jwks.json")).json()["keys"]

    assert (len(key["x"]), key["x"][-1]) == (44, "=")
    assert len(base64.urlsafe_b64decode(key["x"])) == 32


async def test_15_every_error_is_json_and_that_of_an_input_a_list_of_objects(idle: Served):
    """Clients show a body only when it says that it is JSON."""
    no_key = {"Authorization": ""}
    answers = [
        await idle.client.get("/no/such"),
        await idle.client.get(QUEUE),
        await idle.client.post(QUEUE, json={}, headers=no_key),
        await idle.client.post("/queue/no/such", json={}),
        await idle.client.get(f"/queue/{APP}/requests/no-such/status"),
        await idle.client.put("/files/u-no/such.png", content=b"x"),
        await idle.client.get("/files/no-such.mp4"),
    ]
    invalid = await idle.client.post(f"/run/{TEXT_TO_VIDEO}", json={"duration": "7", "cfg_scale": 9})
    unread = await idle.client.post(QUEUE, content=b"{")

    for answer_ in (*answers, invalid, unread):
        assert answer_.headers["content-type"] == "application/json"
        assert 400 <= answer_.status_code < 500 and answer_.status_code not in (408, 409)
        assert answer_.json()["detail"]
    for answer_ in (invalid, unread):
        assert answer_.status_code == 422
        assert all({"loc", "msg", "type"} <= problem.keys() for problem in answer_.json()["detail"])
    assert [problem["loc"][1] for problem in invalid.json()["detail"]] == ["prompt", "duration", "cfg_scale"]


@pytest.mark.parametrize("body", [b"", b"{}", b"null"])
async def test_16_a_cancel_comes_with_an_empty_json_body(idle: Served, body: bytes):
    """It says JSON and has nothing to say; nobody parses it."""
    envelope = await idle.submit()
    sent = {"Content-Type": "application/json"}
    cancelled = await idle.client.put(envelope["cancel_url"], content=body, headers=sent)

    assert (cancelled.status_code, cancelled.json()) == (200, {"status": "OK"})


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "application/x-www-form-urlencoded"])
async def test_17_a_body_is_json_whatever_it_is_said_to_be(idle: Served, kind: str | None):
    """curl says it is a form."""
    headers = {} if kind is None else {"Content-Type": kind}
    taken = await idle.client.post(QUEUE, content=b'{"prompt": "a"}', headers=headers)

    assert (taken.status_code, taken.json()["status"]) == (200, "IN_QUEUE")


async def test_18_an_own_file_is_an_input_without_the_network(busy: Served):
    """This server refuses private addresses, and its own is one."""
    urls = await initiate(busy, name="a.jpg", kind="image/jpeg")
    await busy.client.put(urls["upload_url"], content=photo())
    ran = await busy.client.post(f"/run/{IMAGE_TO_VIDEO}", json={"prompt": "a", "image_url": urls["file_url"]})

    assert ran.status_code == 200, ran.text


async def test_19_a_caller_that_expects_to_be_told_to_go_on_is_told(idle: Served):
    """curl waits a second with every body that is not small."""
    body = b'{"prompt": "%b"}' % (b"a" * 100)
    async with connection(idle) as (reader, writer):
        writer.write(asking(idle, "POST", QUEUE, f"Content-Length: {len(body)}", "Expect: 100-continue"))
        told = await reader.readuntil(b"\r\n\r\n")
        writer.write(body)
        status, _, _ = await answer(reader)

    assert (told, status) == (b"HTTP/1.1 100 Continue\r\n\r\n", 200)


async def test_20_authorization_is_echoed_to_browsers(idle: Served):
    """`*` does not cover it."""
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, x-fal-queue-priority",
    }
    async with httpx.AsyncClient(base_url=idle.url) as browser:
        preflight = await browser.options(QUEUE, headers=asked)

    assert preflight.is_success
    assert preflight.headers["access-control-allow-headers"] == asked["Access-Control-Request-Headers"]


# --- the limits ---


async def test_a_picture_of_20_megabytes_fits_into_a_body_and_one_byte_over_the_limit_is_413(idle: Served):
    """32 MiB at least, since that picture is 27 MB as a data URI; what is over is refused by what it announces."""
    bytes_max = idle.app.house.settings.body_bytes_max
    body = b'{"prompt": "' + b"a" * (BODY_BYTES_MIN - 14) + b'"}'
    taken = await idle.client.post(QUEUE, content=body)
    async with connection(idle) as (reader, writer):
        writer.write(asking(idle, "POST", QUEUE, f"Content-Length: {bytes_max + 1}", "Expect: 100-continue"))
        refused, headers, _ = await answer(reader)

    assert len(body) == BODY_BYTES_MIN <= bytes_max
    assert taken.status_code == 200
    assert (refused, headers["connection"]) == (413, "close")


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
async def test_twenty_thousand_levels_are_an_error_and_no_crash(idle: Served, opening: bytes):
    """Whole or cut off."""
    deep = {b"[": b"]", b'{"a":': b"}"}[opening]
    bodies = [opening * 20_000, opening * 20_000 + b"1" + deep * 20_000]
    refused = [await idle.client.post(QUEUE, content=body) for body in bodies]

    assert [got.status_code for got in refused] == [422, 422]
    assert (await idle.client.get("/health/live")).status_code == 200


async def test_the_head_of_an_answer_stays_under_16_kilobytes(idle: Served):
    """Whatever the caller wants to have echoed."""
    long = "x" * 30_000
    async with connection(idle) as (reader, writer):
        for method, path, lines in (
            ("OPTIONS", QUEUE, [f"Access-Control-Request-Headers: {long}"]),
            ("OPTIONS", QUEUE, ["Access-Control-Request-Headers: " + ", ".join(["x-header"] * 3_000)]),
            ("POST", QUEUE, [f"X-Fal-Runner-Hint: {long}", f"X-Fal-Tags: {long}", f"Idempotency-Key: {long}"]),
            ("GET", f"/queue/{APP}/requests/{long}/status", [f"Origin: https://{long}"]),
            ("GET", f"/files/{long[:9000]}.mp4", [f"If-None-Match: {long}", f"Range: bytes=0-{'9' * 9000}"]),
        ):
            writer.write(asking(idle, method, path, *lines))
            head = await reader.readuntil(b"\r\n\r\n")
            length = [line for line in head.split(b"\r\n") if line.startswith(b"content-length: ")]
            await reader.readexactly(int(length[0].split()[1]) if length else 0)
            assert len(head) < HEAD_BYTES_MAX, f"{method} {path[:60]}"


async def test_a_waiting_request_may_be_polled_ten_times_a_second_and_more(idle: Served):
    """By the quickest client there is; a hundred polls are far from ten seconds."""
    url = (await idle.submit())["status_url"]
    start = time.monotonic()
    answers = [await idle.client.get(url) for _ in range(100)]

    assert {got.status_code for got in answers} == {202}
    assert time.monotonic() - start < 10
