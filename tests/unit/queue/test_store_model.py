"""Ten thousand random operations give, one by one, what a hundred lines of plain Python say they should."""

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from mutoscope.errors import ArgumentsInvalid, ClientCancelled, ClientDisconnected, EngineFailed, QueueFull, RunnerLost
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import CancelAnswer, Fence, NewLog, NewRequest, Outcome, Priority, State

OPERATIONS = 10_000
POOLS = ("cpu", "gpu")
ACCOUNTS = ("ann", "bob", "cyd", "dan")
ENDPOINTS = ("fal-ai/a/x", "fal-ai/b/y")
DONE = Outcome(state=State.SUCCEEDED, status_code=200, body=b'{"seed":1}')
BROKEN = outcome_of(EngineFailed("The engine raised"))
CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))
HUNG_UP = outcome_of(ClientDisconnected("The caller hung up"))
LOST = outcome_of(RunnerLost("The runner died"))


@dataclass
class Modelled:
    """One request as the model sees it."""

    new: NewRequest
    seq: int
    created: float
    state: State = State.QUEUED
    attempt: int = 0
    token: str | None = None
    lease_until: float = 0.0
    cancel: Outcome | None = None
    end: tuple[int, bytes] | None = None
    logs: list[str] = field(default_factory=list)
    history: list[str | None] = field(default_factory=list)

    @property
    def deadline(self) -> float:
        return float("inf") if self.new.start_timeout_s is None else self.created + self.new.start_timeout_s

    def finish(self, outcome: Outcome, *, past: str) -> None:
        if self.state is State.RUNNING:
            self.history[-1] = past
        self.state, self.end = outcome.state, (outcome.status_code, outcome.body)

    def give_back(self, attempt: int, past: str) -> None:
        self.state, self.attempt, self.token = State.QUEUED, attempt, None
        self.history[-1] = past


class Model:
    """The whole queue in one dictionary, everything found by looking at everything."""

    def __init__(self, key_concurrency: int) -> None:
        self.requests: dict[str, Modelled] = {}
        self.key_concurrency = key_concurrency
        self.now = 0.0

    def line(self, pool: str) -> list[Modelled]:
        waiting = [r for r in self.requests.values() if r.state is State.QUEUED and r.new.pool == pool]
        return sorted(waiting, key=lambda r: (r.new.priority, r.seq))

    def running(self, account: str | None = None) -> list[Modelled]:
        running = [r for r in self.requests.values() if r.state is State.RUNNING]
        return [r for r in running if account in (None, r.new.account_id)]

    def position(self, request_id: str) -> int | None:
        r = self.requests[request_id]
        return self.line(r.new.pool).index(r) if r.state is State.QUEUED else None

    def submit(self, new: NewRequest) -> Any:
        for r in self.requests.values():
            if new.idempotency_key and (r.new.account_id, r.new.idempotency_key) == (
                new.account_id,
                new.idempotency_key,
            ):
                is_same = (r.new.endpoint_id, r.new.arguments) == (new.endpoint_id, new.arguments)
                return (r.new.id, self.position(r.new.id) or 0, False) if is_same else "reuse"
        everyone = [r for pool in POOLS for r in self.line(pool) if r.new.endpoint_id == new.endpoint_id]
        if new.verdict is None and new.queue_length_max is not None and len(everyone) > new.queue_length_max:
            return "full"
        r = self.requests[new.id] = Modelled(new, len(self.requests) + 1, self.now)
        if new.verdict is not None:
            r.finish(new.verdict, past="")
        return new.id, self.position(new.id) or 0, True

    def claim(self, pools: tuple[str, ...]) -> Modelled | None:
        for pool in pools:
            for r in self.line(pool):
                is_free = not self.key_concurrency or len(self.running(r.new.account_id)) < self.key_concurrency
                if is_free and r.deadline > self.now:
                    r.state, r.attempt = State.RUNNING, r.attempt + 1
                    r.history.append(None)
                    return r
        return None

    def cancel(self, request_id: str, outcome: Outcome) -> CancelAnswer:
        r = self.requests.get(request_id)
        if r is None:
            return CancelAnswer.NOT_FOUND
        if r.state is State.QUEUED:
            r.finish(outcome, past="")
            return CancelAnswer.REMOVED
        if r.state is State.RUNNING:
            r.cancel = r.cancel or outcome
            return CancelAnswer.REQUESTED
        return CancelAnswer.ALREADY_COMPLETED

    def finish(self, token: str, outcome: Outcome) -> Fence:
        r = self.holder(token)
        if r is None:
            return Fence.FENCED
        if outcome is CANCELLED:
            outcome = r.cancel or outcome
        if r.state is not State.RUNNING:
            same = r.end is not None and (r.state is outcome.state is State.CANCELLED or r.end[1] == outcome.body)
            return Fence.OK if same else Fence.FENCED
        r.finish(outcome, past={200: "ok", 499: "cancelled", 500: "error"}[outcome.status_code])
        return Fence.OK

    def lose(self, r: Modelled, reason: str, exhausted: Outcome) -> State:
        r.logs.append(f"attempt {r.attempt} lost: {reason}")
        if r.cancel is not None:
            r.finish(r.cancel, past="lost")
        elif r.attempt >= r.new.max_attempts:
            r.finish(exhausted, past="lost")
        else:
            r.give_back(r.attempt, "lost")
        return r.state

    def release(self, r: Modelled) -> None:
        if r.cancel is not None:
            r.finish(r.cancel, past="released")
        else:
            r.give_back(r.attempt - 1, "released")

    def expire(self, *, restarted: bool = False) -> set[tuple[str, State]]:
        moved = []
        for r in self.running():
            if restarted or r.lease_until <= self.now:
                reason = "the server restarted" if restarted else "its lease ended"
                lost = f"The runner was lost under this request ({reason}) in its last start, number {r.attempt}"
                moved.append((r.new.id, self.lose(r, reason, outcome_of(RunnerLost(lost)))))
        for r in [] if restarted else [r for pool in POOLS for r in self.line(pool) if r.deadline <= self.now]:
            r.state, r.end = State.FAILED, (504, b"")
            moved.append((r.new.id, State.FAILED))
        return set(moved)

    def holder(self, token: str) -> Modelled | None:
        return next((r for r in self.requests.values() if r.token == token), None)


