"""Point the official Python client at a server without TLS; importable by programs that use it."""

import importlib
from urllib.parse import urlsplit

from mutoscope.errors import ExtraMissing, SettingInvalid


def use(url: str) -> None:
    """
    Send everything that `fal_client` does in this process, uploads included, to the server at `url`.

    Call it once, before the first client is used:

        import fal_client
        import mutoscope.clients

        mutoscope.clients.use("http://127.0.0.1:8000")

    The client's own environment variables cannot do this: they assume HTTPS, and uploads would still send the key to
    the platform's own hosts. Works with fal-client 0.5.9 to 1.0.3, whose addresses are four attributes of one module
    (five with realtime, which would leak the key as well).

    Args:
        url: `http://host:port` or `https://host:port`, perhaps with a path in front of the server.

    Raises:
        SettingInvalid: `url` is not such an address.
        ExtraMissing: `fal_client` is not installed, or is a version with other attributes.
    """
    base = url.rstrip("/")
    if not _is_address(base):
        raise SettingInvalid(f"{url!r} is not the address of a server; it reads like http://127.0.0.1:8000")
    try:
        client = importlib.import_module("fal_client.client")
    except ImportError as error:
        raise ExtraMissing("fal_client is not installed; add it with: pip install fal-client") from error
    addresses = {
        "RUN_URL_FORMAT": f"{base}/run/",
        "QUEUE_URL_FORMAT": f"{base}/queue/",
        "REST_URL": f"{base}/rest",
        "CDN_URL": f"{base}/cdn",
    }
    missing = [name for name in addresses if not hasattr(client, name)]
    if missing:
        raise ExtraMissing(
            f"this fal_client has no {', '.join(missing)} in fal_client.client; "
            "use a version from 0.5.9 to 1.0.3: pip install 'fal-client==1.0.3'"
        )
    addresses["REALTIME_URL_FORMAT"] = f"{base.replace('http', 'ws', 1)}/run/"
    for name, value in addresses.items():
        setattr(client, name, value)


def _is_address(base: str) -> bool:
    """Whether paths can be appended to `base` and the whole be called."""
    try:
        parts = urlsplit(base)
    except ValueError:  # `http://[::1`
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.query and not parts.fragment
