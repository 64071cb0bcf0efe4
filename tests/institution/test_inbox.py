"""An installation nobody knew waits for its school, which hears of it once and decides."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from lti import inbox
from lti.claims import Launch
from lti.models import Deployment, Registration
from tests import factories
from tests.lti.platform import Platform
from tests.people import Browser
from tests.racing import at_once
from tutorai.flows import WORK
from tutorai.ids import new_id
from tutorai.inbox import KIND
from tutorai.ledger import attempts
from tutorai.ledger.models import AuditEvent, Job
from tutorai.models import Office

AsOfficer = Callable[..., Browser]
UUID_LIKE = "4cd2d3a1-8a47-45e7-9f5c"
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


def test_an_installation_of_a_shared_registration_is_listed_to_nobody_and_claimed_by_its_id(
    shared: Platform, as_officer: AsOfficer, mailed: list[Any]
) -> None:
    admin, other = as_officer("administrator"), as_officer("owner")
    shared.launch(deployment_id=UUID_LIKE, tool_platform=SCHOOL)
    told()
    assert mailed[0].bcc == ["ops@example.edu"]
    assert all(
        UUID_LIKE not in one.get(one.url("institution_inbox")).text for one in (admin, other)
    )

    wrong, right = claimed(admin, shared, UUID_LIKE.upper()), claimed(admin, shared, UUID_LIKE)

    assert (wrong.status_code, right.status_code) == (404, 200)
    assert "every character counts" in wrong.text
    assert "yours and open" in right.text
    assert shared.launch(deployment_id=UUID_LIKE).role == "student"
    assert row_of(shared, UUID_LIKE).institution == admin.institution
    assert claimed(other, shared, UUID_LIKE).status_code == 404  # never moved
    assert "yours and open" in claimed(admin, shared, UUID_LIKE).text
    told()
    assert "claimed" in mailed[1].subject


@pytest.mark.parametrize(
    ("deployment_id", "told"), [("1", SCHOOL), (UUID_LIKE, {})], ids=["guessed", "no guid"]
)
def test_a_claim_that_proves_little_waits_for_an_operator_and_can_be_taken_back(
    shared: Platform, as_officer: AsOfficer, deployment_id: str, told: dict[str, str]
) -> None:
    admin, other = as_officer("administrator"), as_officer("owner")
    shared.launch(deployment_id=deployment_id, tool_platform=told)

    assert "waits for an operator" in claimed(admin, shared, deployment_id).text
    assert "claimed this installation before" in claimed(other, shared, deployment_id).text

    row, page = row_of(shared, deployment_id), admin.url("institution_inbox")
    assert (row.status, row.institution) == ("pending", admin.institution)
    assert shared.launch(deployment_id=deployment_id).answer.status_code == 403
    approve = admin.url("deployment_approve", deployment=row.pk)
    assert admin.post(page, to=approve).status_code == 404
    assert "Take the claim back" in admin.get(page).text
    admin.post(page, to=admin.url("deployment_refuse", deployment=row.pk))
    assert "waits for an operator" in claimed(other, shared, deployment_id).text


@pytest.mark.parametrize("seen", ["recorded", "launched"])
def test_a_platform_that_is_another_schools_already_is_not_claimed_without_an_operator(
    shared: Platform, as_officer: AsOfficer, seen: str
) -> None:
    admin = as_officer("administrator")
    theirs = row_of(shared, shared.deployment_id)  # the first, of the school it was registered for
    if seen == "recorded":
        Deployment.objects.filter(pk=theirs.pk).update(platform={"guid": "school-a"})
    else:
        shared.launch(tool_platform=SCHOOL)
    shared.launch(deployment_id=UUID_LIKE, tool_platform=SCHOOL)

    assert "waits for an operator" in claimed(admin, shared, UUID_LIKE).text


def test_a_registration_that_is_another_schools_alone_cannot_be_claimed_from(
    platform: Platform, as_officer: AsOfficer
) -> None:
    stranger = as_officer("owner")
    platform.launch(deployment_id=UUID_LIKE, tool_platform=SCHOOL)

    assert claimed(stranger, platform, UUID_LIKE).status_code == 404
    assert claimed(stranger, platform, UUID_LIKE, registration="no id").status_code == 404


def test_what_was_refused_where_schools_came_to_share_is_claimed_by_nobody(
    shared: Platform, as_officer: AsOfficer
) -> None:
    shared.launch(deployment_id=UUID_LIKE, tool_platform=SCHOOL)
    Deployment.objects.filter(deployment_id=UUID_LIKE, registration=shared.registration).update(
        status=Deployment.Status.DISABLED
    )

    assert claimed(as_officer("owner"), shared, UUID_LIKE).status_code == 404


def claimed(who: Browser, shared: Platform, typed: str, registration: str = "") -> Any:
    given = {"registration": registration or shared.registration.pk, "deployment_id": typed}
    return who.post(who.url("institution_inbox"), given, to=who.url("deployment_claim"))


def test_an_inbox_with_nothing_in_it_says_so(as_officer: AsOfficer) -> None:
    admin = as_officer("owner", factories.an_institution(name=f"School {new_id()}"))

    assert "Nothing waits." in admin.get(admin.url("institution_inbox")).text
