"""
What every door calls: submit, run, status, watch, result, cancel.

A door parses HTTP and writes bodies; everything that decides lives here. The synchronous door is submit and wait.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from mutoscope.accounts.keys import Caller, Keys
from mutoscope.accounts.signer import Signer
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog
from mutoscope.errors import (
    ApplicationUnknown,
    ArgumentsInvalid,
    ClientCancelled,
    ClientDisconnected,
    MutoscopeError,
    PathUnknown,
    RequestUnknown,
    ResultNotReady,
    ShuttingDown,
)
from mutoscope.files.base import FileStore
from mutoscope.ids import is_request_id, new_request_id
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import CancelAnswer, NewRequest, Outcome, Priority, Request, State, StoredLog
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import Watchers
from mutoscope.settings import Settings
from mutoscope.telemetry import Metrics


@dataclass(frozen=True, slots=True)
class Base:
    """URL bases for what is handed out, without trailing slash."""

    public: str
    """Of files: `{public}/files/{key}`."""
    queue: str
    """Of status, result and cancel: `{queue}/{owner}/{app}/requests/{id}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOptions:
    """What the headers and the query of a submit say."""

    base: Base
    priority: Priority = Priority.NORMAL
    start_timeout_s: float | None = None
    no_retry: bool = False
    idempotency_key: str | None = None
    queue_length_max: int | None = None
    webhook_url: str | None = None
    keeps_payloads: bool = True
    lifecycle: str | None = None
    refuse_invalid: bool = False
    """Raise for invalid arguments (gateway) instead of storing the 422 as the request's outcome (queue)."""


@dataclass(frozen=True, slots=True)
class Submitted:
    """The answer of a submit; the request is on stable storage."""

    request_id: str
    app_id: str
    queue_base: str
    position: int
    is_new: bool
    """False when its idempotency key named an earlier request."""


@dataclass(frozen=True, slots=True)
class Status:
    """A request as its caller may see it."""

    request: Request
    app_id: str
    logs: list[StoredLog] | None
    """None when not asked for, or while it waits."""


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
        store: RequestStore,
        watchers: Watchers,
        metrics: Metrics,
        signer: Signer,
    ) -> None:
        self.settings = settings
        self.catalog = catalog
        self.keys = keys
        self.files = files
        self.store = store
        self.metrics = metrics
        self.signer = signer
        self._watchers = watchers
        self._is_accepting = True

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
            QueueFull: more wait than the caller allows.
            StoreFull, StoreFailed, ShuttingDown: nothing was accepted.
        """
        endpoint = self.endpoint(endpoint_id)
        value = parse_body(body)
        verdict: Outcome | None = None
        try:
            endpoint.parse(value, strict=self.settings.strict)
        except ArgumentsInvalid as error:
            if options.refuse_invalid:
                raise
            verdict = outcome_of(error)
        return await self._accept(caller, endpoint, body, options, verdict=verdict, is_sync=False)

    async def run(self, caller: Caller, endpoint_id: str, body: bytes, options: SubmitOptions) -> Answer:
        """
        Submit and wait for the answer; if this call is cancelled, so is the request.

        Raises:
            As submit; ArgumentsInvalid for arguments that break the schema, before anything is written.
        """
        endpoint = self.endpoint(endpoint_id)
        endpoint.parse(parse_body(body), strict=self.settings.strict)
        accepting = asyncio.create_task(self._accept(caller, endpoint, body, options, verdict=None, is_sync=True))
        try:
            submitted = await asyncio.shield(accepting)
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

    async def status(self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool) -> Status:
        """
        Where the request is now.

        Raises:
            RequestUnknown: no such request under this account and application.
        """
        request = await self._own(caller, app_id, request_id)
        has_logs = with_logs and request.state is not State.QUEUED
        logs = await self.store.logs(request_id) if has_logs else None
        return Status(request, app_id, logs)

    async def watch(self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool) -> AsyncGenerator[Status]:
        """
        The status now and after each change, until it is terminal; each carries only log lines not sent before.

        Raises:
            RequestUnknown: as status.
        """
        request = await self._own(caller, app_id, request_id)
        async with contextlib.aclosing(self._watchers.follow(request, with_logs=with_logs)) as views:
            async for view in views:
                has_logs = with_logs and view.request.state is not State.QUEUED
                yield Status(view.request, app_id, list(view.logs) if has_logs else None)

    async def result(self, caller: Caller, app_id: str, request_id: str) -> Answer:
        """
        The stored answer, the same each time.

        Raises:
            RequestUnknown: as status.
            ResultNotReady: it has not ended.
        """
        request = await self._own(caller, app_id, request_id)
        outcome = await self.store.result(request_id) if request.state.is_terminal else None
        if outcome is None:
            raise ResultNotReady
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
    ) -> Submitted:
        if not self._is_accepting:
            raise ShuttingDown("The server is stopping and takes no new requests; try again in a moment")
        accepted = await self.store.submit(
            NewRequest(
                id=new_request_id(),
                account_id=caller.account_id,
                endpoint_id=endpoint.id,
                pool=self.settings.engine,
                arguments=body,
                public_base=options.base.public,
                queue_base=options.base.queue,
                priority=options.priority,
                start_timeout_s=options.start_timeout_s,
                max_attempts=1 if is_sync or options.no_retry else self.settings.max_attempts,
                is_sync=is_sync,
                idempotency_key=options.idempotency_key,
                queue_length_max=options.queue_length_max,
                webhook_url=options.webhook_url,
                keeps_payloads=options.keeps_payloads,
                lifecycle=options.lifecycle,
                verdict=verdict,
            )
        )
        if accepted.is_new:
            self.metrics.submitted.count(endpoint.id)
            if verdict is not None:
                self.metrics.finished.count(endpoint.id, verdict.state.value)
        return Submitted(accepted.request_id, endpoint.app_id, options.base.queue, accepted.position, accepted.is_new)

    async def _abandon(self, endpoint: Endpoint, accepting: asyncio.Task[Submitted]) -> None:
        submitted = await accepting
        if not submitted.is_new:  # somebody else asked first, and may be waiting
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
            or not request.endpoint_id.startswith(f"{app_id}/")
        ):
            raise RequestUnknown(request_id)
        return request
