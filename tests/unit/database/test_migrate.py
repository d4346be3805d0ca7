"""Migrations: in order, once, whole or not at all."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from mutoscope.database.migrate import migrate, schema_version, split_statements
from mutoscope.errors import SchemaTooNew


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    """An empty database in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations; the second needs the first."""
    (tmp_path / "0001_a.sql").write_text("-- the first\nCREATE TABLE a (x INTEGER);\nINSERT INTO a VALUES (1);\n")
    (tmp_path / "0002_b.sql").write_text("ALTER TABLE a ADD COLUMN y INTEGER;\n")
    (tmp_path / "README.md").write_text("not a migration")
    return tmp_path


def test_each_file_is_applied_once(connection: sqlite3.Connection, folder: Path):
    """A second start finds nothing to do; a new file is all that a third one does."""
    assert migrate(connection, folder) == 2
    assert migrate(connection, folder) == 2
    (folder / "0003_c.sql").write_text("CREATE TABLE c (z INTEGER);\n")
    assert migrate(connection, folder) == 3

    assert connection.execute("SELECT * FROM a").fetchall() == [(1, None)]
    assert schema_version(connection) == 3


def test_a_file_that_fails_leaves_nothing_behind(connection: sqlite3.Connection, folder: Path):
    """Half a migration would be a schema that no version knows."""
    (folder / "0003_c.sql").write_text("CREATE TABLE c (z INTEGER);\nINSERT INTO nowhere VALUES (1);\n")

    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, folder)

    assert schema_version(connection) == 2
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'c'").fetchall() == []


def test_a_newer_database_is_refused(connection: sqlite3.Connection, folder: Path):
    """An older program does not touch what it does not understand, and says what to do."""
    migrate(connection, folder)
    (folder / "0002_b.sql").unlink()

    with pytest.raises(SchemaTooNew, match="version 2, this Mutoscope knows up to 1; start the newer version"):
        migrate(connection, folder)


def test_a_gap_or_a_double_number_is_refused(connection: sqlite3.Connection, folder: Path):
    """Two branches that both added number 3 would otherwise each lose one."""
    (folder / "0002_also.sql").write_text("SELECT 1;\n")

    with pytest.raises(ValueError, match="without gaps"):
        migrate(connection, folder)


def test_a_trigger_is_one_statement():
    """The semicolons inside do not cut it; an unfinished statement is an error."""
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN\n  DELETE FROM a;\n  DELETE FROM b;\nEND;"

    assert [part.strip() for part in split_statements(f"SELECT 1;\n{trigger}\n-- end\n")] == ["SELECT 1;", trigger]
    with pytest.raises(ValueError, match="has no end"):
        list(split_statements("SELECT 1;\nSELECT 2"))
