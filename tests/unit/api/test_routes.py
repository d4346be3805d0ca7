"""Where paths lead, and which door a POST means."""

import pytest

from mutoscope.api.routes import ALLOW, RESERVED, Door, Kind, Route, door_of, host_role, resolve
from mutoscope.limits import ENDPOINT_ID_CHARS_MAX

ID = "727028ec-aa98-4073-9bcd-0acb386abcfc"
APP = "fal-ai/kling-video"
ENDPOINT = f"{APP}/v2.5-turbo/pro/image-to-video"


@pytest.mark.parametrize("prefix", ["", "run", "queue", "gateway"])
@pytest.mark.parametrize("base", [APP, ENDPOINT])
@pytest.mark.parametrize(
    ("tail", "kind"),
    [
        ("", Kind.RESULT),
        ("/response", Kind.RESULT),
        ("/status", Kind.STATUS),
        ("/status/stream", Kind.STREAM),
        ("/cancel", Kind.CANCEL),
    ],
)
def test_request_routes_are_served_on_every_base_in_both_forms(prefix, base, tail, kind):
    """Clients send the application, fal's documents print the whole endpoint id; both name the application."""
    path = f"{'/' if prefix else ''}{prefix}/{base}/requests/{ID}{tail}"

    assert resolve(path) == Route(kind, prefix, APP, ID)


@pytest.mark.parametrize(
    "path",
    [
        f"/queue/{APP}/requests/{ID}/status/",
        f"//queue//{APP}/requests///{ID}/status",
        f"/queue/{APP}/requests/{ID}/status//",
    ],
)
def test_slashes_too_many_change_nothing(path):
    """Trailing and repeated slashes are answered, not redirected."""
    assert resolve(path) == Route(Kind.STATUS, "queue", APP, ID)


@pytest.mark.parametrize(
    ("path", "route"),
    [
        ("/", Route(Kind.HOME)),
        ("", Route(Kind.HOME)),
        ("/health/live", Route(Kind.LIVE)),
        ("/health/ready/", Route(Kind.READY)),
        ("/metrics", Route(Kind.METRICS)),
        ("/openapi.json", Route(Kind.OPENAPI)),
        ("/api/openapi/queue/openapi.json", Route(Kind.ENDPOINT_OPENAPI)),
        ("/v1/models/pricing/estimate", Route(Kind.PLATFORM, target="models/pricing/estimate")),
        ("/api/fal/proxy", Route(Kind.PROXY)),
        ("/files/2026/a_output.mp4", Route(Kind.FILE, target="2026/a_output.mp4")),
        ("/files/ab/c.png/3", Route(Kind.PART, target="ab/c.png", part="3")),
        ("/files/ab/c.png/complete", Route(Kind.PARTS_END, target="ab/c.png")),
        ("/files/ab/c.png/multipart/u1/3", Route(Kind.PART, target="ab/c.png", upload_id="u1", part="3")),
        ("/files/ab/c.png/multipart/u1/complete", Route(Kind.PARTS_END, target="ab/c.png", upload_id="u1")),
        ("/rest/storage/upload/initiate", Route(Kind.UPLOAD)),
        ("/storage/upload/initiate", Route(Kind.UPLOAD)),
        ("/rest/storage/upload/initiate-multipart", Route(Kind.UPLOAD_IN_PARTS)),
        ("/rest/storage/auth/token", Route(Kind.CDN_TOKEN)),
        ("/rest/tokens/", Route(Kind.TOKEN)),
        ("/tokens/realtime", Route(Kind.TOKEN)),
        ("/.well-known/jwks.json", Route(Kind.JWKS)),
        ("/cdn/files/upload", Route(Kind.CDN_UPLOAD)),
        ("/files/upload", Route(Kind.CDN_UPLOAD)),
        ("/files/upload/multipart", Route(Kind.CDN_UPLOAD_IN_PARTS)),
        (f"/run/{ENDPOINT}/stream", Route(Kind.PARTIALS, "run", ENDPOINT)),
        (f"/{ENDPOINT}", Route(Kind.ENDPOINT, "", ENDPOINT)),
        (f"/run/{ENDPOINT}/", Route(Kind.ENDPOINT, "run", ENDPOINT)),
        ("/queue/lonely", Route(Kind.ENDPOINT, "queue", "lonely")),
    ],
)
def test_each_path_has_its_kind(path, route):
    """The map at the top of routes.py, line by line."""
    assert resolve(path) == route


