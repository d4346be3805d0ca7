"""The local authority: what it signs is trusted by strict clients, and only where it should be."""

import asyncio
import ipaddress
import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from mutoscope.certificates import ServerCertificate, server_certificate
from mutoscope.clock import ManualClock

DAY_S = 86_400.0


def strict_context(cafile: Path) -> ssl.SSLContext:
    """A client that checks as strictly as Python 3.13 does by default."""
    context = ssl.create_default_context(cafile=str(cafile))
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


async def shake_hands(files: ServerCertificate, client: ssl.SSLContext, name: str) -> None:
    """A TLS handshake with a server of this certificate, asked for under `name`; raises when it is not trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.cert_file, files.key_file)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=client, server_hostname=name)
        writer.close()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "videos.lan", "192.168.7.7"])
async def test_strict_clients_trust_the_certificate_under_all_its_names(tmp_path: Path, name: str) -> None:
    """With the bundle and with the authority alone."""
    files = server_certificate(tmp_path / "tls", ["videos.lan", "192.168.7.7", "0.0.0.0", "[::]"])

    await shake_hands(files, strict_context(files.ca_bundle), name)
    await shake_hands(files, strict_context(files.ca_file), name)


async def test_other_names_and_other_authorities_are_not_trusted(tmp_path: Path) -> None:
    """The certificate is good for its names, and only for those who trust our authority."""
    files = server_certificate(tmp_path / "tls")

    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(files, strict_context(files.ca_bundle), "example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        await shake_hands(files, strict_context(Path(certifi.where())), "localhost")


async def test_the_authority_cannot_pass_for_a_public_site(tmp_path: Path) -> None:
    """A certificate signed with its stolen key for another name is refused by its name constraints."""
    files = server_certificate(tmp_path / "tls")
    forge(files, tmp_path / "tls" / "ca-key.pem", "bank.example")

    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        await shake_hands(files, strict_context(files.ca_file), "bank.example")


def test_the_bundle_holds_the_public_authorities_and_ours(tmp_path: Path) -> None:
    """SSL_CERT_FILE replaces the list, so both must be there."""
    files = server_certificate(tmp_path / "tls")

    both = ssl.create_default_context(cafile=str(files.ca_bundle)).get_ca_certs()
    public = ssl.create_default_context(cafile=certifi.where()).get_ca_certs()

    assert len(both) == len(public) + 1


def test_keys_are_for_their_owner_only(tmp_path: Path) -> None:
    """Certificates may be read by others, keys not, whatever the umask says."""
    before = os.umask(0)
    try:
        files = server_certificate(tmp_path / "tls")
    finally:
        os.umask(before)

    for path in (files.key_file, tmp_path / "tls" / "ca-key.pem"):
        assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_made_anew_while_it_is_good(tmp_path: Path) -> None:
    """A restart keeps the certificate, so clients keep trusting."""
    first = contents(server_certificate(tmp_path / "tls", ["videos.lan"]))

    assert contents(server_certificate(tmp_path / "tls", ["videos.lan"])) == first


def test_other_names_bring_a_new_certificate(tmp_path: Path) -> None:
    """Names that the authority may sign keep the authority; a name beyond its constraints brings a new one."""
    first = server_certificate(tmp_path / "tls", ["videos.lan"])
    old = contents(first)

    server_certificate(tmp_path / "tls", ["videos.lan", "10.0.0.9"])
    assert contents(first)["cert_file"] != old["cert_file"]
    assert contents(first)["ca_file"] == old["ca_file"]

    server_certificate(tmp_path / "tls", ["films.lan"])
    assert contents(first)["ca_file"] != old["ca_file"]


async def test_a_certificate_near_its_end_is_renewed(tmp_path: Path) -> None:
    """Eleven months on it stays, a month before the end it is made anew; the authority lives on."""
    clock = ManualClock(datetime.now(UTC).timestamp())
    files = server_certificate(tmp_path / "tls", clock=clock)
    old = contents(files)

    clock.advance(360 * DAY_S)
    server_certificate(tmp_path / "tls", clock=clock)
    assert contents(files) == old

    clock.advance(10 * DAY_S)
    server_certificate(tmp_path / "tls", clock=clock)
    assert contents(files)["cert_file"] != old["cert_file"]
    assert contents(files)["ca_file"] == old["ca_file"]


@pytest.mark.parametrize("victim", ["ca-key.pem", "ca.pem", "server.pem", "server-key.pem", "bundle.pem"])
@pytest.mark.parametrize("damage", ["gone", "rubbish", "truncated"])
async def test_damaged_files_are_made_anew(tmp_path: Path, victim: str, damage: str) -> None:
    """Whatever a stop or a disk left behind, the next start has a working set."""
    server_certificate(tmp_path / "tls")
    path = tmp_path / "tls" / victim
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"rubbish" if damage == "rubbish" else path.read_bytes()[:100])

    files = server_certificate(tmp_path / "tls")

    await shake_hands(files, strict_context(files.ca_bundle), "localhost")


async def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    """Eight at once leave one working set and no debris."""
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: server_certificate(tmp_path / "tls"), range(8)))

    assert len(set(made)) == 1
    await shake_hands(made[0], strict_context(made[0].ca_bundle), "localhost")
    assert not [path for path in (tmp_path / "tls").iterdir() if path.name.startswith(".")]


def test_the_machine_is_certified_by_name(tmp_path: Path) -> None:
    """Its host name is among the names, when it is one."""
    files = server_certificate(tmp_path / "tls", ["not a name!", "", "UPPER.lan."])
    certificate = x509.load_pem_x509_certificate(files.cert_file.read_bytes())
    alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    names = alternative.get_values_for_type(x509.DNSName)
    assert set(names) == {"localhost", "upper.lan", socket.gethostname().lower()}
    assert ipaddress.ip_address("0.0.0.0") not in alternative.get_values_for_type(x509.IPAddress)


def contents(files: ServerCertificate) -> dict[str, bytes]:
    """Bytes of the files, by field."""
    return {name: getattr(files, name).read_bytes() for name in ("cert_file", "key_file", "ca_file", "ca_bundle")}


def forge(files: ServerCertificate, ca_key_file: Path, name: str) -> None:
    """Put a certificate for `name` in place of the server's, signed by the authority."""
    authority = x509.load_pem_x509_certificate(files.ca_file.read_bytes())
    key = serialization.load_pem_private_key(ca_key_file.read_bytes(), None)
    server = x509.load_pem_x509_certificate(files.cert_file.read_bytes())
    own = serialization.load_pem_private_key(files.key_file.read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(own, ec.EllipticCurvePrivateKey)
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=server.subject,
        public_key=own.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=server.not_valid_before_utc,
        not_valid_after=server.not_valid_after_utc,
    )
    for extension in server.extensions:
        value = extension.value
        if isinstance(value, x509.SubjectAlternativeName):
            value = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(value, extension.critical)
    files.cert_file.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
