"""What a table of contents says about the things in it. Pure.

A page in a hidden module is hidden, even where the page alone is published: whoever hides a
chapter means what is in it. A thing in several modules follows the most open of them, as far
as one window can say so; where it cannot, the stricter holds.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from tutorai.lmsdm.schema import ContentItem, Kind, TocNode, Unreadable, Window

# Lines that are all there is to a thing: it has no text we may read.
BARE = {
    Kind.LINK: Unreadable.EXTERNAL,
    Kind.TOOL: Unreadable.EXTERNAL,
    Kind.QUIZ: Unreadable.UNSUPPORTED,
    Kind.DISCUSSION: Unreadable.UNSUPPORTED,
}


def homes(nodes: Sequence[TocNode]) -> dict[str, list[Window]]:
    """Return, for each item, the windows of the modules it stands in (line and module joined)."""
    windows = {node.node_id: node.window for node in nodes}
    found: dict[str, list[Window]] = {}
    for node in nodes:
        if node.item_id:
            parent = windows.get(node.parent_id or "")
            joined = both(node.window, parent) if parent else node.window
            found.setdefault(node.item_id, []).append(joined)
    return found


def both(one: Window, other: Window) -> Window:
    """Return the window through which only they see who see through both."""
    return Window(
        published=one.published and other.published,
        available_from=_last(one.available_from, other.available_from),
        available_until=_first(one.available_until, other.available_until),
        sections=_shared(one.sections, other.sections),
    )


def either(windows: Sequence[Window]) -> Window:
    """Return a window through which nobody sees who sees through none of `windows`."""
    if Window() in windows:
        return Window()
    shown = [window for window in windows if window.published]
    if not shown:
        return Window(published=False)
    sections: set[str] | None = set()
    for window in shown:
        named = None if window.sections is None else set(window.sections)
        sections = None if sections is None or named is None else sections | named
    return Window(
        available_from=max((w.available_from for w in shown if w.available_from), default=None),
        available_until=min((w.available_until for w in shown if w.available_until), default=None),
        sections=None if sections is None else tuple(sorted(sections)),
    )


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


def _shared(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    return tuple(sorted(set(one) & set(other)))
