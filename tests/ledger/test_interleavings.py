"""Two workers, an LMS that fails, people who change their minds: whatever the order, all ends well.

Workers are threads that stop at every point where something may come between; one goes on at a
time, for a step. In the end all runs quietly, and what came of it must be a line of the outcome
table.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.ledger.gradebook import FAMILIES, LONGEST, Place, a_place
from tutorai.ledger import attempts, grades, points
from tutorai.ledger.attempts import LEASE
from tutorai.ledger.models import Job
from tutorai.ledger.outcomes import Answer

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ENDS = {"delivered", "superseded", "rejected", "dead", "undone", "replaced"}
BUSY, FORBIDDEN = Answer(429, "Too Many Requests\n"), Answer(403, "Forbidden\n")
PATIENCE = 60  # seconds for a step of a worker; then it hangs

_here = threading.local()  # the worker a thread is


class Died(BaseException):
    """A worker is killed where it stands."""


class Worker:
    """A worker process: does one attempt, and stops at every point until told to go on."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.thread: threading.Thread | None = None
        self.go, self.stands = threading.Semaphore(0), threading.Semaphore(0)
        self.dies = self.over = False

    @property
    def busy(self) -> bool:
        """Whether it stands somewhere amid an attempt."""
        return self.thread is not None

    def step(self, *, die: bool = False) -> None:
        """Go on to the next point, beginning an attempt where none is under way; or die."""
        if self.thread is None:
            if die:
                return
            self.dies = self.over = False
            self.thread = threading.Thread(target=self._work)
            self.thread.start()
        else:
            self.dies = die
            self.go.release()
        assert self.stands.acquire(timeout=PATIENCE)
        if self.over:
            self.thread.join()
            self.thread = None

    def stop(self, where: str) -> None:
        """Stand at a point."""
        self.stands.release()
        assert self.go.acquire(timeout=PATIENCE)
        if self.dies:
            raise Died

    def _work(self) -> None:
        _here.worker = self
        try:
            with suppress(Died):  # its job stays as it was: running, until the lease is over
                for job in Job.objects.due().filter(pk__in=self.place.jobs):
                    attempts.attempt(job.pk, {grades.KIND: self.place.work()})
        finally:
            connections.close_all()
            self.over = True
            self.stands.release()


def stop(where: str) -> None:
    """A point is reached, by a worker or by nobody who stops."""
    worker: Worker | None = getattr(_here, "worker", None)
    if worker is not None:
        worker.stop(where)


@contextmanager
def watched(place: Place) -> Iterator[None]:
    """Workers stop at the points of a job's life and at the LMS's door."""
    place.lms.pause = points.listen = stop
    try:
        yield
    finally:
        points.listen = None


