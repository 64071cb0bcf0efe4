"""Grades, rosters and tokens of the Moodle we play, against what a real one was recorded saying."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.conftest import Running
from tests.sandbox.making import NRPS, PretendTool
from tests.sandbox.recorded import (
    SHARED,
    cell_tutor,
    college,
    column,
    enrolments,
    exchange,
    families,
    osmosis,
    private_activity,
    row,
)
from tests.sandbox.replaying import Site, Story


@pytest.fixture(scope="module")
def site(sandbox: Running, pretend: PretendTool) -> Iterator[Site]:
    """The recorded site."""
    made = Site(sandbox.url, pretend)
    yield made
    made.close()


def made(name: str) -> Callable[[Site], None]:
    """Replay the making of a column, and take its new id for the recorded one from then on."""

    def step(site: Site) -> None:
        answer = site.say(name, site.access())
        new, old = (
            body["id"].rpartition("/lineitem?")[0].rpartition("/")[2]
            for body in (answer.json(), exchange(name)["response"]["body"])
        )
        site.known[new] = old
        site.as_recorded(name, answer)

    return step


def names(prefix: str, *words: str) -> tuple[str, ...]:
    """Return recordings by what their names end in."""
    return tuple(f"{prefix}{word}" for word in words)


# --- columns ---------------------------------------------------------------------------------

MAKING = names(
    "ags_lineitem_create",
    "",
    "_with_resource_link",
    "_duplicate_resource",
    "_err_charset",
    "_zero_max",
)
LOOKING = (
    "ags_lineitems_get",
    "ags_lineitem_get_coupled",
    "ags_lineitems_get_no_type_id",
    "ags_lineitems_get_accept_json",
    "ags_lineitems_get_accept_star",
)
CHANGING = (
    "ags_lineitem_create_err_content_type",
    "ags_lineitem_create_err_no_label",
    "ags_lineitem_create_err_readonly_scope",
    "ags_lineitem_create_foreign_link",
    "ags_lineitem_get_one",
    "ags_lineitems_filter_resource_id",
    "ags_lineitems_filter_resource_link_id",
    "ags_lineitems_filter_tag",
    "ags_lineitems_get_after_create",
    "ags_lineitems_get_limit1",
    "ags_lineitems_get_limit2_from2",
    "ags_lineitem_put",
    "ags_lineitem_put_drop_resourceid",
    "ags_lineitem_get_after_put_drop",
    "ags_lineitem_delete",
    "ags_lineitem_get_deleted",
    "ags_lineitem_delete_coupled",
    "ags_lineitems_get_after_delete_coupled",
)


def test_moodles_columns_are_listed_made_changed_and_deleted_as_recorded(site: Site) -> None:
    site.fresh(*cell_tutor(29), private_activity())

    site.replays([*LOOKING, *map(made, MAKING), *CHANGING])


def test_moodle_lists_the_columns_of_all_a_tools_activities(site: Site) -> None:
    site.fresh(*cell_tutor(35), *osmosis(site.tool.url))

    site.replays(["ags_lineitems_multi_tools"])


# --- scores and results ----------------------------------------------------------------------


def cell(number: int, item: int, person: int, points: float, at: str, **more: Any) -> Any:
    """Return a cell with points in it."""
    given = {"line_item": item, "person": person, "given": points, "maximum": 100}
    return row("score", number, **given, timestamp=f"2026-11-22T10:{at}Z", **more)


OVERRIDDEN = {"comments": ["Teacher says 33"], "overridden": True}
WORDS = ["Good <b>work</b> & clear.\nSecond line"]
SCORES: dict[str, tuple[Callable[[], list[Any]], Story]] = {
    "an activity's column": (
        lambda: cell_tutor(29),
        (
            *names(
                "ags_score_post_",
                "ok",
                "duplicate_same_timestamp",
                "older_timestamp",
                "newer_timestamp",
                "newer_after_future",
                "same_second",
                "now_offset_format",
                "ts_no_tz",
                "ts_nanos",
                "ts_invalid",
                "over_max",
                "unknown_user",
                "teacher_user",
                "nonnumeric_user",
                "no_score_only_progress",
                "pending",
                "ok_pretty_printed_json",
                "err_pretty_printed_json",
                "err_malformed_json",
                "err_content_type",
                "err_no_such_lineitem",
                "err_bad_token",
                "err_no_token",
                "err_wrong_scope",
                "wrong_url_query_position",
                "via_course_of_other_tool",
            ),
            *names("ags_results_", "err_scope", "get_user", "get_limit", "get_limit_from"),
        ),
    ),
    "a teacher's own grade": (
        lambda: [
            *cell_tutor(29),
            cell(1, 29, 5, 90, "45:14", comments=WORDS),
            cell(2, 29, 6, 50, "44:44"),
            cell(3, 29, 7, 100, "45:44"),
            cell(4, 29, 8, 33, "44:45", **OVERRIDDEN),
        ],
        (
            "ags_results_get",
            "ags_score_post_on_overridden_grade",
            lambda site: site.lay(cell(4, 29, 8, 33, "44:45", **OVERRIDDEN, locked=True)),
            "ags_score_post_on_locked_grade",
            "ags_results_get_after_override",
        ),
    ),
    "scaling and clearing": (
        lambda: [column(30, "Chat quality (renamed)", 80)],
        (
            *names("ags_score_", "post_scaled", "post_no_max", "post_string_given", "clear"),
            "ags_results_get_lineitem1",
        ),
    ),
    "pending, locked, suspended": (
        lambda: [*cell_tutor(35), *enrolments(state="inactive")],
        (
            *names("ags_score_pending_", "1_first_graded", "2_then_pending", "3_result_after"),
            "ags_score_locked_1_first",
            lambda site: site.control("scores/35", person="7", locked=True),
            *names("ags_score_", "locked_2_post_while_locked", "locked_3_result"),
            "ags_score_post_suspended_user",
        ),
    ),
    "a tool's own column": (
        lambda: [column(44, "Manual", 20)],
        names(
            "ags_score_manual_column_", "1_future_ts", "2_now", "3_result", "4_same_second_future"
        ),
    ),
}


@pytest.mark.parametrize("about", SCORES)
def test_scores_in_moodle_are_answered_as_recorded(site: Site, about: str) -> None:
    rows, story = SCORES[about]
    site.fresh(*rows())

    site.replays(story)


# --- names and roles -------------------------------------------------------------------------

ROSTER = names(
    "nrps_",
    "get",
    "course2_not_used",
    "err_other_course",
    "get_accept_json",
    "get_accept_star",
    "get_accept_v1_jsonld",
    "get_limit2",
    "get_limit3_from3",
    "get_limit2_from6",
    "get_lowercased_path",
    "get_rlid",
    "get_rlid_limit2",
    "get_role_instructor",
    "get_role_learner",
    "get_role_learner_limit2",
    "err_bad_token",
    "err_wrong_scope",
)


def test_moodles_roster_is_told_as_recorded(site: Site) -> None:
    site.fresh(*cell_tutor(29))

    site.replays(ROSTER)
    past = site.service_token("expired", (NRPS,), SHARED, later=-timedelta(hours=1))
    site.lay(past)
    expired = site.say("nrps_err_expired_access_token", "expired")
    site.as_recorded("nrps_err_expired_access_token", expired)
    site.lay(*enrolments(state="inactive"))
    site.replays(["nrps_get_with_suspended_enrolment"])


# --- tokens ----------------------------------------------------------------------------------

RECORDED_AT = 1795344282  # what the assertions were dated by
UNREACHABLE = "lti_token_err_jwks_host_blocked"


def ask(site: Site, name: str, **more: Any) -> httpx.Response:
    """Ask for a token as was done then, with an assertion signed anew."""
    asked = exchange(name)["request"]
    if "form" not in asked:
        return site.say(name)
    plain = {"iss": "RVAqHXX9gG8nvtO", "sub": "RVAqHXX9gG8nvtO", "iat": RECORDED_AT}
    claims = asked.get("client_assertion_claims", {**plain, "exp": RECORDED_AT + 60})
    header = asked.get("client_assertion_header", {"kid": "tool-key-1"})
    assertion = site.signed(claims, header, RECORDED_AT, **more)
    return site.say(name, data={**asked["form"], "client_assertion": assertion})


def test_moodle_gives_and_refuses_tokens_as_recorded(site: Site) -> None:
    site.fresh()
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = {"lti_token_err_wrong_key": stranger}

    for name in families()["tokens"]:
        if name != UNREACHABLE:
            site.as_recorded(name, ask(site, name, key=keys.get(name)))


def test_moodle_asks_for_a_tools_keys_again_only_when_they_do_not_check(site: Site) -> None:
    site.fresh()
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    before = len(site.tool.asked)

    for key in (None, None, stranger):
        ask(site, "lti_token_jwks_cached_check", key=key)

    assert len(site.tool.asked) - before == 2


def test_a_moodle_that_cannot_fetch_keys_breaks_as_recorded(site: Site) -> None:
    site.fresh()
    tool = next(one for one in college(site.tool.url) if one["model"] == "sandbox.tool")
    nowhere = {"jwks_uri": "http://127.0.0.1:9/jwks"}
    site.lay({**tool, "fields": {**tool["fields"], **nowhere}})

    site.as_recorded(UNREACHABLE, ask(site, UNREACHABLE))


def test_every_recording_of_moodles_services_is_replayed() -> None:
    said = {name for _, story in SCORES.values() for name in story if isinstance(name, str)}
    alone = {
        "ags_lineitems_multi_tools",
        "nrps_err_expired_access_token",
        "nrps_get_with_suspended_enrolment",
    }

    recorded = {name for family in ("ags", "scores", "nrps") for name in families()[family]}
    assert recorded == {*said, *alone, *MAKING, *LOOKING, *CHANGING, *ROSTER}
