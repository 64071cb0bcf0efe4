"""Where people of an institution begin: their institutions, and what needs doing in one."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from agents import spend
from agents.care import contacts
from connectors import schools
from lti import inbox
from lti.models import Registration
from tutorai import people
from tutorai.access import CHANGERS, OFFICERS, OWNERS, Officer, account, officer
from tutorai.models import Office
from tutorai.web.institution import care, pages

OWNERS_WANTED = 2


@dataclass(frozen=True)
class Task:
    """Something to do, and the page where it is done."""

    words: str
    url: str


@require_safe
@account
def mine(request: HttpRequest) -> HttpResponseBase:
    """The institutions one has an office in; with a single one, its page."""
    held = Office.objects.filter(account=request.user.pk).select_related("institution")
    offices = list(held.order_by("institution__name"))
    if len(offices) == 1:
        return redirect("institution_home", slug=offices[0].institution.slug)
    return render(request, "institution/mine.html", {"offices": offices})


@require_safe
@officer(*OFFICERS)
def home(request: HttpRequest, who: Officer) -> HttpResponse:
    """What needs doing in this institution, as far as one's office may do it.

    A teacher has courses to see to, and nothing of the institution's.
    """
    if who.role == Office.Role.TEACHER:
        return redirect("institution_courses", slug=who.institution.slug)
    return pages.show(request, who, "institution/home.html", {"tasks": tasks(who)})


def tasks(who: Officer) -> list[Task]:
    """Return what needs doing, most urgent first."""
    found = []
    if students := care.unread(who):
        words = ngettext(
            "%(n)d student may need somebody, and nobody has read it yet.",
            "%(n)d students may need somebody, and nobody has read it yet.",
            students,
        )
        found.append(Task(words % {"n": students}, pages.address("institution_care", who)))
    if who.may(CHANGERS) and (waiting := pending(who)):
        words = ngettext(
            "%(n)d installation waits for your decision: until then nobody can open it.",
            "%(n)d installations wait for your decision: until then nobody can open them.",
            waiting,
        )
        found.append(Task(words % {"n": waiting}, pages.address("institution_inbox", who)))
    if who.may(CHANGERS) and schools.ended(who.institution):
        words = _(
            "A connection to your learning platform has ended: courses that go through it are not "
            "followed. Connect it again."
        )
        found.append(Task(words, pages.address("institution_connections", who)))
    if who.may(CHANGERS) and not contacts(who.institution.pk).complete:
        words = _(
            "Name whom students in distress can turn to, who hears of them, and when. Until then "
            "Tutor.AI tells them that nobody is named."
        )
        found.append(Task(words, pages.address("institution_care", who)))
    if who.may(OWNERS) and people.owners(who.institution.pk) < OWNERS_WANTED:
        words = _("You are the only owner. Invite a second one, so that nobody is locked out.")
        found.append(Task(words, pages.address("institution_people", who)))
    if who.may(CHANGERS) and not Registration.objects.filter(institution=who.institution).exists():
        words = _("No learning platform is registered yet.")
        found.append(Task(words, pages.address("institution_platforms", who)))
    if who.may(CHANGERS) and (words := _short(who)):
        found.append(Task(words, pages.address("institution_spending", who)))
    return found


def _short(who: Officer) -> str:
    """Say so where money for language models is short, or is used up."""
    standing = spend.standing(spend.For(who.institution.pk))
    if standing.left <= 0:
        return _("This month's budget for language models is used up: students read passages only.")
    if standing.soft:
        return _("This month's soft cap for language models is reached: the small model answers.")
    return ""


def pending(who: Officer) -> int:
    """How many unknown deployments wait for this institution's decision."""
    return sum(row.institution_id is None for row in inbox.waiting(who.institution))
