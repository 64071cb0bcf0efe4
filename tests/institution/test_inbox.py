"""An installation nobody knew waits for its school, which hears of it once and decides."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone
from pytest_django.fixtures import Settings

from lti import inbox
from lti.claims import Launch
from lti.models import Deployment, LaunchState, Registration
from lti.registration import held
from tests import factories
from tests.lti.platform import INSTRUCTOR, LEARNER, LIS, Platform
from tests.people import Browser
from tests.racing import at_once
from tutorai.flows import WORK
from tutorai.ids import new_id
from tutorai.inbox import KIND
from tutorai.ledger import attempts
from tutorai.ledger.models import AuditEvent, Job
from tutorai.models import Office

AsOfficer = Callable[..., Browser]
SCHOOL = {"guid": "school-a", "name": "North High", "product_family_code": "BlackboardLearn"}


@pytest.fixture
def mailed(settings: Settings) -> list[Any]:
    """What was mailed; nothing of other tests waits to be."""
    Job.objects.filter(kind=KIND).delete()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.ALERT_EMAILS = ["ops@example.edu"]
    mail.outbox = []
    return mail.outbox


def told() -> None:
    """Do the jobs that tell."""
    for pk in Job.objects.filter(kind=KIND, state=Job.State.WAITING).values_list("pk", flat=True):
        attempts.attempt(pk, WORK)


def row_of(platform: Platform, deployment_id: str) -> Deployment:
    return Deployment.objects.get(registration=platform.registration, deployment_id=deployment_id)


def test_an_unknown_installation_waits_is_told_once_and_opened_with_one_click(
    platform: Platform, as_officer: AsOfficer, mailed: list[Any]
) -> None:
    school = platform.registration.institution
    admin, elsewhere = as_officer("administrator", school), as_officer("owner")
    for role in ("support", "auditor"):
        factories.an_office(school, Office.Role(role))

    tries = [
        platform.launch(deployment_id="new", tool_platform={"guid": "g", "name": "<b>North"})
        for _ in range(3)
    ]
    told()

    assert all(one.refused(403, "deployment_pending") for one in tries)
    row = row_of(platform, "new")
    (letter,) = mailed
    assert letter.bcc == [admin.office.account.email]
    assert f"{admin.url('institution_inbox')}#{row.pk}" in letter.body
    assert "Ada" not in letter.body
    page = admin.get(admin.url("institution_inbox")).text
    assert "&lt;b&gt;North" in page
    assert "3 in the last 30 days" in page
    assert str(row.pk) not in elsewhere.get(elsewhere.url("institution_inbox")).text
    url = elsewhere.url("deployment_approve", deployment=row.pk)
    assert elsewhere.post(elsewhere.url("institution_inbox"), to=url).status_code == 404

    inbox_url = admin.url("institution_inbox")
    answer = admin.post(inbox_url, to=admin.url("deployment_approve", deployment=row.pk))

    assert "right away" in answer.text
    assert platform.launch(deployment_id="new").role == "student"
    assert AuditEvent.objects.get(verb="deployment.approve", object=row.pk).actor == (
        admin.office.account_id
    )
    platform.launch(deployment_id="new")
    told()
    assert len(mailed) == 1


def test_one_that_was_refused_can_be_opened_later(
    platform: Platform, as_officer: AsOfficer
) -> None:
    admin = as_officer("owner", platform.registration.institution)
    platform.launch(deployment_id="new")
    row, page = row_of(platform, "new"), admin.url("institution_inbox")

    admin.post(page, to=admin.url("deployment_refuse", deployment=row.pk))
    assert platform.launch(deployment_id="new").refused(403, "switched_off")
    assert "Open again" in admin.get(page).text
    for _ in range(2):  # twice is no harm
        admin.post(page, to=admin.url("deployment_approve", deployment=row.pk))
    assert platform.launch(deployment_id="new").role == "student"
    admin.post(page, to=admin.url("deployment_refuse", deployment=row.pk))

    row.refresh_from_db()
    assert (row.status, row.institution) == ("disabled", platform.registration.institution)


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_who_only_looks_decides_nothing(as_officer: AsOfficer, role: str) -> None:
    someone = as_officer(role)

    assert someone.get(someone.url("institution_inbox")).status_code == 403


def test_a_registration_that_approves_by_itself_asks_nobody(
    platform: Platform, mailed: list[Any]
) -> None:
    Registration.objects.filter(pk=platform.registration.pk).update(auto_approve_deployments=True)

    assert platform.launch(deployment_id="new").role == "student"

    told()
    assert mailed == []
    assert row_of(platform, "new").decided_at is not None


def test_many_first_launches_at_once_tell_once(platform: Platform) -> None:
    registration = platform.registration
    given = Launch("at once", "LtiResourceLinkRequest", ())

    at_once(6, lambda _: inbox.record(registration, given))

    row = row_of(platform, "at once")
    assert Job.objects.filter(kind=KIND, payload__deployment=str(row.pk)).count() == 1


def test_a_letter_that_could_not_leave_waits(
    platform: Platform, mailed: list[Any], settings: Settings
) -> None:
    factories.an_office(platform.registration.institution)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 1
    platform.launch(deployment_id="new")
    told()
    job = Job.objects.get(kind=KIND, payload__deployment=str(row_of(platform, "new").pk))
    assert (job.state, job.error, job.attempts) == ("waiting", "mail_not_sent", 0)

    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    Job.objects.filter(pk=job.pk).update(due_at=job.created_at)
    told()

    assert len(mailed) == 1
    assert row_of(platform, "new").told_at is not None


def test_what_was_decided_before_the_letter_left_is_told_to_nobody(
    platform: Platform, as_officer: AsOfficer, mailed: list[Any]
) -> None:
    admin = as_officer("owner", platform.registration.institution)
    platform.launch(deployment_id="new")
    assert "1 installation waits" in admin.get(admin.url("institution_home")).text
    url = admin.url("deployment_approve", deployment=row_of(platform, "new").pk)
    admin.post(admin.url("institution_inbox"), to=url)

    told()

    assert mailed == []


def test_a_school_without_officers_is_not_written_to(platform: Platform, mailed: list[Any]) -> None:
    platform.launch(deployment_id="new")
    told()

    assert (mailed, row_of(platform, "new").told_at) == ([], None)


# --- schools that share a registration -----------------------------------------------------------


@pytest.fixture
def shared(platform: Platform) -> Platform:
    """One client for every school, as on Blackboard; nobody's own."""
    Registration.objects.filter(pk=platform.registration.pk).update(
        family="blackboard", institution=None
    )
    return platform


