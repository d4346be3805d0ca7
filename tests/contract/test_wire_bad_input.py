"""Bad input gets one clear JSON error each: right status, right place, nothing stored, never a 5xx."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.conftest import TEXT_TO_VIDEO, Serve, Served, serve_in

RUN = f"/run/{TEXT_TO_VIDEO}"
QUEUE = f"/queue/{TEXT_TO_VIDEO}"
MISSING_KEY = "Authentication is required to access this application."
UNKNOWN_KEY = "No user found for Key ID and Secret"


# One server for the whole file: nothing here leaves a trace that the next test would see.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with one runner, shared by this file."""
    async with serve_in(tmp_path_factory.mktemp("wire") / "data") as served:
        yield served


async def newest(server: Served) -> list[str]:
    """Id of the request stored last."""
    return [request.id for request in await server.app.house.store.list(limit=1)]


@pytest.mark.parametrize("address", [RUN, QUEUE, f"/gateway/{TEXT_TO_VIDEO}", f"/{TEXT_TO_VIDEO}"])
@pytest.mark.parametrize(
    ("authorization", "detail"),
    [
        (None, MISSING_KEY),
        ("Key wrong", UNKNOWN_KEY),
        ("Key", UNKNOWN_KEY),
        ("Bearer wrong:wrong", UNKNOWN_KEY),
        ("Basic dGVzdC1rZXk=", UNKNOWN_KEY),
        ("test-key", UNKNOWN_KEY),
        ("Key test-key test-key", UNKNOWN_KEY),
        ("Key \xff\xfe", UNKNOWN_KEY),
    ],
)
async def test_without_a_good_key_it_is_401(server: Served, address, authorization, detail):
    """With the platform's words, which clients and people search for."""
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        answer = await stranger.post(address, json={"prompt": "a"}, headers=headers)

    assert (answer.status_code, answer.json()) == (401, {"detail": detail})
    assert answer.headers["x-fal-request-id"]


