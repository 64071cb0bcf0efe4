"""What Moodle 4.5 was recorded saying to calls of services, said to us: understood, or named.

The recordings are one set, in tests/sandbox/recordings (there the Moodle we play is held against
them) and tests/ledger/recordings, whose scores and results drive grades to their end.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from lti import line_items, nrps, results, service_tokens
from lti.services import door
from tests.lti.scripted import Answer, Place
from tests.sandbox.recorded import exchange, families
from tutorai.errors import (
    ClocksDiffer,
    KeysUnread,
    KeyUnknown,
    LMSError,
    LMSMisunderstood,
    LMSNotFound,
    LMSRefused,
    ScopeMissing,
    ToolRefused,
)
from tutorai.ledger.outcomes import Outcome

MOODLE = "http://127.0.0.1:8888"
SERVICES = "/mod/lti/services.php"
ITEMS = f"{SERVICES}/6/lineitems"

# Columns by Moodle's number, with our resource and the activity's link.
OWN = "29 '' link 3"
RUBRIC, TWIN, THIRD = (f"{n} 'asst_42:rubric' link ''" for n in (30, 32, 33))
ZERO = "34 '' link ''"
BONUS = "31 'asst_42:bonus' link 3"
COLUMNS: dict[str, Any] = {
    "ags_lineitem_create": [RUBRIC],
    "ags_lineitem_create_duplicate_resource": [TWIN],  # hence we look before we make
    "ags_lineitem_create_err_charset": [THIRD],
    "ags_lineitem_create_err_content_type": LMSRefused,
    "ags_lineitem_create_err_no_label": LMSRefused,
    "ags_lineitem_create_err_readonly_scope": LMSRefused,
    "ags_lineitem_create_foreign_link": LMSRefused,
    "ags_lineitem_create_with_resource_link": [BONUS],
    "ags_lineitem_create_zero_max": [ZERO],
    "ags_lineitem_delete": [],
    "ags_lineitem_delete_coupled": [],  # hence `ags.delete` looks whose column it is
    "ags_lineitem_get_after_put_drop": ["31 '' link ''"],
    "ags_lineitem_get_coupled": [OWN],
    "ags_lineitem_get_deleted": LMSNotFound,
    "ags_lineitem_get_one": [RUBRIC],
    "ags_lineitem_put": [RUBRIC],
    "ags_lineitem_put_drop_resourceid": ["31 '' link ''"],  # hence `change` sends all of it
    "ags_lineitems_filter_resource_id": [RUBRIC, TWIN, THIRD],
    "ags_lineitems_filter_resource_link_id": [OWN, BONUS],
    "ags_lineitems_filter_tag": [BONUS],
    "ags_lineitems_get": [OWN],
    "ags_lineitems_get_accept_json": LMSRefused,
    "ags_lineitems_get_accept_star": LMSRefused,
    "ags_lineitems_get_after_create": [OWN, RUBRIC, BONUS, TWIN, THIRD, ZERO],
    "ags_lineitems_get_after_delete_coupled": [RUBRIC, TWIN, THIRD, ZERO],
    "ags_lineitems_get_limit1": [OWN],
    "ags_lineitems_get_limit2_from2": [BONUS, TWIN],
    "ags_lineitems_get_no_type_id": [OWN],
    "ags_lineitems_multi_tools": ["35 '' link 3", "38 'asst_77' link 7"],
    "ags_results_get_limit": LMSNotFound,  # a crash of Moodle; we never send a limit there
    "ags_results_get_limit_from": LMSNotFound,
    "ags_score_post_nonnumeric_user": Outcome.UNCLEAR,
    "ags_score_post_via_course_of_other_tool": LMSRefused,  # a list, for another tool's token
}
ALL = "4 5 9 6 3 7 8"
ROSTERS: dict[str, Any] = {
    "nrps_course2_not_used": "5 3",  # hence the address comes from launches alone
    "nrps_err_bad_token": LMSRefused,
    "nrps_err_expired_access_token": LMSRefused,
    "nrps_err_other_course": LMSNotFound,
    "nrps_err_wrong_scope": LMSRefused,
    "nrps_get": ALL,
    "nrps_get_accept_json": LMSRefused,
    "nrps_get_accept_star": ALL,
    "nrps_get_accept_v1_jsonld": LMSMisunderstood,  # LTI 1's roster, which we do not ask for
    "nrps_get_limit2": "4 5",
    "nrps_get_limit2_from6": "8",
    "nrps_get_limit3_from3": "6 3 7",
    "nrps_get_lowercased_path": ALL,
    "nrps_get_rlid": ALL,
    "nrps_get_rlid_limit2": "4 5",
    "nrps_get_role_instructor": "3",
    "nrps_get_role_learner": "4 5 9 6 7 8",
    "nrps_get_role_learner_limit2": "4 5",
    "nrps_get_with_suspended_enrolment": "4 5 6 3 7 8",  # gone, and nothing else tells
}
# Where a page leads, as it is asked for: curly quotes and `&amp;` undone, all else as it stands.
NEXT = {
    "ags_lineitems_get_limit1": "type_id=1&limit=1&from=1",
    "ags_lineitems_get_limit2_from2": "type_id=1&limit=2&from=4",
    "nrps_get_limit2": "limit=2&from=2",
    "nrps_get_limit3_from3": "limit=3&from=6",
    "nrps_get_rlid_limit2": "limit=2&from=2&rlid=3",
    "nrps_get_role_learner_limit2": "limit=2&from=2",  # the role is lost: we ask for none
}
EVERY = 5  # scopes
TOKENS: dict[str, Any] = {
    "dynreg_token_while_pending": 1,
    "lti_token_aud_issuer": EVERY,
    "lti_token_err_bad_scope": ScopeMissing,
    "lti_token_err_expired_assertion": ClocksDiffer,
    "lti_token_err_grant_type": ToolRefused,
    "lti_token_err_iat_future": ClocksDiffer,
    "lti_token_err_jwks_host_blocked": KeysUnread,
    "lti_token_err_missing_scope": ToolRefused,
    "lti_token_err_no_kid": ToolRefused,
    "lti_token_err_private_tool_no_services": ScopeMissing,
    "lti_token_err_unknown_client": ToolRefused,
    "lti_token_err_wrong_key": ToolRefused,
    "lti_token_err_wrong_kid": KeyUnknown,  # its body is no JSON
    "lti_token_iss_mismatch": EVERY,
    "lti_token_json_body": ToolRefused,
    "lti_token_jwks_cached_check": 1,
    "lti_token_no_exp": EVERY,
    "lti_token_no_jti": EVERY,
    "lti_token_ok_after_unblock": 1,
    "lti_token_ok_all_scopes": EVERY,
    "lti_token_ok_partial_unknown_scope": 1,
    "lti_token_replay_1": 1,
    "lti_token_replay_2": 1,
    "lti_token_wrong_aud": EVERY,
}


@pytest.fixture
def moodle(place_on: Callable[..., Place]) -> Place:
    """A course on a Moodle that says what was recorded."""
    return place_on("moodle")


def replayed(moodle: Place, name: str) -> Answer:
    """Return what was answered then, at this Moodle's own address; a page in words of ours."""
    said = exchange(name)["response"]
    body = said["body"]
    if isinstance(body, dict) and "page" in body:
        text = f"<!DOCTYPE html>\n<html><title>{body['page'].get('title', '')}</title></html>"
    else:
        text = body if isinstance(body, str) else json.dumps(body)
    headers = {
        # As it comes over the wire: a curly quote is three bytes.
        name: value.replace(MOODLE, moodle.url).encode().decode("latin-1")
        for name, value in said["headers"].items()
        if name not in {"Transfer-Encoding", "Content-Length"}  # the server's own
    }
    return Answer(said["status"], text.replace(MOODLE, moodle.url), said["reason"], headers)


