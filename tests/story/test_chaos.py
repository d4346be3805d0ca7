"""
Kill everything, lose nothing: clients submit and poll while the server and its runners are taken away by `kill -9`.

The clients keep the ledger. At the end every acknowledged request must have ended exactly once, with the answer that
its client saw first; the store must agree with itself.
"""

import http.client
import json
import os
import random
import re
import signal
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.live import LiveServer, wait_until

ENDPOINT = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
APP = "fal-ai/kling-video"
CLIENTS = 8
RUNNERS = 2
IN_FLIGHT = 3
"""Requests that one client has open: enough that runners never idle, few enough to end soon after the chaos."""
SETTINGS = {
    "engine": "null",
    "null_seconds": 0.35,
    "null_log_lines": 2,
    "runners": RUNNERS,
    "max_attempts": 8,
    "extra_outputs": "poster,contact_sheet",
}


@dataclass(frozen=True, slots=True)
class RunnerKill:
    """A runner that was killed, and when."""

    runner: str
    time_s: float


@dataclass
class Ledger:
    """What the clients were told, and what was killed meanwhile."""

    acknowledged: list[str] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Status and body of the first result that was seen for a request."""
    changed: list[str] = field(default_factory=list)
    """Requests whose result was another one at a later look."""
    server_kills: int = 0
    runner_kills: list[RunnerKill] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def see(self, request_id: str, answer: tuple[int, bytes]) -> None:
        """Note a result; a second look has to show the same."""
        if self.answers.setdefault(request_id, answer) != answer:
            self.changed.append(request_id)


def ask(server: LiveServer, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    """One HTTP exchange over a connection of its own; raises OSError when the server is away."""
    request = urllib.request.Request(f"{server.url}/queue/{path}", body, method=method)
    request.add_header("Authorization", f"Key {server.key}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Client:
    """Submits, polls what it has open, looks twice at every result; a dead server is waited for."""

    def __init__(self, server: LiveServer, ledger: Ledger, seed: int) -> None:
        self._server = server
        self._ledger = ledger
        self._random = random.Random(seed)
        self._open: list[str] = []

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while not stop.wait(0.02):
            try:
                if len(self._open) < IN_FLIGHT:
                    self._submit()
                self._look(self._random.choice(self._open))
                if self._ledger.answers and self._random.random() < 0.1:
                    self._fetch(self._random.choice(list(self._ledger.answers)))
            except (OSError, http.client.HTTPException):  # away, or gone in the middle of an answer
                stop.wait(0.05)

    def _submit(self) -> None:
        status, body = ask(self._server, "POST", ENDPOINT, json.dumps({"prompt": "Through the storm"}).encode())
        if status == 200:
            request_id = json.loads(body)["request_id"]
            self._ledger.acknowledged.append(request_id)
            self._open.append(request_id)
        elif status != 503:
            self._ledger.unexpected.append(f"submit answered {status}: {body!r}")

    def _look(self, request_id: str) -> None:
        status, body = ask(self._server, "GET", f"{APP}/requests/{request_id}/status?logs=1")
        if status == 200:
            self._fetch(request_id)
            self._open.remove(request_id)
        elif status not in (202, 503):
            self._ledger.unexpected.append(f"status of {request_id} answered {status}: {body!r}")

    def _fetch(self, request_id: str) -> None:
        self._ledger.see(request_id, ask(self._server, "GET", f"{APP}/requests/{request_id}"))


class Killer:
    """Takes the server away now and then, and its runners more often, rather while they work."""

    def __init__(self, server: LiveServer, ledger: Ledger, *, server_every_s: float, runner_every_s: float) -> None:
        self._server = server
        self._ledger = ledger
        self._server_every_s = server_every_s
        self._runner_every_s = runner_every_s

    def run(self, seconds: float) -> None:
        """Kill for so long; the server is up at the end."""
        start = time.monotonic()
        next_server, pause = start + self._server_every_s, threading.Event()
        while (now := time.monotonic()) < start + seconds:
            if now >= next_server:
                self._server.kill()
                self._ledger.server_kills += 1
                self._server.start()
                next_server = time.monotonic() + self._server_every_s
            self._kill_a_runner()
            pause.wait(self._runner_every_s)

    def _kill_a_runner(self) -> None:
        pids = self._runner_pids()
        alive = [name for name in pids if is_alive(pids[name])]
        if not alive:
            return
        working = self._working()
        name = next((name for name in alive if name in working), alive[0])
        self._ledger.runner_kills.append(RunnerKill(name, time.time()))
        os.kill(pids[name], signal.SIGKILL)

    def _runner_pids(self) -> dict[str, int]:
        """Newest process of each runner, as the server's log tells it."""
        text = self._server.log_path.read_text("utf-8", "replace")
        return {name: int(pid) for name, pid in re.findall(r"runner ready runner=(\S+) pid=(\d+)", text)}

    def _working(self) -> set[str]:
        with open_store(self._server) as store:
            return {name for (name,) in store.execute("SELECT runner_id FROM requests WHERE state = 'running'")}


