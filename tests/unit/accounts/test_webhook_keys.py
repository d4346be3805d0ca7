"""Keys that webhooks are signed with: published for as long as they may be met, in the form that receivers read."""

import base64
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from mutoscope.accounts.secrets import Secret, Secrets
from mutoscope.accounts.webhook_keys import RETIRED_PUBLISHED_S, WebhookKey, WebhookKeys
from mutoscope.clock import ManualClock
from mutoscope.database.sqlite import SqliteDatabase


@pytest.fixture
def clock() -> ManualClock:
    """Stands still until told otherwise."""
    return ManualClock()


@pytest.fixture
async def keys(tmp_path: Path, clock: ManualClock) -> AsyncIterator[WebhookKeys]:
    """None yet."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    yield WebhookKeys(Secrets(database, clock), clock)
    await database.close()


async def test_the_first_look_makes_the_key(keys: WebhookKeys):
    """Whether to sign with or to publish, it is the same."""
    (published,) = await keys.published()

    assert published == await keys.current()


async def test_a_retired_key_is_published_for_a_day(keys: WebhookKeys, clock: ManualClock):
    """Up to the last moment, and not at the end of it."""
    old = await keys.current()
    new = await keys.rotate()

    assert await keys.current() == new
    clock.advance(RETIRED_PUBLISHED_S - 0.001)
    assert [key.kid for key in await keys.published()] == [new.kid, old.kid]
    clock.advance(0.001)
    assert [key.kid for key in await keys.published()] == [new.kid]


async def test_what_is_published_verifies_what_is_signed(keys: WebhookKeys):
    """Decoded without adding padding, as the platform's Python example does."""
    key = await keys.current()

    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key.jwk["x"]))

    public.verify(key.sign(b"message"), b"message")
    assert len(key.jwk["x"]) == 44
    assert "d" not in key.jwk


def test_the_key_id_is_the_thumbprint_of_the_standard():
    """RFC 8037, appendix A.3."""
    seed = base64.urlsafe_b64decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=")

    key = WebhookKey(Secret("id", seed, 0.0, None))

    assert key.kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert key.jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="
