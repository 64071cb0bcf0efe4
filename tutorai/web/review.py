"""A review: the gradebook of the LMS opened one student's work.

Its teacher sees how every grade stands; the student sees what reached the gradebook. Neither sees
what was said to the tutor: that is the student's own. Fragments for the shell.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from lti.models import LaunchSession
from tutorai import gradebook, joined, progress
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import names, scope
from tutorai.lmsdm.models import Course, LineItem, Submission, User
from tutorai.lmsdm.schema import GRADERS, Actor
from tutorai.web import marks
from tutorai.web.closed import closed


def first_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Where a review brings somebody: the work of the student that it names."""
    if actor.course_id is None:
        return closed(request, _("This work is in no course"), _("Open it from its course."))
    course = scope.course(actor, actor.course_id)
    student = progress.worked_here(course, actor.subject_id)
    if actor.role in GRADERS and actor.subject_id != actor.user_id:
        return _work(request, actor, course, student)
    if actor.subject_id != actor.user_id or student is None:
        return _nobody(request)
    return _own(request, actor, course, student)


def _nobody(request: HttpRequest) -> HttpResponse:
    return closed(
        request,
        _("Tutor.AI does not know this student yet"),
        _("It knows who opened it in this course, and who is on the list of its people."),
        _("Nothing is shown, so that you never see another person's work by mistake."),
    )


def _work(request: HttpRequest, actor: Actor, course: Course, student: User | None) -> HttpResponse:
    if actor.acted_by:
        return closed(
            request,
            _("You are acting as this person"),
            _("The work of students is for their teachers themselves."),
        )
    if student is None:
        return _nobody(request)
    gradebook.look(actor)
    audit.record(verb=Verb.WORK_READ, actor=actor, object_kind="user", subject=student.pk)
    asked = _asked(actor, course)
    lines = marks.of_person(actor, student)
    facts = {
        "actor": actor,
        "course": course,
        "student": student,
        "name": names.called(student, course.pk),
        "lines": sorted(lines, key=lambda line: line[0] != asked),
        "asked": asked,
        "handed_in": _handed_in(course, student),
        "stranger": not joined.known(course, student.pk),
    }
    return render(request, "teacher/review.html", facts)


def _asked(actor: Actor, course: Course) -> LineItem | None:
    """Return the column that the gradebook opened; None where it did not say."""
    columns = LineItem.objects.filter(course=course).select_related("assignment")
    kind, _colon, own = actor.placement.partition(":")
    if kind == "column":
        return columns.filter(pk=own).first()
    if kind == "assignment":  # Canvas: $Canvas.assignment.id
        return columns.filter(assignment__source_id=actor.placement).first()
    sessions = LaunchSession.objects.filter(pk__in=filter(None, [actor.session_id]))
    link = sessions.values_list("resource_link__link_id", flat=True).first()
    return columns.filter(resource_link_id=link).first() if link else None


def _handed_in(course: Course, student: User) -> list[Submission]:
    rows = Submission.objects.filter(assignment__course=course, user=student)
    return list(rows.select_related("assignment").order_by("-submitted_at", "-attempt"))


def _own(request: HttpRequest, actor: Actor, course: Course, student: User) -> HttpResponse:
    facts = {
        "actor": actor,
        "course": course,
        "progress": progress.of(course, student),
        "handed_in": _handed_in(course, student),
        "stranger": not joined.joined(actor),
    }
    return render(request, "student/work.html", facts)
