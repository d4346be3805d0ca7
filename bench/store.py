"""Syncs per submit at 1, 16 and 64 clients, seen by strace; the price of a position with 100 000 waiting."""

import asyncio
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.calls import submits
from bench.load import drive
from bench.measure import Row, median
from bench.yardstick import KEY
from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.ids import new_request_id, new_token
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.request import NewRequest, Priority
from mutoscope.queue.store import RequestStore
from tests.live import LiveServer

QUEUED = 100_000
AT_ONCE = 512
LOOKS = 500
SUBMITS = {1: 300, 16: 2_000, 64: 4_000}
BARS = {1: 1.1, 16: 0.2, 64: 0.1}


def rows() -> list[Row]:
    """Both subjects."""
    return [*sync_rows(), asyncio.run(position_row())]


def sync_rows() -> list[Row]:
    """fsync and fdatasync calls of the whole server process over the submits it accepted."""
    if shutil.which("strace") is None:
        return [
            Row(f"syncs per submit, {clients} clients", float("nan"), note="strace is not installed")
            for clients in BARS
        ]
    with TemporaryDirectory(prefix="mutoscope-bench-") as name:
        folder = Path(name)
        settings = {"engine": "null", "runners": 0, "log_level": "warning"}
        with LiveServer(folder / "syncs", settings, key=KEY) as server:
            asyncio.run(drive(server.port, submits(200), clients=4))
            return [
                Row(
                    f"syncs per submit, {clients} clients",
                    count_syncs(server, folder, clients) / SUBMITS[clients],
                    "",
                    bar,
                )
                for clients, bar in BARS.items()
            ]


def count_syncs(server: LiveServer, folder: Path, clients: int) -> int:
    """Attach strace to every thread of the server while the clients submit."""
    report = folder / f"strace{clients}"
    command = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(report), "-p", str(server.pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as tracer:
        assert tracer.stderr is not None
        while "attached" not in (line := tracer.stderr.readline()):
            if not line:
                raise RuntimeError("strace could not attach to the server (ptrace is not allowed here?)")
        answers = asyncio.run(drive(server.port, submits(SUBMITS[clients]), clients=clients))
        tracer.send_signal(signal.SIGINT)
        tracer.stderr.read()
    if set(answers.statuses) != {200}:
        raise RuntimeError(f"the server answered {dict(answers.statuses)}")
    counts = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*f(?:data)?sync$", report.read_text(), re.M)
    return sum(map(int, counts))


async def position_row() -> Row:
    """Positions of requests all over a long queue."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as name:
        database = await SqliteDatabase.open(Path(name) / "mutoscope.db")
        try:
            store = RequestStore(database, LocalBus(), SystemClock(), boot_id=new_token())
            ids = [new_request_id() for _ in range(QUEUED)]
            for first in range(0, QUEUED, AT_ONCE):
                await asyncio.gather(
                    *(store.submit(_request(request_id)) for request_id in ids[first : first + AT_ONCE])
                )
            waits: list[float] = []
            for number in range(LOOKS):
                index = number * (QUEUED // LOOKS)
                start = time.perf_counter()
                position = await store.position(ids[index])
                waits.append(time.perf_counter() - start)
                assert position is not None and abs(position - index) < AT_ONCE, (position, index)
        finally:
            await database.close()
    worst = sorted(waits)[int(LOOKS * 0.99)]
    return Row("position with 100 000 queued, p50", median(waits) * 1e3, "ms", 1.0, f"p99 {worst * 1e3:.2f} ms")


def _request(request_id: str) -> NewRequest:
    return NewRequest(
        id=request_id,
        account_id="bench",
        endpoint_id="fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
        pool="null",
        arguments=b'{"prompt": "A boat"}',
        public_base="http://127.0.0.1",
        queue_base="http://127.0.0.1/queue",
        priority=Priority.NORMAL,
    )
