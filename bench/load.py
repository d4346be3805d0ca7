"""Load over loopback: so many keep-alive connections, each asking again as soon as it is answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass
class Answers:
    """What came back."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """Only when they were asked for."""

    @property
    def count(self) -> int:
        """Answers in all."""
        return len(self.latencies_s)

    @property
    def per_s(self) -> float:
        """Answers a second."""
        return self.count / self.seconds


class _Client(asyncio.Protocol):
    """One connection: sends the next request when the answer to the last one is complete."""

    def __init__(self, requests: Iterator[bytes], answers: Answers, keep_bodies: bool) -> None:
        self._requests = requests
        self._answers = answers
        self._keep_bodies = keep_bodies
        self._buffer = b""
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        length = _content_length(self._buffer[:end])
        if len(self._buffer) < end + 4 + length:
            return
        self._answers.latencies_s.append(time.perf_counter() - self._sent)
        self._answers.statuses[int(self._buffer[9:12])] += 1
        if self._keep_bodies:
            self._answers.bodies.append(self._buffer[end + 4 :])
        self._buffer = b""
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_exception(exc or ConnectionError("the server hung up"))

    def _send(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self.finished.set_result(None)
            self._transport.close()
        else:
            self._sent = time.perf_counter()
            self._transport.write(request)


def _content_length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def drive(port: int, requests: Iterable[bytes], *, clients: int, keep_bodies: bool = False) -> Answers:
    """Send all `requests`, `clients` at a time, and collect the answers."""
    answers = Answers()
    shared = iter(requests)
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    connections = [
        (await loop.create_connection(lambda: _Client(shared, answers, keep_bodies), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(connection.finished for connection in connections))
    answers.seconds = time.perf_counter() - start
    return answers
