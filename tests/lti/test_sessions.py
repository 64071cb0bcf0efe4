"""How long a session lives, and what ends it."""

import json
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.core import signing
from django.utils import timezone

from lti import keys, sessions
from lti.models import Deployment, Invite, LaunchSession, Notice, Placement, ToolKey
from tests.lti.platform import INSTRUCTOR, LEARNER, LIS, REMOVE, Launched, Platform, http
from tutorai.ids import new_id
from tutorai.lmsdm.models import Enrolment, Institution

ADMINISTRATOR = f"{LIS}institution/person#Administrator"


def me(platform: Platform, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return http("GET", f"{platform.tool.url}/v1/me", headers=headers)


def refresh(platform: Platform, launch_id: str, secret: str = "", **headers: str) -> Any:
    told = {"launch_id": launch_id, "refresh_secret": secret}
    headers["Content-Type"] = "application/json"
    url = f"{platform.tool.url}/v1/token/refresh"
    return http("POST", url, content=json.dumps(told).encode(), headers=headers)


def renewed(platform: Platform, island: Any) -> Any:
    return refresh(platform, island["launch_id"], island["refresh_secret"])


def kept(launched: Launched) -> str:
    """The cookie that keeps a session, as a browser would send it."""
    given = launched.answer.headers.get_list("Set-Cookie")
    return next(one for one in given if one.startswith("keep_")).split(";")[0]


def place(launched: Launched) -> Any:
    row = launched.session
    return Enrolment.objects.filter(user=row.user, course=row.course)


def test_a_refresh_gives_new_tokens_and_the_old_secret_is_spent(platform: Platform) -> None:
    island = platform.launch().island

    fresh = renewed(platform, island).json()

    assert fresh["refresh_secret"] != island["refresh_secret"]
    assert fresh["role"] == "student"
    assert me(platform, fresh["access_token"]).json()["user"]["name"] == "Ada Lovelace"
    assert renewed(platform, {**island, **fresh}).status_code == 200


def test_a_secret_used_twice_ends_the_whole_session(platform: Platform) -> None:
    island = platform.launch().island
    fresh = renewed(platform, island).json()

    again = renewed(platform, island)

    assert (again.status_code, again.json()["code"]) == (401, "not_signed_in")
    assert me(platform, fresh["access_token"]).status_code == 401
    assert renewed(platform, {**island, **fresh}).status_code == 401


@pytest.mark.parametrize("secret", ["x", "x~y", "~", "ж~ж", "\ud800", "%s\ud800", "%s~x"])
def test_a_forged_secret_gives_nothing(platform: Platform, secret: str) -> None:
    island = platform.launch().island
    body = secret.replace("%s", island["refresh_secret"].rpartition("~")[0] + "~")

    assert refresh(platform, island["launch_id"], body).status_code in {401, 422}


def test_a_secret_opens_its_own_launch_only(platform: Platform) -> None:
    mine, other = platform.launch().island, platform.launch(sub="person-2").island

    assert refresh(platform, other["launch_id"], mine["refresh_secret"]).status_code == 401
    assert renewed(platform, mine).status_code == 200


def test_a_cookie_counts_only_when_our_own_page_asks(platform: Platform) -> None:
    launched = platform.launch()
    launch_id, cookie = launched.island["launch_id"], kept(launched)

    foreign = refresh(platform, launch_id, Cookie=cookie, Origin="https://evil.example")
    nobody = refresh(platform, launch_id, Cookie=cookie)
    without = refresh(platform, launch_id, Origin=platform.tool.url)
    ours = refresh(platform, launch_id, Cookie=cookie, Origin=platform.tool.url)

    assert [foreign.status_code, nobody.status_code, without.status_code] == [401, 401, 401]
    assert ours.status_code == 200
    assert f"keep_{launch_id.replace('-', '')}=" in ours.headers["Set-Cookie"]
    assert "HttpOnly" in ours.headers["Set-Cookie"]
    assert "Partitioned" in ours.headers["Set-Cookie"]


def test_a_cookie_that_missed_its_renewal_may_ask_once_more_and_no_more(
    platform: Platform,
) -> None:
    launched = platform.launch()
    launch_id = launched.island["launch_id"]
    how = {"Cookie": kept(launched), "Origin": platform.tool.url}

    first, lost, third = (refresh(platform, launch_id, **how) for _ in range(3))

    assert [first.status_code, lost.status_code, third.status_code] == [200, 200, 401]
    assert me(platform, lost.json()["access_token"]).status_code == 401


def test_a_cookie_that_missed_its_renewal_long_ago_ends_the_session(platform: Platform) -> None:
    launched = platform.launch()
    launch_id = launched.island["launch_id"]
    how = {"Cookie": kept(launched), "Origin": platform.tool.url}
    refresh(platform, launch_id, **how)
    LaunchSession.objects.filter(pk=launch_id).update(
        refreshed_at=timezone.now() - timedelta(seconds=21)
    )

    assert refresh(platform, launch_id, **how).status_code == 401


def test_an_access_token_ends_after_ten_minutes(platform: Platform) -> None:
    pk = platform.launch().session.pk

    def made(seconds: int) -> str:
        with time_machine.travel(time.time() - seconds, tick=False):
            return signing.TimestampSigner(salt="lti.access").sign(pk.hex)

    assert me(platform, made(590)).status_code == 200
    assert me(platform, made(601)).status_code == 401


def test_a_session_ends_after_twelve_hours_whatever_is_renewed(platform: Platform) -> None:
    launched = platform.launch()
    row = launched.session
    assert row.expires_at - row.created_at <= timedelta(hours=12, seconds=1)
    LaunchSession.objects.filter(pk=row.pk).update(expires_at=timezone.now())

    assert me(platform, launched.island["access_token"]).status_code == 401
    assert renewed(platform, launched.island).status_code == 401


@pytest.mark.parametrize("token", ["x", "ж", f"{'a' * 32}:x:y"])
def test_a_forged_access_token_is_nobody(platform: Platform, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}".encode("latin-1", "replace")}

    answer = http("GET", f"{platform.tool.url}/v1/me", headers=headers)

    assert answer.status_code == 401


def test_a_token_of_a_session_that_is_gone_is_nobody(platform: Platform) -> None:
    launched = platform.launch()
    launched.session.delete()

    assert me(platform, launched.island["access_token"]).status_code == 401
    assert renewed(platform, launched.island).status_code == 401


def test_logging_out_ends_this_session_and_no_other(platform: Platform) -> None:
    gone, stays = platform.launch().island, platform.launch().island
    headers = {"Authorization": f"Bearer {gone['access_token']}"}

    answer = http("POST", f"{platform.tool.url}/v1/logout", headers=headers)

    assert answer.status_code == 204
    assert "keep_" in answer.headers["Set-Cookie"]
    assert me(platform, gone["access_token"]).status_code == 401
    assert renewed(platform, gone).status_code == 401
    assert me(platform, stays["access_token"]).status_code == 200


def test_a_role_changed_by_the_roster_counts_at_once_and_a_refresh_takes_it(
    platform: Platform,
) -> None:
    launched = platform.launch(roles=[INSTRUCTOR])
    place(launched).update(role="student", sections=["9"])

    before = me(platform, launched.island["access_token"])
    fresh = renewed(platform, launched.island).json()

    assert before.status_code == 401
    assert fresh["role"] == "student"
    assert me(platform, fresh["access_token"]).json()["role"] == "student"
    assert launched.session.sections == ["9"]


def test_who_left_the_course_is_out_at_once_and_for_good(platform: Platform) -> None:
    launched = platform.launch()
    place(launched).update(active=False)

    assert me(platform, launched.island["access_token"]).status_code == 401
    assert renewed(platform, launched.island).status_code == 401
    place(launched).update(active=True)
    assert renewed(platform, launched.island).status_code == 401


def test_a_session_outside_a_course_renews_with_its_role(platform: Platform) -> None:
    launched = platform.launch(context=REMOVE, roles=[INSTRUCTOR])

    assert renewed(platform, launched.island).json()["role"] == "teacher"


def test_an_administrator_reads_no_longer_than_the_school_allows(platform: Platform) -> None:
    school = Institution.objects.filter(registration=platform.registration)
    school.update(admins_may_read=True)
    launched = platform.launch(roles=[ADMINISTRATOR])
    fresh = renewed(platform, launched.island).json()
    school.update(admins_may_read=False)

    assert launched.role == fresh["role"] == "admin"
    assert renewed(platform, {**launched.island, **fresh}).status_code == 401
    assert platform.launch(roles=[ADMINISTRATOR]).role == "guest"


def test_a_deployment_or_registration_switched_off_ends_its_sessions(platform: Platform) -> None:
    island = platform.launch().island
    rows = Deployment.objects.filter(registration=platform.registration)

    rows.update(status="disabled")
    off = me(platform, island["access_token"]).status_code
    rows.update(status="active")
    on = me(platform, island["access_token"]).status_code
    platform.registration.__class__.objects.filter(pk=platform.registration.pk).update(active=False)

    assert (off, on) == (401, 200)
    assert me(platform, island["access_token"]).status_code == 401


def test_two_tabs_with_two_courses_and_roles_do_not_mix(platform: Platform) -> None:
    teaching = platform.launch(roles=[INSTRUCTOR]).island
    learning = platform.launch(
        roles=[LEARNER], context={"id": "course-2", "title": "Chemistry"}
    ).island

    told = [me(platform, one["access_token"]).json() for one in (teaching, learning)]

    assert [(one["role"], one["course"]["title"]) for one in told] == [
        ("teacher", "Physics"),
        ("student", "Chemistry"),
    ]


def test_the_shell_of_a_launch_is_framed_by_its_platform_and_carries_nothing(
    platform: Platform,
) -> None:
    launch_id = platform.launch().island["launch_id"]

    known = http("GET", f"{platform.tool.url}/app/{launch_id}/")
    unknown = http("GET", f"{platform.tool.url}/app/{new_id()}/")

    origin = platform.url.rpartition("/")[0]
    assert origin in known.headers["Content-Security-Policy"]
    assert origin not in unknown.headers["Content-Security-Policy"]
    assert "Ada" not in known.text
    assert 'id="launch"' not in known.text


def page(platform: Platform, path: str, island: Any = None, kind: str = "Bearer") -> int:
    headers = {"Authorization": f"{kind} {island['access_token']}"} if island else {}
    return http("GET", platform.tool.url + path, headers=headers).status_code


def test_a_page_opens_to_the_roles_it_is_for_and_to_nobody_without_a_session(
    platform: Platform,
) -> None:
    teacher = platform.launch(sub="t", roles=[INSTRUCTOR]).island
    student = platform.launch(sub="s").island

    assert page(platform, "/pages/course") == 401
    assert page(platform, "/pages/course", teacher, kind="Basic") == 401
    assert page(platform, "/pages/course", student) == 403
    assert page(platform, "/pages/course", teacher) == 200
    assert page(platform, "/pages/home", student) == 200


def test_no_row_of_a_launch_names_a_person(platform: Platform) -> None:
    launched = platform.launch()
    row = launched.session
    assert row.resource_link is not None
    assert row.deployment is not None
    keys.ensure()
    rows = [
        row,
        row.resource_link,
        row.deployment,
        row.deployment.registration,
        launched.begun.row,
        ToolKey.objects.first(),
        Invite(institution=row.user.institution),
        Placement(course=row.course, kind="tutor", title="Ada's"),
        Notice(deployment=row.deployment, kind="LtiContextCopyNotice"),
    ]

    assert [str(one) for one in rows if "Ada" in str(one) or "school.example" in str(one)] == []


def test_a_session_tells_the_actor_of_a_request(platform: Platform) -> None:
    launched = platform.launch(custom={"person_timezone": "Europe/Madrid"}, locale="es")
    row = launched.session

    actor = sessions.actor(launched.island["access_token"])

    assert actor.institution_id == platform.registration.institution_id
    assert (actor.user_id, actor.course_id) == (row.user_id, row.course_id)
    assert (actor.role, actor.time_zone, actor.locale) == ("student", "Europe/Madrid", "es")
    assert actor.session_id == UUID(launched.island["launch_id"])
