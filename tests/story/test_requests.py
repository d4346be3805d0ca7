"""What becomes of a request when runners die, callers leave, deadlines pass and the server stops or starts."""

import asyncio
import os
import signal
from typing import Any

import pytest

from mutoscope.runners.local import LocalRunner
from tests.conftest import TEXT_TO_VIDEO, Serve, Served

DEADLINE_S = 20
IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"


async def status_of(server: Served, envelope: dict[str, Any]) -> dict[str, Any]:
    """The status as polling shows it, with logs."""
    answer = await server.client.get(envelope["status_url"], params={"logs": 1})
    status: dict[str, Any] = answer.json()
    return status


async def until(server: Served, envelope: dict[str, Any], wanted: str) -> dict[str, Any]:
    """The first status of this kind."""
    status = await status_of(server, envelope)
    async with asyncio.timeout(DEADLINE_S):
        while status["status"] != wanted:
            await asyncio.sleep(0.01)
            status = await status_of(server, envelope)
    return status


async def result_of(server: Served, envelope: dict[str, Any]) -> tuple[int, Any]:
    """Code and body of the result, once there is one."""
    await until(server, envelope, "COMPLETED")
    answer = await server.client.get(envelope["response_url"])
    return answer.status_code, answer.json()


async def kill_busy_runner(server: Served) -> None:
    """Kill -9 the runner that is at a job."""
    async with asyncio.timeout(DEADLINE_S):
        while not server.app.dispatcher.busy:
            await asyncio.sleep(0.005)
    (runner,) = server.app.dispatcher.runners
    assert isinstance(runner, LocalRunner)
    while runner.pid is None:
        await asyncio.sleep(0.005)
    os.kill(runner.pid, signal.SIGKILL)


async def test_request_survives_the_death_of_its_runner(serve: Serve) -> None:
    """A killed runner costs an attempt, which the logs tell, and not the request."""
    async with serve(null_seconds=0.5) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")

        await kill_busy_runner(server)
        code, body = await result_of(server, envelope)

        assert code == 200, body
        attempts = await server.app.house.store.attempts(envelope["request_id"])
        assert [attempt["outcome"] for attempt in attempts] == ["lost", "ok"]
        assert "SIGKILL" in attempts[0]["detail"]


async def test_poison_request_ends_after_its_last_start(serve: Serve) -> None:
    """A request that kills every runner fails with a clear error, and the next one is served."""
    async with serve(null_seconds=0.5, max_attempts=2) as server:
        envelope = await server.submit()
        for attempt in (1, 2):
            async with asyncio.timeout(DEADLINE_S):
                while (await server.app.house.store.get(envelope["request_id"])).attempt != attempt:  # type: ignore[union-attr]
                    await asyncio.sleep(0.005)
            await kill_busy_runner(server)

        code, body = await result_of(server, envelope)
        assert (code, body["error_type"]) == (503, "runner_disconnected")
        assert "number 2" in body["detail"]
        assert (await result_of(server, await server.submit()))[0] == 200


async def test_request_with_no_retry_is_started_once(serve: Serve) -> None:
    """`X-Fal-No-Retry` turns the second start off."""
    async with serve(null_seconds=0.5) as server:
        envelope = await server.submit(**{"X-Fal-No-Retry": "1"})
        await kill_busy_runner(server)

        assert (await result_of(server, envelope))[0] == 503


async def test_cancelled_running_request_stops_and_frees_the_runner(serve: Serve) -> None:
    """A cancel is answered 202, the outcome is 499, and the next request starts at once."""
    async with serve(null_seconds=30) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")

        answer = await server.client.put(envelope["cancel_url"])
        code, body = await result_of(server, envelope)

        assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
        assert (code, body["error_type"]) == (499, "client_cancelled")
        await until(server, await server.submit(), "IN_PROGRESS")


async def test_cancel_does_not_wait_for_a_slow_picture(serve: Serve) -> None:
    """While an input is being fetched from a server that never answers, a cancel ends the request at once."""
    asked, hung_up = asyncio.Event(), asyncio.Event()

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await reader.read()  # until the other side gives up
        writer.close()
        hung_up.set()

    stranger = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{stranger.sockets[0].getsockname()[1]}/slow.png"
    async with stranger, serve(allow_private_networks=True) as server:
        body = {"prompt": "x", "image_url": url}
        envelope = (await server.client.post(f"/queue/{IMAGE_TO_VIDEO}", json=body)).json()
        async with asyncio.timeout(DEADLINE_S):
            await asked.wait()

            await server.client.put(envelope["cancel_url"])
            code, answer = await result_of(server, envelope)
            await hung_up.wait()

        assert (code, answer["error_type"]) == (499, "client_cancelled")


async def test_cancelled_waiting_request_never_starts(serve: Serve) -> None:
    """A request that waits is removed at once; those behind it move up."""
    async with serve(runners=0) as server:
        first, second = await server.submit(), await server.submit()
        assert second["queue_position"] == 1

        answer = await server.client.put(first["cancel_url"], content=b"null")

        assert (answer.status_code, answer.json()) == (200, {"status": "OK"})
        assert (await status_of(server, first))["error_type"] == "client_cancelled"
        assert (await status_of(server, second))["queue_position"] == 0


