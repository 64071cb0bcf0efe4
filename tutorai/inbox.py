"""Tell who can decide that an installation waits: by mail, from a job, so no launch waits for it."""

from collections.abc import Iterable
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from lti import inbox
from lti.models import Deployment
from tutorai.errors import MailNotSent
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Institution
from tutorai.models import Office

KIND = inbox.TELL
DECIDE = (Office.Role.OWNER, Office.Role.ADMINISTRATOR)


def tell(job: Job) -> None:
    """Tell a school's owners and administrators of a deployment, once; operators of a shared one.

    Raises MailNotSent, to be tried again.
    """
    row = Deployment.objects.select_related("registration__institution").get(
        pk=job.payload["deployment"]
    )
    school = row.registration.only_institution()
    if job.payload.get("claim"):
        _send(settings.ALERT_EMAILS, *_claimed(row))
    elif row.status == Deployment.Status.PENDING and row.told_at is None:
        to = _deciding(school) if school else settings.ALERT_EMAILS
        if _send(to, *_waits(row, school)):
            Deployment.objects.filter(pk=row.pk).update(told_at=timezone.now())


def _deciding(school: Institution) -> list[str]:
    held = Office.objects.filter(institution=school, role__in=DECIDE, account__is_active=True)
    return list(held.order_by("account__email").values_list("account__email", flat=True))


def _waits(row: Deployment, school: Institution | None) -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        words = _(
            "Somebody opened Tutor.AI from %(platform)s, where it was newly installed. Until you "
            "approve the installation nobody can use it there."
        )
        text = words % {"platform": row.registration.name}
        return _("Tutor.AI: an installation waits for you"), f"{text}\n\n{_page(row, school)}\n"


def _claimed(row: Deployment) -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        stands = (
            _("Nothing needs doing if you know that this is right.")
            if row.status == Deployment.Status.ACTIVE
            else _("It waits for your word.")
        )
        words = _(
            "An institution has claimed an installation in %(platform)s, which schools share."
        )
        text = f"{words % {'platform': row.registration.name}} {stands}"
        return _("Tutor.AI: an installation was claimed"), f"{text}\n\n{_page(row, None)}\n"


def _page(row: Deployment, school: Institution | None) -> str:
    """Return the page where it is decided; it needs a sign-in."""
    if school is None:
        where = reverse("admin:lti_deployment_change", args=[row.pk])
    else:
        where = f"{reverse('institution_inbox', kwargs={'slug': school.slug})}#{row.pk}"
    return f"{settings.PUBLIC_URL}{where}"


def _send(to: Iterable[str], subject: str, text: str) -> bool:
    """Send one letter in which nobody sees who else got it; whether there was anybody."""
    addresses = list(to)
    if not addresses:
        return False
    hidden = {"To": "undisclosed-recipients:;"}
    try:
        get_connection().send_messages([EmailMessage(subject, text, bcc=addresses, headers=hidden)])
    except (SMTPException, OSError) as error:
        raise MailNotSent() from error
    return True
