"""Whether this process lives, and whether it can serve."""

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from tutorai.access import public
from tutorai.threads import in_thread


@public
async def alive(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the event loop turns."""
    return HttpResponse("ok", content_type="text/plain")


@public
async def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when Postgres and Redis do, else 503 naming which does not."""
    lacking = await in_thread(_lacking)()
    words = "ready" if not lacking else f"waiting for {' and '.join(lacking)}"
    return HttpResponse(words, status=503 if lacking else 200, content_type="text/plain")


def _lacking() -> list[str]:
    lacking = []
    try:
        with connection.cursor() as cursor:
            cursor.execute("select 1")
    except DatabaseError:
        lacking.append("Postgres")
    try:
        cache.get("ready")
    except RedisError:
        lacking.append("Redis")
    return lacking
