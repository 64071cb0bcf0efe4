"""Launches about somebody else: a student's work from the gradebook, a person's data.

Sources: https://www.imsglobal.org/spec/lti-sr/v1p0 ; LTI Data Privacy Launch
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from connectors.sandbox import dialects, oidc
from connectors.sandbox.claims import PRIVACY, RESOURCE, REVIEW, SYSTEM
from connectors.sandbox.models import Course, Launch, LineItem, Person, PlacedLink, Score

Options = dict[str, Any]


def begin_review(
    *, teacher: Person, student: Person, item: LineItem, options: Options | None = None
) -> Launch:
    """Open a student's work, as the gradebook's button does."""
    link = PlacedLink.objects.filter(line_item=item).select_related("deployment__tool").first()
    told = {**(options or {}), "for_user": str(student.id), "line_item": str(item.id)}
    message = REVIEW
    if dialects.platform_of(item.course.world).reviews:
        told |= _described(item)
    else:
        message, told = RESOURCE, {**told, **_handed_in(item, student)}
    return oidc.begin(
        person=teacher,
        course=item.course,
        link=link,
        tool=item.tool,
        message=message,
        options=told,
    )


def _described(item: LineItem) -> Options:
    """Return what the column's own `submissionReview` says (AGS 2.0, 3.2.6)."""
    review = item.told.get("submissionReview") or {}
    options: Options = {"custom": review.get("custom") or {}}
    return {**options, "target_link_uri": review["url"]} if review.get("url") else options


def _handed_in(item: LineItem, student: Person) -> Options:
    """Return where the tool said that the work is: SpeedGrader opens that as a resource link.

    Source: connectors.md §1.9, `submission_type` basic_lti_launch; lti.md §4, row 23
    """
    score = Score.objects.filter(line_item=item, person=student).first()
    extension = score.told.get("https://canvas.instructure.com/lti/submission") if score else None
    where = str((extension or {}).get("submission_data") or "")
    return {"target_link_uri": where} if urlsplit(where).scheme in ("http", "https") else {}


def begin_privacy(
    *, admin: Person, about: Person, course: Course | None = None, options: Options | None = None
) -> Launch:
    """Ask the tool about a person's data, as an administrator of the site does."""
    told = {"roles": [f"{SYSTEM}#Administrator"], **(options or {}), "for_user": str(about.id)}
    return oidc.begin(person=admin, course=course, message=PRIVACY, options=told)
