"""The process dies before and after every statement of every move, and around each commit: the store stays whole."""

import asyncio
import sqlite3
import subprocess
import sys
from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.history import History
from mutoscope.queue.outbox import Outbox, WebhookState
from mutoscope.queue.request import State
from mutoscope.queue.store import RequestStore
from tests.story.store_process import DONE, whole_life

ROOT = Path(__file__).parents[2]

WHOLE = {
    "a request without its arguments": "SELECT seq FROM requests EXCEPT SELECT request_seq FROM arguments",
    "arguments without their request": "SELECT request_seq FROM arguments EXCEPT SELECT seq FROM requests",
    "an end without exactly one result, unless that was deleted": """SELECT seq FROM requests
        WHERE (finished IS NOT NULL AND payloads_deleted IS NULL)
            <> (SELECT count(*) FROM results WHERE request_seq = seq)""",
    "deleted arguments that are there": """SELECT seq FROM requests JOIN arguments ON request_seq = seq
        WHERE body <> x'' AND (payloads_deleted IS NOT NULL OR keeps_payloads = 0 AND finished IS NOT NULL)""",
    "payloads deleted of what has not ended": """SELECT seq FROM requests
        WHERE payloads_deleted IS NOT NULL AND finished IS NULL""",
    "a result without its request": "SELECT request_seq FROM results EXCEPT SELECT seq FROM requests",
    "a state that contradicts the end": """SELECT seq FROM requests
        WHERE (finished IS NULL) <> (state IN ('queued', 'running'))""",
    "a run without exactly one open attempt": """SELECT seq FROM requests
        WHERE (state = 'running') <> (SELECT count(*) FROM attempts WHERE request_seq = seq AND ended IS NULL)""",
    "a lost or half-written log line": """SELECT seq FROM requests
        WHERE iif(payloads_deleted IS NULL, last_event, 0) <> (SELECT count(*) FROM events WHERE request_seq = seq)""",
    "an end without exactly one webhook, or a webhook without its end": """SELECT seq FROM requests
        WHERE (webhook_url IS NOT NULL AND finished IS NOT NULL)
            <> (SELECT count(*) FROM webhooks WHERE request_seq = seq)""",
    "a webhook without its request": "SELECT request_seq FROM webhooks EXCEPT SELECT seq FROM requests",
    "a delivery without its webhook": "SELECT request_seq FROM deliveries EXCEPT SELECT request_seq FROM webhooks",
    "an attempt without its request": "SELECT request_seq FROM attempts EXCEPT SELECT seq FROM requests",
    "a log line without its request": "SELECT request_seq FROM events EXCEPT SELECT seq FROM requests",
}
"""Invariants, each as a query for what breaks it."""


async def crash_points(path: Path) -> list[str]:
    """Every point that the whole life of the requests passes, in order, once."""
    points: dict[str, None] = {}
    database = SqliteDatabase(path, probe=lambda *point: points.setdefault(":".join(point)))
    store = RequestStore(database, LocalBus(), SystemClock(), boot_id="recorded")
    await whole_life(store, History(database, SystemClock()))
    await database.close()
    return list(points)


async def crash(path: Path, point: str) -> dict[str, list[str]]:
    """Run until the point, die there; what had been answered, by kind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.story.store_process", path, "whole-life", point,
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 9, f"{point} was not reached"
    ledger = defaultdict(list)
    for line in output.decode().splitlines():
        said, _, request_id = line.partition(" ")
        ledger[said].append(request_id)
    return ledger


def broken_invariants(path: Path) -> list[str]:
    """What is wrong with the file, in words."""
    with closing(sqlite3.connect(path)) as connection:
        wrong = [words for words, query in WHOLE.items() if connection.execute(query).fetchall()]
        (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    return wrong + ([] if integrity == "ok" else [integrity])


async def assert_whole(path: Path, ledger: dict[str, list[str]]) -> None:
    """What was answered is stored, nothing is half there, and a next boot brings everything to its one end."""
    assert broken_invariants(path) == []
    database = await SqliteDatabase.open(path)
    store = RequestStore(database, LocalBus(), SystemClock(), boot_id="next")
    outbox = Outbox(database, LocalBus(), SystemClock())
    assert await store.check() == []
    stored = await store.many(ledger["accepted"])
    ended = {request_id for request_id, request in stored.items() if request.state.is_terminal}
    assert {webhook.request_id for webhook in await outbox.list()} >= ended
    assert set(stored) == set(ledger["accepted"])
    for said, state in (("succeeded", State.SUCCEEDED), ("cancelled", State.CANCELLED)):
        for request_id in ledger[said]:
            assert stored[request_id].state is state
    for request_id in ledger["stopping"]:
        assert stored[request_id].cancel_requested
    for request_id in ledger["forgotten"]:
        assert await store.result(request_id) is None
        assert await store.arguments(request_id) == b""
        assert await store.logs(request_id) == []
    for request_id in ledger["logged"]:
        request = await store.get(request_id)
        assert request is not None
        assert request.last_event >= 1

    await store.recover()
    while claim := await store.claim("runner", ["null"], 60):
        assert claim.request_id not in ledger["succeeded"] + ledger["cancelled"] + ledger["stopping"]
        await store.finish(claim.token, DONE)
    assert all(request.state.is_terminal for request in await store.list())
    assert len(await outbox.list(state=WebhookState.PENDING)) == len(await store.list())
    assert await store.check() == []
    await database.close()
    assert broken_invariants(path) == []


@pytest.mark.parametrize("script", ["submit", "claim", "append_logs", "finish", "cancel", "lose", "release", "_forget"])
async def test_a_crash_at_any_point_leaves_the_store_whole(tmp_path: Path, script: str):
    """Acknowledged is stored, each end is there once, and the counters equal a count."""
    points = [point for point in await crash_points(tmp_path / "recorded.db") if point.startswith(f"{script}:")]
    assert {f"{script}:COMMIT:before", f"{script}:COMMIT:after"} < set(points)

    for number, point in enumerate(points):
        path = tmp_path / f"crash-{number}.db"
        ledger = await crash(path, point)
        assert "end" not in ledger
        await assert_whole(path, ledger)


async def test_a_crash_between_commit_and_answer_keeps_the_request(tmp_path: Path):
    """The caller heard nothing, the request is there; with its idempotency key the caller finds it again."""
    path = tmp_path / "mutoscope.db"
    ledger = await crash(path, "submit:COMMIT:after")
    assert ledger["accepted"] == []

    with closing(sqlite3.connect(path)) as connection:
        stored = connection.execute("SELECT idempotency_key, state FROM requests").fetchall()
    assert stored == [("key-0", "queued")]
