"""Tell operators that jobs wait for a person: by mail, and by a webhook that Slack understands.

One message tells of the whole pile, in counts and causes, without ids or names; the next one goes
out when the pile grew. Each channel remembers for itself what it told, so one that fails does not
stop the other, and is tried again a minute later.
"""

import html
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from tutorai import errors, letters
from tutorai.http import Http
from tutorai.ledger.models import Alarm, Job, JobQuery
from tutorai.ledger.waiting import scaled

logger = logging.getLogger(__name__)

LISTED = 20  # kinds and causes named in one message
DEADLINE = 10.0  # seconds for a webhook to answer

Send = Callable[[str, str], None]  # subject, text


class NotTaken(Exception):
    """The other side did not take the message; says with which status."""


def tell() -> int:
    """Send what is worth telling on every channel that is set; return how many took it."""
    return sum(_tell(name, send) for name, send in channels().items())


def channels() -> dict[str, Send]:
    """Return the ways to operators that this installation has."""
    ways: dict[str, Send] = {}
    if settings.ALERT_EMAILS:
        ways["mail"] = _mail
    if settings.ALERT_WEBHOOK_URL:
        ways["webhook"] = _post
    return ways


def _mail(subject: str, text: str) -> None:
    send_mail(subject, text, None, settings.ALERT_EMAILS)


def _post(subject: str, text: str) -> None:
    """Post to the webhook. Raises TutorError and NotTaken.

    Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
    """
    body = {"text": html.escape(f"*{subject}*\n{text}", quote=False)}
    http = Http(deadline=DEADLINE)
    try:
        answer = http.request("POST", settings.ALERT_WEBHOOK_URL, json=body)
    finally:
        http.close()
    if not answer.is_success:
        raise NotTaken(answer.status_code)


def _tell(name: str, send: Send) -> bool:
    """Send on one channel when there is news; whether it went out.

    The channel's row is locked meanwhile: two workers send one message, and one that dies before
    the message went out has told nothing.
    """
    Alarm.objects.get_or_create(name=name)
    with transaction.atomic():
        alarm = Alarm.objects.select_for_update(skip_locked=True).filter(name=name).first()
        if alarm is None:  # another worker is at it
            return False
        now, pile = timezone.now(), Job.objects.filter(state=Job.State.BURIED)
        count = pile.count()
        grew = count > alarm.count or pile.filter(finished_at__gt=alarm.told_at or now).exists()
        pause = scaled(timedelta(minutes=settings.ALERT_EVERY))
        sent = grew and (alarm.told_at is None or now >= alarm.told_at + pause)
        sent = sent and went_out(name, send, partial(message, pile))
        if sent:
            alarm.told_at = now
        if sent or count < alarm.count:  # a pile that shrank may grow again
            alarm.count = count
            alarm.save()
    return sent


def went_out(name: str, send: Send, words: Callable[[], tuple[str, str]]) -> bool:
    """Send a message in the installation's language; a channel's failure is only logged."""
    with translation.override(settings.LANGUAGE_CODE):
        subject, text = words()
    try:
        send(subject, text)
    except Exception as error:  # whatever it is, the other channel goes on
        logger.warning("No alert by %s: %s", name, _why(error))
        return False
    return True


def _why(error: Exception) -> str:
    """Say what failed without what was sent: addresses and webhooks are secrets."""
    if isinstance(error, errors.TutorError):
        return error.code
    return (
        f"{type(error).__name__} {error}" if isinstance(error, NotTaken) else type(error).__name__
    )


def message(pile: JobQuery) -> tuple[str, str]:
    """Return subject and text: how many of which kind and why, since when, and where to look."""
    groups = list(pile.values("kind", "error").annotate(n=Count("pk")).order_by("-n", "kind"))
    count = sum(group["n"] for group in groups)
    words = ngettext(
        "Tutor.AI: %(n)s job needs a person", "Tutor.AI: %(n)s jobs need a person", count
    )
    lines = [_line(**group) for group in groups[:LISTED]]
    if more := sum(group["n"] for group in groups[LISTED:]):
        lines.append(ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more})
    since = pile.aggregate(oldest=Min("finished_at"))["oldest"]
    if since is not None:
        oldest = gettext("The oldest waits since %(when)s UTC.")
        lines += ["", oldest % {"when": f"{since:%Y-%m-%d %H:%M}"}]
    lines += ["", settings.PUBLIC_URL + reverse("admin:tutorai_deadletter_changelist")]
    return words % {"n": count}, "\n".join(lines)


def _line(kind: str, error: str, n: int) -> str:
    return f"{n} × {letters.kind(kind)}: {errors.words(error)}"
