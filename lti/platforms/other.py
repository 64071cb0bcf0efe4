"""Every other platform: what AGS says, and what those say that are known to say it differently."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from lti.platforms.facts import Facts
from lti.platforms.links import Links
from lti.platforms.profile import Profile
from tutorai.ledger.outcomes import Outcome, Rule, Rules

RULES = Rules(
    name="other",
    table=(
        # Open edX, lti_consumer/lti_1p3/extensions/rest_framework/serializers.py: "Score timestamp
        # can only be updated to a later point in time", "Score already exists for the provided
        # timestamp".
        Rule(frozenset({400}), Outcome.STALE, "later point in time|already exists"),
        # Moodle's word for an older timestamp; AGS 2.0 (3.4.9) names none.
        Rule(frozenset({409}), Outcome.STALE),
        # D2L: 403 "User in requested score is not enrolled in the org unit", 404 "User in requested
        # score does not exist"; Open edX: 404 of a user nobody knows.
        Rule(frozenset({403, 404}), Outcome.NOT_GRADABLE, r"\buser\b"),
        # D2L, LTI Advantage Developer FAQ: a role that cannot be graded.
        Rule(frozenset({422}), Outcome.NOT_GRADABLE),
        Rule(frozenset({403}), Outcome.THROTTLED, "rate limit exceeded"),
    ),
    step=timedelta(seconds=1),  # some keep whole seconds; nobody minds one more
)
FACTS = Facts()
LINKS = Links()
PROFILE = Profile(
    family="other",
    title=_("Another platform"),
    next=(
        _("Turn Tutor.AI on in your platform's administration, if it asks for that."),
        _("Open Tutor.AI once from a course, as a teacher."),
    ),
)
