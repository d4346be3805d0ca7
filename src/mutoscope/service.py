"""
What every door calls: submit, run, status, watch, result, cancel.

A door parses HTTP and writes bodies; everything that decides lives here. The synchronous door is submit and wait.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.signer import Signer
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.catalog.application import POOL
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog
from mutoscope.errors import (
    ApplicationUnknown,
    ArgumentsInvalid,
    BadRequest,
    ClientCancelled,
    ClientDisconnected,
    FeatureNotSupported,
    MutoscopeError,
    OutboundRefused,
    PathUnknown,
    RequestUnknown,
    ResultDeleted,
    ResultNotReady,
    ShuttingDown,
)
from mutoscope.files.base import FileStore
from mutoscope.files.records import FileRecords
from mutoscope.guard import check_target
from mutoscope.ids import is_request_id, new_request_id
from mutoscope.limits import PARTIALS_WAITING_BYTES_MAX
from mutoscope.queue.estimates import Estimate
from mutoscope.queue.history import History
from mutoscope.queue.outbox import Outbox
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.partials import Partials
from mutoscope.queue.request import CancelAnswer, NewRequest, Outcome, Priority, Request, State, StoredLog
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import Watchers
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics
from mutoscope.uploads import Uploads


@dataclass(frozen=True, slots=True)
class Base:
    """URL bases for what is handed out, without trailing slash."""

    public: str
    """Of files: `{public}/files/{key}`."""
    queue: str
    """Of status, result and cancel: `{queue}/{owner}/{app}/requests/{id}`."""


class SubmitOptions(NamedTuple):
    """What the headers and the query of a submit say. A tuple, as all that each call makes anew."""

    base: Base
    priority: Priority = Priority.NORMAL
    start_timeout_s: float | None = None
    no_retry: bool = False
    retries: int | None = None
    """Starts after the first, should its runner die; None for as many as the settings say."""
    idempotency_key: str | None = None
    queue_length_max: int | None = None
    webhook_url: str | None = None
    keeps_payloads: bool = True
    lifecycle: str | None = None
    refuse_invalid: bool = False
    """Raise for invalid arguments (gateway) instead of storing the 422 as the request's outcome (queue)."""


class Submitted(NamedTuple):
    """The answer of a submit; the request is on stable storage."""

    request_id: str
    app_id: str
    queue_base: str
    position: int
    is_new: bool
    """False when its idempotency key named an earlier request."""


class Status(NamedTuple):
    """A request as its caller may see it."""

    request: Request
    app_id: str
    logs: list[StoredLog] | None
    """None when not asked for, or while it waits."""
    estimate: Estimate | None = None
    """When it will start and end; None when it has ended, or nobody can say."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The stored answer of a finished request."""

    request_id: str
    public_base: str
    outcome: Outcome


