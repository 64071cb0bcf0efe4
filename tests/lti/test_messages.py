"""Messages, copies and endings as the pretend Canvas sends them, from its launch to our pages."""

import html
import json
import re
from typing import Any

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from lti import lineage, notices
from lti.models import Deployment, Notice
from tests.conftest import Running
from tests.lti.test_about import graded
from tutorai import flows
from tutorai.ids import new_id
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course, Institution, User


class School:
    """A pretend Canvas with a course, and the tool."""

    def __init__(self, tool: Running, sandbox: Running) -> None:
        self.tool, self.sandbox = tool, sandbox
        self.told = self.control("worlds", tool_url=tool.url, courses=["physics"])
        own = ["--institution", f"observed-{new_id()}"]  # its switches are no other test's
        call_command("lti_register", *self.told["registration"]["lti_register"], *own)
        self.course = self.told["courses"]["physics"]["id"]

    def control(self, path: str, **body: Any) -> Any:
        answer = httpx.post(f"{self.sandbox.url}/sandbox/{path}", json=body, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def person(self, name: str) -> str:
        return str(self.told["people"][name]["id"])

    def launch(self, who: str, **options: Any) -> "Visit":
        """Go all the way a browser goes."""
        asked = {"person": self.person(who), "course": self.course, **options}
        given = self.control("launch", **asked)
        login = httpx.post(given["login_url"], data=given["parameters"])
        form = httpx.get(login.headers["Location"], timeout=30).text
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        cookie = login.headers["Set-Cookie"].split(";")[0]
        answer = httpx.post(
            f"{self.tool.url}/lti/launch",
            data={name: html.unescape(value) for name, value in fields.items()},
            headers={"Cookie": cookie},
        )
        return Visit(self.tool, answer)

    @property
    def deployment(self) -> Deployment:
        """Its row with us."""
        client = self.told["registration"]["client_id"]
        return Deployment.objects.get(registration__client_id=client)


class Visit:
    """What a launch brought."""

    def __init__(self, tool: Running, answer: httpx.Response) -> None:
        self.tool, self.answer = tool, answer

    @property
    def island(self) -> Any:
        """What the tool handed to its page."""
        found = re.search(r'id="launch"[^>]*>(.*?)</script>', self.answer.text, re.DOTALL)
        assert found, self.answer.text[:600]
        return json.loads(found.group(1))

    @property
    def course(self) -> Course:
        """The course somebody came to, as it stands with us."""
        return Course.objects.get(pk=self.island["course"]["id"])

    @property
    def page(self) -> str:
        """What its first page says."""
        bearer = {"Authorization": f"Bearer {self.island['access_token']}"}
        return httpx.get(f"{self.tool.url}/pages/home", headers=bearer).text


@pytest.fixture
def school(tool: Running, sandbox: Running) -> School:
    return School(tool, sandbox)


def test_a_course_copied_in_canvas_is_known_before_anybody_opens_it(school: School) -> None:
    old = school.launch("teacher").course
    Course.objects.filter(pk=old.pk).update(hold_minutes=30)
    asked = Job.objects.get(kind=notices.KIND, payload__deployment=str(school.deployment.pk))
    flows.WORK[notices.KIND].run(asked)

    copied = school.control("copies", course=school.course, name="Physics, spring")
    new = Course.objects.get(copied_from=old)
    teacher = school.launch("teacher", course=copied["course"]["id"])

    assert [one["status"] for one in copied["notices"]] == [200]
    assert Notice.objects.filter(course=new, kind=notices.COPY).count() == 1
    assert (new.title, new.hold_minutes) == ("Physics, spring", 30)
    assert teacher.course == new
    assert "This course is a copy" in teacher.page


def test_where_no_notice_came_its_history_tells_of_the_copy(school: School) -> None:
    old = school.launch("teacher").course

    copied = school.control("copies", course=school.course, name="Physics, autumn")
    new = school.launch("teacher", course=copied["course"]["id"]).course

    assert new.copied_from == old
    assert Job.objects.filter(kind=lineage.KIND, course=new).exists()


def test_observers_the_test_student_a_privacy_launch_and_an_ended_course_come_as_canvas_sends_them(
    school: School,
) -> None:
    course = school.launch("student").course
    Course.objects.filter(pk=course.pk).update(opened_at=timezone.now())
    Institution.objects.filter(pk=course.institution_id).update(observers_may_see=True)
    ben = User.objects.get(enrolments__course=course, enrolments__role="student")
    graded(course, ben, "delivered", 8)

    observer = school.launch("observer").page
    test = school.launch("teststudent")
    privacy = school.launch(
        "student", message="DataPrivacyLaunchRequest", for_user=school.person("student")
    ).page
    school.control(f"courses/{school.course}", state="completed")
    over = school.launch("student")
    read = over.page
    school.control(f"courses/{school.course}", state="available")
    back = school.launch("student")

    assert ben.name in observer
    assert "8 / 10" in observer
    assert test.island["test_student"] is True
    assert "What Tutor.AI holds of you" in privacy
    assert (over.island["ended"], back.island["ended"]) == (True, False)
    assert "This course has ended" in read
