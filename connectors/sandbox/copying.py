"""One course on its way from the files into a world, and where its ids come from."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from connectors.sandbox import documents, models
from connectors.sandbox.render import canvas_html, slug
from connectors.sandbox.rows import new_secret, new_uuid, next_ids

DEFAULT = "default"  # the world that `make run` shows
NAMESPACE = uuid.UUID("5c9d9a52-6a56-4f0e-9f0b-0d9d6f1a7c11")  # ours alone: makes stable uuids
ZONE = ZoneInfo("Europe/Dublin")  # where the college stands
LAST_MINUTE = time(23, 59)  # when work is due, in the course's zone
SHARD = 10**13  # Canvas numbers rows of another shard from here, times the shard's own number


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
        return str(uuid.uuid5(NAMESPACE, "/".join(words))) if self.fixed else new_uuid()

    def secret(self, *words: str) -> str:
        """Return a token or secret for the thing these words name."""
        if not self.fixed:
            return new_secret()
        return hashlib.sha256("/".join([str(NAMESPACE), *words]).encode()).hexdigest()


def ids_for(name: str, shard: int = 0) -> Ids:
    """Return the ids of a world; the sequence of the others starts far above the first's.

    On a `shard` above 900 they are beyond 2^53, where floating point no longer counts in ones.
    Canvas API: Object IDs (global ids).
    """
    if name == DEFAULT:
        return Ids(name, itertools.count(101).__next__)
    return Ids(name, _drawn(shard).__next__)


def _drawn(shard: int) -> Iterator[int]:
    while True:
        yield from (shard * SHARD + number for number in next_ids(200))


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
        day = timezone.now().astimezone(ZONE).date() + timedelta(days=days)
        return datetime.combine(day, LAST_MINUTE, ZONE)

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
        models.Page.objects.bulk_create(
            models.Page(
                id=self.ids.numbers(),
                course=self.course,
                url=f"extra-page-{number}",
                title=f"Extra page {number}",
                body=f"<h2>Note {number}</h2><p>This is note number {number} of the course.</p>",
            )
            for number in range(1, pages + 1)
        )
        self._fill_people(students)

    def _fill_people(self, count: int) -> None:
        """Add plain students; all courses of a world have the same."""
        wanted = [f"extra{number}" for number in range(1, count + 1)]
        rows = models.Person.objects.filter(world=self.world, key__in=wanted)
        there = {person.key: person for person in rows}
        made = [self._extra(key) for key in wanted if key not in there]
        everyone = [*there.values(), *models.Person.objects.bulk_create(made)]
        section = next(iter(self.sections.values()))
        models.Enrolment.objects.bulk_create(
            models.Enrolment(
                id=self.ids.numbers(),
                course=self.course,
                section=section,
                person=person,
                type="StudentEnrollment",
            )
            for person in everyone
        )

    def _extra(self, key: str) -> models.Person:
        number = key.removeprefix("extra")
        return models.Person(
            id=self.ids.numbers(),
            world=self.world,
            key=key,
            name=f"Extra Student {number}",
            given_name="Extra",
            family_name=f"Student {number}",
            sortable_name=f"Student {number}, Extra",
            login_id=f"{key}.{self.world.id}",
            email=f"{key}.{self.world.id}@college.example",
        )
