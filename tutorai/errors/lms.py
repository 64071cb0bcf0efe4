"""What a learning platform did not do for us."""

from django.utils.translation import gettext_lazy as _

from tutorai.errors.base import TutorError


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


class LaunchError(TutorError):
    code, status = "launch_refused", 400
    message = _("This launch could not be accepted.")


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
