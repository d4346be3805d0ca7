"""What an upload costs the server: memory above all, which must not follow the size of the file, and CPU."""

import http.client
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from bench import measure
from bench.measure import Row, median
from tests.live import LiveServer

FILE_BYTES = 100_000_000
PIECE = os.urandom(1_000_000)
PARALLEL = 4
ROUNDS = 5
GROWTH_MB_MAX = 8.0
"""For one upload, whatever its size."""


def rows() -> list[Row]:
    """One server: a large file at once, several at once, then the time and the CPU of more."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as name:
        folder = Path(name)
        with LiveServer(folder / "data", {"engine": "null", "runners": 0, "log_level": "warning"}) as server:
            one = growth_mb(server, 1)
            several = growth_mb(server, PARALLEL)
            seconds, cpu_ms = _cost(server)
    size = f"{FILE_BYTES / 1e6:.0f} MB"
    over = "peak of resident over before"
    return [
        Row(f"memory for the first upload of {size}", one, "MB", GROWTH_MB_MAX, over),
        Row(f"memory for {PARALLEL} more at once", several, "MB", PARALLEL * GROWTH_MB_MAX, over),
        Row("upload, CPU", cpu_ms, "ms per GB", None, "SHA-256 and fsync included"),
        Row("upload, one after another", FILE_BYTES / 1e6 / seconds, "MB/s", None, "durable before it is answered"),
    ]


def growth_mb(server: LiveServer, count: int) -> float:
    """How far the server's resident memory rises above what it was while `count` files come at once."""
    measure.settle(measure.tree(server.pid))
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")  # the peak is from now on: proc(5)
    before = _resident_mb(server.pid, "VmRSS")
    uploads = [_pieces(server) for _ in range(count)]
    while uploads:
        # A piece of each in turn: all of them are under way from the first to the last.
        uploads = [upload for upload in uploads if next(upload, None) is not None]
    return _resident_mb(server.pid, "VmHWM") - before


def _cost(server: LiveServer) -> tuple[float, float]:
    """Seconds of an upload, and CPU milliseconds of the server for a gigabyte (10⁹ bytes)."""
    pids, seconds = [server.pid], []
    measure.settle(pids)
    cpu = measure.cpu_s(pids)
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in _pieces(server):
            pass
        seconds.append(time.perf_counter() - start)
    return median(seconds), (measure.cpu_s(pids) - cpu) * 1e3 / (ROUNDS * FILE_BYTES / 1e9)


def _pieces(server: LiveServer) -> Iterator[int]:
    """Upload one file; yields after each piece that was sent."""
    url = urlsplit(_upload_url(server))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(FILE_BYTES))
    connection.endheaders()
    for at in range(0, FILE_BYTES, len(PIECE)):
        connection.send(PIECE)
        yield at
    with connection.getresponse() as answer:
        if answer.status != 200:
            raise RuntimeError(f"the server answered {answer.status}: {answer.read(500)!r}")
    connection.close()


def _upload_url(server: LiveServer) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    body = json.dumps({"file_name": "clip.mp4", "content_type": "video/mp4"})
    connection.request("POST", "/rest/storage/upload/initiate", body, {"Authorization": f"Key {server.key}"})
    with connection.getresponse() as answer:
        urls = json.loads(answer.read())
    connection.close()
    return str(urls["upload_url"])


def _resident_mb(pid: int, row: str) -> float:
    """`VmRSS` or its peak `VmHWM`, in MB (10⁶ bytes)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == row:
            return int(value.split()[0]) * 1024 / 1e6
    raise RuntimeError(f"/proc/{pid}/status has no {row}")
