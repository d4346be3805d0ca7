"""What a key hands out for a while, to a browser or as an upload URL: permits that act for it, and end with it."""

import hmac
from collections.abc import Mapping
from typing import Any, Final

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.signer import Signer

_KEY: Final = "key"
_SEAL: Final = "seal"


class Permits:
    """
    Signs permits and reads them back, each bound to the very credential that it came from.

    The id alone would not do: the key from outside keeps its id when it is changed. What is written is sealed and not
    a hash of the credential, which whoever holds the permit could try passwords against.
    """

    def __init__(self, keys: Keys, signer: Signer) -> None:
        self._keys = keys
        self._signer = signer

    def sign(self, purpose: str, caller: Caller, lifetime_s: float, claims: Mapping[str, Any]) -> str:
        """A token that says `claims` (JSON types) for `caller`, for so many seconds from now."""
        seal = self._seal(caller.key_id)
        return self._signer.sign(purpose, {**claims, _KEY: caller.key_id, _SEAL: seal}, lifetime_s)

    def read(self, purpose: str, token: str) -> tuple[Caller, dict[str, Any]] | None:
        """Whom a permit acts for and what it claims; None for one that is no good, as its key may be by now."""
        claims = self._signer.read(purpose, token)
        caller = None if claims is None else self._keys.active(claims[_KEY])
        if claims is None or caller is None:
            return None
        return (caller, claims) if hmac.compare_digest(claims.get(_SEAL, ""), self._seal(caller.key_id)) else None

    def _seal(self, key_id: str) -> str:
        """Of a key that was revoked a moment ago it fits nothing."""
        return self._signer.seal(self._keys.digest(key_id) or "")
