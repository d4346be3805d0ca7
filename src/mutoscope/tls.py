"""Which certificate the settings mean: the operator's own, one of the local authority, or none."""

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

from mutoscope.certificates import server_certificate
from mutoscope.errors import SettingInvalid
from mutoscope.settings import Settings


@dataclass(frozen=True, slots=True)
class Tls:
    """What a server proves its name with, and what a client of it trusts; all PEM files."""

    cert_file: str
    key_file: str
    ca_file: str | None = None
    """The local authority; None for an operator's own certificate."""
    ca_bundle: str | None = None
    """The same together with the public authorities."""


def tls_of(settings: Settings) -> Tls | None:
    """
    The certificate to serve with, made where it is the local authority's; None for plain HTTP.

    Raises:
        SettingInvalid: the operator's cannot be used.
    """
    if settings.tls_cert:
        _check(settings)
        return Tls(settings.tls_cert, settings.tls_key)
    if not settings.tls:
        return None
    public = urlsplit(settings.public_url).hostname
    hosts = [settings.host, *settings.allowed_hosts, *settings.queue_hosts, *([public] if public else [])]
    made = server_certificate(settings.data_dir / "tls", hosts)
    return Tls(str(made.cert_file), str(made.key_file), str(made.ca_file), str(made.ca_bundle))


def _check(settings: Settings) -> None:
    try:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password=_refuse_passphrase)
    except (OSError, ssl.SSLError) as error:  # a missing file, or what is in it
        files = f"tls_cert {settings.tls_cert} and tls_key {settings.tls_key}"
        raise SettingInvalid(f"{files} cannot be used: {error.strerror or error}") from error


def _refuse_passphrase() -> str:
    """Instead of OpenSSL's question on the terminal, which nobody answers when a service starts."""
    raise SettingInvalid("tls_key is encrypted; give a key without a passphrase that only its owner can read")
