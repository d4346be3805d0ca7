"""A database of an earlier version, with requests in it, goes on under this one."""

import shutil
import sqlite3
from collections.abc import Callable
from importlib.resources import as_file, files
from pathlib import Path

from mutoscope.accounts.keys import Keys, Scope
from mutoscope.clock import ManualClock
from mutoscope.database.migrate import migrate
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.history import History, Scan, Span
from mutoscope.queue.outbox import Outbox
from mutoscope.queue.request import NewRequest, Outcome, State, StoredOutput
from mutoscope.queue.store import RequestStore
from tests.story.test_crash_points import broken_invariants

OUTPUT_NAMES = ("output.mp4", "poster.jpg")
BEFORE = """
INSERT INTO requests (seq, id, account_id, endpoint_id, pool, priority, state, public_base, queue_base, is_sync,
  created, max_attempts, attempt, runner_id, boot_id, token, lease_until)
VALUES
  (1, 'made', 'ann', 'e', 'null', 1, 'queued', 'b', 'q', 0, 1.0, 3, 0, NULL, NULL, NULL, NULL),
  (2, 'failed', 'ann', 'e', 'null', 1, 'queued', 'b', 'q', 0, 2.0, 3, 0, NULL, NULL, NULL, NULL),
  (3, 'running', 'ann', 'e', 'null', 1, 'queued', 'b', 'q', 0, 3.0, 3, 0, NULL, NULL, NULL, NULL),
  (4, 'waiting', 'ann', 'e', 'null', 1, 'queued', 'b', 'q', 0, 4.0, 3, 0, NULL, NULL, NULL, NULL);
INSERT INTO arguments (request_seq, body) SELECT seq, X'7b7d' FROM requests;
UPDATE requests
SET state = 'running', attempt = 1, runner_id = 'r', boot_id = 'old', token = seq || '.x', lease_until = 99.0
WHERE seq < 4;
INSERT INTO attempts (request_seq, n, attempt, runner_id, boot_id, started) VALUES
  (1, 1, 1, 'r', 'old', 1.0), (2, 1, 1, 'r', 'old', 2.0), (3, 1, 1, 'r', 'old', 3.0);
UPDATE attempts SET ended = 5.0, outcome = 'ok' WHERE request_seq < 3;
UPDATE requests SET state = 'succeeded', finished = 5.0, status_code = 200, output_key = 'abc/output.mp4' WHERE seq = 1;
UPDATE requests SET state = 'failed', finished = 6.0, status_code = 500 WHERE seq = 2;
INSERT INTO results (request_seq, body) VALUES (1, X'7b7d'), (2, X'7b7d');
"""
"""What the version before had at work: ended with and without a file, running, waiting."""


def written_before(path: Path, folder: Path, version: int) -> None:
    """A database file as the version that knew so many migrations left it."""
    folder.mkdir()
    with as_file(files("mutoscope.database") / "migrations" / "sqlite") as migrations:
        for file in sorted(migrations.glob("*.sql"))[:version]:
            shutil.copy(file, folder)
    connection = sqlite3.connect(path, isolation_level=None)
    assert migrate(connection, folder) == version
    connection.executescript(BEFORE)
    connection.close()


async def test_one_file_of_a_request_becomes_the_first_of_several(tmp_path: Path) -> None:
    """Migration 3: a finished request keeps its file until its time is over, a running one may end with several."""
    path = tmp_path / "mutoscope.db"
    written_before(path, tmp_path / "migrations", 2)

    database = await SqliteDatabase.open(path)
    store = RequestStore(database, LocalBus(), ManualClock(), boot_id="new")
    made, failed = await store.result("made"), await store.result("failed")
    over = await store.outputs_over(100.0)
    recovered = await store.recover()
    claims = [await store.claim("r", ["null"], 60) for _ in range(2)]
    keys = ("def/output.mp4", "def/poster.jpg")
    for claim in claims:
        assert claim is not None
        await store.finish(claim.token, Outcome(state=State.SUCCEEDED, status_code=200, body=b"{}", output_keys=keys))

    assert made is not None and made.output_keys == ("abc/output.mp4",)
    assert failed is not None and failed.output_keys == ()
    assert over == [StoredOutput("made", ("abc/output.mp4",))]
    assert recovered == 1
    assert [claim.request_id for claim in claims if claim is not None] == ["running", "waiting"]
    for request_id in ("running", "waiting"):
        ended = await store.result(request_id)
        assert ended is not None and ended.output_keys == keys
    await store.forget_outputs(["made"])
    assert await store.outputs_over(100.0) == []
    assert await store.purge(100.0) == 2
    assert await store.check() == []
    await database.close()
    assert broken_invariants(path) == []


