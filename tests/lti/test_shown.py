"""What is kept of a launch to look at tells of no person."""

import json
from typing import Any

import pytest

from lti.claims import GRADES, LTI, SETTINGS
from lti.shown import HIDDEN, masked

SECRETS = ("Ada", "Lovelace", "ada@school.example", "4711", "s3ss", "ada.l")
CLAIMS: dict[str, Any] = {
    "iss": "https://lms.example",
    "aud": ["client"],
    "iat": 5,
    "sub": "4711",
    "name": "Ada Lovelace",
    "email": "ada@school.example",
    "picture": "https://lms.example/ada.l.png",
    f"{LTI}roles": ["Learner"],
    f"{LTI}lis": {"person_sourcedid": "4711", "course_section_sourcedid": ""},
    f"{LTI}ext": {"user_username": "ada.l", "deep": {"er": {"and": {"deeper": {"x": "Ada"}}}}},
    f"{LTI}for_user": {"user_id": "4711", "name": "Ada"},
    f"{LTI}custom": {
        "canvas_course_id": "7",
        "canvas_user_id": "4711",
        "login": "ada.l",
        "due": "$ResourceLink.submission.endDateTime",
        "on": True,
    },
    f"{LTI}context": {"id": "6", "title": "Biology", "note": "Ada"},
    f"{LTI}tool_platform": {"guid": "g", "contact_email": "ada@school.example"},
    f"{LTI}target_link_uri": "https://ada.l:s3ss@tutor.example/lti/launch?user=4711#Ada",
    f"{LTI}launch_presentation": {"return_url": "https://lms.example/back?id=1&sesskey=s3ss"},
    f"{LTI}role_scope_mentor": ["4711"],
    GRADES: {
        "lineitem": "https://lms.example/i/1?type_id=1&user=4711",
        "scope": ["a", {"b": "Ada"}],
    },
    SETTINGS: {"data": "4711", "accept_types": ["ltiResourceLink"]},
    "https://www.example/claim": "Ada",
    f"{LTI}resource_link": "Ada",
}


def test_nothing_of_a_person_is_left() -> None:
    told = json.dumps(masked(CLAIMS), ensure_ascii=False)

    assert [secret for secret in SECRETS if secret in told] == []


def test_what_an_administrator_needs_is_left() -> None:
    told = masked(CLAIMS)

    assert told["iss"] == "https://lms.example"
    assert told["aud"] == ["client"]
    assert told["name"] == told[f"{LTI}resource_link"] == HIDDEN
    assert told[f"{LTI}roles"] == ["Learner"]
    assert told[f"{LTI}lis"] == {"person_sourcedid": HIDDEN, "course_section_sourcedid": ""}
    assert told[f"{LTI}custom"] == {
        "canvas_course_id": "7",
        "canvas_user_id": HIDDEN,
        "login": HIDDEN,
        "due": "$ResourceLink.submission.endDateTime",
        "on": True,
    }
    assert told[f"{LTI}context"] == {"id": "6", "title": "Biology", "note": HIDDEN}
    back = told[f"{LTI}launch_presentation"]["return_url"]
    assert back == f"https://lms.example/back?id={HIDDEN}&sesskey={HIDDEN}"
    assert told[GRADES]["lineitem"] == f"https://lms.example/i/1?type_id=1&user={HIDDEN}"
    assert told[SETTINGS] == {"data": HIDDEN, "accept_types": ["ltiResourceLink"]}


@pytest.mark.parametrize(
    "odd",
    ["https://[", 7, None, {"a": "Ada"}, ["Ada"]],
    ids=["no address", "number", "nothing", "object", "list"],
)
def test_an_odd_value_is_hidden_and_no_error(odd: Any) -> None:
    told = masked({f"{LTI}target_link_uri": odd, f"{LTI}context": odd, f"{LTI}version": odd})

    assert "Ada" not in json.dumps(told[f"{LTI}target_link_uri"])
    assert "Ada" not in json.dumps(told[f"{LTI}context"])


def test_what_is_kept_has_a_size() -> None:
    told = masked(
        {
            **{f"c{n}": n for n in range(100)},
            "iss": "x" * 9000,
        }
    )

    assert len(told) == 50
    assert len(masked({"iss": "x" * 9000})["iss"]) == 500
    assert len(masked({f"{LTI}roles": ["x"] * 9000})[f"{LTI}roles"]) == 50
    deep: Any = "x"
    for _ in range(900):
        deep = {"x": deep}
    assert len(json.dumps(masked({"deep": deep}))) < 200
