"""
CPU of a download, per gigabyte: the project against the least that a server can do, sendfile(2).

usage: python -m bench.files PORT FILE   (the sendfile server alone)
"""

import os
import socket
import socketserver
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import measure
from bench.measure import Row, median
from tests.live import LiveServer, free_port, wait_until

FILE_BYTES = 64 * 1024 * 1024
RANGE_BYTES = 4 * 1024 * 1024
ROUND_BYTES = 1024 * 1024 * 1024
ROUNDS = 5
KEY = "bench/clip.mp4"

_buffer = bytearray(1024 * 1024)


class SendFile(socketserver.StreamRequestHandler):
    """Answers every GET, whole or by a range, with the bytes of one file, handed to the socket by the kernel."""

    path: Path

    def handle(self) -> None:
        with self.path.open("rb") as file:
            while head := self.connection.recv(65536):
                first, last, status = 0, FILE_BYTES - 1, b"200 OK"
                if (at := head.find(b"bytes=")) >= 0:
                    first, last = (int(part) for part in head[at + 6 :].split(b"\r\n", 1)[0].split(b"-"))
                    status = b"206 Partial Content"
                count = last - first + 1
                self.connection.sendall(b"HTTP/1.1 %b\r\ncontent-length: %d\r\n\r\n" % (status, count))
                while count > 0:
                    sent = os.sendfile(self.connection.fileno(), file.fileno(), first, count)
                    first, count = first + sent, count - sent


def download(port: int, *, byte_range: tuple[int, int] | None) -> int:
    """Read one answer over a connection of its own and throw it away; the number of its body's bytes."""
    chosen = f"Range: bytes={byte_range[0]}-{byte_range[1]}\r\n" if byte_range else ""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET /files/{KEY} HTTP/1.1\r\nHost: 127.0.0.1\r\n{chosen}\r\n".encode())
        head = b""
        while (end := head.find(b"\r\n\r\n")) < 0:
            head += connection.recv(65536)
        if head[9:12] not in (b"200", b"206"):
            raise RuntimeError(f"the server answered {head[:200]!r}")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        left = length - (len(head) - end - 4)
        while left > 0:
            left -= connection.recv_into(_buffer, min(left, len(_buffer)))
    return length


def cost_ms_per_gb(pid: int, port: int, *, ranges: bool) -> float:
    """CPU milliseconds that the server spends on a gigabyte (10⁹ bytes)."""
    pids = measure.tree(pid)
    measure.settle(pids)
    before, sent = measure.cpu_s(pids), 0
    while sent < ROUND_BYTES:
        first = sent % FILE_BYTES
        sent += download(port, byte_range=(first, first + RANGE_BYTES - 1) if ranges else None)
    return (measure.cpu_s(pids) - before) * 1e3 / (sent / 1e9)


def rows() -> list[Row]:
    """Interleaved rounds of whole downloads and of 4 MiB ranges."""
    with TemporaryDirectory(prefix="mutoscope-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        live = LiveServer(folder / "project", {"engine": "null", "runners": 0, "log_level": "warning"})
        clip = live.data_dir / "files" / KEY
        clip.parent.mkdir(parents=True)
        clip.write_bytes(os.urandom(FILE_BYTES))
        stack.enter_context(live)
        port = free_port()
        other = stack.enter_context(subprocess.Popen([sys.executable, "-m", "bench.files", str(port), str(clip)]))
        stack.callback(other.kill)
        wait_until(lambda: _answers(port), what="the sendfile server")
        return [
            _compare("download", False, (live.pid, live.port), (other.pid, port), 6.0),
            _compare("download by 4 MiB ranges", True, (live.pid, live.port), (other.pid, port), 6.0),
        ]


def _compare(what: str, ranges: bool, ours: tuple[int, int], theirs: tuple[int, int], bar: float) -> Row:
    def cost(server: tuple[int, int]) -> float:
        return cost_ms_per_gb(*server, ranges=ranges)

    pairs = [(cost(ours), cost(theirs)) for _ in range(ROUNDS + 1)][1:]
    project, sendfile = median([pair[0] for pair in pairs]), median([pair[1] for pair in pairs])
    return Row(
        f"{what}, CPU over sendfile's", project / sendfile, "×", bar, f"{project:.0f} / {sendfile:.0f} ms per GB"
    )


def _answers(port: int) -> bool:
    try:
        return download(port, byte_range=(0, 9)) == 10
    except OSError:
        return False


if __name__ == "__main__":
    SendFile.path = Path(sys.argv[2])
    with socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), SendFile) as server:
        server.serve_forever()
