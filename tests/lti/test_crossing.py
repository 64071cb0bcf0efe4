"""Two schools behind one platform: same issuer, same ids of people and courses, nothing shared."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest
from django.utils import timezone

from lti import service_tokens
from lti.models import Deployment
from tests.lti.platform import INSTRUCTOR, Platform, http
from tests.lti.scripted import SCOPES, Place
from tests.retrieval import making
from tutorai.ids import new_id
from tutorai.lmsdm.models import Course, Institution

Another = Callable[..., Platform]
WORD = {"north": "a sliding block is slowed by kinetic friction", "south": "magma slows nothing"}


@dataclass
class School:
    """A school as one of its students meets it."""

    name: str
    platform: Platform
    deployment_id: str
    conversation: str = ""

    def launch(self, **changes: Any) -> Any:
        told = self.platform.launch(deployment_id=self.deployment_id, **changes)
        return told.island

    def fill(self) -> None:
        """Open its course with one page of its own, and let its student ask about it."""
        self.student = self.launch()
        self.teacher = self.launch(sub="teacher-1", roles=[INSTRUCTOR])
        self.course = Course.objects.get(pk=self.student["course"]["id"])
        Course.objects.filter(pk=self.course.pk).update(opened_at=timezone.now())
        making.indexed(making.a_page(self.course, f"Of {self.name}", f"<p>{WORD[self.name]}.</p>"))
        told = self.ask("What slows a block?").json()
        self.conversation = told["conversation_id"]

    def ask(self, question: str, course: Any = None, **more: Any) -> Any:
        body = {"course_id": str((course or self.course).pk), "question": question, **more}
        return self.call("POST", "/v1/ai/ask", json=body)

    def call(self, method: str, path: str, who: str = "student", **how: Any) -> Any:
        bearer = {"Authorization": f"Bearer {getattr(self, who)['access_token']}"}
        return http(method, f"{self.platform.tool.url}{path}", headers=bearer, **how)


@pytest.fixture(params=["one client, two deployments", "one issuer, two clients"])
def schools(request: pytest.FixtureRequest, another: Another) -> tuple[School, School]:
    """Two schools on one issuer, with the same students and courses by its ids."""
    issuer = f"https://cloud.example/{new_id()}"
    one = another(issuer=issuer, client_id="a")
    one.register()
    if request.param.startswith("one client"):
        other = Institution.objects.create(name="South", slug=f"south-{new_id()}")
        Deployment.objects.create(
            registration=one.registration, deployment_id="d-2", institution=other, status="active"
        )
        pair = School("north", one, one.deployment_id), School("south", one, "d-2")
    else:
        two = another(issuer=issuer, client_id="b")
        two.register()
        pair = School("north", one, one.deployment_id), School("south", two, two.deployment_id)
    for school in pair:
        school.fill()
    return pair


def test_people_courses_and_conversations_of_two_schools_never_cross(
    schools: tuple[School, School],
) -> None:
    one, two = schools
    assert one.student["course"]["id"] != two.student["course"]["id"]
    assert one.course.institution_id != two.course.institution_id
    for here, there in permutations(schools):
        own = here.call("GET", "/v1/me").json()
        assert own["course"]["id"] == str(here.course.pk)
        listed = here.call("GET", "/v1/ai/conversations").json()
        assert here.conversation in str(listed)
        assert there.conversation not in str(listed)
        for who in ("student", "teacher"):
            path = f"/v1/ai/conversations/{there.conversation}"
            assert here.call("GET", path, who).status_code == 404
            assert here.call("DELETE", path, who).status_code == 404
        assert here.ask("What slows a block?", there.course).status_code == 404
        assert here.ask("And why?", conversation_id=there.conversation).status_code == 404
        assert WORD[there.name] not in here.ask("magma, friction, block").text


def test_a_refresh_secret_of_one_school_opens_no_launch_of_another(
    schools: tuple[School, School],
) -> None:
    one, two = schools
    body = {"refresh_secret": one.student["refresh_secret"], "launch_id": two.student["launch_id"]}

    answer = http("POST", f"{one.platform.tool.url}/v1/token/refresh", json=body)

    assert answer.status_code == 401
    assert two.call("GET", "/v1/me").status_code == 200


def test_two_clients_of_one_issuer_never_use_each_others_service_token(place: Place) -> None:
    one = place.registration
    two = type(one).objects.get(pk=one.pk)
    two.pk, two.client_id, two.login_slug = new_id(), "another", new_id().hex
    two.save(force_insert=True)

    tokens = {service_tokens.current(each, SCOPES).value for each in (one, two, one, two)}

    assert len(tokens) == 2
