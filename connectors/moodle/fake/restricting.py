"""What restricts a thing, as Moodle's "Restrict access" says it.

A row's own `restriction` is such a tree; else one is made of what Canvas's words say: dates, groups
and named people. Moodle has no sections of people: those become a profile field.
Source: Moodle's availability/classes/tree.php; Moodle 4.5 recordings, ws_course_contents (null)
"""

from __future__ import annotations

import json
from typing import Any

from connectors.sandbox.models import Assignment, Override, Quiz, Visible

Tree = dict[str, Any]


def availability(thing: Visible) -> str | None:
    """Return a thing's restriction as JSON in a string; None where there is none."""
    tree = restriction(thing)
    return json.dumps(tree, separators=(",", ":")) if tree else None


def restriction(thing: Visible) -> Tree | None:
    """Return a thing's restriction as a tree."""
    own = thing.restriction
    if isinstance(own, dict) and "op" in own:
        return own
    children = [*_dates(thing), *_audience(thing)]
    if _gated(own):
        children.append({"type": "completion", "cm": -1, "e": 1})
    if not children:
        return None
    return {"op": "&", "c": children, "showc": [True] * len(children)}


def _gated(own: Any) -> bool:
    """Whether a restriction in Canvas's words asks for progress."""
    told = own if isinstance(own, dict) else {}
    return bool(told.get("prerequisites") or told.get("sequential"))


def _dates(thing: Visible) -> list[Tree]:
    """Work and quizzes have dates of their own."""
    if isinstance(thing, Assignment | Quiz):
        return []
    found = [
        {"type": "date", "d": sign, "t": int(moment.timestamp())}
        for sign, moment in ((">=", thing.unlock_at), ("<", thing.lock_at))
        if moment is not None
    ]
    return list(found)


def _audience(thing: Visible) -> list[Tree]:
    if not thing.only_visible_to_overrides:
        return []
    rows = thing.overrides.all()  # type: ignore[attr-defined]
    among = [one for row in rows for one in _members(row)]
    return [{"op": "|", "c": among}] if among else [_profile("email", "nobody")]


def _members(row: Override) -> list[Tree]:
    if row.group_id:
        return [{"type": "group", "id": row.group_id}]
    if row.section is not None:
        field = {"type": "profile", "cf": "section", "op": "isequalto", "v": row.section.name}
        return [field]
    return [_profile("email", person.email) for person in row.people.all()]


def _profile(field: str, value: str) -> Tree:
    return {"type": "profile", "sf": field, "op": "isequalto", "v": value}
