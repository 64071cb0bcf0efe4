"""Vectors after the index: a change of the embedder gives every course new ones."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agents import embed, index
from agents.models.index import Vector
from tests.retrieval import making
from tests.sync.making import School
from tutorai import flows
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Course
from tutorai.web import reading

EARLIER = "an-earlier-embedder"


def changed(course: Course) -> Course:
    """The course, after its installation took another embedder."""
    Vector.objects.filter(course_id=course.pk).update(generation=EARLIER)
    return course


def embeddings(course: Course) -> list[Job]:
    return list(Job.objects.filter(course=course, kind=flows.EMBED).order_by("created_at"))


def an_embedding(course: Course, **fields: object) -> Job:
    return Job.objects.create(course=course, kind=flows.EMBED, queue="bulk", **fields)


def generations(course: Course) -> set[str]:
    return set(Vector.objects.filter(course_id=course.pk).values_list("generation", flat=True))


def test_a_course_of_uploads_is_embedded_anew_after_a_change_of_the_embedder() -> None:
    course = changed(making.filled())

    flows.tidy()
    [job] = embeddings(course)
    attempts.attempt(job.pk, flows.WORK)
    flows.tidy()

    assert generations(course) == {embed.MiniLM.generation}
    assert embeddings(course) == [job]


def test_a_reading_of_the_course_embeds_it_anew_too(school: School) -> None:
    school.read()
    changed(school.course)

    school.again()

    assert generations(school.course) == {embed.MiniLM.generation}


def test_text_that_the_embedder_does_not_know_lacks_nothing() -> None:
    course = making.filled({"Reibung": "<p>Die Reibung bremst einen Körper, der gleitet.</p>" * 5})

    assert not index.behind(course.institution_id).exists()


def test_an_embedding_that_waits_is_not_hurried() -> None:
    course = changed(making.filled())
    later = timezone.now() + timedelta(hours=1)
    an_embedding(course, state="waiting", key=str(course.pk), due_at=later)

    flows.tidy()

    [job] = embeddings(course)
    assert job.due_at == later


@pytest.mark.parametrize(("hours", "state"), [(1, "buried"), (7, "waiting")])
def test_a_buried_embedding_is_dug_up_no_sooner_than_a_course_is_read_again(
    hours: int, state: str
) -> None:
    course = changed(making.filled())
    ended = timezone.now() - timedelta(hours=hours)
    an_embedding(course, state="buried", key=str(course.pk), finished_at=ended)

    flows.tidy()

    assert [job.state for job in embeddings(course)] == [state]


def test_a_teacher_is_told_when_words_answer_alone_and_no_vectors_are_on_their_way() -> None:
    course = making.filled()
    before = reading.only_words(course)
    changed(course)

    alone = reading.only_words(course)
    job = an_embedding(course, state="running", key=str(course.pk))
    meanwhile = reading.only_words(course)
    Job.objects.filter(pk=job.pk).update(state="waiting", error="budget_spent")

    assert (before, alone, meanwhile) == ("", "en", "")
    assert reading.only_words(course) == "en"
    assert index.state(course.pk) == index.State(3, 0, "en", "words")
