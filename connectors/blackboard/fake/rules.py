"""Adaptive release: who a content is released to. No list of contents says that it has rules.

docs: "Working with Adaptive Release"; swagger: Adaptive Release Rules. A thing for some sections,
groups or people only has one rule with a criterion of memberships, as a teacher would make it;
what a module waits for is a criterion of a grade. A `restriction` that is a list is the rules
themselves, criteria and memberships in them.
"""

from __future__ import annotations

from typing import Any

from connectors.blackboard.fake.call import Call, Payload, Refused, forbidden, missing, named
from connectors.blackboard.fake.routes import api
from connectors.blackboard.fake.tree import thing_of
from connectors.sandbox.models import Course, Enrolment, Module, Visible

HERE = "v1/courses/<str:course_id>/contents/<str:content_id>/adaptiveRelease/rules"
CRITERIA = f"{HERE}/<str:rule_id>/criteria"
ENTITLEMENT = "course.adaptiverelease.VIEW"


@api(HERE)
def rules(call: Call, course_id: str, content_id: str) -> list[Payload]:
    """List a content's rules."""
    return [{"id": rule["id"], "title": "Rule"} for rule in _rules(call, course_id, content_id)]


@api(CRITERIA)
def criteria(call: Call, course_id: str, content_id: str, rule_id: str) -> list[Payload]:
    """List a rule's criteria; whom a membership names is told apart."""
    found = _criteria(_rules(call, course_id, content_id), rule_id)
    return [{k: v for k, v in one.items() if k not in ("users", "groups")} for one in found]


@api(f"{CRITERIA}/<str:criterion_id>/users")
def users(
    call: Call, course_id: str, content_id: str, rule_id: str, criterion_id: str
) -> list[Payload]:
    """List the people that a criterion names."""
    return _named(call, course_id, content_id, rule_id, criterion_id, "users", "userId")


@api(f"{CRITERIA}/<str:criterion_id>/groups")
def groups(
    call: Call, course_id: str, content_id: str, rule_id: str, criterion_id: str
) -> list[Payload]:
    """List the groups that a criterion names."""
    return _named(call, course_id, content_id, rule_id, criterion_id, "groups", "groupId")


def _named(call: Call, course_id: str, content_id: str, *asked: str) -> list[Payload]:
    rule_id, criterion_id, several, field = asked
    for one in _criteria(_rules(call, course_id, content_id), rule_id):
        if one["id"] == criterion_id:
            return [{"criterionId": criterion_id, field: name} for name in one.get(several, [])]
    raise missing()


def _criteria(found: list[Payload], rule_id: str) -> list[Payload]:
    for rule in found:
        if rule["id"] == rule_id:
            told: list[Payload] = rule["criteria"]
            return told
    raise missing()


def _rules(call: Call, course_id: str, content_id: str) -> list[Payload]:
    """Return the rules with all that is in them; raise Refused."""
    course = call.staff(course_id, ENTITLEMENT)
    if call.option("rules_refused"):
        raise forbidden(ENTITLEMENT)
    if call.option("original"):
        raise Refused(404, "The specified parameter is not associated to any existing resource")
    return _of(course, thing_of(course, content_id))


def _of(course: Course, thing: Visible | None) -> list[Payload]:
    if thing is None:
        return []
    if isinstance(thing.restriction, list):
        return [_numbered(thing, place, rule) for place, rule in enumerate(thing.restriction, 1)]
    asked: list[Payload] = []
    if thing.only_visible_to_overrides:
        asked.append({"type": "Memberships", **_audience(course, thing)})
    if isinstance(thing, Module) and _gated(thing):
        asked.append({"type": "GradeCompleted", "gradeColumnId": named(thing)})
    return [_numbered(thing, 1, {"criteria": asked})] if asked else []


def _gated(module: Module) -> bool:
    """Whether the college lets students into a module by what they have done."""
    gates = module.restriction or {}
    return bool(gates.get("prerequisites") or gates.get("sequential"))


def _numbered(thing: Visible, place: int, rule: Payload) -> Payload:
    told = [{"id": f"_{thing.pk}{place}{n}_1", **one} for n, one in enumerate(rule["criteria"], 1)]
    return {"id": f"_{thing.pk}{place}_1", "criteria": told}


def _audience(course: Course, thing: Visible) -> dict[str, Any]:
    people: set[int] = set()
    groups: set[int] = set()
    for override in thing.overrides.all():  # type: ignore[attr-defined]  # each such thing has some
        if override.section_id:
            rows = Enrolment.objects.filter(course=course, section=override.section_id)
            people |= set(rows.values_list("person_id", flat=True))
        if override.group_id:
            groups.add(override.group_id)
        people |= set(override.people.values_list("id", flat=True))
    return {
        "users": [named(one) for one in sorted(people)],
        "groups": [named(one) for one in sorted(groups)],
    }
