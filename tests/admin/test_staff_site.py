"""The staff site over real HTTP: who may launch, what was buried, and who signs in."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from auditlog.models import LogEntry
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone

from agents.llm import places
from agents.models.money import Endpoint
from connectors.models import Connector, SyncCursor, Token
from lti.models import Deployment, Registration
from tests import factories, people
from tests.conftest import Running
from tutorai import crypto
from tutorai.errors import BadRequest
from tutorai.ids import new_id
from tutorai.ledger import attempts, jobs
from tutorai.ledger.attempts import Work
from tutorai.ledger.models import Job
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Institution
from tutorai.models import Account, Office

PASSWORD = factories.PASSWORD
an_account = factories.an_account
CHANGE = [
    "agents.endpoint",
    "lmsdm.institution",
    "lti.registration",
    "lti.deployment",
    "tutorai.account",
    "connectors.connector",
    "connectors.synccursor",
    "ledger.job",
    "auditlog.logentry",
]


class Browser(people.Browser):
    """A browser on the staff site."""

    def sign_in(self, email: str) -> httpx.Response:
        """Begin as somebody who has signed in (tests/institution/test_sign_in.py goes the way)."""
        self.http.cookies.set("sessionid", people.session(Account.objects.get(email=email)))
        return self.get("/admin/")

    def act(self, model: type[Model], action: str, *rows: Model, **fields: Any) -> httpx.Response:
        """Run an action on rows of a list."""
        picked = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
        return self.post(listed(model), {**picked, **fields})


def listed(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def opened(row: Model) -> str:
    label = row._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{label}_change", args=[row.pk])


@pytest.fixture
def browser(tool: Running) -> Iterator[Browser]:
    """Somebody who is not signed in."""
    with httpx.Client(base_url=tool.url, follow_redirects=True, timeout=30) as http:
        yield Browser(http)


@pytest.fixture(scope="module")
def operator(tool: Running) -> Iterator[Browser]:
    """Somebody signed in who may do everything."""
    with httpx.Client(base_url=tool.url, follow_redirects=True, timeout=30) as http:
        browser = Browser(http)
        answer = browser.sign_in(an_account(is_staff=True, is_superuser=True).email)
        assert (answer.status_code, answer.url.path) == (200, "/admin/")
        yield browser


def a_registration(**fields: Any) -> Registration:
    urls = dict.fromkeys(["auth_url", "token_url", "jwks_url"], "https://lms.example.edu/x")
    names = {
        "name": "Moodle",
        "issuer": str(new_id()),
        "client_id": "1",
        "login_slug": new_id().hex,
    }
    return Registration.objects.create(**{**urls, **names, **fields})


def a_deployment(**fields: Any) -> Deployment:
    registration = fields.pop("registration", None) or a_registration()
    return Deployment.objects.create(
        registration=registration, deployment_id=str(new_id()), **fields
    )


def a_connector() -> Connector:
    course = factories.a_course()
    row = Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="canvas",
        base_url="https://school.example.edu",
        status="needs_reauth",
        error="lms_unauthorised",
    )
    SyncCursor.objects.create(connector=row, course=course, kind="course", error="bad_request")
    return row


def a_buried_job() -> Job:
    def fail(job: Job) -> None:
        raise BadRequest(why="x")

    job = jobs.add("kind", {}, queue="nowhere", key=str(new_id()))
    attempts.attempt(job.pk, {"kind": Work(fail)})
    job.refresh_from_db()
    return job


@pytest.fixture
def filled() -> dict[str, Model]:
    """A row of everything the site shows, by the model's label."""
    rows: list[Model] = [
        factories.an_institution(model_key=crypto.encrypt("sk-1", purpose="model-key")),
        a_deployment(),
        an_account(),
        a_connector(),
        a_buried_job(),
        a_registration(),
        # Switched off: what an operator names is every school's.
        Endpoint.objects.create(name=str(new_id()), model="m", off_at=timezone.now()),
    ]
    newest: list[Model] = [SyncCursor.objects.latest("pk"), LogEntry.objects.latest("pk")]
    return {row._meta.label_lower: row for row in [*rows, *newest]}


