"""Where, in each learning platform, an administrator sets what the diagnose page misses. Data.

Sources: docs.moodle.org, "External tool"; Canvas, doc/api/lti_dev_key_config.md and its Community
guides; help.blackboard.com, "LTI Tool Providers"; community.d2l.com, "LTI Advantage".
"""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOODLE_TOOL = _("Site administration, Plugins, External tool, Manage tools, the wheel of Tutor.AI")
CANVAS_KEY = _("Admin, Developer Keys, Tutor.AI; or, registered by itself: Admin, Apps, Manage")
BLACKBOARD = _("Administrator Panel, Integrations, LTI Tool Providers, Tutor.AI, Edit")
D2L = _("Admin Tools, Manage Extensibility, LTI Advantage, the registration of Tutor.AI")

# Family → where its page is, and what to set there by the finding's code.
PLACES: Mapping[str, Promise] = {
    "moodle": MOODLE_TOOL,
    "canvas": CANVAS_KEY,
    "blackboard": BLACKBOARD,
    "d2l": D2L,
}
SWITCHES: Mapping[str, Mapping[str, Promise]] = {
    "moodle": {
        "no_grades": _(
            "Services: IMS LTI Assignment and Grade Services: “Use this service for grade sync and "
            "column management”."
        ),
        "grades_partly": _(
            "Services: IMS LTI Assignment and Grade Services: “Use this service for grade sync and "
            "column management”, not grade sync only."
        ),
        "no_roster": _(
            "Services: IMS LTI Names and Role Provisioning: “Use this service to retrieve members' "
            "information as per privacy settings”."
        ),
        "no_names": _("Privacy: “Share launcher's name with tool” and “e-mail”: Always."),
        "variables": _("Tool settings, Custom parameters: compare them with the guide."),
        "keys_unread": _(
            "Site administration, General, Security, HTTP security: cURL blocked hosts and allowed "
            "ports must let Tutor.AI's address through."
        ),
        "key_unknown": _("Tool settings, Public key type: Keyset URL."),
        "awaits": _("Press “Activate” on the card of Tutor.AI."),
        "lost": _("Tool settings, Redirection URI(s): Tutor.AI's, and nothing else on the line."),
    },
    "canvas": {
        "no_grades": _(
            "LTI Advantage Services: switch on all that speak of assignment data and of scores."
        ),
        "grades_partly": _(
            "LTI Advantage Services: switch on all that speak of assignment data and of scores."
        ),
        "no_roster": _("LTI Advantage Services: “Can retrieve user data associated with…”."),
        "no_names": _("Privacy level: Public. Name only, or anonymous, hide it from Tutor.AI."),
        "variables": _(
            "Custom fields: compare them with the guide. Canvas fills a variable in only where the "
            "privacy level and the placement allow it."
        ),
        "no_join": _(
            "Custom fields: add the lines of the guide. Without $Canvas.user.id, $Canvas.course.id "
            "and $Canvas.api.domain courses read through Canvas's API stay apart from launches."
        ),
        "key_unknown": _("The key's method: Public JWK URL, not a pasted Public JWK."),
        "lost": _("Redirect URIs: Tutor.AI's, on a line of its own."),
    },
    "blackboard": {
        "no_grades": _("Services: Allow grade service access: Yes."),
        "grades_partly": _("Services: Allow grade service access: Yes."),
        "no_roster": _("Services: Allow Membership Service Access: Yes."),
        "no_names": _("Policies: User Fields to Send: Role in Course, Name, Email Address."),
        "variables": _("Custom parameters stand at developer.blackboard.com, not here."),
        "lost": _("Approve the tool, and the placement; both are excluded at first."),
    },
    "d2l": {
        "no_grades": _("Extensions: Assignment and Grade Services, here and in the deployment."),
        "grades_partly": _(
            "Extensions: Assignment and Grade Services, here and in the deployment."
        ),
        "no_roster": _("Extensions: Names and Role Provisioning Services, likewise."),
        "no_names": _("The deployment, Security Settings: Name, Email."),
        "variables": _("The deployment or link, Substitution Parameters: compare with the guide."),
        "key_unknown": _("Keyset URL: Tutor.AI's."),
        "lost": _("Redirect URLs: Tutor.AI's; and the deployment must be enabled."),
    },
}


def where(family: str, code: str) -> list[str]:
    """Return the page of that platform's settings and what to set there; [] where nobody knows."""
    switch = SWITCHES.get(family, {}).get(code)
    return [str(PLACES[family]), str(switch)] if switch else []
