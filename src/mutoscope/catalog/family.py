"""
One TOML family on its way to endpoints.

The TOML is checked as strictly as a request: an unknown key, a field nobody defined or a default outside its own enum
stops the start-up with the file and the key.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from mutoscope.catalog.common import Common, limits_of
from mutoscope.catalog.endpoint import Endpoint, EndpointId, FrameSizes, Nominal, Related
from mutoscope.catalog.fields import FieldReader, read_table
from mutoscope.catalog.lenient import Translator
from mutoscope.catalog.price import UNKNOWN_PRICE, Price
from mutoscope.catalog.shape import Field, Rule
from mutoscope.catalog.tables import (
    EndpointTable,
    FamilyTable,
    PageTable,
    PricesTable,
    PriceTable,
    RuleTable,
    TierTable,
)
from mutoscope.catalog.validate import LenientParser, Schema, StrictParser

_BOUND_RULES = ("sum_max", "count_sum_max", "count_where_max")


def read_prices(file: Traversable | Path) -> dict[str, Price]:
    """Prices by endpoint id; raises CatalogInvalid."""
    return {each: _price(row) for row in read_table(file, PricesTable).prices for each in row.endpoints}


def read_family(file: Traversable | Path, common: Common, prices: Mapping[str, Price] | None = None) -> list[Endpoint]:
    """The endpoints of one file, in its order; raises CatalogInvalid."""
    return _Family(file.name, read_table(file, FamilyTable), common, prices or {}).endpoints()


def _price(row: PriceTable) -> Price:
    return Price(
        unit=row.unit,
        unit_price=row.unit_price,
        as_of=row.as_of,
        note=row.note,
        tiers=tuple((each.when, each.unit_price) for each in row.tiers),
        base_price=row.base_price,
        base_units=row.base_units,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One endpoint as the file says it, with the names that follow from where it stands."""

    id: str
    tier: str
    page: PageTable
    table: EndpointTable
    fields: tuple[Field, ...]


