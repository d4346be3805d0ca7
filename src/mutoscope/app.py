"""
The composition root: the one place that knows every room and joins them.

`serving` puts an application together, keeps its background tasks alive, answers HTTP, and takes it apart again;
`serve` does so until a signal comes.
"""

import asyncio
import contextlib
import logging
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from mutoscope import __version__, storage
from mutoscope.accounts.keys import Keys
from mutoscope.accounts.permits import Permits
from mutoscope.accounts.secrets import Secrets
from mutoscope.accounts.signer import SECRET_NAME, Signer
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.api.asgi import build_api
from mutoscope.api.control import build_control
from mutoscope.api.listening import answering, listen, listen_privately
from mutoscope.api.routes import why_unreachable
from mutoscope.attempt import Workshop
from mutoscope.catalog.application import POOL, Application, load_applications
from mutoscope.catalog.load import Catalog, load_catalog
from mutoscope.clock import Clock, SystemClock
from mutoscope.database.sqlite import SqliteDatabase
from mutoscope.deposit import drop_leftovers
from mutoscope.dispatch import Dispatcher
from mutoscope.errors import StoreFailed
from mutoscope.facts import ServerFacts, server_facts
from mutoscope.files.access import own_file
from mutoscope.files.base import FileStore
from mutoscope.files.incoming import Incoming
from mutoscope.files.records import FileRecords
from mutoscope.house import House
from mutoscope.ids import new_token
from mutoscope.jobs import JobMaker
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.history import History
from mutoscope.queue.outbox import Outbox
from mutoscope.queue.partials import Partials
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import Watchers
from mutoscope.runners.pools import local_runners
from mutoscope.runs import Runs
from mutoscope.service import Service
from mutoscope.settings import Settings
from mutoscope.sweeper import Sweeper
from mutoscope.telemetry import Metrics, configure_logging
from mutoscope.tls import tls_of
from mutoscope.uploads import Uploads
from mutoscope.webhooks import Webhooks

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """An application at work, without HTTP."""

    house: House
    dispatcher: Dispatcher
    first_key: str | None

    def readiness(self) -> dict[str, Any]:
        """Ready is: a submit would be taken. Runners may still be warming up; what waits for them is safe."""
        return {
            "ready": self.house.service.is_accepting,
            "version": __version__,
            "engine": self.house.settings.engine,
            "runners": {
                "configured": len(self.dispatcher.runners),
                "warm": self.dispatcher.warm,
                "busy": self.dispatcher.busy,
            },
        }

    async def drain(self) -> None:
        """Take no more requests and give what runs `shutdown_grace_s` to finish."""
        self.house.service.stop_accepting()
        await self.dispatcher.drain(self.house.settings.shutdown_grace_s)


@dataclass(frozen=True, slots=True)
class Server:
    """An application with HTTP in front."""

    app: App
    facts: ServerFacts


@contextlib.asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Server]:
    """
    An application that answers on its port and on its control socket, for as long as the block lasts.

    Raises:
        DataFolderInUse: another server is on the folder.
        SettingInvalid: the address cannot be listened on, or the certificate not be used.
        SchemaTooNew, StoreFailed: the database cannot be used.
        CatalogInvalid: an endpoint description is wrong.
    """
    async with contextlib.AsyncExitStack() as stack:
        # What may refuse comes first: the key of a first start is made, and told, only once nothing can go wrong.
        folder = stack.enter_context(storage.data_folder(settings))
        listener = stack.enter_context(listen(settings.host, settings.port))
        control = stack.enter_context(listen_privately(folder / "control.sock"))
        tls = tls_of(settings)
        app = await stack.enter_async_context(_running(settings, SystemClock()))
        own = tuple(each.id for each in app.house.catalog if each.served_by == "application")
        facts = server_facts(
            settings, port=listener.getsockname()[1], tls=tls, applications=own, first_key=app.first_key
        )
        told_again = replace(facts, first_key=None)
        await stack.enter_async_context(answering(build_control(app.house, lambda: asdict(told_again)), control))
        await stack.enter_async_context(answering(build_api(app.house, app.readiness), listener, tls))
        yield Server(app, facts)


