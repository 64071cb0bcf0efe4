"""Programs in an institution's courses: who let in which, tokens of one's own, and their end.

Whoever decides here sees all of them; a teacher of own courses sees theirs.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from tutorai import proof
from tutorai.access import CHANGERS, TEACHERS, Officer, account, officer
from tutorai.agency import asking, delegations, places, scopes
from tutorai.agency.asking import Asking, SentBack
from tutorai.agency.models import Delegation
from tutorai.agency.places import Place
from tutorai.errors import BadRequest, TooMany
from tutorai.lmsdm.schema import Role
from tutorai.models import Office
from tutorai.web import oauth
from tutorai.web.institution import pages
from tutorai.web.programs import made
from tutorai.web.words import roles

SHOWN = 500


def _held(who: Officer) -> QuerySet[Delegation]:
    rows = delegations.of_institution(who.institution.pk)
    return rows if who.may(CHANGERS) else rows.filter(account=who.account_id)


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*TEACHERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show what is granted, and make a token."""
    if request.method != "POST":
        return _page(request, who)
    try:
        token = made(request, _chosen(who, request.POST.get("place", "")), by=who.account_id)
    except (BadRequest, TooMany) as error:
        return _page(request, who, status=400, refusal=str(error))
    answer = _page(request, who, token=token)
    answer["Cache-Control"] = "no-store"
    return answer


def _page(request: HttpRequest, who: Officer, *, status: int = 200, **more: Any) -> HttpResponse:
    rows = list(_held(who)[:SHOWN])
    named, emails = roles(), delegations.accounts(rows)
    facts = {
        "lines": [
            (row, named[row.role], emails.get(row.account_id, "") if row.account_id else "")
            for row in rows
        ],
        "places": _offered(who),
        "days": delegations.DAYS,
        "usual": 90,
        "address": scopes.RESOURCE,
        "whole": who.may(CHANGERS),
        **more,
    }
    return pages.show(request, who, "institution/programs.html", facts, status=status)


def _offered(who: Officer) -> list[tuple[str, str]]:
    """Return what this office may grant: a value of the form, and words."""
    named = roles()
    return [
        (f"{course.pk}:{role.value}", f"{course.title or _('Untitled')} · {named[role]}")
        for course, role in places.choices(who)
    ]


def _chosen(who: Officer, value: str) -> Place:
    course, _colon, role = value.partition(":")
    try:
        found = UUID(course), Role(role)
    except ValueError as error:
        raise BadRequest(why=_("choose a course")) from error
    return places.of_office(who, *found, locale=translation.get_language() or "en")


@require_POST
@officer(*TEACHERS)
def end(request: HttpRequest, who: Officer, program: UUID) -> HttpResponse:
    """End one."""
    own = _held(who).filter(pk=program, account=who.account_id).exists()
    why = Delegation.Ended.PERSON if own else Delegation.Ended.SCHOOL
    delegations.end(_held(who), program, why, by=who.account_id)
    messages.success(request, _("It can do nothing any more."))
    return redirect("institution_programs", slug=who.institution.slug)


@require_http_methods(["GET", "HEAD", "POST"])
@account
def allow(request: HttpRequest) -> HttpResponseBase:
    """Ask an account about a program that asks by OAuth: which course, and as what."""
    oauth.unframed(request)
    try:
        asked = asking.read(request)
    except SentBack as back:
        return oauth.away(request, back)
    if request.method != "POST":
        return _ask(request, asked)
    if request.POST.get("act") != "allow":
        return oauth.leave(request, asked, asking.refuse(asked))
    try:
        to = _allowed(request, asked)
    except (BadRequest, TooMany) as error:
        return _ask(request, asked, refusal=str(error))
    return oauth.leave(request, asked, to)


def _ask(request: HttpRequest, asked: Asking, **more: str) -> HttpResponse:
    offered = [
        (who.institution, [(f"{who.institution.slug}/{value}", words) for value, words in places])
        for who in _offices(request)
        if (places := _offered(who))
    ]
    return render(
        request, "institution/allow.html", {**oauth.known(asked), "offered": offered, **more}
    )


@transaction.atomic
def _allowed(request: HttpRequest, asked: Asking) -> str:
    slug, _slash, value = request.POST.get("place", "").partition("/")
    who = next((one for one in _offices(request) if one.institution.slug == slug), None)
    if who is None:
        raise BadRequest(why=_("choose a course"))
    scope = oauth.wished(request, asked)
    held = delegations.grant(_chosen(who, value), asked.client, scope, by=who.account_id)
    return asking.allow(asked, held)


def _offices(request: HttpRequest) -> list[Officer]:
    """Return the offices that this session opens and that may grant something."""
    shown = proof.of(request, request.user)
    held = Office.objects.filter(account=request.user.pk, role__in=TEACHERS)
    return [
        Officer(one.account_id, one.institution, Office.Role(one.role))
        for one in held.select_related("institution").order_by("institution__name")
        if shown.opens(one.institution_id)
    ]
