"""Canvas's Platform Notification Service: where tools ask for notices, and the one of a copy.

Canvas API: Platform Notification Service; Notice Handlers. Canvas does not try again.
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from connectors.sandbox import dialects, keys
from connectors.sandbox.claims import LTI, PNS_SCOPE
from connectors.sandbox.faults import bearer
from connectors.sandbox.models import Course, Deployment, NoticeHandler, ServiceToken
from connectors.sandbox.rows import instant

COPY = "LtiContextCopyNotice"
KINDS = (COPY, "LtiHelloWorldNotice")


def handlers(request: HttpRequest, deployment_id: int) -> JsonResponse:
    """Tell, set (PUT) or remove (an empty `handler`) where notices of a deployment go.

    Source: canvas-lms, notice_handlers_controller.rb
    """
    rows = ServiceToken.objects.filter(value=bearer(request), expires_at__gt=timezone.now())
    token = rows.select_related("tool").first()
    if token is None or PNS_SCOPE not in token.scopes.split():
        return _refused(401, "Invalid access token")
    deployment = Deployment.objects.filter(id=deployment_id).select_related("tool").first()
    if deployment is None:
        return _refused(404, "not found")
    if deployment.tool_id != token.tool_id:
        return _refused(403, "permission denied")
    if request.method == "PUT" and (wrong := _set(request, deployment)):
        return _refused(400, wrong)
    return JsonResponse(_catalogue(deployment))


def _refused(status: int, words: str) -> JsonResponse:
    return JsonResponse({"errors": {"message": words}}, status=status)


def _set(request: HttpRequest, deployment: Deployment) -> str:
    """Take what was sent; return what is wrong with it."""
    try:
        sent = json.loads(request.body)
        kind, url = sent["notice_type"], sent["handler"]
    except (ValueError, KeyError, TypeError):
        return "param is missing or the value is empty: notice_type"
    if kind not in KINDS:
        return f"unknown notice_type, must be one of [{', '.join(KINDS)}]"
    mine = deployment.noticehandler_set.filter(kind=kind)
    if url == "":
        mine.delete()
        return ""
    # "Notice handler domain must match the domain of the tool."
    if urlsplit(str(url)).netloc != urlsplit(deployment.tool.launch_url).netloc:
        return "handler must be a valid URL or an empty string"
    NoticeHandler.objects.update_or_create(
        deployment=deployment, kind=kind, defaults={"url": str(url)}
    )
    return ""


def _catalogue(deployment: Deployment) -> dict[str, Any]:
    told = dict(deployment.noticehandler_set.values_list("kind", "url"))
    return {
        "client_id": int(deployment.tool.client_id),
        "deployment_id": deployment.deployment_id,
        "notice_handlers": [{"notice_type": kind, "handler": told.get(kind, "")} for kind in KINDS],
    }


def tell_of_copy(new: Course, old: Course) -> list[dict[str, Any]]:
    """Send the notice of a copied course to whoever asked; return how each went."""
    rows = NoticeHandler.objects.filter(kind=COPY, deployment__tool__world=new.world)
    return [_sent(row, new, old) for row in rows.select_related("deployment__tool")]


def _sent(row: NoticeHandler, new: Course, old: Course) -> dict[str, Any]:
    claims = copy_claims(row.deployment, new, old)
    body = json.dumps({"notices": [{"jwt": keys.sign(claims)}]}).encode()
    request = Request(row.url, body, {"Content-Type": "application/json"}, method="POST")
    try:
        with urlopen(request, timeout=10) as answer:
            status = answer.status
    except HTTPError as refused:
        status = refused.code
        refused.close()
    except OSError:
        status = 0  # nobody answered
    last = {"status": status, **claims[f"{LTI}notice"]}
    row.last = last
    row.save()
    return last


def copy_claims(deployment: Deployment, new: Course, old: Course) -> dict[str, Any]:
    """Return the claims of the notice: those of the documentation's example."""
    platform, client, now = dialects.CANVAS, deployment.tool.client_id, int(time.time())
    return {
        "iss": platform.issuer,
        "aud": client,
        "azp": client,
        "iat": now,
        "exp": now + 3600,
        "nonce": str(uuid.uuid4()),
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": deployment.deployment_id,
        f"{LTI}notice": {
            "id": str(uuid.uuid4()),
            "timestamp": instant(timezone.now()),
            "type": COPY,
        },
        f"{LTI}context": platform.context(new),
        f"{LTI}origin_contexts": [old.uuid],
    }
