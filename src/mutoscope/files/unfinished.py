"""How many bytes each account has on their way: a quota that counted only whole files would be filled with halves."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Receiving:
    """One body on its way."""

    def __init__(self, totals: Counter[str], account_id: str) -> None:
        self._totals = totals
        self._account_id = account_id
        self.size = 0
        """Bytes so far."""

    def grow(self, size: int) -> None:
        """So many more bytes have come."""
        self.size += size
        self._totals[self._account_id] += size


class Unfinished:
    """Bytes of bodies that are being received, and of parts whose upload is not complete."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._parts: dict[str, tuple[str, dict[int, int]]] = {}
        """Account, and sizes by number, of each upload."""

    def total(self, account_id: str) -> int:
        """All of an account."""
        return self._totals[account_id]

    def part(self, key: str, number: int) -> int:
        """Size of a part; 0 for one that has not come."""
        return self._parts.get(key, ("", {}))[1].get(number, 0)

    @contextmanager
    def receiving(self, account_id: str) -> Iterator[Receiving]:
        """Count a body until the end of the block; what is kept of it is then counted as what it became."""
        body = Receiving(self._totals, account_id)
        try:
            yield body
        finally:
            self._give_back(account_id, body.size)

    def keep_part(self, account_id: str, key: str, number: int, size: int) -> None:
        """A part has come, perhaps in place of an earlier one."""
        _, sizes = self._parts.setdefault(key, (account_id, {}))
        self._totals[account_id] += size - sizes.get(number, 0)
        sizes[number] = size

    def drop(self, key: str) -> None:
        """The upload is complete or given up."""
        account_id, sizes = self._parts.pop(key, ("", {}))
        self._give_back(account_id, sum(sizes.values()))

    def _give_back(self, account_id: str, size: int) -> None:
        self._totals[account_id] -= size
        if not self._totals[account_id]:
            del self._totals[account_id]
