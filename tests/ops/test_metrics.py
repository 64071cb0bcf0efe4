"""What operators see is what is there, and names nobody."""

import json
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
import yaml
from django.test import AsyncClient
from django.utils import timezone
from prometheus_client import generate_latest
from pytest_django.fixtures import Settings

from connectors import lua
from connectors.breaker import LEAST, Breaker
from tests.conftest import Running, running
from tests.factories import a_course, a_user
from tests.ops import scrape
from tutorai import embedded
from tutorai.ids import new_id
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.lmsdm.models import LineItem
from tutorai.metrics import registry

HOME = Path(__file__).resolve().parents[2]
DEPLOY = HOME / "deploy"
NAMED = re.compile(r"\btutorai_\w+")
LABELS = {"part", "queue", "kind", "state", "how", "task", "host", "service", "outcome", "le"}
LABELS |= {"capability", "way"}  # of a model's calls
NOWHERE = "127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture
def queue() -> Iterator[str]:
    """A queue that only this test fills; emptied again, or sweeps would find its jobs."""
    name = f"q{new_id().hex[-12:]}"
    yield name
    Job.objects.filter(queue=name).delete()


def a_job(queue: str, state: Job.State, *, due: int = 0, lease: int | None = None) -> Job:
    """A job of that queue, due and leased as many seconds from now."""
    now = timezone.now()
    return Job.objects.create(
        kind="counted",
        queue=queue,
        state=state,
        course=a_course(),
        due_at=now + timedelta(seconds=due),
        lease_until=None if lease is None else now + timedelta(seconds=lease),
    )


def test_jobs_are_counted_as_they_stand_and_the_oldest_due_one_has_its_age(
    tool: Running, queue: str
) -> None:
    a_job(queue, Job.State.WAITING, due=600)
    a_job(queue, Job.State.WAITING, due=-30)
    a_job(queue, Job.State.RUNNING, due=-900, lease=60)
    a_job(queue, Job.State.RUNNING, due=-900, lease=-300)  # its worker is lost
    a_job(queue, Job.State.BURIED, due=-5000)
    a_job(queue, Job.State.DONE, due=-5000)

    told = scrape.values(scrape.text(tool.url))

    stands = {
        dict(labels)["state"]: value
        for (name, labels), value in told.items()
        if name == "tutorai_jobs" and ("queue", queue) in labels
    }
    assert stands == {"waiting": 1, "due": 2, "running": 1, "buried": 1}
    assert told[scrape.of("tutorai_queue_length", queue=queue)] == 2
    assert 300 <= told[scrape.of("tutorai_queue_oldest_due_seconds", queue=queue)] < 400


def an_intent(state: GradeIntent.State, released: int) -> GradeIntent:
    """A grade that was released as many seconds ago."""
    course = a_course()
    now = timezone.now()
    proposal = Proposal.objects.create(
        institution=course.institution, course=course, kind="grade", made_by="ai"
    )
    return GradeIntent.objects.create(
        institution=course.institution,
        line_item=LineItem.objects.create(course=course, url=f"https://lms.example/{new_id()}"),
        user=a_user(course.institution),
        proposal=proposal,
        version=1,
        points=1,
        maximum=1,
        state=state,
        release_at=now - timedelta(seconds=released),
    )


def test_grades_are_counted_by_state_and_the_oldest_under_way_has_its_age(tool: Running) -> None:
    before = scrape.values(scrape.text(tool.url))
    year = 365 * 24 * 3600  # seconds
    made = [
        an_intent(GradeIntent.State.QUEUED, 60),
        an_intent(GradeIntent.State.SENDING, 20 * year),
        an_intent(GradeIntent.State.DEAD, 30 * year),
    ]

    told = scrape.values(scrape.text(tool.url))

    for intent in made:
        one = scrape.of("tutorai_grades", state=intent.state)
        assert told[one] == before[one] + 1
    oldest = told[scrape.of("tutorai_grades_oldest_seconds")]
    assert 20 * year <= oldest < 20 * year + 600
    GradeIntent.objects.filter(pk__in=[intent.pk for intent in made]).delete()


def test_a_breaker_is_told_open_then_half_open_then_closed(tool: Running) -> None:
    hosts = [f"{new_id().hex[-12:]}.example:8443" for _ in range(3)]
    pauses = (60_000, 1, 1)  # ms
    names = [f"canvas:{hosts[0]}:rest", f"{hosts[1]}:rest", f"{hosts[2]}:rest"]
    breakers = [
        Breaker(lua.redis(), name, open_ms=pause) for name, pause in zip(names, pauses, strict=True)
    ]
    for breaker in breakers:
        for _ in range(LEAST):
            breaker.report(breaker.allow(), ok=False)
    time.sleep(0.01)
    breakers[2].report(breakers[2].allow(), ok=True)

    told = scrape.values(scrape.text(tool.url))

    ones = [scrape.of("tutorai_breaker_state", host=host, service="rest") for host in hosts]
    assert [told[one] for one in ones] == [2, 1, 0]


