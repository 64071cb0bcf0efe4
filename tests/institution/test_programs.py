"""Programs in an institution: what an office may grant, on a page and by OAuth, and who ends it."""

from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.utils import timezone

from tests import factories
from tests.agency.programs import AWAY, TOKEN, Script, called
from tests.conftest import Running
from tests.people import Browser
from tutorai.agency.models import Delegation
from tutorai.lmsdm.models import OWN, Course
from tutorai.lmsdm.schema import Role
from tutorai.models import Office, OwnCourse

AsOfficer = Callable[..., Browser]


def an_own_course(who: Browser) -> Course:
    course = factories.a_course(who.institution, source=OWN, title="Made here")
    OwnCourse.objects.create(course=course, made_by=who.office.account)
    return course


def test_an_office_grants_its_own_courses_and_others_to_read_if_the_school_lets_it(
    tool: Running, as_officer: AsOfficer
) -> None:
    who = as_officer("owner")
    own, other = an_own_course(who), factories.a_course(who.institution, title="In an LMS")
    page = who.url("institution_programs")
    fields = {"name": "Nightly", "days": "7"}

    before = who.get(page).text
    refused = who.post(page, {**fields, "place": f"{other.pk}:admin"})
    who.institution.admins_may_read = True
    who.institution.save()
    reads = TOKEN.search(who.post(page, {**fields, "place": f"{other.pk}:admin"}).text)
    teaches = TOKEN.search(who.post(page, {**fields, "place": f"{own.pk}:teacher"}).text)

    assert ("Made here" in before, "In an LMS" in before) == (True, False)
    assert refused.status_code == 404
    assert reads
    assert teaches
    told = called(tool.url, reads[0], "getCourseBasicInfo")["structuredContent"]
    assert told["title"] == "In an LMS"
    assert called(tool.url, reads[0], "practiceItem")["isError"]
    assert called(tool.url, teaches[0], "getCourseBasicInfo")["structuredContent"]
    who.institution.admins_may_read = False
    who.institution.save()
    assert called(tool.url, reads[0], "getCourseBasicInfo") == 401
    assert called(tool.url, teaches[0], "getTableOfContent")["isError"] is False
    Office.objects.filter(pk=who.office.pk).update(role=Office.Role.AUDITOR)
    assert called(tool.url, teaches[0], "getTableOfContent") == 401


def test_an_account_lets_a_program_in_after_it_has_signed_in(
    tool: Running, as_officer: AsOfficer
) -> None:
    who = as_officer("teacher")
    own = an_own_course(who)
    elsewhere = as_officer("owner")
    foreign = an_own_course(elsewhere)
    script = Script(tool.url)
    query = urlsplit(script.address(scope="read propose")).query
    address = f"/institution/programs/allow?{query}"

    page = who.get(address).text
    place = f"{who.institution.slug}/{own.pk}:teacher"
    strange = f"{elsewhere.institution.slug}/{foreign.pk}:teacher"
    denied = who.post(address, {"act": "allow", "place": strange, "propose": "on"})
    left = AWAY.search(who.post(address, {"act": "allow", "place": place}).text)

    assert ("Made here" in page, "A helper" in page) == (True, True)
    assert "choose a course" in denied.text
    assert left
    code = parse_qs(urlsplit(unescape(left[1])).query)["code"][0]
    token = script.swaps(code).json()
    assert token["scope"] == "read"
    assert called(tool.url, token["access_token"], "getCourseBasicInfo")["isError"] is False


def test_who_decides_sees_and_ends_what_a_teacher_granted_and_others_do_not(
    tool: Running, as_officer: AsOfficer
) -> None:
    owner = as_officer("owner")
    course = factories.a_course(owner.institution)
    place = factories.an_enrolment(course, role=Role.TEACHER)
    deployment = factories.a_deployment(owner.institution)
    held = Delegation.objects.create(
        institution=owner.institution,
        course=course,
        user=place.user,
        role="teacher",
        deployment=deployment,
        name="Theirs",
        scope="read",
        expires_at=timezone.now() + timedelta(days=1),
    )
    end = owner.url("program_end", program=held.pk)
    page = owner.url("institution_programs")

    for role, seen in (("administrator", True), ("teacher", False)):
        other = as_officer(role, owner.institution)
        assert ("Theirs" in other.get(page).text) is seen
    for role in ("support", "auditor"):
        assert as_officer(role, owner.institution).get(page).status_code == 403
    assert as_officer("teacher", owner.institution).post(page, to=end).status_code == 404
    assert owner.post(page, to=end).status_code in {200, 302}
    held.refresh_from_db()
    assert (held.ended_by, held.ended_at is not None) == ("school", True)


@pytest.mark.parametrize("path", ["allow?client_id=x", "allow"])
def test_who_is_not_signed_in_is_sent_to_do_so_first(tool: Running, path: str) -> None:
    answer = httpx.get(f"{tool.url}/institution/programs/{path}")

    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/sign-in/")
