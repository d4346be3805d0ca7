"""Files beside the clip share its fate: an attempt that ends without a result leaves none of them."""

import asyncio
import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import av
import pytest
from PIL import Image

from mutoscope.attempt import Attempt
from mutoscope.deposit import Deposit, scratch_name
from mutoscope.errors import StoreFailed, StoreFull
from mutoscope.files.base import FileReader, FileStat, FileStore
from mutoscope.queue.request import Fence
from mutoscope.queue.store import RequestStore
from tests.conftest import Serve, Served
from tests.story.test_requests import DEADLINE_S, IMAGE_TO_VIDEO, result_of
from tests.story.test_zombies import claim, null_runner, until_waiting, workshop_beside

PICTURES = ("poster", "contact_sheet")


class Picky:
    """A file store that does not take every file; the rest of it is the server's own."""

    def __init__(self, real: FileStore, ending: str, trouble: Exception) -> None:
        self._real = real
        self._ending = ending
        self._trouble = trouble
        self.refused = asyncio.Event()

    async def put(self, key: str, source: Path) -> int:
        if key.endswith(self._ending):
            self.refused.set()
            raise self._trouble
        return await self._real.put(key, source)

    async def open(self, key: str) -> FileReader | None:
        return await self._real.open(key)

    async def stat(self, key: str) -> FileStat | None:
        return await self._real.stat(key)

    async def delete(self, key: str) -> None:
        await self._real.delete(key)


class Stuck(Picky):
    """As `Picky`, and its clips cannot be deleted either."""

    async def delete(self, key: str) -> None:
        if key.endswith("output.mp4"):
            raise self._trouble
        await super().delete(key)


class FullStore(RequestStore):
    """The server's own store, with no room for a release."""

    def __init__(self, real: RequestStore) -> None:
        vars(self).update(vars(real))

    async def release(self, token: str) -> Fence:
        raise StoreFull("no room for a release")


def stored(server: Served) -> list[str]:
    """Names of the files in the file store."""
    return sorted(path.name for path in (server.app.house.settings.data_dir / "files").rglob("*") if path.is_file())


async def test_attempt_that_fails_at_a_picture_leaves_no_clip(serve: Serve, tmp_path: Path) -> None:
    """The medium breaks after the clip was stored: the request fails, and the store is as before."""
    async with serve(runners=0) as server, null_runner("one", extra_outputs=PICTURES) as runner:
        picky = Picky(server.app.house.files, "contact_sheet.jpg", StoreFailed("the medium broke"))
        workshop = replace(workshop_beside(server, tmp_path / "scratch"), files=picky)
        envelope = await server.submit()

        await Attempt(workshop, runner, await claim(server, runner.name, 60)).carry_out()

        assert (await result_of(server, envelope))[0] == 500
        assert picky.refused.is_set()
        assert stored(server) == []
        await workshop.jobs.outbound.close()


async def test_cancel_while_a_picture_waits_for_room_leaves_no_clip(serve: Serve, tmp_path: Path) -> None:
    """The clip had found room, its poster waits for some: a cancel ends the wait and takes the clip away."""
    async with serve(runners=0) as server, null_runner("one", extra_outputs=PICTURES) as runner:
        picky = Picky(server.app.house.files, "poster.jpg", StoreFull("no room for a poster"))
        workshop = replace(workshop_beside(server, tmp_path / "scratch"), files=picky)
        envelope = await server.submit()
        attempt = Attempt(workshop, runner, await claim(server, runner.name, 60))
        working = asyncio.create_task(attempt.carry_out())
        await asyncio.wait_for(picky.refused.wait(), DEADLINE_S)
        assert stored(server) == ["output.mp4"]

        await server.client.put(envelope["cancel_url"])
        attempt.stop()
        async with asyncio.timeout(DEADLINE_S):
            await working

        assert (await result_of(server, envelope))[0] == 499
        assert stored(server) == []
        await workshop.jobs.outbound.close()


async def test_server_that_stops_while_a_picture_waits_leaves_no_clip(serve: Serve, tmp_path: Path) -> None:
    """The request goes back into the line, and what its attempt had stored goes away."""
    async with serve(runners=0) as server, null_runner("one", extra_outputs=PICTURES) as runner:
        picky = Picky(server.app.house.files, "poster.jpg", StoreFull("no room for a poster"))
        workshop = replace(workshop_beside(server, tmp_path / "scratch"), files=picky)
        envelope = await server.submit()
        attempt = Attempt(workshop, runner, await claim(server, runner.name, 60))
        working = asyncio.create_task(attempt.carry_out())
        await asyncio.wait_for(picky.refused.wait(), DEADLINE_S)

        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

        await until_waiting(server, envelope["request_id"])
        assert stored(server) == []
        await workshop.jobs.outbound.close()


async def test_server_that_stops_without_room_in_its_store_leaves_no_clip(serve: Serve, tmp_path: Path) -> None:
    """The request cannot even be given back; what its attempt had stored goes away all the same."""
    async with serve(runners=0) as server, null_runner("one", extra_outputs=PICTURES) as runner:
        picky = Picky(server.app.house.files, "poster.jpg", StoreFull("no room for a poster"))
        workshop = replace(
            workshop_beside(server, tmp_path / "scratch"), files=picky, store=FullStore(server.app.house.store)
        )
        await server.submit()
        attempt = Attempt(workshop, runner, await claim(server, runner.name, 60))
        working = asyncio.create_task(attempt.carry_out())
        await asyncio.wait_for(picky.refused.wait(), DEADLINE_S)
        assert stored(server) == ["output.mp4"]

        working.cancel()
        await asyncio.gather(working, return_exceptions=True)

        assert stored(server) == []
        await workshop.jobs.outbound.close()


