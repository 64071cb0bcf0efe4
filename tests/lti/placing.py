"""A teacher at the picker: a launch with a deep linking request, its pages, the answer read."""

import html
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import httpx
import jwt

from lti.models import LaunchSession, Placement
from tests.lti.platform import INSTRUCTOR, LTI, REMOVE, Launched, Platform, http
from tutorai.lmsdm.models import Course

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
BACK = 'https://lms.example/return?course=6&sesskey="><script>alert(1)</script>'
SETTINGS: dict[str, Any] = {
    "deep_link_return_url": "https://lms.example/return?course=6&id=1",
    "accept_types": ["ltiResourceLink", "link"],
    "accept_presentation_document_targets": ["iframe", "window"],
    "accept_multiple": True,
    "accept_lineitem": True,
    "data": "opaque <>&\"'",
}


def settings(**changes: Any) -> dict[str, Any]:
    """Return deep_linking_settings that differ from good ones."""
    told = {**SETTINGS, **changes}
    return {name: value for name, value in told.items() if value is not REMOVE}


@dataclass
class Picker:
    """One deep linking launch, and what its page can ask for."""

    platform: Platform
    launched: Launched

    @cached_property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.launched.island['access_token']}"}

    def get(self, path: str = "/pages/home") -> httpx.Response:
        return http("GET", self.platform.tool.url + path, headers=self.bearer)

    def post(self, path: str, **form: Any) -> httpx.Response:
        return http("POST", self.platform.tool.url + path, headers=self.bearer, data=form)

    def place(self, *what: str, **form: Any) -> httpx.Response:
        return self.post("/pages/place", what=list(what), **form)

    def cancel(self) -> httpx.Response:
        return self.post("/pages/place/cancel")

    @property
    def session(self) -> LaunchSession:
        return self.launched.session

    @property
    def course(self) -> Course:
        course = self.session.course
        assert course is not None
        return course

    @property
    def placements(self) -> list[Placement]:
        return list(Placement.objects.filter(course=self.course).order_by("pk"))

    def claims(self, answer: httpx.Response) -> dict[str, Any]:
        """Return what the page's form tells the platform, checked as that would check it."""
        assert answer.status_code == 200, answer.text
        token = form_of(answer)["JWT"]
        head = jwt.get_unverified_header(token)
        assert head["alg"] == "RS256"
        keys = http("GET", f"{self.platform.tool.url}/lti/jwks").json()["keys"]
        key = next(one for one in keys if one["kid"] == head["kid"])
        told: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=["RS256"],
            audience=self.platform.issuer,
            issuer=self.platform.client_id,
        )
        return told

    def items(self, answer: httpx.Response) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.claims(answer)[f"{DL}content_items"]
        return found


def form_of(answer: httpx.Response) -> dict[str, str]:
    """Return the form that goes back: its address under "", and its fields."""
    form = re.search(r'<form method="post" action="([^"]*)"', answer.text)
    assert form, answer.text
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', answer.text)
    return {"": html.unescape(form.group(1)), **{name: html.unescape(v) for name, v in fields}}


def asked(platform: Platform, told: Any = SETTINGS, **changes: Any) -> Launched:
    """Launch with a deep linking request, as 1EdTech's suite sends it: without target and link."""
    return platform.launch(
        **{
            "message_type": "LtiDeepLinkingRequest",
            "resource_link": REMOVE,
            "target_link_uri": REMOVE,
            "roles": [INSTRUCTOR],
            **changes,
            DL + "deep_linking_settings": told,
        }
    )


def picker(platform: Platform, told: Any = SETTINGS, **changes: Any) -> Picker:
    """Launch so, and return the picker."""
    return Picker(platform, asked(platform, told, **changes))


def claim(name: str) -> str:
    """Return a claim's full name."""
    return LTI + name
