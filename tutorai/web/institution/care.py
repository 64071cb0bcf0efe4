"""Whom the institution names for students in distress, and, for those it named, who they are.

Owners and administrators set it up. Who is in distress sees only who was named as a recipient and
signs in to an office here: an office alone does not open it.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.validators import EmailValidator
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from agents import care
from agents.models import CarePlan, Plea
from tutorai.access import CHANGERS, OFFICERS, Officer, officer
from tutorai.errors import NotFound, NotYours
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import names
from tutorai.models import Account, Office
from tutorai.web.institution import pages

CONTACTS = 6  # at most
FREE = 3  # rows of the form where nobody is named yet; then two more than there are
RECIPIENTS = 20
LISTED = 100


class PlanForm(forms.Form):
    """Who hears of it, and when they read it; the contacts stand beside it."""

    recipients = forms.CharField(
        label=gettext_lazy("Who hears of it (e-mail addresses, one a line)"),
        help_text=gettext_lazy(
            "They get a letter without a name and without the student's words, and see who it is "
            "after signing in here. So each of them needs an office here, the smallest will do."
        ),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "ltr"}),
        required=False,
        max_length=4000,
    )
    hours = forms.CharField(
        label=gettext_lazy("When they read such letters"),
        help_text=gettext_lazy(
            "The student reads this word for word, for example: on working days from 9 to 17 o'clock."
        ),
        required=False,
        max_length=300,
    )
    mail_teachers = forms.BooleanField(
        label=gettext_lazy(
            "Tell teachers by e-mail, without a name or words, when a student asks for a person"
        ),
        required=False,
    )

    def clean_recipients(self) -> list[str]:
        """Return addresses in lower case, each once."""
        told = self.cleaned_data["recipients"].replace(",", "\n").split()
        found = list(dict.fromkeys(address.lower() for address in told))
        for address in found:
            EmailValidator(_("“%(value)s” is no e-mail address."))(address)
        if len(found) > RECIPIENTS:
            raise forms.ValidationError(_("At most %(n)s addresses.") % {"n": RECIPIENTS})
        return found

    def clean(self) -> dict[str, Any]:
        """Who is told of by whom must be told truthfully when that is read."""
        told = super().clean() or self.cleaned_data
        if told.get("recipients") and not told.get("hours", "").strip():
            self.add_error("hours", _("Say when they read it: students are told."))
        return told


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*OFFICERS)
def edit(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show what is set up, and change it; to recipients, show who may need somebody."""
    if not who.may(CHANGERS) and not _named(who):
        raise NotYours()
    if request.method != "POST":
        return _page(request, who, _form(who), care.contacts(who.institution.pk).people)
    if not who.may(CHANGERS):
        raise NotYours()
    form = PlanForm(request.POST)
    people = _people(request)
    whole = all(one.name and one.how for one in people)
    if not form.is_valid() or not whole:
        return _page(request, who, form, people, whole=whole, status=400)
    _save(who, form.cleaned_data, people)
    messages.success(request, _("Saved."))
    return redirect("institution_care", slug=who.institution.slug)


def _form(who: Officer) -> PlanForm:
    plan = CarePlan.objects.filter(pk=who.institution.pk).first()
    if plan is None:
        return PlanForm()
    told = {"hours": plan.hours, "mail_teachers": plan.mail_teachers}
    return PlanForm(initial={**told, "recipients": "\n".join(plan.recipients)})


def _people(request: HttpRequest) -> tuple[care.Contact, ...]:
    """Return the contacts of the form; an empty row is left out."""
    rows = zip(
        *(request.POST.getlist(f"contact_{key}") for key in ("name", "how", "hours")), strict=False
    )
    made = (
        care.Contact(*(" ".join(cell.replace("\x00", "").split())[:200] for cell in row))
        for row in rows
    )
    return tuple(one for one in made if one.name or one.how or one.hours)[:CONTACTS]


