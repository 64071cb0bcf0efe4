"""The HTTP API at /v1: django-ninja, one router a noun."""

from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.docs import Swagger
from ninja.openapi.schema import OpenAPISchema
from ninja.security import HttpBearer

from tutorai import once
from tutorai.access import actor_of
from tutorai.errors import NotFound, TutorError
from tutorai.lmsdm.schema import Actor

KEY = {
    "in": "header",
    "name": once.HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": (
        "Sent again within 24 hours under the same key, the same call has no second effect and is "
        "answered as it was. While it is under way: 409 in_flight, with Retry-After. Under the key "
        "of another call: 409 idempotency_key_reused."
    ),
}


class Session(HttpBearer):
    """`Authorization: Bearer <access token>` → Actor, as `request.auth`."""

    async def __call__(self, request: HttpRequest) -> Any:
        return await actor_of(request)

    async def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return await actor_of(request)


class Page(Swagger):
    """The API to click through, from ninja's own static files."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **path: Any) -> HttpResponse:
        request.csp["img-src"].append("data:")  # type: ignore[attr-defined]  # arrows in its CSS
        return super().render_page(request, api, **path)


class Api(NinjaAPI):
    """Ninja's, whose description also tells what holds for every operation."""

    def get_openapi_schema(self, **where: Any) -> OpenAPISchema:
        """Name the header that makes an operation with an effect safe to repeat."""
        schema = super().get_openapi_schema(**where)
        for path, operations in schema["paths"].items():
            for method, operation in operations.items():
                if method.upper() in once.METHODS and path not in once.EXEMPT:
                    operation["parameters"] = [*operation.get("parameters", []), KEY]
        return schema


api = Api(
    title="Tutor.AI",
    version="1",
    auth=Session(),
    urls_namespace="v1",
    docs=Page(),
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


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer what ninja itself refuses, such as a body that is no JSON."""
    code = HTTPStatus(error.status_code).name.lower()
    body = {"code": code, "detail": str(error)}
    return api.create_response(request, body, status=error.status_code)


@api.exception_handler(Http404)
def absent(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer Django's way to say that something is not there."""
    return told(request, NotFound())


# Last: a router's module may import what stands above.
from tutorai.api import ai, attachments, auth, connection, courses, grades, jobs, pleas, users  # noqa: E402

for noun in (ai, attachments, pleas):
    api.add_router("/ai", noun.router)
for noun in (auth, connection, courses, grades, users, jobs):
    api.add_router("", noun.router)
