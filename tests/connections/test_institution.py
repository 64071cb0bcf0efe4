"""An institution's connections: what its people enter, what they read of it, how it ends."""

from collections.abc import Callable

import httpx
import pytest

from connectors import applications
from connectors.models import Application, Connector, Token
from tests import factories
from tests.conftest import Running
from tests.connections.making import consent_at
from tests.people import Browser
from tests.sync.making import School, a_school
from tests.web.test_course import Teacher
from tutorai.ledger.models import AuditEvent, Job
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Identity

AsOfficer = Callable[..., Browser]


def placed(school: School, lms: str, issuer: str = "") -> None:
    """Let a launch have said which course it is; one of the vendor's, or of a server like any."""
    deployment = factories.a_deployment(school.course.institution)
    if issuer:
        type(deployment.registration).objects.filter(deployment=deployment).update(issuer=issuer)
    store.identify(
        institution_id=school.course.institution_id,
        source=f"{lms}:{deployment.pk}",
        kind=Identity.Of.COURSE,
        external_id=f"{school.url.partition('://')[2]}/{school.external['id']}",
        row=school.course.pk,
    )


@pytest.fixture(scope="module")
def moodle(sandbox: Running) -> School:
    made = a_school(sandbox, key="chemistry", join=False, dialect="moodle")
    placed(made, "moodle")
    return made


def test_a_moodle_is_connected_once_and_its_courses_go_through_it_by_one_click(
    as_officer: AsOfficer, moodle: School, tool: Running
) -> None:
    who = as_officer("administrator", moodle.course.institution)
    page = who.url("connection_add", lms="moodle", way="token")
    secret = moodle.told["people"]["service"]["token"]
    teacher = Teacher(tool, moodle.course)

    wrong = who.post(page, {"base_url": moodle.url, "token": "never"})
    private = who.post(page, {"base_url": "https://10.0.0.1", "token": secret})
    added = who.post(page, {"base_url": f"{moodle.url}/my/", "token": secret})
    offered = teacher.call("GET", "setup/1").text
    taken = teacher.call("POST", "connect/school").text
    listed = who.get(who.url("institution_connections")).text

    row = Connector.objects.get(course=moodle.course)
    assert row.through is not None
    assert (wrong.status_code, private.status_code) == (400, 400)
    assert "private address" in private.text
    assert "Connected." in added.text
    assert "Your school has connected Moodle" in offered
    assert "Moodle is connected" in taken or "Reading your course" in taken
    assert (row.through.base_url, row.through.course, row.tokens.count()) == (moodle.url, None, 0)
    assert Job.objects.filter(course=moodle.course, kind="sync_course").exists()
    assert "1 course goes through it" in listed
    assert secret not in added.text + offered + taken + listed + wrong.text

    tested = who.post(
        who.url("institution_connections"), to=who.url("connection_test", connection=row.through.pk)
    )
    ended = who.post(
        who.url("institution_connections"),
        to=who.url("connection_disconnect", connection=row.through.pk),
    )
    after = teacher.call("GET", "progress").text

    assert "Connected." in tested.text
    assert "Disconnected" in ended.text
    assert not Token.objects.filter(connector=row.through).exists()
    assert "does not let Tutor.AI in any more" in after
    told = AuditEvent.objects.filter(institution=who.institution.pk, actor=who.office.account_id)
    verbs = set(told.values_list("verb", flat=True))
    assert {"school.connect", "school.disconnect"} <= verbs


def test_a_developer_key_is_entered_consented_to_by_a_service_account_and_removed(
    as_officer: AsOfficer, sandbox: Running, tool: Running
) -> None:
    school = a_school(sandbox)
    who = as_officer("owner", school.course.institution)
    api = school.told["registration"]["api"]
    form = {"base_url": school.url, "client_id": api["client_id"], "secret": api["client_secret"]}
    page = who.url("connection_add", lms="canvas", way="application")
    listed = who.url("institution_connections")

    guide = who.get(page).text
    added = who.post(page, form).text
    row = Application.objects.get(institution=who.institution)
    leaving = who.post(listed, to=who.url("application_consent", application=row.pk)).text
    url = leaving.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&")
    back = consent_at(url, str(school.told["people"]["teacher"]["id"]))
    done = who.http.get("/connect/canvas/callback", params=back)
    connected = who.get(listed).text

    whole = Connector.objects.get(institution=who.institution, course=None)
    assert f"{tool.url}/connect/canvas/callback" in guide
    assert "url:GET|/api/v1/courses/:course_id/modules" in guide
    assert api["client_id"] in added
    assert api["client_secret"] not in added + leaving + connected
    assert "Back to Connections" in done.text
    assert (whole.application_id, whole.account_id) == (row.pk, who.office.account_id)
    assert Token.objects.get(connector=whole).kind == Token.Kind.OAUTH
    assert "At work" in connected

    Connector.objects.filter(pk=whole.pk).update(status=Connector.Status.NEEDS_REAUTH)
    home = who.get(who.url("institution_home")).text
    who.post(listed, to=who.url("application_remove", application=row.pk))

    assert "A connection to your learning platform has ended" in home
    assert not Application.objects.filter(institution=who.institution).exists()


def test_the_operators_application_opens_a_school_what_its_own_launches_named_and_no_more(
    as_officer: AsOfficer, sandbox: Running
) -> None:
    school = a_school(sandbox, key="chemistry", join=False, dialect="blackboard")
    who = as_officer("owner", school.course.institution)
    stranger = as_officer("owner")
    api = school.told["registration"]["api"]
    told = {"lms": "blackboard", "base_url": school.url}
    row = applications.keep(None, client_id=api["client_id"], secret=api["client_secret"], **told)
    placed(school, "blackboard")  # as a server says that somebody of the school set up alone
    before = who.get(who.url("institution_connections")).text
    placed(school, "blackboard", "https://blackboard.com")
    page = who.get(who.url("institution_connections")).text

    def press(officer: Browser) -> httpx.Response:
        form = {"site": school.url}
        to = officer.url("application_connect", application=row.pk)
        return officer.post(officer.url("institution_connections"), form, to=to)

    refused, done = press(stranger), press(who)

    whole = Connector.objects.get(institution=who.institution, course=None)
    assert "Ready to be connected" not in before
    assert "Ready to be connected" in page
    assert (refused.status_code, "Connected." in done.text) == (404, True)
    assert (whole.lms, whole.application_id) == ("blackboard", row.pk)
    assert Token.objects.get(connector=whole).kind == Token.Kind.CLIENT
    row.delete()


def test_others_schools_connections_are_not_there_and_only_some_offices_change_any(
    as_officer: AsOfficer,
) -> None:
    theirs = Connector.objects.create(
        institution=factories.an_institution(), lms="moodle", base_url="https://m.example"
    )
    who = as_officer("owner")
    page = who.url("institution_connections")

    answer = who.post(page, to=who.url("connection_disconnect", connection=theirs.pk))

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.status) == (404, "active")
    for role in ("support", "auditor"):
        other = as_officer(role)
        assert other.get(other.url("institution_connections")).status_code == 403
