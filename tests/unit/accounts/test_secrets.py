"""Secrets: made once, kept, rotated, never printed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.accounts.secrets import SECRET_BYTES, Secrets
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase


@pytest.fixture
async def secrets(tmp_path: Path) -> AsyncIterator[Secrets]:
    """No secrets yet."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield Secrets(database, ManualClock())
    await database.close()


async def test_a_secret_is_made_at_first_use_and_stays(secrets: Secrets):
    """Two looks are the same secret; two names are two."""
    first = await secrets.current("tokens")

    assert await secrets.current("tokens") == first
    assert len(first.value) == SECRET_BYTES
    assert (await secrets.current("webhooks")).value != first.value


async def test_rotation_keeps_the_old_one_as_retired(secrets: Secrets):
    """The new one signs, both can check."""
    old = await secrets.current("webhooks")

    new = await secrets.rotate("webhooks")

    assert await secrets.current("webhooks") == new
    assert {(each.id, each.retired is None) for each in await secrets.all("webhooks")} == {
        (new.id, True),
        (old.id, False),
    }


async def test_a_secret_does_not_print_its_value(secrets: Secrets):
    """Whoever logs one logs its id."""
    secret = await secrets.current("tokens")

    assert repr(secret) == f"Secret({secret.id})"
