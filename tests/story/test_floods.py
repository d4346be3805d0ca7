"""Too much of a thing: more log lines than are kept, and more than one caller of the same run."""

import asyncio

from mutoscope.limits import EVENTS_PER_REQUEST_MAX
from mutoscope.queue.request import State
from tests.conftest import TEXT_TO_VIDEO, Serve
from tests.story.test_requests import DEADLINE_S, result_of


async def test_engine_that_says_too_much_is_cut_and_its_clip_counts(serve: Serve) -> None:
    """The log of a request ends at its bound and says so; the request succeeds and the server answers meanwhile."""
    async with serve(null_log_lines=EVENTS_PER_REQUEST_MAX + 5_000) as server:
        envelope = await server.submit()

        assert (await result_of(server, envelope))[0] == 200
        logs = await server.app.house.store.logs(envelope["request_id"], limit=2 * EVENTS_PER_REQUEST_MAX)
        assert len(logs) == EVENTS_PER_REQUEST_MAX
        assert [log.n for log in logs] == list(range(1, EVENTS_PER_REQUEST_MAX + 1))


async def test_hang_up_of_a_repetition_does_not_cancel_what_another_call_asked_for(serve: Serve) -> None:
    """A run with the idempotency key of a waiting request joins it; its caller may leave, the request goes on."""
    headers = {"Idempotency-Key": "k"}
    async with serve(null_seconds=0.5) as server:
        envelope = await server.submit({"prompt": "one"}, **headers)
        joined = asyncio.create_task(
            server.client.post(f"/run/{TEXT_TO_VIDEO}", json={"prompt": "one"}, headers=headers)
        )
        watched = server.app.house.service._watchers._watched
        async with asyncio.timeout(DEADLINE_S):
            while envelope["request_id"] not in watched:
                await asyncio.sleep(0.005)

        joined.cancel()
        await asyncio.gather(joined, return_exceptions=True)
        async with asyncio.timeout(DEADLINE_S):
            while watched:
                await asyncio.sleep(0.005)

        code, body = await result_of(server, envelope)
        assert code == 200, body
        request = await server.app.house.store.get(envelope["request_id"])
        assert request is not None and request.state is State.SUCCEEDED and not request.cancel_requested
