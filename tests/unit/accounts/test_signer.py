"""Signed claims: what was signed comes back, and nothing else opens anything."""

from hypothesis import given
from hypothesis import strategies as st

from mutoscope.accounts.signer import Signer
from mutoscope.clock import ManualClock

SECRET = bytes(32)


def test_what_was_signed_comes_back_until_it_expires():
    """The claims are readable for their lifetime and not a second longer."""
    clock = ManualClock()
    signer = Signer(SECRET, clock)
    token = signer.sign("upload", {"key": "a/b.png", "bytes_max": 5}, lifetime_s=60)

    clock.advance(59)
    claims = signer.read("upload", token)
    assert claims is not None and (claims["key"], claims["bytes_max"]) == ("a/b.png", 5)
    clock.advance(1)
    assert signer.read("upload", token) is None


def test_a_token_for_one_purpose_opens_no_other():
    """An upload token is not an access token."""
    signer = Signer(SECRET, ManualClock())

    assert signer.read("app", signer.sign("upload", {}, 60)) is None


def test_another_server_signs_otherwise():
    """Two secrets, two worlds."""
    clock = ManualClock()

    assert Signer(SECRET, clock).read("upload", Signer(bytes([1] * 32), clock).sign("upload", {}, 60)) is None


@given(st.data())
def test_a_token_with_one_character_changed_is_worth_nothing(data):
    """Any change of claims or proof is found; the spare bits of base64 say nothing."""
    signer = Signer(SECRET, ManualClock())
    token = signer.sign("upload", {"key": "a/b.png"}, 60)
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.sampled_from("ABCxyz019-_.+/=é").filter(lambda char: char != token[at]))

    forged = token[:at] + char + token[at + 1 :]

    claims = signer.read("upload", forged)
    assert claims is None or claims["key"] == "a/b.png"


@given(st.text(max_size=200))
def test_any_text_is_no_token(text):
    """Nothing that a stranger sends raises."""
    assert Signer(SECRET, ManualClock()).read("upload", text) is None
