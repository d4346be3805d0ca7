"""When a request will start and end, as its status says."""

import asyncio
import time

from tests.conftest import TEXT_TO_VIDEO, Serve, Served

ARGUMENTS = {"prompt": "a"}


async def metrics(server: Served, envelope: dict[str, str]) -> dict[str, float]:
    """Of a request's status."""
    found: dict[str, float] = (await server.client.get(envelope["status_url"])).json()["metrics"]
    return found


async def test_nothing_is_promised_before_there_is_data(serve: Serve):
    """An empty object, while it waits and while it runs."""
    async with serve(null_seconds=30) as server:
        running, waiting = await server.submit(), await server.submit()
        async with asyncio.timeout(10):
            while (await server.client.get(running["status_url"])).json()["status"] != "IN_PROGRESS":
                await asyncio.sleep(0.01)

        assert await metrics(server, running) == {}
        assert await metrics(server, waiting) == {}


async def test_estimates_come_true(serve: Serve):
    """Ten in line behind a run that took as long as they will: within 30 % for whoever waits over a second."""
    async with serve(null_seconds=0.3) as server:
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS)
        envelopes = [await server.submit() for _ in range(10)]
        assert all(envelope["metrics"] == {} for envelope in envelopes), "an envelope promises nothing"
        store = server.app.house.store
        told = [await metrics(server, envelope) for envelope in envelopes]
        asked = time.time()
        await server.client.get(envelopes[-1]["status_url"] + "/stream")
        came = [await store.get(envelope["request_id"]) for envelope in envelopes]
        done = await metrics(server, envelopes[0])

    ends = [request.finished - asked for request in came if request is not None and request.finished is not None]
    assert set(told[-1]) == {"estimated_start_s", "estimated_finish_s"}
    errors = [abs(one["estimated_finish_s"] - end) / end for one, end in zip(told, ends, strict=True) if end > 1.0]
    assert len(errors) >= 5
    assert max(errors) < 0.3, (told, ends)
    assert set(done) == {"inference_time"}


async def test_a_running_request_counts_down(serve: Serve):
    """Only its end is to come."""
    async with serve(null_seconds=1.0) as server:
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS)
        envelope = await server.submit()
        async with asyncio.timeout(10):
            while "estimated_finish_s" not in (told := await metrics(server, envelope)) or "estimated_start_s" in told:
                await asyncio.sleep(0.01)
        later = await metrics(server, envelope)

    assert set(told) == {"estimated_finish_s"}
    assert 0 <= later["estimated_finish_s"] <= told["estimated_finish_s"] <= 1.5


async def test_a_restarted_server_remembers_how_long_runs_take(serve: Serve):
    """From the requests in its store."""
    async with serve(null_seconds=0.2) as server:
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS)
    async with serve(null_seconds=30) as server:
        running, waiting = await server.submit(), await server.submit()
        told = [await metrics(server, envelope) for envelope in (running, waiting)]

    assert all(0 < one["estimated_finish_s"] < 5 for one in told)


async def test_a_server_that_only_accepts_promises_nothing(serve: Serve):
    """Nobody there will start it."""
    async with serve() as server:
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS)
    async with serve(runners=0) as server:
        assert await metrics(server, await server.submit()) == {}
