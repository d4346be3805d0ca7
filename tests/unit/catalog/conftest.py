"""The catalog of the package, read once."""

from collections.abc import Callable

import pytest

from mutoscope.catalog.endpoint import Endpoint
from mutoscope.catalog.load import Catalog, load_catalog

APP = "fal-ai/kling-video"


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """Every endpoint that ships."""
    return load_catalog()


@pytest.fixture(scope="session")
def find(catalog: Catalog) -> Callable[[str], Endpoint]:
    """An endpoint by its id, surely there."""

    def find(endpoint_id: str) -> Endpoint:
        endpoint = catalog.get(endpoint_id)
        assert endpoint is not None, endpoint_id
        return endpoint

    return find


@pytest.fixture(scope="session")
def standard_image(find: Callable[[str], Endpoint]) -> Endpoint:
    """The plainest: one picture, words, length."""
    return find(f"{APP}/v2.5-turbo/standard/image-to-video")


@pytest.fixture(scope="session")
def pro_image(find: Callable[[str], Endpoint]) -> Endpoint:
    """As standard, with a last frame."""
    return find(f"{APP}/v2.5-turbo/pro/image-to-video")


@pytest.fixture(scope="session")
def pro_text(find: Callable[[str], Endpoint]) -> Endpoint:
    """Words alone, with an aspect ratio."""
    return find(f"{APP}/v2.5-turbo/pro/text-to-video")


@pytest.fixture(scope="session")
def v1_image(find: Callable[[str], Endpoint]) -> Endpoint:
    """Motion brush, and a hidden camera control."""
    return find(f"{APP}/v1/standard/image-to-video")


@pytest.fixture(scope="session")
def v1_text(find: Callable[[str], Endpoint]) -> Endpoint:
    """Both ways to order a camera move."""
    return find(f"{APP}/v1/standard/text-to-video")