@pytest.mark.parametrize(
    "path",
    [
        "/queue",
        "/files",
        "/files/",
        "/health",
        "/metrics/more",
        "/rest/storage/upload",
        "/cdn/files/a/b.png",
        "/v1",
        "/api/fal/proxy/more",
        "/files/a/b.png/multipart/u1",
        f"/run/{ENDPOINT}/realtime",
        f"/{APP}/requests/{ID}/unknown",
        f"/{APP}/requests/{ID}/status/stream/more",
        "/" + "a/" * ENDPOINT_ID_CHARS_MAX,
    ],
)
def test_what_is_not_served_leads_nowhere(path):
    """WebSockets, unknown tails and reserved names are 404."""
    assert resolve(path).kind is Kind.NOTHING


def test_a_namespace_comes_before_the_owner():
    """In `workflows/owner/app/…` the application has three segments."""
    assert resolve(f"/queue/workflows/me/mine/requests/{ID}") == Route(Kind.RESULT, "queue", "workflows/me/mine", ID)
    assert resolve(f"/comfy/me/requests/{ID}").kind is Kind.ENDPOINT


def test_requests_counts_only_after_an_application():
    """`requests` in the place of an owner or app is a name like any other."""
    assert resolve(f"/requests/{ID}") == Route(Kind.ENDPOINT, "", f"requests/{ID}")
    assert resolve(f"/owner/requests/{ID}") == Route(Kind.ENDPOINT, "", f"owner/requests/{ID}")
    assert resolve(f"/{APP}/requests").kind is Kind.ENDPOINT


def test_a_request_id_may_be_any_text():
    """What is no id is unknown, and the door that says so needs to see it."""
    assert resolve("/queue/a/b/requests/not a uuid/status").request_id == "not a uuid"


@pytest.mark.parametrize(
    ("prefix", "role", "scheme", "setting", "door"),
    [
        ("run", "queue", "bearer", "gateway", Door.RUN),
        ("queue", "run", "key", "run", Door.QUEUE),
        ("gateway", "", "key", "run", Door.GATEWAY),
        ("", "queue", "bearer", "auto", Door.QUEUE),
        ("", "run", "bearer", "gateway", Door.RUN),
        ("", "rest", "key", "run", None),
        ("", "", "key", "auto", Door.RUN),
        ("", "", "", "auto", Door.RUN),
        ("", "", "bearer", "auto", Door.GATEWAY),
        ("", "", "bearer", "run", Door.RUN),
        ("", "", "key", "gateway", Door.GATEWAY),
    ],
)
def test_prefix_beats_host_beats_scheme(prefix, role, scheme, setting, door):
    """The first rule that applies decides; a scheme decides nothing on an explicit address."""
    assert door_of(prefix, role, scheme, setting) is door


@pytest.mark.parametrize(
    ("host", "role"),
    [
        ("queue.fal.run", "queue"),
        ("queue.example.com", "queue"),
        ("queue.localhost", "queue"),
        ("q.example.com", "queue"),
        ("fal.run", "run"),
        ("falrun.com", "run"),
        ("rest.fal.ai", "rest"),
        ("localhost", ""),
        ("127.0.0.1", ""),
        ("queueing.example.com", ""),
        ("", ""),
    ],
)
def test_host_names_have_roles(host, role):
    """Configured names, a first label `queue` or `rest`, and the platform's own names; all else is bare."""
    assert host_role(host, ("q.example.com",)) == role


def test_every_kind_that_is_served_names_its_methods():
    """A kind without methods would answer 500 where 405 is due."""
    assert set(ALLOW) == set(Kind) - {Kind.NOTHING}


def test_reserved_names_are_no_owners():
    """A path below a reserved name never reaches the catalog."""
    for name in RESERVED - {"run", "queue", "gateway"}:
        assert resolve(f"/{name}/app/path").kind is not Kind.ENDPOINT
