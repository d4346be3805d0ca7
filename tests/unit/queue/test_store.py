"""What the request store promises, on every database."""

import asyncio

import orjson
import pytest

from mutoscope.database.base import Script, Statement
from mutoscope.errors import (
    ArgumentsInvalid,
    ClientCancelled,
    ClientDisconnected,
    EngineFailed,
    Problem,
    QueueFull,
    RunnerLost,
)
from mutoscope.limits import EVENTS_PER_REQUEST_MAX, HEAVY_PAYLOAD_BYTES, LOG_MESSAGE_CHARS_MAX, READ_ROWS_MAX
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import CancelAnswer, Fence, NewLog, PoolStats, Priority, State, StoredOutput

CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))
LOST = outcome_of(RunnerLost("The runner died"))
FAILED = outcome_of(EngineFailed("The engine raised"))


# --- submit ---


async def test_a_submitted_request_waits_with_everything_it_came_with(store, clock, a_request):
    """What was submitted is what is stored, and nothing more has happened to it."""
    new = a_request(priority=Priority.LOW, start_timeout_s=60.0, max_attempts=1, is_sync=True)

    accepted = await store.submit(new)

    request = await store.get(new.id)
    assert accepted.request_id == new.id and accepted.position == 0 and accepted.is_new
    assert (request.id, request.account_id, request.endpoint_id, request.pool) == (
        new.id, new.account_id, new.endpoint_id, new.pool
    )  # fmt: skip
    assert (request.state, request.priority, request.is_sync) == (State.QUEUED, Priority.LOW, True)
    assert (request.public_base, request.queue_base) == (new.public_base, new.queue_base)
    assert (request.attempt, request.max_attempts, request.last_event) == (0, 1, 0)
    assert (request.created, request.start_deadline) == (clock.now(), clock.now() + 60)
    assert (request.started, request.finished, request.status_code, request.error) == (None, None, None, None)
    assert await store.arguments(new.id) == new.arguments
    assert await store.result(new.id) is None


async def test_an_unknown_id_is_nothing_everywhere(store):
    """Every look at a request that does not exist says so without an error."""
    assert await store.get("no-such") is None
    assert await store.position("no-such") is None
    assert await store.arguments("no-such") is None
    assert await store.result("no-such") is None
    assert await store.logs("no-such") == []
    assert await store.attempts("no-such") == []
    assert await store.many(["no-such"]) == {}
    assert await store.cancel("no-such", CANCELLED) is CancelAnswer.NOT_FOUND


async def test_a_request_with_a_verdict_is_finished_at_once(store, a_request):
    """Invalid arguments are accepted, never wait, and are their own result."""
    verdict = outcome_of(ArgumentsInvalid([Problem("missing", ("body", "prompt"), "Field required", {})]))
    new = a_request(verdict=verdict)

    accepted = await store.submit(new)

    request = await store.get(new.id)
    assert accepted.position == 0
    assert (request.state, request.status_code, request.error_type) == (State.FAILED, 422, "missing")
    assert request.finished is not None
    assert await store.result(new.id) == verdict
    assert await store.position(new.id) is None
    assert await store.claim("r", ["null"], 10) is None
    assert await store.check() == []


async def test_the_same_idempotency_key_gives_the_same_request(store, a_request):
    """A caller that repeats a submit because it saw no answer gets the first request, and one run."""
    first = await store.submit(a_request(idempotency_key="k"))
    await store.submit(a_request())

    again = await store.submit(a_request(idempotency_key="k"))

    assert (again.request_id, again.is_new, again.position) == (first.request_id, False, 0)
    assert (await store.stats())[0].queued == 2


async def test_idempotency_keys_of_two_accounts_are_two_keys(store, a_request):
    """A key means something only within its account."""
    first = await store.submit(a_request(idempotency_key="k", account_id="ann"))
    second = await store.submit(a_request(idempotency_key="k", account_id="bob"))

    assert second.is_new and second.request_id != first.request_id


@pytest.mark.parametrize("change", [{"arguments": b'{"prompt": "a car"}'}, {"endpoint_id": "fal-ai/kling-video/other"}])
async def test_an_idempotency_key_with_something_else_is_refused(store, a_request, change):
    """One key cannot stand for two bodies or endpoints; nothing is written."""
    await store.submit(a_request(idempotency_key="k"))

    with pytest.raises(ArgumentsInvalid) as raised:
        await store.submit(a_request(idempotency_key="k", **change))

    assert raised.value.problems[0].type == "idempotency_key_reuse"
    assert (await store.stats())[0].queued == 1


