"""The sweeper: deadlines are kept whatever else there is to do."""

import asyncio
from pathlib import Path

from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.files.local import LocalFiles
from mutoscope.files.records import FileRecords
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.request import Outcome, State
from mutoscope.queue.store import RequestStore
from mutoscope.settings import load_settings
from mutoscope.sweeper import Sweeper
from mutoscope.telemetry import Metrics
from tests.story.store_process import a_request

DEADLINE_S = 10.0


class SlowFiles(LocalFiles):
    """A store on a medium that takes as long for a delete as the test wants."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.deleting = asyncio.Event()
        self.go_on = asyncio.Event()

    async def delete(self, key: str) -> None:
        """Wait to be let go on, then delete."""
        self.deleting.set()
        await self.go_on.wait()
        await super().delete(key)


async def nothing() -> None:
    """There is nothing to renew and no upload to drop."""


async def test_a_start_deadline_is_kept_while_files_are_deleted(tmp_path: Path):
    """A first retention may have a million files before it; who waits for a start is told in time all the same."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    bus, clock = LocalBus(), ManualClock()
    store = RequestStore(database, bus, clock, boot_id="boot")
    files, settings = SlowFiles(tmp_path / "files"), load_settings({"output_retention_days": 1}, environ={})
    await store.submit(a_request()._replace(webhook_url=None))
    claim = await store.claim("runner", ["null"], 60)
    assert claim is not None
    made = Outcome(state=State.SUCCEEDED, status_code=200, body=b"{}", output_keys=("abc/output.mp4",))
    await store.finish(claim.token, made)
    clock.advance(2 * 86_400)
    records, metrics = FileRecords(database, clock), Metrics()
    sweeper = Sweeper(store, bus, files, records, settings, clock, metrics, renew=nothing, sweep_uploads=nothing)

    sweeping = asyncio.create_task(sweeper.run())
    async with asyncio.timeout(DEADLINE_S):
        await files.deleting.wait()
        late = await store.submit(a_request()._replace(start_timeout_s=5))
        clock.advance(6)
        while (await store.many([late.request_id]))[late.request_id].state is State.QUEUED:
            await asyncio.sleep(0.01)
        assert await store.outputs_over(clock.now()) != []
        files.go_on.set()
        while await store.outputs_over(clock.now()):
            await asyncio.sleep(0.01)

    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    await database.close()