@transaction.atomic
def _save(who: Officer, told: dict[str, Any], people: tuple[care.Contact, ...]) -> None:
    CarePlan.objects.update_or_create(
        institution=who.institution,
        defaults={
            "contacts": [{"name": p.name, "how": p.how, "hours": p.hours} for p in people],
            "recipients": told["recipients"],
            "hours": " ".join(told["hours"].replace("\x00", "").split()),
            "mail_teachers": told["mail_teachers"],
        },
    )
    audit.record(verb=Verb.CARE_SET, account=who.account_id, institution=who.institution.pk)


def _page(
    request: HttpRequest,
    who: Officer,
    form: PlanForm,
    people: tuple[care.Contact, ...],
    *,
    whole: bool = True,
    status: int = 200,
) -> HttpResponse:
    known = care.contacts(who.institution.pk)
    waiting = list(_open(who)[:LISTED])
    _looked(who, waiting)
    free = max(2, FREE - len(people))
    rows = [*people, *[care.Contact("", "")] * free][:CONTACTS]
    facts = {
        "form": form,
        "rows": rows,
        "whole": whole,
        "known": known,
        "may_change": who.may(CHANGERS),
        "named": _named(who),
        "outside": _outside(who, known),
        "shown": care.words.distress(known, told=bool(known.recipients)).split("\n\n"),
        "waiting": [(one, names.called(one.user, one.course_id)) for one in waiting],
    }
    return pages.show(request, who, "institution/care.html", facts, status=status)


def _named(who: Officer) -> bool:
    """Whether the institution named this account as one that hears of students in distress."""
    address = Account.objects.values_list("email", flat=True).get(pk=who.account_id)
    return address.lower() in care.contacts(who.institution.pk).recipients


def _outside(who: Officer, known: care.Contacts) -> list[str]:
    """Return the recipients who have no office here, and so could not see who it is."""
    held = Office.objects.filter(institution=who.institution, account__is_active=True)
    inside = set(held.values_list("account__email", flat=True))
    return [address for address in known.recipients if address not in inside]


def _open(who: Officer) -> QuerySet[Plea]:
    """Signs of distress that nobody has closed; none to who was not named."""
    if not _named(who):
        return Plea.objects.none()
    rows = Plea.objects.filter(
        institution=who.institution, kind=Plea.Kind.DISTRESS, closed_at=None
    ).select_related("user", "course")
    return rows.order_by("created_at")


def _looked(who: Officer, shown: list[Plea]) -> None:
    """Write down whose names a page shows."""
    audit.record_many(
        verb=Verb.PLEA_READ,
        account=who.account_id,
        object_kind="plea",
        of=[(one.pk, one.user_id) for one in shown if one.read_at is not None],
        institution=who.institution.pk,
    )


def unread(who: Officer) -> int:
    """How many students may need somebody, of whom nobody here has read yet."""
    return _open(who).filter(read_at=None).count()


@require_POST
@officer(*OFFICERS)
def read(request: HttpRequest, who: Officer, plea: UUID) -> HttpResponse:
    """See who it is; the page that follows shows the name, and that is written down there."""
    with transaction.atomic():
        held = _one(who, plea)
        if held.read_at is None:
            held.read_at, held.read_account = timezone.now(), who.account_id
            held.save(update_fields=["read_at", "read_account"])
    return redirect(f"{pages.address('institution_care', who)}#{held.pk}")


@require_POST
@officer(*OFFICERS)
def close(request: HttpRequest, who: Officer, plea: UUID) -> HttpResponse:
    """Say that it was seen to."""
    with transaction.atomic():
        held = _one(who, plea)
        if held.read_at is None:
            raise NotFound()  # nobody knows yet whom it is about
        held.closed_at = timezone.now()
        held.save(update_fields=["closed_at"])
        _note(Verb.PLEA_CLOSE, who, held)
    return redirect("institution_care", slug=who.institution.slug)


def _one(who: Officer, plea: UUID) -> Plea:
    held = _open(who).select_for_update(of=("self",)).filter(pk=plea).first()
    if held is None:
        raise NotFound()
    return held


def _note(verb: Verb, who: Officer, held: Plea) -> None:
    audit.record(
        verb=verb,
        account=who.account_id,
        object_kind="plea",
        object_id=held.pk,
        subject=held.user_id,
        institution=who.institution.pk,
        course=held.course_id,
    )