class World:
    """A cell, its LMS, two workers and the people around it."""

    def __init__(self, family: str, clock: Any) -> None:
        self.place = a_place(family)
        self.clock = clock
        self.workers = [Worker(self.place), Worker(self.place)]
        self.given = 50  # points of the last grade approved; a person gives less in the LMS
        self.edited = 0
        self.edits: list[int] = []
        self.undone: list[int] = []

    def do(self, deed: str, number: int) -> None:
        """Something happens; a second later, the next."""
        self.clock.shift(SECOND)
        getattr(self, deed)(number)

    def step(self, number: int) -> None:
        """A worker goes on; where a whole attempt would be too many decisions, three points."""
        for _ in range(1 + number // 2):
            self.workers[number % 2].step()

    def crash(self, number: int) -> None:
        self.workers[number % 2].step(die=True)

    def approve(self, number: int) -> None:
        self.given += 1
        hold = [timedelta(), timedelta(seconds=3), timedelta(seconds=90), None][number]
        self.place.promise(
            self.given,
            comment=f"Grade {self.given}.",
            release_at=None if hold is None else timezone.now() + hold,
        )

    def overwrite(self, number: int) -> None:
        self.given += 1
        self.place.promise(self.given, comment=f"Grade {self.given}.", overwrite=True)

    def undo(self, number: int) -> None:
        self.undone += [int(one.points) for one in grades.undo(self.place.intents)]

    def release(self, number: int) -> None:
        grades.release(self.place.intents, by=None)

    def retry(self, number: int) -> None:
        grades.retry(self.place.intents, by=None)

    def edit(self, number: int) -> None:
        self.edited += 1
        self.edits.append(self.edited)
        self.place.lms.edit(self.edited)

    def fail(self, number: int) -> None:
        fates: list[str | Answer] = ["lost", "dropped", "broken", "away", BUSY, FORBIDDEN]
        self.place.lms.fates.append(fates[number])

    def wait(self, number: int) -> None:
        """Time passes: a lease may run out under a worker that stands still."""
        self.clock.shift([3 * SECOND, LEASE + SECOND, LONGEST * 2, LONGEST * 6][number])

    def come_to_rest(self) -> None:
        """Let everybody go on undisturbed, until nothing is left to do."""
        self.place.lms.fates.clear()
        for worker in self.workers:
            while worker.busy:
                worker.step()
        for _ in range(25):
            for lost in grades.forsaken().filter(line_item=self.place.item):
                grades.ask(lost)
            live = self.place.jobs.filter(state__in=Job.LIVE)
            if not live:
                return
            self.clock.shift(LEASE + timedelta(minutes=5))
            self.workers[0].step()
            while self.workers[0].busy:
                self.workers[0].step()
        raise AssertionError(f"It never ends: {live.values()}")


def check(world: World, family: str) -> None:
    """What must be true once all is quiet."""
    place, lms = world.place, world.place.lms
    waits = place.intents.filter(state="held", release_at=None)
    ended = place.intents.exclude(pk__in=waits)
    assert set(ended.values_list("state", flat=True)) <= ENDS
    assert set(place.jobs.values_list("state", flat=True)) <= {"done", "buried"}
    # What was taken back never left.
    assert not [grade for grade in lms.taken if grade.points in world.undone]
    # No comment stands there twice; nothing was sent without end.
    assert len(lms.comments) == len(set(lms.comments))
    assert len(lms.received) <= 4 * place.intents.count() + 30
    # Whoever changed a grade there finds it, unless we were told to overwrite it. (Blackboard
    # refuses no timestamp: what is changed there between our look and our sending is lost.)
    asked = place.intents.filter(overwrite=True).values_list("points", flat=True)
    lost = [sent for _, sent, unread in lms.lost_edits if not (unread and family == "blackboard")]
    assert not [sent for sent in lost if sent.points not in asked]
    # Timestamps only grow.
    stamps = [grade.at for grade in lms.taken]
    assert stamps == sorted(stamps)
    newest = grades.newest(ended).first()
    if newest is None:
        return
    assert newest.state in {"delivered", "superseded", "dead"}, newest.error
    if newest.state == "dead":
        assert newest.error == "lms_refused"
    elif newest.state == "delivered":
        assert lms.points in {newest.points, *world.edits}
    else:
        assert newest.lms_points in world.edits
        assert lms.points in world.edits


DEEDS = st.one_of(
    st.tuples(st.just("step"), st.integers(0, 7)),
    st.tuples(st.just("step"), st.integers(0, 7)),
    st.tuples(st.just("step"), st.integers(0, 7)),
    st.tuples(
        st.sampled_from(["crash", "release", "undo", "overwrite", "retry"]), st.integers(0, 1)
    ),
    st.tuples(st.sampled_from(["approve", "wait"]), st.integers(0, 3)),
    st.tuples(st.just("fail"), st.integers(0, 5)),
    st.tuples(st.just("edit"), st.just(0)),
)
FIRST = st.tuples(st.just("approve"), st.integers(0, 1))
# Stories that a machine may take long to think of.
ZOMBIE = [
    ("approve", 0),
    ("step", 6),
    ("wait", 1),
    ("step", 7),
    ("wait", 2),
    ("step", 7),
    ("step", 6),
]
LATE = [("approve", 0), ("fail", 0), ("step", 6), ("step", 6), ("edit", 0), ("approve", 0)]
TWICE = [("overwrite", 0), ("fail", 0), ("step", 6), ("step", 6), ("edit", 0), ("wait", 2)]


@pytest.mark.parametrize("family", FAMILIES)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(
    deeds=st.tuples(FIRST, st.lists(DEEDS, min_size=6, max_size=22)).map(lambda t: [t[0], *t[1]])
)
@example(deeds=ZOMBIE)
@example(deeds=LATE)
@example(deeds=TWICE)
def test_any_order_of_two_workers_failures_edits_and_approvals_ends_in_the_outcome_table(
    family: str, deeds: list[tuple[str, int]]
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        world = World(family, clock)
        with watched(world.place):
            for deed, number in deeds:
                world.do(deed, number)
            world.come_to_rest()

    check(world, family)
