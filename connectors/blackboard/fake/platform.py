"""Blackboard Learn SaaS as the platform of LTI 1.3.

What is its own: the vendor registers once at developer.blackboard.com, so one client id serves
all schools and the deployment is the school; no dynamic registration here; ids in claims are
Learn's (`_44_1`); `https://blackboard.com/…` claims of its own (connectors.md §3.5, lti.md §11.4).
Source: docs.anthology.com, LTI 1.3: "Sample JWT content", "Working with Deep Linking 2.0"
"""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse

from connectors.sandbox import keys
from connectors.sandbox.claims import (
    COURSE_TYPE,
    DEEP,
    DL,
    LTI,
    MEMBERSHIP,
    NRPS,
    NRPS_SCOPE,
    TEST_USER,
    enrolments,
    types_of,
)
from connectors.sandbox.models import (
    Course,
    Deployment,
    Launch,
    Person,
    PlacedLink,
    Tool,
)
from connectors.sandbox.platforms import NotTaken, Place, Platform, Told
from connectors.sandbox.rows import new_uuid

# Learn sends the course role alone, without Canvas's roles of the institution.
ROLES = {
    "TeacherEnrollment": f"{MEMBERSHIP}#Instructor",
    "TaEnrollment": "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant",
    "DesignerEnrollment": f"{MEMBERSHIP}#ContentDeveloper",
    "StudentEnrollment": f"{MEMBERSHIP}#Learner",
    "ObserverEnrollment": f"{MEMBERSHIP}#Mentor",
}


class BlackboardPlatform(Platform):
    """A Learn in the cloud, and the gateway that all of them share."""

    title = "Blackboard"
    version = "3900.93.0-rel.59+7d3ba1c"
    auth_path = "api/v1/gateway/oidcauth"
    jwks_path = "api/v1/management/applications/<str:client_id>/jwks.json"
    config_path = ""
    return_route = "webapps/blackboard/controller/lti/v2/deeplinking"
    context_type = (COURSE_TYPE,)
    usual_custom = {
        "context_id_history": "$Context.id.history",
        "resource_link_id_history": "$ResourceLink.id.history",
    }
    places = (Place("content", "Add content from a tool", confirmed=False),)

    def jwks_url(self, client_id: str) -> str:
        """Every application has an address of its own (lti.md §11.4)."""
        return self.at(self.jwks_path.replace("<str:client_id>", client_id))

    def roles(self, person: Person, course: Course | None) -> list[str]:
        """Return the course roles; a preview user is a learner and a test user (§3.5)."""
        found: list[str] = []
        for kind in types_of(person, course):
            preview = kind == "StudentViewEnrollment"
            found += [f"{MEMBERSHIP}#Learner", TEST_USER] if preview else [ROLES[kind]]
        return list(dict.fromkeys(found))

    def core(self, launch: Launch) -> Told:
        return {
            **super().core(launch),
            "locale": launch.options.get("locale") or launch.person.locale,
            f"{LTI}lis": self._registry(launch),
            "https://blackboard.com/lti/claim/one_time_session_token": uuid.uuid4().hex,
        }

    def _registry(self, launch: Launch) -> Told:
        told = {"person_sourcedid": launch.person.sis_id or launch.person.login_id}
        if launch.course:
            told["course_section_sourcedid"] = launch.course.sis_id or launch.course.code
        return told

    def instance(self, launch: Launch) -> Told:
        told = super().instance(launch)
        return {**told, "name": "Blackboard, Inc.", "url": f"{self.issuer}/"}

    def resource_link(self, launch: Launch) -> Told:
        return {"title": "", **super().resource_link(launch)}

    def member(self, person: Person, course: Course, tool: Tool, *, groups: bool) -> Told:
        """Add the groups that `?groups=true` asks for (§3.5; lti-gs 1.0, 3.3); sections here."""
        told = super().member(person, course, tool, groups=groups)
        told["lis_person_sourcedid"] = person.sis_id or person.login_id
        if groups:
            mine = dict.fromkeys(row.section_id for row in enrolments(person, course))
            told["group_enrollments"] = [{"group_id": f"_{number}_1"} for number in mine]
        return told

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return the variables that §3.5 names; others stay literal."""
        course, link = launch.course, launch.link
        values = {"User.id": launch.person.uuid, "User.username": launch.person.login_id}
        if course is not None:
            values["Context.id.history"] = ",".join(course.history)
        if link is not None:
            values["ResourceLink.id.history"] = ",".join(link.history)
        return values

    def client_id(self, world_id: int) -> str:
        """Return an application's id."""
        return new_uuid()

    def deploy(self, tool: Tool, name: str = "", course: Course | None = None) -> Deployment:
        """Install for the school: an administrator gets one id for each client id."""
        return Deployment.objects.create(tool=tool, deployment_id=new_uuid(), name=name)

    def number(self, link: PlacedLink) -> str:
        """A link's id is that of its content item."""
        return f"_{link.pk}_1"

    def configuration(self, request: HttpRequest) -> HttpResponse:
        """There is none: the vendor registers at developer.blackboard.com (lti.md §11.4)."""
        return HttpResponse(status=404)

    def course(self, launch: Launch) -> Told:
        told = super().course(launch)
        if roster := told.get(NRPS):
            roster["scope"] = [NRPS_SCOPE]
        return told

    def deep_linking(self, launch: Launch) -> Told:
        """Return the settings. Source: "Working with Deep Linking 2.0", its sample."""
        number = launch.course_id or 0
        return {
            "accept_copy_advice": False,
            "data": f"_{number}_1::_{launch.pk}_1::2::false::true::{launch.hint}::false::false",
            "accept_types": ["ltiResourceLink", "link"],
            "accept_multiple": True,
            "accept_presentation_document_targets": ["iframe", "window"],
            "accept_media_types": "*/*",
            "auto_create": True,
            "deep_link_return_url": self.at(self.return_route),
        }

    def answered(self, request: HttpRequest, unread: Told) -> Launch | None:
        """Find the launch by `data`, which comes back unaltered and counts once."""
        said = str(unread.get(f"{DL}data") or "").split("::")
        rows = Launch.objects.select_related("person__world", "course", "deployment__tool__world")
        launch = rows.filter(hint=said[5], message=DEEP).first() if len(said) == 8 else None
        if launch is None or self.deep_linking(launch)["data"] != unread[f"{DL}data"]:
            return None
        mine = launch.deployment.tool.client_id == unread.get("iss")
        return launch if mine and "answer" not in launch.options else None

    def read_answer(self, launch: Launch, token: str) -> Told:
        """Check what "Building the JWT token with the content" says Learn requires."""
        need = ["iss", "sub", "aud", "iat", "exp"]
        tool = launch.deployment.tool
        told = keys.read_message(token, tool=tool, audience=self.issuer, require=need)
        if told.get(f"{LTI}deployment_id") != launch.deployment.deployment_id:
            raise NotTaken("The deployment is another one.")
        return told
