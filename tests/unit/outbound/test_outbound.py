"""Fetching from strangers: where to, how much, how long, and what is told when it fails."""

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mutoscope.errors import OutboundFailed, OutboundRefused, OutboundTooLarge, StoreFull
from mutoscope.guard import is_allowed_address, is_public_address, mask_url
from mutoscope.limits import REDIRECTS_MAX, URL_CHARS_MAX
from mutoscope.outbound import Fetched, Outbound, append_file
from tests.unit.outbound.stranger import PNG, stranger

ALWAYS_FULL = Path("/dev/full")

PUBLIC = ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "2002:808:808::1", "64:ff9b::808:808"]
PRIVATE = [
    "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "::1", "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1",
]  # fmt: skip
NEVER = [
    "168.63.129.16", "::ffff:168.63.129.16",
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "203.0.113.9", "::", "fe80::1", "fec0::1", "ff02::1", "ff0e::1",
    "::ffff:169.254.169.254", "2002:a9fe:a9fe::", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "::7f00:1", "::a9fe:a9fe",
    "::ffff:0:127.0.0.1", "2001:db8::1", "2001::1", "3fff::1", "5f00::1", "100::1", "fd00:ec2::254%0",
]  # fmt: skip
ODD_NOTATIONS = [
    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "017700000001", "0", "0x0",
    "2852039166", "0xa9fea9fe", "0xA9.0xFE.0xA9.0xFE", "169.254.43518", "127.0.0.1.", "134744072",
]  # fmt: skip


@pytest.fixture
async def base() -> AsyncIterator[str]:
    """A stranger's server on loopback."""
    async with stranger() as url:
        yield url


@pytest.fixture
async def strict() -> AsyncIterator[Outbound]:
    """As in production: public addresses only."""
    outbound = Outbound()
    yield outbound
    await outbound.close()


@pytest.fixture
async def lenient() -> AsyncIterator[Outbound]:
    """As in development: private addresses too."""
    outbound = Outbound(allow_private_networks=True)
    yield outbound
    await outbound.close()


async def fetch(
    outbound: Outbound, url: str, folder: Path, *, bytes_max: int = 1_000_000, timeout_s: float = 5.0
) -> Fetched:
    """Fetch `url` into the file `got` of `folder`."""
    return await outbound.fetch(url, folder / "got", bytes_max=bytes_max, timeout_s=timeout_s)


# --- addresses ---------------------------------------------------------------


@pytest.mark.parametrize("text", PUBLIC)
def test_public_addresses_are_allowed(text: str) -> None:
    """The internet is open, also through the ways to write IPv4 as IPv6."""
    assert is_public_address(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PRIVATE)
def test_private_addresses_need_the_switch(text: str) -> None:
    """Loopback and private networks, whatever they are wrapped in."""
    address = ipaddress.ip_address(text)

    assert not is_allowed_address(address, allow_private=False)
    assert is_allowed_address(address, allow_private=True)


@pytest.mark.parametrize("text", [text for text in NEVER if "%" not in text])
def test_some_addresses_are_never_allowed(text: str) -> None:
    """Metadata services, multicast, reserved and documentation ranges stay closed in development too."""
    address = ipaddress.ip_address(text)

    assert not is_allowed_address(address, allow_private=False)
    assert not is_allowed_address(address, allow_private=True)


@pytest.mark.parametrize("text", PRIVATE + [text for text in NEVER if "%" not in text])
async def test_an_address_in_the_url_is_judged_before_anything_is_sent(
    strict: Outbound, tmp_path: Path, text: str
) -> None:
    """The refusal is quick and names the address."""
    host = f"[{text}]" if ":" in text else text

    with pytest.raises(OutboundRefused, match="is not a public address"):
        await fetch(strict, f"http://{host}/latest/meta-data", tmp_path)

    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize("host", ODD_NOTATIONS)
@pytest.mark.parametrize("allow_private", [False, True])
async def test_odd_notations_of_an_address_are_refused(tmp_path: Path, host: str, allow_private: bool) -> None:
    """Decimal, hexadecimal, octal and short forms are refused, and the message says how to write them."""
    outbound = Outbound(allow_private_networks=allow_private)

    with pytest.raises(OutboundRefused, match="not fetched"):
        await fetch(outbound, f"http://{host}/", tmp_path)

    await outbound.close()


