"""To an LMS's page of consent and back, in a window of its own: such pages like no frames.

The page in the LMS opens `go`, which asks it for the state, keeps a secret in a cookie of its own
and goes on. What comes back is taken only from the window that holds that cookie. Nothing here
shows anything of anyone, and no address carries more than the LMS puts into it.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from connectors import consents, registry
from connectors.errors import ConsentOver
from connectors.models import Consent
from lti import cookies
from tutorai import connecting, flows, schools
from tutorai.access import authors, public
from tutorai.errors import NotYours, TutorError
from tutorai.lmsdm.schema import Actor
from tutorai.threads import in_slow_thread, in_thread

NEVER = "max-age=0, no-cache, no-store, must-revalidate, private"
KIND = "connect"  # of cookie
SECONDS = int(consents.LIFETIME.total_seconds())
LONGEST = 2000  # characters of a state or code that are looked at


@require_POST
@authors
async def start(request: HttpRequest, actor: Actor, lms: str) -> HttpResponse:
    """Begin: answer the state, which the window that `go` opens asks the page for."""
    address = request.POST.get("address", "").strip()
    state = await in_thread(connecting.ask)(actor, lms=lms, address=address)
    url = settings.PUBLIC_URL + reverse("connect_go", kwargs={"lms": lms})
    return _quiet(JsonResponse({"url": url, "state": state}))


@require_http_methods(["GET", "HEAD", "POST"])
@public
async def go(request: HttpRequest, lms: str) -> HttpResponse:
    """The window's first page, without data; its script posts the state and goes on."""
    registry.dialect(lms)
    if request.method != "POST":
        facts = {"lms": registry.dialect(lms).title}
        return _quiet(await in_thread(render)(request, "connect/go.html", facts))
    # A page elsewhere could post here, too, and would give its visitor's window a way of its own.
    if request.headers.get("Origin") != settings.PUBLIC_URL:
        raise NotYours()
    state = request.POST.get("state", "")[:LONGEST]
    way = await in_thread(consents.leave)(state)
    response = JsonResponse({"url": way.url})
    bind(response, state, way.binder)
    return _quiet(response)


@require_GET
@public
async def callback(request: HttpRequest, lms: str) -> HttpResponse:
    """Take whoever the LMS sends back."""
    return await in_slow_thread(_callback)(request, lms)


def _callback(request: HttpRequest, lms: str) -> HttpResponse:
    state = request.GET.get("state", "")[:LONGEST]
    binder = cookies.get(request, KIND, consents.key(state))
    title = registry.dialect(lms).title
    try:
        consent = consents.come_back(lms, state, binder)
    except ConsentOver as error:
        return _told(request, title, words=str(error), status=error.status)
    response = _taken(request, consent, title)
    response.delete_cookie(cookies.name(KIND, consents.key(state)))
    return response


def _taken(request: HttpRequest, consent: Consent, title: str) -> HttpResponse:
    code = request.GET.get("code", "")[:LONGEST]
    if request.GET.get("error") or not code:
        said = f"{request.GET.get('error', '')} {request.GET.get('error_description', '')}"
        return _told(request, title, consent, words=refusal(said, title))
    try:
        if consent.account_id:
            schools.connect_by_consent(consent, code)
        else:
            flows.connect_by_consent(consent, code)
    except TutorError as error:
        return _told(request, title, consent, words=str(error))
    return _told(request, title, consent)


def _told(
    request: HttpRequest,
    title: str,
    consent: Consent | None = None,
    *,
    words: str = "",
    status: int = 200,
) -> HttpResponse:
    """The last page: `words` say what went wrong; without any it is connected."""
    back = ""
    if consent and consent.account_id:
        slug = {"slug": consent.institution.slug}
        back = reverse("institution_connections", kwargs=slug)
    facts = {"lms": title, "words": words, "back": back}
    return _quiet(render(request, "connect/back.html", facts, status=status))


def refusal(said: str, title: str) -> str:
    """Say in plain words what an LMS answers instead of a code; `said` is looked at, not shown."""
    lms = {"lms": title}
    if "not enabled" in said or "unauthorized_client" in said or "invalid_client" in said:
        return (
            _(
                "%(lms)s does not know Tutor.AI, or its administrator has switched Tutor.AI off there. "
                "Ask them to look at it."
            )
            % lms
        )
    if "invalid_scope" in said:
        return (
            _(
                "%(lms)s does not allow all that Tutor.AI asks for. Its administrator finds what is "
                "missing on Tutor.AI's page Connections."
            )
            % lms
        )
    if "login_required" in said or "interaction_required" in said:
        return _("You are not signed in to %(lms)s. Sign in there, then try again.") % lms
    if "access_denied" in said:
        return _("You did not allow it, so nothing is connected and nothing was changed.")
    return _("%(lms)s did not agree, and gave no reason that we know. Try again.") % lms


def bind(response: HttpResponse, state: str, binder: str) -> None:
    """Keep a way's secret in this window, until it comes back."""
    response.set_cookie(
        cookies.name(KIND, consents.key(state)),
        binder,
        max_age=SECONDS,
        path="/",
        secure=not settings.DEVELOPMENT,
        httponly=True,
        samesite="Lax",  # the LMS sends the window back from another site
    )


def _quiet(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = NEVER
    return response
