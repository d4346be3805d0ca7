"""Runners that do not come up, do not stay up, or are not there: the server stays, requests wait, the log says why."""

import asyncio
import dataclasses
import os
import signal
import urllib.request
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from mutoscope.app import Server, serving
from mutoscope.runners.local import LocalRunner
from mutoscope.settings import load_settings
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.live import LiveServer, wait_until
from tests.story.storm import ENDPOINT, ask
from tests.story.test_requests import DEADLINE_S, result_of, status_of, until

TOYS = "tests.story.brittle"


def serving_with(engine: str, data_dir: Path) -> AbstractAsyncContextManager[Server]:
    """A server whose one runner has this engine, which is in no table."""
    table = load_settings({"data_dir": data_dir, "port": 0, "runners": 1, "key": "test-key"}, environ={})
    return serving(dataclasses.replace(table, engine=engine))


def starts(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the log says of starts that came to nothing."""
    return [record.__dict__ for record in caplog.records if record.message == "runner did not start"]


@pytest.mark.parametrize(
    ("engine", "reason"),
    [("Unloadable", "could not be loaded"), ("Nowhere", "could not be loaded"), ("Brief", "died as soon as it was up")],
)
async def test_runner_that_does_not_come_up_is_tried_again_in_peace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, engine: str, reason: str
) -> None:
    """Submits are taken and wait, health says that nothing is warm, the log says why, and nothing spins."""
    async with (
        serving_with(f"{TOYS}:{engine}", tmp_path / "data") as server,
        httpx.AsyncClient(base_url=server.facts.url, headers={"Authorization": "Key test-key"}) as client,
    ):
        async with asyncio.timeout(DEADLINE_S):
            while not starts(caplog):
                await asyncio.sleep(0.01)
        envelope = (await client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "x"})).json()
        ready = await client.get("/health/ready")
        status = await client.get(envelope["status_url"])

        assert (ready.status_code, ready.json()["runners"]) == (200, {"configured": 1, "warm": 0, "busy": 0})
        assert status.json()["status"] == "IN_QUEUE"
        (start,) = starts(caplog)
        assert reason in start["reason"] and start["again_in_s"] >= 1


async def test_server_without_runners_takes_requests_for_later(serve: Serve) -> None:
    """With 0 runners requests wait, in order and across a restart, for a server that has some."""
    async with serve(runners=0) as server:
        envelopes = [await server.submit() for _ in range(3)]
        assert [(await status_of(server, envelope))["queue_position"] for envelope in envelopes] == [0, 1, 2]

    async with serve() as server:
        for envelope in envelopes:
            async with asyncio.timeout(DEADLINE_S):
                while await server.app.house.store.result(envelope["request_id"]) is None:
                    await asyncio.sleep(0.01)


async def runner_of(server: Served, envelope: dict[str, Any], attempt: int) -> LocalRunner:
    """The runner that this attempt of the request, from 1, was given to; waits for its start."""
    async with asyncio.timeout(DEADLINE_S):
        while len(attempts := await server.app.house.store.attempts(envelope["request_id"])) < attempt:
            await asyncio.sleep(0.005)
    runners = {runner.name: runner for runner in server.app.dispatcher.runners}
    runner = runners[attempts[-1]["runner_id"]]
    assert isinstance(runner, LocalRunner)
    return runner


async def test_poison_request_does_not_take_the_other_runners_along(serve: Serve) -> None:
    """Killed on each runner it is given to, it ends after its last start; what runs beside it is not disturbed."""
    async with serve(runners=3, null_seconds=1.0, max_attempts=3) as server:
        healthy = await server.submit()
        await until(server, healthy, "IN_PROGRESS")
        poison = await server.submit()
        for attempt in (1, 2, 3):
            runner = await runner_of(server, poison, attempt)
            assert runner.pid is not None
            os.kill(runner.pid, signal.SIGKILL)

        code, body = await result_of(server, poison)
        assert (code, body["error_type"]) == (503, "runner_disconnected")
        assert (await result_of(server, healthy))[0] == 200
        outcomes = [attempt["outcome"] for attempt in await server.app.house.store.attempts(healthy["request_id"])]
        assert outcomes == ["ok"]
        async with asyncio.timeout(DEADLINE_S):
            while server.app.dispatcher.warm < 3:
                await asyncio.sleep(0.01)


def processes_of(server: int) -> list[int]:
    """Runner processes whose server this is, or was."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == server:
            found.append(int(stat.parent.name))
    return found


def test_second_signal_cuts_the_grace_short(tmp_path: Path) -> None:
    """The first SIGTERM waits for what runs, the second gives it back at once; neither leaves a process."""
    settings = {"engine": "null", "null_seconds": 60, "runners": 1, "shutdown_grace_s": 60}
    with LiveServer(tmp_path / "data", settings) as server:
        assert ask(server, "POST", ENDPOINT, b'{"prompt": "x"}')[0] == 200
        wait_until(lambda: b'"busy":1' in server_facts(server))
        runners = processes_of(server.pid)
        assert runners

        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: "stopping" in server.log_tail())
        assert server.stop(timeout_s=10) == 0

        assert "attempt released" in server.log_tail()
        assert [pid for pid in runners if Path(f"/proc/{pid}").exists()] == []


def server_facts(server: LiveServer) -> bytes:
    """The body of /health/ready."""
    with urllib.request.urlopen(f"{server.url}/health/ready", timeout=5) as answer:
        facts: bytes = answer.read()
    return facts


def test_signal_during_the_start_ends_the_server_in_order(tmp_path: Path) -> None:
    """SIGTERM as soon as the data folder is taken: exit code 0, no traceback, and the folder is free again."""
    server = LiveServer(tmp_path / "data", {"engine": "procedural", "runners": 2})
    server.spawn()
    wait_until((tmp_path / "data" / "mutoscope.db").exists, interval_s=0.001)

    assert server.stop(timeout_s=10) == 0
    assert "Traceback" not in server.log_tail()
    with server:
        assert server.is_ready()


async def test_start_deadline_is_kept_to_the_moment(serve: Serve) -> None:
    """Not before it, not at the next tick of the sweeper, and each request at its own."""
    async with serve(runners=0) as server:
        envelopes = [await server.submit(**{"X-Fal-Request-Timeout": wait}) for wait in ("0.35", "0.15", "0.25")]

        for envelope in envelopes:
            await until(server, envelope, "COMPLETED")
            request = await server.app.house.store.get(envelope["request_id"])
            assert request is not None and request.finished is not None and request.start_deadline is not None
            assert 0 <= request.finished - request.start_deadline < 0.5
