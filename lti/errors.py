"""The reasons for which a login or launch is refused, in words for the person who meets them.

LaunchError
└── Refusal               what happened · what to do · whom to tell
    ├── UnknownPlatform     no registration fits, or more than one does
    ├── UnknownState        a launch that no login of ours began, or too long ago
    ├── Replayed            the same launch a second time
    ├── NotThisBrowser      the launch began in another browser
    ├── MissingKid          the token names no key
    ├── UnknownKid          a key the platform does not publish
    ├── InvalidToken        signature, time, audience, nonce
    ├── BadClaim            a claim is missing or wrong
    ├── WrongDeployment     the login named another deployment than the launch
    ├── KeysUnavailable     the platform's keys cannot be had: try again
    ├── DeploymentPending   an administrator has not approved it yet
    │   └── DeploymentUnclaimed  nor said whose it is: schools share the registration
    ├── SwitchedOff         an administrator has disabled the platform's registration
    ├── NotAboutYou         a launch about another person, by who may not ask about them
    └── PlatformRefused     the platform itself said no; its reasons below
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tutorai.errors import LaunchError

AGAIN = _("Go back to your course and open Tutor.AI from there again.")
TEACHER = _("If it happens again, tell your teacher.")
ADMINISTRATOR = _("If it happens again, tell the administrator of your learning platform.")


class Refusal(LaunchError):
    """The base: `advice` says what to do, `whom` whom to tell, when trying again does not help.

    `return_url` leads back to the course and `locale` is the launch's, when a verified token
    told them.
    """

    code = "refused"
    advice: ClassVar[str | Promise] = AGAIN
    whom: ClassVar[str | Promise] = ADMINISTRATOR
    return_url: str = ""
    locale: str = ""

    @property
    def reason(self) -> str:
        """The code for logs, the state's row and the page."""
        return self.code


class UnknownPlatform(Refusal):
    code = "unknown_platform"
    message = _("This learning platform is not registered with Tutor.AI, or not clearly.")
    advice = _("An administrator has to register it before it can be used here.")
    whom = _("Tell the administrator of your learning platform.")


class UnknownState(Refusal):
    code = "unknown_state"
    message = _("This launch has expired, or did not begin here.")
    whom = TEACHER


class Replayed(Refusal):
    code = "replayed"
    message = _("This launch was already used. Each one opens Tutor.AI once.")
    whom = TEACHER


class NotThisBrowser(Refusal):
    code = "not_this_browser"
    message = _("This launch was begun elsewhere, or your browser has forgotten it.")
    whom = TEACHER


class MissingKid(Refusal):
    code = "missing_kid"
    message = _("The launch does not say which key signed it.")


class UnknownKid(Refusal):
    code, status = "unknown_kid", 401
    message = _("The launch was signed with a key that your learning platform does not publish.")


class InvalidToken(Refusal):
    code, status = "invalid_token", 401
    message = _("The launch could not be verified.")


class BadClaim(Refusal):
    code = "bad_claim"
    message = _("The launch is incomplete, or something in it is wrong (%(claim)s).")

    @property
    def reason(self) -> str:
        return f"claim_{self.facts['claim']}"


class WrongDeployment(Refusal):
    code = "wrong_deployment"
    message = _("The launch came from another installation than the one it began in.")


class KeysUnavailable(Refusal):
    code, status, retry = "keys_unavailable", 503, True
    message = _("Your learning platform does not show us its keys right now.")
    advice = _("Wait a minute, then open Tutor.AI from your course again.")


class DeploymentPending(Refusal):
    code, status = "deployment_pending", 403
    message = _("Tutor.AI was installed here, and waits to be approved.")
    advice = _("Ask your administrator to approve this installation, then open it again.")
    whom = _("Teachers and students need to do nothing else.")


class DeploymentUnclaimed(DeploymentPending):
    code = "deployment_unclaimed"
    advice = _(
        "Give your administrator the number below: they enter it in the inbox of their pages, "
        "and this installation opens."
    )
    whom = _("The number must be one that a teacher or an administrator was shown, today.")


class SwitchedOff(Refusal):
    code, status = "switched_off", 403
    message = _("Tutor.AI is switched off for this learning platform.")
    advice = _("An administrator of your institution did that, and can switch it on again.")
    whom = _("Nothing is lost: what you did here is kept.")


class NotAboutYou(Refusal):
    code, status = "not_about_you", 403
    message = _("Your learning platform asked Tutor.AI about another person.")
    advice = _(
        "Teachers and their assistants may look at a student's work, and administrators at what is "
        "held of a person. Everybody may look at their own."
    )


class PlatformRefused(Refusal):
    code = "platform_refused"
    message = _("Your learning platform did not complete the launch.")


class LoginRequired(PlatformRefused):
    code = "login_required"
    message = _("Your learning platform says that you are not signed in there.")
    advice = _("Sign in to your learning platform, then open Tutor.AI from your course again.")
    whom = TEACHER


class LaunchNoLongerValid(PlatformRefused):
    code = "launch_no_longer_valid"
    message = _("Your learning platform says that this link to Tutor.AI is too old by now.")
    whom = TEACHER


class AccessDenied(PlatformRefused):
    code = "access_denied"
    message = _("Your learning platform says that you may not open Tutor.AI here.")
    advice = _("Check that you are signed in there with the account of this course.")
    whom = _("If you should have access, tell your teacher.")


class PlatformBusy(PlatformRefused):
    code = "temporarily_unavailable"
    message = _("Your learning platform cannot open Tutor.AI right now.")
    advice = _("Wait a minute, then open Tutor.AI from your course again.")


class PlatformSetup(PlatformRefused):
    code = "platform_setup"
    message = _("Your learning platform and Tutor.AI are not set up to match.")
    advice = _("Trying again does not help; the registration needs a look.")
    whom = _("Tell the administrator of your learning platform.")


# OpenID Connect Core 3.1.2.6, OAuth 2.0 4.1.2.1, and Canvas's own.
REFUSALS: dict[str, type[PlatformRefused]] = {
    "login_required": LoginRequired,
    "interaction_required": LoginRequired,
    "account_selection_required": LoginRequired,
    "launch_no_longer_valid": LaunchNoLongerValid,
    "access_denied": AccessDenied,
    "temporarily_unavailable": PlatformBusy,
    "server_error": PlatformBusy,
    "unauthorized_client": PlatformSetup,
    "invalid_client": PlatformSetup,
    "invalid_request": PlatformSetup,
    "invalid_scope": PlatformSetup,
    "unsupported_response_type": PlatformSetup,
}
