"""What must happen happens: by one worker at a time, again after a failure, never silently not."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from tests.racing import at_once
from tutorai.errors import (
    BadRequest,
    LMSMisunderstood,
    LMSThrottled,
    LMSUnavailable,
    TutorError,
)
from tutorai.ids import new_id
from tutorai.ledger import attempts, jobs
from tutorai.ledger.attempts import Work
from tutorai.ledger.models import Alarm, Call, GradeIntent, Job, Lease, Proposal

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MOMENT = timedelta(milliseconds=300)
# A worker of Celery's kind: it begins anew, by a fork, for each line it is sent.
WORKER = """
import os, sys
import django
django.setup()
from tutorai.ledger import attempts
from tutorai.ledger.attempts import Work
for line in sys.stdin:
    child = os.fork()
    if not child:
        attempts.attempt(line.strip(), {"kind": Work(lambda job: os.kill(os.getpid(), 9))})
        os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def a_job(**how: Any) -> Job:
    """A job with a key of its own."""
    payload = how.pop("payload", {})
    return jobs.add("kind", payload, **{"queue": "sync", "key": str(new_id()), **how})


def raising(error: BaseException) -> Callable[[Job], None]:
    """Work that fails."""

    def work(job: Job) -> None:
        raise error

    return work


def well(job: Job) -> None:
    """Work that ends well."""


def tried(job: Job, work: Callable[[Job], None] = well, **how: Any) -> tuple[str, str, int]:
    """Try the job once; return its state, its error and its attempts."""
    attempts.attempt(job.pk, {"kind": Work(work)}, **how)
    job.refresh_from_db()
    return job.state, job.error, job.attempts


@contextmanager
def told(door: Callable[[Job], None] | None = None) -> Iterator[list[Any]]:
    """The jobs Celery is told of meanwhile, through the door that production hands over."""
    heard: list[Any] = []
    before, jobs.nudge = jobs.nudge, door or (lambda job: heard.append(job.pk))
    try:
        yield heard
    finally:
        jobs.nudge = before


# --- one worker at a time -------------------------------------------------------------------


def test_fifty_jobs_delivered_four_times_each_by_four_threads_run_fifty_times() -> None:
    ran: Counter[Any] = Counter()
    todo = [a_job() for _ in range(50)]

    def deliver(_: int) -> None:
        for job in todo:
            attempts.attempt(job.pk, {"kind": Work(lambda job: ran.update([job.pk]))})

    at_once(4, deliver)

    assert ran == Counter(job.pk for job in todo)
    assert set(Job.objects.filter(pk__in=ran).values_list("state", flat=True)) == {"done"}


def test_one_of_many_workers_claims_a_job() -> None:
    job = a_job()

    claimed = at_once(8, lambda _: attempts.claim(job.pk))

    assert len([one for one in claimed if one]) == 1


def test_a_job_that_is_not_due_yet_is_not_begun() -> None:
    job = a_job(due_at=timezone.now() + timedelta(minutes=1))

    assert tried(job, raising(AssertionError())) == ("waiting", "", 0)


def test_work_longer_than_its_lease_keeps_it_while_its_worker_lives() -> None:
    job = a_job()

    def slow(job: Job) -> None:
        threading.Event().wait(4 * MOMENT.total_seconds())
        assert attempts.claim(job.pk) is None

    assert tried(job, slow, lease=MOMENT) == ("done", "", 1)


def test_a_worker_that_lost_its_lease_stops_at_its_next_step_and_writes_nothing() -> None:
    job = a_job()

    def robbed(job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(lease=new_id())
        attempts.progress(job, 1, 2)

    assert tried(job, robbed) == ("running", "", 1)
    assert (job.done, job.total) == (0, 0)


def test_a_lease_that_cannot_be_renewed_does_not_stop_the_work() -> None:
    job = a_job()

    def meanwhile(job: Job) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            # Whoever renews waits for the lock, and gives up: as when the database is away.
            Job.objects.select_for_update().get(pk=job.pk)
            cursor.execute("SELECT pg_sleep(%s)", [2 * MOMENT.total_seconds()])
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )

    assert tried(job, meanwhile, lease=MOMENT) == ("done", "", 1)


