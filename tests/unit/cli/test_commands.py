"""The command line without a server: help, usage errors, keys in the store, what `env` and `doctor` say."""

import json
import re
import shlex
import socket
import stat
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from mutoscope.certificates import server_certificate
from mutoscope.cli.main import COMMANDS
from mutoscope.database.lock import FolderLock
from mutoscope.settings import Settings
from tests.unit.cli.conftest import Command


def exports(text: str) -> dict[str, str]:
    """The variables that a shell would have after `eval`."""
    lines = [shlex.split(line, comments=True) for line in text.splitlines()]
    return dict(word.split("=", 1) for words in lines if words[:1] == ["export"] for word in words[1:])


def test_help_lists_every_command_and_loads_none(environment: dict[str, str]) -> None:
    """The server's libraries take most of a second to load; `--help` needs none of them."""
    program = (
        "import sys; from mutoscope.cli.main import main; sys.argv = ['mutoscope', '--help']\n"
        "try: main()\n"
        "except SystemExit: print('loaded:', {'uvicorn', 'aiohttp', 'pydantic', 'mutoscope.app'} & set(sys.modules))"
    )

    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=30, check=True
    )

    assert "loaded: set()" in shown.stdout
    for name, entry in COMMANDS.items():
        assert f"{name} " in shown.stdout and entry.help in shown.stdout


def test_serve_refuses_a_key_with_a_passphrase(mutoscope: Command, tmp_path: Path) -> None:
    """OpenSSL would ask on the terminal; a service that starts at night has none."""
    files = server_certificate(tmp_path / "tls")
    key = serialization.load_pem_private_key(files.key_file.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"night"),
        )
    )

    refused = mutoscope("serve", "--port", "0", "--tls-cert", str(files.cert_file), "--tls-key", str(locked))

    assert refused.returncode == 2
    assert "without a passphrase" in refused.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(mutoscope: Command, name: str) -> None:
    """As its module writes it."""
    shown = mutoscope(name, "--help")

    assert shown.returncode == 0, shown.stderr
    assert "Usage: mutoscope" in shown.stdout


