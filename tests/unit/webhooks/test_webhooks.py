"""Delivery: what is sent, what counts as delivered, when it is tried again, and what holds up nobody."""

import json

import pytest

from mutoscope.errors import ArgumentsInvalid, Problem, RequestUnknown
from mutoscope.limits import REPLY_BYTES_MAX, WEBHOOKS_PER_HOST_MAX
from mutoscope.queue.outbox import WebhookState
from mutoscope.queue.outcome import outcome_of
from mutoscope.queue.request import Outcome, State
from mutoscope.webhooks import RETRY_DELAYS_S, RETRY_JITTER, webhook_body
from tests.unit.webhooks.conftest import BASE, CANCELLED, DONE, Office, a_request, until
from tests.unit.webhooks.receiver import receiver, verify

MISSING = outcome_of(ArgumentsInvalid([Problem("missing", ("body", "prompt"), "Field required", input={})]))


async def settled(office: Office, request_id: str, state: WebhookState) -> None:
    """Wait until the webhook is in this state."""

    async def is_there() -> bool:
        return (await office.webhook(request_id)).state is state

    await until(is_there)


# --- what is sent ---


async def test_an_end_is_told_in_the_platforms_envelope(office: Office):
    """Status OK, the result body with URLs of the request's base, JSON."""
    async with receiver() as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")
        await settled(office, request_id, WebhookState.DELIVERED)

    (got,) = told.received
    assert got.headers["Content-Type"] == "application/json"
    assert json.loads(got.body) == {
        "request_id": request_id,
        "gateway_request_id": request_id,
        "status": "OK",
        "payload": {
            "video": {
                "url": f"{BASE}/files/abc/output.mp4",
                "content_type": "video/mp4",
                "file_name": "output.mp4",
                "file_size": 1,
            }
        },
    }


