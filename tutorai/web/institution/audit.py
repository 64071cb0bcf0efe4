"""The record of who did or read what in this institution, newest first, by ids alone."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tutorai.access import AUDITORS, Officer, officer
from tutorai.errors import NotFound
from tutorai.ledger.trail import AuditEvent
from tutorai.models import Office
from tutorai.web.institution import pages

SHOWN = 100  # events a page


@require_safe
@officer(*AUDITORS)
def listed(request: HttpRequest, who: Officer) -> HttpResponse:
    """Show a page of events; `before` is the last one of the page before."""
    rows = AuditEvent.objects.filter(institution=who.institution.pk)
    if before := request.GET.get("before", ""):
        last = _event(rows, before)
        earlier = Q(created_at__lt=last.created_at)
        rows = rows.filter(earlier | Q(created_at=last.created_at, id__lt=last.id))
    rows = rows.order_by("-created_at", "-id")
    events = list(rows[: SHOWN + 1])
    held = Office.objects.filter(institution=who.institution).select_related("account")
    names: dict[UUID | None, str] = {each.account_id: each.account.email for each in held}
    told = [{"event": event, "who": names.get(event.actor, "")} for event in events[:SHOWN]]
    more = events[SHOWN - 1].id if len(events) > SHOWN else None
    return pages.show(request, who, "institution/audit.html", {"told": told, "more": more})


def _event(rows: QuerySet[AuditEvent], text: str) -> AuditEvent:
    try:
        found = rows.filter(id=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found
