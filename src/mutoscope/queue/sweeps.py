"""What the store does by itself, as scripts: leases and deadlines that end, recovery at boot, retention, the check."""

from mutoscope.database.base import Row, Script, Statement
from mutoscope.errors import RequestTimeout, RunnerLost
from mutoscope.limits import QUEUE_BLOCK_ROWS
from mutoscope.queue.moves import end, lose_row
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Event, Moved, Outcome, StoredOutput


def expire(now: float, limit: int) -> Script[list[Moved]]:
    """Take requests from runners that were not heard of, and end those that should have started; at most `limit`."""
    moved = []
    rows = yield Statement("leases_over", {"now": now, "limit": limit})
    for row in rows:
        moved.append((yield from _lose(row, "its lease ended", now)))
    rows = yield Statement("start_deadlines_over", {"now": now, "limit": limit - len(moved)})
    for row in rows:
        moved.append((yield from end(row, Event.EXPIRE, _timed_out(row), now)))
    return moved


def recover(boot_id: str, now: float, limit: int) -> Script[list[Moved]]:
    """Take up to `limit` requests from the runners of earlier boots, which cannot be alive."""
    yield Statement("boot_set", {"boot_id": boot_id})
    rows = yield Statement("runs_of_other_boots", {"boot_id": boot_id, "limit": limit})
    moved = []
    for row in rows:
        moved.append((yield from _lose(row, "the server restarted", now)))
    return moved


def _lose(row: Row, reason: str, now: float) -> Script[Moved]:
    lost = RunnerLost(f"The runner was lost under this request ({reason}) in its last start, number {row['attempt']}")
    return (yield from lose_row(row, reason, outcome_of(lost), now))


def _timed_out(row: Row) -> Outcome:
    timeout_s = row["start_deadline"] - row["created"]
    return outcome_of(RequestTimeout(f"Request did not start within {timeout_s:g} s (X-Fal-Request-Timeout)"))


def next_deadline() -> Script[float | None]:
    """When `expire` has work next, in Unix seconds; None when nothing has a deadline."""
    (row,) = yield Statement("next_deadline", {})
    at: float | None = row["at"]
    return at


def outputs_over(finished_before: float, limit: int) -> Script[list[StoredOutput]]:
    """Files of the requests that finished before a time and have nothing left to be told."""
    rows = yield Statement("outputs_over", {"finished_before": finished_before, "limit": limit})
    return [StoredOutput(row["id"], tuple(row["output_keys"].split())) for row in rows]


def forget_outputs(request_ids: list[str]) -> Script[None]:
    """The files of these requests are gone."""
    for request_id in request_ids:
        yield Statement("output_forget", {"id": request_id})


def purge(finished_before: float, limit: int) -> Script[int]:
    """Delete requests that finished before a time and have no file any more; how many."""
    rows = yield Statement("requests_purge", {"finished_before": finished_before, "limit": limit})
    return len(rows)


def check() -> Script[list[str]]:
    """Every counter that differs from a count, in words."""
    blocks = yield Statement("blocks_drift", {"block_rows": QUEUE_BLOCK_ROWS})
    usages = yield Statement("usage_drift", {})
    return [
        f"block {row['block']} of {row['pool']}, priority {row['priority']}: "
        f"{row['counted']} wait, the counter says {row['stored']}"
        for row in blocks
    ] + [
        f"account {row['account_id']} in {row['pool']}: {row['queued_counted']} wait and {row['running_counted']} run, "
        f"the counters say {row['queued_stored']} and {row['running_stored']}"
        for row in usages
    ]


def repair() -> Script[list[str]]:
    """As `check`, and count everything anew when something differs."""
    found = yield from check()
    if found:
        yield Statement("blocks_clear", {})
        yield Statement("blocks_count", {"block_rows": QUEUE_BLOCK_ROWS})
        yield Statement("usage_clear", {})
        yield Statement("usage_count", {})
    return found
