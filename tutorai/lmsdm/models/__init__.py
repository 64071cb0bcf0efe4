"""The same language as tables. Whose row it is always leads back to one Institution."""

from tutorai.lmsdm.models.content import ContentItem, Quiz, TocNode, Windowed
from tutorai.lmsdm.models.members import CourseGroup, Enrolment, Observing
from tutorai.lmsdm.models.moves import Move, MoveItem
from tutorai.lmsdm.models.schools import OWN, Course, Identity, Institution, User
from tutorai.lmsdm.models.work import Assignment, LineItem, Submission

__all__ = [
    "OWN",
    "Assignment",
    "ContentItem",
    "Course",
    "CourseGroup",
    "Enrolment",
    "Identity",
    "Institution",
    "LineItem",
    "Move",
    "MoveItem",
    "Observing",
    "Quiz",
    "Submission",
    "TocNode",
    "User",
    "Windowed",
]
