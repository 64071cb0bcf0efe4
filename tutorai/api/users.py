"""People: oneself, and one's students."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import TypeAdapter

from agents.reads import people, records
from tutorai.api.answers import actor_of, read, refusals, told

router = Router(tags=["users"])
PROFILE = TypeAdapter(records.Profile)


@router.get("/users/{user_id}/profile", response={200: records.Profile, 304: None, **refusals()})
async def profile(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """One's own profile; a student's, for who grades or observes them. That is written down."""
    return told(request, PROFILE, await read(request, people.profile, actor_of(request), user_id))
