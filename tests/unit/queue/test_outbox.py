"""A row in the outbox for every end that is to be told, and for nothing else."""

from collections.abc import Awaitable, Callable

import pytest

from mutoscope.clock import ManualClock
from mutoscope.errors import ArgumentsInvalid, ClientCancelled, EngineFailed, Problem, RunnerLost
from mutoscope.limits import EXPIRE_ROWS_MAX
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.outbox import Delivery, Outbox, WebhookState
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Claim, NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore

URL = "https://Hooks.Example:8443/told?token=s3cret"
CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))
LOST = outcome_of(RunnerLost("The runner died"))
FAILED = outcome_of(EngineFailed("The engine raised"))
INVALID = outcome_of(ArgumentsInvalid([Problem("missing", ("body", "prompt"), "Field required", input={})]))

MakeRequest = Callable[..., NewRequest]
End = Callable[[RequestStore, MakeRequest, ManualClock], Awaitable[str]]


@pytest.fixture
def outbox(database, bus: LocalBus, clock: ManualClock) -> Outbox:
    """Of the same store."""
    return Outbox(database, bus, clock)


async def claimed(store: RequestStore, request: NewRequest) -> Claim:
    """An attempt of a new request."""
    await store.submit(request)
    claim = await store.claim("runner", ["null"], 60)
    assert claim is not None
    return claim


