"""
Hints that something changed, so that nobody polls.

Losing every hint costs latency (whoever waits looks again on a timer) and never correctness.
A topic is a kind and a key: `work:<pool>`, `request:<id>`, `cancel:<id>`.
"""

import asyncio
from collections import defaultdict
from collections.abc import Set
from typing import Protocol


class Subscription(Protocol):
    """Collects the keys of one kind that were published since the last look."""

    async def wait(self, timeout_s: float | None = None) -> Set[str]:
        """
        The keys published since the last call, as soon as there is one; empty after `timeout_s`.

        A publish between two calls is not lost; the same key twice is told once.
        """
        ...

    def close(self) -> None:
        """Hear nothing more. Can be called twice."""
        ...


class Bus(Protocol):
    """Publish and subscribe by kind."""

    def publish(self, kind: str, key: str) -> None:
        """Tell every subscriber of `kind` that `key` changed. Never blocks."""
        ...

    def subscribe(self, kind: str) -> Subscription:
        """Hear every key of `kind` from now on."""
        ...


class LocalBus:
    """The bus of one process; used from its event loop only."""

    def __init__(self) -> None:
        self._subscriptions: defaultdict[str, set[_LocalSubscription]] = defaultdict(set)

    def publish(self, kind: str, key: str) -> None:
        for subscription in self._subscriptions[kind]:
            subscription.hear(key)

    def subscribe(self, kind: str) -> Subscription:
        subscription = _LocalSubscription(self, kind)
        self._subscriptions[kind].add(subscription)
        return subscription

    def forget(self, kind: str, subscription: "_LocalSubscription") -> None:
        self._subscriptions[kind].discard(subscription)


class _LocalSubscription:
    def __init__(self, bus: LocalBus, kind: str) -> None:
        self._bus = bus
        self._kind = kind
        self._keys: set[str] = set()
        self._heard = asyncio.Event()

    def hear(self, key: str) -> None:
        self._keys.add(key)
        self._heard.set()

    async def wait(self, timeout_s: float | None = None) -> Set[str]:
        try:
            async with asyncio.timeout(timeout_s):
                await self._heard.wait()
        except TimeoutError:
            return frozenset()
        keys, self._keys = self._keys, set()
        self._heard.clear()
        return keys

    def close(self) -> None:
        self._bus.forget(self._kind, self)