def tried(shared: Platform, *uris: str, **claims: Any) -> str:
    """Launch from an installation nobody opened; return the number of the page."""
    given = {"deployment_id": "7", "tool_platform": SCHOOL, "roles": list(uris or [INSTRUCTOR])}
    launched = shared.launch(**{**given, **claims})
    assert launched.refused(403, "deployment_unclaimed")
    return str(launched.begun.row.support_id)


def claimed(who: Browser, number: str, deployment_id: str = "7") -> Any:
    given = {"support_id": number, "deployment_id": deployment_id}
    return who.post(who.url("institution_inbox"), given, to=who.url("deployment_claim"))


def test_an_installation_of_a_shared_registration_is_listed_to_nobody_and_claimed_by_who_was_there(
    shared: Platform, as_officer: AsOfficer, mailed: list[Any]
) -> None:
    admin, other = as_officer("administrator"), as_officer("owner")
    number = tried(shared)
    told()
    assert mailed[0].bcc == ["ops@example.edu"]
    row = row_of(shared, "7")
    assert all(
        str(row.pk) not in one.get(one.url("institution_inbox")).text for one in (admin, other)
    )

    wrong, right = claimed(admin, number, "7 "), claimed(admin, f" {number.upper()}")

    assert (wrong.status_code, right.status_code) == (404, 200)
    assert "every character counts" in wrong.text
    assert "yours and open" in right.text
    assert shared.launch(deployment_id="7").role == "student"
    assert row_of(shared, "7").institution == admin.institution
    assert claimed(other, number).status_code == 404  # never moved
    assert "yours and open" in claimed(admin, number).text
    told()
    assert "claimed" in mailed[1].subject