async def test_fenced_attempt_leaves_none_of_its_files(serve: Serve, tmp_path: Path) -> None:
    """Two attempts make the same request's files; only those that the result names remain."""
    async with (
        serve(runners=0) as server,
        null_runner("slow", seconds=1.0, extra_outputs=PICTURES) as slow,
        null_runner("quick", extra_outputs=PICTURES) as quick,
    ):
        workshop = workshop_beside(server, tmp_path / "scratch")
        envelope = await server.submit()
        late = asyncio.create_task(Attempt(workshop, slow, await claim(server, slow.name, 0.3)).carry_out())
        await until_waiting(server, envelope["request_id"])

        await Attempt(workshop, quick, await claim(server, quick.name, 60)).carry_out()
        async with asyncio.timeout(DEADLINE_S):
            await late

        code, body = await result_of(server, envelope)
        assert code == 200
        assert stored(server) == ["contact_sheet.jpg", "output.mp4", "poster.jpg"]
        assert [(await server.client.get(body[name]["url"])).status_code for name in ("video", *PICTURES)] == [200] * 3
        await workshop.jobs.outbound.close()


async def test_server_killed_before_the_finish_leaves_no_clip(serve: Serve, tmp_path: Path) -> None:
    """The next start takes away what was stored for a result that never came, and keeps what a result names."""
    scratch = tmp_path / "data" / "scratch"
    async with serve(runners=0) as server, null_runner("one") as runner:
        workshop, house = workshop_beside(server, tmp_path / "beside"), server.app.house
        told = await server.submit()
        finishing = await claim(server, runner.name, 60)
        await Attempt(workshop, runner, finishing).carry_out()
        (kept,) = (await house.store.result(told["request_id"])).output_keys  # type: ignore[union-attr]
        named = scratch / scratch_name(finishing.request_id, finishing.attempt)
        named.mkdir()
        (named / f"stored={kept.replace('/', '=')}").touch()  # killed after the finish, before the scratch folder went
        envelope = await server.submit()
        killed = await claim(server, runner.name, 60)
        unnamed = scratch / scratch_name(killed.request_id, killed.attempt)
        unnamed.mkdir()
        deposit = Deposit(house.store, house.files, killed.request_id, unnamed)
        for name in ("output.mp4", "poster.jpg"):
            (unnamed / name).write_bytes(b"made")
            await deposit.put(name, unnamed / name)
        assert stored(server) == ["output.mp4", "output.mp4", "poster.jpg"]
        await workshop.jobs.outbound.close()

    async with serve(runners=0) as server:
        assert stored(server) == ["output.mp4"]
        assert await server.app.house.files.stat(kept) is not None
        assert list(scratch.iterdir()) == []
        await until_waiting(server, envelope["request_id"])


async def test_file_that_cannot_be_deleted_keeps_no_other_and_ends_no_request_twice(
    serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The medium refuses a delete: the poster goes all the same, and the request counts as finished."""
    async with serve(runners=0) as server, null_runner("one", extra_outputs=PICTURES) as runner:
        picky = Stuck(server.app.house.files, "contact_sheet.jpg", StoreFailed("the medium broke"))
        workshop = replace(workshop_beside(server, tmp_path / "scratch"), files=picky)
        envelope = await server.submit()

        with caplog.at_level("INFO", "mutoscope"):
            await Attempt(workshop, runner, await claim(server, runner.name, 60)).carry_out()

        assert (await result_of(server, envelope))[0] == 500
        assert stored(server) == ["output.mp4"]
        assert "request finished" in caplog.messages
        assert "file that no result names not deleted" in caplog.messages
        await workshop.jobs.outbound.close()


async def test_result_of_the_procedural_engine_says_how_it_was_made(serve: Serve) -> None:
    """The manifest beside the seed is the file's own comment; the pictures are of the clip's size or fit a page."""
    content = io.BytesIO()
    Image.effect_noise((300, 300), 40).save(content, "PNG")
    url = "data:image/png;base64," + base64.b64encode(content.getvalue()).decode()
    async with serve(engine="procedural", extra_outputs="poster,contact_sheet", x264_preset="veryfast") as server:
        body = {"prompt": "static shot", "image_url": url, "seed": 8}
        answer = await server.client.post(f"/queue/{IMAGE_TO_VIDEO}", json=body)
        code, output = await result_of(server, answer.json())
        files = {name: (await server.client.get(output[name]["url"])).content for name in ("video", *PICTURES)}

    assert code == 200
    with av.open(io.BytesIO(files["video"])) as container:
        assert json.loads(container.metadata["comment"]) == output["manifest"]
    assert (output["manifest"]["seed"], output["manifest"]["settings"]["preset"]) == (8, "veryfast")
    with Image.open(io.BytesIO(files["poster"])) as poster, Image.open(io.BytesIO(files["contact_sheet"])) as sheet:
        assert poster.size == (output["video"]["width"], output["video"]["height"])
        assert sheet.size == (1280, 856)
