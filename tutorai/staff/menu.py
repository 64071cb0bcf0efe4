"""The staff site's menu: dead letters and how many they are, then every list one may open."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _

from tutorai.ledger.models import Job
from tutorai.models import DeadLetter


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
    return [{"items": first}, *groups] if first else groups


def _badge() -> dict[str, Any]:
    """How many letters wait for a person; nothing when none does."""
    count = Job.objects.filter(state=Job.State.BURIED).count()
    return {"badge": count} if count else {}
