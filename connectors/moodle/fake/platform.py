"""Moodle as the platform of LTI 1.3."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse

from connectors.sandbox.models import Course, Deployment, Launch, PlacedLink, Tool
from connectors.sandbox.platforms import Place, Platform, Told


class MoodlePlatform(Platform):
    """A Moodle; its wwwroot is the sandbox's own address."""

    title = "Moodle"
    version = "2024100706"
    auth_path = "mod/lti/auth.php"
    jwks_path = "mod/lti/certs.php"
    config_path = "mod/lti/openid-configuration.php"
    registration_path = "mod/lti/openid-registration.php"
    return_route = "mod/lti/contentitem_return.php"
    lifetime = 60
    context_type = ("CourseSection",)
    places = (Place("ContentArea", "Add an activity"),)

    def variables(self, launch: Launch) -> dict[str, str]:
        return {}

    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install for the site: the tool type's number is its id, one for each client id."""
        return Deployment.objects.create(tool=tool, deployment_id=str(tool.id), name=name)

    def number(self, link: PlacedLink) -> str:
        return str(link.pk)

    def configuration(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": self.at(self.auth_path),
                "token_endpoint": self.dialect.token_url,
                "jwks_uri": self.at(self.jwks_path),
                "registration_endpoint": self.at(self.registration_path),
            }
        )

    def deep_linking(self, launch: Launch) -> Told:
        return {}

    def answered(self, request: HttpRequest, unread: Told) -> Launch | None:
        return None

    def read_answer(self, launch: Launch, token: str) -> Told:
        return {}
