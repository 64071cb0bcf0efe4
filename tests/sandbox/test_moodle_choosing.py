"""Deep linking in the Moodle we play, against a recorded Moodle's: what fills the teacher's form."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.conftest import Running
from tests.sandbox.facts import said
from tests.sandbox.making import PretendTool
from tests.sandbox.recorded import ADA, TEACHER, cell_tutor, exchange, families
from tests.sandbox.replaying import Site, blurred
from tests.sandbox.test_moodle_launches import form, says

NAMES = families()["deeplink"]
STORIES = sorted({name.partition("_1_")[0] for name in NAMES if "_1_contentitem_php" in name})
CHOSEN = [story for story in STORIES if "forbidden" not in story]
ANSWERS = [name for name in NAMES if name.split("_")[2] in ("err", "errormsg", "ok", "replay")]
FORBIDDEN = "lti_deeplink_student_forbidden"
PARTS = ("1_contentitem_php", "2_oidc_login", "3_auth_response", "4_deep_link_response")
RECORDED_AT = 1795344138
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


@pytest.fixture(scope="module")
def site(sandbox: Running, pretend: PretendTool) -> Iterator[Site]:
    """The recorded site, where the tool is in use."""
    made = Site(sandbox.url, pretend)
    made.fresh(*cell_tutor(29))
    yield made
    made.close()


def begun(site: Site, story: str, person: int) -> httpx.Response:
    """Open the picker as recorded, up to the answer to the authorization request."""
    site.seen_as(person)
    first, login = f"{story}_{PARTS[0]}", f"{story}_{PARTS[1]}"
    opened = site.say(first)
    site.as_recorded(first, opened)
    then = exchange(login)["request"]
    assert form(opened)["action"] == site.ours(then["url"])
    assert blurred(form(opened)["fields"]) == blurred(site.expected(then["form"]))
    sent = form(opened)["fields"]
    asked = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "client_id": sent["client_id"],
        "redirect_uri": f"{site.tool.url}/launch",
        "login_hint": sent["login_hint"],
        "lti_message_hint": sent["lti_message_hint"],
        "state": "state-x",
        "nonce": "nonce-x",
    }
    return site.http.get(f"{site.url}/mod/lti/auth.php", params=asked)


def answered(site: Site, name: str, back: str, **key: Any) -> httpx.Response:
    """Send the tool's recorded answer to where it should go, signed anew."""
    then = exchange(name)["request"]
    token = site.signed(then["jwt_claims"], then["jwt_header"], RECORDED_AT, **key)
    return site.http.post(back, data={"JWT": token})


def way_back(site: Site) -> str:
    """Open the picker as the teacher and return where its answer goes."""
    posted = form(begun(site, "lti_deeplink_one", TEACHER))
    claims = jwt.decode(posted["fields"]["id_token"], options={"verify_signature": False})
    return str(claims[SETTINGS]["deep_link_return_url"])


@pytest.mark.parametrize("story", CHOSEN)
def test_moodle_opens_the_picker_and_fills_the_form_as_recorded(site: Site, story: str) -> None:
    third, last = f"{story}_{PARTS[2]}", f"{story}_{PARTS[3]}"

    claims = says(site, third, form(begun(site, story, TEACHER)))
    page = answered(site, last, claims[SETTINGS]["deep_link_return_url"])

    site.as_recorded(last, page, body=False)
    then = exchange(last)["response"]["body"]["page"]["returned"]
    assert said("text/html", page.text)["page"]["returned"] == site.expected(then)
    assert page.headers["X-Frame-Options"] == "sameorigin"


@pytest.mark.parametrize("name", ANSWERS)
def test_moodle_checks_of_an_answer_what_it_was_recorded_checking(site: Site, name: str) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    key = stranger if name == "lti_deeplink_err_wrong_key" else None

    page = answered(site, name, way_back(site), key=key)

    then = exchange(name)["response"]
    told = said("text/html", page.text)["page"]
    assert page.status_code == then["status"], page.text
    words = {part: told[part] for part in ("error", "notice") if part in told}
    recorded = then.get("body", {}).get("page", {})
    kept = {part: recorded[part] for part in ("error", "notice") if part in recorded}
    assert blurred(words) == blurred(kept)


def test_a_student_comes_as_far_as_the_tools_login(site: Site) -> None:
    refused = begun(site, FORBIDDEN, ADA)

    assert refused.status_code == 404
    assert "permissions" in said("text/html", refused.text)["page"]["error"]
    site.as_recorded(f"{FORBIDDEN}_3_auth_response", site.say(f"{FORBIDDEN}_3_auth_response"))


def test_an_answer_needs_the_teachers_own_session_key(site: Site) -> None:
    back = way_back(site)
    wrong = back.replace("sesskey=", "sesskey=x")

    page = answered(site, "lti_deeplink_ok_aud_string", wrong)

    assert page.status_code == 404
    assert "timed out" in said("text/html", page.text)["page"]["error"]


def test_an_answer_without_the_teachers_cookie_comes_again_from_moodles_own_page(
    site: Site,
) -> None:
    back = way_back(site)
    site.seen_as(None)

    again = form(answered(site, "lti_deeplink_one_4_deep_link_response", back))
    site.seen_as(TEACHER)
    page = site.http.post(f"{site.url}{again['action']}", data=again["fields"])

    assert said("text/html", page.text)["page"]["returned"]["grade_modgrade_point"] == 50


# --- what Save creates -----------------------------------------------------------------------

