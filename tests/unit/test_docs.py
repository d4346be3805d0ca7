"""The documentation names what exists: every setting with its default, every command, every error."""

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer.main

from mutoscope import errors
from mutoscope.cli.main import COMMANDS
from mutoscope.settings import Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
SOURCES = sorted((ROOT / "src").rglob("*.py"))


def text_of(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text("utf-8")


def settings_row(row: Any) -> str:
    """How docs/settings.md has to show a setting."""
    if row.default is None:
        shown = "a folder of the user"
    elif isinstance(row.default, bool):
        shown = "on" if row.default else "off"
    else:
        shown = "–" if row.default in ("", ()) else f"`{row.default}`"
    unit = f" {row.metadata['unit']}" if row.metadata["unit"] else ""
    many = "Any of" if isinstance(row.default, tuple) else "One of"
    choices = (
        f" {many} {', '.join(f'`{choice}`' for choice in row.metadata['choices'])}." if row.metadata["choices"] else ""
    )
    return f"| `{row.name}` | `MUTOSCOPE_{row.name.upper()}` | {shown}{unit} | {row.metadata['help']}{choices} |"


@pytest.mark.parametrize("row", fields(Settings), ids=lambda row: row.name)
def test_every_setting_is_documented_as_it_is(row: Any):
    """Name, variable, default, unit and help in the page are those of the table."""
    assert settings_row(row) in text_of("settings.md").splitlines()


def command_lines() -> Iterator[str]:
    """Every command as it is typed, without its options."""
    for name, entry in COMMANDS.items():
        command = typer.main.get_command(importlib.import_module(entry.module).app)
        below = getattr(command, "commands", None)
        yield from [f"mutoscope {name}"] if below is None else [f"mutoscope {name} {verb}" for verb in below]


def test_every_command_is_documented():
    """Each command of the command line stands in the page for operators."""
    page = text_of("operations.md")

    lines = list(command_lines())

    assert "mutoscope keys create" in lines, "groups are looked into"
    assert [line for line in lines if f"`{line}`" not in page] == []


def test_no_page_promises_a_command_that_is_not_there():
    """Whatever is shown as `mutoscope …` exists, and every MUTOSCOPE_ variable is read."""
    pages = {path.name: path.read_text("utf-8") for path in (*DOCS.glob("*.md"), ROOT / "README.md")}
    variables = {f"MUTOSCOPE_{row.name.upper()}" for row in fields(Settings)} | {"MUTOSCOPE_CONFIG", "MUTOSCOPE_URL"}

    named = {
        (page, name) for page, text in pages.items() for name in re.findall(r"(?m)(?:^|[`/(])mutoscope ([a-z]+)", text)
    }
    read = {(page, name) for page, text in pages.items() for name in re.findall(r"MUTOSCOPE_[A-Z0-9_]+", text)}

    assert {(page, name) for page, name in named if name not in COMMANDS} == set()
    assert {(page, name) for page, name in read if name not in variables} == set()


def subclasses(kind: type[errors.MutoscopeError]) -> Iterator[type[errors.MutoscopeError]]:
    """All classes below `kind`."""
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


def test_every_error_type_is_documented():
    """Each `error_type` of the tree has a row."""
    page = text_of("errors.md")

    missing = {kind.error_type for kind in subclasses(errors.MutoscopeError) if f"| `{kind.error_type}` |" not in page}

    assert missing - {None} == set()


def test_every_own_error_is_documented():
    """Errors of start-up and of commands have a row that says what to do."""
    page = text_of("errors.md")

    missing = {kind.__name__ for kind in subclasses(errors.OwnError) if f"| `{kind.__name__}` |" not in page}

    assert missing == set()


def problem_types() -> set[str]:
    """The first argument of every `Problem(...)` in the sources, and of what becomes one, that is a plain string."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Problem"
                and node.args
            ):
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found


def test_every_problem_type_is_documented():
    """Each `type` that our code puts into a 422 stands in the page about errors."""
    page = text_of("errors.md")

    types = problem_types()

    assert len(types) > 5, "the scan finds them"
    assert {name for name in types if f"`{name}`" not in page} == set()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links_between_pages_lead_somewhere(page: str):
    """A relative link names a file that is there."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text_of(page))

    assert [target for target in targets if not (DOCS / target).exists()] == []
