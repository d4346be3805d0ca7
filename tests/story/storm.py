"""
A storm: clients that ask for everything there is, while the server and its runners are taken away by `kill -9`.

The clients keep the ledger of what they were told. `test_chaos.py` has the verdict.
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
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

from tests.live import LiveServer, wait_until

ENDPOINT = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
APP = "fal-ai/kling-video"
TELLER = "fal-ai/any-llm"
"""An application that is a generator; its file is in the fairground of the contract tests."""
APPLICATION = Path(__file__).parents[1] / "contract" / "fairground" / "teller.toml"
CLIENTS = 8
RUNNERS = 2
IN_FLIGHT = 3
"""Requests that one client has open: enough that runners never idle, few enough to end soon after the chaos."""
SHORT_S = 2
"""Lifetime of what is to expire under way."""
SETTINGS = {
    "engine": "null",
    "null_seconds": 0.35,
    "null_log_lines": 2,
    "runners": RUNNERS,
    "application_runners": 1,
    "applications": APPLICATION,
    "max_attempts": 8,
    "extra_outputs": "poster,contact_sheet",
    "allow_private_networks": 1,
}
WISHES: tuple[Mapping[str, str], ...] = (
    {},
    {},
    {"X-Fal-Store-IO": "0"},
    {"X-Fal-Object-Lifecycle-Preference": json.dumps({"expiration_duration_seconds": SHORT_S})},
    {"X-Fal-Object-Lifecycle-Preference": json.dumps({"initial_acl": {"default": "forbid"}})},
)
"""Headers that a submit may carry."""

Answer = tuple[int, bytes]
"""Status and body."""


@dataclass(frozen=True, slots=True)
class RunnerKill:
    """A runner that was killed, and when."""

    runner: str
    time_s: float


@dataclass
class Ledger:
    """What the clients and the receiver of webhooks were told, and what was killed meanwhile."""

    apps: dict[str, str] = field(default_factory=dict)
    """Application of each acknowledged request."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """The first result that was seen for a request."""
    changed: list[str] = field(default_factory=list)
    """Requests whose result was another one at a later look."""
    forgetting: set[str] = field(default_factory=set)
    """Requests whose payloads were asked to be deleted, heard or not."""
    forgotten: set[str] = field(default_factory=set)
    """Those of which that was acknowledged."""
    uploads: dict[str, bytes] = field(default_factory=dict)
    """Acknowledged uploads that stay: content by URL."""
    expiring: dict[str, bytes] = field(default_factory=dict)
    """Acknowledged uploads of a short life."""
    webhooks: defaultdict[str, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    """Bodies that the receiver was sent, by request."""
    server_kills: int = 0
    runner_kills: list[RunnerKill] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)

    def see(self, request_id: str, answer: Answer) -> None:
        """Note a result; a second look has to show the same, unless it was to be forgotten."""
        if request_id in self.forgetting and answer[0] == 404:
            return
        if self.answers.setdefault(request_id, answer) != answer:
            self.changed.append(f"{request_id}: {self.answers[request_id]!r} became {answer!r}")


def ask(
    server: LiveServer, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One HTTP exchange with the queue over a connection of its own; raises OSError when the server is away."""
    return call(server, method, f"{server.url}/queue/{path}", body, headers)


