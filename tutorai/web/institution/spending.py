"""What an institution spends on language models, what it lets be spent, and what is switched off."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from agents import spend
from agents.models.money import Limit
from tutorai import spending
from tutorai.access import CHANGERS, Officer, officer
from tutorai.errors import BadRequest
from tutorai.lmsdm.models import Course, Institution
from tutorai.web.institution import pages

MOST = 1_000_000  # dollars a month
# What a school switches and caps. Trying an endpoint is its own doing, judging the operator's;
# moderation costs nothing.
OTHERS = {spend.Capability.PROBE, spend.Capability.JUDGE}
SHOWN = {one: title for one, title in spend.TITLES.items() if one not in OTHERS}
PAID = {one: title for one, title in SHOWN.items() if one != spend.Capability.MODERATE}
MONEY: dict[str, Any] = {"max_digits": 9, "decimal_places": 2, "min_value": 0, "max_value": MOST}


class Courses(forms.ModelChoiceField):  # type: ignore[type-arg]  # generic for mypy only
    """A course to choose, by its title."""

    def label_from_instance(self, obj: Any) -> str:
        return _course(obj)


class CapForm(forms.Form):
    """A cap: on what, and how much."""

    course = Courses(
        label=gettext_lazy("Where"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=gettext_lazy("All courses together"),
    )
    each_person = forms.BooleanField(
        label=gettext_lazy("For each person there"),
        help_text=gettext_lazy("Otherwise for all of them together."),
        required=False,
    )
    capability = forms.ChoiceField(label=gettext_lazy("For what"), choices=[], required=False)
    soft = forms.DecimalField(
        label=gettext_lazy("From how many dollars a month the small model answers"),
        required=False,
        **MONEY,
    )
    hard = forms.DecimalField(
        label=gettext_lazy("At how many dollars a month no model answers"),
        help_text=gettext_lazy("Then students read the passages of their course that fit best."),
        required=False,
        **MONEY,
    )

    def __init__(self, *args: Any, institution: Institution, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        course = self.fields["course"]
        assert isinstance(course, Courses)
        course.queryset = Course.objects.filter(institution=institution).order_by("title", "pk")
        choices = [("", _("Everything together")), *((one.value, t) for one, t in PAID.items())]
        capability = self.fields["capability"]
        assert isinstance(capability, forms.ChoiceField)
        capability.choices = choices

    def clean(self) -> dict[str, Any]:
        """One of the two at least, and the soft one below the hard one."""
        told: dict[str, Any] = super().clean() or {}
        soft, hard = told.get("soft"), told.get("hard")
        if not self.errors and soft is None and hard is None:
            self.add_error("hard", _("Enter at least one of the two."))
        if soft is not None and hard is not None and soft > hard:
            self.add_error("soft", _("This is more than the amount at which no model answers."))
        return told


def _course(course: Any) -> str:
    return course.title or _("A course without a title")


@require_http_methods(["GET", "HEAD", "POST"])
@officer(*CHANGERS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """A month in figures, the caps, and a form for one more."""
    form = CapForm(request.POST if request.method == "POST" else None, institution=who.institution)
    if form.is_bound and form.is_valid():
        _capped(form.cleaned_data, who)
        messages.success(request, _("Saved. It counts from the next call."))
        return redirect("institution_spending", slug=who.institution.slug)
    months = spending.months(who.institution)
    first = _asked(request.GET.get("month", ""), months)
    found = spending.month(who.institution, first)
    off = spending.off(who.institution)
    facts = {
        "month": found,
        "months": months,
        "spent": dollars(found.spent + found.reserved),
        "cap": dollars(found.cap),
        "share": _share(found.spent + found.reserved, found.cap),
        "courses": [_line(one, one.name or _("No course")) for one in found.courses],
        "capabilities": [_line(one, _title(one.name)) for one in found.capabilities],
        "caps": [_cap(row) for row in spending.limits(who.institution)],
        "switches": [(one.value, title, one.value in off) for one, title in SHOWN.items()],
        "all_off": "" in off,
        "form": form,
    }
    status = 400 if form.is_bound else 200
    return pages.show(request, who, "institution/spending.html", facts, status=status)


def _asked(text: str, months: list[date]) -> date:
    with suppress(ValueError):
        first = date.fromisoformat(f"{text}-01")
        if first in months:
            return first
    return months[0]


def _line(one: spending.Line, name: str) -> dict[str, Any]:
    return {"name": name, "calls": one.calls, "people": one.people, "spent": dollars(one.spent)}


def _title(capability: str) -> str:
    known = capability in set(spend.Capability)
    return str(spend.TITLES[spend.Capability(capability)]) if known else capability


def _cap(row: Limit) -> dict[str, Any]:
    used = spending.used(row)
    most = row.hard_cents if row.hard_cents is not None else row.soft_cents
    return {
        "row": row,
        "where": _course(row.course) if row.course else _("All courses"),
        "what": _title(row.capability) if row.capability else _("Everything"),
        "soft": None if row.soft_cents is None else dollars(row.soft_cents * spend.CENT),
        "hard": None if row.hard_cents is None else dollars(row.hard_cents * spend.CENT),
        "used": dollars(used),
        "share": _share(used, (most or 0) * spend.CENT),
    }


def _share(part: int, whole: int) -> int:
    """Return how many hundredths of the whole a part is, 100 at most."""
    return min(100, part * 100 // whole) if whole else 100


def dollars(millionths: int) -> str:
    """Return an amount as people read it; a cent is the least."""
    amount = Decimal(millionths) / 1_000_000
    if 0 < amount < Decimal("0.01"):
        return _("under $%(cent)s") % {"cent": number_format(Decimal("0.01"), 2)}
    return f"${number_format(amount, 2, use_l10n=True, force_grouping=True)}"


def _capped(told: dict[str, Any], who: Officer) -> None:
    spending.cap(
        who.institution,
        course=told["course"],
        each_person=told["each_person"],
        capability=told["capability"],
        soft=_cents(told["soft"]),
        hard=_cents(told["hard"]),
        by=who.account_id,
    )


def _cents(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


@require_POST
@officer(*CHANGERS)
def uncap(request: HttpRequest, who: Officer, cap: UUID) -> HttpResponse:
    """Take a cap away."""
    spending.uncap(who.institution, cap, by=who.account_id)
    messages.success(request, _("Removed. It does not count any more."))
    return redirect("institution_spending", slug=who.institution.slug)


@require_POST
@officer(*CHANGERS)
def switch(request: HttpRequest, who: Officer) -> HttpResponse:
    """Switch the tutor, or one thing that it does, on or off for all courses."""
    capability = request.POST.get("capability", "")
    if capability and capability not in {one.value for one in SHOWN}:
        raise BadRequest(why=_("there is no such thing to switch"))
    on = request.POST.get("on") == "1"
    spending.switch(who.institution, capability, on=on, by=who.account_id)
    messages.success(request, _("Switched on.") if on else _("Switched off, from now on."))
    return redirect("institution_spending", slug=who.institution.slug)