class Comparison:
    """Does the same to both and compares what they say."""

    def __init__(self, model: Model, store: Any, clock: Any, make: Any, rng: random.Random) -> None:
        self.model, self.store, self.clock, self.make, self.rng = model, store, clock, make, rng
        self.tokens = ["0.never"]
        self.number = 0

    async def step(self) -> None:
        operations = {
            self.submit: 30, self.claim: 22, self.finish: 16, self.cancel: 6, self.lose: 4, self.release: 3,
            self.renew: 3, self.log: 3, self.expire: 2, self.turn_clock: 5, self.look: 6,
        }  # fmt: skip
        (operation,) = self.rng.choices(list(operations), list(operations.values()))
        self.model.now = self.clock.now()
        await operation()

    async def submit(self) -> None:
        rng = self.rng
        self.number += 1
        new = self.make(
            id=f"request-{self.number}",
            account_id=rng.choice(ACCOUNTS),
            pool=rng.choice(POOLS),
            endpoint_id=rng.choice(ENDPOINTS),
            priority=rng.choice((Priority.NORMAL, Priority.NORMAL, Priority.LOW)),
            start_timeout_s=rng.choice((None, None, None, 3.0, 30.0)),
            max_attempts=rng.choice((1, 2, 3)),
            idempotency_key=rng.choice((None, None, None, f"k{rng.randrange(300)}")),
            arguments=rng.choice((b'{"prompt":"a"}', b'{"prompt":"b"}')),
            queue_length_max=rng.choice((None, None, 0, 10, 40)),
            verdict=BROKEN if rng.random() < 0.05 else None,
        )
        expected = self.model.submit(new)
        try:
            accepted = await self.store.submit(new)
            said: Any = (accepted.request_id, accepted.position, accepted.is_new)
        except ArgumentsInvalid:
            said = "reuse"
        except QueueFull:
            said = "full"
        assert said == expected

    async def claim(self) -> None:
        pools = self.rng.choice((("cpu",), ("gpu",), ("gpu", "cpu")))
        expected = self.model.claim(pools)
        claim = await self.store.claim("runner", pools, lease_s=10)
        assert (claim and claim.request_id) == (expected and expected.new.id)
        if expected is not None:
            assert (claim.attempt, claim.arguments) == (expected.attempt, expected.new.arguments)
            expected.token, expected.lease_until = claim.token, claim.lease_until
            self.tokens.append(claim.token)

    def a_token(self) -> str:
        """Of a running attempt mostly, of an old one sometimes."""
        running = [r.token for r in self.model.running() if r.token]
        return self.rng.choice(running if running and self.rng.random() < 0.8 else self.tokens[-200:])

    def held(self, token: str) -> Modelled | None:
        r = self.model.holder(token)
        return r if r is not None and r.state is State.RUNNING else None

    async def finish(self) -> None:
        token, outcome = self.a_token(), self.rng.choice((DONE, DONE, BROKEN, CANCELLED))
        assert await self.store.finish(token, outcome) is self.model.finish(token, outcome)

    async def cancel(self) -> None:
        request_id, outcome = f"request-{self.rng.randint(1, self.number + 1)}", self.rng.choice((CANCELLED, HUNG_UP))
        open_ids = [r.new.id for r in self.model.requests.values() if not r.state.is_terminal]
        if open_ids and self.rng.random() < 0.7:
            request_id = self.rng.choice(open_ids)
        assert await self.store.cancel(request_id, outcome) is self.model.cancel(request_id, outcome)

    async def lose(self) -> None:
        token = self.a_token()
        r = self.held(token)
        expected = None if r is None else self.model.lose(r, "killed", LOST)
        assert await self.store.lose(token, "killed", LOST) is expected

    async def release(self) -> None:
        token = self.a_token()
        r = self.held(token)
        if r is not None:
            self.model.release(r)
        assert await self.store.release(token) is (Fence.FENCED if r is None else Fence.OK)

    async def renew(self) -> None:
        tokens = list({self.a_token() for _ in range(3)})
        held = {token: self.held(token) for token in tokens}
        for r in held.values():
            if r is not None:
                r.lease_until = self.model.now + 10
        assert await self.store.renew(tokens, 10) == {token: self.fence(r) for token, r in held.items()}

    async def log(self) -> None:
        token = self.a_token()
        r = self.held(token)
        lines = [f"line {self.rng.random()}" for _ in range(self.rng.randint(0, 3))]
        if r is not None:
            r.logs += lines
        logs = [NewLog(line, "INFO", self.model.now) for line in lines]
        assert await self.store.append_logs(token, logs) is self.fence(r)

    @staticmethod
    def fence(r: Modelled | None) -> Fence:
        return Fence.FENCED if r is None else Fence.OK if r.cancel is None else Fence.CANCEL

    async def expire(self) -> None:
        said = {(move.request_id, move.state) for move in await self.store.expire(limit=10_000)}
        assert said == self.model.expire()

    async def turn_clock(self) -> None:
        self.clock.advance(self.rng.choice((0.5, 2.0, 4.0)))

    async def look(self) -> None:
        if self.number:
            await self.compare(self.rng.choice(list(self.model.requests)))

    async def compare(self, request_id: str) -> None:
        r = self.model.requests[request_id]
        request, result = await self.store.get(request_id), await self.store.result(request_id)
        assert (request.state, request.attempt, request.seq) == (r.state, r.attempt, r.seq)
        assert request.cancel_requested == (r.cancel is not None)
        assert await self.store.position(request_id) == self.model.position(request_id)
        assert (result and result.status_code) == (r.end and r.end[0])
        assert result is None or result.status_code == 504 or result.body == (r.end and r.end[1])
        assert [log.message for log in await self.store.logs(request_id)] == r.logs
        assert [start["outcome"] for start in await self.store.attempts(request_id)] == r.history


@pytest.mark.parametrize(("seed", "key_concurrency"), [(1, 0), (2, 3)])
async def test_the_store_does_what_the_model_says(make_store, clock, a_request, seed, key_concurrency):
    """No difference in any answer, and none in what is left at the end."""
    model = Model(key_concurrency)
    store = make_store(key_concurrency=key_concurrency)
    comparison = Comparison(model, store, clock, a_request, random.Random(seed))

    for _ in range(OPERATIONS):
        await comparison.step()

    for request_id in model.requests:
        await comparison.compare(request_id)
    assert await store.check() == []
    running = model.running()
    assert len(running) == await make_store(boot_id="next").recover()
    model.expire(restarted=True)
    for r in running:
        await comparison.compare(r.new.id)
    assert await store.check() == []
