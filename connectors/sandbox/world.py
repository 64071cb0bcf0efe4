"""One small college, read from `world/` and copied as often as somebody asks.

The first world ("default") has the same ids in every database; further worlds, one for each
test that wants its own, get fresh ones.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from connectors.sandbox import documents, keys, models
from connectors.sandbox.render import canvas_html, slug, title_of

DEFAULT = "default"
NAMESPACE = uuid.UUID("5c9d9a52-6a56-4f0e-9f0b-0d9d6f1a7c11")  # ours alone: makes stable uuids
LAST_MINUTE = time(23, 59)  # when work is due, in the course's zone


@dataclass
class Ids:
    """Where a world's ids, uuids and tokens come from: fixed ones for the first world."""

    name: str
    numbers: Callable[[], int]
    fixed: bool = field(init=False)

    def __post_init__(self) -> None:
        self.fixed = self.name == DEFAULT

    def uuid(self, *words: str) -> str:
        """Return the uuid of the thing these words name."""
        return str(uuid.uuid5(NAMESPACE, "/".join(words))) if self.fixed else models.new_uuid()

    def secret(self, *words: str) -> str:
        """Return a token or secret for the thing these words name."""
        if not self.fixed:
            return models.new_secret()
        return hashlib.sha256("/".join([str(NAMESPACE), *words]).encode()).hexdigest()


def ids_for(name: str) -> Ids:
    """Return the ids of a world; the sequence of the others starts far above the first's."""
    return Ids(name, itertools.count(101).__next__ if name == DEFAULT else models.next_id)


def seed(*, tool_url: str) -> None:
    """Make the first world and the key when missing; else turn its calendar to today."""
    keys.ensure_key()
    world = models.World.objects.filter(name=DEFAULT).first()
    if world is None:
        build(DEFAULT, tool_url=tool_url)
        return
    models.Tool.objects.filter(world=world).update(url=tool_url)
    turn_calendar(world)


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
    return moment and moment + by


@transaction.atomic
def reset(name: str) -> models.World:
    """Throw a world away and build it anew; the first keeps all its ids."""
    tool_url = models.Tool.objects.get(world__name=name).url
    models.World.objects.filter(name=name).delete()
    return build(name, tool_url=tool_url)


@transaction.atomic
def build(
    name: str,
    *,
    tool_url: str,
    courses: list[str] | None = None,
    filler_pages: int = 0,
    filler_students: int = 0,
) -> models.World:
    """Copy the people and courses into a new world.

    `courses` names folders of `world/`; None takes all. `filler_*` add plain pages and
    students to each course, for whoever needs long lists.
    """
    ids = ids_for(name)
    today = timezone.now().date()
    world = models.World.objects.create(id=ids.numbers(), name=name, anchor=today)
    _tool(world, ids, tool_url)
    people = {person["key"]: _person(world, ids, person) for person in _people()}
    for key in courses or course_keys():
        copy = Copy(world, ids, people, _course_file(key))
        copy.run()
        copy.fill(filler_pages, filler_students)
    for person in people.values():
        models.AccessToken.objects.create(
            id=ids.numbers(),
            person=person,
            value=f"{world.id}~{ids.secret('pat', person.key)}",
        )
    return world


def _tool(world: models.World, ids: Ids, url: str) -> None:
    # Canvas numbers developer keys from 10000000000001.
    tool = models.Tool.objects.create(
        id=ids.numbers(),
        world=world,
        client_id=str(10**13 + world.id),
        url=url,
        api_client_id=str(2 * 10**13 + world.id),
        api_secret=ids.secret("api"),
    )
    models.Deployment.objects.create(
        id=ids.numbers(),
        tool=tool,
        deployment_id=f"{world.id}:{ids.secret('deployment')[:40]}",
    )


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


@cache
def _people() -> list[dict[str, str]]:
    people: list[dict[str, str]] = json.loads((settings.WORLD_DIR / "people.json").read_text())
    return people


def course_keys() -> list[str]:
    """Return the folders that hold a course."""
    return sorted(path.parent.name for path in settings.WORLD_DIR.glob("*/course.json"))


@cache
def _course_file(key: str) -> dict[str, Any]:
    """Read one course with its Markdown rendered, once for each process."""
    folder: Path = settings.WORLD_DIR / key
    course: dict[str, Any] = json.loads((folder / "course.json").read_text())
    course["key"] = key
    course["syllabus_html"] = canvas_html((folder / "syllabus.md").read_text())
    course["page_texts"] = {
        path.stem: title_of(path.read_text()) for path in sorted(folder.glob("pages/*.md"))
    }
    course["page_html"] = {
        stem: canvas_html(text) for stem, (_, text) in course["page_texts"].items()
    }
    course["file_bytes"] = {
        file["name"]: documents.write(file["name"], (folder / file["source"]).read_text())
        for file in course["files"]
    }
    for work in course["assignments"]:
        work["html"] = canvas_html((folder / work["source"]).read_text())
    return course


