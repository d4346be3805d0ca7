"""The nouns that cross the wall between server and engine: what to make, how far it is, what was made."""

import copy
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from mutoscope.errors import Loc

Task = Literal["image-to-video", "text-to-video"]
TrajectoryOrigin = Literal["bottom-left", "top-left"]
"""The corner that the points of a trajectory are counted from: with the first one y grows upwards."""
LogLevel = Literal["DEBUG", "INFO", "WARN", "ERROR", "STDOUT"]
"""The words of the wire; `STDOUT` is what a function prints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureLimits:
    """What a picture has to be beyond what this server needs; None where nothing is asked."""

    side_px_min: int | None = None
    aspect_max: float | None = None
    """Longer side over shorter side."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """A fetched input: a local file and the place in the arguments it came from."""

    path: Path
    loc: Loc
    """Where an error about it points: `("body", "image_url")`."""
    limits: PictureLimits | None = None
    """Of the strict profile."""


@dataclass(frozen=True, slots=True)
class DynamicMask:
    """One stroke of the motion brush: what moves, and along which points."""

    mask: InputFile
    trajectory: tuple[tuple[int, int], ...]
    """(x, y) in pixels of the first frame as it was sent; the job says from which corner."""


@dataclass(frozen=True, slots=True)
class CameraControl:
    """A camera move asked for by value rather than by words."""

    preset: str | None = None
    """`down_back`, `forward_up`, `right_turn_forward` or `left_turn_forward`."""
    axis: str | None = None
    """`horizontal`, `vertical`, `pan`, `tilt`, `roll` or `zoom`."""
    value: float = 0.0
    """−10 to 10 along `axis`."""


@dataclass(frozen=True, slots=True)
class Shot:
    """One part of a storyboard: where the prompt tells of it, and when it is."""

    at: int
    """Characters of the prompt before its words."""
    start: float
    """Share of the clip that has gone when it begins."""
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationJob:
    """Resolved work: local files and numbers, no URLs. The same job gives the same clip."""

    request_id: str
    attempt: int
    endpoint_id: str
    task: Task
    scratch: Path
    """An empty folder of this attempt; everything the engine leaves lies in it."""

    prompt: str
    shots: tuple[Shot, ...] = ()
    """Parts of `prompt` that have times of their own, in order; what stands before the first is there all the time."""
    negative_prompt: str
    cfg_scale: float
    """0 (free) to 1 (strict): the wire's number."""
    seed: int

    duration_s: int
    """Nominal seconds, what is billed; the clip has `num_frames` frames."""
    fps: int
    num_frames: int
    area_px: int
    """Pixels of a frame when its aspect comes from the first frame (each side rounded down to even)."""
    width_px: int | None
    height_px: int | None
    """Fixed frame size, where the arguments decide it (text-to-video); None when the first frame does."""

    first_frame: InputFile | None = None
    middle_frames: tuple[InputFile, ...] = ()
    """Pictures that the clip comes by on its way, in order."""
    last_frame: InputFile | None = None
    static_mask: InputFile | None = None
    dynamic_masks: tuple[DynamicMask, ...] = ()
    trajectory_origin: TrajectoryOrigin = "bottom-left"
    camera_control: CameraControl | None = None

    arguments: dict[str, Any] = field(default_factory=dict)
    """The validated arguments, for engines that forward them; they stay on the server's side of the wall."""

    @property
    def stops(self) -> tuple[InputFile, ...]:
        """The pictures that the clip gets to after its first frame; it ends on the last of them."""
        return self.middle_frames if self.last_frame is None else (*self.middle_frames, self.last_frame)

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> "GenerationJob":
        """The job from the JSON types that cross the wall."""
        values = dict(wire)
        values["scratch"] = Path(values["scratch"])
        for name in ("first_frame", "last_frame", "static_mask"):
            values[name] = _input_file(values[name])
        values["middle_frames"] = tuple(_require(_input_file(each)) for each in values["middle_frames"])
        values["dynamic_masks"] = tuple(
            DynamicMask(_require(_input_file(mask["mask"])), tuple((x, y) for x, y in mask["trajectory"]))
            for mask in values["dynamic_masks"]
        )
        values["shots"] = tuple(Shot(**shot) for shot in values["shots"])
        if values["camera_control"] is not None:
            values["camera_control"] = CameraControl(**values["camera_control"])
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionJob:
    """A call of an operator's function: its arguments, and its inputs as local files."""

    request_id: str
    attempt: int
    endpoint_id: str
    scratch: Path
    """A folder of this attempt, with its inputs; every file that the function returns lies in it."""
    arguments: dict[str, Any]
    """Validated, in JSON types; where a file belongs stands its URL, cut short."""
    files: tuple[tuple[Loc, Path], ...] = ()
    """Each fetched input and its place in the arguments: `("pages", 0, "image_url")`."""
    sent_as: dict[str, str] = field(default_factory=dict)
    """Name the caller used, for each field that came under another one."""

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> "FunctionJob":
        """The job from the JSON types that cross the wall."""
        files = tuple((tuple(place), Path(path)) for place, path in wire["files"])
        return cls(**{**wire, "scratch": Path(wire["scratch"]), "files": files})