def test_serve_has_a_flag_for_every_setting(mutoscope: Command) -> None:
    """The table is the only list."""
    shown = mutoscope("serve", "--help").stdout

    for row in fields(Settings):
        assert f"--{row.name.replace('_', '-')}" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "No such command 'nope'"),
        (["servee"], "Did you mean 'serve'?"),
        (["serve", "--nope"], "No such option: --nope"),
        (["serve", "--port", "many"], "--port: 'many' is not a whole number"),
        (["serve", "--engine", "dream"], "--engine: 'dream' is none of procedural, null"),
        (["serve", "--tls-cert", "chain.pem"], "tls_cert and tls_key belong together"),
        (["serve", "--config", "absent.toml"], "absent.toml does not exist"),
        (["keys", "revoke", "not-an-id"], "'not-an-id' is not a key id"),
        (["env", "--url", "somewhere"], "--url is 'somewhere'"),
        (["generate", "x", "-o", "no/such/out.mp4"], "no such folder"),
        (["generate", "x", "-o", "."], "it is a folder"),
        (["generate", "x", "--image", "absent.png"], "absent.png cannot be read: No such file"),
        (["generate", "x", "--image", "mutoscope.toml"], "mutoscope.toml is not a picture"),
    ],
)
def test_a_usage_error_is_one_clear_line_and_exit_code_2(
    mutoscope: Command, tmp_path: Path, arguments: list[str], said: str
) -> None:
    """No traceback, nothing on stdout, nothing made."""
    (tmp_path / "mutoscope.toml").write_text("runners = 1\n")

    failed = mutoscope(*arguments)

    assert failed.returncode == 2
    assert said in failed.stderr
    assert "Traceback" not in failed.stderr and failed.stdout == ""
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_an_error_that_says_so(mutoscope: Command) -> None:
    """The operator reads which port, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        failed = mutoscope("serve", "--port", str(taken.getsockname()[1]), "--engine", "null")

    assert failed.returncode == 2
    assert "choose another --port" in failed.stderr and "Traceback" not in failed.stderr


def test_version_is_the_package_s(mutoscope: Command) -> None:
    """One word, for scripts."""
    assert mutoscope("version").stdout.strip().count(".") == 2


# --- keys ----------------------------------------------------------------------


def test_keys_are_made_listed_and_revoked_in_the_store(mutoscope: Command, tmp_path: Path) -> None:
    """Without a server the commands open the store themselves."""
    credential = mutoscope("keys", "create", "--name", "laptop").stdout.strip()
    second = json.loads(mutoscope("keys", "create", "--account", "team", "--json").stdout)
    key_id, _, secret = credential.partition(":")

    listed = mutoscope("keys", "list").stdout
    assert key_id in listed and "laptop" in listed and "account team" in listed
    assert secret not in listed and second["key"].startswith(f"{second['id']}:")

    assert mutoscope("keys", "revoke", key_id).returncode == 0
    again = mutoscope("keys", "revoke", key_id)
    assert again.returncode == 1 and "there is no active key" in again.stderr
    rows = json.loads(mutoscope("keys", "list", "--json").stdout)
    assert [row["revoked"] is None for row in rows] == [False, True]
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_keys_wait_for_no_lock(mutoscope: Command, tmp_path: Path) -> None:
    """A process that holds the store and answers on no socket is named."""
    (tmp_path / "data").mkdir()
    with FolderLock(tmp_path / "data"):
        failed = mutoscope("keys", "list")

    assert failed.returncode == 1
    assert "is in use by the process" in failed.stderr


# --- env -----------------------------------------------------------------------


def test_env_for_tls_exports_all_that_fal_client_reads(mutoscope: Command, tmp_path: Path) -> None:
    """By the settings, with the authority that was made before."""
    files = server_certificate(tmp_path / "data" / "tls")

    shown = mutoscope("env", MUTOSCOPE_TLS="1", MUTOSCOPE_PORT="8443", MUTOSCOPE_KEY="it's a key")

    assert exports(shown.stdout) == {
        "MUTOSCOPE_URL": "https://127.0.0.1:8443",
        "FAL_RUN_HOST": "127.0.0.1:8443/run",
        "FAL_QUEUE_RUN_HOST": "127.0.0.1:8443/queue",
        "SSL_CERT_FILE": str(files.ca_bundle),
        "CURL_CA_BUNDLE": str(files.ca_bundle),
        "NODE_EXTRA_CA_CERTS": str(files.ca_file),
        "FAL_KEY": "it's a key",
    }
    assert "no server runs" in shown.stderr
    assert 'mutoscope.clients.use("https://127.0.0.1:8443")' in shown.stdout, "no variable redirects uploads"


def test_env_for_plain_http_exports_no_host_that_would_be_read_as_https(mutoscope: Command) -> None:
    """It says what works instead, and warns of the uploads."""
    shown = mutoscope("env").stdout

    assert exports(shown) == {"MUTOSCOPE_URL": "http://127.0.0.1:8000"}
    assert 'mutoscope.clients.use("http://127.0.0.1:8000")' in shown
    assert 'proxyUrl: { url: "http://127.0.0.1:8000/api/fal/proxy", when: "always" }' in shown
    assert "mutoscope env --create-key" in shown
    assert all(line.startswith(("#", "export ")) for line in shown.splitlines())


def test_env_knows_fish_and_other_servers(mutoscope: Command) -> None:
    """`--url` names a server elsewhere, with a path in front."""
    shown = mutoscope("env", "--url", "https://video.example/kling/", "--shell", "fish").stdout

    assert "set -gx FAL_QUEUE_RUN_HOST 'video.example/kling/queue'" in shown
    assert "SSL_CERT_FILE" not in shown


def test_env_cannot_make_a_key_without_a_server(mutoscope: Command) -> None:
    """It says where one comes from."""
    failed = mutoscope("env", "--create-key")

    assert failed.returncode == 1
    assert "mutoscope keys create" in failed.stderr


def test_a_socket_left_by_a_killed_server_is_no_server(mutoscope: Command, tmp_path: Path) -> None:
    """Nobody listens on it."""
    (tmp_path / "data").mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "data" / "control.sock"))

    assert mutoscope("env").returncode == 0
    assert mutoscope("keys", "list").returncode == 0


# --- doctor --------------------------------------------------------------------


def test_doctor_finds_a_good_machine_good(mutoscope: Command) -> None:
    """A line for each fact."""
    shown = mutoscope("doctor", MUTOSCOPE_PORT="0")

    assert shown.returncode == 0, shown.stdout
    for word in ("mutoscope", "libraries", "engine", "data folder", "free disk", "server", "port"):
        assert f"✓ {word}" in shown.stdout


def test_doctor_names_what_would_stop_a_server(mutoscope: Command) -> None:
    """A taken port is a problem, in JSON too."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        shown = mutoscope("doctor", "--json", MUTOSCOPE_PORT=str(taken.getsockname()[1]))

    assert shown.returncode == 1
    problems = [finding["name"] for finding in json.loads(shown.stdout) if finding["is_problem"]]
    assert problems == ["port"]


TOYS = """
app = "acme/toys"
[[endpoints]]
path = "count"
function = "toys:count"
"""


def test_doctor_reads_the_files_of_applications(mutoscope: Command, tmp_path: Path) -> None:
    """It lists what they register, and names file and key of what is wrong with one."""
    (tmp_path / "toys.toml").write_text(TOYS)
    (tmp_path / "wrong.toml").write_text(TOYS.replace("function", "funktion"))

    good = mutoscope("doctor", MUTOSCOPE_PORT="0", MUTOSCOPE_APPLICATIONS="toys.toml")
    bad = mutoscope("doctor", MUTOSCOPE_PORT="0", MUTOSCOPE_APPLICATIONS="wrong.toml")

    assert good.returncode == 0 and re.search(r"✓ applications +acme/toys/count", good.stdout), good.stdout
    assert bad.returncode == 1 and re.search(r"✗ applications +wrong.toml: endpoints.0", bad.stdout), bad.stdout
