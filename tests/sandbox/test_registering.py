"""A tool comes into a school: by dynamic registration, by hand, by a client id."""

from typing import Any

import httpx
import pytest

from tests.conftest import Running
from tests.sandbox.making import HTTP, College, PretendTool, a_college, fields

TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def registration(tool: PretendTool, **told: Any) -> dict[str, Any]:
    """Return a registration that Canvas takes."""
    url = tool.url
    return {
        "application_type": "web",
        "grant_types": ["client_credentials", "implicit"],
        "response_types": ["id_token"],
        "client_name": "A new tool",
        "initiate_login_uri": f"{url}/login",
        "redirect_uris": [f"{url}/here", f"{url}/there?a=1"],
        "jwks_uri": f"{url}/keys",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": f"{NRPS} {SCORE}",
        TOOL: {
            "domain": url.partition("://")[2],
            "target_link_uri": f"{url}/here",
            "claims": ["sub", "name"],
            "custom_parameters": {"who": "$Canvas.user.id", "what": "a thing"},
            "messages": [
                {"type": "LtiResourceLinkRequest", "placements": ["course_navigation"]},
                {"type": "LtiDeepLinkingRequest", "placements": ["link_selection"]},
            ],
            f"{CANVAS}/privacy_level": "name_only",
            **told,
        },
    }


def opened(college: College) -> tuple[str, dict[str, str]]:
    """Paste a registration URL; return the configuration's address, and the token's header."""
    begun = college.control(
        "registrations", world=college.name, url=f"{college.tool.url}/register?invite=1"
    )
    told = httpx.URL(begun["opens"]).params
    assert told["invite"] == "1"
    return told["openid_configuration"], {"Authorization": f"Bearer {told['registration_token']}"}


def test_a_tool_registers_with_canvas_and_launches_once_the_administrator_turned_it_on(
    college: College,
) -> None:
    where, token = opened(college)
    told = HTTP.get(where, headers=token).json()
    answer = HTTP.post(
        told["registration_endpoint"], json=registration(college.tool), headers=token
    )
    client_id = answer.json()["client_id"]
    made = HTTP.get(f"{college.url}/sandbox/tools", params={"world": college.name}).json()[-1]

    assert {told[name] for name in ("issuer", "token_endpoint", "jwks_uri")} == {
        college.registration[name] for name in ("issuer", "token_url", "jwks_url")
    }
    assert told["authorization_endpoint"] == college.registration["auth_url"]
    assert told[PLATFORM]["product_family_code"] == "canvas"
    assert answer.status_code == 200
    assert "deployment_id" not in answer.json()[TOOL]
    assert (made["client_id"], made["state"], made["deployments"]) == (client_id, "pending", [])

    # The administrator leaves it one scope less, in the form of the review.
    page = f"{college.url}/worlds/{college.name}/tools/{made['id']}"
    form = {"scopes_shown": "1", "scope": [NRPS], "placement": ["link_selection"]}
    HTTP.post(page, data={**form, "privacy": "name_only", "state": "active"})
    claims = college.launched("student", tool=made["id"])

    assert claims["aud"] == client_id
    assert claims["name"] == college.person("student")["name"]
    assert "email" not in claims
    custom = claims["https://purl.imsglobal.org/spec/lti/claim/custom"]
    assert custom == {"who": college.person("student")["id"], "what": "a thing"}
    assert "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint" not in claims
    assert "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice" in claims


def test_canvas_refuses_a_call_without_its_token_and_a_token_used_before(college: College) -> None:
    where, token = opened(college)
    body = registration(college.tool)
    endpoint = f"{college.url}/api/lti/registrations"

    bare = [HTTP.get(where).status_code, HTTP.post(endpoint, json=body).status_code]
    twice = [HTTP.post(endpoint, json=body, headers=token).status_code for _ in range(2)]

    assert bare == [401, 401]
    assert twice == [200, 401]


