"""What becomes of calls of own functions when processes die, callers cancel or leave, and results are no results."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from mutoscope.accounts.keys import Caller
from mutoscope.app import App
from mutoscope.errors import CatalogInvalid, ClientDisconnected
from mutoscope.ids import new_request_id
from mutoscope.limits import EVENTS_PER_REQUEST_MAX, PARTIALS_WAITING_BYTES_MAX
from mutoscope.runners.local import LocalRunner
from mutoscope.service import Base, SubmitOptions
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.live import wait_until
from tests.story.test_requests import DEADLINE_S, result_of, status_of, until

CLOCKWORK = "tests.unit.engines.clockwork"


def write(folder: Path, *names: str, module: str = CLOCKWORK) -> Path:
    """An application file with an endpoint for each of these functions; all take a text `sign`."""
    rows = [
        f'[[endpoints]]\npath = "{name}"\nfunction = "{module}:{name}"\n'
        '[endpoints.fields.sign]\ntype = "string"\n[endpoints.fields.text]\ntype = "string"\n'
        for name in names
    ]
    file = folder / "toys.toml"
    file.write_text("\n".join(['app = "acme/toys"', *rows]))
    return file


@asynccontextmanager
async def serving(
    serve: Serve, tmp_path: Path, *names: str, module: str = CLOCKWORK, **settings: Any
) -> AsyncIterator[Served]:
    """A server with these functions."""
    async with serve(applications=str(write(tmp_path, *names, module=module)), **settings) as server:
        yield server


async def submit(server: Served, name: str, **arguments: str) -> dict[str, Any]:
    """Submit a call and return its envelope."""
    answer = await server.client.post(f"/queue/acme/toys/{name}", json=arguments)
    assert answer.status_code == 200, answer.text
    envelope: dict[str, Any] = answer.json()
    return envelope


def function_runner(app: App) -> LocalRunner:
    """The one that calls functions."""
    (runner,) = (each for each in app.dispatcher.runners if each.name.startswith("applications"))
    assert isinstance(runner, LocalRunner)
    return runner


async def kill_function_runner(server: Served) -> None:
    """Kill -9 its process."""
    pid = function_runner(server.app).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def test_killed_generator_is_started_again(serve: Serve, tmp_path: Path) -> None:
    """On the queue a dead process costs an attempt; the next one goes through."""
    async with serving(serve, tmp_path, "count_on") as server:
        envelope = await submit(server, "count_on", sign=str(tmp_path / "sign"))
        for attempt in (1, 2, 3):
            async with asyncio.timeout(DEADLINE_S):
                while len(await server.app.house.store.attempts(envelope["request_id"])) < attempt:
                    await asyncio.sleep(0.005)
            await asyncio.to_thread(wait_until, lambda: function_runner(server.app).pid is not None)
            await kill_function_runner(server)
        code, body = await result_of(server, envelope)

        assert (code, body["error_type"]) == (503, "runner_disconnected")
        outcomes = [each["outcome"] for each in await server.app.house.store.attempts(envelope["request_id"])]
        assert outcomes == ["lost", "lost", "lost"]


async def test_stream_of_a_killed_generator_says_so_and_breaks(serve: Serve, tmp_path: Path) -> None:
    """After what came before; a stream is one attempt."""
    async with serving(serve, tmp_path, "die") as server:
        events: list[str] = []

        async def read() -> None:
            async with server.client.stream("POST", "/run/acme/toys/die/stream", json={}) as answer:
                assert answer.status_code == 200
                async for line in answer.aiter_lines():
                    events.extend([line] if line else [])

        reading = asyncio.create_task(read())
        async with asyncio.timeout(DEADLINE_S):
            while not events:
                await asyncio.sleep(0.01)
        await kill_function_runner(server)
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            await reading

        assert events[:2] == ['data: {"last":"words"}', "event: error"]
        assert orjson.loads(events[2].removeprefix("data: "))["error_type"] == "runner_disconnected"


async def test_cancel_stops_a_generator_between_two_yields(serve: Serve, tmp_path: Path) -> None:
    """It gets to tidy up, and its process stays for the next call."""
    async with serving(serve, tmp_path, "count_on", "chat") as server:
        envelope = await submit(server, "count_on", sign=str(tmp_path / "sign"))
        await until(server, envelope, "IN_PROGRESS")
        pid = function_runner(server.app).pid

        answer = await server.client.put(envelope["cancel_url"])
        code, body = await result_of(server, envelope)

        assert (answer.status_code, code, body["error_type"]) == (202, 499, "client_cancelled")
        assert (await result_of(server, await submit(server, "chat")))[0] == 200
        assert function_runner(server.app).pid == pid
        started = [line["message"] for line in (await status_of(server, envelope))["logs"]]
        assert (tmp_path / "sign").exists() or not started, "it may have been cancelled before its first step"


async def test_cancel_kills_a_function_that_looks_for_nothing(serve: Serve, tmp_path: Path) -> None:
    """After the grace; the next call gets a new process."""
    async with serving(serve, tmp_path, "sleep", "chat", cancel_grace_s=0.2) as server:
        envelope = await submit(server, "sleep")
        await until(server, envelope, "IN_PROGRESS")

        await server.client.put(envelope["cancel_url"])

        assert (await result_of(server, envelope))[0] == 499
        assert (await result_of(server, await submit(server, "chat")))[0] == 200


async def test_logs_units_and_errors_reach_the_caller(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What is printed, what is billed, a refusal, and a failure whose traceback stays in the server's log."""
    async with serving(serve, tmp_path, "chat", "refuse", "fail", "outside") as server:
        envelope = await submit(server, "chat")
        await result_of(server, envelope)
        result = await server.client.get(envelope["response_url"])
        logs = (await status_of(server, envelope))["logs"]
        refused = await result_of(server, await submit(server, "refuse", text="ab"))
        failed = await result_of(server, await submit(server, "fail"))
        outside = await result_of(server, await submit(server, "outside"))

    assert result.headers["x-fal-billable-units"] == "2.5"
    said = [(line["level"], line["message"]) for line in logs]
    assert ("STDOUT", "two three") in said and ("WARN", "five") in said and ("INFO", "done: 100 %") in said
    assert (refused[0], refused[1]["detail"][0]["loc"], refused[1]["detail"][0]["input"]) == (
        422,
        ["body", "text"],
        "ab",
    )
    assert (failed[0], failed[1]["error_type"]) == (500, "runner_server_error")
    assert "fail failed: ZeroDivisionError: no;" in failed[1]["detail"]
    assert "no file in context.scratch" in outside[1]["detail"]
    tracebacks = [record.traceback for record in caplog.records if hasattr(record, "traceback")]
    assert any("second line" in each for each in tracebacks)
    assert CLOCKWORK not in sys.modules, "the server itself has imported nothing"


