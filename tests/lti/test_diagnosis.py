"""What an administrator reads of a platform's launches, rule by rule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lti import failures
from lti.claims import GRADES, LTI, ROSTER
from lti.diagnosis import Finding, Place, Seen, Severity, findings, last
from lti.errors import Refusal
from lti.platforms import advice
from lti.registration.ours import NEEDED
from tests.lti.platform import INSTRUCTOR
from tutorai import errors

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGS = [scope for scope in NEEDED if "lti-ags" in scope]
GOOD: dict[str, Any] = {
    "sub": "…",
    "name": "…",
    f"{LTI}message_type": "LtiResourceLinkRequest",
    f"{LTI}roles": [INSTRUCTOR],
    f"{LTI}context": {"id": "7"},
    f"{LTI}tool_platform": {"guid": "one"},
    GRADES: {"lineitems": "https://lms.example/items", "scope": AGS},
    ROSTER: {"context_memberships_url": "https://lms.example/people"},
}


def launch(minutes: int = 0, failure: str = "", **changes: Any) -> Seen:
    """A launch so many minutes after noon; a claim of None is left out."""
    clock = changes.pop("clock", 0.5)
    full = {name if name in GOOD else LTI + name: value for name, value in changes.items()}
    told = {name: value for name, value in {**GOOD, **full}.items() if value is not None}
    return Seen(NOON + timedelta(minutes=minutes), failure, {} if failure else told, clock)


def lacking(claims: dict[str, Any]) -> Seen:
    """A launch with other claims, as `launch` names them."""
    return launch(**claims)


def found(*launches: Seen, **facts: Any) -> dict[str, Finding]:
    told = findings(Place(launches=launches, **facts))
    assert [one.severity for one in told] == sorted(one.severity for one in told)
    return {one.code: one for one in told}


def test_a_platform_that_gives_all_has_nothing_wrong() -> None:
    assert found(launch(), token="") == {}
    assert found(launch()) == {}


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({GRADES: None}, "no_grades"),
        ({GRADES: {"scope": AGS}}, "no_grades"),
        ({GRADES: "no object"}, "no_grades"),
        ({GRADES: {**GOOD[GRADES], "scope": AGS[1:]}}, "grades_partly"),
        ({GRADES: {**GOOD[GRADES], "scope": None}}, "grades_partly"),
        ({ROSTER: None}, "no_roster"),
        ({"name": None}, "no_names"),
        ({"custom": {"a": "$A.b", "c": "…"}}, "variables"),
        ({"roles": ["http://unheard.example/of"]}, "no_role"),
        ({"roles": []}, "no_role"),
        ({"roles": "text"}, "no_role"),
        ({"context": None}, "no_course"),
    ],
    ids=[
        "no grades",
        "no columns",
        "no claim",
        "a right missing",
        "no rights",
        "no roster",
        "no names",
        "a variable",
        "a strange role",
        "no role",
        "roles of text",
        "no course",
    ],
)
def test_what_a_launch_lacks_is_named(claims: dict[str, Any], code: str) -> None:
    told = found(lacking(claims))

    assert list(told) == [code]
    assert told[code].todo


def test_names_of_what_is_missing_stand_in_the_words() -> None:
    partly = found(lacking({GRADES: {**GOOD[GRADES], "scope": AGS[1:]}}))["grades_partly"]
    assert found(launch(custom={"a": "$Canvas.assignment.id"})) == {}  # nobody was at one
    left = found(launch(custom={"a": "$A.b", "c": "…"}))["variables"]

    assert last(AGS[0]) in partly.words
    assert "$A.b" in left.words
    assert (
        "http://unheard.example/of"
        in found(launch(roles=["http://unheard.example/of"]))["no_role"].words
    )


def test_a_role_that_the_registration_maps_is_known() -> None:
    told = launch(roles=["http://unheard.example/of"])

    assert found(told, roles={"http://unheard.example/of": "teacher"}) == {}


def test_a_launch_without_a_person_lacks_no_name() -> None:
    assert found(launch(sub=None, name=None)) == {}


@pytest.mark.parametrize(
    ("clock", "severity", "words"),
    [
        (95, Severity.BAD, "95 s ahead"),
        (30, Severity.WARN, "30 s ahead"),
        (-95, Severity.BAD, "95 s behind"),
        (-30, Severity.WARN, "30 s behind"),
    ],
)
def test_a_clock_that_is_off_is_said_in_words(clock: int, severity: Severity, words: str) -> None:
    told = found(*(launch(-n, clock=float(clock)) for n in range(7)))["clock"]

    assert told.severity == severity
    assert words in told.words
    assert "more than 60 s" in told.words


def test_one_slow_launch_is_no_wrong_clock() -> None:
    assert found(launch(clock=-40.0), launch(-1, clock=-2.0), launch(-2, clock=None)) == {}


def test_refusals_are_counted_and_forgiven_where_a_later_launch_worked() -> None:
    bad = found(launch(0, "unknown_kid"), launch(-1, "unknown_kid"), launch(-2))[
        "refused_unknown_kid"
    ]
    over = found(launch(1), launch(0, "unknown_kid"))["refused_unknown_kid"]
    mild = found(launch(0, "replayed"))["refused_replayed"]

    assert (bad.severity, over.severity, mild.severity) == (
        Severity.BAD,
        Severity.NOTE,
        Severity.NOTE,
    )
    assert bad.words.startswith("2 of")
    assert "JWKS" in bad.todo[0]
    assert "works by now" in over.words
    assert over.todo == ()


def test_two_platforms_on_one_registration_are_told_of() -> None:
    told = found(launch(), launch(-1, tool_platform={"guid": "two"}), launch(-2))

    assert "one, two" in told["two_platforms"].words


def test_canvas_has_to_say_whom_and_which_course_a_launch_is_about() -> None:
    half = launch(custom={"canvas_user_id": "$Canvas.user.id", "canvas_course_id": "7"})
    whole = launch(custom={"canvas_user_id": "…", "canvas_course_id": "7"})

    assert set(found(half, family="canvas")) == {"variables", "no_join"}
    assert found(whole, family="canvas") == {}


@pytest.mark.parametrize("code", ["key_unknown", "keys_unread", "tool_refused", "not_sent"])
def test_what_the_token_endpoint_refused_is_said(code: str) -> None:
    told = found(launch(), token=code, family="moodle")[f"token_{code}"]

    assert told.severity == Severity.BAD
    assert errors.words(code) in told.words
    assert bool(told.todo) == (code in {"key_unknown", "keys_unread"})


def test_rights_that_launches_promise_and_tokens_lack_are_named() -> None:
    less = frozenset(NEEDED[:1])

    assert last(NEEDED[0]) in found(launch(), token="", lacks=less)["token_less"].words
    assert found(token="", lacks=less, lost=1) == {}
    assert "token_less" not in found(lacking({GRADES: {}}), token="", lacks=less)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"key_waits": True, "lost": 1}, "key_waits"),
        ({"key_late": True, "lost": 1}, "key_late"),
        ({"awaits": True, "lost": 1}, "awaits"),
        ({"lost": 3}, "lost"),
        ({}, "quiet"),
    ],
    ids=["key waits", "key late", "not turned on", "never came back", "quiet"],
)
def test_what_is_before_any_launch_is_said(facts: dict[str, Any], code: str) -> None:
    assert list(found(**facts)) == [code]


def test_what_worked_once_is_turned_on() -> None:
    assert (
        found(launch(), awaits=True) == found(awaits=True, used=True) == found(installed=True) == {}
    )


@pytest.mark.parametrize("family", list(advice.SWITCHES))
def test_each_platform_is_spoken_of_in_its_own_words(family: str) -> None:
    told = found(lacking({"name": None, GRADES: None, ROSTER: None}), family=family)

    for code in ("no_grades", "no_roster", "no_names"):
        assert told[code].todo == (
            str(advice.PLACES[family]),
            str(advice.SWITCHES[family][code]),
        )


REASONS = sorted(
    {kind.code for kind in errors.every() if issubclass(kind, Refusal) and kind is not Refusal}
    - {"bad_claim"}
)


@pytest.mark.parametrize("code", [*REASONS, failures.UNKNOWN_CLIENT, "claim_aud", "claim_version"])
def test_every_refusal_has_words(code: str) -> None:
    assert failures.words(code) != code
    assert "%(" not in failures.words(code) + failures.todo(code)


def test_a_claim_nobody_wrote_about_is_named_in_what_to_do() -> None:
    assert "aud" in failures.todo("claim_aud")
    assert failures.todo("gone") == ""
