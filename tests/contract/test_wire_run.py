"""The synchronous run and the files it leaves, on the wire."""

import asyncio

import httpx
import pytest

from mutoscope.queue.request import State
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.live import free_port

RUN = f"/run/{TEXT_TO_VIDEO}"


async def test_a_run_answers_the_output(server: Served):
    """The output itself, its id and what it costs in seconds."""
    answer = await server.client.post(RUN, json={"prompt": "a red boat", "duration": "10"})

    assert answer.status_code == 200
    assert answer.json()["video"]["content_type"] == "video/mp4"
    assert answer.headers["x-fal-billable-units"] == "10"
    assert len(answer.headers["x-fal-request-id"]) == 36


async def test_pictures_beside_the_clip_are_files_like_it(serve: Serve):
    """With the setting, and only then: a URL, what it serves, and how long it is."""
    async with serve(extra_outputs="poster,contact_sheet") as server:
        output = (await server.client.post(RUN, json={"prompt": "a red boat"})).json()
        served = {name: await server.client.get(output[name]["url"]) for name in ("poster", "contact_sheet")}
    async with serve() as server:
        plain = (await server.client.post(RUN, json={"prompt": "a red boat"})).json()

    for name, answer in served.items():
        assert list(output[name]) == ["url", "content_type", "file_name", "file_size"]
        assert (output[name]["content_type"], output[name]["file_name"]) == ("image/jpeg", f"{name}.jpg")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert len(answer.content) == output[name]["file_size"]
        assert answer.content.startswith(b"\xff\xd8\xff")
    assert set(output) - set(plain) == {"poster", "contact_sheet"}


async def test_a_slip_in_the_endpoint_id_is_answered_with_the_right_one(server: Served):
    """A path near a known one names that; a path near nothing is just not found."""
    slip = await server.client.post("/run/fal-ai/kling-video/v2.5-turbo/pro/text2video", json={"prompt": "x"})
    far = await server.client.post("/run/fal-ai/kling-video/v9/x", json={"prompt": "x"})

    assert slip.status_code == 404
    assert slip.json()["detail"].startswith(f"Path /v2.5-turbo/pro/text2video not found; did you mean {TEXT_TO_VIDEO}")
    assert (far.status_code, far.json()) == (404, {"detail": "Path /v9/x not found"})


async def test_a_run_can_be_looked_up_afterwards(server: Served):
    """It is a request like any other."""
    ran = await server.client.post(RUN, json={"prompt": "a red boat"})
    looked_up = await server.client.get(f"/queue/fal-ai/kling-video/requests/{ran.headers['x-fal-request-id']}")

    assert looked_up.json() == ran.json()


@pytest.mark.parametrize("address", [RUN, f"/gateway/{TEXT_TO_VIDEO}"])
async def test_bad_arguments_are_refused_now(server: Served, address):
    """Neither the run nor the resellers' door stores them."""
    answer = await server.client.post(address, json={"duration": "7"})

    assert answer.status_code == 422
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", "prompt"], ["body", "duration"]]
    assert answer.headers["x-fal-billable-units"] == "0"
    assert answer.headers["x-fal-request-id"]
    assert await server.app.house.store.list(limit=10) == []


async def test_a_start_deadline_holds_for_a_run(serve: Serve):
    """504 of the user, since no runner took it in time."""
    async with serve(runners=0) as server:
        answer = await server.client.post(RUN, json={"prompt": "a"}, headers={"X-Fal-Request-Timeout": "0.2"})

    assert (answer.status_code, answer.json()["error_type"]) == (504, "request_timeout")
    assert answer.headers["x-fal-request-timeout-type"] == "user"


async def test_hanging_up_cancels_the_run(serve: Serve):
    """The engine stops; nobody waits for this video any more."""
    async with serve(null_seconds=60) as server:
        with pytest.raises(httpx.ReadTimeout):
            await server.client.post(RUN, json={"prompt": "a"}, timeout=httpx.Timeout(5, read=1))
        (request,) = await server.app.house.store.list(limit=2)
        async with asyncio.timeout(20):
            await server.client.get(f"/queue/fal-ai/kling-video/requests/{request.id}/status/stream")
        ended = await server.app.house.store.get(request.id)

    assert ended is not None
    assert ended.state is State.CANCELLED


