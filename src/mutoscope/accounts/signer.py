"""Short-lived permissions that carry their own proof: nothing about them is stored, and nothing in them is secret."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import orjson

from mutoscope.clock import Clock

SECRET_NAME: Final = "tokens"
"""Of the secret that the server signs with."""
_TEXT_CHARS_MAX: Final = 8_192
"""Room for the longest lifecycle in an upload's ticket, each of its characters written with two bytes."""
_SEAL_BYTES: Final = 16


class Signer:
    """
    Signs claims and reads them back.

    A token is `<claims>.<mac>`, both in URL-safe base64: the claims as JSON, and HMAC-SHA256 over purpose and claims,
    so that what was signed for an upload opens nothing else.
    """

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._secret = secret
        self._clock = clock

    def sign(self, purpose: str, claims: Mapping[str, Any], lifetime_s: float) -> str:
        """A token that says `claims` (JSON types) for so many seconds from now."""
        body = orjson.dumps({**claims, "exp": self._clock.now() + lifetime_s})
        return f"{_text(body)}.{_text(self._mac(purpose, body))}"

    def read(self, purpose: str, token: str) -> dict[str, Any] | None:
        """The claims, `exp` among them; None for a token that is forged, expired, cut or meant for another purpose."""
        if len(token) > _TEXT_CHARS_MAX:
            return None
        head, _, tail = token.partition(".")
        try:
            body, mac = _bytes(head), _bytes(tail)
        except (ValueError, binascii.Error):
            return None
        if not hmac.compare_digest(self._mac(purpose, body), mac):
            return None
        claims: dict[str, Any] = orjson.loads(body)
        return claims if claims["exp"] > self._clock.now() else None

    def seal(self, text: str) -> str:
        """A short text by which this server, and nobody else, knows `text` again."""
        return _text(self._mac("seal", text.encode())[:_SEAL_BYTES])

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hmac.digest(self._secret, purpose.encode() + b"\0" + body, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
