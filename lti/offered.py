"""What a launch says that its platform offers us in the course: grades (AGS) and roster (NRPS)."""

from typing import Any, NamedTuple
from uuid import UUID

from lti.claims import Launch
from lti.models import CourseService
from tutorai.lmsdm import columns, schema


class Known(NamedTuple):
    """How much of it our rows say already."""

    services: bool | None  # all of the services' addresses
    column: bool  # that there is the link's column
    same_column: bool | None  # and all about it

    def covers(self, told: Launch) -> bool:
        """Whether a launch brings nothing new."""
        services = bool(told.line_items_url or told.scopes or told.members_url)
        return bool(
            (self.services or not services) and (self.same_column or not told.line_item_url)
        )


def save(told: Launch, known: Known, *, deployment_id: UUID, course_id: UUID) -> None:
    """Make our rows say what a launch tells; what it leaves out stays as it is."""
    if not known.services:
        _save_services(told, deployment_id=deployment_id, course_id=course_id)
    if told.line_item_url and not known.same_column:
        source = f"lti:{deployment_id}"
        item = _column(told, new=not known.column)
        columns.save_line_items(course_id=course_id, source=source, items=[item])


def _save_services(told: Launch, *, deployment_id: UUID, course_id: UUID) -> None:
    fields = {
        "line_items_url": told.line_items_url,
        "scopes": list(told.scopes),
        "members_url": told.members_url,
        "groups_url": told.groups_url,
    }
    sent: dict[str, Any] = {name: value for name, value in fields.items() if value}
    anew: dict[str, Any] = {"trouble": "", "trouble_at": None}  # they are asked again
    CourseService.objects.update_or_create(
        course_id=course_id, defaults={**sent, **anew, "deployment_id": deployment_id}
    )


def _column(told: Launch, *, new: bool) -> schema.LineItem:
    """Return the link's own column. It has the link's name until the gradebook is read."""
    fields = {"url": told.line_item_url}
    if told.link_id != told.context_id:
        fields["resource_link_id"] = told.link_id
    if new:
        fields["label"] = told.link_title
    return schema.LineItem.model_validate(fields)
