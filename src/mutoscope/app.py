"""
The composition root: the one place that knows every room and joins them.

`serving` puts an application together, keeps its background tasks alive, answers HTTP, and takes it apart again;
`serve` does so until a signal comes.
"""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from mutoscope import __version__, storage
from mutoscope.accounts.keys import Keys
from mutoscope.accounts.secrets import Secrets
from mutoscope.accounts.signer import SECRET_NAME, Signer
from mutoscope.accounts.webhook_keys import WebhookKeys
from mutoscope.api.asgi import build_api
from mutoscope.api.control import build_control
from mutoscope.api.protocol import HttpProtocol
from mutoscope.api.routes import why_unreachable
from mutoscope.attempt import Workshop
from mutoscope.catalog.application import POOL, Application, load_applications
from mutoscope.catalog.load import load_catalog
from mutoscope.certificates import ServerCertificate, server_certificate
from mutoscope.clock import Clock, SystemClock
from mutoscope.deposit import drop_leftovers
from mutoscope.dispatch import Dispatcher
from mutoscope.errors import SettingInvalid, StoreFailed
from mutoscope.files.access import own_file
from mutoscope.files.incoming import Incoming
from mutoscope.files.records import FileRecords
from mutoscope.ids import new_token
from mutoscope.outbound import Outbound
from mutoscope.queue.bus import LocalBus
from mutoscope.queue.history import History
from mutoscope.queue.outbox import Outbox
from mutoscope.queue.partials import Partials
from mutoscope.queue.store import RequestStore
from mutoscope.queue.watch import Watchers
from mutoscope.runners.local import LocalRunner, Patience
from mutoscope.service import Service
from mutoscope.settings import Settings
from mutoscope.sweeper import Sweeper
from mutoscope.telemetry import Metrics, configure_logging
from mutoscope.uploads import Uploads
from mutoscope.webhooks import Webhooks

logger = logging.getLogger(__name__)

_HANG_UP_S = 3
"""Open streams get this long to end once the server stops."""
_APPLICATION_ENGINE = "mutoscope.engines.application:ApplicationEngine"
_SOCKET_PATH_BYTES_MAX = 100
"""Unix socket addresses end at 104 bytes on macOS and at 108 on Linux."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a running server tells its operator and the commands beside it."""

    url: str
    pid: int
    version: str
    engine: str
    runners: int
    data_dir: str
    ca_file: str | None
    """Certificate authority of --tls, in PEM."""
    ca_bundle: str | None
    """The same together with the public authorities."""
    first_key: str | None
    """The key made at the very first start; never told again."""