def leads_on(moodle: Place, name: str) -> bool:
    """Whether another page was asked for where the recorded one leads, and nowhere else."""
    asked = [one.path.partition("?")[2] for one in moodle.asked(path_of(name))]
    return name not in NEXT or asked[1:] == [NEXT[name]]


def path_of(name: str) -> str:
    """Return what was asked then, without its query: tests answer by path."""
    url: str = exchange(name)["request"]["url"]
    return url.removeprefix(MOODLE).partition("?")[0]


def number(url: str) -> str:
    """Return Moodle's number of a column."""
    return url.partition("/lineitem?")[0].rpartition("/")[2]


def told(columns: Any) -> list[str]:
    """Return columns as the table writes them."""
    return [
        f"{number(one.url)} {one.resource_id!r} link {one.resource_link_id or repr('')}"
        for one in columns
    ]


def call(moodle: Place, name: str) -> Any:
    """Make the call that was recorded as we make it."""
    asked = exchange(name)["request"]
    url = moodle.url + asked["url"].removeprefix(MOODLE)
    service, body = moodle.service, asked.get("json") or {}
    service.line_items_url = f"{moodle.url}{ITEMS}?type_id=1"
    if url.endswith("lineitem/scores?type_id=1"):
        cell = moodle.cell(path=asked["url"].removeprefix(MOODLE).replace("/scores", ""))
        return cell.rules.outcome(cell.send("{}"))
    if "/results" in url:
        return results.read(door(service), url.replace("/results", ""))
    if asked["method"] == "POST":
        return told([line_items.make(service, body)])
    if asked["method"] == "PUT":
        return told([line_items.change(service, url, {}, body)])
    if asked["method"] == "DELETE":
        line_items.delete(service, url)
        return []
    if number(url).isdecimal():
        return told([line_items.one(service, url)[0]])
    service.line_items_url = url
    return told(line_items.listing(service))