async def test_request_that_has_not_started_in_time_ends_as_its_caller_asked(serve: Serve) -> None:
    """The start deadline runs while the request waits; its expiry is a 504 that clients do not repeat."""
    async with serve(runners=0) as server:
        envelope = await server.submit(**{"X-Fal-Request-Timeout": "0.2"})

        await until(server, envelope, "COMPLETED")
        answer = await server.client.get(envelope["response_url"])

        assert (answer.status_code, answer.json()["error_type"]) == (504, "request_timeout")
        assert answer.headers["x-fal-request-timeout-type"] == "user"


async def test_caller_who_hangs_up_on_a_run_cancels_it(serve: Serve) -> None:
    """A synchronous run does not go on for nobody."""
    async with serve(null_seconds=30) as server:
        running = asyncio.create_task(server.client.post(f"/run/{TEXT_TO_VIDEO}", json={"prompt": "x"}))
        async with asyncio.timeout(DEADLINE_S):
            while not (requests := await server.app.house.store.list(limit=1)) or requests[0].started is None:
                await asyncio.sleep(0.01)

        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        async with asyncio.timeout(DEADLINE_S):
            while not (await server.app.house.store.list(limit=1))[0].state.is_terminal:
                await asyncio.sleep(0.01)
        outcome = await server.app.house.store.result(requests[0].id)
        assert outcome is not None and outcome.error_type == "client_disconnected"


async def test_stopped_server_gives_running_work_back(serve: Serve) -> None:
    """After the grace a running request returns to its place, and the next start of the server finishes it."""
    async with serve(null_seconds=30, shutdown_grace_s=0.05) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")
        await server.app.drain()

    async with serve(null_seconds=0) as server:
        path = envelope["response_url"].partition("/queue/")[2]
        moved = {name: f"{server.url}/queue/{path}{tail}" for name, tail in _TAILS.items()}
        code, body = await result_of(server, moved)
        attempts = await server.app.house.store.attempts(envelope["request_id"])

    assert code == 200, body
    assert [attempt["outcome"] for attempt in attempts] == ["released", "ok"]
    assert attempts[1]["attempt"] == 1, "a graceful stop costs no start"


_TAILS = {"status_url": "/status", "response_url": ""}


async def test_stopping_server_lets_running_work_finish(serve: Serve) -> None:
    """Within the grace a stop waits, takes no new request and still answers polls."""
    async with serve(null_seconds=0.5) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")

        draining = asyncio.create_task(server.app.drain())
        await asyncio.sleep(0)
        refused = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "x"})
        await draining

        assert refused.status_code == 503
        assert "retry-after" in refused.headers
        assert (await status_of(server, envelope))["status"] == "COMPLETED"


async def test_accounts_do_not_see_each_other(server: Served) -> None:
    """A request of another account is unknown: for status, result and cancel alike."""
    envelope = await server.submit()
    _, stranger = await server.app.house.keys.create("stranger")
    headers = {"Authorization": f"Key {stranger}"}

    answers = [
        await server.client.get(envelope["status_url"], headers=headers),
        await server.client.get(envelope["status_url"] + "/stream", headers=headers),
        await server.client.get(envelope["response_url"], headers=headers),
        await server.client.put(envelope["cancel_url"], headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert {answer.json()["status"] for answer in answers} == {"NOT_FOUND"}


async def test_key_at_its_limit_does_not_hold_up_others(serve: Serve) -> None:
    """With one request of a key running, the other runner goes to the next key in line."""
    async with serve(runners=2, null_seconds=30, key_concurrency=1) as server:
        _, other = await server.app.house.keys.create("other")
        first, second = await server.submit(), await server.submit()
        third = await server.submit(Authorization=f"Key {other}")

        await until(server, first, "IN_PROGRESS")
        async with asyncio.timeout(DEADLINE_S):
            while server.app.dispatcher.busy < 2:
                await asyncio.sleep(0.01)

        assert (await status_of(server, second))["status"] == "IN_QUEUE"
        record = await server.app.house.store.get(third["request_id"])
        assert record is not None and record.started is not None


async def test_same_idempotency_key_is_one_request(server: Served) -> None:
    """A repeated submit names the first request; the same key with another body is refused."""
    first = await server.submit({"prompt": "one"}, **{"Idempotency-Key": "k"})
    again = await server.submit({"prompt": "one"}, **{"Idempotency-Key": "k"})
    other = await server.client.post(
        f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "two"}, headers={"Idempotency-Key": "k"}
    )

    assert again["request_id"] == first["request_id"]
    assert other.status_code == 422, other.text


async def test_invalid_arguments_are_accepted_and_end_at_once(serve: Serve) -> None:
    """On the queue a 422 is the outcome of the request, without waiting for a runner."""
    async with serve(runners=0) as server:
        envelope = await server.submit({"prompt": 5})

        status = await status_of(server, envelope)
        result = await server.client.get(envelope["response_url"])

        assert (status["status"], status["error_type"]) == ("COMPLETED", "string_type")
        assert result.status_code == 422
        assert result.headers["x-fal-request-id"] == envelope["request_id"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/x.png",
        "http://0x7f000001/x.png",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
async def test_private_and_strange_addresses_are_not_fetched(server: Served, url: str) -> None:
    """An input that points inside is the caller's 422, which names the field."""
    answer = await server.client.post(f"/run/{IMAGE_TO_VIDEO}", json={"prompt": "x", "image_url": url})

    assert answer.status_code == 422, answer.text
    (problem,) = answer.json()["detail"]
    assert (problem["type"], problem["loc"]) == ("file_download_error", ["body", "image_url"])
    assert problem["input"] == url
