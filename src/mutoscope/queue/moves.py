"""
The moves of a request as scripts: claim, what an attempt writes, cancel. `intake.py` has how it gets in.

Each script is one transaction. Which move is legal stands in `MOVES`; the counters of the queue follow the states by
triggers, so no script can forget them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from mutoscope.database.base import Row, Script, Statement
from mutoscope.limits import EVENTS_PER_REQUEST_MAX, HEAVY_PAYLOAD_BYTES, LOG_MESSAGE_CHARS_MAX
from mutoscope.queue.outcome import printable
from mutoscope.queue.request import (
    MOVES,
    CancelAnswer,
    Claim,
    Event,
    Fence,
    Moved,
    NewLog,
    Outcome,
    State,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A runner that would take a request."""

    runner_id: str
    boot_id: str
    secret: str
    """The unguessable half of the attempt's token."""
    pools: Sequence[str]
    key_concurrency: int
    """Requests of one account that may run at once; 0 is no bound."""
    lease_s: float


# --- claim ---


def claim(offer: Offer, now: float) -> Script[Claim | None]:
    """Start the next request of the first pool that has one for this runner; heavy arguments are left to be read."""
    for pool in offer.pools:
        lease_until = now + offer.lease_s
        params = {
            "pool": pool,
            "now": now,
            "runner_id": offer.runner_id,
            "boot_id": offer.boot_id,
            "secret": offer.secret,
            "lease_until": lease_until,
            "key_concurrency": offer.key_concurrency,
            "bytes_max": HEAVY_PAYLOAD_BYTES,
        }
        rows = yield Statement("claim_next", params)
        if not rows and offer.key_concurrency > 0:
            rows = yield Statement("claim_next_below_limit", params)
        if rows:
            return (yield from _started(rows[0], pool, offer, now, lease_until))
    return None


def _started(row: Row, pool: str, offer: Offer, now: float, lease_until: float) -> Script[Claim]:
    yield Statement(
        "attempt_insert",
        {
            "seq": row["seq"],
            "attempt": row["attempt"],
            "runner_id": offer.runner_id,
            "boot_id": offer.boot_id,
            "now": now,
        },
    )
    return Claim(
        request_id=row["id"],
        account_id=row["account_id"],
        endpoint_id=row["endpoint_id"],
        pool=pool,
        attempt=row["attempt"],
        token=row["token"],
        arguments=row["arguments"] or b"",
        created=row["created"],
        lease_until=lease_until,
        lifecycle=row["lifecycle"],
        keeps_payloads=bool(row["keeps_payloads"]),
    )


# --- what an attempt writes ---


def renew(tokens: Sequence[str], lease_until: float) -> Script[dict[str, Fence]]:
    """Extend these leases and tell which attempts are over or unwanted."""
    fences = {}
    for token in tokens:
        rows = yield Statement("lease_renew", {"seq": _seq_of(token), "token": token, "lease_until": lease_until})
        if not rows:
            fences[token] = Fence.FENCED
        else:
            fences[token] = Fence.CANCEL if rows[0]["cancel_requested"] else Fence.OK
    return fences


def append_logs(token: str, logs: Sequence[NewLog]) -> Script[tuple[Fence, str | None]]:
    """Write lines of a running attempt; with the fence comes the request's id."""
    row = yield from _running(token)
    if row is None:
        return Fence.FENCED, None
    yield from _write_logs(row, logs)
    return (Fence.OK if row["cancel_outcome"] is None else Fence.CANCEL), row["id"]


def finish(
    token: str, outcome: Outcome, logs: Sequence[NewLog], now: float, extra: Script[object] | None
) -> Script[tuple[Fence, Moved | None]]:
    """End a request as its attempt says; a repetition of the same end is taken and changes nothing."""
    row = yield from _by_token(token)
    if row is None:
        return Fence.FENCED, None
    if row["state"] != State.RUNNING:
        is_same = yield from _is_same_end(row, outcome)
        return (Fence.OK if is_same else Fence.FENCED), None
    event = _FINISHING[outcome.state]
    if event is Event.CANCEL and row["cancel_outcome"] is not None:
        outcome = _cancel_outcome(row, outcome.inference_s)
    yield from _write_logs(row, logs)
    moved = yield from end(row, event, outcome, now, detail=outcome.error)
    if extra is not None:
        yield from extra
    return Fence.OK, moved


def release(token: str, now: float) -> Script[Moved | None]:
    """Give an unfinished request back to its old place, as if it had not been started."""
    row = yield from _running(token)
    if row is None:
        return None
    if row["cancel_outcome"] is not None:
        return (yield from end(row, Event.CANCEL, _cancel_outcome(row), now, attempt_outcome="released"))
    return (yield from _give_back(row, Event.RELEASE, now, attempt=row["attempt"] - 1, detail=None))


def lose(token: str, reason: str, exhausted: Outcome, now: float) -> Script[Moved | None]:
    """The runner of this attempt is gone; None when the attempt was over before."""
    row = yield from _running(token)
    if row is None:
        return None
    return (yield from lose_row(row, reason, exhausted, now))


def lose_row(row: Row, reason: str, exhausted: Outcome, now: float) -> Script[Moved]:
    """Take a running request from its runner: back into the line, unless it was cancelled or has no start left."""
    reason = printable(reason, LOG_MESSAGE_CHARS_MAX)
    yield from _write_logs(row, [NewLog(f"attempt {row['attempt']} lost: {reason}", "WARN", now)])
    if row["cancel_outcome"] is not None:
        cancelled = _cancel_outcome(row)
        return (yield from end(row, Event.CANCEL, cancelled, now, attempt_outcome="lost", detail=reason))
    if row["attempt"] >= row["max_attempts"]:
        return (yield from end(row, Event.EXHAUST, exhausted, now, detail=reason))
    return (yield from _give_back(row, Event.LOSE, now, attempt=row["attempt"], detail=reason))


