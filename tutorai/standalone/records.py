"""Rows → LMS-DM records: a course of our own as it would be told by an LMS."""

from tutorai.lmsdm import schema
from tutorai.lmsdm.models import Assignment, ContentItem, Course, TocNode, Windowed


def window(row: Windowed) -> schema.Window:
    """Return who sees a row, and when."""
    held = row.condition
    return schema.Window(
        published=row.published,
        available_from=row.available_from,
        available_until=row.available_until,
        sections=None if row.sections is None else tuple(row.sections),
        condition=None if held is None else schema.Condition.model_validate(held),
    )


def course(row: Course) -> schema.Course:
    """Return the course."""
    names = schema.Course.model_fields.keys() - {"course_id"}
    return schema.Course(course_id=row.source_id, **{name: getattr(row, name) for name in names})


def item(row: ContentItem) -> schema.ContentItem:
    """Return an item, its text within it; a file's bytes come apart."""
    return schema.ContentItem(
        item_id=row.source_id,
        course_id=row.course.source_id,
        kind=schema.Kind(row.kind),
        title=row.title,
        body=row.body,
        url=row.url,
        mime=row.mime,
        size=row.size,
        updated_at=row.updated_at,
        window=window(row),
        unreadable=schema.Unreadable(row.unreadable) if row.unreadable else None,
        version=row.version,
    )


def node(row: TocNode) -> schema.TocNode:
    """Return a line of the table of contents; its parent and its item are looked at."""
    return schema.TocNode(
        node_id=row.source_id,
        course_id=row.course.source_id,
        title=row.title,
        parent_id=row.parent.source_id if row.parent else None,
        position=row.position,
        kind=schema.Kind(row.kind),
        item_id=row.item.source_id if row.item else None,
        url=row.url,
        window=window(row),
    )


def toc(row: Course, source: str) -> list[schema.TocNode]:
    """Return the lines that one source told."""
    held = TocNode.objects.filter(course=row, source=source)
    return [node(each) for each in held.select_related("course", "parent", "item")]


def assignment(row: Assignment) -> schema.Assignment:
    """Return work to hand in."""
    return schema.Assignment(
        assignment_id=row.source_id,
        course_id=row.course.source_id,
        title=row.title,
        due_date=row.due_date,
        content=row.content,
        max_points=row.max_points,
        url=row.url,
        window=window(row),
        overrides=tuple(schema.Override.model_validate(each) for each in row.overrides),
        rubric=None if row.rubric is None else schema.Rubric.model_validate(row.rubric),
        attempts=row.attempts,
        hand_in=tuple(row.hand_in),
    )