async def test_a_token_that_nobody_issued_is_401(server: Served):
    """`fal_jwt_token` counts as credentials, and the answer says which ones are meant."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        answer = await stranger.post(f"{QUEUE}?fal_jwt_token=forged", json={"prompt": "a"})

    detail = "The temporary token (fal_jwt_token) is not valid, or no longer; ask for a new one"
    assert (answer.status_code, answer.json()) == (401, {"detail": detail})


async def test_a_revoked_key_is_401_at_once(server: Served):
    """The very next call."""
    record, secret = await server.app.house.keys.create("short-lived")
    headers = {"Authorization": f"Key {secret}"}

    before = await server.client.post(QUEUE, json={"prompt": "a"}, headers=headers)
    await server.app.house.keys.revoke(record.id)
    after = await server.client.post(QUEUE, json={"prompt": "a"}, headers=headers)

    assert (before.status_code, after.status_code) == (200, 401)


MALFORMED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "json_invalid"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\xff\xfe", "json_invalid"),
    "cut short": (b'{"prompt": "a"', "json_invalid"),
    "form": (b"prompt=a&duration=5", "json_invalid"),
    "not UTF-8": (b'{"prompt": "\xff\xfe"}', "json_invalid"),
    "20 000 arrays": (b"[" * 20_000 + b"]" * 20_000, "json_invalid"),
    "20 000 arrays in a field": (b'{"prompt":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "json_invalid"),
    "20 000 objects": (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "json_invalid"),
    "a list": (b"[]", "model_attributes_type"),
    "a string": (b'"prompt"', "model_attributes_type"),
    "null": (b"null", "model_attributes_type"),
    "a number": (b"NaN", "model_attributes_type"),
}


@pytest.mark.parametrize("address", [RUN, QUEUE, f"/gateway/{TEXT_TO_VIDEO}"])
@pytest.mark.parametrize("name", MALFORMED)
async def test_a_body_that_is_no_object_is_422_at_once(server: Served, address, name):
    """On the queue, too: there is nothing to accept."""
    body, kind = MALFORMED[name]
    before = await newest(server)

    answer = await server.client.post(address, content=body)

    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["detail"]
    assert problem["type"] == kind
    assert problem["loc"][0] == "body"
    assert problem["msg"]
    assert await newest(server) == before


WRONG: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "nothing": ("{}", [("missing", "prompt")]),
    "prompt a number": ('{"prompt": 5}', [("string_type", "prompt")]),
    "prompt null": ('{"prompt": null}', [("string_type", "prompt")]),
    "prompt a list": ('{"prompt": ["a"]}', [("string_type", "prompt")]),
    "unknown duration": ('{"prompt": "a", "duration": "7"}', [("literal_error", "duration")]),
    "duration an object": ('{"prompt": "a", "duration": {}}', [("literal_error", "duration")]),
    "cfg_scale too large": ('{"prompt": "a", "cfg_scale": 1.01}', [("less_than_equal", "cfg_scale")]),
    "cfg_scale too small": ('{"prompt": "a", "cfg_scale": -0.01}', [("greater_than_equal", "cfg_scale")]),
    "cfg_scale words": ('{"prompt": "a", "cfg_scale": "much"}', [("float_parsing", "cfg_scale")]),
    "cfg_scale a list": ('{"prompt": "a", "cfg_scale": []}', [("float_type", "cfg_scale")]),
    "cfg_scale NaN": ('{"prompt": "a", "cfg_scale": NaN}', [("finite_number", "cfg_scale")]),
    "cfg_scale -Infinity": ('{"prompt": "a", "cfg_scale": -Infinity}', [("finite_number", "cfg_scale")]),
    "lone surrogate": ('{"prompt": "\\ud800"}', [("string_unicode", "prompt")]),
    "all at once, in field order": (
        '{"cfg_scale": 2, "aspect_ratio": "4:3", "duration": "7"}',
        [("missing", "prompt"), ("literal_error", "duration"), ("literal_error", "aspect_ratio"),
         ("less_than_equal", "cfg_scale")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
async def test_wrong_arguments_name_the_field(server: Served, name):
    """Type and place of every problem at once, in pydantic's words; run and queue say the same."""
    body, expected = WRONG[name]

    ran = await server.client.post(RUN, content=body)
    envelope = (await server.client.post(QUEUE, content=body)).json()
    queued = await server.client.get(envelope["response_url"])

    assert ran.status_code == queued.status_code == 422
    assert [(problem["type"], problem["loc"][-1]) for problem in ran.json()["detail"]] == expected
    assert queued.json() == ran.json()
    for problem in ran.json()["detail"]:
        assert list(problem)[:4] == ["type", "loc", "msg", "input"]
        assert problem["loc"][0] == "body"


async def test_a_data_uri_does_not_come_back_whole(server: Served):
    """An error repeats at most a thousand characters of a text."""
    answer = await server.client.post(RUN, json={"image_url": "data:image/png;base64," + "A" * 100_000})

    shown = answer.json()["detail"][0]["input"]["image_url"]
    assert answer.status_code == 422
    assert len(shown) <= 1_000


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "", None]
)
async def test_json_is_json_whatever_the_content_type_says(server: Served, content_type):
    """curl -d sends a form type; the platform's own guide does it."""
    headers = {} if content_type is None else {"Content-Type": content_type}

    answer = await server.client.post(QUEUE, content=b'{"prompt": "a red boat"}', headers=headers)

    assert answer.status_code == 200


@pytest.mark.parametrize("text", ["soon", "0.1", "-1", "nan", "inf", ""])
async def test_a_start_timeout_that_cannot_be_read_is_400(server: Served, text):
    """With the platform's name for it."""
    answer = await server.client.post(QUEUE, json={"prompt": "a"}, headers={"X-Fal-Request-Timeout": text})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")
    assert answer.headers["x-fal-error-type"] == "bad_request"
    assert "X-Fal-Request-Timeout" in answer.json()["detail"]


async def test_a_queue_length_that_cannot_be_read_is_400(server: Served):
    """Not a queue without a bound."""
    answer = await server.client.post(f"{QUEUE}?fal_max_queue_length=many", json={"prompt": "a"})

    assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request")


async def raw_exchange(url: str, head: str, body: bytes = b"") -> tuple[str, bytes]:
    """Send bytes as they are; return the answer's head and body, read to the end of the connection."""
    target = httpx.URL(url)
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        async with asyncio.timeout(15):
            answer = await reader.read()
    finally:
        writer.close()
    answer_head, _, answer_body = answer.partition(b"\r\n\r\n")
    return answer_head.decode().lower(), answer_body


