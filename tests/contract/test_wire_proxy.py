"""The proxy door: a target's host means a door of ours, nothing is fetched, and everything else is refused."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from mutoscope.limits import URL_CHARS_MAX
from tests.conftest import TEXT_TO_VIDEO, Serve, Served, serve_in
from tests.live import free_port

APP = "fal-ai/kling-video"
ARGUMENTS = {"prompt": "a red boat"}
PROXY = "/api/fal/proxy"

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with one runner, shared by this file."""
    async with serve_in(tmp_path_factory.mktemp("proxy") / "data", allowed_hosts="video.example") as served:
        yield served


async def send(server: Served, method: str, target: str | bytes, **more: object) -> httpx.Response:
    """A call through the proxy door, meant for `target`."""
    headers = {"x-fal-target-url": target, "Accept": "application/json"} | dict(more.pop("headers", {}))  # type: ignore[call-overload]
    return await server.client.request(method, PROXY, headers=headers, **more)  # type: ignore[arg-type]


async def test_a_target_on_the_run_host_is_a_run(server: Served):
    """The answer is the video, with the headers that a direct call has."""
    answer = await send(server, "POST", f"https://fal.run/{TEXT_TO_VIDEO}", json=ARGUMENTS)

    assert answer.status_code == 200
    assert "video" in answer.json()
    assert answer.headers["x-fal-request-id"]
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_request_goes_its_whole_way_through_the_proxy(server: Served):
    """Submit, status with its query, the stream, cancel and the result; the URLs carry the server's own queue."""
    submitted = (await send(server, "POST", f"https://queue.fal.run/{TEXT_TO_VIDEO}", json=ARGUMENTS)).json()
    url = f"https://queue.fal.run/{APP}/requests/{submitted['request_id']}"

    assert submitted["status_url"] == f"{server.url}/queue/{APP}/requests/{submitted['request_id']}/status"
    events = await send(server, "GET", f"{url}/status/stream?logs=1")
    assert events.headers["content-type"] == "text/event-stream"
    assert events.text.count('"COMPLETED"') == 1
    status = (await send(server, "GET", f"{url}/status?logs=1")).json()
    assert status["status"] == "COMPLETED" and isinstance(status["logs"], list)
    result = await send(server, "GET", url)
    assert result.headers["x-fal-request-id"] == submitted["request_id"]
    assert (await send(server, "PUT", f"{url}/cancel")).json() == {"status": "ALREADY_COMPLETED"}


async def test_errors_are_those_of_the_door_behind(server: Served):
    """A wrong field, an unknown request, a wrong method, a wrong key: as if called directly."""
    invalid = await send(server, "POST", f"https://fal.run/{TEXT_TO_VIDEO}", json={})
    unknown = await send(server, "GET", f"https://queue.fal.run/{APP}/requests/nope/status")
    method = await send(server, "DELETE", f"https://queue.fal.run/{APP}/requests/nope/status")
    stranger = await send(
        server, "POST", f"https://fal.run/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers={"Authorization": "Key a:b"}
    )

    assert (invalid.status_code, invalid.json()["detail"][0]["type"]) == (422, "missing")
    assert (unknown.status_code, unknown.json()["status"]) == (404, "NOT_FOUND")
    assert (method.status_code, stranger.status_code) == (405, 401)


async def test_own_addresses_are_targets_too(server: Served):
    """With and without prefixes, by any name that this server may be called by, at its own port."""
    port = httpx.URL(server.url).port
    targets = {
        f"{server.url}/queue/{TEXT_TO_VIDEO}": "request_id",
        f"{server.url}/run/{TEXT_TO_VIDEO}": "video",
        f"{server.url}/{TEXT_TO_VIDEO}": "video",
        f"http://queue.localhost:{port}/{TEXT_TO_VIDEO}": "request_id",
        f"http://VIDEO.example:{port}/queue/{TEXT_TO_VIDEO}": "request_id",
    }
    for target, key in targets.items():
        answer = await send(server, "POST", target, json=ARGUMENTS)
        assert key in answer.json(), (target, answer.text)


