"""Groups and who is in them. Canvas API: Groups."""

from __future__ import annotations

from connectors.canvas.fake.call import Call, Payload, missing
from connectors.canvas.fake.routes import api
from connectors.sandbox.models import Group


@api("courses/<str:course_id>/groups", "courses/:course_id/groups")
def groups(call: Call, course_id: str) -> list[Payload]:
    """List a course's groups; with include[]=users, who is in each."""
    eyes = call.eyes(course_id)
    rows = Group.objects.filter(course=eyes.course).prefetch_related("people").order_by("id")
    return [_group(call, row) for row in rows]


@api("groups/<int:group_id>/users", "groups/:group_id/users")
def group_users(call: Call, group_id: int) -> list[Payload]:
    """List who is in a group."""
    row = Group.objects.filter(id=group_id, course__world=call.world).first()
    if row is None:
        raise missing()
    call.eyes(str(row.course_id))
    return _people(row)


def _people(row: Group) -> list[Payload]:
    return [{"id": one.id, "name": one.name} for one in row.people.order_by("id")]


def _group(call: Call, row: Group) -> Payload:
    payload: Payload = {
        "id": row.id,
        "name": row.name,
        "group_category_id": row.course_id,
        "context_type": "Course",
        "course_id": row.course_id,
        "members_count": row.people.count(),
        "concluded": False,
    }
    if call.wants("users"):
        payload["users"] = _people(row)
    return payload