async def test_a_caller_can_refuse_to_join_a_long_line(store, a_request):
    """At the bound the request is taken, one past it is refused; other endpoints do not count."""
    await store.submit(a_request())
    await store.submit(a_request(endpoint_id="fal-ai/kling-video/other"))
    await store.submit(a_request(queue_length_max=1))

    with pytest.raises(QueueFull, match="More than 1 "):
        await store.submit(a_request(queue_length_max=1))

    assert (await store.stats())[0].queued == 3


# --- claim ---


async def test_requests_start_in_order_of_priority_and_age(store, a_request):
    """Low waits behind every normal one, whenever those came."""
    low = await store.submit(a_request(priority=Priority.LOW))
    first = await store.submit(a_request())
    second = await store.submit(a_request())

    claims = [await store.claim("r", ["null"], 10) for _ in range(3)]

    assert [claim.request_id for claim in claims] == [first.request_id, second.request_id, low.request_id]
    assert await store.claim("r", ["null"], 10) is None


async def test_a_claim_carries_what_the_runner_needs(store, clock, a_request):
    """The claim has the arguments and a lease; the request says that it runs."""
    new = a_request()
    await store.submit(new)
    clock.advance(3)

    claim = await store.claim("runner-1", ["null"], 10)

    request = await store.get(new.id)
    assert (claim.request_id, claim.account_id, claim.endpoint_id) == (new.id, new.account_id, new.endpoint_id)
    assert (claim.attempt, claim.arguments, claim.lease_until) == (1, new.arguments, clock.now() + 10)
    assert (request.state, request.attempt, request.started) == (State.RUNNING, 1, clock.now())
    assert [(row["n"], row["runner_id"], row["outcome"]) for row in await store.attempts(new.id)] == [
        (1, "runner-1", None)
    ]


async def test_a_runner_gets_work_of_its_pools_only(store, a_request):
    """Pools are separate lines; the first named that has something is served."""
    await store.submit(a_request(pool="gpu"))
    cpu = await store.submit(a_request(pool="cpu"))

    assert await store.claim("r", ["other"], 10) is None
    assert (await store.claim("r", ["cpu", "gpu"], 10)).request_id == cpu.request_id
    assert (await store.claim("r", ["cpu", "gpu"], 10)).endpoint_id


async def test_a_key_at_its_limit_is_passed_over_and_keeps_its_place(make_store, a_request, done):
    """Ann's second request waits until her first is done; Bob, who came later, starts before it."""
    store = make_store(key_concurrency=1)
    for account in ("ann", "ann", "bob"):
        await store.submit(a_request(account_id=account))

    first = await store.claim("r1", ["null"], 10)
    second = await store.claim("r2", ["null"], 10)
    assert [first.account_id, second.account_id] == ["ann", "bob"]
    assert await store.claim("r3", ["null"], 10) is None

    await store.finish(first.token, done)
    third = await store.claim("r3", ["null"], 10)
    assert third.account_id == "ann"


async def test_a_key_limit_counts_all_pools(make_store, a_request):
    """What an account has running anywhere counts."""
    store = make_store(key_concurrency=1)
    await store.submit(a_request(pool="cpu"))
    await store.submit(a_request(pool="gpu"))

    assert await store.claim("r", ["cpu"], 10) is not None
    assert await store.claim("r", ["gpu"], 10) is None


async def test_a_flood_of_one_key_does_not_hold_up_the_others(make_store, a_request):
    """Behind a thousand requests of a key at its limit, each small key's first request is the next to start."""
    store = make_store(key_concurrency=2)
    await asyncio.gather(*(store.submit(a_request(account_id="hog")) for _ in range(1000)))
    await asyncio.gather(*(store.submit(a_request(account_id=f"small-{n}")) for n in range(10)))

    started = [(await store.claim("r", ["null"], 10)).account_id for _ in range(12)]

    assert started == ["hog", "hog", *(f"small-{n}" for n in range(10))]
    assert await store.claim("r", ["null"], 10) is None


