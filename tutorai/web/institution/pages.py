"""What every page of an institution shares: its frame, and the menu of what one's office opens."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tutorai.access import (
    AUDITORS,
    CHANGERS,
    DIAGNOSERS,
    OFFICERS,
    OWNERS,
    TEACHERS,
    Officer,
)
from tutorai.models import Office


@dataclass(frozen=True)
class Entry:
    """A page of the menu: the name of its URL, and the offices that open it.

    `begins`: other kinds of things begin here: teaching, models, what we are connected to, people.
    """

    page: str
    title: str | Promise
    roles: frozenset[Office.Role]
    begins: bool = False


MENU = (
    Entry("institution_home", _("Overview"), OFFICERS - {Office.Role.TEACHER}),
    Entry("institution_courses", _("Courses"), TEACHERS, begins=True),
    Entry("institution_care", _("Care"), CHANGERS),
    Entry("institution_trials", _("Trials of the tutor"), CHANGERS),
    Entry("institution_models", _("Language models"), CHANGERS, begins=True),
    Entry("institution_spending", _("Spending"), CHANGERS),
    Entry("institution_platforms", _("Platforms"), DIAGNOSERS, begins=True),
    Entry("institution_connections", _("Connections"), CHANGERS),
    Entry("institution_inbox", _("Inbox"), CHANGERS),
    Entry("institution_diagnose", _("Diagnose"), DIAGNOSERS),
    Entry("institution_programs", _("Programs"), TEACHERS),
    Entry("institution_people", _("People"), AUDITORS, begins=True),
    Entry("institution_sign_in", _("Sign-in"), OWNERS),
    Entry("institution_settings", _("Settings"), CHANGERS),
    Entry("institution_audit", _("Audit"), AUDITORS),
)


def show(
    request: HttpRequest,
    officer: Officer,
    template: str,
    facts: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """Render a page that extends "institution/base.html"; it knows `officer` and `menu`."""
    known = {"officer": officer, "institution": officer.institution, "menu": menu(request, officer)}
    return render(request, template, {**known, **(facts or {})}, status=status)


def menu(request: HttpRequest, officer: Officer) -> list[dict[str, Any]]:
    """Return the pages this office opens; where one is, its page is `here`, and below it too."""
    entries = []
    for entry in MENU:
        if officer.may(entry.roles):
            url = address(entry.page, officer)
            home = entry.page == "institution_home"
            at = request.path == url if home else request.path.startswith(url)
            entries.append({"title": entry.title, "url": url, "here": at, "begins": entry.begins})
    return entries


def address(page: str, officer: Officer) -> str:
    """Return the address of a page of this institution."""
    return reverse(page, kwargs={"slug": officer.institution.slug})


def place(page: str, officer: Officer, **parts: Any) -> str:
    """Return the address of a page about one thing of this institution."""
    return reverse(page, kwargs={"slug": officer.institution.slug, **parts})
