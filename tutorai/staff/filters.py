"""Filters of jobs: codes in words, age in spans."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tutorai import errors, letters
from tutorai.ledger.models import Job

Rows = QuerySet[Job]


class Worded(admin.SimpleListFilter):
    """A column of codes, each shown in words."""

    words: ClassVar[Callable[[str], str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        column = str(self.parameter_name)
        kept = model_admin.get_queryset(request).exclude(**{column: ""}).order_by()
        codes = kept.values_list(column, flat=True).distinct()
        return sorted(((code, type(self).words(code)) for code in codes), key=lambda two: two[1])

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        code = self.value()
        return queryset.filter(**{str(self.parameter_name): code}) if code else queryset


class Kind(Worded):
    title, parameter_name = _("kind"), "kind"
    words = letters.kind


class Cause(Worded):
    title, parameter_name = _("cause"), "error"
    words = errors.words


class Age(admin.SimpleListFilter):
    """When the job ended: the last hour, day or week, or before."""

    title, parameter_name = _("age"), "age"
    SPANS: ClassVar[dict[str, tuple[Promise, timedelta]]] = {
        "hour": (_("The last hour"), timedelta(hours=1)),
        "day": (_("The last day"), timedelta(days=1)),
        "week": (_("The last week"), timedelta(days=7)),
    }
    OLDER = "older"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        spans = [(name, words) for name, (words, _span) in self.SPANS.items()]
        return [*spans, (self.OLDER, _("Older than a week"))]

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        now, asked = timezone.now(), self.value() or ""
        if asked == self.OLDER:
            return queryset.filter(finished_at__lt=now - self.SPANS["week"][1])
        span = self.SPANS.get(asked)
        return queryset.filter(finished_at__gte=now - span[1]) if span else queryset


class Pile(admin.SimpleListFilter):
    """What waits for a person, unless discarded ones are asked for."""

    title, parameter_name = _("state"), "pile"
    DISCARDED, BOTH = "discarded", "both"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(self.DISCARDED, _("Discarded")), (self.BOTH, _("Both"))]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": gettext("Buried")}
        yield from others

    def queryset(self, request: HttpRequest, queryset: Rows) -> Rows:
        if self.value() == self.BOTH:
            return queryset
        discarded = self.value() == self.DISCARDED
        state = Job.State.DISCARDED if discarded else Job.State.BURIED
        return queryset.filter(state=state)