def a_head(server: Served, *lines: str) -> str:
    """The head of a POST to the queue."""
    return "\n".join([f"POST {QUEUE} HTTP/1.1", "Host: localhost", f"Authorization: Key {server.key}", *lines])


async def test_an_announced_body_over_the_bound_is_413_before_it_is_sent(serve: Serve):
    """A caller that waits for 100-continue never sends it; the connection ends."""
    async with serve(body_bytes_max=1000) as server:
        head, body = await raw_exchange(
            server.url, a_head(server, "Content-Length: 1001", "Expect: 100-continue"), body=b""
        )

    assert head.startswith("http/1.1 413")
    assert "100 continue" not in head
    assert "connection: close" in head
    assert "limit is 1000 bytes" in json.loads(body)["detail"]


async def test_a_body_without_a_length_is_counted(serve: Serve):
    """Chunked, one byte over: the same answer."""
    async with serve(body_bytes_max=1000) as server:
        chunk = b"3e9\r\n" + b"x" * 1001 + b"\r\n"
        head, body = await raw_exchange(server.url, a_head(server, "Transfer-Encoding: chunked"), chunk + b"0\r\n\r\n")

    assert head.startswith("http/1.1 413")
    assert "limit is 1000 bytes" in json.loads(body)["detail"]


async def test_the_bound_itself_is_allowed(serve: Serve):
    """A body of exactly the limit is read."""
    body = json.dumps({"prompt": "a"}).encode().ljust(1000)
    async with serve(body_bytes_max=1000) as server:
        answer = await server.client.post(QUEUE, content=body)

    assert answer.status_code == 200


async def test_a_caller_in_the_middle_of_a_large_body_still_reads_why(serve: Serve):
    """Its data is heard out, so that the answer is not lost with a connection reset."""
    async with serve(body_bytes_max=1000) as server:
        answer = await asyncio.to_thread(_post_everything, server, 8 * 1024 * 1024)

    assert answer.startswith(b"HTTP/1.1 413")


def _post_everything(server: Served, size: int) -> bytes:
    """A client that sends all before it reads anything."""
    target = httpx.URL(server.url)
    with socket.create_connection((target.host, target.port), timeout=15) as connection:
        connection.sendall(a_head(server, f"Content-Length: {size}").replace("\n", "\r\n").encode() + b"\r\n\r\n")
        connection.sendall(b"x" * size)
        return connection.recv(65536)


async def test_expect_continue_is_answered(server: Served):
    """curl waits for it before it sends a large body."""
    body = json.dumps({"prompt": "a"}).encode()
    head, rest = await raw_exchange(
        server.url, a_head(server, f"Content-Length: {len(body)}", "Expect: 100-continue", "Connection: close"), body
    )

    assert head.startswith("http/1.1 100")
    assert b"HTTP/1.1 200" in rest


@pytest.mark.parametrize(
    "query", ["?logs=maybe", "?logs=%ff%fe", "?" + "a=1&" * 40, "?" + "x" * 5_000, "?%", "?=&=&"], ids=lambda q: q[:12]
)
async def test_no_query_is_an_internal_error(server: Served, query):
    """Garbage is ignored or refused."""
    envelope = await server.submit()

    assert (await server.client.get(envelope["status_url"] + query)).status_code in (200, 202, 400)


async def test_no_answer_of_this_file_was_ours_to_be_ashamed_of(server: Served):
    """A sweep over values and fields: every combination is a 4xx or a success, in JSON."""
    values: list[Any] = [None, True, 0, -1, 1e308, 10**30, "", "x" * 30_000, [], [[]], {}, {"a": {}}, "\x00", "🎬" * 99]
    fields = ["prompt", "duration", "aspect_ratio", "negative_prompt", "cfg_scale", "seed", "unknown", ""]
    for field in fields:
        for value in values:
            answer = await server.client.post(QUEUE, json={"prompt": "a", field: value})
            assert answer.status_code < 500, (field, value, answer.text)
            assert answer.json()
