"""
The whole surface of every client that this server answers to: one process for each, all at once, one check at a time.

The programs are in `surface/`; each prints what it saw. `docs/clients.md` says what works with which client.
"""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.contract.conftest import NODE_MODULES, ROOT, Receiver, photo, run, tool
from tests.live import LiveServer, wait_until

PROGRAMS = Path(__file__).with_name("surface")
PYTHON = {f"fal-client {version}": ROOT / f".cache/fal-client-{version}" for version in ("0.5.9", "0.13.2")}
"""Beside the one that is installed."""
INSTALLED = "fal-client 1.0.3"
JAVASCRIPT = {f"@fal-ai/client 1.10.1 {road}": road for road in ("direct", "proxy")}
CLIENTS = [*PYTHON, INSTALLED, *JAVASCRIPT]

pytestmark = pytest.mark.parametrize("client", CLIENTS)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[dict[str, Future[dict[str, Any]]]]:
    """What each client saw; they all run at once."""
    folder = tmp_path_factory.mktemp("matrix")
    image = folder / "picture.jpg"
    image.write_bytes(photo())
    common = {"engine": "null", "null_log_lines": 2, "allow_private_networks": 1}
    with (
        LiveServer(folder / "busy", common | {"null_seconds": 0.2, "runners": 2}) as busy,
        ThreadPoolExecutor(len(CLIENTS)) as pool,
    ):

        def ask(client: str) -> dict[str, Any]:
            place = folder / client.replace("/", "-").replace(" ", "-")
            place.mkdir()
            environment = busy.client_environment()
            for name in ("FAL_RUN_HOST", "FAL_QUEUE_RUN_HOST"):
                environment.pop(name, None)
            if client in JAVASCRIPT:
                program, road = place / "js_client.mjs", [JAVASCRIPT[client]]
                program.write_text((PROGRAMS / program.name).read_text("utf-8"))
                (place / "node_modules").symlink_to(NODE_MODULES)
            else:
                program, road = PROGRAMS / "python_client.py", []
                if client in PYTHON:
                    environment["PYTHONPATH"] = str(PYTHON[client])
            hook = f"{receiver.url}/hook?client={place.name}&x=a%20b"
            # One that runs nothing for each: places in line are counted, and nobody else may stand between.
            with LiveServer(place / "idle", common | {"runners": 0}) as idle:
                interpreter = tool("node") if client in JAVASCRIPT else sys.executable
                printed = run([interpreter, program, busy.url, idle.url, hook, str(image), *road], environment, place)
            answer: dict[str, Any] = json.loads(printed)
            return answer

        yield {client: pool.submit(ask, client) for client in CLIENTS if is_here(client)}


def is_here(client: str) -> bool:
    """Whether this machine has the client."""
    if client in JAVASCRIPT:
        return (NODE_MODULES / "@fal-ai/client").is_dir()
    return client == INSTALLED or PYTHON[client].is_dir()


@pytest.fixture
def told(client: str, seen: dict[str, Future[dict[str, Any]]]) -> dict[str, Any]:
    """What this client saw."""
    if client in JAVASCRIPT:
        tool("node")
    if client not in seen:
        pytest.skip(f"{client} is not in .cache (scripts/test puts it there)")
    return seen[client].result(timeout=60)


def is_video(output: Any) -> bool:
    """Whether an output is that of a video endpoint."""
    return bool(output["video"]["content_type"] == "video/mp4" and output["video"]["file_size"] > 0)


def test_the_client_is_the_one_that_is_meant(client: str, told: dict[str, Any]):
    """Of Python; the other has no version that it tells."""
    assert client in JAVASCRIPT or f"fal-client {told['version']}" == client


def test_run_and_subscribe_bring_the_video(client: str, told: dict[str, Any]):
    """By waiting, by polling, and by the stream where there is one; the lines of the log come once each."""
    lines = [f"null engine: line {n} of 2" for n in (1, 2)]
    assert is_video(told["run"]) and is_video(told["result"])
    if client in JAVASCRIPT:
        assert told["run_id"] == 36
        for mode in ("polling", "streaming"):
            followed = told[mode]
            assert is_video(followed["data"]) and followed["same_id"] and followed["last"] == "COMPLETED"
            assert [line for line in followed["lines"] if line.startswith("null engine")] == lines
        return
    assert is_video(told["subscribe"]) and told["subscribe_id"] == 36
    assert "Completed" in told["updates"]
    assert [line for line in told["lines"] if line.startswith("null engine")] == lines


