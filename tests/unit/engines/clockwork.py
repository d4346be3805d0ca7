"""Functions of an operator, each with one manner; the tests of the application engine call them."""

import sys
import threading
import time
from pathlib import Path

from mutoscope.applications import InputError


def reverse(arguments, context):
    """A plain function."""
    return {"text": arguments["text"][::-1]}


def echo(arguments, context):
    """What it is told to return."""
    return arguments["result"]


def keep(arguments, context):
    """Files in every place that one can have, the second without anything beside it."""
    first, second = context.scratch / "a.png", context.scratch / "sub" / "a.png"
    second.parent.mkdir()
    first.write_bytes(b"first")
    second.write_bytes(b"second!")
    return {"image": {"url": first, "width": 3, "content_type": "image/x"}, "more": [second, (first,)], "key": "mine"}


def copy(arguments, context):
    """What stands in an input."""
    return {"text": arguments["pages"][0]["file_url"].read_text()}


def outside(arguments, context):
    """A file of the machine."""
    return {"file": Path("/etc/hostname")}


def linked(arguments, context):
    """A link out of the folder."""
    link = context.scratch / "link"
    link.symlink_to("/etc/hostname")
    return {"file": link}


def missing(arguments, context):
    """A file that was never made."""
    return {"files": [context.scratch / "nothing.txt"]}


def count(arguments, context):
    """A generator that ends without returning anything."""
    for number in range(3):
        yield {"number": number}


def count_and_return(arguments, context):
    """A generator with a result of its own."""
    yield {"number": 0}
    return {"total": 1}


def yield_file(arguments, context):
    """The last may hold a file; with `more` it is not the last."""
    yield {"number": 0}
    path = context.scratch / "done.txt"
    path.touch()
    yield {"file": path}
    if arguments.get("more"):
        yield {"number": 1}


def yield_nothing(arguments, context):
    """A generator that has nothing."""
    if arguments.get("never"):
        yield {}


def count_on(arguments, context):
    """Ends only by a cancel; says so."""
    try:
        while True:
            yield {"so far": True}
            time.sleep(0.01)
    finally:
        (Path(arguments["sign"])).touch()


def wait(arguments, context):
    """Ends only by a cancel that it looks for."""
    while True:
        time.sleep(0.01)
        context.check()


def sleep(arguments, context):
    """Looks for nothing."""
    time.sleep(600)


def die(arguments, context):
    """Has said something when it is killed."""
    yield {"last": "words"}
    time.sleep(600)


def refuse(arguments, context):
    """The caller's mistake."""
    raise InputError("text", "is too short; send at least 3 letters")


def fail(arguments, context):
    """Its own mistake."""
    raise ZeroDivisionError("no\nsecond line")


def leave(arguments, context):
    """Would end its process."""
    sys.exit(3)


def chat(arguments, context):
    """Everything that a context can do."""
    print("one")
    print("two", end="")
    print(" three\nfour", end="")
    context.log("five", "WARN")
    context.progress(2.0, "done")
    context.billable(2.5)
    return {}


def shout(arguments, context):
    """Megabytes, with and without ends of lines."""
    print("x" * 2_000_000)
    for _ in range(30_000):
        print("y" * 60)
    return {"done": True}


def mutter(arguments, context):
    """Leaves a thread that speaks on after the end."""

    def speak():
        while True:
            context.log("muttering")
            time.sleep(0.001)

    threading.Thread(target=speak, daemon=True).start()
    return {}


def overcharge(arguments, context):
    """No number that could be billed."""
    context.billable(float("nan"))


async def later(arguments, context):
    """What no function can be."""
    return {}


not_callable = 3
