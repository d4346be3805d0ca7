"""What the platform API costs on a history of 100 000 requests: CPU of the whole process per call, client included."""

import asyncio
import random
import sqlite3
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.measure import Row, median
from tests.conftest import Served, serve_in

REQUESTS = 100_000
REPEATS = 5
PAGE_MS_MAX = 50.0
ENDPOINTS = ("fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "fal-ai/kling-video/v3/pro/text-to-video")
DAY_S = 86_400
PAGE = "/v1/models/requests/by-endpoint?limit=100"
PAGES: Final = {
    "page of 100 of a history of 100 000": "",
    "… longest first": "&sort_by=duration",
    "… with payloads": "&expand=payloads",
    "… errors of one endpoint": f"&endpoint_id={ENDPOINTS[0]}&status=error",
    "… of an endpoint that nobody called": "&endpoint_id=fal-ai/kling-video/v1.6/pro/text-to-video",
}
SUMS: Final = {
    "usage of a month of 100 000": "/v1/models/usage?start={start}&expand=summary",
    "usage by the hour": "/v1/models/usage?start={start}&timeframe=hour",
    "analytics of a month": "/v1/models/analytics?start={start}&expand=summary",
}
INSERT = """
INSERT INTO requests (id, account_id, endpoint_id, pool, priority, state, public_base, queue_base, is_sync, created,
  max_attempts, attempt, started, finished, status_code, billable_units, key_id, unit_price)
VALUES (?, 'environment', ?, 'null', 0, ?, 'b', 'q', 0, ?, 3, 1, ?, ?, ?, ?, 'environment', 0.07)
"""


def fill(database: Path, rows: int) -> None:
    """A month of finished requests, one in a hundred failed."""
    chance, now = random.Random(1), time.time()
    connection = sqlite3.connect(database)
    for n in range(rows):
        finished = now - 30 * DAY_S * chance.random()
        started, is_good = finished - 60 * chance.random(), chance.random() < 0.99
        endpoint_id, code = ENDPOINTS[chance.random() < 0.3], 200 if is_good else chance.choice((422, 500))
        state, units = ("succeeded", 5.0) if is_good else ("failed", 0.0)
        request_id = f"{n:08x}-0000-4000-8000-000000000000"
        connection.execute(INSERT, (request_id, endpoint_id, state, started - 3, started, finished, code, units))
    connection.execute("INSERT INTO arguments (request_seq, body) SELECT seq, X'7b7d' FROM requests")
    connection.execute("INSERT INTO results (request_seq, body) SELECT seq, X'7b7d' FROM requests")
    connection.commit()
    connection.close()


def rows() -> list[Row]:
    """Every kind of page on one history, the median of a few calls each."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as folder:
        return asyncio.run(_rows(Path(folder) / "data"))


async def _rows(data: Path) -> list[Row]:
    async with serve_in(data):
        pass  # makes the schema
    fill(data / "mutoscope.db", REQUESTS)
    async with serve_in(data, runners=0, request_retention_days=0, output_retention_days=0) as server:
        return [
            *[await _row(server, name, PAGE + query, PAGE_MS_MAX) for name, query in PAGES.items()],
            *[await _row(server, name, _since(path), None) for name, path in SUMS.items()],
        ]


async def _row(server: Served, name: str, path: str, bar: float | None) -> Row:
    """CPU of one call, which is answered before."""
    spent = []
    for _ in range(REPEATS + 1):
        begin = time.process_time()
        answer = await server.client.get(path)
        spent.append(time.process_time() - begin)
        if answer.status_code != 200:
            raise RuntimeError(f"the server answered {answer.status_code} to {path}: {answer.text[:300]}")
    return Row(name, median(spent[1:]) * 1e3, "ms", bar, f"CPU, client included; {len(answer.content)} bytes")


def _since(path: str) -> str:
    return path.format(start=time.strftime("%Y-%m-%d", time.gmtime(time.time() - 31 * DAY_S)))
