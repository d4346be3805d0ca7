"""The official clients, unmodified, bring files: fal-client 1.0.3 and @fal-ai/client 1.10.1."""

import hashlib
import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live import LiveServer, RunScript

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that fetches nothing from private addresses, its own among them."""
    settings = {"engine": "null", "runners": 1}
    with LiveServer(tmp_path_factory.mktemp("uploads") / "data", settings) as server:
        yield server


def run_fal(body: str, server: LiveServer, run_python: RunScript) -> Any:
    """Run a Python program that is pointed at the server and has `say` to print its one answer as JSON."""
    opening = f"""
import asyncio, json, urllib.request
import fal_client
import mutoscope.clients
mutoscope.clients.use({server.url!r})
say = lambda answer: print(json.dumps(answer))
def read(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read(), answer.headers["content-type"]
"""
    return json.loads(run_python(opening + body, server.client_environment()))


def run_js(body: str, server: LiveServer, run_node: RunScript) -> Any:
    """Run a module that imports `fal`, is pointed at the server's storage and has `say`."""
    opening = f"""
import {{ fal }} from "@fal-ai/client";
fal.config({{ requestMiddleware: async (request) => ({{ ...request, url: request.url
  .replace("https://queue.fal.run", "{server.url}/queue").replace("https://rest.fal.ai", "{server.url}/rest") }}) }});
const say = (answer) => console.log(JSON.stringify(answer));
"""
    return json.loads(run_node(opening + body, server.client_environment()))


def content_of(url: str) -> tuple[bytes, str]:
    """A file and its content type."""
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read(), answer.headers["content-type"]


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_python_uploads_bytes(offline: LiveServer, run_python: RunScript, repository: str):
    """By CDN token and by signed URL; the synchronous and the asynchronous client."""
    body = """
data, kind, name = b"\\x89PNG" * 1000, "image/png", "my cat.png"
urls = [fal_client.upload(data, kind, name, repository=repository, fallback_repository=[])]
urls.append(asyncio.run(fal_client.upload_async(data, kind, name, repository=repository, fallback_repository=[])))
say(urls)
"""
    urls = run_fal(f"repository = {repository!r}\n{body}", offline, run_python)

    assert [content_of(url) for url in urls] == [(b"\x89PNG" * 1000, "image/png")] * 2
    assert all(url.endswith("/my-cat.png") for url in urls)


def test_python_uploads_a_large_file_in_parts(offline: LiveServer, run_python: RunScript, tmp_path: Path):
    """Above 100 MiB: eleven parts, several at once; what can be read is the file."""
    large = tmp_path / "large.bin"
    content = os.urandom(MIB) * 101
    large.write_bytes(content)

    url = run_fal(f"say(fal_client.upload_file({str(large)!r}))", offline, run_python)

    assert hashlib.sha256(content_of(url)[0]).digest() == hashlib.sha256(content).digest()
    assert not any((offline.data_dir / "uploads").iterdir())


def test_python_picture_becomes_a_video(offline: LiveServer, run_python: RunScript):
    """`upload_image`, then image-to-video with its URL, which this server could not fetch over the network."""
    body = """
from PIL import Image
url = fal_client.upload_image(Image.linear_gradient("L").resize((640, 360)).convert("RGB"), format="png")
arguments = {"prompt": "Waves", "image_url": url}
result = fal_client.subscribe("fal-ai/kling-video/v2.5-turbo/pro/image-to-video", arguments)
say(len(read(result["video"]["url"])[0]) == result["video"]["file_size"])
"""
    assert run_fal(body, offline, run_python) is True


def test_python_lifecycle_is_kept(offline: LiveServer, run_python: RunScript):
    """A hidden file is there for its key only."""
    body = """
import urllib.error
from fal_client import StorageACL, StorageSettings
wish = StorageSettings(expires_in="1h", initial_acl=StorageACL(default="hide"))
url = fal_client.upload(b"x", "image/png", "a.png", lifecycle=wish)
try:
    read(url)
except urllib.error.HTTPError as error:
    status = error.code
    error.close()
mine = urllib.request.urlopen(urllib.request.Request(url, headers={"Authorization": "Key test-key"}))
say([status, mine.status])
mine.close()
"""
    assert run_fal(body, offline, run_python) == [404, 200]


def test_javascript_uploads_a_blob(offline: LiveServer, run_node: RunScript):
    """The name of a File is kept as far as it is harmless; a Blob without a type is bytes."""
    body = """
const named = await fal.storage.upload(new File(["hello"], "grüße an alle.png", { type: "image/png" }));
const plain = await fal.storage.upload(new Blob(["hello"]), { lifecycle: { expiresIn: "1h" } });
say([named, plain]);
"""
    named, plain = run_js(body, offline, run_node)

    assert content_of(named) == (b"hello", "image/png") and named.endswith("/grue-an-alle.png")
    assert content_of(plain) == (b"hello", "application/octet-stream")


def test_javascript_uploads_a_large_blob_in_parts(offline: LiveServer, run_node: RunScript):
    """Above 90 MiB, one part after another."""
    body = """
const blob = new Blob([new Uint8Array(45 * 1024 * 1024).fill(1), new Uint8Array(46 * 1024 * 1024).fill(2)]);
say(await fal.storage.upload(blob));
"""
    content, _ = content_of(run_js(body, offline, run_node))

    assert content == b"\x01" * (45 * MIB) + b"\x02" * (46 * MIB)


def test_javascript_input_is_uploaded_on_the_way(offline: LiveServer, run_node: RunScript):
    """A Blob among the arguments becomes a URL, and the URL a picture."""
    body = """
import { Buffer } from "node:buffer";
const picture = new Blob([Buffer.from("iVBORw0KGgoAAAAASUVORK5CYII=", "base64")], { type: "image/png" });
const input = { prompt: "Waves", image_url: picture };
const result = await fal.subscribe("fal-ai/kling-video/v2.5-turbo/pro/image-to-video", { input });
say(result.data.video.content_type);
"""
    assert run_js(body, offline, run_node) == "video/mp4"
