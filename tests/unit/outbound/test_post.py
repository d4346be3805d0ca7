"""Calling strangers: what is sent, where to, how long, and that nobody is followed."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from mutoscope.errors import OutboundFailed, OutboundRefused
from mutoscope.outbound import Outbound
from tests.unit.outbound.test_guard import PRIVATE_HOSTS
from tests.unit.webhooks.receiver import Receiver, receiver


@pytest.fixture
async def calls() -> AsyncIterator[Receiver]:
    """A stranger on loopback."""
    async with receiver() as told:
        yield told


async def post(outbound: Outbound, url: str, *, timeout_s: float = 5.0) -> int:
    """Call with a small body; the client is closed behind it."""
    try:
        return await outbound.post(url, b'{"a":1}', {"X-Odd": "yes"}, timeout_s=timeout_s)
    finally:
        await outbound.close()


async def test_a_body_is_posted_as_it_is(calls: Receiver):
    """With the headers given, over a connection that nobody uses again."""
    assert await post(Outbound(allow_private_networks=True), f"{calls.url}/x?a=%2F") == 200

    (got,) = calls.received
    assert (got.body, got.headers["X-Odd"], got.path) == (b'{"a":1}', "yes", "/x?a=%2F")
    assert "Cookie" not in got.headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_an_answer_and_no_way(calls: Receiver, status: int):
    """Inside or outside: the status comes back and nothing else is called."""
    calls.answers = [status]

    assert await post(Outbound(allow_private_networks=True), calls.url) == status
    assert len(calls.received) == 1


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
async def test_nothing_is_sent_to_a_private_address(host: str):
    """Judged again at the call, whatever was said at submit."""
    with pytest.raises((OutboundRefused, OutboundFailed)):
        await post(Outbound(), f"http://{host}:9/")


async def test_a_name_that_leads_inside_is_refused(calls: Receiver):
    """Also among public addresses: what is private of them is left out, and then the connection fails."""
    url = calls.url.replace("127.0.0.1", "hooks.example")

    with pytest.raises(OutboundRefused, match="not public"):
        await post(Outbound(lookup=lambda host, port: ["127.0.0.1", "10.0.0.1"]), url)

    assert calls.received == []


async def test_a_name_is_resolved_for_each_call(calls: Receiver):
    """Nothing of the first answer is kept, so a name that changes its mind meets the gate."""
    answers = iter([["127.0.0.1"], ["169.254.169.254"]])
    outbound = Outbound(allow_private_networks=True, lookup=lambda host, port: next(answers))
    url = calls.url.replace("127.0.0.1", "hooks.example")

    assert await outbound.post(url, b"", {}, timeout_s=5) == 200
    with pytest.raises(OutboundRefused):
        await outbound.post(url, b"", {}, timeout_s=5)

    assert len(calls.received) == 1
    await outbound.close()


async def test_a_silent_receiver_costs_the_timeout(calls: Receiver):
    """The message names the setting and hides the query."""
    calls.answers = ["hang"]

    with pytest.raises(OutboundFailed, match=r"within 0.05 s \(setting webhook_timeout_s\)") as caught:
        await post(Outbound(allow_private_networks=True), f"{calls.url}/?t=s3cret", timeout_s=0.05)

    assert "s3cret" not in str(caught.value)


async def test_a_body_without_end_costs_nothing(calls: Receiver):
    """The status is there; the connection is closed with the rest unread."""
    calls.answers = ["stall"]
    async with asyncio.timeout(3):
        assert await post(Outbound(allow_private_networks=True), calls.url) == 200


@pytest.mark.parametrize("answer", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200"])
async def test_an_answer_that_is_no_http_is_a_failure(answer: bytes):
    """In words of ours."""

    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(OutboundFailed):
            await post(Outbound(allow_private_networks=True), f"http://127.0.0.1:{port}/")


async def test_a_name_without_an_address_is_a_failure():
    """It may have one later."""

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with pytest.raises(OutboundFailed, match="does not resolve"):
        await post(Outbound(lookup=unknown), "http://hooks.example/")
