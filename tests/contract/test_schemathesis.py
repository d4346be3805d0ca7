"""Calls made from the server's own OpenAPI document, good and bad, against a real server: it answers as documented."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mutoscope.catalog.load import load_catalog
from tests.live import LiveServer, clean_environment, wait_until

ROOT = Path(__file__).parents[2]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
HOOKS = "tests.contract.made_calls"
CHECKS = ",".join(
    (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
        "unsupported_method",
        "allow_header_conformance",
        "ignored_auth",
    )
)
TEXT_TO_VIDEO = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
APP = {"owner": "fal-ai", "app": "kling-video"}
REQUEST = "/queue/{owner}/{app}/requests/{request_id}"
FILE = "/files/{folder}/{name}"
DOORS = ("run", "queue", "gateway")

Real = dict[str, list[dict[str, dict[str, Any]]]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose engine needs no time."""
    folder = tmp_path_factory.mktemp("schemathesis") / "data"
    with LiveServer(folder, {"engine": "null", "null_seconds": 0, "runners": 1}) as live:
        yield live


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Iterator[httpx.Client]:
    """A client that knows the key."""
    with httpx.Client(base_url=server.url, headers={"Authorization": f"Key {server.key}"}) as client:
        yield client


@pytest.fixture(scope="module")
def real(client: httpx.Client) -> Real:
    """What exists, for calls that have to name something that does."""
    good, bad, forgotten = (ended(client, body) for body in ({"prompt": "a boat"}, {}, {"prompt": "another"}))
    video = client.get(f"/queue/fal-ai/kling-video/requests/{good}").json()["video"]["url"]
    requests = [{"path": APP | {"request_id": request_id}} for request_id in (good, bad)]
    proxied = f"https://queue.fal.run/fal-ai/kling-video/requests/{good}"
    return {
        f"GET {REQUEST}": requests,
        f"GET {REQUEST}/status": requests,
        f"GET {REQUEST}/status/stream": requests,
        f"PUT {REQUEST}/cancel": requests,
        "DELETE /v1/models/requests/{request_id}/payloads": [{"path": {"request_id": forgotten}}],
        f"GET {FILE}": [{"path": place(video)}, {"path": place(video), "headers": {"Range": "bytes=0-9"}}],
        "GET /api/fal/proxy": [{"headers": {"x-fal-target-url": proxied}}],
        "PUT /api/fal/proxy": [{"headers": {"x-fal-target-url": f"{proxied}/cancel"}}],
        "POST /api/fal/proxy": [{"headers": {"x-fal-target-url": f"https://fal.run/{TEXT_TO_VIDEO}"}}],
    } | uploads(client)


def ended(client: httpx.Client, body: dict[str, Any]) -> str:
    """The id of a request that is over."""
    envelope = client.post(f"/queue/{TEXT_TO_VIDEO}", json=body).json()
    wait_until(lambda: client.get(envelope["status_url"]).status_code == 200, what="the request is over")
    request_id: str = envelope["request_id"]
    return request_id


def uploads(client: httpx.Client) -> Real:
    """Addresses of uploads that have begun: signed, signed in parts, in parts by token."""
    file = {"file_name": "a.png", "content_type": "image/png"}
    signed, parted = (
        client.post(f"/storage/upload/{kind}", json=file).json() for kind in ("initiate", "initiate-multipart")
    )
    begun = client.post("/files/upload/multipart", headers={"Content-Type": "image/png"}).json()
    tokens = {each["file_url"]: {"upload": each["upload_url"].split("?upload=")[1]} for each in (signed, parted)}
    by_query = {"path": place(parted["file_url"]) | {"part": "1"}, "query": tokens[parted["file_url"]]}
    by_path = {"path": place(begun["access_url"]) | {"part": "1", "upload_id": begun["uploadId"]}}
    sent = client.put(parted["upload_url"].replace("?", "/1?"), content=b"picture").json()
    return {
        f"PUT {FILE}": [{"path": place(signed["file_url"]), "query": tokens[signed["file_url"]]}],
        f"PUT {FILE}/{{part}}": [by_query],
        f"POST {FILE}/complete": [by_query, by_query | {"body": {"parts": [sent]}}],
        f"PUT {FILE}/multipart/{{upload_id}}/{{part}}": [by_path],
        f"POST {FILE}/multipart/{{upload_id}}/complete": [by_path],
    }


def place(url: str) -> dict[str, str]:
    """The two parts of a file's key."""
    folder, name = url.partition("/files/")[2].split("/")
    return {"folder": folder, "name": name}


def conforms(server: LiveServer, real: Real, *options: str, timeout_s: float) -> None:
    """Run schemathesis over the document; what it finds is the message."""
    command: list[str | Path] = [SCHEMATHESIS, "--no-color", "run", f"{server.url}/openapi.json"]
    command += ["--header", f"Authorization:Key {server.key}", "--checks", CHECKS, "--mode", "all"]
    command += ["--phases", "examples,coverage,fuzzing", "--generation-deterministic", "--no-shrink"]
    command += ["--warnings", "off", "--continue-on-failure"]
    done = subprocess.run(
        [*command, *options],
        env=clean_environment({"SCHEMATHESIS_HOOKS": HOOKS, "MADE_CALLS": json.dumps(real), "PYTHONPATH": str(ROOT)}),
        cwd=server.data_dir.parent,  # it leaves notes where it runs
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def included(paths: list[str]) -> list[str]:
    """Options that keep to these paths."""
    return [option for path in paths for option in ("--include-path", path)]


def own_paths(client: httpx.Client) -> list[str]:
    """Paths of the document that are no endpoint's."""
    paths = client.get("/openapi.json").json()["paths"]
    return [path for path in paths if path.split("/")[1] not in DOORS or "{" in path]


def shapes() -> list[str]:
    """One endpoint of each shape of input: names and types of its fields, and kinds of its rules."""
    found = {
        (*((field.name, field.type) for field in each.fields), *(rule.kind for rule in each.rules)): each.id
        for each in reversed(list(load_catalog()))
    }
    return list(found.values())


def statuses(client: httpx.Client) -> dict[str, set[int]]:
    """The codes that were answered, by kind of path."""
    found: dict[str, set[int]] = {}
    counted = re.findall(r'http_responses_total\{status="(\d+)",surface="([a-z-]+)"\}', client.get("/metrics").text)
    for status, kind in counted:
        found.setdefault(kind, set()).add(int(status))
    return found


@pytest.mark.timeout(300)
def test_routes_answer_as_documented(server: LiveServer, client: httpx.Client, real: Real):
    """Requests, files, storage, tokens, platform and the server's own pages; and the calls did get somewhere."""
    conforms(server, real, *included(own_paths(client)), "--max-examples", "8", timeout_s=290)

    answered = statuses(client)
    assert {200, 400, 401, 403, 404, 405, 422} <= set().union(*answered.values())
    assert {kind for kind, codes in answered.items() if not codes & {200, 201, 206}} <= {"cancel", "partials", "proxy"}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("door", DOORS)
def test_doors_answer_as_documented(server: LiveServer, real: Real, door: str):
    """Every shape of input on one door or another, in turn."""
    mine = [endpoint_id for at, endpoint_id in enumerate(shapes()) if DOORS[at % len(DOORS)] == door]

    conforms(server, real, *included([f"/{door}/{each}" for each in mine]), "--max-examples", "3", timeout_s=290)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_everything_answers_as_documented(server: LiveServer, real: Real):
    """All endpoints on all doors, with many more calls."""
    workers = str(min(4, os.cpu_count() or 1))
    conforms(server, real, "--max-examples", "30", "--workers", workers, timeout_s=1790)
