"""Moments in a reader's own time, with the zone written out."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Actor


def of(actor: Actor, course: Course | None = None) -> ZoneInfo | None:
    """Return the reader's time zone as the LMS told it, else the course's; None: nobody told."""
    for name in (actor.time_zone, course.time_zone if course else ""):
        try:
            if name:
                return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            continue
    return None


def told(moment: datetime, zone: tzinfo | None) -> str:
    """Return a moment in words: "Nov. 27, 2026, 2 p.m. (Europe/Madrid, CET)"; UTC without a zone."""
    there = moment.astimezone(zone or UTC)
    short, long = there.strftime("%Z"), str(zone or "UTC")
    names = [long] if short == long else [long, short]
    return f"{date_format(there, 'DATETIME_FORMAT')} ({', '.join(names)})"
