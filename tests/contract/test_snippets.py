"""The quick starts of the published pages, text unchanged but for addresses, print what the pages show."""

import ast
import json
import re
import ssl
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.live import LiveServer, RunScript, wait_until

SNIPPETS = Path(__file__).parent / "snippets"
PICTURES = re.compile(r"https://(?:storage\.googleapis\.com|v3\.fal\.media)/[^\s\"']+")
ENVELOPE = {
    "status", "request_id", "response_url", "status_url", "cancel_url", "logs", "metrics", "queue_position",
}  # fmt: skip


def names(pattern: str) -> list[str]:
    """The committed snippets of one language."""
    return sorted(path.name for path in SNIPPETS.glob(pattern))


def snippet(name: str, picture_url: str) -> str:
    """The page's text with its picture addresses replaced."""
    return PICTURES.sub(picture_url, (SNIPPETS / name).read_text("utf-8"))


def trust(environment: Mapping[str, str]) -> ssl.SSLContext:
    """The authorities that a client with this environment trusts."""
    return ssl.create_default_context(cafile=environment["SSL_CERT_FILE"])


def assert_shows_a_video(result: Any, server: LiveServer, environment: dict[str, str]) -> None:
    """The output of the page (`video.url`), and the address really serves an MP4."""
    video = result["video"]
    assert video["content_type"] == "video/mp4"
    assert video["url"].startswith(server.url + "/files/")
    with httpx.Client(verify=trust(environment)) as client:
        file = client.get(video["url"])
    assert file.status_code == 200
    assert len(file.content) == video["file_size"]
    assert file.content[4:8] == b"ftyp"


def test_all_eleven_snippets_are_here():
    """Four in Python, three in JavaScript, four for curl."""
    assert [len(names("*.py")), len(names("*.mjs")), len(names("*.sh"))] == [4, 3, 4]


@pytest.mark.parametrize("name", names("*.py"))
def test_python_quick_start(name: str, tls_server: LiveServer, picture_url: str, run_python: RunScript):
    """With the environment of `mutoscope env` alone, the page's program prints its logs and the result."""
    environment = tls_server.client_environment()

    printed = run_python(snippet(name, picture_url), environment).splitlines()

    assert len(printed) > 1, "log lines come before the result"
    assert_shows_a_video(ast.literal_eval(printed[-1]), tls_server, environment)


@pytest.mark.parametrize("name", names("*.mjs"))
def test_javascript_quick_start(name: str, tls_server: LiveServer, picture_url: str, run_node: RunScript):
    """With one `fal.config` line added, the page's program prints its logs, the data and the request id."""
    environment = tls_server.client_environment()
    opening, rest = snippet(name, picture_url).split("\n", 1)

    printed = run_node(f"{opening}\n{tls_server.fal_config()}{rest}", environment)

    *lines, request_id = printed.strip().splitlines()
    assert str(uuid.UUID(request_id)) == request_id
    start = lines.index("{")
    assert start > 0, "log lines come before the result"
    literal = "\n".join(lines[start:])
    data = run_node(f"console.log(JSON.stringify(({literal})));", environment)
    assert_shows_a_video(json.loads(data), tls_server, environment)


@pytest.mark.parametrize("name", [name for name in names("*.sh") if not name.startswith("gateway")])
def test_curl_quick_start(name: str, tls_server: LiveServer, picture_url: str, run_shell: RunScript):
    """With the run host replaced by ours, curl prints the result as JSON."""
    environment = tls_server.client_environment()

    printed = run_shell(snippet(name, picture_url).replace("https://fal.run", tls_server.url), environment)

    assert_shows_a_video(json.loads(printed), tls_server, environment)


def test_gateway_curl(tls_server: LiveServer, picture_url: str, run_shell: RunScript):
    """A reseller's curl line gets the queue envelope at once, and its addresses are ours and take the same token."""
    environment = tls_server.client_environment()
    text = snippet("gateway_v2.5_turbo_pro_image_to_video.sh", picture_url)
    text = text.replace("https://www.kkiai.com", tls_server.url).replace("<token>", tls_server.key)

    envelope = json.loads(run_shell(text, environment))

    assert envelope.keys() == ENVELOPE
    assert (envelope["status"], envelope["logs"], envelope["metrics"]) == ("IN_QUEUE", None, {})
    assert isinstance(envelope["queue_position"], int)
    own = re.compile(rf"{re.escape(tls_server.url)}(/queue)?/fal-ai/kling-video/requests/{envelope['request_id']}")
    assert own.fullmatch(envelope["response_url"])
    assert envelope["status_url"] == envelope["response_url"] + "/status"
    assert envelope["cancel_url"] == envelope["response_url"] + "/cancel"
    bearer = {"Authorization": f"Bearer {tls_server.key}"}
    with httpx.Client(verify=trust(environment), headers=bearer) as client:
        wait_until(
            lambda: client.get(envelope["status_url"]).json()["status"] == "COMPLETED", what="the gateway request"
        )
        result = client.get(envelope["response_url"])
    assert result.status_code == 200
    assert_shows_a_video(result.json(), tls_server, environment)
