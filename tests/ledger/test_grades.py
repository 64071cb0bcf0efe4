"""A promised grade: held, taken back, let go, replaced by a newer one, given up, tried again."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone

from tests.ledger.gradebook import LOCKED, Place, a_place
from tests.racing import at_once
from tutorai.errors import LMSRefused, NotSent
from tutorai.ids import new_id
from tutorai.ledger import attempts, grades, jobs
from tutorai.ledger.attempts import Work
from tutorai.ledger.models import GradeIntent, Job, Proposal

HOUR = timedelta(hours=1)


def later() -> Any:
    """A moment to hold a grade until."""
    return timezone.now() + HOUR


def the_hold_is_over(place: Place) -> None:
    """As if an hour had passed."""
    place.intents.filter(state="held").update(release_at=timezone.now())


def proposal(intent: GradeIntent) -> tuple[str, str]:
    """The state of the proposal a grade came from, and why."""
    row = Proposal.objects.get(pk=intent.proposal_id)
    return row.state, row.reason


def given_up(place: Place, grade: int = 80) -> GradeIntent:
    """A grade whose job was buried."""
    intent = place.promise(grade)
    place.lms.troubles = [LMSRefused()]
    assert place.attempt().state == Job.State.BURIED
    intent.refresh_from_db()
    return intent


# --- held -----------------------------------------------------------------------------------


def test_a_grade_promised_for_later_is_held_and_its_job_waits_until_then() -> None:
    place = a_place()
    moment = later()

    intent = place.promise(release_at=moment)

    assert (intent.state, place.job.due_at, place.job.queue) == ("held", moment, "grades")
    assert place.attempt().due_at == moment
    assert place.lms.reads == 0


def test_a_grade_held_until_told_has_no_job() -> None:
    place = a_place()

    intent = place.promise(release_at=None)

    assert (intent.state, place.jobs.count()) == ("held", 0)


def test_a_grade_whose_hold_is_over_is_sent() -> None:
    place = a_place()
    place.promise(release_at=later())

    the_hold_is_over(place)
    place.attempt()

    assert (place.states, place.there) == (["delivered"], 80)


def test_undo_takes_back_what_is_held_and_makes_it_a_draft() -> None:
    place = a_place()
    intent = place.promise(release_at=later())

    assert grades.undo(place.intents) == [intent]

    the_hold_is_over(place)
    place.attempt()
    assert (place.states, place.lms.received, place.lms.reads) == (["undone"], [], 0)
    row = Proposal.objects.get(pk=intent.proposal_id)
    assert (row.state, row.approved_at, row.approver) == ("draft", None, None)


def test_undo_takes_nothing_back_that_was_let_go() -> None:
    place = a_place()
    place.promise()

    assert grades.undo(place.intents) == []
    assert place.states == ["queued"]


def test_release_lets_go_of_what_is_held_at_once() -> None:
    place, told = a_place(), a_place()
    place.promise(release_at=later())
    told.promise(release_at=None)

    ours = GradeIntent.objects.filter(line_item__in=[place.item, told.item])
    released = grades.release(ours, by=place.user.pk)

    assert {intent.line_item_id for intent in released} == {place.item.pk, told.item.pk}
    assert [place.job.asked_by_id, told.job.asked_by_id] == [None, place.user.pk]
    assert all(one.job.due_at <= timezone.now() for one in (place, told))
    attempts.attempt(place.job.pk, {grades.KIND: place.work()})
    attempts.attempt(told.job.pk, {grades.KIND: told.work()})
    assert (place.states, told.states) == (["delivered"], ["delivered"])
    assert grades.release(ours, by=None) == []


@pytest.mark.parametrize("round_", range(6))
def test_undo_in_a_race_with_the_worker_means_that_nothing_was_ever_sent(round_: int) -> None:
    place = a_place()
    place.promise(release_at=later())
    the_hold_is_over(place)
    place.jobs.update(due_at=timezone.now())
    job = place.job

    def race(number: int) -> list[GradeIntent]:
        if number:  # the worker
            attempts.attempt(job.pk, {grades.KIND: place.work()})
            return []
        return grades.undo(place.intents)

    undone = at_once(2, race)[0]

    assert (len(undone), len(place.lms.received), place.states) in [
        (1, 0, ["undone"]),
        (0, 1, ["delivered"]),
    ]


def test_undo_waits_for_a_worker_that_is_taking_the_grade_and_finds_it_gone() -> None:
    place = a_place()
    intent = place.promise(release_at=later())
    the_hold_is_over(place)
    place.lms.pause = lambda where: undone.extend(grades.undo(place.intents))
    undone: list[GradeIntent] = []

    place.attempt()

    intent.refresh_from_db()
    assert (undone, intent.state, proposal(intent)) == ([], "delivered", ("done", ""))


def somebody_waits() -> None:
    """Return once a session waits for what this one has locked."""
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        threading.Event().wait(0.01)
    raise AssertionError("Nobody waits.")


def meeting(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Do `first` in a transaction that ends when `second`, begun after it, waits for it."""
    begun = threading.Event()

    def one(number: int) -> None:
        if number:
            begun.wait(10)
            second()
            return
        with transaction.atomic():
            first()
            begun.set()
            somebody_waits()

    at_once(2, one)


