"""Whatever goes wrong under /v1/ is told as a code and words."""

import httpx
import pytest
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from lti import sessions
from tests import factories
from tests.conftest import Running
from tutorai.api import api
from tutorai.web import errors


@pytest.fixture
def begun() -> sessions.Begun:
    """A student's session."""
    return factories.a_session(factories.a_course())


def said(answer: httpx.Response) -> tuple[int, str, bool]:
    """The status, the code, and whether there are words besides and nothing else."""
    told = answer.json()
    return (
        answer.status_code,
        told["code"],
        set(told) == {"code", "detail"} and bool(told["detail"]),
    )


def test_a_body_that_is_no_json_is_a_bad_request(tool: Running, begun: sessions.Begun) -> None:
    bearer = {"Authorization": f"Bearer {begun.access_token}"}

    answer = httpx.post(f"{tool.url}/v1/ai/ask", content=b"{broken", headers=bearer)

    assert said(answer) == (400, "bad_request", True)


@pytest.mark.parametrize("path", ["", "nowhere", "ai/conversations/no-uuid", "ai/ask/"])
def test_an_address_that_does_not_exist_is_not_found(tool: Running, path: str) -> None:
    assert said(httpx.get(f"{tool.url}/v1/{path}")) == (404, "not_found", True)


@pytest.mark.parametrize("path", ["v1/ai/ask", "v1/me", "pages/open", "pages/course"])
def test_a_method_an_address_does_not_take_is_refused_with_those_it_takes(
    tool: Running, path: str
) -> None:
    answer = httpx.put(f"{tool.url}/{path}")

    assert said(answer) == (405, "method_not_allowed", True)
    assert answer.headers["Allow"] in {"GET", "POST"}


def test_an_endpoint_may_say_it_in_djangos_way() -> None:
    answer: HttpResponse = api.on_exception(RequestFactory().get("/v1/x"), Http404())

    assert (answer.status_code, b'"code": "not_found"' in answer.content) == (404, True)


def test_djangos_own_refusals_have_the_form_too() -> None:
    request = RequestFactory().get("/v1/x")

    answers = [
        errors.bad_request(request, ValueError()),
        errors.forbidden(request, ValueError()),
        errors.broken(request),
    ]

    assert [(answer.status_code, answer.headers["Content-Type"]) for answer in answers] == [
        (400, "application/json"),
        (403, "application/json"),
        (500, "application/json"),
    ]
