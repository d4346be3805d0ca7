"""What can be called: an endpoint, its fields and its rules, as plain data read from the TOML families."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

Kind = Literal["string", "enum", "float", "integer", "boolean", "list", "object"]
Role = Literal[
    "prompt",
    "negative_prompt",
    "cfg_scale",
    "duration",
    "aspect_ratio",
    "seed",
    "first_frame",
    "last_frame",
    "static_mask",
    "dynamic_masks",
    "camera_preset",
    "camera_axis",
]
"""What the binding makes of a field, whatever the wire calls it."""

_NAMESPACES = frozenset({"workflows", "comfy"})


@dataclass(frozen=True, slots=True)
class EndpointId:
    """`owner/alias/path`; the first two segments name the application, the rest the path inside it."""

    owner: str
    alias: str
    path: str = ""
    namespace: str = ""
    """`workflows` or `comfy`, where the id starts with it."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """
        Split an id as the official clients do.

        Raises:
            ValueError: fewer than two segments, or an empty one.
        """
        segments = text.split("/")
        namespace = segments.pop(0) if segments[0] in _NAMESPACES else ""
        if len(segments) < 2 or not all(segments):
            raise ValueError(f"{text!r} is not an endpoint id; it has the form owner/app/path")
        return cls(segments[0], segments[1], "/".join(segments[2:]), namespace)

    @property
    def app_id(self) -> str:
        """`owner/alias`: all that status, result and cancel URLs carry."""
        return "/".join(filter(None, (self.namespace, self.owner, self.alias)))

    def __str__(self) -> str:
        return f"{self.app_id}/{self.path}" if self.path else self.app_id


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
    media: Literal["image"] | None = None
    """What the URL leads to; None where the value is no URL."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A limit over several fields."""

    kind: Literal["mutually_exclusive", "at_least_one", "requires_value"]
    fields: tuple[str, ...]
    """Of which at most, or at least, one may be given; or any of which needs `of` to be `value`."""
    of: str | None = None
    value: str | None = None
    is_strict: bool = False
    """Held only in the strict profile."""


@dataclass(frozen=True, slots=True)
class Related:
    """A link under the page's Related."""

    title: str
    href: str
    category: str


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the caller sent, once validated."""

    values: dict[str, Any]
    """By the endpoint's own names, in field order, defaults filled; what was not given and has no default is absent."""
    notes: tuple[str, ...] = ()
    """Lines for the request's log: ignored keys, other names taken, values read as another type."""
    sent_as: Mapping[str, str] = field(default_factory=dict)
    """Name the caller used, for each field that came under an alias; errors about it point there."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Endpoint:
    """One callable endpoint. Made by `load_catalog`, never changed."""

    id: str
    app_id: str
    """`owner/alias`."""
    version: str
    tier: str
    task: str
    model: str
    """The vendor's name of the model: `kling-v2-5-turbo`."""
    served_by: Literal["local", "upstream", "application"] = "local"
    """`local`: the engine of the settings; `upstream`: only another server; `application`: a function of the operator."""

    fields: tuple[Field, ...]
    """Input, in the page's order; hidden ones and extensions last."""
    output_fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()

    fps: int
    frames_beyond: int
    """A clip of n seconds has `fps` · n + this many frames."""
    area_px: int
    """Pixels of a frame that has the picture's own aspect."""
    sizes: Mapping[str, tuple[int, int]]
    """(width, height) by aspect ratio, where that is asked for."""

    title: str
    """Of the page, which may hold several endpoints: `Kling Video V2.5 Turbo Pro API`."""
    description: str
    """Of the page."""
    tab: str
    """This endpoint's tab on the page: `Image To Video`."""
    limitations: tuple[str, ...]
    """Of the page, in Markdown without the bullet."""
    related: tuple[Related, ...]
    input_example: Mapping[str, Any]
    output_example: Mapping[str, Any]

    lenient: Callable[[object], Arguments] = field(repr=False)
    strict: Callable[[object], Arguments] = field(repr=False)

    @property
    def printed_fields(self) -> tuple[Field, ...]:
        """Input fields of the published page."""
        return tuple(each for each in self.fields if each.is_printed)

    @property
    def required_example(self) -> dict[str, Any]:
        """The input example with nothing but required fields, as quick starts show it."""
        required = {each.name for each in self.fields if each.required}
        required |= {rule.fields[0] for rule in self.rules if rule.kind == "at_least_one"}
        return {name: value for name, value in self.input_example.items() if name in required}

    def field_of(self, role: Role) -> Field | None:
        """The field that plays `role` here."""
        return next((each for each in self.fields if each.role == role), None)

    def num_frames(self, duration_s: int) -> int:
        """Frames of a clip of `duration_s` nominal seconds."""
        return self.fps * duration_s + self.frames_beyond

    def notes_on_ignored(self, values: Mapping[str, Any]) -> list[str]:
        """Lines for the request's log: what validated values ask for and the video does not show."""
        return [
            f"{each.name} is ignored: {each.ignored}"
            for each in self.fields
            if each.ignored and _asks(values.get(each.name), each.default)
        ]

    def parse(self, body: object, *, strict: bool) -> Arguments:
        """
        Validate a decoded JSON body.

        Args:
            strict: hold it against the published schema alone; else be as kind as cannot be misunderstood.

        Raises:
            ArgumentsInvalid: with every problem at once, in field order, in pydantic's own words.
        """
        return self.strict(body) if strict else self.lenient(body)


def _asks(value: Any, default: Any) -> bool:
    """Whether a value of an ignored field asks for something; of defaults only a switch that is on does."""
    return value is True or value not in (None, False, default)


def _number(value: float) -> str:
    return f"{value:g}"
