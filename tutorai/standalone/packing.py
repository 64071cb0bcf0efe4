"""A course of our own as a document of LMS-DM: written for its owner, and read back.

The document says its format and version; it holds the course, its items with their texts, the
outline and the work. In a zip each file stands beside it under its hash. People, conversations and
grades are in none of it: they are not the course.
"""

import json
import zipfile
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import IO, Literal

from django.utils import timezone
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from connectors.cartridge.errors import NotPacked
from connectors.cartridge.package import Package
from connectors.cartridge.reading import Contents, Thing
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import OWN, Assignment, Course, Quiz
from tutorai.standalone import records
from tutorai.standalone.filling import OURS

NAME = "course.json"
FORMAT: Literal["tutorai-course"] = "tutorai-course"
VERSION: Literal[1] = 1
DOCUMENT = 64 * 1024**2  # bytes of the document that we read back
PIECE = 256 * 1024  # bytes read at once


class Packed(BaseModel):
    """An item in the document, and where its file is."""

    model_config = ConfigDict(extra="forbid")

    source: str = OWN
    item: schema.ContentItem
    sha256: str = ""  # of its text, or of its file
    file: str = ""  # its member in the zip; "": the item is a text, or its file is not there


class Document(BaseModel):
    """The whole."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["tutorai-course"]
    version: Literal[1]
    written_at: AwareDatetime
    course: schema.Course
    items: list[Packed] = []
    toc: list[schema.TocNode] = []
    assignments: list[schema.Assignment] = []
    quizzes: list[schema.Quiz] = []


def document(course: Course) -> Document:
    """Return a course as a document."""
    alive = course.items.filter(deleted_at=None).select_related("course").order_by("created_at")
    works = Assignment.objects.filter(course=course, deleted_at=None).select_related("course")
    quizzes = Quiz.objects.filter(course=course, deleted_at=None)
    return Document(
        format=FORMAT,
        version=VERSION,
        written_at=timezone.now(),
        course=records.course(course),
        items=[
            Packed(
                source=row.source,
                item=records.item(row),
                sha256=row.sha256,
                file=f"files/{row.sha256}" if row.blob else "",
            )
            for row in alive
        ],
        toc=records.toc(course, OWN),
        assignments=[records.assignment(row) for row in works],
        quizzes=[schema.Quiz.model_validate(row.record) for row in quizzes if row.record],
    )


def written(told: Document) -> bytes:
    """Return the document as text."""
    body = told.model_dump(mode="json", exclude_defaults=False)
    return json.dumps(body, ensure_ascii=False, indent=1).encode()


def zipped(course: Course) -> IO[bytes]:
    """Return the document and the files, packed, as an open file that is gone once it is closed."""
    told = document(course)
    file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - handed on
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(NAME, written(told))
        for row in course.items.filter(deleted_at=None).exclude(blob=""):
            if f"files/{row.sha256}" in packed.namelist():
                continue
            try:
                blob = row.blob.open("rb")
            except FileNotFoundError:
                continue
            with blob, packed.open(f"files/{row.sha256}", "w") as member:
                for piece in blob.chunks(PIECE):
                    member.write(piece)
    file.seek(0)
    return file


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield an open file piece by piece, and close it."""
    with file:
        while piece := file.read(PIECE):
            yield piece


def read(package: Package, course_id: str) -> Contents:
    """Return what a document says, for the course of that id; raise NotPacked, TooBig."""
    told = _parsed(package.read(NAME, DOCUMENT))
    found = Contents(f"LMS-DM {told.version}", f"own:{told.course.course_id}:")
    works = {work.assignment_id: work for work in told.assignments}
    for packed in told.items:
        item = packed.item
        if item.body == "" and packed.file and packed.file not in package:
            found.left.append({"title": item.title, "why": "missing"})
            continue
        source = packed.source if packed.source in OURS else OWN
        work = works.get(item.item_id) if source == OWN else None
        # Of a text there is no version but what it says.
        version = packed.sha256 if packed.file or item.body else ""
        record = item.model_copy(update={"course_id": course_id, "body": "", "version": version})
        found.things.append(Thing(record, item.body, packed.file, work, source))
    found.quizzes = [quiz.model_copy(update={"course_id": course_id}) for quiz in told.quizzes]
    found.toc = [line.model_copy(update={"course_id": course_id}) for line in told.toc]
    return found


def _parsed(text: bytes) -> Document:
    try:
        return Document.model_validate_json(text)
    except ValidationError as error:
        raise NotPacked() from error


def wrapped(file: IO[bytes]) -> IO[bytes]:
    """Return a document that came alone as a package with nothing else in it."""
    packed: IO[bytes] = TemporaryFile()  # noqa: SIM115 - handed on
    with zipfile.ZipFile(packed, "w") as package:
        package.writestr(NAME, file.read(DOCUMENT + 1))
    packed.seek(0)
    return packed
