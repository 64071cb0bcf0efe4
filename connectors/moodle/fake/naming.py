"""What Moodle tells a tool of people and courses, and what an administrator keeps from it."""

from __future__ import annotations

from django.utils.html import strip_tags

from connectors.sandbox.models import Course, Person, Tool


def shares_name(tool: Tool) -> bool:
    """Whether the tool may know what people are called."""
    return tool.privacy in ("public", "name_only")


def shares_email(tool: Tool) -> bool:
    """Whether the tool may know where people can be written to."""
    return tool.privacy in ("public", "email_only")


def names(person: Person) -> list[tuple[str, str]]:
    """Return a person's names as claims."""
    return [
        ("given_name", person.given_name),
        ("family_name", person.family_name),
        ("name", person.name),
    ]


def title(course: Course) -> str:
    """Return a course's name without what looks like a tag in it.

    Moodle 4.5 recordings, nrps_course2_not_used.
    """
    return str(strip_tags(course.name)).strip()