async def test_a_request_past_its_start_deadline_is_not_started(store, clock, a_request):
    """Up to the deadline it may start; at the deadline it is left for `expire` and the next one starts."""
    late = await store.submit(a_request(start_timeout_s=5.0))
    next_one = await store.submit(a_request())

    clock.advance(5)

    assert (await store.claim("r", ["null"], 10)).request_id == next_one.request_id
    assert (await store.get(late.request_id)).state is State.QUEUED


# --- position ---


async def test_position_counts_those_that_go_before(store, a_request):
    """0 is next; normal requests that come later push a low one back, not each other."""
    ids = [(await store.submit(a_request())).request_id for _ in range(3)]
    low = await store.submit(a_request(priority=Priority.LOW))
    elsewhere = await store.submit(a_request(pool="other"))
    assert [await store.position(request_id) for request_id in ids] == [0, 1, 2]
    assert (low.position, elsewhere.position) == (3, 0)

    late = await store.submit(a_request())
    assert late.position == 3
    assert await store.position(low.request_id) == 4

    await store.claim("r", ["null"], 10)
    assert await store.position(ids[0]) is None
    assert await store.position(ids[2]) == 1
    await store.cancel(ids[1], CANCELLED)
    assert await store.position(ids[2]) == 0


# --- finish ---


async def test_a_finished_request_repeats_its_outcome(store, clock, a_request, done):
    """State, result, history and counters all change in one commit."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)
    clock.advance(2)

    fence = await store.finish(claim.token, done, [NewLog("done", "INFO", clock.now())])

    request = await store.get(claim.request_id)
    assert fence is Fence.OK
    assert (request.state, request.status_code, request.error) == (State.SUCCEEDED, 200, None)
    assert (request.billable_units, request.inference_s, request.finished) == (5.0, 1.5, clock.now())
    assert await store.result(claim.request_id) == done
    assert [log.message for log in await store.logs(claim.request_id)] == ["done"]
    assert [row["outcome"] for row in await store.attempts(claim.request_id)] == ["ok"]
    assert await store.stats() == []


async def test_finishing_twice_is_fine_if_it_says_the_same(store, a_request, done):
    """A runner that did not hear the answer may repeat it; it may not change its mind."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)
    await store.finish(claim.token, done, [NewLog("done", "INFO", 1.0)])

    assert await store.finish(claim.token, done, [NewLog("done", "INFO", 1.0)]) is Fence.OK
    assert await store.finish(claim.token, FAILED) is Fence.FENCED
    assert await store.result(claim.request_id) == done
    assert len(await store.logs(claim.request_id)) == 1


async def test_what_goes_with_a_finish_is_written_only_with_it(store, a_request, done):
    """The extra script plays in the same commit: not for a fenced attempt, and if it fails nothing is finished."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)

    def broken() -> Script[None]:
        yield Statement("boot_set", {"boot_id": "written"})
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.finish(claim.token, done, extra=broken())
    assert (await store.get(claim.request_id)).state is State.RUNNING

    assert await store.finish("1.stale", done, extra=broken()) is Fence.FENCED
    assert await store.finish(claim.token, done) is Fence.OK


# --- logs ---


async def test_logs_are_numbered_without_gaps_over_all_attempts(store, clock, a_request):
    """Lines keep their order; a lost attempt leaves a line that says so."""
    new = a_request()
    await store.submit(new)
    first = await store.claim("r1", ["null"], 10)
    await store.append_logs(first.token, [NewLog("a", "INFO", 1.0), NewLog("b", "WARN", 2.0)])
    await store.lose(first.token, "killed", LOST)
    second = await store.claim("r2", ["null"], 10)
    assert await store.append_logs(second.token, [NewLog("c", "INFO", 3.0)]) is Fence.OK

    logs = await store.logs(new.id)

    assert [(log.n, log.attempt, log.message) for log in logs] == [
        (1, 1, "a"),
        (2, 1, "b"),
        (3, 1, "attempt 1 lost: killed"),
        (4, 2, "c"),
    ]
    assert (await store.get(new.id)).last_event == 4
    assert [log.n for log in await store.logs(new.id, after=2)] == [3, 4]
    assert [log.n for log in await store.logs(new.id, limit=1)] == [1]


async def test_logs_may_say_anything(store, a_request):
    """Lone surrogates, control characters and endless lines become something that can be stored and read."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)

    await store.append_logs(
        claim.token,
        [NewLog(text, "INFO", 1.0) for text in ("a\ud800b", "nul\0byte", "x" * (LOG_MESSAGE_CHARS_MAX + 1))],
    )

    messages = [log.message for log in await store.logs(claim.request_id)]
    assert messages[:2] == ["a?b", "nul\0byte"]
    assert len(messages[2]) == LOG_MESSAGE_CHARS_MAX and messages[2].endswith("…")


