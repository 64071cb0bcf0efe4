"""Tell people of a plea: by mail, from a job, without a name and without what was said.

A student in distress: the addresses that the institution named. A wish for a person: the course's
teachers, as the LMS told their addresses, where the institution wants that.
"""

from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from agents import care
from agents.models import CarePlan, Plea
from tutorai.errors import MailNotSent
from tutorai.ledger.models import Job
from tutorai.lmsdm.schema import GRADERS

KIND = care.TELL


def tell(job: Job) -> None:
    """Send the letter of one plea. Raises MailNotSent, to be tried again.

    The row is locked meanwhile, and says afterwards that it went. Should we die in between it goes
    once more, under the same Message-ID, by which mail programs know it.
    """
    with transaction.atomic():
        rows = Plea.objects.select_for_update(of=("self",)).select_related("institution", "course")
        plea = rows.filter(pk=job.payload["plea"], mailed_at=None).first()
        if plea is None or not (to := _addresses(plea)):
            return  # withdrawn, told already, or nobody to tell
        with translation.override(settings.LANGUAGE_CODE):
            subject, text = _distress(plea) if plea.kind == Plea.Kind.DISTRESS else _wish(plea)
        _send(plea, to, subject, text)
        plea.mailed_at = timezone.now()
        plea.save(update_fields=["mailed_at"])


def _addresses(plea: Plea) -> list[str]:
    plan = CarePlan.objects.filter(pk=plea.institution_id).first()
    if plan is None:
        return []
    if plea.kind == Plea.Kind.DISTRESS:
        return sorted(plan.recipients)
    if not plan.mail_teachers or plea.closed_at is not None or plea.read_at is not None:
        return []
    people = plea.course.enrolments.filter(role__in=[role.value for role in GRADERS], active=True)
    return sorted(set(people.exclude(user__email="").values_list("user__email", flat=True)))


def _distress(plea: Plea) -> tuple[str, str]:
    words = _(
        "Tutor.AI noticed words by which a student of %(school)s may be in distress, or in danger. "
        "It is a program and may be wrong. The student was shown the contacts you named, and was "
        "told that you hear of it. Who it is and when it was you see after signing in; what was "
        "written stays with the student."
    )
    page = f"{reverse('institution_care', kwargs={'slug': plea.institution.slug})}#{plea.pk}"
    text = f"{words % {'school': plea.institution.name}}\n\n{settings.PUBLIC_URL}{page}\n"
    return _("Tutor.AI: a student may need somebody"), text


def _wish(plea: Plea) -> tuple[str, str]:
    words = _(
        "A student of your course “%(course)s” asks for a person. Open Tutor.AI from the course: "
        "under “Asked for you” you read and answer it. The student sees when you have read it."
    )
    text = f"{words % {'course': plea.course.title}}\n"
    return _("Tutor.AI: a student asks for you"), text


def _send(plea: Plea, to: list[str], subject: str, text: str) -> None:
    """Send one letter in which nobody sees who else got it."""
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(" >") or "localhost"
    headers = {"To": "undisclosed-recipients:;", "Message-ID": f"<plea-{plea.pk}@{host}>"}
    letter = EmailMessage(subject, text, bcc=to, headers=headers)
    try:
        get_connection().send_messages([letter])
    except (SMTPException, OSError) as error:
        raise MailNotSent() from error