def is_alive(pid: int) -> bool:
    """Whether the process runs, and is not merely waiting to be collected."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


@contextmanager
def open_store(server: LiveServer) -> Iterator[sqlite3.Connection]:
    """The server's database, for reading."""
    with closing(sqlite3.connect(f"file:{server.data_dir}/mutoscope.db?mode=ro", uri=True, timeout=5)) as store:
        yield store


def wreak(server: LiveServer, seconds: float, **pace: float) -> Ledger:
    """Let the clients and the killer loose on the server; afterwards wait until everything has ended."""
    ledger, stop = Ledger(), threading.Event()
    clients = [Client(server, ledger, seed) for seed in range(CLIENTS)]
    threads = [threading.Thread(target=client.run, args=(stop,), name="client") for client in clients]
    for thread in threads:
        thread.start()
    try:
        Killer(server, ledger, **pace).run(seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    for request_id in ledger.acknowledged:
        wait_until(lambda: _has_ended(server, request_id), timeout_s=30, what=f"the end of {request_id}")  # noqa: B023
        ledger.see(request_id, ask(server, "GET", f"{APP}/requests/{request_id}"))
    return ledger


def _has_ended(server: LiveServer, request_id: str) -> bool:
    return ask(server, "GET", f"{APP}/requests/{request_id}/status")[0] == 200


def count_kills_in_attempts(server: LiveServer, kills: list[RunnerKill]) -> int:
    """How many kills hit a runner in an attempt: that attempt began before the kill and was lost right after it."""
    with open_store(server) as store:
        lost = store.execute("SELECT runner_id, started, ended FROM attempts WHERE outcome = 'lost'").fetchall()

    def is_hit(kill: RunnerKill) -> bool:
        return any(
            runner == kill.runner and started <= kill.time_s <= ended <= kill.time_s + 2
            for runner, started, ended in lost
        )

    return sum(is_hit(kill) for kill in kills)


def assert_nothing_is_lost(server: LiveServer, ledger: Ledger) -> None:
    """The verdict, by the ledger and by the store itself, once the server has stopped."""
    assert ledger.unexpected == []
    assert ledger.changed == []
    others = [answer for answer in ledger.answers.values() if answer[0] not in (200, 503)]
    assert others == [], f"a result, or a runner lost too often; the server said:\n{server.log_tail(200)}"
    with open_store(server) as store:
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ended = dict(store.execute("SELECT id, state FROM requests"))
        assert {ended.get(request_id, "lost") for request_id in ledger.acknowledged} <= {"succeeded", "failed"}
        assert set(ended.values()) <= {"succeeded", "failed"}, "what was stored but not acknowledged has ended too"
        results = "SELECT r.id FROM requests r LEFT JOIN results s ON s.request_seq = r.seq WHERE s.request_seq IS NULL"
        assert store.execute(results).fetchall() == []
        verdicts = "SELECT request_seq FROM attempts WHERE outcome IN ('ok', 'error') GROUP BY 1 HAVING COUNT(*) > 1"
        assert store.execute(verdicts).fetchall() == []
        assert store.execute("SELECT COUNT(*) FROM attempts WHERE outcome IS NULL").fetchone() == (0,)
        keys = [keys for (keys,) in store.execute("SELECT output_keys FROM requests WHERE output_keys IS NOT NULL")]
    files = server.data_dir / "files"
    stored = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}
    assert stored == {key for some in keys for key in some.split()}, "each file is some result's, and each is there"


def chaos(folder: Path, seconds: float, **pace: float) -> tuple[Ledger, int]:
    """The whole story; the ledger, and how many runner kills hit a running attempt."""
    with LiveServer(folder / "data", SETTINGS) as server:
        ledger = wreak(server, seconds, **pace)
        hits = count_kills_in_attempts(server, ledger.runner_kills)
        assert server.stop() == 0, server.log_tail()
        assert_nothing_is_lost(server, ledger)
    failed = sum(answer[0] != 200 for answer in ledger.answers.values())
    print(
        f"\nchaos: {len(ledger.acknowledged)} acknowledged, 0 lost, {failed} failed by losing their runner too often;"
        f" killed {ledger.server_kills} servers and {len(ledger.runner_kills)} runners, {hits} of them in an attempt"
    )
    return ledger, hits


def test_ten_seconds_of_kills_lose_nothing(tmp_path: Path):
    """A short storm: several servers and runners die, every acknowledged request ends once."""
    ledger, hits = chaos(tmp_path, 10, server_every_s=2.5, runner_every_s=0.45)

    assert ledger.server_kills >= 2
    assert len(ledger.runner_kills) >= 6
    assert hits >= 2
    assert len(ledger.acknowledged) > CLIENTS


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_a_minute_of_kills_loses_nothing(tmp_path: Path):
    """The full storm: at least 20 servers and 80 runners, at least half of the runners in an attempt."""
    ledger, hits = chaos(tmp_path, 60, server_every_s=1.8, runner_every_s=0.4)

    assert ledger.server_kills >= 20
    assert len(ledger.runner_kills) >= 80
    assert hits >= len(ledger.runner_kills) / 2
