"""
The URL bases of what is handed out: which scheme, which host, which prefix.

A URL built from a Host header that nobody vouches for could carry a stranger's name into webhooks and stored results;
so a host counts only when it is on the list, and otherwise the address that the connection arrived at stands in.
"""

import ipaddress
import logging
import re
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from mutoscope.api.exchange import HttpRequest
from mutoscope.api.routes import host_role
from mutoscope.service import Base
from mutoscope.settings import Settings

log = logging.getLogger(__name__)

_HOST: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
"""RFC 3986, 3.2.2, without the percent-encoded and internationalized forms that no client sends in a Host header."""
_WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORT_MAX: Final = 65_535
_ORIGINS_MAX: Final = 256
"""Distinct addresses remembered; above that the least used are worked out again."""


class Bases:
    """Bases by request; the same (host, scheme, prefix) is worked out once."""

    def __init__(self, settings: Settings) -> None:
        self._public_url = settings.public_url.rstrip("/")
        self._trust_proxy = settings.trust_proxy
        self._queue_hosts = settings.queue_hosts
        self._allowed = _allowed_names(settings)
        self._base = lru_cache(maxsize=_ORIGINS_MAX)(self._work_out)

    def role(self, http: HttpRequest) -> str:
        """What the Host header names: `queue`, `run`, `rest`, or empty for a bare host."""
        return host_role(_split_host(self._host(http))[0], self._queue_hosts)

    def base(self, http: HttpRequest) -> Base:
        """The bases for what this exchange hands out."""
        return self._base(self._scheme(http), self._host(http), http.scope.get("server"), http.route.prefix)

    def own_path(self, http: HttpRequest, scheme: str, netloc: str, path: str) -> tuple[str, str] | None:
        """
        How an absolute address of this very server reads here.

        Returns:
            What its host name stands for (`queue`, `run`, `rest` or empty) and its path without that of `public_url`;
            None for an address that is not ours.
        """
        name, port = _split_host(netloc.lower())
        public = urlsplit(self._public_url)
        if self._public_url and name == public.hostname:
            ports = {public.port or _DEFAULT_PORTS[public.scheme]}
            path = path.removeprefix(public.path)
        else:
            ports = self._ports(http)
        if not name or not self._is_allowed(name) or int(port or _DEFAULT_PORTS[scheme]) not in ports:
            return None
        return host_role(name, self._queue_hosts), path or "/"

    def _ports(self, http: HttpRequest) -> set[int]:
        """Those that this server is reached at, as far as this exchange shows."""
        server = http.scope.get("server") or ("", None)
        used = _split_host(self._host(http))[1]
        return {int(used or _DEFAULT_PORTS[self._scheme(http)]), *([server[1]] if server[1] else [])}

    def _work_out(self, scheme: str, host: str, server: tuple[str, int | None] | None, prefix: str) -> Base:
        origin = self._public_url or self._origin(scheme, host, server)
        # Every base serves the follow-ups; a prefix in the call tells that its caller goes by prefixes.
        return Base(public=origin, queue=f"{origin}/queue" if prefix else origin)

    def _origin(self, scheme: str, host: str, server: tuple[str, int | None] | None) -> str:
        name, _ = _split_host(host)
        if name and self._is_allowed(name):
            return f"{scheme}://{host}"
        address, port = server if server and server[1] else ("localhost", None)
        fallback = f"{scheme}://[{address}]" if ":" in address else f"{scheme}://{address}"
        fallback += f":{port}" if port else ""
        if host and host != fallback.partition("://")[2]:
            log.warning(
                "Host %r is not on the list, so URLs carry %s; name it in allowed_hosts or set public_url",
                host[:100],
                fallback,
            )
        return fallback

    def _is_allowed(self, name: str) -> bool:
        if name in self._allowed or name.endswith(".localhost"):
            return True
        if name.startswith("queue.") and name.removeprefix("queue.") in self._allowed:
            return True
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return False

    def _host(self, http: HttpRequest) -> str:
        forwarded = self._forwarded(http, b"x-forwarded-host")
        return (forwarded or http.header(b"host") or "").lower()

    def _scheme(self, http: HttpRequest) -> str:
        forwarded = self._forwarded(http, b"x-forwarded-proto").lower()
        scheme: str = forwarded if forwarded in ("http", "https") else http.scope.get("scheme", "http")
        return scheme

    def _forwarded(self, http: HttpRequest, name: bytes) -> str:
        """The first of a forwarded list: what the outermost proxy saw."""
        if not self._trust_proxy:
            return ""
        return (http.header(name) or "").partition(",")[0].strip()


def _allowed_names(settings: Settings) -> frozenset[str]:
    """Names that may stand in a URL beside the loopback addresses."""
    names = {"localhost", settings.host.lower()}
    names.update(_split_host(host)[0] for host in (*settings.allowed_hosts, *settings.queue_hosts))
    if settings.public_url:
        names.add(urlsplit(settings.public_url).hostname or "")
    return frozenset(names - _WILDCARDS)


def _split_host(host: str) -> tuple[str, str]:
    """Name and port of a Host header. IPv6 addresses lose their brackets; what is no host at all has an empty name."""
    match = _HOST.fullmatch(host)
    if match is None or int(match[2] or 0) > _PORT_MAX:
        return ("", "")
    return (match[1].strip("[]").rstrip("."), match[2] or "")
