"""What a TOML family may say: every table and its keys, checked as strictly as a request."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from mutoscope.catalog.shape import MediaKind, Role, RuleKind

Bound = int | float | str
"""A number, or the name of one in limits.py."""
Audio = bool | Literal["optional"]


class Table(BaseModel):
    """A table; a key that it does not know stops the start-up."""

    # Deferred: most tables are built only as parts of another one.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class FieldTable(Table):
    """One field, without its name."""

    type: str
    required: bool = False
    default: Any = None
    description: str = ""
    enum: tuple[str, ...] | str = ()
    """Values, or the name of a list in `lists/`."""
    minimum: Bound | None = None
    maximum: Bound | None = None
    chars_max: Bound | None = None
    items_min: Bound | None = None
    items_max: Bound | None = None
    media: MediaKind | None = None
    media_limits: str | None = None
    """Name of a table under `media_limits`."""
    role: Role | None = None
    aliases: tuple[str, ...] = ()
    unit: Literal["s"] | None = None
    ignored: str = ""
    extension: bool = False


class MediaLimitsTable(Table):
    """What a file has to be; see `shape.MediaLimits`."""

    formats: tuple[str, ...] = ()
    mb_max: float | None = None
    side_px_min: int | None = None
    side_px_max: int | None = None
    aspect_max: float | None = None
    seconds_min: float | None = None
    seconds_max: float | None = None
    fps_min: float | None = None
    fps_max: float | None = None
    is_stated: bool = False


class TierTable(Table):
    """A size class."""

    resolution: str
    area_px: int
    sizes: dict[str, tuple[int, int]]


class RuleTable(Table):
    """A limit over several fields; see `shape.Rule`."""

    kind: RuleKind
    fields: tuple[str, ...]
    of: str | None = None
    value: bool | int | str | None = None
    when: str | None = None
    profile: Literal["both", "strict"] = "both"
    tasks: tuple[str, ...] = ()
    """Only for endpoints of these tasks; default: for all."""


class EndpointTable(Table):
    """One endpoint of a page."""

    task: str
    path: str | None = None
    """Default: version/tier/tail; may hold `{tier}`."""
    tail: str | None = None
    """Last part of the default path; default: the task."""
    tab: str | None = None
    """Default: the task in words."""
    fps: int | None = None
    """Default: the family's; 0 where nobody has said."""
    frames_beyond: int | None = None
    """Default: the family's."""
    is_sized: bool = True
    """False where the tier does not say how large the clip is."""
    audio: Audio | None = None
    """Whether the platform's clip has sound; default: the family's."""
    resolutions: dict[str, str] = {}
    """Size class of each value of the field that names the resolution; default: the family's."""
    fields: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    changes: dict[str, dict[str, Any]] = {}
    """Keys of a field that differ here, by field; those in the list `without` it does not have."""
    examples: dict[str, Any] = {}
    """Values of the input example; default: the task's. A field with a default needs none, nor does a required one."""
    output: tuple[str, ...] = ()
    """Default: a clip, with all that this server says of it."""
    output_example: dict[str, Any] = {}
    """Default: that of each required output field."""


class PageTable(Table):
    """A page of the documentation, which may hold several endpoints."""

    name: str
    """May hold `{tier}`, as `summary` may."""
    summary: str
    app: str | None = None
    """Default: the family's."""
    version: str | None = None
    """Default: the family's."""
    tier: str = ""
    tiers: tuple[str, ...] = ()
    """In place of `tier`: the page once for each."""
    served_by: Literal["local", "upstream"] = "local"
    related: tuple[tuple[str, str, str], ...] = ()
    endpoints: tuple[EndpointTable, ...]


class Definitions(Table):
    """What endpoints name."""

    fields: dict[str, dict[str, Any]] = {}
    types: dict[str, dict[str, dict[str, Any]]] = {}
    tiers: dict[str, TierTable] = {}
    media_limits: dict[str, MediaLimitsTable] = {}


class CommonTable(Definitions):
    """What families share of input fields: `common.toml`."""

    extensions: dict[str, dict[str, Any]]
    ignored: dict[str, dict[str, str]]
    """Why a key has no effect, by task and key."""
    examples: dict[str, Any]
    """Of input fields, by name."""
    task_examples: dict[str, dict[str, Any]]
    """Beside those, by task."""


class ObjectsTable(Table):
    """What families share of objects and of answers: `objects.toml`."""

    types: dict[str, dict[str, dict[str, Any]]]
    output: dict[str, dict[str, Any]]
    other_output: dict[str, dict[str, Any]]
    """Output fields of endpoints that make no clip, or more than one."""
    output_examples: dict[str, Any]


class FamilyTable(Definitions):
    """A file of endpoints that share a version."""

    app: str
    version: str
    model: str
    fps: int = 0
    frames_beyond: int = 0
    audio: Audio = False
    bare_tier: str | None = None
    """The tier that ids do not name."""
    changes: dict[str, dict[str, Any]] = {}
    """Keys of a shared field that differ in this family, as `changes` of an endpoint."""
    resolutions: dict[str, str] = {}
    """Of endpoints that have a field for it."""
    rules: tuple[RuleTable, ...] = ()
    pages: tuple[PageTable, ...]


class PricesTable(Table):
    """What the platform charges: `prices.toml`."""

    prices: tuple["PriceTable", ...]


class PriceTable(Table):
    """One price and the endpoints that have it; see `price.Price`."""

    endpoints: tuple[str, ...]
    unit: str
    unit_price: float | None = None
    as_of: str = ""
    note: str = ""
    tiers: tuple["PriceTierTable", ...] = ()
    base_price: float = 0.0
    base_units: int = 0


class PriceTierTable(Table):
    """A price that holds for some values of arguments."""

    when: dict[str, bool | str]
    unit_price: float
