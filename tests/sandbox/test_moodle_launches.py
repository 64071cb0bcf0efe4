"""Launches of the Moodle we play, from its form to the id_token, against a recorded Moodle's."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx
import jwt
import pytest

from tests.conftest import Running
from tests.sandbox.facts import said
from tests.sandbox.making import PretendTool
from tests.sandbox.recorded import (
    ADA,
    DYNAMIC,
    TEACHER,
    ZOE,
    activity,
    cell_tutor,
    column,
    dynamic,
    exchange,
    families,
    osmosis,
    private_activity,
)
from tests.sandbox.replaying import Site, blurred

NAMES = families()["launch"]
LAUNCHES = sorted({name.partition("_1_")[0] for name in NAMES if "_1_launch_php" in name})
PARTS = ("1_launch_php", "2_oidc_login", "3_auth_php", "4_auth_response")
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
ALONE = {"launch_not_logged_in", "lti_view_php_iframe"}


@pytest.fixture(scope="module")
def site(sandbox: Running, pretend: PretendTool) -> Iterator[Site]:
    """The recorded site."""
    made = Site(sandbox.url, pretend)
    yield made
    made.close()


def form(answer: httpx.Response) -> dict[str, Any]:
    """Return the form of a page."""
    found: dict[str, Any] = said("text/html", answer.text)["page"]["forms"][0]
    return found


def with_activities(site: Site, cell: int = 29) -> None:
    """Lay out every activity that was launched, as far as it does not lie there yet."""
    if site.layout == cell:
        return
    if site.layout is not None:  # the cell tutor had one column after the other
        site.lay(*cell_tutor(cell))
        site.layout = cell
        return
    site.fresh(
        *cell_tutor(cell),
        *osmosis(site.tool.url),
        private_activity(),
        *dynamic(site.tool.url),
        column(40, "Tutor.AI: dynamic", 100, tool=DYNAMIC, coupled=True, resource_link_id="9"),
        activity(42, "9", "Tutor.AI: dynamic", column=40, tool=DYNAMIC),
    )
    site.layout = cell


# --- launches --------------------------------------------------------------------------------


@pytest.mark.parametrize("launch", LAUNCHES)
def test_moodle_launches_as_recorded(site: Site, launch: str) -> None:
    begin, login, auth, token = (f"{launch}_{part}" for part in PARTS)
    then = exchange(token)["id_token"]["claims"]
    mine = re.findall(r"lineitems/(17|35)/", str(then.get(ENDPOINT)))
    with_activities(site, cell=int(mine[0]) if mine else 29)
    site.seen_as(int(then["sub"]))

    begun = site.say(begin)
    site.as_recorded(begin, begun)
    asked = exchange(login)["request"]
    assert form(begun)["action"] == site.ours(asked["url"])
    assert blurred(form(begun)["fields"]) == blurred(site.expected(asked["form"]))
    answer = authorized(site, auth, form(begun)["fields"]["lti_message_hint"])
    site.as_recorded(auth, answer)
    says(site, token, form(answer))


def authorized(site: Site, name: str, hint: str) -> httpx.Response:
    """Send the recorded authorization request on with the hint of now."""
    asked = urlsplit(site.ours(exchange(name)["request"]["url"]))
    query = {**dict(parse_qsl(asked.query)), "lti_message_hint": hint}
    return site.http.get(f"{site.url}{asked.path}?{urlencode(query)}")


def says(site: Site, name: str, posted: dict[str, Any]) -> dict[str, Any]:
    """Require that a form posts what the tool was recorded getting; return the claims."""
    then = exchange(name)
    assert posted["action"] == site.ours(then["request"]["url"])
    assert blurred(posted["fields"]) == blurred(then["request"]["form"])
    token = posted["fields"]["id_token"]
    assert blurred(jwt.get_unverified_header(token)) == blurred(then["id_token"]["header"])
    keys = jwt.PyJWKSet.from_dict(site.http.get(f"{site.url}/mod/lti/certs.php").json())
    key = keys[jwt.get_unverified_header(token)["kid"]].key
    claims: dict[str, Any] = jwt.decode(
        token, key, ["RS256"], options={"verify_aud": False, "verify_exp": False}
    )
    assert blurred(claims) == blurred(site.expected(then["id_token"]["claims"])), name
    assert claims["exp"] - claims["iat"] == 60
    return claims


def test_whoever_is_not_signed_in_launches_as_nobody(site: Site) -> None:
    with_activities(site)
    site.seen_as(None)

    begun = site.say("launch_not_logged_in")

    site.as_recorded("launch_not_logged_in", begun)
    params = {**exchange("oidc_auth_ok_get")["request"]["params"], "login_hint": "0"}
    hint = form(begun)["fields"]["lti_message_hint"]
    assert auth(site, {**params, "lti_message_hint": hint}).status_code == 404


def test_an_activitys_page_has_the_recorded_frame(site: Site) -> None:
    with_activities(site)
    site.seen_as(ADA)

    page = site.say("lti_view_php_iframe")

    then = exchange("lti_view_php_iframe")["response"]
    site.as_recorded("lti_view_php_iframe", page, body=False)
    frames = said("text/html", page.text)["page"]["frames"]
    assert frames == site.expected(then["body"])["page"]["frames"]


REFUSED = {
    "/mod/lti/view.php?id=999": (ADA, "Invalid course module ID"),
    "/mod/lti/launch.php?id=x": (ADA, "Invalid course module ID"),
    "/mod/lti/view.php?id=36": (None, "You cannot enrol yourself in this course."),
    "/mod/lti/return.php?course=999": (ADA, "Invalid course ID"),
    "/mod/lti/contentitem.php?id=1&course=7": (ZOE, "Invalid course ID"),
    "/course/modedit.php?course=6&typeid=1": (ADA, "Manage activities"),
}


@pytest.mark.parametrize("path", REFUSED)
def test_moodle_refuses_with_a_page_of_its_own(site: Site, path: str) -> None:
    with_activities(site)
    person, words = REFUSED[path]
    site.seen_as(person)

    answer = site.http.get(f"{site.url}{path}")

    assert answer.status_code == 404
    assert words in said("text/html", answer.text)["page"]["error"]


def test_the_way_back_leads_to_the_course_with_what_the_tool_says(site: Site) -> None:
    with_activities(site)
    site.seen_as(ADA)
    told = {"course": "6", "lti_errormsg": "Nothing was kept."}

    back = site.http.get(f"{site.url}/mod/lti/return.php", params=told, follow_redirects=True)

    assert back.url.path.startswith("/courses/6/")
    assert told["lti_errormsg"] in back.text


# --- the authorization request ---------------------------------------------------------------

SPENT = "oidc_auth_err_hint_replayed"


def hint_of(site: Site) -> str:
    """Begin a launch of the cell tutor as Ada, and return its hint."""
    site.seen_as(ADA)
    begun = site.http.get(f"{site.url}/mod/lti/launch.php?id=36&triggerview=0")
    return str(form(begun)["fields"]["lti_message_hint"])


def auth(site: Site, params: dict[str, str], method: str = "GET", **more: str) -> httpx.Response:
    """Ask for an id_token."""
    url, sent = f"{site.url}/mod/lti/auth.php", urlencode({**params, **more})
    if method == "GET":
        return site.http.get(f"{url}?{sent}")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return site.http.post(url, content=sent, headers=kind)


@pytest.mark.parametrize("name", families()["oidc"])
def test_moodle_answers_authorization_requests_as_recorded(site: Site, name: str) -> None:
    with_activities(site)
    asked = exchange(name)["request"]
    params = {key: site.ours(value) for key, value in asked["params"].items()}
    if "lti_message_hint" in params:
        params["lti_message_hint"] = hint_of(site)
    if name == SPENT:
        auth(site, params)
    site.seen_as({"oidc_auth_no_session_cookie_repost": None}.get(name, ADA))
    if name == "oidc_auth_other_user_session":
        site.seen_as(TEACHER)

    site.as_recorded(name, auth(site, params, asked["method"]))


def test_a_request_whose_cookie_was_kept_back_comes_again_from_moodles_own_page(site: Site) -> None:
    with_activities(site)
    asked = exchange("oidc_auth_no_session_cookie_repost")["request"]["params"]
    params = {key: site.ours(value) for key, value in asked.items()}
    params["lti_message_hint"] = hint_of(site)
    site.seen_as(None)

    again = form(auth(site, params))
    site.seen_as(ADA)
    answer = site.http.post(f"{site.url}{again['action']}", data=again["fields"])

    assert set(form(answer)["fields"]) == {"id_token", "state"}


# --- what it publishes -----------------------------------------------------------------------


@pytest.mark.parametrize("name", families()["platform"])
def test_moodle_publishes_keys_and_configuration_as_recorded(site: Site, name: str) -> None:
    answer = site.say(name)

    then = exchange(name)["response"]["body"]
    site.as_recorded(name, answer, body=False)
    told = {**answer.json(), "keys": answer.json().get("keys", [])[:1]}
    assert blurred(told) == blurred({"keys": [], **site.expected(then)})


def test_every_recorded_launch_is_replayed() -> None:
    parts = {f"{launch}_{part}" for launch in LAUNCHES for part in PARTS}

    assert set(NAMES) == parts | ALONE
