"""`mutoscope webhooks` on a store without a server, and beside one."""

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from mutoscope import storage
from mutoscope.clock import SystemClock
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.store import RequestStore
from mutoscope.settings import load_settings
from tests.conftest import Serve
from tests.story.store_process import INVALID
from tests.unit.cli.conftest import Command
from tests.unit.webhooks.conftest import a_request

UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"


def an_ended_request(data_dir: Path, url: str = "https://hooks.example/told?token=s3cret") -> str:
    """The id of a request in the store of this folder, its end not told yet."""

    async def submit() -> str:
        settings = load_settings({"data_dir": data_dir}, environ={})
        with storage.data_folder(settings):
            async with storage.database(settings) as database:
                store = RequestStore(database, LocalBus(), SystemClock(), boot_id="boot")
                return (await store.submit(a_request(url, verdict=INVALID))).request_id

    return asyncio.run(submit())


def test_webhooks_are_listed_without_their_secrets(mutoscope: Command, tmp_path: Path):
    """For people a line each, for programs JSON; filtered by state and by request."""
    request_id = an_ended_request(tmp_path / "data")

    shown = mutoscope("webhooks", "list")
    rows = json.loads(mutoscope("webhooks", "list", "--json").stdout)
    none = json.loads(mutoscope("webhooks", "list", "--state", "delivered", "--json").stdout)
    one = json.loads(mutoscope("webhooks", "list", "--request", request_id, "--state", "pending", "--json").stdout)

    assert shown.returncode == 0, shown.stderr
    assert request_id in shown.stdout and "https://hooks.example/told?…" in shown.stdout
    assert "s3cret" not in shown.stdout + json.dumps(rows)
    assert [row["state"] for row in rows] == ["pending"]
    assert (none, one) == ([], rows)
    assert mutoscope("webhooks", "list", "--state", "odd").returncode == 2


def test_a_list_without_webhooks_says_so(mutoscope: Command):
    """Beside the output, so that a program that counts lines counts none."""
    shown = mutoscope("webhooks", "list")

    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "no webhooks\n")


def test_a_webhook_is_made_due_again(mutoscope: Command, tmp_path: Path):
    """Whatever became of it; one that is not there is an error."""
    request_id = an_ended_request(tmp_path / "data")
    with closing(sqlite3.connect(tmp_path / "data" / "mutoscope.db")) as store, store:
        store.execute("UPDATE webhooks SET state = 'failed', tries = 10")

    again = mutoscope("webhooks", "redeliver", request_id)
    rows = json.loads(mutoscope("webhooks", "list", "--json").stdout)
    unknown, odd = mutoscope("webhooks", "redeliver", UNKNOWN_ID), mutoscope("webhooks", "redeliver", "odd")

    assert again.returncode == 0, again.stderr
    assert [(row["state"], row["tries"]) for row in rows] == [("pending", 0)]
    assert (unknown.returncode, odd.returncode) == (1, 2)


def test_the_key_is_rotated(mutoscope: Command):
    """Each time another one; its name is all that is printed."""
    first = json.loads(mutoscope("webhooks", "rotate-key", "--json").stdout)
    second = mutoscope("webhooks", "rotate-key")

    assert first.keys() == {"kid"}
    assert second.stdout.startswith("signing with ") and first["kid"] not in second.stdout


async def test_beside_a_server_the_server_does_it(serve: Serve, mutoscope: Command, tmp_path: Path):
    """It is on the folder; the command asks it."""
    async with serve() as server:
        kid = json.loads((await asyncio.to_thread(mutoscope, "webhooks", "rotate-key", "--json")).stdout)["kid"]
        jwks = (await server.client.get("/rest/.well-known/jwks.json")).json()
        rows = await asyncio.to_thread(mutoscope, "webhooks", "list", "--json")
        unknown = await asyncio.to_thread(mutoscope, "webhooks", "redeliver", UNKNOWN_ID)

    assert jwks["keys"][0]["kid"] == kid
    assert json.loads(rows.stdout) == []
    assert unknown.returncode == 1 and "not found" in unknown.stderr