class Service:
    """The one owner of what may be done with requests."""

    def __init__(
        self,
        *,
        settings: Settings,
        catalog: Catalog,
        keys: Keys,
        files: FileStore,
        records: FileRecords,
        uploads: Uploads,
        store: RequestStore,
        history: History,
        partials: Partials,
        watchers: Watchers,
        metrics: Metrics,
        signer: Signer,
        outbox: Outbox,
        webhook_keys: WebhookKeys,
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.keys = keys
        self.files = files
        self.records = records
        self.uploads = uploads
        self.store = store
        self.history = history
        self.partials = partials
        self.metrics = metrics
        self.signer = signer
        self.outbox = outbox
        self.webhook_keys = webhook_keys
        self._watchers = watchers
        self._waiting: Counter[str] = Counter()
        """Synchronous callers by the request that they wait for; one idempotency key may bring several to one."""
        self._is_accepting = True

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many synchronous callers wait, by request."""
        return self._waiting

    @property
    def is_accepting(self) -> bool:
        """Whether a submit would be taken."""
        return self._is_accepting

    def stop_accepting(self) -> None:
        """From now on a submit is answered with ShuttingDown."""
        self._is_accepting = False

    async def submit(self, caller: Caller, endpoint_id: str, body: bytes, options: SubmitOptions) -> Submitted:
        """
        Accept a request; invalid arguments are accepted too and become its outcome at once, as at fal.

        Raises:
            ApplicationUnknown, PathUnknown: there is no such endpoint.
            ArgumentsInvalid: the body is no JSON object, or the idempotency key was used with another body;
                with `refuse_invalid` also when the arguments break the schema.
            FeatureNotSupported: with `refuse_invalid`, when nothing here serves the endpoint.
            BadRequest: its webhook is nothing that this server calls.
            QueueFull: more wait than the caller allows.
            StoreFull, StoreFailed, ShuttingDown: nothing was accepted.
        """
        endpoint = self.endpoint(endpoint_id)
        value = parse_body(body)
        verdict: Outcome | None = None
        unit_price: float | None = None
        try:
            unit_price = endpoint.unit_price(endpoint.parse(value, strict=self.settings.strict).values)
            endpoint.require_served()
        except (ArgumentsInvalid, FeatureNotSupported) as error:
            if options.refuse_invalid:
                raise
            verdict = outcome_of(error)
        return await self._accept(
            caller, endpoint, body, options, verdict=verdict, is_sync=False, unit_price=unit_price
        )

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
            As submit; ArgumentsInvalid for arguments that break the schema, FeatureNotSupported for an endpoint that
                nothing here serves, before anything is written.
        """
        endpoint = self.endpoint(endpoint_id)
        unit_price = endpoint.unit_price(endpoint.parse(parse_body(body), strict=self.settings.strict).values)
        endpoint.require_served()
        accepting = asyncio.create_task(
            self._accept(
                caller,
                endpoint,
                body,
                options,
                verdict=None,
                is_sync=True,
                unit_price=unit_price,
                request_id=request_id,
            )
        )
        try:
            submitted = await asyncio.shield(accepting)
            with self._waiting_for(submitted.request_id):
                request = await self._own(caller, submitted.app_id, submitted.request_id)
                await self._watchers.until_terminal(request)
        except asyncio.CancelledError:
            # The caller hung up: what was accepted, or is just being accepted, must not run for nobody. When it is
            # this server that goes, the request stays and finishes into the history after the restart.
            if self._is_accepting:
                with contextlib.suppress(MutoscopeError):  # nothing was accepted, or there is no room for the cancel
                    await asyncio.shield(self._abandon(endpoint, accepting))
            raise
        return await self.result(caller, submitted.app_id, submitted.request_id)

    async def stream(
        self, caller: Caller, endpoint_id: str, body: bytes, options: SubmitOptions, request_id: str
    ) -> AsyncGenerator[bytes | Answer]:
        """
        Submit; each partial result as JSON while it runs, the answer last. Closing early cancels the request.

        Raises:
            As run; ClientDisconnected when partial results come faster than they are taken.
        """
        with self.partials.listen(request_id) as partials:
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

    async def status(self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool) -> Status:
        """
        Where the request is now.

        Raises:
            RequestUnknown: no such request under this account and application.
        """
        request = await self._own(caller, app_id, request_id)
        has_logs = with_logs and request.state is not State.QUEUED
        logs = await self.store.logs(request_id) if has_logs else None
        return Status(request, app_id, logs, self.store.estimate(request))

    async def watch(
        self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool, silence_s: float | None = None
    ) -> AsyncGenerator[Status | None]:
        """
        The status now and after each change, until it is terminal; each carries only log lines not sent before.

        None stands for `silence_s` seconds without a change.

        Raises:
            RequestUnknown: as status.
        """
        request = await self._own(caller, app_id, request_id)
        following = self._watchers.follow(request, with_logs=with_logs, silence_s=silence_s)
        async with contextlib.aclosing(following) as views:
            async for view in views:
                if view is None:
                    yield None
                    continue
                has_logs = with_logs and view.request.state is not State.QUEUED
                logs = list(view.logs) if has_logs else None
                yield Status(view.request, app_id, logs, self.store.estimate(view.request))

    async def result(self, caller: Caller, app_id: str, request_id: str) -> Answer:
        """
        The stored answer, the same each time.

        Raises:
            RequestUnknown: as status.
            ResultNotReady: it has not ended.
            ResultDeleted: it has, and was not to be kept.
        """
        request = await self._own(caller, app_id, request_id)
        if not request.state.is_terminal:
            raise ResultNotReady
        outcome = await self.store.result(request_id)
        if outcome is None:
            raise ResultDeleted(request_id)
        return Answer(request_id, request.public_base, outcome)

    async def cancel(self, caller: Caller, app_id: str, request_id: str) -> CancelAnswer:
        """
        Waiting: it never starts. Running: the engine is told to stop. Finished: nothing changes.

        Raises:
            RequestUnknown: as status.
        """
        request = await self._own(caller, app_id, request_id)
        answer = await self.store.cancel(request_id, outcome_of(ClientCancelled("Request was cancelled")))
        if answer is CancelAnswer.REMOVED:
            self.metrics.finished.count(request.endpoint_id, State.CANCELLED.value)
        return answer

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """
        The endpoint of this id.

        Raises:
            ApplicationUnknown, PathUnknown: there is none.
        """
        endpoint = self.catalog.get(endpoint_id)
        if endpoint is not None:
            return endpoint
        owner, _, rest = endpoint_id.partition("/")
        app, _, path = rest.partition("/")
        if not self.catalog.has_app(f"{owner}/{app}"):
            raise ApplicationUnknown(app or owner)
        raise PathUnknown(f"/{path}", self.catalog.suggest(endpoint_id))

    async def _accept(
        self,
        caller: Caller,
        endpoint: Endpoint,
        body: bytes,
        options: SubmitOptions,
        *,
        verdict: Outcome | None,
        is_sync: bool,
        unit_price: float | None,
        request_id: str | None = None,
    ) -> Submitted:
        if not self._is_accepting:
            raise ShuttingDown("The server is stopping and takes no new requests; try again in a moment")
        if options.webhook_url is not None:
            self._check_webhook(options.webhook_url)
        accepted = await self.store.submit(
            NewRequest(
                id=request_id or new_request_id(),
                account_id=caller.account_id,
                endpoint_id=endpoint.id,
                pool=POOL if endpoint.served_by == "application" else self.settings.engine,
                arguments=body,
                public_base=options.base.public,
                queue_base=options.base.queue,
                priority=options.priority,
                start_timeout_s=options.start_timeout_s,
                max_attempts=self._max_attempts(options, is_sync=is_sync),
                is_sync=is_sync,
                idempotency_key=options.idempotency_key,
                queue_length_max=options.queue_length_max,
                webhook_url=options.webhook_url,
                keeps_payloads=options.keeps_payloads,
                key_id=caller.key_id,
                unit_price=unit_price,
                lifecycle=options.lifecycle,
                verdict=verdict,
            )
        )
        if accepted.is_new:
            self.metrics.submitted.count(endpoint.id)
            if verdict is not None:
                self.metrics.finished.count(endpoint.id, verdict.state.value)
        return Submitted(accepted.request_id, endpoint.app_id, options.base.queue, accepted.position, accepted.is_new)

    def _check_webhook(self, url: str) -> None:
        """What can be known before the call; where its host name leads is judged when it is called."""
        try:
            check_target(url, allow_private=self.settings.allow_private_networks)
        except OutboundRefused as error:
            raise BadRequest(f"fal_webhook: {error}") from error

    def _max_attempts(self, options: SubmitOptions, *, is_sync: bool) -> int:
        if is_sync or options.no_retry:
            return 1
        return self.settings.max_attempts if options.retries is None else 1 + options.retries

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

    async def _abandon(self, endpoint: Endpoint, accepting: asyncio.Task[Submitted]) -> None:
        """Cancel what a caller that hung up asked for, unless somebody else wants it."""
        submitted = await accepting
        if submitted.request_id in self._waiting:  # under the same idempotency key; the last one to leave cancels
            return
        if not submitted.is_new:
            request = await self.store.get(submitted.request_id)
            if request is None or not request.is_sync:  # it came by the queue, where nobody has to wait
                return
        hung_up = outcome_of(ClientDisconnected("The caller disconnected before the run was finished"))
        if await self.store.cancel(submitted.request_id, hung_up) is CancelAnswer.REMOVED:
            self.metrics.finished.count(endpoint.id, hung_up.state.value)

    async def _own(self, caller: Caller, app_id: str, request_id: str) -> Request:
        """The request, if this caller may know of it."""
        request = await self.store.get(request_id) if is_request_id(request_id) else None
        if (
            request is None
            or request.account_id != caller.account_id
            or not f"{request.endpoint_id}/".startswith(f"{app_id}/")  # an application's may have no path
        ):
            raise RequestUnknown(request_id)
        return request


async def _either(running: asyncio.Task[Answer], waiting: Coroutine[Any, Any, None]) -> None:
    """Return once the run is over or the wait is; the wait ends here."""
    heard = asyncio.create_task(waiting)
    try:
        await asyncio.wait({running, heard}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        heard.cancel()
        await asyncio.gather(heard, return_exceptions=True)