@pytest.mark.parametrize(
    ("uris", "status"),
    [
        ([LEARNER], 404),
        ([], 404),
        ([f"{LIS}institution/person#Administrator"], 200),
        (["urn:school:principal"], 200),
    ],
    ids=["student", "nobody", "administrator", "a role of its own"],
)
def test_a_number_that_a_student_was_shown_proves_nothing(
    shared: Platform, as_officer: AsOfficer, uris: list[str], status: int
) -> None:
    Registration.objects.filter(pk=shared.registration.pk).update(
        roles={"urn:school:principal": "teacher"}
    )
    number = tried(shared, roles=uris)

    assert claimed(as_officer("owner"), number).status_code == status


@pytest.mark.parametrize("number", ["00000000", "", "\x00"], ids=["another", "none", "no text"])
def test_a_number_nobody_was_shown_proves_nothing_and_is_not_guessed(
    shared: Platform, as_officer: AsOfficer, number: str
) -> None:
    tried(shared)
    who = as_officer("owner")

    assert claimed(who, number).status_code == 404
    cache.set(f"claims-missed:{who.institution.pk}", inbox.WRONG, 60)
    assert claimed(who, number).status_code == 429


def test_a_number_of_yesterday_proves_nothing(shared: Platform, as_officer: AsOfficer) -> None:
    number = tried(shared)
    LaunchState.objects.filter(support_id=number).update(
        created_at=timezone.now() - timedelta(hours=25)
    )

    assert claimed(as_officer("owner"), number).status_code == 404


@pytest.mark.parametrize("seen", ["recorded", "launched"])
def test_where_another_school_launches_from_the_same_platform_an_operator_confirms(
    shared: Platform, as_officer: AsOfficer, seen: str
) -> None:
    admin, other = as_officer("administrator"), as_officer("owner")
    theirs = row_of(shared, shared.deployment_id)  # of the school it was registered for
    if seen == "recorded":
        Deployment.objects.filter(pk=theirs.pk).update(platform={"guid": "school-a"})
    else:
        shared.launch(tool_platform=SCHOOL)
    number = tried(shared)

    assert "waits for an operator" in claimed(admin, number).text
    assert "claimed this installation before" in claimed(other, number).text

    row, page = row_of(shared, "7"), admin.url("institution_inbox")
    assert (row.status, row.institution) == ("pending", admin.institution)
    assert shared.launch(deployment_id="7").refused(403, "deployment_pending")
    approve = admin.url("deployment_approve", deployment=row.pk)
    assert admin.post(page, to=approve).status_code == 404
    assert "Take the claim back" in admin.get(page).text
    admin.post(page, to=admin.url("deployment_refuse", deployment=row.pk))
    assert "waits for an operator" in claimed(other, number).text


def test_a_platform_without_a_guid_is_claimed_by_the_number_alone(
    shared: Platform, as_officer: AsOfficer
) -> None:
    assert "yours and open" in claimed(as_officer("owner"), tried(shared, tool_platform={})).text


def test_one_schools_own_platform_gives_no_number_and_is_claimed_by_nobody_else(
    platform: Platform, as_officer: AsOfficer
) -> None:
    number = platform.launch(deployment_id="7", roles=[INSTRUCTOR]).begun.row.support_id

    assert claimed(as_officer("owner"), number).status_code == 404


def test_what_was_closed_is_claimed_by_nobody(shared: Platform, as_officer: AsOfficer) -> None:
    number = tried(shared)
    Deployment.objects.filter(pk=row_of(shared, "7").pk).update(status=Deployment.Status.DISABLED)

    assert claimed(as_officer("owner"), number).status_code == 404


def test_who_looks_after_a_shared_registration_sees_no_installation_of_others(
    shared: Platform, as_officer: AsOfficer
) -> None:
    admin = as_officer("owner")
    Registration.objects.filter(pk=shared.registration.pk).update(institution=admin.institution)
    tried(shared)

    page = admin.get(admin.url("platform", platform=shared.registration.pk)).text

    assert row_of(shared, "7") not in held.deployments(admin.institution, shared.registration)
    assert "None yet." in page


def test_an_inbox_with_nothing_in_it_says_so(as_officer: AsOfficer) -> None:
    admin = as_officer("owner", factories.an_institution(name=f"School {new_id()}"))

    assert "Nothing waits." in admin.get(admin.url("institution_inbox")).text
