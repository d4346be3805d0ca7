"""A connection to a database with our newest schema, and a toy room of its own."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from mutoscope.database.migrate import migrate
from mutoscope.database.sqlite import SqliteDatabase

TOY_SCHEMA = "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);\n"
TOY_SQL = """
-- name: note_insert
INSERT INTO notes (text) VALUES (:text) RETURNING id;
-- name: note_insert_or_all_is_undone
INSERT OR ROLLBACK INTO notes (text) VALUES (:text);
-- name: notes
SELECT text FROM notes ORDER BY id;
-- name: notes_delete
DELETE FROM notes;
-- name: note_delete
DELETE FROM notes WHERE text = :text;
-- name: broken
SELECT no_such_column FROM notes;
"""


@pytest.fixture
def migrated() -> Iterator[sqlite3.Connection]:
    """Our own newest schema, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, files("mutoscope.database") / "migrations" / "sqlite")
    yield connection
    connection.close()


@pytest.fixture
def toy(tmp_path: Path) -> dict[str, Path]:
    """Schema and statements of a database of notes."""
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0001_notes.sql").write_text(TOY_SCHEMA)
    (tmp_path / "notes.sql").write_text(TOY_SQL)
    return {"path": tmp_path / "toy.db", "sql": tmp_path / "notes.sql", "migrations": tmp_path / "migrations"}


@pytest.fixture
async def notes(toy: dict[str, Path]) -> AsyncIterator[SqliteDatabase]:
    """A database of notes."""
    database = SqliteDatabase(toy["path"], [toy["sql"]], migrations=toy["migrations"])
    yield database
    await database.close()
