"""Which host, scheme and prefix the URLs handed out carry."""

from pathlib import Path
from typing import Any

import pytest

from mutoscope.api.bases import Bases
from mutoscope.service import Base
from mutoscope.settings import load_settings
from tests.unit.api.asgi import a_call

ENDPOINT = "/fal-ai/kling-video/v1/standard/text-to-video"


def bases(**settings: Any) -> Bases:
    """The bases under these settings."""
    return Bases(load_settings({"data_dir": Path("/nonexistent"), **settings}, environ={}))


def origin(host: str, *, of: Bases | None = None, **facts: Any) -> str:
    """The public base of a call with this Host header."""
    headers = [("Host", host), *facts.pop("headers", [])]
    return (of or bases()).base(a_call(path=ENDPOINT, headers=headers, **facts)).public


@pytest.mark.parametrize(
    ("prefix", "queue"),
    [
        ("/queue", "http://localhost:8000/queue"),
        ("/run", "http://localhost:8000/queue"),
        ("/gateway", "http://localhost:8000/queue"),
        ("", "http://localhost:8000"),
    ],
)
def test_the_queue_base_follows_the_prefix_of_the_call(prefix, queue):
    """A handle made of the answer's URLs equals the one that the client builds from its own base."""
    base = bases().base(a_call(path=prefix + ENDPOINT, headers=[("Host", "localhost:8000")]))

    assert base == Base("http://localhost:8000", queue)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "LOCALHOST:9", "queue.localhost:8000", "127.0.0.1:8000", "127.1.2.3", "[::1]:8000"],
)
def test_loopback_names_are_believed(host):
    """They lead nowhere but here."""
    assert origin(host) == f"http://{host.lower()}"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "10.0.0.1",
        "localhost:8000@evil.example",
        "localhost/../evil",
        "localhost:99999999",
        "a b",
        "[::1",
    ],
)
def test_a_strange_host_is_replaced_by_the_address_of_the_connection(host, caplog):
    """With a warning that names the settings, once per host."""
    known = bases()

    assert origin(host, of=known) == "http://127.0.0.1:8000"
    assert origin(host, of=known) == "http://127.0.0.1:8000"
    assert caplog.text.count("allowed_hosts") == 1


def test_no_host_at_all_is_nobodys_mistake(caplog):
    """HTTP/1.0 has none; the address of the connection stands in without a word."""
    assert bases().base(a_call(path=ENDPOINT)).public == "http://127.0.0.1:8000"
    assert caplog.text == ""


def test_hosts_on_the_list_are_believed():
    """allowed_hosts, queue_hosts, the listen address, and `queue.` before an allowed name."""
    known = bases(host="192.0.2.7", allowed_hosts="api.example,Other.Example:8443", queue_hosts="q.example")

    for host in ("api.example", "other.example", "q.example:1", "192.0.2.7:8000", "queue.api.example"):
        assert origin(host, of=known) == f"http://{host}"


def test_listening_everywhere_allows_no_name():
    """0.0.0.0 is nobody's address."""
    assert origin("0.0.0.0", of=bases(host="0.0.0.0"), server=("192.0.2.7", 8000)) == "http://192.0.2.7:8000"


def test_public_url_outranks_the_host():
    """Also the prefix hangs on it."""
    known = bases(public_url="https://video.example/kling/")
    base = known.base(a_call(path=f"/queue{ENDPOINT}", headers=[("Host", "localhost:8000")]))

    assert base == Base("https://video.example/kling", "https://video.example/kling/queue")


def test_the_scheme_is_the_connections():
    """TLS in the server gives https URLs."""
    assert origin("localhost:8443", scheme="https") == "https://localhost:8443"


def test_forwarded_headers_count_only_from_a_trusted_proxy():
    """Anyone can send them."""
    forwarded = [("X-Forwarded-Proto", "https, http"), ("X-Forwarded-Host", "api.example, inner")]

    assert origin("localhost", headers=forwarded) == "http://localhost"
    trusting = bases(trust_proxy=True, allowed_hosts="api.example")
    assert origin("localhost", of=trusting, headers=forwarded) == "https://api.example"


def test_a_trusted_proxy_cannot_invent_hosts_or_schemes():
    """What it forwards is checked like a Host header."""
    forwarded = [("X-Forwarded-Proto", "javascript"), ("X-Forwarded-Host", "evil.example")]

    assert origin("localhost", of=bases(trust_proxy=True), headers=forwarded) == "http://127.0.0.1:8000"


def test_an_ipv6_connection_gets_brackets():
    """RFC 3986, 3.2.2."""
    assert origin("evil.example", server=("::1", 8000)) == "http://[::1]:8000"


@pytest.mark.parametrize(
    ("host", "role"),
    [("queue.fal.run:443", "queue"), ("QUEUE.example", "queue"), ("fal.run", "run"), ("x.example", "")],
)
def test_roles_come_from_the_host_header(host, role):
    """Case and port do not matter."""
    assert bases().role(a_call(headers=[("Host", host)])) == role
