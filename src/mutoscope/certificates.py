"""
A local certificate authority and the server certificate it signs, for HTTPS on one machine or in one network.

    tls/ca.pem        the authority, ten years; what a browser or NODE_EXTRA_CA_CERTS is told to trust
    tls/ca-key.pem    its key, 0600
    tls/server.pem    the server's certificate
    tls/server-key.pem
    tls/bundle.pem    the public authorities and ours; SSL_CERT_FILE replaces the whole list, so both must be in it

The authority may sign only for the names it was made for and for loopback and private addresses (name constraints):
whoever steals its key cannot pass for a public site in front of those who trust it.
"""

import contextlib
import fcntl
import ipaddress
import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mutoscope.clock import Clock, SystemClock
from mutoscope.ids import new_token

_CA_DAYS: Final = 3650
_SERVER_DAYS: Final = 397
"""Browsers refuse longer ones from public authorities; ours keeps the same measure."""
_RENEW_DAYS: Final = 30
_SKEW: Final = timedelta(days=1)
"""Valid from yesterday: another machine's clock may be behind."""

_DNS_NAME: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_ALWAYS: Final = ("localhost", "127.0.0.1", "::1")
_NETWORKS: Final = (
    "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
    "::1/128", "fc00::/7", "fe80::/10",
)  # fmt: skip
"""Addresses the authority may sign for, beside those it was made for."""

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """Where the files lie."""

    cert_file: Path
    """Certificate of the server, PEM."""
    key_file: Path
    ca_file: Path
    """The authority alone: for programs that add it to their list."""
    ca_bundle: Path
    """The authority and the public ones: for programs that replace their list."""


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def server_certificate(folder: Path, hosts: Sequence[str] = (), clock: Clock | None = None) -> ServerCertificate:
    """
    A certificate for loopback, this machine's name and `hosts`, made or renewed only when needed.

    Args:
        folder: made if absent; keys in it are readable by their owner only.
        hosts: more names or addresses; wildcard addresses and what is no host name are left out.

    Processes that ask at the same time wait for each other.
    """
    now = datetime.fromtimestamp((clock or SystemClock()).now(), UTC)
    names, addresses = _subjects(hosts)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    files = certificate_files(folder)
    ca_key_file = folder / "ca-key.pem"
    with _locked(folder / "lock"):
        authority = _load(files.ca_file, ca_key_file)
        if authority is None or _is_stale(authority, now) or not _may_sign(authority, names, addresses):
            authority = _make_authority(names, addresses, now)
            _save(authority, files.ca_file, ca_key_file)
        server = _load(files.cert_file, files.key_file)
        if server is None or _is_stale(server, now) or not _is_good(server, authority, names, addresses):
            _save(_make_server(authority, names, addresses, now), files.cert_file, files.key_file)
        _write(files.ca_bundle, Path(certifi.where()).read_bytes() + b"\n" + files.ca_file.read_bytes(), 0o644)
    return files


def certificate_files(folder: Path) -> ServerCertificate:
    """Where `server_certificate` puts its files, whether or not they are there."""
    return ServerCertificate(folder / "server.pem", folder / "server-key.pem", folder / "ca.pem", folder / "bundle.pem")


def _subjects(hosts: Sequence[str]) -> tuple[list[str], list[_Address]]:
    """Names and addresses to certify, each once, in a fixed order."""
    names: set[str] = set()
    addresses: set[_Address] = set()
    for host in (*_ALWAYS, socket.gethostname(), *hosts):
        text = host.strip().strip("[]").rstrip(".").lower()
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            if _DNS_NAME.fullmatch(text):
                names.add(text)
        else:
            if not address.is_unspecified:
                addresses.add(address)
    return sorted(names), sorted(addresses, key=lambda address: (address.version, int(address)))


# --- making -------------------------------------------------------------------


def _make_authority(names: Sequence[str], addresses: Sequence[_Address], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mutoscope"),
            # Two authorities of one name and different keys would be mistaken for each other.
            x509.NameAttribute(NameOID.COMMON_NAME, f"Mutoscope local authority {new_token()[:8]}"),
        ]
    )
    networks = [ipaddress.ip_network(text) for text in _NETWORKS]
    single = [ipaddress.ip_network(address) for address in addresses if not _is_private(address)]
    permitted = [*map(x509.DNSName, names), *map(x509.IPAddress, (*networks, *single))]
    certificate = (
        _draft(subject, subject, key, now, _CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted_subtrees=permitted, excluded_subtrees=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _make_server(authority: _Pair, names: Sequence[str], addresses: Sequence[_Address], now: datetime) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Mutoscope server")])
    alternative = [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
    identifier = authority.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    certificate = (
        _draft(subject, authority.certificate.subject, key, now, _SERVER_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .add_extension(x509.SubjectAlternativeName(alternative), critical=False)
        .sign(authority.key, hashes.SHA256())
    )
    return _Pair(certificate, key)


def _draft(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- judging what is there ------------------------------------------------------


def _is_stale(pair: _Pair, now: datetime) -> bool:
    certificate = pair.certificate
    return not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc - timedelta(days=_RENEW_DAYS)


def _may_sign(authority: _Pair, names: Sequence[str], addresses: Sequence[_Address]) -> bool:
    """Whether the authority's name constraints cover all of these."""
    constraints = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or []
    dns = {entry.value for entry in permitted if isinstance(entry, x509.DNSName)}
    networks = [
        entry.value for entry in permitted if isinstance(entry.value, ipaddress.IPv4Network | ipaddress.IPv6Network)
    ]
    return dns.issuperset(names) and all(any(address in network for network in networks) for address in addresses)


def _is_good(server: _Pair, authority: _Pair, names: Sequence[str], addresses: Sequence[_Address]) -> bool:
    """Whether the server's certificate is signed by this authority and has exactly these subjects."""
    alternative = server.certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    said = {*alternative.get_values_for_type(x509.DNSName), *alternative.get_values_for_type(x509.IPAddress)}
    return server.certificate.issuer == authority.certificate.subject and said == {*names, *addresses}


def _is_private(address: _Address) -> bool:
    return any(address in ipaddress.ip_network(text) for text in _NETWORKS)


# --- files ----------------------------------------------------------------------


def _load(cert_file: Path, key_file: Path) -> _Pair | None:
    """The pair in these files; None when one is missing, unreadable, or not the other's."""
    try:
        certificate = x509.load_pem_x509_certificate(cert_file.read_bytes())
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return _Pair(certificate, key)


def _save(pair: _Pair, cert_file: Path, key_file: Path) -> None:
    """Write both files, the key first; a stop between them leaves a pair that `_load` refuses."""
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(key_file, key, 0o600)
    _write(cert_file, pair.certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace `path` in one step, unless it holds `data` already."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == data:
            return
    temporary = path.with_name(f".{path.name}.{new_token()[:8]}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
