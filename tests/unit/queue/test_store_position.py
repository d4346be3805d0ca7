"""Exact positions over many blocks, while the queue changes."""

import asyncio
import random

from mutoscope.database.base import Script, Statement
from mutoscope.errors import ClientCancelled
from mutoscope.limits import QUEUE_BLOCK_ROWS
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Priority, State

CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))


async def test_positions_equal_a_count_while_the_queue_changes(store, a_request):
    """Over several blocks, with claims, cancels and returned requests between the looks, no position is off by one."""
    rng = random.Random(7)
    count = max(3_000, 4 * QUEUE_BLOCK_ROWS)
    new = [a_request(priority=rng.choice(list(Priority))) for _ in range(count)]
    await asyncio.gather(*(store.submit(request) for request in new))
    seqs = {request.id: (await store.get(request.id)).seq for request in new}
    waiting = {request.id: (request.priority, seqs[request.id]) for request in new}

    for _ in range(40):
        for request_id in rng.sample(sorted(waiting), 20):
            await store.cancel(request_id, CANCELLED)
            del waiting[request_id]
        claims = [await store.claim("r", ["null"], 60) for _ in range(20)]
        for claim in claims:
            place = waiting.pop(claim.request_id)
            if rng.random() < 0.5:
                await store.release(claim.token)
                waiting[claim.request_id] = place
        order = sorted(waiting, key=waiting.__getitem__)
        for request_id in (order[0], order[-1], *rng.sample(order, 10)):
            assert await store.position(request_id) == order.index(request_id)

    assert await store.check() == []


async def test_a_position_is_that_of_one_moment(store, a_request):
    """The request and the number come from one statement: what no longer waits has none."""
    new = a_request()
    await store.submit(new)
    await store.claim("r", ["null"], 60)

    assert (await store.get(new.id)).state is State.RUNNING
    assert await store.position(new.id) is None


async def test_an_empty_line_leaves_no_counters(store, database, a_request):
    """Served blocks and idle accounts cost nothing: their counters are gone, so sums stay short for ever."""
    for n in range(20):
        await store.submit(a_request(account_id=f"account-{n}"))
        claim = await store.claim("r", ["null"], 60)
        await store.finish(claim.token, CANCELLED)
    waiting = a_request()
    await store.submit(waiting)
    await store.cancel(waiting.id, CANCELLED)

    def counters() -> Script[int]:
        (row,) = yield Statement("line_length", {"pool": "null", "priority": 1})
        return int(row["queued"])

    assert await database.read(counters()) == 0
    assert await store.stats() == []