@pytest.mark.parametrize("host", ["①②⑦.⓪.⓪.①", "127。0。0。1", "１２７.0.0.1", "%31%32%37.0.0.1", "[::1%25lo]"])
async def test_unicode_and_escapes_do_not_hide_an_address(strict: Outbound, tmp_path: Path, host: str) -> None:
    """What a normalizing parser would turn into loopback is loopback."""
    with pytest.raises((OutboundRefused, OutboundFailed)):
        await fetch(strict, f"http://{host}/", tmp_path)


async def test_a_private_address_names_the_setting_that_opens_it(strict: Outbound, base: str, tmp_path: Path) -> None:
    """The developer who meets the refusal reads the way out."""
    with pytest.raises(OutboundRefused, match="MUTOSCOPE_ALLOW_PRIVATE_NETWORKS=1"):
        await fetch(strict, f"{base}/picture", tmp_path)

    with pytest.raises(OutboundRefused, match="no setting opens it"):
        await fetch(strict, "http://169.254.169.254/", tmp_path)


async def test_a_name_is_judged_by_what_it_resolves_to(tmp_path: Path) -> None:
    """A public name for a private address is refused without telling that address."""
    outbound = Outbound(lookup=lambda host, port: ["10.20.30.40"])

    with pytest.raises(OutboundRefused) as caught:
        await fetch(outbound, "http://pictures.example/cat.png", tmp_path)

    assert "pictures.example" in str(caught.value) and "allow_private_networks" in str(caught.value)
    assert "10.20.30.40" not in str(caught.value)
    await outbound.close()


async def test_localhost_is_refused_by_its_address(strict: Outbound, tmp_path: Path) -> None:
    """The real resolver is asked, and its answer is judged."""
    with pytest.raises(OutboundRefused, match="resolves to an address that is not public"):
        await fetch(strict, "http://localhost:1/", tmp_path)


async def test_a_name_that_changes_its_address_gains_nothing(base: str, tmp_path: Path) -> None:
    """Rebinding: every connection uses the answer that was judged for it, so the second answer is refused."""
    port = int(base.rpartition(":")[2])
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    asked: list[str] = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    outbound = Outbound(allow_private_networks=True, lookup=lookup)
    await fetch(outbound, f"http://rebind.example:{port}/picture", tmp_path)
    with pytest.raises(OutboundRefused, match="not public"):
        # Another port, so that no kept connection is used.
        await fetch(outbound, f"http://rebind.example:{port + 1}/picture", tmp_path)

    assert len(asked) == 2
    await outbound.close()


async def test_only_the_allowed_ones_of_several_addresses_are_used(base: str, tmp_path: Path) -> None:
    """A name with a bad and a good address is fetched from the good one."""
    port = int(base.rpartition(":")[2])
    outbound = Outbound(allow_private_networks=True, lookup=lambda host, _: ["169.254.169.254", "127.0.0.1"])

    fetched = await fetch(outbound, f"http://two.example:{port}/picture", tmp_path)

    assert fetched.size == len(PNG)
    await outbound.close()


async def test_the_socket_itself_is_gated(strict: Outbound) -> None:
    """Whatever was parsed or resolved before, no socket opens towards a private address."""
    info = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", 80))

    with pytest.raises(PermissionError, match="not a public address"):
        strict._open_socket(info)


# --- redirects ---------------------------------------------------------------


