"""From validated arguments to the job an engine gets: pure, no disk and no network."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from mutoscope.catalog.endpoint import AUTO_ASPECT, OTHERWISE_ASPECT, Arguments, Endpoint
from mutoscope.catalog.shape import Field, MediaKind, MediaLimits, Role
from mutoscope.errors import Loc
from mutoscope.generation import (
    CameraControl,
    DynamicMask,
    GenerationJob,
    InputFile,
    PictureLimits,
    Task,
    TrajectoryOrigin,
)

_CFG_SCALE = 0.5
"""For endpoints that have no such field."""


@dataclass(frozen=True, slots=True)
class MediaInput:
    """A URL in the arguments that has to become a local file before the engine starts."""

    loc: Loc
    """Where the caller wrote it, so that an error about the file points there."""
    url: str
    kind: MediaKind = "image"
    limits: MediaLimits | None = None
    """What the file has to be beyond what this server asks of every file; None in the lenient profile."""


def inputs_of(endpoint: Endpoint, arguments: Arguments, *, strict: bool = False) -> list[MediaInput]:
    """Everything to fetch, in field order; the same URL twice is two inputs."""
    return [
        MediaInput(_loc(arguments, path), url, leaf.media or "image", leaf.media_limits if strict else None)
        for path, url, leaf in _walk(endpoint.fields, arguments.values)
    ]


def bind(
    endpoint: Endpoint,
    arguments: Arguments,
    *,
    files: Mapping[Loc, Path],
    request_id: str,
    attempt: int,
    scratch: Path,
    seed: int,
    trajectory_origin: TrajectoryOrigin = "bottom-left",
    strict: bool = False,
) -> GenerationJob:
    """
    The job of one attempt.

    Args:
        files: local file of every input of `inputs_of`, by its loc.
        scratch: an empty folder of this attempt.
        seed: used where the caller gave none.
        trajectory_origin: the corner that the points of the motion brush are counted from.
        strict: the pictures have to be what the published limits say.
    """
    words = _Words(endpoint, arguments, files, strict=strict)
    duration_s = endpoint.duration_s(arguments.values)
    frames = endpoint.frames_of(arguments.values)
    aspect_ratio = words.value("aspect_ratio", "")
    if aspect_ratio == AUTO_ASPECT:
        aspect_ratio = OTHERWISE_ASPECT
    width_px, height_px = frames.sizes.get(aspect_ratio, (None, None))
    return GenerationJob(
        request_id=request_id,
        attempt=attempt,
        endpoint_id=endpoint.id,
        task=cast(Task, endpoint.task),
        scratch=scratch,
        prompt=endpoint.prompt(arguments.values),
        shots=endpoint.shots(arguments.values),
        negative_prompt=words.value("negative_prompt", ""),
        cfg_scale=words.value("cfg_scale", _CFG_SCALE),
        seed=words.value("seed", seed),
        duration_s=duration_s,
        fps=endpoint.fps,
        num_frames=endpoint.num_frames(duration_s),
        area_px=frames.area_px,
        width_px=width_px,
        height_px=height_px,
        first_frame=words.file("first_frame"),
        middle_frames=words.files("middle_frames"),
        last_frame=words.file("last_frame"),
        static_mask=words.file("static_mask"),
        dynamic_masks=words.dynamic_masks(),
        trajectory_origin=trajectory_origin,
        camera_control=words.camera_control(),
        arguments=dict(arguments.values),
    )


class _Words:
    """The arguments by what they mean, whatever this endpoint calls them."""

    def __init__(self, endpoint: Endpoint, arguments: Arguments, files: Mapping[Loc, Path], *, strict: bool) -> None:
        self._names: dict[Role | None, str] = {each.role: each.name for each in endpoint.fields}
        self._arguments = arguments
        self._files = files
        limits = {each.loc: each.limits for each in inputs_of(endpoint, arguments, strict=True)} if strict else {}
        self._limits = {loc: _picture_limits(each) for loc, each in limits.items() if each is not None}

    def value(self, role: Role, otherwise: Any) -> Any:
        """The value in this role, or `otherwise` where there is no such field or nothing was given."""
        return self._arguments.values.get(self._names.get(role, ""), otherwise)

    def file(self, role: Role) -> InputFile | None:
        """The fetched file in this role."""
        name = self._names.get(role)
        return self._file((name,)) if name in self._arguments.values and name is not None else None

    def files(self, role: Role) -> tuple[InputFile, ...]:
        """The fetched files of the list in this role."""
        name = self._names.get(role, "")
        return tuple(self._file((name, index)) for index in range(len(self._arguments.values.get(name, ()))))

    def dynamic_masks(self) -> tuple[DynamicMask, ...]:
        """The strokes of the motion brush, in the caller's order."""
        name = self._names.get("dynamic_masks", "")
        return tuple(
            DynamicMask(
                self._file((name, index, "mask_url")),
                tuple((point["x"], point["y"]) for point in mask.get("trajectories", ())),
            )
            for index, mask in enumerate(self._arguments.values.get(name, ()))
        )

    def camera_control(self) -> CameraControl | None:
        """The camera move asked for by value; validation lets only one of the two fields through."""
        preset, axis = self.value("camera_preset", None), self.value("camera_axis", None)
        if axis is not None:
            return CameraControl(axis=axis["movement_type"], value=axis["movement_value"])
        return CameraControl(preset=preset) if preset is not None else None

    def _file(self, path: Loc) -> InputFile:
        loc = _loc(self._arguments, path)
        return InputFile(self._files[loc], loc, self._limits.get(loc))


def _picture_limits(limits: MediaLimits) -> PictureLimits:
    return PictureLimits(side_px_min=limits.side_px_min, aspect_max=limits.aspect_max)


def _loc(arguments: Arguments, path: Loc) -> Loc:
    """The place of a value in the body, under the name the caller used."""
    name = str(path[0])
    return ("body", arguments.sent_as.get(name, name), *path[1:])


def _walk(fields: tuple[Field, ...], values: Mapping[str, Any]) -> Iterator[tuple[Loc, str, Field]]:
    """(path below the body, URL, field) of every media URL in validated values, in field order."""
    for each in fields:
        value = values.get(each.name)
        if value is None or each.ignored:
            continue
        if each.media and each.kind == "list":
            for index, url in enumerate(value):
                yield (each.name, index), url, each
        elif each.media:
            yield (each.name,), value, each
        elif each.fields:
            prefixes: list[tuple[Loc, Any]] = (
                [((each.name, index), item) for index, item in enumerate(value)]
                if each.kind == "list"
                else [((each.name,), value)]
            )
            for prefix, item in prefixes:
                for path, url, leaf in _walk(each.fields, item):
                    yield (*prefix, *path), url, leaf
