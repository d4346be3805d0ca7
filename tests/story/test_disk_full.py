"""A disk that fills up under a server, part by part: submits are refused, work in hand waits, and room heals it."""

import asyncio
import base64
import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import TEXT_TO_VIDEO, Serve, Served, serve_in
from tests.story.test_requests import DEADLINE_S, kill_busy_runner, result_of, status_of, until

IMAGE_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
PICTURE = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(100_000)).decode()
"""Nothing opens it: the server looks at the first bytes, and the null engine at none."""


class Disk:
    """A small disk that can be filled to the last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave no room, not even in the last page of the filler."""
        handle = os.open(self._filler, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            for size in (1 << 20, 1 << 12, 1):
                self._write_all(handle, bytes(size))
        finally:
            os.close(handle)

    def free(self) -> None:
        """Take the filler away."""
        self._filler.unlink()

    def _write_all(self, handle: int, piece: bytes) -> None:
        try:
            while True:
                os.write(handle, piece)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("needs root and the right to mount a small tmpfs")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


async def until_logged(caplog: pytest.LogCaptureFixture, words: str) -> None:
    """Until the server's log has a record of this message."""
    async with asyncio.timeout(DEADLINE_S):
        while words not in (record.message for record in caplog.records):
            await asyncio.sleep(0.01)


async def outcomes(server: Served, envelope: dict[str, Any]) -> list[str]:
    """How the request's attempts ended."""
    return [attempt["outcome"] for attempt in await server.app.house.store.attempts(envelope["request_id"])]


async def test_full_disk_refuses_submits_and_answers_everything_else(disk: Disk) -> None:
    """A submit is a 503 that says when to come back, a poll is answered as ever, and room heals it all."""
    async with serve_in(disk.folder / "data", runners=0) as server:
        envelope = await server.submit()

        disk.fill()
        refused = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "x"})
        cancelled = await server.client.put(envelope["cancel_url"])
        polled = await status_of(server, envelope)
        ready = await server.client.get("/health/ready")
        disk.free()
        accepted = await server.submit()

        assert (refused.status_code, cancelled.status_code) == (503, 503)
        assert "retry-after" in refused.headers and "room" in refused.text
        assert (polled["status"], ready.status_code) == ("IN_QUEUE", 200)
        assert accepted["queue_position"] == 1
        assert await server.app.house.store.check() == []


async def test_finished_work_waits_for_room_past_its_lease(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    """No lease can be renewed on a full disk; that does not cost the attempt that waits with its clip."""
    async with serve_in(disk.folder / "data", null_seconds=0.5, lease_s=0.3, max_attempts=1) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")

        disk.fill()
        await until_logged(caplog, "waiting for room")
        await until_logged(caplog, "leases not renewed")
        await until_logged(caplog, "sweep put off")
        disk.free()

        assert (await result_of(server, envelope))[0] == 200
        assert await outcomes(server, envelope) == ["ok"]


@pytest.mark.parametrize(("part", "endpoint"), [("scratch", TEXT_TO_VIDEO), ("scratch", IMAGE_TO_VIDEO), ("files", "")])
async def test_every_step_of_an_attempt_waits_for_room(
    disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture, part: str, endpoint: str
) -> None:
    """The engine's clip, the picture it is made from, its place in the file store: none fails for want of room."""
    small, large = disk.folder / "data", tmp_path / "data"
    if part == "scratch":
        serving = serve_in(small, database_url=f"sqlite:///{tmp_path}/elsewhere.db")
    else:
        serving = serve_in(large, files_url=f"file:///{disk.folder}/files")
    async with serving as server:
        arguments = {"prompt": "x"} | ({"image_url": PICTURE} if endpoint == IMAGE_TO_VIDEO else {})
        disk.fill()
        answer = await server.client.post(f"/queue/{endpoint or TEXT_TO_VIDEO}", json=arguments)
        await until_logged(caplog, "waiting for room")
        disk.free()

        assert (await result_of(server, answer.json()))[0] == 200
        assert await outcomes(server, answer.json()) == ["ok"]


async def test_request_that_waits_for_room_can_be_cancelled(
    serve: Serve, disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the disk of the files is full, a cancel ends the wait and leaves no file."""
    async with serve(files_url=f"file:///{disk.folder}/files") as server:
        disk.fill()
        envelope = await server.submit()
        await until_logged(caplog, "waiting for room")

        await server.client.put(envelope["cancel_url"])

        assert (await result_of(server, envelope))[0] == 499
        disk.free()
        assert [path for path in (disk.folder / "files").rglob("*") if path.is_file()] == []


async def test_death_of_a_runner_on_a_full_disk_is_written_once_there_is_room(
    disk: Disk, caplog: pytest.LogCaptureFixture
) -> None:
    """The loss waits for its commit, and the request for its second start."""
    async with serve_in(disk.folder / "data", null_seconds=0.3) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")

        disk.fill()
        await kill_busy_runner(server)
        await until_logged(caplog, "waiting for room")
        disk.free()

        assert (await result_of(server, envelope))[0] == 200
        assert await outcomes(server, envelope) == ["lost", "ok"]


async def test_server_on_a_full_disk_stops_in_peace(disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be given back now is taken back at the next start."""
    data_dir = disk.folder / "data"
    async with serve_in(data_dir, null_seconds=60) as server:
        envelope = await server.submit()
        await until(server, envelope, "IN_PROGRESS")
        disk.fill()
    await until_logged(caplog, "attempt not released")
    disk.free()

    async with serve_in(data_dir) as server:
        async with asyncio.timeout(DEADLINE_S):
            while (answer := await server.app.house.store.result(envelope["request_id"])) is None:
                await asyncio.sleep(0.01)
        assert answer.status_code == 200
        assert await outcomes(server, envelope) == ["lost", "ok"]
