"""The staff site's menu: dead letters and how many they are, then every list one may open."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from tutorai.ledger.models import Job
from tutorai.models import DeadLetter
from tutorai.staff import health


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the menu's groups (UNFOLD["SIDEBAR"]); what the reader may not see is not there."""
    groups, first = [], []
    for app in admin.site.get_app_list(request):
        items = []
        for model in app["models"]:
            entry = {"title": str(model["name"]), "link": model["admin_url"]}
            if model["model"] is DeadLetter:
                first.append({**entry, "title": _("Dead letters"), "icon": "mail", **_badge()})
            else:
                items.append(entry)
        groups.append({"title": str(app["name"]), "items": items})
    if health.may_see(request):
        first.append(
            {
                "title": _("Learning platforms"),
                "link": reverse("admin:lms_health"),
                "icon": "monitor_heart",
                **_shown(health.shut()),
            }
        )
    return [{"items": first}, *groups] if first else groups


def _badge() -> dict[str, Any]:
    """How many letters wait for a person; nothing when none does."""
    return _shown(Job.objects.filter(state=Job.State.BURIED).count())


def _shown(count: int) -> dict[str, Any]:
    return {"badge": count} if count else {}
