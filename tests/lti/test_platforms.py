"""The outcome table, line by line: what each platform's answers to a grade mean."""

from datetime import timedelta

import pytest

from lti import platforms, services
from lti.models import Registration
from tests import factories
from tutorai.ids import new_id
from tutorai.ledger.outcomes import Answer, Outcome

OLDER = "Bad Request\nProvided timestamp of 2026-09-01 before last updated timestamp of 2026-09-02"
STRANGER = "Unprocessable Entity\nUser not found in course or is not a student"
USED_UP = "The maximum number of allowed attempts has been reached for this submission"
LIMIT = "Forbidden\n403 Forbidden (Rate Limit Exceeded)"
INCORRECT = 'Incorrect score received{"userId": "9"}\n[]'
LATER = "Score timestamp can only be updated to a later point in time"
TWICE = "Score already exists for the provided timestamp"

TABLE = [
    ("canvas", 200, 'OK\n{"resultUrl": "…"}', Outcome.DELIVERED),
    ("canvas", 400, OLDER, Outcome.STALE),
    ("canvas", 400, "Bad Request\nparam is missing", Outcome.REFUSED),
    ("canvas", 422, STRANGER, Outcome.NOT_GRADABLE),
    ("canvas", 422, USED_UP, Outcome.NO_ATTEMPTS),
    ("canvas", 422, "ScoreMaximum must be greater than 0", Outcome.REFUSED),
    ("canvas", 401, "Unauthorized\nInsufficient permissions", Outcome.FORBIDDEN),
    ("canvas", 403, "Forbidden\n", Outcome.FORBIDDEN),
    ("canvas", 403, LIMIT, Outcome.THROTTLED),
    ("canvas", 429, "Too Many Requests\n", Outcome.THROTTLED),
    ("canvas", 404, "Not Found\n", Outcome.GONE),
    ("canvas", 412, "Precondition Failed\n", Outcome.GONE),
    ("canvas", 504, "Gateway Timeout\n", Outcome.UNCLEAR),
    ("moodle", 200, "OK\n", Outcome.DELIVERED),
    ("moodle", 200, "OK\n[]", Outcome.REFUSED),
    ("moodle", 409, "Refusing score with an earlier timestamp for item 29\n[]", Outcome.STALE),
    ("moodle", 400, INCORRECT, Outcome.NOT_GRADABLE),
    ("moodle", 400, "Bad Request\n[]", Outcome.NOT_GRADABLE),
    ("moodle", 400, "No handler found for /6/lineitems\n{}", Outcome.REFUSED),
    ("moodle", 401, "Unauthorized\n{}", Outcome.FORBIDDEN),
    ("moodle", 403, "Forbidden\n{}", Outcome.FORBIDDEN),
    ("moodle", 404, "Not Found: Grade item 9 doesn't exist\n{}", Outcome.GONE),
    ("moodle", 500, "Internal Server Error\n[]", Outcome.FAILED),
    ("moodle", 500, "Internal Server Error\n<html>", Outcome.UNCLEAR),
    ("moodle", 502, "Bad Gateway\n<html>", Outcome.UNCLEAR),
    ("moodle", 503, "Service Unavailable\n<html>", Outcome.UNCLEAR),
    ("blackboard", 200, "OK\n", Outcome.DELIVERED),
    ("blackboard", 400, "Bad Request\nUser could not be found: 9", Outcome.NOT_GRADABLE),
    ("blackboard", 400, "Bad Request\n", Outcome.REFUSED),
    ("blackboard", 403, "Forbidden\n", Outcome.FORBIDDEN),
    ("blackboard", 404, "Not Found\n", Outcome.GONE),
    ("blackboard", 429, "Too Many Requests\n", Outcome.THROTTLED),
    ("other", 204, "No Content\n", Outcome.DELIVERED),
    ("other", 400, f"Bad Request\n{LATER}", Outcome.STALE),
    ("other", 400, f"Bad Request\n{TWICE}", Outcome.STALE),
    ("other", 409, "Conflict\n", Outcome.STALE),
    ("other", 404, "User in requested score does not exist", Outcome.NOT_GRADABLE),
    ("other", 403, "User in requested score is not enrolled", Outcome.NOT_GRADABLE),
    ("other", 422, "Unprocessable Entity\n", Outcome.NOT_GRADABLE),
    ("other", 403, LIMIT, Outcome.THROTTLED),
    ("other", 403, "Forbidden\n", Outcome.FORBIDDEN),
    ("other", 404, "Not Found\n", Outcome.GONE),
    ("other", 410, "Gone\n", Outcome.GONE),
    ("other", 302, "Found\n", Outcome.UNCLEAR),
]