@dataclass(frozen=True, slots=True)
class App:
    """An application at work, without HTTP."""

    settings: Settings
    service: Service
    dispatcher: Dispatcher
    first_key: str | None

    async def drain(self) -> None:
        """Take no more requests and give what runs `shutdown_grace_s` to finish."""
        self.service.stop_accepting()
        await self.dispatcher.drain(self.settings.shutdown_grace_s)


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
        listener = stack.enter_context(_listen(settings.host, settings.port))
        control = stack.enter_context(_listen_control(folder / "control.sock"))
        certificate = _certificate(settings)
        tls = _tls(settings, certificate)
        app = await stack.enter_async_context(_running(settings, SystemClock()))
        facts = _facts(settings, app, listener.getsockname()[1], certificate)
        await stack.enter_async_context(_http(build_control(app.service, lambda: _told_again(facts)), control, {}))
        api = build_api(app.service, settings, lambda: _readiness(app))
        await stack.enter_async_context(_http(api, listener, tls))
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
        database = await stack.enter_async_context(storage.database(settings))
        files = storage.file_store(settings)
        outbound = await stack.enter_async_context(_outbound(settings))
        bus, metrics, partials = LocalBus(), Metrics(), Partials()
        applications = load_applications(settings.applications, why_unreachable)
        catalog = load_catalog(beside=[each for application in applications for each in application.endpoints])
        keys = Keys(database, clock, settings.key)
        store = RequestStore(database, bus, clock, boot_id=new_token(), key_concurrency=settings.key_concurrency)
        history = History(database, clock)
        secrets, outbox = Secrets(database, clock), Outbox(database, bus, clock)
        webhook_keys = WebhookKeys(secrets, clock)
        await _recover(store)
        await store.learn()
        store.estimates.set_runners(settings.engine, settings.runner_count)
        store.estimates.set_runners(POOL, settings.application_runners)
        signer = Signer((await secrets.current(SECRET_NAME)).value, clock)
        records = FileRecords(database, clock)
        uploads = Uploads(
            files=files,
            records=records,
            incoming=Incoming(settings.data_dir / "uploads"),
            keys=keys,
            signer=signer,
            settings=settings,
            clock=clock,
        )
        stack.push_async_callback(uploads.close)
        await uploads.recover()
        scratch = settings.data_dir / "scratch"
        await drop_leftovers(scratch, store, files)
        watchers = Watchers(store, bus)
        dispatcher = Dispatcher(
            Workshop(
                settings=settings,
                catalog=catalog,
                store=store,
                bus=bus,
                files=files,
                outbound=outbound,
                scratch=_empty(scratch),
                partials=partials,
                clock=clock,
                metrics=metrics,
                own_file=partial(own_file, files, records),
            ),
            _runners(settings, applications),
        )
        metrics.runners.labels("warm").set_function(lambda: dispatcher.warm)
        metrics.runners.labels("busy").set_function(lambda: dispatcher.busy)
        service = Service(
            settings=settings,
            catalog=catalog,
            keys=keys,
            files=files,
            records=records,
            uploads=uploads,
            store=store,
            history=history,
            partials=partials,
            watchers=watchers,
            metrics=metrics,
            signer=signer,
            outbox=outbox,
            webhook_keys=webhook_keys,
        )
        first_key = await keys.ensure_first()
        sweeper = Sweeper(
            store, bus, files, records, settings, clock, metrics, renew=dispatcher.renew, sweep_uploads=uploads.sweep
        )
        webhooks = Webhooks(
            outbox,
            store,
            webhook_keys,
            # Its own: names of receivers that never resolve must not take the threads that resolve those of inputs.
            await stack.enter_async_context(_outbound(settings)),
            bus,
            clock,
            metrics,
            timeout_s=settings.webhook_timeout_s,
            tries_max=settings.webhook_attempts,
            random=Random(),
        )
        tasks = [watchers.run(), dispatcher.run(), sweeper.run(), webhooks.run(), _stop_when_failed(database.failed)]
        await stack.enter_async_context(_in_background(tasks))
        yield App(settings, service, dispatcher, first_key)


@contextlib.asynccontextmanager
async def _outbound(settings: Settings) -> AsyncIterator[Outbound]:
    """A client for strangers' servers."""
    outbound = Outbound(allow_private_networks=settings.allow_private_networks)
    try:
        yield outbound
    finally:
        await outbound.close()


async def _recover(store: RequestStore) -> None:
    """Take back what an earlier run was at when it ended."""
    recovered = await store.recover()
    if recovered:
        logger.warning("requests taken back from an earlier run", extra={"count": recovered})


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


class _HttpServer(uvicorn.Server):
    """uvicorn that leaves the signals alone: stopping begins with the work, not with the sockets."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _http(api: Any, listener: socket.socket, tls: Mapping[str, str]) -> AsyncIterator[None]:
    """Serve `api` on a bound socket while the block lasts."""
    config = uvicorn.Config(
        api,
        http=HttpProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=_HANG_UP_S,
        **tls,  # type: ignore[arg-type]
    )
    server = _HttpServer(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn sets a flag and no event
            await asyncio.sleep(0.005)
        if not server.started:
            await serving  # raises what kept it from starting
        yield
    finally:
        server.should_exit = True
        await serving


def _listen(host: str, port: int) -> socket.socket:
    """A bound socket; bound before anything is announced, so that port 0 has its number."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named: asyncio switches Nagle's delay off only then, and it costs every answer 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingInvalid(f"cannot listen on {host} port {port}: {error.strerror}; choose another --port") from error
    return listener


def _listen_control(path: Path) -> socket.socket:
    """The socket for commands beside the server; only its owner may talk to it."""
    if len(os.fsencode(path)) > _SOCKET_PATH_BYTES_MAX:
        raise SettingInvalid(f"data_dir is too long for a socket in it ({path}, over {_SOCKET_PATH_BYTES_MAX} bytes)")
    path.unlink(missing_ok=True)  # left by a killed server; the folder's lock is ours
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(os.fspath(path))
    path.chmod(0o600)  # nobody can have connected before: the folder itself is 0700 and nobody listens yet
    return listener


