"""The command line beside a running server, and `generate` with and without one."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.conftest import MUTOSCOPE, Command

PNG_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff"
    "56c72f0d0000000049454e44ae426082"
)


class Server:
    """`mutoscope serve` with the null engine; what it printed up to its last line."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        self.printed: list[str] = []
        for line in process.stdout:
            self.printed.append(line.rstrip("\n"))
            if line.startswith("Point clients here"):
                break

    def line(self, start: str) -> str:
        """The printed line that starts like this."""
        found = [line for line in self.printed if line.startswith(start)]
        assert found, "\n".join(self.printed)
        return found[0]


@pytest.fixture
def server(environment: dict[str, str], tmp_path: Path) -> Iterator[Server]:
    """With TLS, on a free port, one quick runner."""
    command = [str(MUTOSCOPE), "serve", "--tls", "--port", "0", "--engine", "null", "--runners", "1"]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Server(process)
        finally:
            process.terminate()
            process.wait(20)


def test_serve_prints_a_url_a_key_and_a_curl_line_that_works(server: Server, environment: dict[str, str]) -> None:
    """Pasted into a shell, it answers with a video."""
    curl = server.line("curl ")
    key = server.line("Key (shown this once): ").rpartition(" ")[2]

    pasted = subprocess.run(
        ["bash", "-c", f"{curl} --silent"], env=environment, capture_output=True, text=True, timeout=30, check=False
    )

    assert key in curl
    assert json.loads(pasted.stdout)["video"]["url"].startswith(server.line("Ready at ").removeprefix("Ready at "))


def test_commands_talk_to_the_running_server(server: Server, mutoscope: Command, environment: dict[str, str]) -> None:
    """A key made beside it opens it at once, and a revoked one no longer does; `env` knows its port and authority."""
    shown = mutoscope("env", "--create-key")
    words = [shlex.split(line, comments=True) for line in shown.stdout.splitlines()]
    variables = dict(pair.split("=", 1) for line in words if line[:1] == ["export"] for pair in line[1:])
    assert variables["FAL_RUN_HOST"] == server.line("Ready at ").removeprefix("Ready at https://") + "/run"
    assert Path(variables["SSL_CERT_FILE"]).is_file() and Path(variables["NODE_EXTRA_CA_CERTS"]).is_file()

    made = mutoscope("generate", "a boat", "-o", "first.mp4", **variables)
    assert made.returncode == 0, made.stderr
    assert mutoscope("keys", "revoke", variables["FAL_KEY"]).returncode == 0
    refused = mutoscope("generate", "a boat", "-o", "second.mp4", **variables)

    assert refused.returncode == 1 and "No user found for Key ID and Secret" in refused.stderr
    assert [row["name"] for row in json.loads(mutoscope("keys", "list", "--json").stdout)] == ["first", "env"]
    assert mutoscope("keys", "create", "--name", "two\nlines").returncode == 1
    assert "runs at https://127.0.0.1" in mutoscope("doctor").stdout


