"""
The yardstick: the least that deserves the name of a durable queue over HTTP, to hold the project's CPU against.

Standard library only. A submit is answered after its row is on the disk (SQLite, synchronous=FULL, group commit in one
writer thread); a status is one read; with `--jobs` every accepted request also takes two more commits to its end. No
routing, no validation to speak of, no accounts, positions, logs or files: what a real server adds is its price.

usage: python -m bench.yardstick PORT FOLDER [--jobs]
"""

import asyncio
import hashlib
import json
import sqlite3
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

KEY = "bench-key"
KEYS = {hashlib.sha256(KEY.encode()).digest(): "account"}

SCHEMA = """
CREATE TABLE IF NOT EXISTS requests (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, endpoint TEXT NOT NULL, state TEXT NOT NULL,
    arguments BLOB, result BLOB
);
CREATE INDEX IF NOT EXISTS waiting ON requests (seq) WHERE state = 'queued';
"""
INSERT = "INSERT INTO requests (id, endpoint, state, arguments) VALUES (?, ?, 'queued', ?)"
CLAIM = "UPDATE requests SET state = 'running' WHERE id = ? AND state = 'queued'"
FINISH = "UPDATE requests SET state = 'succeeded', result = ? WHERE id = ? AND state = 'running'"
SELECT = "SELECT state FROM requests WHERE id = ?"
WIRE = {"queued": "IN_QUEUE", "running": "IN_PROGRESS", "succeeded": "COMPLETED"}

Done = Callable[[], None]


def connect(path: Path) -> sqlite3.Connection:
    """A connection that syncs every commit."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)
    return connection


class Writer(threading.Thread):
    """One thread, one connection; a commit takes everything that has queued up."""

    def __init__(self, path: Path, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(daemon=True)
        self._connection = connect(path)
        self._loop = loop
        self._waiting: list[tuple[str, tuple[Any, ...], Done]] = []
        self._wake = threading.Condition()

    def write(self, statement: str, values: tuple[Any, ...], done: Done) -> None:
        """Have `done` called on the loop once the statement is on the disk."""
        with self._wake:
            self._waiting.append((statement, values, done))
            self._wake.notify()

    def run(self) -> None:
        while True:
            with self._wake:
                while not self._waiting:
                    self._wake.wait()
                batch, self._waiting = self._waiting, []
            self._connection.execute("BEGIN IMMEDIATE")
            for statement, values, _ in batch:
                self._connection.execute(statement, values)
            self._connection.execute("COMMIT")
            self._loop.call_soon_threadsafe(self._answer, [done for _, _, done in batch])

    @staticmethod
    def _answer(batch: list[Done]) -> None:
        for done in batch:
            done()


class Connection(asyncio.Protocol):
    """One keep-alive connection: requests come one after another, each with its whole head in one read."""

    def __init__(self, writer: Writer, reader: sqlite3.Connection, runs_jobs: bool) -> None:
        self._writer = writer
        self._reader = reader
        self._runs_jobs = runs_jobs
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:])}
            stop = end + 4 + int(headers.get("content-length", 0))
            if len(self._buffer) < stop:
                return
            body, self._buffer = self._buffer[end + 4 : stop], self._buffer[stop:]
            method, path, _ = head[0].split(" ")
            self._serve(method, path, headers, body)

    def _serve(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        secret = headers.get("authorization", "").removeprefix("Key ")
        if hashlib.sha256(secret.encode()).digest() not in KEYS:
            self._send(401, {"detail": "No user found for Key ID and Secret"})
        elif method == "POST":
            self._submit(path, body)
        elif path.endswith("/status"):
            self._status(path.split("/")[-2])
        else:
            self._send(404, {"detail": "Not found"})

    def _submit(self, path: str, body: bytes) -> None:
        try:
            arguments = json.loads(body)
        except ValueError:
            arguments = None
        if not isinstance(arguments, dict) or not isinstance(arguments.get("prompt"), str):
            self._send(422, {"detail": [{"type": "missing", "loc": ["body", "prompt"], "msg": "Field required"}]})
            return
        request_id = str(uuid.uuid4())

        def accepted() -> None:
            self._send(200, self._envelope(request_id, "IN_QUEUE") | {"queue_position": 0})
            if self._runs_jobs:
                self._writer.write(CLAIM, (request_id,), claimed)

        def claimed() -> None:
            result = json.dumps({"video": {"url": f"http://127.0.0.1/files/{request_id}.mp4"}})
            self._writer.write(FINISH, (result.encode(), request_id), lambda: None)

        self._writer.write(INSERT, (request_id, path, body), accepted)

    def _status(self, request_id: str) -> None:
        row = self._reader.execute(SELECT, (request_id,)).fetchone()
        if row is None:
            self._send(404, {"status": "NOT_FOUND"})
            return
        answer = self._envelope(request_id, WIRE[row[0]]) | {"queue_position": 0}
        self._send(200 if row[0] == "succeeded" else 202, answer)

    def _envelope(self, request_id: str, status: str) -> dict[str, Any]:
        base = f"http://127.0.0.1/queue/fal-ai/kling-video/requests/{request_id}"
        return {
            "status": status, "request_id": request_id, "response_url": base, "status_url": base + "/status",
            "cancel_url": base + "/cancel", "logs": None, "metrics": {},
        }  # fmt: skip

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


async def serve(port: int, folder: Path, runs_jobs: bool) -> None:
    """Listen until killed."""
    loop = asyncio.get_running_loop()
    writer = Writer(folder / "yardstick.db", loop)
    writer.start()
    reader = connect(folder / "yardstick.db")
    server = await loop.create_server(lambda: Connection(writer, reader, runs_jobs), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), "--jobs" in sys.argv))
