"""Of many schedulers one is at work; another goes on when it ends, dies or loses the database."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import redis
from django.utils import timezone

from tests.conftest import Running, running
from tutorai.beat import Single
from tutorai.celery import app
from tutorai.ids import new_id
from tutorai.ledger.models import Lease

pytestmark = pytest.mark.long

BEAT = ["celery", "-q", "-A", "tutorai", "beat", "-l", "info", "--pidfile="]
SENT = "Sending due task sweep"
STANDS_BY = "this one stands by"
AT_WORK = "This scheduler is at work"
PATIENCE = 120  # seconds; the machine may be busy


@pytest.fixture(autouse=True)
def _nobody_at_work() -> None:
    Lease.objects.all().delete()


@pytest.fixture(autouse=True)
def _nothing_left_to_do() -> Iterator[None]:
    """What a scheduler of this process sent is for no worker of other tests."""
    yield
    app.control.purge()


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


class Beat:
    """A running scheduler, and what it says."""

    def __init__(self, running: Running, log: Path) -> None:
        self.process, self.log = running.process, log

    def says(self, words: str) -> int:
        return self.log.read_text().count(words)

    def hears(self, words: str, times: int = 1) -> None:
        """Wait until it says the words as often."""
        eventually(lambda: self.says(words) >= times)


@contextmanager
def beat(log: Path, prefix: str) -> Iterator[Beat]:
    """A scheduler that sweeps five times a second, under a lease of a second."""
    fast = {"SWEEP_SECONDS": "0.2", "DELAYS": "0.034", "REDIS_PREFIX": prefix}
    with log.open("wb") as out, running(*BEAT, env=fast, out=out) as started:
        yield Beat(started, log)


def messages(prefix: str) -> int:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as server:
        return int(server.llen(f"{prefix}:interactive"))


def test_one_of_two_sends_and_the_other_goes_on_when_it_was_killed(tmp_path: Path) -> None:
    prefix = f"beat-{new_id()}"
    Lease.objects.create(name="beat:tidy", holder=new_id(), until=timezone.now())
    with beat(tmp_path / "one", prefix) as one, beat(tmp_path / "other", prefix) as other:
        eventually(lambda: one.says(SENT) + other.says(SENT) > 0)
        first, second = (one, other) if one.says(SENT) else (other, one)
        second.hears(STANDS_BY)
        first.hears(SENT, times=first.says(SENT) + 5)

        assert second.says(SENT) == 0
        os.kill(first.process.pid, signal.SIGKILL)
        first.process.wait()
        # It says so and then sends; it may have had no time for the second.
        there = messages(prefix)
        assert there - first.says(SENT) in {-1, 0, 1}
        second.hears(SENT)
        # Celery's own end, in the middle of a sending, is an error in its log.
        eventually(lambda: messages(prefix) > there)
        second.process.terminate()
        second.process.wait(30)

    held = Lease.objects.get(name="beat")
    assert held.until <= timezone.now()  # let go of
    assert second.says("tidy") == 0  # not due again, whoever is at work
    assert [log.log.read_text().count("Traceback") for log in (first, second)] == [0, 0]


# --- within one process ---------------------------------------------------------------------


def a_scheduler() -> Single:
    return Single(app=app)


def looks(scheduler: Single) -> bool | None:
    """Let the scheduler look at the lease now; whether it is at work."""
    scheduler.asked_at = float("-inf")
    scheduler.tick()
    return scheduler.holds


def test_the_lease_goes_to_the_next_when_it_is_let_go_of_or_ran_out() -> None:
    first, second, third = a_scheduler(), a_scheduler(), a_scheduler()

    assert [looks(first), looks(second), looks(first)] == [True, False, True]
    first.close()
    assert [looks(second), looks(third)] == [True, False]
    Lease.objects.filter(name="beat").update(until=timezone.now() - timedelta(seconds=1))
    assert [looks(third), looks(second)] == [True, False]
    third.close()


def test_a_scheduler_that_was_asked_to_end_does_so_whatever_became_of_the_signal() -> None:
    scheduler = a_scheduler()
    assert looks(scheduler)

    scheduler.close()

    with pytest.raises(SystemExit):
        scheduler.tick()


def test_what_was_due_while_nobody_was_at_work_is_sent_and_nothing_else() -> None:
    hours = timezone.now() - timedelta(hours=2)
    Lease.objects.create(name="beat:tidy", holder=new_id(), until=hours)
    Lease.objects.create(name="beat:resync", holder=new_id(), until=timezone.now())
    scheduler = a_scheduler()

    while not looks(scheduler) or scheduler.tick() == 0:
        pass

    ran = {name: entry.total_run_count for name, entry in scheduler.schedule.items()}
    scheduler.close()
    assert (ran["tidy"], ran["resync"], ran["sweep"]) == (1, 0, 0)
    assert Lease.objects.get(name="beat:tidy").until > hours + timedelta(hours=1)


def test_without_a_database_nothing_is_sent_and_one_line_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    scheduler = a_scheduler()
    assert looks(scheduler)
    table = Lease._meta.db_table
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as owner:
        owner.execute(f"ALTER TABLE {table} RENAME TO away".encode())
        try:
            pauses = [looks(scheduler) for _ in range(3)]
        finally:
            owner.execute(f"ALTER TABLE away RENAME TO {table}".encode())

    assert pauses == [None, None, None]
    assert caplog.text.count("The scheduler waits for the database") == 1
    assert looks(scheduler)
    scheduler.close()
