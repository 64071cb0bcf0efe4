"""Whether a course's LMS has said which of its people somebody is.

Launches and rosters say it, or an LMS's privacy settings keep it back; by name or e-mail nobody is
ever joined. What hangs on it says so, instead of showing nothing, or another's.
"""

from uuid import UUID

from connectors import cells
from connectors.models import Connector
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor


def joined(actor: Actor) -> bool:
    """Whether what the actor did in the LMS can be known to be theirs; see `known`."""
    return actor.course_id is None or known(actor.course_id, actor.user_id)


def known(course: Course | UUID, user_id: UUID) -> bool:
    """Whether the LMS's API and we mean the same person; yes where nothing is read by API."""
    row = Connector.objects.filter(course=course).exclude(status=Connector.Status.PAUSED).first()
    return row is None or bool(cells.person(row, user_id))
