"""The past of an account: pages that nothing moves, sums that are those of the requests, payloads that go."""

import re
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mutoscope.clock import ManualClock
from mutoscope.database.base import Database, Statement
from mutoscope.database.migrate import migrate
from mutoscope.database.sql import load_statements, statement_files
from mutoscope.errors import RunnerLost
from mutoscope.limits import PAGE_PAYLOAD_BYTES_MAX, PRIVATE_RESULT_S_MAX
from mutoscope.queue.history import History, Place, Scan, Span
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore

ALL = Span(0.0, 1e12)
OTHER = "fal-ai/kling-video/v3/pro/text-to-video"
FAILED = outcome_of(RunnerLost("lost"))


@pytest.fixture
def history(database: Database, clock: ManualClock) -> History:
    """On the tables of the store."""
    return History(database, clock)


@pytest.fixture
def run(store: RequestStore, clock: ManualClock, a_request: Callable[..., NewRequest], done: Outcome):
    """Submit a request, let it wait and run, and end it; its id."""

    async def run(*, waits_s: float = 1, runs_s: float = 2, outcome: Outcome = done, **changes) -> str:
        new = a_request(**changes)
        await store.submit(new)
        clock.advance(waits_s)
        claim = await store.claim("r", ["null"], 1e9)
        assert claim is not None and claim.request_id == new.id
        clock.advance(runs_s)
        await store.finish(claim.token, outcome)
        return new.id

    return run


def of(account_id: str = "ann", span: Span = ALL, *endpoint_ids: str) -> Scan:
    """All that an account did, unless said otherwise."""
    return Scan(account_id=account_id, span=span, endpoint_ids=endpoint_ids)


async def walk(history: History, scan: Scan, limit: int, **filters) -> list[str]:
    """All ids, page by page."""
    ids: list[str] = []
    after: Place | None = None
    while True:
        page = await history.page(scan, limit=limit, after=after, **filters)
        ids += [past.id for past in page.items]
        after = page.next
        if after is None:
            return ids


async def test_pages_tell_each_request_once_though_others_end_meanwhile(history: History, run):
    """A place, not a count: what ends between two pages moves nothing."""
    ids = [await run() for _ in range(5)]

    first = await history.page(of(), limit=2)
    await run()
    second = await history.page(of(), limit=2, after=first.next)
    third = await history.page(of(), limit=2, after=second.next)

    assert [past.id for page in (first, second, third) for past in page.items] == ids[::-1]
    assert third.next is None


async def test_requests_that_end_in_one_moment_are_all_told(history: History, run):
    """The `seq` decides where times do not."""
    ids = [await run(waits_s=0, runs_s=0) for _ in range(5)]

    assert await walk(history, of(), 2) == ids[::-1]
    assert await walk(history, of(), 2, by_duration=True) == ids[::-1]


async def test_the_longest_come_first_where_asked(history: History, run):
    """By the time from start to end, whatever they waited."""
    short, long, middle = [await run(runs_s=seconds, waits_s=9 - seconds) for seconds in (1, 5, 3)]

    assert await walk(history, of(), 1, by_duration=True) == [long, middle, short]


async def test_filters(history: History, run, store: RequestStore, a_request):
    """Account, endpoint, outcome, id and time; what waits is no history yet."""
    good = await run()
    bad = await run(outcome=FAILED)
    elsewhere = await run(endpoint_id=OTHER)
    strange = await run(account_id="bob")
    await store.submit(a_request())
    ended = (await history.page(of(), limit=9, request_id=bad)).items[0].finished

    assert await walk(history, of(), 9) == [elsewhere, bad, good]
    assert await walk(history, of("bob"), 9) == [strange]
    assert await walk(history, of("ann", ALL, OTHER), 9) == [elsewhere]
    assert await walk(history, of(), 9, outcome=5) == [bad]
    assert await walk(history, of(), 9, outcome=2) == [elsewhere, good]
    assert await walk(history, of(), 9, request_id=good) == [good]
    assert await walk(history, of("bob"), 9, request_id=good) == []
    assert await walk(history, of("ann", Span(ended, ended + 0.5)), 9) == [bad]
    assert await walk(history, of("ann", Span(0, ended)), 9) == [good], "the end is outside"


async def test_a_request_that_never_started_took_no_time(history: History, store: RequestStore, a_request):
    """It ended as soon as it came."""
    verdict = Outcome(state=State.FAILED, status_code=422, body=b"[]", error="Invalid status code: 422")
    await store.submit(a_request(verdict=verdict))

    (past,) = (await history.page(of(), limit=9)).items

    assert (past.status_code, past.started, past.duration_s) == (422, None, 0)
    (row,) = await history.analytics(of())
    assert (row["request_count"], row["user_error_count"], row["p50_duration"]) == (1, 1, None)


