"""The pretend LMS as an LTI 1.3 platform: keys, authorization requests, id_tokens."""

import httpx
import jwt
import pytest

from tests.sandbox.making import HTTP, College, fields

LTI = "https://purl.imsglobal.org/spec/lti/claim/"


def claims(college: College, answer: httpx.Response) -> dict[str, object]:
    """Return an id_token's claims, checked with the published key."""
    token = fields(answer)["id_token"]
    keys = jwt.PyJWKSet.from_dict(HTTP.get(college.registration["jwks_url"]).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    found: dict[str, object] = jwt.decode(
        token,
        key,
        algorithms=["RS256"],
        audience=college.registration["client_id"],
        issuer=college.url,
    )
    return found


def test_a_right_request_gets_a_signed_token_with_its_own_nonce_and_state(
    library: College,
) -> None:
    answer = library.authorization(nonce="n-only-once")
    told = claims(library, answer)

    assert fields(answer)["state"] == "state-1"
    assert told["nonce"] == "n-only-once"
    assert told["sub"] == library.person("student")["sub"]
    assert told[f"{LTI}message_type"] == "LtiResourceLinkRequest"
    assert told[f"{LTI}deployment_id"] == library.registration["deployment_id"]
    assert told[f"{LTI}context"]["id"] == library.course["context_id"]  # type: ignore[index]


def test_what_has_no_value_arrives_as_it_was_written(library: College) -> None:
    custom = claims(library, library.authorization())[f"{LTI}custom"]

    assert custom["canvas_user_id"] == library.person("student")["id"]  # type: ignore[index]
    assert custom["canvas_assignment_id"] == "$Canvas.assignment.id"  # type: ignore[index]


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("value", [None, "https://evil.example/lti/launch"])
def test_a_request_of_a_stranger_goes_nowhere(
    library: College, name: str, value: str | None
) -> None:
    answer = library.authorization(**{name: value})

    assert answer.status_code == 400
    assert "<form" not in answer.text.partition("<main")[2]
    assert "evil.example" not in answer.text


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("scope", "openid profile", "invalid_request"),
        ("response_type", "code", "invalid_request"),
        ("response_mode", "query", "invalid_request"),
        ("prompt", "login", "invalid_request"),
        ("nonce", None, "invalid_request"),
        ("login_hint", "somebody-else", "login_required"),
        ("lti_message_hint", "made-up", "launch_no_longer_valid"),
        ("lti_message_hint", None, "launch_no_longer_valid"),
    ],
)
def test_a_wrong_request_is_told_to_the_tool_without_a_token(
    library: College, name: str, value: str | None, error: str
) -> None:
    told = fields(library.authorization(**{name: value}))

    assert (told["error"], told["state"]) == (error, "state-1")
    assert "id_token" not in told


def test_a_nonce_counts_once(library: College) -> None:
    first = library.authorization(nonce="twice")
    second = library.authorization(nonce="twice")

    assert "id_token" in fields(first)
    assert fields(second)["error"] == "invalid_request"


def test_a_launch_of_one_college_does_not_serve_the_tool_of_another(
    library: College, college: College
) -> None:
    foreign = college.control(
        "launch", person=college.person("student")["id"], course=college.course["id"]
    )["parameters"]

    answer = library.authorization(
        lti_message_hint=foreign["lti_message_hint"], login_hint=foreign["login_hint"]
    )

    assert fields(answer)["error"] == "launch_no_longer_valid"


def test_the_published_keys_are_public_ones(library: College) -> None:
    keys = HTTP.get(library.registration["jwks_url"]).json()["keys"]

    assert {key["use"] for key in keys} == {"sig"}
    assert all(key["kid"] and not {"d", "p", "q"} & set(key) for key in keys)
