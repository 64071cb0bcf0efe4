"""D2L Brightspace. Sources: community.d2l.com, LTI Advantage Developer FAQ; hypothesis/lms, d2l."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from lti.platforms import other
from lti.platforms.facts import Facts
from lti.platforms.links import Links
from lti.platforms.profile import Profile

RULES = replace(other.RULES, name="d2l")
# The same for every Brightspace. Nobody else's server is sent what would let it in there.
FACTS = Facts(
    audience="https://api.brightspace.com/auth/token",
    audience_below=".brightspace.com",
)
LINKS = Links()
# community.d2l.com, 23730 and 23661: registering may send no registration token.
PROFILE = Profile(
    family="d2l",
    title="D2L Brightspace",
    products=frozenset({"desire2learn", "d2l", "brightspace"}),
    pending=True,
    next=(
        _("In Brightspace, open Admin Tools, Manage Extensibility, LTI Advantage, and Tutor.AI."),
        _("Switch the registration on, then choose View Deployments, New Deployment."),
        _(
            "Name it, tick the extensions and under Security Settings what is shared, choose the "
            "org units it is for, and create it. Then create a link for it where you need one."
        ),
        _("Open Tutor.AI once from a course: its deployment then waits in Tutor.AI's inbox."),
    ),
)
