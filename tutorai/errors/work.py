"""What ended a job, or would have."""

from django.utils.translation import gettext_lazy as _

from tutorai.errors.base import TutorError


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


class UnknownWork(TutorError):
    code, retry = "unknown_work", True
    message = _("This version of Tutor.AI does not know how to do this any more.")


class NewerPayload(TutorError):
    code, retry = "newer_payload", True
    message = _("This was written down for a newer version of Tutor.AI.")


class OldPayload(TutorError):
    code = "old_payload"
    message = _("This was written down by an older version of Tutor.AI; ask for it again.")
