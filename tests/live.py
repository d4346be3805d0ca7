"""A real `mutoscope serve` process on loopback, for tests and benches: started, asked, killed, started again."""

import os
import shlex
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MUTOSCOPE = Path(sys.executable).with_name("mutoscope")
READY_TIMEOUT_S = 30.0

RunScript = Callable[[str, Mapping[str, str]], str]
"""Runs a program text under an environment and returns what it prints."""


def wait_until(
    condition: Callable[[], Any], *, timeout_s: float = 10.0, interval_s: float = 0.02, what: str = ""
) -> Any:
    """Ask `condition` until its answer is true, and return it; past `timeout_s` raise AssertionError naming `what`."""
    deadline = time.monotonic() + timeout_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what or condition}")
        time.sleep(0.02)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def clean_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without anything that would point a server or a client elsewhere."""
    dropped = ("MUTOSCOPE_", "FAL_", "PYTHONPATH", "PYTHONWARNINGS", "SSL_CERT_", "CURL_CA_", "NODE_EXTRA_CA_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return kept | dict(extra or {})


class LiveServer:
    """One server process and its data folder. Settings go by their names and travel as `MUTOSCOPE_*`."""

    def __init__(
        self, data_dir: Path, settings: Mapping[str, object], *, tls: bool = False, key: str = "test-key"
    ) -> None:
        self.data_dir = data_dir
        self.key = key
        self.port = free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.log_path = data_dir.with_name(data_dir.name + ".log")
        self._tls = tls
        self._settings = {f"MUTOSCOPE_{name.upper()}": str(value) for name, value in settings.items()}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the server."""
        assert self._process is not None, "the server was not started"
        return self._process.pid

    @property
    def environment(self) -> dict[str, str]:
        """What the server, and a `mutoscope` command that talks to it, is started with."""
        return clean_environment(self._settings | {"MUTOSCOPE_KEY": self.key, "MUTOSCOPE_DATA_DIR": str(self.data_dir)})

    def spawn(self) -> None:
        """Start the process and return at once."""
        command: list[str | Path] = [MUTOSCOPE, "serve", "--port", str(self.port)]
        if self._tls:
            command.append("--tls")
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                command, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def start(self) -> Self:
        """Start the process and wait until it says that it is ready."""
        self.spawn()
        wait_until(self.is_ready, timeout_s=READY_TIMEOUT_S, what=f"{self.url}/health/ready")
        return self

    def is_ready(self) -> bool:
        """Whether `/health/ready` answers 200; raises when the process has ended."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise AssertionError(f"mutoscope serve ended with {self._process.returncode}:\n{self.log_tail()}")
        trust_all = ssl._create_unverified_context() if self._tls else None
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready", timeout=5, context=trust_all) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    def command(self, *arguments: str, timeout_s: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Run `mutoscope …` beside the server, on the same data folder."""
        return subprocess.run(
            [MUTOSCOPE, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )

    def client_environment(self) -> dict[str, str]:
        """The environment of a client program: ours, the exports of `mutoscope env`, and the key as `FAL_KEY`."""
        answer = self.command("env")
        assert answer.returncode == 0, answer.stderr
        exports: dict[str, str] = {}
        for line in answer.stdout.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "export":
                exports |= dict(word.split("=", 1) for word in words[1:])
        return clean_environment({"FAL_KEY": self.key} | exports)

    def fal_config(self) -> str:
        """The one line that points @fal-ai/client at this server."""
        return (
            "fal.config({ requestMiddleware: async (request) => ({ ...request, url: request.url"
            f'.replace("https://queue.fal.run", "{self.url}/queue")'
            f'.replace("https://fal.run", "{self.url}/run") }}) }});\n'
        )

    def kill(self) -> None:
        """Take the server process away without warning; its children are left to notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self, timeout_s: float = 30.0) -> int:
        """Ask the server to end, and return its exit code; nothing of its session is left behind."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(timeout_s)
        finally:
            self.sweep()

    def sweep(self) -> None:
        """End whatever is left of the server's session."""
        assert self._process is not None
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # all of it is gone already
        self._process.wait()

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of what the server printed."""
        return "\n".join(self.log_path.read_text("utf-8", "replace").splitlines()[-lines:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self.stop()
        else:
            self.sweep()