def call(
    server: LiveServer, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """One HTTP exchange with any URL of the server."""
    request = urllib.request.Request(url, body, headers={"Authorization": f"Key {server.key}"}, method=method)
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


class Client:
    """Submits, polls, uploads, deletes, looks twice at every result; a dead server is waited for."""

    def __init__(self, server: LiveServer, ledger: Ledger, seed: int, webhook_url: str) -> None:
        self._server = server
        self._ledger = ledger
        self._random = random.Random(seed)
        self._webhook_url = webhook_url
        self._open: list[str] = []

    def run(self, stop: threading.Event) -> None:
        """Until told to stop."""
        while not stop.wait(0.02):
            try:
                if len(self._open) < IN_FLIGHT:
                    self._submit()
                self._look(self._random.choice(self._open))
                chance = self._random.random()
                if self._ledger.answers and chance < 0.1:
                    self._fetch(self._random.choice(list(self._ledger.answers)))
                elif self._ledger.answers and chance < 0.13:
                    self._forget(self._random.choice(list(self._ledger.answers)))
                elif chance < 0.2:
                    self._upload()
            except (OSError, http.client.HTTPException):  # away, or gone in the middle of an answer
                stop.wait(0.05)

    def _submit(self) -> None:
        is_teller = self._random.random() < 0.3
        endpoint = TELLER if is_teller else ENDPOINT
        arguments = {"prompt": "Through the storm"} | ({"words": 3, "pause_s": 0.02} if is_teller else {})
        query = f"?fal_webhook={quote(self._webhook_url, safe='')}" if self._random.random() < 0.5 else ""
        wishes = self._random.choice(WISHES)
        status, body = ask(self._server, "POST", endpoint + query, json.dumps(arguments).encode(), wishes)
        if status == 200:
            request_id = json.loads(body)["request_id"]
            self._ledger.apps[request_id] = TELLER if is_teller else APP
            self._open.append(request_id)
        elif status != 503:
            self._ledger.unexpected.append(f"submit answered {status}: {body!r}")

    def _look(self, request_id: str) -> None:
        status, body = ask(self._server, "GET", f"{self._ledger.apps[request_id]}/requests/{request_id}/status?logs=1")
        if status == 200:
            self._fetch(request_id)
            self._open.remove(request_id)
        elif status not in (202, 503):
            self._ledger.unexpected.append(f"status of {request_id} answered {status}: {body!r}")

    def _fetch(self, request_id: str) -> None:
        # Asked before the answer is on its way: another client may begin to forget it meanwhile, never the other way.
        answer = ask(self._server, "GET", f"{self._ledger.apps[request_id]}/requests/{request_id}")
        self._ledger.see(request_id, answer)

    def _forget(self, request_id: str) -> None:
        self._ledger.forgetting.add(request_id)
        url = f"{self._server.url}/v1/models/requests/{request_id}/payloads"
        status, body = call(self._server, "DELETE", url)
        if status == 200:
            self._ledger.forgotten.add(request_id)
        elif status not in (422, 503):  # 422: its webhook is not told yet
            self._ledger.unexpected.append(f"deleting payloads of {request_id} answered {status}: {body!r}")

    def _upload(self) -> None:
        is_short = self._random.random() < 0.4
        wish = {"X-Fal-Object-Lifecycle": json.dumps({"expiration_duration_seconds": SHORT_S})} if is_short else {}
        facts = json.dumps({"file_name": "a.bin", "content_type": "application/octet-stream"}).encode()
        initiate = f"{self._server.url}/rest/storage/upload/initiate"
        status, body = call(self._server, "POST", initiate, facts, {"Content-Type": "application/json", **wish})
        if status == 200:
            urls, content = json.loads(body), self._random.randbytes(self._random.randrange(1, 200_000))
            status, body = call(self._server, "PUT", urls["upload_url"], content)
            if status == 200:
                (self._ledger.expiring if is_short else self._ledger.uploads)[urls["file_url"]] = content
        if status not in (200, 503):
            self._ledger.unexpected.append(f"an upload answered {status}: {body!r}")


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


@contextmanager
def receiver(ledger: Ledger) -> Iterator[str]:
    """A receiver's URL; it takes what it is told, now and then at the second try."""
    chance = random.Random(0)

    class Hooks(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told = ledger.webhooks[json.loads(body)["request_id"]]
            is_first = not told
            told.add(body)
            self.send_response(500 if is_first and chance.random() < 0.1 else 200)
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
        yield f"http://127.0.0.1:{hooks.server_port}/hook"
    finally:
        hooks.shutdown()
        thread.join()
        hooks.server_close()


def wreak(server: LiveServer, seconds: float, **pace: float) -> Ledger:
    """Let the clients and the killer loose on the server; afterwards wait until everything has ended and is told."""
    ledger, stop = Ledger(), threading.Event()
    with receiver(ledger) as webhook_url:
        clients = [Client(server, ledger, seed, webhook_url) for seed in range(CLIENTS)]
        threads = [threading.Thread(target=client.run, args=(stop,), name="client") for client in clients]
        for thread in threads:
            thread.start()
        try:
            Killer(server, ledger, **pace).run(seconds)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        for request_id, app in ledger.apps.items():
            path = f"{app}/requests/{request_id}"
            wait_until(lambda: ask(server, "GET", f"{path}/status")[0] == 200, timeout_s=30, what=f"the end of {path}")  # noqa: B023
            ledger.see(request_id, ask(server, "GET", path))
        wait_until(lambda: _are_webhooks_told(server), timeout_s=60, what="all webhooks told")
    return ledger


def _are_webhooks_told(server: LiveServer) -> bool:
    with open_store(server) as store:
        return store.execute("SELECT 1 FROM webhooks WHERE state = 'pending'").fetchone() is None


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
