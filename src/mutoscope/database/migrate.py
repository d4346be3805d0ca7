"""
The schema's history: numbered files, each applied once, in order, in a transaction of its own.

The number of the newest applied file is kept in the table `meta`. A database that is ahead of this program is refused
before anything is read from it.
"""

import sqlite3
from collections.abc import Iterator
from importlib.resources.abc import Traversable

from mutoscope.database.sql import without_comments
from mutoscope.errors import SchemaTooNew


def migrate(connection: sqlite3.Connection, folder: Traversable) -> int:
    """
    Bring the database to the newest version and return that.

    Args:
        connection: in autocommit mode, the only one that writes.
        folder: holds `0001_<subject>.sql`, `0002_…`; other names are not looked at.

    Raises:
        SchemaTooNew: the database was written by a newer Mutoscope.
        ValueError: two files have one number, or a number is left out.
    """
    files = migration_files(folder)
    connection.execute(
        "CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID"
    )
    version = schema_version(connection)
    if version > len(files):
        raise SchemaTooNew(
            f"the database has schema version {version}, this Mutoscope knows up to {len(files)}; "
            "start the newer version again, or choose another data folder"
        )
    for number in range(version + 1, len(files) + 1):
        _apply(connection, number, files[number - 1].read_text("utf-8"))
    return len(files)


def schema_version(connection: sqlite3.Connection) -> int:
    """Number of the newest applied file; 0 for a new database."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchone()
    return int(row[0]) if row else 0


def migration_files(folder: Traversable) -> list[Traversable]:
    """The files in order of their numbers, which run from 1 without gaps."""
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    numbers = [int(file.name.partition("_")[0]) for file in files]
    if numbers != list(range(1, len(files) + 1)):
        raise ValueError(f"migrations are numbered from 1 without gaps; found {', '.join(file.name for file in files)}")
    return files


def split_statements(sql: str) -> Iterator[str]:
    """The statements of a file one by one, with triggers, which have semicolons inside, kept whole."""
    statement = ""
    for line in without_comments(sql).splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise ValueError(f"the last statement has no end: {statement.strip()[:80]}")


def _apply(connection: sqlite3.Connection, number: int, sql: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in split_statements(sql):
            connection.execute(statement)
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES ('schema_version', ?)", (str(number),))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
