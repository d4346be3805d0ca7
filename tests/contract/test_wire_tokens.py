"""Temporary tokens: made with a key, good in the query of run and queue calls, for a few applications and a while."""

from typing import Any

import httpx
import pytest

from mutoscope.limits import TOKEN_APPS_MAX, TOKEN_LIFETIME_S_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served

APP = "fal-ai/kling-video"
ARGUMENTS = {"prompt": "a red boat"}
ASKED = {"allowed_apps": ["kling-video"], "token_expiration": 120}


async def token_from(server: Served, asked: dict[str, Any] | None = None, path: str = "/rest/tokens/") -> str:
    """A temporary token of the server's key."""
    answer = await server.client.post(path, json=asked or ASKED)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()
    assert isinstance(token, str), "a bare JSON string"
    return token


@pytest.fixture
async def browser(server: Served):
    """A caller that has no key."""
    async with httpx.AsyncClient(base_url=server.url, timeout=30) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/rest/tokens/", ASKED),
        ("/tokens", {"allowed_apps": ["fal-ai/kling-video"]}),
        ("/rest/tokens/realtime", {"allowed_apps": ["kling-video"], "duration": 60}),
    ],
)
async def test_a_token_runs_and_queues_without_a_key(server: Served, browser: httpx.AsyncClient, path, asked):
    """On run and queue addresses and on every route of a request, its stream included."""
    token = await token_from(server, asked, path)
    query = {"fal_jwt_token": token}

    ran = await browser.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)
    bare = await browser.post(f"/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)
    submitted = await browser.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)
    url = f"/queue/{APP}/requests/{submitted.json()['request_id']}"
    stream = await browser.get(f"{url}/status/stream", params=query | {"logs": "1"})
    result = await browser.get(url, params=query)
    cancel = await browser.put(f"{url}/cancel", params=query)

    assert "video" in ran.json() and "video" in bare.json() and "video" in result.json()
    assert stream.text.count('"COMPLETED"') == 1
    assert cancel.json() == {"status": "ALREADY_COMPLETED"}
    assert token not in submitted.text, "the URLs handed out carry no token"


async def test_a_token_opens_no_other_application(server: Served, browser: httpx.AsyncClient):
    """403 with a text, whether that application exists or not."""
    token = await token_from(server, {"allowed_apps": ["flux", "someone/kling-video"]})

    answer = await browser.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS, params={"fal_jwt_token": token})

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith('Application "kling-video" is not among the allowed_apps')


async def test_a_token_is_no_key(server: Served, browser: httpx.AsyncClient):
    """It makes no tokens, opens no other door, and is nothing in a header."""
    token = await token_from(server)
    query = {"fal_jwt_token": token}

    minted = await browser.post("/rest/tokens/", json=ASKED, params=query)
    upload = await browser.post("/rest/storage/upload/initiate", json={}, params=query)
    gateway = await browser.post(f"/gateway/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)
    as_key = await browser.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers={"Authorization": f"Bearer {token}"})

    assert [answer.status_code for answer in (minted, gateway, as_key)] == [401, 401, 401]
    assert upload.status_code in (401, 404)


@pytest.mark.parametrize("harm", [lambda t: t[:-2], lambda t: "x" + t, lambda t: "", lambda t: t + "." + t, str.upper])
async def test_a_forged_token_is_401(server: Served, browser: httpx.AsyncClient, harm):
    """Cut, changed, empty or made up."""
    forged = harm(await token_from(server))

    answer = await browser.get(f"/queue/{APP}/requests/x/status", params={"fal_jwt_token": forged})

    assert answer.status_code == 401


async def test_a_token_ends_with_its_key(server: Served, browser: httpx.AsyncClient):
    """Revoking the key that made it is enough."""
    record, credential = await server.app.house.keys.create("page")
    made = await browser.post("/tokens/", json=ASKED, headers={"Authorization": f"Key {credential}"})
    query = {"fal_jwt_token": made.json()}
    before = await browser.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)

    await server.app.house.keys.revoke(record.id)
    after = await browser.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS, params=query)

    assert (before.status_code, after.status_code) == (200, 401)


