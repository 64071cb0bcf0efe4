"""What Moodle 4.5 was recorded sending around launches, sent to us: understood, or named.

The recordings are those that the Moodle we play is held against (tests/sandbox/recordings);
services are replayed in `test_recorded_services`, registrations in `tests/registration`. Tokens
are signed anew, with a fresh nonce and fresh times.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest

from lti.models import LaunchSession
from lti.registration import configuration
from lti.registration.ours import NEEDED
from lti.tool import Head, keys_of, pick
from tests.conftest import Running
from tests.lti.placing import DL, Picker, form_of
from tests.lti.platform import LTI, Begun, Launched, Platform, http
from tests.sandbox.recorded import MOODLE, TOOL, exchange, families
from tutorai.lmsdm.models import Identity

HOST = urlsplit(MOODLE).netloc

# Launches from an activity, each recorded in four steps: who comes (by Moodle's id), their name,
# role and course with us. Moodle tells a teaching assistant no differently than a teacher.
LAUNCHES = {
    "lti_admin_launch": ("2", "Admin User", "teacher", "6"),
    "lti_deeplinked_student_launch": ("5", "Ada Lovelace", "student", "6"),
    "lti_dynamic_student_launch": ("5", "Ada Lovelace", "student", "6"),
    "lti_private_student_launch": ("5", "", "student", "6"),
    "lti_student2_launch": ("6", "Zoë O'Brien & Co", "student", "6"),
    "lti_student_launch": ("5", "Ada Lovelace", "student", "6"),
    "lti_submission_review_teacher": ("3", "Tara Teacher", "teacher", "6"),
    "lti_ta_launch": ("4", "Theo Assistant", "teacher", "6"),
    "lti_teacher_launch": ("3", "Tara Teacher", "teacher", "6"),
}
FORBIDDEN = "lti_deeplink_student_forbidden"  # Moodle lets a student no further than our login
# The same of a teacher who chooses content; there the request to Moodle was not kept.
CHOICES = {
    "lti_deeplink_course2_escaped_title": ("3", "Tara Teacher", "teacher", "7"),
    "lti_deeplink_mixed": ("3", "Tara Teacher", "teacher", "6"),
    "lti_deeplink_none": ("3", "Tara Teacher", "teacher", "6"),
    "lti_deeplink_one": ("3", "Tara Teacher", "teacher", "6"),
    "lti_deeplink_two": ("3", "Tara Teacher", "teacher", "6"),
}
TITLES = {"6": "Introduction to Biology", "7": 'Cells & Systems: "A"'}
LOGINS = {
    **dict.fromkeys(LAUNCHES, "1_launch_php"),
    **dict.fromkeys([*CHOICES, FORBIDDEN], "1_contentitem_php"),
}

NEVER = ""  # a page of Moodle's own: nothing comes to us
# What Moodle says to authorization requests: the reason we name, and what of the request was
# wrong, in which ours has to differ ("": nothing in it was).
REQUESTS = {
    "oidc_auth_err_client_id": ("platform_setup", "client_id"),
    "oidc_auth_err_hint_replayed": (NEVER, ""),
    "oidc_auth_err_login_hint": ("access_denied", "login_hint"),
    "oidc_auth_err_missing_hint": (NEVER, "lti_message_hint"),
    "oidc_auth_err_missing_nonce": (NEVER, "nonce"),
    "oidc_auth_err_missing_response_mode": ("platform_setup", "response_mode"),
    "oidc_auth_err_prompt_login": ("platform_setup", "prompt"),
    "oidc_auth_err_redirect_uri_with_query": (NEVER, "redirect_uri"),
    "oidc_auth_err_response_mode_query": ("platform_setup", "response_mode"),
    "oidc_auth_err_response_type": (NEVER, "response_type"),
    "oidc_auth_err_scope": (NEVER, "scope"),
    "oidc_auth_no_session_cookie_repost": (NEVER, ""),  # it asks itself again, with its cookie
    "oidc_auth_ok_get": ("launched", ""),
    "oidc_auth_ok_no_prompt": ("launched", "prompt"),
    "oidc_auth_ok_no_state": ("unknown_state", "state"),
    "oidc_auth_ok_post": ("launched", ""),
    "oidc_auth_other_user_session": (NEVER, ""),
}


ITEMS = f"{DL}content_items"


@dataclass(frozen=True)
class Answered:
    """Our answers to two deep linking requests, as Moodle reads them."""

    platform: Platform
    told: dict[str, Any]  # two links were placed, the first with a column
    cancelled: dict[str, Any]
    kid: str
    published: list[str]


# What Moodle says to a tool's answer goes to the teacher's browser, not to us: our own answer has
# right what was wrong in the recorded one, and is like it where Moodle took it.
ANSWERS: dict[str, Callable[[Answered], bool]] = {
    "lti_deeplink_course2_escaped_title_4_deep_link_response": lambda one: (
        one.cancelled[ITEMS] == []
    ),
    "lti_deeplink_err_expired": lambda one: one.told["exp"] > time.time(),
    "lti_deeplink_err_iat_future": lambda one: one.told["iat"] <= time.time(),
    # Moodle takes these two all the same; other platforms would not.
    "lti_deeplink_err_wrong_aud": lambda one: one.told["aud"] == one.platform.issuer,
    "lti_deeplink_err_wrong_deployment": lambda one: (
        one.told[f"{LTI}deployment_id"] == one.platform.deployment_id
    ),
    "lti_deeplink_err_wrong_iss": lambda one: one.told["iss"] == one.platform.client_id,
    "lti_deeplink_err_wrong_key": lambda one: bool(one.told),  # `Picker.claims` checked it
    "lti_deeplink_err_wrong_kid": lambda one: one.kid in one.published,
    "lti_deeplink_errormsg": lambda one: f"{DL}errormsg" not in one.cancelled,  # nothing failed
    # Moodle makes an LTI activity of a plain link.
    "lti_deeplink_mixed_4_deep_link_response": lambda one: (
        [item["type"] for item in one.told[ITEMS]] == ["ltiResourceLink"] * 2
    ),
    "lti_deeplink_none_4_deep_link_response": lambda one: one.cancelled[ITEMS] == [],
    "lti_deeplink_ok_aud_string": lambda one: isinstance(one.told["aud"], str),
    "lti_deeplink_one_4_deep_link_response": lambda one: "lineItem" in one.told[ITEMS][0],
    "lti_deeplink_replay_same_nonce": lambda one: one.told["nonce"] != one.cancelled["nonce"],
    "lti_deeplink_two_4_deep_link_response": lambda one: "lineItem" not in one.told[ITEMS][1],
}

LEFT_OUT = {
    f"{FORBIDDEN}_3_auth_response": "Moodle's own page: a student is not brought to the tool",
    "lti_view_php_iframe": "the frame that Moodle draws around us: what we ask of it is no more",
    **dict.fromkeys(
        families()["browser"],
        "what a browser did between Moodle's pages: held against ours in tests/sandbox, and gone "
        "by tests/browser with a browser",
    ),
}


def fields(name: str) -> dict[str, str]:
    """Return the form with which a recorded page goes on."""
    told: dict[str, str] = exchange(name)["response"]["body"]["page"]["forms"][0]["fields"]
    return told


def moved(tool: Running, told: dict[str, Any]) -> dict[str, Any]:
    """Return recorded parameters with our address in the place of the recorded tool's."""
    return {
        name: value.replace(f"{TOOL}/launch", f"{tool.url}/lti/launch")
        if isinstance(value, str)
        else value
        for name, value in told.items()
    }


