"""The hot statements find their rows by index, with tens of thousands of requests in every state."""

import itertools
import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files

import pytest

from mutoscope.database.migrate import migrate
from mutoscope.database.sql import load_statements, statement_files
from mutoscope.limits import QUEUE_BLOCK_ROWS
from mutoscope.queue.request import Request

ROWS = 30_000
STATES = ("queued", "queued", "running", "succeeded", "failed", "cancelled")
SQL = load_statements(statement_files("sqlite"))


@pytest.fixture(scope="module")
def connection() -> Iterator[sqlite3.Connection]:
    """Many requests of two pools and a hundred accounts, a third of them waiting."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.row_factory = sqlite3.Row
    migrate(connection, files("mutoscope.database") / "migrations" / "sqlite")
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO requests (id, account_id, endpoint_id, pool, priority, state, public_base, queue_base, is_sync,"
        " created, start_deadline, max_attempts, lease_until, finished, output_keys)"
        " VALUES (?, ?, ?, ?, ?, ?, '', '', 0, ?, ?, 3, ?, ?, ?)",
        (
            (
                f"request-{n}", f"account-{n % 100}", f"endpoint-{n % 7}", f"pool-{n % 2}", n // 2 % 2, state, n,
                n + 1e6 if n % 10 == 0 else None, n + 1e6 if state == "running" else None,
                n if state in ("succeeded", "failed", "cancelled") else None, "key" if state == "succeeded" else None,
            )
            for n in range(ROWS)
            for state in [STATES[n // 4 % 6]]
        ),
    )  # fmt: skip
    connection.execute("COMMIT")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("name", "indexes"),
    [
        ("claim_next", {"requests_waiting"}),
        ("claim_next_below_limit", {"requests_waiting_account"}),
        ("position", {"requests_waiting", "sqlite_autoindex_requests_1"}),
        ("line_length", set()),
        ("endpoint_length", {"requests_waiting_endpoint"}),
        ("leases_over", {"requests_lease"}),
        ("start_deadlines_over", {"requests_start_deadline"}),
        ("next_deadline", {"requests_lease", "requests_start_deadline"}),
        ("outputs_over", {"requests_with_output"}),
        ("requests_purge", {"requests_without_output"}),
        ("request_by_id", {"requests_waiting", "sqlite_autoindex_requests_1"}),
        ("requests_by_ids", {"requests_waiting", "sqlite_autoindex_requests_1"}),
        ("request_by_token", set()),
        ("request_by_idempotency_key", {"requests_idempotency"}),
        ("request_end", set()),
        ("lease_renew", set()),
        ("pool_stats", {"requests_waiting"}),
        ("webhook_tried", set()),
        ("webhook_again", {"sqlite_autoindex_requests_1"}),
        ("webhooks_due", set()),
        ("webhooks_next_due", set()),
        ("private_over", {"requests_private"}),
        ("runs_of_other_boots", {"requests_lease"}),
        ("output_forget", {"sqlite_autoindex_requests_1"}),
        ("payloads_forget", set()),
        ("payloads_to_delete", {"sqlite_autoindex_requests_1"}),
        ("request_is_private", {"sqlite_autoindex_requests_1"}),
        ("arguments_empty", set()),
        ("result_delete", set()),
        ("events_delete", set()),
        ("files_expired", set()),
        ("files_uploaded_bytes", set()),
        ("file_by_key", set()),
        ("file_delete", set()),
    ],
)
def test_a_hot_statement_walks_no_table_and_sorts_nothing(connection, name, indexes):
    """The plan uses exactly these indexes of `requests`, beside primary keys, and no scan of a large table."""
    plan = connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", dict.fromkeys(re.findall(r":(\w+)", SQL[name]), 0))
    steps = [row["detail"] for row in plan]

    scans = [
        step
        for step in steps
        if step.startswith("SCAN") and not re.search(r"usage|waiting\b|json_each|subquery|\(", step)
    ]
    assert not [step for step in scans if "USING" not in step], steps
    # Sorting one row per account is cheap; sorting requests is not.
    if name not in ("claim_next_below_limit", "pool_stats"):
        assert not [step for step in steps if "TEMP B-TREE" in step], steps
    used = set(re.findall(r"INDEX (requests_\w+|sqlite_autoindex_requests_1)", " ".join(steps)))
    assert used == indexes, steps


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("webhooks_due", "webhooks_due"),
        ("webhooks_next_due", "webhooks_due"),
        ("files_expired", "files_expiring"),
        ("files_uploaded_bytes", "files_uploaded"),
    ],
)
def test_what_is_swept_beside_requests_has_an_index_too(connection, name, index):
    """Webhooks that are due, files that are over, what an account has uploaded."""
    plan = connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", dict.fromkeys(re.findall(r":(\w+)", SQL[name]), 0))

    assert any(re.search(rf"SEARCH .* INDEX {index}\b", row["detail"]) for row in plan)


def test_no_statement_has_a_chance_or_a_clock_of_its_own():
    """What a batch did is done again when one of its scripts fails: it has to come out the same."""
    words = r"random|strftime|julianday|unixepoch|\bdatetime\b|'now'|current_time|last_insert|changes\("
    chance = re.compile(words, re.IGNORECASE)
    migrations = files("mutoscope.database") / "migrations" / "sqlite"

    assert [name for name, sql in SQL.items() if chance.search(sql)] == []
    assert [file.name for file in migrations.iterdir() if chance.search(file.read_text("utf-8"))] == []


@pytest.mark.parametrize("name", ["request_by_id", "requests_by_ids", "requests_newest"])
def test_a_request_is_selected_in_the_order_of_its_fields(connection, name):
    """What is read by place has to stand in its place."""
    cursor = connection.execute(SQL[name], dict.fromkeys(re.findall(r":(\w+)", SQL[name]), 0))

    assert tuple(column[0] for column in cursor.description) == Request._fields


def kilosteps(connection: sqlite3.Connection, name: str) -> int:
    """How many thousand steps of SQLite's machine a statement takes; what it writes is undone."""
    params = {
        "pool": "pool-0", "now": 1.0, "runner_id": "r", "boot_id": "b", "secret": "s", "lease_until": 9.0,
        "key_concurrency": 0, "bytes_max": 9, "id": "request-29972", "block_rows": QUEUE_BLOCK_ROWS, "limit": 10,
    }  # fmt: skip
    count = itertools.count()
    connection.set_progress_handler(lambda: next(count) and None, 1000)
    connection.execute("SAVEPOINT look")
    connection.execute(SQL[name], {key: params[key] for key in re.findall(r":(\w+)", SQL[name])}).fetchall()
    connection.execute("ROLLBACK TO look")
    connection.execute("RELEASE look")
    connection.set_progress_handler(None, 0)
    return next(count)


@pytest.mark.parametrize(
    ("name", "kilosteps_max"), [("claim_next", 1), ("position", 8), ("leases_over", 1), ("start_deadlines_over", 1)]
)
def test_a_hot_statement_does_little_work(connection, name, kilosteps_max):
    """Counted in SQLite's own steps, not in time: the work does not grow with the rows there are."""
    assert kilosteps(connection, name) <= kilosteps_max


def test_the_block_size_is_the_same_in_python_and_in_the_schema(connection):
    """Triggers count in blocks of the size that the statements divide by."""
    drift = connection.execute(SQL["blocks_drift"], {"block_rows": QUEUE_BLOCK_ROWS}).fetchall()
    assert drift == []
    assert connection.execute("SELECT max(block) FROM queue_blocks").fetchone()[0] == (ROWS - 1) // QUEUE_BLOCK_ROWS
