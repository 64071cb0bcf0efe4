"""What was approved reaches the LMS once: whatever breaks on the way, and whoever goes on."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from connectors.base import Draft
from tests.publishing.lms import (
    AFTER,
    UNSENT,
    Lms,
    a_quiz,
    a_teacher,
    brought,
    job_of,
    on_its_way,
    works,
)
from tutorai import publishing
from tutorai.errors import (
    LMSMisunderstood,
    LMSRefused,
    LMSThrottled,
    LMSUnauthorised,
)
from tutorai.ledger import attempts, outbox
from tutorai.ledger.models import AuditEvent, Job, Proposal, Publication
from tutorai.lmsdm.schema import Actor
from tutorai.publishing import Wish

State = Publication.State


@pytest.fixture
def teacher() -> Actor:
    return a_teacher()


@pytest.fixture(autouse=True)
def _fast(settings: Any) -> None:
    settings.DELAYS = 0.0001  # a minute is 6 ms


def settled(publication: Publication) -> None:
    """Let a request without an answer have run out."""
    Publication.objects.filter(pk=publication.pk).update(
        posted_at=timezone.now() - timedelta(minutes=2)
    )


def test_a_page_stands_there_and_everybody_can_see_that_it_does(teacher: Actor) -> None:
    page, lms = on_its_way(teacher), Lms()

    brought(page, lms)

    assert lms.made == [(page.mark, "Week 1")]
    assert (page.state, page.url) == (State.DONE, f"https://lms.example/{page.mark[:4]}")
    assert page.proposal.state == Proposal.State.DONE
    told = AuditEvent.objects.filter(object=page.pk).values_list("verb", flat=True)
    assert list(told) == ["draft.published"]
    assert job_of(page).state == Job.State.DONE


def test_what_arrived_without_an_answer_is_found_and_not_sent_again(teacher: Actor) -> None:
    page, lms = on_its_way(teacher), Lms([AFTER])

    brought(page, lms)
    waiting = job_of(page)
    settled(page)
    brought(page, lms)

    assert (waiting.state, waiting.attempts, waiting.error) == ("waiting", 0, "lms_unavailable")
    assert len(lms.made) == 1
    assert page.state == State.DONE


def test_whether_it_arrived_is_looked_at_once_a_request_cannot_be_under_way_any_more(
    teacher: Actor, settings: Any
) -> None:
    settings.DELAYS = 1
    page, lms = on_its_way(teacher), Lms([AFTER])

    brought(page, lms)
    brought(page, lms)

    assert (lms.looks, job_of(page).state) == (0, Job.State.WAITING)
    assert job_of(page).due_at > timezone.now()


def test_a_quiz_that_broke_off_gets_the_questions_that_are_missing_and_no_other(
    teacher: Actor,
) -> None:
    wish = Wish(Draft.QUIZ, "Forces", quiz=a_quiz(4))
    quiz, lms = on_its_way(teacher, wish), Lms([None, None, AFTER, None, UNSENT])

    brought(quiz, lms)
    settled(quiz)
    brought(quiz, lms)
    brought(quiz, lms)

    assert len(lms.made) == 1
    assert lms.questions == {quiz.mark: 4}
    assert quiz.state == State.DONE


@pytest.mark.parametrize(
    "error", [UNSENT, LMSThrottled(retry_after=1)], ids=["unsent", "throttled"]
)
def test_while_the_lms_is_away_it_waits_and_no_attempt_is_counted(
    teacher: Actor, error: Exception
) -> None:
    page, lms = on_its_way(teacher), Lms([error])

    brought(page, lms)
    job = job_of(page)
    settled(page)
    brought(page, lms)

    assert (job.state, job.attempts) == (Job.State.WAITING, 0)
    assert job.away_since is not None
    assert (len(lms.made), page.state) == (1, State.DONE)


def test_what_the_lms_will_not_take_is_told_with_its_cause_and_can_be_written_anew(
    teacher: Actor,
) -> None:
    page, lms = on_its_way(teacher), Lms([LMSRefused()])

    brought(page, lms)

    assert (page.state, page.error) == (State.REJECTED, "lms_refused")
    assert page.proposal.state == Proposal.State.REFUSED
    assert publishing.copy(teacher, page.proposal_id).payload == page.proposal.payload


def test_what_stands_there_half_is_shown_when_the_rest_is_refused(teacher: Actor) -> None:
    wish = Wish(Draft.QUIZ, "Forces", quiz=a_quiz(2))
    quiz, lms = on_its_way(teacher, wish), Lms([None, LMSRefused()])

    brought(quiz, lms)

    assert (quiz.state, bool(quiz.url)) == (State.REJECTED, True)


def test_what_was_given_up_is_tried_again_when_a_teacher_says_so(teacher: Actor) -> None:
    page, lms = on_its_way(teacher), Lms([LMSUnauthorised()])

    brought(page, lms)
    given_up = (page.state, page.error)
    again = publishing.retry(teacher, page.proposal_id)
    settled(page)
    brought(page, lms)

    assert given_up == (State.DEAD, "lms_unauthorised")
    assert again
    assert (page.state, len(lms.made)) == (State.DONE, 1)
    assert not publishing.retry(teacher, page.proposal_id)


def test_what_was_given_up_long_ago_is_tried_again_though_its_job_is_forgotten(
    teacher: Actor,
) -> None:
    page, lms = on_its_way(teacher), Lms([LMSUnauthorised()])
    brought(page, lms)
    job_of(page).delete()

    assert publishing.retry(teacher, page.proposal_id)
    settled(page)
    brought(page, lms)

    assert (str(page), len(lms.made)) == ("page done", 1)


def test_an_answer_nobody_understands_is_tried_thrice_and_never_sent_twice(
    teacher: Actor,
) -> None:
    strange = ("after", LMSMisunderstood())
    page, lms = on_its_way(teacher), Lms([strange])

    brought(page, lms)
    settled(page)
    brought(page, lms)

    assert (len(lms.made), page.state) == (1, State.DONE)


def test_a_worker_killed_between_the_post_and_the_commit_leaves_one_page(teacher: Actor) -> None:
    page, lms = on_its_way(teacher), Lms()
    job = job_of(page)
    attempts.claim(job.pk, timedelta(seconds=-1))  # its lease has run out: the worker is gone
    Publication.objects.filter(pk=page.pk).update(state=State.SENDING)
    settled(page)
    lms.made.append((page.mark, "Week 1"))

    attempts.attempt(job.pk, works(lms))

    page.refresh_from_db()
    assert (len(lms.made), page.state) == (1, State.DONE)


def test_what_has_no_job_gets_one(teacher: Actor) -> None:
    page = on_its_way(teacher)
    Job.objects.filter(key=str(page.pk)).delete()

    assert page in outbox.forsaken()

    outbox.ask(page)
    assert page not in outbox.forsaken()


def test_a_job_that_names_nothing_does_nothing() -> None:
    job = Job.objects.create(kind=outbox.KIND, queue=outbox.QUEUE, payload={})

    attempts.attempt(job.pk, {outbox.KIND: attempts.Work(publishing.bring, buried=outbox.bury)})
    outbox.bury(job)

    job.refresh_from_db()
    assert job.state == Job.State.DONE
