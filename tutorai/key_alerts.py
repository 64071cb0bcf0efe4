"""Tell operators that a platform does not take our key, or that nobody makes the next one."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from lti import heard, keys
from lti.models import Registration
from tutorai import errors
from tutorai.alerts import Send, channels, went_out
from tutorai.errors import KeysUnread, KeyUnknown
from tutorai.ledger.models import Alarm

OF_KEYS = frozenset({KeysUnread.code, KeyUnknown.code})
AGAIN = timedelta(days=1)  # between two messages about the same


def tell() -> int:
    """Send what is wrong on every channel that is set; return how many took it."""
    return sum(_tell(f"keys:{name}", send) for name, send in channels().items())


def troubles() -> list[str]:
    """Return what is wrong with our keys now, in words."""
    found = []
    if keys.overdue():
        found.append(gettext("Our signing key is older than it should be: no worker made the next"))
    rows = {row.pk: row for row in Registration.objects.filter(active=True).order_by("name")}
    told = heard.of(rows)
    for pk, row in rows.items():
        if pk in told and told[pk].code in OF_KEYS:
            found.append(f"{row.name} ({row.issuer}): {errors.words(told[pk].code)}")
    return found


def _tell(name: str, send: Send) -> bool:
    """Send on one channel when there is more to tell than yesterday; whether it went out."""
    Alarm.objects.get_or_create(name=name)
    with transaction.atomic():
        alarm = Alarm.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if alarm is None:  # another worker is at it
            return False
        now, found = timezone.now(), troubles()
        due = alarm.told_at is None or len(found) > alarm.count or now > alarm.told_at + AGAIN
        sent = bool(found) and due and went_out(name, send, message)
        if sent:
            alarm.told_at = now
        if sent or len(found) < alarm.count:
            alarm.count = len(found)
            alarm.save()
    return sent


def message() -> tuple[str, str]:
    """Return subject and text."""
    where = settings.PUBLIC_URL + reverse("admin:lti_registration_changelist")
    return gettext("Tutor.AI: its keys need a person"), "\n".join([*troubles(), "", where])
