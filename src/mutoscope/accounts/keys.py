"""Who may call, and what: keys, stored as hashes, looked up in memory."""

import asyncio
import hashlib
import hmac
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.errors import BadRequest, LastAdminKey
from mutoscope.ids import new_key
from mutoscope.limits import KEY_NAME_CHARS_MAX

ENVIRONMENT_KEY_ID: Final = "environment"
"""Key id and account of the key given from outside; no stored key has it, theirs are UUIDs."""


class Scope(StrEnum):
    """What a key may do."""

    API = "api"
    """Call endpoints, and see what its account did."""
    ADMIN = "admin"
    """That, and see usage and manage the keys of its account."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a credential belongs to."""

    key_id: str
    account_id: str
    """Requests, limits and usage go by account; several keys may share one."""
    name: str
    scope: Scope = Scope.API


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A stored key, without its secret."""

    id: str
    account_id: str
    name: str
    created: float
    """Seconds since the Unix epoch."""
    revoked: float | None
    """When it was revoked; it never works again."""
    scope: Scope = Scope.API


_ENVIRONMENT_CALLER: Final = Caller(ENVIRONMENT_KEY_ID, ENVIRONMENT_KEY_ID, "MUTOSCOPE_KEY", Scope.ADMIN)


class Keys:
    """
    The keys of this server. `load` before the first `authenticate`.

    Args:
        environment_key: an extra credential with full rights that is not stored; empty for none.
    """

    def __init__(self, database: Database, clock: Clock, environment_key: str = "") -> None:
        self._database = database
        self._clock = clock
        self._environment_hash = _hash(environment_key) if environment_key else None
        self._active: dict[str, tuple[str, Caller]] = {}
        """Hash and caller by key id."""

    async def load(self) -> None:
        """Read the active keys from the store."""
        rows = await self._database.read_slow(_list())
        self._active = {row["id"]: (row["hash"], _caller(_record(row))) for row in rows if row["revoked"] is None}

    async def ensure_first(self) -> str | None:
        """
        Load, and make the first key when there never was one and none is given from outside.

        Returns:
            The credential of the key made now; there is no way to see it again.
        """
        made = None
        if self._environment_hash is None:
            record, credential = self._draft("first", None, Scope.ADMIN)
            if await self._database.write(_insert_first(record, _hash(credential))):
                made = credential
        await self.load()
        return made

    def authenticate(self, credential: str) -> Caller | None:
        """
        The caller behind `<id>:<secret>`, or None when it is unknown, revoked or malformed.

        Found by its public half; the whole is then compared as a hash, in constant time.
        """
        digest = _hash(credential)
        if self._environment_hash is not None and hmac.compare_digest(self._environment_hash, digest):
            return _ENVIRONMENT_CALLER
        stored, caller = self._active.get(credential.partition(":")[0], ("", None))
        return caller if hmac.compare_digest(stored, digest) else None

    def active(self, key_id: str) -> Caller | None:
        """The caller behind a key that was checked before; None once it is revoked."""
        if key_id == ENVIRONMENT_KEY_ID:
            return _ENVIRONMENT_CALLER if self._environment_hash is not None else None
        return self._active.get(key_id, ("", None))[1]

    def digest(self, key_id: str) -> str | None:
        """What the active key of this id is known by; another after the key from outside was changed."""
        if key_id == ENVIRONMENT_KEY_ID:
            return self._environment_hash
        return self._active.get(key_id, (None, None))[0]

    async def create(
        self, name: str, account_id: str | None = None, scope: Scope | None = None
    ) -> tuple[KeyRecord, str]:
        """
        A new key, good from now on.

        Args:
            name: for people.
            account_id: share the requests of this account; by default the key has its own.
            scope: by default admin for the very first key, api for all others.

        Returns:
            The record and the credential `<id>:<secret>`; only its hash is kept.

        Raises:
            BadRequest: a name that cannot be printed on one line or is too long.
        """
        for field, text in (("name", name), ("account", account_id or "")):
            if len(text) > KEY_NAME_CHARS_MAX or not text.isprintable():
                shown = f"{text[:40]!r} ({len(text)} characters)"
                bound = f"at most {KEY_NAME_CHARS_MAX} printable characters (KEY_NAME_CHARS_MAX)"
                raise BadRequest(f"{field} is {shown}; it must be {bound}")
        record, credential = self._draft(name, account_id, scope or Scope.API)
        digest = _hash(credential)
        record = await self._database.write(_insert_in(record, digest, may_be_first=scope is None))
        self._active[record.id] = (digest, _caller(record))
        return record, credential

    async def list(self) -> list[KeyRecord]:
        """All stored keys, oldest first, revoked ones too."""
        return [_record(row) for row in await self._database.read_slow(_list())]

    async def revoke_as_admin(self, key_id: str, account_id: str) -> bool:
        """
        As `revoke`, among the keys of one account, which keeps at least one admin key.

        Raises:
            LastAdminKey: it is the only one that is left.
        """
        return await asyncio.shield(self._end(key_id, _revoke_of(key_id, account_id, self._clock.now())))

    async def revoke(self, key_id: str) -> bool:
        """
        End a key at once: when this returns it opens nothing any more.

        Returns:
            False when there is no such key or it was revoked before.
        """
        return await asyncio.shield(self._end(key_id, _revoke(key_id, self._clock.now())))

    async def _end(self, key_id: str, revoking: Script[bool]) -> bool:
        """Both or neither: cancelled between them, a key that the store has revoked would open everything here."""
        was_active = await self._database.write(revoking)
        if was_active:
            self._active.pop(key_id, None)
        return was_active

    def _draft(self, name: str, account_id: str | None, scope: Scope) -> tuple[KeyRecord, str]:
        key_id, secret = new_key()
        return KeyRecord(key_id, account_id or key_id, name, self._clock.now(), None, scope), f"{key_id}:{secret}"


def _hash(credential: str) -> str:
    """SHA-256 suffices: a credential has 256 random bits, there is no dictionary to try."""
    return hashlib.sha256(credential.encode("utf-8", "surrogatepass")).hexdigest()


def _record(row: Row) -> KeyRecord:
    return KeyRecord(row["id"], row["account_id"], row["name"], row["created"], row["revoked"], Scope(row["scope"]))


def _caller(record: KeyRecord) -> Caller:
    return Caller(record.id, record.account_id, record.name, record.scope)


def _insert(record: KeyRecord, digest: str) -> Script[None]:
    params = {
        "id": record.id,
        "account_id": record.account_id,
        "name": record.name,
        "hash": digest,
        "created": record.created,
        "scope": record.scope.value,
    }
    yield Statement("key_insert", params)


def _insert_in(record: KeyRecord, digest: str, *, may_be_first: bool) -> Script[KeyRecord]:
    """The key as it was written: an admin where it is the first and nobody said otherwise."""
    if may_be_first:
        rows = yield Statement("key_count", {})
        if rows[0]["n"] == 0:
            record = replace(record, scope=Scope.ADMIN)
    yield from _insert(record, digest)
    return record


def _insert_first(record: KeyRecord, digest: str) -> Script[bool]:
    """Whether it was the first; counted and written in one transaction."""
    rows = yield Statement("key_count", {})
    if rows[0]["n"]:
        return False
    yield from _insert(record, digest)
    return True


def _list() -> Script[list[Row]]:
    return (yield Statement("key_list", {}))


def _revoke_of(key_id: str, account_id: str, now: float) -> Script[bool]:
    """Counted and written in one transaction: two admins cannot revoke each other."""
    rows = yield Statement("key_list", {})
    active = [row for row in rows if row["revoked"] is None and row["account_id"] == account_id]
    if key_id not in {row["id"] for row in active}:
        return False
    # The key from outside is an admin of its account whatever is stored.
    admins = {row["id"] for row in active if row["scope"] == Scope.ADMIN}
    if admins == {key_id} and account_id != ENVIRONMENT_KEY_ID:
        raise LastAdminKey(key_id)
    return (yield from _revoke(key_id, now))


def _revoke(key_id: str, now: float) -> Script[bool]:
    rows = yield Statement("key_revoke", {"id": key_id, "now": now})
    return bool(rows)
