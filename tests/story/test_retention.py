"""What is kept for a while is forgotten after it: first the file, then the request, and nothing else."""

import asyncio
from typing import Any

from tests.conftest import Serve, Served
from tests.story.test_requests import DEADLINE_S, result_of

AN_INSTANT_DAYS = 1e-9


async def finished(serve: Serve) -> tuple[dict[str, Any], str]:
    """Run a request on a server that keeps things; its envelope and the path of its file."""
    async with serve() as server:
        envelope = await server.submit()
        code, body = await result_of(server, envelope)
        assert code == 200
        url = body["video"]["url"]
        assert (await server.client.get(url)).status_code == 200
    return envelope, url.removeprefix(server.url)


def moved(server: Served, url: str) -> str:
    """The same address on the port of the restarted server."""
    return server.url + "/" + url.split("/", 3)[3]


async def until_no_files(server: Served) -> None:
    """Until the sweeper has emptied the file store, folders included."""
    files = server.app.house.settings.data_dir / "files"
    async with asyncio.timeout(DEADLINE_S):
        while list(files.iterdir()):
            await asyncio.sleep(0.01)


async def test_output_over_its_time_is_gone_and_the_result_stays(serve: Serve) -> None:
    """The file's URL is a 404, the answer still says what was made, and a waiting request is not touched."""
    envelope, file_path = await finished(serve)

    async with serve(output_retention_days=AN_INSTANT_DAYS, runners=0) as server:
        waiting = await server.submit()
        await until_no_files(server)
        gone = await server.client.get(file_path)
        result = await server.client.get(moved(server, envelope["response_url"]))
        status = await server.client.get(waiting["status_url"])

    assert (gone.status_code, result.status_code, status.status_code) == (404, 200, 202)
    assert result.json()["video"]["url"].endswith(file_path)


async def test_pictures_beside_the_clip_go_with_it(serve: Serve) -> None:
    """Poster and contact sheet are kept as long as the clip, and not longer; nothing is left in the file store."""
    pictures = {"extra_outputs": "poster,contact_sheet"}
    async with serve(**pictures) as server:
        envelope = await server.submit()
        _, body = await result_of(server, envelope)
        urls = [body[name]["url"] for name in ("video", "poster", "contact_sheet")]
        before = [(await server.client.get(url)).status_code for url in urls]

    async with serve(**pictures, output_retention_days=AN_INSTANT_DAYS, runners=0) as server:
        await until_no_files(server)
        after = [(await server.client.get(moved(server, url))).status_code for url in urls]

    assert (before, after) == ([200] * 3, [404] * 3)


async def test_request_over_its_time_is_unknown(serve: Serve) -> None:
    """Status, result, cancel and file are 404s."""
    envelope, file_path = await finished(serve)

    async with serve(request_retention_days=AN_INSTANT_DAYS, output_retention_days=0, runners=0) as server:
        async with asyncio.timeout(DEADLINE_S):
            while await server.app.house.store.get(envelope["request_id"]) is not None:
                await asyncio.sleep(0.01)
        answers = [
            await server.client.get(moved(server, envelope["status_url"])),
            await server.client.get(moved(server, envelope["response_url"])),
            await server.client.put(moved(server, envelope["cancel_url"])),
            await server.client.get(file_path),
        ]
        await until_no_files(server)

    assert [answer.status_code for answer in answers] == [404] * 4


async def test_nothing_is_forgotten_when_the_settings_say_so(serve: Serve) -> None:
    """Zero days is forever."""
    envelope, file_path = await finished(serve)

    async with serve(request_retention_days=0, output_retention_days=0, runners=0) as server:
        result = await server.client.get(moved(server, envelope["response_url"]))
        file = await server.client.get(file_path)

    assert (result.status_code, file.status_code) == (200, 200)


async def test_file_that_cannot_be_deleted_does_not_keep_the_others(serve: Serve) -> None:
    """It is named in the log and tried again at the next sweep; what came after it is forgotten in time."""
    stuck, stuck_path = await finished(serve)
    other, _ = await finished(serve)
    async with serve(output_retention_days=0, request_retention_days=0, runners=0) as server:
        files = server.app.house.settings.data_dir / "files"
    (folder,) = [each for each in files.iterdir() if each.name in stuck_path]
    (clip,) = folder.iterdir()
    clip.unlink()
    (clip / "in the way").mkdir(parents=True)

    async with serve(
        output_retention_days=AN_INSTANT_DAYS, request_retention_days=AN_INSTANT_DAYS, runners=0
    ) as server:
        async with asyncio.timeout(DEADLINE_S):
            while await server.app.house.store.get(other["request_id"]) is not None:
                await asyncio.sleep(0.01)
        kept = await server.app.house.store.get(stuck["request_id"])

    assert kept is not None
    assert (clip / "in the way").exists()
