"""What the families of the package share, read once: fields, objects, sizes and examples."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from mutoscope.catalog.fields import FieldReader, read_table
from mutoscope.catalog.shape import Field, MediaLimits
from mutoscope.catalog.tables import CommonTable, MediaLimitsTable, ObjectsTable


class Common(FieldReader):
    """`common.toml` and `objects.toml`."""

    def __init__(self, table: CommonTable, objects: ObjectsTable) -> None:
        super().__init__("common.toml", objects.types, limits_of(table.media_limits))
        self.table = table
        self.objects = objects
        self.extensions = tuple(replace(self._field(*row), extension=True) for row in table.extensions.items())
        """Input fields that every endpoint has which is made here."""
        self.outputs = {
            name: self._field(name, row) for name, row in {**objects.output, **objects.other_output}.items()
        }
        self._made: dict[str, Field] = {}

    @property
    def types(self) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
        """Members of object types, by type and name."""
        return self.objects.types

    @property
    def media_limits(self) -> Mapping[str, MediaLimits]:
        """What files may have to be, by the name that a field gives."""
        return self._media_limits

    def field(self, name: str) -> Field:
        """An input field as it stands here, which families then share."""
        if name not in self._made:
            self._made[name] = self._field(name, self.table.fields[name])
        return self._made[name]


@cache
def common() -> Common:
    """What families share; raises CatalogInvalid."""
    folder = resources.files("mutoscope.catalog") / "endpoints"
    return Common(
        read_table(folder / "common.toml", CommonTable),
        read_table(folder / "objects.toml", ObjectsTable),
    )


def limits_of(tables: Mapping[str, MediaLimitsTable]) -> dict[str, MediaLimits]:
    """What files may have to be, of its tables."""
    return {name: MediaLimits(**each.__dict__) for name, each in tables.items()}
