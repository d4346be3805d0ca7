"""`mutoscope generate`: one clip from a prompt and perhaps a picture."""

import asyncio
import base64
import contextlib
import json
import os
import re
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from mutoscope.app import serving
from mutoscope.certificates import certificate_files
from mutoscope.cli.calls import Calls
from mutoscope.cli.options import ConfigOption, DataDirOption, JsonOption, application
from mutoscope.errors import DataFolderInUse, SettingInvalid
from mutoscope.media.sniff import HEAD_BYTES, SUPPORTED_FORMATS, sniff_image
from mutoscope.settings import Settings, is_base_url, load_settings
from mutoscope.telemetry import configure_logging

_TEXT_TO_VIDEO: Final = "fal-ai/kling-video/v2.5-turbo/pro/text-to-video"
_IMAGE_TO_VIDEO: Final = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
_TWO_IMAGES_TO_VIDEO: Final = "fal-ai/kling-video/v2.5-turbo/pro/image-to-video"
"""The standard one takes no last frame."""

_PERCENT: Final = re.compile(r": (\d{1,3}) %$")

app = application("Make one clip from a prompt.")


@dataclass(frozen=True, slots=True)
class Door:
    """The server to ask, and with what."""

    url: str
    key: str
    ca_file: Path | None = None


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What is to be seen.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where the MP4 goes.")] = Path(
        "out.mp4"
    ),
    image: Annotated[str | None, typer.Option("--image", metavar="FILE|URL", help="The first frame.")] = None,
    last_image: Annotated[str | None, typer.Option("--last-image", metavar="FILE|URL", help="The last frame.")] = None,
    duration: Annotated[str | None, typer.Option("--duration", help="Seconds: 5 or 10, other endpoints more.")] = None,
    aspect_ratio: Annotated[str | None, typer.Option("--aspect-ratio", help="16:9, 9:16 or 1:1; text only.")] = None,
    negative_prompt: Annotated[str | None, typer.Option("--negative-prompt", help="What is not to be seen.")] = None,
    cfg_scale: Annotated[float | None, typer.Option("--cfg-scale", help="0 (free) to 1 (strict).")] = None,
    endpoint: Annotated[str | None, typer.Option("--endpoint", help="Endpoint id; default by the pictures.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="The same seed gives the same clip.")] = None,
    as_json: JsonOption = False,
    data_dir: DataDirOption = None,
    config: ConfigOption = None,
) -> None:
    """
    Make one clip. Ctrl-C cancels it.

    Asks the server that MUTOSCOPE_URL names, with MUTOSCOPE_KEY or FAL_KEY; without one, a server runs in this process
    for as long as it takes.
    """
    _check_output(output)
    if endpoint is None:
        endpoint = _TWO_IMAGES_TO_VIDEO if last_image else _IMAGE_TO_VIDEO if image else _TEXT_TO_VIDEO
    arguments = {
        "prompt": prompt,
        "image_url": image and picture_url(image),
        "tail_image_url": last_image and picture_url(last_image),
        "duration": duration,
        "aspect_ratio": aspect_ratio,
        "negative_prompt": negative_prompt,
        "cfg_scale": cfg_scale,
        "seed": seed,
    }
    given = {name: value for name, value in arguments.items() if value is not None}
    settings = load_settings({"data_dir": data_dir}, config=config)
    console = Console(stderr=True)
    started = time.monotonic()
    result = uvloop.run(_make(settings, endpoint, given, output, console))
    if as_json:
        print(json.dumps({**result, "path": str(output.absolute())}))
    else:
        print(summary(result["video"], output, time.monotonic() - started))


def picture_url(text: str) -> str:
    """
    A URL as it is; a file as a data URI.

    Raises:
        SettingInvalid: no such file, or not a picture.
    """
    if text.startswith(("http://", "https://", "data:")):
        return text
    try:
        data = Path(text).read_bytes()
    except OSError as error:
        raise SettingInvalid(f"{text} cannot be read: {error.strerror}") from error
    kind = sniff_image(data[:HEAD_BYTES])
    if kind is None:
        raise SettingInvalid(f"{text} is not a picture; take one of {', '.join(SUPPORTED_FORMATS)}")
    return f"data:image/{'jpeg' if kind == 'jpg' else kind};base64,{base64.b64encode(data).decode()}"


def summary(video: dict[str, Any], output: Path, seconds: float) -> str:
    """One line about the clip; what a server leaves out of its answer is left out here."""
    size = video.get("file_size")
    facts = [str(output), "" if not size else f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.1f} kB"]
    if video.get("width"):
        facts.append(f"{video['width']}×{video['height']}")
    if video.get("duration"):
        facts.append(f"{video['duration']:.2f} s")
    return " · ".join(fact for fact in (*facts, f"made in {seconds:.1f} s") if fact)


async def _make(
    settings: Settings, endpoint: str, arguments: dict[str, Any], output: Path, console: Console
) -> dict[str, Any]:
    """From arguments to a file; cancelled itself, it cancels the request."""
    async with _door(settings, console) as door, Calls(door.url, door.key, door.ca_file) as calls:
        envelope = await calls.submit(endpoint, arguments)
        try:
            with _progress(console) as show:
                async for status in calls.follow(envelope):
                    show(status)
        except asyncio.CancelledError:
            console.print("cancelling …")
            await calls.cancel(envelope)
            raise
        result = await calls.result(envelope)
        await calls.download(result["video"]["url"], output)
        return result


@contextlib.asynccontextmanager
async def _door(settings: Settings, console: Console) -> AsyncIterator[Door]:
    """The server of MUTOSCOPE_URL, or one of our own on a free port of loopback."""
    url = os.environ.get("MUTOSCOPE_URL")
    if url:
        if not is_base_url(url):
            raise SettingInvalid(f"MUTOSCOPE_URL is {url!r}; it reads like https://127.0.0.1:8000")
        key = settings.key or os.environ.get("FAL_KEY")
        if not key:
            raise SettingInvalid("MUTOSCOPE_URL is set and no key is: set MUTOSCOPE_KEY to a key of that server")
        ca_file = certificate_files(settings.data_dir / "tls").ca_file
        yield Door(url, key, ca_file if ca_file.exists() else None)
        return
    configure_logging(settings.log_format, "error")
    key = secrets.token_urlsafe(24)
    async with contextlib.AsyncExitStack() as stack:
        try:
            server = await stack.enter_async_context(serving(_own(settings, key, settings.data_dir)))
        except DataFolderInUse:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="mutoscope-"))
            server = await stack.enter_async_context(serving(_own(settings, key, Path(folder))))
        yield Door(server.facts.url, key)


