"""Uploads through what happens to servers: kill -9, a full disk, retention and the sweeper."""

import asyncio
import json
import socket
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from bench import uploads
from tests.conftest import Serve, Served, serve_in
from tests.live import LiveServer, wait_until
from tests.story.test_disk_full import Disk, disk  # noqa: F401 - a fixture
from tests.story.test_requests import DEADLINE_S, result_of
from tests.story.test_retention import until_no_files

AN_INSTANT_DAYS = 1e-9
INITIATE = "/rest/storage/upload/initiate"
BODY = {"file_name": "a.png", "content_type": "image/png"}


def call(server: LiveServer, method: str, url: str, body: bytes | None = None) -> tuple[int, bytes]:
    """Status and body of an answer."""
    headers = {"Authorization": f"Key {server.key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def initiate(server: LiveServer, way: str = "") -> dict[str, str]:
    """The two URLs of a new upload."""
    status, body = call(server, "POST", f"{server.url}{INITIATE}{way}", json.dumps(BODY).encode())
    assert status == 200, body
    urls: dict[str, str] = json.loads(body)
    return urls


def begin_to_put(url: str, announced: int, content: bytes) -> socket.socket:
    """A connection that has sent the beginning of a body."""
    parts = urlsplit(url)
    connection = socket.create_connection((parts.hostname, parts.port))
    head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {announced}\r\n\r\n"
    connection.sendall(head.encode() + content)
    return connection


def files_in(folder: Path) -> list[str]:
    """Names of all files below a folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_kill_in_the_middle_of_an_upload_leaves_nothing(tmp_path: Path) -> None:
    """After the restart there is no file and no half of one; the same URL still takes the file."""
    with LiveServer(tmp_path / "data", {"engine": "null", "runners": 0}) as server:
        urls = initiate(server)
        with begin_to_put(urls["upload_url"], 4_000_000, b"x" * 2_000_000):
            incoming = server.data_dir / "uploads"
            wait_until(lambda: any(path.stat().st_size > 1_000_000 for path in incoming.rglob("whole-*")))
            server.kill()
        before = files_in(incoming)
        server.sweep()
        server.start()

        assert before and files_in(incoming) == files_in(server.data_dir / "files") == []
        assert call(server, "GET", urls["file_url"])[0] == 404
        assert call(server, "PUT", urls["upload_url"], b"whole")[0] == 200
        assert call(server, "GET", urls["file_url"]) == (200, b"whole")


def test_kill_between_parts_keeps_those_that_were_answered(tmp_path: Path) -> None:
    """One part was answered, another was half there; the upload goes on where it was."""
    with LiveServer(tmp_path / "data", {"engine": "null", "runners": 0}) as server:
        urls = initiate(server, "-multipart")
        path, _, query = urls["upload_url"].partition("?")
        first = json.loads(call(server, "PUT", f"{path}/1?{query}", b"one ")[1])
        incoming = server.data_dir / "uploads"
        with begin_to_put(f"{path}/2?{query}", 4_000_000, b"x" * 2_000_000):
            wait_until(lambda: any(path.stat().st_size > 1_000_000 for path in incoming.rglob("whole-*")))
            server.kill()
        server.sweep()
        server.start()

        second = json.loads(call(server, "PUT", f"{path}/2?{query}", b"two")[1])
        named = json.dumps({"parts": [second, first]}).encode()
        assert call(server, "POST", f"{path}/complete?{query}", named)[0] == 200
        assert call(server, "GET", urls["file_url"]) == (200, b"one two")
        assert files_in(incoming) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak of memory from /proc")
def test_memory_does_not_follow_the_size_of_a_file(tmp_path: Path) -> None:
    """A hundred megabytes come in pieces, and no faster than the disk takes them."""
    with LiveServer(tmp_path / "data", {"engine": "null", "runners": 0}) as server:
        assert uploads.growth_mb(server, 1) <= uploads.GROWTH_MB_MAX


async def put(server: Served, content: bytes, way: str = "", **headers: str) -> tuple[int, str]:
    """Upload in one go; the status and where it is read."""
    urls = (await server.client.post(INITIATE + way, json=BODY, headers=headers)).json()
    answer = await server.client.put(urls["upload_url"], content=content)
    return answer.status_code, urls["file_url"]


async def test_full_disk_refuses_an_upload_and_leaves_nothing(disk: Disk) -> None:  # noqa: F811
    """503 with when to come back, whether the disk was full before or became so; room heals it."""
    async with serve_in(disk.folder / "data", runners=0) as server:
        urls = (await server.client.post(INITIATE, json=BODY)).json()
        too_large = await server.client.put(urls["upload_url"], content=b"x" * 5_000_000)
        left = files_in(disk.folder / "data/uploads") + files_in(disk.folder / "data/files")
        disk.fill()
        full = await server.client.put(urls["upload_url"], content=b"x" * 100_000)
        disk.free()
        healed = await server.client.put(urls["upload_url"], content=b"x" * 100_000)

    assert [answer.status_code for answer in (too_large, full, healed)] == [503, 503, 200]
    assert "retry-after" in full.headers and "room" in full.text
    assert left == []


async def test_joining_that_finds_no_room_keeps_the_parts(disk: Disk) -> None:  # noqa: F811
    """The parts and the whole do not fit together; with room the same call goes through."""
    async with serve_in(disk.folder / "data", runners=0) as server:
        urls = (await server.client.post(f"{INITIATE}-multipart", json=BODY)).json()
        path, _, query = urls["upload_url"].partition("?")
        parts = [(await server.client.put(f"{path}/{n}?{query}", content=b"x" * 500_000)).json() for n in (1, 2)]
        disk.fill()
        refused = await server.client.post(f"{path}/complete?{query}", json={"parts": parts})
        left = [name for name in files_in(disk.folder / "data/uploads") if name.startswith("whole")]
        disk.free()
        done = await server.client.post(f"{path}/complete?{query}", json={"parts": parts})
        read = await server.client.get(urls["file_url"])

    assert (refused.status_code, left, done.status_code) == (503, [], 200)
    assert read.content == b"x" * 1_000_000


async def test_uploads_over_their_time_go_with_their_records(serve: Serve) -> None:
    """First the file, then the row; one that named a later end stays."""
    long = {"X-Fal-Object-Lifecycle": json.dumps({"expiration_duration_seconds": 10_000})}
    async with serve(runners=0, upload_retention_days=AN_INSTANT_DAYS) as server:
        _, short_url = await put(server, b"short")
        _, long_url = await put(server, b"long", **long)
        gone = (await server.client.get(short_url)).status_code

    async with serve(runners=0) as server:
        records = server.app.house.records
        short_key, long_key = (urlsplit(url).path.removeprefix("/files/") for url in (short_url, long_url))
        async with asyncio.timeout(DEADLINE_S):
            while await records.find(short_key) is not None:
                await asyncio.sleep(0.01)
        stays = await server.client.get(f"/files/{long_key}")
        kept = files_in(server.app.house.settings.data_dir / "files")

    assert (gone, stays.content, kept) == (404, b"long", ["a.png"])


@pytest.mark.parametrize(("seconds", "status"), [(0.001, 404), (10_000, 200)])
async def test_outputs_with_a_lifecycle_outlive_or_precede_the_others(
    serve: Serve, seconds: float, status: int
) -> None:
    """Their own end counts, also where the settings say that all outputs are over."""
    header = {"X-Fal-Object-Lifecycle-Preference": json.dumps({"expiration_duration_seconds": seconds})}
    async with serve() as server:
        _, body = await result_of(server, await server.submit(None, **header))
        _, plain = await result_of(server, await server.submit())
    paths = [urlsplit(answer["video"]["url"]).path for answer in (body, plain)]

    async with serve(output_retention_days=AN_INSTANT_DAYS, runners=0) as server:
        async with asyncio.timeout(DEADLINE_S):
            while (await server.client.get(paths[1])).status_code == 200:
                await asyncio.sleep(0.01)
        answers: list[Any] = [await server.client.get(path) for path in paths]
        if status == 404:
            await until_no_files(server)

    assert [answer.status_code for answer in answers] == [status, 404]
