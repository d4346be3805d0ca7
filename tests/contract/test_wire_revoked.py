"""What becomes of everything that a key has handed out or begun, once that key has ended."""

import asyncio
import logging

import httpx
import pytest

from mutoscope.accounts.keys import Caller
from tests.conftest import TEXT_TO_VIDEO, Serve, Served
from tests.contract.test_wire_uploads import cdn, initiate

APP = "fal-ai/kling-video"


async def handed_out(server: Served) -> list[tuple[str, str, dict[str, str]]]:
    """A temporary token, a CDN token and an upload URL, as the calls that they open."""
    token = await server.client.post("/rest/tokens/", json={"allowed_apps": [APP], "token_expiration": 3_600})
    urls = await initiate(server)
    bearer = {"Authorization": f"Bearer {(await cdn(server))['token']}"}
    return [
        ("POST", f"/queue/{TEXT_TO_VIDEO}?fal_jwt_token={token.json()}", {}),
        ("POST", "/cdn/files/upload", bearer),
        ("PUT", str(httpx.URL(urls["upload_url"]).raw_path, "ascii"), {}),
    ]


async def statuses(server: Served, calls: list[tuple[str, str, dict[str, str]]]) -> list[int]:
    """What they answer to somebody without a key."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        return [
            (await stranger.request(method, path, json={"prompt": "x"}, headers=headers)).status_code
            for method, path, headers in calls
        ]


async def test_what_the_key_from_outside_handed_out_ends_when_it_is_changed(serve: Serve):
    """Its id stays; with the same key after a restart everything is good."""
    async with serve(key="one") as server:
        calls = await handed_out(server)

    async with serve(key="two") as server:
        changed = await statuses(server, calls)
    async with serve(key="one") as server:
        same = await statuses(server, calls)

    assert changed == [401, 401, 403]
    assert same == [200, 200, 200]


async def test_a_status_stream_ends_with_its_key(serve: Serve):
    """A request that waits for hours would else be watched for hours; who asks again is told."""
    async with serve(runners=0) as server:
        record, credential = await server.app.house.keys.create("app")
        headers = {"Authorization": f"Key {credential}"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers) as client:
            envelope = (await client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "x"})).json()
            came: list[str] = []

            async def watch() -> None:
                async with client.stream("GET", f"{envelope['status_url']}/stream") as answer:
                    async for text in answer.aiter_text():
                        came.append(text)
                        await server.app.house.keys.revoke(record.id)
                        caller = Caller(record.id, record.account_id, record.name)
                        await server.app.house.service.cancel(caller, APP, envelope["request_id"])

            with pytest.raises(httpx.TransportError):
                await asyncio.wait_for(watch(), 20)
            again = await client.get(f"{envelope['status_url']}/stream")

    assert "IN_QUEUE" in came[0] and not any("COMPLETED" in text for text in came)
    assert again.status_code == 401


@pytest.mark.parametrize(("proxy_key", "is_said"), [("no-such:key", True), ("test-key", False), ("", False)])
async def test_a_lent_key_that_is_none_is_said_at_start(
    serve: Serve, caplog: pytest.LogCaptureFixture, proxy_key: str, is_said: bool
):
    """Without the key itself; callers only see that they are refused."""
    with caplog.at_level(logging.WARNING, logger="mutoscope"):
        async with serve(proxy_key=proxy_key):
            pass

    assert ("proxy_key names no active key" in caplog.text) is is_said
    assert "no-such" not in caplog.text
