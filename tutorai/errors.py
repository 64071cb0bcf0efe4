"""Everything that can go wrong, on one page.

TutorError
├── LMSError              the LMS answered, and the answer was no use
│   ├── LMSUnavailable      timeout, connection lost or 5xx: worth another try
│   │   └── NotSent           no connection: nothing reached the LMS
│   ├── LMSThrottled        it asks us to slow down: wait, this counts as no attempt
│   ├── LMSRefused          403 or 422: will refuse again
│   │   └── ScopeMissing      its registration of us leaves a right out
│   ├── LMSNotFound         404: gone, or a wrong id
│   ├── LMSUnauthorised     the token is dead: a person must connect again
│   │   └── ToolRefused       it does not take our signature or client id
│   │       ├── KeysUnread      it cannot fetch our keys
│   │       ├── KeyUnknown      it has our keys, but not the one that signed
│   │       └── ClocksDiffer    to it we signed in the future, or too long ago
│   └── LMSMisunderstood    2xx, but not the shape its documentation promises
├── ModelError            the language model gave no answer
│   ├── ModelUnavailable    down, slow or cut off
│   ├── ModelThrottled      429: later
│   ├── ModelRefused        a wrong key, an unknown model, a refused request
│   └── BudgetSpent         the institution's cap is reached
├── LaunchError           a login or launch we do not accept (`lti.launch` names the reasons)
├── NotSignedIn           no session, or one that ended
├── NotYours              the caller may not do this
│   ├── ActingAs            but the person may whom the caller acts as
│   │   └── WritingAs           likewise, publish
│   └── SignedInElsewhere   signed in through another institution than this one
├── NotOpen               the teacher has not opened this course to students
├── NotFound              not there, or not among what the caller may see
├── MethodNotAllowed      the address is there, but not for this method
├── BadRequest            the input cannot be used as it is
├── Conflict              the same thing is under way, or has changed meanwhile
│   ├── AlreadyHere         who is invited has an office there
│   ├── LastOwner           an institution would be left without an owner
│   ├── OneOwnerLeft        it would be left with one: say that you are sure
│   ├── CourseEnded         nothing in a course that is over changes any more
│   ├── InFlight            the same call, under the same Idempotency-Key: ask again in a moment
│   ├── KeyReused           its Idempotency-Key was another call's
│   ├── ColumnKept          a gradebook column that is not ours to delete
│   └── AlreadyAnswered     what the platform asked for was sent to it before
├── TooMany               slow down; `retry_after` seconds
├── UrlRefused            an address we will not call (SSRF guard)
├── TooBig                more bytes than we take
├── InvitationOver        used, revoked, run out, or never there
├── SchoolSignIn          a school's own sign-in gave no usable answer
├── SecretUnreadable      encrypted with a key we no longer have
├── Bug                   our own mistake, met by a job; the log has its story
├── LostWorker            a job took its worker down at every try
├── MailNotSent           the mail server did not take a letter
├── GradeFailed           the LMS fails at one grade, again and again
├── NotMatched            the LMS did not say which of its people somebody is
├── UnknownWork           no code here does this kind of job
├── NewerPayload          written for a newer version than this one
└── OldPayload            written for a version that is gone
"""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class TutorError(Exception):
    """The base of every error raised on purpose.

    `code` is for programs and never changes; `message` is for people and is translated;
    `facts` fill the message and go to the log, so they never hold a name, mail or essay.
    """

    code: ClassVar[str] = "error"
    message: ClassVar[str | Promise] = _("Something went wrong.")
    status: ClassVar[int] = 500  # HTTP status, when a caller meets it
    retry: ClassVar[bool] = False  # may the same call succeed later?
    counted: ClassVar[bool] = True  # does a failed try count as an attempt of the job?

    def __init__(self, *, retry_after: float | None = None, **facts: str | int) -> None:
        super().__init__(self.code, facts)
        self.facts = facts
        self.retry_after = retry_after  # seconds, when the other side named a pause

    def __str__(self) -> str:
        return str(self.message) % self.facts


class LMSError(TutorError):
    code, status = "lms_error", 502
    message = _("The learning platform gave an answer we could not use.")


class LMSUnavailable(LMSError):
    code, retry, counted = "lms_unavailable", True, False
    message = _("The learning platform is not answering. We will try again.")


class NotSent(LMSUnavailable):
    code = "not_sent"


class LMSThrottled(LMSError):
    code, retry, counted = "lms_throttled", True, False
    message = _("The learning platform asks us to slow down. We will go on in a moment.")


