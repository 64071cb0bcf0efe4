"""Moodle's id_tokens: what its launches say, put together.

Source: Moodle 4.5 recordings, lti_*_4_auth_response and lti_deeplink_*_3_auth_response
"""

from __future__ import annotations

from connectors.moodle.fake import claims, naming, outcomes
from connectors.moodle.fake.session import sesskey
from connectors.sandbox.claims import DEEP, LTI, NRPS, PRIVACY, REVIEW
from connectors.sandbox.messages import link_of
from connectors.sandbox.models import Course, Launch, Person
from connectors.sandbox.platforms import Platform, Told

CONTAINERS = {False: 3, True: 4}  # in the page, or in a window


class Speaking(Platform):
    """The part of Moodle's platform that is the id_token."""

    lifetime = 60
    context_type = ("CourseSection",)

    def claims(self, launch: Launch, nonce: str) -> Told:
        """Add Moodle's own claims; nothing is said of no custom parameters."""
        told = {**super().claims(launch, nonce), **claims.registry(launch)}
        if launch.message in (REVIEW, PRIVACY):
            # Moodle 4.5 recordings, lti_submission_review_teacher_4_auth_response: no more.
            told[f"{LTI}for_user"] = {"user_id": told[f"{LTI}for_user"]["user_id"]}
        if launch.message != DEEP and launch.link is not None:
            told |= outcomes.claims(launch.deployment.tool, launch.person, launch.link)
        if not told.get(f"{LTI}custom"):
            told.pop(f"{LTI}custom", None)
        replaced: Told = launch.options.get("claims", {})
        told |= replaced
        return {name: value for name, value in told.items() if value is not None}

    def roles(self, person: Person, course: Course | None) -> list[str]:
        return claims.roles(person, course)

    def instance(self, launch: Launch) -> Told:
        return claims.site(launch.deployment.tool)

    def presentation(self, launch: Launch) -> Told:
        told = super().presentation(launch)
        return {"locale": told["locale"]} if launch.message == DEEP else told

    def way_back(self, launch: Launch) -> str:
        """Return where the tool sends somebody who is done; the sesskey in it is a secret."""
        course = launch.course.pk if launch.course else 1
        container = CONTAINERS[bool(launch.options.get("window"))]
        instance = link_of(launch)["id"]
        query = f"course={course}&launch_container={container}&instanceid={instance}"
        return self.at(f"mod/lti/return.php?{query}&sesskey={sesskey(launch.person)}")

    def named(self, launch: Launch) -> Told:
        told = super().named(launch)
        told.pop("picture", None)
        return told

    def context(self, course: Course) -> Told:
        return {**super().context(course), "title": naming.title(course)}

    def course(self, launch: Launch) -> Told:
        told = super().course(launch)
        if NRPS in told and launch.course is not None:
            told[NRPS]["service_versions"] = ["1.0", "2.0"]
            if not claims.in_use(launch.deployment.tool, launch.course, launch):
                del told[NRPS]
        return told

    def resource_link(self, launch: Launch) -> Told:
        return claims.resource_link(launch)

    def custom(self, launch: Launch) -> dict[str, str]:
        return {**super().custom(launch), **claims.own_custom(launch)}

    def variables(self, launch: Launch) -> dict[str, str]:
        return claims.variables(launch)
