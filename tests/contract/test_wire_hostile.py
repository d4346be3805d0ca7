"""Callers that do not speak HTTP, stop halfway, or lie: one JSON error each, nothing held open, nothing let through."""

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from mutoscope.api import protocol
from mutoscope.limits import HEAD_BYTES_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served, serve_in

QUEUE = f"/queue/{TEXT_TO_VIDEO}"
BODY = b'{"prompt": "a"}'
LENGTH = f"Content-Length: {len(BODY)}".encode()

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with one runner, shared by this file."""
    async with serve_in(tmp_path_factory.mktemp("hostile") / "data") as served:
        yield served


async def answer_to(server: Served, sent: bytes, *, timeout_s: float = 15.0) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body that come back for these bytes until the server hangs up."""
    target = httpx.URL(server.url)
    reader, writer = await asyncio.open_connection(target.host, target.port)
    try:
        writer.write(sent)
        async with asyncio.timeout(timeout_s):
            answer = await reader.read()
    finally:
        writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head:
        return 0, {}, body
    status, *lines = head.decode("latin-1").split("\r\n")
    return (
        int(status.split()[1]),
        {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)},
        body,
    )


def a_post(server: Served, *headers: bytes, body: bytes = b"", path: str = QUEUE, version: str = "HTTP/1.1") -> bytes:
    """A POST with a good key and these header lines, after which the connection ends."""
    first = f"POST {path} {version}\r\nHost: localhost\r\nAuthorization: Key {server.key}\r\nConnection: close\r\n"
    return first.encode() + b"".join(line + b"\r\n" for line in headers) + b"\r\n" + body


MALFORMED: dict[str, tuple[bytes, ...]] = {
    "length and chunks": (b"Content-Length: 4", b"Transfer-Encoding: chunked"),
    "two lengths": (b"Content-Length: 15", b"Content-Length: 3"),
    "negative length": (b"Content-Length: -1",),
    "length with a sign": (b"Content-Length: +15",),
    "length in hex": (b"Content-Length: 0xf",),
    "length without end": (b"Content-Length: " + b"9" * 30,),
    "unknown coding": (b"Transfer-Encoding: xchunked",),
    "blank before the colon": (b"Transfer-Encoding : chunked",),
    "folded header": (b"X-A: b\r\n c", LENGTH),
    "NUL in a header": (b"X-A: b\0c", LENGTH),
    "bare line feed": (b"X-A: b\nX-B: c", LENGTH),
    "no colon": (b"XA", LENGTH),
    "upgrade with a body": (b"Connection: Upgrade", b"Upgrade: h2c", LENGTH),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_a_malformed_head_is_refused_in_json(server: Served, name):
    """400 and the end of the connection, whatever was hoped to be smuggled behind it."""
    smuggled = b"0\r\n\r\nGET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"

    status, headers, body = await answer_to(server, a_post(server, *MALFORMED[name], body=smuggled))

    assert (status, headers["content-type"], headers["connection"]) == (400, "application/json", "close")
    assert json.loads(body).keys() == {"detail", "error_type"}
    assert headers["x-fal-error-type"] == "bad_request"
    assert headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    "sent",
    [
        b"garbage\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n",
    ],
    ids=["garbage", "TLS", "HTTP/2", "unknown method", "raw bytes in the path", "CONNECT"],
)
async def test_what_is_not_our_protocol_is_refused_in_json(server: Served, sent):
    """A TLS client at the plain port, a port scanner, a proxy's tunnel."""
    status, headers, body = await answer_to(server, sent)

    assert (status, headers["content-type"]) == (400, "application/json")
    assert json.loads(body)["detail"]


