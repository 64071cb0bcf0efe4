"""Moodle as the platform of LTI 1.3, as a Moodle 4.5.6 was recorded."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path

from connectors.moodle.fake import (
    asking,
    choosing,
    configuration,
    modedit,
    opening,
    pluginfile,
    registration,
    starting,
    tokens,
    webservice,
)
from connectors.moodle.fake.answers import UTF8, broken, reposted
from connectors.moodle.fake.caller import SERVICE
from connectors.moodle.fake.speaking import Speaking
from connectors.sandbox import keys
from connectors.sandbox.models import (
    AccessToken,
    Course,
    Deployment,
    Launch,
    Person,
    PlacedLink,
    Registering,
    Tool,
    World,
)
from connectors.sandbox.platforms import Asked, NotTaken, Place, Refused, Told

MEMBERS = ("kty", "alg", "kid", "e", "n", "use")  # of a key; recordings, lti_jwks_certs
JSON = f"application/json{UTF8}"


class MoodlePlatform(Speaking):
    """A Moodle; its wwwroot is the sandbox's own address."""

    title = "Moodle"
    version = "2024100706"
    # No clipboard: Moodle 4.5 recordings, lti_view_php_iframe (with the tool's address for *).
    frame_may = "; ".join(f"{what} *" for what in opening.ALLOWED)
    auth_path = "mod/lti/auth.php"
    jwks_path = "mod/lti/certs.php"
    config_path = "mod/lti/openid-configuration.php"
    registration_path = "mod/lti/openid-registration.php"
    return_route = "mod/lti/contentitem_return.php"
    places = (Place("ContentArea", "Add an activity"),)

    # --- addresses ------------------------------------------------------------------------

    def routes(self) -> list[URLPattern]:
        return [
            path("mod/lti/token.php", tokens.token),
            path(self.jwks_path, self.keys),
            path("mod/lti/view.php", opening.view),
            path("mod/lti/launch.php", self.launch),
            path("mod/lti/return.php", opening.returned),
            path("mod/lti/contentitem.php", self.choose),
            path(self.return_route, choosing.returned),
            path("mod/lti/startltiadvregistration.php", self.start),
            path("course/modedit.php", self.edit),
            path("course/view.php", course_page),
            path("webservice/rest/server.php", webservice.server),
            path("webservice/pluginfile.php/<int:context>/<path:path>", pluginfile.download),
            path("webservice/upload.php", pluginfile.upload),
            path("pluginfile.php/<path:path>", pluginfile.plain),
            path("login/token.php", pluginfile.login_token),
        ]

    def furnish(self, world: World, number: int) -> None:
        """Make the account an administrator made for us, which is in no course; and its token."""
        login = f"{SERVICE}.{world.pk}"
        person = Person.objects.create(
            id=number,
            world=world,
            key=SERVICE,
            name="Tutor Service",
            given_name="Tutor",
            family_name="Service",
            sortable_name="Service, Tutor",
            email=f"{login}@college.example",
            login_id=login,
        )
        AccessToken.objects.create(person=person, value=secrets.token_hex(16))

    def keys(self, request: HttpRequest) -> HttpResponse:
        """Publish the keys that check our id_tokens; nobody is told to keep them."""
        published = [{name: key[name] for name in MEMBERS} for key in keys.jwks()["keys"]]
        return JsonResponse({"keys": published}, content_type=JSON)

    def launch(self, request: HttpRequest) -> HttpResponse:
        """Begin the launch of an activity."""
        return opening.launch(request, self.login_parameters)

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Begin the launch of the tool's picker."""
        return choosing.choose(request, self.login_parameters)

    def start(self, request: HttpRequest) -> HttpResponse:
        """Send an administrator's frame to a tool's registration."""
        return starting.start(request, self)

    def edit(self, request: HttpRequest) -> HttpResponse:
        """Show or save a teacher's form for activities."""
        return modedit.modedit(request, self)

    # --- a click and what the tool asks then -----------------------------------------------

    def message_hint(self, launch: Launch) -> str:
        return asking.hint(launch)

    def asked(self, request: HttpRequest, wanted: Told) -> Asked:
        return asking.checked(request, asking.parameters(request))

    def refuse(self, request: HttpRequest, refusal: Refused, wanted: Told) -> HttpResponse:
        if isinstance(refusal, asking.Repost):
            return reposted(request)
        if not refusal.tell:
            course = refusal.course_id if isinstance(refusal, asking.NotAllowed) else None
            return broken(request, refusal.description, course)
        given = asking.parameters(request)
        fields = {"error": refusal.error, "error_description": refusal.description}
        told = {name: value for name, value in fields.items() if value}
        told["state"] = given.get("state", "")
        return self.post(request, given["redirect_uri"], told)

    def post(self, request: HttpRequest, url: str, fields: dict[str, str]) -> HttpResponse:
        return opening.bare_form(request, url, fields)

    # --- tools and links ------------------------------------------------------------------

    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install for the site: the tool type's number is its id, one for each client id."""
        return Deployment.objects.create(tool=tool, deployment_id=str(tool.id), name=name)

    def number(self, link: PlacedLink) -> str:
        return str(link.pk)

    def question(self, registering: Registering) -> str:
        return starting.question(registering, self)

    def registration_token(self, registering: Registering) -> str:
        return registration.token(registering)

    def configuration(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(configuration.described(self.issuer), content_type=JSON)

    def register(self, request: HttpRequest) -> HttpResponse:
        return registration.register(request, lambda tool: self.deploy(tool, name="the whole site"))

    # --- deep linking ---------------------------------------------------------------------

    def deep_linking(self, launch: Launch) -> Told:
        return choosing.settings_of(launch, self.at)

    def answered(self, request: HttpRequest, unread: Told) -> Launch | None:
        """Moodle's own page takes answers (`choosing`)."""
        return None

    def read_answer(self, launch: Launch, token: str) -> Told:
        try:
            return choosing.read(launch.deployment.tool, token)
        except Exception as wrong:
            raise NotTaken(str(wrong), 404) from wrong

    def column(self, item: Told, place: Place) -> Told | None:
        """Return the column of a saved form: called as the activity, whatever `label` says."""
        told = super().column(item, place)
        return {**told, "label": str(item.get("title") or "")} if told else None


def course_page(request: HttpRequest) -> HttpResponse:
    """Lead to a course; only an address may say which."""
    number: Any = request.GET.get("id", "")
    if not number.isdecimal():
        return broken(request, "A required parameter (id) was missing")
    return HttpResponseRedirect(f"/courses/{number}")