def test_a_registration_may_go_without_a_token_as_d2ls_do(college: College) -> None:
    begun = college.control(
        "registrations", world=college.name, url=f"{college.tool.url}/register", token=False
    )
    told = httpx.URL(begun["opens"]).params

    endpoint = HTTP.get(told["openid_configuration"]).json()["registration_endpoint"]
    answer = HTTP.post(endpoint, json=registration(college.tool))

    assert "registration_token" not in told
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("changed", "in_tool"),
    [
        ({"contacts": ["a@b.example"]}, {}),
        ({"jwks_uri": None}, {}),
        ({"scope": "everything"}, {}),
        ({"grant_types": ["implicit"]}, {}),
        ({}, {"deployment_id": "1"}),
        ({}, {f"{CANVAS}/privacy_level": "all"}),
        (
            {},
            {"messages": [{"type": "LtiDeepLinkingRequest", "placements": ["course_navigation"]}]},
        ),
    ],
    ids=["unknown", "missing", "scope", "grants", "in the tool", "privacy", "placement"],
)
def test_canvas_answers_422_to_what_it_does_not_know(
    library: College, changed: dict[str, Any], in_tool: dict[str, Any]
) -> None:
    _, token = opened(library)
    told = {**registration(library.tool, **in_tool), **changed}
    body = {name: value for name, value in told.items() if value is not None}

    answer = HTTP.post(f"{library.url}/api/lti/registrations", json=body, headers=token)

    assert answer.status_code == 422
    assert len(answer.json()["errors"]) == 1


def test_the_pages_lead_from_a_pasted_url_to_a_frame_and_from_there_to_the_review(
    college: College,
) -> None:
    tools = f"/worlds/{college.name}/tools"
    browser = college.browser("teacher")

    framed = browser.post(f"{tools}/register", data={"url": f"{college.tool.url}/register"})
    bad = browser.post(f"{tools}/register", data={"url": "javascript:alert(1)"})

    assert f'src="{college.tool.url}/register?openid_configuration=' in framed.text
    assert (bad.status_code, "alert(1)" in bad.text) == (400, False)


def test_a_canvas_key_is_added_from_its_json(college: College) -> None:
    url = college.tool.url
    told = {
        "title": "From JSON",
        "oidc_initiation_url": f"{url}/login",
        "target_link_uri": f"{url}/here",
        "public_jwk_url": f"{url}/keys",
        "scopes": [SCORE],
        "custom_fields": {"course": "$Canvas.course.id"},
        "extensions": [{"privacy_level": "public", "settings": {"placements": []}}],
    }

    made = college.control(
        "tools", world=college.name, way="json", json=httpx.Response(200, json=told).text
    )
    on = college.control(f"tools/{made['id']}", state="active")

    assert made["state"] == "pending"
    assert on["registration"]["tool"]["login_url"] == f"{url}/login"
    assert len(on["deployments"]) == 1


def test_two_blackboard_schools_share_a_client_id_and_never_a_person(
    sandbox: Running, pretend: PretendTool
) -> None:
    one = a_college(sandbox.url, pretend, dialect="blackboard")
    two = a_college(
        sandbox.url, pretend, dialect="blackboard", client_id=one.registration["client_id"]
    )
    token = one.service_token(NRPS).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}

    told = [school.launched("student") for school in (one, two)]
    rosters = [
        HTTP.get(school.course["services"]["memberships"], headers=headers).json()
        for school in (one, two)
    ]

    assert told[0]["aud"] == told[1]["aud"]
    deployment = "https://purl.imsglobal.org/spec/lti/claim/deployment_id"
    assert told[0][deployment] != told[1][deployment]
    subs = [{member["user_id"] for member in roster["members"]} for roster in rosters]
    assert told[0]["sub"] in subs[0]
    assert not subs[0] & subs[1]


def test_a_blackboard_school_gets_a_deployment_id_for_a_client_id(
    sandbox: Running, pretend: PretendTool
) -> None:
    school = a_college(sandbox.url, pretend, dialect="blackboard", registered=False)
    where = {"world": school.name}
    form = {f"{name}_url": f"{pretend.url}/{name}" for name in ("login", "redirect", "jwks")}

    vendor = school.control("tools", **where, way="application", **form)
    admin = school.control("tools", **where, way="client", client_id=vendor["client_id"])
    school.control(f"tools/{admin['id']}", state="active")
    begun = school.control(
        "launch", person=school.person("student")["id"], course=school.course["id"]
    )

    assert (vendor["deployments"], admin["state"]) == ([], "pending")
    assert begun["parameters"]["lti_deployment_id"] == admin["deployments"][0]["deployment_id"]
    assert begun["login_url"] == f"{pretend.url}/login"


def test_unregistered_schools_wait_on_the_home_page(sandbox: Running) -> None:
    home = HTTP.get(sandbox.url).text
    school = HTTP.get(f"{sandbox.url}/worlds/blackboard").text

    assert "/worlds/blackboard" in home
    assert "is not registered with this school yet" in school
    assert fields(HTTP.get(f"{sandbox.url}/worlds/blackboard/tools")) is not None
