"""Whatever a platform's services answer, it ends in a named error and nothing is half written."""

import gzip
import json
import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lti import ags, nrps, roster, service_tokens, wire
from lti.line_items import READ
from lti.models import CourseService
from lti.services import door
from tests.lti.scripted import PERSON, SCOPES, Answer, Place, Scripted, a_place
from tests.sandbox.recorded import exchange
from tutorai.errors import LMSError, LMSMisunderstood, LMSUnavailable, UrlRefused
from tutorai.lmsdm.models import Enrolment, LineItem, User

MEMBERS, ITEMS, RESULTS = "/members", "/items", "/items/1/results"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
MEMBER = {"user_id": PERSON, "roles": [LEARNER], "name": "Ada"}
ROSTER = json.dumps({"members": [MEMBER]})
LARGE = 10 * 1024 * 1024  # bytes
HTML = {"Content-Type": "text/html; charset=iso-8859-1"}

# A roster, a list of columns and a token in forms that are none.
BROKEN: dict[str, Callable[[str], Answer]] = {
    "html": lambda body: Answer(body="<!DOCTYPE html><title>Sign in</title>"),
    "html called JSON": lambda body: Answer(
        body="<html>", headers={"Content-Type": "application/json"}
    ),
    "an error inside": lambda body: Answer(body='{"errors": [{"message": "no"}]}'),
    "null": lambda body: Answer(body="null"),
    "a number": lambda body: Answer(body="7"),
    "nothing": lambda body: Answer(body=""),
    "truncated": lambda body: Answer(body=body[: len(body) // 2]),
    "a name twice": lambda body: Answer(body=body.replace("{", '{"x": 1, "x": 2, ', 1)),
    "not a number": lambda body: Answer(body=body.replace("{", '{"x": NaN, ', 1)),
    "beyond numbers": lambda body: Answer(body=body.replace("{", f'{{"x": 1e{"9" * 30}, ', 1)),
    "more after it": lambda body: Answer(body=f"{body}<br>"),
    "deep": lambda body: Answer(body="[" * 200_000),
    "latin-1": lambda body: Answer(body=body.replace("{", '{"x": "é", ', 1).encode("latin-1")),
    "utf-16": lambda body: Answer(body=body.encode("utf-16")),
    "10 MB": lambda body: Answer(body=body + " " * LARGE),
    "a bomb": lambda body: Answer(
        body=gzip.compress(body.encode() + b" " * LARGE), headers={"Content-Encoding": "gzip"}
    ),
    "no gzip": lambda body: Answer(body=body, headers={"Content-Encoding": "gzip"}),
    "a redirect": lambda body: Answer(302, body, headers={"Location": "/elsewhere"}),
    "204": lambda body: Answer(204),
}


def rows(place: Place) -> tuple[int, int, int]:
    """Return how much we know of the place's school."""
    school = place.service.course.institution_id
    return (
        User.objects.filter(institution=school).count(),
        Enrolment.objects.filter(course=place.service.course).count(),
        LineItem.objects.filter(course=place.service.course).count(),
    )


@pytest.mark.parametrize("kind", BROKEN)
def test_no_broken_answer_is_taken_for_a_roster_a_gradebook_or_a_token(
    place: Place, kind: str
) -> None:
    columns = json.dumps([{"id": f"{place.url}/items/1", "label": "Essay"}])
    token = json.dumps({"access_token": "a", "scope": " ".join(READ)})
    place.says("GET", MEMBERS, BROKEN[kind](ROSTER))
    place.says("GET", ITEMS, BROKEN[kind](columns))

    for call in (roster.read, lambda course: ags.read_columns(course.service)):
        with pytest.raises(LMSMisunderstood):
            call(place.service.course)
    place.says("POST", "/token", BROKEN[kind](token))
    with pytest.raises(LMSMisunderstood):
        service_tokens.current(place.registration, READ)

    assert rows(place) == (0, 0, 0)
    assert place.asked("/elsewhere") == []
    place.service.refresh_from_db()
    assert (place.service.members_at, place.service.trouble) == (None, "")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(body=ROSTER, headers=HTML),
        Answer(body=b"\xef\xbb\xbf" + ROSTER.encode()),
        Answer(body=gzip.compress(ROSTER.encode()), headers={"Content-Encoding": "gzip"}),
        Answer(203, ROSTER),
    ],
    ids=["called HTML", "byte order mark", "gzip", "203"],
)
def test_a_roster_in_an_odd_wrapping_is_still_one(place: Place, answer: Answer) -> None:
    place.says("GET", MEMBERS, answer)

    assert [one.user.name for one in nrps.members(place.service)] == ["Ada"]


