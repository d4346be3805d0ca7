"""Start and stop, many times and at any moment: nothing is left open, running or half-done."""

import asyncio
import base64
import gc
import os
import threading
import tracemalloc
from pathlib import Path
from urllib.parse import urlsplit

from mutoscope.queue.request import State
from tests.conftest import Serve, serve_in
from tests.story.test_requests import DEADLINE_S, result_of

ROUNDS = 50
AT_ONCE = 5
STOPS = 8
BACKLOG = 50
PICTURE_BYTES = 16 * 1024 * 1024
IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"


def open_files() -> int:
    """File handles of this process."""
    return len(os.listdir("/proc/self/fd"))


def children() -> set[int]:
    """Processes that this one has started and not buried."""
    tasks = Path("/proc/self/task").iterdir()
    return {int(child) for task in tasks for child in (task / "children").read_text().split()}


def own_threads() -> list[str]:
    """Threads by name, without those of the loop's pool, which are kept for later work."""
    return sorted(thread.name for thread in threading.enumerate() if not thread.name.startswith("asyncio_"))


async def start_and_stop(data_dir: Path, *, busy: bool) -> None:
    """One round; a busy one stops with a request in the hands of its runner, any other perhaps before it has one."""
    async with serve_in(data_dir, null_seconds=60) as server:
        await server.submit()
        async with asyncio.timeout(DEADLINE_S):
            while busy and not server.app.dispatcher.busy:
                await asyncio.sleep(0.005)


async def test_fifty_starts_and_stops_leave_nothing_behind(serve: Serve, tmp_path: Path) -> None:
    """File handles, threads, tasks and child processes are as many as before; some rounds stop with work in hand."""
    async with serve() as server:
        await result_of(server, await server.submit())
    gc.collect()
    before = open_files(), own_threads(), children(), len(asyncio.all_tasks())

    for number in range(ROUNDS // AT_ONCE):
        await asyncio.gather(*(start_and_stop(tmp_path / str(at), busy=number % 3 == at == 1) for at in range(AT_ONCE)))

    gc.collect()
    assert (open_files(), own_threads(), children(), len(asyncio.all_tasks())) == before


async def test_server_that_stops_at_any_moment_loses_and_leaks_nothing(serve: Serve, tmp_path: Path) -> None:
    """Without a grace, in the middle of claims, runs, puts and finishes: each request ends once, each file has one."""
    accepted: list[str] = []
    for _ in range(STOPS):
        async with serve(runners=2, null_seconds=0.02) as server:
            async with asyncio.timeout(DEADLINE_S):
                while server.app.dispatcher.warm < 2:
                    await asyncio.sleep(0.005)
            # More than is done before the runners are stopped, which comes after the sockets are closed.
            envelopes = await asyncio.gather(*(server.submit() for _ in range(BACKLOG)))
            accepted += [envelope["request_id"] for envelope in envelopes]

    async with serve(runners=2) as server:
        store = server.app.house.store
        async with asyncio.timeout(3 * DEADLINE_S):
            while await store.stats():
                await asyncio.sleep(0.01)
        outcomes = [await store.result(request_id) for request_id in accepted]
        attempts = [[attempt["outcome"] for attempt in await store.attempts(request_id)] for request_id in accepted]
        differences = await store.check()

    assert {outcome.state for outcome in outcomes if outcome is not None} == {State.SUCCEEDED}
    assert all(ends[-1] == "ok" and set(ends[:-1]) <= {"released"} for ends in attempts), attempts
    assert any(len(ends) > 1 for ends in attempts), "no stop came while a request was running"
    files = {str(path.relative_to(tmp_path / "data/files")) for path in (tmp_path / "data/files").rglob("*.mp4")}
    assert files == {key for outcome in outcomes if outcome is not None for key in outcome.output_keys}
    assert list((tmp_path / "data/scratch").iterdir()) == []
    assert differences == []


async def test_a_picture_inside_the_arguments_is_held_once_while_its_clip_is_made(serve: Serve) -> None:
    """In the job, for engines that pass it on; the body it came in is megabytes that nobody needs again."""
    picture = b"\x89PNG\r\n\x1a\n" + bytes(PICTURE_BYTES)
    arguments = {"prompt": "a", "image_url": f"data:image/png;base64,{base64.b64encode(picture).decode()}"}
    async with serve(null_seconds=60, null_log_lines=60) as server:
        await server.client.get("/health/live")
        tracemalloc.start()
        try:
            accepted = await server.client.post(f"/queue/{IMAGE_TO_VIDEO}", json=arguments)
            status_path = f"{urlsplit(accepted.json()['status_url']).path}?logs=1"
            del accepted
            async with asyncio.timeout(DEADLINE_S):
                while not (await server.client.get(status_path)).json()["logs"]:
                    await asyncio.sleep(0.02)
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    assert held < 1.5 * len(arguments["image_url"])
