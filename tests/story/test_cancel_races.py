"""A cancel meets a claim, a finish, a lost runner or another cancel: the first wins, and every answer is true."""

import asyncio
import random
from collections import Counter
from pathlib import Path
from typing import Any

from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.request import CancelAnswer, Fence, State
from mutoscope.queue.store import RequestStore
from tests.story.store_process import CANCELLED, DONE, LOST, a_request

RACES = 1_000
AT_ONCE = 20


async def soon(rng: random.Random, call: Any) -> Any:
    """The call, after a few turns of the loop."""
    for _ in range(rng.randrange(4)):
        await asyncio.sleep(0)
    return await call


class Races:
    """Races on one store; counts which of the outcomes came about."""

    def __init__(self, store: RequestStore, rng: random.Random) -> None:
        self.store, self.rng = store, rng
        self.seen: Counter[str] = Counter()

    async def against_claim(self, pool: str) -> None:
        """Removed means it never started; requested means it runs and knows."""
        request_id = await self._submit(pool)
        answer, claim = await asyncio.gather(
            soon(self.rng, self.store.cancel(request_id, CANCELLED)),
            soon(self.rng, self.store.claim("r", [pool], 60)),
        )
        request = await self.store.get(request_id)
        assert request is not None
        if answer is CancelAnswer.REMOVED:
            assert claim is None and request.state is State.CANCELLED and request.attempt == 0
        else:
            assert answer is CancelAnswer.REQUESTED and request.cancel_requested and request.state is State.RUNNING
            assert await self.store.renew([claim.token], 60) == {claim.token: Fence.CANCEL}
            await self.store.finish(claim.token, CANCELLED)
        await self._note(f"claim: {answer.value}", request_id, CANCELLED)

    async def against_finish(self, pool: str) -> None:
        """Already completed or requested; the result that was first is the result, and it stays."""
        request_id = await self._submit(pool)
        claim = await self.store.claim("r", [pool], 60)
        assert claim is not None
        answer, fence = await asyncio.gather(
            soon(self.rng, self.store.cancel(request_id, CANCELLED)),
            soon(self.rng, self.store.finish(claim.token, DONE)),
        )
        assert fence is Fence.OK
        assert answer in (CancelAnswer.REQUESTED, CancelAnswer.ALREADY_COMPLETED)
        await self._note(f"finish: {answer.value}", request_id, DONE)

    async def against_loss(self, pool: str) -> None:
        """A runner that dies while its request is cancelled: the request ends cancelled and is not started again."""
        request_id = await self._submit(pool)
        claim = await self.store.claim("r", [pool], 60)
        assert claim is not None
        answer, state = await asyncio.gather(
            soon(self.rng, self.store.cancel(request_id, CANCELLED)),
            soon(self.rng, self.store.lose(claim.token, "killed", LOST)),
        )
        expected = (CancelAnswer.REQUESTED, State.CANCELLED), (CancelAnswer.REMOVED, State.QUEUED)
        assert (answer, state) in expected
        assert await self.store.claim("r", [pool], 60) is None
        await self._note(f"loss: {answer.value}", request_id, CANCELLED)

    async def against_cancel(self, pool: str) -> None:
        """Exactly one of two cancels removes it."""
        request_id = await self._submit(pool)
        answers = await asyncio.gather(*(soon(self.rng, self.store.cancel(request_id, CANCELLED)) for _ in range(2)))
        assert sorted(answer.name for answer in answers) == ["ALREADY_COMPLETED", "REMOVED"]
        await self._note(f"cancel: {answers[0].value}", request_id, CANCELLED)

    async def _submit(self, pool: str) -> str:
        request = a_request(pool=pool)
        await self.store.submit(request)
        return request.id

    async def _note(self, race: str, request_id: str, outcome: Any) -> None:
        self.seen[race] += 1
        assert await self.store.result(request_id) == outcome
        assert await self.store.cancel(request_id, CANCELLED) is CancelAnswer.ALREADY_COMPLETED


async def test_answers_match_the_final_state(tmp_path: Path):
    """A thousand races, twenty at once: no answer is ever contradicted, and every order of events does occur."""
    database = await SqliteDatabase.open(tmp_path / "mutoscope.db")
    store = RequestStore(database, LocalBus(), SystemClock(), boot_id="boot")
    rng = random.Random(3)
    races = Races(store, rng)
    kinds = (races.against_claim, races.against_finish, races.against_loss, races.against_cancel)
    left = iter(range(RACES))

    async def racer(pool: str) -> None:
        for _ in left:
            await rng.choice(kinds)(pool)

    await asyncio.gather(*(racer(f"pool-{number}") for number in range(AT_ONCE)))

    assert sum(races.seen.values()) == RACES
    assert set(races.seen) == {
        "claim: removed", "claim: requested", "finish: requested", "finish: already completed",
        "loss: requested", "loss: removed", "cancel: removed", "cancel: already completed",
    }  # fmt: skip
    assert await store.check() == []
    assert await store.stats() == []
    await database.close()