def test_a_comment_that_no_database_holds_leaves_its_points_as_they_were(place: Place) -> None:
    told = {"userId": PERSON, "resultScore": 7.25, "resultMaximum": 10, "comment": "Go\0od \ud83d"}
    place.says("GET", RESULTS, Answer(body=json.dumps([told])))

    (reading,) = ags.shown(place.column()).values()

    assert (reading.points, reading.maximum) == (Decimal("7.25"), Decimal(10))
    assert reading.comment == "Good \ufffd"


def test_an_answer_that_drips_is_cut_by_its_whole_time(place: Place) -> None:
    place.says("GET", MEMBERS, Answer(body=ROSTER, pause=0.05))
    began = time.monotonic()

    with pytest.raises(LMSUnavailable):
        wire.exchange("lti", "GET", place.service.members_url, deadline=0.3)

    assert time.monotonic() - began < 2


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "links",
    [
        ('<{on}>; rel="next"',),
        ("<{on}>; rel=NEXT",),
        ("<{on}>;rel='next'; title=\"a, b\"",),
        ('<{url}/first>; rel="first", <{on}>; rel="next last"',),
        ('<{url}/first>; rel="first"', '<{on}>; rel="next"', '<{url}/last>; rel="last"'),
        ("<{on}>; rel=\u201cnext\u201d",),
        ('</{name}/More?A=b%2Fc>; rel="next"',),
    ],
    ids=["plain", "capitals", "single quotes", "a list", "several", "curly", "relative"],
)
def test_the_next_page_is_found_however_it_is_written(place: Place, links: tuple[str, ...]) -> None:
    on = f"{place.url}/More?A=b%2Fc"
    written = [link.format(on=on, url=place.url, name=place.name) for link in links]
    sent = tuple(link.encode().decode("latin-1") for link in written)
    place.says("GET", MEMBERS, Answer(body=ROSTER, links=sent))
    second = {**MEMBER, "user_id": "person-2"}
    place.says("GET", "/More", Answer(body=json.dumps({"members": [second]})))

    assert len(nrps.members(place.service)) == 2
    assert place.asked("/More")[0].path.endswith("/More?A=b%2Fc")


@pytest.mark.parametrize(
    "link",
    [
        "http://{host}.elsewhere.example/members",
        "https://{host}/members",
        "//elsewhere.example/members",
        "http://someone@{host}/members",
        "http://[broken/members",
        "http://{host}/mem\u0085bers",
        "file:///etc/passwd",
        "{url}/members",
    ],
    ids=["host", "scheme", "relative host", "user", "no address", "control", "file", "loop"],
)
def test_no_token_goes_where_a_next_page_should_not_be(place: Place, link: str) -> None:
    onward = link.format(host=place.host, url=place.url)
    place.says("GET", MEMBERS, Answer(body=ROSTER, links=(f'<{onward}>; rel="next"',)))

    with pytest.raises(LMSMisunderstood):
        roster.read(place.service.course)

    assert len(place.asked(MEMBERS)) == 1
    assert rows(place)[1] == 0


def test_another_host_of_the_same_platform_never_sees_the_token(
    place: Place, services: Scripted
) -> None:
    other = a_place(services)
    link = f'<{other.url}{MEMBERS}>; rel="next"'
    place.says("GET", MEMBERS, Answer(body=ROSTER, links=(link,)))
    other.says("GET", MEMBERS, Answer(body=ROSTER))

    with pytest.raises(LMSMisunderstood):
        nrps.members(place.service)

    assert other.asked() == []


