"""Pictures, prompts and brushes as people send them, through the official client: what works, and what is refused."""

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import fal_client
import numpy as np
import pytest
from fal_client import Completed, FalClientHTTPError, SyncClient, SyncRequestHandle
from PIL import Image, ImageOps

from mutoscope import clients
from tests.conftest import Serve
from tests.live import LiveServer
from tests.story.test_requests import until

V1 = "fal-ai/kling-video/v1/standard/image-to-video"
V2_5 = "fal-ai/kling-video/v2.5-turbo/standard/image-to-video"
ADDRESSES = ("RUN_URL_FORMAT", "QUEUE_URL_FORMAT", "REST_URL", "CDN_URL", "REALTIME_URL_FORMAT")
PIER = Path(__file__).parents[2] / "docs" / "images" / "demo.jpg"
SIZE = (480, 320)
MARKER = "zanzibarquux"
"""A word that no vocabulary has."""
LONGEST = f"{MARKER}, zoom in ".ljust(2_500, "x")
ALL, NOTHING, CORNER = (0, 0, *SIZE), (0, 0, 0, 0), (0, 0, 120, 80)
LINES_MAX = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The procedural engine with two runners, telling its log all it has to tell."""
    folder = tmp_path_factory.mktemp("odd") / "data"
    with LiveServer(folder, {"engine": "procedural", "runners": 2, "log_level": "debug"}) as server:
        yield server


@pytest.fixture
def client(server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SyncClient]:
    """The official client, pointed at the server by the helper that users call."""
    for name in ADDRESSES:
        monkeypatch.setattr(fal_client.client, name, getattr(fal_client.client, name))
    clients.use(server.url)
    client = SyncClient(key=server.key)
    yield client
    client._client.close()


@pytest.fixture(scope="module")
def photo() -> Image.Image:
    """The pier, small."""
    with Image.open(PIER) as image:
        return image.convert("RGB").resize(SIZE)


def uri(image: Image.Image, kind: str = "PNG", **options: Any) -> str:
    """A picture inside the arguments, in a format."""
    content = io.BytesIO()
    image.save(content, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content.getvalue()).decode()}"


def mask(box: tuple[int, int, int, int], size: tuple[int, int] = SIZE) -> str:
    """White in the box."""
    image = Image.new("L", size)
    image.paste(255, box)
    return uri(image)


def brush(url: str, *points: tuple[int, int]) -> dict[str, Any]:
    """A dynamic mask and its path."""
    return {"mask_url": url, "trajectories": [{"x": x, "y": y} for x, y in points]}


def lines(handle: SyncRequestHandle) -> list[str]:
    """What the request's log says when it is done: `LEVEL message`."""
    for event in handle.iter_events(with_logs=True, interval=0.05):
        if isinstance(event, Completed):
            return [f"{line['level']} {line['message']}" for line in event.logs or []]
    raise AssertionError("no end")


