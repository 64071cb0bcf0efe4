"""Quizzes and announcements to look at: where what was published from outside can be seen."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404

from connectors.sandbox.models import Announcement, Quiz
from connectors.sandbox.render import viewable
from connectors.sandbox.visible import Eyes
from connectors.sandbox.visitor import in_course, show


@in_course
def listed(request: HttpRequest, eyes: Eyes) -> HttpResponse:
    """List the quizzes this visitor may open."""
    rows = Quiz.objects.filter(course=eyes.course).order_by("id")
    return show(request, "quizzes", eyes, {"quizzes": [row for row in rows if eyes.sees(row)]})


@in_course
def quiz(request: HttpRequest, eyes: Eyes, quiz_id: int) -> HttpResponse:
    """Show one quiz; its questions, with what is right, to who teaches."""
    row = get_object_or_404(Quiz, course=eyes.course, id=quiz_id)
    if not eyes.sees(row):
        return show(request, "hidden", eyes, {}, status=404)
    asked = [one.told for one in row.questions.order_by("position", "id")] if eyes.staff else []
    context = {"quiz": row, "body": viewable(row.description), "questions": asked}
    return show(request, "quiz", eyes, context)


@in_course
def announcement(request: HttpRequest, eyes: Eyes, topic_id: int) -> HttpResponse:
    """Show one announcement."""
    row = get_object_or_404(Announcement, course=eyes.course, id=topic_id)
    return show(request, "announcement", eyes, {"row": row, "body": viewable(row.html)})
