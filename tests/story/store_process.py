"""
A process that uses the request store and may be taken away at any moment; it says on stdout what it was answered.

usage: python -m tests.story.store_process PATH whole-life [CRASH-POINT]
       python -m tests.story.store_process PATH submit COUNT CLIENTS
"""

import asyncio
import os
import sys
from pathlib import Path

from mutoscope.clock import SystemClock
from mutoscope.database.sqlite import Probe, SqliteDatabase
from mutoscope.errors import ArgumentsInvalid, ClientCancelled, MutoscopeError, Problem, RunnerLost
from mutoscope.ids import new_request_id
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.history import History
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Claim, NewLog, NewRequest, Outcome, State
from mutoscope.queue.store import RequestStore

CANCELLED = outcome_of(ClientCancelled("Request was cancelled"))
LOST = outcome_of(RunnerLost("The runner died"))
INVALID = outcome_of(ArgumentsInvalid([Problem("missing", ("body", "prompt"), "Field required", input={})]))
DONE = Outcome(state=State.SUCCEEDED, status_code=200, body=b'{"seed":1}')


def a_request(*, pool: str = "null", idempotency_key: str | None = None, verdict: Outcome | None = None) -> NewRequest:
    """A new request; all are alike."""
    return NewRequest(
        id=new_request_id(),
        account_id="ann",
        endpoint_id="fal-ai/kling-video/v2.5-turbo/pro/text-to-video",
        pool=pool,
        arguments=b'{"prompt":"a boat"}',
        public_base="http://127.0.0.1",
        queue_base="http://127.0.0.1",
        idempotency_key=idempotency_key,
        webhook_url="https://hooks.example/told",
        verdict=verdict,
    )


def say(*words: object) -> None:
    """One line of the ledger."""
    print(*words, flush=True)


async def whole_life(store: RequestStore, history: History) -> None:
    """Every move that a request can make, with its answer told as soon as it is there."""
    ids = []
    for number in range(6):
        accepted = await store.submit(a_request(idempotency_key="key-0" if number == 0 else None))
        ids.append(accepted.request_id)
        say("accepted", accepted.request_id)

    async def claim() -> Claim:
        claimed = await store.claim("runner", ["null"], 60)
        assert claimed is not None
        say("claimed", claimed.request_id)
        return claimed

    accepted = await store.submit(a_request(verdict=INVALID))
    say("accepted", accepted.request_id)

    finishing = await claim()
    await store.append_logs(finishing.token, [NewLog("half", "INFO", 1.0)])
    say("logged", finishing.request_id)
    await store.finish(finishing.token, DONE, [NewLog("done", "INFO", 2.0)])
    say("succeeded", finishing.request_id)
    await store.cancel(ids[5], CANCELLED)
    say("cancelled", ids[5])
    stopping = await claim()
    await store.cancel(stopping.request_id, CANCELLED)
    say("stopping", stopping.request_id)
    await store.finish(stopping.token, CANCELLED)
    say("cancelled", stopping.request_id)
    deletable = await history.deletable("ann", finishing.request_id)
    assert deletable is not None
    await history.delete_payloads(deletable.seq)
    say("forgotten", finishing.request_id)
    await store.lose((await claim()).token, "killed", LOST)
    await store.release((await claim()).token)
    await claim()
    say("end")


async def submit(store: RequestStore, count: int, clients: int) -> None:
    """Submit this many requests from this many callers at once; an error is told and ends nothing."""
    left = iter(range(count))

    async def client() -> None:
        for _ in left:
            try:
                accepted = await store.submit(a_request())
            except MutoscopeError as error:
                say(type(error).__name__, error)
            else:
                say("accepted", accepted.request_id)

    await asyncio.gather(*(client() for _ in range(clients)))
    say("end")


def crash_at(point: str) -> Probe:
    """End the process, as a kill would, when this point is reached: `finish:result_insert:before`."""

    def probe(script: str, statement: str, when: str) -> None:
        if f"{script}:{statement}:{when}" == point:
            os._exit(9)

    return probe


async def _main(path: Path, what: str, arguments: list[str]) -> None:
    probe = crash_at(arguments[0]) if what == "whole-life" and arguments else None
    database = SqliteDatabase(path, probe=probe)
    store = RequestStore(database, LocalBus(), SystemClock(), boot_id="crashed")
    if what == "whole-life":
        await whole_life(store, History(database, SystemClock()))
    else:
        await submit(store, int(arguments[0]), int(arguments[1]))
    await database.close()


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
