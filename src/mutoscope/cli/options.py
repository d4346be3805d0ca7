"""What several commands share: their options, and the shape of a command."""

import inspect
from collections.abc import Callable
from dataclasses import Field, fields
from pathlib import Path
from typing import Annotated, Any

import typer

from mutoscope.settings import Settings

ConfigOption = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings file; default mutoscope.toml if it is there.")
]
DataDirOption = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="Data folder of the server.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def application(help_text: str) -> typer.Typer:
    """A Typer application with plain help and plain errors."""
    return typer.Typer(help=help_text, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)


def with_setting_flags(command: Callable[..., None]) -> Callable[..., None]:
    """
    `command` with one more option for every row of the settings table.

    Args:
        command: ends in `**flags`, which gets the values by name, None where a flag was not given. Texts stay texts:
            `load_settings` reads them, so a flag is refused in the same words as a line of the file.
    """
    own = [row for row in inspect.signature(command).parameters.values() if row.kind is not row.VAR_KEYWORD]
    flags = [_parameter(row) for row in fields(Settings)]

    def run(**values: Any) -> None:
        command(**values)

    run.__doc__ = command.__doc__
    run.__signature__ = inspect.Signature([*own, *flags])  # type: ignore[attr-defined]
    run.__annotations__ = {row.name: row.annotation for row in (*own, *flags)}
    return run


def _parameter(row: "Field[Any]") -> inspect.Parameter:
    flag = row.name.replace("_", "-")
    is_switch = row.type is bool
    names = [f"--{flag}/--no-{flag}"] if is_switch else [f"--{flag}"]
    option = typer.Option(*names, metavar=None if is_switch else _metavar(row), help=_help(row), show_default=False)
    kind: Any = bool if is_switch else str
    return inspect.Parameter(
        row.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, option]
    )


def _metavar(row: "Field[Any]") -> str:
    nouns: dict[Any, str] = {Path: "PATH", int: "N", float: "N"}
    return "|".join(row.metadata["choices"]) or str(row.metadata["unit"]).upper() or nouns.get(row.type, "TEXT")


def _help(row: "Field[Any]") -> str:
    """The table's own words, the default, and a warning where a flag shows a secret to other users."""
    text = str(row.metadata["help"])
    if row.metadata["secret"]:
        return f"{text} Better as MUTOSCOPE_{row.name.upper()}: flags can be read by other users."
    if isinstance(row.default, bool):
        return f"{text} [{'on' if row.default else 'off'}]"
    return text if row.default in (None, "", ()) else f"{text} [{row.default}]"
