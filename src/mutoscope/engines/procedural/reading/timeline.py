"""Which clause of a prompt has which part of the clip."""

from collections.abc import Sequence
from dataclasses import dataclass

from mutoscope.engines.procedural.reading.prompt import Clause


@dataclass(frozen=True, slots=True)
class Timeline:
    """Equal parts of the clip, in the order of the clauses."""

    slots: tuple[int | None, ...]
    """For each clause the number of its part; None for what is there all the time."""
    count: int

    def start(self, clause: int) -> float:
        """Where the part of a clause starts, as a share of the clip."""
        return (self.slots[clause] or 0) / self.count if self.slots else 0.0

    def end(self, clause: int) -> float:
        """Where it ends; the clip's end for a clause without a part of its own."""
        slot = self.slots[clause] if self.slots else None
        return 1.0 if slot is None else (slot + 1) / self.count


def timeline_of(clauses: Sequence[Clause], *, moves: Sequence[bool], happens: Sequence[bool]) -> Timeline:
    """
    Divide the clip among the clauses.

    'Then' and its like open a new part, and so does a sentence that moves the camera after another one did. A
    sentence in which nothing happens takes no time; one without a word of order is there all the time.

    Args:
        clauses: of the whole prompt, in order.
        moves: for each clause, whether it speaks of the camera.
        happens: for each clause, whether anything in it moves or changes, the camera included.
    """
    slots: list[int | None] = [None] * len(clauses)
    slot = -1
    has_moved = False
    for sentence in sorted({clause.sentence for clause in clauses}):
        members = [index for index, clause in enumerate(clauses) if clause.sentence == sentence]
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
    return Timeline(tuple(slots), max(slot + 1, 1))


def _opens(clause: Clause, position: int, happens: bool, happened: bool) -> bool:
    """Whether a word of order before the clause opens a new part."""
    return clause.opening in ("strong", "late") or (clause.opening == "weak" and position > 0 and happens and happened)
