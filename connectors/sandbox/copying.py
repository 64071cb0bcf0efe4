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

from connectors.sandbox import coursework, documents, filling, models
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
        self.groups: dict[str, models.Group] = {}
        self.quizzes: dict[str, models.Quiz] = {}
        self.modules: dict[str, models.Module] = {}
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
        coursework.form_groups(self)
        self._add_pages()
        self._add_files()
        self._add_assignments()
        coursework.set_quizzes(self)
        self._add_modules()
        for given in self.source["announcements"]:
            models.Announcement.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                title=given["title"],
                message=canvas_html(given["message"]),
                posted_at=timezone.now() - timedelta(days=given["days_ago"]),
                author=self.people.get(given.get("author", "")),
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

    def _limit(self, given: dict[str, Any], **owner: Any) -> None:
        for audience in coursework.audiences(given):
            coursework.override(self, audience, **owner)

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
                only_visible_to_overrides=bool(coursework.audiences(given)),
                created_at=self.start,
                updated_at=self.start,
            )
            self._limit(given, page=page)
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

    def due(self, days: int) -> datetime:
        """Return the last minute of the day so many days from today."""
        day = timezone.now().astimezone(ZONE).date() + timedelta(days=days)
        return datetime.combine(day, LAST_MINUTE, ZONE)

    def _add_assignments(self) -> None:
        for position, given in enumerate(self.source["assignments"], 1):
            own = [
                {"section": key, "due_in_days": n} for key, n in given.get("sections", {}).items()
            ]
            work = models.Assignment.objects.create(
                id=self.ids.numbers(),
                course=self.course,
                name=given["name"],
                description=self._linked(given["html"]),
                points_possible=given["points"],
                submission_types=given["types"],
                rubric=given.get("rubric", []),
                attempts=given.get("attempts"),
                published=given.get("published", True),
                only_visible_to_overrides=given.get("only_overrides", False),
                position=position,
                created_at=self.start,
                updated_at=self.start,
                **coursework.moments(given, self.due, *coursework.AWAY),
            )
            for each in [*own, *given.get("overrides", [])]:
                coursework.override(self, each, assignment=work)
            self.assignments[given["name"]] = work
            self._hand_in(work, given.get("scores", {}))
            coursework.hand_in(self, work, given)

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
                only_visible_to_overrides=bool(coursework.audiences(given)),
                created_at=self.start,
                updated_at=self.start,
            )
            self._limit(given, module=module)
            self.modules[given["name"]] = module
            lines = [
                self._add_item(module, place, item) for place, item in enumerate(given["items"], 1)
            ]
            self._gate(module, given, lines)

    def _gate(
        self, module: models.Module, given: dict[str, Any], lines: list[models.ModuleItem]
    ) -> None:
        """Write down what opens a module, as Canvas keeps it."""
        asked = zip(lines, given["items"], strict=True)
        required = [{"id": row.id, **one["requires"]} for row, one in asked if "requires" in one]
        after = [self.modules[name].id for name in given.get("after", [])]
        if required or after or "sequential" in given:
            module.restriction = {
                "prerequisites": after,
                "sequential": given.get("sequential", False),
                "requirements": required,
                "requirement_type": given.get("requirement_type", "all"),
            }
            module.save()

    def _add_item(
        self, module: models.Module, position: int, given: dict[str, Any]
    ) -> models.ModuleItem:
        page = self.pages.get(given.get("page", ""))
        file = self.files.get(given.get("file", ""))
        work = self.assignments.get(given.get("assignment", ""))
        quiz = self.quizzes.get(given.get("quiz", ""))
        kinds = {"page": "Page", "file": "File", "assignment": "Assignment", "quiz": "Quiz"}
        return models.ModuleItem.objects.create(
            id=self.ids.numbers(),
            module=module,
            position=position,
            type=next(
                (kind for name, kind in kinds.items() if name in given),
                "ExternalUrl" if "link" in given else "SubHeader",
            ),
            title=given.get("title")
            or (page and page.title)
            or (file and file.display_name)
            or (work and work.name)
            or (quiz and quiz.title)
            or "",
            page=page,
            file=file,
            assignment=work,
            quiz=quiz,
            external_url=given.get("link", ""),
        )

    def fill(self, **counts: int) -> None:
        """Add plain pages, files and students, for whoever needs long lists."""
        filling.fill(self, **counts)
