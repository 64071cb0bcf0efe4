"""The HTTP API at /v1: django-ninja, one router a noun."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.security import HttpBearer

from tutorai.access import actor_of
from tutorai.errors import TutorError
from tutorai.lmsdm.schema import Actor


class Session(HttpBearer):
    """`Authorization: Bearer <access token>` → Actor, as `request.auth`."""

    async def __call__(self, request: HttpRequest) -> Any:
        return await actor_of(request)

    async def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return await actor_of(request)


api = NinjaAPI(
    title="Tutor.AI",
    version="1",
    auth=Session(),
    urls_namespace="v1",
    description="LMS-DM over HTTP. Errors are `{code, detail}`.",
)


@api.exception_handler(TutorError)
def told(request: HttpRequest, error: TutorError) -> HttpResponse:
    """Answer with the error's code and words."""
    response = api.create_response(
        request, {"code": error.code, "detail": str(error)}, status=error.status
    )
    if error.retry_after is not None or error.status == 429:
        response["Retry-After"] = str(max(1, round(error.retry_after or 1)))
    return response


@api.exception_handler(ValidationError)
def malformed(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Say which field is wrong, without repeating what was sent."""
    where = [".".join(str(part) for part in fault["loc"]) for fault in error.errors]
    detail = "; ".join(
        f"{place}: {fault['msg']}" for place, fault in zip(where, error.errors, strict=True)
    )
    return api.create_response(request, {"code": "bad_request", "detail": detail}, status=422)


# Last: a router's module may import what stands above.
from tutorai.api import ai  # noqa: E402

api.add_router("/ai", ai.router)


from tutorai.api import auth  # noqa: E402  # routers need `api`'s module

api.add_router("", auth.router)