def asked(begun: Begun) -> dict[str, str]:
    """Return what our answer to a login asks of the platform."""
    query = urlsplit(begun.answer.headers["Location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


@pytest.fixture
def moodle(tool: Running, another: Callable[..., Platform]) -> Callable[[str], Platform]:
    """Return a function that registers the recorded Moodle, as the client of a recorded login."""

    def registered(client_id: str, deployment_id: str = "1") -> Platform:
        platform = another(issuer=MOODLE, client_id=client_id, deployment_id=deployment_id)
        platform.register("--family", "moodle", institution="Fixture University")
        return platform

    return registered


@pytest.fixture
def launch(tool: Running, moodle: Callable[..., Platform]) -> Callable[[str], Picker]:
    """Return a function that launches with the recorded claims of a story."""

    def recorded(story: str) -> Picker:
        login = moved(tool, fields(f"{story}_{LOGINS[story]}"))
        platform = moodle(login["client_id"], login["lti_deployment_id"])
        begun = platform.login(**login)
        step = "4_auth_response" if story in LAUNCHES else "3_auth_response"
        claims = moved(tool, exchange(f"{story}_{step}")["id_token"]["claims"])
        fresh = {name: platform.claims(begun)[name] for name in ("iat", "exp", "nonce")}
        answer = platform.post(begun, platform.sign({**claims, **fresh}))
        return Picker(platform, Launched(begun, answer))

    return recorded


@pytest.mark.parametrize("story", LOGINS)
def test_a_recorded_login_is_answered_with_what_moodle_was_recorded_taking(
    tool: Running, moodle: Callable[..., Platform], story: str
) -> None:
    told = exchange(f"{story}_2_oidc_login")["request"]["form"]
    assert told == fields(f"{story}_{LOGINS[story]}")
    taken = exchange("oidc_auth_ok_get")["request"]["params"]
    if story in LAUNCHES:
        query = urlsplit(exchange(f"{story}_3_auth_php")["request"]["url"]).query
        taken = {name: values[0] for name, values in parse_qs(query).items()}
        assert set(fields(f"{story}_3_auth_php")) == {"id_token", "state"}

    sent = asked(moodle(told["client_id"]).login(**moved(tool, told)))

    hints = {name: told[name] for name in ("login_hint", "lti_message_hint", "client_id")}
    own = {name: sent[name] for name in ("state", "nonce")}
    assert sent == {**moved(tool, taken), **hints, **own}


def test_whoever_is_not_signed_in_there_is_sent_to_moodle_which_asks_them(
    tool: Running, moodle: Callable[..., Platform]
) -> None:
    told = fields("launch_not_logged_in")

    sent = asked(moodle(told["client_id"]).login(**moved(tool, told)))

    assert (sent["login_hint"], sent["lti_message_hint"]) == ("0", told["lti_message_hint"])


@pytest.mark.parametrize("story", [*LAUNCHES, *CHOICES])
def test_a_recorded_launch_brings_the_right_person_role_and_course(
    launch: Callable[[str], Picker], story: str
) -> None:
    session = launch(story).session

    sub, called, role, course = {**LAUNCHES, **CHOICES}[story]
    assert (session.user.name, session.role) == (called, role)
    assert session.course is not None
    assert session.course.title == TITLES[course]
    assert (session.deep_link is not None) == (story in CHOICES)
    told = Identity.objects.filter(source=f"moodle:{session.deployment_id}")
    assert told.get(kind="user", external_id=f"{HOST}/{sub}").row == session.user_id
    assert told.get(kind="course", external_id=f"{HOST}/{course}").row == session.course_id


def test_two_people_and_two_links_of_one_course_stay_apart_and_one_person_the_same(
    launch: Callable[[str], Picker],
) -> None:
    def session(story: str) -> LaunchSession:
        return launch(story).session

    ada, zoe = session("lti_student_launch"), session("lti_student2_launch")
    tara, linked = session("lti_teacher_launch"), session("lti_deeplinked_student_launch")
    review, private = (
        session("lti_submission_review_teacher"),
        session("lti_private_student_launch"),
    )

    assert ada.course_id == zoe.course_id == tara.course_id == linked.course_id
    assert len({ada.user_id, zoe.user_id, tara.user_id}) == 3
    assert (linked.user_id, review.user_id) == (ada.user_id, tara.user_id)
    assert linked.resource_link_id == review.resource_link_id != ada.resource_link_id
    assert (review.subject_id, tara.subject_id) == (ada.user_id, None)
    # The tool that is told no names is another client: it learns none from this one.
    assert private.user_id != ada.user_id
    assert ada.return_url.startswith(f"{MOODLE}/mod/lti/return.php")
    assert ada.frame_origins[0] == MOODLE


@pytest.mark.parametrize("name", REQUESTS)
def test_a_recorded_answer_to_an_authorization_request_launches_or_is_named(
    tool: Running, moodle: Callable[..., Platform], name: str
) -> None:
    reason, wrong = REQUESTS[name]
    theirs = moved(tool, exchange(name)["request"]["params"])
    login = moved(tool, fields("lti_student_launch_1_launch_php"))
    platform = moodle(login["client_id"])
    begun = platform.login(**login)
    sent = asked(begun)
    assert not wrong or sent[wrong] != theirs.get(wrong)
    differ = {one for one in theirs if theirs[one] != sent[one]}
    assert differ <= {wrong, "state", "nonce", "lti_message_hint"}  # three are new each time

    body = exchange(name)["response"]["body"]["page"]
    if reason == NEVER:
        forms = [form["action"] for form in body.get("forms", [])]
        assert not [action for action in forms if action.startswith(TOOL)]
        return
    form = {**fields(name), **({"state": begun.state} if fields(name)["state"] else {})}
    if "id_token" in form:
        claims = exchange("lti_student_launch_4_auth_response")["id_token"]["claims"]
        fresh = {one: platform.claims(begun)[one] for one in ("iat", "exp", "nonce")}
        form["id_token"] = platform.sign({**moved(tool, claims), **fresh})
    answer = platform.send(form, begun.cookie)
    if reason == "launched":
        assert Launched(begun, answer).role == "student"
    else:
        assert (answer.status_code, reason in answer.text) == (400, True)
        assert begun.row.failure == (reason if form["state"] else "")


def test_our_answer_has_right_what_was_wrong_in_the_answers_that_moodle_refused(
    launch: Callable[[str], Picker],
) -> None:
    one, other = (launch("lti_deeplink_two") for _ in range(2))
    placed = one.place("tutor", "plan", graded="1", points="50")
    keys = http("GET", f"{one.platform.tool.url}/lti/jwks").json()["keys"]
    answered = Answered(
        one.platform,
        told=one.claims(placed),
        cancelled=other.claims(other.cancel()),
        kid=jwt.get_unverified_header(form_of(placed)["JWT"])["kid"],
        published=[key["kid"] for key in keys],
    )

    assert [name for name, right in ANSWERS.items() if not right(answered)] == []


def test_moodles_recorded_keys_are_those_that_its_recorded_launches_name() -> None:
    keys = keys_of(exchange("lti_jwks_certs")["response"]["body"]["keys"])

    heads = {
        (one["id_token"]["header"]["kid"], one["id_token"]["header"]["alg"])
        for family in ("launch", "deeplink")
        for one in families()[family].values()
        if "id_token" in one
    }

    assert heads
    assert all(pick(keys, Head(*head)) for head in heads)


def test_moodles_recorded_configuration_says_all_that_a_registration_needs() -> None:
    told = exchange("lti_openid_configuration")["response"]["body"]

    read = configuration.read(told, host=HOST)

    assert (read.issuer, read.profile.family, read.audience) == (MOODLE, "moodle", "")
    assert read.authorization_endpoint == f"{MOODLE}/mod/lti/auth.php"
    assert read.token_endpoint == f"{MOODLE}/mod/lti/token.php"
    assert read.jwks_uri == f"{MOODLE}/mod/lti/certs.php"
    assert read.registration_endpoint == f"{MOODLE}/mod/lti/openid-registration.php"
    assert set(NEEDED) <= set(read.scopes)
    assert read.messages == {
        "LtiResourceLinkRequest": (),
        "LtiDeepLinkingRequest": ("ContentArea",),
    }


def test_every_recording_around_a_launch_is_in_a_table() -> None:
    held = [families()[name] for name in ("launch", "oidc", "deeplink", "platform", "browser")]
    steps = {
        *(f"{story}_{step}" for story, step in LOGINS.items()),
        *(f"{story}_2_oidc_login" for story in LOGINS),
        *(f"{story}_{step}" for story in LAUNCHES for step in ("3_auth_php", "4_auth_response")),
        *(f"{story}_3_auth_response" for story in CHOICES),
    }
    alone = {"launch_not_logged_in", "lti_jwks_certs", "lti_openid_configuration"}

    tabled = {*steps, *alone, *REQUESTS, *ANSWERS, *LEFT_OUT}

    assert tabled == {name for family in held for name in family}