async def hanging_up(server: Served, key: str, *, after: asyncio.Event) -> None:
    """A run under an idempotency key whose caller leaves once `after` is set."""
    run = asyncio.create_task(server.client.post(RUN, json={"prompt": "a"}, headers={"Idempotency-Key": key}))
    await after.wait()
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)


async def waiting(server: Served, count: int) -> str:
    """The id of the one request, once so many runs wait for it."""
    async with asyncio.timeout(10):
        while not (found := list(server.app.house.runs.waiting.items())) or found[0][1] != count:
            await asyncio.sleep(0.01)
    return found[0][0]


async def test_one_of_two_callers_hanging_up_leaves_the_other_its_run(serve: Serve):
    """Two runs under one idempotency key are one request; only the last caller to leave cancels it."""
    async with serve(null_seconds=60) as server, asyncio.TaskGroup() as group:
        first_leaves, second_leaves = asyncio.Event(), asyncio.Event()
        group.create_task(hanging_up(server, "k", after=first_leaves))
        request_id = await waiting(server, 1)
        group.create_task(hanging_up(server, "k", after=second_leaves))
        await waiting(server, 2)

        first_leaves.set()
        assert await waiting(server, 1) == request_id
        kept = await server.app.house.store.get(request_id)
        second_leaves.set()
        async with asyncio.timeout(20):
            await server.client.get(f"/queue/fal-ai/kling-video/requests/{request_id}/status/stream")
        ended = await server.app.house.store.get(request_id)

    assert kept is not None and not kept.cancel_requested
    assert ended is not None and ended.state is State.CANCELLED


async def test_a_run_that_joins_a_queued_request_does_not_cancel_it(serve: Serve):
    """It came by the queue, where nobody has to wait."""
    async with serve(runners=0) as server, asyncio.TaskGroup() as group:
        envelope = await server.submit({"prompt": "a"}, **{"Idempotency-Key": "k"})
        leaves = asyncio.Event()
        leaving = group.create_task(hanging_up(server, "k", after=leaves))
        assert await waiting(server, 1) == envelope["request_id"]
        leaves.set()
        await leaving
        async with asyncio.timeout(10):
            while server.app.house.runs.waiting:
                await asyncio.sleep(0.01)
        kept = await server.app.house.store.get(envelope["request_id"])

    assert kept is not None and kept.state is State.QUEUED


async def test_a_file_serves_players_and_caches(server: Served):
    """HEAD, ranges and validators over a real connection, without a key."""
    video = (await server.client.post(RUN, json={"prompt": "a red boat"})).json()["video"]
    async with httpx.AsyncClient() as player:
        whole = await player.get(video["url"])
        head = await player.head(video["url"])
        part = await player.get(video["url"], headers={"Range": "bytes=4-7"})
        tail = await player.get(video["url"], headers={"Range": "bytes=-4"})
        beyond = await player.get(video["url"], headers={"Range": f"bytes={video['file_size']}-"})
        several = await player.get(video["url"], headers={"Range": "bytes=0-1,4-5"})
        known = await player.get(video["url"], headers={"If-None-Match": whole.headers["etag"]})

    assert int(whole.headers["content-length"]) == len(whole.content) == video["file_size"]
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(video["file_size"]), b"")
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert part.headers["content-range"] == f"bytes 4-7/{video['file_size']}"
    assert tail.content == whole.content[-4:]
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{video['file_size']}")
    assert (several.status_code, several.content) == (200, whole.content)
    assert (known.status_code, known.content) == (304, b"")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert whole.headers["content-disposition"] == f'inline; filename="{video["file_name"]}"'


async def test_a_run_on_a_public_url_hands_out_that_url(serve: Serve):
    """However the caller reached the server."""
    port = free_port()
    async with serve(public_url="https://video.example", port=port) as server:
        answer = await server.client.post(f"http://127.0.0.1:{port}{RUN}", json={"prompt": "a"})

    assert answer.json()["video"]["url"].startswith("https://video.example/files/")
