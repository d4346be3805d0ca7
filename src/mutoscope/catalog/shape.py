"""The shape of what an endpoint takes and gives: its fields, what their files have to be, and rules over several."""

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["string", "enum", "float", "integer", "boolean", "list", "object"]
Role = Literal[
    "prompt",
    "negative_prompt",
    "cfg_scale",
    "duration",
    "aspect_ratio",
    "resolution",
    "seed",
    "storyboard",
    "first_frame",
    "middle_frames",
    "last_frame",
    "static_mask",
    "dynamic_masks",
    "camera_preset",
    "camera_axis",
]
"""What the binding makes of a field, whatever the wire calls it."""

MediaKind = Literal["image", "video", "audio", "file"]
"""`file` is anything: what an application asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """What the file behind a URL has to be; held in the strict profile alone. None where nothing is said."""

    formats: tuple[str, ...] = ()
    """Endings without the dot: `jpg`, `jpeg`, `mp4`."""
    mb_max: float | None = None
    """Of 2**20 bytes."""
    side_px_min: int | None = None
    side_px_max: int | None = None
    aspect_max: float | None = None
    """Longer side over shorter side."""
    seconds_min: float | None = None
    seconds_max: float | None = None
    fps_min: float | None = None
    fps_max: float | None = None
    is_stated: bool = False
    """Whether the platform's own page says so; else only the maker of the model does."""

    @property
    def bytes_max(self) -> int | None:
        """The largest file."""
        return None if self.mb_max is None else int(self.mb_max * 2**20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One input or output field, with the words of the published page."""

    name: str
    type: str
    """As printed: `string`, `DurationEnum`, `list<DynamicMask>`, `File`."""
    kind: Kind
    required: bool = False
    default: Any = None
    """None where absent means nothing rather than a value."""
    description: str = ""
    """As printed, without the sentence on the default."""
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    chars_max: int | None = None
    items_min: int | None = None
    items_max: int | None = None
    fields: tuple["Field", ...] = ()
    """Of the object, or of each object of the list."""
    media: MediaKind | None = None
    """What the URL, or each URL of the list, leads to; None where the value is no URL."""
    media_limits: MediaLimits | None = None
    role: Role | None = None
    aliases: tuple[str, ...] = ()
    """Other names taken in the lenient profile."""
    unit: Literal["s"] | None = None
    """An enum of seconds is also taken as 5, 5.0 and `5s` in the lenient profile."""
    ignored: str = ""
    """Why the value has no effect on the video; empty where it has one. Such a field plays no role."""
    hidden: bool = False
    """Accepted, and not in the published schema."""
    extension: bool = False
    """Ours, not the platform's; never in the published schema."""

    @property
    def is_printed(self) -> bool:
        """Whether the published page has it."""
        return not (self.hidden or self.extension)

    @property
    def printed_description(self) -> str:
        """The description as the page prints it, default included; may be empty."""
        if self.default is None:
            return self.description
        shown = f'"{self.default}"' if isinstance(self.default, str) else _number(self.default)
        return f"{self.description} Default value: `{shown}`".lstrip()

    @property
    def printed_bounds(self) -> str:
        """`Possible values: …` or `Range: …` as the page prints it; empty without either."""
        if self.enum:
            return "Possible values: " + ", ".join(f"`{value}`" for value in self.enum)
        if self.minimum is not None and self.maximum is not None:
            return f"Range: `{_number(self.minimum)}` to `{_number(self.maximum)}`"
        return ""

    @property
    def limitation(self) -> str:
        """The field's line under the page's Limitations; empty without bounds."""
        if self.enum:
            return f"`{self.name}` restricted to: " + ", ".join(f"`{value}`" for value in self.enum)
        if self.minimum is not None and self.maximum is not None:
            return f"`{self.name}` range: {_number(self.minimum)} to {_number(self.maximum)}"
        return ""


RuleKind = Literal[
    "mutually_exclusive",
    "at_least_one",
    "exactly_one",
    "requires_value",
    "sum_max",
    "sum_equals",
    "count_sum_max",
    "count_where_max",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A limit over several fields, or over what a list holds. `rules.py` has what each kind asks for."""

    kind: RuleKind
    fields: tuple[str, ...]
    """Names; what is in the objects of a list as `multi_prompt[].duration`."""
    of: str | None = None
    """The field that has to have `value`, or to be the sum."""
    value: str | bool | int | None = None
    """What `of` has to be, or the bound on a sum or a count."""
    when: str | None = None
    """A name as in `fields`: the rule holds only where it is given."""
    is_strict: bool = False
    """Held only in the strict profile."""


def _number(value: float) -> str:
    return f"{value:g}"