# --- again after a failure ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (LMSMisunderstood(), "lms_misunderstood"),
        (RuntimeError("essay"), "bug"),
        (KeyError(), "bug"),
    ],
)
def test_a_failure_is_retried_after_10_60_and_300_seconds_then_buried(
    error: Exception, code: str
) -> None:
    job = a_job()
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        for attempt, pause in enumerate((10, 60, 300), start=1):
            assert tried(job, raising(error)) == ("waiting", code, attempt)
            assert job.due_at == timezone.now() + timedelta(seconds=pause)
            clock.shift(pause)

        assert tried(job, raising(error)) == ("buried", code, 4)
        assert job.finished_at == timezone.now()


def test_a_kind_of_job_this_worker_does_not_know_waits_for_one_that_does() -> None:
    job = jobs.add("newer", {}, queue="sync")

    assert tried(job) == ("waiting", "unknown_work", 1)


def test_what_will_be_refused_again_is_buried_at_once() -> None:
    assert tried(a_job(), raising(BadRequest(why="x"))) == ("buried", "bad_request", 1)


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (LMSThrottled(retry_after=90), 90),
        (LMSThrottled(retry_after=-5), 1),
        (LMSThrottled(retry_after=float("nan")), 1),
        (LMSThrottled(retry_after=float("inf")), 3600),
    ],
)
def test_while_the_other_side_is_away_a_job_waits_and_counts_no_attempt(
    error: TutorError, pause: float
) -> None:
    job = a_job()

    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False):
        assert tried(job, raising(error)) == ("waiting", error.code, 0)
        assert job.due_at == timezone.now() + timedelta(seconds=pause)
        assert job.away_since == timezone.now()


def test_who_names_no_pause_is_asked_later_each_time_but_every_quarter_of_an_hour() -> None:
    job, pauses = a_job(), []
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        for _ in range(30):
            assert tried(job, raising(LMSUnavailable())) == ("waiting", "lms_unavailable", 0)
            pauses.append((job.due_at - timezone.now()).total_seconds())
            clock.move_to(job.due_at)

    assert all(1 <= pause <= min(10 * 2**n, 900) for n, pause in enumerate(pauses))
    assert max(pauses) > 300


def test_who_waited_a_day_for_the_other_side_is_buried() -> None:
    job = a_job()
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        tried(job, raising(LMSUnavailable()))
        clock.shift(timedelta(hours=23, minutes=59))
        assert tried(job, raising(LMSUnavailable())) == ("waiting", "lms_unavailable", 0)
        clock.shift(timedelta(hours=1))

        assert tried(job, raising(LMSUnavailable())) == ("buried", "lms_unavailable", 1)


def test_the_days_patience_begins_anew_when_the_other_side_answered() -> None:
    job = a_job()

    def some(job: Job) -> None:
        attempts.progress(job, 3, 9, "content")
        raise LMSThrottled()

    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        tried(job, raising(LMSUnavailable()))
        clock.shift(timedelta(hours=25))

        assert tried(job, some) == ("waiting", "lms_throttled", 0)
        assert job.away_since == timezone.now()
    assert (job.done, job.total, job.step) == (3, 9, "content")


def test_being_asked_for_progress_before_the_other_side_answered_changes_no_patience() -> None:
    job = a_job()

    def asked(job: Job) -> None:
        attempts.progress(job, 0, 0, "course")
        raise LMSUnavailable()

    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        tried(job, asked)
        first = job.away_since
        clock.move_to(job.due_at)
        tried(job, asked)

    assert job.away_since == first


@contextmanager
def working() -> Iterator[Callable[[str], int]]:
    """Yield a function that lets a process attempt a job, and returns how that one ended."""
    words, pipe = [sys.executable, "-c", WORKER], subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True) as parent:
        asked, told = parent.stdin, parent.stdout
        assert asked is not None
        assert told is not None

        def attempt(job: str) -> int:
            print(job, file=asked, flush=True)
            return int(told.readline())

        yield attempt
        asked.close()


