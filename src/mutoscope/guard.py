"""
Where this server goes when a stranger names the place: which URLs it takes, which addresses it reaches.

A URL of a caller is a way to make this machine talk. What is judged here is the text of the URL and each address; where
names lead is only known once they are resolved, which `outbound.py` does right before it connects.
"""

import ipaddress
import re
import socket
from enum import StrEnum
from typing import Final

from yarl import URL

from mutoscope.errors import OutboundRefused
from mutoscope.limits import URL_CHARS_MAX

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_ALLOW_PRIVATE_HINT: Final = (
    "set allow_private_networks (MUTOSCOPE_ALLOW_PRIVATE_NETWORKS=1) to allow private addresses during development"
)

_HOST_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,253}\.?")

_PRIVATE: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7",
    )
)  # fmt: skip
"""What the switch opens. Link-local, where clouds keep their credentials, is not among them."""

_UNICAST_V6: Final = ipaddress.IPv6Network("2000::/3")
"""The only part of IPv6 that is handed out for the public internet (RFC 4291, IANA)."""
_AZURE_HOST: Final = ipaddress.IPv4Address("168.63.129.16")
"""Public by its number; on a virtual machine of Azure it is the host underneath, which hands out credentials."""
_DOCUMENTATION_V6: Final = ipaddress.IPv6Network("3fff::/20")
"""RFC 9637; the `ipaddress` of Python 3.11 does not know it yet."""
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are an IPv4 address, and that is where it leads."""
_VERBATIM: Final = re.compile(r"[\x21-\x7e]+")
"""What may go on the wire as it stands: a line end in a URL would begin a header of its own."""


class Use(StrEnum):
    """What a URL is for, as its refusal says it."""

    FETCH = "fetched"
    CALL = "called"


_SCHEMES: Final = {
    Use.FETCH: "only http, https and data URLs are",
    Use.CALL: "only http and https URLs are",
}


def is_public_address(address: Address) -> bool:
    """Whether `address` is a unicast address of the public internet, seen through every way to wrap IPv4 in IPv6."""
    if isinstance(address, ipaddress.IPv4Address):
        return address.is_global and not address.is_multicast and address != _AZURE_HOST
    embedded = _embedded_v4(address)
    if embedded is not None:
        return is_public_address(embedded)
    return address.is_global and address in _UNICAST_V6 and address not in _DOCUMENTATION_V6


def is_allowed_address(address: Address, *, allow_private: bool) -> bool:
    """Whether this server may go to `address`; the switch adds loopback and private networks."""
    if is_public_address(address):
        return True
    plain = _embedded_v4(address) if isinstance(address, ipaddress.IPv6Address) else None
    return allow_private and any((plain or address) in network for network in _PRIVATE)


def _embedded_v4(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that `address` really leads to: mapped, 6to4 (RFC 3056) or NAT64."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF) if address in _NAT64 else None


def parse_address(text: str) -> Address:
    """The address that a resolver wrote, without the zone of a link-local one; ValueError if it is none."""
    return ipaddress.ip_address(text.partition("%")[0])


def way_out(*addresses: Address) -> str:
    """What the reader of a refusal can do about it."""
    opens = any(is_allowed_address(address, allow_private=True) for address in addresses)
    return _ALLOW_PRIVATE_HINT if opens else "no setting opens it"


def mask_url(url: str) -> str:
    """`url` for messages: without credentials, its query reduced to `?…`, because signed URLs carry secrets there."""
    head, mark, _ = url.partition("?")
    head, hash_mark, _ = head.partition("#")
    scheme, separator, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    if separator and "@" in authority:
        head = f"{scheme}://…@{authority.rpartition('@')[2]}{slash}{path}"
    head = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in head)
    shown = head if len(head) <= 200 else f"{head[:200]}…"
    return f"{shown}?…" if mark else f"{shown}#…" if hash_mark else shown


def check_url(text: str, *, base: URL | None = None, allow_private: bool, use: Use = Use.FETCH) -> URL:
    """
    `text`, a caller's URL or the target of a redirect from `base`, as a URL that may be asked for.

    A name passes; where it leads is judged when it is resolved.

    Raises:
        OutboundRefused: not http(s), too long, malformed, with credentials in it, or an address that is not allowed.
    """
    if len(text) > URL_CHARS_MAX:
        raise OutboundRefused(f"the URL has {len(text)} characters, the limit is {URL_CHARS_MAX} (URL_CHARS_MAX)")
    came = "" if base is None else f"{mask_url(str(base))} redirects to it; "
    shown = mask_url(text)
    try:
        url = URL(text) if base is None else base.join(URL(text))
        host, port = url.host, url.port
    except ValueError as error:
        raise OutboundRefused(f"{shown!r} is not a valid URL{' (a redirect led to it)' if base else ''}") from error
    if url.scheme not in ("http", "https"):
        raise OutboundRefused(f"{shown!r} is not {use}: {came}{_SCHEMES[use]}")
    if url.raw_user is not None or url.raw_password is not None:
        raise OutboundRefused(f"{shown} is not {use}: {came}it carries a user name or password")
    if not host or port == 0:
        raise OutboundRefused(f"{shown!r} is not {use}: {came}it names no host")
    _check_literal(url, came, allow_private, use)
    return url


def check_target(text: str, *, allow_private: bool) -> URL:
    """
    `text`, the URL of a webhook, to be called as it is written, byte for byte.

    Raises:
        OutboundRefused: as `check_url`, and for `localhost`, blanks, line ends, or characters beyond ASCII.
    """
    judged = check_url(text, allow_private=allow_private, use=Use.CALL)
    shown, host = mask_url(text), (judged.raw_host or "").rstrip(".")
    if not _VERBATIM.fullmatch(text):
        raise OutboundRefused(f"{shown!r} is not called: it has blanks or characters beyond ASCII; percent-encode them")
    if not allow_private and (host == "localhost" or host.endswith(".localhost")):
        raise OutboundRefused(f"{shown} is not called: {host} is not a public address; {_ALLOW_PRIVATE_HINT}")
    verbatim = URL(text, encoded=True)
    if (verbatim.raw_host or "").lower() != judged.raw_host or verbatim.port != judged.port:
        raise OutboundRefused(f"{shown!r} is not called: its host can be read in two ways")
    return verbatim


def _check_literal(url: URL, came: str, allow_private: bool, use: Use) -> None:
    """Judge a host that is an address; one in an odd notation is refused whatever it means."""
    shown, host = mask_url(str(url)), url.raw_host or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if not _HOST_NAME.fullmatch(host):
            raise OutboundRefused(f"{shown!r} is not {use}: {came}its host is not a host name") from None
        try:
            meant = socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))
        except OSError:
            return  # a name
        raise OutboundRefused(
            f"{shown} is not {use}: {came}its host is {meant} in an odd notation; write addresses as {meant}"
        ) from None
    if not is_allowed_address(address, allow_private=allow_private):
        raise OutboundRefused(f"{shown} is not {use}: {came}{host} is not a public address; {way_out(address)}")
