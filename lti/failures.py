"""Why launches were refused, in words for an administrator, and what to do about it. Data."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lti.errors import BadClaim
from tutorai import errors

UNKNOWN_CLIENT = "unknown_client"  # a login of a platform that we know under another client id

WORDS: Mapping[str, Promise] = {
    UNKNOWN_CLIENT: _("the login named a client ID that is not registered for this platform."),
}
WHAT_TO_DO: Mapping[str, Promise] = {
    UNKNOWN_CLIENT: _(
        "Compare the client ID here with the one in the platform. A tool that was deleted there and "
        "added again has a new one: register it anew."
    ),
    "switched_off": _(
        "Switch the platform on again on its page here, or open the installation in the inbox."
    ),
    "deployment_pending": _("Decide on the installation in the inbox."),
    "deployment_unclaimed": _(
        "Schools share this registration: claim the installation in the inbox, with the support ID."
    ),
    "wrong_deployment": _(
        "The platform says two different deployment IDs in one launch. Delete the tool's link in "
        "the course and add it again."
    ),
    "missing_kid": _("The platform must name its key (kid) in what it signs; ask its vendor."),
    "unknown_kid": _(
        "Compare the public keyset (JWKS) URL here with the platform's: what it signs with is not "
        "there."
    ),
    "invalid_token": _(
        "Compare issuer, client ID and public keyset (JWKS) URL here with the platform's, and look "
        "at both clocks."
    ),
    "keys_unavailable": _(
        "Tutor.AI cannot read the platform's public keyset. Check its address here, and that "
        "Tutor.AI's server may reach it."
    ),
    "login_required": _("The person was not signed in at the platform, or its cookie was blocked."),
    "access_denied": _("The platform does not let this person open the link. Look at the course."),
    "platform_setup": _(
        "Compare client ID and redirect URI here with the platform's, character by character."
    ),
    "platform_refused": _("The platform's own log says why."),
    "claim_target_link_uri": _(
        "Correct the tool's address in the platform: it must be Tutor.AI's."
    ),
    "claim_login": _("The platform's login was no proper one; its own log says why."),
    "claim_login_hint": _("The platform must send a login_hint with each login; ask its vendor."),
    "claim_version": _("Set the tool up as LTI 1.3, not as LTI 1.1 or 2.0."),
    "claim_message_type": _("Remove the placement that sends this kind of message."),
    "claim_sub": _(
        "Launches without a person are not accepted. Let the platform send its user id, or have an "
        "operator allow anonymous launches."
    ),
    "claim_deep_linking_settings": _("The platform's deep linking request is incomplete."),
    "not_this_browser": _(
        "A browser that blocks cookies and storage in frames: the page offers to open a new tab."
    ),
    "replayed": _("Somebody went back in the browser or reloaded the page. Nothing is wrong."),
}


def words(code: str) -> str:
    """Return why a launch was refused."""
    if code in WORDS:
        return str(WORDS[code])
    if code.startswith("claim_"):
        return str(BadClaim(claim=code.removeprefix("claim_")))
    return errors.words(code)


def todo(code: str) -> str:
    """Return what to do; "" where nobody can say."""
    if code.startswith("claim_") and code not in WHAT_TO_DO:
        told = _("The platform leaves “%(claim)s” out of its launches, or sends it wrongly.")
        return str(told) % {"claim": code.removeprefix("claim_")}
    return str(WHAT_TO_DO.get(code, ""))
