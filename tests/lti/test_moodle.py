"""Launches recorded from a live Moodle 4.5.6, signed anew: who arrives where, as what."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lti.models import LaunchSession
from tests.conftest import Running
from tests.lti.platform import LTI, Platform
from tutorai.lmsdm.models import Identity

RECORDINGS = Path(__file__).parent / "recordings"
NAMES = sorted(path.stem for path in RECORDINGS.glob("*.json"))
MOODLE = "127.0.0.1:8888"

# Who they are, by Moodle's id; their name, role and course with us. Moodle tells a teaching
# assistant no differently than a teacher.
EXPECTED = {
    "admin": ("2", "Admin User", "teacher", "6"),
    "assistant": ("4", "Theo Assistant", "teacher", "6"),
    "deep_linked": ("5", "Ada Lovelace", "student", "6"),
    "deep_linking": ("3", "Tara Teacher", "teacher", "7"),
    "dynamic": ("5", "Ada Lovelace", "student", "6"),
    "private": ("5", "", "student", "6"),
    "review": ("3", "Tara Teacher", "teacher", "6"),
    "student": ("5", "Ada Lovelace", "student", "6"),
    "student2": ("6", "Zoë O'Brien & Co", "student", "6"),
    "teacher": ("3", "Tara Teacher", "teacher", "6"),
}
TITLES = {"6": "Introduction to Biology", "7": 'Cells & Systems: "A"'}

Launch = Callable[[str], LaunchSession]


@pytest.fixture
def launch(tool: Running, another: Callable[..., Platform]) -> Launch:
    """Return a function that launches a recording and returns the session."""

    def recorded(name: str) -> LaunchSession:
        claims: dict[str, Any] = json.loads((RECORDINGS / f"{name}.json").read_text())
        platform = another(
            issuer=claims["iss"],
            client_id=claims["aud"],
            deployment_id=claims[f"{LTI}deployment_id"],
        )
        platform.register("--family", "moodle", institution="Fixture University")
        begun = platform.login(lti_deployment_id=platform.deployment_id)
        ours = platform.claims(begun)
        target = claims[f"{LTI}target_link_uri"].replace(
            "http://127.0.0.1:9999/launch", f"{tool.url}/lti/launch"
        )
        fresh = {name: ours[name] for name in ("iat", "exp", "nonce")}
        token = platform.sign({**claims, **fresh, f"{LTI}target_link_uri": target})
        answer = platform.post(begun, token)
        assert answer.status_code == 200, answer.text
        held = LaunchSession.objects.select_related("user", "course", "resource_link")
        return held.get(pk=begun.row.pk)

    return recorded


def test_every_recording_has_an_expectation() -> None:
    assert sorted(EXPECTED) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_launch_brings_the_right_person_role_and_course(
    launch: Launch, name: str
) -> None:
    session = launch(name)

    sub, called, role, course = EXPECTED[name]
    assert (session.user.name, session.role) == (called, role)
    assert session.course is not None
    assert session.course.title == TITLES[course]
    told = Identity.objects.filter(source=f"moodle:{session.deployment_id}")
    assert told.get(kind="user", external_id=f"{MOODLE}/{sub}").row == session.user_id
    assert told.get(kind="course", external_id=f"{MOODLE}/{course}").row == session.course_id


def test_two_people_and_two_links_of_one_course_stay_apart_and_one_person_the_same(
    launch: Launch,
) -> None:
    ada, zoe, tara = (launch(name) for name in ("student", "student2", "teacher"))
    linked, review = launch("deep_linked"), launch("review")

    assert ada.course_id == zoe.course_id == tara.course_id == linked.course_id
    assert len({ada.user_id, zoe.user_id, tara.user_id}) == 3
    assert (linked.user_id, review.user_id) == (ada.user_id, tara.user_id)
    assert linked.resource_link_id == review.resource_link_id != ada.resource_link_id
    assert (review.subject_id, tara.subject_id) == (ada.user_id, None)


def test_a_tool_that_shares_no_names_gets_none_from_the_other_registration(
    launch: Launch,
) -> None:
    named, private = launch("student"), launch("private")

    assert private.user.name == ""
    assert private.user_id != named.user_id


def test_the_way_back_is_kept_for_the_page_alone(launch: Launch) -> None:
    session = launch("student")

    assert session.return_url.startswith(f"http://{MOODLE}/mod/lti/return.php")
    assert session.frame_origins[0] == f"http://{MOODLE}"