async def test_invalid_arguments_are_told_as_the_result_says_them(office: Office):
    """The 422 of a request that was never queued comes by webhook too."""
    async with receiver() as told, office.delivering():
        accepted = await office.store.submit(a_request(f"{told.url}/hook", verdict=MISSING))
        await settled(office, accepted.request_id, WebhookState.DELIVERED)

    said = json.loads(told.received[0].body)
    assert (said["status"], said["error"]) == ("ERROR", "Invalid status code: 422")
    assert said["payload"] == {
        "detail": [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing", "input": {}}]
    }


async def test_a_cancel_is_told_as_an_error(office: Office):
    """The payload is what a poll of the result would read."""
    async with receiver() as told, office.delivering():
        accepted = await office.store.submit(a_request(f"{told.url}/hook"))
        await office.store.cancel(accepted.request_id, CANCELLED)
        await settled(office, accepted.request_id, WebhookState.DELIVERED)

    said = json.loads(told.received[0].body)
    assert (said["status"], said["error"]) == ("ERROR", "Request was cancelled")
    assert said["payload"] == {"detail": "Request was cancelled", "error_type": "client_cancelled"}


def test_a_result_that_is_not_json_has_an_error_in_place_of_its_payload():
    """The receiver still learns that the request ended."""
    said = json.loads(webhook_body("id", Outcome(state=State.SUCCEEDED, status_code=200, body=b"<html>"), BASE))

    assert (said["status"], said["payload"]) == ("OK", None)
    assert "not JSON" in said["payload_error"]


@pytest.mark.parametrize(
    "path", ["/hook?token=a%2Fb&x=1+2&y=%7E", "/a//b/../c?q={}|^`", "/h%C3%BC?%", "?only=query", ""]
)
async def test_the_url_is_called_byte_for_byte(office: Office, path: str):
    """No character of it is escaped, decoded or tidied up."""
    async with receiver() as told, office.delivering():
        request_id = await office.finish(told.url + path)
        await settled(office, request_id, WebhookState.DELIVERED)

    assert told.received[0].path == (path if path.startswith("/") else f"/{path}")


async def test_a_signature_verifies_by_the_platforms_own_steps(office: Office):
    """With the published set as it is, within the leeway, and for this body only."""
    async with receiver() as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")
        await settled(office, request_id, WebhookState.DELIVERED)
    got, jwks, now = told.received[0], await office.jwks(), office.clock.now()

    assert verify(got.headers, got.body, jwks, now)
    assert got.headers["X-Fal-Webhook-User-Id"] == "ann"
    assert got.headers["X-Fal-Webhook-Request-Id"] == request_id
    assert not verify(got.headers, got.body + b" ", jwks, now)
    assert not verify(got.headers, got.body, jwks, now + 301)


# --- tries ---


async def test_every_try_has_the_same_body_and_a_fresh_timestamp(office: Office):
    """Errors, a reset and a rate limit; then it arrives."""
    async with receiver(500, "reset", 429, 200) as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")
        for tries in range(1, 4):

            async def is_tried(tries: int = tries) -> bool:
                return (await office.webhook(request_id)).tries == tries

            await until(is_tried)
            office.pass_time(RETRY_DELAYS_S[tries - 1] * (1 + RETRY_JITTER))
        await settled(office, request_id, WebhookState.DELIVERED)
    jwks = await office.jwks()

    assert {got.body for got in told.received} == {told.received[0].body}
    assert len({got.headers["X-Fal-Webhook-Timestamp"] for got in told.received}) == 4
    assert all(verify(got.headers, got.body, jwks, office.clock.now()) for got in told.received)
    deliveries = (await office.webhook(request_id)).deliveries
    assert [(each.n, each.status_code, each.error is None) for each in deliveries] == [
        (1, 500, False), (2, None, False), (3, 429, False), (4, 200, True),
    ]  # fmt: skip


async def test_a_retry_waits_for_its_time(office: Office):
    """Not sooner than the delay, shortened by the jitter at most."""
    async with receiver(500, 200) as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")

        async def is_tried() -> bool:
            return (await office.webhook(request_id)).tries == 1

        await until(is_tried)
        due = (await office.webhook(request_id)).due
        office.pass_time(RETRY_DELAYS_S[0] * (1 - RETRY_JITTER) - 0.01)
        other = await office.finish(f"{told.url}/other")
        await settled(office, other, WebhookState.DELIVERED)

        assert (await office.webhook(request_id)).tries == 1
        office.pass_time(RETRY_DELAYS_S[0] * 2 * RETRY_JITTER + 0.01)
        await settled(office, request_id, WebhookState.DELIVERED)

    assert due is not None
    assert abs(due - office.clock.now()) < RETRY_DELAYS_S[0]


def test_ten_tries_take_about_two_hours():
    """As at the platform."""
    assert len(RETRY_DELAYS_S) == 9
    assert 1.9 * 3600 < sum(RETRY_DELAYS_S) < 2.1 * 3600


async def test_after_the_last_try_it_is_given_up(office: Office):
    """And can be asked for again, with all its tries before it."""
    async with receiver(500, 500, 200) as told, office.delivering(tries_max=2):
        request_id = await office.finish(f"{told.url}/hook")

        async def is_tried() -> bool:
            return (await office.webhook(request_id)).tries == 1

        await until(is_tried)
        office.pass_time(RETRY_DELAYS_S[0] * 2)
        await settled(office, request_id, WebhookState.FAILED)
        given_up = await office.webhook(request_id)
        await office.outbox.redeliver(request_id)
        await settled(office, request_id, WebhookState.DELIVERED)

    assert (given_up.tries, given_up.due) == (2, None)
    assert [each.n for each in (await office.webhook(request_id)).deliveries] == [1, 2, 3]


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_done(office: Office, status: int):
    """One call, no more."""
    async with receiver(status) as told, office.delivering():
        await settled(office, await office.finish(f"{told.url}/hook"), WebhookState.DELIVERED)

    assert len(told.received) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 304, 410])
async def test_a_redirect_or_gone_is_final(office: Office, status: int):
    """Nobody is followed, nothing is tried again."""
    async with receiver(status) as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")
        await settled(office, request_id, WebhookState.FAILED)

    assert len(told.received) == 1
    assert (await office.webhook(request_id)).deliveries[0].status_code == status


@pytest.mark.parametrize("status", [400, 401, 404, 409, 429, 500, 503])
async def test_any_other_status_is_tried_again(office: Office, status: int):
    """A receiver that is being deployed answers all kinds of things."""
    async with receiver(status) as told, office.delivering():
        request_id = await office.finish(f"{told.url}/hook")

        async def is_tried() -> bool:
            return (await office.webhook(request_id)).tries == 1

        await until(is_tried)

    assert (await office.webhook(request_id)).state is WebhookState.PENDING