# --- pages ----------------------------------------------------------------------------------


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=str), ids=str)
def test_every_list_opens_filtered_and_searched_too(
    operator: Browser, filled: dict[str, Model], model: type[Model]
) -> None:
    assert operator.get(listed(model)).status_code == 200
    assert operator.get(f"{listed(model)}?q=x").status_code == 200


@pytest.mark.parametrize("label", CHANGE)
def test_every_row_opens(operator: Browser, filled: dict[str, Model], label: str) -> None:
    assert operator.get(opened(filled[label])).status_code == 200


@pytest.mark.parametrize("model", [Institution, Registration, Deployment, Account, Endpoint])
def test_what_people_make_here_has_a_form(operator: Browser, model: type[Model]) -> None:
    assert operator.get(listed(model) + "add/").status_code == 200


@pytest.mark.parametrize("model", [Connector, SyncCursor, Job])
def test_what_the_product_writes_is_only_looked_at(
    operator: Browser, filled: dict[str, Model], model: type[Model]
) -> None:
    row = filled[model._meta.label_lower]

    assert operator.get(listed(model) + "add/").status_code == 403
    assert operator.post(opened(row), {"state": "done", "status": "ok"}).status_code == 403
    assert operator.get(opened(row) + "delete/").status_code == 403


def test_every_file_a_page_names_is_there_and_the_policy_is_the_sites_own(
    operator: Browser, filled: dict[str, Model]
) -> None:
    page = operator.get(listed(Job))
    named = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))

    assert len(named) > 3
    assert {path: operator.get(path).status_code for path in named} == dict.fromkeys(named, 200)
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/admin/", "/admin/ledger/job/", "/admin/jsi18n/"])
def test_who_is_not_signed_in_is_asked_to(browser: Browser, path: str) -> None:
    answer = browser.get(path)

    assert answer.url.path == "/sign-in/"


def test_an_account_without_rights_sees_no_rows(browser: Browser) -> None:
    browser.sign_in(an_account(is_staff=True).email)

    assert browser.get(listed(Job)).status_code == 403
    assert browser.get(listed(Deployment)).status_code == 403


def test_no_learner_and_no_secret_stands_on_any_page(
    operator: Browser, filled: dict[str, Model]
) -> None:
    connector = filled["connectors.connector"]
    assert isinstance(connector, Connector)
    learner = factories.a_user(connector.institution, name="Zenobia", email="z@example.edu")
    Connector.objects.filter(pk=connector.pk).update(made_by=learner)
    sealed = crypto.encrypt("canvas-token", purpose="lms-token")
    Token.objects.create(connector=connector, user=learner, access=sealed)
    school = Institution.objects.get(pk=filled["lmsdm.institution"].pk)
    pages = [operator.get(listed(model)).text for model in admin.site._registry]
    pages += [operator.get(opened(row)).text for row in filled.values()]

    for secret in ("Zenobia", "z@example.edu", sealed, school.model_key, "sk-1"):
        assert not [page for page in pages if secret in page]


# --- schools and platforms ------------------------------------------------------------------


def test_an_unknown_deployment_is_let_in_for_a_school_by_one_action(operator: Browser) -> None:
    row, school = a_deployment(), factories.an_institution()

    answer = operator.act(Deployment, "approve", row, institution=str(school.pk))

    row.refresh_from_db()
    assert "1 deployment approved." in answer.text
    assert (row.status, row.institution) == ("active", school)
    entry = LogEntry.objects.get_for_object(row).first()
    assert entry is not None
    assert (entry.changes or {})["status"] == ["pending", "active"]
    assert entry.actor is not None


def test_a_deployment_belongs_to_its_registrations_school_where_none_is_chosen(
    operator: Browser,
) -> None:
    school = factories.an_institution()
    row = a_deployment(registration=a_registration(institution=school))

    operator.act(Deployment, "approve", row, institution="")

    row.refresh_from_db()
    assert (row.status, row.institution) == ("active", school)


