"""How things stand now, as gauges: jobs and grades in Postgres, queues and breakers in Redis."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from django.conf import settings
from django.db.models import Case, CharField, Count, Min, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily, Metric
from redis import Redis

from connectors import breaker
from tutorai.celery import Queue
from tutorai.ledger.models import GradeIntent, Job

# What a breaker's name says: perhaps the kind of LMS, then its host, then the service.
NAMED = re.compile(r"(?:\w+:)??((?:\[[^\]]+\]|[^:]+)(?::\d+)?):(\w+)")
STANDS = {breaker.State.CLOSED: 0, breaker.State.HALF_OPEN: 1, breaker.State.OPEN: 2}
# Asked one after the other: an index holds the live ones.
JOBS = (Job.LIVE, (Job.State.BURIED,))
UNDER_WAY = (GradeIntent.State.QUEUED, GradeIntent.State.SENDING)
# Grades that will move, or that a person has to know of; the delivered ones are many.
SHOWN = (
    GradeIntent.State.HELD,
    *UNDER_WAY,
    GradeIntent.State.DEAD,
    GradeIntent.State.SUPERSEDED,
    GradeIntent.State.REJECTED,
)


def jobs() -> Iterator[Metric]:
    """Yield how many jobs there are, and for how long the oldest due one of each queue waits."""
    now = timezone.now()
    many = GaugeMetricFamily(
        "tutorai_jobs", "Jobs that are not done", labels=["queue", "kind", "state"]
    )
    length = Counter({queue.value: 0 for queue in Queue})
    oldest: dict[str, float] = dict.fromkeys(length, 0.0)  # seconds
    for queue, kind, stands, count, since in _counted(now):
        many.add_metric([queue, kind, stands], count)
        if stands == "due":
            length[queue] += count
            oldest[queue] = max(oldest.get(queue, 0.0), (now - since).total_seconds())
    yield many
    yield _each("tutorai_queue_length", "Due jobs that nobody has begun", "queue", length)
    words = "For how long the oldest due job waits"
    yield _each("tutorai_queue_oldest_due_seconds", words, "queue", oldest)


def _counted(now: datetime) -> Iterator[tuple[str, str, str, int, datetime]]:
    """Yield queue, kind, how they stand, how many, since when.

    As in `JobQuery.due`, a job whose worker was lost is due since its lease ran out.
    """
    lost = Q(state=Job.State.RUNNING, lease_until__lt=now)
    due = Q(state=Job.State.WAITING, due_at__lte=now) | lost
    stands = Case(When(due, then=Value("due")), default="state", output_field=CharField())
    since = Min(Case(When(lost, then="lease_until"), default="due_at"))
    for states in JOBS:
        grouped = Job.objects.filter(state__in=states).values("queue", "kind", stands=stands)
        yield from grouped.annotate(many=Count("pk"), since=since).values_list(
            "queue", "kind", "stands", "many", "since"
        )


def grades() -> Iterator[Metric]:
    """Yield how many grades are not where they should be, and how old the oldest one is."""
    now = timezone.now()
    since = Min(Coalesce("release_at", "created_at"))
    asked = GradeIntent.objects.filter(state__in=SHOWN).values("state")
    told = {row["state"]: row for row in asked.annotate(many=Count("pk"), since=since)}
    many = {state.value: told[state]["many"] if state in told else 0 for state in SHOWN}
    yield _each("tutorai_grades", "Approved grades that are not delivered", "state", many)
    waits = [(now - told[state]["since"]).total_seconds() for state in UNDER_WAY if state in told]
    yield GaugeMetricFamily(
        "tutorai_grades_oldest_seconds",
        "For how long the oldest released grade is under way",
        value=max(0.0, *waits) if waits else 0.0,
    )


def messages(redis: Redis) -> Iterator[Metric]:
    """Yield how many messages Celery's queues hold, and how many its workers; raise RedisError."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with redis.pipeline(transaction=False) as pipe:
        for queue in Queue:
            pipe.llen(f"{prefix}{queue.value}")
        pipe.hlen(f"{prefix}unacked")
        *lengths, taken = pipe.execute()
    told = dict(zip((queue.value for queue in Queue), lengths, strict=True))
    yield _each("tutorai_queue_messages", "Messages no worker has taken yet", "queue", told)
    yield GaugeMetricFamily("tutorai_messages_taken", "Messages workers have taken", value=taken)


def breakers(redis: Redis) -> Iterator[Metric]:
    """Yield how the breakers stand that opened within a week; raise RedisError."""
    gauge = GaugeMetricFamily(
        "tutorai_breaker_state",
        "0: calls go out; 1: one is tried; 2: none go out",
        labels=["host", "service"],
    )
    worst: dict[tuple[str, ...], int] = {}
    for name, state in breaker.states(redis).items():
        if named := NAMED.fullmatch(name):
            worst[named.groups()] = max(worst.get(named.groups(), 0), STANDS[state])
    for labels, stands in worst.items():
        gauge.add_metric(labels, stands)
    yield gauge


def _each(name: str, words: str, label: str, told: Mapping[str, float]) -> Metric:
    """Return a gauge with one label."""
    gauge = GaugeMetricFamily(name, words, labels=[label])
    for value, amount in told.items():
        gauge.add_metric([value], amount)
    return gauge