async def test_a_body_without_end_does_not_matter(office: Office):
    """The status has said it all."""
    assert REPLY_BYTES_MAX == 1024
    async with receiver("stall") as told, office.delivering():
        await settled(office, await office.finish(f"{told.url}/hook"), WebhookState.DELIVERED)


async def test_a_silent_receiver_is_a_failed_try(office: Office):
    """The reason names the setting."""
    async with receiver("hang") as told, office.delivering(timeout_s=0.05):
        request_id = await office.finish(f"{told.url}/hook?token=s3cret")

        async def is_tried() -> bool:
            return (await office.webhook(request_id)).tries == 1

        await until(is_tried)

    error = (await office.webhook(request_id)).deliveries[0].error
    assert error is not None and "webhook_timeout_s" in error
    assert "s3cret" not in error


async def test_a_receiver_that_never_answers_holds_up_only_itself(office: Office):
    """It has its few connections; others are told at once, however many wait before them."""
    async with receiver("hang") as dead, receiver() as alive, office.delivering(timeout_s=30):
        for _ in range(100):
            await office.finish(f"{dead.url}/hook")
        request_id = await office.finish(f"{alive.url}/hook")
        await settled(office, request_id, WebhookState.DELIVERED)

        async def is_full() -> bool:
            return len(dead.received) == WEBHOOKS_PER_HOST_MAX

        await until(is_full)
        assert len(dead.received) == WEBHOOKS_PER_HOST_MAX
        dead.answers = [200]
        dead.released.set()

        async def all_told() -> bool:
            return not await office.outbox.list(state=WebhookState.PENDING)

        await until(all_told)


async def test_what_was_under_way_at_a_stop_is_delivered_after_it(office: Office):
    """At least once, with the same bytes."""
    async with receiver("hang", 200) as told:
        async with office.delivering(timeout_s=30):
            request_id = await office.finish(f"{told.url}/hook")

            async def has_come() -> bool:
                return bool(told.received)

            await until(has_come)
        assert (await office.webhook(request_id)).state is WebhookState.PENDING
        async with office.delivering():
            await settled(office, request_id, WebhookState.DELIVERED)

    assert told.received[0].body == told.received[1].body


# --- where not to ---


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::ffff:127.0.0.1]/"])
async def test_a_refused_address_is_final(office: Office, url: str):
    """Without the switch nothing is sent; should one get past the submit, it ends here."""
    async with office.delivering(allow_private=False):
        request_id = await office.finish(url)
        await settled(office, request_id, WebhookState.FAILED)

    error = (await office.webhook(request_id)).deliveries[0].error
    assert error is not None and "not a public address" in error


async def test_a_name_that_leads_inside_is_refused(office: Office):
    """The first answer or the hundredth: each call resolves and is judged anew, and nothing arrives."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    seen: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        seen.append(host)
        return next(answers, ["127.0.0.1"])

    rebinding("hooks.example", 80)  # what a check beforehand would have been told
    async with receiver() as told, office.delivering(allow_private=False, lookup=rebinding):
        request_id = await office.finish(told.url.replace("127.0.0.1", "hooks.example"))
        await settled(office, request_id, WebhookState.FAILED)

    assert told.received == []
    assert len(seen) == 2


async def test_a_fault_of_ours_costs_one_webhook_a_try(office: Office):
    """An account that no header can carry; the others are delivered."""
    async with receiver() as told, office.delivering():
        odd = await office.finish(f"{told.url}/odd", account_id="line\r\nend")
        good = await office.finish(f"{told.url}/good")
        await settled(office, good, WebhookState.DELIVERED)

        async def is_tried() -> bool:
            return (await office.webhook(odd)).tries == 1

        await until(is_tried)

    assert [got.path for got in told.received] == ["/good"]
    assert DONE.body not in told.received[0].body


async def test_only_ends_with_a_webhook_can_be_told_again(office: Office):
    """Unknown, without one, or still waiting."""
    plain = await office.finish(None)
    waiting = await office.store.submit(a_request("http://hooks.example/"))

    for request_id in (plain, waiting.request_id, "no such"):
        with pytest.raises(RequestUnknown):
            await office.outbox.redeliver(request_id)
