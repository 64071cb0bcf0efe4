"""The LMSs whose gradebook the sandbox plays; a world is one of them."""

from __future__ import annotations

from connectors.blackboard.fake.ags import Blackboard
from connectors.canvas.fake.ags import Canvas
from connectors.moodle.fake.ags import Moodle
from connectors.sandbox.dialect import Dialect
from connectors.sandbox.models import World

DIALECTS: dict[str, Dialect] = {one.family: one for one in (Canvas(), Moodle(), Blackboard())}


def of(world: World) -> Dialect:
    """Return the dialect of a world."""
    return DIALECTS[world.dialect]


def at(path: str) -> Dialect:
    """Return whose address a path is; Canvas's, where none claims it."""
    return next((one for one in DIALECTS.values() if path.startswith(one.prefixes)), CANVAS)


CANVAS = DIALECTS["canvas"]
