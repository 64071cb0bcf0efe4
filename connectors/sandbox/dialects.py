"""The LMSs that the sandbox plays; a world is one of them.

`Dialect` is an LMS's gradebook, `Platform` how it launches, registers and takes links.
"""

from __future__ import annotations

from connectors.blackboard.fake.ags import Blackboard
from connectors.blackboard.fake.platform import BlackboardPlatform
from connectors.canvas.fake.ags import Canvas
from connectors.canvas.fake.platform import CanvasPlatform
from connectors.moodle.fake.ags import Moodle
from connectors.moodle.fake.platform import MoodlePlatform
from connectors.sandbox.dialect import Dialect
from connectors.sandbox.models import World
from connectors.sandbox.platforms import Platform

CANVAS = CanvasPlatform(Canvas())
PLATFORMS: dict[str, Platform] = {
    one.family: one for one in (CANVAS, MoodlePlatform(Moodle()), BlackboardPlatform(Blackboard()))
}
DIALECTS: dict[str, Dialect] = {name: one.dialect for name, one in PLATFORMS.items()}


def of(world: World) -> Dialect:
    """Return the gradebook of a world."""
    return DIALECTS[world.dialect]


def platform_of(world: World) -> Platform:
    """Return the platform of a world."""
    return PLATFORMS[world.dialect]


def at(path: str) -> Dialect:
    """Return whose address a path is; Canvas's, where none claims it."""
    return next((one for one in DIALECTS.values() if path.startswith(one.prefixes)), CANVAS.dialect)
