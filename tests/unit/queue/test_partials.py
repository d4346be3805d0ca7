"""Partial results reach whoever listens, in order, and nobody else; what is not taken is bounded."""

import asyncio

from mutoscope.queue.partials import Partials


async def test_listener_hears_its_request_in_order():
    """Also what came before it began to wait."""
    partials = Partials()
    with partials.listen("a") as listener:
        for number in (1, 2):
            partials.publish("a", {"n": number})
        partials.publish("b", {"n": 3})
        await listener.wait()

        assert [listener.take(), listener.take(), listener.take()] == [b'{"n":1}', b'{"n":2}', None]


async def test_wait_is_for_what_was_not_taken():
    """After the last was taken it waits for news."""
    partials = Partials()
    with partials.listen("a") as listener:
        partials.publish("a", {})
        assert (listener.take(), listener.take()) == (b"{}", None)
        waiting = asyncio.create_task(listener.wait())
        await asyncio.sleep(0)
        assert not waiting.done()

        partials.publish("a", {})
        await waiting


async def test_nobody_is_told_after_the_end():
    """A request that nobody streams any more goes on unheard."""
    partials = Partials()
    with partials.listen("a") as listener:
        pass

    partials.publish("a", {})

    assert listener.take() is None


async def test_what_waits_is_bounded():
    """At the bound it is kept, one byte more and the listener is behind; taking makes room."""
    partials = Partials(waiting_bytes_max=4)
    with partials.listen("a") as listener:
        partials.publish("a", {})
        partials.publish("a", {})
        assert not listener.is_behind
        listener.take()
        partials.publish("a", {})
        assert not listener.is_behind

        partials.publish("a", {})

        assert listener.is_behind
