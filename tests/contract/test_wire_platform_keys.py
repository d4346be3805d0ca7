"""Keys over HTTP: what each scope opens, a secret shown once, and the last admin who stays."""

import httpx
import pytest

from tests.conftest import TEXT_TO_VIDEO, Served

ADMIN_CALLS = [("GET", "/v1/models/usage"), ("GET", "/v1/keys"), ("POST", "/v1/keys"), ("DELETE", "/v1/keys/x")]
OPEN_CALLS = ["/v1/models", "/v1/models/pricing", "/v1/models/analytics", "/v1/models/requests/by-endpoint", "/v1/meta"]


async def new_key(server: Served, **body: str) -> dict[str, str]:
    """A key made over HTTP."""
    answer = await server.client.post("/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, str] = answer.json()
    return made


async def test_a_secret_is_shown_once(server: Served):
    """In the answer that makes it; the list has the rest."""
    made = await new_key(server, alias="studio")
    listed = await server.client.get("/v1/keys")

    assert made["key"] == f"{made['key_id']}:{made['key_secret']}"
    (shown,) = listed.json()["keys"]
    assert (shown["key_id"], shown["alias"], shown["scope"]) == (made["key_id"], "studio", "API")
    assert shown["created_at"].endswith("+00:00")
    assert made["key_secret"] not in listed.text


async def test_a_key_shares_the_account_of_who_made_it(server: Served):
    """What one submits the other can look at."""
    made = await new_key(server, name="studio")
    headers = {"Authorization": f"Key {made['key']}"}

    envelope = await server.submit(**headers)

    assert (await server.client.get(envelope["status_url"])).status_code in (200, 202)


@pytest.mark.parametrize(("method", "path"), ADMIN_CALLS)
async def test_what_is_for_admins_is_closed_to_api_keys(server: Served, method, path):
    """403, in the shape of the platform, and what to do."""
    made = await new_key(server, alias="studio")

    answer = await server.client.request(method, path, headers={"Authorization": f"Key {made['key']}"})

    assert answer.status_code == 403
    assert answer.json()["error"]["type"] == "authorization_error"
    assert "--scope admin" in answer.json()["error"]["message"]


@pytest.mark.parametrize("path", OPEN_CALLS)
async def test_what_is_for_all_keys_is_open_to_api_keys(server: Served, path):
    """Also under Bearer."""
    made = await new_key(server, alias="studio")

    for scheme in ("Key", "Bearer"):
        answer = await server.client.get(path, headers={"Authorization": f"{scheme} {made['key']}"})

        assert answer.status_code == 200, answer.text


async def test_an_admin_key_does_what_admins_do(server: Served):
    """It makes keys, sees usage, and revokes itself while another is left."""
    made = await new_key(server, alias="boss", scope="ADMIN")
    headers = {"Authorization": f"Key {made['key']}"}

    assert (await server.client.get("/v1/models/usage", headers=headers)).status_code == 200
    gone = await server.client.delete(f"/v1/keys/{made['key_id']}", headers=headers)

    assert (gone.status_code, gone.content) == (204, b"")
    assert (await server.client.get("/v1/models/usage", headers=headers)).status_code == 401


async def test_the_last_admin_stays(server: Served):
    """Nobody would be left to make another; with a second one it may go."""
    keys = server.app.house.keys
    record, credential = await keys.create("boss", "team")
    assert record.scope == "admin", "the first key of a store"
    headers = {"Authorization": f"Key {credential}"}
    made = (await server.client.post("/v1/keys", json={"alias": "worker"}, headers=headers)).json()

    refused = await server.client.delete(f"/v1/keys/{record.id}", headers=headers)
    worker = await server.client.delete(f"/v1/keys/{made['key_id']}", headers=headers)
    await server.client.post("/v1/keys", json={"alias": "deputy", "scope": "admin"}, headers=headers)
    taken = await server.client.delete(f"/v1/keys/{record.id}", headers=headers)

    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "validation_error" and record.id in refused.json()["error"]["message"]
    assert (worker.status_code, taken.status_code) == (204, 204)


async def test_keys_of_other_accounts_are_not_there(server: Served):
    """Neither listed nor revoked."""
    record, credential = await server.app.house.keys.create("other")

    listed = await server.client.get("/v1/keys")
    revoked = await server.client.delete(f"/v1/keys/{record.id}")
    still = await server.client.post(
        f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a"}, headers={"Authorization": f"Key {credential}"}
    )

    assert listed.json()["keys"] == []
    assert (revoked.status_code, revoked.json()["error"]["type"]) == (404, "not_found")
    assert still.status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "name is None"),
        ({"alias": ""}, "alias is ''"),
        ({"alias": "x" * 101}, "KEY_NAME_CHARS_MAX"),
        ({"alias": "two\nlines"}, "printable"),
        ({"alias": 5}, "alias is 5"),
        ({"alias": "x", "scope": "root"}, "api, admin"),
        ({"alias": "x", "scope": ["admin"]}, "api, admin"),
    ],
)
async def test_what_makes_no_key_is_named(server: Served, body, said):
    """And none is made."""
    answer = await server.client.post("/v1/keys", json=body)

    assert answer.status_code == 422 and said in answer.json()["error"]["message"]
    assert (await server.client.get("/v1/keys")).json()["keys"] == []


async def test_keys_are_listed_page_by_page(server: Served):
    """Newest first."""
    names = [f"key-{n}" for n in range(5)]
    for name in names:
        await new_key(server, alias=name)

    listed: list[str] = []
    parameters: dict[str, str | int] = {"limit": 2}
    while True:
        body = (await server.client.get("/v1/keys", params=parameters)).json()
        listed += [key["alias"] for key in body["keys"]]
        if not body["has_more"]:
            break
        parameters["cursor"] = body["next_cursor"]

    assert listed == names[::-1]


async def test_a_temporary_token_opens_nothing_here(server: Served):
    """It is for runs of a few applications, not for an account."""
    token = (await server.client.post("/tokens", json={"allowed_apps": ["kling-video"]})).json()

    async with httpx.AsyncClient(base_url=server.url) as browser:
        answer = await browser.get("/v1/models/analytics", params={"fal_jwt_token": token})

    assert answer.status_code == 401 and answer.json()["error"]["type"] == "authorization_error"
