"""
What the synchronous doors call: submit and wait.

A request that somebody waits for runs for nobody else: whoever hangs up cancels it.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from typing import Any

from mutoscope.accounts.keys import Caller
from mutoscope.errors import ClientDisconnected, MutoscopeError
from mutoscope.limits import PARTIALS_WAITING_BYTES_MAX
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.partials import Partials
from mutoscope.queue.request import CancelAnswer
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import Watchers
from mutoscope.service import Answer, Service, SubmitOptions, Submitted
from mutoscope.telemetry import Metrics


class Runs:
    """The calls that wait for the end of their request."""

    def __init__(
        self, service: Service, *, store: RequestStore, watchers: Watchers, partials: Partials, metrics: Metrics
    ) -> None:
        self._service = service
        self._store = store
        self._watchers = watchers
        self._partials = partials
        self._metrics = metrics
        self._waiting: Counter[str] = Counter()
        """Calls by the request that they wait for; one idempotency key may bring several to one."""

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many calls wait, by request."""
        return self._waiting

    async def run(
        self,
        caller: Caller,
        endpoint_id: str,
        body: bytes,
        options: SubmitOptions,
        *,
        request_id: str | None = None,
    ) -> Answer:
        """
        Submit and wait for the answer; if this call is cancelled, so is the request.

        Args:
            request_id: a new one, where the caller has to know it before.

        Raises:
            As `Service.submit`; ArgumentsInvalid for arguments that break the schema, FeatureNotSupported for an
                endpoint that nothing here serves, before anything is written.
        """
        service = self._service
        accepting = asyncio.create_task(
            service.submit(caller, endpoint_id, body, options, is_sync=True, request_id=request_id)
        )
        try:
            submitted = await asyncio.shield(accepting)
            with self._waiting_for(submitted.request_id):
                request = await service.find(caller, submitted.app_id, submitted.request_id)
                await self._watchers.until_terminal(request)
        except asyncio.CancelledError:
            # The caller hung up: what was accepted, or is just being accepted, must not run for nobody. When it is
            # this server that goes, the request stays and finishes into the history after the restart.
            if service.is_accepting:
                with contextlib.suppress(MutoscopeError):  # nothing was accepted, or there is no room for the cancel
                    await asyncio.shield(self._abandon(endpoint_id, accepting))
            raise
        return await service.result(caller, submitted.app_id, submitted.request_id)

    async def stream(
        self, caller: Caller, endpoint_id: str, body: bytes, options: SubmitOptions, request_id: str
    ) -> AsyncGenerator[bytes | Answer]:
        """
        Submit; each partial result as JSON while it runs, the answer last. Closing early cancels the request.

        Raises:
            As run; ClientDisconnected when partial results come faster than they are taken.
        """
        with self._partials.listen(request_id) as partials:
            running = asyncio.create_task(self.run(caller, endpoint_id, body, options, request_id=request_id))
            try:
                while True:
                    is_over = running.done()
                    while (partial := partials.take()) is not None:
                        yield partial
                    if partials.is_behind:
                        raise ClientDisconnected(
                            "The stream is read too slowly: more partial results wait than may "
                            f"({PARTIALS_WAITING_BYTES_MAX} bytes, PARTIALS_WAITING_BYTES_MAX)"
                        )
                    if is_over:
                        yield running.result()
                        return
                    await _either(running, partials.wait())
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)

    @contextlib.contextmanager
    def _waiting_for(self, request_id: str) -> Iterator[None]:
        """Count this run among those that wait for the request."""
        self._waiting[request_id] += 1
        try:
            yield
        finally:
            self._waiting[request_id] -= 1
            if not self._waiting[request_id]:
                del self._waiting[request_id]

    async def _abandon(self, endpoint_id: str, accepting: asyncio.Task[Submitted]) -> None:
        """Cancel what a caller that hung up asked for, unless somebody else wants it."""
        submitted = await accepting
        if submitted.request_id in self._waiting:  # under the same idempotency key; the last one to leave cancels
            return
        if not submitted.is_new:
            request = await self._store.get(submitted.request_id)
            if request is None or not request.is_sync:  # it came by the queue, where nobody has to wait
                return
        hung_up = outcome_of(ClientDisconnected("The caller disconnected before the run was finished"))
        if await self._store.cancel(submitted.request_id, hung_up) is CancelAnswer.REMOVED:
            self._metrics.finished.count(endpoint_id, hung_up.state.value)


async def _either(running: asyncio.Task[Answer], waiting: Coroutine[Any, Any, None]) -> None:
    """Return once the run is over or the wait is; the wait ends here."""
    heard = asyncio.create_task(waiting)
    try:
        await asyncio.wait({running, heard}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        heard.cancel()
        await asyncio.gather(heard, return_exceptions=True)
