"""
Every setting, one row each: name, type, default, unit, help.

Read from `mutoscope.toml`, then `MUTOSCOPE_*`, then flags; the later wins.
"""

import ipaddress
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mutoscope.errors import SettingInvalid

EXTRA_OUTPUTS = ("poster", "contact_sheet")
X264_PRESETS = ("superfast", "veryfast", "faster", "medium")
"""Slower ones would take longer than drawing the frames, for few bytes less."""


def _row(default: Any, text: str, *, unit: str = "", choices: tuple[str, ...] = (), secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "unit": unit, "choices": choices, "secret": secret})


def default_data_dir() -> Path:
    """`$XDG_DATA_HOME/mutoscope`, as the XDG Base Directory specification has it."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "mutoscope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The table. A row's type decides how its text is read; 0 switches a bound off where its help says so."""

    # --- where ---
    host: str = _row("127.0.0.1", "Address to listen on.")
    port: int = _row(8000, "Port to listen on; 0 takes a free one.")
    data_dir: Path = _row(None, "Folder of the database, files, keys and certificates.")
    public_url: str = _row("", "Base of the URLs handed out, when clients reach the server by another name.")
    database_url: str = _row("", "sqlite:///PATH; default: mutoscope.db in the data folder.")
    files_url: str = _row("", "file:///PATH; default: files in the data folder.")
    allowed_hosts: tuple[str, ...] = _row((), "Host names that URLs may carry, beside loopback and public_url.")
    queue_hosts: tuple[str, ...] = _row((), "Host names that address the queue, beside any that start with 'queue.'.")
    bare_host: str = _row(
        "auto",
        "What a POST without prefix means: auto goes by the scheme (Key runs, Bearer queues).",
        choices=("auto", "run", "gateway"),
    )
    trust_proxy: bool = _row(False, "Believe X-Forwarded-Proto and X-Forwarded-Host.")
    tls: bool = _row(False, "Serve HTTPS with a certificate of a local authority made on first use.")
    tls_cert: str = _row("", "Certificate chain in PEM; together with tls_key.")
    tls_key: str = _row("", "Private key in PEM.")

    # --- who ---
    key: str = _row("", "An extra key with full rights, given from outside.", secret=True)
    proxy_key: str = _row("", "Key that callers of /api/fal/proxy act as when they send none.", secret=True)
    key_concurrency: int = _row(0, "Requests of one key that run at once; 0 is no bound.", unit="requests")

    # --- what ---
    engine: str = _row("procedural", "What makes the frames.", choices=("procedural", "null"))
    runners: int = _row(-1, "Requests that run at once; -1 is half the cores, 0 accepts without running.")
    strict: bool = _row(False, "Refuse what the page or Kling does not allow: 5 for '5', unknown keys, webp.")
    preview_tag: bool = _row(True, "Draw 'procedural preview' into text-to-video clips of the procedural engine.")
    trajectory_origin: str = _row(
        "bottom-left",
        "Corner that the points of the motion brush are counted from.",
        choices=("bottom-left", "top-left"),
    )
    extra_outputs: tuple[str, ...] = _row(
        (), "Still pictures made beside every clip and given in its result.", choices=EXTRA_OUTPUTS
    )
    x264_preset: str = _row(
        "superfast", "How hard the procedural engine's encoder works for a smaller file.", choices=X264_PRESETS
    )
    applications: tuple[Path, ...] = _row((), "TOML files of your own applications.")
    application_runners: int = _row(1, "Calls of your own functions that run at once; 0 accepts without running.")
    null_seconds: float = _row(0.0, "How long the null engine pretends to work.", unit="s")
    null_log_lines: int = _row(0, "Log lines the null engine writes.", unit="lines")

    # --- bounds ---
    body_bytes_max: int = _row(32 * 1024 * 1024, "Largest JSON body.", unit="bytes")
    upload_bytes_max: int = _row(2 * 1024**3, "Largest uploaded file.", unit="bytes")
    upload_part_bytes_max: int = _row(100 * 1024 * 1024, "Largest part of an upload in parts.", unit="bytes")
    upload_quota_bytes: int = _row(0, "What all uploads of one account together may have; 0 is no bound.", unit="bytes")
    input_bytes_max: int = _row(64 * 1024 * 1024, "Largest input fetched from a URL.", unit="bytes")
    input_timeout_s: float = _row(20.0, "Longest fetch of one input.", unit="s")
    image_pixels_max: int = _row(64_000_000, "Largest picture taken as input.", unit="pixels")
    allow_private_networks: bool = _row(
        False, "Let inputs and webhooks reach loopback and private addresses; development only."
    )
    max_attempts: int = _row(3, "Starts of one request before it fails because its runner dies.", unit="starts")
    lease_s: float = _row(15.0, "A runner not heard of for this long loses its request.", unit="s")
    cancel_grace_s: float = _row(10.0, "A cancelled engine that has not stopped by then is killed.", unit="s")
    stall_timeout_s: float = _row(120.0, "An engine silent for this long counts as hung.", unit="s")
    run_timeout_s: float = _row(3600.0, "Longest run of one attempt.", unit="s")
    shutdown_grace_s: float = _row(20.0, "Running work may finish this long after SIGTERM, then is requeued.", unit="s")
    output_retention_days: float = _row(30.0, "Output files are kept this long; 0 is forever.", unit="days")
    upload_retention_days: float = _row(7.0, "Uploads that name no end are kept this long; 0 is forever.", unit="days")
    request_retention_days: float = _row(30.0, "Finished requests are kept this long; 0 is forever.", unit="days")
    webhook_timeout_s: float = _row(15.0, "A receiver of webhooks that has not answered by then has failed.", unit="s")
    webhook_ip_ranges: tuple[str, ...] = _row(
        (), "Address ranges that webhooks of this server come from, told by /v1/meta; like 198.51.100.0/24."
    )
    webhook_attempts: int = _row(10, "Tries to deliver one webhook; ten take about two hours.", unit="tries")

    # --- talk ---
    log_format: str = _row("text", "Shape of the server's log.", choices=("text", "json"))
    log_level: str = _row("info", "Least serious level logged.", choices=("debug", "info", "warning", "error"))

    @property
    def runner_count(self) -> int:
        """`runners` with -1 resolved: half the cores, at least one."""
        return max(1, (os.cpu_count() or 2) // 2) if self.runners < 0 else self.runners


def load_settings(
    flags: Mapping[str, Any] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    """
    Read the table from file, environment and flags.

    Args:
        flags: values by name; None means not given.
        environ: defaults to the process's own.
        config: the file; default `MUTOSCOPE_CONFIG`, else `mutoscope.toml` in the working folder if it exists.

    Raises:
        SettingInvalid: unknown name, unreadable value, or a value outside its choices.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    named = config or (Path(environ["MUTOSCOPE_CONFIG"]) if environ.get("MUTOSCOPE_CONFIG") else None)
    for name, value in _read_file(named or Path("mutoscope.toml"), required=named is not None).items():
        values[name] = _parse(name, value, f"{named or 'mutoscope.toml'}: {name}")
    for row in fields(Settings):
        variable = f"MUTOSCOPE_{row.name.upper()}"
        if environ.get(variable):
            values[row.name] = _parse(row.name, environ[variable], variable)
    for name, value in (flags or {}).items():
        if value is not None:
            values[name] = _parse(name, value, f"--{name.replace('_', '-')}")
    values.setdefault("data_dir", default_data_dir())
    settings = Settings(**values)
    _check(settings)
    return settings


def _read_file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingInvalid(f"{path} does not exist (MUTOSCOPE_CONFIG or --config)") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingInvalid(f"{path} cannot be read: {error}") from error


def _parse(name: str, value: Any, source: str) -> Any:
    rows = {row.name: row for row in fields(Settings)}
    if name not in rows:
        raise SettingInvalid(f"{source}: there is no setting {name!r}; docs/settings.md lists them all")
    try:
        read = _READERS[rows[name].type](value)
    except (TypeError, ValueError) as error:
        raise SettingInvalid(f"{source}: {value!r} is not {_NOUNS[rows[name].type]}") from error
    choices = rows[name].metadata["choices"]
    for part in (read if isinstance(read, tuple) else (read,)) if choices else ():
        if part not in choices:
            raise SettingInvalid(f"{source}: {part!r} is none of {', '.join(choices)}")
    return read


def _read_bool(value: Any) -> bool:
    text = str(value).strip().lower()
    if text in ("1", "true", "yes", "on"):
        return True
    if text in ("0", "false", "no", "off"):
        return False
    raise ValueError(value)


def _read_int(value: Any) -> int:
    """Not what `int` makes of true and of 1.5."""
    if isinstance(value, bool | float):
        raise ValueError(value)
    return int(value)


def _read_float(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(value)
    return number


def _read_path(value: Any) -> Path:
    if value == "":  # an unset variable of a script; it would mean the working folder
        raise ValueError(value)
    return Path(value).expanduser().absolute()


def _read_names(value: Any) -> tuple[str, ...]:
    parts = value.split(",") if isinstance(value, str) else value
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(value)
    return tuple(part.strip().lower() for part in parts if part.strip())


def _read_paths(value: Any) -> tuple[Path, ...]:
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not all(isinstance(part, str) for part in parts):
        raise ValueError(value)
    return tuple(_read_path(part) for part in parts if part)


_READERS: dict[Any, Any] = {
    str: str,
    int: _read_int,
    float: _read_float,
    bool: _read_bool,
    Path: _read_path,
    tuple[str, ...]: _read_names,
    tuple[Path, ...]: _read_paths,
}
_NOUNS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    tuple[str, ...]: "a list of names",
    tuple[Path, ...]: "a list of paths",
}

_POSITIVE = (
    "body_bytes_max", "upload_bytes_max", "upload_part_bytes_max",
    "input_bytes_max",
    "input_timeout_s", "image_pixels_max", "max_attempts",
    "lease_s", "cancel_grace_s", "stall_timeout_s", "run_timeout_s",
    "webhook_timeout_s", "webhook_attempts",
)  # fmt: skip
_NOT_NEGATIVE = (
    "application_runners", "key_concurrency", "null_seconds", "null_log_lines", "shutdown_grace_s",
    "output_retention_days", "upload_retention_days", "upload_quota_bytes", "request_retention_days",
)  # fmt: skip


def _check(settings: Settings) -> None:
    """Bounds of the rows, and what two rows say together."""
    for name in _POSITIVE:
        if not getattr(settings, name) > 0:
            raise SettingInvalid(f"{name} is {getattr(settings, name)}; it must be above 0")
    for name in _NOT_NEGATIVE:
        if not getattr(settings, name) >= 0:
            raise SettingInvalid(f"{name} is {getattr(settings, name)}; it must be 0 or more")
    if not 0 <= settings.port <= 65535:
        raise SettingInvalid(f"port is {settings.port}; it must be 0 to 65535")
    if settings.runners < -1:
        raise SettingInvalid(f"runners is {settings.runners}; it must be -1 or more")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingInvalid("tls_cert and tls_key belong together; give both or neither")
    if settings.public_url and not is_base_url(settings.public_url):
        raise SettingInvalid(
            f"public_url is {settings.public_url!r}; it must read like https://video.example.org, "
            "perhaps with a port and a path"
        )
    for name, scheme in (("database_url", "sqlite:///"), ("files_url", "file:///")):
        value = getattr(settings, name)
        if value and not value.startswith(scheme):
            raise SettingInvalid(f"{name} is {value!r}; this version takes {scheme}PATH")
    _check_ip_ranges(settings.webhook_ip_ranges)


def _check_ip_ranges(texts: tuple[str, ...]) -> None:
    for text in texts:
        try:
            ipaddress.ip_network(text)
        except ValueError as error:
            wanted = "it must be a range like 198.51.100.0/24"
            raise SettingInvalid(f"webhook_ip_ranges has {text!r}; {wanted}") from error


def is_base_url(text: str) -> bool:
    """Whether paths can be appended to `text` and the whole be fetched."""
    try:
        parts = urlsplit(text)
        has_place = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    is_plain = text.isprintable() and not any(char in text for char in ' "<>?#@')
    return has_place and is_plain and parts.scheme in ("http", "https")
