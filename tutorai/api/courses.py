"""The session's course as its reader may see it: work, contents, what was handed in."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router
from pydantic import TypeAdapter

from agents.reads import content, courses, records, toc, work
from agents.reads.records import Part
from tutorai import signed
from tutorai.api.answers import Limit, Offset, actor_of, read, refusals, told

router = Router(tags=["courses"])
COURSES = TypeAdapter(list[records.Course])
COURSE = TypeAdapter(records.Course)
LINES = TypeAdapter(list[records.Line])
WORKS = TypeAdapter(list[records.Work])
CONTENT = TypeAdapter(records.Content)
HANDED = TypeAdapter(records.Submissions)
Lines = Annotated[int, Query(1000, ge=1, le=5000, description="How many at most")]
Blocks = Annotated[int, Query(30, ge=1, le=200, description="Of a file's blocks, how many at most")]


@router.get("/courses", response={200: list[records.Course], 304: None, **refusals()})
async def listed(request: HttpRequest) -> HttpResponse:
    """The course of the session: a session belongs to one."""
    return told(request, COURSES, await read(request, courses.listed, actor_of(request)))


@router.get("/courses/{course_id}", response={200: records.Course, 304: None, **refusals()})
async def one(request: HttpRequest, course_id: UUID) -> HttpResponse:
    """That course by its id."""
    return told(request, COURSE, await read(request, courses.one, actor_of(request), course_id))


@router.get(
    "/courses/{course_id}/assignments",
    response={200: list[records.Work], 304: None, **refusals()},
)
async def assignments(
    request: HttpRequest, course_id: UUID, limit: Limit = 100, offset: Offset = 0
) -> HttpResponse:
    """What is to be handed in, by date, each with the date that is the reader's own.

    More of a long list: the header `Link` names its address, `rel="next"`.
    """
    actor, part = actor_of(request), Part(limit, offset)
    page = await read(request, work.assignments, actor, course_id, part)
    return told(request, WORKS, list(page.rows), after=page.after)


@router.get("/courses/{course_id}/toc", response={200: list[records.Line], 304: None, **refusals()})
async def contents(
    request: HttpRequest, course_id: UUID, limit: Lines = 1000, offset: Offset = 0
) -> HttpResponse:
    """The table of contents, in the order one meets its lines; hidden ones are left out."""
    page = await read(request, toc.of, actor_of(request), course_id, Part(limit, offset))
    return told(request, LINES, list(page.rows), after=page.after)


@router.get(
    "/courses/{course_id}/content/{content_id}",
    response={200: records.Content, 304: None, **refusals()},
)
async def item(
    request: HttpRequest,
    course_id: UUID,
    content_id: UUID,
    limit: Blocks = 30,
    offset: Offset = 0,
) -> HttpResponse:
    """One thing to read: a page's HTML; a file's text in blocks, and an address for the file.

    That address is good for a minute and for whoever asked.
    """
    actor, part = actor_of(request), Part(limit, offset)
    found = await read(request, content.of, actor, course_id, content_id, part)
    tag = found.model_dump_json()
    if found.download is not None:
        named = signed.address(content_id, actor.session_id)
        found = found.model_copy(update={"download": named})
    return told(request, CONTENT, found, after=found.after, tag=tag)


@router.get(
    "/courses/{course_id}/submissions",
    response={200: records.Submissions, 304: None, **refusals()},
)
async def submissions(
    request: HttpRequest,
    course_id: UUID,
    assignment_id: UUID | None = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> HttpResponse:
    """What was handed in: one's own; all of it for who grades."""
    actor, part = actor_of(request), Part(limit, offset)
    found, after = await read(
        request, work.submissions, actor, course_id, part, assignment_id=assignment_id
    )
    return told(request, HANDED, found, after=after)
