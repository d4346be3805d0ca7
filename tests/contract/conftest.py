"""What the client tests share: live servers, a host of pictures, and ways to run Python, Node and curl."""

import io
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.live import LiveServer, RunScript

ROOT = Path(__file__).parents[2]
NODE_MODULES = ROOT / ".cache/node/node_modules"


def photo() -> bytes:
    """A JPEG of 640 by 360 pixels with something to see in it."""
    picture = Image.linear_gradient("L").resize((640, 360)).convert("RGB")
    picture.paste((200, 40, 40), (200, 100, 400, 260))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="session")
def picture_url() -> Iterator[str]:
    """Address of a JPEG on a plain HTTP server of this process."""
    jpeg = photo()

    class Pictures(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(jpeg)))
            self.end_headers()
            self.wfile.write(jpeg)

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Pictures)
    thread = threading.Thread(target=server.serve_forever, name="pictures")
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/picture.jpg"
    server.shutdown()
    thread.join()
    server.server_close()


class Receiver:
    """Where webhooks arrive: what was posted, by the path and query that it was posted to."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, Any]]] = []
        posts = self.posts

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                posts.append((self.path, json.loads(body)))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Stay quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A receiver of this process."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, name="receiver")
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """`mutoscope serve --tls` with the null engine, quick and with log lines; loopback pictures are allowed."""
    folder = tmp_path_factory.mktemp("tls") / "data"
    settings = {"engine": "null", "null_seconds": 1.2, "null_log_lines": 3, "runners": 2, "allow_private_networks": 1}
    with LiveServer(folder, settings, tls=True) as server:
        yield server


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Plain HTTP, the null engine, one runner and a second per request: long enough to be caught running."""
    folder = tmp_path_factory.mktemp("plain") / "data"
    settings = {"engine": "null", "null_seconds": 1.0, "null_log_lines": 4, "runners": 1, "allow_private_networks": 1}
    with LiveServer(folder, settings) as server:
        yield server


def run(command: list[str | Path], environment: Mapping[str, str], cwd: Path) -> str:
    """What `command` prints; a failure shows both of its streams."""
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=45, check=False)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def tool(name: str) -> str:
    """Path of a program of this machine; the test is skipped where it is missing."""
    return shutil.which(name) or pytest.skip(f"{name} is not installed (scripts/test --system installs it)")


@pytest.fixture
def run_python(tmp_path: Path) -> RunScript:
    """Run a Python program in a process of its own, under the given environment."""

    def run_python(text: str, environment: Mapping[str, str]) -> str:
        program = tmp_path / "program.py"
        program.write_text(text)
        return run([sys.executable, program], environment, tmp_path)

    return run_python


@pytest.fixture
def run_node(tmp_path: Path) -> RunScript:
    """Run an ES module with @fal-ai/client beside it, under the given environment."""
    node = tool("node")
    if not (NODE_MODULES / "@fal-ai/client").is_dir():
        pytest.skip("@fal-ai/client is not in .cache/node (scripts/test puts it there when npm is installed)")
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)

    def run_node(text: str, environment: Mapping[str, str]) -> str:
        program = tmp_path / "program.mjs"
        program.write_text(text)
        return run([node, program], environment, tmp_path)

    return run_node


@pytest.fixture
def run_shell(tmp_path: Path) -> RunScript:
    """Run a shell script that calls curl, under the given environment."""
    tool("curl")

    def run_shell(text: str, environment: Mapping[str, str]) -> str:
        return run(["bash", "-c", text], environment, tmp_path)

    return run_shell