async def test_requests_from_before_the_platform_are_in_its_history(tmp_path: Path) -> None:
    """Migration 7: without a key and a price; of the keys the oldest that is good becomes the admin."""
    path = tmp_path / "mutoscope.db"
    written_before(path, tmp_path / "migrations", 2)
    connection = sqlite3.connect(path)
    connection.executemany(
        "INSERT INTO keys (id, account_id, name, hash, created, revoked) VALUES (?, ?, ?, ?, ?, ?)",
        [("gone", "a", "", "1", 1.0, 2.0), ("old", "a", "", "2", 2.0, None), ("new", "a", "", "3", 3.0, None)],
    )
    connection.commit()
    connection.close()

    database = await SqliteDatabase.open(path)
    page = await History(database, ManualClock()).page(Scan(account_id="ann", span=Span(0, 100)), limit=9)
    uses = await History(database, ManualClock()).usage(Scan(account_id="ann", span=Span(0, 100)))
    scopes = {record.id: record.scope for record in await Keys(database, ManualClock()).list()}
    await database.close()

    assert [(past.id, past.status_code, past.duration_s) for past in page.items] == [
        ("failed", 500, 0),
        ("made", 200, 0),
    ]
    assert uses == []
    assert scopes == {"gone": Scope.API, "old": Scope.ADMIN, "new": Scope.API}


def id_of(number: int) -> str:
    """Of a request in version_3.sql."""
    return f"0000000{number}-0000-4000-8000-000000000000"


async def test_a_database_that_was_killed_before_the_whole_wire_goes_on(
    tmp_path: Path, a_request: Callable[..., NewRequest], done: Outcome
) -> None:
    """Migrations 4 to 7 on live rows: nothing lost, nothing told that nobody asked for, the line in its order."""
    path, clock = tmp_path / "mutoscope.db", ManualClock(1_800_000_010.0)
    before = sqlite3.connect(path)
    before.executescript((Path(__file__).parent / "version_3.sql").read_text("utf-8"))
    before.close()

    database = await SqliteDatabase.open(path)
    store = RequestStore(database, LocalBus(), clock, boot_id="after")
    first = await store.result(id_of(1))
    repeated = await store.submit(
        a_request(id=id_of(8), idempotency_key="waits", arguments=b'{"prompt":"a boat"}', webhook_url="http://h/")
    )
    recovered = await store.recover()
    positions = [await store.position(id_of(number)) for number in (3, 4, 7, 5)]
    told = await store.submit(a_request(id=id_of(9), webhook_url="http://h/", keeps_payloads=False))
    clock.advance(60)
    expired = await store.expire()
    claims = []
    while claim := await store.claim("r", ["null"], 60):
        claims.append(claim.request_id)
        await store.finish(claim.token, done)

    assert first is not None and first.output_keys == tuple(f"abcdefghijklmnopqrstuv/{n}" for n in OUTPUT_NAMES)
    assert [line.message for line in await store.logs(id_of(1))] == ["half", "done"]
    assert (repeated.request_id, repeated.is_new) == (id_of(4), False)
    assert (recovered, positions) == (1, [0, 1, 2, 3])
    assert told.position == 3
    assert [move.request_id for move in expired] == [id_of(7)]
    assert claims == [id_of(3), id_of(4), told.request_id, id_of(5)]
    assert [webhook.request_id for webhook in await Outbox(database, LocalBus(), clock).list()] == [told.request_id]
    assert len((await History(database, clock).page(Scan(account_id="ann", span=Span(0, 2e9)), limit=99)).items) == 8
    assert [record.scope for record in await Keys(database, clock).list()] == [Scope.ADMIN]
    assert await store.check() == []
    await database.close()
    assert broken_invariants(path) == []
