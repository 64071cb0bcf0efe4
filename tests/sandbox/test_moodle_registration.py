"""Dynamic registration in the Moodle we play, against a recorded Moodle's; and browsers' ways."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from django.utils.html import strip_tags

from tests.conftest import Running
from tests.sandbox.facts import said
from tests.sandbox.making import ASSERTION_TYPE, PretendTool
from tests.sandbox.recorded import (
    ADA,
    ADMIN,
    SHARED,
    TEACHER,
    cell_tutor,
    exchange,
    families,
    tool_elsewhere,
)
from tests.sandbox.replaying import Site, blurred

NAMES = families()["dynreg"]
BROWSERS = families()["browser"]
FAULTS = sorted(name for name in NAMES if name.startswith("dynreg_err_"))
NO_TOKEN, GARBAGE, USED = (
    f"dynreg_err_{name}" for name in ("no_token", "bad_token", "token_reused")
)
# The words of a page that a new window leaves behind.
EXCERPT = "browser_student_newwindow_cross_site_page_html_excerpt"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"


@pytest.fixture(scope="module")
def recorded(sandbox: Running, pretend: PretendTool) -> Iterator[Site]:
    """The recorded site."""
    made = Site(sandbox.url, pretend)
    yield made
    made.close()


@pytest.fixture
def site(recorded: Site) -> Site:
    """The recorded site as it was set up."""
    recorded.fresh()
    return recorded


def started(site: Site) -> str:
    """Begin a registration as the administrator; return its token."""
    site.seen_as(ADMIN)
    answer = site.say("dynreg_0_startltiadvregistration")
    site.as_recorded("dynreg_0_startltiadvregistration", answer)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["registration_token"][0]


def test_a_tool_registers_itself_in_moodle_as_recorded_and_waits(site: Site) -> None:
    token = started(site)
    then = exchange("dynreg_1_registration_initiation")["registration_token"]
    told = jwt.decode(token, options={"verify_signature": False})
    site.replays(["dynreg_2_openid_configuration"])
    answer = site.say("dynreg_3_registration", token)
    again = site.say(USED, token)

    assert blurred(jwt.get_unverified_header(token)) == blurred(then["header"])
    assert {**blurred(told), "sub": ""} == {**blurred(then["claims"]), "sub": ""}
    assert (len(told["sub"]), told["exp"] - told["iat"]) == (15, 3600)
    assert answer.json()["client_id"] == told["sub"]
    deployment = answer.json()[TOOL]["deployment_id"]
    fresh = {told["sub"]: "y5xec9vPYQtNqdC", f'"{deployment}"': '"5"'}
    site.as_recorded("dynreg_3_registration", renamed(answer, fresh))
    site.as_recorded(USED, again)
    assert service_token(site, told["sub"]).status_code == 200  # it waits, and is served


def renamed(answer: httpx.Response, names: dict[str, str]) -> httpx.Response:
    """Return an answer with recorded ids in the place of ours."""
    text = answer.text
    for ours, theirs in names.items():
        text = text.replace(ours, theirs)
    headers = {"Content-Type": answer.headers["Content-Type"]}
    return httpx.Response(answer.status_code, headers=headers, text=text)


def service_token(site: Site, client_id: str) -> httpx.Response:
    """Ask for a token as a tool that registered."""
    assertion = site.tool.assertion(client_id, f"{site.url}/mod/lti/token.php")
    form = exchange("dynreg_token_while_pending")["request"]["form"]
    return site.http.post(
        f"{site.url}/mod/lti/token.php",
        data={**form, "client_assertion": assertion, "client_assertion_type": ASSERTION_TYPE},
    )


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {USED}))
def test_moodle_refuses_registrations_as_recorded(site: Site, name: str) -> None:
    token = {NO_TOKEN: "", GARBAGE: "not.a.jwt"}.get(name)

    answer = site.say(name, started(site) if token is None else token)

    site.as_recorded(name, answer)


def test_an_update_keeps_client_and_deployment_and_can_be_repeated(site: Site) -> None:
    site.seen_as(ADMIN)
    url = f"{site.url}/mod/lti/startltiadvregistration.php"
    for _ in range(2):
        page = site.http.get(url, params={"url": f"{site.tool.url}/register"})
        choices = said("text/html", page.text)["page"]["forms"]
        begun = site.http.post(f"{url}{choices[0]['action']}")
        token = parse_qs(urlsplit(begun.headers["Location"]).query)["registration_token"][0]

        answer = site.say("dynreg_3_registration", token)

        assert jwt.decode(token, options={"verify_signature": False})["scope"] == "reg-update"
        assert answer.json()["client_id"] == "RVAqHXX9gG8nvtO"
        assert answer.json()[TOOL]["deployment_id"] == str(SHARED)


def test_only_an_administrator_registers_tools(site: Site) -> None:
    site.seen_as(TEACHER)

    answer = site.say("dynreg_0_startltiadvregistration")

    assert answer.status_code == 404


# --- as browsers went ------------------------------------------------------------------------


def test_the_recorded_administrators_way_leads_through_ours(site: Site) -> None:
    # The first step, Moodle's page "Manage tools", is the sandbox's own page of tools.
    steps = exchange("browser_dynreg")["requests"][1:3]
    site.seen_as(ADMIN)

    asked, sent = (site.http.request(one["method"], site.ours(one["url"])) for one in steps)

    assert [asked.status_code, sent.status_code] == [one["status"] for one in steps]
    assert asked.headers["x-frame-options"] == steps[0]["resp"]["x-frame-options"]
    assert blurred(sent.headers["Location"]).replace("<JWT>", "#") == blurred(
        site.ours(steps[1]["resp"]["location"])
    )


WAYS = {
    "browser_student_iframe_same_host": (ADA, 36),
    "browser_student_iframe_cross_site": (ADA, 38),
    "browser_teacher_iframe_cross_site": (TEACHER, 38),
    "browser_student_newwindow_cross_site": (ADA, 39),
}


@pytest.mark.parametrize("name", WAYS)
def test_the_recorded_browsers_way_to_the_tool_leads_through_ours(site: Site, name: str) -> None:
    person, module = WAYS[name]
    site.lay(*cell_tutor(35), *tool_elsewhere("http://localhost:9998", site.tool.url))
    site.seen_as(person)
    then = exchange(name)
    page = site.http.get(f"{site.url}/mod/lti/view.php?id={module}")
    begun = site.http.get(f"{site.url}/mod/lti/launch.php?id={module}&triggerview=0")
    form = said("text/html", begun.text)["page"]["forms"][0]
    asked = urlsplit(site.ours(then["requests"][3]["url"]))
    query = {key: one[0] for key, one in parse_qs(asked.query).items()}
    query["lti_message_hint"] = form["fields"]["lti_message_hint"]
    answer = site.http.get(f"{site.url}{asked.path}", params=query)
    posted = said("text/html", answer.text)["page"]["forms"][0]

    went: list[Any] = [page, begun, answer]
    steps = then["requests"]
    assert [one.status_code for one in went] == [steps[n]["status"] for n in (0, 1, 3)]
    framed = [one.headers.get("x-frame-options") for one in went]
    assert framed == [steps[n]["resp"].get("x-frame-options") for n in (0, 1, 3)]
    assert form["action"] == site.ours(steps[2]["url"])
    assert sorted(form["fields"]) == steps[2]["post_fields"]
    assert posted["action"] == site.ours(steps[4]["url"])
    assert sorted(posted["fields"]) == steps[4]["post_fields"]
    frames = said("text/html", page.text)["page"].get("frames", [])
    left = exchange(EXCERPT)["body"].removeprefix("Completion requirements ")
    words = " ".join(strip_tags(page.text).split())
    assert (left in words) == (then["iframe"] is None)
    shown = [{name: one.get(name) for name in then["iframe"]} for one in frames]
    assert shown == ([site.expected(then["iframe"])] if then["iframe"] else [])


def test_every_recorded_registration_is_replayed() -> None:
    others = {f"dynreg_{name}" for name in ("0_startltiadvregistration", "3_registration")}
    others |= {"dynreg_1_registration_initiation", "dynreg_2_openid_configuration"}

    assert set(NAMES) == {*FAULTS, *others}
    # Replayed with deep linking.
    elsewhere = {"browser_deeplink_one", "browser_deeplink_two", "browser_deeplink_one_form_values"}
    assert set(BROWSERS) == {*WAYS, "browser_dynreg", *elsewhere, EXCERPT}


# --- on the sandbox's own pages --------------------------------------------------------------


def test_moodles_page_of_tools_asks_whether_to_update_and_a_new_tool_waits(site: Site) -> None:
    page = site.http.post(
        f"{site.url}/worlds/recorded/tools/register",
        data={"url": f"{site.tool.url}/register"},
        follow_redirects=True,
    )
    frame = said("text/html", page.text)["page"]["frames"][0]["src"]
    choices = said("text/html", site.http.get(frame).text)["page"]["forms"]
    path = frame.partition("?")[0]
    begun = site.http.post(f"{path}{choices[-1]['action']}")
    query = parse_qs(urlsplit(begun.headers["Location"]).query)

    answer = site.say("dynreg_3_registration", query["registration_token"][0])

    assert begun.headers["Location"].startswith(f"{site.tool.url}/register?")
    assert len(choices) == 3  # both tools of the address, or a new one
    shown = site.http.get(str(page.url), follow_redirects=True)  # what "It is done" opens
    assert answer.json()["client_id"] in shown.text
    assert "Activate" in shown.text
