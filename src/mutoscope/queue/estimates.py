"""
When a waiting request will start and a running one will end, from what runs took before. In memory: no store reads.

What is measured is how long a request keeps its runner: from its start to its end, fetching and storing included.
Before the first run of a pool has ended nothing is known, and nothing is said.
"""

import math
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Final, NamedTuple

from mutoscope.queue.request import Request, State

RUNS_REMEMBERED: Final = 20
"""Newest successful runs that a median is of; one that was odd does not count."""
_IDLE: Final = -math.inf
"""Since when a runner without a request is free."""


class Estimate(NamedTuple):
    """Seconds from now."""

    start_s: float | None
    """None for a request that has started."""
    finish_s: float


@dataclass(frozen=True, slots=True)
class _Run:
    """A request with a runner."""

    endpoint_id: str
    pool: str
    started: float


class _Pool:
    """What is known of the requests that wait in one line."""

    def __init__(self, runners: int) -> None:
        self.runners = runners
        self.running: dict[str, _Run] = {}
        self.newest: deque[float] = deque(maxlen=RUNS_REMEMBERED)
        self.by_endpoint: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=RUNS_REMEMBERED))
        self.typical_s: float | None = None
        """Of whatever comes; None before there is data."""
        self.typical_by_endpoint: dict[str, float] = {}
        self.free_at: list[float] | None = None
        """When each runner will be free, ascending, Unix seconds; None when something changed since."""

    def learn(self, endpoint_id: str, seconds: float) -> None:
        self.newest.append(seconds)
        self.by_endpoint[endpoint_id].append(seconds)
        self.typical_s = median(self.newest)
        self.typical_by_endpoint[endpoint_id] = median(self.by_endpoint[endpoint_id])
        self.free_at = None

    def work_out(self, typical_s: float) -> list[float]:
        """When each runner will be free: what runs takes as long as its like, and who has nothing is free."""
        times = self.typical_by_endpoint
        ends = sorted(run.started + times.get(run.endpoint_id, typical_s) for run in self.running.values())
        self.free_at = [_IDLE] * (max(1, self.runners) - len(ends)) + ends
        return self.free_at


class Estimates:
    """
    What the requests of this process tell about those that follow.

    Call `started` and `ended` as requests move; `of` is cheap enough for every poll.
    """

    def __init__(self) -> None:
        self._pools: dict[str, _Pool] = {}
        self._runs: dict[str, _Run] = {}

    def set_runners(self, pool: str, runners: int) -> None:
        """How many requests of a pool run at once; 0 when nothing is started here, so that nobody can say when."""
        known = self._pool(pool)
        known.runners = runners
        known.free_at = None

    def seed(self, finished: Iterable[Request]) -> None:
        """Learn from requests that an earlier server ran, newest first."""
        for request in reversed(list(finished)):
            if request.state is State.SUCCEEDED and request.started is not None and request.finished is not None:
                self._pool(request.pool).learn(request.endpoint_id, max(0.0, request.finished - request.started))

    def started(self, request_id: str, endpoint_id: str, pool: str, now: float) -> None:
        """A runner took it."""
        run = self._runs[request_id] = _Run(endpoint_id, pool, now)
        known = self._pool(pool)
        known.running[request_id] = run
        known.free_at = None

    def ended(self, request_id: str, state: State, now: float) -> None:
        """It left its runner, in whatever state; only what succeeded tells how long such a run takes."""
        run = self._runs.pop(request_id, None)
        if run is None:
            return
        known = self._pool(run.pool)
        del known.running[request_id]
        known.free_at = None
        if state is State.SUCCEEDED:
            known.learn(run.endpoint_id, max(0.0, now - run.started))

    def typical_s(self, endpoint_id: str) -> float | None:
        """How long a run of this endpoint takes; None before one has ended."""
        found = (known.typical_by_endpoint.get(endpoint_id) for known in self._pools.values())
        return next((seconds for seconds in found if seconds is not None), None)

    def of(self, request: Request, now: float) -> Estimate | None:
        """What can be said of a request; None when it has ended, or nothing is known yet."""
        known = self._pools.get(request.pool)
        if known is None or known.typical_s is None:
            return None
        own_s = known.typical_by_endpoint.get(request.endpoint_id, known.typical_s)
        if request.state is State.QUEUED:
            if known.runners == 0:
                return None
            free_at = known.free_at or known.work_out(known.typical_s)
            rounds, place = divmod(request.position or 0, len(free_at))
            # The line goes round the runners in turn, but nobody waits longer than a run for one that is far behind.
            first_s = max(0.0, free_at[0] - now)
            start_s = min(max(0.0, free_at[place] - now), first_s + known.typical_s) + rounds * known.typical_s
            return Estimate(start_s, start_s + own_s)
        if request.state is State.RUNNING and request.started is not None:
            return Estimate(None, max(0.0, request.started + own_s - now))
        return None

    def _pool(self, pool: str) -> _Pool:
        known = self._pools.get(pool)
        if known is None:
            known = self._pools[pool] = _Pool(1)
        return known
