"""Named SQL: how the files are read, and that ours can be."""

import re
import sqlite3
from pathlib import Path

import pytest

from mutoscope.database.sql import load_statements, parse_statements, statement_files


def test_a_file_is_a_list_of_named_statements():
    """Comments and the closing semicolon are not part of a statement."""
    text = (
        "-- what this file is for\n\n-- name: one\n-- The first.\nSELECT 1;\n\n-- name: two\nSELECT\n  -- why\n  2;\n"
    )

    assert parse_statements(text, source="x.sql") == [("one", "SELECT 1"), ("two", "SELECT\n  2")]


def test_sql_without_a_name_is_refused():
    """A statement that nothing can call is a mistake."""
    with pytest.raises(ValueError, match=r"x\.sql: SQL stands before"):
        parse_statements("SELECT 1;\n-- name: one\nSELECT 2;", source="x.sql")


def test_two_statements_of_one_name_are_refused(tmp_path: Path):
    """Also across rooms, since a script names a statement without its room."""
    for name in ("a.sql", "b.sql"):
        (tmp_path / name).write_text("-- name: one\nSELECT 1;")

    with pytest.raises(ValueError, match="two statements named one"):
        load_statements([tmp_path / "a.sql", tmp_path / "b.sql"])


def test_every_statement_says_what_it_does():
    """Below each name stands a sentence."""
    for file in statement_files("sqlite"):
        for name, below in re.findall(r"^-- name: (\w+)\n(.*)$", file.read_text("utf-8"), re.MULTILINE):
            assert re.fullmatch(r"-- [A-Z].*\.", below), f"{file.name}: {name} has no description"


def test_every_statement_is_one_that_the_schema_knows(migrated: sqlite3.Connection):
    """SQLite compiles each of them against the newest schema."""
    statements = load_statements(statement_files("sqlite"))

    assert len(statements) > 40
    for sql in statements.values():
        migrated.execute(f"EXPLAIN {sql}", dict.fromkeys(re.findall(r":(\w+)", sql)))
