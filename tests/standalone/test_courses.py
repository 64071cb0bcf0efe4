"""Courses that are made here: who sees them, how their teacher and their students come in."""

import re
from collections.abc import Callable
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from lti import sessions
from lti.models import LaunchSession
from tests import factories
from tests.conftest import Running
from tests.people import TOKEN, Browser
from tests.standalone.making import a_course, an_officer
from tutorai import people
from tutorai.access import Officer
from tutorai.errors import CourseEnded, NotFound, NotSignedIn, TooMany
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm.models import Course, Enrolment, User
from tutorai.lmsdm.schema import Role
from tutorai.models import Account, JoinLink, Office, OwnCourse
from tutorai.standalone import courses, joining

AsOfficer = Callable[..., Browser]
FORM = {"title": "Físíca", "instructor": "Ada", "start": "2026-09-01", "end": "2026-12-18"}
ISLAND = re.compile(r'<script id="launch" type="application/json">(.*?)</script>', re.DOTALL)


def officer_of(browser: Browser) -> Officer:
    office = browser.office
    return Officer(office.account_id, office.institution, Office.Role(office.role))


def made(browser: Browser) -> Course:
    """Fill in the form."""
    answer = browser.post(browser.url("course_new"), {**FORM, "time_zone": "Europe/Madrid"})
    assert answer.status_code == 200, answer.text
    return Course.objects.get(institution=browser.institution)


