"""Which clause of a prompt has which part of the clip."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mutoscope.engines.procedural.reading.prompt import Clause
from mutoscope.generation import Shot

Span = tuple[float, float]
"""Start and end as shares of the clip."""

_WHOLE: Final[Span] = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Parts of the clip, in the order of the clauses."""

    spans: tuple[Span, ...]
    """For each clause; the whole clip, or the whole shot, for what is there all the time."""

    def start(self, clause: int) -> float:
        """Where the part of a clause starts, as a share of the clip."""
        return self.spans[clause][0]

    def end(self, clause: int) -> float:
        """Where it ends."""
        return self.spans[clause][1]

    def is_later(self, clause: int) -> bool:
        """Whether something comes before it."""
        return self.start(clause) > 0


def timeline_of(
    clauses: Sequence[Clause], *, moves: Sequence[bool], happens: Sequence[bool], shots: Sequence[Shot] = ()
) -> Timeline:
    """
    Divide the clip among the clauses, and each shot of a storyboard among its own.

    'Then' and its like open a new part, and so does a sentence that moves the camera after another one did. A
    sentence in which nothing happens takes no time; one without a word of order is there all the time.

    Args:
        clauses: of the whole prompt, in order.
        moves: for each clause, whether it speaks of the camera.
        happens: for each clause, whether anything in it moves or changes, the camera included.
        shots: their `at` counts in the text that the clauses' places count in.
    """
    ats = [shot.at for shot in shots]
    owners = [bisect_right(ats, clause.start + _indent(clause.text)) for clause in clauses]
    spans = [_WHOLE] * len(clauses)
    for owner in set(owners):
        members = [index for index, each in enumerate(owners) if each == owner]
        start, end = (shots[owner - 1].start, shots[owner - 1].end) if owner else _WHOLE
        slots = _slots_of(clauses, members, moves, happens)
        count = max((slot + 1 for slot in slots.values()), default=1)
        for index in members:
            slot = slots.get(index)
            spans[index] = (
                (start, end)
                if slot is None
                else (_between(start, end, slot / count), _between(start, end, (slot + 1) / count))
            )
    return Timeline(tuple(spans))


def _slots_of(
    clauses: Sequence[Clause], wanted: Sequence[int], moves: Sequence[bool], happens: Sequence[bool]
) -> dict[int, int]:
    """Of the `wanted` clauses that have a part of their own, its number."""
    slots: dict[int, int] = {}
    slot = -1
    has_moved = False
    for sentence in sorted({clauses[index].sentence for index in wanted}):
        members = [index for index in wanted if clauses[index].sentence == sentence]
        if not any(happens[index] for index in members):
            continue
        for position, index in enumerate(members):
            if slot < 0:
                # 'At the end' leaves time before it, of which nothing is said.
                slot = int(clauses[index].opening == "late")
            elif _opens(clauses[index], position, happens[index], happens[index - 1]) or (
                position == 0 and moves[index] and has_moved
            ):
                slot += 1
            elif position == 0 and not moves[index] and slot > 0:
                continue
            slots[index] = slot
            has_moved |= moves[index]
    return slots


def _between(start: float, end: float, share: float) -> float:
    return start + (end - start) * share


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _opens(clause: Clause, position: int, happens: bool, happened: bool) -> bool:
    """Whether a word of order before the clause opens a new part."""
    return clause.opening in ("strong", "late") or (clause.opening == "weak" and position > 0 and happens and happened)
