"""Who asks for a person, or may be in distress: who hears of it, who reads what, what is told."""

from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from agents import care
from agents.care import pleas
from agents.models import CarePlan, Conversation, Message, Plea
from tests import factories
from tutorai import caring
from tutorai.errors import BadRequest, MailNotSent, NotFound, NotYours
from tutorai.ids import new_id
from tutorai.ledger.models import AuditEvent, Job
from tutorai.lmsdm.models import Course, User
from tutorai.lmsdm.schema import Actor, Role

SAID = "I do not want to live any more"


def a_plan(course: Course, **fields: Any) -> CarePlan:
    told = {
        "contacts": [{"name": "Counselling *now*", "how": "+00 1234", "hours": "day and night"}],
        "recipients": [f"care-{new_id()}@school.example"],
        "hours": "on working days from 9 to 17 o'clock",
        **fields,
    }
    return CarePlan.objects.create(institution=course.institution, **told)


def a_talk(actor: Actor, text: str = SAID) -> Conversation:
    talk = Conversation.objects.create(
        institution_id=actor.institution_id, course_id=actor.course_id or "", user_id=actor.user_id
    )
    talk.messages.create(user_id=actor.user_id, role="user", text=text)
    return talk


def a_teacher(course: Course, role: Role = Role.TEACHER) -> Actor:
    actor = factories.an_actor(course, role=role)
    User.objects.filter(pk=actor.user_id).update(email=f"{actor.user_id}@school.example")
    return actor


def letter(plea: Plea) -> str:
    """Send its letter as the worker does; return what went out, "" for nothing."""
    before = len(mail.outbox)
    for job in Job.objects.filter(kind=caring.KIND, key=str(plea.pk)):
        caring.tell(job)
        caring.tell(job)  # done again after a crash
    return "".join(one.message().as_string() for one in mail.outbox[before:])


def test_a_student_in_distress_reads_the_contacts_and_who_hears_of_it_and_no_more() -> None:
    course = factories.a_course()
    plan, actor = a_plan(course), factories.an_actor(course)
    talk = a_talk(actor)

    text = care.answer(actor, talk.pk)
    again = care.answer(actor, talk.pk)
    plea = Plea.objects.get(course=course)
    sent = letter(plea)

    assert "**Counselling \\*now\\***: \\+00 1234 (day and night)" in text
    assert "on working days from 9 to 17 o'clock." in text
    assert "nobody is watching this conversation now" in text
    assert again == text  # and one plea, until somebody reads it
    assert (plea.kind, plea.conversation_id, plea.note) == ("distress", talk.pk, "")
    assert sent.count("Subject:") == 1
    assert plan.recipients[0] not in text
    assert f"/institution/{course.institution.slug}/care/#{plea.pk}" in sent.replace("=\n", "")
    for secret in (SAID, "Ada", str(actor.user_id)):
        assert secret not in sent


def test_where_nobody_is_named_the_student_is_told_so_and_nothing_is_kept() -> None:
    actor = factories.an_actor()

    text = care.answer(actor, None)

    assert "has not named anybody" in text
    assert "112 in the countries of the European Union" in text
    assert "nobody is told of this" in text
    assert not Plea.objects.filter(user_id=actor.user_id).exists()


def test_of_the_test_student_nobody_is_told() -> None:
    course = factories.a_course()
    a_plan(course)

    text = care.answer(factories.an_actor(course, is_test=True), None)

    assert "nobody is told of this" in text
    assert not Plea.objects.filter(course=course).exists()


def test_teachers_hear_by_mail_only_where_the_institution_wants_it_and_without_names() -> None:
    for wanted in (False, True):
        course = factories.a_course(title="Physics I")
        a_plan(course, mail_teachers=wanted)
        teacher, actor = a_teacher(course), factories.an_actor(course)
        factories.an_actor(course, role=Role.TEACHER)  # whose address no LMS told

        plea = care.plead(actor, "person", note="Please help me")
        assert plea is not None
        sent = letter(plea)

        assert bool(sent) is wanted
        assert ("Physics I" in sent) is wanted
        assert "Please help me" not in sent
        assert "Ada" not in sent
        assert str(teacher.user_id) not in sent  # nobody sees who else got it


