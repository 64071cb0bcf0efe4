"""Submissions over REST, as the pretend Canvas plays them."""

from typing import Any

import httpx

from tests.sandbox.making import HTTP, College, bearer


def put(college: College, person: str, who: str = "teacher", **form: Any) -> httpx.Response:
    """Grade a person's first assignment with somebody's token."""
    return HTTP.put(
        address(college, person), data=form, headers=bearer(college.person(who)["token"])
    )


def address(college: College, person: str) -> str:
    here = f"{college.url}/api/v1/courses/{college.course['id']}/assignments"
    return f"{here}/{work(college)}/submissions/{college.person(person)['id']}"


def work(college: College) -> str:
    first: dict[str, Any] = next(iter(college.course["assignments"].values()))
    return str(first["id"])


GRADE, WORDS = "submission[posted_grade]", "comment[text_comment]"


def test_a_comment_alone_changes_no_grade_and_each_is_one_more(college: College) -> None:
    put(college, "student", **{GRADE: "7.5", WORDS: "first"})
    put(college, "student", **{WORDS: "second"})

    answer = HTTP.get(
        address(college, "student"),
        params={"include[]": "submission_comments"},
        headers=bearer(college.person("teacher")["token"]),
    )
    told = answer.json()

    assert (told["score"], told["grade"], told["workflow_state"]) == (7.5, "7.5", "graded")
    assert [one["comment"] for one in told["submission_comments"]] == ["first", "second"]
    assert str(told["grader_id"]) == college.person("teacher")["id"]


def test_who_may_not_grade_is_refused_as_canvas_words_it(college: College) -> None:
    student = put(college, "student", "student", **{GRADE: "20"})
    nonsense = put(college, "student", **{GRADE: "many"})
    nobody = put(college, "teacher", **{GRADE: "20"})

    assert (student.status_code, "WWW-Authenticate" in student.headers) == (401, False)
    assert (nonsense.status_code, nonsense.json()) == (400, {"error": "Invalid grade"})
    assert nobody.status_code == 404


def test_submissions_are_listed_for_several_students(college: College) -> None:
    put(college, "student2", **{GRADE: "40%"})

    every = college.listed("students/submissions", **{"student_ids[]": "all"})
    of_one = college.listed(f"assignments/{work(college)}/submissions")
    own = HTTP.get(
        address(college, "student2"), headers=bearer(college.person("student2")["token"])
    )

    assert own.json() in every
    assert own.json() in of_one
    assert college.rest("students/submissions", "student").status_code == 401
