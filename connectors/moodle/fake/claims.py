"""What Moodle's launches say, where it has words of its own.

Source: Moodle 4.5 recordings, lti_*_4_auth_response and lti_deeplink_*_3_auth_response
"""

from __future__ import annotations

import hashlib
import html
import re
from typing import Any

from django.utils.html import strip_tags

from connectors.moodle.fake import naming
from connectors.moodle.fake.answers import SITE
from connectors.moodle.fake.handlers import ROOT
from connectors.sandbox import settings
from connectors.sandbox.claims import DEEP, INSTITUTION, LTI, MEMBERSHIP, NRPS_SCOPE, SYSTEM
from connectors.sandbox.messages import link_of
from connectors.sandbox.models import Course, Enrolment, Launch, Person, PlacedLink, Section, Tool

Told = dict[str, Any]
SETTINGS_SCOPE = "https://purl.imsglobal.org/spec/lti-ts/scope/toolsetting"
# Who may grade is an instructor here, a teaching assistant too; in a roster, who may arrange.
INSTRUCTORS = {"TeacherEnrollment", "DesignerEnrollment", "TaEnrollment"}
BOLD = re.compile(r"<(b|strong)\b[^>]*>(.*?)</\1>", re.DOTALL | re.IGNORECASE)


def roles(person: Person, course: Course | None) -> list[str]:
    """Return a launch's roles: one, and three for an administrator of the site."""
    if person.admin:
        return [
            f"{INSTITUTION}#Administrator",
            f"{MEMBERSHIP}#Instructor",
            f"{SYSTEM}#Administrator",
        ]
    kinds = Enrolment.objects.filter(person=person, course=course, state="active")
    teaches = INSTRUCTORS & set(kinds.values_list("type", flat=True))
    return [f"{MEMBERSHIP}#{'Instructor' if teaches else 'Learner'}"]


def site(tool: Tool) -> Told:
    """Return what Moodle calls itself; a tool that registered itself gets another guid."""
    host = settings.SANDBOX_URL.partition("://")[2].partition(":")[0]
    marked = hashlib.sha256(settings.SANDBOX_URL.encode()).hexdigest()[:32]
    return {
        "product_family_code": "moodle",
        "version": "2024100706",
        "guid": marked if tool.told.get("site_id") else host,
        "name": SITE,
        "description": SITE,
    }


def known_to_registry(launch: Launch) -> Told:
    """Return what the student registry calls person and course: sent whatever else is not."""
    course = launch.course.sis_id if launch.course else ""
    return {"person_sourcedid": launch.person.sis_id, "course_section_sourcedid": course}


def extras(launch: Launch) -> Told:
    """Return Moodle's own claim."""
    named = naming.shares_name(launch.deployment.tool) and launch.options.get("pii", True)
    return {**({"user_username": launch.person.login_id} if named else {}), "lms": "moodle-2"}


def resource_link(launch: Launch) -> Told:
    """Return the activity: its description as plain text, also an empty one."""
    told = link_of(launch)
    text = plain(launch.link.text) if launch.link else ""
    return {"title": told["title"], "description": text, "id": told["id"]}


def plain(text: str) -> str:
    """Write HTML as Moodle's html_to_text does: what was bold in capitals."""
    loud = BOLD.sub(lambda found: found[2].upper(), text)
    return html.unescape(str(strip_tags(loud))).strip()


def in_use(tool: Tool, course: Course, launch: Launch) -> bool:
    """Whether the course has an activity of the tool: only then there is a roster.

    Moodle 4.5 recordings, lti_deeplink_course2_escaped_title_3_auth_response.
    """
    if launch.message != DEEP:
        return True
    return PlacedLink.objects.filter(deployment__tool=tool, course=course).exists()


def own_custom(launch: Launch) -> dict[str, str]:
    """Return the custom parameters that Moodle adds; one has a placeholder nobody filled in."""
    tool, course = launch.deployment.tool, launch.course
    if course is None or not in_use(tool, course, launch):
        return {}
    here, place = f"{settings.SANDBOX_URL}{ROOT}", f"CourseSection/{course.id}/bindings"
    told = {}
    if tool.granted([NRPS_SCOPE]):
        told["context_memberships_url"] = f"{here}/{place}/{tool.id}/memberships"
    if tool.granted([SETTINGS_SCOPE]):
        told["system_setting_url"] = f"{here}/tool/{tool.id}/custom"
        told["context_setting_url"] = f"{here}/{place}/tool/{tool.id}/custom"
        if launch.message != DEEP:
            told["link_setting_url"] = f"{here}/links/{{link_id}}/custom"
    return told


def variables(launch: Launch) -> dict[str, str]:
    """Return the $Variables that Moodle knows in a launch; others stay as they were written."""
    person, course, tool = launch.person, launch.course, launch.deployment.tool
    named, mailed = naming.shares_name(tool), naming.shares_email(tool)
    values = {
        "User.id": person.uuid,
        "User.username": person.login_id,
        "Person.sourcedId": person.sis_id,
        "Person.name.full": person.name if named else "",
        "Person.name.given": person.given_name if named else "",
        "Person.name.family": person.family_name if named else "",
        "Person.email.primary": person.email if mailed else "",
        "Person.address.timezone": person.time_zone,
        "Membership.role": ",".join(roles(person, course)),
    }
    if launch.message != DEEP:
        told = resource_link(launch)
        values |= {f"ResourceLink.{name}": str(told[name]) for name in told}
    return {**values, **_course(course, person)} if course else values


def _course(course: Course, person: Person) -> dict[str, str]:
    named = {"title": naming.title(course), "label": course.code, "sourcedId": course.sis_id}
    groups = Section.objects.filter(course=course, enrolment__person=person).exclude(key="")
    return {
        **{f"Context.{name}": value for name, value in named.items()},
        **{f"CourseSection.{name}": value for name, value in named.items()},
        "Context.id": course.uuid,
        "Context.id.history": ",".join(course.history),
        "Moodle.Person.userGroupIds": ",".join(
            str(pk) for pk in groups.order_by("id").values_list("id", flat=True).distinct()
        ),
    }


def registry(launch: Launch) -> Told:
    """Return the claims that every launch of Moodle has beside those of LTI."""
    return {f"{LTI}lis": known_to_registry(launch), f"{LTI}ext": extras(launch)}
