"""The pages a platform opens, and the developer key, over HTTP."""

import ast
import html
import logging
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from lti import claims
from lti.models import Registration
from lti.platforms import canvas
from lti.platforms.profile import Profile
from lti.registration.canvas_json import developer_key
from lti.registration.ours import Ours
from lti.registration.profiles import PROFILES
from tests.conftest import Running
from tests.lti.scripted import Answer
from tests.registration.conftest import RECORDED, TOKEN, Registrar
from tests.sandbox.recorded import TOOL, exchange, families
from tutorai.logs import Masked

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
LTI = Path(__file__).resolve().parent.parent.parent / "lti"


def opened(tool: Running, registrar: Registrar) -> httpx.Response:
    """Open the page as the platform does."""
    told = {"openid_configuration": registrar.config_url, "registration_token": TOKEN}
    return httpx.get(f"{tool.url}/lti/register/{registrar.invite}", params=told, timeout=30)


def confirmed(tool: Running, registrar: Registrar, page: httpx.Response) -> httpx.Response:
    """Press the button."""
    fields = {name: html.unescape(value) for name, value in HIDDEN.findall(page.text)}
    url = f"{tool.url}/lti/register/{registrar.invite}"
    return httpx.post(url, data={**fields, "shares": "public"}, timeout=30)


def test_a_platform_registers_in_a_frame_with_no_cookie_and_a_yes(
    tool: Running, registrar: Registrar
) -> None:
    registrar.registers()

    page = opened(tool, registrar)
    done = confirmed(tool, registrar, page)
    again = opened(tool, registrar)

    assert page.status_code == 200
    assert f"Register Tutor.AI with {registrar.host}?" in page.text
    assert registrar.institution.name in page.text
    assert (done.status_code, page.cookies, done.cookies) == (200, httpx.Cookies(), httpx.Cookies())
    assert "Press Activate on" in done.text
    assert "js/lti/close.js" in done.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "https:" in page.headers["Content-Security-Policy"].partition("frame-ancestors")[2]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert TOKEN not in done.text
    assert (again.status_code, "invite_used" in again.text) == (409, True)
    assert Registration.objects.get(institution=registrar.institution).client_id