def ends(work: Callable[[], Any], expected: Any) -> None:
    """See that it ends as the table says."""
    if isinstance(expected, type) and issubclass(expected, LMSError):
        with pytest.raises(expected) as error:
            work()
        assert type(error.value) is expected
    else:
        assert work() == expected


@pytest.mark.parametrize("name", COLUMNS)
def test_a_recorded_answer_about_columns_is_understood_or_named(moodle: Place, name: str) -> None:
    method = exchange(name)["request"]["method"]
    after = [Answer(body="[]")] if name in NEXT else []
    moodle.says(method, path_of(name), replayed(moodle, name), *after)

    ends(lambda: call(moodle, name), COLUMNS[name])

    assert leads_on(moodle, name)


@pytest.mark.parametrize("name", ROSTERS)
def test_a_recorded_roster_is_understood_or_named(moodle: Place, name: str) -> None:
    recorded = exchange(name)
    after = [Answer(body='{"members": []}')] if name in NEXT else []
    moodle.says("GET", path_of(name), replayed(moodle, name), *after)
    moodle.service.members_url = moodle.url + recorded["request"]["url"].removeprefix(MOODLE)

    ends(lambda: " ".join(one.user.user_id for one in nrps.members(moodle.service)), ROSTERS[name])

    assert leads_on(moodle, name)


@pytest.mark.parametrize("name", TOKENS)
def test_a_recorded_answer_of_a_token_endpoint_is_understood_or_named(
    moodle: Place, name: str
) -> None:
    moodle.says("POST", "/token", replayed(moodle, name))
    scopes = [*line_items.READ, *results.SCOPES, SCORE, nrps.SCOPE]

    ends(lambda: len(service_tokens.current(moodle.registration, scopes).scopes), TOKENS[name])


SCORE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"


def test_every_recording_of_a_service_is_in_a_table() -> None:
    held = families()

    named = {*held["ags"], *held["nrps"], *held["tokens"]}
    assert {*COLUMNS, *ROSTERS, *TOKENS} - set(held["scores"]) == named
