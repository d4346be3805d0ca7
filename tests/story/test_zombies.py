"""An attempt that was given up and comes back: its request went on without it, and nothing it writes counts."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from mutoscope.attempt import Attempt, Workshop
from mutoscope.clock import ManualClock, SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.files.local import LocalFiles
from mutoscope.files.records import FileRecords
from mutoscope.jobs import JobMaker
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.partials import Partials
from mutoscope.queue.request import Claim, State
from mutoscope.queue.store import RequestStore
from mutoscope.runners.local import LocalRunner, Patience
from mutoscope.settings import load_settings
from mutoscope.sweeper import Sweeper
from mutoscope.telemetry import Metrics
from tests.conftest import Serve, Served
from tests.live import LiveServer, wait_until
from tests.story.store_process import a_request
from tests.story.storm import ENDPOINT, ask
from tests.story.test_requests import DEADLINE_S, result_of, until

LEASE_S = 0.3
PATIENT = Patience(stall_s=60, run_s=60, cancel_grace_s=60)


def workshop_beside(server: Served, scratch: Path) -> Workshop:
    """What a second dispatcher on the store of this server would work with; nobody renews its leases."""
    house = server.app.house
    jobs = JobMaker(
        settings=house.settings,
        catalog=house.catalog,
        outbound=Outbound(allow_private_networks=False),
        own_file=lambda url, reader: asyncio.sleep(0, None),
    )
    return Workshop(
        settings=house.settings,
        store=house.store,
        bus=LocalBus(),
        files=house.files,
        jobs=jobs,
        scratch=scratch,
        partials=Partials(),
        clock=SystemClock(),
        metrics=house.metrics,
    )


@asynccontextmanager
async def null_runner(name: str, **options: Any) -> AsyncIterator[LocalRunner]:
    """A runner process that is up."""
    runner = LocalRunner(name, "null", options, PATIENT)
    await runner.start()
    try:
        yield runner
    finally:
        await runner.close()


async def claim(server: Served, runner: str, lease_s: float) -> Claim:
    """The next request, as soon as there is one."""
    async with asyncio.timeout(DEADLINE_S):
        while (claimed := await server.app.house.store.claim(runner, ["null"], lease_s)) is None:
            await asyncio.sleep(0.01)
    return claimed


async def until_waiting(server: Served, request_id: str) -> None:
    """Until the sweeper has taken the request back."""
    async with asyncio.timeout(DEADLINE_S):
        while (request := await server.app.house.store.get(request_id)) is None or request.state is not State.QUEUED:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("lines", [1, 40], ids=["silent", "chatty"])
async def test_runner_that_wakes_up_after_its_lease_changes_nothing(serve: Serve, tmp_path: Path, lines: int) -> None:
    """The second runner's result is the result; of the first remain an attempt in the history and no file."""
    async with (
        serve(runners=0) as server,
        null_runner("frozen", seconds=0.4, log_lines=lines) as frozen,
        null_runner("second") as second,
    ):
        workshop, store = workshop_beside(server, tmp_path / "scratch"), server.app.house.store
        envelope = await server.submit()
        zombie = Attempt(workshop, frozen, await claim(server, frozen.name, LEASE_S))
        haunting = asyncio.create_task(zombie.carry_out())
        while not await store.logs(envelope["request_id"]):
            await asyncio.sleep(0.01)
        assert frozen.pid is not None

        os.kill(frozen.pid, signal.SIGSTOP)
        await until_waiting(server, envelope["request_id"])
        await Attempt(workshop, second, await claim(server, second.name, 60)).carry_out()
        first_result, first_logs = await result_of(server, envelope), await store.logs(envelope["request_id"])
        os.kill(frozen.pid, signal.SIGCONT)
        async with asyncio.timeout(DEADLINE_S):
            await haunting

        assert first_result[0] == 200
        assert await result_of(server, envelope) == first_result
        assert await store.logs(envelope["request_id"]) == first_logs
        attempts = await store.attempts(envelope["request_id"])
        assert [(attempt["runner_id"], attempt["outcome"]) for attempt in attempts] == [
            ("frozen", "lost"),
            ("second", "ok"),
        ]
        files = [path for path in (server.app.house.settings.data_dir / "files").rglob("*") if path.is_file()]
        assert len(files) == 1 and first_result[1]["video"]["url"].endswith(files[0].parent.name + "/output.mp4")
        assert list((tmp_path / "scratch").iterdir()) == []
        assert await store.check() == []
        await workshop.jobs.outbound.close()


