"""What can be called: an endpoint, as plain data read from the TOML families."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from mutoscope.catalog import storyboard
from mutoscope.catalog.price import UNKNOWN_PRICE, Price
from mutoscope.catalog.shape import Field, Role, Rule
from mutoscope.errors import FeatureNotSupported
from mutoscope.generation import Shot

AUTO_ASPECT = "auto"
OTHERWISE_ASPECT = "16:9"
"""What `auto` comes to without a picture."""
_DURATION_S = 5
"""Of endpoints that have no such field."""
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


@dataclass(frozen=True, slots=True)
class FrameSizes:
    """How large frames are, of one size class."""

    area_px: int
    """Pixels of a frame that has the picture's own aspect."""
    sizes: Mapping[str, tuple[int, int]]
    """(width, height) by aspect ratio, where that is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nominal:
    """What a client of the platform expects of the clip; None where nobody has said."""

    resolution: str | None
    """Its class, `720p` or `2160p`; several as `720p or 1080p`."""
    fps: int | None
    audio: bool | Literal["optional"]


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
    """`local`: the engine of the settings; `upstream`: another server; `application`: a function of the operator."""

    fields: tuple[Field, ...]
    """Input, in the page's order; hidden ones and extensions last."""
    output_fields: tuple[Field, ...]
    rules: tuple[Rule, ...] = ()

    fps: int
    frames_beyond: int
    """A clip of n seconds has `fps` · n + this many frames. Both are 0 where nobody has said, and nothing is made."""
    area_px: int
    """Pixels of a frame that has the picture's own aspect, with nothing but defaults."""
    sizes: Mapping[str, tuple[int, int]]
    """(width, height) by aspect ratio, where that is asked for, with nothing but defaults."""
    resolutions: Mapping[str, FrameSizes] = field(default_factory=dict)
    """Of each value of the field that names the resolution; empty where there is none."""
    nominal: Nominal

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

    price: Price = UNKNOWN_PRICE

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
        required |= {rule.fields[0] for rule in self.rules if rule.kind in ("at_least_one", "exactly_one")}
        return {name: value for name, value in self.input_example.items() if name in required}

    def field_of(self, role: Role) -> Field | None:
        """The field that plays `role` here."""
        return next((each for each in self.fields if each.role == role), None)

    def num_frames(self, duration_s: int) -> int:
        """Frames of a clip of `duration_s` nominal seconds."""
        return self.fps * duration_s + self.frames_beyond

    def unit_price(self, values: Mapping[str, Any]) -> float | None:
        """The platform's price of one `price.unit` with validated arguments; None where nobody has said."""
        return self.price.unit_price_for(values)

    def require_served(self) -> None:
        """
        Refuse a call that nothing here can carry out.

        Raises:
            FeatureNotSupported: only another server makes this.
        """
        if self.served_by == "upstream":
            raise FeatureNotSupported(
                f"{self.id} needs an upstream: no engine of this server makes {self.task}, so another server would have"
                " to. The arguments are good, but this version cannot call an upstream yet, and there is none to add;"
                " call the platform itself for it, or an endpoint that is served here"
            )

    def frames_of(self, values: Mapping[str, Any]) -> FrameSizes:
        """How large the frames are with validated arguments."""
        named = self.field_of("resolution")
        chosen = self.resolutions.get(values.get(named.name, "")) if named else None
        return chosen or FrameSizes(self.area_px, self.sizes)

    def duration_s(self, values: Mapping[str, Any]) -> int:
        """Nominal seconds of the clip with validated arguments: as asked for, or the sum of the shots."""
        seconds = storyboard.seconds_of(self._shots(values)) if self._lasts_as_shots else 0
        named = self.field_of("duration")
        return seconds or int(values.get(named.name, _DURATION_S) if named else _DURATION_S)

    def prompt(self, values: Mapping[str, Any]) -> str:
        """What the clip shows with validated arguments; the shots of a storyboard follow each other in time."""
        said = self.field_of("prompt")
        return storyboard.text_of(values.get(said.name, "") if said else "", self._shots(values))

    def shots(self, values: Mapping[str, Any]) -> tuple[Shot, ...]:
        """The times of the shots that `prompt` tells of."""
        said = self.field_of("prompt")
        return storyboard.times_of(values.get(said.name, "") if said else "", self._shots(values))

    def notes_on(self, values: Mapping[str, Any]) -> list[str]:
        """Lines for the request's log: what validated values ask for in vain, and how others are read."""
        notes = [
            f"{each.name} is ignored: {each.ignored}"
            for each in self.fields
            if each.ignored and _asks(values.get(each.name), each.default)
        ]
        return notes + self._notes_on_shots(values) + self._notes_on_aspect(values)

    def _notes_on_shots(self, values: Mapping[str, Any]) -> list[str]:
        board, shots = self.field_of("storyboard"), self._shots(values)
        if board is None or not shots:
            return []
        return [storyboard.note_on(board.name, shots, self.prompt(values), self.duration_s(values))]

    def _notes_on_aspect(self, values: Mapping[str, Any]) -> list[str]:
        named = self.field_of("aspect_ratio")
        if named is None or values.get(named.name) != AUTO_ASPECT:
            return []
        return [f"{named.name} {AUTO_ASPECT} is {OTHERWISE_ASPECT}: there is no picture to take it from"]

    def _shots(self, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        named = self.field_of("storyboard")
        shots: list[dict[str, Any]] = values.get(named.name, []) if named else []
        return shots

    @property
    def _lasts_as_shots(self) -> bool:
        return any(rule.kind == "sum_equals" for rule in self.rules)

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