def test_a_worker_that_comes_while_undo_is_under_way_sends_nothing() -> None:
    place = a_place()
    place.promise(release_at=later())
    the_hold_is_over(place)

    meeting(lambda: grades.undo(place.intents), place.attempt)

    assert (place.states, place.lms.received) == (["undone"], [])


def test_a_worker_that_comes_while_a_newer_grade_is_promised_sends_that_one() -> None:
    place = a_place()
    place.promise(70)

    meeting(lambda: place.promise(80), place.attempt)

    assert (place.states, place.given) == (["replaced", "delivered"], [80])


@pytest.mark.parametrize("deed", ["promise", "release"])
def test_who_waits_for_a_worker_s_job_has_not_locked_its_grades(deed: str) -> None:
    place = a_place()
    place.promise(70, release_at=later())
    deeds: dict[str, Callable[[], object]] = {
        "promise": lambda: place.promise(80),
        "release": lambda: grades.release(place.intents, by=None),
    }

    with transaction.atomic():  # as a worker does
        list(place.jobs.select_for_update())
        other = threading.Thread(target=lambda: at_once(1, lambda _: deeds[deed]()))
        other.start()
        somebody_waits()
        free = list(place.intents.select_for_update(nowait=True))
    other.join()

    assert len(free) == 1
    assert place.states == {"promise": ["replaced", "queued"], "release": ["queued"]}[deed]


def test_a_hold_is_as_long_as_its_minutes_where_pauses_are_as_long_as_in_life() -> None:
    assert grades.held_for(10) == timedelta(minutes=10)
    with override_settings(DELAYS=0.1):
        assert grades.held_for(10) == timedelta(minutes=1)


# --- the newest counts ----------------------------------------------------------------------


def test_a_newer_grade_replaces_the_one_that_waits() -> None:
    place = a_place()
    first = place.promise(70, release_at=later())
    second = place.promise(75, release_at=None)

    place.promise(80)
    place.attempt()

    assert place.states == ["replaced", "replaced", "delivered"]
    assert [proposal(first), proposal(second)] == [("refused", "replaced")] * 2
    assert place.given == [80]
    assert place.jobs.count() == 1


def test_a_newer_grade_for_later_does_not_hold_up_the_one_on_its_way() -> None:
    place = a_place()
    place.promise(70)
    place.lms.troubles = [NotSent()]
    place.attempt()
    moment = later()
    place.promise(80, release_at=moment)

    job = place.attempt()

    assert (place.states, job.state, job.due_at) == (["delivered", "held"], "waiting", moment)


def test_a_grade_approved_while_its_elder_is_on_its_way_follows_it() -> None:
    place = a_place()
    place.promise(70)

    def approve(where: str) -> None:
        if where == "before_send" and len(place.states) == 1:
            place.promise(80)

    place.lms.pause = approve

    job = place.attempt()

    assert (place.states, job.state) == (["delivered", "delivered"], "waiting")  # asked again
    assert place.given == [70, 80]
    assert place.attempt().state == "done"


def test_many_approvals_at_once_leave_one_waiting_grade_the_last() -> None:
    place = a_place()

    at_once(6, lambda number: place.promise(50 + number))

    newest = place.intents.latest("version")
    assert sorted(place.states) == ["queued"] + ["replaced"] * 5
    assert (newest.version, newest.state, place.jobs.count()) == (6, "queued", 1)


def test_approvals_and_workers_at_once_neither_lock_each_other_out_nor_lose_the_last() -> None:
    place = a_place()
    place.promise(40)

    def race(number: int) -> None:
        for again in range(6):
            if number < 2:
                place.promise(50 + 10 * number + again)
            else:
                attempts.attempt(place.job.pk, {grades.KIND: place.work()})

    at_once(4, race)
    place.attempt()

    last = place.intents.latest("version")
    assert (last.state, place.there) == ("delivered", last.points)
    assert set(place.states) <= {"delivered", "replaced"}
    assert set(place.jobs.values_list("state", "error")) == {("done", "")}


