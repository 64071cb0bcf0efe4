"""What a table of contents says about the things in it. Pure.

A page in a hidden module is hidden, even where the page alone is published: whoever hides a
chapter means what is in it. A thing in several modules is seen through any of them.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from tutorai.lmsdm.schema import (
    Condition,
    ContentItem,
    Kind,
    Test,
    TocNode,
    Unreadable,
    Window,
)

# Lines that are all there is to a thing: it has no text we may read.
BARE = {
    Kind.LINK: Unreadable.EXTERNAL,
    Kind.TOOL: Unreadable.EXTERNAL,
    Kind.QUIZ: Unreadable.UNSUPPORTED,
    Kind.DISCUSSION: Unreadable.UNSUPPORTED,
}


def homes(nodes: Sequence[TocNode]) -> dict[str, list[Window]]:
    """Return, for each item, the windows of its lines, each joined with all that it stands in."""
    lines = {node.node_id: node for node in nodes}
    found: dict[str, list[Window]] = {}
    for node in nodes:
        if node.item_id:
            found.setdefault(node.item_id, []).append(_through(node, lines))
    return found


def _through(node: TocNode, lines: Mapping[str, TocNode]) -> Window:
    """Return who sees a line: who sees it and every module around it, however deep it stands."""
    window, passed = node.window, {node.node_id}
    above = lines.get(node.parent_id or "")
    while above is not None and above.node_id not in passed:
        passed.add(above.node_id)
        window = both(window, above.window)
        above = lines.get(above.parent_id or "")
    return window


def both(one: Window, other: Window) -> Window:
    """Return the window through which only they see who see through both."""
    return Window(
        published=one.published and other.published,
        available_from=_last(one.available_from, other.available_from),
        available_until=_first(one.available_until, other.available_until),
        sections=_shared(one.sections, other.sections),
        condition=_joint(one.condition, other.condition),
    )


def either(windows: Sequence[Window]) -> Window:
    """Return the window through which exactly they see who see through one of `windows`."""
    if Window() in windows:
        return Window()
    shown = [window for window in windows if window.published]
    if not shown:
        return Window(published=False)
    if len(set(shown)) == 1:
        return shown[0]
    parts = tuple(as_condition(window) for window in dict.fromkeys(shown))
    return Window(condition=Condition(test=Test.ANY, of=parts))


def as_condition(window: Window) -> Condition:
    """Return a published window's restrictions as one condition."""
    parts = []
    if window.available_from is not None:
        parts.append(Condition(test=Test.FROM, at=window.available_from))
    if window.available_until is not None:
        parts.append(Condition(test=Test.UNTIL, at=window.available_until))
    if window.sections is not None:
        parts.append(Condition(test=Test.SECTION, ids=window.sections))
    if window.condition is not None:
        parts.append(window.condition)
    return parts[0] if len(parts) == 1 else Condition(test=Test.ALL, of=tuple(parts))


def placed(
    items: Iterable[ContentItem],
    nodes: Sequence[TocNode],
    unlisted: Collection[Kind] = frozenset(),
) -> list[ContentItem]:
    """Return the items as students may see them: through their own window and their modules'.

    What stands in no module is found by its kind's list; where the course keeps that list from
    students (`unlisted`), they have no way to it.
    """
    where = homes(nodes)

    def through(item: ContentItem) -> Window:
        if item.item_id in where:
            return either(where[item.item_id])
        return Window(published=item.kind not in unlisted)

    return [item.model_copy(update={"window": both(item.window, through(item))}) for item in items]


def bare(nodes: Sequence[TocNode], known: Mapping[str, object]) -> list[ContentItem]:
    """Return items for lines whose thing no list told: links, tools, quizzes, discussions."""
    made = {
        node.item_id: ContentItem(
            item_id=node.item_id,
            course_id=node.course_id,
            kind=node.kind,
            title=node.title,
            url=node.url,
            unreadable=BARE[node.kind],
        )
        for node in nodes
        if node.item_id and node.item_id not in known and node.kind in BARE
    }
    return list(made.values())


def _last(one: datetime | None, other: datetime | None) -> datetime | None:
    return max((moment for moment in (one, other) if moment), default=None)


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((moment for moment in (one, other) if moment), default=None)


def _joint(one: Condition | None, other: Condition | None) -> Condition | None:
    if one is None or other is None:
        return one or other
    parts = [each.of if each.test is Test.ALL else (each,) for each in (one, other)]
    asked = tuple(dict.fromkeys(each for part in parts for each in part))
    return asked[0] if len(asked) == 1 else Condition(test=Test.ALL, of=asked)


def _shared(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(sorted(set(one) & set(other)))