async def test_redirects_are_followed_up_to_their_bound(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """At the bound the file comes, one past it the error names the bound."""
    fetched = await fetch(lenient, f"{base}/hops/{REDIRECTS_MAX}", tmp_path)
    assert fetched.final_url == f"{base}/picture"

    with pytest.raises(OutboundFailed, match=f"more than {REDIRECTS_MAX} times"):
        await fetch(lenient, f"{base}/hops/{REDIRECTS_MAX + 1}", tmp_path)


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("http://169.254.169.254/latest/meta-data", "is not a public address"),
        ("http://[::ffff:169.254.169.254]/", "is not a public address"),
        ("//0xa9fea9fe/", "odd notation"),
        ("file:///etc/passwd", "only http, https"),
        ("gopher://127.0.0.1/", "only http, https"),
        ("http://user:word@127.0.0.1/", "user name or password"),
        ("http://[", "not a valid URL"),
    ],
)
async def test_every_redirect_is_judged_again(
    lenient: Outbound, base: str, tmp_path: Path, target: str, said: str
) -> None:
    """A harmless first address does not open the way to a second one."""
    with pytest.raises(OutboundRefused, match=said) as caught:
        await fetch(lenient, f"{base}/redirect?to={target}", tmp_path)

    assert "redirect" in str(caught.value)
    assert "word" not in str(caught.value).replace("password", "")


