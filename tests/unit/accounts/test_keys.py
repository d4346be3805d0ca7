"""Keys: shown once, kept as hashes, good at once, gone at once."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.accounts.keys import ENVIRONMENT_KEY_ID, Keys, Scope
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.errors import BadRequest, LastAdminKey
from mutoscope.limits import KEY_NAME_CHARS_MAX


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """A database with its schema."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield database
    await database.close()


@pytest.fixture
async def keys(database: SqliteDatabase) -> Keys:
    """No keys yet."""
    keys = Keys(database, ManualClock())
    await keys.load()
    return keys


async def test_a_new_key_is_good_at_once_and_has_its_own_account(keys: Keys) -> None:
    """What create returns authenticates."""
    record, credential = await keys.create("laptop")

    caller = keys.authenticate(credential)

    assert caller is not None
    assert (caller.key_id, caller.account_id, caller.name) == (record.id, record.id, "laptop")
    assert credential.startswith(f"{record.id}:")


async def test_keys_can_share_an_account(keys: Keys) -> None:
    """Requests go by account, so a second key sees those of the first."""
    first, _ = await keys.create("laptop")
    _, credential = await keys.create("phone", first.account_id)

    caller = keys.authenticate(credential)

    assert caller is not None and caller.account_id == first.account_id and caller.key_id != first.id


async def test_a_revoked_key_is_bad_at_once_and_stays_listed(keys: Keys) -> None:
    """Revoking twice, or what never was, says so."""
    record, credential = await keys.create("laptop")

    assert await keys.revoke(record.id)
    assert keys.authenticate(credential) is None
    assert not await keys.revoke(record.id)
    assert not await keys.revoke("no-such-key")

    listed = await keys.list()
    assert [(entry.id, entry.revoked is not None) for entry in listed] == [(record.id, True)]


async def test_keys_outlive_a_restart_and_revoked_ones_stay_revoked(keys: Keys, database: SqliteDatabase) -> None:
    """What the store holds is what the next server knows."""
    _, good = await keys.create("good")
    revoked, bad = await keys.create("bad")
    await keys.revoke(revoked.id)

    restarted = Keys(database, ManualClock())
    assert restarted.authenticate(good) is None
    await restarted.load()

    assert restarted.authenticate(good) is not None
    assert restarted.authenticate(bad) is None


async def test_only_the_whole_credential_authenticates(keys: Keys) -> None:
    """Neither half alone, nor anything near it."""
    record, credential = await keys.create("laptop")
    other, other_credential = await keys.create("phone")
    secret = credential.partition(":")[2]

    for wrong in (
        "", ":", record.id, secret, f"{record.id}:", f":{secret}", f"{other.id}:{secret}", f"{credential} ",
        credential.upper(), credential[:-1], f"{credential}0", credential + ":", "\ud800", "ä" * 10_000,
    ):  # fmt: skip
        assert keys.authenticate(wrong) is None, wrong
    assert keys.authenticate(other_credential) is not None


async def test_no_secret_is_in_the_database(keys: Keys, database: SqliteDatabase, tmp_path: Path) -> None:
    """Whoever copies the files cannot call."""
    _, credential = await keys.create("laptop")
    await database.close()

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert credential.partition(":")[0].encode() in stored
    assert credential.partition(":")[2].encode() not in stored


async def test_the_first_start_makes_one_key(database: SqliteDatabase) -> None:
    """Once; not after a restart, and not after that key was revoked."""
    keys = Keys(database, ManualClock())

    credential = await keys.ensure_first()

    assert credential is not None
    caller = keys.authenticate(credential)
    assert caller is not None
    assert await Keys(database, ManualClock()).ensure_first() is None
    await keys.revoke(caller.key_id)
    assert await Keys(database, ManualClock()).ensure_first() is None


async def test_a_key_from_outside_is_extra_and_not_stored(database: SqliteDatabase) -> None:
    """It opens everything, has a fixed account, cannot be revoked, and makes a first key unnecessary."""
    keys = Keys(database, ManualClock(), "given-from-outside")

    assert await keys.ensure_first() is None
    caller = keys.authenticate("given-from-outside")

    assert caller is not None and caller.account_id == ENVIRONMENT_KEY_ID
    assert keys.authenticate("") is None
    assert await keys.list() == []
    assert not await keys.revoke(ENVIRONMENT_KEY_ID)
    _, credential = await keys.create("stored as well")
    assert keys.authenticate(credential) is not None