def test_serve_lists_registered_applications(environment: dict[str, str], tmp_path: Path) -> None:
    """By the ids that a client calls; the functions are not looked for yet."""
    (tmp_path / "toys.toml").write_text('app = "acme/toys"\n[[endpoints]]\npath = "count"\nfunction = "toys:count"\n')
    command = [str(MUTOSCOPE), "serve", "--port", "0", "--engine", "null", "--applications", "toys.toml"]
    with subprocess.Popen(command, env=environment, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert Server(process).line("Application ") == "Application acme/toys/count"
        finally:
            process.terminate()
            process.wait(20)


def test_a_second_server_on_the_folder_is_refused_and_says_why(server: Server, mutoscope: Command) -> None:
    """The first one goes on."""
    failed = mutoscope("serve", "--port", "0", "--engine", "null")

    assert failed.returncode == 1
    assert f"in use by the process {server.process.pid}" in failed.stderr
    assert server.process.poll() is None


def test_serve_ends_with_0_when_it_is_told_to(server: Server) -> None:
    """SIGTERM is the ordinary end."""
    server.process.send_signal(signal.SIGTERM)

    assert server.process.wait(20) == 0


# --- generate --------------------------------------------------------------------


def test_generate_without_a_server_makes_a_clip_by_itself(mutoscope: Command, tmp_path: Path) -> None:
    """The same application in this process; log lines on stderr, facts on stdout."""
    made = mutoscope("generate", "a boat", "--json", MUTOSCOPE_ENGINE="null", MUTOSCOPE_NULL_LOG_LINES="2")

    assert made.returncode == 0, made.stderr
    result = json.loads(made.stdout)
    assert Path(result["path"]) == tmp_path / "out.mp4"
    assert (tmp_path / "out.mp4").read_bytes()[4:8] == b"ftyp"
    assert (tmp_path / "out.mp4").stat().st_size == result["video"]["file_size"]
    assert "running" in made.stderr and "done" in made.stderr
    assert not list(tmp_path.glob(".*.part"))


def test_generate_takes_a_picture_by_its_path(mutoscope: Command, tmp_path: Path) -> None:
    """It goes as a data URI to the image endpoint; two pictures go to the one that takes a last frame."""
    (tmp_path / "pixel.png").write_bytes(PNG_PIXEL)

    one = mutoscope("generate", "a boat", "--image", "pixel.png", MUTOSCOPE_ENGINE="null")
    two = mutoscope(
        "generate",
        "a boat",
        "--image",
        "pixel.png",
        "--last-image",
        "pixel.png",
        "--seed",
        "7",
        MUTOSCOPE_ENGINE="null",
    )

    assert one.returncode == 0, one.stderr
    assert two.returncode == 0, two.stderr


def test_generate_beside_a_server_uses_a_folder_of_its_own(server: Server, mutoscope: Command) -> None:
    """The data folder is taken, so a temporary one serves."""
    made = mutoscope("generate", "a boat", MUTOSCOPE_ENGINE="null")

    assert made.returncode == 0, made.stderr


def test_generate_says_why_the_server_refuses(mutoscope: Command, tmp_path: Path) -> None:
    """Field and reason; no file is left."""
    failed = mutoscope("generate", "a boat", "--duration", "7", MUTOSCOPE_ENGINE="null")

    assert failed.returncode == 1
    assert "duration: Input should be '5' or '10'" in failed.stderr
    assert not (tmp_path / "out.mp4").exists()


def test_generate_needs_a_key_for_a_server_elsewhere(mutoscope: Command) -> None:
    """It does not guess one."""
    failed = mutoscope("generate", "a boat", MUTOSCOPE_URL="http://127.0.0.1:9")
    assert failed.returncode == 2 and "MUTOSCOPE_KEY" in failed.stderr

    failed = mutoscope("generate", "a boat", MUTOSCOPE_URL="http://127.0.0.1:9", MUTOSCOPE_KEY="k")
    assert failed.returncode == 1 and "http://127.0.0.1:9 does not answer" in failed.stderr


INTERRUPTIBLE = [
    sys.executable,
    "-c",
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])",
]
"""Starts a program that hears Ctrl-C, also where these tests run in the background, which shells start deaf to it."""


def test_ctrl_c_cancels_the_request_and_leaves_no_file(environment: dict[str, str], tmp_path: Path) -> None:
    """Interrupted while it runs, it ends soon and says what it does."""
    slow = environment | {"MUTOSCOPE_ENGINE": "null", "MUTOSCOPE_NULL_SECONDS": "40"}
    with subprocess.Popen(
        [*INTERRUPTIBLE, MUTOSCOPE, "generate", "a boat"], env=slow, cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        while "running" not in process.stderr.readline():
            assert process.poll() is None
        os.kill(process.pid, signal.SIGINT)
        said = process.stderr.read()

        assert process.wait(20) == 130
    assert "cancelling" in said
    assert not list(tmp_path.glob("*.mp4")) and not list(tmp_path.glob(".*.part"))