def test_what_is_made_from_an_id_equals_what_was_handed_out(client: str, told: dict[str, Any]):
    """Handles in Python; the id of the result in JavaScript."""
    if client in JAVASCRIPT:
        assert told["result_id_equal"]
    else:
        assert told["handle_equal"] and told["result_again"]
    assert told["metrics"]["inference_time"] > 0


def test_the_status_stream_works_with_a_key_and_with_a_token(client: str, told: dict[str, Any]):
    """Each ends with one COMPLETED; the token is made, and sent, by the client itself."""
    if client not in JAVASCRIPT:  # which has no status stream
        return
    assert told["stream_server"][-1] == "COMPLETED" and told["stream_server"].count("COMPLETED") == 1
    assert told["stream_client"] == ["COMPLETED"]


def test_the_webhook_is_called_at_its_address(client: str, told: dict[str, Any], receiver: Receiver):
    """Byte for byte, with the id and the output."""
    name = client.replace("/", "-").replace(" ", "-")

    path, post = wait_until(
        lambda: next((it for it in receiver.posts if parse_qs(urlsplit(it[0]).query)["client"] == [name]), None),
        what="the webhook",
    )

    assert path == f"/hook?client={name}&x=a%20b&id=1"
    assert (post["request_id"], post["status"]) == (told["webhook_request_id"], "OK")
    assert is_video(post["payload"])


def test_an_upload_can_be_used_at_once(client: str, told: dict[str, Any]):
    """A picture that the client uploaded is the input of a video."""
    assert told["uploaded"].startswith("http://127.0.0.1:") and is_video(told["of_upload"])
    assert client in JAVASCRIPT or is_video(told["of_data_uri"])


def test_order_and_priority(client: str, told: dict[str, Any]):
    """Who comes later waits behind; low waits behind normal. Versions without priorities have none to test."""
    assert told["behind"] == 1
    assert told.get("low_behind_normal", True)


def test_cancel(client: str, told: dict[str, Any]):
    """A cancelled request is over, its result a 499; what is finished stays."""
    assert told["after_cancel"] in ("Completed", "COMPLETED")
    assert told["cancelled"]["status"] == 499
    assert told["cancelled"]["body"]["error_type"] == "client_cancelled"
    assert (told["late_cancel"]["status"], told["late_cancel"]["body"]) == (400, {"status": "ALREADY_COMPLETED"})


def test_mistakes_are_told(client: str, told: dict[str, Any]):
    """Invalid arguments now and later, unknown names, a wrong key, a result asked for too early."""
    problems = {name: [it["type"] for it in told[name]["body"]["detail"]] for name in ("run_invalid", "submit_invalid")}
    statuses = {name: told[name]["status"] for name in ("unknown_app", "unknown_request", "wrong_key")}

    assert problems == {"run_invalid": ["literal_error"], "submit_invalid": ["missing", "literal_error"]}
    assert statuses == {"unknown_app": 404, "unknown_request": 404, "wrong_key": 401}
    assert told["wrong_key"]["body"] == {"detail": "No user found for Key ID and Secret"}
    if client in JAVASCRIPT:
        assert told["run_invalid"]["kind"] == "ValidationError"
        assert told["not_ready"]["status"] == 400  # the Python client waits instead


def test_a_start_timeout_is_a_504_of_the_user(client: str, told: dict[str, Any]):
    """Which no client tries again; 0.5.9 does not know it."""
    if "start_timeout" not in told:
        assert client == "fal-client 0.5.9"
        return
    late = told["start_timeout"]
    assert (late["status"], late["body"]["error_type"]) == (504, "request_timeout")
    whose = late["timeoutType"] if client in JAVASCRIPT else late["headers"]["x-fal-request-timeout-type"]
    assert whose == "user"


def test_the_page_names_the_client(client: str):
    """Who is tested here has a row in docs/clients.md."""
    assert f"\n| `{client}` |" in (ROOT / "docs/clients.md").read_text("utf-8")