@pytest.mark.parametrize(
    ("family", "status", "text", "outcome"),
    TABLE,
    ids=[f"{family} {status} {number}" for number, (family, status, *_) in enumerate(TABLE)],
)
def test_an_answer_means(family: str, status: int, text: str, outcome: Outcome) -> None:
    assert platforms.of(family).outcome(Answer(status, text)) is outcome


@pytest.mark.parametrize(
    ("told", "name"),
    [
        (("canvas",), "canvas"),
        (("moodle", "https://canvas.instructure.com"), "moodle"),
        (("other", "https://canvas.instructure.com"), "canvas"),
        (("other", "https://canvas.beta.instructure.com"), "canvas"),
        (("other", "https://blackboard.com"), "blackboard"),
        (("other", "https://lms.example", "https://lms.example/mod/lti/token.php"), "moodle"),
        (("other", "https://lms.example", "https://lms.example/core/connect/token"), "d2l"),
        (("other", "https://lms.example", "https://lms.example/token"), "other"),
        (("sakai",), "other"),
    ],
    ids=[
        "said",
        "said over issuer",
        "canvas",
        "beta",
        "blackboard",
        "moodle",
        "d2l",
        "none",
        "unknown",
    ],
)
def test_a_platform_is_known_by_its_family_or_its_addresses(
    told: tuple[str, ...], name: str
) -> None:
    assert platforms.of(*told).name == name


def test_what_else_differs_is_data_too() -> None:
    rules = {name: platforms.of(name) for name in ("canvas", "moodle", "blackboard", "other")}

    assert {name for name, rule in rules.items() if rule.appends_comments} == {"canvas"}
    assert {name for name, rule in rules.items() if rule.verify} == {"moodle"}
    assert {name for name, rule in rules.items() if not rule.filters_results} == {"blackboard"}
    assert rules["moodle"].step == timedelta(seconds=1)
    assert rules["blackboard"].line_break == "<br/>"
    assert "prioritize_non_tool_grade" not in str(rules["canvas"].extras)


def test_rosters_columns_and_tokens_differ_as_data_too() -> None:
    facts = {name: platforms.facts(name) for name in (*platforms.FAMILIES, "other")}

    assert {name: dict(fact.roster) for name, fact in facts.items() if fact.roster} == {
        "canvas": {"limit": "50"},
        "moodle": {"limit": "1000"},
        "blackboard": {"groups": "true"},
    }
    assert {name for name, fact in facts.items() if fact.by_course_link} == {"canvas"}
    assert {name for name, fact in facts.items() if fact.escapes_names} == {"moodle"}
    assert {name for name, fact in facts.items() if fact.understates} == {"moodle"}
    assert {name for name, fact in facts.items() if fact.fixed} == {"blackboard"}
    assert {name for name, fact in facts.items() if fact.audience} == {"d2l"}


@pytest.mark.parametrize("family", ["moodle", "other"])
def test_a_course_is_of_the_family_whose_deployment_launched_it_first(family: str) -> None:
    deployment = factories.a_deployment()
    Registration.objects.filter(pk=deployment.registration_id).update(family=family)
    course = factories.a_course(deployment.institution, source=f"lti:{deployment.pk}")

    assert services.family(course) == ("moodle" if family == "moodle" else "")
    assert services.family(factories.a_course(source="canvas:somewhere")) == ""
    assert services.family(factories.a_course(source=f"lti:{new_id()}")) == ""
