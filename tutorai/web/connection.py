"""How a course's connection to its LMS stands, for its teacher's page."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from connectors import registry
from connectors.models import Connector
from tutorai import connecting
from tutorai.connecting import State
from tutorai.errors import LMSUnauthorised, TutorError
from tutorai.lmsdm.models import Course

# Where somebody makes a token by hand, and what an address looks like.
TOKENS: dict[str, str | Promise] = {
    "canvas": gettext_lazy(
        "In Canvas: Account → Settings → Approved integrations → New access token. It is stored "
        "encrypted and only used to read this course."
    ),
    "moodle": gettext_lazy(
        "In Moodle: your name → Preferences → Security keys, if your administrator lets you use "
        "web services. It is stored encrypted and only used for this course."
    ),
}
EXAMPLES = {
    "canvas": "https://school.instructure.com",
    "moodle": "https://moodle.school.edu/course/view.php?id=7",
    "blackboard": "https://school.blackboard.com",
}


def facts(course: Course) -> dict[str, Any]:
    """Return what the card of the connection shows."""
    held = Connector.objects.select_related("through").filter(course=course).first()
    # Behind a course that was made here there is no LMS to connect.
    ways = None if course.is_own else connecting.ways(course, held)
    state = connecting.state(held) if held else ""
    lms = ways.lms if ways else ""
    return {
        "connector": held,
        "ways": ways,
        "connects": ways is not None,
        "lms": ways.title if ways else "",
        "state": state,
        "live": state == State.ACTIVE,
        "lacks": connecting.lacking(held) if held and state == State.ACTIVE else [],
        "base_url": _address(held, ways),
        "example": EXAMPLES.get(lms, ""),
        "token_help": TOKENS.get(lms, ""),
    }


def _address(held: Connector | None, ways: connecting.Ways | None) -> str:
    """Return the address to begin with: the connection's, else what a launch told; else ""."""
    if held is not None:
        return held.base_url
    return ways.place.base_url if ways and ways.place else ""


def refused(error: TutorError, lms: str) -> str:
    """Return why a token that was pasted did not do."""
    if isinstance(error, LMSUnauthorised):
        known = registry.DIALECTS.get(lms)
        words = _("%(lms)s did not accept this token. Make a new one there and paste it whole.")
        return words % {"lms": known.title if known else lms}
    return str(error)


def refused_school(error: TutorError) -> str:
    """Return why the school's own connection did not do."""
    if isinstance(error, LMSUnauthorised):
        return _("Your school's connection has ended. Its administrator has to connect it again.")
    return str(error)