async def test_megabytes_of_print_do_no_harm(serve: Serve, tmp_path: Path) -> None:
    """The request ends well, with as many lines as are kept."""
    async with serving(serve, tmp_path, "shout") as server:
        envelope = await submit(server, "shout")

        assert await result_of(server, envelope) == (200, {"done": True})
        logs = (await status_of(server, envelope))["logs"]
        assert len(logs) <= EVENTS_PER_REQUEST_MAX + 1


async def test_module_that_cannot_be_imported_fails_its_requests(serve: Serve, tmp_path: Path) -> None:
    """With its name and the reason; the server starts, the runner stays up."""
    (tmp_path / "unsound.py").write_text("import a_module_that_nobody_has")
    async with serving(serve, tmp_path, "anything", module="unsound") as server:
        code, body = await result_of(server, await submit(server, "anything"))

        assert (code, body["error_type"]) == (500, "runner_server_error")
        assert "module unsound cannot be imported: ModuleNotFoundError: No module named 'a_module" in body["detail"]
        assert function_runner(server.app).is_up


async def test_wrong_file_ends_the_start(serve: Serve, tmp_path: Path) -> None:
    """Before anything listens."""
    file = tmp_path / "toys.toml"
    file.write_text('app = "acme/toys"\ncolour = "red"')

    with pytest.raises(CatalogInvalid, match=r"toys\.toml: "):
        async with serve(applications=str(file)):
            pass


