"""
Who is calling: `Authorization: Key …` or `Bearer …`, the same keys under both schemes, on every door.

Run and queue calls also take a temporary token in the query (`fal_jwt_token`), which a browser may hold: it stands for
its maker's account, for a few applications and a short while.
"""

from typing import Final

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.permits import Permits
from mutoscope.api.exchange import HttpRequest
from mutoscope.api.routes import NAMESPACES
from mutoscope.errors import ApplicationForbidden, AuthenticationMissing, KeyUnknown, TokenUnknown
from mutoscope.house import House

SCHEMES: Final = frozenset({"key", "bearer"})
_TOKEN: Final = "fal_jwt_token"
_PURPOSE: Final = "temporary token"
"""What the signature covers, so that nothing else that is signed here opens a call."""


def credentials(http: HttpRequest) -> tuple[str, str]:
    """The scheme in lower case and what follows it; two empty strings without the header."""
    scheme, _, credential = (http.header(b"authorization") or "").partition(" ")
    return scheme.lower(), credential.strip()


def authenticate(http: HttpRequest, keys: Keys) -> Caller:
    """
    The caller of this exchange, by a key.

    Raises:
        AuthenticationMissing: nothing was sent.
        KeyUnknown: something was, and it names no active key. A temporary token counts as that: what asks for a key
            is not open to it.
    """
    scheme, credential = credentials(http)
    if not scheme and _TOKEN not in http.query():
        raise AuthenticationMissing
    caller = keys.authenticate(credential) if credential and scheme in SCHEMES else None
    if caller is None:
        raise KeyUnknown
    return caller


def authenticate_call(http: HttpRequest, house: House) -> Caller:
    """
    The caller of a run or queue call, by a key or by a temporary token; a header counts before a token.

    Raises:
        AuthenticationMissing, KeyUnknown: as `authenticate`.
        TokenUnknown: forged, expired, or its key was revoked.
        ApplicationForbidden: a good token, for other applications.
    """
    if b"authorization" not in http.headers:
        token = http.query().get(_TOKEN)
        if token is not None:
            return _caller_of(token, http.route.target, house)
    return authenticate(http, house.keys)


async def read_body(http: HttpRequest, house: House, caller: Caller, bytes_max: int = 0, bound: str = "") -> bytes:
    """
    The body of a caller who may still send one: it can take minutes, and a key that is revoked meanwhile opens nothing.

    Args:
        bytes_max: with its name in `bound`, where it is not the setting `body_bytes_max`.

    Raises:
        KeyUnknown: its key was revoked on the way.
        As `HttpRequest.body`.
    """
    body = await (http.body(bytes_max, bound) if bound else http.body(house.settings.body_bytes_max))
    if house.keys.active(caller.key_id) is None:
        raise KeyUnknown
    return body


def temporary_token(caller: Caller, apps: list[str], lifetime_s: float, permits: Permits) -> str:
    """A token for these applications: aliases (`kling-video`) or app ids (`fal-ai/kling-video`)."""
    return permits.sign(_PURPOSE, caller, lifetime_s, {"apps": apps})


def _caller_of(token: str, target: str, house: House) -> Caller:
    """The maker of the token, whose key must still be good."""
    permit = house.permits.read(_PURPOSE, token)
    if permit is None:
        raise TokenUnknown
    caller, claims = permit
    names = target.split("/")
    app = names[: 3 if names[0] in NAMESPACES else 2]
    if app[-1] not in claims["apps"] and "/".join(app) not in claims["apps"]:
        raise ApplicationForbidden(app[-1])
    return caller
