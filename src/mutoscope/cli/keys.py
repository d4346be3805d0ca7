"""`mutoscope keys`: create, list, revoke; through the running server, else in the store itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, TypeVar

import typer

from mutoscope import storage
from mutoscope.accounts.keys import KeyRecord, Keys, Scope
from mutoscope.cli.control import ask_server
from mutoscope.cli.options import ConfigOption, DataDirOption, JsonOption, application
from mutoscope.clock import SystemClock
from mutoscope.errors import BadRequest, SettingInvalid
from mutoscope.ids import is_request_id
from mutoscope.settings import Settings, load_settings

T = TypeVar("T")

app = application("Create, list and revoke keys.")


@app.command()
def create(
    name: Annotated[str, typer.Option("--name", help="For people.")] = "",
    account: Annotated[
        str | None, typer.Option("--account", help="Share the requests of this account; default an own one.")
    ] = None,
    scope: Annotated[
        Scope | None,
        typer.Option(
            "--scope", help="api calls endpoints; admin also sees usage and manages keys over HTTP. Default api."
        ),
    ] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """Make a key and print it; there is no way to see it again."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    wanted = {"name": name, "account": account, "scope": scope and scope.value}
    made = ask_server(settings.data_dir, "POST", "/keys", wanted)
    if made is None:
        record, credential = _in_store(settings, lambda keys: keys.create(name, account, scope))
        made = {**asdict(record), "key": credential}
    print(json.dumps(made) if as_json else made["key"])


@app.command("list")
def list_(as_json: JsonOption = False, data_dir: DataDirOption = None, config: ConfigOption = None) -> None:
    """List all keys, without their secrets."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    answer = ask_server(settings.data_dir, "GET", "/keys")
    rows: list[dict[str, Any]] = (
        [asdict(record) for record in _in_store(settings, _records)] if answer is None else answer["keys"]
    )
    if as_json:
        print(json.dumps(rows))
        return
    for row in rows:
        state = "revoked" if row["revoked"] else "active"
        account = "" if row["account_id"] == row["id"] else f"  account {row['account_id']}"
        created = datetime.fromtimestamp(row["created"]).astimezone().strftime("%Y-%m-%d %H:%M")
        print(f"{row['id']}  {state:<7}  {row['scope']:<5}  {created}  {row['name']}{account}")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, or the whole key.")],
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """End a key at once."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    public = key_id.partition(":")[0]
    if not is_request_id(public):
        raise SettingInvalid(f"{public[:80]!r} is not a key id; `mutoscope keys list` shows them")
    answer = ask_server(settings.data_dir, "DELETE", f"/keys/{public}")
    was_active = _in_store(settings, lambda keys: keys.revoke(public)) if answer is None else answer["revoked"]
    if as_json:
        print(json.dumps({"id": public, "revoked": was_active}))
    elif was_active:
        print(f"revoked {public}")
    if not was_active:
        raise BadRequest(f"there is no active key {public}; `mutoscope keys list` shows them all")


async def _records(keys: Keys) -> list[KeyRecord]:
    return await keys.list()


def _in_store(settings: Settings, ask: Callable[[Keys], Awaitable[T]]) -> T:
    """Ask the keys of the store itself; DataFolderInUse when a server is just starting or stopping on it."""

    async def run() -> T:
        with storage.data_folder(settings):
            async with storage.database(settings) as database:
                return await ask(Keys(database, SystemClock()))

    return asyncio.run(run())
