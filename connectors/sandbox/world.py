"""One small college, read from `world/` and copied as often as somebody asks.

The first world ("default") has the same ids in every database; further worlds, one for each
test that wants its own, get fresh ones.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from connectors.sandbox import dialects, keys, models
from connectors.sandbox.copying import DEFAULT, ZONE, Copy, Ids, ids_for
from connectors.sandbox.source import course_file, course_keys, every_course, people


def seed(*, tool_url: str) -> None:
    """Make the first world and the key when missing; else turn its calendar to today."""
    keys.ensure_key()
    world = models.World.objects.filter(name=DEFAULT).first()
    if world is None:
        build(DEFAULT, tool_url=tool_url)
        return
    models.Tool.objects.filter(world=world, login_uri="").update(url=tool_url)
    for one in models.World.objects.filter(name__in=[DEFAULT, *SCHOOLS]):
        turn_calendar(one)


SCHOOLS = {"moodle": "moodle", "blackboard": "blackboard"}  # to try registration on


def school(name: str) -> models.World:
    """Return a school that no tool is registered with, made if missing."""
    found = models.World.objects.filter(name=name).first()
    if found is None:
        with suppress(ValueError, IntegrityError):  # somebody else was faster
            return build(name, tool_url="", dialect=SCHOOLS[name], registered=False)
        found = models.World.objects.get(name=name)
    return found


def turn_calendar(world: models.World) -> None:
    """Move every date by whole weeks, so that the next deadline is always ahead."""
    weeks = (timezone.now().date() - world.anchor).days // 7
    if weeks < 1:
        return
    later = timedelta(weeks=weeks)
    for assignment in models.Assignment.objects.filter(course__world=world, due_at__isnull=False):
        assignment.due_at = _later(assignment.due_at, later)
        assignment.lock_at = _later(assignment.lock_at, later)
        assignment.save()
    for override in models.Override.objects.filter(section__course__world=world):
        override.due_at = _later(override.due_at, later)
        override.save()
    for announcement in models.Announcement.objects.filter(course__world=world):
        announcement.posted_at += later
        announcement.save()
    world.anchor += later
    world.save()


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    """Move a moment by days of the college's zone: 23:59 stays 23:59 when the clocks change."""
    return moment and moment.astimezone(ZONE) + by


@transaction.atomic
def reset(name: str) -> models.World:
    """Throw a world away and build it anew; the first keeps all its ids."""
    old = models.World.objects.get(name=name)
    tool = old.tool_set.order_by("id").first()
    old.delete()
    known = tool is not None and name not in SCHOOLS
    url = tool.url if tool else ""
    return build(name, tool_url=url, dialect=old.dialect, registered=known)


@transaction.atomic
def build(
    name: str,
    *,
    tool_url: str,
    dialect: str = "canvas",
    courses: list[str] | None = None,
    filler_pages: int = 0,
    filler_files: int = 0,
    filler_modules: int = 0,
    filler_students: int = 0,
    shard: int = 0,
    registered: bool = True,
    client_id: str = "",
) -> models.World:
    """Copy the people and courses into a new world.

    `courses` names folders of `world/`; None takes all but those given only by name. `filler_*`
    add plain pages, files and students to each course, for whoever needs long lists, and spread
    pages and files over so many modules; `shard` makes ids very large.
    `dialect` says which LMS it plays. Without `registered` it has no tool; with `client_id` its
    tool has that of another world, as Blackboard's schools share one.
    """
    if dialect not in dialects.DIALECTS:
        raise ValueError(f"no such dialect: {dialect}")
    if unknown := set(courses or ()) - set(every_course()):
        raise ValueError(f"no such course: {', '.join(sorted(unknown))}")
    if models.World.objects.filter(name=name).exists():
        raise ValueError(f"there is a world of that name: {name}")
    ids = ids_for(name, shard)
    today = timezone.now().date()
    world = models.World.objects.create(id=ids.numbers(), name=name, anchor=today, dialect=dialect)
    if registered:
        _tool(world, ids, tool_url, client_id)
    everyone = {person["key"]: _person(world, ids, person) for person in people()}
    for key in courses or course_keys():
        copy = Copy(world, ids, everyone, course_file(key))
        copy.run()
        copy.fill(
            pages=filler_pages,
            files=filler_files,
            modules=filler_modules,
            students=filler_students,
        )
    for person in everyone.values():
        models.AccessToken.objects.create(
            id=ids.numbers(),
            person=person,
            value=f"{world.id}~{ids.secret('pat', person.key)}",
        )
    dialects.platform_of(world).furnish(world, ids.numbers())
    if dialects.of(world).numbers:
        models.Person.objects.filter(world=world).update(uuid=Cast("id", TextField()))
        models.Course.objects.filter(world=world).update(uuid=Cast("id", TextField()))
    return world


def _tool(world: models.World, ids: Ids, url: str, client_id: str) -> None:
    # Canvas numbers developer keys from 10000000000001.
    tool = models.Tool.objects.create(
        id=ids.numbers(),
        world=world,
        client_id=client_id or str(10**13 + world.id),
        url=url,
        api_client_id=str(2 * 10**13 + world.id),
        api_secret=ids.secret("api"),
    )
    if ids.fixed:  # a deployment that stays the same, whatever is built anew
        models.Deployment.objects.create(
            id=ids.numbers(),
            tool=tool,
            deployment_id=f"{world.id}:{ids.secret('deployment')[:40]}",
        )
    else:
        dialects.platform_of(world).deploy(tool)


def _person(world: models.World, ids: Ids, given: dict[str, str]) -> models.Person:
    login = f"{given['key']}.{world.id}" if not ids.fixed else given["key"]
    return models.Person.objects.create(
        id=ids.numbers(),
        world=world,
        uuid=ids.uuid("person", given["key"]),
        login_id=login,
        email=f"{login}@college.example",
        **given,
    )