class Copy:
    """One course on its way from the files into a world."""

    def __init__(
        self,
        world: models.World,
        ids: Ids,
        people: dict[str, models.Person],
        source: dict[str, Any],
    ) -> None:
        self.world, self.ids, self.people, self.source = world, ids, people, source
        self.start = timezone.now() - timedelta(days=30)
        self.zone = ZoneInfo("Europe/Dublin")
        self.sections: dict[str, models.Section] = {}
        self.pages: dict[str, models.Page] = {}
        self.files: dict[str, models.File] = {}
        self.assignments: dict[str, models.Assignment] = {}
        self.course = models.Course.objects.create(
            id=ids.numbers(),
            world=world,
            key=source["key"],
            uuid=ids.uuid("course", source["key"]),
            name=source["name"],
            code=source["code"],
            description=source["description"],
            syllabus_body=source["syllabus_html"],
            created_at=self.start,
        )

    def run(self) -> None:
        """Copy everything; modules come last, since they point at the rest."""
        self._enrol()
        self._add_pages()
        self._add_files()
        self._add_assignments()
        self._add_modules()
        for given in self.source["announcements"]:
            models.Announcement.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                title=given["title"],
                message=canvas_html(given["message"]),
                posted_at=timezone.now() - timedelta(days=given["days_ago"]),
            )

    def _enrol(self) -> None:
        for given in self.source["sections"]:
            self.sections[given["key"]] = models.Section.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                key=given["key"],
                name=given["name"],
            )
        for given in self.source["enrolments"]:
            observed = given.get("observes")
            models.Enrolment.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                section=self.sections[given["section"]],
                person=self.people[given["person"]],
                type=given["type"],
                observed=self.people[observed] if observed else None,
                created_at=self.start,
            )

    def _limit(self, owner: dict[str, Any], sections: list[str]) -> None:
        for key in sections:
            models.Override.objects.create(
                id=self.ids.numbers(), section=self.sections[key], **owner
            )

    def _add_pages(self) -> None:
        options = self.source["page_options"]
        for stem, (title, _) in self.source["page_texts"].items():
            given = options.get(stem, {})
            page = models.Page.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                url=slug(title),
                title=title,
                body=self._linked(self.source["page_html"][stem]),
                published=given.get("published", True),
                front_page=given.get("front", False),
                only_visible_to_overrides="sections" in given,
                created_at=self.start,
                updated_at=self.start,
            )
            self._limit({"page": page}, given.get("sections", []))
            self.pages[stem] = page

    def _linked(self, body: str) -> str:
        """Point links between pages at this copy of the course."""
        return body.replace("/courses/HERE/", f"/courses/{self.course.id}/")

    def _add_files(self) -> None:
        for given in self.source["files"]:
            self.files[given["name"]] = models.File.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                display_name=given["name"],
                content_type=documents.CONTENT_TYPES[Path(given["name"]).suffix],
                content=self.source["file_bytes"][given["name"]],
                published=given.get("published", True),
                created_at=self.start,
                updated_at=self.start,
            )

    def _due(self, days: int) -> datetime:
        day = timezone.now().astimezone(self.zone).date() + timedelta(days=days)
        return datetime.combine(day, LAST_MINUTE, self.zone)

    def _add_assignments(self) -> None:
        for position, given in enumerate(self.source["assignments"], 1):
            own = given.get("sections", {})
            work = models.Assignment.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                name=given["name"],
                description=self._linked(given["html"]),
                points_possible=given["points"],
                due_at=self._due(given["due_in_days"]),
                submission_types=given["types"],
                published=given.get("published", True),
                only_visible_to_overrides=given.get("only_sections", False),
                position=position,
                created_at=self.start,
                updated_at=self.start,
            )
            for key, days in own.items():
                models.Override.objects.create(
                    id=self.ids.numbers(),
                    section=self.sections[key],
                    assignment=work,
                    due_at=self._due(days),
                )
            self.assignments[given["name"]] = work
            self._hand_in(work, given.get("scores", {}))

    def _hand_in(self, work: models.Assignment, scores: dict[str, float]) -> None:
        for person, score in scores.items():
            models.Submission.objects.create(
                id=self.ids.numbers(),
                assignment=work,
                person=self.people[person],
                score=score,
                submitted_at=work.due_at and work.due_at - timedelta(hours=20),
            )

    def _add_modules(self) -> None:
        for position, given in enumerate(self.source["modules"], 1):
            module = models.Module.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                name=given["name"],
                position=position,
                published=given.get("published", True),
                only_visible_to_overrides="sections" in given,
                created_at=self.start,
                updated_at=self.start,
            )
            self._limit({"module": module}, given.get("sections", []))
            for place, item in enumerate(given["items"], 1):
                self._add_item(module, place, item)

    def _add_item(self, module: models.Module, position: int, given: dict[str, Any]) -> None:
        page = self.pages.get(given.get("page", ""))
        file = self.files.get(given.get("file", ""))
        work = self.assignments.get(given.get("assignment", ""))
        kinds = (("page", "Page"), ("file", "File"), ("assignment", "Assignment"))
        models.ModuleItem.objects.create(
            id=self.ids.numbers(),
            module=module,
            position=position,
            type=next(
                (kind for name, kind in kinds if name in given),
                "ExternalUrl" if "link" in given else "SubHeader",
            ),
            title=given.get("title")
            or (page and page.title)
            or (file and file.display_name)
            or (work and work.name)
            or "",
            page=page,
            file=file,
            assignment=work,
            external_url=given.get("link", ""),
        )

    def fill(self, pages: int, students: int) -> None:
        """Add plain pages and students, for whoever needs long lists."""
        for number in range(1, pages + 1):
            models.Page.objects.create(
                course=self.course,
                url=f"extra-page-{number}",
                title=f"Extra page {number}",
                body=f"<h2>Note {number}</h2><p>This is note number {number} of the course.</p>",
            )
        section = next(iter(self.sections.values()))
        for number in range(1, students + 1):
            key = f"extra{number}"
            person, _ = models.Person.objects.get_or_create(
                world=self.world,
                key=key,
                defaults={
                    "name": f"Extra Student {number}",
                    "given_name": "Extra",
                    "family_name": f"Student {number}",
                    "sortable_name": f"Student {number}, Extra",
                    "login_id": f"{key}.{self.world.id}",
                    "email": f"{key}.{self.world.id}@college.example",
                },
            )
            models.Enrolment.objects.create(
                course=self.course,
                section=section,
                person=person,
                type="StudentEnrollment",
            )
