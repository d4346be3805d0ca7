"""
What every door calls: submit, status, watch, result, cancel.

A door parses HTTP and writes bodies; everything that decides lives here. The synchronous doors submit here too, and
wait (`runs.py`).
"""

import contextlib
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import NamedTuple

from mutoscope.accounts.keys import Caller
from mutoscope.catalog.application import POOL
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog
from mutoscope.errors import (
    ApplicationUnknown,
    ArgumentsInvalid,
    BadRequest,
    ClientCancelled,
    FeatureNotSupported,
    OutboundRefused,
    PathUnknown,
    RequestUnknown,
    ResultDeleted,
    ResultNotReady,
    ShuttingDown,
)
from mutoscope.guard import check_target
from mutoscope.ids import is_request_id, new_request_id
from mutoscope.queue.estimates import Estimate
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
        self, *, settings: Settings, catalog: Catalog, store: RequestStore, watchers: Watchers, metrics: Metrics
    ) -> None:
        self._settings = settings
        self._catalog = catalog
        self._store = store
        self._watchers = watchers
        self._metrics = metrics
        self._is_accepting = True

    @property
    def is_accepting(self) -> bool:
        """Whether a submit would be taken."""
        return self._is_accepting

    def stop_accepting(self) -> None:
        """From now on a submit is answered with ShuttingDown."""
        self._is_accepting = False

    async def submit(
        self,
        caller: Caller,
        endpoint_id: str,
        body: bytes,
        options: SubmitOptions,
        *,
        is_sync: bool = False,
        request_id: str | None = None,
    ) -> Submitted:
        """
        Accept a request; invalid arguments are accepted too and become its outcome at once, as at fal.

        Args:
            is_sync: the caller waits for the end on this very call: arguments are refused as with `refuse_invalid`,
                and the request is started once.
            request_id: a new one, where the caller has to know it before.

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
        unit_price, verdict = self._judge(endpoint, body, refuse_invalid=is_sync or options.refuse_invalid)
        if not self._is_accepting:
            raise ShuttingDown("The server is stopping and takes no new requests; try again in a moment")
        if options.webhook_url is not None:
            self._check_webhook(options.webhook_url)
        new = NewRequest(
            id=request_id or new_request_id(),
            account_id=caller.account_id,
            endpoint_id=endpoint.id,
            pool=POOL if endpoint.served_by == "application" else self._settings.engine,
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
        return await self._accept(new, endpoint, options)

    async def status(self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool) -> Status:
        """
        Where the request is now.

        Raises:
            RequestUnknown: as find.
        """
        request = await self.find(caller, app_id, request_id)
        has_logs = with_logs and request.state is not State.QUEUED
        logs = await self._store.logs(request_id) if has_logs else None
        return Status(request, app_id, logs, self._store.estimate(request))

    async def watch(
        self, caller: Caller, app_id: str, request_id: str, *, with_logs: bool, silence_s: float | None = None
    ) -> AsyncGenerator[Status | None]:
        """
        The status now and after each change, until it is terminal; each carries only log lines not sent before.

        None stands for `silence_s` seconds without a change.

        Raises:
            RequestUnknown: as find.
        """
        request = await self.find(caller, app_id, request_id)
        following = self._watchers.follow(request, with_logs=with_logs, silence_s=silence_s)
        async with contextlib.aclosing(following) as views:
            async for view in views:
                if view is None:
                    yield None
                    continue
                has_logs = with_logs and view.request.state is not State.QUEUED
                logs = list(view.logs) if has_logs else None
                yield Status(view.request, app_id, logs, self._store.estimate(view.request))

    async def result(self, caller: Caller, app_id: str, request_id: str) -> Answer:
        """
        The stored answer, the same each time.

        Raises:
            RequestUnknown: as find.
            ResultNotReady: it has not ended.
            ResultDeleted: it has, and was not to be kept.
        """
        request = await self.find(caller, app_id, request_id)
        if not request.state.is_terminal:
            raise ResultNotReady
        outcome = await self._store.result(request_id)
        if outcome is None:
            raise ResultDeleted(request_id)
        return Answer(request_id, request.public_base, outcome)

    async def cancel(self, caller: Caller, app_id: str, request_id: str) -> CancelAnswer:
        """
        Waiting: it never starts. Running: the engine is told to stop. Finished: nothing changes.

        Raises:
            RequestUnknown: as find.
        """
        request = await self.find(caller, app_id, request_id)
        answer = await self._store.cancel(request_id, outcome_of(ClientCancelled("Request was cancelled")))
        if answer is CancelAnswer.REMOVED:
            self._metrics.finished.count(request.endpoint_id, State.CANCELLED.value)
        return answer

    async def find(self, caller: Caller, app_id: str, request_id: str) -> Request:
        """
        The request as it is now.

        Raises:
            RequestUnknown: no such request under this account and application.
        """
        request = await self._store.get(request_id) if is_request_id(request_id) else None
        if (
            request is None
            or request.account_id != caller.account_id
            or not f"{request.endpoint_id}/".startswith(f"{app_id}/")  # an application's may have no path
        ):
            raise RequestUnknown(request_id)
        return request

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """
        The endpoint of this id.

        Raises:
            ApplicationUnknown, PathUnknown: there is none.
        """
        endpoint = self._catalog.get(endpoint_id)
        if endpoint is not None:
            return endpoint
        owner, _, rest = endpoint_id.partition("/")
        app, _, path = rest.partition("/")
        if not self._catalog.has_app(f"{owner}/{app}"):
            raise ApplicationUnknown(app or owner)
        raise PathUnknown(f"/{path}", self._catalog.suggest(endpoint_id))

    def _judge(self, endpoint: Endpoint, body: bytes, *, refuse_invalid: bool) -> tuple[float | None, Outcome | None]:
        """The price of a unit, where one is known, and the outcome of what cannot be carried out."""
        value = parse_body(body)
        try:
            unit_price = endpoint.unit_price(endpoint.parse(value, strict=self._settings.strict).values)
            endpoint.require_served()
        except (ArgumentsInvalid, FeatureNotSupported) as error:
            if refuse_invalid:
                raise
            return None, outcome_of(error)
        return unit_price, None

    async def _accept(self, new: NewRequest, endpoint: Endpoint, options: SubmitOptions) -> Submitted:
        """Make it durable; who comes again with an idempotency key gets the request that it named first."""
        accepted = await self._store.submit(new)
        if accepted.is_new:
            self._metrics.submitted.count(endpoint.id)
            if new.verdict is not None:
                self._metrics.finished.count(endpoint.id, new.verdict.state.value)
        return Submitted(accepted.request_id, endpoint.app_id, options.base.queue, accepted.position, accepted.is_new)

    def _check_webhook(self, url: str) -> None:
        """What can be known before the call; where its host name leads is judged when it is called."""
        try:
            check_target(url, allow_private=self._settings.allow_private_networks)
        except OutboundRefused as error:
            raise BadRequest(f"fal_webhook: {error}") from error

    def _max_attempts(self, options: SubmitOptions, *, is_sync: bool) -> int:
        if is_sync or options.no_retry:
            return 1
        return self._settings.max_attempts if options.retries is None else 1 + options.retries