async def test_without_a_key_from_outside_the_empty_credential_is_bad(keys: Keys) -> None:
    """An unset variable is not a password."""
    assert keys.authenticate("") is None


@pytest.mark.parametrize("name", ["two\nlines", "bell\x07", "x" * (KEY_NAME_CHARS_MAX + 1), "\u202eevil"])
async def test_a_name_that_spoils_a_listing_is_refused(keys: Keys, name: str) -> None:
    """Names are printed in tables."""
    with pytest.raises(BadRequest, match="KEY_NAME_CHARS_MAX"):
        await keys.create(name)
    with pytest.raises(BadRequest, match="account"):
        await keys.create("fine", name)

    assert await keys.list() == []
    await keys.create("ü" * KEY_NAME_CHARS_MAX)


# --- scopes ---


async def test_the_first_key_is_an_admin_and_the_others_are_not(keys: Keys) -> None:
    """Unless somebody says otherwise."""
    scopes = [(await keys.create(name))[0].scope for name in ("first", "second")]
    asked = (await keys.create("third", scope=Scope.ADMIN))[0].scope

    assert scopes == [Scope.ADMIN, Scope.API]
    assert asked is Scope.ADMIN


async def test_a_scope_outlives_a_restart(keys: Keys, database: SqliteDatabase) -> None:
    """What a caller may do is what its key was made for."""
    credentials = [(await keys.create(name))[1] for name in ("admin", "api")]

    again = Keys(database, ManualClock())
    await again.load()

    callers = [again.authenticate(credential) for credential in credentials]
    assert [caller and caller.scope for caller in callers] == [Scope.ADMIN, Scope.API]


async def test_the_key_from_outside_and_the_one_made_at_first_are_admins(database: SqliteDatabase) -> None:
    """They are the operator's own."""
    outside = Keys(database, ManualClock(), "from outside")
    await outside.ensure_first()
    inside = Keys(database, ManualClock())
    made = await inside.ensure_first()

    callers = outside.authenticate("from outside"), inside.authenticate(made or "")
    assert [caller and caller.scope for caller in callers] == [Scope.ADMIN, Scope.ADMIN]


async def test_an_account_keeps_its_last_admin_key(keys: Keys) -> None:
    """The first of two may go, the second may not; a key of another account is not seen."""
    first, _ = await keys.create("a", "team", Scope.ADMIN)
    second, _ = await keys.create("b", "team", Scope.ADMIN)
    worker, _ = await keys.create("c", "team")

    assert not await keys.revoke_as_admin(first.id, "others")
    assert await keys.revoke_as_admin(first.id, "team")
    assert not await keys.revoke_as_admin(first.id, "team"), "it is revoked"
    with pytest.raises(LastAdminKey, match=second.id):
        await keys.revoke_as_admin(second.id, "team")
    assert await keys.revoke_as_admin(worker.id, "team")
    assert keys.active(second.id) is not None
    assert await keys.revoke(second.id), "the operator may"


async def test_the_account_of_the_key_from_outside_has_an_admin_anyway(keys: Keys) -> None:
    """So its stored admins may all go."""
    record, _ = await keys.create("a", ENVIRONMENT_KEY_ID, Scope.ADMIN)

    assert await keys.revoke_as_admin(record.id, ENVIRONMENT_KEY_ID)


@pytest.mark.parametrize("as_admin", [True, False])
async def test_a_revocation_that_nobody_waits_for_still_ends_the_key_here(keys: Keys, as_admin: bool) -> None:
    """Cancelled between the store and the memory, the key would be revoked there and open everything here."""
    await keys.create("admin", "acme", Scope.ADMIN)
    record, credential = await keys.create("app", "acme")
    revoking = asyncio.create_task(keys.revoke_as_admin(record.id, "acme") if as_admin else keys.revoke(record.id))
    await asyncio.sleep(0)  # as far as the store

    revoking.cancel()
    await asyncio.gather(revoking, return_exceptions=True)

    async with asyncio.timeout(5):
        while next(each for each in await keys.list() if each.id == record.id).revoked is None:
            await asyncio.sleep(0)
    assert keys.authenticate(credential) is None
