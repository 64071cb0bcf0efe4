"""The sandbox's own pages, as a visitor uses them."""

import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, fields

PAGE = "friction-and-drag"


def api_page(college: College, page_id: str) -> dict[str, str]:
    found: dict[str, str] = college.rest(f"pages/page_id:{page_id}").json()
    return found


def test_the_home_page_leads_to_a_launch_as_a_student(sandbox: Running) -> None:
    answer = HTTP.get(sandbox.url)

    assert answer.status_code == 200
    assert answer.text.count("Launch as a student</a>") >= 2


def test_the_course_page_shows_modules_to_each_as_they_may_see_them(library: College) -> None:
    place = library.place("modules")

    teacher = library.browser("teacher").get(place).text
    student = library.browser("student").get(place).text

    assert "3 Energy and oscillation" in teacher
    assert "3 Energy and oscillation" in student
    assert "Answers to the motion graphs" in teacher
    assert "Answers to the motion graphs" not in student


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("users", "Lucía Fernández Ibáñez"),
        ("gradebook", "Energy audit of a bicycle ride"),
        ("assignments", "Pendulum practical report"),
        ("files", "laboratory-handbook.pdf"),
        ("pages/acceleration-and-the-equations-of-motion", "<math"),
    ],
)
def test_every_tab_of_a_course_opens(library: College, path: str, words: str) -> None:
    answer = library.browser("student").get(library.place(path))

    assert answer.status_code == 200
    assert words in answer.text


def test_a_student_sees_only_their_own_points(library: College) -> None:
    own = library.browser("student").get(library.place("gradebook")).text
    all_ = library.browser("teacher").get(library.place("gradebook")).text

    assert own.count("<tr>") == 2
    assert all_.count("<tr>") == 6


def test_editing_a_page_changes_its_text_and_the_time_of_its_change(college: College) -> None:
    page_id = college.course["pages"][PAGE]["id"]
    before = api_page(college, page_id)
    form = {"title": before["title"], "body": "<p>All new.</p>", "published": "on"}

    college.browser("teacher").post(college.place(f"pages/{PAGE}/edit"), data=form)
    after = api_page(college, page_id)

    assert after["body"] == "<p>All new.</p>"
    assert after["updated_at"] > before["updated_at"]
    assert after["url"] == before["url"]


def test_taking_a_page_back_hides_it_from_students(college: College) -> None:
    form = {"title": "Friction and drag", "body": "<p>Soon.</p>"}

    college.browser("teacher").post(college.place(f"pages/{PAGE}/edit"), data=form)

    assert PAGE not in {page["url"] for page in college.listed("pages", "student")}


def test_a_new_title_makes_a_new_address_and_never_one_that_is_taken(college: College) -> None:
    page_id = college.course["pages"][PAGE]["id"]
    form = {"title": "The ideal gas", "body": "<p>Twice.</p>", "published": "on"}

    answer = college.browser("teacher").post(college.place(f"pages/{PAGE}/edit"), data=form)

    assert answer.status_code == 200
    assert api_page(college, page_id)["url"] == "the-ideal-gas-2"
    assert college.rest(f"pages/{PAGE}").status_code == 404


def test_a_student_cannot_edit(college: College) -> None:
    page_id = college.course["pages"][PAGE]["id"]
    before = api_page(college, page_id)

    answer = college.browser("student").post(
        college.place(f"pages/{PAGE}/edit"), data={"body": "mine now"}
    )

    assert answer.status_code == 404
    assert api_page(college, page_id) == before


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        ("page", 'class="frame page"'),
        ("low", 'class="frame low"'),
        ("phone", 'class="frame phone"'),
        ("tab", 'target="_blank"'),
    ],
)
def test_a_launch_page_shows_the_tool_in_the_frame_asked_for(
    library: College, frame: str, shown: str
) -> None:
    launch = f"launch/{library.person('student')['id']}"

    answer = library.browser("student").get(library.place(launch), params={"frame": frame})

    assert shown in answer.text
    assert f"{library.place(launch)}/go?frame={frame}" in answer.text


def test_launching_posts_a_login_to_the_tool(library: College) -> None:
    path = library.place(f"launch/{library.person('student')['id']}/go")

    answer = library.browser("student").get(path)

    assert f'action="{library.tool.url}/lti/login"' in answer.text
    assert fields(answer)["iss"] == library.url
    assert fields(answer)["login_hint"] == library.person("student")["sub"]


def test_looking_as_somebody_leads_only_to_a_page_of_ours(library: College) -> None:
    form = {"person": library.person("teacher")["id"], "next": "//evil.example/"}

    answer = HTTP.post(f"{library.url}/as", data=form)

    assert answer.headers["Location"] == "/"