def test_a_job_that_kills_its_worker_every_time_is_buried_at_the_fifth_claim() -> None:
    job = a_job()

    with working() as worker:
        for attempt in range(1, 5):
            died = worker(str(job.pk))
            job.refresh_from_db()
            assert (died, job.state, job.attempts) == (-signal.SIGKILL, "running", attempt)
            assert attempts.claim(job.pk) is None
            Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - MOMENT)

    assert tried(job, raising(AssertionError())) == ("buried", "lost_worker", 5)


def test_work_that_names_its_next_time_waits_for_it_and_counts_nothing() -> None:
    job, later = a_job(), timezone.now() + timedelta(minutes=3)

    attempts.attempt(job.pk, {"kind": Work(lambda job: later)})

    job.refresh_from_db()
    assert (job.state, job.attempts, job.due_at) == ("waiting", 0, later)


def test_work_that_names_its_next_time_but_was_asked_for_meanwhile_runs_again_now() -> None:
    job = a_job()

    def asked(running: Job) -> datetime:
        a_job(key=job.key)
        return timezone.now() + timedelta(minutes=3)

    attempts.attempt(job.pk, {"kind": Work(asked)})

    assert tried(job) == ("done", "", 1)


def test_a_payload_of_an_older_form_than_the_code_knows_is_buried_with_its_cause() -> None:
    job = a_job(version=1)

    attempts.attempt(job.pk, {"kind": Work(raising(AssertionError()), version=3, since=2)})

    job.refresh_from_db()
    assert (job.state, job.error) == ("buried", "old_payload")


def test_a_payload_of_a_newer_form_waits_for_a_newer_worker() -> None:
    job = a_job(version=2)

    assert tried(job, raising(AssertionError())) == ("waiting", "newer_payload", 1)
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        attempts.attempt(job.pk, {"kind": Work(well, version=2)})
    job.refresh_from_db()
    assert job.state == "done"


def test_a_job_whose_code_was_removed_is_buried_in_the_end_and_never_loops() -> None:
    job = jobs.add("removed", {}, queue="sync")
    with time_machine.travel(timezone.now() + timedelta(seconds=1), tick=False) as clock:
        for pause in (10, 60, 300):
            assert tried(job)[0] == "waiting"
            clock.shift(pause)

        assert tried(job) == ("buried", "unknown_work", 4)


def test_who_gives_a_job_up_hears_of_it_in_the_same_transaction() -> None:
    job, heard = a_job(), []

    def note(given: Job) -> None:
        heard.append((given.pk, connection.in_atomic_block))

    work = Work(raising(BadRequest(why="x")), buried=note)
    attempts.attempt(job.pk, {"kind": work})

    assert heard == [(job.pk, True)]


def test_a_transaction_held_for_a_job_fails_once_another_worker_has_it() -> None:
    job = a_job()

    def robbed(running: Job) -> None:
        with attempts.holding(running):
            pass
        Job.objects.filter(pk=job.pk).update(lease=new_id())
        with attempts.holding(running):
            raise AssertionError()

    assert tried(job, robbed) == ("running", "", 1)


def test_what_a_worker_that_ends_did_not_finish_others_may_begin_at_once() -> None:
    mine, other = a_job(), a_job()
    name = f"a:{new_id()}"
    for job, worker in ((mine, name), (other, f"b:{new_id()}")):
        attempts.claim(job.pk)
        Job.objects.filter(pk=job.pk).update(worker=worker)

    assert jobs.hand_back(name) == 1

    assert tried(mine) == ("done", "", 1)
    assert attempts.claim(other.pk) is None


def test_how_each_attempt_ended_is_told_to_who_counts_them() -> None:
    heard: list[str] = []
    before, jobs.ended = jobs.ended, lambda job, how: heard.append(how)
    try:
        for work in (well, raising(LMSUnavailable()), raising(LMSMisunderstood())):
            tried(a_job(), work)
        tried(a_job(), raising(BadRequest(why="x")))
        tried(a_job(), raising(attempts.LeaseLost()))
        jobs.ended = None
        tried(a_job())
    finally:
        jobs.ended = before

    assert heard == ["done", "waiting", "again", "buried", "lost"]


