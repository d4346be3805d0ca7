"""Webhooks over the wire: asked for at submit, signed with the published key, refused where they lead inside."""

import asyncio
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from mutoscope.limits import URL_CHARS_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served, operator
from tests.unit.outbound.test_guard import PRIVATE_HOSTS
from tests.unit.webhooks.conftest import until
from tests.unit.webhooks.receiver import Received, Receiver, receiver, verify

APP = "fal-ai/kling-video"
LOOPBACK = {"allow_private_networks": 1}


async def submit(server: Served, url: str, *, door: str = "queue", body: Any = None, **headers: str) -> httpx.Response:
    """POST with this webhook, encoded once as the clients do."""
    content = {"prompt": "a red boat"} if body is None else body
    path = f"/{door}/{TEXT_TO_VIDEO}?fal_webhook={quote(url, safe='')}"
    return await server.client.post(path, json=content, headers=headers)


async def told(calls: Receiver, count: int = 1) -> list[Received]:
    """What came, once so many have come."""

    async def enough() -> bool:
        return len(calls.received) >= count

    await until(enough)
    return calls.received


async def published(server: Served, path: str = "/rest/.well-known/jwks.json") -> dict[str, Any]:
    """The key set, as anybody reads it."""
    async with httpx.AsyncClient(base_url=server.url) as anybody:
        keys: dict[str, Any] = (await anybody.get(path)).json()
        return keys


async def test_a_webhook_says_what_the_result_says(serve: Serve):
    """Payload and result are one; the signature verifies with the published keys; the id is the request's."""
    async with receiver() as calls, serve(**LOOPBACK) as server:
        request_id = (await submit(server, f"{calls.url}/hook?token=a%2Fb")).json()["request_id"]
        (got,) = await told(calls)
        result = await server.client.get(f"/queue/{APP}/requests/{request_id}")
        jwks = await published(server)

    said = json.loads(got.body)
    assert (said["request_id"], said["gateway_request_id"], said["status"]) == (request_id, request_id, "OK")
    assert said["payload"] == result.json()
    assert got.path == "/hook?token=a%2Fb"
    assert verify(got.headers, got.body, jwks, int(got.headers["X-Fal-Webhook-Timestamp"]))


async def test_the_end_is_there_before_it_is_told(serve: Serve):
    """Whoever asks at the moment of receipt reads COMPLETED and the result."""
    async with receiver() as calls, serve(**LOOPBACK) as server:
        seen: list[asyncio.Task[httpx.Response]] = []

        def look(got: Received) -> None:
            request_id = got.headers["X-Fal-Webhook-Request-Id"]
            for tail in ("/status", ""):
                seen.append(asyncio.create_task(server.client.get(f"/queue/{APP}/requests/{request_id}{tail}")))

        calls.heard = look
        await submit(server, calls.url)
        await told(calls)
        status, result = await asyncio.gather(*seen)

    assert (status.status_code, status.json()["status"]) == (200, "COMPLETED")
    assert result.status_code == 200


async def test_invalid_arguments_come_by_webhook(serve: Serve):
    """The submit is accepted, the 422 is told."""
    async with receiver() as calls, serve(**LOOPBACK) as server:
        accepted = await submit(server, calls.url, body={"duration": "5"})
        (got,) = await told(calls)
        result = await server.client.get(f"/queue/{APP}/requests/{accepted.json()['request_id']}")

    said = json.loads(got.body)
    assert accepted.status_code == 200
    assert (said["status"], said["error"]) == ("ERROR", "Invalid status code: 422")
    assert said["payload"] == result.json()


async def test_a_cancelled_request_is_told_as_an_error(serve: Serve):
    """Waiting, since nothing runs here."""
    async with receiver() as calls, serve(runners=0, **LOOPBACK) as server:
        envelope = (await submit(server, calls.url)).json()
        await server.client.put(envelope["cancel_url"])
        (got,) = await told(calls)

    said = json.loads(got.body)
    assert said["status"] == "ERROR"
    assert said["payload"]["error_type"] == "client_cancelled"


async def test_a_run_that_waits_is_told_too(serve: Serve):
    """The answer of the call and the payload are the same."""
    async with receiver() as calls, serve(**LOOPBACK) as server:
        answer = await submit(server, calls.url, door="run")
        (got,) = await told(calls)

    assert json.loads(got.body)["payload"] == answer.json()


async def test_a_repeated_submit_is_told_once(serve: Serve):
    """One idempotency key, one request, one webhook."""
    async with receiver() as calls, serve(**LOOPBACK) as server:
        ids = set()
        for _ in range(3):
            ids.add((await submit(server, calls.url, **{"Idempotency-Key": "k"})).json()["request_id"])
            await told(calls)
        last = (await submit(server, f"{calls.url}/last")).json()["request_id"]
        received = await told(calls, 2)

    assert len(ids) == 1
    assert [got.headers["X-Fal-Webhook-Request-Id"] for got in received] == [*ids, last]


async def test_what_is_not_to_be_kept_is_still_told(serve: Serve):
    """`X-Fal-Store-IO: 0` waits for the delivery, which needs the result."""
    async with receiver(500, 200) as calls, serve(**LOOPBACK) as server:
        await submit(server, calls.url, **{"X-Fal-Store-IO": "0"})
        received = await told(calls, 2)

    assert received[0].body == received[1].body
    assert json.loads(received[1].body)["payload"]["video"]


