"""Why the tutor does not answer, or not with a model."""

from django.utils.translation import gettext_lazy as _

from tutorai.errors.base import TutorError


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


class SwitchedOff(TutorError):
    code, status = "tutor_off", 403
    message = _("The tutor is switched off here.")


class Locked(TutorError):
    """The student sits an exam, or a quiz that counts. `facts`: activity, until (in words)."""

    code, status = "sitting_exam", 423
    message = _("While you work on “%(activity)s”, the tutor does not help. %(until)s")


class CannotSee(ModelError):
    code = "cannot_see"
    message = _("The language model of this course cannot look at pictures.")