def test_releases_and_undos_of_many_cells_with_workers_never_lock_each_other_out() -> None:
    places = [a_place() for _ in range(3)]
    ours = GradeIntent.objects.filter(line_item__in=[place.item for place in places])

    def race(number: int) -> None:
        for again in range(4):
            if number == 0:
                [place.promise(50 + again, release_at=later()) for place in places]
            elif number == 1:
                grades.release(ours.order_by("-created_at"), by=None)
            elif number == 2:
                grades.undo(ours)
            else:
                for place in places:
                    for job in place.jobs:
                        attempts.attempt(job.pk, {grades.KIND: place.work()})

    at_once(4, race)

    keys = [grades.key(place.item.pk, place.user.pk) for place in places]
    assert set(Job.objects.filter(key__in=keys).values_list("error", flat=True)) == {""}


def test_the_newest_of_each_cell_leaves_out_what_was_taken_back_or_put_aside() -> None:
    one, other, third = a_place(), a_place(), a_place()
    for place in (one, other, third):
        place.promise(60)
        place.attempt()
    one.promise(70, release_at=later())
    other.promise(70, release_at=later())
    grades.undo(other.intents)
    third.promise(70, release_at=later())
    third.promise(80, release_at=later())

    items = [one.item, other.item, third.item]
    found = grades.newest(GradeIntent.objects.filter(line_item__in=items))

    assert {intent.line_item_id: intent.points for intent in found} == {
        one.item.pk: 70,
        other.item.pk: 60,
        third.item.pk: 80,
    }


# --- given up -------------------------------------------------------------------------------


def test_a_buried_job_leaves_its_grade_dead_with_the_cause() -> None:
    place = a_place()

    intent = given_up(place)

    assert (intent.state, intent.error, proposal(intent)) == ("dead", "lms_refused", ("queued", ""))


def test_a_retried_grade_is_sent_by_its_own_job_dug_up() -> None:
    place = a_place()
    intent = given_up(place)

    assert grades.retry(place.intents, by=None) == [intent]
    assert place.attempt().state == "done"

    assert (place.states, place.jobs.count()) == (["delivered"], 1)
    assert proposal(intent) == ("done", "")
    assert grades.retry(place.intents, by=None) == []


def test_a_dead_grade_without_a_job_is_retried_by_a_new_one() -> None:
    place = a_place()
    given_up(place)
    jobs.discard(place.job, by=new_id(), reason="It is settled.")

    grades.retry(place.intents, by=place.user.pk)
    place.attempt()

    assert (place.states, place.job.asked_by_id) == (["delivered"], place.user.pk)


def test_a_dead_grade_is_not_retried_once_a_newer_one_has_come() -> None:
    place = a_place()
    given_up(place)
    place.promise(90)
    place.attempt()

    assert grades.retry(place.intents, by=None) == []
    buried = place.jobs.get(state=Job.State.BURIED)
    jobs.replay(buried)
    attempts.attempt(buried.pk, {grades.KIND: place.work()})

    assert (place.states, place.there) == (["dead", "delivered"], 90)


def test_a_dead_grade_dug_up_beside_a_held_one_leaves_that_one_held() -> None:
    place = a_place()
    given_up(place)
    place.promise(90, release_at=later())

    jobs.replay(place.jobs.get(state=Job.State.BURIED))
    place.attempt()

    assert (place.states, place.lms.received) == (["dead", "held"], [])


def test_what_is_held_for_later_goes_out_after_its_elder_was_buried() -> None:
    place = a_place()
    place.promise(70)
    place.lms.troubles = [NotSent()]
    place.attempt()
    moment = later()
    place.promise(80, release_at=moment)
    place.lms.troubles = [LMSRefused()]

    assert place.attempt().state == "buried"

    assert (place.states, place.job.due_at, place.job.state) == (
        ["dead", "held"],
        moment,
        "waiting",
    )
    the_hold_is_over(place)
    place.attempt()
    assert (place.states, place.there) == (["dead", "delivered"], 80)


def test_what_is_held_until_told_stays_so_when_its_elder_is_buried() -> None:
    place = a_place()
    place.promise(70)
    place.lms.troubles = [NotSent()]
    place.attempt()
    place.promise(80, release_at=None)
    place.lms.troubles = [LMSRefused()]

    place.attempt()

    assert (place.states, place.jobs.count()) == (["dead", "held"], 1)


