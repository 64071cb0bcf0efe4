"""The first page of an institution, and who comes in."""

from collections.abc import Callable

import pytest

from lti.models import Deployment
from tests import factories, people
from tests.conftest import Running
from tests.people import Browser
from tutorai.models import Office

AsOfficer = Callable[..., Browser]


def test_who_is_not_signed_in_is_sent_to_and_comes_back(tool: Running) -> None:
    with people.browser(tool.url) as nobody:
        answer = nobody.http.get("/institution/a-school/", follow_redirects=False)

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=/institution/a-school/"


@pytest.mark.parametrize("role", list(Office.Role), ids=str)
def test_an_office_opens_its_own_institution_and_shows_no_other(
    as_officer: AsOfficer, role: Office.Role
) -> None:
    someone, elsewhere = as_officer(role), as_officer("owner")

    there = someone.get(elsewhere.url("institution_home"))

    assert someone.get(someone.url("institution_home")).status_code == 200
    assert there.status_code == someone.get("/institution/no-such-school/").status_code == 404


def test_an_operator_has_no_office_by_that(tool: Running) -> None:
    operator = factories.an_account(is_staff=True, is_superuser=True)
    school = factories.an_institution()

    with people.account(tool.url, operator) as browser:
        assert browser.get(f"/institution/{school.slug}/").status_code == 404


def test_a_demotion_counts_at_once(as_officer: AsOfficer) -> None:
    owner = as_officer("owner")
    assert "only owner" in owner.get(owner.url("institution_home")).text

    Office.objects.filter(pk=owner.office.pk).update(role=Office.Role.AUDITOR)

    assert "only owner" not in owner.get(owner.url("institution_home")).text


def test_what_needs_doing_is_said_to_those_who_may_do_it(as_officer: AsOfficer) -> None:
    owner, auditor = as_officer("owner"), as_officer("auditor")
    row = factories.a_deployment(owner.institution, status=Deployment.Status.PENDING)
    Deployment.objects.filter(pk=row.pk).update(institution=None)

    told = owner.get(owner.url("institution_home")).text

    assert "1 installation waits" in told
    assert "You are the only owner" in told
    assert "Nothing needs doing" in auditor.get(auditor.url("institution_home")).text


def test_pages_are_kept_nowhere_and_framed_by_nobody(as_officer: AsOfficer) -> None:
    owner = as_officer("owner")

    headers = owner.get(owner.url("institution_home")).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "form-action 'self'" in headers["Content-Security-Policy"]
    assert "no-store" in headers["Cache-Control"]


def test_an_account_with_one_office_comes_straight_to_it(as_officer: AsOfficer) -> None:
    owner = as_officer("owner")
    assert owner.get("/institution/").url.path == owner.url("institution_home")

    factories.an_office(account=owner.office.account)

    assert owner.get("/institution/").url.path == "/institution/"
