"""Permits end with the credential that they came from, and hold nothing that it could be guessed by."""

import base64
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.accounts.keys import Keys
from mutoscope.accounts.permits import Permits
from mutoscope.accounts.signer import Signer
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase

SECRET = b"x" * 32


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """An empty one."""
    opened = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield opened
    await opened.close()


async def permits_of(database: SqliteDatabase, outside: str) -> tuple[Keys, Permits]:
    """A server that was started with this key from outside."""
    clock = ManualClock()
    keys = Keys(database, clock, outside)
    await keys.load()
    return keys, Permits(keys, Signer(SECRET, clock))


async def test_a_permit_acts_for_its_maker(database: SqliteDatabase):
    """And says what it was made for; under another purpose it says nothing."""
    keys, permits = await permits_of(database, "outside")
    _, credential = await keys.create("app")
    caller = keys.authenticate(credential)
    assert caller is not None

    permit = permits.read("a", token := permits.sign("a", caller, 10, {"file": "x"}))

    assert permit is not None and permit[0] == caller and permit[1]["file"] == "x"
    assert permits.read("b", token) is None


async def test_a_permit_of_the_key_from_outside_ends_when_that_key_is_changed(database: SqliteDatabase):
    """The id stays the same; with the same key again after a restart it is good."""
    keys, permits = await permits_of(database, "outside")
    caller = keys.authenticate("outside")
    assert caller is not None
    token = permits.sign("a", caller, 10, {})

    others = [(await permits_of(database, outside))[1].read("a", token) for outside in ("changed", "", "outside")]

    assert [other is not None for other in others] == [False, False, True]


async def test_a_permit_of_a_revoked_key_is_worth_nothing(database: SqliteDatabase):
    """At once."""
    keys, permits = await permits_of(database, "")
    record, credential = await keys.create("app")
    caller = keys.authenticate(credential)
    assert caller is not None
    token = permits.sign("a", caller, 10, {})

    await keys.revoke(record.id)

    assert permits.read("a", token) is None


async def test_a_permit_holds_no_hash_of_its_credential(database: SqliteDatabase):
    """A browser that was lent a token cannot try passwords against it."""
    keys, permits = await permits_of(database, "outside")
    caller = keys.authenticate("outside")
    assert caller is not None

    head = permits.sign("a", caller, 10, {}).partition(".")[0]
    claims = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode()

    digest = hashlib.sha256(b"outside")
    shown = (digest.hexdigest(), base64.urlsafe_b64encode(digest.digest()).decode())
    assert not any(each[:12] in claims for each in shown)
