"""One image-to-video request by the unmodified official client against a server of its own; leaves an MP4."""

import argparse
import os
import secrets
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
MUTOSCOPE = Path(sys.executable).with_name("mutoscope")
ENDPOINT = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
PROMPT = "The camera slowly pushes in while a light wind moves through the scene, golden evening light."
READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0


class DemoFailed(Exception):
    """The demonstration cannot go on; says why."""


class Server:
    """`mutoscope serve --tls` on a free loopback port, its data in one folder of the clone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = folder / "server.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self.url = f"https://127.0.0.1:{self._port}"
        self.key = secrets.token_urlsafe(24)
        self._environment = os.environ | {"MUTOSCOPE_KEY": self.key, "MUTOSCOPE_DATA_DIR": str(folder / "data")}

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [MUTOSCOPE, "serve", "--tls", "--port", str(self._port)],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def exports(self) -> dict[str, str]:
        """What `mutoscope env` prints for this server."""
        answer = subprocess.run(
            [MUTOSCOPE, "env"], env=self._environment, capture_output=True, text=True, timeout=30, check=False
        )
        if answer.returncode != 0:
            raise DemoFailed(f"`mutoscope env` failed: {answer.stderr.strip()}")
        words = [shlex.split(line, comments=True) for line in answer.stdout.splitlines()]
        return dict(pair.split("=", 1) for line in words if line[:1] == ["export"] for pair in line[1:])

    def log_tail(self) -> str:
        """The last lines that the server printed."""
        if not self._log.exists():
            return "(nothing)"
        return "\n".join(self._log.read_text("utf-8", "replace").splitlines()[-15:])

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        # Before `mutoscope env` has named the authority nothing is verified, and nothing secret is sent either.
        context = ssl._create_unverified_context()
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise DemoFailed(f"the server ended with exit code {self._process.returncode}")
            try:
                with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5, context=context):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise DemoFailed(f"the server was not ready after {READY_TIMEOUT_S:g} s")

    def _stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Progress:
    """Prints each change of the request once: its place in the queue, then its log lines as they come."""

    def __init__(self) -> None:
        self._lines = 0
        self._state = ""

    def __call__(self, update: Any) -> None:
        state = type(update).__name__
        if state != self._state:
            self._state = state
            ahead = f" ({update.position} ahead)" if state == "Queued" else ""
            print(f"  [{state}]{ahead}", flush=True)
        logs = getattr(update, "logs", None) or []
        for log in logs[self._lines :]:
            print(f"    {log['message']}", flush=True)
        self._lines = max(self._lines, len(logs))


def subscribe(image: Path, prompt: str, duration: str) -> Any:
    """The documented call of the official client; the picture travels as a data URI, an upload would go to fal."""
    import fal_client  # noqa: PLC0415 -- it reads the exports when it is imported

    return fal_client.subscribe(
        ENDPOINT,
        arguments={"prompt": prompt, "image_url": fal_client.encode_file(image), "duration": duration},
        with_logs=True,
        on_queue_update=Progress(),
    )


def download(url: str, path: Path) -> int:
    """Write what `url` serves to `path`; the number of bytes."""
    unfinished = path.with_name(path.name + ".part")
    with urllib.request.urlopen(url, timeout=60) as answer, unfinished.open("wb") as file:
        shutil.copyfileobj(answer, file)
    unfinished.replace(path)
    return path.stat().st_size


def demonstrate(server: Server, options: argparse.Namespace) -> None:
    """Ask for the clip, fetch it, and say what it is."""
    os.environ.update(server.exports() | {"FAL_KEY": server.key})
    print(f"demo: {server.url}\ndemo: {ENDPOINT}\ndemo: {options.image.name}: {options.prompt!r}", flush=True)
    start = time.monotonic()
    video = subscribe(options.image, options.prompt, options.duration)["video"]
    size = download(video["url"], options.output)
    print(
        f"demo: {options.output} · {size / 1e6:.2f} MB · {video['duration']:.2f} s · {video['width']}×{video['height']}"
        f" · {video['num_frames']} frames at {video['fps']:g} fps · made in {time.monotonic() - start:.1f} s"
    )


def main() -> int:
    """Run the demonstration; 0 when the MP4 is there."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__)
    parser.add_argument("--image", type=Path, default=ROOT / "docs/images/demo.jpg", help="the first frame")
    parser.add_argument("--prompt", default=PROMPT)
    parser.add_argument("--duration", choices=("5", "10"), default="5", help="seconds")
    parser.add_argument("--output", type=Path, default=ROOT / "out.mp4")
    parser.add_argument("--folder", type=Path, default=ROOT / ".demo", help="the server's data, key and log")
    options = parser.parse_args()
    if not options.image.is_file():
        parser.error(f"{options.image} is not a file")
    server = Server(options.folder.absolute())
    try:
        with server:
            demonstrate(server, options)
    except KeyboardInterrupt:
        print("demo: stopped", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 -- whatever it is, the reader needs it beside the server's last words
        print(f"demo: failed: {error}\n--- the server said:\n{server.log_tail()}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