def test_a_teacher_makes_a_course_opens_it_and_sees_no_other_page(as_officer: AsOfficer) -> None:
    teacher = as_officer("teacher")
    course = made(teacher)
    page = teacher.url("institution_course", course=course.pk)

    opened = teacher.post(page, to=teacher.url("course_enter", course=course.pk))

    assert str(course.start_at) == "2026-08-31 22:00:00+00:00"
    assert "09/01/2026 – 12/18/2026" in teacher.get(page).text  # as they are there, not in UTC
    assert (course.source, course.opened_at) == ("tutor-app", None)
    assert ISLAND.search(opened.text)
    assert opened.headers["Cache-Control"].count("no-store")
    row = LaunchSession.objects.get(course=course)
    account = Account.objects.get(pk=teacher.office.account_id)
    assert (row.deployment_id, row.account_id, row.user_id) == (None, account.pk, account.person_id)
    actor = sessions.actor_of(row.pk)
    assert (actor.role, actor.name) == (Role.TEACHER, "Ada")
    verbs = AuditEvent.objects.filter(course=course.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["own.enter", "own.make"]
    home = teacher.get(teacher.url("institution_home"))
    assert home.url.path == teacher.url("institution_courses")
    assert home.text.count('<li><a href="') == 1
    others = ("people", "platforms", "settings", "audit", "inbox", "diagnose", "moves", "sign_in")
    for name in others:
        assert teacher.get(teacher.url(f"institution_{name}")).status_code == 403, name


def test_another_teachers_and_another_schools_course_are_not_there(as_officer: AsOfficer) -> None:
    mine = as_officer("teacher")
    course = made(mine)
    colleague = as_officer("teacher", mine.institution)
    stranger = as_officer("owner")
    owner = as_officer("owner", mine.institution)
    pages = ["institution_course", "course_change", "course_export"]
    posts = ["course_enter", "course_join", "course_files", "course_link", "course_package"]

    for who in (colleague, stranger):
        listed = who.get(who.url("institution_courses")).text
        assert "Físíca" not in listed
        asked = [who.get(who.url(name, course=course.pk)) for name in pages]
        form = who.url("course_new")
        asked += [who.post(form, to=who.url(name, course=course.pk)) for name in posts]
        assert {answer.status_code for answer in asked} == {404}
    assert "Físíca" in owner.get(owner.url("institution_courses")).text
    assert owner.get(owner.url("institution_course", course=course.pk)).status_code == 200
    assert mine.get(mine.url("institution_move", course=course.pk)).status_code == 403


@pytest.mark.parametrize("wrong", [{"title": ""}, {"end": "2026-08-01"}, {"time_zone": "Mars/X"}])
def test_a_form_that_cannot_be_says_why_and_makes_nothing(
    as_officer: AsOfficer, wrong: dict[str, str]
) -> None:
    teacher = as_officer("teacher")

    answer = teacher.post(teacher.url("course_new"), {**FORM, "time_zone": "UTC", **wrong})

    assert answer.status_code == 400
    assert "errorlist" in answer.text
    assert not Course.objects.filter(institution=teacher.institution).exists()


def entered(who: Officer) -> tuple[Course, sessions.Begun]:
    course = a_course(who)
    return course, courses.enter(who, course, locale="en")


def test_a_teachers_session_ends_with_the_office() -> None:
    owner = an_officer(Office.Role.OWNER)
    teacher = an_officer(Office.Role.TEACHER, owner.institution)
    _course, begun = entered(teacher)
    assert sessions.actor(begun.access_token).role is Role.TEACHER
    office = Office.objects.get(account=teacher.account_id)

    people.change(owner.institution, office.pk, Office.Role.AUDITOR, by=owner.account_id)

    with pytest.raises(NotSignedIn):
        sessions.actor(begun.access_token)
    people.change(owner.institution, office.pk, Office.Role.TEACHER, by=owner.account_id)
    assert sessions.actor(begun.access_token).role is Role.TEACHER
    people.remove(owner.institution, office.pk, by=owner.account_id)
    with pytest.raises(NotSignedIn):
        sessions.refresh(begun.refresh_secret, launch_id=begun.session.pk)


def test_an_owner_who_becomes_a_teacher_keeps_only_what_they_made() -> None:
    owner, other = an_officer(Office.Role.OWNER), an_officer(Office.Role.OWNER)
    factories.an_office(owner.institution, Office.Role.OWNER)
    theirs = a_course(an_officer(Office.Role.TEACHER, owner.institution))
    begun = courses.enter(owner, theirs, locale="en")
    mine, of_mine = entered(owner)

    Office.objects.filter(account=owner.account_id).update(role=Office.Role.TEACHER)

    assert sessions.actor(of_mine.access_token).course_id == mine.pk
    with pytest.raises(NotSignedIn):
        sessions.actor(begun.access_token)
    with pytest.raises(NotFound):
        courses.find(other, mine.pk)


def test_no_session_without_a_launch_stands_in_an_lmss_course() -> None:
    teacher = an_officer()
    course, begun = entered(teacher)
    Course.objects.filter(pk=course.pk).update(source="lti:x")

    with pytest.raises(NotSignedIn):
        sessions.actor(begun.access_token)


def a_link() -> tuple[Course, str]:
    who = an_officer()
    course = a_course(who)
    secret = joining.renew(who, course, 7)
    return course, secret


def come(tool: Running, path: str, http: httpx.Client, **fields: str) -> httpx.Response:
    return http.post(path, data=fields, headers={"Origin": tool.url})


def test_a_student_joins_by_name_alone_and_is_the_same_person_next_time(tool: Running) -> None:
    course, secret = a_link()
    path = f"/join/{secret}"
    with httpx.Client(base_url=tool.url, timeout=30) as http:
        page = http.get(path)
        assert (course.title in page.text, "csrf" in page.text) == (True, False)
        assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
        nameless = come(tool, path, http, name=" \u200b ", new="1")
        assert (nameless.status_code, "say what you are called" in nameless.text) == (400, True)
        assert not Enrolment.objects.filter(course=course).exists()
        foreign = http.post(path, data={"name": "Eve"}, headers={"Origin": "https://evil.example"})
        assert foreign.status_code == 403

        first = come(tool, path, http, name="  Ben\x00  <b>Ali</b> ", new="1")

        assert ISLAND.search(first.text)
        cookie = next(each for each in http.cookies.jar if each.name.startswith("join_"))
        http.cookies.set(cookie.name, str(cookie.value))  # this client keeps no Secure ones on http
        assert "Go on as Ben &lt;b&gt;Ali&lt;/b&gt;" in http.get(path).text
        come(tool, path, http)
        come(tool, path, http, name="Cleo", new="1")
    assert list(
        User.objects.filter(enrolments__course=course).order_by("pk").values_list("name", "email")
    ) == [("Ben <b>Ali</b>", ""), ("Cleo", "")]
    assert LaunchSession.objects.filter(course=course, account=None).count() == 3
    actor = sessions.actor_of(LaunchSession.objects.filter(course=course).first().pk)  # type: ignore[union-attr]
    assert (actor.role, actor.course_id) == (Role.STUDENT, course.pk)
    assert JoinLink.objects.get(course=course).came == 2


@pytest.mark.parametrize("how", ["closed", "expired", "moved", "renewed", "unknown"])
def test_a_link_that_is_over_is_not_there(how: str) -> None:
    course, secret = a_link()
    maker = OwnCourse.objects.get(course=course).made_by_id
    assert maker is not None
    who = Officer(maker, course.institution, Office.Role.TEACHER)
    match how:
        case "closed":
            joining.close(who, course)
        case "expired":
            JoinLink.objects.filter(course=course).update(expires_at=timezone.now())
        case "moved":
            Course.objects.filter(pk=course.pk).update(moved_to=factories.a_course())
        case "renewed":
            joining.renew(who, course, 1)
        case _:
            secret = "nobody's"

    with pytest.raises(NotFound):
        joining.come(secret, name="Ben", known_by="", locale="en")


def test_who_was_taken_out_stays_out_and_a_link_lets_only_so_many_in() -> None:
    course, secret = a_link()
    ben = joining.come(secret, name="Ben", known_by="", locale="en")
    Enrolment.objects.filter(course=course).update(active=False)

    with pytest.raises(NotFound):
        joining.come(secret, name="", known_by=ben.known_by, locale="en")
    with pytest.raises(NotSignedIn):
        sessions.actor(ben.begun.access_token)
    JoinLink.objects.filter(course=course).update(came=joining.MOST)
    with pytest.raises(TooMany):
        joining.come(secret, name="Cleo", known_by="", locale="en")


def test_a_script_that_joins_on_and_on_is_slowed_down() -> None:
    course, secret = a_link()
    row = joining.come(secret, name="Ben", known_by="", locale="en").begun.session
    rows = [
        LaunchSession(
            user=row.user,
            course=course,
            role="student",
            message_type="",
            refresh_hash="",
            expires_at=timezone.now() + timedelta(hours=1),
        )
        for _each in range(joining.AT_ONCE)
    ]
    LaunchSession.objects.bulk_create(rows)

    with pytest.raises(TooMany):
        joining.come(secret, name="Cleo", known_by="", locale="en")


def test_a_browser_known_in_one_course_is_nobody_in_another() -> None:
    _course, secret = a_link()
    other, another = a_link()
    ben = joining.come(secret, name="Ben", known_by="", locale="en")

    assert joining.known(other, ben.known_by) is None
    came = joining.come(another, name="Ben", known_by=ben.known_by, locale="en")
    assert came.begun.session.user_id != ben.begun.session.user_id


def test_teachers_pages_of_such_a_course_speak_of_no_lms(tool: Running) -> None:
    _course, begun = entered(an_officer())
    bearer = {"Authorization": f"Bearer {begun.access_token}"}

    pages = ["home", "course", "setup/1", "chat", "rollover"]
    texts = [httpx.get(f"{tool.url}/pages/{page}", headers=bearer) for page in pages]

    assert {answer.status_code for answer in texts} == {200}
    for answer in texts:
        assert "Canvas" not in answer.text
        assert "/pages/grades" not in answer.text
        assert "/pages/connect" not in answer.text


def test_a_course_that_moved_is_read_only_and_says_where_it_lives(tool: Running) -> None:
    who = an_officer()
    course, begun = entered(who)
    target = factories.a_course(who.institution, title="Physics in Canvas")
    Course.objects.filter(pk=course.pk).update(moved_to=target)
    bearer = {"Authorization": f"Bearer {begun.access_token}"}

    page = httpx.get(f"{tool.url}/pages/course", headers=bearer)
    upload = httpx.post(f"{tool.url}/pages/open", headers=bearer)
    me = httpx.get(f"{tool.url}/v1/me", headers=bearer).json()

    assert "lives in your learning platform now, as “Physics in Canvas”" in page.text
    assert (upload.status_code, upload.json()["code"]) == (409, "course_ended")
    assert (me["moved"], me["ended"]) == (True, False)
    with pytest.raises(CourseEnded):
        courses.open_one(who, course.pk)
    assert courses.find(who, course.pk) == course


def test_of_several_files_one_that_cannot_be_read_keeps_no_other_out(as_officer: AsOfficer) -> None:
    teacher = as_officer("teacher")
    course = made(teacher)
    page = teacher.url("institution_course", course=course.pk)
    token = TOKEN.search(teacher.get(page).text)
    assert token is not None
    files = [("files", (name, b"Words.")) for name in ("a.txt", "b.exe", "c.md")]

    answer = teacher.http.post(
        teacher.url("course_files", course=course.pk),
        data={"csrfmiddlewaretoken": token[1]},
        files=files,
    )

    assert sorted(course.items.values_list("title", flat=True)) == ["a.txt", "c.md"]
    assert "2 files are added." in answer.text
    assert "b.exe: " in answer.text
    assert course.items.filter(source="upload", uploaded_by=None).count() == 2