async def test_a_redirect_without_a_target_is_an_error(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """No loop over the same address."""
    with pytest.raises(OutboundFailed, match="without saying where to"):
        await fetch(lenient, f"{base}/nowhere", tmp_path)


# --- bytes, seconds, answers ---------------------------------------------------


async def test_a_file_arrives_with_its_facts(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """Size, what the other side calls it, and where it finally was."""
    fetched = await fetch(lenient, f"{base}/picture", tmp_path)

    assert fetched == Fetched(len(PNG), "image/png", f"{base}/picture")
    assert (tmp_path / "got").read_bytes() == PNG


@pytest.mark.parametrize("how", ["?announced", ""])
async def test_the_bound_on_bytes_holds_announced_or_not(
    lenient: Outbound, base: str, tmp_path: Path, how: str
) -> None:
    """At the bound the file comes; one byte more and nothing is left of it."""
    fetched = await fetch(lenient, f"{base}/bytes/2000000{how}", tmp_path, bytes_max=2_000_000)
    assert fetched.size == 2_000_000

    with pytest.raises(OutboundTooLarge, match="the limit is 1999999 bytes") as caught:
        await fetch(lenient, f"{base}/bytes/2000000{how}", tmp_path, bytes_max=1_999_999)

    assert caught.value.bytes_max == 1_999_999
    assert not (tmp_path / "got").exists()


async def test_a_compressed_answer_is_counted_as_what_it_becomes(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """50 kB that unpack to 50 MB stop at the bound."""
    with pytest.raises(OutboundTooLarge):
        await fetch(lenient, f"{base}/bomb", tmp_path, bytes_max=3_000_000)

    assert not (tmp_path / "got").exists()
    fetched = await fetch(lenient, f"{base}/bomb", tmp_path, bytes_max=50_000_000)
    assert fetched.size == 50_000_000


async def test_a_compressed_picture_is_unpacked(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """Some servers compress unasked."""
    await fetch(lenient, f"{base}/gzipped", tmp_path)

    assert (tmp_path / "got").read_bytes() == PNG


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/status/404", "answered with HTTP status 404"),
        ("/status/500", "answered with HTTP status 500"),
        ("/status/304", "answered with HTTP status 304"),
        ("/half-gzip", "is not complete"),
        ("/brotli", "was not asked for"),
        ("/cut", "broke off"),
    ],
)
async def test_a_bad_answer_is_an_error_that_repeats_nothing_of_it(
    lenient: Outbound, base: str, tmp_path: Path, path: str, said: str
) -> None:
    """The page behind an error may be internal; only its status is told."""
    with pytest.raises(OutboundFailed, match=said) as caught:
        await fetch(lenient, f"{base}{path}", tmp_path)

    assert "secret" not in str(caught.value)
    assert not (tmp_path / "got").exists()


async def test_a_slow_answer_ends_at_the_time_bound(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """The bound is for everything together and the message names the setting."""
    with pytest.raises(OutboundFailed, match=r"within 0.3 s \(setting input_timeout_s\)"):
        await fetch(lenient, f"{base}/slow", tmp_path, timeout_s=0.3)

    assert not (tmp_path / "got").exists()


async def test_a_name_server_that_never_answers_ends_at_the_time_bound(tmp_path: Path) -> None:
    """Resolving counts too."""
    answer = asyncio.Event()
    loop = asyncio.get_running_loop()

    def lookup(host: str, port: int) -> list[str]:
        asyncio.run_coroutine_threadsafe(answer.wait(), loop).result(10)
        return []

    outbound = Outbound(lookup=lookup)
    with pytest.raises(OutboundFailed, match="did not arrive within"):
        await fetch(outbound, "http://silent.example/", tmp_path, timeout_s=0.2)

    answer.set()
    await outbound.close()


async def test_nothing_listening_is_a_clear_error(lenient: Outbound, tmp_path: Path) -> None:
    """A refused connection is told in words."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(OutboundFailed, match="refused or the network is down"):
        await fetch(lenient, f"http://127.0.0.1:{port}/", tmp_path)


async def test_an_unknown_name_is_a_clear_error(tmp_path: Path) -> None:
    """As the system's resolver reports it."""

    def lookup(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    outbound = Outbound(lookup=lookup)
    with pytest.raises(OutboundFailed, match="host name does not resolve"):
        await fetch(outbound, "https://no-such-host.example/cat.png", tmp_path)
    await outbound.close()


@pytest.mark.parametrize(
    "url",
    [
        "", "/cat.png", "cat.png", "http://", "http:///x", "https://:443/", "http://h:0/", "http://h:99999/", "http://[::1",
        "ftp://example.com/x", "file:///etc/passwd", "javascript:alert(1)", "http://a b/", "http://a\x00b/",
        "http://a@b@c/", "http://user@8.8.8.8/", "http://:pw@8.8.8.8/", "http://" + "a" * 64 + ".example/",
        "http://" + "a." * 200 + "example/", "http://8.8.8.8/" + "x" * URL_CHARS_MAX, "http://\ud800/", "http://exa\u202emple/",
    ],
)  # fmt: skip
async def test_what_is_not_a_fetchable_url_is_refused_with_a_sentence(
    strict: Outbound, tmp_path: Path, url: str
) -> None:
    """Never a crash, never a connection."""
    with pytest.raises((OutboundRefused, OutboundFailed)) as caught:
        await fetch(strict, url, tmp_path, timeout_s=10)

    assert len(str(caught.value)) > 15


@pytest.mark.skipif(not ALWAYS_FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_our_trouble_and_not_the_stranger_s() -> None:
    """The machine's own full device produces it."""
    with pytest.raises(StoreFull, match="no room for an input file"):
        append_file(ALWAYS_FULL, b"x")


async def test_strangers_learn_nothing_about_earlier_visits(lenient: Outbound, base: str, tmp_path: Path) -> None:
    """No cookies are kept, no credentials of the machine are sent."""
    await fetch(lenient, f"{base}/cookie", tmp_path)
    await fetch(lenient, f"{base}/headers", tmp_path)

    sent = (tmp_path / "got").read_text()
    assert "cookie" not in sent and "authorization" not in sent
    assert "accept-encoding: identity" in sent


async def test_a_closed_outbound_can_be_used_again(base: str, tmp_path: Path) -> None:
    """Closing gives everything back; closing twice is fine."""
    outbound = Outbound(allow_private_networks=True)
    await outbound.close()
    await fetch(outbound, f"{base}/picture", tmp_path)
    await outbound.close()
    await outbound.close()

    assert (await fetch(outbound, f"{base}/picture", tmp_path)).size == len(PNG)
    await outbound.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://b.example/cat.png", "https://b.example/cat.png"),
        ("https://b.example/cat.png?X-Amz-Signature=abc&x=1", "https://b.example/cat.png?…"),
        ("https://me:secret@b.example/cat.png", "https://…@b.example/cat.png"),
        ("https://b.example/cat.png#token=abc", "https://b.example/cat.png#…"),
        ("https://b.example/a\nfake log line", "https://b.example/a\ufffdfake log line"),
        ("https://b.example/" + "x" * 300, "https://b.example/" + "x" * 182 + "…"),
    ],
)
def test_urls_are_shown_without_their_secrets(url: str, shown: str) -> None:
    """Signed URLs and credentials stay out of messages and logs."""
    assert mask_url(url) == shown