def test_the_page_opens_by_the_address_that_a_moodle_was_recorded_leading_to(
    tool: Running, registrar: Registrar
) -> None:
    registrar.registers()
    led = exchange("dynreg_0_startltiadvregistration")["response"]["headers"]["Location"]
    asked = exchange("dynreg_1_registration_initiation")["request"]["query"]
    config = quote(asked["openid_configuration"], safe="")
    assert led == f"{TOOL}/register?openid_configuration={config}&registration_token=<JWT>"

    ours = led.replace(f"{TOOL}/register", f"{tool.url}/lti/register/{registrar.invite}")
    at = quote(registrar.config_url, safe="")
    page = httpx.get(ours.replace(config, at).replace("<JWT>", TOKEN), timeout=30)

    assert page.status_code == 200
    assert f"Register Tutor.AI with {registrar.host}?" in page.text
    assert registrar.asked("GET")[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_every_recording_of_a_registration_is_replayed() -> None:
    led = {"dynreg_0_startltiadvregistration", "dynreg_1_registration_initiation"}  # above
    answered = {name for name in RECORDED if name.startswith("dynreg")}  # in `test_dynamic`

    assert led | answered == set(families()["dynreg"])
    for name in answered:
        assert RECORDED[name]["status"] == exchange(name)["response"]["status"]


def test_a_failure_is_a_page_that_says_what_to_do(tool: Running, registrar: Registrar) -> None:
    registrar.says(registrar.configuration(), Answer(401, "token_already_used"))

    refused = confirmed(tool, registrar, opened(tool, registrar))
    by_hand = httpx.get(f"{tool.url}/lti/register/{registrar.invite}")
    unknown = httpx.get(f"{tool.url}/lti/register/never-made")
    private = httpx.get(
        f"{tool.url}/lti/register/{registrar.invite}",
        params={"openid_configuration": "https://169.254.169.254/"},
    )

    assert refused.status_code == 502
    assert "its registration token was used before" in refused.text
    assert "This invite is still good" in refused.text
    assert (by_hand.status_code, "Manage tools" in by_hand.text) == (400, True)
    assert (unknown.status_code, "invite_unknown" in unknown.text) == (404, True)
    assert (private.status_code, "url_refused" in private.text) == (400, True)
    assert registrar.untouched()


NASTY = ("\0", "\n\n", "ñ", "'\"<>", "%", "https://\u200b/", "https://[::1", "a" * 9000)


def test_nothing_that_somebody_puts_into_the_address_breaks_us(
    tool: Running, registrar: Registrar
) -> None:
    url = f"{tool.url}/lti/register/{registrar.invite}"
    registrar.registers()

    with httpx.Client(timeout=30) as http:
        asked = [
            http.get(url, params={"openid_configuration": where, "registration_token": token})
            for where, token in [
                *((nasty, TOKEN) for nasty in NASTY),
                *((registrar.config_url, nasty) for nasty in NASTY),
                (f"{registrar.config_url}?a={NASTY[3]}", "x"),
            ]
        ]
        posted = [http.post(url, data={"ticket": nasty, "shares": nasty}) for nasty in NASTY]
        named = [http.get(f"{tool.url}/lti/register/{quote(nasty, safe='')}") for nasty in NASTY]

    told = [answer.status_code for answer in (*asked, *posted, *named)]
    assert set(told) <= {200, 400, 404, 502}, told
    assert registrar.untouched()


def test_what_a_platform_calls_itself_is_text(tool: Running, registrar: Registrar) -> None:
    told = registrar.configuration()
    told["https://purl.imsglobal.org/spec/lti-platform-configuration"]["version"] = "<b>4</b>"
    registrar.says(told, Answer(400, '{"error": "<script>alert(1)</script>"}'))

    page = opened(tool, registrar)
    refused = confirmed(tool, registrar, page)

    assert "<b>4" not in page.text
    assert "<script>alert" not in refused.text


def test_no_log_shows_an_invite_or_what_the_platform_gave() -> None:
    words = '%s - "%s %s HTTP/%s" %d'
    path = f"/lti/register/secret?registration_token={TOKEN.replace(' ', '+')}"
    record = logging.makeLogRecord({"msg": words, "args": ("::1", "GET", path, "1.1", 200)})

    assert Masked().filter(record)

    assert record.getMessage() == '::1 - "GET /lti/register/… HTTP/1.1" 200'


def test_the_developer_key_of_canvas_has_every_address_and_placement(tool: Running) -> None:
    answer = httpx.get(f"{tool.url}/lti/canvas.json")

    told = answer.json()
    [extension] = told["extensions"]
    placed = {one["placement"]: one["message_type"] for one in extension["settings"]["placements"]}
    assert answer.headers["Content-Type"] == "application/json"
    assert told == developer_key(Ours(tool.url))
    assert told["public_jwk_url"] == f"{tool.url}/lti/jwks"
    assert told["oidc_initiation_url"] == f"{tool.url}/lti/login"
    assert (extension["platform"], extension["privacy_level"]) == (
        "canvas.instructure.com",
        "public",
    )
    assert placed == {
        "course_navigation": "LtiResourceLinkRequest",
        "link_selection": "LtiDeepLinkingRequest",
        "assignment_selection": "LtiDeepLinkingRequest",
        "editor_button": "LtiDeepLinkingRequest",
        "module_index_menu_modal": "LtiDeepLinkingRequest",
    }
    assert all(isinstance(value, str) for value in told["custom_fields"].values())


# The same variable under names that others give it: only the first of each is ours to ask for.
ALSO = {*claims.HISTORY[1:], *claims.OBSERVED[1:]}


def read_of_custom() -> set[str]:
    """Return every custom value that our launch code reads, by its name."""
    found = {claims.HISTORY[0], claims.OBSERVED[0], claims.PREVIOUS, claims.STATE}
    for path in LTI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(value=of, attr="get"), args=[ast.Constant(n), *_]):
                    pass
                case ast.Subscript(value=of, slice=ast.Constant(value=n)):
                    pass
                case ast.Compare(left=ast.Constant(value=n), comparators=[of]):
                    pass
                case ast.Constant(value=str(n)) if n.startswith("canvas_"):
                    found.add(n)
                    continue
                case _:
                    continue
            if ast.unparse(of).rpartition(".")[2] == "custom" and isinstance(n, str):
                found.add(n)
    return found - ALSO


def test_every_custom_value_that_launches_are_read_for_is_asked_for() -> None:
    read = read_of_custom()

    assert {"canvas_user_id", "canvas_assignment_id", "person_timezone"} <= read
    assert read <= set(canvas.PROFILE.custom)
    for profile in PROFILES.values():
        assert {name for name in read if not name.startswith("canvas_")} <= set(profile.custom)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.family)
def test_every_profile_says_what_to_do_next(profile: Profile) -> None:
    assert profile.next
    assert all(str(step).strip() for step in profile.next)
    assert all(value.startswith("$") for value in profile.custom.values())
