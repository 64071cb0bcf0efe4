"""A study plan as a calendar file (RFC 5545): deadlines and reviews, titles and dates alone.

A deadline is a moment, written in UTC: every calendar shows it in its owner's own time. A review is
a day, in the student's zone. Nothing names the person, and what is imported again replaces what was
there: a UID belongs to a work or a skill, not to a file.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from agents.plan import Plan, Review, Work

LONGEST = 200  # characters of a title
PRODUCT = "-//Tutor.AI//Study plan//EN"


def written(plan: Plan, title: str, zone: tzinfo | None, now: datetime) -> bytes:
    """Return the plan of a course of this title; `zone`: whose days reviews are, else UTC."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", _("Study plan: %(course)s") % {"course": _short(title)})
    for event in [*_works(plan.coming, now), *_reviews(plan.reviews, zone or UTC, now)]:
        made.add_component(event)
    return bytes(made.to_ical())


def _works(works: Iterable[Work], now: datetime) -> Iterable[Event]:
    for work in works:
        if work.due is not None and work.pk is not None:
            event = _event(
                "work", work.pk, _("Due: %(title)s") % {"title": _short(work.title)}, now
            )
            event.add("dtstart", work.due.astimezone(UTC))
            if work.url:
                event.add("url", work.url)
            yield event


def _reviews(reviews: Iterable[Review], zone: tzinfo, now: datetime) -> Iterable[Event]:
    """A day for each review; what is due already is for today."""
    for review in reviews:
        day: date = max(review.due, now).astimezone(zone).date()
        told = _("Review: %(title)s") % {"title": _short(review.title)}
        event = _event("review", review.skill_id, told, now)
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
        yield event


def _event(kind: str, pk: UUID, summary: str, now: datetime) -> Event:
    event = Event()
    event.add("uid", f"{kind}-{pk}@{urlsplit(settings.PUBLIC_URL).hostname}")
    event.add("dtstamp", now.astimezone(UTC))
    event.add("summary", summary)
    event.add("transp", "TRANSPARENT")
    return event


def _short(title: str) -> str:
    return " ".join(title.split())[:LONGEST]
