"""The reasons for which a login or launch is refused."""

from django.utils.translation import gettext_lazy as _

from tutorai.errors import LaunchError


class UnknownPlatform(LaunchError):
    code = "unknown_platform"
    message = _("This learning platform is not registered with Tutor.AI, or not clearly.")


class UnknownState(LaunchError):
    code = "unknown_state"
    message = _("This launch has expired. Please open Tutor.AI again from your course.")


class Replayed(LaunchError):
    code = "replayed"
    message = _("This launch was already used. Please open Tutor.AI again from your course.")


class PlatformRefused(LaunchError):
    code = "platform_refused"
    message = _("Your learning platform did not complete the launch. Please try again.")


class MissingKid(LaunchError):
    code = "missing_kid"
    message = _("The launch does not name its key (missing_kid).")


class UnknownKid(LaunchError):
    code, status = "unknown_kid", 401
    message = _("The launch was signed with a key we do not know (unknown_kid).")


class InvalidToken(LaunchError):
    code, status = "invalid_token", 401
    message = _("The launch could not be verified (invalid_token).")


class BadClaim(LaunchError):
    code = "bad_claim"
    message = _("The launch is incomplete or wrong (claim_%(claim)s).")


class KeysUnavailable(LaunchError):
    code, status, retry = "keys_unavailable", 503, True
    message = _("We cannot reach your learning platform's keys. Please try again in a minute.")


class DeploymentPending(LaunchError):
    code, status = "deployment_pending", 403
    message = _("Tutor.AI is waiting to be approved for this course's platform.")


class NotThisBrowser(LaunchError):
    code = "not_this_browser"
    message = _("This launch was begun elsewhere. Please open Tutor.AI again from your course.")