def test_a_deployment_of_a_client_that_schools_share_is_given_to_none_of_them_by_default(
    operator: Browser,
) -> None:
    one, other = factories.an_institution(), factories.an_institution()
    shared = a_registration(institution=one)
    a_deployment(registration=shared, institution=other, status="active")
    always = a_registration(institution=one, family="blackboard")
    rows = [a_deployment(registration=each) for each in (shared, always)]

    for row in rows:
        answer = operator.act(Deployment, "approve", row, institution="")
        row.refresh_from_db()
        assert "choose the institution it belongs to" in answer.text
        assert (row.status, row.institution) == ("pending", None)


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ("", "choose the institution it belongs to"),
        ("no-uuid", "No action selected"),
        ("018f0000-0000-7000-8000-000000000000", "No action selected"),
    ],
)
def test_a_deployment_of_no_school_stays_pending(
    operator: Browser, chosen: str, words: str
) -> None:
    row = a_deployment()

    answer = operator.act(Deployment, "approve", row, institution=chosen)

    row.refresh_from_db()
    assert answer.status_code == 200
    assert words in answer.text
    assert (row.status, row.institution) == ("pending", None)


def test_a_disabled_deployment_is_not_approved_along_the_way(operator: Browser) -> None:
    row, school = a_deployment(status="disabled"), factories.an_institution()

    operator.act(Deployment, "approve", row, institution=str(school.pk))

    row.refresh_from_db()
    assert row.status == "disabled"


def platform(**fields: Any) -> dict[str, Any]:
    urls = dict.fromkeys(["auth_url", "token_url", "jwks_url"], "https://lms.example.edu/x")
    told = {"name": "Moodle", "issuer": str(new_id()), "client_id": "1", "family": "moodle"}
    return {**told, **urls, "token_audience": "", "roles": "{}", "active": "on", **fields}


def test_a_platform_is_registered_with_a_login_address_of_its_own(operator: Browser) -> None:
    fields = platform()

    operator.post(listed(Registration) + "add/", fields)
    row = Registration.objects.get(issuer=fields["issuer"])
    slug = row.login_slug
    operator.post(opened(row), {**fields, "name": "Renamed"})

    row.refresh_from_db()
    assert len(slug) == 32
    assert (row.name, row.login_slug) == ("Renamed", slug)


def test_a_platform_at_an_address_we_may_not_call_is_refused(operator: Browser) -> None:
    fields = platform(jwks_url="https://10.0.0.1/jwks")

    answer = operator.post(listed(Registration) + "add/", fields)

    assert "a private address" in answer.text
    assert not Registration.objects.filter(issuer=fields["issuer"]).exists()


def test_a_schools_model_key_goes_in_and_does_not_come_out(operator: Browser) -> None:
    row = factories.an_institution()
    fields = {"name": "School", "slug": row.slug, "model_name": "m", "model_base_url": ""}
    fields |= {"hold_minutes": "5", "audit_months": "24"}

    operator.post(opened(row), {**fields, "new_key": "sk-secret"})
    row.refresh_from_db()
    first = row.model_key
    operator.post(opened(row), {**fields, "new_key": ""})

    row.refresh_from_db()
    assert crypto.decrypt(first, purpose="model-key") == "sk-secret"
    assert row.model_key == first
    told = [entry.changes for entry in LogEntry.objects.get_for_object(row)]
    assert {"model_key": ["…", "…"]}.items() <= {**told[0], **told[1]}.items()
    assert first not in str(told)


