"""Lists of the pretend Canvas: pages, links, ids."""

import json

import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college, links


def test_following_next_links_visits_each_page_once(library: College) -> None:
    found = [page["page_id"] for page in library.listed("pages", per_page=4)]

    assert len(found) == len(set(found)) == len(library.course["pages"]) > 12


@pytest.mark.parametrize(("asked", "given"), [("", 10), ("3", 3), ("0", 1), ("no", 10)])
def test_a_page_holds_ten_things_unless_asked_otherwise(
    library: College, asked: str, given: int
) -> None:
    assert len(library.rest("pages", per_page=asked).json()) == given


def test_a_page_holds_a_hundred_things_at_most(sandbox: Running, pretend: PretendTool) -> None:
    large = a_college(sandbox.url, pretend, filler_pages=100)

    answer = large.rest("pages", per_page=1000)

    assert len(answer.json()) == 100
    assert "per_page=1000" in links(answer)["next"]


def test_a_next_link_works_only_as_it_stands(library: College) -> None:
    url = links(library.rest("pages", per_page=4))["next"]
    token = {"Authorization": f"Bearer {library.person('teacher')['token']}"}

    kept = HTTP.get(url, headers=token)
    lowered = HTTP.get(url.lower(), headers=token)

    assert kept.status_code == 200
    assert lowered.status_code == 404


def test_a_shifting_list_shows_a_thing_twice_and_leaves_none_out(college: College) -> None:
    everything = {page["page_id"] for page in college.listed("pages")}
    college.option(duplicates=True)

    found = [page["page_id"] for page in college.listed("pages", per_page=5)]

    assert len(found) > len(set(found))
    assert set(found) == everything


def test_the_last_link_may_be_missing(college: College) -> None:
    college.option(drop_last=True)

    assert "last" not in links(college.rest("pages"))


def test_ids_of_another_shard_survive_only_as_text(sandbox: Running, pretend: PretendTool) -> None:
    far = a_college(sandbox.url, pretend, shard=2107)
    url = f"{far.url}/api/v1/courses/{far.course['id']}/pages"
    token = {"Authorization": f"Bearer {far.person('teacher')['token']}"}
    text = {**token, "Accept": "application/json+canvas-string-ids"}

    as_floats = json.loads(HTTP.get(url, headers=token).text, parse_int=float)
    as_text = HTTP.get(url, headers=text).json()

    assert all(int(page["page_id"]) > 2**53 for page in as_text)
    assert len({page["page_id"] for page in as_floats}) < len(as_text)
    assert {page["page_id"] for page in as_text} <= {
        page["id"] for page in far.course["pages"].values()
    }


def test_a_module_too_large_comes_without_its_items(college: College) -> None:
    college.option(omit_items=True)

    modules = college.listed("modules", **{"include[]": "items"})
    items = college.listed(f"modules/{modules[1]['id']}/items")

    assert all("items" not in module for module in modules)
    assert len(items) == modules[1]["items_count"] > 0


def test_a_course_whose_pages_are_switched_off_answers_404(college: College) -> None:
    college.option(pages_disabled=True)

    answer = college.rest("pages")

    assert answer.status_code == 404
    assert answer.json() == {"message": "That page has been disabled for this course"}


def test_a_course_closed_by_date_tells_only_its_id(college: College) -> None:
    college.option(date_restricted=True)

    assert college.rest("").json() == {
        "id": int(college.course["id"]),
        "access_restricted_by_date": True,
    }


def test_what_canvas_does_not_know_is_a_404_in_json(library: College) -> None:
    answer = library.rest("no_such_thing")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["message"] == "The specified resource does not exist."
