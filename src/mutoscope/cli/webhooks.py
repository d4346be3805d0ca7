"""`mutoscope webhooks`: list, redeliver, rotate the key; through the running server, else in the store itself."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import urlencode

import typer

from mutoscope import storage
from mutoscope.accounts.secrets import Secrets
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.cli.control import ask_server
from mutoscope.cli.options import ConfigOption, DataDirOption, JsonOption, application
from mutoscope.clock import SystemClock
from mutoscope.database.base import Database
from mutoscope.errors import SettingInvalid
from mutoscope.ids import is_request_id
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.outbox import Outbox, WebhookState, webhook_object
from mutoscope.settings import Settings, load_settings

T = TypeVar("T")

_ROWS: Final = 50

app = application("List and redeliver webhooks, rotate their key.")


@app.command("list")
def list_(
    state: Annotated[WebhookState | None, typer.Option("--state", help="Only those that are so far.")] = None,
    request: Annotated[str | None, typer.Option("--request", help="Only that of this request.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most so many, the newest first.")] = _ROWS,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """List webhooks and what became of each; URLs are shown without their queries, which carry secrets."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    asked = {"state": state and state.value, "request_id": request, "limit": limit}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    answer = ask_server(settings.data_dir, "GET", f"/webhooks?{query}")
    if answer is not None:
        rows = answer["webhooks"]
    else:
        found = _in_store(
            settings, lambda database: _outbox(database).list(state=state, request_id=request, limit=limit)
        )
        rows = [webhook_object(webhook) for webhook in found]
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(_line(row))
    if not rows:
        print("no webhooks", file=sys.stderr)


@app.command()
def redeliver(
    request_id: Annotated[str, typer.Argument(help="The request whose end is told again.")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """Deliver a request's webhook again, at once and with all its tries before it."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    if not is_request_id(request_id):
        raise SettingInvalid(f"{request_id[:80]!r} is not a request id; `mutoscope webhooks list` shows them")
    if ask_server(settings.data_dir, "POST", f"/webhooks/{request_id}") is None:
        _in_store(settings, lambda database: _outbox(database).redeliver(request_id))
    print(json.dumps({"request_id": request_id}) if as_json else f"due again: {request_id}")


@app.command("rotate-key")
def rotate_key(as_json: JsonOption = False, data_dir: DataDirOption = None, config: ConfigOption = None) -> None:
    """Sign with a new key from now on; the one before stays published for a day."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    answer = ask_server(settings.data_dir, "POST", "/webhook-keys")
    if answer is not None:
        kid = answer["kid"]
    else:
        clock = SystemClock()
        kid = _in_store(settings, lambda database: WebhookKeys(Secrets(database, clock), clock).rotate()).kid
    print(json.dumps({"kid": kid}) if as_json else f"signing with {kid}")


def _line(row: dict[str, Any]) -> str:
    ended = datetime.fromtimestamp(row["finished"]).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    last = row["deliveries"][-1] if row["deliveries"] else None
    said = "" if last is None else f"  {last['error'] or last['status_code']}"
    again = ""
    if row["due"] is not None and last is not None:
        again = f"  again at {datetime.fromtimestamp(row['due']).astimezone().strftime('%H:%M:%S')}"
    return f"{row['request_id']}  {row['state']:<9}  {ended}  tries {row['tries']}  {row['url']}{said}{again}"


def _outbox(database: Database) -> Outbox:
    return Outbox(database, LocalBus(), SystemClock())


def _in_store(settings: Settings, ask: Callable[[Database], Awaitable[T]]) -> T:
    """Ask the store itself; DataFolderInUse when a server is just starting or stopping on it."""

    async def run() -> T:
        with storage.data_folder(settings):
            async with storage.database(settings) as database:
                return await ask(database)

    return asyncio.run(run())
