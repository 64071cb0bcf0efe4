"""The columns of a gradebook as AGS writes them: read, made, changed, deleted. AGS 2.0, 3.2.

Here is what goes over the wire; `lti.ags` knows our rows.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, WrapValidator

from lti import services, wire
from lti.claims import ADDRESS, WORDS
from lti.models import CourseService
from lti.results import or_none
from lti.services import Payload, beneath, understood
from tutorai.errors import LMSMisunderstood
from tutorai.lmsdm import schema

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
WRITE = frozenset({SCOPE})
READ = WRITE | {f"{SCOPE}.readonly"}

# Moodle answers 400 to any other type, the generic ones included.
ITEM = "application/vnd.ims.lis.v2.lineitem+json"
ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
MOST = 10**8  # points of a column; ours keeps less

# What a change sends back as it was. Whatever is left out is emptied: Moodle forgets the resource
# and unbinds the link (recording).
KEPT = (
    "label",
    "scoreMaximum",
    "resourceId",
    "tag",
    "resourceLinkId",
    "startDateTime",
    "endDateTime",
    "gradesReleased",
    "submissionReview",
)

Told = dict[str, Any]


class Column(Payload):
    """A line item as a platform tells it."""

    id: Annotated[str, Field(min_length=1, max_length=ADDRESS)]
    label: str | None = None
    scoreMaximum: Annotated[
        Annotated[Decimal, Field(ge=0, lt=MOST)] | None, WrapValidator(or_none)
    ] = None
    resourceId: str | None = None
    tag: str | None = None
    resourceLinkId: str | None = None

    @property
    def record(self) -> schema.LineItem:
        """The column in our words."""
        told = {
            "url": self.id,
            "label": (self.label or "")[:WORDS],
            "maximum": self.scoreMaximum,
            "resource_id": self.resourceId,
            "tag": self.tag,
            "resource_link_id": self.resourceLinkId,
        }
        return schema.LineItem.model_validate({name: told[name] for name in told if told[name]})


def record(service: CourseService, told: Any) -> schema.LineItem:
    """Return a line item in our words; our token goes to its address, so that is the platform's."""
    made = understood(Column, told).record
    services.theirs(made.url, service.line_items_url)
    return made


def listing(service: CourseService, **only: str) -> list[schema.LineItem]:
    """Return our columns in a course's gradebook, over all pages; raise LMSError.

    `only` asks for those of a `resource_id`, `tag` or `resource_link_id`.
    """
    url = beneath(service.line_items_url, **only)
    found: list[schema.LineItem] = []
    for page in services.door(service).pages(url, need=READ, accept=ITEMS):
        if not isinstance(page, list):
            raise LMSMisunderstood()
        found += [record(service, told) for told in page]
    # A platform may tell more than it was asked for.
    return [one for one in found if all(getattr(one, name) == only[name] for name in only)]


def one(service: CourseService, url: str) -> tuple[schema.LineItem, Told]:
    """Return the column at an address, and all that the platform tells of it; raise LMSError."""
    reply = services.door(service).call("GET", url, need=READ, accept=ITEM)
    if not reply.ok:
        raise wire.meaning(reply)
    told = reply.json()
    return record(service, told), told


def make(service: CourseService, told: Mapping[str, Any]) -> schema.LineItem:
    """Make a column; raise LMSError. No platform minds two of the same name."""
    return _write("POST", service, service.line_items_url, told)


def change(service: CourseService, url: str, told: Told, new: Mapping[str, Any]) -> schema.LineItem:
    """Change a column of which the platform tells `told`; raise LMSError."""
    fixed = services.facts(service).fixed
    kept = {name: told[name] for name in KEPT if told.get(name) not in (None, "")}
    body = {name: value for name, value in {**kept, **new}.items() if name not in fixed}
    return _write("PUT", service, url, body)


def _write(
    method: str, service: CourseService, url: str, told: Mapping[str, Any]
) -> schema.LineItem:
    reply = services.door(service).call(
        method,
        url,
        need=WRITE,
        accept=ITEM,
        content=json.dumps(told, default=number),  # in one line
        content_type=ITEM,
    )
    if not reply.ok:
        raise wire.meaning(reply)
    return record(service, reply.json())


def delete(service: CourseService, url: str) -> None:
    """Take a column away, with its grades; raise LMSError. One that is not there is gone."""
    reply = services.door(service).call("DELETE", url, need=WRITE, accept="*/*")
    if not reply.ok and reply.status not in {404, 410}:
        raise wire.meaning(reply)


def number(value: Decimal) -> int | float:
    """Return points as a JSON number without noise: 8 for 8.00, 8.1 for 8.10."""
    return int(value) if value == value.to_integral_value() else float(value)
