"""Plain pages, files and students by the hundred, for whoever needs long lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox import models

if TYPE_CHECKING:
    from connectors.sandbox.copying import Copy


def fill(copy: Copy, *, pages: int, files: int, modules: int, students: int) -> None:
    """Add so many of each; pages and files are lines of `modules` further modules, if any."""
    added: list[models.Page | models.File] = [*_pages(copy, pages), *_files(copy, files)]
    if modules:
        _modules(copy, modules, added)
    _people(copy, students)


def _pages(copy: Copy, count: int) -> list[models.Page]:
    return models.Page.objects.bulk_create(
        models.Page(
            id=copy.ids.numbers(),
            course=copy.course,
            url=f"extra-page-{number}",
            title=f"Extra page {number}",
            body=f"<h2>Note {number}</h2><p>This is note number {number} of the course.</p>",
        )
        for number in range(1, count + 1)
    )


def _files(copy: Copy, count: int) -> list[models.File]:
    return models.File.objects.bulk_create(
        models.File(
            id=copy.ids.numbers(),
            course=copy.course,
            display_name=f"extra-file-{number}.txt",
            content_type="text/plain",
            content=f"This is file number {number} of the course.".encode(),
        )
        for number in range(1, count + 1)
    )


def _modules(copy: Copy, count: int, things: list[models.Page | models.File]) -> None:
    """Spread the things evenly over further modules."""
    before = models.Module.objects.filter(course=copy.course).count()
    made = models.Module.objects.bulk_create(
        models.Module(
            id=copy.ids.numbers(),
            course=copy.course,
            name=f"Extra module {number}",
            position=before + number,
        )
        for number in range(1, count + 1)
    )
    models.ModuleItem.objects.bulk_create(
        models.ModuleItem(
            id=copy.ids.numbers(),
            module=made[place * count // len(things)],
            position=place,
            type=type(thing).__name__,
            title=thing.title if isinstance(thing, models.Page) else thing.display_name,
            page=thing if isinstance(thing, models.Page) else None,
            file=thing if isinstance(thing, models.File) else None,
        )
        for place, thing in enumerate(things)
    )


def _people(copy: Copy, count: int) -> None:
    """Add plain students; all courses of a world have the same."""
    wanted = [f"extra{number}" for number in range(1, count + 1)]
    rows = models.Person.objects.filter(world=copy.world, key__in=wanted)
    there = {person.key: person for person in rows}
    made = [_extra(copy, key) for key in wanted if key not in there]
    everyone = [*there.values(), *models.Person.objects.bulk_create(made)]
    section = next(iter(copy.sections.values()))
    models.Enrolment.objects.bulk_create(
        models.Enrolment(
            id=copy.ids.numbers(),
            course=copy.course,
            section=section,
            person=person,
            type="StudentEnrollment",
        )
        for person in everyone
    )


def _extra(copy: Copy, key: str) -> models.Person:
    number = key.removeprefix("extra")
    return models.Person(
        id=copy.ids.numbers(),
        world=copy.world,
        key=key,
        name=f"Extra Student {number}",
        given_name="Extra",
        family_name=f"Student {number}",
        sortable_name=f"Student {number}, Extra",
        login_id=f"{key}.{copy.world.id}",
        email=f"{key}.{copy.world.id}@college.example",
    )