class LMSRefused(LMSError):
    code = "lms_refused"
    message = _("The learning platform does not allow this.")


class ScopeMissing(LMSRefused):
    code = "scope_missing"
    message = _(
        "The learning platform has not granted Tutor.AI the right that this needs (%(scope)s). "
        "Its administrator can add it to the registration."
    )


class LMSNotFound(LMSError):
    code = "lms_not_found"
    message = _("The learning platform no longer has this.")


class LMSUnauthorised(LMSError):
    code = "lms_unauthorised"
    message = _("The connection to the learning platform has ended. Please connect it again.")


class ToolRefused(LMSUnauthorised):
    # It may be that our keys could not be had for a moment: the platform says the same then.
    code, retry = "tool_refused", True
    message = _(
        "The learning platform does not accept Tutor.AI's signature. Its administrator has to "
        "look at the registration."
    )


class KeysUnread(ToolRefused):
    code = "keys_unread"
    message = _(
        "The learning platform could not read Tutor.AI's keys. Its administrator has to let it "
        "call Tutor.AI's address; in Moodle that is Site administration, HTTP security: cURL "
        "blocked hosts and allowed ports."
    )


class KeyUnknown(ToolRefused):
    code = "key_unknown"
    message = _(
        "The learning platform does not know the key that Tutor.AI signs with. Its administrator "
        "has to check the keyset address in the registration, or paste the key again."
    )


class ClocksDiffer(ToolRefused):
    code = "clocks_differ"
    message = _(
        "To the learning platform, Tutor.AI's signature is from another time: the clock of one of "
        "the two servers is wrong."
    )


class LMSMisunderstood(LMSError):
    code, retry = "lms_misunderstood", True
    message = _("The learning platform answered in a form we do not understand.")


class ModelError(TutorError):
    code, status = "model_error", 502
    message = _("The language model gave no usable answer.")


class ModelUnavailable(ModelError):
    code, retry, counted = "model_unavailable", True, False
    message = _("The language model is not answering right now.")


class ModelThrottled(ModelError):
    code, retry, counted = "model_throttled", True, False
    message = _("The language model is busy right now.")


class ModelRefused(ModelError):
    code = "model_refused"
    message = _("The language model refused the request. Its settings need a look.")


class BudgetSpent(ModelError):
    code, retry, counted = "budget_spent", True, False
    message = _("This month's budget for the language model is used up.")


class LaunchError(TutorError):
    code, status = "launch_refused", 400
    message = _("This launch could not be accepted.")


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


class SecretUnreadable(TutorError):
    code = "secret_unreadable"
    message = _("A stored secret cannot be read: its key (%(key)s) is not configured.")


class Bug(TutorError):
    code, retry = "bug", True
    message = _("Tutor.AI made a mistake of its own; the server's log says which.")


class LostWorker(TutorError):
    code = "lost_worker"
    message = _("The worker that did this ended in the middle of it, at every try.")


class MailNotSent(TutorError):
    code, retry, counted = "mail_not_sent", True, False
    message = _("The mail server did not take a letter. We will try again.")


class GradeFailed(TutorError):
    code, retry = "grade_failed", True
    message = _(
        "The learning platform could not store this grade. It may be locked in the gradebook."
    )


class NotMatched(TutorError):
    code = "not_matched"
    message = _(
        "Your learning platform has not said which of its people this is. That is known once they "
        "open Tutor.AI from this course; then try again."
    )


class UnknownWork(TutorError):
    code, retry = "unknown_work", True
    message = _("This version of Tutor.AI does not know how to do this any more.")


class NewerPayload(TutorError):
    code, retry = "newer_payload", True
    message = _("This was written down for a newer version of Tutor.AI.")


class OldPayload(TutorError):
    code = "old_payload"
    message = _("This was written down by an older version of Tutor.AI; ask for it again.")


class Unknown(Mapping[str, str]):
    """Facts nobody kept: each reads as an ellipsis."""

    def __getitem__(self, name: str) -> str:
        return "…"

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def every(root: type[TutorError] = TutorError) -> Iterator[type[TutorError]]:
    """Yield every kind of error there is, whoever defines it."""
    for child in root.__subclasses__():
        yield child
        yield from every(child)


def words(code: str) -> str:
    """Return the cause in words, when only its code was kept."""
    said = {kind.code: kind.message for kind in every()}
    return str(said[code]) % Unknown() if code in said else code
