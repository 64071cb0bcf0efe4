"""Login and launch, as pylti1p3's own example does them."""

import os
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pylti1p3.contrib import django as parts
from pylti1p3.tool_config.dict import ToolConfDict

from tests.bench.stock.models import Course, Membership, Person

lti: Any = parts  # without types
CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
PLATFORM = os.environ["STOCK_PLATFORM"]
TOOL: ToolConfDict = ToolConfDict(
    {
        PLATFORM: {
            "client_id": os.environ["STOCK_CLIENT"],
            "auth_login_url": f"{PLATFORM}/auth",
            "auth_token_url": f"{PLATFORM}/token",
            "key_set_url": f"{PLATFORM}/jwks",
            "deployment_ids": [os.environ["STOCK_DEPLOYMENT"]],
        }
    }
)


@csrf_exempt
@xframe_options_exempt
def login(request: HttpRequest) -> HttpResponse:
    """Answer a third-party initiated login."""
    asked = request.POST or request.GET
    begun = lti.DjangoOIDCLogin(request, TOOL, launch_data_storage=lti.DjangoCacheDataStorage())
    response: HttpResponse = begun.redirect(asked["target_link_uri"])
    return response


@csrf_exempt
@xframe_options_exempt
@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Take the platform's form post."""
    storage = lti.DjangoCacheDataStorage()
    message = lti.DjangoMessageLaunch(request, TOOL, launch_data_storage=storage)
    message.set_public_key_caching(storage)
    claims: Any = message.get_launch_data()
    role = "teacher" if message.check_teacher_access() else "student"
    membership = _stored(claims, role)
    request.session["membership"] = membership.pk
    request.session["launch"] = message.get_launch_id()
    return render(request, "launched.html", {"launch": _facts(membership)})


def jwks(request: HttpRequest) -> JsonResponse:
    """Publish our public keys."""
    return JsonResponse(TOOL.get_jwks())


def me(request: HttpRequest) -> JsonResponse:
    """Tell who is signed in."""
    held = Membership.objects.select_related("person", "course")
    return JsonResponse(_facts(held.get(pk=request.session["membership"])))


@transaction.atomic
def _stored(claims: Any, role: str) -> Membership:
    issuer, context = claims["iss"], claims[CLAIM + "context"]
    person, _new = Person.objects.update_or_create(
        issuer=issuer,
        sub=claims["sub"],
        defaults={"name": claims.get("name", ""), "email": claims.get("email", "")},
    )
    course, _new = Course.objects.get_or_create(
        issuer=issuer,
        deployment=claims[CLAIM + "deployment_id"],
        context=context["id"],
        defaults={"title": context.get("title", "")},
    )
    membership, _new = Membership.objects.update_or_create(
        person=person, course=course, defaults={"role": role}
    )
    return membership


def _facts(membership: Membership) -> dict[str, Any]:
    return {
        "user": {"name": membership.person.name},
        "course": {"title": membership.course.title},
        "role": membership.role,
    }
