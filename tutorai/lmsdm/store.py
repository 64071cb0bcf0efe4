"""Records → rows. Storing the same records twice, or at once, changes nothing.

Every function returns how many rows are new or different, so that nothing downstream runs for
what stayed the same.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import nh3
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from tutorai.ids import new_id
from tutorai.lmsdm import cache, models, schema
from tutorai.lmsdm.schema import Unreadable
from tutorai.lmsdm.settling import lock, retire, settle

P = TypeVar("P", models.User, models.Course)

CENTS = Decimal("0.01")  # what a points column keeps

# What a page may hold. No styles, no scripts, no forms, no frames; ids stay, for anchors.
TAGS = nh3.ALLOWED_TAGS | {"figure", "figcaption", "section", "main", "math"}
ATTRIBUTES = {
    **nh3.ALLOWED_ATTRIBUTES,
    "*": {"id", "lang", "dir", "title", "class"},
    "img": {"src", "alt", "width", "height", "data-equation-content"},
}


def clean(html: str) -> str:
    """Sanitise HTML at the door. Schemes are http, https and mailto; links get rel=noopener."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def window(record: schema.Window) -> dict[str, Any]:
    """LMS-DM's Window as columns."""
    return {
        "published": record.published,
        "available_from": record.available_from,
        "available_until": record.available_until,
        "sections": None if record.sections is None else sorted(record.sections),
        "condition": dumped(record.condition),
    }


def dumped(record: schema.Record | None) -> Any:
    """A record as a JSON column holds it: what is as usual is left out."""
    return None if record is None else record.model_dump(mode="json", exclude_defaults=True)


@transaction.atomic
def identify(
    *, institution_id: UUID, source: str, kind: str, external_id: str, row: UUID | None = None
) -> tuple[UUID, bool]:
    """Return (the row this outside id means, whether it was new).

    The first caller wins with `row` (or a fresh id); all others, also at the same moment, get
    the winner's.
    """
    key = {
        "institution_id": institution_id,
        "source": source,
        "kind": kind,
        "external_id": external_id,
    }
    known = models.Identity.objects.filter(**key).values_list("row", flat=True).first()
    if known is not None:
        return known, False
    made = models.Identity(**key, row=row or new_id())
    models.Identity.objects.bulk_create([made], ignore_conflicts=True)
    held = models.Identity.objects.get(**key)
    return held.row, held.pk == made.pk


def _keep(model: type[P], row: UUID, *, told: dict[str, Any], fresh: dict[str, Any]) -> None:
    """Make the row if it is missing, else write what differs.

    Where nothing differs nothing is locked: a whole class launches while its course is synced.
    """
    held = model.objects.filter(pk=row).values(*told).first()
    if held is None:
        model.objects.bulk_create([model(pk=row, **fresh)], ignore_conflicts=True)
    elif held != told:
        model.objects.filter(pk=row).update(**told)


@transaction.atomic
def save_user(*, institution_id: UUID, source: str, user: schema.User) -> UUID:
    """Make the person's row say what `user` says; return its id.

    A field the LMS did not send keeps what another launch told.
    """
    row, _ = identify(
        institution_id=institution_id,
        source=source,
        kind=models.Identity.Of.USER,
        external_id=user.user_id,
    )
    fields = {"name": user.name, "email": user.email, "locale": user.locale}
    sent = {name: value for name, value in fields.items() if value}
    _keep(
        models.User,
        row,
        told={**sent, "is_test": user.is_test},
        fresh={**fields, "is_test": user.is_test, "institution_id": institution_id},
    )
    return row


@transaction.atomic
def save_course(*, institution_id: UUID, source: str, course: schema.Course) -> UUID:
    """Make the course's row say what `course` says; return its id.

    A field the source did not send, or sent empty, keeps what another one told; a date may go.
    """
    row, _ = identify(
        institution_id=institution_id,
        source=source,
        kind=models.Identity.Of.COURSE,
        external_id=course.course_id,
    )
    fields = course.model_dump(exclude={"course_id"})
    fields["description"] = clean(course.description)
    sent = course.model_fields_set & fields.keys()
    _keep(
        models.Course,
        row,
        told={name: fields[name] for name in sorted(sent) if fields[name] != ""},
        fresh={
            **fields,
            "institution_id": institution_id,
            "source": source,
            "source_id": course.course_id,
        },
    )
    return row


@transaction.atomic
def save_enrolment(
    *,
    user_id: UUID,
    course_id: UUID,
    role: schema.Role,
    seen_from: str,
    sections: Sequence[str] | None = None,
    active: bool = True,
    at: datetime | None = None,
) -> None:
    """Make the person's place in the course say this. `sections` None keeps what is known."""
    told: dict[str, Any] = {
        "role": role.value,
        "active": active,
        "seen_from": seen_from,
        "seen_at": at or timezone.now(),
    }
    if sections is not None:
        told["sections"] = sorted(sections)
    models.Enrolment.objects.update_or_create(user_id=user_id, course_id=course_id, defaults=told)


# Wrong with the connection rather than with the content: it stays until reading goes well again.
PASSING = frozenset({Unreadable.FAILED, Unreadable.LOCKED})


