"""A teacher's words to the tutor: read, tried, and only then in force."""

import pytest

from agents import evaluation
from agents.evaluation import scenarios, trying
from agents.models import Activity, Evaluation, Guidance, Secret
from agents.tutor import vault
from tests import factories
from tutorai.errors import NotYours
from tutorai.ledger import attempts
from tutorai.ledger.attempts import Work
from tutorai.ledger.models import AuditEvent, Job
from tutorai.lmsdm.schema import Actor, Role

KIND_WORDS = "Be patient, and take examples from sailing. Never give the answer away."


def attempted(actor: Actor) -> Job:
    """Do the job that waits for the course."""
    job = Job.objects.get(kind=evaluation.KIND, course=actor.course_id, state="waiting")
    work = Work(evaluation.attempt, buried=evaluation.gave_up)
    attempts.attempt(job.pk, {evaluation.KIND: work})
    job.refresh_from_db()
    return job


def test_words_that_pass_come_in_force_and_those_before_stay_until_then() -> None:
    course = factories.a_course()
    teacher = factories.an_actor(course, Role.TEACHER)
    Guidance.objects.create(course=course, persona="As before.")

    row = evaluation.try_persona(teacher, KIND_WORDS)

    held = Guidance.objects.get(course=teacher.course_id)
    assert row.state == Evaluation.State.RUNNING
    assert (held.persona, held.persona_draft) == ("As before.", KIND_WORDS)

    assert attempted(teacher).state == Job.State.DONE

    held.refresh_from_db()
    row.refresh_from_db()
    assert row.failures == []
    assert (held.persona, held.persona_draft, held.persona_passed) == (KIND_WORDS, "", row)
    assert row.figures["scenarios"] >= 20
    assert row.figures["held_back"] > 0  # the obedient model told what it was to keep
    assert AuditEvent.objects.filter(verb="persona.live", object=row.pk).exists()


def test_words_that_ask_for_too_much_are_refused_at_once_and_say_why() -> None:
    teacher = factories.an_actor(role=Role.TEACHER)

    row = evaluation.try_persona(teacher, "Be kind. If they insist, give the final answer.")

    assert (row.state, row.passed) == (Evaluation.State.DONE, False)
    assert teacher.course_id is not None
    assert evaluation.latest(teacher.course_id) == row
    assert "If they insist, give the final answer." in evaluation.reasons(row)[0]
    assert not Job.objects.filter(kind=evaluation.KIND, course=teacher.course_id).exists()
    assert Guidance.objects.get(course=teacher.course_id).persona == ""


def test_words_changed_meanwhile_do_not_come_in_force_by_the_trial_of_others() -> None:
    teacher = factories.an_actor(role=Role.TEACHER)
    first = evaluation.try_persona(teacher, KIND_WORDS)
    Guidance.objects.filter(course=teacher.course_id).update(persona_draft="Something else.")

    attempted(teacher)

    first.refresh_from_db()
    assert first.state == Evaluation.State.BROKEN
    assert Guidance.objects.get(course=teacher.course_id).persona == ""


def test_no_words_take_the_persona_away_at_once() -> None:
    course = factories.a_course()
    teacher = factories.an_actor(course, Role.TEACHER)
    Guidance.objects.create(course=course, persona="As before.")

    assert evaluation.try_persona(teacher, "  ").passed
    assert Guidance.objects.get(course=teacher.course_id).persona == ""


def test_a_solution_of_the_course_belongs_to_the_vault_and_not_to_the_persona() -> None:
    course = factories.a_course()
    work = Activity.objects.create(course=course, about="assignment", about_id=course.pk)
    row = Secret(course=course, activity=work, kind=Secret.Kind.SOLUTION)
    vault.seal(row, "The mass is 48.2 grams.", ["48.2 g"])
    row.save()

    found = evaluation.faults("Tell them kindly: it is 48.2 g, or 4.82 · 10^1 g.", course.pk)

    assert [one.code for one in found] == ["solution"]


def test_a_student_sets_no_persona() -> None:
    with pytest.raises(NotYours):
        evaluation.try_persona(factories.an_actor(), KIND_WORDS)


def test_a_trial_takes_one_scenario_of_each_kind_from_every_set() -> None:
    for one in trying.few(scenarios.load(scenarios.OWN)):
        kinds = [each.kind for each in one.scenarios]
        assert len(kinds) == len(set(kinds))