def test_a_list_without_an_end_is_none(place: Place) -> None:
    onward = [f'<{place.url}{MEMBERS}?p={number}>; rel="next"' for number in range(5)]
    place.says("GET", MEMBERS, *(Answer(body=ROSTER, links=(link,)) for link in onward))
    need = frozenset({nrps.SCOPE})
    pages = door(place.service, nrps.SCOPE).pages(
        place.service.members_url, need=need, accept=nrps.ROSTER, most=3
    )

    with pytest.raises(LMSMisunderstood):
        list(pages)

    assert len(place.asked(MEMBERS)) == 3


def test_an_address_that_nobody_may_call_is_named_with_the_setting_that_opens_it(
    place: Place,
) -> None:
    place.service.members_url = "https://10.0.0.1/members"

    with pytest.raises(UrlRefused):
        nrps.members(place.service)


# --- anything ----------------------------------------------------------------------------------

SETTINGS = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
TEXT = st.text(st.characters(exclude_categories=()), max_size=20)  # surrogates and NUL as well
NUMBER = st.integers() | st.floats() | st.sampled_from([10**400, -1, 0])
LEAF = st.none() | st.booleans() | NUMBER | TEXT | st.sampled_from(["x" * 3000, "http://[", "\0"])
JSON = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(TEXT, LEAF, max_size=3)
SUCCESSES = {
    "roster": ("nrps_get", "nrps_get_limit2", "nrps_get_rlid"),
    "columns": ("ags_lineitems_get_after_create", "ags_lineitems_get_limit1"),
    "results": ("ags_results_get", "ags_results_get_lineitem1"),
    "token": ("lti_token_ok_all_scopes", "lti_token_ok_partial_unknown_scope"),
}
CALLS: dict[str, tuple[str, str, Callable[[CourseService, LineItem], Any]]] = {
    "roster": ("GET", MEMBERS, lambda service, item: roster.read(service.course)),
    "columns": ("GET", ITEMS, lambda service, item: ags.read_columns(service)),
    "results": ("GET", RESULTS, lambda service, item: ags.shown(item)),
    "token": (
        "POST",
        "/token",
        lambda service, item: service_tokens.current(service.deployment.registration, SCOPES),
    ),
}


def changed(value: Any, at: list[int], new: Any) -> Any:
    """Return JSON with one thing in it replaced: `at` says which, turn by turn."""
    if not at or not isinstance(value, list | dict) or not value:
        return new
    names = list(value) if isinstance(value, dict) else list(range(len(value)))
    name = names[at[0] % len(names)]
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[name] = changed(value[name], at[1:], new)
    return copy


@pytest.fixture(scope="module")
def moodle(services: Scripted) -> tuple[Place, LineItem]:
    """A Moodle for all examples, and a column there."""
    place = a_place(services, family="moodle")
    return place, place.column()


@pytest.mark.parametrize("what", CALLS)
@SETTINGS
@given(
    which=st.integers(0, 2),
    at=st.lists(st.integers(0, 9), min_size=1, max_size=4),
    new=JSON,
    cut=st.none() | st.tuples(st.integers(0, 3000), st.binary(max_size=4)),
    link=st.none() | TEXT.map(lambda text: f"<{text.encode('utf-8', 'replace')!r}>; rel=next"),
    status=st.sampled_from([200, 200, 200, 201, 206]),
)
def test_no_mutated_answer_ends_in_anything_but_a_named_error(
    moodle: tuple[Place, LineItem],
    what: str,
    which: int,
    at: list[int],
    new: Any,
    cut: tuple[int, bytes] | None,
    link: str | None,
    status: int,
) -> None:
    place, item = moodle
    method, path, call = CALLS[what]
    names = SUCCESSES[what]
    told = changed(exchange(names[which % len(names)])["response"]["body"], at, new)
    body = json.dumps(told).replace("http://127.0.0.1:8888", place.url).encode()
    if cut:
        body = body[: cut[0]] + cut[1] + body[cut[0] + 1 :]
    place.server.orders.pop(("POST", f"/{place.name}/token"), None)
    place.says(method, path, Answer(status, body, links=(link,) if link else ()))

    with suppress(LMSError):
        call(place.service, item)
