"""
Kill everything, lose nothing: submits, applications, uploads, webhooks, deletions and expiry under `kill -9`.

At the end every acknowledged request must have ended exactly once, with the answer that its client saw first; every
file has a name, every name a file, and the store agrees with itself.
"""

import asyncio
import json
import time
from pathlib import Path

import pytest

from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.files.names import is_recorded
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.store import RequestStore
from tests.live import LiveServer, wait_until
from tests.story.storm import (
    CLIENTS,
    SETTINGS,
    SHORT_S,
    Ledger,
    ask,
    call,
    count_kills_in_attempts,
    open_store,
    wreak,
)
from tests.story.test_crash_points import broken_invariants


def assert_answers_stand(server: LiveServer, ledger: Ledger) -> None:
    """What the clients were told is still so, on a server that was started once more."""
    assert ledger.unexpected == []
    assert ledger.changed == []
    others = [answer for answer in ledger.answers.values() if answer[0] not in (200, 503)]
    assert others == [], f"a result, or a runner lost too often; the server said:\n{server.log_tail(200)}"
    for request_id in ledger.forgotten:
        status, body = ask(server, "GET", f"{ledger.apps[request_id]}/requests/{request_id}")
        assert (status, b"payloads were deleted" in body) == (404, True)
    for url, content in ledger.uploads.items():
        assert call(server, "GET", url) == (200, content), f"upload {url} was acknowledged and is not there"
    for url in ledger.expiring:
        assert call(server, "GET", url)[0] == 404, f"upload {url} is over and still there"


def assert_requests_are_whole(server: LiveServer, ledger: Ledger) -> None:
    """Each ended once, each end that was to be told was told with one body; no row hangs in the air."""
    path = server.data_dir / "mutoscope.db"
    assert broken_invariants(path) == []
    assert asyncio.run(counter_drift(path)) == []
    with open_store(server) as store:
        ended = dict(store.execute("SELECT id, state FROM requests"))
        verdicts = "SELECT request_seq FROM attempts WHERE outcome IN ('ok', 'error') GROUP BY 1 HAVING COUNT(*) > 1"
        assert store.execute(verdicts).fetchall() == []
        to_tell = {key for (key,) in store.execute("SELECT id FROM requests WHERE webhook_url IS NOT NULL")}
        failed = store.execute("SELECT request_seq FROM webhooks WHERE state <> 'delivered'").fetchall()
    assert {ended.get(request_id, "lost") for request_id in ledger.apps} <= {"succeeded", "failed"}
    assert set(ended.values()) <= {"succeeded", "failed"}, "what was stored but not acknowledged has ended too"
    assert failed == []
    assert ledger.webhooks.keys() == to_tell
    assert [key for key, bodies in ledger.webhooks.items() if len(bodies) != 1] == []
    for request_id, (body,) in ledger.webhooks.items():
        is_ok = ended[request_id] == "succeeded"
        assert json.loads(body)["status"] == ("OK" if is_ok else "ERROR")


def assert_files_have_names(server: LiveServer) -> None:
    """Each file is named by a result or a record, each name has its file; nothing half-done lies around."""
    files = server.data_dir / "files"
    stored = {str(path.relative_to(files)) for path in files.rglob("*") if path.is_file()}
    with open_store(server) as store:
        keys = [keys for (keys,) in store.execute("SELECT output_keys FROM requests WHERE output_keys IS NOT NULL")]
        recorded = {key for (key,) in store.execute("SELECT key FROM files")}
    # A file with a record lives as long as that says, whatever its request names.
    named = {key for some in keys for key in some.split() if not is_recorded(key)}
    assert stored - named - recorded == set(), "files that nobody names"
    assert (named | recorded) - stored == set(), "names without a file"
    for folder in ("scratch", "uploads"):
        assert [path for path in (server.data_dir / folder).rglob("*") if path.is_file()] == []


async def counter_drift(path: Path) -> list[str]:
    """Counters that differ from a count."""
    database = await SqliteDatabase.open(path)
    try:
        return await RequestStore(database, LocalBus(), SystemClock(), boot_id="check").check()
    finally:
        await database.close()


def start_once_more(server: LiveServer) -> None:
    """Let the short lives end, then a server sweep what they leave behind."""
    over = time.monotonic() + SHORT_S
    wait_until(lambda: time.monotonic() > over)
    assert server.stop() == 0, server.log_tail()
    server.start()

    def is_swept() -> bool:
        with open_store(server) as store:
            return store.execute("SELECT 1 FROM files WHERE expires < ?", (time.time(),)).fetchone() is None

    wait_until(is_swept, what="files over their time are swept")


def chaos(folder: Path, seconds: float, **pace: float) -> tuple[Ledger, int]:
    """The whole story; the ledger, and how many runner kills hit a running attempt."""
    with LiveServer(folder / "data", SETTINGS) as server:
        ledger = wreak(server, seconds, **pace)
        hits = count_kills_in_attempts(server, ledger.runner_kills)
        start_once_more(server)
        assert_answers_stand(server, ledger)
        assert server.stop() == 0, server.log_tail()
        assert_requests_are_whole(server, ledger)
        assert_files_have_names(server)
    failed = sum(answer[0] != 200 for answer in ledger.answers.values())
    print(
        f"\nchaos: {len(ledger.apps)} acknowledged, 0 lost, {failed} failed by losing their runner too often;"
        f" {len(ledger.webhooks)} webhooks, {len(ledger.uploads)} + {len(ledger.expiring)} uploads,"
        f" {len(ledger.forgotten)} deletions;"
        f" killed {ledger.server_kills} servers and {len(ledger.runner_kills)} runners, {hits} of them in an attempt"
    )
    return ledger, hits


def test_eight_seconds_of_kills_lose_nothing(tmp_path: Path):
    """A short storm: several servers and runners die, every acknowledged request ends once."""
    ledger, hits = chaos(tmp_path, 8, server_every_s=2.0, runner_every_s=0.45)

    assert ledger.server_kills >= 2
    assert len(ledger.runner_kills) >= 6
    assert hits >= 2
    assert len(ledger.apps) > CLIENTS
    assert ledger.webhooks and ledger.uploads and ledger.expiring


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_ninety_seconds_of_kills_lose_nothing(tmp_path: Path):
    """The full storm: at least 25 servers and 110 runners, at least half of the runners in an attempt."""
    ledger, hits = chaos(tmp_path, 90, server_every_s=1.8, runner_every_s=0.4)

    assert ledger.server_kills >= 25
    assert len(ledger.runner_kills) >= 110
    assert hits >= len(ledger.runner_kills) / 2
    assert ledger.forgotten
