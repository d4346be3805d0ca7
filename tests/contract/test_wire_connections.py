"""Connections by their bytes: pipelines, half a connection, bodies in pieces, callers that leave while answered."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from mutoscope.limits import PIPELINE_REQUESTS_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served

RUN, QUEUE = f"/run/{TEXT_TO_VIDEO}", f"/queue/{TEXT_TO_VIDEO}"
BODY = b'{"prompt": "a"}'
LIVE = "/health/live"
DEADLINE_S = 15.0


@contextlib.asynccontextmanager
async def connection(server: Served) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Both ends of a TCP connection to the server."""
    target = httpx.URL(server.url)
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection(target.host, target.port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


def asking(server: Served, method: str, path: str, *lines: str, body: bytes = b"", version: str = "1.1") -> bytes:
    """The bytes of a request with a good key."""
    length = [f"Content-Length: {len(body)}"] if body else []
    head = [f"{method} {path} HTTP/{version}", "Host: h", f"Authorization: Key {server.key}", *length, *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


async def answer(reader: asyncio.StreamReader, *, has_body: bool = True) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the next answer, whose length is said."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0))) if has_body else b""
    return int(head[0].split()[1]), headers, body


async def states(server: Served) -> list[str]:
    """Of all requests."""
    return [request.state.value for request in await server.app.house.store.list()]


async def until_state(server: Served, state: str) -> None:
    """Until the one request is in this state."""
    async with asyncio.timeout(DEADLINE_S):
        while await states(server) != [state]:
            await asyncio.sleep(0.01)


async def test_a_pipeline_is_answered_in_its_order(server: Served):
    """Ten requests in one write, of every kind: HEAD has no body, errors and submits keep their places."""
    sent = [
        asking(server, "GET", LIVE),
        asking(server, "HEAD", LIVE),
        asking(server, "POST", QUEUE, body=BODY),
        asking(server, "GET", "/no/such/path/at/all"),
        asking(server, "POST", QUEUE, body=b"{"),
    ] * 2
    async with connection(server) as (reader, writer):
        writer.write(b"".join(sent))
        answers = [await answer(reader, has_body=not one.startswith(b"HEAD")) for one in sent]

    assert [status for status, _, _ in answers] == [200, 200, 200, 404, 422] * 2
    assert answers[1][1]["content-length"] == answers[0][1]["content-length"]
    assert all(json.loads(body) for _, _, body in (answers[2], answers[3], answers[4], answers[7]))


async def test_a_caller_that_leaves_a_pipeline_cancels_the_run_at_its_head(serve: Serve):
    """The run is what is answered, whatever was sent after it."""
    async with serve(null_seconds=30) as server:
        async with connection(server) as (_, writer):
            writer.write(asking(server, "POST", RUN, body=BODY) + asking(server, "GET", LIVE))
            await until_state(server, "running")
        await until_state(server, "cancelled")


async def test_a_pipeline_without_end_is_cut_off(serve: Serve):
    """Behind a long run so many may wait and no more; the run ends with its connection."""
    async with serve(null_seconds=30) as server, connection(server) as (reader, writer):
        writer.write(asking(server, "POST", RUN, body=BODY))
        await until_state(server, "running")
        writer.write(asking(server, "GET", LIVE) * PIPELINE_REQUESTS_MAX)
        await asyncio.sleep(0)
        writer.write(asking(server, "GET", LIVE) * 2)

        assert await reader.read() == b""
        await until_state(server, "cancelled")


async def test_half_a_connection_is_a_caller_that_has_gone(serve: Serve):
    """Who closes its sending side cannot be told from who has left: a run for it is cancelled."""
    async with serve(null_seconds=30) as server, connection(server) as (reader, writer):
        writer.write(asking(server, "POST", RUN, body=BODY))
        await until_state(server, "running")
        writer.write_eof()

        assert await reader.read() == b""
        await until_state(server, "cancelled")


@pytest.mark.parametrize("piece", [1, 3, 7])
async def test_a_body_may_come_in_any_pieces(server: Served, piece: int):
    """Chunks of any size, cut anywhere, with a trailer behind them; the next request is read after it."""
    chunks = b"".join(
        b"%x\r\n%b\r\n" % (len(BODY[at : at + piece]), BODY[at : at + piece]) for at in range(0, len(BODY), piece)
    )
    sent = asking(server, "POST", QUEUE, "Transfer-Encoding: chunked") + chunks + b"0\r\nX-Late: 1\r\n\r\n"
    async with connection(server) as (reader, writer):
        for at in range(0, len(sent), 11):
            writer.write(sent[at : at + 11])
            await writer.drain()
        status, _, body = await answer(reader)
        writer.write(asking(server, "GET", LIVE))
        after, _, _ = await answer(reader)

    assert (status, after) == (200, 200)
    assert json.loads(body)["status"] == "IN_QUEUE"


async def test_a_caller_that_waits_to_be_told_is_told_only_when_it_is_wanted(server: Served):
    """`Expect: 100-continue`: told to go on where the body will be read, answered at once where it will not."""
    async with connection(server) as (reader, writer):
        head = asking(server, "POST", QUEUE, f"Content-Length: {len(BODY)}", "Expect: 100-continue")
        writer.write(head)
        go_on = await reader.readuntil(b"\r\n\r\n")
        writer.write(BODY)
        status, _, _ = await answer(reader)
        writer.write(asking(server, "GET", LIVE))
        after, _, _ = await answer(reader)
    async with connection(server) as (reader, writer):
        writer.write(head.replace(server.key.encode(), b"wrong"))
        refused, _, body = await answer(reader)

    assert go_on == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert (status, after, refused) == (200, 200, 401)
    assert json.loads(body)["detail"]


async def test_a_stream_to_a_caller_that_knows_no_chunks_ends_with_the_connection(server: Served):
    """HTTP/1.0: no chunk sizes between the events, nothing after the last."""
    envelope = await server.submit()
    path = httpx.URL(envelope["status_url"]).path + "/stream"
    async with connection(server) as (reader, writer):
        writer.write(asking(server, "GET", path, version="1.0"))
        head, _, events = (await reader.read()).partition(b"\r\n\r\n")

    assert b"transfer-encoding" not in head.lower()
    assert b"connection: close" in head.lower()
    assert all(line.startswith(b"data: {") for line in events.split(b"\n\n") if line)
    assert json.loads(events.split(b"\n\n")[-2].removeprefix(b"data: "))["status"] == "COMPLETED"


async def test_an_ordinary_answer_in_http_1_0_says_its_length(server: Served):
    """And the connection closes behind it, HEAD included."""
    for method, has_body in (("GET", True), ("HEAD", False)):
        async with connection(server) as (reader, writer):
            writer.write(asking(server, method, LIVE, version="1.0"))
            status, headers, body = await answer(reader, has_body=has_body)
            rest = await reader.read()

        assert (status, rest, headers["connection"]) == (200, b"", "close")
        assert bool(body) is has_body


async def test_a_caller_that_leaves_in_the_middle_of_an_answer_is_no_fault(server: Served, caplog):
    """A stream or a file of which half is taken: nothing in the log, and the server goes on."""
    envelope = await server.submit()
    path = httpx.URL(envelope["status_url"]).path + "/stream"
    for _ in range(5):
        async with connection(server) as (reader, writer):
            writer.write(asking(server, "GET", path) * 3)
            await reader.readuntil(b"data: ")
            writer.transport.abort()
    async with connection(server) as (reader, writer):
        writer.write(asking(server, "GET", LIVE))
        status, _, _ = await answer(reader)

    assert status == 200
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []
