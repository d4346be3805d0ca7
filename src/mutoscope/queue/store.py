"""
The request store: durable acceptance, order, claims, attempts, cancels, logs, results.

The scripts in `intake.py`, `moves.py` and `sweeps.py` decide and write; this file plays them on the database, turns
rows into nouns and, after the commit, hints at what changed. One class for every dialect.

Hints: `work:<pool>` when something waits in a pool, `request:<id>` when a request changed, `cancel:<id>` when a running
one is to stop, `deadline:<pool>` when a new start deadline may be the next one, `webhook:<id>` when an end is to be
told.
"""

import builtins  # the class has a method `list`
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from mutoscope.clock import Clock
from mutoscope.database.base import Database, Row, Script, Statement
from mutoscope.ids import new_token
from mutoscope.limits import EXPIRE_ROWS_MAX, HEAVY_PAYLOAD_BYTES, QUEUE_BLOCK_ROWS, READ_ROWS_MAX, RUNS_LEARNED_MAX
from mutoscope.queue import history, intake, moves, sweeps
from mutoscope.queue.bus import Bus
from mutoscope.queue.estimates import Estimate, Estimates
from mutoscope.queue.request import (
    Accepted,
    CancelAnswer,
    Claim,
    Fence,
    Moved,
    NewLog,
    NewRequest,
    Outcome,
    PoolStats,
    Priority,
    Request,
    State,
    StoredLog,
    StoredOutput,
)

logger = logging.getLogger(__name__)

_SEQ_MAX = 2**62
_STATES = {state.value: state for state in State}
_PRIORITIES = {priority.value: priority for priority in Priority}
_STATE, _PRIORITY, _IS_SYNC, _CANCEL_REQUESTED = (
    Request._fields.index(name) for name in ("state", "priority", "is_sync", "cancel_requested")
)
_ATTEMPT_COLUMNS = ("n", "attempt", "runner_id", "boot_id", "started", "ended", "outcome", "detail")


