"""Who is in a course, as the LMS's API tells: joined by what the LMS asserts, and by nothing else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from connectors.leaving import leave
from connectors.models import SyncCursor
from connectors.places import Place
from tests.sync.scripted import HOST, LONG_AGO, Class, a_class, a_member, handed, work
from tutorai.lmsdm import schema
from tutorai.lmsdm.models import CourseGroup, Identity, Submission, User
from tutorai.lmsdm.schema import Handed, Role


def there_are(*members: schema.Member, **said: Any) -> Class:
    return a_class(members=list(members), work=[work(1)], **said)


def submissions(there: Class) -> list[Submission]:
    rows = Submission.objects.filter(assignment__course=there.course, deleted_at=None)
    return list(rows.order_by("user__name", "attempt"))


def test_who_launched_is_known_again_by_the_id_that_the_lms_asserted() -> None:
    there = there_are(a_member("1", name="Somebody else"), a_member("2", name="Ada"))
    ada = there.launched("1")

    there.read()

    assert there.cursor("people").cursor["unmatched"] == 1
    assert there.course.enrolments.count() == 2
    ada.refresh_from_db()
    assert ada.name == "Ada"  # as the launch said
    other = there.course.enrolments.exclude(user=ada).get()
    assert (other.user.name, other.seen_from) == ("Ada", "rest")  # a name joins nobody


def test_a_launch_that_comes_later_takes_the_place_of_the_row_from_before() -> None:
    there = there_are(a_member("1", name="Ada", sections=("a",)))
    there.read()
    before = there.course.enrolments.get().user_id
    ada = there.launched("1")

    there.read()

    assert [place.user_id for place in there.course.enrolments.all()] == [ada.pk]
    assert there.course.enrolments.get().sections == ["a"]
    assert not User.objects.filter(pk=before).exists()
    assert there.cursor("people").cursor["unmatched"] == 0


def test_a_person_of_another_school_with_the_same_id_is_somebody_else() -> None:
    there, elsewhere = there_are(a_member("1")), there_are(a_member("1"))
    ada = elsewhere.launched("1")

    there.read()

    assert there.course.enrolments.get().user_id != ada.pk
    assert Identity.objects.filter(row=ada.pk).count() == 2


def test_an_id_that_another_server_made_up_is_nobody_of_this_one() -> None:
    there, hostile = there_are(a_member("1")), there_are(a_member(f"{HOST}/1", name="Mallory"))
    ada = there.launched("1")
    hostile.row.institution = hostile.course.institution = there.course.institution
    hostile.row.base_url = "https://hostile.example"
    hostile.course.save()
    hostile.row.save()
    hostile.read()

    there.read()

    assert [place.user_id for place in there.course.enrolments.all()] == [ada.pk]


def test_sections_and_groups_are_kept_renamed_and_taken_out() -> None:
    there = there_are(
        cut=[
            schema.Part(part_id="a", course_id="7", name="A"),
            schema.Part(part_id="a", course_id="7", name="Bench", is_group=True),
            schema.Part(part_id="b", course_id="7", name="B"),
        ]
    )
    there.read()
    there.lms.cut = [there.lms.cut[0].model_copy(update={"name": "Alpha"}), there.lms.cut[1]]

    there.read()

    told = CourseGroup.objects.filter(course=there.course).values_list("kind", "name")
    assert sorted(told) == [("group", "Bench"), ("section", "Alpha")]


def test_every_attempt_of_whom_launches_joined_is_a_row_and_others_are_counted() -> None:
    there = there_are(
        a_member("1"),
        a_member("2"),
        handed=[
            handed("1", body='<p onclick="x()">One</p>', state=Handed.GRADED, score=Decimal("7.5")),
            handed("1", attempt=2, submission_id="2", late=True, feedback="Better"),
            handed("2"),
            handed("1", number=9),  # of an assignment nobody lists
        ],
    )
    there.launched("1")

    there.read()

    first, second = submissions(there)
    assert (first.body, first.score, first.state) == ("<p>One</p>", Decimal("7.50"), "graded")
    assert (second.attempt, second.late, second.feedback) == (2, True, "Better")
    assert there.cursor("submissions").cursor["unmatched"] == 1


def test_a_quick_reading_takes_only_what_changed_and_takes_nothing_out() -> None:
    there = there_are(a_member("1"), handed=[handed("1")], time=timezone.now())
    there.launched("1")
    there.read()
    there.lms.handed = [handed("1", attempt=2, submission_id="2", submitted_at=timezone.now())]

    there.read()
    quick = len(submissions(there))
    there.read(asked=timezone.now() + timedelta(seconds=1))

    assert quick == 2
    assert [one.attempt for one in submissions(there)] == [2]


def test_what_was_handed_in_before_somebody_first_launched_is_read_once_they_did() -> None:
    there = there_are(a_member("1"), handed=[handed("1")], time=timezone.now())
    there.read()
    before = submissions(there)
    there.launched("1")

    there.read()
    there.read()

    assert (before, len(submissions(there))) == ([], 1)
    asked = [since for name, since in there.lms.calls if name == "submissions"]
    assert [since is None for since in asked] == [True, True, False]


def test_a_grade_that_came_later_changes_its_attempt() -> None:
    there = there_are(a_member("1"), handed=[handed("1")])
    there.launched("1")
    there.read()
    there.lms.handed = [
        handed("1", score=Decimal(9), state=Handed.GRADED, graded_at=timezone.now())
    ]

    there.read()

    (one,) = submissions(there)
    assert (one.score, one.state, one.submitted_at) == (Decimal(9), "graded", LONG_AGO)


def test_quizzes_are_kept_clean_and_gone_ones_are_marked() -> None:
    quiz = schema.Quiz(
        quiz_id="quiz:1",
        title="Forces",
        description="<script>x</script><p>Ten minutes</p>",
        window=schema.Window(published=False),
        questions=(
            schema.Question(
                ask=schema.Ask.SINGLE,
                text="<p onclick='x'>Why?</p>",
                choices=(schema.Choice(text="<img src=x onerror=y>", share=Decimal(1)),),
            ),
        ),
    )
    there = there_are(asked=[quiz])
    there.read()
    row = there.course.quizzes.get()
    there.lms.asked = []

    there.read(asked=timezone.now() + timedelta(seconds=1))

    held = schema.Quiz.model_validate(row.record)
    assert (row.title, row.published, held.description) == ("Forces", False, "<p>Ten minutes</p>")
    assert held.questions[0].text == "<p>Why?</p>"
    assert "onerror" not in held.questions[0].choices[0].text
    assert there.course.quizzes.get().deleted_at is not None


def test_roles_come_from_the_list_where_no_launch_told_any() -> None:
    there = there_are(a_member("1", Role.TEACHER))
    there.read()
    there.lms.members = [a_member("1", Role.TA)]

    there.read()

    assert there.course.enrolments.get().role == "ta"


def test_who_came_by_launch_lately_stays_though_the_list_does_not_know_them() -> None:
    there = there_are(a_member("1"), a_member("2"))
    ada, ben = there.launched("1"), there.launched("2", "Ben")
    guest = there.launched("99", "Guest")
    there.read()
    there.course.enrolments.filter(user__in=[ben, guest]).update(
        seen_at=timezone.now() - timedelta(days=2)
    )
    there.lms.members = []

    there.read()

    active = set(there.course.enrolments.filter(active=True).values_list("user", flat=True))
    assert active == {ada.pk, guest.pk}
    assert SyncCursor.objects.get(course=there.course, kind="people").status == "ok"


def test_a_course_that_goes_to_another_place_keeps_nobody_and_nothing_of_the_former() -> None:
    members = [a_member(str(number), sections=("a",)) for number in range(10)]
    quizzes = [schema.Quiz(quiz_id=f"quiz:{n}", course_id="7", title="Q") for n in range(10)]
    part = schema.Part(part_id="a", course_id="7", name="A")
    work_handed = [handed("0", attempt=n, submission_id=str(n)) for n in range(1, 10)]
    there = there_are(*members, cut=[part], asked=quizzes, handed=work_handed)
    ada = there.launched("0")
    there.read()

    leave(there.row, Place("https://other.example", "8"))

    active = there.course.enrolments.filter(active=True)
    assert [place.user_id for place in active] == [ada.pk]
    assert submissions(there) == []
    assert not there.course.quizzes.filter(deleted_at=None).exists()
    assert not CourseGroup.objects.filter(course=there.course).exists()
    assert not SyncCursor.objects.filter(course=there.course).exists()
    assert not Identity.objects.filter(source=there.row.source, kind=Identity.Of.USER).exists()
