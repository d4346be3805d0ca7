"""
Which engines there are, as plain data: the server reads what they can do without importing one.

A factory is a string, `module:name`, and only a runner process resolves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from mutoscope.engines.base import Capability, Engine


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """An engine's record and where its class is."""

    capability: Capability
    factory: str
    """`module:callable`; called with the engine's options as keywords."""


ENGINES: dict[str, EngineEntry] = {
    "procedural": EngineEntry(
        Capability(name="procedural", tasks=frozenset({"image-to-video", "text-to-video"}), preview=True),
        "mutoscope.engines.procedural.engine:ProceduralEngine",
    ),
    "null": EngineEntry(
        Capability(name="null", tasks=frozenset({"image-to-video", "text-to-video"}), preview=True),
        "mutoscope.engines.null:NullEngine",
    ),
}


def make_engine(name: str, options: Mapping[str, Any]) -> Engine:
    """
    Import and construct an engine; for runner processes only.

    Args:
        name: a name in `ENGINES`, or `module:callable` of an engine that is not in it.
        options: keywords of its factory.
    """
    factory_name = ENGINES[name].factory if name in ENGINES else name
    module_name, _, attribute = factory_name.partition(":")
    factory = getattr(import_module(module_name), attribute)
    engine: Engine = factory(**options)
    return engine