async def test_payloads_come_where_they_are_asked_for_and_kept(history: History, run):
    """As they were sent and answered."""
    await run(arguments=b'{"prompt": "kept"}')
    await run(keeps_payloads=False)

    private, kept = (await history.page(of(), limit=9, with_payloads=True)).items
    bare = (await history.page(of(), limit=9)).items

    assert kept.payloads is not None and kept.payloads.arguments == b'{"prompt": "kept"}'
    assert kept.payloads.outcome.body == b'{"video":{"key":"abc/output.mp4"}}'
    assert private.payloads is None
    assert [past.payloads for past in bare] == [None, None]


async def test_a_page_ends_where_its_payloads_are_too_many(history: History, run):
    """One always comes, however large; the next page goes on with the rest."""
    large = b'"%b"' % (b"x" * (PAGE_PAYLOAD_BYTES_MAX // 2))
    ids = [await run(arguments=large) for _ in range(3)]

    page = await history.page(of(), limit=9, with_payloads=True)

    assert len(page.items) == 1 and page.next is not None
    assert await walk(history, of(), 9, with_payloads=True) == ids[::-1]
    assert len((await history.page(of(), limit=9)).items) == 3


# --- what goes ---


async def test_deleted_payloads_are_gone_and_the_request_is_not(history: History, run, store: RequestStore):
    """Again is no error; files that could not be deleted are named on."""
    request_id = await run()
    found = await history.deletable("ann", request_id)
    assert found is not None and found.output_keys == ("abc/output.mp4", "abc/poster.jpg")

    await history.delete_payloads(found.seq, ["abc/poster.jpg"])
    await history.delete_payloads(found.seq, ["abc/poster.jpg"])

    request, again = await store.get(request_id), await history.deletable("ann", request_id)
    assert request is not None and request.state is State.SUCCEEDED
    assert again is not None and again.output_keys == ("abc/poster.jpg",)
    assert await store.result(request_id) is None
    assert await store.arguments(request_id) == b""
    (past,) = (await history.page(of(), limit=9, with_payloads=True)).items
    assert past.payloads is None


async def test_payloads_of_another_account_are_not_found(history: History, run):
    """As if there were no such request."""
    assert await history.deletable("bob", await run()) is None


async def test_arguments_that_are_not_to_be_kept_end_with_the_request(history: History, run, store: RequestStore):
    """While it waits and runs they are needed; the result stays for an hour after the end, and not longer."""
    clock_like = PRIVATE_RESULT_S_MAX
    kept = await run(idempotency_key="k1")
    private = await run(keeps_payloads=False, idempotency_key="k2")
    (past, _) = (await history.page(of(), limit=9)).items

    assert await store.arguments(private) == b""
    assert await store.result(private) is not None
    assert not await store.has_private(past.finished), "its end is not before this"
    assert await store.has_private(past.finished + clock_like)
    assert await store.forget_private(past.finished + 1) == 1
    assert await store.result(private) is None
    assert await store.logs(private) == []
    assert not await store.has_private(past.finished + 1)
    assert await store.result(kept) is not None and await store.arguments(kept) != b""


async def test_a_repetition_finds_a_request_whose_arguments_are_gone(run, store: RequestStore, a_request):
    """Its digest is still there."""
    first = await run(keeps_payloads=False, idempotency_key="again")

    accepted = await store.submit(a_request(keeps_payloads=False, idempotency_key="again"))

    assert (accepted.request_id, accepted.is_new) == (first, False)


async def test_what_is_over_at_once_and_private_is_never_written(store: RequestStore, a_request):
    """Invalid arguments of a request that keeps none."""
    verdict = Outcome(state=State.FAILED, status_code=422, body=b"[]", error="Invalid status code: 422")
    new = a_request(verdict=verdict, keeps_payloads=False)

    await store.submit(new)

    assert await store.arguments(new.id) == b""


async def test_a_result_stays_until_its_webhook_is_delivered(
    history: History, run, store: RequestStore, database: Database
):
    """Whoever is to be told needs it."""
    request_id = await run(keeps_payloads=False, webhook_url="https://example.org/hook")
    found = await history.deletable("ann", request_id)

    assert found is not None and found.has_to_tell
    assert not await store.has_private(1e12)

    await database.write(told(found.seq))

    assert await store.has_private(1e12)
    found = await history.deletable("ann", request_id)
    assert found is not None and not found.has_to_tell


def told(seq: int):
    """The webhook was delivered."""
    yield Statement("webhook_tried", {"seq": seq, "tries": 0, "state": "delivered", "due": 0.0})


# --- sums ---

USES = st.lists(
    st.tuples(
        st.sampled_from(["fal-ai/a/x", "fal-ai/a/y"]),
        st.sampled_from(["k1", "k2", None]),
        st.sampled_from([0.07, 0.112, None]),
        st.sampled_from([5.0, 10.0, 0.0]),
        st.floats(0, 5_000),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uses=USES, length=st.sampled_from([60.0, 3600.0]), limit=st.integers(1, 5))
async def test_summed_usage_is_the_sum_over_the_requests(history: History, run, done: Outcome, uses, length, limit):
    """In all, and over the buckets of all pages; nothing twice and nothing left out."""
    begin = history.now()
    for endpoint_id, key_id, unit_price, units, pause_s in uses:
        outcome = replace(done, billable_units=units)
        await run(
            waits_s=pause_s, runs_s=0.5, outcome=outcome, endpoint_id=endpoint_id, key_id=key_id, unit_price=unit_price
        )
    scan = of("ann", Span(begin, history.now() + 1))

    expected: dict[tuple[object, ...], float] = {}
    for endpoint_id, key_id, unit_price, units, _ in uses:
        if units:
            place = (endpoint_id, key_id, unit_price)
            expected[place] = expected.get(place, 0.0) + units
    summary: dict[tuple[object, ...], float] = {}
    for use in await history.usage(scan):
        place = use[:3]
        summary[place] = summary.get(place, 0.0) + use.billable_units * use.calls
    series: dict[tuple[object, ...], float] = {}
    at: float | None = begin
    while at is not None:
        part = of("ann", Span(at, scan.span.end))
        buckets = await history.usage_series(part, lambda moment: grid(moment, length), limit)
        for use in (use for _, found in buckets.series for use in found):
            place = use[:3]
            series[place] = series.get(place, 0.0) + use.billable_units * use.calls
        at = buckets.next_at

    assert summary == expected
    assert series == expected
    # The next example begins where nothing is.
    await run(waits_s=20_000, outcome=FAILED)


def grid(moment: float, length: float) -> Span:
    """Buckets of one length."""
    return Span(moment // length * length, moment // length * length + length)


async def test_percentiles_go_by_nearest_rank(history: History, run):
    """Of 1 to 10 seconds: the fifth, the eighth, the ninth."""
    for seconds in (3, 1, 10, 2, 9, 4, 8, 5, 7, 6):
        await run(runs_s=seconds, waits_s=seconds * 10)
    await run(runs_s=1, endpoint_id=OTHER, outcome=FAILED)

    mine, other = sorted(await history.analytics(of()), key=lambda row: row["request_count"], reverse=True)

    durations = [round(mine[f"p{rank}_duration"], 6) for rank in (25, 50, 75, 90, 95, 99)]
    prepared = [round(mine[f"p{rank}_prepare_duration"], 6) for rank in (50, 75, 90)]
    assert durations == [3, 5, 8, 9, 10, 10]
    assert prepared == [50, 80, 90]
    assert (other["success_count"], other["error_count"], other["p50_duration"]) == (0, 1, 1)


async def test_a_series_leaps_over_what_is_empty(history: History, run):
    """Ten years of minutes with two requests in them are two buckets."""
    await run()
    await run(waits_s=86_400 * 365)

    series = await history.analytics_series(of("ann", Span(0, 4e9)), lambda moment: grid(moment, 60), 100)
    short = await history.analytics_series(of("ann", Span(0, 4e9)), lambda moment: grid(moment, 60), 1)

    assert [len(rows) for _, rows in series.series] == [1, 1] and series.next_at is None
    assert len(short.series) == 1 and short.next_at is not None


SQL = load_statements(statement_files("sqlite"))


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("history_by_end", "requests_ended (account_id=?"),
        ("history_by_duration", "requests_duration (account_id=?"),
        ("history_by_id", "sqlite_autoindex_requests_1 (id=?"),
        ("history_next", "requests_ended (account_id=?"),
        ("usage_between", "requests_ended (account_id=?"),
        ("analytics_between", "requests_ended (account_id=?"),
        ("private_over", "requests_private (finished"),
        ("payloads_to_delete", "sqlite_autoindex_requests_1 (id=?"),
    ],
)
def test_the_past_is_found_by_index(name, index):
    """And a page comes out of it in its order, unsorted."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate(connection, files("mutoscope.database") / "migrations" / "sqlite")

    plan = connection.execute(f"EXPLAIN QUERY PLAN {SQL[name]}", dict.fromkeys(re.findall(r":(\w+)", SQL[name]), 0))
    steps = [row[3] for row in plan]
    connection.close()

    assert any(index in step for step in steps), steps
    assert not [step for step in steps if step.startswith(("SCAN requests", "SCAN own"))], steps
    if name in ("history_by_end", "history_by_duration"):
        page = steps[: next(at for at, step in enumerate(steps) if step.startswith("SCAN page"))]
        assert not [step for step in page if "TEMP B-TREE" in step], steps
