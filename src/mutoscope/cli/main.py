"""The command `mutoscope`: a table of commands, each loaded only when it is called."""

import importlib
import sys
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, NoReturn

import typer
import typer.main
from typer.core import TyperCommand, TyperGroup

from mutoscope.errors import MutoscopeError, SettingInvalid


class _Entry(NamedTuple):
    module: str
    """Holds `app`, a Typer application."""
    help: str


COMMANDS: Final = {
    "serve": _Entry("mutoscope.cli.serve", "Run the server."),
    "env": _Entry("mutoscope.cli.env", "Print the exports that point clients at the server."),
    "keys": _Entry("mutoscope.cli.keys", "Create, list and revoke keys."),
    "webhooks": _Entry("mutoscope.cli.webhooks", "List and redeliver webhooks, rotate their key."),
    "generate": _Entry("mutoscope.cli.generate", "Make one clip from a prompt."),
    "doctor": _Entry("mutoscope.cli.doctor", "Say what this machine can do and what is wrong with it."),
    "version": _Entry("mutoscope.cli.version", "Print the version."),
}
"""The server's libraries take most of a second to load, so `--help` reads this table instead."""


class _Commands(TyperGroup):
    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        name, stub, rest = super().resolve_command(ctx, args)
        entry = COMMANDS.get(name or "")
        return name, stub if entry is None else _load(entry), rest


def main() -> None:
    """
    Run one command.

    Exit codes: 0 done, 1 failed, 2 usage (a setting counts as usage), 130 interrupted.
    """
    stubs: dict[str, Any] = {name: TyperCommand(name, help=entry.help) for name, entry in COMMANDS.items()}
    text = "The Kling video API on your own machines.\n\n`mutoscope COMMAND --help` says more about each command."
    commands = _Commands(name="mutoscope", help=text, commands=stubs, no_args_is_help=True, rich_markup_mode=None)
    try:
        commands.main(prog_name="mutoscope")
    except MutoscopeError as error:
        _fail(error)
    except ExceptionGroup as group:  # out of a task group: ours are told, anything else keeps its traceback
        ours, others = group.split(MutoscopeError)
        if ours is None or others is not None:
            raise
        _fail(*_leaves(ours))
    except KeyboardInterrupt:
        print("mutoscope: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # `mutoscope … | head`
        sys.stderr.close()
        sys.exit(1)


def _fail(*errors: MutoscopeError) -> NoReturn:
    for error in errors:
        print(f"mutoscope: {error}", file=sys.stderr)
    sys.exit(2 if any(isinstance(error, SettingInvalid) for error in errors) else 1)


def _leaves(group: ExceptionGroup[MutoscopeError]) -> Iterator[MutoscopeError]:
    for error in group.exceptions:
        if isinstance(error, ExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


def _load(entry: _Entry) -> Any:
    application: typer.Typer = importlib.import_module(entry.module).app
    return typer.main.get_command(application)