# Fields of Moodle's form that ours has not: other settings of an activity.
NOT_OURS = {
    "securetoolurl",
    "urlmatchedtypeid",
    "modulename",
    "mform_isexpanded_id_modstandardgrade",
    "introeditor[itemid]",
    "grade[modgrade_type]",
    "grade[modgrade_scale]",
    "gradecat",
    "gradepass",
    "completionusegrade",
    "completionpassgrade",
    "override_grade",
}


def test_the_form_has_the_recorded_values_and_saving_it_creates_the_activity(site: Site) -> None:
    page = answered(site, "lti_deeplink_one_4_deep_link_response", way_back(site))
    then = site.expected(exchange("browser_deeplink_one_form_values")["form"])
    filled = said("text/html", page.text)["page"]["forms"][0]
    mine = {name: filled["fields"].get(name) for name in then if name not in NOT_OURS}

    assert mine == {name: value for name, value in then.items() if name not in NOT_OURS}
    before = columns(site)
    saved = site.http.post(f"{site.url}{filled['action']}", data=filled["fields"])

    assert (saved.status_code, saved.headers["Location"]) == (303, "/course/view.php?id=6")
    made = [one for one in columns(site) if one not in before]
    assert [one["label"] for one in made] == ["Deep-linked tutor: Osmosis & diffusion"]
    kept = ("scoreMaximum", "resourceId", "tag", "submissionReview")
    review = {"url": f"{site.tool.url}/launch?review=1", "custom": {"rev": "1"}}
    assert [made[0][name] for name in kept] == [50, "asst_77", "chat", review]


def test_one_save_creates_several_activities_with_columns_all(site: Site) -> None:
    page = answered(site, "lti_deeplink_two_4_deep_link_response", way_back(site))
    filled = said("text/html", page.text)["page"]["forms"][0]
    before = columns(site)

    site.http.post(f"{site.url}{filled['action']}", data=filled["fields"])

    made = [one for one in columns(site) if one not in before]
    told = [(one["label"], one["scoreMaximum"]) for one in made]
    assert told == [
        ("Deep-linked tutor: Osmosis & diffusion", 50),
        ("Second tutor (no grade)", 100),
    ]


def columns(site: Site) -> list[dict[str, Any]]:
    """Return the columns of the course."""
    found: list[dict[str, Any]] = site.say("ags_lineitems_get", site.access()).json()
    return found


# --- as a browser goes -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["browser_deeplink_one", "browser_deeplink_two"])
def test_the_recorded_browsers_way_through_the_picker_leads_through_ours(
    site: Site, name: str
) -> None:
    steps = exchange(name)["requests"]
    site.seen_as(TEACHER)
    editing = site.http.get(site.ours(steps[0]["url"]))
    picker = form(editing)
    opened = site.http.post(f"{site.url}{picker['action']}", data={**WORDS, **picker["fields"]})
    login = form(opened)
    page = answered(site, "lti_deeplink_two_4_deep_link_response", way_back(site))
    save = said("text/html", page.text)["page"]["forms"][0]
    saved = site.http.post(f"{site.url}{save['action']}", data=save["fields"])

    went = [editing, opened, page, saved]
    there = [one for one in steps if one["url"].startswith("http://127.0.0.1:8888")]
    then = [there[0], there[1], there[3], there[-1]]
    assert [one.status_code for one in went] == [one["status"] for one in then]
    framed = [one.headers.get("x-frame-options") for one in went[:3]]
    assert framed == [one["resp"].get("x-frame-options") for one in then[:3]]
    assert [urlsplit(one["url"]).path for one in then] == [
        "/course/modedit.php",
        picker["action"],
        "/mod/lti/contentitem_return.php",
        save["action"],
    ]
    assert sorted({**WORDS, **picker["fields"]}) == then[1]["post_fields"]
    assert sorted(login["fields"]) == steps[2]["post_fields"]
    assert parse_qs(urlsplit(str(page.request.url)).query).keys() == {"course", "id", "sesskey"}


WORDS = {"title": "", "text": ""}  # what the teacher typed before


def test_every_recorded_choice_is_replayed() -> None:
    chosen = {f"{story}_{part}" for story in CHOSEN for part in PARTS}
    forbidden = {f"{FORBIDDEN}_{part}" for part in PARTS[:3]}

    assert set(NAMES) == chosen | forbidden | set(ANSWERS)


def test_a_teacher_places_and_a_student_launches_by_the_sandboxs_own_pages(site: Site) -> None:
    site.seen_as(TEACHER)
    opened = form(site.http.get(f"{site.url}/courses/6/add/ContentArea/go"))
    asked = {
        **exchange("oidc_auth_ok_get")["request"]["params"],
        **{name: opened["fields"][name] for name in ("login_hint", "lti_message_hint")},
        "redirect_uri": f"{site.tool.url}/launch",
    }
    posted = form(site.http.get(f"{site.url}/mod/lti/auth.php", params=asked))
    claims = jwt.decode(posted["fields"]["id_token"], options={"verify_signature": False})
    back = claims[SETTINGS]["deep_link_return_url"]
    page = answered(site, "lti_deeplink_one_4_deep_link_response", back)
    save = said("text/html", page.text)["page"]["forms"][0]
    shown = site.http.post(
        f"{site.url}{save['action']}",
        data={**save["fields"], "name": "Osmosis, by hand"},
        follow_redirects=True,
    )
    link = re.findall(r"launch/3\?link=(\d+)\">Osmosis, by hand", shown.text)[0]
    site.seen_as(ADA)

    launch = form(site.http.get(f"{site.url}/courses/6/launch/5/go?link={link}"))

    hint = json.loads(launch["fields"]["lti_message_hint"])
    assert hint["cmid"] == int(link)
    assert launch["fields"]["target_link_uri"] == f"{site.tool.url}/launch?assistant=asst_77"