# --- keys ---


@pytest.mark.parametrize("path", ["/rest/.well-known/jwks.json", "/.well-known/jwks.json"])
async def test_the_key_set_is_public_and_padded(server: Served, path: str):
    """No key needed, browsers too, kept for a day at most; `x` as the platform's example decodes it."""
    async with httpx.AsyncClient(base_url=server.url) as anybody:
        answer = await anybody.get(path)
        head = await anybody.head(path)

    (key,) = answer.json()["keys"]
    assert (answer.status_code, head.status_code) == (200, 200)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert 0 < int(answer.headers["cache-control"].partition("max-age=")[2]) <= 86_400
    assert {name: key[name] for name in ("kty", "crv", "alg", "use")} == {
        "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
    }  # fmt: skip
    assert len(key["x"]) == 44 and key["x"].endswith("=")


async def test_after_a_rotation_old_and_new_signatures_verify(serve: Serve):
    """The new key signs at once, the old one stays in the set."""
    async with receiver() as calls, serve(**LOOPBACK) as server, operator(server) as socket:
        await submit(server, calls.url)
        await told(calls)
        before = await published(server)
        kid = (await socket.post("/webhook-keys")).json()["kid"]
        await submit(server, calls.url)
        old, new = await told(calls, 2)
        after = await published(server)

    now = int(new.headers["X-Fal-Webhook-Timestamp"])
    assert [key["kid"] for key in after["keys"]] == [kid, before["keys"][0]["kid"]]
    assert verify(old.headers, old.body, after, now) and verify(new.headers, new.body, after, now)
    assert verify(old.headers, old.body, before, now) and not verify(new.headers, new.body, before, now)


# --- where not to ---


MALFORMED = [
    "ftp://hooks.example/", "hooks.example/x", "javascript:alert(1)", "http://", "https:///x", "http://[::1",
    "http://hooks.example:99999/", "http://user:secret@hooks.example/", "http://hooks.example/a b",
    "http://hooks.example/\r\nX-Evil: 1", "http://hooks.example/ü", "nonsense", "data:,x", "file:///etc/passwd",
]  # fmt: skip


@pytest.mark.parametrize("door", ["queue", "run", "gateway"])
async def test_a_url_that_cannot_be_called_is_refused(server: Served, door: str):
    """400 with the reason; nothing is queued."""
    for url in MALFORMED:
        answer = await submit(server, url, door=door)

        assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request"), url
        assert "fal_webhook" in answer.json()["detail"]
        assert "secret" not in answer.json()["detail"]
    assert await server.app.house.store.list() == []


async def test_a_private_address_is_refused_at_submit_in_every_spelling(server: Served):
    """The caller learns it now, not from a webhook that never comes."""
    for host in PRIVATE_HOSTS:
        answer = await submit(server, f"http://{host}:8080/hook?token=s3cret")

        assert (answer.status_code, answer.json()["error_type"]) == (400, "bad_request"), host
        assert "s3cret" not in answer.json()["detail"]


async def test_the_refusal_names_the_setting_that_opens_it(server: Served):
    """For a developer's own receiver."""
    for url in ("http://127.0.0.1:3000/", "http://localhost:3000/"):
        assert "MUTOSCOPE_ALLOW_PRIVATE_NETWORKS=1" in (await submit(server, url)).json()["detail"]


async def test_the_length_of_a_url_has_a_bound(server: Served):
    """At the bound it is taken, however it is encoded; one past it refused."""
    longest = "https://hooks.example/" + "%" * (URL_CHARS_MAX - 22)

    assert (await submit(server, longest)).status_code == 200
    answer = await submit(server, longest + "%")
    assert answer.status_code == 400
    assert "URL_CHARS_MAX" in answer.json()["detail"]


async def test_a_redirect_inside_is_not_followed(serve: Serve):
    """Neither is one outside."""
    async with receiver(307) as calls, serve(**LOOPBACK) as server, operator(server) as socket:
        request_id = (await submit(server, calls.url)).json()["request_id"]

        async def has_failed() -> Any:
            return (await socket.get("/webhooks", params={"state": "failed"})).json()["webhooks"]

        (row,) = await until(has_failed)

    assert len(calls.received) == 1
    assert (row["request_id"], row["deliveries"][0]["status_code"]) == (request_id, 307)


# --- the operator ---


async def test_the_operator_sees_webhooks_without_their_secrets(serve: Serve):
    """State, tries, reasons; the query is not shown. A given-up one is delivered when asked for."""
    async with receiver(410, 200) as calls, serve(**LOOPBACK) as server, operator(server) as socket:
        request_id = (await submit(server, f"{calls.url}/hook?token=s3cret")).json()["request_id"]

        async def rows(state: str) -> Any:
            return (await socket.get("/webhooks", params={"state": state, "request_id": request_id})).json()["webhooks"]

        (row,) = await until(lambda: rows("failed"))
        answer = await socket.post(f"/webhooks/{request_id}")
        await until(lambda: rows("delivered"))
        unknown = await socket.post("/webhooks/no-such")
        odd = await socket.get("/webhooks", params={"state": "odd"})

    assert row["url"] == f"{calls.url}/hook?…"
    assert "s3cret" not in json.dumps(row)
    assert answer.json() == {"request_id": request_id}
    assert (unknown.status_code, odd.status_code) == (404, 400)
