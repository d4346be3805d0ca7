"""When requests start and end, told from what runs took before; with a clock that is a number."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mutoscope.queue.estimates import RUNS_REMEMBERED, Estimate, Estimates
from mutoscope.queue.request import Priority, Request, State

POOL = "null"
ENDPOINT = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
OTHER = "fal-ai/kling-video/v2.5-turbo/pro/image-to-video"


def a_request(
    state: State = State.QUEUED,
    *,
    position: int | None = None,
    started: float | None = None,
    finished: float | None = None,
    endpoint_id: str = ENDPOINT,
) -> Request:
    """A request as the store would give it."""
    return Request(
        id="r", seq=1, account_id="a", endpoint_id=endpoint_id, pool=POOL, state=state, priority=Priority.NORMAL,
        public_base="", queue_base="", is_sync=False, attempt=1, max_attempts=3, cancel_requested=False, created=0.0,
        started=started, finished=finished, start_deadline=None, status_code=None, error=None, error_type=None,
        billable_units=0.0, inference_s=None, last_event=0, position=position,
    )  # fmt: skip


def after_runs(*seconds: float, runners: int = 1, endpoint_id: str = ENDPOINT) -> Estimates:
    """Estimates that have seen successful runs of these lengths."""
    estimates = Estimates()
    estimates.set_runners(POOL, runners)
    estimates.seed(a_request(State.SUCCEEDED, started=0.0, finished=s, endpoint_id=endpoint_id) for s in seconds)
    return estimates


def told(estimates: Estimates, request: Request, now: float) -> Estimate:
    """What is said of a request, where something is."""
    estimate = estimates.of(request, now)
    assert estimate is not None
    return estimate


def start_of(estimates: Estimates, position: int, now: float) -> float:
    """When a waiting request is said to start."""
    start_s = told(estimates, a_request(position=position), now).start_s
    assert start_s is not None
    return start_s


def test_nothing_is_said_before_the_first_run_has_ended():
    """Not for waiting requests, not for running ones."""
    estimates = Estimates()
    estimates.set_runners(POOL, 1)
    estimates.started("first", ENDPOINT, POOL, 0.0)

    assert estimates.of(a_request(position=0), 1.0) is None
    assert estimates.of(a_request(State.RUNNING, started=0.0), 1.0) is None


def test_a_finished_request_has_no_estimate():
    """It has happened."""
    assert after_runs(4.0).of(a_request(State.SUCCEEDED, started=0.0, finished=4.0), 5.0) is None


def test_a_running_request_ends_when_its_like_did():
    """Counted down by the clock; one that takes longer is due any moment, never in the past."""
    estimates = after_runs(4.0)
    running = a_request(State.RUNNING, started=100.0)

    assert [estimates.of(running, now) for now in (100.0, 103.0, 104.0, 109.0)] == [
        (None, 4.0), (None, 1.0), (None, 0.0), (None, 0.0),
    ]  # fmt: skip


def test_the_line_moves_one_run_after_the_other():
    """One runner, at work for a second: the next starts in three, the one after that a whole run later."""
    estimates = after_runs(4.0)
    estimates.started("running", ENDPOINT, POOL, 100.0)

    assert estimates.of(a_request(position=0), 101.0) == (3.0, 7.0)
    assert estimates.of(a_request(position=1), 101.0) == (7.0, 11.0)
    assert estimates.of(a_request(position=10), 101.0) == (43.0, 47.0)


def test_several_runners_share_the_line():
    """Each waiting request takes the runner that is free next; idle ones are free now."""
    estimates = after_runs(4.0, runners=3)
    estimates.started("one", ENDPOINT, POOL, 100.0)
    estimates.started("two", ENDPOINT, POOL, 102.0)

    starts = [start_of(estimates, n, 103.0) for n in range(6)]

    assert starts == [0.0, 1.0, 3.0, 4.0, 5.0, 7.0]


def test_without_runners_nobody_can_say_when():
    """A server that only accepts."""
    assert after_runs(4.0, runners=0).of(a_request(position=0), 0.0) is None


def test_an_end_frees_the_runner_and_only_success_teaches():
    """A failure after a moment says nothing about how long a clip takes."""
    estimates = after_runs(4.0)
    estimates.started("fails", ENDPOINT, POOL, 100.0)
    estimates.ended("fails", State.FAILED, 100.1)
    assert estimates.of(a_request(position=0), 101.0) == (0.0, 4.0)

    estimates.started("works", ENDPOINT, POOL, 101.0)
    estimates.ended("works", State.SUCCEEDED, 107.0)
    assert estimates.of(a_request(position=0), 107.0) == (0.0, 5.0)


def test_an_end_of_what_never_started_here_is_no_news():
    """A waiting request that was cancelled, or one of an earlier server."""
    estimates = after_runs(4.0)
    estimates.ended("stranger", State.CANCELLED, 1.0)

    assert estimates.of(a_request(position=0), 1.0) == (0.0, 4.0)


def test_one_odd_run_does_not_count():
    """The median of the newest runs; what is older than RUNS_REMEMBERED is forgotten."""
    assert told(after_runs(4.0, 4.1, 900.0, 3.9, 4.0), a_request(position=0), 0.0).finish_s == 4.0
    assert (
        told(after_runs(*[4.0] * RUNS_REMEMBERED, *[9.0] * RUNS_REMEMBERED), a_request(position=0), 0.0).finish_s == 4.0
    )


def test_each_endpoint_has_its_own_time():
    """One that never ran here borrows the pool's."""
    estimates = after_runs(4.0)
    estimates.started("other", OTHER, POOL, 0.0)
    estimates.ended("other", State.SUCCEEDED, 10.0)

    assert told(estimates, a_request(position=0, endpoint_id=OTHER), 20.0).finish_s == 10.0
    assert told(estimates, a_request(position=0), 20.0).finish_s == 4.0
    assert told(estimates, a_request(position=0, endpoint_id="x/y/z"), 20.0).finish_s == 7.0