def _own(settings: Settings, key: str, data_dir: Path) -> Settings:
    """The same settings for a server that only this process talks to."""
    return replace(
        settings,
        host="127.0.0.1", port=0, public_url="", tls=False, tls_cert="", tls_key="", bare_host="auto",
        key=key, data_dir=data_dir, runners=1,
    )  # fmt: skip


@contextlib.contextmanager
def _progress(console: Console) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What to call with every status: a bar on a terminal, else a line for each thing that is new."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield _Bar(bar)


class _Lines:
    """Statuses as plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""

    def __call__(self, status: dict[str, Any]) -> None:
        state = _state(status)
        if state != self._last:
            self._console.print(state, markup=False, highlight=False, soft_wrap=True)
            self._last = state
        for log in status.get("logs") or []:
            self._console.print(f"  {log['message']}", markup=False, highlight=False, soft_wrap=True)


class _Bar:
    """Statuses as a bar; it pulses until a log line says how far the work is."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("submitted", total=None)

    def __call__(self, status: dict[str, Any]) -> None:
        self._bar.update(self._task, description=_state(status))
        for log in status.get("logs") or []:
            said = _PERCENT.search(log["message"])
            if said:
                self._bar.update(self._task, total=100, completed=int(said[1]))
            else:
                self._bar.console.print(f"  {log['message']}", markup=False, highlight=False, soft_wrap=True)


def _state(status: dict[str, Any]) -> str:
    if status["status"] == "IN_QUEUE":
        return f"waiting, {status.get('queue_position', 0)} ahead"
    if status["status"] == "IN_PROGRESS":
        return "running"
    return "failed" if status.get("error") else "done"


def _check_output(output: Path) -> None:
    if output.is_dir() or not output.absolute().parent.is_dir():
        raise SettingInvalid(
            f"{output} cannot be written: " + ("it is a folder" if output.is_dir() else "no such folder")
        )