Job = GenerationJob | FunctionJob
"""What a runner is given."""


def frame_size(image_width_px: int, image_height_px: int, area_px: int) -> tuple[int, int]:
    """
    Size of the frames made from a picture: its aspect, scaled to `area_px`, each side rounded down to even.

    Whole-number arithmetic, so the answer is exact and never over the area.

    Returns:
        (width, height) in pixels, both even and at least 2.
    """
    width_px = math.isqrt(area_px * image_width_px // image_height_px)
    height_px = math.isqrt(area_px * image_height_px // image_width_px)
    return max(2, width_px & ~1), max(2, height_px & ~1)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, from 0 to 1, and what it is doing."""

    fraction: float
    message: str | None = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line for the caller's eyes."""

    message: str
    level: LogLevel = "INFO"
    ts: float = 0.0
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What a function yields on its way, in JSON types."""

    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ExtraFile:
    """A file that an engine left beside the clip: a still picture, say."""

    name: str
    """What the result calls it: `poster`."""
    path: Path
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A finished clip in the scratch folder, described by what the file itself says when opened again."""

    path: Path
    content_type: str = "video/mp4"
    width_px: int
    height_px: int
    fps: float
    num_frames: int
    duration_s: float
    """Exact length of the stream, e.g. 121 / 24."""
    seed: int
    engine: str
    preview: bool
    """True when no generative model made it."""
    metrics: dict[str, float] = field(default_factory=dict)
    extras: tuple[ExtraFile, ...] = ()
    """What was asked for beside the clip; each name once."""
    manifest: dict[str, Any] = field(default_factory=dict)
    """What the file says of its making, in JSON types; empty when it says nothing."""

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> "Artifact":
        """The artifact from the JSON types that cross the wall."""
        extras = tuple(ExtraFile(**{**extra, "path": Path(extra["path"])}) for extra in wire["extras"])
        return cls(**{**wire, "path": Path(wire["path"]), "extras": extras})


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file in the scratch folder that a function returned."""

    place: Loc
    """Where in the output it belongs: `("images", 0)`."""
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a function returned."""

    body: dict[str, Any]
    """In JSON types, with null where a file belongs."""
    files: tuple[OutputFile, ...] = ()
    billable_units: float = 1.0

    def body_with(self, entries: Mapping[Path, Mapping[str, Any]]) -> dict[str, Any]:
        """
        The body with an object for each file in its place.

        A file under the name `url` makes the object around it the file's, with what else the function says there.

        Args:
            entries: what to write, by path.
        """
        whole: dict[str, Any] = {"": copy.deepcopy(self.body)}
        for file in self.files:
            *way, name = ("", *file.place)
            is_url = name == "url"
            if is_url:
                *way, name = way
            inside: Any = whole
            for step in way:
                inside = inside[step]
            beside = {key: value for key, value in inside[name].items() if key != "url"} if is_url else {}
            inside[name] = {**entries[file.path], **beside}
        body: dict[str, Any] = whole[""]
        return body

    @classmethod
    def from_wire(cls, wire: dict[str, Any]) -> "Output":
        """The output from the JSON types that cross the wall."""
        files = tuple(OutputFile(tuple(file["place"]), Path(file["path"])) for file in wire["files"])
        return cls(**{**wire, "files": files})


def _input_file(wire: dict[str, Any] | None) -> InputFile | None:
    if wire is None:
        return None
    limits = None if wire["limits"] is None else PictureLimits(**wire["limits"])
    return InputFile(Path(wire["path"]), tuple(wire["loc"]), limits)


def _require(file: InputFile | None) -> InputFile:
    assert file is not None, "a mask or a middle frame crosses the wall with its file"
    return file
