"""
Kill the server between the end of a request and the telling of it: every end is told, with one body, and never early.

The receiver keeps the ledger. At each call it looks into the store, as it is on the disk at that moment.
"""

import http.client
import json
import random
import sqlite3
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.live import LiveServer, wait_until
from tests.story.storm import APP, ENDPOINT, ask, open_store
from tests.story.test_crash_points import broken_invariants
from tests.unit.webhooks.receiver import verify

SETTINGS = {
    "engine": "null",
    "null_seconds": 0.05,
    "runners": 2,
    "max_attempts": 1000,
    "allow_private_networks": 1,
}
REQUESTS_PER_CYCLE = 4
KILL_AFTER_S = 0.6
"""A kill comes at a random moment of this time, which is about what the requests of a cycle take."""
WHERE_IT_STANDS = """SELECT r.state, w.state FROM requests r LEFT JOIN webhooks w ON w.request_seq = r.seq
    WHERE r.id = ?"""


@dataclass(frozen=True, slots=True)
class Call:
    """One POST to the receiver."""

    headers: dict[str, str]
    body: bytes
    time_s: float


@dataclass
class Ledger:
    """What the receiver was told."""

    calls: defaultdict[str, list[Call]] = field(default_factory=lambda: defaultdict(list))
    """By request id."""
    early: list[str] = field(default_factory=list)
    """What was told before it was true."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, server: LiveServer, headers: dict[str, str], body: bytes) -> int:
        """Write a call down, after a look at the store and, if it is up, at the server; the number of this copy."""
        request_id = json.loads(body)["request_id"]
        with open_store(server) as store:
            stands = store.execute(WHERE_IT_STANDS, (request_id,)).fetchone()
        is_early = stands is None or stands[0] in ("queued", "running") or stands[1] is None
        try:
            is_early |= ask(server, "GET", f"{APP}/requests/{request_id}/status")[0] != 200
        except (OSError, http.client.HTTPException):
            pass  # killed meanwhile
        with self.lock:
            self.calls[request_id].append(Call(headers, body, time.time()))
            if is_early:
                self.early.append(f"{request_id}: {stands}")
            return len(self.calls[request_id])


@contextmanager
def receiver(server: LiveServer, ledger: Ledger, seed: int) -> Iterator[str]:
    """A receiver's URL; it mostly takes what it is told, and sometimes fails, hangs up or takes its time."""
    chance = random.Random(seed)

    class Hooks(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            copies = ledger.note(server, dict(self.headers.items()), body)
            # Patience ends with the second copy, so that nobody waits for the long delays.
            mood = chance.random() if copies < 3 else 0.5
            if mood < 0.1:
                self.close_connection = True  # without a word
                return
            if mood < 0.3:
                threading.Event().wait(0.2)
            self.send_response(500 if mood > 0.85 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except OSError:
                self.close_connection = True  # the server was killed in the middle

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    hooks = ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
    thread = threading.Thread(target=hooks.serve_forever, name="hooks")
    thread.start()
    try:
        yield f"http://127.0.0.1:{hooks.server_port}/hook?token=s3cret"
    finally:
        hooks.shutdown()
        thread.join()
        hooks.server_close()


def submit_some(server: LiveServer, url: str, acknowledged: list[str]) -> None:
    """A few requests of all kinds: good ones, an invalid one, one that is cancelled; the server may go away."""
    path = f"{ENDPOINT}?fal_webhook={quote(url, safe='')}"
    try:
        for number in range(REQUESTS_PER_CYCLE):
            arguments = {"prompt": "Through the storm"} if number != 1 else {"prompt": 5, "duration": "never"}
            status, body = ask(server, "POST", path, json.dumps(arguments).encode())
            assert status in (200, 503), body
            if status == 200:
                request_id = json.loads(body)["request_id"]
                acknowledged.append(request_id)
                if number == 2:
                    ask(server, "PUT", f"{APP}/requests/{request_id}/cancel")
    except (OSError, http.client.HTTPException):
        pass  # killed


def kill_between(folder: Path, cycles: int, seed: int) -> Ledger:
    """So many kills, then peace until everything is told; the verdict."""
    ledger, chance, acknowledged = Ledger(), random.Random(seed), []  # type: ignore[var-annotated]
    with LiveServer(folder / "data", SETTINGS) as server, receiver(server, ledger, seed) as url:
        for _ in range(cycles):
            client = threading.Thread(target=submit_some, args=(server, url, acknowledged), name="client")
            client.start()
            threading.Event().wait(chance.uniform(0, KILL_AFTER_S))
            server.kill()
            client.join()
            server.sweep()
            server.start()
        wait_until(lambda: not untold(server), timeout_s=120, what="everything told")
        with urllib.request.urlopen(f"{server.url}/rest/.well-known/jwks.json", timeout=5) as answer:
            jwks = json.load(answer)
        assert server.stop() == 0, server.log_tail()
        with open_store(server) as store:
            stored = {request_id for (request_id,) in store.execute("SELECT id FROM requests")}
    assert broken_invariants(folder / "data" / "mutoscope.db") == []
    assert set(acknowledged) <= stored
    assert ledger.calls.keys() == stored, "what was stored and not acknowledged is told too"
    assert ledger.early == []
    for calls in ledger.calls.values():
        assert len({call.body for call in calls}) == 1
        assert all(verify(call.headers, call.body, jwks, call.time_s) for call in calls)
    assert "s3cret" not in server.log_path.read_text("utf-8", "replace")
    return ledger


def untold(server: LiveServer) -> list[str]:
    """Requests whose end is to come or to be told."""
    query = """SELECT r.id FROM requests r LEFT JOIN webhooks w ON w.request_seq = r.seq
        WHERE coalesce(w.state, '') <> 'delivered'"""
    try:
        with open_store(server) as store:
            return [request_id for (request_id,) in store.execute(query)]
    except sqlite3.OperationalError:  # busy
        return ["?"]


def tell(ledger: Ledger, cycles: int, seconds: float) -> None:
    """The numbers, for whoever runs this by hand."""
    calls = sum(map(len, ledger.calls.values()))
    print(f"\nwebhooks: {cycles} kills in {seconds:.0f} s, {len(ledger.calls)} ends told in {calls} calls, none early")


@pytest.mark.timeout(240)
def test_ten_kills_lose_no_webhook(tmp_path: Path):
    """Everything stored is told at least once, all copies are one body with a good signature."""
    start = time.monotonic()
    ledger = kill_between(tmp_path, 10, seed=1)
    tell(ledger, 10, time.monotonic() - start)

    assert len(ledger.calls) >= 10


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_two_hundred_kills_lose_no_webhook(tmp_path: Path):
    """The same, until the unlikely has happened several times."""
    start = time.monotonic()
    ledger = kill_between(tmp_path, 200, seed=2)
    tell(ledger, 200, time.monotonic() - start)

    assert len(ledger.calls) >= 200