def _certificate(settings: Settings) -> ServerCertificate | None:
    """The certificate of the local authority, where that is what --tls means."""
    if not settings.tls or settings.tls_cert:
        return None
    public = urlsplit(settings.public_url).hostname
    hosts = [settings.host, *settings.allowed_hosts, *settings.queue_hosts, *([public] if public else [])]
    return server_certificate(settings.data_dir / "tls", hosts)


def _tls(settings: Settings, certificate: ServerCertificate | None) -> dict[str, str]:
    """uvicorn's TLS parameters; empty for plain HTTP."""
    if certificate is not None:
        return {"ssl_certfile": str(certificate.cert_file), "ssl_keyfile": str(certificate.key_file)}
    if settings.tls_cert:
        _check_certificate(settings)
        return {"ssl_certfile": settings.tls_cert, "ssl_keyfile": settings.tls_key}
    return {}


def _check_certificate(settings: Settings) -> None:
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=_refuse_passphrase)
    except (OSError, ssl.SSLError) as error:  # a missing file, or what is in it
        files = f"tls_cert {settings.tls_cert} and tls_key {settings.tls_key}"
        raise SettingInvalid(f"{files} cannot be used: {error.strerror or error}") from error


def _refuse_passphrase() -> str:
    """Instead of OpenSSL's question on the terminal, which nobody answers when a service starts."""
    raise SettingInvalid("tls_key is encrypted; give a key without a passphrase that only its owner can read")


def _facts(settings: Settings, app: App, port: int, certificate: ServerCertificate | None) -> ServerFacts:
    scheme = "https" if settings.tls or settings.tls_cert else "http"
    wildcard = settings.host in ("0.0.0.0", "::")
    name = "localhost" if wildcard else f"[{settings.host}]" if ":" in settings.host else settings.host
    return ServerFacts(
        url=settings.public_url.rstrip("/") or f"{scheme}://{name}:{port}",
        pid=os.getpid(),
        version=__version__,
        engine=settings.engine,
        runners=settings.runner_count,
        data_dir=str(settings.data_dir),
        ca_file=str(certificate.ca_file) if certificate else None,
        ca_bundle=str(certificate.ca_bundle) if certificate else None,
        first_key=app.first_key,
    )


def _told_again(facts: ServerFacts) -> dict[str, Any]:
    """The facts without the secret of the first start."""
    return {**asdict(facts), "first_key": None}


def _readiness(app: App) -> dict[str, Any]:
    """Ready is: a submit would be taken. Runners may still be warming up; what waits for them is safe."""
    return {
        "ready": app.service.is_accepting,
        "version": __version__,
        "engine": app.settings.engine,
        "runners": {
            "configured": len(app.dispatcher.runners),
            "warm": app.dispatcher.warm,
            "busy": app.dispatcher.busy,
        },
    }


def _runners(settings: Settings, applications: Sequence[Application]) -> dict[str, list[LocalRunner]]:
    """By the pool they are for; no process for functions where there are none."""
    patience = Patience(
        stall_s=settings.stall_timeout_s, run_s=settings.run_timeout_s, cancel_grace_s=settings.cancel_grace_s
    )
    options = _engine_options(settings)
    own = {
        "functions": {name: where for each in applications for name, where in each.functions.items()},
        "folders": sorted({str(each.folder) for each in applications if each.folder is not None}),
    }
    return {
        settings.engine: [
            LocalRunner(f"local-{number}", settings.engine, options, patience)
            for number in range(1, settings.runner_count + 1)
        ],
        POOL: [
            LocalRunner(f"applications-{number}", _APPLICATION_ENGINE, own, patience)
            for number in range(1, settings.application_runners + 1)
            if applications
        ],
    }


def _engine_options(settings: Settings) -> dict[str, Any]:
    """The settings an engine takes, as keywords of its factory."""
    if settings.engine == "null":
        return {
            "seconds": settings.null_seconds,
            "log_lines": settings.null_log_lines,
            "extra_outputs": settings.extra_outputs,
        }
    return {
        "preview_tag": settings.preview_tag,
        "image_pixels_max": settings.image_pixels_max,
        "extra_outputs": settings.extra_outputs,
        "x264_preset": settings.x264_preset,
    }


def _empty(folder: Path) -> Path:
    """An empty folder; scratch of an earlier run is of no use to anyone."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # a runner of a killed server may have been writing while we removed
    return folder