async def test_a_token_sees_only_its_account(server: Served, browser: httpx.AsyncClient):
    """A request of somebody else is unknown, as it is to their key."""
    _, credential = await server.app.house.keys.create("page")
    made = await browser.post("/tokens/", json=ASKED, headers={"Authorization": f"Key {credential}"})
    envelope = await server.submit()

    answer = await browser.get(
        f"/queue/{APP}/requests/{envelope['request_id']}/status", params={"fal_jwt_token": made.json()}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("seconds", [1, 1.5, TOKEN_LIFETIME_S_MAX])
async def test_a_lifetime_within_its_bounds_is_taken(server: Served, seconds):
    """Both bounds themselves included."""
    assert await token_from(server, {"allowed_apps": ["kling-video"], "token_expiration": seconds})


@pytest.mark.parametrize(
    ("asked", "field", "kind"),
    [
        ({}, "allowed_apps", "missing"),
        ({"allowed_apps": []}, "allowed_apps", "too_short"),
        ({"allowed_apps": ["a"] * (TOKEN_APPS_MAX + 1)}, "allowed_apps", "too_long"),
        ({"allowed_apps": "kling-video"}, "allowed_apps", "list_type"),
        ({"allowed_apps": [1]}, "allowed_apps", "list_type"),
        ({"allowed_apps": [""]}, "allowed_apps", "list_type"),
        ({"allowed_apps": ["*"]}, "allowed_apps", "list_type"),
        ({"allowed_apps": ["a" * 257]}, "allowed_apps", "string_too_long"),
        (ASKED | {"token_expiration": 0}, "token_expiration", "value_error"),
        (ASKED | {"token_expiration": TOKEN_LIFETIME_S_MAX + 1}, "token_expiration", "value_error"),
        (ASKED | {"token_expiration": True}, "token_expiration", "value_error"),
        (ASKED | {"token_expiration": "120"}, "token_expiration", "value_error"),
        ({"allowed_apps": ["a"], "duration": -1}, "duration", "value_error"),
    ],
)
async def test_what_cannot_be_meant_is_a_422_with_its_field(server: Served, asked, field, kind):
    """The bound is in the message."""
    answer = await server.client.post("/rest/tokens/", json=asked)

    assert answer.status_code == 422
    problem = answer.json()["detail"][0]
    assert (problem["loc"], problem["type"]) == (["body", field], kind)


async def test_the_longest_token_still_works(server: Served, browser: httpx.AsyncClient):
    """As many names as allowed, each as long as allowed."""
    names = ["kling-video", *(f"{'a' * 255}{n}" for n in range(TOKEN_APPS_MAX - 1))]
    token = await token_from(server, {"allowed_apps": names})

    answer = await browser.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS, params={"fal_jwt_token": token})

    assert answer.status_code == 200


async def test_a_token_never_reaches_the_log(serve: Serve, caplog: pytest.LogCaptureFixture):
    """Not even at the finest level; the path is logged, the query is not."""
    caplog.set_level("DEBUG")
    async with serve() as server, httpx.AsyncClient(base_url=server.url) as browser:
        token = await token_from(server)
        for path in (f"/run/{TEXT_TO_VIDEO}", "/nowhere/at/all", f"/gateway/{TEXT_TO_VIDEO}"):
            await browser.post(f"{path}?fal_jwt_token={token}", json=ARGUMENTS)
        too_long = f"/run/{TEXT_TO_VIDEO}?fal_jwt_token={token}&" + "&".join("a=1" for _ in range(40))
        assert (await browser.post(too_long, json=ARGUMENTS)).status_code == 400

    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("mutoscope"))
    assert "POST /nowhere/at/all" in ours
    assert token not in ours and token.partition(".")[2] not in ours