@transaction.atomic
def save_items(
    *,
    course_id: UUID,
    source: str,
    items: Iterable[schema.ContentItem],
    own: Mapping[str, Any] | None = None,
) -> list[models.ContentItem]:
    """Make the course's items say what `items` say; return the rows that are new or different.

    An item told without a body (a listing) keeps the body it has. `version` is written by
    `save_body` and `save_blob` alone: it says which content we hold. What reading found wrong
    with that very content stays; a new version is to be read again. `own` says what was told of
    an item by itself (column `told`).
    """
    items = list(items)
    lock(course_id)
    alive = models.ContentItem.objects.filter(course_id=course_id, source=source)
    rows = alive.values_list("source_id", "version", "unreadable")
    found = {source_id: (version, reason) for source_id, version, reason in rows.iterator()}

    def reason(item: schema.ContentItem) -> str:
        if item.unreadable:
            return item.unreadable.value
        version, known = found.get(item.item_id, ("", ""))
        return known if holds(version, item.version) or known in PASSING else ""

    told = {
        item.item_id: {
            "kind": item.kind.value,
            "title": item.title,
            "url": item.url,
            "mime": item.mime,
            "size": item.size,
            "updated_at": item.updated_at,
            "unreadable": reason(item),
            "deleted_at": None,
            **({} if own is None else {"told": own.get(item.item_id)}),
            **window(item.window),
        }
        for item in items
    }
    return settle(models.ContentItem, course_id, source, told)


FRESH = "~"  # ends a version that was read while it could still change unnoticed


def holds(held: str, told: str) -> bool:
    """Whether the content we hold is of the version the source tells now."""
    return held.removesuffix(FRESH) == told


def save_body(item: models.ContentItem, *, html: str, version: str = "") -> bool:
    """Store an item's HTML, sanitised; return whether its content changed."""
    body = clean(schema.no_nul(html))
    digest = hashlib.sha256(body.encode()).hexdigest()
    changed = digest != item.sha256
    if changed or version != item.version:
        item.body, item.sha256, item.version = body, digest, version
        item.save(update_fields=["body", "sha256", "version"])
        cache.changed(item.course_id)
    return changed


def save_blob(item: models.ContentItem, *, content: "File[bytes]", version: str = "") -> bool:
    """Store an item's file; return whether its content changed. The old file goes."""
    digest = hashlib.file_digest(content, "sha256").hexdigest()
    content.seek(0)
    changed = digest != item.sha256
    if changed:
        old = item.blob.name
        item.blob.save(str(new_id()), content, save=False)
        if old:
            transaction.on_commit(lambda: item.blob.storage.delete(old))
    if changed or version != item.version:
        item.sha256, item.version = digest, version
        item.save(update_fields=["blob", "sha256", "version"])
        cache.changed(item.course_id)
    return changed


@transaction.atomic
def save_toc(
    *, course_id: UUID, source: str, nodes: Sequence[schema.TocNode]
) -> list[models.TocNode]:
    """Make this source's table of contents say exactly `nodes`; return new or different rows.

    Lines that are not told any more are taken out: nothing else hangs on them.
    """
    ids = [node.item_id for node in nodes if node.item_id]
    item_rows = dict(
        models.ContentItem.objects.filter(
            course_id=course_id, source=source, source_id__in=ids
        ).values_list("source_id", "pk")
    )

    def columns(node: schema.TocNode) -> dict[str, Any]:
        return {
            "title": node.title,
            "position": node.position,
            "kind": node.kind.value,
            "url": node.url,
            "item_id": item_rows.get(node.item_id) if node.item_id else None,
            **window(node.window),
        }

    changed: list[models.TocNode] = []
    rows = models.TocNode.objects.filter(course_id=course_id, source=source)
    left = {node.node_id: node for node in nodes}
    # A parent nobody told of is none: what is in it stands at the top.
    above = {node.node_id: node.parent_id if node.parent_id in left else None for node in nodes}
    parents: dict[str | None, UUID | None] = {None: None}
    while left:
        ready = [node for node in left.values() if above[node.node_id] in parents]
        level = {
            node.node_id: columns(node) | {"parent_id": parents.get(above[node.node_id])}
            for node in ready or left.values()  # none is ready: they stand in each other
        }
        changed += settle(models.TocNode, course_id, source, level)
        parents |= dict(rows.filter(source_id__in=list(level)).values_list("source_id", "pk"))
        left = {node_id: node for node_id, node in left.items() if node_id not in level}
    if rows.exclude(source_id__in=[node.node_id for node in nodes]).delete()[0]:
        cache.changed(course_id)
    return changed


@transaction.atomic
def save_assignments(
    *, course_id: UUID, source: str, assignments: Iterable[schema.Assignment]
) -> list[models.Assignment]:
    """Make the course's assignments say this; return the rows that are new or different."""
    told = {
        work.assignment_id: {
            "title": work.title,
            "content": clean(work.content),
            "due_date": work.due_date,
            "max_points": None if work.max_points is None else work.max_points.quantize(CENTS),
            "url": work.url,
            "overrides": [dumped(each) for each in work.overrides],
            "rubric": dumped(work.rubric),
            "attempts": work.attempts,
            "hand_in": list(work.hand_in),
            "deleted_at": None,
            **window(work.window),
        }
        for work in assignments
    }
    return settle(models.Assignment, course_id, source, told)


def retire_items(
    *, course_id: UUID, source: str, told: Collection[str], anyway: bool = False
) -> list[models.ContentItem] | None:
    """Mark as gone the items that a complete list no longer has (`settling.retire`)."""
    return retire(models.ContentItem, course_id, source, told, anyway=anyway)


def retire_assignments(
    *, course_id: UUID, source: str, told: Collection[str], anyway: bool = False
) -> int | None:
    """Mark as gone the assignments that a complete list no longer has; return how many."""
    gone = retire(models.Assignment, course_id, source, told, anyway=anyway)
    return None if gone is None else len(gone)