async def serve(settings: Settings, *, announce: Callable[[ServerFacts], None]) -> None:
    """
    Run the server until SIGTERM or SIGINT.

    What runs may finish within `shutdown_grace_s`; a second signal cuts that short.

    Raises:
        As `serving`.
    """
    configure_logging(settings.log_format, settings.log_level)
    stop, hurry = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def hear() -> None:
        (hurry if stop.is_set() else stop).set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, hear)
    async with serving(settings) as server:
        announce(server.facts)
        await stop.wait()
        logger.info("stopping", extra={"running": server.app.dispatcher.busy})
        drain, hurried = asyncio.ensure_future(server.app.drain()), asyncio.ensure_future(hurry.wait())
        try:
            await asyncio.wait((drain, hurried), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for waiting in (drain, hurried):
                waiting.cancel()
            await asyncio.gather(drain, hurried, return_exceptions=True)


@contextlib.asynccontextmanager
async def _running(settings: Settings, clock: Clock) -> AsyncIterator[App]:
    """The application on its data folder, for as long as the block lasts; the folder is ours."""
    async with contextlib.AsyncExitStack() as stack:
        ground = await _ground(settings, clock, stack)
        house = await _house(ground, stack)
        await _take_back(ground, house)
        dispatcher = await _dispatcher(ground, house, stack)
        sweeper = _sweeper(ground, house, dispatcher)
        webhooks = await _webhooks(ground, house, stack)
        # Last: the key of a first start is told once, and only by a server that could start.
        first_key = await house.keys.ensure_first()
        _say_if_lent_key_is_none(house)
        failed = _stop_when_failed(ground.database.failed)
        tasks = [ground.watchers.run(), dispatcher.run(), sweeper.run(), webhooks.run(), failed]
        await stack.enter_async_context(_in_background(tasks))
        yield App(house, dispatcher, first_key)


def _say_if_lent_key_is_none(house: House) -> None:
    """Callers who send no key are told that theirs is unknown, which leads them nowhere; the operator can mend it."""
    if house.settings.proxy_key and house.keys.authenticate(house.settings.proxy_key) is None:
        logger.warning("proxy_key names no active key, so calls through /api/fal/proxy without a key are refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """What the house and those who work behind it stand on."""

    settings: Settings
    clock: Clock
    database: SqliteDatabase
    files: FileStore
    bus: LocalBus
    metrics: Metrics
    partials: Partials
    applications: Sequence[Application]
    catalog: Catalog
    store: RequestStore
    watchers: Watchers
    scratch: Path


async def _ground(settings: Settings, clock: Clock, stack: contextlib.AsyncExitStack) -> _Ground:
    """Open what keeps things, and read what can be called."""
    database = await stack.enter_async_context(storage.database(settings))
    files = storage.file_store(settings)
    bus = LocalBus()
    applications = load_applications(settings.applications, why_unreachable)
    store = RequestStore(database, bus, clock, boot_id=new_token(), key_concurrency=settings.key_concurrency)
    return _Ground(
        settings=settings,
        clock=clock,
        database=database,
        files=files,
        bus=bus,
        metrics=Metrics(),
        partials=Partials(),
        applications=applications,
        catalog=load_catalog(beside=[each for application in applications for each in application.endpoints]),
        store=store,
        watchers=Watchers(store, bus),
        scratch=settings.data_dir / "scratch",
    )


async def _house(ground: _Ground, stack: contextlib.AsyncExitStack) -> House:
    """What the doors lead to."""
    settings, clock, database = ground.settings, ground.clock, ground.database
    store, watchers, metrics = ground.store, ground.watchers, ground.metrics
    keys, secrets, records = Keys(database, clock, settings.key), Secrets(database, clock), FileRecords(database, clock)
    signer = Signer((await secrets.current(SECRET_NAME)).value, clock)
    permits = Permits(keys, signer)
    incoming = Incoming(settings.data_dir / "uploads")
    uploads = Uploads(
        files=ground.files,
        records=records,
        incoming=incoming,
        keys=keys,
        permits=permits,
        settings=settings,
        clock=clock,
    )
    stack.push_async_callback(uploads.close)
    service = Service(settings=settings, catalog=ground.catalog, store=store, watchers=watchers, metrics=metrics)
    return House(
        settings=settings,
        service=service,
        runs=Runs(service, store=store, watchers=watchers, partials=ground.partials, metrics=metrics),
        catalog=ground.catalog,
        keys=keys,
        signer=signer,
        permits=permits,
        uploads=uploads,
        files=ground.files,
        records=records,
        store=store,
        history=History(database, clock),
        outbox=Outbox(database, ground.bus, clock),
        webhook_keys=WebhookKeys(secrets, clock),
        metrics=metrics,
    )


async def _take_back(ground: _Ground, house: House) -> None:
    """Put in order what an earlier run was at when it ended, and learn from it how long things take."""
    store, settings = ground.store, ground.settings
    if recovered := await store.recover():
        logger.warning("requests taken back from an earlier run", extra={"count": recovered})
    await store.learn()
    store.estimates.set_runners(settings.engine, settings.runner_count)
    store.estimates.set_runners(POOL, settings.application_runners)
    await house.uploads.recover()
    await drop_leftovers(ground.scratch, store, ground.files)
    _empty(ground.scratch)


async def _dispatcher(ground: _Ground, house: House, stack: contextlib.AsyncExitStack) -> Dispatcher:
    """What takes requests to runners."""
    jobs = JobMaker(
        settings=ground.settings,
        catalog=ground.catalog,
        outbound=await stack.enter_async_context(_outbound(ground.settings)),
        own_file=partial(own_file, ground.files, house.records),
    )
    workshop = Workshop(
        settings=ground.settings,
        store=ground.store,
        bus=ground.bus,
        files=ground.files,
        jobs=jobs,
        scratch=ground.scratch,
        partials=ground.partials,
        clock=ground.clock,
        metrics=ground.metrics,
    )
    dispatcher = Dispatcher(workshop, local_runners(ground.settings, ground.applications))
    ground.metrics.runners.labels("warm").set_function(lambda: dispatcher.warm)
    ground.metrics.runners.labels("busy").set_function(lambda: dispatcher.busy)
    return dispatcher


def _sweeper(ground: _Ground, house: House, dispatcher: Dispatcher) -> Sweeper:
    """What cleans up by time."""
    return Sweeper(
        ground.store,
        ground.bus,
        ground.files,
        house.records,
        ground.settings,
        ground.clock,
        ground.metrics,
        renew=dispatcher.renew,
        sweep_uploads=house.uploads.sweep,
    )


async def _webhooks(ground: _Ground, house: House, stack: contextlib.AsyncExitStack) -> Webhooks:
    """What tells callers of ends."""
    return Webhooks(
        house.outbox,
        ground.store,
        house.webhook_keys,
        # Its own: names of receivers that never resolve must not take the threads that resolve those of inputs.
        await stack.enter_async_context(_outbound(ground.settings)),
        ground.bus,
        ground.clock,
        ground.metrics,
        timeout_s=ground.settings.webhook_timeout_s,
        tries_max=ground.settings.webhook_attempts,
        random=Random(),
    )


@contextlib.asynccontextmanager
async def _outbound(settings: Settings) -> AsyncIterator[Outbound]:
    """A client for strangers' servers."""
    outbound = Outbound(allow_private_networks=settings.allow_private_networks)
    try:
        yield outbound
    finally:
        await outbound.close()


async def _stop_when_failed(failed: asyncio.Event) -> None:
    """A database that may not keep what it is given must not be given more: end the server, loudly."""
    await failed.wait()
    raise StoreFailed("the database could not make a write durable; the server stops, its log says more")


@contextlib.asynccontextmanager
async def _in_background(tasks: Sequence[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Keep these going while the block lasts; if one of them fails, so does the block, with the same error."""
    try:
        async with asyncio.TaskGroup() as group:
            background = [group.create_task(task) for task in tasks]
            try:
                yield
            finally:
                for task in background:
                    task.cancel()
    except BaseExceptionGroup as errors:
        if len(errors.exceptions) > 1:
            raise
        raise errors.exceptions[0] from None


def _empty(folder: Path) -> None:
    """Make it an empty folder; scratch of an earlier run is of no use to anyone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # a runner of a killed server may have been writing while we removed
