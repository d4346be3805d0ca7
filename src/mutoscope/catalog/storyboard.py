"""A storyboard as one clip: what its shots say in their order, and how long they last together."""

from collections.abc import Mapping, Sequence
from typing import Any

from mutoscope.generation import Shot as ShotOfJob

Shot = Mapping[str, Any]
"""`prompt`, and `duration` in seconds, as a number or as text."""

SHOT_DURATION_S = 5
"""For shots of which neither the caller nor the endpoint says how long they last."""
_ENDS_OF_SENTENCE = " \t\r\n.,;。，；"
_JOINT = ", then "
_TEXT_CHARS_SHOWN = 500
"""Of what a storyboard is read as, in the log."""


def text_of(prompt: str, shots: Sequence[Shot]) -> str:
    """What the clip shows: the shots follow each other in time, and a prompt beside them is there all the while."""
    told = _JOINT.join(filter(None, map(_words_of, shots)))
    return f"{_beside(prompt)}{told}" if told else prompt


def times_of(prompt: str, shots: Sequence[Shot]) -> tuple[ShotOfJob, ...]:
    """Where `text_of` tells of each shot, and its share of the clip; one that says nothing has its time too."""
    at, gone, seconds = len(_beside(prompt)), 0, seconds_of(shots)
    times = []
    for shot in shots:
        start, gone = gone, gone + seconds_of([shot])
        times.append(ShotOfJob(at, start / seconds, gone / seconds))
        if words := _words_of(shot):
            at += len(words) + len(_JOINT)
    return tuple(times)


def _beside(prompt: str) -> str:
    """What stands before the first shot."""
    return f"{prompt.rstrip(_ENDS_OF_SENTENCE)}. " if prompt else ""


def _words_of(shot: Shot) -> str:
    words: str = shot["prompt"].strip().rstrip(_ENDS_OF_SENTENCE)
    return words


def seconds_of(shots: Sequence[Shot]) -> int:
    """How long validated shots last together; 0 without any."""
    return sum(int(shot.get("duration", SHOT_DURATION_S)) for shot in shots)


def note_on(name: str, shots: Sequence[Shot], text: str, duration_s: int) -> str:
    """The line for the request's log, on one line whatever the shots hold."""
    seconds = seconds_of(shots)
    length = f"all {seconds} s of them" if seconds == duration_s else f"in {duration_s} s, since duration says so"
    text = " ".join(text.split())
    shown = "".join(filter(str.isprintable, text[:_TEXT_CHARS_SHOWN])) + ("…" if len(text) > _TEXT_CHARS_SHOWN else "")
    return f"{name} is made as one clip, {length}, from the text: {shown}"
