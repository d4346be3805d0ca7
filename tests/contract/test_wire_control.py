"""The operator's socket: what the command line asks of a running server."""

import os
import stat

import pytest

from tests.conftest import TEXT_TO_VIDEO, Serve, Served, operator

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


async def test_the_socket_is_its_owners_alone(server: Served):
    """There are no keys on it: the file's mode is the lock."""
    mode = (server.app.house.settings.data_dir / "control.sock").stat().st_mode

    assert stat.S_IMODE(mode) == 0o600


async def test_server_says_what_runs(server: Served):
    """Address, process, version, engine, runners."""
    async with operator(server) as client:
        facts = (await client.get("/server")).json()

    assert facts["url"] == server.url
    assert facts["pid"] == os.getpid()
    assert facts["runners"] == 1


async def test_a_key_made_here_works_until_it_is_revoked(server: Served):
    """Made, listed without its secret, used, revoked, refused."""
    async with operator(server) as client:
        made = (await client.post("/keys", json={"name": "ci"})).json()
        listed = (await client.get("/keys")).json()["keys"]
        headers = {"Authorization": f"Key {made['key']}"}
        before = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a"}, headers=headers)
        revoked = (await client.delete(f"/keys/{made['id']}")).json()
        after = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a"}, headers=headers)
        again = (await client.delete(f"/keys/{made['id']}")).json()

    assert [(key["name"], key["account_id"]) for key in listed] == [("ci", made["id"])]
    assert "key" not in listed[0]
    assert (before.status_code, after.status_code) == (200, 401)
    assert (revoked, again) == ({"revoked": True}, {"revoked": False})


async def test_two_keys_can_share_an_account(server: Served):
    """What one submitted, the other can look at."""
    async with operator(server) as client:
        keys = [(await client.post("/keys", json={"name": name, "account": "team"})).json() for name in "ab"]
    headers = [{"Authorization": f"Key {key['key']}"} for key in keys]

    envelope = (await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json={"prompt": "a"}, headers=headers[0])).json()

    assert (await server.client.get(envelope["status_url"], headers=headers[1])).status_code in (200, 202)
    assert (await server.client.get(envelope["status_url"])).status_code == 404


async def test_requests_are_listed_and_shown(serve: Serve):
    """Newest first, by state, a page at a time; one with its attempts and logs, without arguments and result."""
    async with serve(runners=0) as server, operator(server) as client:
        ids = [(await server.submit())["request_id"] for _ in range(3)]
        await server.client.put(f"/queue/fal-ai/kling-video/requests/{ids[0]}/cancel")
        everything = (await client.get("/requests")).json()["requests"]
        first_page = (await client.get("/requests", params={"limit": 1, "state": "queued"})).json()["requests"]
        second_page = (await client.get("/requests", params={"limit": 5, "before_seq": first_page[0]["seq"]})).json()
        shown = (await client.get(f"/requests/{ids[1]}")).json()

    assert [request["id"] for request in everything] == ids[::-1]
    assert [request["id"] for request in first_page] == ids[2:]
    assert [request["id"] for request in second_page["requests"]] == ids[1::-1]
    assert (shown["state"], shown["position"], shown["attempts"], shown["logs"]) == ("queued", 0, [], [])
    assert "red boat" not in str(shown)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", None, 404),
        ("GET", f"/requests/{UNKNOWN_ID}", None, 404),
        ("GET", "/requests/no-id", None, 404),
        ("GET", "/requests?limit=many", None, 400),
        ("GET", "/requests?state=odd", None, 400),
        ("PUT", "/keys", None, 405),
        ("POST", "/keys", b"not json", 422),
        ("POST", "/keys", b'{"name": 5}', 422),
        ("POST", "/keys", b'{"name": "a\\nb"}', 400),
        ("POST", "/keys", b"{" + b" " * 70_000 + b"}", 413),
    ],
)
async def test_mistakes_get_a_body_to_print(server: Served, method, path, body, status):
    """The command shows `detail`, so there has to be one."""
    async with operator(server) as client:
        answer = await client.request(method, path, content=body)

    assert answer.status_code == status
    assert answer.json()["detail"]