def test_all_that_is_due_is_given_up_together() -> None:
    place = a_place("moodle")
    place.promise(70)
    place.lms.fates = ["lost"]
    place.attempt()
    place.promise(80)
    place.intents.update(posted_at=timezone.now() - HOUR)
    place.lms.troubles = [LMSRefused()]

    place.attempt()

    assert place.states == ["dead", "dead"]
    retried = grades.retry(place.intents, by=None)
    assert [intent.points for intent in retried] == [80]
    place.attempt()
    assert (place.states, place.there) == (["dead", "delivered"], 80)


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param({}, id="none"),
        pytest.param({"line_item": "x", "user": "y"}, id="no-ids"),
        pytest.param({"line_item": [1], "user": {}}, id="no-words"),
    ],
)
def test_a_job_whose_payload_names_no_cell_is_buried_after_its_tries(
    payload: dict[str, Any],
) -> None:
    place = a_place()
    place.promise()
    place.jobs.update(payload=payload, attempts=3)

    job = place.attempt()

    assert (job.state, job.error, place.states) == ("buried", "bug", ["queued"])


def test_a_job_of_a_version_that_is_gone_is_buried_and_its_grade_with_it() -> None:
    place = a_place()
    place.promise()
    job = place.job
    work = Work(place.work().run, version=2, since=2, buried=grades.bury)

    attempts.attempt(job.pk, {grades.KIND: work})

    job.refresh_from_db()
    dead = place.intents.get()
    assert (job.state, dead.state, dead.error) == ("buried", "dead", "old_payload")


def test_a_job_whose_code_was_removed_is_buried_after_its_tries() -> None:
    place = a_place()
    place.promise()

    for _ in range(4):
        place.jobs.update(due_at=timezone.now())
        attempts.attempt(place.job.pk, {})

    assert (place.job.state, place.job.error) == ("buried", "unknown_work")
    assert place.intents.get() not in grades.forsaken()  # a person looks, then it goes out
    jobs.replay(place.job)
    place.attempt()
    assert place.states == ["delivered"]


def test_undoing_a_correction_does_not_send_what_was_given_up_before() -> None:
    place = a_place()
    place.promise(70)
    place.jobs.update(attempts=4)
    place.attempt()
    later = timezone.now() + timedelta(minutes=5)
    place.promise(80, release_at=later)
    grades.undo(place.intents)
    place.jobs.filter(state=Job.State.WAITING).update(due_at=timezone.now())

    place.attempt()

    assert place.states == ["dead", "undone"]
    assert place.given == []


def test_a_grade_that_takes_its_worker_down_each_time_is_buried_with_it() -> None:
    place = a_place()
    place.promise()
    place.jobs.update(attempts=4)

    job = place.attempt()

    dead = place.intents.get()
    assert (job.state, dead.state, dead.error) == ("buried", "dead", "lost_worker")


def test_a_failing_grade_is_tried_four_times_then_buried() -> None:
    place = a_place("moodle", locked=True)
    place.promise()
    pauses = []

    for _ in range(3):
        job = place.attempt()
        pauses.append(round((job.due_at - timezone.now()).total_seconds()))
    job = place.attempt()

    assert pauses == [10, 60, 300]
    assert (job.state, job.error, place.states) == ("buried", "grade_failed", ["dead"])
    assert len(place.lms.received) == 4
    assert LOCKED.status == 500


def test_a_worker_whose_job_is_another_s_by_now_gives_nothing_up() -> None:
    place = a_place()
    place.promise()

    def lose(where: str) -> None:
        place.jobs.update(lease_until=timezone.now() - HOUR)
        attempts.claim(place.job.pk)
        place.lms.troubles = [LMSRefused()]

    place.lms.pause = lose

    job = place.attempt()

    assert (job.state, job.error, place.states) == ("running", "", ["sending"])


# --- forsaken -------------------------------------------------------------------------------


def test_what_should_be_on_its_way_and_has_no_job_is_found() -> None:
    lost = [a_place() for _ in range(3)]
    lost[0].promise()
    lost[1].promise(release_at=later())
    the_hold_is_over(lost[1])
    lost[2].promise()
    lost[2].intents.update(state="sending")
    well = [a_place() for _ in range(4)]
    well[0].promise()
    well[1].promise(release_at=None)
    well[2].promise(release_at=later())
    well[3].promise()
    well[3].attempt()
    for place in [*lost, *well[1:]]:
        place.jobs.update(state="done")

    items = [place.item for place in [*lost, *well]]
    found = grades.forsaken().filter(line_item__in=items)

    assert {intent.line_item_id for intent in found} == {place.item.pk for place in lost}
    for intent in found:
        grades.ask(intent)
    [place.attempt() for place in lost]
    assert [place.states for place in lost] == [["delivered"]] * 3
    assert not grades.forsaken().filter(line_item__in=items)


def test_points_below_nothing_are_refused_by_the_database() -> None:
    place = a_place()
    with pytest.raises(Exception, match="intent_in_range"):
        place.promise("-1", maximum=Decimal(10))
    assert place.states == []
