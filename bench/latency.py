"""How soon: accepted to claimed, a killed runner to the next claim, spawn to ready; and what an idle server weighs."""

import json
import os
import re
import signal
import sqlite3
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import measure
from bench.measure import Row, median
from tests.live import LiveServer, wait_until

ENDPOINT = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
SUBMITS = 60
KILLS = 12
STARTS = 5


def rows() -> list[Row]:
    """All of it, one server after the other."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as name:
        folder = Path(name)
        return [claim_row(folder), kill_row(folder), *start_rows(folder)]


def submit(server: LiveServer) -> str:
    """Submit one request; its id."""
    request = urllib.request.Request(f"{server.url}/queue/{ENDPOINT}", b'{"prompt": "A boat"}', method="POST")
    request.add_header("Authorization", f"Key {server.key}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.loads(answer.read())["request_id"])


def query(server: LiveServer, sql: str, *values: object) -> list[Any]:
    """Ask the server's database, for reading."""
    with closing(sqlite3.connect(f"file:{server.data_dir}/mutoscope.db?mode=ro", uri=True, timeout=5)) as store:
        return store.execute(sql, values).fetchall()


def claim_row(folder: Path) -> Row:
    """From the acceptance to the claim by a warm, idle runner: the times that the store itself wrote down."""
    with LiveServer(folder / "claim", {"engine": "null", "runners": 1}) as server:
        for _ in range(SUBMITS):
            request_id = submit(server)
            wait_until(
                lambda: query(server, "SELECT 1 FROM requests WHERE id = ? AND finished IS NOT NULL", request_id),  # noqa: B023
                what="a null job",
            )
        waits = query(server, "SELECT started - created FROM requests ORDER BY seq")[SUBMITS // 6 :]
    return Row("accepted → claimed by a warm runner, p50", median([wait for (wait,) in waits]) * 1e3, "ms", 5.0)


def kill_row(folder: Path) -> Row:
    """From the kill -9 of the runner at work to the second start of its request, by the other runner, warm and idle."""
    settings = {"engine": "null", "runners": 2, "null_seconds": 1.5, "max_attempts": 2}
    waits: list[float] = []
    with LiveServer(folder / "kill", settings) as server:
        for _ in range(KILLS):
            wait_until(lambda: len(live_runners(server)) == 2, what="two warm runners")
            request_id = submit(server)
            running = "SELECT runner_id FROM requests WHERE id = ? AND state = 'running'"
            ((name,),) = wait_until(lambda: query(server, running, request_id), what="a running request")  # noqa: B023
            measure.settle([server.pid], timeout_s=0.5)
            killed = time.time()
            os.kill(live_runners(server)[name], signal.SIGKILL)
            second = (
                "SELECT a.started FROM attempts a JOIN requests r ON r.seq = a.request_seq WHERE r.id = ? AND a.n = 2"
            )
            ((started,),) = wait_until(lambda: query(server, second, request_id), what="the second attempt")  # noqa: B023
            waits.append(started - killed)
            cancel(server, request_id)
    return Row("killed runner → claimed by a second warm one, p50", median(waits) * 1e3, "ms", 50.0)


def live_runners(server: LiveServer) -> dict[str, int]:
    """Process of each runner that is up, by name, as the server's log tells them."""
    text = server.log_path.read_text("utf-8", "replace")
    newest = {name: int(pid) for name, pid in re.findall(r"runner ready runner=(\S+) pid=(\d+)", text)}
    alive = set(measure.children(server.pid))
    return {name: pid for name, pid in newest.items() if pid in alive}


def cancel(server: LiveServer, request_id: str) -> None:
    """End what still runs, so that the next round finds both runners idle."""
    address = f"{server.url}/queue/fal-ai/kling-video/requests/{request_id}/cancel"
    request = urllib.request.Request(address, method="PUT", headers={"Authorization": f"Key {server.key}"})
    with urllib.request.urlopen(request, timeout=10):
        pass
    done = "SELECT 1 FROM requests WHERE id = ? AND finished IS NOT NULL"
    wait_until(lambda: query(server, done, request_id), what="the end of a cancelled request")


def start_rows(folder: Path) -> list[Row]:
    """From spawn to ready on a fresh folder and on a used one, and the memory of the idle server process."""
    seconds: list[float] = []
    for number in range(STARTS):
        server = LiveServer(folder / f"start{number % 2}", {"runners": 1})
        start = time.perf_counter()
        server.spawn()
        wait_until(server.is_ready, timeout_s=30, what="readiness")
        seconds.append(time.perf_counter() - start)
        measure.settle(measure.tree(server.pid))
        resident, proportional = measure.memory_mb(server.pid)
        server.stop()
    return [
        Row("spawn → ready (procedural engine)", median(seconds), "s", 1.5),
        Row("idle server process, resident", resident, "MB", 110.0, f"proportional {proportional:.0f} MB"),
    ]
