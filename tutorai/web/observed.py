"""What observers see: the progress of the students whom the LMS lists as theirs, and no others.

Only where the institution allows it. A fragment for the shell.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tutorai import progress
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.schema import Actor
from tutorai.web.closed import closed


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where an observer's launch brings them."""
    course = scope.course(actor, actor.course_id or "")
    talks = _("Tutor.AI talks with the students of this course. What they ask stays theirs.")
    title = _("You are an observer here")
    if not course.institution.observers_may_see:
        why = _("%(school)s does not show observers how students get on in Tutor.AI.")
        return closed(request, title, talks, why % {"school": course.institution.name})
    students = list(progress.observed(actor))
    if not students:
        why = _(
            "Your learning platform names no student of yours who has opened Tutor.AI in this "
            "course. Once they have, open it again."
        )
        return closed(request, title, talks, why, again=True)
    called = names.among(students)
    audit.record_many(
        verb=Verb.PROGRESS_READ,
        actor=actor,
        object_kind="user",
        of=[(None, student.pk) for student in students],
    )
    lines = [(called[student.pk], progress.of(course, student)) for student in students]
    return render(request, "student/observed.html", {"course": course, "lines": lines})
