"""What a running server tells of itself: to its operator, and to the commands beside it."""

import os
from dataclasses import dataclass

from mutoscope import __version__
from mutoscope.settings import Settings
from mutoscope.tls import Tls


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """Where it is and what it runs."""

    url: str
    pid: int
    version: str
    engine: str
    runners: int
    applications: tuple[str, ...]
    """Endpoint ids of the operator's own functions."""
    data_dir: str
    ca_file: str | None
    """Certificate authority of --tls, in PEM."""
    ca_bundle: str | None
    """The same together with the public authorities."""
    first_key: str | None
    """The key made at the very first start; never told again."""


def server_facts(
    settings: Settings, *, port: int, tls: Tls | None, applications: tuple[str, ...], first_key: str | None
) -> ServerFacts:
    """The facts of this process, which listens on `port`."""
    wildcard = settings.host in ("0.0.0.0", "::")
    name = "localhost" if wildcard else f"[{settings.host}]" if ":" in settings.host else settings.host
    return ServerFacts(
        url=settings.public_url.rstrip("/") or f"{'https' if tls else 'http'}://{name}:{port}",
        pid=os.getpid(),
        version=__version__,
        engine=settings.engine,
        runners=settings.runner_count,
        applications=applications,
        data_dir=str(settings.data_dir),
        ca_file=tls.ca_file if tls else None,
        ca_bundle=tls.ca_bundle if tls else None,
        first_key=first_key,
    )
