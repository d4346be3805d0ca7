"""`mutoscope env`: the exports that point fal_client, @fal-ai/client and curl at a server."""

import shlex
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Final

import typer

from mutoscope.certificates import certificate_files
from mutoscope.cli.control import ask_server
from mutoscope.cli.options import ConfigOption, DataDirOption, application
from mutoscope.errors import ServerUnreachable, SettingInvalid
from mutoscope.settings import Settings, is_base_url, load_settings

_LEAK: Final = (
    "No variable redirects uploads: with these lines alone, fal_client.upload*() and realtime() would send FAL_KEY to",
    "the platform's own hosts. So call this once in the program, which points uploads here too:",
    '  import mutoscope.clients; mutoscope.clients.use("{url}")',
    "or send pictures as fal_client.encode_file(path). And use no real fal key here.",
)


class Shell(StrEnum):
    """How a line is written."""

    SH = "sh"
    FISH = "fish"


@dataclass(frozen=True, slots=True)
class Target:
    """The server that the exports point at."""

    url: str
    ca_file: str | None = None
    ca_bundle: str | None = None
    key: str | None = None

    @property
    def is_tls(self) -> bool:
        return self.url.startswith("https://")


app = application("Print the exports that point clients at the server.")


@app.command()
def env(
    url: Annotated[str | None, typer.Option("--url", help="Another server than that of the data folder.")] = None,
    shell: Annotated[Shell, typer.Option("--shell", help="Syntax of the lines.")] = Shell.SH,
    create_key: Annotated[bool, typer.Option("--create-key", help="Make a key for FAL_KEY.")] = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """
    Print the exports that point clients at the server: eval "$(mutoscope env)"

    Facts come from the server that runs on the data folder, else from the settings.
    """
    settings = load_settings({"data_dir": data_dir}, config=config)
    target = find_target(settings, url, create_key=create_key)
    print("\n".join(render(target, shell)))


def find_target(settings: Settings, url: str | None, *, create_key: bool) -> Target:
    """
    Where the server is, which authority it has, and a key if one is known or asked for.

    Raises:
        SettingInvalid: `url` is none, or the port is only known to a running server.
        ServerUnreachable: a key is asked for and no server runs.
    """
    facts = ask_server(settings.data_dir, "GET", "/server")
    key: str | None = settings.key or None
    if create_key:
        made = ask_server(settings.data_dir, "POST", "/keys", {"name": "env"}) if facts else None
        if made is None:
            raise ServerUnreachable(
                f"no server runs on {settings.data_dir} to make a key; start one, or use: mutoscope keys create"
            )
        key = str(made["key"])
    if facts is not None and url is None:
        return Target(facts["url"], facts.get("ca_file"), facts.get("ca_bundle"), key)
    if facts is None:
        print(f"mutoscope: no server runs on {settings.data_dir}; these lines go by the settings", file=sys.stderr)
    address = _valid(url) if url else _address(settings)
    files = certificate_files(settings.data_dir / "tls")
    if not address.startswith("https://") or settings.tls_cert or not files.ca_bundle.exists():
        return Target(address, key=key)
    return Target(address, str(files.ca_file), str(files.ca_bundle), key)


def render(target: Target, shell: Shell) -> Iterator[str]:
    """The lines for a shell; everything that is not an export is a comment, so that `eval` takes all of it."""
    export = _EXPORTS[shell]
    yield f"# {target.url}"
    yield export("MUTOSCOPE_URL", target.url)
    if target.is_tls:
        place = target.url.removeprefix("https://")
        yield export("FAL_RUN_HOST", f"{place}/run")
        yield export("FAL_QUEUE_RUN_HOST", f"{place}/queue")
    if target.ca_bundle and target.ca_file:
        yield export("SSL_CERT_FILE", target.ca_bundle)
        yield export("CURL_CA_BUNDLE", target.ca_bundle)  # where a machine has set it, curl looks at nothing else
        yield export("NODE_EXTRA_CA_CERTS", target.ca_file)
    if target.key:
        yield export("FAL_KEY", target.key)
    else:
        yield "# FAL_KEY is yours to set: the key that the first start printed, or one from: mutoscope env --create-key"
    if not target.is_tls:
        yield from _plain_http(target.url)
    yield from (f"# {line.format(url=target.url)}" for line in _LEAK)


def _plain_http(url: str) -> Iterator[str]:
    """What works without TLS, as comments."""
    yield "# This server speaks plain HTTP, and fal_client's own variables always mean HTTPS. What works:"
    yield f'#   Python      import mutoscope.clients; mutoscope.clients.use("{url}")'
    yield f'#   JavaScript  fal.config({{ proxyUrl: {{ url: "{url}/api/fal/proxy", when: "always" }} }})'
    yield f'#   curl        curl {url}/run/… -H "Authorization: Key $FAL_KEY"'
    yield "# or start the server with TLS: mutoscope serve --tls"


def _valid(url: str) -> str:
    if not is_base_url(url):
        raise SettingInvalid(f"--url is {url!r}; it reads like https://127.0.0.1:8000")
    return url.rstrip("/")


def _address(settings: Settings) -> str:
    if settings.public_url:
        return settings.public_url.rstrip("/")
    if settings.port == 0:
        raise SettingInvalid("port is 0, so only the running server knows it; start it, or give --url")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    host = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return f"{'https' if settings.tls or settings.tls_cert else 'http'}://{host}:{settings.port}"


def _export_fish(name: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"set -gx {name} '{escaped}'"


_EXPORTS: Final[dict[Shell, Callable[[str, str], str]]] = {
    Shell.SH: lambda name, value: f"export {name}={shlex.quote(value)}",
    Shell.FISH: _export_fish,
}
