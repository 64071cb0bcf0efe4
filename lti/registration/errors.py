"""Why a registration failed, in words for the administrator who meets it.

NotRegistered             what happened · what to do
├── InviteUnknown           a link we did not make, or that was withdrawn
├── InviteUsed              it served already, or serves just now
├── InviteExpired           it was good for some days
├── NoConfiguration         opened by hand: a platform says where its configuration is
├── BadToken                the platform's token cannot be sent back to it
├── NotConfirmed            the page was left open too long, or is not the one we showed
├── ConfigurationAway       the platform does not answer, and nothing was done: try again
├── ConfigurationRefused    it answered, but not with a configuration
├── ConfigurationUnread     not JSON, or far too much of it
├── ConfigurationWrong      a member is missing or cannot be used
├── ForeignIssuer           it speaks for an issuer that is not on its host
├── OtherPlatform           the invite renews another platform
├── RegistrationAway        nobody knows whether it went through
├── RegistrationRefused     the platform said no
├── AnswerUnread            it said yes in a form we cannot use
├── ClientTaken             it gave a client id that is another registration's
└── NotWritten              the platform has registered us, and we failed after that
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tutorai.errors import TutorError

AGAIN = _("Begin again in your learning platform. This invite is still good.")
ANOTHER = _("An administrator of your institution can make another one, on the page Platforms.")


class NotRegistered(TutorError):
    """The base: nothing was written down; `advice` says what to do."""

    code, status = "not_registered", 400
    message = _("Tutor.AI could not be registered.")
    advice: ClassVar[str | Promise] = AGAIN


class InviteUnknown(NotRegistered):
    code, status = "invite_unknown", 404
    message = _("This invite is not known here. It may have been withdrawn, or cut off.")
    advice = ANOTHER


class InviteUsed(NotRegistered):
    code, status = "invite_used", 409
    message = _("This invite was used already. Each one registers one platform, once.")
    advice = ANOTHER


class InviteExpired(NotRegistered):
    code, status = "invite_expired", 410
    message = _("This invite has expired.")
    advice = ANOTHER


class NoConfiguration(NotRegistered):
    code = "no_configuration"
    message = _("This address is for your learning platform; it is not a page to visit.")
    advice = _(
        "Copy it, and paste it where your platform registers tools: in Moodle at Manage tools, in "
        "Canvas at Apps, in Brightspace at LTI Advantage. The invite is still good."
    )


class BadToken(NotRegistered):
    code = "bad_registration_token"
    message = _("Your learning platform gave Tutor.AI a registration token that cannot be used.")


class NotConfirmed(NotRegistered):
    code = "not_confirmed"
    message = _("What you confirmed is not what this page showed, or it was long ago.")


class ConfigurationAway(NotRegistered):
    code, status, retry = "configuration_away", 502, True
    message = _("Your learning platform does not answer us (%(host)s).")
    advice = _(
        "If it lives in a private network, an operator has to allow it. Else try again: this "
        "invite is still good."
    )


class ConfigurationRefused(NotRegistered):
    code, status = "configuration_refused", 502
    message = _("%(host)s answered %(status)s when we asked for its configuration.")


class ConfigurationUnread(NotRegistered):
    code, status = "configuration_unread", 502
    message = _("%(host)s answered with something that is no OpenID configuration.")


class ConfigurationWrong(NotRegistered):
    code, status = "configuration_wrong", 502
    message = _("The configuration of %(host)s cannot be used: look at %(member)s.")


class ForeignIssuer(NotRegistered):
    code, status = "foreign_issuer", 403
    message = _("%(host)s says that it is %(issuer)s, which is on another host.")
    advice = _(
        "Let the platform name its own address as its issuer (self-hosted Canvas: lti_iss in "
        "security.yml), then begin again. This invite is still good."
    )


class OtherPlatform(NotRegistered):
    code, status = "other_platform", 409
    message = _("This invite renews the registration of %(issuer)s, and another platform used it.")
    advice = _("For a new platform, make a new invite: people of two platforms must not mix.")


class RegistrationAway(NotRegistered):
    code, status = "registration_away", 502
    message = _("%(host)s did not answer, so nobody here knows whether it registered Tutor.AI.")
    advice = _(
        "Look for Tutor.AI in your platform. Delete it there if you find it, then begin again. "
        "This invite is still good."
    )


class RegistrationRefused(NotRegistered):
    code, status = "registration_refused", 502
    message = _("%(host)s did not register Tutor.AI (%(status)s: %(why)s).")


class AnswerUnread(NotRegistered):
    code, status = "answer_unread", 502
    message = _("%(host)s answered in a form we cannot use: look at %(member)s.")
    advice = _(
        "Look for Tutor.AI in your platform, and delete it there if you find it. Then begin again, "
        "or enter the platform by hand. This invite is still good."
    )


class ClientTaken(NotRegistered):
    code, status = "client_taken", 409
    message = _("%(host)s gave Tutor.AI a client id that it cannot take (%(client)s).")
    advice = _(
        "It belongs to another registration. Delete Tutor.AI in your platform and begin again; if "
        "the same happens, ask whoever operates Tutor.AI."
    )


class NotWritten(NotRegistered):
    code, status = "not_written", 500
    message = _(
        "Your platform has registered Tutor.AI (client id %(client)s), but we could not write it "
        "down."
    )
    advice = _(
        "Delete Tutor.AI in your platform and begin again in a few minutes, or enter the platform "
        "by hand on the page Platforms with this client id."
    )