async def test_a_request_has_only_so_many_log_lines(store, a_request):
    """The last line there is room for says that the rest is missing; the request goes on."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)
    many = [NewLog(str(n), "INFO", 1.0) for n in range(EVENTS_PER_REQUEST_MAX + 5)]

    assert await store.append_logs(claim.token, many) is Fence.OK
    assert await store.append_logs(claim.token, many[:1]) is Fence.OK

    logs = await store.logs(claim.request_id, limit=EVENTS_PER_REQUEST_MAX + 10)
    assert [log.n for log in logs] == list(range(1, EVENTS_PER_REQUEST_MAX + 1))
    assert logs[-2].message == str(EVENTS_PER_REQUEST_MAX - 2)
    assert "EVENTS_PER_REQUEST_MAX" in logs[-1].message


async def test_long_logs_come_in_one_piece(store, a_request):
    """The seam between the short read and the long one shows nowhere."""
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)
    await store.append_logs(claim.token, [NewLog("x", "INFO", 1.0)] * (READ_ROWS_MAX + 3))

    for limit in (READ_ROWS_MAX - 1, READ_ROWS_MAX, READ_ROWS_MAX + 1, READ_ROWS_MAX + 10):
        logs = await store.logs(claim.request_id, limit=limit)
        assert [log.n for log in logs] == list(range(1, min(limit, READ_ROWS_MAX + 3) + 1))


# --- leases and lost runners ---


async def test_an_expired_lease_returns_the_request_to_its_place(store, clock, a_request):
    """A runner that stops renewing loses its request, and the next claim counts as a new attempt."""
    first = await store.submit(a_request())
    await store.submit(a_request())
    claim = await store.claim("a", ["null"], 30)

    clock.advance(29.9)
    assert await store.expire() == []
    clock.advance(0.1)
    moved = await store.expire()

    assert [(move.request_id, move.state) for move in moved] == [(first.request_id, State.QUEUED)]
    assert await store.position(first.request_id) == 0
    again = await store.claim("b", ["null"], 30)
    assert (again.request_id, again.attempt) == (first.request_id, 2)
    assert again.token != claim.token


async def test_renewing_keeps_the_request(store, clock, a_request):
    """A renewed lease runs from the renewal."""
    await store.submit(a_request())
    claim = await store.claim("a", ["null"], 30)
    clock.advance(20)

    assert await store.renew([claim.token, "7.nonsense", "", "x.y"], 30) == {
        claim.token: Fence.OK,
        "7.nonsense": Fence.FENCED,
        "": Fence.FENCED,
        "x.y": Fence.FENCED,
    }

    clock.advance(29)
    assert await store.expire() == []
    assert await store.next_deadline() == clock.now() + 1


async def test_a_request_that_kills_its_runners_ends(store, a_request):
    """After max_attempts starts it fails with the outcome it was lost with."""
    new = a_request(max_attempts=2)
    await store.submit(new)

    states = []
    for _ in range(2):
        claim = await store.claim("r", ["null"], 10)
        states.append(await store.lose(claim.token, "exit 137", LOST))

    assert states == [State.QUEUED, State.FAILED]
    assert await store.result(new.id) == LOST
    assert [(row["attempt"], row["outcome"], row["detail"]) for row in await store.attempts(new.id)] == [
        (1, "lost", "exit 137"),
        (2, "lost", "exit 137"),
    ]


async def test_the_store_itself_words_the_end_of_an_exhausted_lease(store, clock, a_request):
    """A lease that ends in the last start is a 503 runner_disconnected."""
    new = a_request(max_attempts=1)
    await store.submit(new)
    await store.claim("r", ["null"], 10)

    clock.advance(10)
    await store.expire()

    outcome = await store.result(new.id)
    assert (outcome.state, outcome.status_code, outcome.error_type) == (State.FAILED, 503, "runner_disconnected")
    assert orjson.loads(outcome.body) == outcome.error


async def test_a_zombie_is_fenced_from_everything(store, clock, a_request, done):
    """A runner that was away past its lease can neither write nor end what another one has now."""
    new = a_request()
    await store.submit(new)
    zombie = await store.claim("old", ["null"], 10)
    clock.advance(11)
    await store.expire()
    winner = await store.claim("new", ["null"], 10)

    async def writes_nothing() -> None:
        assert await store.renew([zombie.token], 10) == {zombie.token: Fence.FENCED}
        assert await store.append_logs(zombie.token, [NewLog("late", "INFO", 1.0)]) is Fence.FENCED
        assert await store.finish(zombie.token, FAILED) is Fence.FENCED
        assert await store.lose(zombie.token, "late", LOST) is None
        assert await store.release(zombie.token) is Fence.FENCED

    await writes_nothing()
    assert await store.finish(winner.token, done) is Fence.OK
    await writes_nothing()

    assert await store.result(new.id) == done
    assert [log.message for log in await store.logs(new.id)] == ["attempt 1 lost: its lease ended"]
    assert [row["outcome"] for row in await store.attempts(new.id)] == ["lost", "ok"]


async def test_a_released_request_goes_back_without_losing_a_start(store, a_request):
    """A graceful stop leaves the request where it was; its history shows the start all the same."""
    first = await store.submit(a_request(max_attempts=1))
    await store.submit(a_request())
    claim = await store.claim("r", ["null"], 10)

    assert await store.release(claim.token) is Fence.OK

    assert await store.position(first.request_id) == 0
    assert (await store.get(first.request_id)).started is None
    again = await store.claim("r", ["null"], 10)
    assert (again.request_id, again.attempt) == (first.request_id, 1)
    history = await store.attempts(first.request_id)
    assert [(row["n"], row["attempt"], row["outcome"]) for row in history] == [(1, 1, "released"), (2, 1, None)]


# --- cancel ---


async def test_a_cancelled_waiting_request_never_starts(store, a_request):
    """It ends in the same commit; the second cancel finds it ended."""
    new = a_request()
    await store.submit(new)

    assert await store.cancel(new.id, CANCELLED) is CancelAnswer.REMOVED
    assert await store.cancel(new.id, CANCELLED) is CancelAnswer.ALREADY_COMPLETED

    assert await store.claim("r", ["null"], 10) is None
    assert (await store.get(new.id)).state is State.CANCELLED
    assert await store.result(new.id) == CANCELLED
    assert await store.attempts(new.id) == []


async def test_a_cancelled_run_hears_of_it_on_every_write(store, a_request):
    """The runner that missed the hint learns it from its next write; then it ends as the cancel said."""
    new = a_request()
    await store.submit(new)
    claim = await store.claim("r", ["null"], 10)

    assert await store.cancel(new.id, CANCELLED) is CancelAnswer.REQUESTED
    assert await store.cancel(new.id, CANCELLED) is CancelAnswer.REQUESTED

    assert (await store.get(new.id)).cancel_requested
    assert await store.renew([claim.token], 10) == {claim.token: Fence.CANCEL}
    assert await store.append_logs(claim.token, [NewLog("x", "INFO", 1.0)]) is Fence.CANCEL
    assert await store.finish(claim.token, CANCELLED) is Fence.OK
    assert (await store.get(new.id)).state is State.CANCELLED
    assert await store.cancel(new.id, CANCELLED) is CancelAnswer.ALREADY_COMPLETED


async def test_a_result_that_comes_before_the_stop_counts(store, a_request, done):
    """An engine that finished although it was told to stop has finished."""
    new = a_request()
    await store.submit(new)
    claim = await store.claim("r", ["null"], 10)
    await store.cancel(new.id, CANCELLED)

    assert await store.finish(claim.token, done) is Fence.OK

    assert await store.result(new.id) == done


@pytest.mark.parametrize("way", ["finish", "lose", "release", "expire"])
async def test_who_cancelled_decides_what_the_end_says(store, clock, a_request, way):
    """However a run stops after a cancel, its outcome is that of the first cancel and it does not run again."""
    hung_up = outcome_of(ClientDisconnected("The caller hung up"))
    new = a_request()
    await store.submit(new)
    claim = await store.claim("r", ["null"], 10)
    await store.cancel(new.id, hung_up)
    await store.cancel(new.id, CANCELLED)

    match way:
        case "finish":
            await store.finish(claim.token, CANCELLED)
            assert await store.finish(claim.token, CANCELLED) is Fence.OK
        case "lose":
            assert await store.lose(claim.token, "killed", LOST) is State.CANCELLED
        case "release":
            assert await store.release(claim.token) is Fence.OK
        case "expire":
            clock.advance(11)
            assert [move.state for move in await store.expire()] == [State.CANCELLED]

    assert await store.result(new.id) == hung_up
    assert await store.claim("r", ["null"], 10) is None


# --- deadlines, boots, retention ---


async def test_a_start_deadline_ends_a_waiting_request(store, clock, a_request, done):
    """At the deadline it fails with 504; a request that started in time is not bound by it any more."""
    started = await store.submit(a_request(start_timeout_s=5.0))
    waiting = await store.submit(a_request(start_timeout_s=5.0))
    claim = await store.claim("r", ["null"], 100)
    assert await store.next_deadline() == clock.now() + 5

    clock.advance(5)
    moved = await store.expire()

    assert [(move.request_id, move.state) for move in moved] == [(waiting.request_id, State.FAILED)]
    outcome = await store.result(waiting.request_id)
    assert (outcome.status_code, outcome.error_type) == (504, "request_timeout")
    assert "5 s" in outcome.error
    assert await store.finish(claim.token, done) is Fence.OK
    assert (await store.get(started.request_id)).state is State.SUCCEEDED
    assert await store.next_deadline() is None


async def test_a_sweep_takes_small_bites(store, clock, a_request):
    """A sweep changes at most its limit, so that it holds nobody up; the next one goes on."""
    for _ in range(5):
        await store.submit(a_request(start_timeout_s=1.0))
    clock.advance(2)

    assert [len(await store.expire(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


async def test_a_restart_takes_back_what_was_running(store, make_store, a_request, done):
    """The runs of an earlier boot are lost: they wait again, or end when no start is left; zombies stay fenced."""
    for attempts in (3, 1):
        await store.submit(a_request(max_attempts=attempts))
    claims = [await store.claim("r", ["null"], 1000) for _ in range(2)]

    restarted = make_store(boot_id="boot-2")
    assert await restarted.recover() == 2

    states = [(await restarted.get(claim.request_id)).state for claim in claims]
    assert states == [State.QUEUED, State.FAILED]
    assert await restarted.finish(claims[0].token, done) is Fence.FENCED
    again = await restarted.claim("r", ["null"], 1000)
    assert again.attempt == 2
    assert await restarted.recover() == 0


async def test_counters_that_went_wrong_are_repaired_at_boot(store, database, a_request, caplog):
    """Whatever happened to the counters, a boot counts anew and says what it found."""
    ids = [(await store.submit(a_request())).request_id for _ in range(3)]
    await store.claim("r", ["null"], 10)

    def spoil() -> Script[None]:
        yield Statement("blocks_clear", {})
        yield Statement("usage_clear", {})

    await database.write(spoil())
    assert len(await store.check()) == 2

    await store.recover()

    assert [record.difference for record in caplog.records] == [
        "block 0 of null, priority 0: 2 wait, the counter says 0",
        "account ann in null: 2 wait and 1 run, the counters say 0 and 0",
    ]
    assert await store.check() == []
    assert await store.position(ids[2]) == 1


async def test_retention_deletes_the_file_before_the_row(store, clock, a_request, done):
    """A request with a file stays until the file is gone; then everything about it goes."""
    with_file, without_file, fresh = a_request(), a_request(), a_request()
    for new, outcome in ((with_file, done), (without_file, FAILED)):
        await store.submit(new)
        claim = await store.claim("r", ["null"], 10)
        await store.finish(claim.token, outcome, [NewLog("x", "INFO", 1.0)])
    clock.advance(100)
    await store.submit(fresh)
    before = clock.now() - 50

    assert await store.outputs_over(before - 100) == []
    assert await store.outputs_over(before) == [StoredOutput(with_file.id, done.output_keys)]
    assert await store.purge(before) == 1
    assert await store.get(without_file.id) is None
    assert await store.logs(without_file.id) == []
    assert (await store.get(with_file.id)).state is State.SUCCEEDED

    await store.forget_outputs([with_file.id])
    assert await store.outputs_over(before) == []
    assert await store.purge(before, limit=5) == 1
    assert await store.result(with_file.id) is None
    assert (await store.get(fresh.id)).state is State.QUEUED


# --- looks ---


async def test_many_requests_are_read_at_once(store, a_request):
    """Few or many ids, the answer has those that exist."""
    ids = [(await store.submit(a_request())).request_id for _ in range(3)]

    found = await store.many([*ids, "no-such"])
    assert set(found) == set(ids)
    assert found[ids[0]] == await store.get(ids[0])

    padded = await store.many(ids + [f"no-such-{n}" for n in range(READ_ROWS_MAX)])
    assert padded == found


async def test_the_list_is_newest_first_in_pages(store, a_request):
    """Filters combine, and a page begins where the last one ended."""
    ids = [(await store.submit(a_request(account_id=account))).request_id for account in ("ann", "bob", "ann", "ann")]
    await store.cancel(ids[3], CANCELLED)

    assert [request.id for request in await store.list()] == ids[::-1]
    page = await store.list(account_id="ann", state=State.QUEUED, limit=1)
    assert [request.id for request in page] == [ids[2]]
    rest = await store.list(account_id="ann", state=State.QUEUED, limit=5, before_seq=page[-1].seq)
    assert [request.id for request in rest] == [ids[0]]
    assert await store.list(endpoint_id="fal-ai/no/such") == []


async def test_stats_show_each_pool(store, clock, a_request):
    """Waiting, running and the age of the oldest waiting, of either priority."""
    await store.submit(a_request())
    oldest = clock.now()
    await store.submit(a_request(priority=Priority.LOW))
    clock.advance(1)
    await store.submit(a_request(account_id="bob"))
    await store.submit(a_request(pool="other"))
    await store.claim("r", ["null"], 10)

    assert await store.stats() == [
        PoolStats("null", queued=2, running=1, oldest_created=oldest),
        PoolStats("other", queued=1, running=0, oldest_created=clock.now()),
    ]


# --- hints ---


async def test_each_change_is_hinted_after_it_is_readable(store, bus, a_request, done):
    """Work for runners, news for watchers, and the cancel for whoever runs it."""
    work, news, cancels = bus.subscribe("work"), bus.subscribe("request"), bus.subscribe("cancel")
    deadlines = bus.subscribe("deadline")
    new = a_request(start_timeout_s=9.0)

    await store.submit(new)
    assert (await work.wait(0), await deadlines.wait(0)) == ({"null"}, {"null"})
    claim = await store.claim("r", ["null"], 10)
    assert await news.wait(0) == {new.id}
    await store.append_logs(claim.token, [NewLog("x", "INFO", 1.0)])
    assert await news.wait(0) == {new.id}
    await store.cancel(new.id, CANCELLED)
    assert (await news.wait(0), await cancels.wait(0)) == ({new.id}, {new.id})
    assert await work.wait(0) == set()

    await store.finish(claim.token, done)
    assert await news.wait(0) == {new.id}


async def test_returned_work_is_hinted(store, bus, a_request):
    """A lost or released request wakes another runner."""
    await store.submit(a_request())
    work = bus.subscribe("work")

    claim = await store.claim("r", ["null"], 10)
    await store.lose(claim.token, "killed", LOST)
    assert await work.wait(0) == {"null"}

    claim = await store.claim("r", ["null"], 10)
    await store.release(claim.token)
    assert await work.wait(0) == {"null"}


# --- megabytes ---


@pytest.mark.parametrize("size", [HEAVY_PAYLOAD_BYTES, HEAVY_PAYLOAD_BYTES + 1, 10 * HEAVY_PAYLOAD_BYTES, 0])
async def test_arguments_of_any_size_reach_the_runner(store, a_request, size):
    """Small ones come with the claim, large ones by a road that does not stop the loop; nobody sees a difference."""
    new = a_request(arguments=b"x" * size)
    await asyncio.gather(store.submit(new), store.submit(a_request()))

    claim = await store.claim("r", ["null"], 10)

    assert claim.request_id == new.id
    assert claim.arguments == new.arguments == await store.arguments(new.id)
