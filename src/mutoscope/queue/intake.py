"""
How a request gets in, as a script for one transaction: repetitions are found, long queues refuse, verdicts end at once.
"""

import hashlib
from typing import Any

from mutoscope.database.base import Script, Statement
from mutoscope.errors import ArgumentsInvalid, Problem, QueueFull
from mutoscope.limits import QUEUE_BLOCK_ROWS
from mutoscope.queue.request import Accepted, NewRequest


def submit(new: NewRequest, now: float) -> Script[Accepted]:
    """Put a request at the end of its line, or straight among the finished if it comes with a verdict."""
    digest = None
    if new.idempotency_key is not None:
        digest = hashlib.sha256(new.endpoint_id.encode() + b"\0" + new.arguments).digest()
        earlier = yield from _earlier(new, digest)
        if earlier is not None:
            return earlier
    if new.queue_length_max is not None and new.verdict is None:
        yield from _refuse_when_full(new.endpoint_id, new.queue_length_max)
    (row,) = yield Statement("request_insert", _row_of(new, now))
    # What is over at once and not to be kept is not written either.
    body = new.arguments if new.verdict is None or new.keeps_payloads else b""
    yield Statement("arguments_insert", {"seq": row["seq"], "body": body, "digest": digest})
    if new.verdict is not None:
        yield Statement("result_insert", {"seq": row["seq"], "body": new.verdict.body})
        return Accepted(request_id=new.id, position=0, is_new=True)
    (line,) = yield Statement("line_length", {"pool": new.pool, "priority": int(new.priority)})
    return Accepted(request_id=new.id, position=line["queued"] - 1, is_new=True)


def _earlier(new: NewRequest, digest: bytes) -> Script[Accepted | None]:
    """The request that this is a repetition of."""
    rows = yield Statement(
        "request_by_idempotency_key", {"account_id": new.account_id, "idempotency_key": new.idempotency_key}
    )
    if not rows:
        return None
    if rows[0]["digest"] != digest:
        msg = (
            f"Idempotency-Key was used before, by request {rows[0]['id']}, with another body or endpoint; "
            "send a new key with new arguments"
        )
        raise ArgumentsInvalid(
            [Problem("idempotency_key_reuse", ("header", "idempotency-key"), msg, input=new.idempotency_key)]
        )
    position = yield from position_of(rows[0]["id"])
    return Accepted(request_id=rows[0]["id"], position=position or 0, is_new=False)


def _refuse_when_full(endpoint_id: str, length_max: int) -> Script[None]:
    (row,) = yield Statement("endpoint_length", {"endpoint_id": endpoint_id, "count_max": length_max + 1})
    if row["queued"] > length_max:
        raise QueueFull(
            f"More than {length_max} requests are waiting for {endpoint_id} (fal_max_queue_length); "
            "try again later or allow a longer queue"
        )


def _row_of(new: NewRequest, now: float) -> dict[str, Any]:
    verdict = new.verdict
    return {
        "id": new.id,
        "account_id": new.account_id,
        "endpoint_id": new.endpoint_id,
        "pool": new.pool,
        "priority": int(new.priority),
        "state": "queued" if verdict is None else verdict.state.value,
        "public_base": new.public_base,
        "queue_base": new.queue_base,
        "is_sync": new.is_sync,
        "idempotency_key": new.idempotency_key,
        "created": now,
        "start_deadline": None if new.start_timeout_s is None else now + new.start_timeout_s,
        "max_attempts": new.max_attempts,
        "finished": None if verdict is None else now,
        "status_code": None if verdict is None else verdict.status_code,
        "error": None if verdict is None else verdict.error,
        "error_type": None if verdict is None else verdict.error_type,
        "webhook_url": new.webhook_url,
        "keeps_payloads": new.keeps_payloads,
        "lifecycle": new.lifecycle,
        "key_id": new.key_id,
        "unit_price": new.unit_price,
    }


def position_of(request_id: str) -> Script[int | None]:
    """How many wait before it; None when it does not wait."""
    rows = yield Statement("position", {"id": request_id, "block_rows": QUEUE_BLOCK_ROWS})
    return rows[0]["position"] if rows else None
