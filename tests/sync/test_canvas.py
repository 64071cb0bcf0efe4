"""Canvas's client against the pretend Canvas: paging, tokens, refusals, downloads."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from connectors import lua
from connectors.base import Bearer
from connectors.breaker import Breaker
from connectors.canvas.client import Canvas
from connectors.canvas.wire import Wire
from connectors.tokens import Given
from tests.conftest import Running
from tests.sync.making import School, a_school
from tutorai.errors import (
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
    LMSUnavailable,
    TooBig,
    UrlRefused,
)
from tutorai.ids import new_id


@pytest.fixture
def wire(school: School) -> Wire:
    """A wire with the teacher's token."""
    return Wire(school.url, Given(school.token), patience=10)


@pytest.fixture(scope="module")
def crowd(sandbox: Running) -> School:
    """A course with more pages and people than one page of a list holds."""
    return a_school(sandbox, filler_pages=130, filler_students=0)


def at(school: School, path: str = "") -> str:
    return f"courses/{school.external['id']}{path}"


@dataclass
class Renewed:
    """Tokens of which the first was replaced meanwhile."""

    first: str
    second: str
    asked: list[Bearer] = field(default_factory=list)

    def current(self) -> Bearer:
        return Bearer(self.first, 1)

    def instead_of(self, failed: Bearer) -> Bearer:
        self.asked.append(failed)
        return Bearer(self.second, 2)


def test_every_page_of_a_list_is_followed_and_each_thing_comes_once(crowd: School) -> None:
    crowd.control("options", world=crowd.name, duplicates=True)

    pages = list(Wire(crowd.url, Given(crowd.token)).pages(at(crowd, "/pages"), sort="title"))

    ids = [page["page_id"] for page in pages]
    assert len(ids) == len(set(ids)) == len(crowd.external["pages"])
    assert len(ids) > 100


def test_a_module_that_comes_without_its_items_is_filled(school: School) -> None:
    whole = Canvas(school.url, Given(school.token)).toc(school.external["id"])
    school.control("options", world=school.name, omit_items=True)

    lines = Canvas(school.url, Given(school.token)).toc(school.external["id"])

    assert lines == whole


def test_ids_are_text(wire: Wire, school: School) -> None:
    assert wire.get(at(school))["id"] == school.external["id"]


def test_a_refused_token_is_replaced_by_its_successor_once(school: School) -> None:
    tokens = Renewed("dead", school.token)

    told = Wire(school.url, tokens).get(at(school))

    assert told["id"] == school.external["id"]
    assert tokens.asked == [Bearer("dead", 1)]


def test_a_successor_that_is_refused_too_ends_it(school: School) -> None:
    with pytest.raises(LMSUnauthorised):
        Wire(school.url, Renewed("dead", "dead as well")).get(at(school))


def test_a_missing_permission_is_not_a_dead_token(school: School) -> None:
    student = school.told["people"]["student"]["token"]
    tokens = Renewed(student, student)

    with pytest.raises(LMSRefused):
        Wire(school.url, tokens).get(
            at(school, "/pages/answers-to-the-motion-graphs-problem-set/date_details")
        )

    assert tokens.asked == []


def test_what_is_not_there_is_not_found(wire: Wire, school: School) -> None:
    with pytest.raises(LMSNotFound):
        wire.get(at(school, "/pages/no-such-page"))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 503, "times": 9}, LMSUnavailable),
        ({"kind": "status", "status": 422, "body": "{}"}, LMSRefused),
        ({"kind": "html", "status": 200, "times": 9}, LMSMisunderstood),
        ({"kind": "truncate", "times": 9}, LMSError),
        ({"kind": "throttle", "times": 9}, LMSThrottled),
        ({"kind": "throttle429", "times": 9}, LMSThrottled),
    ],
    ids=lambda value: value.get("kind", "") if isinstance(value, dict) else value.__name__,
)
def test_an_answer_that_is_none_is_told_as_what_it_is(
    school: School, fault: dict[str, Any], error: type[LMSError]
) -> None:
    school.control("faults", world=school.name, path="/assignments", **fault)

    with pytest.raises(error):
        list(Wire(school.url, Given(school.token), patience=0).pages(at(school, "/assignments")))


def test_what_passes_is_tried_again(wire: Wire, school: School) -> None:
    school.fault("status", "/assignments", status=502)

    assert list(wire.pages(at(school, "/assignments")))
    assert len(school.requests("/assignments")) == 2


def test_a_download_follows_its_redirect_without_the_token(wire: Wire, school: School) -> None:
    file = next(iter(school.external["files"].values()))
    url = wire.get(f"files/{file}")["url"]
    to = BytesIO()

    wire.download(url, to, cap=10**7)

    log = httpx.get(f"{school.url}/sandbox/log").json()
    ours = [line for line in log if line["user_agent"].startswith("TutorAI")]
    stored = [line for line in ours if line["path"].startswith("/stored/")]
    assert to.getvalue()[:2] in {b"%P", b"PK"}
    assert {line["signed_in"] for line in stored} == {False}


def test_a_download_over_the_cap_ends(wire: Wire, school: School) -> None:
    file = next(iter(school.external["files"].values()))

    with pytest.raises(TooBig):
        wire.download(wire.get(f"files/{file}")["url"], BytesIO(), cap=100)


def test_a_download_that_leads_nowhere_is_told(wire: Wire, school: School) -> None:
    with pytest.raises(LMSNotFound):
        wire.download("/files/1/download", BytesIO(), cap=100)


@pytest.mark.parametrize("url", ["http://10.0.0.1", "http://169.254.169.254", "file:///etc", "x"])
def test_a_private_or_odd_address_is_never_called(url: str, school: School) -> None:
    with pytest.raises(UrlRefused):
        Wire(url, Given(school.token)).get("courses/1")


def test_courses_of_a_teacher_are_listed(school: School) -> None:
    listed = list(Canvas(school.url, Given(school.token)).courses())

    assert [course.course_id for course in listed] == [school.external["id"]]


def test_a_host_that_keeps_failing_is_left_alone_for_a_while(school: School) -> None:
    host = urlsplit(school.url).netloc
    breaker = Breaker(lua.redis(), f"canvas:{host}-{new_id()}:rest", open_ms=60_000)
    for _ in range(8):
        breaker.report(breaker.allow(), ok=False)

    with pytest.raises(LMSUnavailable) as told:
        breaker.allow()

    assert 0 < (told.value.retry_after or 0) <= 60


def test_sections_named_on_later_pages_of_the_dates_count_too(school: School) -> None:
    path = at(school, "/pages/honours-seminar-the-rocket-equation/date_details")
    wire = Wire(school.url, Given(school.token))
    once = wire.whole(path, "overrides")["overrides"]
    school.control("options", world=school.name, page_size=1, duplicates=False)

    again = wire.whole(path, "overrides")

    assert once
    assert again["overrides"] == once
    assert again["only_visible_to_overrides"]
