"""What was read from a place that is not the course's after all: out, as if it had never been."""

from connectors import people
from connectors.models import Connector
from connectors.places import Place
from tutorai.lmsdm import handed, store
from tutorai.lmsdm.models import ContentItem


def leave(row: Connector, to: Place) -> list[ContentItem]:
    """Take out what a connection read before it goes `to` another place; return the items.

    In the caller's transaction. Rows stay to be cited; whom launches joined stays in the course.
    Next time everything is read: nothing is known of the new place.
    """
    assert row.course_id is not None
    course_id, source = row.course_id, row.source
    gone = store.retire_items(course_id=course_id, source=source, told=(), anyway=True)
    store.retire_assignments(course_id=course_id, source=source, told=(), anyway=True)
    store.save_toc(course_id=course_id, source=source, nodes=[])
    handed.retire_submissions(course_id=course_id, source=source, told=(), anyway=True)
    handed.save_quizzes(course_id=course_id, source=source, quizzes=[], anyway=True)
    people.leave(row, course_id, another_site=to.base_url != row.base_url)
    row.cursors.all().delete()
    return gone or []