# --- one live job a key ---------------------------------------------------------------------


def test_asked_for_by_many_at_once_there_is_one_job() -> None:
    key = str(new_id())

    added = at_once(8, lambda number: a_job(key=key, payload={str(number): True}))

    assert len({job.pk for job in added}) == 1
    assert len(Job.objects.get(key=key).payload) == 8


def test_jobs_without_a_key_stay_apart() -> None:
    assert a_job(key=None).pk != a_job(key=None).pk


def test_a_waiting_job_takes_the_new_wishes_over_and_is_run_as_early() -> None:
    later = a_job(payload={"course": 1, "anyway": True}, due_at=timezone.now() + timedelta(hours=1))

    with told() as heard:
        same = a_job(key=later.key, payload={"course": 1})

    assert (same.pk, same.payload) == (later.pk, {"course": 1, "anyway": True})
    assert heard == [later.pk]
    assert tried(later) == ("done", "", 1)


def test_a_running_job_that_is_asked_for_runs_once_more_with_the_new_wishes() -> None:
    job, seen = a_job(payload={"turn": 1, "anyway": True}), []

    def asked(running: Job) -> None:
        seen.append(running.payload)
        a_job(key=job.key, payload={"turn": 2})
        a_job(key=job.key, payload={"turn": 3})

    with told() as heard:
        assert tried(job, asked) == ("waiting", "", 0)
    assert heard == [job.pk, job.pk, job.pk]
    assert tried(job, lambda running: seen.append(running.payload)) == ("done", "", 1)
    assert seen == [{"turn": 1, "anyway": True}, {"turn": 3}]


def test_a_job_asked_for_while_it_fails_for_good_gets_its_next_run() -> None:
    job = a_job()

    def asked(running: Job) -> None:
        a_job(key=job.key)
        raise BadRequest(why="x")

    assert tried(job, asked) == ("waiting", "bad_request", 0)


def test_once_a_job_has_ended_its_key_is_free() -> None:
    first = a_job()
    tried(first)

    assert a_job(key=first.key).pk != first.pk


def test_no_worker_begins_before_it_can_see_what_made_us_ask() -> None:
    job, asked, order = a_job(), threading.Event(), []

    def asker() -> None:
        with transaction.atomic():
            a_job(key=job.key, payload={"sees": "all"})
            asked.set()
            threading.Event().wait(0.5)
            order.append("committed")

    def worker() -> None:
        asked.wait()
        attempts.attempt(job.pk, {"kind": Work(lambda running: order.append(running.payload))})

    at_once(2, lambda number: (asker, worker)[number]())

    assert order == ["committed", {"sees": "all"}]


def test_adding_races_with_ending_and_nothing_asked_for_is_lost() -> None:
    key, reached = str(new_id()), [0]

    def asker() -> None:
        for number in range(1, 41):
            a_job(key=key, payload={"number": number})

    def worker() -> None:
        def note(job: Job) -> None:
            reached.append(job.payload["number"])

        while reached[-1] < 40:
            for pk in Job.objects.due().filter(key=key).values_list("pk", flat=True):
                attempts.attempt(pk, {"kind": Work(note)})

    at_once(3, lambda number: (asker, worker, worker)[number]())

    assert max(reached) == 40
    assert not Job.objects.filter(key=key).exclude(state="done").exists()


def test_a_job_whose_transaction_fails_was_never_asked_for() -> None:
    key = str(new_id())

    with told() as heard:
        try:
            with transaction.atomic():
                a_job(key=key)
                raise LMSUnavailable()
        except LMSUnavailable:
            pass

    assert heard == []
    assert not Job.objects.filter(key=key).exists()


# --- the message and the row ----------------------------------------------------------------


def test_a_broker_that_is_away_loses_no_job() -> None:
    with told(raising(ConnectionError())):
        job = a_job()

    assert tried(job) == ("done", "", 1)


def test_without_a_door_to_celery_the_row_waits() -> None:
    with told() as heard:
        jobs.nudge = None
        job = a_job()

    assert heard == []
    assert tried(job) == ("done", "", 1)


