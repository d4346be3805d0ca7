"""What a lifecycle header may say, what becomes of it, and who may read a file then."""

import json

import pytest

from mutoscope.errors import BadRequest
from mutoscope.files.lifecycle import Acl, Decision, Lifecycle, Rule, parse_lifecycle, stored_lifecycle
from mutoscope.limits import LIFECYCLE_CHARS_MAX, LIFECYCLE_S_MAX

FULL = {
    "expiration_duration_seconds": 3600,
    "initial_acl": {"default": "hide", "rules": [{"user": "friend", "decision": "allow"}]},
}
FULL_READ = Lifecycle(3600.0, Acl(Decision.HIDE, (Rule("friend", Decision.ALLOW),)))


def test_everything_that_a_header_can_say_is_read():
    """Both halves, as the clients write them."""
    assert parse_lifecycle(json.dumps(FULL)) == FULL_READ


@pytest.mark.parametrize(
    "text",
    ["{}", '{"initial_acl": null}', '{"expiration_duration_seconds": null}', '{"later": 1}', '{"initial_acl": {}}'],
)
def test_what_is_not_said_is_as_always(text: str):
    """Nothing, nulls and fields from the future are no wish."""
    assert parse_lifecycle(text) == Lifecycle()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "must be a JSON object"),
        ({"expiration_duration_seconds": "1h"}, "expiration_duration_seconds is '1h'"),
        ({"expiration_duration_seconds": True}, "expiration_duration_seconds is True"),
        ({"expiration_duration_seconds": 0}, "above 0"),
        ({"expiration_duration_seconds": -1}, "above 0"),
        ({"expiration_duration_seconds": LIFECYCLE_S_MAX + 1}, "LIFECYCLE_S_MAX"),
        ({"initial_acl": "forbid"}, "initial_acl is 'forbid'"),
        ({"initial_acl": {"default": "deny"}}, "initial_acl.default is 'deny'"),
        ({"initial_acl": {"default": ["allow"]}}, "initial_acl.default"),
        ({"initial_acl": {"rules": {}}}, "rules must be a list"),
        ({"initial_acl": {"rules": ["me"]}}, "rules[0] is 'me'"),
        ({"initial_acl": {"rules": [{"user": "", "decision": "allow"}]}}, "rules[0].user"),
        ({"initial_acl": {"rules": [{"user": 7, "decision": "allow"}]}}, "rules[0].user is 7"),
        ({"initial_acl": {"rules": [{"user": "me"}]}}, "rules[0].decision is None"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_named(value: object, said: str):
    """The message says where it is, what stands there and what may."""
    with pytest.raises(BadRequest) as refused:
        parse_lifecycle(json.dumps(value))

    assert said in str(refused.value)


@pytest.mark.parametrize("text", ["", "never", "{", '{"expiration_duration_seconds": NaN}', "[" * 2_000])
def test_what_is_no_json_is_refused(text: str):
    """Also what only Python takes for JSON, and what is nested to break a parser."""
    with pytest.raises(BadRequest):
        parse_lifecycle(text)


def test_both_bounds_are_where_they_are_said_to_be():
    """The longest text and the longest time are taken, one more is not."""
    longest = f'{{"expiration_duration_seconds":{LIFECYCLE_S_MAX}}}'.ljust(LIFECYCLE_CHARS_MAX)

    assert parse_lifecycle(longest).duration_s == LIFECYCLE_S_MAX
    with pytest.raises(BadRequest, match="LIFECYCLE_CHARS_MAX"):
        parse_lifecycle(longest + " ")


def test_a_stored_wish_is_the_same_wish():
    """It is written in one spelling and read back whole, though it may be longer than the header was."""
    assert stored_lifecycle(FULL_READ.to_json()) == FULL_READ
    assert Lifecycle().to_json() == "{}"
    crowd = Lifecycle(None, Acl(Decision.FORBID, tuple(Rule(f"user-{n}", Decision.ALLOW) for n in range(200))))
    assert stored_lifecycle(crowd.to_json()) == crowd


def test_a_file_ends_as_wished_else_as_set():
    """Seconds from now, days of the settings, or never."""
    assert Lifecycle(60).expires(1_000, 7) == 1_060
    assert Lifecycle().expires(1_000, 7) == 1_000 + 7 * 86_400
    assert Lifecycle().expires(1_000, 0) is None


def test_readers_are_judged_by_rule_then_default_and_the_owner_never():
    """Who has no name gets the default; a rule can open and close."""
    acl = Acl(Decision.FORBID, (Rule("friend", Decision.ALLOW), Rule("foe", Decision.HIDE), Rule("me", Decision.HIDE)))

    judged = {reader: acl.decide("me", reader) for reader in (None, "me", "friend", "foe", "stranger")}

    assert judged == {
        None: Decision.FORBID,
        "me": Decision.ALLOW,
        "friend": Decision.ALLOW,
        "foe": Decision.HIDE,
        "stranger": Decision.FORBID,
    }
