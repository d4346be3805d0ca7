"""`mutoscope doctor`: what this machine can do, and what is wrong with it."""

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import socket
import sqlite3
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import typer

from mutoscope import __version__
from mutoscope.api.routes import why_unreachable
from mutoscope.catalog.application import load_applications
from mutoscope.cli.control import ask_server
from mutoscope.cli.options import ConfigOption, DataDirOption, JsonOption, application
from mutoscope.errors import CatalogInvalid, ServerUnreachable
from mutoscope.settings import Settings, load_settings

_FREE_BYTES_MIN: Final = 1_000_000_000
_LIBRARIES: Final = ("starlette", "uvicorn", "aiohttp", "av", "opencv-python-headless", "numpy", "pillow")
_EXTRAS: Final = {"fal_client": "pip install 'mutoscope[demo]'"}
"""Optional modules and the command that adds each."""

app = application("Say what this machine can do and what is wrong with it.")


class Finding(NamedTuple):
    """One line of the report."""

    name: str
    said: str
    is_problem: bool = False
    """Whether a server would not start or not work."""


@app.command()
def doctor(as_json: JsonOption = False, data_dir: DataDirOption = None, config: ConfigOption = None) -> None:
    """Say what this machine can do and what is wrong with it. Exit code 1 when a server would not work."""
    settings = load_settings({"data_dir": data_dir}, config=config)
    findings = list(examine(settings))
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings]))
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            print(f"{'✗' if finding.is_problem else '✓'} {finding.name:<{width}}  {finding.said}")
    if any(finding.is_problem for finding in findings):
        raise typer.Exit(1)


def examine(settings: Settings) -> Iterator[Finding]:
    """Everything worth knowing, in reading order."""
    yield Finding("mutoscope", f"{__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}")
    yield Finding("libraries", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES), _is_missing(*_LIBRARIES))
    yield Finding("sqlite, openssl", f"{sqlite3.sqlite_version}, {ssl.OPENSSL_VERSION}")
    yield Finding("engine", f"{settings.engine}, {settings.runner_count} at once on {os.cpu_count()} cores")
    yield _applications(settings)
    yield _folder(settings.data_dir)
    yield _disk(settings.data_dir)
    is_running = True
    try:
        facts = ask_server(settings.data_dir, "GET", "/server")
        is_running = facts is not None
        yield Finding("server", f"runs at {facts['url']}" if facts else "none runs on this data folder")
    except ServerUnreachable as error:
        yield Finding("server", str(error), is_problem=True)
    yield _port(settings, is_running=is_running)
    for module, command in _EXTRAS.items():
        found = importlib.util.find_spec(module) is not None
        yield Finding(module, "installed" if found else f"not installed (optional); add it with: {command}")


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return "MISSING"


def _is_missing(*distributions: str) -> bool:
    return any(_version(name) == "MISSING" for name in distributions)


def _applications(settings: Settings) -> Finding:
    """Their files are read, their functions are not: those are looked for by the runner."""
    try:
        found = load_applications(settings.applications, why_unreachable)
    except CatalogInvalid as error:
        return Finding("applications", str(error), is_problem=True)
    ids = [endpoint.id for each in found for endpoint in each.endpoints]
    return Finding("applications", ", ".join(ids) or "none (setting applications)")


def _folder(folder: Path) -> Finding:
    there = _existing(folder)
    if not os.access(there, os.W_OK | os.X_OK):
        return Finding("data folder", f"{folder} cannot be written; choose another with --data-dir", is_problem=True)
    return Finding("data folder", f"{folder}{'' if there == folder else ' (made at the first start)'}")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(_existing(folder)).free
    return Finding("free disk", f"{free / 1e9:.1f} GB", is_problem=free < _FREE_BYTES_MIN)


def _port(settings: Settings, *, is_running: bool) -> Finding:
    """Whether a server could listen where the settings say; beside a running one that is not asked."""
    place = f"{settings.host} port {settings.port}"
    if is_running or settings.port == 0:
        return Finding("port", place)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            return Finding("port", f"{place}: {error.strerror}; choose another with --port", is_problem=True)
    return Finding("port", f"{place} is free")


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.is_dir())
