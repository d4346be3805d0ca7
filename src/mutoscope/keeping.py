"""From what a runner left to the outcome of its request: the files are put away and described where they stood."""

import asyncio
import itertools
import mimetypes
from collections.abc import Set
from pathlib import Path
from typing import Any

import orjson

from mutoscope.deposit import Deposit
from mutoscope.files.names import PLAIN_BYTES, safe_content_type, safe_name
from mutoscope.generation import Artifact, Output
from mutoscope.queue.request import Outcome, State
from mutoscope.room import when_there_is_room


class Keeper:
    """
    Puts away what one attempt made.

    Args:
        deposit: of the attempt.
        stopping: ends the wait for room.
    """

    def __init__(self, deposit: Deposit, stopping: asyncio.Event) -> None:
        self._deposit = deposit
        self._stopping = stopping

    async def clip(self, artifact: Artifact, duration_s: float, elapsed_s: float) -> Outcome:
        """Store the clip and what lies beside it, and describe them."""
        video = await self._file(artifact.path, "output.mp4", artifact.content_type) | {
            "width": artifact.width_px,
            "height": artifact.height_px,
            "fps": artifact.fps,
            "num_frames": artifact.num_frames,
            "duration": round(artifact.duration_s, 6),
        }
        extras = {
            extra.name: await self._file(extra.path, extra.path.name, extra.content_type) for extra in artifact.extras
        }
        body = {"video": video, **extras, "seed": artifact.seed, "engine": artifact.engine, "preview": artifact.preview}
        if artifact.manifest:
            body["manifest"] = artifact.manifest
        return self._success(body, duration_s, elapsed_s)

    async def output(self, output: Output, elapsed_s: float) -> Outcome:
        """Store the files that a function returned, each once, and describe them where they stood."""
        entries: dict[Path, dict[str, Any]] = {}
        for path in dict.fromkeys(file.path for file in output.files):
            content_type = safe_content_type(mimetypes.guess_type(path.name)[0] or PLAIN_BYTES)
            # Files of different folders may have one name; in the store they lie side by side.
            taken = {entry["file_name"] for entry in entries.values()}
            name = _unlike(taken, safe_name(path.name, content_type))
            entries[path] = await self._file(path, name, content_type)
        return self._success(output.body_with(entries), output.billable_units, elapsed_s)

    def _success(self, body: dict[str, Any], billable_units: float, elapsed_s: float) -> Outcome:
        return Outcome(
            state=State.SUCCEEDED,
            status_code=200,
            body=orjson.dumps(body),
            billable_units=billable_units,
            inference_s=round(elapsed_s, 3),
            output_keys=self._deposit.keys,
        )

    async def _file(self, path: Path, name: str, content_type: str) -> dict[str, Any]:
        """Store one file and describe it as the platform describes files, with a key in place of the URL."""
        size = await when_there_is_room(lambda: self._deposit.put(name, path, content_type), self._stopping)
        key = self._deposit.key_of(name)
        return {"key": key, "content_type": content_type, "file_name": name, "file_size": size}


def _unlike(taken: Set[str], name: str) -> str:
    """`name`, with a number before its ending where it is taken."""
    stem, dot, ending = name.rpartition(".")
    numbered = (f"{stem}-{number}{dot}{ending}" for number in itertools.count(2))
    return next(each for each in itertools.chain((name,), numbered) if each not in taken)