def test_messages_in_the_broker_are_counted(tool: Running) -> None:
    one = scrape.of("tutorai_queue_messages", queue="bulk")
    before = scrape.values(scrape.text(tool.url))[one]

    lua.redis().rpush(lua.key("bulk"), "a message")

    told = scrape.values(scrape.text(tool.url))[one]
    lua.redis().lrem(lua.key("bulk"), 1, "a message")
    assert told == before + 1


def test_no_label_names_a_person_or_a_course(tool: Running, queue: str) -> None:
    job = a_job(queue, Job.State.WAITING)
    intent = an_intent(GradeIntent.State.QUEUED, 60)

    told = scrape.text(tool.url)

    names = {name for _, labels in scrape.values(told) for name, _ in labels}
    assert names <= LABELS
    for secret in (job.pk, job.course_id, intent.pk, intent.user_id, intent.institution_id):
        assert str(secret) not in told
    intent.delete()


@pytest.mark.parametrize("header", ["", "Bearer another", "Basic YTpi", "Bearer ünsinn"])
async def test_without_the_token_nothing_is_told(header: str) -> None:
    answer = await AsyncClient().get("/metrics", headers={"Authorization": header})

    assert answer.status_code == 401
    assert b"tutorai_" not in answer.content


async def test_where_no_token_is_set_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""

    answer = await AsyncClient().get("/metrics", headers={"Authorization": "Bearer "})

    assert answer.status_code == 404


async def test_the_newer_format_is_told_to_who_asks_for_it(settings: Settings) -> None:
    headers = {
        "Authorization": f"Bearer {settings.METRICS_TOKEN}",
        "Accept": "application/openmetrics-text; version=1.0.0",
    }

    answer = await AsyncClient().get("/metrics", headers=headers)

    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    assert answer.content.endswith(b"# EOF\n")


def test_while_postgres_is_away_a_private_port_tells_the_rest() -> None:
    port = embedded.free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["manage", "metrics", "--port", str(port)]
    away = {"DATABASE_URL": f"postgresql://{NOWHERE}/x"}

    with running(*words, ready=f"{url}/favicon.ico", env=away):
        told = urlopen(f"{url}/metrics", timeout=8).read().decode()

    assert ups(told) == {"postgres": 0, "redis": 1}
    assert "tutorai_queue_messages{" in told
    assert "tutorai_jobs" not in told


@pytest.mark.usefixtures("nobody_there")
def test_while_redis_is_away_the_rest_is_told() -> None:
    told = generate_latest(registry()).decode()

    assert ups(told) == {"postgres": 1, "redis": 0}
    assert "tutorai_queue_length{" in told
    assert "tutorai_queue_messages" not in told


def ups(told: str) -> dict[str, float]:
    """Return which parts answered."""
    read = scrape.values(told)
    return {part: read[scrape.of("tutorai_up", part=part)] for part in ("postgres", "redis")}


def test_whatever_alerts_dashboards_and_words_name_is_told(tool: Running) -> None:
    exposed = {family.name: family.type for family in scrape.families(scrape.text(tool.url))}
    suffixes = {"counter": ["_total"], "histogram": ["", "_bucket", "_sum", "_count"]}
    known = {
        f"{name}{suffix}" for name, kind in exposed.items() for suffix in suffixes.get(kind, [""])
    }
    asked = [expression for expression, _ in expressions()]
    listed = set(re.findall(r"^\| `(tutorai_\w+)`", (HOME / "docs/metrics.md").read_text(), re.M))

    assert set(NAMED.findall(" ".join(asked))) <= known
    assert listed == {f"{name}_total" if exposed[name] == "counter" else name for name in exposed}


def expressions() -> Iterator[tuple[str, str]]:
    """Yield every query in deploy/, and where it stands."""
    for rule in alerts():
        yield rule["expr"], rule["alert"]
    for panel in dashboard()["panels"]:
        for target in panel.get("targets", []):
            yield target["expr"], panel["title"]
    for scaled in yaml.safe_load_all((DEPLOY / "keda.yml").read_text()):
        for trigger in scaled["spec"]["triggers"]:
            yield trigger["metadata"]["query"], scaled["metadata"]["name"]


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def dashboard() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DEPLOY / "grafana" / "tutorai.json").read_text())
    return read


def test_every_query_in_deploy_names_a_metric_of_ours_and_closes_its_brackets() -> None:
    for query, where in expressions():
        assert NAMED.search(query), where
        assert all(query.count(a) == query.count(b) for a, b in ("()", "[]", "{}")), where


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_every_alert_says_what_is_wrong_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["summary"]
    assert len(rule["annotations"]["description"].split()) > 10


def test_the_dashboard_can_be_imported_and_asks_for_its_data_source() -> None:
    board = dashboard()
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    places = [tuple(panel["gridPos"].values()) for panel in board["panels"]]

    assert board["uid"] == "tutorai"
    assert [variable["type"] for variable in board["templating"]["list"]] == ["datasource"]
    assert rows == ["Queues", "Grades", "LMSs", "Workers"]
    assert len(set(places)) == len(places)


def test_a_wrong_token_is_refused_over_the_wire_too(tool: Running) -> None:
    with pytest.raises(HTTPError, match="401") as refused:
        urlopen(f"{tool.url}/metrics", timeout=5)

    refused.value.close()