def refusal(handle: SyncRequestHandle) -> dict[str, Any]:
    """The one thing that is wrong, as the client raises it."""
    with pytest.raises(FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.status_code == 422
    (problem,) = caught.value.response.json()["detail"]
    return dict(problem)


def video(server: LiveServer, result: dict[str, Any]) -> bytes:
    """The bytes of the clip."""
    return (server.data_dir / "files" / result["video"]["url"].partition("/files/")[2]).read_bytes()


def similarity(clip: bytes, photo: Image.Image) -> float:
    """How much the first frame is the photo."""
    with av.open(io.BytesIO(clip), "r") as container:
        frame = next(container.decode(video=0)).to_ndarray(format="gray8")
    expected = np.asarray(photo.convert("L").resize(frame.shape[::-1]))
    return float(np.corrcoef(frame.ravel(), expected.ravel())[0, 1])


def odd_pictures(photo: Image.Image) -> dict[str, tuple[str, str]]:
    """Name: the picture, and a prompt to try with it."""
    clear = photo.convert("RGBA")
    clear.paste((0, 0, 0, 0), (0, 0, 40, 40))
    wide = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    held = Image.Exif()
    held[0x0112] = 6
    return {
        "transparent": (uri(clear), ""),
        "16-bit": (uri(wide), "🌊🌊👩‍🚀"),
        "CMYK": (uri(photo.convert("CMYK"), "JPEG", quality=95), LONGEST),
        "animated": (uri(photo, "GIF", save_all=True, append_images=[Image.new("RGB", SIZE, "white")]), "static shot"),
        "rotated": (uri(photo.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=held, quality=95), "static shot"),
        "300 px": (uri(ImageOps.fit(photo, (300, 300))), "static shot"),
        "8000x5000": (uri(photo.resize((8000, 5000)), "JPEG", quality=60), "static shot"),
    }


def test_odd_picture_and_odd_prompt_make_a_clip_of_the_picture(
    server: LiveServer, client: SyncClient, photo: Image.Image
) -> None:
    """Every mode, orientation and size; prompts of nothing, of emoji, of 2 500 characters; no server log has a word."""
    handles = {
        name: client.submit(V2_5, {"prompt": prompt, "image_url": url})
        for name, (url, prompt) in odd_pictures(photo).items()
    }

    said = {name: lines(handle) for name, handle in handles.items()}
    results = {name: handle.get() for name, handle in handles.items()}
    clips = {name: video(server, result) for name, result in results.items()}

    assert {name: result["video"]["num_frames"] for name, result in results.items()} == dict.fromkeys(handles, 121)
    square = ImageOps.fit(photo, (300, 300))
    alike = {name: similarity(clip, square if name == "300 px" else photo) for name, clip in clips.items()}
    assert {name: share for name, share in alike.items() if share < 0.9} == {}
    assert max(map(len, said.values())) < LINES_MAX
    assert any(MARKER in line for line in said["CMYK"]), "the caller's own log says which words were ignored"
    log = server.log_path.read_text("utf-8")
    assert "request finished" in log and MARKER not in log
    assert not any(MARKER.encode() in clip for clip in clips.values())
    assert MARKER not in str(results)


def test_brush_says_what_it_will_do(client: SyncClient, photo: Image.Image) -> None:
    """All white, all black, smaller than a picture may be, and a path that leaves: each works and is in the log."""
    picture = uri(photo)
    small = (150, 100)
    cases: dict[str, dict[str, Any]] = {
        "INFO static mask: it is white all over, so the whole clip stays still": {"static_mask_url": mask(ALL)},
        "WARN ignored: static mask, its mask has no white pixel": {"static_mask_url": mask(NOTHING, small)},
        "WARN ignored: dynamic_masks[0], its mask has no white pixel": {
            "dynamic_masks": [brush(mask(NOTHING), (10, 10), (90, 90))]
        },
        "INFO dynamic_masks[0]: its mask is white all over: the picture slides along 2 points": {
            "dynamic_masks": [brush(mask(ALL), (10, 10), (90, 90))]
        },
        "WARN dynamic_masks[0]: from point 3 of 3 on, (900, 800) from the bottom left, the path is outside of the"
        " picture's 480x320; it is followed": {
            "dynamic_masks": [brush(mask((50, 30, 80, 60), small), (200, 170), (300, 200), (900, 800))]
        },
    }
    handles = {
        line: client.submit(V1, {"prompt": "pan left", "image_url": picture, **brushes})
        for line, brushes in cases.items()
    }

    said = {line: lines(handle) for line, handle in handles.items()}

    for line, handle in handles.items():
        assert line in said[line]
        assert handle.get()["video"]["num_frames"] == 153


def test_refusal_names_field_value_bound_and_way_out(client: SyncClient, photo: Image.Image) -> None:
    """What cannot be taken is a 422 that a person can act on."""
    picture = uri(photo)
    square = mask(CORNER, (320, 320))
    half = brush(mask((0, 0, 60, 40), (240, 160)), (1, 1), (9, 9))
    cases: dict[str, tuple[dict[str, Any], tuple[str, list[Any], str]]] = {
        "299 px a side": (
            {"image_url": uri(photo.resize((299, 400)))},
            (
                "image_too_small",
                ["body", "image_url"],
                "Image is 299x400; each side needs at least 300 pixels and the longer one may be at most 10 times the"
                " shorter. Send a larger or less narrow picture",
            ),
        ),
        "over 64 MP": (
            {"image_url": uri(Image.new("1", (8001, 8000)))},
            (
                "image_too_large",
                ["body", "image_url"],
                "Image is 8001x8000 = 64.008 MP; the limit is 64 MP (setting image_pixels_max). Send a smaller picture",
            ),
        ),
        "2 501 characters": (
            {"image_url": picture, "prompt": "x" * 2_501},
            ("string_too_long", ["body", "prompt"], "String should have at most 2500 characters"),
        ),
        "mask of another aspect": (
            {"image_url": picture, "static_mask_url": square},
            (
                "value_error",
                ["body", "static_mask_url"],
                "Mask is 320x320, the picture 480x320; their aspects may differ by at most 1%. Draw the mask on the"
                " picture itself",
            ),
        ),
        "masks of two sizes": (
            {"image_url": picture, "static_mask_url": mask(CORNER), "dynamic_masks": [half]},
            (
                "value_error",
                ["body", "dynamic_masks", 0, "mask_url"],
                "Mask is 240x160, another mask of this request 480x320; all masks need one size. Draw each on the"
                " picture itself, which is 480x320",
            ),
        ),
    }
    handles = {name: client.submit(V1, {"prompt": "a"} | arguments) for name, (arguments, _) in cases.items()}

    problems = {name: refusal(handle) for name, handle in handles.items()}

    for name, (_, expected) in cases.items():
        problem = problems[name]
        assert (problem["type"], problem["loc"], problem["msg"]) == expected
        assert problem["input"] and problem["ctx"]
    with pytest.raises(FalClientHTTPError) as caught:  # and the synchronous door says the same at once
        client.run(V1, {"prompt": "x" * 2_501, "image_url": picture})
    assert (caught.value.status_code, caught.value.response.json()["detail"][0]["type"]) == (422, "string_too_long")


async def test_points_count_from_the_corner_that_the_setting_says(serve: Serve, photo: Image.Image) -> None:
    """The setting reaches the engine, and the log names the corner."""
    arguments = {
        "prompt": "",
        "image_url": uri(photo),
        "dynamic_masks": [brush(mask((50, 30, 80, 60)), (65, 45), (65, -20))],
    }
    async with serve(engine="procedural", trajectory_origin="top-left") as server:
        answer = await server.client.post(f"/queue/{V1}", json=arguments)
        status = await until(server, answer.json(), "COMPLETED")

    assert any("point 2 of 2 on, (65, -20) from the top left" in line["message"] for line in status["logs"])
