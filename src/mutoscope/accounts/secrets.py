"""What this server signs with: random bytes in the store, made at first use, shared by all that open the same store."""

import secrets
from dataclasses import dataclass
from typing import Final

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.ids import new_token

SECRET_BYTES: Final = 32
"""256 bits: enough for HMAC-SHA256, and exactly the seed of an Ed25519 key."""


@dataclass(frozen=True, slots=True)
class Secret:
    """One secret; its value is for whoever signs or checks with it and for nobody else."""

    id: str
    value: bytes
    created: float
    """Seconds since the Unix epoch."""
    retired: float | None
    """When a newer one of the same name took over; None for the one that signs."""

    def __repr__(self) -> str:
        return f"Secret({self.id})"


class Secrets:
    """The secrets of this server, by name."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def current(self, name: str) -> Secret:
        """The secret of this name that signs; made now if there is none."""
        return await self._database.write(_ensure(self._draft(), name))

    async def all(self, name: str) -> list[Secret]:
        """Those of this name, newest first, retired ones too."""
        return [_secret(row) for row in await self._database.read_slow(_all(name))]

    async def rotate(self, name: str) -> Secret:
        """A new secret that signs from now on; the one before is kept as retired."""
        return await self._database.write(_rotate(self._draft(), name))

    def _draft(self) -> Secret:
        return Secret(new_token(), secrets.token_bytes(SECRET_BYTES), self._clock.now(), None)


def _ensure(draft: Secret, name: str) -> Script[Secret]:
    rows = yield Statement("secret_current", {"name": name})
    if rows:
        return _secret(rows[0])
    yield _insert(draft, name)
    return draft


def _rotate(draft: Secret, name: str) -> Script[Secret]:
    yield Statement("secret_retire", {"name": name, "now": draft.created})
    yield _insert(draft, name)
    return draft


def _all(name: str) -> Script[list[Row]]:
    return (yield Statement("secret_list", {"name": name}))


def _insert(draft: Secret, name: str) -> Statement:
    values = {"id": draft.id, "name": name, "value": draft.value, "created": draft.created}
    return Statement("secret_insert", values)


def _secret(row: Row) -> Secret:
    return Secret(row["id"], row["value"], row["created"], row["retired"])