def test_the_sweeper_nudges_what_is_due_and_again_after_a_minute() -> None:
    long_ago = datetime(1990, 1, 1, tzinfo=UTC)  # before what other tests left behind
    with told() as heard:
        job = a_job(due_at=long_ago)
        later = a_job(due_at=timezone.now() + timedelta(hours=1))
        heard.clear()
        jobs.sweep(limit=1)
        assert heard == [job.pk]

        jobs.sweep()
        assert heard.count(job.pk) == 1
        Job.objects.filter(pk=job.pk).update(nudged_at=timezone.now() - timedelta(seconds=61))
        assert jobs.sweep(limit=1) == 1

    assert heard.count(job.pk) == 2
    assert later.pk not in heard


def test_a_lost_workers_job_is_found_by_the_sweeper() -> None:
    job = a_job()
    attempts.claim(job.pk)
    Job.objects.filter(pk=job.pk).update(lease_until=datetime(2000, 1, 1, tzinfo=UTC))

    with told() as heard:
        jobs.sweep()

    assert job.pk in heard


# --- dug up ---------------------------------------------------------------------------------


def buried(**how: Any) -> Job:
    job = a_job(**how)
    tried(job, raising(BadRequest(why="x")))
    return job


def test_a_buried_job_is_dug_up_and_runs_from_the_start() -> None:
    job = buried()

    with told() as heard:
        again = jobs.replay(job)

    assert (again.state, again.attempts, again.finished_at, heard) == ("waiting", 0, None, [job.pk])
    assert tried(job) == ("done", "", 1)


def test_a_job_buried_for_days_has_a_whole_days_patience_again() -> None:
    job = a_job()
    tried(job, raising(LMSUnavailable()))
    past = timezone.now() - timedelta(days=3)
    Job.objects.filter(pk=job.pk).update(state="buried", away_since=past, created_at=past)

    assert tried(jobs.replay(job), raising(LMSUnavailable())) == ("waiting", "lms_unavailable", 0)


def test_what_is_not_buried_is_not_dug_up() -> None:
    job = a_job()
    tried(job)

    assert jobs.replay(job).state == "done"


def test_a_buried_job_whose_key_is_alive_again_asks_that_one_to_run() -> None:
    job = buried(payload={"wish": 1})
    alive = a_job(key=job.key)

    again = jobs.replay(job)

    assert (again.pk, again.payload) == (alive.pk, {"wish": 1, "replayed": True})
    assert Job.objects.get(pk=job.pk).state == "buried"


def test_an_old_job_dug_up_into_a_newer_one_leaves_its_wishes_as_they_are() -> None:
    job = buried(payload={"wish": 1})
    alive = a_job(key=job.key, payload={"hope": 2}, version=2)

    again = jobs.replay(job)

    assert (again.pk, again.payload, again.version) == (alive.pk, {"hope": 2}, 2)


def test_digging_up_races_with_new_jobs_of_the_key_and_never_fails() -> None:
    key = str(new_id())
    dead = [buried(key=key) for _ in range(4)]

    def churn(number: int) -> None:
        for _ in range(10):
            alive = jobs.replay(dead[number])
            attempts.attempt(alive.pk, {"kind": Work(raising(BadRequest(why="x")))})

    at_once(4, churn)

    assert Job.objects.filter(key=key, state="buried").exists()


def test_a_buried_job_is_discarded_with_a_reason_and_only_once() -> None:
    job, who = buried(), new_id()

    assert jobs.discard(job, by=who, reason="The course is over.")
    assert not jobs.discard(job, by=new_id(), reason="again")

    job.refresh_from_db()
    assert (job.state, job.discarded_by, job.reason) == ("discarded", who, "The course is over.")
    assert jobs.replay(job).state == "discarded"


def test_a_row_tells_no_more_than_kind_state_and_code() -> None:
    assert str(buried()) == "kind buried bad_request"
    assert str(Proposal(kind="quiz")) == "quiz draft"
    assert str(GradeIntent(state="held", version=2)) == "held 2"
    assert str(Call(method="POST", status=202)) == "POST 202"
    assert (str(Lease(name="beat")), str(Alarm(name="email"))) == ("beat", "email")