async def succeed(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its run worked."""
    claim = await claimed(store, make(webhook_url=URL))
    await store.finish(claim.token, Outcome(state=State.SUCCEEDED, status_code=200, body=b"{}"))
    return claim.request_id


async def fail(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its engine failed."""
    claim = await claimed(store, make(webhook_url=URL))
    await store.finish(claim.token, FAILED)
    return claim.request_id


async def be_invalid(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its arguments broke the schema, so it was never queued."""
    return (await store.submit(make(webhook_url=URL, verdict=INVALID))).request_id


async def cancel_waiting(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its caller cancelled it before it began."""
    accepted = await store.submit(make(webhook_url=URL))
    await store.cancel(accepted.request_id, CANCELLED)
    return accepted.request_id


async def cancel_running(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its caller cancelled it while it ran, and the engine stopped."""
    claim = await claimed(store, make(webhook_url=URL))
    await store.cancel(claim.request_id, CANCELLED)
    await store.finish(claim.token, CANCELLED)
    return claim.request_id


async def release_cancelled(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """It was cancelled, and the server stopped before the engine did."""
    claim = await claimed(store, make(webhook_url=URL))
    await store.cancel(claim.request_id, CANCELLED)
    await store.release(claim.token)
    return claim.request_id


async def miss_the_start(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its start deadline passed."""
    accepted = await store.submit(make(webhook_url=URL, start_timeout_s=5.0))
    clock.advance(6)
    await store.expire()
    return accepted.request_id


async def lose_the_last_runner(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its runner died, and no start was left."""
    claim = await claimed(store, make(webhook_url=URL, max_attempts=1))
    await store.lose(claim.token, "killed", LOST)
    return claim.request_id


async def lose_the_last_lease(store: RequestStore, make: MakeRequest, clock: ManualClock) -> str:
    """Its runner was not heard of, and no start was left."""
    claim = await claimed(store, make(webhook_url=URL, max_attempts=1))
    clock.advance(61)
    await store.expire()
    return claim.request_id


ENDS: list[End] = [
    succeed, fail, be_invalid, cancel_waiting, cancel_running, release_cancelled, miss_the_start,
    lose_the_last_runner, lose_the_last_lease,
]  # fmt: skip


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_every_end_is_to_be_told_once(store, outbox, a_request, clock, bus, end: End):
    """However it came about: one row, due at once, and a hint after the commit."""
    hints = bus.subscribe("webhook")

    request_id = await end(store, a_request, clock)

    (webhook,) = await outbox.list()
    assert (webhook.request_id, webhook.url, webhook.state) == (request_id, URL, WebhookState.PENDING)
    (due,) = await outbox.due(10, busy=(), full=())
    assert (due.request_id, due.account_id, due.place, due.tries) == (request_id, "ann", "hooks.example:8443", 0)
    assert await hints.wait(0) == {request_id}


async def test_a_restart_that_finds_no_start_left_is_told(make_store, outbox, a_request):
    """What an earlier server was running when it died."""
    claim = await claimed(make_store("boot-1"), a_request(webhook_url=URL, max_attempts=1))

    await make_store("boot-2").recover()

    assert [webhook.request_id for webhook in await outbox.list()] == [claim.request_id]


async def test_what_has_not_ended_or_has_no_webhook_is_not_told(store, outbox, a_request, done, bus):
    """Waiting, running, returned to the line, ended without a webhook."""
    hints = bus.subscribe("webhook")
    plain = await claimed(store, a_request())
    await store.finish(plain.token, done)
    returned = await claimed(store, a_request(webhook_url=URL))
    await store.lose(returned.token, "killed", LOST)
    again = await store.claim("runner", ["null"], 60)
    await store.submit(a_request(webhook_url=URL))

    assert again is not None and again.request_id == returned.request_id
    assert await outbox.list() == []
    assert await hints.wait(0) == frozenset()


async def test_a_repeated_finish_is_told_once(store, outbox, a_request, done):
    """The same end twice is one end."""
    claim = await claimed(store, a_request(webhook_url=URL))
    await store.finish(claim.token, done)
    await store.finish(claim.token, done)

    assert len(await outbox.list()) == 1


async def test_a_repeated_submit_is_told_once_and_where_the_first_said(store, outbox, a_request, done):
    """An idempotency key makes two submits one request, before its end and after it."""
    claim = await claimed(store, a_request(webhook_url=URL, idempotency_key="k"))
    before = await store.submit(a_request(webhook_url="https://other.example/", idempotency_key="k"))
    await store.finish(claim.token, done)
    after = await store.submit(a_request(webhook_url=URL, idempotency_key="k"))

    assert before.request_id == after.request_id == claim.request_id
    assert [webhook.url for webhook in await outbox.list()] == [URL]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://a.example", "a.example"),
        ("http://a.example/", "a.example"),
        ("https://A.example:8443?x=/y", "a.example:8443"),
        ("https://a.example#f/g", "a.example"),
        ("http://[2606:4700::1111]:80/x", "[2606:4700::1111]:80"),
        ("https://a.example/x?u=http://b.example/", "a.example"),
    ],
)
async def test_the_place_is_host_and_port(store, outbox, a_request, url: str, place: str):
    """What the share of one receiver is counted by."""
    await store.submit(a_request(webhook_url=url, verdict=INVALID))

    (due,) = await outbox.due(10, busy=(), full=())

    assert due.place == place


async def test_full_places_and_what_is_under_way_are_passed_over(store, outbox, a_request, clock):
    """A line of one receiver does not hide the next one."""
    for _ in range(3):
        await store.submit(a_request(webhook_url="http://dead.example/", verdict=INVALID))
    clock.advance(1)
    await store.submit(a_request(webhook_url="http://alive.example/", verdict=INVALID))
    first = (await outbox.due(1, busy=(), full=()))[0]

    other = await outbox.due(10, busy=(), full={"dead.example"})
    rest = await outbox.due(10, busy={first.seq}, full=())

    assert [webhook.place for webhook in other] == ["alive.example"]
    assert [webhook.place for webhook in rest] == ["dead.example", "dead.example", "alive.example"]


async def test_a_request_with_something_left_to_tell_is_not_forgotten(store, outbox, a_request, clock):
    """Retention waits for the webhook, and then takes everything."""
    request_id = await be_invalid(store, a_request, clock)
    clock.advance(1_000_000)

    assert await store.purge(clock.now(), EXPIRE_ROWS_MAX) == 0
    assert await store.result(request_id) is not None
    (due,) = await outbox.due(1, busy=(), full=())
    await outbox.record(due, Delivery(0, clock.now(), 0.1, 200, None), WebhookState.DELIVERED, clock.now())
    assert await store.purge(clock.now(), EXPIRE_ROWS_MAX) == 1
    assert await outbox.list() == []
    assert await store.check() == []


async def test_given_up_is_nothing_left_to_tell(store, outbox, a_request, clock):
    """Such a request goes in its time."""
    await be_invalid(store, a_request, clock)
    (due,) = await outbox.due(1, busy=(), full=())
    await outbox.record(due, Delivery(0, clock.now(), 0.1, 410, "gone"), WebhookState.FAILED, clock.now())
    clock.advance(1_000_000)

    assert await store.purge(clock.now(), EXPIRE_ROWS_MAX) == 1


async def test_what_is_told_anew_is_not_ended_by_an_older_try(store, outbox, a_request, clock):
    """An operator's word comes after the try that is under way: that one is noted, and the webhook is due again."""
    request_id = await be_invalid(store, a_request, clock)
    (first,) = await outbox.due(1, busy=(), full=())
    await outbox.record(first, Delivery(0, clock.now(), 0.1, 500, "no"), WebhookState.PENDING, clock.now())
    (second,) = await outbox.due(1, busy=(), full=())

    await outbox.redeliver(request_id)
    await outbox.record(second, Delivery(0, clock.now(), 0.1, 410, "gone"), WebhookState.FAILED, clock.now())

    (webhook,) = await outbox.list()
    assert (webhook.state, webhook.tries, len(webhook.deliveries)) == (WebhookState.PENDING, 0, 2)


async def test_the_next_time_is_that_of_the_earliest(store, outbox, a_request, clock):
    """None when nothing waits for its time."""
    now = clock.now()
    await be_invalid(store, a_request, clock)
    (due,) = await outbox.due(1, busy=(), full=())
    assert await outbox.next_due(after=now) is None

    await outbox.record(due, Delivery(0, now, 0.1, 500, "no"), WebhookState.PENDING, now + 7)

    assert await outbox.next_due(after=now) == now + 7
    assert await outbox.due(1, busy=(), full=()) == []


async def test_files_stay_until_the_webhook_that_names_them_is_told(
    store, outbox, a_request, done, bus, clock: ManualClock
):
    """Retention passes over them, with everything else in its order, until the last try."""
    told, untold = [(await claimed(store, a_request(webhook_url=url))) for url in (None, URL)]
    for claim in (untold, told):
        await store.finish(claim.token, done)
    clock.advance(100)
    over = clock.now()

    before = [output.request_id for output in await store.outputs_over(over)]
    await store.forget_outputs(before)
    purged = await store.purge(over)
    (webhook,) = await outbox.due(9, busy=(), full=())
    await outbox.record(webhook, Delivery(0, over, 0.1, 410, "gone"), WebhookState.FAILED, over)
    after = [output.request_id for output in await store.outputs_over(over)]

    assert (before, purged, after) == ([told.request_id], 1, [untold.request_id])