class RequestStore:
    """
    All requests of this server.

    Every write may raise what `Database.write` raises: StoreFull, StoreFailed, ShuttingDown.

    Args:
        boot_id: names this start of the server; attempts of other boots are dead.
        key_concurrency: requests of one account that may run at once; 0 is no bound.
    """

    def __init__(self, database: Database, bus: Bus, clock: Clock, *, boot_id: str, key_concurrency: int = 0) -> None:
        self._database = database
        self._bus = bus
        self._clock = clock
        self._boot_id = boot_id
        self._key_concurrency = key_concurrency
        self.estimates = Estimates()

    # --- what callers do ---

    async def submit(self, new: NewRequest) -> Accepted:
        """
        Accept a request; once this returns it is on stable storage and will end in exactly one terminal state.

        Raises:
            ArgumentsInvalid: its idempotency key was used with another body or endpoint.
            QueueFull: more wait for the endpoint than `queue_length_max`.
        """
        is_heavy = len(new.arguments) > HEAVY_PAYLOAD_BYTES
        accepted = await self._database.write(intake.submit(new, self._clock.now()), is_heavy=is_heavy)
        if accepted.is_new and new.verdict is None:
            self._bus.publish("work", new.pool)
            if new.start_timeout_s is not None:
                self._bus.publish("deadline", new.pool)
        elif accepted.is_new and new.webhook_url is not None:
            self._bus.publish("webhook", accepted.request_id)
        return accepted

    async def cancel(self, request_id: str, outcome: Outcome) -> CancelAnswer:
        """
        Stop a request: a waiting one ends at once as `outcome` says, a running one is told to.

        What a running one ends as is decided by whoever is first, its result or its stop.
        """
        answer, moved = await self._database.write(moves.cancel(request_id, outcome, self._clock.now()))
        if moved is not None:
            self._tell([moved])
        elif answer is CancelAnswer.REQUESTED:
            self._bus.publish("request", request_id)
            self._bus.publish("cancel", request_id)
        return answer

    async def get(self, request_id: str) -> Request | None:
        """The request without its payloads; None when there is none."""
        rows = await self._database.rows("request_by_id", {"id": request_id, "block_rows": QUEUE_BLOCK_ROWS})
        return _request(rows[0]) if rows else None

    async def many(self, request_ids: Iterable[str]) -> dict[str, Request]:
        """Those of the requests that exist, by id, in one read."""
        wanted = list(request_ids)
        script = _rows("requests_by_ids", ids=json.dumps(wanted), block_rows=QUEUE_BLOCK_ROWS)
        small = len(wanted) <= READ_ROWS_MAX
        rows = await (self._database.read(script) if small else self._database.read_slow(script))
        return {row["id"]: _request(row) for row in rows}

    async def list(
        self,
        *,
        account_id: str | None = None,
        state: State | None = None,
        endpoint_id: str | None = None,
        limit: int = 100,
        before_seq: int | None = None,
    ) -> builtins.list[Request]:
        """Requests, newest first; for the next page pass the last one's `seq`."""
        script = _rows(
            "requests_newest",
            account_id=account_id,
            state=None if state is None else state.value,
            endpoint_id=endpoint_id,
            limit=limit,
            before_seq=_SEQ_MAX if before_seq is None else before_seq,
        )
        return [_request(row) for row in await self._database.read_slow(script)]

    async def position(self, request_id: str) -> int | None:
        """Requests of the same pool that go before it; 0 is next, None is not waiting."""
        return await self._database.read(intake.position_of(request_id))

    async def arguments(self, request_id: str) -> bytes | None:
        """What the caller sent; may be megabytes."""
        rows = await self._database.read_slow(_rows("arguments_by_id", id=request_id))
        return rows[0]["body"] if rows else None

    async def result(self, request_id: str) -> Outcome | None:
        """How it ended; None while it has not."""
        rows = await self._database.rows("result_by_id", {"id": request_id})
        return _outcome(rows[0]) if rows else None

    async def logs(self, request_id: str, after: int = 0, limit: int = 10_000) -> builtins.list[StoredLog]:
        """Its log lines with numbers above `after`, ascending, at most `limit`."""
        short = min(limit, READ_ROWS_MAX)
        rows = await self._database.rows("events_by_id", {"id": request_id, "after": after, "limit": short})
        if len(rows) == short < limit:
            rest = {"after": rows[-1]["n"], "limit": limit - short}
            rows += await self._database.read_slow(_rows("events_by_id", id=request_id, **rest))
        return [StoredLog(row["n"], row["attempt"], row["message"], row["level"], row["ts"]) for row in rows]

    async def attempts(self, request_id: str) -> builtins.list[dict[str, Any]]:
        """
        Its starts, oldest first.

        Each has `n` (from 1), `attempt` (a released start gives its number back), `runner_id`, `boot_id`, `started`,
        `ended`, `outcome` (`ok`, `error`, `cancelled`, `lost`, `released`; None while it runs) and `detail`.
        """
        rows = await self._database.rows("attempts_by_id", {"id": request_id})
        return [{column: row[column] for column in _ATTEMPT_COLUMNS} for row in rows]

    async def stats(self) -> builtins.list[PoolStats]:
        """Pools in which something waits or runs, by name."""
        rows = await self._database.rows("pool_stats", {})
        return [PoolStats(row["pool"], row["queued"], row["running"], row["oldest_created"]) for row in rows]

    # --- what runners do ---

    async def claim(self, runner_id: str, pools: Sequence[str], lease_s: float) -> Claim | None:
        """
        Start the next request that this runner may have; None when there is none.

        Next is the first by priority and age in the first of `pools` that has one; requests of an account that has
        `key_concurrency` running are passed over and keep their place, those past their start deadline are left to
        `expire`.
        """
        offer = moves.Offer(
            runner_id=runner_id,
            boot_id=self._boot_id,
            secret=new_token(),
            pools=pools,
            key_concurrency=self._key_concurrency,
            lease_s=lease_s,
        )
        claimed = await self._database.write(moves.claim(offer, self._clock.now()))
        if claimed is None:
            return None
        self.estimates.started(claimed.request_id, claimed.endpoint_id, claimed.pool, self._clock.now())
        self._bus.publish("request", claimed.request_id)
        if claimed.arguments:
            return claimed
        return replace(claimed, arguments=await self.arguments(claimed.request_id) or b"")

    async def renew(self, tokens: Sequence[str], lease_s: float) -> dict[str, Fence]:
        """Extend leases to `lease_s` from now; says for each attempt whether it should go on."""
        return await self._database.write(moves.renew(tokens, self._clock.now() + lease_s))

    async def append_logs(self, token: str, logs: Sequence[NewLog]) -> Fence:
        """Write log lines, in order, unless the attempt is over."""
        fence, request_id = await self._database.write(moves.append_logs(token, logs))
        if request_id is not None and logs:
            self._bus.publish("request", request_id)
        return fence

    async def finish(
        self, token: str, outcome: Outcome, logs: Sequence[NewLog] = (), extra: Script[object] | None = None
    ) -> Fence:
        """
        End the request; its last log lines, and the statements of `extra`, go into the same commit.

        The same end told again is OK and writes nothing. A cancelled end says what the cancel said.
        """
        script = moves.finish(token, outcome, logs, self._clock.now(), extra)
        fence, moved = await self._database.write(script)
        if moved is not None:
            self._tell([moved])
        return fence

    async def lose(self, token: str, reason: str, outcome_if_exhausted: Outcome) -> State | None:
        """
        The runner died: the request waits again at its old place, or ends if it has no start left or was cancelled.

        Returns:
            Where it is now; None when the attempt was over before.
        """
        moved = await self._database.write(moves.lose(token, reason, outcome_if_exhausted, self._clock.now()))
        if moved is None:
            return None
        self._tell([moved])
        return moved.state

    async def release(self, token: str) -> Fence:
        """Give the request back to its old place; the start does not count. One that was cancelled ends."""
        moved = await self._database.write(moves.release(token, self._clock.now()))
        if moved is None:
            return Fence.FENCED
        self._tell([moved])
        return Fence.OK

    # --- what the store does by itself ---

    async def expire(self, limit: int = EXPIRE_ROWS_MAX) -> builtins.list[Moved]:
        """End leases and start deadlines that are over, at most `limit`; call again when that many came back."""
        moved = await self._database.write(sweeps.expire(self._clock.now(), limit))
        self._tell(moved)
        return moved

    async def next_deadline(self) -> float | None:
        """When `expire` has work next, in Unix seconds. A `deadline` hint or a claim may bring an earlier one."""
        return await self._database.read(sweeps.next_deadline())

    async def recover(self) -> int:
        """
        At boot, before the first claim: what earlier boots were running is lost to them, and the counters are checked.

        Returns:
            How many requests were running.
        """
        count = 0
        while moved := await self._database.write(
            sweeps.recover(self._boot_id, self._clock.now(), EXPIRE_ROWS_MAX), is_heavy=True
        ):
            self._tell(moved)
            count += len(moved)
        for difference in await self.check(repair=True):
            logger.warning("queue counter repaired", extra={"difference": difference})
        return count

    def estimate(self, request: Request) -> Estimate | None:
        """When it will start and end, in seconds from now; reads nothing."""
        return None if request.finished is not None else self.estimates.of(request, self._clock.now())

    async def learn(self) -> None:
        """At boot: what the newest finished requests say about how long the next ones will take."""
        self.estimates.seed(await self.list(state=State.SUCCEEDED, limit=RUNS_LEARNED_MAX))

    async def outputs_over(self, finished_before: float, limit: int = EXPIRE_ROWS_MAX) -> builtins.list[StoredOutput]:
        """
        Files left by requests that finished before this time; delete them, then call `forget_outputs`.

        Those of a request whose webhook is still to be delivered are kept: it names them.
        """
        return await self._database.read_slow(sweeps.outputs_over(finished_before, limit))

    async def forget_outputs(self, request_ids: Iterable[str]) -> None:
        """The files of these requests are deleted."""
        await self._database.write(sweeps.forget_outputs(list(request_ids)))

    async def purge(self, finished_before: float, limit: int = EXPIRE_ROWS_MAX) -> int:
        """
        Delete requests that finished before this time, with arguments, result, attempts and logs; at most `limit`.

        A request whose file has not been deleted stays, so that no file is ever forgotten. Returns how many went.
        """
        return await self._database.write(sweeps.purge(finished_before, limit), is_heavy=True)

    async def forget_private(self, finished_before: float, limit: int = EXPIRE_ROWS_MAX) -> int:
        """
        Delete results and logs of requests that keep no payloads, ended before this time and have nothing left to tell.

        Their arguments went when they ended. Returns how many requests it was.
        """
        script = history.forget_private(finished_before, limit, self._clock.now())
        return await self._database.write(script, is_heavy=True)

    async def has_private(self, finished_before: float) -> bool:
        """Whether `forget_private` has something to do."""
        return bool(await self._database.read(_rows("private_over", finished_before=finished_before, limit=1)))

    async def check(self, *, repair: bool = False) -> builtins.list[str]:
        """Counters that differ from a count of the requests, in words; counted anew when `repair` is set."""
        if repair:
            return await self._database.write(sweeps.repair(), is_heavy=True)
        return await self._database.read_slow(sweeps.check())

    def _tell(self, moved: Iterable[Moved]) -> None:
        now = self._clock.now()
        for move in moved:
            self.estimates.ended(move.request_id, move.state, now)
            self._bus.publish("request", move.request_id)
            if move.has_webhook:
                self._bus.publish("webhook", move.request_id)
            # A run that ended makes room under its account's limit, which other runners may be waiting for.
            if move.state is State.QUEUED or self._key_concurrency > 0:
                self._bus.publish("work", move.pool)


def _rows(name: str, **params: object) -> Script[list[Row]]:
    """The script of a single statement."""
    return (yield Statement(name, params))


def _request(row: Row) -> Request:
    """Columns come in the order of the fields; a test holds the statements to that."""
    values = list(row)
    values[_STATE] = _STATES[values[_STATE]]
    values[_PRIORITY] = _PRIORITIES[values[_PRIORITY]]
    values[_IS_SYNC] = bool(values[_IS_SYNC])
    values[_CANCEL_REQUESTED] = bool(values[_CANCEL_REQUESTED])
    return Request._make(values)


def _outcome(row: Row) -> Outcome:
    return Outcome(
        state=State(row["state"]),
        status_code=row["status_code"],
        body=row["body"],
        error=row["error"],
        error_type=row["error_type"],
        billable_units=row["billable_units"],
        inference_s=row["inference_s"],
        output_keys=tuple((row["output_keys"] or "").split()),
    )