_FINISHING = {State.SUCCEEDED: Event.SUCCEED, State.FAILED: Event.FAIL, State.CANCELLED: Event.CANCEL}

_ATTEMPT_OUTCOMES = {
    Event.SUCCEED: "ok",
    Event.FAIL: "error",
    Event.CANCEL: "cancelled",
    Event.LOSE: "lost",
    Event.EXHAUST: "lost",
    Event.RELEASE: "released",
}


def end(
    row: Row,
    event: Event,
    outcome: Outcome,
    now: float,
    *,
    attempt_outcome: str | None = None,
    detail: str | None = None,
) -> Script[Moved]:
    """
    The last move of a request, from waiting or running.

    Args:
        attempt_outcome: what its history says of the running attempt, where the event does not.
    """
    state = MOVES[State(row["state"]), event]
    (ended,) = yield Statement(
        "request_end",
        {
            "seq": row["seq"],
            "state": state.value,
            "now": now,
            "status_code": outcome.status_code,
            "error": outcome.error,
            "error_type": outcome.error_type,
            "billable_units": outcome.billable_units,
            "inference_s": outcome.inference_s,
            "output_keys": " ".join(outcome.output_keys) or None,  # no key has a space in it
        },
    )
    yield Statement("result_insert", {"seq": row["seq"], "body": outcome.body})
    if row["state"] == State.RUNNING:
        yield _attempt_end(row, attempt_outcome or _ATTEMPT_OUTCOMES[event], now, detail)
    return Moved(row["id"], row["endpoint_id"], row["pool"], state, bool(ended["has_webhook"]))


def _give_back(row: Row, event: Event, now: float, *, attempt: int, detail: str | None) -> Script[Moved]:
    state = MOVES[State(row["state"]), event]
    yield Statement("request_return", {"seq": row["seq"], "attempt": attempt})
    yield _attempt_end(row, _ATTEMPT_OUTCOMES[event], now, detail)
    return Moved(row["id"], row["endpoint_id"], row["pool"], state)


def _attempt_end(row: Row, outcome: str, now: float, detail: str | None) -> Statement:
    return Statement("attempt_end", {"seq": row["seq"], "now": now, "outcome": outcome, "detail": detail})


def _write_logs(row: Row, logs: Sequence[NewLog]) -> Script[None]:
    """Number the lines on from the last; the last line there is room for says that the rest is dropped."""
    n, room = row["last_event"], EVENTS_PER_REQUEST_MAX - row["last_event"]
    if len(logs) > room > 0:
        dropped = f"log lines beyond {EVENTS_PER_REQUEST_MAX} are dropped (EVENTS_PER_REQUEST_MAX)"
        logs = [*logs[: room - 1], NewLog(dropped, "WARN", logs[room - 1].ts)]
    for log in logs[: max(0, room)]:
        n += 1
        yield Statement(
            "event_insert",
            {
                "seq": row["seq"],
                "n": n,
                "attempt": row["attempt"],
                "ts": log.ts,
                "level": log.level,
                "message": printable(log.message, LOG_MESSAGE_CHARS_MAX),
            },
        )
    if n > row["last_event"]:
        yield Statement("last_event_set", {"seq": row["seq"], "n": n})


def _running(token: str) -> Script[Row | None]:
    row = yield from _by_token(token)
    return row if row is not None and row["state"] == State.RUNNING else None


def _by_token(token: str) -> Script[Row | None]:
    rows = yield Statement("request_by_token", {"seq": _seq_of(token), "token": token})
    return rows[0] if rows else None


def _seq_of(token: str) -> int:
    """A token begins with the seq of its request, so that it is found without an index."""
    seq = token.partition(".")[0]
    return int(seq) if seq.isdecimal() and len(seq) < 19 else 0


def _is_same_end(row: Row, outcome: Outcome) -> Script[bool]:
    if row["state"] != outcome.state:
        return False
    if outcome.state is State.CANCELLED:
        return True
    (result,) = yield Statement("result_by_seq", {"seq": row["seq"]})
    return bool(result["body"] == outcome.body)


# --- cancel ---


def cancel(request_id: str, outcome: Outcome, now: float) -> Script[tuple[CancelAnswer, Moved | None]]:
    """Waiting: it ends now. Running: it is marked, and ends as `outcome` says once it stops."""
    rows = yield Statement("request_to_cancel", {"id": request_id})
    if not rows:
        return CancelAnswer.NOT_FOUND, None
    row = rows[0]
    if row["state"] == State.QUEUED:
        return CancelAnswer.REMOVED, (yield from end(row, Event.CANCEL, outcome, now))
    if row["state"] == State.RUNNING:
        said = [outcome.status_code, outcome.body.decode(), outcome.error, outcome.error_type]
        yield Statement("cancel_request", {"seq": row["seq"], "cancel_outcome": json.dumps(said)})
        return CancelAnswer.REQUESTED, None
    return CancelAnswer.ALREADY_COMPLETED, None


def _cancel_outcome(row: Row, inference_s: float | None = None) -> Outcome:
    """How a cancelled run ends: as the cancel said, whoever it was that stopped it."""
    status_code, body, error, error_type = json.loads(row["cancel_outcome"])
    return Outcome(
        state=State.CANCELLED,
        status_code=status_code,
        body=body.encode(),
        error=error,
        error_type=error_type,
        inference_s=inference_s,
    )