def test_an_operators_endpoint_is_every_schools_and_its_key_does_not_come_out(
    operator: Browser,
) -> None:
    school, name = factories.an_institution(), str(new_id())
    fields = {"name": name, "size": "large", "position": "0", "base_url": "http://10.0.0.9/v1"}
    fields |= {"model": "m", "price_in": "1", "price_out": "2", "context": "8192"}
    abilities = ("tools", "json_schema", "vision", "stream_usage")
    fields |= dict.fromkeys(abilities, "unknown") | {"new_key": "sk-ours"}

    operator.post(listed(Endpoint) + "add/", fields)
    again = operator.post(listed(Endpoint) + "add/", fields)

    row = Endpoint.objects.get(name=name)
    try:
        [place] = [one for one in places.every(school) if one.name == name]
        assert (place.trusted, place.key, row.institution) == (True, "sk-ours", None)
        assert "Another endpoint has this name." in again.text
        page = operator.get(opened(row)).text
        assert row.key not in page
        assert "sk-ours" not in page
        factories.an_endpoint(school)
        assert name not in [one.name for one in places.every(school)]
    finally:
        row.delete()


# --- accounts -------------------------------------------------------------------------------


def test_an_account_is_made_and_gets_an_office(operator: Browser) -> None:
    email, school = f"{new_id()}@example.edu", factories.an_institution()
    words = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    inline = {"office_set-TOTAL_FORMS": "1", "office_set-INITIAL_FORMS": "0"}
    office = {"office_set-0-institution": str(school.pk), "office_set-0-role": "owner"}

    operator.post(listed(Account) + "add/", {"email": email, **words, **inline, **office})

    row = Account.objects.get(email=email)
    assert row.check_password(PASSWORD)
    assert str(Office.objects.get(account=row, institution=school)) == "owner"
    assert str(row) == str(row.pk)
    told = str([entry.changes for entry in LogEntry.objects.get_for_object(row)])
    assert row.password not in told


def test_a_password_is_changed_on_a_page_of_its_own(operator: Browser) -> None:
    row = an_account()
    fields = {"password1": PASSWORD + "!", "password2": PASSWORD + "!", "usable_password": "true"}

    operator.post(reverse("admin:auth_user_password_change", args=[row.pk]), fields)

    row.refresh_from_db()
    assert row.check_password(PASSWORD + "!")


def test_whoever_lost_their_second_factor_sets_another_up(operator: Browser) -> None:
    office = factories.an_office()
    TOTP.activate(office.account, "JBSWY3DPEHPK3PXP")

    answer = operator.act(Account, "take_factors", office.account)

    assert "1 account has none now." in answer.text
    assert not Authenticator.objects.filter(user=office.account).exists()
    (event,) = AuditEvent.objects.filter(institution=office.institution_id)
    assert (event.verb, event.object) == ("account.factor_remove", office.account_id)
    assert event.actor not in {None, office.account_id}


def test_the_tables_of_the_sign_in_are_not_on_the_site() -> None:
    shown = {model._meta.app_label for model in admin.site._registry}

    assert not shown & {"mfa", "socialaccount", "account"}


# --- jobs -----------------------------------------------------------------------------------


def test_a_buried_job_says_why_in_words_and_runs_again(operator: Browser) -> None:
    job = a_buried_job()

    assert "This cannot be used: …" in operator.get(f"{listed(Job)}?state__exact=buried").text
    answer = operator.act(Job, "retry", job)

    job.refresh_from_db()
    assert "1 job waits to run again." in answer.text
    assert (job.state, job.attempts) == ("waiting", 0)


def test_a_job_that_is_not_buried_is_left_alone(operator: Browser) -> None:
    job = jobs.add("kind", {}, queue="nowhere")
    attempts.attempt(job.pk, {"kind": Work(lambda job: None)})

    answer = operator.act(Job, "retry", job)

    job.refresh_from_db()
    assert "0 jobs wait to run again." in answer.text
    assert job.state == "done"


@pytest.mark.parametrize("by", ["state__exact=buried", "kind__exact=kind", "queue__exact=nowhere"])
def test_jobs_are_listed_by_state_kind_and_queue(operator: Browser, by: str) -> None:
    job = a_buried_job()

    assert str(job.pk) in operator.get(f"{listed(Job)}?{by}").text
