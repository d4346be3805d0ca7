"""
What the platform API costs on a long history: CPU of the whole process per call, client included.

    python -m bench.platform [requests]
"""

import asyncio
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import httpx

from tests.conftest import Served, serve_in

ROWS = 100_000
REPEATS = 3
ENDPOINTS = ("fal-ai/kling-video/v2.5-turbo/pro/text-to-video", "fal-ai/kling-video/v3/pro/text-to-video")
DAY_S = 86_400
PAGE = "/v1/models/requests/by-endpoint?limit=100"
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


async def measured(server: Served, path: str) -> httpx.Response:
    """Ask a few times and print the least CPU that it took."""
    least = float("inf")
    for _ in range(REPEATS):
        begin = time.process_time()
        answer = await server.client.get(path)
        least = min(least, time.process_time() - begin)
    assert answer.status_code == 200, answer.text
    print(f"{least * 1000:8.1f} ms {len(answer.content):9d} bytes  {path[:100]}")
    return answer


async def main(rows: int) -> None:
    """Fill a store and ask."""
    start = time.strftime("%Y-%m-%d", time.gmtime(time.time() - 31 * DAY_S))
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        async with serve_in(data):
            pass  # makes the schema
        fill(data / "mutoscope.db", rows)
        async with serve_in(data, runners=0, request_retention_days=0, output_retention_days=0) as server:
            cursor = (await measured(server, PAGE)).json()["next_cursor"]
            for query in (
                f"&cursor={cursor}",
                "&sort_by=duration",
                "&expand=payloads",
                f"&endpoint_id={ENDPOINTS[0]}&status=error",
                "&endpoint_id=fal-ai/kling-video/v1.6/pro/text-to-video",
                "&request_id=00000000-0000-4000-8000-000000000000",
            ):
                await measured(server, PAGE + query)
            for path in (
                f"/v1/models/usage?start={start}&expand=summary",
                f"/v1/models/usage?start={start}&timeframe=hour",
                f"/v1/models/analytics?start={start}&expand=summary",
                f"/v1/models/analytics?start={start}&timeframe=day&timezone=Europe/Berlin",
            ):
                await measured(server, path)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))
