"""Named SQL: files of statements, each under a comment that gives its name and one that says what it does."""

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable

_NAME = "-- name:"


def statement_files(dialect: str) -> list[Traversable]:
    """Every room's own statements: `mutoscope/<room>/sql/<dialect>.sql`."""
    rooms = (room / "sql" / f"{dialect}.sql" for room in files("mutoscope").iterdir() if room.is_dir())
    return [file for file in rooms if file.is_file()]


def load_statements(resources: Iterable[Traversable]) -> dict[str, str]:
    """
    Read the statements of several files into one dictionary of name to SQL.

    Raises:
        ValueError: two statements have one name, or SQL stands before the first name.
    """
    statements: dict[str, str] = {}
    for resource in resources:
        for name, sql in parse_statements(resource.read_text("utf-8"), source=resource.name):
            if name in statements:
                raise ValueError(f"{resource.name}: there are two statements named {name}")
            statements[name] = sql
    return statements


def parse_statements(text: str, *, source: str) -> list[tuple[str, str]]:
    """The (name, SQL) pairs of one file; comments and the closing semicolon are left out."""
    head, *sections = f"\n{text}".split(f"\n{_NAME}")
    if without_comments(head):
        raise ValueError(f"{source}: SQL stands before the first '{_NAME}'")
    pairs = []
    for section in sections:
        name, _, body = section.partition("\n")
        pairs.append((name.strip(), without_comments(body).rstrip(";")))
    return pairs


def without_comments(sql: str) -> str:
    """SQL without its comment lines."""
    return "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--")).strip()
