"""Three small applications: one paints, one paints over, one tells a story word by word."""

import time
from typing import Any

from PIL import Image

from mutoscope.applications import Context, InputError


def paint(arguments: dict[str, Any], context: Context) -> dict[str, Any]:
    """A picture whose color is the seed."""
    seed = arguments.get("seed", 7)
    print(f"painting {arguments['prompt']}")
    return {"images": [_hung(Image.new("RGB", (64, 48), (seed % 256, 0, 0)), context)], "seed": seed}


def repaint(arguments: dict[str, Any], context: Context) -> dict[str, Any]:
    """The picture upside down."""
    with Image.open(arguments["image_url"]) as picture:
        turned = picture.convert("RGB").transpose(Image.Transpose.ROTATE_180)
    return {"images": [_hung(turned, context)], "seed": arguments["seed"]}


def tell(arguments: dict[str, Any], context: Context) -> Any:
    """A story that grows; where there are notes, it begins with them."""
    if "fail" in arguments["prompt"]:
        raise InputError("prompt", "tell me something else")
    words = arguments["notes_url"].read_text().split() if "notes_url" in arguments else []
    for number in range(arguments["words"]):
        words.append(f"word{number + 1}")
        yield {"output": " ".join(words), "partial": True}
        time.sleep(arguments["pause_s"])
        if "break" in arguments["prompt"]:
            raise RuntimeError("lost the thread")
    yield {"output": " ".join(words), "partial": False}


def _hung(picture: Image.Image, context: Context) -> dict[str, Any]:
    path = context.scratch / "picture.png"
    picture.save(path)
    return {"url": path, "width": picture.width, "height": picture.height}
