"""What the caller may not do, or asked for in a way that does not work."""

from django.utils.translation import gettext_lazy as _

from tutorai.errors.base import TutorError


class NotSignedIn(TutorError):
    code, status = "not_signed_in", 401
    message = _("Your session has ended. Please open Tutor.AI from your course again.")


class NotYours(TutorError):
    code, status = "not_yours", 403
    message = _("You may not do this.")


class ActingAs(NotYours):
    code = "acting_as"
    message = _("You are acting as this person, and only they themselves can give grades.")


class WritingAs(ActingAs):
    code = "writing_as"
    message = _("You are acting as this person, and only they themselves can publish.")


class SignedInElsewhere(NotYours):
    code = "signed_in_elsewhere"
    message = _(
        "You signed in through another institution, and that opens its own pages alone. Sign out, "
        "then sign in with your password or a passkey."
    )


class NotOpen(TutorError):
    code, status = "not_open", 403
    message = _("Tutor.AI is not open to the students of this course.")


class NotFound(TutorError):
    code, status = "not_found", 404
    message = _("This is not here.")


class MethodNotAllowed(TutorError):
    code, status = "method_not_allowed", 405
    message = _("You may not do this.")


class BadRequest(TutorError):
    code, status = "bad_request", 400
    message = _("This cannot be used: %(why)s")


class Conflict(TutorError):
    code, status = "conflict", 409
    message = _("This is already under way.")


class AlreadyHere(Conflict):
    code = "already_here"
    message = _("This person has an office here already.")


class LastOwner(Conflict):
    code = "last_owner"
    message = _("An institution needs an owner. Make somebody else an owner first.")


class OneOwnerLeft(Conflict):
    code = "one_owner_left"
    message = _("One owner alone would be left, and nobody could help them back in.")


class CourseEnded(Conflict):
    code = "course_ended"
    message = _("This course has ended. Everything in it can still be read, and nothing changes.")


class InFlight(Conflict):
    code, retry = "in_flight", True
    message = _("This is already under way.")


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    message = _("This Idempotency-Key was used for another request.")


class ColumnKept(Conflict):
    code = "column_kept"
    message = _(
        "This gradebook column is not deleted: it belongs to an activity of the learning platform, "
        "or there are grades in it."
    )


class AlreadyAnswered(Conflict):
    code = "already_answered"
    message = _("This was answered already. To place more, begin again in your learning platform.")


class TooMany(TutorError):
    code, status, retry = "too_many", 429, True
    message = _("That was a lot at once. Please wait a moment and try again.")


class UrlRefused(TutorError):
    code, status = "url_refused", 400
    message = _("We do not call this address (%(why)s). An operator can allow it: %(setting)s.")


class TooBig(TutorError):
    code, status = "too_big", 413
    message = _("This is larger than %(limit)s.")


class InvitationOver(TutorError):
    code, status = "invitation_over", 410
    message = _(
        "This invitation holds no longer: it was used or withdrawn, or its seven days are over. "
        "Ask whoever invited you for another."
    )


class SchoolSignIn(TutorError):
    code, status = "school_sign_in", 502
    message = _("Your institution's sign-in gave an answer we could not use (%(why)s).")
