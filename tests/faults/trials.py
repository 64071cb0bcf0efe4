"""What fails, one after the other. Each trial is a generator: it yields while life goes on."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from tests.faults.place import SIZE, WORKERS, Place
from tests.faults.schools import School
from tutorai.ledger import points

MINUTE = 60 * settings.DELAYS  # seconds: a minute of ours
AGAIN = "handed out again"
EVERY = 30  # grades, about, that a process sees before it is killed
SLOW = 1.5  # seconds an answer takes: longer than Redis leaves a message alone, then

Life = Iterator[None]


@dataclass(frozen=True)
class Stage:
    """What a trial may spoil."""

    place: Place
    schools: list[School]
    size: int  # cells of one trial


def lasting(seconds: float) -> Life:
    """Let so much time pass."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield


def nothing(at: Stage) -> Life:
    """Nothing fails."""
    yield


def killed(point: str) -> Callable[[Stage], Life]:
    """Workers are killed at a point of a grade's life, again and again until all is done."""

    def trial(at: Stage) -> Life:
        at.place.crew.order(point, EVERY)
        yield

    return trial


def answers_lost(at: Stage) -> Life:
    """The LMS takes every sixth score, and its answer does not arrive; or it says something else.

    Rarely enough that the breaker stays closed: that it opens is another trial.
    """
    each = at.size // len(at.schools)
    for school in at.schools:
        for number in range(each // 6):
            school.fault("drop", "/scores", method="POST", after=6 * number + 3)
        for number in range(each // 18):
            school.fault("status", "/scores", method="POST", after=18 * number + 5, status=503)
            school.fault("html", "/results", after=18 * number + 7, status=502)
    yield


def redis_flushed(at: Stage) -> Life:
    """Redis forgets everything, five times."""
    for _ in range(5):
        yield from lasting(1.5)
        at.place.flush()


def redis_down(at: Stage) -> Life:
    """Redis is away for two minutes, and comes back empty; then once more, shortly."""
    for seconds in (2 * MINUTE, 1.0):
        yield from lasting(1.5)
        at.place.stop("Valkey")
        yield from lasting(seconds)
        at.place.start("Valkey")


def postgres_restarted(at: Stage) -> Life:
    """Postgres ends under everybody's hands and comes back, three times."""
    for _ in range(3):
        yield from lasting(2.0)
        at.place.stop("Postgres")
        at.place.start("Postgres")
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of the Postgres backend


def lms_down(at: Stage) -> Life:
    """All three LMSs are away for ten minutes."""
    yield from lasting(1.0)
    for school in at.schools:
        school.down(down=True)
    yield from lasting(10 * MINUTE)
    for school in at.schools:
        school.down(down=False)


def handed_out_again(at: Stage) -> Life:
    """The LMS is slow, and Redis hands out again what is still being done."""
    for name in WORKERS:
        at.place.crew.worker(name, SIZE, VISIBILITY_SECONDS="1")
    for school in at.schools:
        school.fault("delay", "/scores", method="POST", times=16, seconds=SLOW)
    yield from lasting(10)


def scheduler_killed(at: Stage) -> Life:
    """Two schedulers; messages get lost, so that only they find what is due; one is killed."""
    for _ in range(4):
        yield from lasting(2.0)
        at.place.flush()
        at.place.crew.kill(at_work(at.place))


def at_work(place: Place) -> str:
    """Return the name of the scheduler that holds the lease: who spoke of a task last."""
    names = ("beat-1", "beat-2")
    logs = {name: place.crew.folder / f"{name}.log" for name in names}
    return max(names, key=lambda name: logs[name].stat().st_mtime)


TRIALS: dict[str, Callable[[Stage], Life]] = {
    "nothing fails": nothing,
    "killed before claim": killed(points.BEFORE_CLAIM),
    "killed after claim": killed(points.AFTER_CLAIM),
    "killed after send": killed(points.AFTER_SEND),
    "killed before commit": killed(points.BEFORE_COMMIT),
    "answers lost": answers_lost,
    "Redis flushed": redis_flushed,
    "Redis down": redis_down,
    "Postgres restarted": postgres_restarted,
    "LMS down, 10 min": lms_down,
    "schedulers killed": scheduler_killed,
    AGAIN: handed_out_again,
}