async def test_a_public_url_with_a_path_is_understood(serve: Serve):
    """Its own path belongs to whoever stands in front of the server."""
    port = free_port()
    async with serve(public_url="https://video.example/api", port=port) as server:
        server.client.base_url = f"http://127.0.0.1:{port}"
        answer = await send(server, "POST", f"https://video.example/api/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS)
        elsewhere = await send(server, "POST", f"https://video.example:8443/api/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS)

    assert answer.json()["response_url"].startswith("https://video.example/api/queue/")
    assert elsewhere.status_code == 400


REFUSED = [
    "", "fal.run", "/queue/x", "https://", "https:///fal-ai/x",
    "https://fal.run@evil.example/fal-ai/kling-video", "https://key:secret@fal.run/fal-ai/kling-video",
    "https://fal.run\\@evil.example/", "https://evil.example\\.fal.run/", "https://evil.example/https://fal.run/",
    "https://fal.run.evil.example/x", "https://evilfal.run/x", "https://queue.fal.run.:444/x",
    "http://fal.run/fal-ai/kling-video", "ftp://fal.run/x", "file:///etc/passwd", "ws://fal.run/x",
    "javascript:alert(1)",
    "https://fal.run:8443/x", "https://fal.run:0/x", "https://fal.run:99999/x", "https://fal.run:x/x", "https://[::1/x",
    "https://queue.fal.run/fal-ai%2Fkling-video", "https://queue.fal.run/fal-ai%2fkling-video",
    "https://queue.fal.run/fal-ai%5Ckling-video", "https://169.254.169.254/latest/meta-data", "http://127.0.0.1:1/x",
    "https://fal.run /x", "https://xn--fl-lka.run/x", "https://f\xe4l.run/x",
    "https://fal.run/" + "a" * URL_CHARS_MAX,
]  # fmt: skip


@pytest.mark.parametrize("target", REFUSED, ids=lambda target: ascii(target[:50]))
async def test_any_other_target_is_refused(server: Served, target):
    """400 in JSON, with the reason and without the target's query."""
    answer = await send(server, "GET", target.encode("latin-1"))

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("Invalid request: x-fal-target-url ")


async def test_no_target_is_refused(server: Served):
    """A browser that opens the address sees why nothing is there."""
    answer = await server.client.get(PROXY)

    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (400, "*")
    assert "is missing" in answer.json()["detail"]


@pytest.mark.parametrize("path", [PROXY, "/api//fal/proxy/", "/v1/keys", "/metrics", "/files/a/b.mp4", "/"])
async def test_the_proxy_leads_neither_to_itself_nor_to_the_operator(server: Served, path):
    """What is no part of the clients' own calls stays closed."""
    answer = await send(server, "GET", f"{server.url}{path}")

    assert answer.status_code == 400
    assert "not served through a proxy" in answer.json()["detail"]


async def test_a_path_that_climbs_stays_where_it_is(server: Served):
    """Dots are names like others."""
    answer = await send(server, "GET", "https://fal.run/../v1/keys")

    assert answer.status_code in (404, 405)


async def test_a_token_in_the_target_is_not_repeated(server: Served):
    """Not by the error either."""
    answer = await send(server, "GET", "https://evil.example/x?fal_jwt_token=s3cret")

    assert answer.status_code == 400 and "s3cret" not in answer.text


async def test_a_preflight_needs_no_target(server: Served):
    """The browser asks before it sends the header."""
    asked = "authorization,x-fal-target-url,content-type"
    answer = await server.client.options(PROXY, headers={"Access-Control-Request-Headers": asked})

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-headers"] == asked


async def test_without_a_key_of_its_own_a_caller_is_refused(server: Served):
    """Unless the operator lends one."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        headers = {"x-fal-target-url": f"https://fal.run/{TEXT_TO_VIDEO}"}
        answer = await stranger.post(PROXY, json=ARGUMENTS, headers=headers)

    assert (answer.status_code, answer.json()["detail"]) == (
        401,
        "Authentication is required to access this application.",
    )


async def test_a_browser_can_act_as_a_lent_key(serve: Serve):
    """Through the proxy only; a caller's own key counts before it, and a wrong one is not helped."""
    async with serve(proxy_key="test-key") as server, httpx.AsyncClient(base_url=server.url) as stranger:
        headers = {"x-fal-target-url": f"https://queue.fal.run/{TEXT_TO_VIDEO}"}
        lent = await stranger.post(PROXY, json=ARGUMENTS, headers=headers)
        direct = await stranger.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS)
        wrong = await stranger.post(PROXY, json=ARGUMENTS, headers=headers | {"Authorization": "Key a:b"})
        own = await server.client.get(f"/queue/{APP}/requests/{lent.json()['request_id']}/status")

    assert lent.status_code == 200
    assert (direct.status_code, wrong.status_code) == (401, 401)
    assert own.status_code in (200, 202)
