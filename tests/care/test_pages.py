"""The pages and routes: who opens which, and what they show."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from agents import care
from agents.models import Attachment, CarePlan, Endpoint
from lti import sessions
from tests import factories
from tests.care import photos
from tests.conftest import Running
from tests.people import Browser
from tutorai.ledger.models import AuditEvent
from tutorai.lmsdm.models import User
from tutorai.lmsdm.schema import Role
from tutorai.models import Account

AsOfficer = Callable[..., Browser]
FORM = {
    "contact_name": ["Counselling", "", ""],
    "contact_how": ["+00 1234", "", ""],
    "contact_hours": ["day and night", "", ""],
    "recipients": "care@school.example, Care@school.example",
    "hours": "on working days",
    "mail_teachers": "on",
}


@pytest.fixture
def client(tool: Running) -> Any:
    with httpx.Client(base_url=tool.url, timeout=30) as http:
        yield http


def signed_in(http: httpx.Client, begun: sessions.Begun) -> Callable[..., httpx.Response]:
    def call(method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {begun.access_token}", **more.pop("headers", {})}
        return http.request(method, path, headers=headers, **more)

    return call


def test_an_institution_names_who_helps_and_is_reminded_until_it_has(as_officer: AsOfficer) -> None:
    who = as_officer("administrator")
    home, page = who.url("institution_home"), who.url("institution_care")

    before = who.get(home).text
    bad = who.post(page, {**FORM, "recipients": "nobody", "hours": ""})
    untold = who.post(page, {**FORM, "hours": " "})
    nameless = who.post(page, {**FORM, "contact_how": ["+00 1234", "+00 5678", ""]})
    saved = who.post(page, FORM)

    plan = CarePlan.objects.get(institution=who.institution)
    assert page in before.replace("&#x2F;", "/")
    assert "Name whom students in distress" in before
    assert (bad.status_code, untold.status_code) == (400, 400)
    assert nameless.status_code == 400
    assert "Say of each contact who it is" in nameless.text
    assert "+00 5678" in nameless.text
    assert "“nobody” is no e-mail address." in bad.text
    assert "Say when they read it" in untold.text
    assert "Saved." in saved.text
    assert plan.contacts == [{"name": "Counselling", "how": "+00 1234", "hours": "day and night"}]
    assert (plan.recipients, plan.hours) == (["care@school.example"], "on working days")
    assert plan.mail_teachers
    assert "These have no office here" in saved.text  # whoever is told could not see who it is
    assert "Name whom students in distress" not in who.get(home).text
    told = AuditEvent.objects.filter(verb="care.set", institution=who.institution.pk)
    assert list(told.values_list("actor", flat=True)) == [who.office.account_id]


def test_who_is_in_distress_sees_only_who_was_named_and_that_is_written_down(
    as_officer: AsOfficer,
) -> None:
    helper = as_officer("support")
    owner = as_officer("owner", helper.institution)
    address = Account.objects.get(pk=helper.office.account_id).email
    page = helper.url("institution_care")
    early = helper.get(page).status_code
    CarePlan.objects.create(
        institution=helper.institution, contacts=[], recipients=[address], hours="daily"
    )
    course = factories.a_course(helper.institution, title="Optics")
    student = factories.an_actor(course)
    User.objects.filter(pk=student.user_id).update(name="Zoë Quill")
    plea = care.plead(student, "distress")
    assert plea is not None
    read = helper.url("care_read", plea=plea.pk)

    unread, home = helper.get(page).text, helper.get(helper.url("institution_home")).text
    refused = owner.post(page, to=read)
    shown = helper.post(page, to=read)
    others = owner.get(page).text
    closed = helper.post(page, to=helper.url("care_close", plea=plea.pk))

    plea.refresh_from_db()
    assert early == 403
    assert "Zoë Quill" not in unread
    assert "1 student may need somebody" in home
    assert plea.closed_at is not None
    assert refused.status_code == 404
    assert "Zoë Quill" in shown.text
    assert "Optics" in shown.text
    assert "Zoë Quill" not in others
    assert "Zoë Quill" not in closed.text
    assert plea.read_account == helper.office.account_id
    looked = AuditEvent.objects.filter(subject=student.user_id, actor=helper.office.account_id)
    assert set(looked.values_list("verb", flat=True)) == {"plea.read", "plea.close"}


def test_a_student_asks_and_the_teacher_reads_answers_and_closes(client: httpx.Client) -> None:
    course = factories.a_course()
    student = signed_in(client, factories.a_session(course))
    begun = factories.a_session(course, Role.TEACHER)
    User.objects.filter(pk=begun.session.user_id).update(name="Grace")
    teacher = signed_in(client, begun)

    made = student("POST", "/v1/ai/pleas", json={"note": "A <b>word</b>, please"}).json()
    badge = teacher("GET", "/pages/course").text
    listed = teacher("GET", "/pages/asked").text
    one = teacher("GET", f"/pages/asked/{made['id']}").text
    shut = teacher("GET", f"/pages/asked/{made['id']}/talk").status_code
    empty = teacher("POST", f"/pages/asked/{made['id']}/reply", data={"reply": " "}).text
    told = {"reply": "On Monday at 10", "close": "1"}
    teacher("POST", f"/pages/asked/{made['id']}/reply", data=told)
    (mine,) = student("GET", "/v1/ai/pleas").json()

    assert "1 student wants a person." in badge
    assert "A &lt;b&gt;word" in one
    assert "is not shared" in one
    assert f"/pages/asked/{made['id']}" in listed
    assert shut == 404
    assert "a reply has 1 to 2000 characters" in empty
    assert (mine["reply"], mine["read_by"]) == ("On Monday at 10", "Grace")
    assert mine["read_at"]
    assert mine["closed_at"]
    assert 'class="badge"' not in teacher("GET", "/pages/course").text
    assert student("GET", "/pages/asked").status_code == 403


def test_a_student_attaches_sees_and_takes_back_a_photo_and_nobody_else_opens_it(
    client: httpx.Client,
) -> None:
    course = factories.a_course()
    Endpoint.objects.create(
        institution=course.institution,
        name="large",
        base_url="http://127.0.0.1:9/v1",
        model="m",
        vision=True,
    )
    student = signed_in(client, factories.a_session(course))
    other = signed_in(client, factories.a_session(course))
    file = {"file": ("board.jpg", photos.telling_jpeg(), "image/jpeg")}

    told = student("POST", "/v1/ai/attachments", files=file, headers={"Idempotency-Key": "k"})
    again = student("POST", "/v1/ai/attachments", files=file, headers={"Idempotency-Key": "k"})
    made = told.json()
    address = student("GET", f"/v1/ai/attachments/{made['id']}/link").json()["url"]
    shown = client.get(address)

    assert again.json() == made
    assert (made["name"], made["kind"]) == ("board.jpg", "picture")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert photos.SECRET not in shown.content
    assert other("GET", f"/v1/ai/attachments/{made['id']}/link").status_code == 404
    assert other("DELETE", f"/v1/ai/attachments/{made['id']}").status_code == 404
    assert client.get(f"{address}x").status_code == 404
    assert student("DELETE", f"/v1/ai/attachments/{made['id']}").status_code == 204
    assert client.get(address).status_code == 404
    assert not Attachment.objects.filter(pk=made["id"]).exists()
    large = {"file": ("a.txt", b"x" * (9 * 1024 * 1024), "text/plain")}
    assert student("POST", "/v1/ai/attachments", files=large).status_code == 413
    assert student("POST", "/v1/ai/attachments").status_code == 422


def test_nothing_is_asked_for_where_the_course_is_not_open(client: httpx.Client) -> None:
    student = signed_in(client, factories.a_session(factories.a_course(opened_at=None)))

    answers = [
        student("POST", "/v1/ai/pleas", json={}),
        student("POST", "/v1/ai/attachments", files={"file": ("a.py", b"x = 1", "text/plain")}),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "not_open")] * 2
