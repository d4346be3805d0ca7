"""Who is calling: `Authorization: Key …` or `Bearer …`, the same keys under both schemes, on every door."""

from typing import Final

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.api.exchange import HttpRequest
from mutoscope.errors import AuthenticationMissing, KeyUnknown

SCHEMES: Final = frozenset({"key", "bearer"})


def credentials(http: HttpRequest) -> tuple[str, str]:
    """The scheme in lower case and what follows it; two empty strings without the header."""
    scheme, _, credential = (http.header(b"authorization") or "").partition(" ")
    return scheme.lower(), credential.strip()


def authenticate(http: HttpRequest, keys: Keys) -> Caller:
    """
    The caller of this exchange.

    Raises:
        AuthenticationMissing: nothing was sent.
        KeyUnknown: something was, and it names no active key. A temporary token (`fal_jwt_token`) counts as that:
            none are handed out.
    """
    scheme, credential = credentials(http)
    if not scheme and "fal_jwt_token" not in http.query():
        raise AuthenticationMissing
    caller = keys.authenticate(credential) if credential and scheme in SCHEMES else None
    if caller is None:
        raise KeyUnknown
    return caller
