"""Moodle's "Restrict access" → conditions of LMS-DM. Pure.

A restriction is JSON in a string: {"op": "&", "c": [{"type": "date", …}, …], "showc": […]}, with
trees inside trees. `show` and `showc` only say whether students see that there is something.
Whatever we cannot tell of somebody stays unknown, and what is unknown stays shut.

Source: Moodle's availability/classes/tree.php and availability/condition/*/classes/condition.php
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tutorai.lmsdm.schema import Condition, Test, Window

DEEPEST = 40  # trees in trees; Moodle's own form makes far fewer
COMPLETE = 1  # COMPLETION_COMPLETE; 0 is not, 2 and 3 are passed and failed
ALWAYS = Condition(test=Test.ALL)


@dataclass(frozen=True)
class Groups:
    """What a course's groups are; None: the token may not know."""

    all: tuple[str, ...] | None = None
    by_grouping: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def unknown(why: str) -> Condition:
    """Return what nobody is known to meet."""
    return Condition(test=Test.UNKNOWN, why=why[:20])


def window(told: str | None, groups: Groups, *, published: bool) -> Window:
    """Return who sees a thing, by its `availability` as Moodle wrote it.

    Dates that all have to meet become the window's own, so that pages can name them.
    """
    if not told:
        return Window(published=published)
    tree = condition(told, groups)
    parts = tree.of if tree.test is Test.ALL else (tree,)
    starts = [one.at for one in parts if one.test is Test.FROM and one.at]
    ends = [one.at for one in parts if one.test is Test.UNTIL and one.at]
    rest = tuple(one for one in parts if one.test not in (Test.FROM, Test.UNTIL))
    return Window(
        published=published,
        available_from=max(starts, default=None),
        available_until=min(ends, default=None),
        condition=_all(rest) if rest else None,
    )


def condition(told: str, groups: Groups) -> Condition:
    """Return a restriction as a condition; of what is none we can read, UNKNOWN."""
    try:
        tree = json.loads(told)
    except (ValueError, RecursionError):
        return unknown("availability")
    return _tree(tree, groups, DEEPEST)


def groupings(told: str) -> bool:
    """Whether a restriction asks for a grouping, so that these are worth asking for."""
    return '"grouping"' in told


def _tree(tree: Any, groups: Groups, deep: int) -> Condition:
    if not isinstance(tree, Mapping) or deep < 0:
        return unknown("availability")
    if "type" in tree:
        return _single(tree, groups)
    children = tree.get("c")
    if not isinstance(children, list):
        return unknown("availability")
    if not children:
        return ALWAYS  # Moodle: no conditions in a group count as met, whatever its operator
    parts = tuple(_tree(child, groups, deep - 1) for child in children)
    match tree.get("op"):
        case "&":
            return _all(parts)
        case "|":
            return Condition(test=Test.ANY, of=parts)
        case "!&":
            return Condition(test=Test.NONE, of=(Condition(test=Test.ALL, of=parts),))
        case "!|":
            return Condition(test=Test.NONE, of=parts)
        case _:
            return unknown("availability")


def _single(one: Mapping[str, Any], groups: Groups) -> Condition:
    kind = one["type"]
    match kind:
        case "date":
            return _date(one)
        case "group":
            return _group(one, groups)
        case "grouping":
            return _grouping(one, groups)
        case "completion":
            return _completion(one)
        case _:
            return unknown(kind if isinstance(kind, str) else "availability")


def _date(one: Mapping[str, Any]) -> Condition:
    test = {">=": Test.FROM, "<": Test.UNTIL}.get(str(one.get("d")))
    at = moment(one.get("t"))
    if test is None or at is None:
        return unknown("date")
    return Condition(test=test, at=at)


def _group(one: Mapping[str, Any], groups: Groups) -> Condition:
    """Without an id, any group of the course will do."""
    if "id" in one:
        own = one["id"]
        return Condition(test=Test.GROUP, ids=(str(own),)) if _is_id(own) else unknown("group")
    return Condition(test=Test.GROUP, ids=groups.all) if groups.all else unknown("group")


def _grouping(one: Mapping[str, Any], groups: Groups) -> Condition:
    """Anybody in one of a grouping's groups; "activity" means the grouping of the thing itself."""
    among = groups.by_grouping.get(str(one.get("id")))
    if among is None or one.get("activity"):
        return unknown("grouping")
    return Condition(test=Test.GROUP, ids=among)


def _completion(one: Mapping[str, Any]) -> Condition:
    """An activity that is done, or that is not; -1 is "the one before", which may be moved."""
    cm, expected = one.get("cm"), one.get("e")
    if not _is_id(cm) or not isinstance(expected, int) or expected not in (0, COMPLETE):
        return unknown("completion")
    done = Condition(test=Test.DONE, ids=(f"cm:{cm}",))
    return done if expected == COMPLETE else Condition(test=Test.NONE, of=(done,))


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _all(parts: tuple[Condition, ...]) -> Condition:
    return parts[0] if len(parts) == 1 else Condition(test=Test.ALL, of=parts)


def moment(seconds: Any) -> datetime | None:
    """Return a Unix time; None for 0, which is Moodle's "not set", and for what is no time."""
    if isinstance(seconds, bool) or not isinstance(seconds, int) or seconds <= 0:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