class _Family(FieldReader):
    """A family's tables and the definitions they name."""

    def __init__(self, file_name: str, table: FamilyTable, common: Common, prices: Mapping[str, Price]) -> None:
        limits = limits_of(table.media_limits)
        super().__init__(file_name, {**common.types, **table.types}, {**common.media_limits, **limits})
        self._table = table
        self._common = common
        self._prices = prices
        self._fields = common.table.fields | table.fields
        for name, changes in table.changes.items():
            if name not in self._fields:
                raise self._wrong(f"changes.{name}", "no file defines this field")
            self._fields[name] = _changed(self._fields[name], changes)
        self._tiers = common.table.tiers | table.tiers
        self._made: dict[str, Field] = {}
        """Fields without changes, which endpoints share."""
        # A field of another family is the same here, unless this one says otherwise of what it names.
        self._is_plain = common.types.keys().isdisjoint(table.types) and common.media_limits.keys().isdisjoint(limits)

    def endpoints(self) -> list[Endpoint]:
        """The endpoints, in the order of the file."""
        pages = [(page, tier) for page in self._table.pages for tier in page.tiers or (page.tier,)]
        on_pages = [[self._row(page, tier, table) for table in page.endpoints] for page, tier in pages]
        rows = [row for on_page in on_pages for row in on_page]
        return [self._endpoint(row, on_page, rows) for on_page in on_pages for row in on_page]

    def _row(self, page: PageTable, tier: str, table: EndpointTable) -> _Row:
        segments = [self._version(page), "" if tier == self._table.bare_tier else tier, table.tail or table.task]
        path = "/".join(filter(None, segments)) if table.path is None else table.path.format(tier=tier)
        app = page.app or self._table.app
        try:
            endpoint_id = EndpointId.parse(f"{app}/{path}")
        except ValueError as error:
            raise self._wrong("path", str(error)) from error
        if endpoint_id.app_id != app:
            raise self._wrong("app", f"{app!r} does not have the form owner/app")
        return _Row(id=str(endpoint_id), tier=tier, page=page, table=table, fields=self._inputs(page, table))

    def _endpoint(self, row: _Row, on_page: list[_Row], rows: list[_Row]) -> Endpoint:
        page, table, fields = row.page, row.table, row.fields
        title = page.name.format(tier=row.tier.title())
        frames, resolutions = self._frames(row)
        rules = tuple(self._rules(table.task, fields))
        ignored = self._elsewhere(row, rows) | self._common.table.ignored.get(table.task, {})
        printed = [each for sibling in on_page for each in sibling.fields if each.is_printed]
        fps = self._table.fps if table.fps is None else table.fps
        by_default = ("video",) if page.served_by == "upstream" else self._common.objects.output
        outputs = [self._output(name) for name in table.output or by_default]
        return Endpoint(
            id=row.id,
            app_id=EndpointId.parse(row.id).app_id,
            version=self._version(page),
            tier=row.tier,
            task=table.task,
            model=self._table.model,
            served_by=page.served_by,
            fields=fields,
            output_fields=tuple(outputs),
            rules=rules,
            fps=fps,
            frames_beyond=self._table.frames_beyond if table.frames_beyond is None else table.frames_beyond,
            area_px=frames.area_px if frames else 0,
            sizes=frames.sizes if frames else {},
            resolutions={value: FrameSizes(each.area_px, each.sizes) for value, each in resolutions.items()},
            nominal=Nominal(
                resolution=" or ".join(resolutions) or (frames.resolution if frames else None),
                fps=fps or None,
                audio=self._table.audio if table.audio is None else table.audio,
            ),
            title=f"{title} API",
            description=f"API reference for {title}. {page.summary.format(tier=row.tier.title())}",
            tab=table.tab or table.task.replace("-", " ").title(),
            limitations=tuple(dict.fromkeys(each.limitation for each in printed if each.limitation)),
            related=tuple(Related(*link) for link in page.related),
            input_example=self._input_example(table, fields),
            output_example=table.output_example or self._output_example(outputs),
            price=self._prices.get(row.id, UNKNOWN_PRICE),
            lenient=LenientParser(Schema(fields, rules, strict=False), Translator(row.id, fields, ignored)),
            strict=StrictParser(Schema(fields, rules, strict=True)),
        )

    def _version(self, page: PageTable) -> str:
        return self._table.version if page.version is None else page.version

    def _frames(self, row: _Row) -> tuple[TierTable | None, dict[str, TierTable]]:
        """The size class of the endpoint, None where it has none, and that of each resolution that may be asked for."""
        named = next((each for each in row.fields if each.role == "resolution"), None)
        asked = row.table.resolutions or (self._table.resolutions if named else {})
        resolutions = {value: self._tier(row, name) for value, name in asked.items()}
        if not resolutions:
            has_size = row.page.served_by == "local" or (row.tier != "" and row.table.is_sized)
            return (self._tier(row, row.tier) if has_size else None), {}
        default = named.default if named else None
        if default not in resolutions:
            raise self._wrong(f"{row.page.name}.resolutions", f"there is none for the field's default {default!r}")
        return resolutions[default], resolutions

    def _tier(self, row: _Row, name: str) -> TierTable:
        if name not in self._tiers:
            raise self._wrong(f"{row.page.name}.tier", f"{name!r} is none of {', '.join(self._tiers)}")
        return self._tiers[name]

    def _inputs(self, page: PageTable, table: EndpointTable) -> tuple[Field, ...]:
        for name in table.changes:
            if name not in table.fields:
                raise self._wrong(f"changes.{name}", f"the endpoint has no field {name!r}")
        printed = [self._named(name, table.changes.get(name, {})) for name in table.fields]
        hidden = [replace(self._named(name, {}), hidden=True) for name in table.hidden]
        if page.served_by == "upstream":  # what the engines here leave out is theirs alone, and so is the seed
            return tuple(replace(each, ignored="") for each in printed)
        return (*printed, *hidden, *self._common.extensions)

    def _named(self, name: str, changes: Mapping[str, Any]) -> Field:
        if name not in self._fields:
            raise self._wrong(f"fields.{name}", "no file defines this field")
        if changes:
            return self._field(name, _changed(self._fields[name], changes))
        if self._is_plain and self._fields[name] is self._common.table.fields.get(name):
            return self._common.field(name)
        if name not in self._made:
            self._made[name] = self._field(name, self._fields[name])
        return self._made[name]

    def _output(self, name: str) -> Field:
        if name not in self._common.outputs:
            raise self._wrong(f"output.{name}", "no file defines this output field")
        return self._common.outputs[name]

    def _rules(self, task: str, fields: tuple[Field, ...]) -> Iterator[Rule]:
        """The family's rules that hold for an endpoint of this task and these fields, as far as they touch them."""
        by_name = {each.name: each for each in fields}
        for table in self._table.rules:
            self._check_rule(table)
            paths = tuple(path for path in table.fields if _leads_somewhere(path, by_name))
            needed = [path for path in (table.of, table.when) if path is not None]
            least = 2 if table.kind in ("mutually_exclusive", "at_least_one", "exactly_one") else 1
            is_about = not table.tasks or task in table.tasks
            if is_about and len(paths) >= least and all(_leads_somewhere(path, by_name) for path in needed):
                yield Rule(
                    kind=table.kind,
                    fields=paths,
                    of=table.of,
                    value=table.value,
                    when=table.when,
                    is_strict=table.profile == "strict",
                )

    def _check_rule(self, table: RuleTable) -> None:
        if table.kind == "requires_value" and (table.of is None or table.value is None):
            raise self._wrong("rules.requires_value", "needs `of` and `value`")
        if table.kind == "sum_equals" and table.of is None:
            raise self._wrong("rules.sum_equals", "needs `of`")
        if table.kind in _BOUND_RULES and (not isinstance(table.value, int) or isinstance(table.value, bool)):
            raise self._wrong(f"rules.{table.kind}", "needs a whole number as `value`")

    def _elsewhere(self, row: _Row, rows: list[_Row]) -> dict[str, str]:
        """Which endpoint of the family takes a key that this one does not, for the note on ignoring it."""
        own = {name for each in row.fields for name in (each.name, *each.aliases)}
        return {
            name: f"{row.id} has no such field, {sibling.id} has"
            for sibling in rows
            if sibling.table.task == row.table.task
            for each in sibling.fields
            for name in (each.name, *each.aliases)
            if name not in own
        }

    def _input_example(self, table: EndpointTable, fields: tuple[Field, ...]) -> dict[str, Any]:
        printed = [each for each in fields if each.is_printed]
        for name in table.examples:
            if name not in {each.name for each in printed}:
                raise self._wrong(f"examples.{name}", f"the endpoint has no field {name!r}")
        shown = self._common.table.examples
        own = table.examples or self._common.table.task_examples.get(table.task, {})
        values = {
            each.name: own.get(
                each.name, shown.get(each.name) if each.required or each.role == "prompt" else each.default
            )
            for each in printed
        }
        return {name: value for name, value in values.items() if value is not None}

    def _output_example(self, outputs: list[Field]) -> dict[str, Any]:
        shown = self._common.objects.output_examples
        return {each.name: shown[each.name] for each in outputs if each.required and each.name in shown}


def _changed(row: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A field's table with other keys, and without those that `without` names."""
    changed = {**row, **changes}
    without = changed.pop("without", ())
    return {key: value for key, value in changed.items() if key not in without}


def _leads_somewhere(path: str, fields: Mapping[str, Field]) -> bool:
    """Whether an endpoint of these fields has what `path` names."""
    name, _, inner = path.partition("[].")
    return name in fields and (not inner or inner in {each.name for each in fields[name].fields})