def test_a_letter_that_cannot_leave_is_tried_again() -> None:
    course = factories.a_course()
    a_plan(course)
    plea = care.plead(factories.an_actor(course), "distress")
    assert plea is not None
    job = Job.objects.get(kind=caring.KIND, key=str(plea.pk))
    away = {"EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_PORT": 1}

    with override_settings(**away), pytest.raises(MailNotSent):
        caring.tell(job)
    plea.refresh_from_db()
    before = plea.mailed_at
    caring.tell(job)
    plea.refresh_from_db()

    assert before is None
    assert plea.mailed_at is not None


def test_the_talk_is_read_by_teachers_only_where_the_student_shares_it_and_only_up_to_then() -> (
    None
):
    course = factories.a_course()
    teacher, actor = a_teacher(course), factories.an_actor(course)
    talk = a_talk(actor, "Why?")
    kept = care.plead(actor, "person", talk.pk, note="Hello")
    shared = care.plead(actor, "person", talk.pk, share_talk=True)
    assert kept is not None
    assert shared is not None
    Message.objects.create(conversation=talk, user_id=actor.user_id, role="user", text="later")

    with pytest.raises(NotFound):
        pleas.talk(teacher, kept.pk)
    said = pleas.talk(teacher, shared.pk)
    mine = pleas.mine(actor)
    pleas.unshare(actor, shared.pk)
    with pytest.raises(NotFound):
        pleas.talk(teacher, shared.pk)

    assert [one.text for one in said] == ["Why?"]
    assert all(one.read_by_id == teacher.user_id for one in mine)  # the student sees that
    read = AuditEvent.objects.filter(verb="talk.read", subject=actor.user_id)
    assert list(read.values_list("actor", "object")) == [(teacher.user_id, talk.pk)]


def test_a_reply_reaches_the_student_and_what_is_closed_waits_no_more() -> None:
    course = factories.a_course()
    teacher, actor = a_teacher(course, Role.TA), factories.an_actor(course)
    plea = care.plead(actor, "person", note="A question of my own")
    assert plea is not None

    waiting = pleas.waiting(teacher)
    pleas.reply(teacher, plea.pk, "Come on Monday")
    pleas.close(teacher, plea.pk)

    (told,) = pleas.mine(actor)
    assert (waiting, pleas.waiting(teacher)) == (1, 0)
    assert (told.reply, told.read_at is not None, told.closed_at is not None) == (
        "Come on Monday",
        True,
        True,
    )
    with pytest.raises(BadRequest):
        pleas.reply(teacher, plea.pk, " ")


def test_pleas_stay_within_their_course_and_its_graders() -> None:
    course = factories.a_course()
    actor = factories.an_actor(course)
    plea = care.plead(actor, "person", note="Hi")
    assert plea is not None
    stranger = a_teacher(factories.a_course(course.institution))
    classmate = factories.an_actor(course)

    for who in (stranger, a_teacher(factories.a_course())):
        with pytest.raises(NotFound):
            pleas.opened(who, plea.pk)
    for role in (Role.STUDENT, Role.DESIGNER, Role.OBSERVER, Role.GUEST):
        with pytest.raises(NotYours):
            pleas.opened(factories.an_actor(course, role=role), plea.pk)
    with pytest.raises(NotYours):
        pleas.opened(a_teacher(course).model_copy(update={"acted_by": "77"}), plea.pk)
    with pytest.raises(NotFound):
        pleas.unshare(classmate, plea.pk)
    with pytest.raises(NotFound):
        care.plead(classmate, "person", a_talk(actor).pk)
    assert pleas.mine(classmate) == []
    assert pleas.mine(actor.model_copy(update={"acted_by": "77"})) == []


def test_one_asks_three_times_at_most_until_it_is_read_and_not_as_another() -> None:
    course = factories.a_course()
    actor, teacher = factories.an_actor(course), a_teacher(course)
    made = [care.plead(actor, "person") for _ in range(pleas.WAITING)]

    with pytest.raises(BadRequest):
        care.plead(actor, "person")
    assert made[0] is not None
    pleas.opened(teacher, made[0].pk)
    assert care.plead(actor, "person") is not None
    with pytest.raises(NotYours):
        care.plead(actor.model_copy(update={"acted_by": "77"}), "person")
    with pytest.raises(BadRequest):
        care.plead(actor, "person", note="x" * (pleas.LONGEST + 1))
    with pytest.raises(BadRequest):
        care.plead(actor, "person", share_talk=True)
