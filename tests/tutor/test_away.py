"""An endpoint for vectors that is slow, dead, odd or too dear: the words of the course answer."""

import time
from typing import Any

import pytest

from agents import embed, index, llm, retrieve
from agents.models.index import Vector
from agents.models.money import Charge, Endpoint, Tally
from agents.models.teaching import Switch
from agents.tutor import suggest
from tests.retrieval import making
from tests.tutor.talking import QUESTION, School
from tutorai import crypto, flows
from tutorai.errors import ModelUnavailable
from tutorai.ledger import attempts, jobs
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import Institution


@pytest.fixture
def embedded(school: School, settings: Any) -> School:
    """A school whose vectors come from its endpoint."""
    settings.OPENAI_EMBEDDING_MODEL = "embedder"
    index.embed_pending(school.course.pk)
    school.fake.requests.clear()
    return school


def mode(school: School) -> str:
    return retrieve.search(school.actor, QUESTION).mode


def spent(school: School) -> tuple[int, int]:
    whole = Tally.objects.filter(institution_id=school.course.institution_id, key="")
    row = whole.first() or Tally()
    return row.settled, row.reserved


def embedding(school: School) -> Job:
    """A job that gives the course's chunks new vectors."""
    Vector.objects.filter(course_id=school.course.pk).delete()
    making.indexed(making.a_page(school.course, "New", making.fresh(making.PAGES["Friction"])))
    return jobs.add("embed_course", {"course": str(school.course.pk)}, queue="bulk")


def test_a_question_is_searched_by_the_endpoints_vectors(embedded: School) -> None:
    assert mode(embedded) == "hybrid"
    assert [one["input"] for one in embedded.asked()] == [[QUESTION]]


def test_a_question_waits_two_seconds_for_its_vector_and_then_words_answer(
    embedded: School,
) -> None:
    embedded.script({"hang": "first"})
    began = time.monotonic()

    told = mode(embedded)

    assert told == "words"
    assert time.monotonic() - began < llm.QUESTION + 1
    assert len(embedded.asked()) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 500},
        {"status": 429, "retry_after": 20},
        {"status": 401},
        {"garbage": True},
        {"vectors": None},
        {"vectors": []},
        {"vectors": [{"index": 0, "embedding": None}]},
        {"vectors": [{"index": 0, "embedding": []}]},
    ],
    ids=str,
)
def test_after_a_failure_questions_do_without_the_endpoint_for_a_while(
    embedded: School, answer: dict[str, Any]
) -> None:
    embedded.script(answer)

    assert [mode(embedded), mode(embedded)] == ["words", "words"]
    assert len(embedded.asked()) == 1


def test_another_schools_failure_takes_no_vectors_away(school: School, settings: Any) -> None:
    other = School(school.fake)
    settings.OPENAI_EMBEDDING_MODEL = "embedder"
    for one in (school, other):
        index.embed_pending(one.course.pk)
    other.script({"status": 401})

    assert [mode(other), mode(school)] == ["words", "hybrid"]


def test_suggestions_wait_once_for_an_endpoint_that_is_away(embedded: School) -> None:
    embedded.script(*[{"status": 500}] * 20)

    assert suggest.questions(embedded.actor)

    assert len(embedded.asked()) == 1


def test_without_redis_a_question_is_answered_by_words_all_the_same(
    embedded: School, settings: Any
) -> None:
    cache = settings.CACHES["default"]
    settings.CACHES = {"default": cache | {"LOCATION": "redis://127.0.0.1:9"}}
    embedded.script({"status": 500})

    assert mode(embedded) == "words"


def test_what_indexes_tries_twice_and_heeds_no_mark(embedded: School) -> None:
    embedded.script({"status": 500})
    assert mode(embedded) == "words"
    embedded.script({"status": 500})

    making.indexed(making.a_page(embedded.course, "New", making.fresh(making.PAGES["Friction"])))

    assert index.embed_pending(embedded.course.pk) == 1
    assert len(embedded.asked()) == 3


