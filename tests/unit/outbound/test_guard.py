"""Which URLs are called: what is written is sent, and no spelling of a private address gets through."""

import pytest

from mutoscope.errors import OutboundRefused
from mutoscope.guard import check_target
from mutoscope.limits import URL_CHARS_MAX

PRIVATE_HOSTS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "127.0.0.1.",
    "0", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "0xa9fea9fe",
    "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]",
    "[64:ff9b::7f00:1]", "[64:ff9b::10.0.0.1]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
    "localhost", "LOCALHOST", "localhost.", "hooks.localhost", "①②⑦.⓪.⓪.①", "１２７.0.0.1", "127。0。0。1",
]  # fmt: skip
"""Decimal, hexadecimal, octal, short, mapped, 6to4, NAT64, by name, in other digits."""


@pytest.mark.parametrize("host", PRIVATE_HOSTS)
def test_no_spelling_of_a_private_address_is_called(host: str):
    """The query, where webhooks carry their secrets, is not repeated."""
    with pytest.raises(OutboundRefused) as caught:
        check_target(f"http://{host}:8080/hook?token=s3cret", allow_private=False)

    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "10.0.0.1", "localhost", "hooks.localhost"])
def test_the_switch_opens_what_development_needs(host: str):
    """Loopback and private networks; the message of the refusal names the switch."""
    assert check_target(f"http://{host}:3000/", allow_private=True).port == 3000
    with pytest.raises(OutboundRefused, match="MUTOSCOPE_ALLOW_PRIVATE_NETWORKS=1"):
        check_target(f"http://{host}:3000/", allow_private=False)


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "2130706433", "127.0.0.1."])
def test_some_hosts_stay_closed_with_the_switch(host: str):
    """Where clouds keep their credentials, and odd notations of anything."""
    with pytest.raises(OutboundRefused):
        check_target(f"http://{host}/", allow_private=True)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example/", "https://hooks.example/?x", "https://Hooks.Example:8443/a//b/../c?q=%2f%7E+{}|^`'#frag",
        "http://8.8.8.8/", "http://[2606:4700::1111]/x", "https://xn--bcher-kva.example/", "https://hooks.example./",
    ],
)  # fmt: skip
def test_what_is_written_is_called(url: str):
    """No character is escaped, decoded or tidied up."""
    assert str(check_target(url, allow_private=False)) == url


@pytest.mark.parametrize(
    "url",
    [
        "", " ", "hooks.example", "//hooks.example/", "ftp://hooks.example/", "http:///x", "http://:80/", "http://a:0/",
        "http://a:99999/", "http://a:b/", "http://u@hooks.example/", "http://u:p@hooks.example/", "http://[::1",
        "http://a b/", "http://hooks.example/a b", "http://hooks.example/\t", "http://hooks.example/\r\nX: 1",
        "http://hooks.example/\0", "http://hooks.example/ü", "http://good.example\\@127.0.0.1/",
        "http://127.0.0.1\\@good.example/", "http://127.0.0.1%2f@good.example/", "http://%31%32%37.0.0.1/",
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(url: str):
    """In words, not with an exception of somebody's parser."""
    with pytest.raises(OutboundRefused):
        check_target(url, allow_private=False)


def test_the_length_has_a_bound():
    """At the bound it is called, one past it refused."""
    longest = "https://hooks.example/" + "x" * (URL_CHARS_MAX - 22)

    assert str(check_target(longest, allow_private=False)) == longest
    with pytest.raises(OutboundRefused, match="URL_CHARS_MAX"):
        check_target(longest + "x", allow_private=False)
