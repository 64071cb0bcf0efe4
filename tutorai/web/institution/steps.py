"""The steps of each guide, in the words of the platform's own menus.

Sources: canvas-lms, doc/api/lti_dev_key_config.md and registration.md; Moodle 4.5's own pages;
docs.anthology.com, registering a new LTI application; documentation.brightspace.com, LTI Advantage.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from django.utils.translation import gettext as _

from lti.platforms.profile import Profile
from lti.registration.body import DESCRIPTION
from lti.registration.ours import NAME, Ours

_ids = count(1)


@dataclass(frozen=True)
class Value:
    """Something to paste, and the name of the field it goes to."""

    label: str
    text: str
    id: str = field(default_factory=lambda: f"v{next(_ids)}")  # on its page

    @property
    def long(self) -> bool:
        """Whether it has several lines."""
        return "\n" in self.text


@dataclass(frozen=True)
class Step:
    """One thing to do. `link`: the one-time link stands here; `enter`: our own form follows."""

    words: str
    values: tuple[Value, ...] = ()
    link: bool = False
    enter: bool = False


@dataclass(frozen=True)
class Way:
    """One way to connect; the first of a guide is the one to try."""

    title: str
    steps: list[Step]


Guide = Callable[[Ours, Profile], list[Way]]


def addresses(ours: Ours) -> list[Value]:
    """Return our addresses, under the names most platforms give them."""
    return [
        Value(_("Login initiation URL"), ours.login),
        Value(_("Redirect URL"), ours.launch),
        Value(_("Target link URL, also for deep linking"), ours.launch),
        Value(_("Public keyset (JWKS) URL"), ours.keys),
        Value(_("Domain"), ours.domain),
        Value(_("Icon URL"), ours.icon),
    ]


def _lines(profile: Profile) -> Value:
    told = "\n".join(f"{name}={value}" for name, value in profile.custom.items())
    return Value(_("Custom parameters"), told)


def _make() -> Step:
    return Step(_("Make a link for your platform. It works once."), link=True)


def _by_itself(where: list[str], profile: Profile) -> Way:
    told = [_make(), *(Step(words) for words in where)]
    told.append(
        Step(_("Tutor.AI shows what it is about to register. Choose what is shared, and register."))
    )
    told += [Step(str(words)) for words in profile.next]
    return Way(_("Let the platform register Tutor.AI by itself"), told)


def canvas(ours: Ours, profile: Profile) -> list[Way]:
    """Canvas: registration, or a developer key by URL."""
    return [
        _by_itself(
            [
                _(
                    "In Canvas, open Admin, your account, Developer Keys, + Developer Key, "
                    "+ LTI Registration (or Apps, Manage, Install a New App). Paste the link "
                    "and continue."
                )
            ],
            profile,
        ),
        Way(
            _("By a developer key, where Canvas offers no registration"),
            [
                Step(
                    _(
                        "In Canvas, open Admin, your account, Developer Keys, + Developer Key, "
                        "+ LTI Key. As Method choose Enter URL, paste both, and save."
                    ),
                    (
                        Value(_("JSON URL"), ours.developer_key),
                        Value(_("Redirect URIs"), ours.launch),
                    ),
                ),
                Step(
                    _(
                        "Set the key's State to On. Copy its number from the column Details: that "
                        "is the client id."
                    )
                ),
                Step(
                    _(
                        "Install it: Admin, Settings, Apps, View App Configurations, + App, "
                        "By Client ID. Under the gear of the new app, copy its Deployment Id."
                    )
                ),
                Step(_("Enter both here."), enter=True),
            ],
        ),
    ]


def moodle(ours: Ours, profile: Profile) -> list[Way]:
    """Moodle: registration by URL, or by hand."""
    return [
        _by_itself(
            [
                _(
                    "In Moodle, open Site administration, Plugins, Activity modules, External "
                    "tool, Manage tools. Paste the link as Tool URL and press Add LTI Advantage."
                )
            ],
            profile,
        ),
        Way(
            _("By hand"),
            [
                Step(
                    _(
                        "On Manage tools, follow “configure a tool manually”. Fill in these; as "
                        "LTI version choose LTI 1.3, as Public key type Keyset URL."
                    ),
                    (
                        Value(_("Tool name"), NAME),
                        Value(_("Tool URL"), ours.launch),
                        Value(_("Public keyset"), ours.keys),
                        Value(_("Initiate login URL"), ours.login),
                        Value(_("Redirection URI(s)"), ours.launch),
                        _lines(profile),
                    ),
                ),
                Step(
                    _("Tick Supports Deep Linking, and fill in its address."),
                    (Value(_("Content Selection URL"), ours.launch),),
                ),
                Step(
                    _(
                        "Under Services choose “Use this service for grade sync and column "
                        "management” and “Use this service to retrieve members' information”; "
                        "under Privacy, what is shared. Save."
                    )
                ),
                Step(
                    _(
                        "Click the list on the new tool's card: it shows Platform ID, Client ID "
                        "and Deployment ID. Enter them here."
                    ),
                    enter=True,
                ),
            ],
        ),
    ]


def blackboard(ours: Ours, profile: Profile) -> list[Way]:
    """Blackboard: one application for all schools, then its client id in each."""
    return [
        Way(
            _("Once, whoever operates Tutor.AI"),
            [
                Step(
                    _(
                        "At developer.blackboard.com, register an application, tick “My "
                        "integration supports LTI 1.3”, choose RS256, and fill in these."
                    ),
                    (
                        Value(_("Application name"), NAME),
                        Value(_("Description"), DESCRIPTION),
                        Value(_("Domain(s)"), ours.domain),
                        Value(_("Login Initiation URL"), ours.login),
                        Value(_("Tool Redirect URL(s)"), ours.launch),
                        Value(_("Tool JWKS URL"), ours.keys),
                        _lines(profile),
                    ),
                ),
                Step(_("Its Application ID is the client id of every school that uses it.")),
            ],
        ),
        Way(
            _("In your school"),
            [
                *(Step(str(words)) for words in profile.next[:2]),
                Step(
                    _(
                        "Copy the Deployment ID that is shown there, and enter it here with the "
                        "client id."
                    ),
                    enter=True,
                ),
                Step(
                    _(
                        "Under the tool's Manage Placements, make one of the type Deep Linking "
                        "content tool, and one Course tool."
                    ),
                    (Value(_("Target link URI"), ours.launch),),
                ),
            ],
        ),
    ]


def d2l(ours: Ours, profile: Profile) -> list[Way]:
    """Brightspace: dynamic or standard registration."""
    return [
        _by_itself(
            [
                _(
                    "In Brightspace, open Admin Tools, Manage Extensibility, LTI Advantage, "
                    "Register Tool, and choose Dynamic. Paste the link as Tool initiation "
                    "registration endpoint, and register."
                )
            ],
            profile,
        ),
        Way(
            _("By hand"),
            [
                Step(
                    _(
                        "At Register Tool choose Standard and fill in these. Tick Assignment and "
                        "Grade Services, Deep Linking, Names and Role Provisioning Services."
                    ),
                    (
                        Value(_("Name"), NAME),
                        Value(_("Domain"), ours.url),
                        Value(_("Redirect URLs"), ours.launch),
                        Value(_("OpenID Connect Login URL"), ours.login),
                        Value(_("Target Link URI"), ours.launch),
                        Value(_("Keyset URL"), ours.keys),
                        _lines(profile),
                    ),
                ),
                Step(
                    _(
                        "View Deployments, New Deployment: name it, tick the extensions and what "
                        "is shared, choose the org units, and save. It shows a Deployment ID."
                    )
                ),
                Step(_("Enter what Brightspace shows here."), enter=True),
            ],
        ),
    ]


def other(ours: Ours, profile: Profile) -> list[Way]:
    """Whatever speaks LTI 1.3."""
    return [
        _by_itself(
            [
                _(
                    "Paste it where your platform registers tools by URL (LTI dynamic "
                    "registration). Sakai: Administration Workspace, External Tools, LTI "
                    "Advantage Auto-Provision."
                )
            ],
            profile,
        ),
        Way(
            _("By hand"),
            [
                Step(
                    _("Register a tool of LTI 1.3 there, with these."),
                    (*addresses(ours), _lines(profile)),
                ),
                Step(
                    _(
                        "Allow deep linking, roster and grades, where it asks. Then enter here "
                        "what it shows: issuer, client id, and three addresses."
                    ),
                    enter=True,
                ),
            ],
        ),
    ]


GUIDES: dict[str, Guide] = {
    "canvas": canvas,
    "moodle": moodle,
    "blackboard": blackboard,
    "d2l": d2l,
    "other": other,
}
