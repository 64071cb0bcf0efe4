"""Who practises in the tests."""

from typing import Any

from tests import factories
from tests.retrieval import making
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor


def a_student(course: Course, **fields: Any) -> Actor:
    """A student of the course, with a row of their own."""
    return making.an_actor(course, user_id=factories.a_user(course.institution).pk, **fields)
