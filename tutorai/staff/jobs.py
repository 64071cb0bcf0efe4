"""Jobs, and those that were buried: read the cause, retry them, or say why they need not happen.

Who may see jobs may look; retrying and discarding need the right to change a job. One or many,
both are the list's actions, so that there is one door to each.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from tutorai import letters
from tutorai.ledger.models import Job
from tutorai.models import Account, DeadLetter
from tutorai.staff.filters import Age, Cause, Kind, Pile
from tutorai.staff.rows import ReadOnly

SHOWN = 10  # jobs named on the page that asks for a reason


def written(at: datetime | None) -> str:
    """Return an instant as people write it."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else ""


class ReasonForm(forms.Form):
    """Why what was buried need not happen."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("Others will read it. Please name no learner and no teacher."),
    )
    # What is buried after the page was opened is not discarded unseen.
    until = forms.DateTimeField(widget=forms.HiddenInput)


@admin.register(Job)
class Jobs(ReadOnly):
    """What must happen, and why some of it did not."""

    list_display: tuple[str, ...] = (
        *("what", "state", "cause", "attempts", "queue", "institution", "due_at"),
    )
    list_filter: tuple[Any, ...] = ("state", Kind, "queue", Cause, "institution", Age)
    list_select_related = ("institution", "course")
    search_fields = ("id", "key")
    search_help_text = _("Search by id or key")
    ordering = ("-created_at",)
    change_form_outer_before_template = "staff/letter.html"
    actions: ClassVar[list[str]] = ["retry", "discard"]

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> list[Any]:
        """What and why; when; by whom discarded; and what to look for in the log."""
        parts: list[tuple[Any, tuple[str, ...]]] = [
            (None, ("about", "state", "cause", "attempts", "institution", "course")),
            (_("Timeline"), ("added", "patient", "ended" if obj and obj.finished_at else "next")),
            (_("For the log"), ("id", "kind", "error", "queue", "key", "payload", "worker")),
        ]
        if obj and obj.state == Job.State.DISCARDED:
            parts.insert(1, (_("Discarded"), ("reason", "discarder")))
        return [(title, {"fields": fields}) for title, fields in parts]

    def has_repair_permission(self, request: HttpRequest) -> bool:
        """Whether the reader may retry and discard."""
        return request.user.has_perm("ledger.change_job")

    @admin.display(description=_("what"), ordering="kind")
    def what(self, job: Job) -> str:
        return letters.kind(job.kind)

    @admin.display(description=_("about"))
    def about(self, job: Job) -> str:
        return letters.about(job)

    @admin.display(description=_("asked for"))
    def added(self, job: Job) -> str:
        return written(job.created_at)

    @admin.display(description=_("waited for the other side since"))
    def patient(self, job: Job) -> str:
        return written(job.away_since)

    @admin.display(description=_("next try"))
    def next(self, job: Job) -> str:
        return written(job.due_at)

    @admin.display(description=_("last tried"), ordering="finished_at")
    def ended(self, job: Job) -> str:
        return written(job.finished_at)

    @admin.display(description=_("discarded by"))
    def discarder(self, job: Job) -> str:
        """The account that did, by its address while it exists."""
        found = Account.objects.filter(pk=job.discarded_by).first() if job.discarded_by else None
        return found.email if found else str(job.discarded_by or "")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show one job, with its buttons for whoever may press them."""
        told = {"may_repair": self.has_repair_permission(request), **(extra_context or {})}
        answer: HttpResponse = super().change_view(request, object_id, form_url, told)
        return answer

    @admin.action(description=_("Retry"), permissions=["repair"])
    def retry(self, request: HttpRequest, rows: QuerySet[Job]) -> None:
        """Dig the buried ones up, the oldest first."""
        by = UUID(str(request.user.pk))
        dug = [letters.retry(job, by=by) for job in buried(rows)]
        done, held = dug.count(True), dug.count(False)
        words = ngettext("%(n)s job waits to run again.", "%(n)s jobs wait to run again.", done)
        self.message_user(request, words % {"n": done})
        if held:
            words = ngettext(
                "%(n)s job was asked for anew meanwhile: that one runs. You can discard this one.",
                "%(n)s jobs were asked for anew meanwhile: those run. You can discard these.",
                held,
            )
            self.message_user(request, words % {"n": held}, messages.WARNING)

    @admin.action(description=_("Discard…"), permissions=["repair"])
    def discard(self, request: HttpRequest, rows: QuerySet[Job]) -> HttpResponse | None:
        """Ask for a reason, then say that the buried ones need not happen."""
        form = ReasonForm(request.POST if "until" in request.POST else None)
        if not form.is_valid():
            return self._ask_why(request, buried(rows), form)
        asked = buried(rows).filter(finished_at__lte=form.cleaned_data["until"])
        by, reason = UUID(str(request.user.pk)), form.cleaned_data["reason"]
        done = len([job for job in asked if letters.discard(job, by=by, reason=reason)])
        words = ngettext("%(n)s job discarded.", "%(n)s jobs discarded.", done)
        self.message_user(request, words % {"n": done})
        return None

    def _ask_why(
        self, request: HttpRequest, rows: QuerySet[Job], form: ReasonForm
    ) -> HttpResponse | None:
        """Return the page that asks for the reason; nothing when no buried job was picked."""
        count = rows.count()
        if not count:
            self.message_user(request, gettext("None of these is buried."), messages.WARNING)
            return None
        words = ngettext("Discard %(n)s job?", "Discard %(n)s jobs?", count) % {"n": count}
        told = {
            **self.admin_site.each_context(request),
            "title": words,
            "opts": self.opts,
            "form": form,
            "until": form["until"].value() or timezone.now().isoformat(),
            "rows": [(letters.about(job), self.cause(job)) for job in rows[:SHOWN]],
            "more": max(0, count - SHOWN),
            "picked": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "checkbox": ACTION_CHECKBOX_NAME,
            "across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "staff/discard.html", told)


def buried(rows: QuerySet[Job]) -> QuerySet[Job]:
    """Narrow to what waits for a person, the oldest first."""
    return rows.filter(state=Job.State.BURIED).order_by("finished_at")


@admin.register(DeadLetter)
class DeadLetters(Jobs):
    """What was buried and waits for a person, the newest first; and what was discarded, and why."""

    list_filter = (Pile, Kind, Cause, "institution", "queue", Age)
    ordering = ("-finished_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        rows: QuerySet[Job] = super().get_queryset(request)
        return rows.filter(state__in=[Job.State.BURIED, Job.State.DISCARDED])

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """With the reasons, where discarded ones are shown."""
        told = ("what", "cause", "attempts", "institution", "ended")
        return (*told, "reason", "discarder") if request.GET.get(Pile.parameter_name) else told

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """They are jobs: whoever may see those may see these."""
        rights = ("ledger.view_job", "ledger.change_job")
        return any(request.user.has_perm(right) for right in rights)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