async def test_a_head_without_end_is_refused(server: Served):
    """Its size is bounded while it comes."""
    many = b"".join(b"X-%d: %b\r\n" % (number, b"v" * 1000) for number in range(HEAD_BYTES_MAX // 1000 + 8))

    status, headers, body = await answer_to(server, b"GET / HTTP/1.1\r\nHost: x\r\n" + many)

    assert (status, headers["content-type"]) == (431, "application/json")
    assert "HEAD_BYTES_MAX" in json.loads(body)["detail"]


async def test_a_trailer_is_not_a_header(server: Served):
    """What comes after a chunked body cannot change who asks."""
    chunked = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)

    status, _, _ = await answer_to(
        server, a_post(server, b"Transfer-Encoding: chunked", body=chunked + b"Authorization: Key wrong\r\n\r\n")
    )

    assert status == 200


async def test_garbage_behind_a_request_does_not_get_into_its_answer(serve: Serve):
    """A stream that has begun is cut, and no second answer is written into it."""
    async with serve(runners=0) as server:
        envelope = await server.submit()
        path = httpx.URL(envelope["status_url"] + "/stream").raw_path.decode()
        target = httpx.URL(server.url)
        reader, writer = await asyncio.open_connection(target.host, target.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Key {server.key}\r\n\r\n".encode())
        said = await reader.readuntil(b"data: ")

        writer.write(b"garbage\r\n\r\n")
        async with asyncio.timeout(10):
            said += await reader.read()
        writer.close()

    assert said.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "begun", [b"", b"POST /queue", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "a word", "a head"]
)
async def test_a_caller_that_begins_and_falls_silent_is_hung_up_on(serve: Serve, monkeypatch, begun):
    """Connections are few enough that nobody may sit on them."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.1)
    async with serve() as server:
        status, _, _ = await answer_to(server, begun)

    assert status == 0


async def test_a_refused_caller_does_not_talk_on_for_good(serve: Serve, monkeypatch):
    """The body that nobody waits for any more is dropped, and not for longer than a head may take."""
    monkeypatch.setattr(protocol, "HEAD_TIMEOUT_S", 0.1)
    async with serve() as server:
        target = httpx.URL(server.url)
        reader, writer = await asyncio.open_connection(target.host, target.port)
        writer.write(f"POST {QUEUE} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode())
        said = await reader.readuntil(b"\r\n\r\n")

        async with asyncio.timeout(10):
            writer.write(b"{")
            await reader.read()
        writer.close()

    assert said.startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("upgrade", [b"h2c", b"websocket"])
async def test_an_upgrade_is_an_offer_that_need_not_be_taken(server: Served, upgrade):
    """The request is answered as HTTP/1.1."""
    head = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: " + upgrade + b"\r\n\r\n"

    status, _, body = await answer_to(server, head)

    assert (status, json.loads(body)) == (200, {"status": "ok"})


@pytest.mark.parametrize(
    "path",
    [
        "/fal-ai/%ff%fe",
        "/fal-ai/%00/x",
        "/fal-ai/%zz/x",
        "/a%0d%0aX-Evil:%201/b",
        "/queue/../queue/fal-ai/kling-video",
        "/fal-ai/" + "a" * 60_000,
        "/fal-ai" + "/a" * 20_000,
        "/files/..%2fmutoscope.db",
        "/files/%2e%2e/%2e%2e/etc/passwd",
    ],
    ids=lambda path: path[:24],
)
async def test_a_strange_path_leads_nowhere(server: Served, path):
    """404 in JSON of a readable size; nothing of it becomes a header or leaves the folder of files."""
    status, headers, body = await answer_to(
        server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()
    )

    assert (status, headers["content-type"]) == (404, "application/json")
    assert json.loads(body)["detail"]
    assert len(body) < 4_096
    assert "x-evil" not in headers


@pytest.mark.parametrize("host", ["evil.example", "localhost:99999", "localhost@evil.example", "[::1", "a" * 5_000, ""])
async def test_a_host_that_nobody_vouches_for_does_not_come_back(server: Served, host):
    """The address that the connection came to stands in."""
    answer = await server.client.post(QUEUE, content=BODY, headers={"Host": host})

    assert answer.status_code == 200
    assert answer.json()["status_url"].startswith(server.url)


BROKEN_URLS = ["http://[::1", "http://x:99999/", "http://\x00/", "http://", "//x", "", "http://" + "a" * 9_000, "data:"]


@pytest.mark.parametrize("url", BROKEN_URLS, ids=lambda url: url[:16])
async def test_a_picture_address_of_no_shape_is_an_input_error(server: Served, url):
    """422 at the field, never a fault of the server."""
    path = "/run/fal-ai/kling-video/v2.5-turbo/standard/image-to-video"

    answer = await server.client.post(path, json={"prompt": "a", "image_url": url})

    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("file_download_error", ["body", "image_url"])


async def test_a_body_of_millions_of_values_holds_nobody_up(server: Served):
    """Refused before it is parsed."""
    body = b'{"prompt": [' + b"[]," * 4_000_000 + b"[]]}"

    answer = await server.client.post(QUEUE, content=body)

    assert answer.status_code == 422
    assert "JSON_VALUES_MAX" in answer.json()["detail"][0]["ctx"]["error"]


async def test_a_range_past_the_end_is_an_error_in_json(server: Served):
    """As every error is."""
    output = (await server.client.post(f"/run/{TEXT_TO_VIDEO}", content=BODY)).json()["video"]

    answer = await server.client.get(output["url"], headers={"Range": f"bytes={output['file_size']}-"})

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{output['file_size']}")
    assert answer.json()["detail"]
