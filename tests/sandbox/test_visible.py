"""Who sees what in the pretend Canvas, through its API and on its pages."""

import httpx
import pytest

from tests.sandbox.making import HTTP, College, links

DRAFT = "answers-to-the-motion-graphs-problem-set"
RESTRICTED = "honours-seminar-the-rocket-equation"
SECRET = "kookaburra"  # a word of the draft


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("teacher", {DRAFT, RESTRICTED}),
        ("ta", {DRAFT, RESTRICTED}),
        ("student", set()),
        ("student5", {RESTRICTED}),
        ("observer", set()),
    ],
)
def test_drafts_are_for_staff_and_a_section_sees_its_own_pages(
    library: College, who: str, seen: set[str]
) -> None:
    listed = {page["url"] for page in library.listed("pages", who)}
    lines = {
        item.get("page_url")
        for module in library.listed("modules", who, **{"include[]": "items"})
        for item in module["items"]
    }

    assert listed & {DRAFT, RESTRICTED} == seen
    assert lines & {DRAFT, RESTRICTED} == seen


@pytest.mark.parametrize("slug", [DRAFT, RESTRICTED])
def test_a_student_gets_no_hidden_page_by_its_address(library: College, slug: str) -> None:
    api = library.rest(f"pages/{slug}", "student")
    page = library.browser("student").get(library.place(f"pages/{slug}"))
    item = library.browser("student").get(library.place("modules"))

    assert api.status_code == 401
    assert page.status_code == 404
    assert SECRET not in api.text + page.text + item.text


def test_the_teacher_reads_the_draft(library: College) -> None:
    assert SECRET in library.rest(f"pages/{DRAFT}").json()["body"]
    assert SECRET in library.browser("teacher").get(library.place(f"pages/{DRAFT}")).text


def test_a_page_for_a_section_tells_so_only_in_its_dates(library: College) -> None:
    listed = {page["url"]: page for page in library.listed("pages")}

    dates = library.rest(f"pages/{RESTRICTED}/date_details").json()

    assert "only_visible_to_overrides" not in listed[RESTRICTED]
    assert dates["only_visible_to_overrides"] is True
    assert [str(one["course_section_id"]) for one in dates["overrides"]] == [
        library.course["sections"]["honours"]
    ]


@pytest.mark.parametrize("kind", ["modules", "files", "assignments"])
def test_every_kind_of_thing_tells_its_dates(library: College, kind: str) -> None:
    first = library.listed(kind)[0]

    dates = library.rest(f"{kind}/{first['id']}/date_details").json()

    assert (dates["id"], dates["visible_to_everyone"]) == (first["id"], True)


def test_a_section_has_its_own_deadline(library: College) -> None:
    def due(who: str) -> str:
        works = {work["name"]: work for work in library.listed("assignments", who)}
        return str(works["Pendulum practical report"]["due_at"])

    assert due("student") == due("teacher") < due("student5")


def test_a_file_taken_back_is_gone_for_students(college: College) -> None:
    file_id = college.course["files"]["laboratory-handbook.pdf"]
    before = {file["id"] for file in college.listed("files", "student")}
    college.control(f"files/{file_id}", published=False)

    after = {file["id"] for file in college.listed("files", "student")}

    assert before - after == {int(file_id)}
    assert int(file_id) in {file["id"] for file in college.listed("files", "teacher")}


@pytest.mark.parametrize(
    ("name", "begins"),
    [("laboratory-handbook.pdf", b"%PDF-"), ("pendulum-practical.docx", b"PK")],
)
def test_a_file_is_sent_by_way_of_another_host(library: College, name: str, begins: bytes) -> None:
    told = library.rest(f"files/{library.course['files'][name]}").json()
    token = {"Authorization": f"Bearer {library.person('student')['token']}"}

    sent_on = HTTP.get(told["url"], headers=token)
    elsewhere = sent_on.headers["Location"]
    content = HTTP.get(elsewhere).content

    assert httpx.URL(elsewhere).host != httpx.URL(library.url).host
    assert content.startswith(begins)
    assert len(content) == told["size"]
    assert HTTP.get(told["url"], headers=token, follow_redirects=True).content == content


def test_the_other_host_refuses_a_token_that_was_dragged_along(library: College) -> None:
    file_id = library.course["files"]["laboratory-handbook.pdf"]
    token = {"Authorization": f"Bearer {library.person('student')['token']}"}
    told = HTTP.get(f"{library.url}/api/v1/files/{file_id}/public_url", headers=token)
    url = told.json()["public_url"]

    assert HTTP.get(url, headers=token).status_code == 400
    assert HTTP.get(url).status_code == 200
    assert HTTP.get(f"{url}x").status_code == 403


def test_a_stranger_to_the_course_is_refused(library: College, college: College) -> None:
    answer = library.with_token(college.person("teacher")["token"], "pages")

    assert answer.status_code == 404
    assert "link" not in answer.headers
    assert "next" in links(library.rest("pages"))
