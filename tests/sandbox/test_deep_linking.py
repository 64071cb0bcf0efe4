"""A teacher places links: what each LMS asks for, what it takes back, what stands in the course."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
DEEP = "LtiDeepLinkingRequest"


def item(number: int, **more: Any) -> dict[str, Any]:
    """Return a link to the tool, as a tool sends it."""
    return {"type": "ltiResourceLink", "title": f"Link {number}", **more}


def asked(college: College, placement: str = "") -> dict[str, Any]:
    """Return the claims of a deep linking request."""
    return college.launched("teacher", message=DEEP, placement=placement)


def answer(
    college: College, told: dict[str, Any], *items: dict[str, Any], **changes: Any
) -> httpx.Response:
    """Send a tool's answer to a request; None takes a claim out."""
    settings = told[f"{DL}deep_linking_settings"]
    claims = {
        "iss": told["aud"],
        "sub": told["aud"],
        "aud": told["iss"],
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{LTI}deployment_id": told[f"{LTI}deployment_id"],
        f"{DL}content_items": list(items),
        **({f"{DL}data": settings["data"]} if "data" in settings else {}),
        **changes,
    }
    right = {name: value for name, value in claims.items() if value is not None}
    form = {"JWT": college.tool.signed(**right)}
    return HTTP.post(settings["deep_link_return_url"], data=form)


def links(college: College) -> list[dict[str, Any]]:
    """Return what is placed in the course."""
    where = {"course": college.course["id"]}
    found: list[dict[str, Any]] = HTTP.get(f"{college.url}/sandbox/links", params=where).json()
    return found


@pytest.fixture(scope="module")
def learn(sandbox: Running, pretend: PretendTool) -> Iterator[College]:
    """A Blackboard school."""
    made = a_college(sandbox.url, pretend, dialect="blackboard")
    yield made
    made.close()


def test_canvas_places_three_links_at_once_and_each_launches_as_itself(college: College) -> None:
    told = asked(college, "module_index_menu_modal")
    line = {"scoreMaximum": 5, "label": "Practice", "resourceId": "r1", "tag": "t"}
    url = f"{college.tool.url}/lti/launch"
    answer(
        college,
        told,
        item(1, url=f"{url}?x=1", custom={"tutor_placement": "p1", "who": "$Canvas.user.id"}),
        item(2, lineItem=line, text="Words"),
        item(3),
    )
    placed = links(college)

    assert told[f"{DL}deep_linking_settings"]["accept_multiple"] is True
    assert "data" not in told[f"{DL}deep_linking_settings"]
    assert [one["title"] for one in placed] == ["Link 1", "Link 2", "Link 3"]
    assert [bool(one["line_item"]) for one in placed] == [False, True, False]

    first, second = (college.launched("student", link=one["id"]) for one in placed[:2])
    assert first[f"{LTI}resource_link"] == {"id": placed[0]["link_id"], "title": "Link 1"}
    assert first[f"{LTI}target_link_uri"] == f"{url}?x=1"
    assert first[f"{LTI}custom"]["tutor_placement"] == "p1"
    assert first[f"{LTI}custom"]["who"] == college.person("student")["id"]
    assert "lineitem" not in first[AGS]
    assert second[AGS]["lineitem"] == placed[1]["line_item"]["url"]


def test_canvas_stores_an_assignments_link_when_its_teacher_saves(college: College) -> None:
    told = asked(college, "assignment_selection")
    page = answer(college, told, item(1), item(2))
    before = links(college)
    hint = page.text.partition("/deep_links/")[2].partition('"')[0]
    HTTP.post(f"{college.url}/deep_links/{hint}")
    HTTP.post(f"{college.url}/deep_links/{hint}")

    assert told[f"{DL}deep_linking_settings"]["accept_multiple"] is False
    assert before == []
    assert [(one["title"], one["line_item"]["maximum"]) for one in links(college)] == [
        ("Link 1", 10)
    ]


def test_blackboard_wants_its_data_back_and_a_sub(learn: College) -> None:
    told = asked(learn)
    good = answer(learn, told, item(1, lineItem={"scoreMaximum": 20}))
    placed = links(learn)[-1]
    launch = learn.launched("student", link=placed["id"])
    twice = answer(learn, told, item(1))
    changes: list[dict[str, Any]] = [
        {f"{DL}data": "other"},
        {f"{DL}data": None},
        {"sub": None},
        {f"{LTI}deployment_id": "another"},
    ]
    bad = [answer(learn, asked(learn), item(9), **change).status_code for change in changes]

    assert told[f"{DL}deep_linking_settings"]["accept_types"] == ["ltiResourceLink", "link"]
    assert good.status_code == 200
    assert placed["link_id"] == f"_{placed['id']}_1"
    assert launch[f"{LTI}resource_link"]["id"] == placed["link_id"]
    assert launch[AGS]["lineitem"].endswith(f"/lineItems/_{placed['line_item']['id']}_1")
    assert [twice.status_code, *bad] == [400] * 5


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "somebody-else"},
        {"iss": "another-client"},
        {"exp": 1},
        {"nonce": None},
        {f"{LTI}message_type": "LtiResourceLinkRequest"},
    ],
    ids=["aud", "iss", "exp", "nonce", "message"],
)
def test_canvas_refuses_an_answer_that_is_not_good_and_places_nothing(
    library: College, changes: dict[str, Any]
) -> None:
    told = asked(library, "module_index_menu_modal")
    settings = told[f"{DL}deep_linking_settings"]
    claims = {
        "iss": told["aud"],
        "aud": told["iss"],
        f"{LTI}message_type": "LtiDeepLinkingResponse",
        f"{LTI}version": "1.3.0",
        f"{DL}content_items": [item(1)],
        **changes,
    }
    token = library.tool.signed(**{k: v for k, v in claims.items() if v is not None})
    if "nonce" in changes:
        token = library.tool.assertion(told["aud"], told["iss"], **claims)

    refused = HTTP.post(settings["deep_link_return_url"], data={"JWT": token})

    assert refused.status_code == 400
    assert links(library) == []


def test_a_cancelled_choice_shows_the_tools_words_as_text(library: College) -> None:
    told = asked(library, "link_selection")

    page = answer(library, told, **{f"{DL}errormsg": "<b>Not</b> now"})

    assert page.status_code == 200
    assert "&lt;b&gt;Not&lt;/b&gt; now" in page.text
    assert "Nothing was placed" in page.text


def test_only_staff_get_to_the_picker(library: College) -> None:
    place = library.place("add/link_selection")

    assert library.browser("teacher").get(place).status_code == 200
    assert library.browser("student").get(place).status_code == 404
    assert library.browser("student").get(f"{place}/go").status_code == 404
