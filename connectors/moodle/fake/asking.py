"""The authorization request, as Moodle checks it: what it tells the tool, and what only a person.

A hint counts once and in the session it was made in. What is wrong before Moodle knows the tool
is a page; what is wrong after that goes back to the tool.
Source: Moodle's mod/lti/auth.php; Moodle 4.5 recordings, oidc_auth_*
"""

from __future__ import annotations

import json

from django.http import HttpRequest
from django.utils import timezone

from connectors.moodle.fake.session import may_arrange, signed_in
from connectors.sandbox.claims import DEEP
from connectors.sandbox.exchanges import Asked, Refused
from connectors.sandbox.models import Launch

NEEDED = ("scope", "response_type", "client_id", "redirect_uri", "login_hint", "nonce")
FIXED = {"scope": "openid", "response_type": "id_token"}
PICKING = "ltilaunch_ContentItemSelectionRequest"
INVALID = "Invalid request"
NOT_ALLOWED = "Sorry, but you do not currently have permissions to do that (Manage activities)."
Wanted = dict[str, str]


class Repost(Refused):
    """The browser kept its cookie back: the request is to come again from our own page.

    Moodle 4.5 recordings, oidc_auth_no_session_cookie_repost.
    """

    def __init__(self) -> None:
        super().__init__("repost", "", tell=False, status=200)


class NotAllowed(Refused):
    """Somebody who may place nothing in a course wants to; their way back is to the course."""

    def __init__(self, course_id: int | None) -> None:
        super().__init__("nopermissions", NOT_ALLOWED, tell=False, status=404)
        self.course_id = course_id


def page(words: str = INVALID) -> Refused:
    """Return the refusal that only the person sees."""
    return Refused("invalid_request", words, tell=False, status=404)


def parameters(request: HttpRequest) -> Wanted:
    """Return what was sent, in the address or the body: PHP does not mind where."""
    return {**request.GET.dict(), **request.POST.dict()}


def hint(launch: Launch) -> str:
    """Write what names a launch: JSON in a parameter."""
    if launch.message == DEEP:
        told: dict[str, object] = {"launchid": f"{PICKING}{launch.hint}"}
    elif launch.link is None:
        told = {"launchid": f"ltilaunch0_{launch.hint}"}
    else:
        name = f"ltilaunch{launch.link.uuid}_{launch.hint}"
        told = {"cmid": launch.link.pk, "launchid": name}
    return json.dumps(told, separators=(",", ":"))


def checked(request: HttpRequest, wanted: Wanted) -> Asked:
    """Check a request and spend its hint; raise Refused."""
    launch = _launch(request, wanted)
    tool, where = launch.deployment.tool, wanted["redirect_uri"]
    if not tool.redirects_to(where):
        raise page()
    if wanted["client_id"] != tool.client_id:
        raise Refused("unauthorized_client", "")
    if wanted["login_hint"] != launch.person.uuid:
        raise Refused("access_denied", "")
    if wanted.get("response_mode") != "form_post":
        raise Refused("invalid_request", "Invalid response_mode")
    if wanted.get("prompt", "none") not in ("", "none"):
        raise Refused("invalid_request", "Invalid prompt")
    if launch.message == DEEP and not (launch.course and may_arrange(launch.person, launch.course)):
        raise NotAllowed(launch.course_id)
    return Asked(launch, where, wanted.get("state", ""), wanted["nonce"])


def _launch(request: HttpRequest, wanted: Wanted) -> Launch:
    """Return the launch that goes on, and spend its hint."""
    launch = named(wanted.get("lti_message_hint", ""))
    began = launch.options.get("session") if launch else None
    person = signed_in(request)
    if began and person is None and not request.POST.get("repost"):
        raise Repost
    right = all(wanted.get(name) for name in NEEDED)
    right = right and all(wanted[name] == value for name, value in FIXED.items())
    if launch is None or not right or (began and (person is None or str(person.id) != began)):
        raise page()
    unspent = Launch.objects.filter(pk=launch.pk, used_at=None)
    if not unspent.update(used_at=timezone.now()):
        raise page()
    return launch


def named(text: str) -> Launch | None:
    """Return the launch that a hint names."""
    try:
        told = json.loads(text)
        name = str(told["launchid"])
    except (ValueError, KeyError, TypeError):
        return None
    secret = name.removeprefix(PICKING) if name.startswith(PICKING) else name.partition("_")[2]
    rows = Launch.objects.select_related(
        "person__world", "course__world", "link__line_item", "deployment__tool__world"
    )
    return rows.filter(hint=secret, person__world__dialect="moodle").first()