def wait_until_it_says(server: LiveServer, path: str, word: bytes) -> None:
    """Ask until the answer has this word."""
    wait_until(lambda: word in ask(server, "GET", path)[1], what=f"{path} says {word!r}")


def test_server_that_slept_past_its_leases_goes_on_with_its_work(tmp_path: Path) -> None:
    """A machine that sleeps ends no attempt: what ran before runs after, in its first start."""
    settings = {"engine": "null", "null_seconds": 1.0, "runners": 2, "lease_s": LEASE_S, "max_attempts": 1}
    with LiveServer(tmp_path / "data", settings) as server:
        ids = []
        for _ in range(2):
            code, body = ask(server, "POST", ENDPOINT, b'{"prompt": "x"}')
            assert code == 200, body
            ids.append(body.decode().partition('"request_id":"')[2].partition('"')[0])
        status = [f"fal-ai/kling-video/requests/{request_id}/status" for request_id in ids]
        for path in status:
            wait_until_it_says(server, path, b"IN_PROGRESS")

        os.kill(server.pid, signal.SIGSTOP)
        asleep = time.monotonic()
        wait_until(lambda: time.monotonic() > asleep + 2 * LEASE_S)
        os.kill(server.pid, signal.SIGCONT)

        for path in status:
            wait_until_it_says(server, path, b"COMPLETED")
            code, body = ask(server, "GET", path.removesuffix("/status"))
            assert code == 200, body


async def test_lease_that_ended_in_a_sleep_is_renewed_before_it_is_judged(tmp_path: Path) -> None:
    """The sweeper asks for what lives here first: an attempt that is well keeps its request, any other loses it."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    bus, clock = LocalBus(), ManualClock()
    store = RequestStore(database, bus, clock, boot_id="boot")
    for _ in range(2):
        await store.submit(a_request())
    alive, dead = [await store.claim(name, ["null"], 15) for name in ("alive", "dead")]
    assert alive is not None and dead is not None
    files, settings = LocalFiles(tmp_path / "files"), load_settings(environ={})

    async def renew() -> None:
        await store.renew([alive.token], 15)

    clock.advance(3600)

    async def sweep_uploads() -> None:
        """There are none."""

    records = FileRecords(database, clock)
    sweeper = Sweeper(store, bus, files, records, settings, clock, Metrics(), renew=renew, sweep_uploads=sweep_uploads)
    sweeping = asyncio.create_task(sweeper.run())
    async with asyncio.timeout(DEADLINE_S):
        while (await store.many([dead.request_id]))[dead.request_id].state is State.RUNNING:
            await asyncio.sleep(0.01)

    assert (await store.many([alive.request_id]))[alive.request_id].state is State.RUNNING
    sweeping.cancel()
    await asyncio.gather(sweeping, return_exceptions=True)
    await database.close()


async def test_runner_that_is_frozen_counts_as_hung(serve: Serve) -> None:
    """One that says nothing is killed and replaced; its request ends, as the engine's fault, and the next is served."""
    async with serve(null_seconds=0.3, stall_timeout_s=0.5) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")
        (runner,) = server.app.dispatcher.runners
        assert isinstance(runner, LocalRunner) and runner.pid is not None

        os.kill(runner.pid, signal.SIGSTOP)
        code, body = await result_of(server, envelope)

        assert (code, body["detail"][0]["type"]) == (504, "generation_timeout")
        assert (await result_of(server, await server.submit()))[0] == 200