@given(
    runs=st.lists(st.floats(0.01, 1e4), min_size=1, max_size=30),
    running=st.lists(st.floats(-1e4, 1e4), max_size=5),
    runners=st.integers(1, 8),
    now=st.floats(-1e4, 1e4),
)
def test_whoever_is_behind_starts_no_earlier(runs, running, runners, now):
    """Never in the past, never before those ahead, and a start comes before its end."""
    estimates = after_runs(*runs, runners=runners)
    for n, started in enumerate(running):
        estimates.started(str(n), ENDPOINT, POOL, started)

    starts = [start_of(estimates, position, now) for position in range(3 * runners)]

    assert all(start >= 0 for start in starts)
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(starts))
    assert told(estimates, a_request(position=0), now).finish_s > starts[0]


@pytest.mark.parametrize("runners", [1, 3])
def test_told_times_come_true(runners):
    """Runs that take about as long as those before: who waits over five of them starts within 15 % of what
    it was told.
    """
    chance = random.Random(4)
    lengths = [chance.uniform(3.5, 4.5) for _ in range(60)]
    estimates = after_runs(*(chance.uniform(3.5, 4.5) for _ in range(20)), runners=runners)
    promised = [start_of(estimates, n, 0.0) for n in range(60)]

    free = [0.0] * runners
    came = []
    for length in lengths:
        free.sort()
        came.append(free[0])
        free[0] += length

    assert max(abs(t - c) / c for t, c in zip(promised, came, strict=True) if c > 20.0) < 0.15


def test_asking_costs_microseconds():
    """Every poll asks; far below what the rest of a status takes."""
    estimates = after_runs(*[4.0] * 20, runners=4)
    estimates.started("one", ENDPOINT, POOL, 0.0)
    waiting = a_request(position=100_000)
    best = min(_seconds(lambda: estimates.of(waiting, 1.0), 2_000) for _ in range(5))

    assert best < 20e-6, "a bound for a busy machine; measured below 2 µs"


def _seconds(call, times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times
