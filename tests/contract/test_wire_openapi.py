"""The OpenAPI documents over the wire: for everybody, cacheable, and under the address they were asked at."""

import pytest

from tests.conftest import TEXT_TO_VIDEO, Served

ENDPOINT = "/api/openapi/queue/openapi.json"


async def test_document_of_an_endpoint(server: Served):
    """At the platform's own path, without a key, with the queue of this very server."""
    answer = await server.client.get(ENDPOINT, params={"endpoint_id": TEXT_TO_VIDEO}, headers={"Authorization": ""})

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    assert document["info"]["x-fal-metadata"]["endpointId"] == TEXT_TO_VIDEO
    assert document["servers"] == [{"url": f"{server.url}/queue"}]


@pytest.mark.parametrize("query", ["?endpoint_id=fal-ai/no-such", "?endpoint_id=", "", "?endpoint_id=%00"])
async def test_no_such_endpoint(server: Served, query: str):
    """404 with `null`, as the platform has it."""
    answer = await server.client.get(f"{ENDPOINT}{query}")

    assert (answer.status_code, answer.content) == (404, b"null")
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/openapi.json", f"{ENDPOINT}?endpoint_id={TEXT_TO_VIDEO}"])
async def test_a_copy_that_is_still_right_is_not_sent_again(server: Served, path: str):
    """By its entity tag; HEAD has the headers of GET."""
    whole = await server.client.get(path)
    head = await server.client.head(path)
    again = await server.client.get(path, headers={"If-None-Match": f'"other", {whole.headers["etag"]}'})
    other = await server.client.get(path, headers={"If-None-Match": '"other"'})

    assert whole.headers["cache-control"] == "public, max-age=300"
    assert head.content == b"" and head.headers["content-length"] == str(len(whole.content))
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == whole.headers["etag"] == head.headers["etag"]
    assert other.content == whole.content


async def test_address_in_the_document_is_the_one_that_was_asked(server: Served):
    """A name on the list counts, a stranger's does not; neither is answered with the other's copy."""
    host = f"localhost:{server.url.rpartition(':')[2]}"

    named = await server.client.get("/openapi.json", headers={"Host": host})
    strange = await server.client.get("/openapi.json", headers={"Host": "evil.example"})

    assert named.json()["servers"] == [{"url": f"http://{host}"}]
    assert strange.json()["servers"] == [{"url": server.url}]
    assert named.headers["etag"] != strange.headers["etag"]
