"""What an administrator does in each LMS so that Tutor.AI may read it, with values to paste."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from connectors import renewing
from connectors.canvas.scopes import SCOPES, WHY
from connectors.moodle.functions import FUNCTIONS
from tutorai.web.institution.steps import Step, Value


@dataclass(frozen=True)
class Guide:
    """One way to connect: its steps, and what every right it asks for is for."""

    title: str
    steps: list[Step]
    rights: list[tuple[str, str]]  # name, why
    rights_title: str
    note: str = ""


def canvas_key() -> Guide:
    """Canvas: a developer key of the kind API."""
    steps = [
        Step(
            _(
                "In Canvas, open Admin, your account, Developer Keys, + Developer Key, + API Key. "
                "Fill in these."
            ),
            (
                Value(_("Key name"), "Tutor.AI"),
                Value(_("Redirect URIs"), renewing.callback("canvas")),
            ),
        ),
        Step(
            _(
                "Turn Enforce Scopes on, tick Allow Include Parameters, and choose the scopes "
                "listed below. Save, and set the key's State to On."
            )
        ),
        Step(
            _(
                "In the column Details stands a number: the client ID. Show Key shows the secret. "
                "Enter both here, with the address of your Canvas."
            )
        ),
    ]
    rights = [(name, str(why)) for name, why in WHY.items()]
    note = _("Every teacher then consents for their own courses, once, without a token to copy.")
    return Guide(_("Canvas: a developer key"), steps, rights, _("The scopes"), note)


def canvas_scopes() -> str:
    """Return all the scopes, to paste."""
    return "\n".join(SCOPES)


def moodle_service() -> Guide:
    """Moodle: a service of its own, and a service account's token."""
    steps = [
        Step(
            _(
                "In Moodle, open Site administration, Server, Web services, Overview. Enable web "
                "services (1) and, under Manage protocols (2), REST."
            )
        ),
        Step(
            _(
                "Make a user for Tutor.AI and a role at the level System with the capabilities "
                "listed below, and give the user that role. It must not be a site administrator."
            ),
            (Value(_("Capabilities"), "\n".join(CAPABILITIES)),),
        ),
        Step(
            _(
                "Under External services add one, tick Authorised users only and Can download "
                "files, add the functions listed below, and add the user to it."
            ),
            (Value(_("Name"), "Tutor.AI"), Value(_("Functions"), "\n".join(FUNCTIONS))),
        ),
        Step(
            _(
                "Under Manage tokens create one for that user and service. Paste it here, with the "
                "address of your Moodle."
            )
        ),
    ]
    rights = [(name, str(why)) for name, why in FUNCTIONS.items()]
    note = _("Teachers then connect their courses with one click.")
    return Guide(_("Moodle: a service account"), steps, rights, _("The functions"), note)


# Source: recordings of a Moodle 4.5.6 whose service account had these; rubrics and hidden chapters
# by Moodle's own checks (docs/moodle.md says what each is for).
CAPABILITIES = (
    "webservice/rest:use",
    "moodle/course:view",
    "moodle/course:viewhiddencourses",
    "moodle/course:viewhiddenactivities",
    "moodle/course:viewhiddensections",
    "moodle/course:viewparticipants",
    "moodle/course:enrolreview",
    "moodle/course:managegroups",
    "moodle/course:ignoreavailabilityrestrictions",
    "moodle/site:accessallgroups",
    "moodle/role:review",
    "moodle/user:viewdetails",
    "moodle/user:viewhiddendetails",
    "moodle/course:useremail",
    "gradereport/user:view",
    "moodle/grade:viewall",
    "moodle/grade:managegradingforms",
    "mod/assign:view",
    "mod/assign:viewgrades",
    "mod/assign:grade",
    "mod/book:viewhiddenchapters",
    "mod/page:view",
    "mod/resource:view",
    "mod/quiz:view",
    "mod/forum:viewdiscussion",
    "mod/forum:addnews",
)


def blackboard_application() -> Guide:
    """Blackboard: an application of the developer portal, and a REST integration."""
    steps = [
        Step(
            _(
                "At developer.blackboard.com, open the application of Tutor.AI, or register one "
                "with this redirect address. Note its Application ID, Key and Secret."
            ),
            (Value(_("Redirect URI"), renewing.callback("blackboard")),),
        ),
        Step(
            _(
                "In Blackboard, open Administrator Panel, Integrations, REST API Integrations, "
                "Create Integration. Enter the Application ID, and a user made for Tutor.AI as "
                "Learn User: what that user may, Tutor.AI may. It must not be a system "
                "administrator. Set End User Access and Authorized To Act As User to Yes."
            )
        ),
        Step(_("Enter Key and Secret here, with the address of your Blackboard.")),
    ]
    rights = [(name, str(why())) for name, why in ENTITLEMENTS.items()]
    note = _("Teachers then connect their courses with one click, or by their own permission.")
    return Guide(_("Blackboard: a REST integration"), steps, rights, _("What its user needs"), note)


ENTITLEMENTS: dict[str, Callable[[], str]] = {
    "course.content.VIEW": lambda: _("read pages and files"),
    "course.user.VIEW": lambda: _("know who is in the course"),
    "course.gradebook.VIEW": lambda: _("read assignments, attempts and grades"),
    "course.gradebook.MODIFY": lambda: _("enter grades that a teacher approved"),
    "course.announcements.VIEW": lambda: _("read announcements"),
    "course.announcements.CREATE": lambda: _("publish announcements that a teacher approved"),
    "course.content.CREATE": lambda: _("publish pages that a teacher approved"),
}

GUIDES: dict[tuple[str, str], Callable[[], Guide]] = {
    ("canvas", "application"): canvas_key,
    ("moodle", "token"): moodle_service,
    ("blackboard", "application"): blackboard_application,
}