async def test_functions_have_a_line_and_runners_of_their_own(serve: Serve, tmp_path: Path) -> None:
    """A function that takes its time keeps no video waiting, and the other way round."""
    async with serving(serve, tmp_path, "sleep", "chat", null_seconds=30, application_runners=2) as server:
        video, nap = await server.submit(), await submit(server, "sleep")
        for envelope in (video, nap):
            await until(server, envelope, "IN_PROGRESS")

        assert (await result_of(server, await submit(server, "chat")))[0] == 200
        assert (await status_of(server, await server.submit()))["queue_position"] == 0
        ready = (await server.client.get("/health/ready")).json()
        assert ready["runners"]["configured"] == 3
        for envelope in (video, nap):
            await server.client.put(envelope["cancel_url"])


async def test_no_process_is_started_for_nothing(serve: Serve, tmp_path: Path) -> None:
    """Neither without an application, nor with 0 runners for them; then calls wait."""
    async with serve() as server:
        assert [runner.name for runner in server.app.dispatcher.runners] == ["local-1"]
    async with serving(serve, tmp_path, "chat", application_runners=0) as server:
        envelope = await submit(server, "chat")

        assert [runner.name for runner in server.app.dispatcher.runners] == ["local-1"]
        assert (await status_of(server, envelope))["queue_position"] == 0
    async with serving(serve, tmp_path, "chat") as server, asyncio.timeout(DEADLINE_S):
        while await server.app.house.store.result(envelope["request_id"]) is None:
            await asyncio.sleep(0.01)


async def test_endpoint_without_a_path_is_followed_like_any_other(serve: Serve, tmp_path: Path) -> None:
    """Its id is the app's."""
    file = tmp_path / "toys.toml"
    file.write_text(f'app = "acme/toys"\n[[endpoints]]\nfunction = "{CLOCKWORK}:chat"')
    async with serve(applications=str(file)) as server:
        envelope = (await server.client.post("/queue/acme/toys", json={})).json()

        assert envelope["status_url"].endswith(f"/acme/toys/requests/{envelope['request_id']}/status")
        assert await result_of(server, envelope) == (200, {})
        gateway = await server.client.post("/gateway/acme/toys", json={})
        assert gateway.json()["status"] == "IN_QUEUE"
        unknown = await server.client.post("/queue/acme/toys/none", json={})
        assert (unknown.status_code, unknown.json()["detail"]) == (404, "Path /none not found")


async def test_stream_that_fails_at_once_is_an_ordinary_error(serve: Serve, tmp_path: Path) -> None:
    """A wrong argument, a failure before the first event, a wrong key and an unknown endpoint, all in JSON."""
    async with serving(serve, tmp_path, "fail", "refuse") as server:
        stream = "/run/acme/toys/{}/stream"
        answers = [
            await server.client.post(stream.format("refuse"), json={"text": 5}),
            await server.client.post(stream.format("refuse"), json={"text": "a"}),
            await server.client.post(stream.format("fail"), json={}),
            await server.client.post(stream.format("fail"), json={}, headers={"Authorization": "Key none"}),
            await server.client.post(stream.format("none"), json={}),
            await server.client.post(f"/run/{TEXT_TO_VIDEO}/stream", json={"prompt": "x"}),
        ]

        assert [answer.status_code for answer in answers] == [422, 422, 500, 401, 404, 404]
        assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
        assert all(answer.headers["x-fal-request-id"] for answer in answers)


async def test_reader_that_falls_behind_is_given_up(serve: Serve) -> None:
    """Partial results that nobody takes are not collected for ever; its request is cancelled."""
    async with serve(null_seconds=60) as server:
        house, request_id = server.app.house, new_request_id()
        caller = house.keys.authenticate(server.key)
        assert isinstance(caller, Caller)
        options = SubmitOptions(base=Base(server.url, server.url))
        body = orjson.dumps({"prompt": "x"})
        stream = house.runs.stream(caller, TEXT_TO_VIDEO, body, options, request_id)
        first = asyncio.create_task(anext(stream))
        async with asyncio.timeout(DEADLINE_S):
            while not server.app.dispatcher.busy:
                await asyncio.sleep(0.01)

        large = {"text": "x" * (PARTIALS_WAITING_BYTES_MAX // 4)}
        for _ in range(4):
            house.runs._partials.publish(request_id, large)
        assert isinstance(await first, bytes)
        with pytest.raises(ClientDisconnected, match="PARTIALS_WAITING_BYTES_MAX"):
            async for _ in stream:
                pass

        request = await house.store.get(request_id)
        assert request is not None and (request.cancel_requested or request.state.is_terminal)
