"""The keys that webhooks are signed with: Ed25519, made from the secrets of one name, published as a JWK set."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mutoscope.accounts.secrets import Secret, Secrets
from mutoscope.clock import Clock

SECRET_NAME: Final = "webhooks"
RETIRED_PUBLISHED_S: Final = 86_400.0
"""A retired key stays published so long: a delivery that it signed may still be on its way or in a receiver's queue."""


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """One key pair."""

    secret: Secret
    """The seed, in its 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes (RFC 8032)."""
        return self._private.sign(message)

    @property
    def kid(self) -> str:
        """Its name in the set: the thumbprint of RFC 7638, so that the same key has the same name for ever."""
        x = _base64url(self._public).rstrip("=")
        return _base64url(hashlib.sha256(orjson.dumps({"crv": "Ed25519", "kty": "OKP", "x": x})).digest()).rstrip("=")

    @property
    def jwk(self) -> dict[str, Any]:
        """
        The public half, as RFC 8037 has it.

        With `=` under `x`, 44 characters: the platform's own Python example decodes it without adding any.
        """
        x = _base64url(self._public)
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "alg": "EdDSA", "use": "sig", "x": x}

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.secret.value)

    @property
    def _public(self) -> bytes:
        return self._private.public_key().public_bytes_raw()


class WebhookKeys:
    """The keys of this server."""

    def __init__(self, secrets: Secrets, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    async def current(self) -> WebhookKey:
        """The key that signs; made now if there is none."""
        for secret in await self._secrets.all(SECRET_NAME):
            if secret.retired is None:
                return WebhookKey(secret)
        return WebhookKey(await self._secrets.current(SECRET_NAME))

    async def published(self) -> list[WebhookKey]:
        """The key that signs and those retired less than `RETIRED_PUBLISHED_S` ago, newest first."""
        await self.current()
        over = self._clock.now() - RETIRED_PUBLISHED_S
        secrets = await self._secrets.all(SECRET_NAME)
        return [WebhookKey(secret) for secret in secrets if secret.retired is None or secret.retired > over]

    async def rotate(self) -> WebhookKey:
        """A new key, which signs from now on."""
        return WebhookKey(await self._secrets.rotate(SECRET_NAME))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii")
