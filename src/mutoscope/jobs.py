"""From a claimed request to the job of its engine: parse the arguments, fetch what they point at, bind."""

import zlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

from mutoscope.catalog.application import bind_call
from mutoscope.catalog.binding import MediaInput, bind, inputs_of
from mutoscope.catalog.body import parse_body
from mutoscope.catalog.load import Catalog
from mutoscope.errors import FeatureNotSupported, Loc, disk_error
from mutoscope.files.base import FileReader
from mutoscope.generation import Job, TrajectoryOrigin
from mutoscope.limits import ECHOED_INPUT_CHARS_MAX
from mutoscope.media.fetch import fetch_input
from mutoscope.outbound import Outbound
from mutoscope.queue.request import Claim
from mutoscope.room import when_there_is_room
from mutoscope.settings import Settings

Note = Callable[[str], None]
"""Takes a line for the request's log."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A job, with its inputs in the scratch folder."""

    job: Job
    urls: dict[Loc, str]
    """What each input was fetched from, as far as an error repeats it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMaker:
    """What every job is made with."""

    settings: Settings
    catalog: Catalog
    outbound: Outbound
    own_file: Callable[[str, str], Awaitable[FileReader | None]]
    """Opens an input URL that is one of our own file URLs for an account; None for any other."""

    async def make(self, claim: Claim, scratch: Path, note: Note) -> Prepared:
        """
        The job of a claim.

        Args:
            scratch: folder of the attempt; it is made here.

        Raises:
            FeatureNotSupported: its endpoint has gone since.
            ArgumentsInvalid: the arguments are not what its endpoint takes any more.
            InputInvalid: what an argument points at cannot be had, or is not what it has to be.
        """
        endpoint = self.catalog.get(claim.endpoint_id)
        if endpoint is None:
            raise FeatureNotSupported(f"endpoint {claim.endpoint_id} is not in the catalog any more")
        strict = self.settings.strict
        arguments = endpoint.parse(parse_body(claim.arguments), strict=strict)
        # Pictures inside the arguments are megabytes each, and nobody asks for the text again.
        claim = replace(claim, arguments=b"")
        for line in (*arguments.notes, *endpoint.notes_on(arguments.values)):
            note(line)
        inputs = inputs_of(endpoint, arguments, strict=strict)
        urls = {media.loc: media.url[: ECHOED_INPUT_CHARS_MAX + 1] for media in inputs}
        files = await self._fetch(inputs, claim.account_id, scratch)
        if endpoint.served_by == "application":
            call = bind_call(
                endpoint,
                arguments,
                files=files,
                request_id=claim.request_id,
                attempt=claim.attempt,
                scratch=scratch,
            )
            return Prepared(call, urls)
        job = bind(
            endpoint,
            arguments,
            files=files,
            request_id=claim.request_id,
            attempt=claim.attempt,
            scratch=scratch,
            # Random to the caller, the same for every attempt of this request.
            seed=zlib.crc32(claim.request_id.encode()),
            trajectory_origin=cast(TrajectoryOrigin, self.settings.trajectory_origin),
            strict=strict,
        )
        return Prepared(job, urls)

    async def _fetch(self, inputs: Sequence[MediaInput], account_id: str, scratch: Path) -> dict[Loc, Path]:
        """Bring the inputs into the scratch folder."""
        await when_there_is_room(partial(_make_folder, scratch))
        files: dict[Loc, Path] = {}
        for number, media in enumerate(inputs):
            fetch = partial(
                fetch_input,
                media.url,
                media.loc,
                scratch / f"input-{number}",
                outbound=self.outbound,
                own_file=lambda url: self.own_file(url, account_id),
                bytes_max=self.settings.input_bytes_max,
                timeout_s=self.settings.input_timeout_s,
                formats=media.limits.formats if media.limits else (),
                field_bytes_max=media.limits.bytes_max if media.limits else None,
                is_picture=media.kind == "image",
            )
            files[media.loc] = await when_there_is_room(fetch)
        return files


async def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)  # noqa: ASYNC240 - in a thread it could outlive a cancel, and the folder its attempt
    except OSError as error:
        raise disk_error("the scratch folder", error) from error
