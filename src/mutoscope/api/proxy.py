"""
The proxy door: a browser sends every call to one address and names in a header where it was meant to go.

Nothing is fetched. The target's host only says which of our own doors is meant, and the call goes through that door as
if it had been addressed there: same answers, same errors, same streams.
"""

from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from mutoscope.api.bases import Bases
from mutoscope.api.exchange import HttpRequest
from mutoscope.api.routes import PREFIXES, Kind, resolve
from mutoscope.errors import BadRequest
from mutoscope.limits import URL_CHARS_MAX

_TARGET: Final = b"x-fal-target-url"
_AUTHORIZATION: Final = b"authorization"
_ROLES: Final = {
    "fal.run": "run",
    "falrun.com": "run",
    "queue.fal.run": "queue",
    "queue.falrun.com": "queue",
    "rest.fal.ai": "rest",
    "rest.alpha.fal.ai": "rest",
    "v3.fal.media": "cdn",
}
"""The hosts that the clients know by heart."""
_PREFIXED: Final = PREFIXES | {"rest", "cdn"}
_OPEN: Final = frozenset(
    {
        *(Kind.ENDPOINT, Kind.PARTIALS, Kind.STATUS, Kind.STREAM, Kind.RESULT, Kind.CANCEL, Kind.TOKEN),
        *(Kind.UPLOAD, Kind.UPLOAD_IN_PARTS, Kind.CDN_TOKEN, Kind.CDN_UPLOAD, Kind.CDN_UPLOAD_IN_PARTS),
        Kind.NOTHING,
    }
)
"""What the clients call. The rest stays closed: this door itself, and what a page that was lent a key must not see."""


def enter(http: HttpRequest, bases: Bases, proxy_key: str = "") -> None:
    """
    Turn the exchange into the one that its `x-fal-target-url` means.

    Args:
        proxy_key: the credential that stands in when the caller sends none; empty when everybody needs their own.

    Raises:
        BadRequest: no target, or one that is none of our doors.
    """
    target = _target(http)
    path = _path(http, bases, target)
    if resolve(path).kind not in _OPEN:
        raise _refusal("leads to a path that is not served through a proxy")
    http.turn_to(path, target.query.encode("latin-1"))
    if proxy_key and _AUTHORIZATION not in http.headers and "fal_jwt_token" not in http.query():
        http.headers[_AUTHORIZATION] = f"Key {proxy_key}".encode("latin-1")


def _target(http: HttpRequest) -> SplitResult:
    """The header, as an address and nothing else."""
    text = http.header(_TARGET)
    if not text:
        raise _refusal("is missing; it names the address that the call is meant for")
    if len(text) > URL_CHARS_MAX:
        raise _refusal(f"is {len(text)} characters; the limit is {URL_CHARS_MAX} (URL_CHARS_MAX)")
    try:
        target = urlsplit(text)
        has_place = bool(target.hostname) and target.port != 0
    except ValueError:
        has_place = False
    # `urlsplit` takes more than any client sends: user names, backslashes, blanks.
    if not has_place or not text.isascii() or not text.isprintable() or any(char in text for char in '@\\ "<>'):
        raise _refusal("is no address")
    if target.scheme not in ("http", "https"):
        raise _refusal("is neither http nor https")
    if "%2f" in target.path.lower() or "%5c" in target.path.lower():
        raise _refusal("has an encoded slash in its path")
    return target


def _path(http: HttpRequest, bases: Bases, target: SplitResult) -> str:
    """The target's path under the prefix that its host stands for."""
    role, path = _ROLES.get(target.hostname or ""), target.path
    if role is not None:
        if target.scheme != "https" or target.port not in (None, 443):
            raise _refusal("names a host of the platform by another scheme or port than its own")
    else:
        own = bases.own_path(http, target.scheme, target.netloc, path)
        if own is None:
            raise _refusal("names a host that is not served here; add it to allowed_hosts if it is this server's")
        role, path = own
        if path.strip("/").partition("/")[0] in _PREFIXED:
            role = ""
    decoded = unquote(path)
    return f"/{role}{decoded}" if role else decoded


def _refusal(reason: str) -> BadRequest:
    """Without the target itself, whose query may hold a token."""
    return BadRequest(f"Invalid request: x-fal-target-url {reason}")
