"""The catalog: every endpoint of the package's TOML families, found by id."""

import difflib
from collections.abc import Iterable, Iterator, Sequence
from importlib import resources
from pathlib import Path

from mutoscope.catalog.common import common
from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.family import read_family, read_prices
from mutoscope.errors import CatalogInvalid
from mutoscope.limits import ENDPOINT_ID_CHARS_MAX

_SHARED = ("common.toml", "objects.toml")
_PRICES = "prices.toml"


class Catalog:
    """Everything that can be called here. Made once at start-up, never changed."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        """
        Raises:
            CatalogInvalid: two endpoints have the same id.
        """
        self._endpoints: dict[str, Endpoint] = {}
        for endpoint in endpoints:
            if endpoint.id in self._endpoints:
                raise CatalogInvalid(f"the catalog has {endpoint.id} twice")
            self._endpoints[endpoint.id] = endpoint
        self._app_ids = frozenset(endpoint.app_id for endpoint in self)

    def get(self, endpoint_id: str) -> Endpoint | None:
        """The endpoint of this id, which is exact and has no slash at its ends."""
        return self._endpoints.get(endpoint_id)

    def has_app(self, app_id: str) -> bool:
        """Whether any endpoint lives under `owner/alias`."""
        return app_id in self._app_ids

    def suggest(self, endpoint_id: str, limit: int = 3) -> list[str]:
        """
        Ids of the same application whose paths look like this one's, for the message of a 404.

        Those whose version begins as this one does come first, then the nearest: `v2.5` is `v2.5-turbo` cut short.
        """
        paths = {
            each.id.removeprefix(f"{each.app_id}/"): each for each in self if endpoint_id.startswith(f"{each.app_id}/")
        }
        path = "/".join(endpoint_id[:ENDPOINT_ID_CHARS_MAX].split("/")[2:])
        version = path.split("/")[0]
        near = difflib.get_close_matches(path, paths, max(1, len(paths)))
        near.sort(key=lambda match: not match.startswith(version))
        return [paths[match].id for match in near[:limit]]

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints.values())

    def __len__(self) -> int:
        return len(self._endpoints)


def load_catalog(more: Sequence[Path] = (), beside: Iterable[Endpoint] = ()) -> Catalog:
    """
    Read the families of the package, and those of an operator.

    Args:
        more: family files from outside the package; they may use and add to what `common.toml` defines.
        beside: endpoints that no family describes: those of applications.

    Raises:
        CatalogInvalid: a file cannot be read or says something that makes no sense; names the file and the key.
    """
    folder = resources.files("mutoscope.catalog") / "endpoints"
    shared = common()
    prices = read_prices(resources.files("mutoscope.catalog") / _PRICES)
    families = sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name)
    inside = [read_family(file, shared, prices) for file in families if file.name not in _SHARED]
    outside = [read_family(file, shared) for file in more]
    return Catalog(endpoint for family in [*inside, *outside, beside] for endpoint in family)