def test_vectors_cost_what_the_endpoint_counted(embedded: School, settings: Any) -> None:
    settings.EMBEDDING_PRICE = 1000.0
    before, _ = spent(embedded)

    mode(embedded)

    assert spent(embedded) == (before + 1000, 0)  # the fake counts one token


def test_vectors_cost_what_is_estimated_where_nobody_counts(
    embedded: School, settings: Any
) -> None:
    settings.EMBEDDING_PRICE = 1000.0
    embedded.script({"no_usage": True})
    before, _ = spent(embedded)

    mode(embedded)

    assert spent(embedded) == (before + 1000 * llm.estimate(QUESTION), 0)


def test_vectors_that_were_not_made_cost_nothing(embedded: School) -> None:
    embedded.script({"status": 500})
    before = spent(embedded)

    mode(embedded)

    assert spent(embedded) == before


def test_over_budget_a_question_is_searched_by_words_and_nothing_is_sent(
    embedded: School,
) -> None:
    school = Institution.objects.filter(pk=embedded.course.institution_id)
    school.update(monthly_cap_cents=0)

    assert mode(embedded) == "words"
    assert not embedded.asked()

    school.update(monthly_cap_cents=None)
    assert mode(embedded) == "hybrid"


def test_over_budget_embedding_waits_an_hour_and_goes_on_when_there_is_money(
    embedded: School,
) -> None:
    school = Institution.objects.filter(pk=embedded.course.institution_id)
    school.update(monthly_cap_cents=0)
    job = embedding(embedded)

    attempts.attempt(job.pk, flows.WORK)

    job.refresh_from_db()
    assert (job.state, job.error, job.attempts) == (Job.State.WAITING, "budget_spent", 0)
    assert (job.due_at - job.created_at).total_seconds() > 3500
    assert not embedded.asked()

    school.update(monthly_cap_cents=None)
    Job.objects.filter(pk=job.pk).update(due_at=job.created_at)
    attempts.attempt(job.pk, flows.WORK)

    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_without_a_key_there_is_no_vector(settings: Any) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_EMBEDDING_MODEL = "", "embedder"

    with pytest.raises(ModelUnavailable):
        embed.current(making.a_course().institution_id).embed_question(QUESTION)


def test_vectors_are_charged_to_the_course_and_to_who_asked(embedded: School) -> None:
    mode(embedded)

    newest = Charge.objects.filter(institution=embedded.course.institution_id).latest("opened_at")
    told = (newest.capability, newest.course_id, newest.user_id, newest.state, newest.model)
    mine = ("embed", embedded.course.pk, embedded.actor.user_id, "settled", "embedder")
    assert told == mine


def test_where_searching_by_meaning_is_off_words_answer_and_nothing_is_sent(
    embedded: School,
) -> None:
    switch = Switch.objects.create(
        institution_id=embedded.course.institution_id, capability="embed"
    )
    assert (mode(embedded), embedded.asked()) == ("words", [])

    switch.delete()
    assert mode(embedded) == "hybrid"


def test_another_endpoint_of_the_same_model_gives_the_vector_that_the_first_one_does_not(
    embedded: School,
) -> None:
    school = embedded.course.institution_id
    for at, fields in enumerate(
        [{"base_url": "http://127.0.0.1:9/v1"}, {}, {"model": "of another kind"}]
    ):
        Endpoint.objects.create(
            institution_id=school,
            **{"base_url": embedded.fake.url, "model": "embedder", **fields},
            name=str(at),
            size="vectors",
            position=at,
            key=crypto.encrypt(embedded.key, purpose="model-key"),
        )
    index.embed_pending(embedded.course.pk)
    before = len(embedded.asked())

    assert mode(embedded) == "hybrid"

    assert [one["model"] for one in embedded.asked()[before:]] == ["embedder"]
    newest = Charge.objects.filter(institution=school).latest("opened_at")
    assert (newest.endpoint, newest.tokens_in) == ("1", 1)
