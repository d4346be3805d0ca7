"""Which address does what: prefixes, host names, schemes, methods, trailing slashes, CORS."""

from collections.abc import AsyncIterator
from itertools import product

import httpx
import pytest
import pytest_asyncio

from tests.conftest import TEXT_TO_VIDEO, Serve, Served, serve_in

APP = "fal-ai/kling-video"
ARGUMENTS = {"prompt": "a red boat"}
MANY_SLASHES = "{url}//queue///{app}//requests/{id}//status//"


# One server for the whole file: nothing here leaves a trace that the next test would see.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server with one runner, shared by this file."""
    async with serve_in(tmp_path_factory.mktemp("wire") / "data") as served:
        yield served


@pytest.mark.parametrize("scheme", ["Key", "Bearer", "key", "BEARER"])
async def test_on_an_explicit_address_the_scheme_decides_nothing(server: Served, scheme):
    """A run stays a run and a queue a queue, under either scheme in any case."""
    authorization = {"Authorization": f"{scheme} {server.key}"}

    ran = await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers=authorization)
    queued = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers=authorization)
    resold = await server.client.post(f"/gateway/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers=authorization)

    assert "video" in ran.json()
    assert queued.json()["status"] == resold.json()["status"] == "IN_QUEUE"


async def test_a_bare_host_runs_for_key_and_queues_for_bearer(server: Served):
    """The curl quick start gets a video, the resellers' page its envelope; the follow-ups take the same token."""
    bearer = {"Authorization": f"Bearer {server.key}"}

    ran = await server.client.post(f"/{TEXT_TO_VIDEO}", json=ARGUMENTS)
    envelope = (await server.client.post(f"/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers=bearer)).json()
    status = await server.client.get(envelope["status_url"], headers=bearer)

    assert "video" in ran.json()
    assert list(envelope) == [
        "status",
        "request_id",
        "response_url",
        "status_url",
        "cancel_url",
        "logs",
        "metrics",
        "queue_position",
    ]
    assert envelope["response_url"] == f"{server.url}/{APP}/requests/{envelope['request_id']}"
    assert status.json()["request_id"] == envelope["request_id"]


@pytest.mark.parametrize(("setting", "key"), [("run", "video"), ("gateway", "request_id")])
async def test_a_bare_host_can_be_pinned(serve: Serve, setting, key):
    """Then the scheme does not matter there either."""
    async with serve(bare_host=setting) as server:
        for scheme in ("Key", "Bearer"):
            headers = {"Authorization": f"{scheme} {server.key}"}
            assert key in (await server.client.post(f"/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers=headers)).json()


@pytest.mark.parametrize(
    ("host", "key"), [("queue.localhost", "request_id"), ("q.example", "request_id"), ("fal.run", "video")]
)
async def test_a_host_name_can_be_the_queue_or_the_run_host(serve: Serve, host, key):
    """A first label `queue`, a configured name, and the platform's own."""
    async with serve(queue_hosts="q.example") as server:
        answer = await server.client.post(f"/{TEXT_TO_VIDEO}", json=ARGUMENTS, headers={"Host": host})

    assert answer.status_code == 200
    assert key in answer.json()


async def test_urls_carry_the_base_the_caller_used(server: Served):
    """By prefix under that prefix, by host under that host; never a host that nobody vouches for."""
    asked = {
        f"/queue/{TEXT_TO_VIDEO}": {},
        f"/gateway/{TEXT_TO_VIDEO}": {},
        f"/queue/{TEXT_TO_VIDEO}/": {"Host": "queue.localhost:99"},
        f"/{TEXT_TO_VIDEO}": {"Host": "queue.localhost:99"},
        f"/queue/{TEXT_TO_VIDEO}?x=1": {"Host": "evil.example"},
    }
    bases = []
    for path, headers in asked.items():
        envelope = (await server.client.post(path, json=ARGUMENTS, headers=headers)).json()
        bases.append(envelope["response_url"].removesuffix(f"/{APP}/requests/{envelope['request_id']}"))

    assert bases == [
        f"{server.url}/queue",
        f"{server.url}/queue",
        "http://queue.localhost:99/queue",
        "http://queue.localhost:99",
        f"{server.url}/queue",
    ]


async def test_follow_ups_are_answered_everywhere(serve: Serve):
    """On every base, in both forms, with and without a trailing slash, and never by a redirect."""
    async with serve(runners=0) as server:
        for prefix, base, slash in product(("", "/run", "/queue", "/gateway"), (APP, TEXT_TO_VIDEO), ("", "/")):
            request_id = (await server.submit())["request_id"]
            url = f"{prefix}/{base}/requests/{request_id}"
            answers = [
                await server.client.get(f"{url}/status{slash}"),
                await server.client.get(f"{url}{slash}"),
                await server.client.get(f"{url}/response{slash}"),
                await server.client.put(f"{url}/cancel{slash}"),
            ]
            assert [answer.status_code for answer in answers] == [202, 400, 400, 200], (prefix, base, slash)


async def test_repeated_slashes_are_one(serve: Serve):
    """As a client with a base that ends in a slash sends them."""
    async with serve(runners=0) as server:
        request_id = (await server.submit())["request_id"]
        answer = await server.client.get(MANY_SLASHES.format(url=server.url, app=APP, id=request_id))

    assert answer.status_code == 202


async def test_percent_encoding_is_undone_once(server: Served):
    """`%2F` is a slash; `%252F` is not."""
    once = await server.client.post(f"/queue/{TEXT_TO_VIDEO}".replace("-", "%2D"), json=ARGUMENTS)
    twice = await server.client.post(f"/queue/{TEXT_TO_VIDEO}".replace("-", "%252D"), json=ARGUMENTS)

    assert (once.status_code, twice.status_code) == (200, 404)


WRONG_METHODS = [
    ("GET", f"/run/{TEXT_TO_VIDEO}", "POST"),
    ("GET", f"/queue/{TEXT_TO_VIDEO}", "POST"),
    ("GET", f"/{TEXT_TO_VIDEO}", "POST"),
    ("PUT", f"/{TEXT_TO_VIDEO}", "POST"),
    ("HEAD", f"/{TEXT_TO_VIDEO}", "POST"),
    ("POST", "/queue/{request}/status", "GET, HEAD"),
    ("POST", "/queue/{request}", "GET, HEAD"),
    ("DELETE", "/queue/{request}", "GET, HEAD"),
    ("GET", "/queue/{request}/cancel", "PUT"),
    ("POST", "/queue/{request}/cancel", "PUT"),
    ("POST", "/files/x.mp4", "GET, HEAD, PUT"),
    ("POST", "/metrics", "GET, HEAD"),
]


async def test_a_wrong_method_is_405_and_has_no_effect(serve: Serve):
    """With Allow, a JSON body, and the request still waiting."""
    async with serve(runners=0) as server:
        request_id = (await server.submit())["request_id"]
        for method, path, allow in WRONG_METHODS:
            answer = await server.client.request(method, path.format(request=f"{APP}/requests/{request_id}"))
            assert (answer.status_code, answer.headers["allow"]) == (405, allow), (method, path)
            assert method == "HEAD" or answer.json() == {"detail": "Method Not Allowed"}
        status = await server.client.get(f"/queue/{APP}/requests/{request_id}/status")

    assert status.json()["status"] == "IN_QUEUE"


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("POST", "/queue/fal-ai/no-such/v1", 'Application "no-such" not found'),
        ("POST", "/run/nobody/kling-video/v1", 'Application "kling-video" not found'),
        ("POST", f"/queue/{APP}/v9/x", "Path /v9/x not found"),
        ("GET", "/favicon.ico", 'Application "favicon.ico" not found'),
        ("POST", f"/run/{TEXT_TO_VIDEO}/stream", f"Path /run/{TEXT_TO_VIDEO}/stream not found"),
        ("GET", "/files/nothing.mp4", "File not found; it never existed or its retention has ended"),
    ],
)
async def test_what_is_not_there_is_404_in_json(server: Served, method, path, detail):
    """The text says what is unknown: the application, the path inside it, or the route."""
    answer = await server.client.request(method, path, json=ARGUMENTS if method == "POST" else None)

    assert (answer.status_code, answer.json()) == (404, {"detail": detail})
    assert answer.headers["content-type"] == "application/json"


async def test_an_unknown_path_bills_nothing(server: Served):
    """As the platform's own handler says it."""
    answer = await server.client.post(f"/run/{APP}/v9/x", json=ARGUMENTS)

    assert answer.headers["x-fal-billable-units"] == "0"


async def test_a_websocket_is_refused_with_404(server: Served):
    """The real-time call is not offered."""
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
    }

    assert (await server.client.get(f"/{TEXT_TO_VIDEO}/realtime", headers=upgrade)).status_code == 404


@pytest.mark.parametrize("path", [f"/{TEXT_TO_VIDEO}", f"/queue/{APP}/requests/x/status", "/files/x.mp4", "/nowhere"])
async def test_a_preflight_needs_no_key_and_echoes_the_headers(server: Served, path):
    """`*` does not cover `authorization`, so the list comes back as it was asked."""
    asked = "authorization,content-type,x-fal-queue-priority,x-fal-request-timeout"
    headers = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        answer = await stranger.options(path, headers=headers)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == asked
    assert {"GET", "POST", "PUT", "DELETE"} <= set(answer.headers["access-control-allow-methods"].split(", "))
    assert int(answer.headers["access-control-max-age"]) >= 600


async def test_every_answer_can_be_read_by_a_browser(server: Served):
    """Errors included; without the exposed id the JavaScript result has none."""
    answers = [
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json=ARGUMENTS),
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", json={}),
        await server.client.post(f"/run/{TEXT_TO_VIDEO}", headers={"Authorization": "Key wrong"}),
        await server.client.get("/nowhere"),
        await server.client.get("/files/x.mp4"),
        await server.client.get("/health/live"),
    ]

    assert [answer.status_code for answer in answers] == [200, 422, 401, 404, 404, 200]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "x-fal-request-id" in answer.headers["access-control-expose-headers"]


async def test_the_server_says_what_it_is(server: Served):
    """For people, for load balancers and for Prometheus; none of it needs a key."""
    async with httpx.AsyncClient(base_url=server.url) as stranger:
        home = await stranger.get("/")
        live = await stranger.get("/health/live")
        ready = await stranger.get("/health/ready")
        head = await stranger.head("/health/ready")
        metrics = await stranger.get("/metrics")

    assert home.json()["name"] == "mutoscope"
    assert home.json()["links"]["ready"] == f"{server.url}/health/ready"
    assert (live.status_code, ready.status_code, head.status_code) == (200, 200, 200)
    assert ready.json()["ready"] is True
    assert 'mutoscope_http_responses_total{status="200",surface="live"}' in metrics.text


async def test_ready_says_no_when_the_server_stops_accepting(serve: Serve):
    """A load balancer sends no more; a submit that comes all the same is told to try again."""
    async with serve(runners=0) as server:
        server.app.house.service.stop_accepting()
        ready = await server.client.get("/health/ready")
        refused = await server.client.post(f"/queue/{TEXT_TO_VIDEO}", json=ARGUMENTS)

    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert refused.status_code == 503
    assert refused.headers["x-fal-needs-retry"] == "1"
    assert int(refused.headers["retry-after"]) > 0
