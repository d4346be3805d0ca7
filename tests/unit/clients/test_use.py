"""The helper that points fal_client at a server without TLS; each check has a process of its own: it sets globals."""

import subprocess
import sys
from pathlib import Path

import pytest

from mutoscope.clients import use
from mutoscope.errors import SettingInvalid

SHOW = """
import sys
sys.path[:0] = sys.argv[2:]
import mutoscope.clients
mutoscope.clients.use(sys.argv[1])
import fal_client.client as client
for name in ("RUN_URL_FORMAT", "QUEUE_URL_FORMAT", "REST_URL", "CDN_URL", "REALTIME_URL_FORMAT"):
    print(name, getattr(client, name))
"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `program` in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=30, check=False
    )


def test_all_addresses_of_the_client_become_ours() -> None:
    """Run, queue, uploads and realtime; nothing is left that would send the key elsewhere."""
    shown = run(SHOW, "http://127.0.0.1:8000/")

    assert shown.stdout.splitlines() == [
        "RUN_URL_FORMAT http://127.0.0.1:8000/run/",
        "QUEUE_URL_FORMAT http://127.0.0.1:8000/queue/",
        "REST_URL http://127.0.0.1:8000/rest",
        "CDN_URL http://127.0.0.1:8000/cdn",
        "REALTIME_URL_FORMAT ws://127.0.0.1:8000/run/",
    ], shown.stderr


def test_a_missing_client_is_reported_with_the_command_that_adds_it() -> None:
    """The helper itself needs nothing."""
    program = (
        "import sys\nsys.modules['fal_client'] = None\nimport mutoscope.clients\nmutoscope.clients.use('http://h')"
    )

    failed = run(program)

    assert failed.returncode == 1
    assert "ExtraMissing: fal_client is not installed; add it with: pip install fal-client" in failed.stderr


def test_a_client_with_other_attributes_is_refused(tmp_path: Path) -> None:
    """Setting names that nobody reads would leak the key."""
    package = tmp_path / "fal_client"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "client.py").write_text("RUN_URL_FORMAT = QUEUE_URL_FORMAT = REST_URL = ''")

    failed = run(SHOW, "http://127.0.0.1:8000", str(tmp_path))

    assert "this fal_client has no CDN_URL" in failed.stderr


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8000", "ftp://h", "http://", "http://h?x=1", "http://h#x", "http://[::1"]
)
def test_what_is_no_server_address_is_refused(url: str) -> None:
    """Before anything is changed."""
    with pytest.raises(SettingInvalid, match="is not the address of a server"):
        use(url)
