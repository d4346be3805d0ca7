"""What a thousand callers that watch the status stream cost: memory, CPU while nothing happens, time to hear."""

import asyncio
import json
import resource
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import measure
from bench.calls import BODY, ENDPOINT, http
from bench.measure import Row
from tests.live import LiveServer

WATCHERS = 1_000
REQUESTS = 20
"""That they watch; each of them fifty times over."""
IDLE_S = 5.0
APP = "fal-ai/kling-video"


def rows() -> list[Row]:
    """Measure with requests that wait, since nothing else happens then."""
    _allow_sockets(2 * WATCHERS + 200)
    settings = {"engine": "null", "runners": 0}
    with TemporaryDirectory() as folder, LiveServer(Path(folder) / "data", settings) as server:
        ids = [_submit(server) for _ in range(REQUESTS)]
        asyncio.run(_watch(server, ids, 20))  # what the first streams load stays
        return asyncio.run(_watch(server, ids, WATCHERS, cancel=True))


async def _watch(server: LiveServer, ids: list[str], count: int, *, cancel: bool = False) -> list[Row]:
    before_mb, _ = measure.memory_mb(server.pid)
    streams = [await _open(server, ids[n % len(ids)]) for n in range(count)]
    await asyncio.gather(*(reader.readuntil(b"\n\n") for reader, _ in streams))
    await asyncio.sleep(1.0)
    during_mb, _ = measure.memory_mb(server.pid)
    spent, began = measure.cpu_s([server.pid]), time.monotonic()
    await asyncio.sleep(IDLE_S)
    idle = (measure.cpu_s([server.pid]) - spent) / (time.monotonic() - began)
    heard_s = await _hear(server, ids, streams) if cancel else 0.0
    for _, writer in streams:
        writer.close()
    return [
        Row("memory of 1 000 watched streams", during_mb - before_mb, "MB", 40.0, "resident memory of the server"),
        Row("CPU of 1 000 silent streams", idle * 100, "%", 3.0, f"of one core over {IDLE_S:g} s; {len(ids)} requests"),
        Row("until the last of 1 000 has heard of an end", heard_s, "s", 1.0, "all requests are cancelled at once"),
    ]


async def _hear(
    server: LiveServer, ids: list[str], streams: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
) -> float:
    """Seconds from the first cancel until every stream has brought its last event."""
    began = time.monotonic()
    ends = asyncio.gather(*(reader.readuntil(b'"COMPLETED"') for reader, _ in streams))
    for request_id in ids:
        await asyncio.to_thread(_ask, server, "PUT", f"/queue/{APP}/requests/{request_id}/cancel")
    await ends
    return time.monotonic() - began


async def _open(server: LiveServer, request_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(http("GET", f"/queue/{APP}/requests/{request_id}/status/stream?logs=1", server.key))
    return reader, writer


def _submit(server: LiveServer) -> str:
    return str(_ask(server, "POST", f"/queue/{ENDPOINT}", BODY)["request_id"])


def _ask(server: LiveServer, method: str, path: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Key {server.key}", "Content-Type": "application/json"}
    call = urllib.request.Request(f"{server.url}{path}", body, headers, method=method)
    with urllib.request.urlopen(call, timeout=30) as answer:
        return json.loads(answer.read())


def _allow_sockets(count: int) -> None:
    """Raise the bound of open files, for this process and the server that it starts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
