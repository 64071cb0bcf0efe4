"""Every line of the outcome table, for every LMS that has it; and what must hold beside it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from tests.ledger.gradebook import FAMILIES, Place, a_place, score
from tutorai.errors import LMSNotFound, LMSThrottled, LMSUnavailable
from tutorai.ledger import points
from tutorai.ledger.models import Proposal
from tutorai.ledger.outcomes import Answer

SETTLED = timedelta(minutes=2)
AHEAD = timedelta(minutes=5)
STAMPING = ["canvas", "moodle", "other"]  # those that refuse an older timestamp


def settled(place: Place) -> None:
    """As if nothing could be under way any more."""
    place.intents.exclude(posted_at=None).update(posted_at=timezone.now() - SETTLED)


def ended(place: Place) -> list[tuple[str, str]]:
    """How every grade ended, and why."""
    return list(place.intents.order_by("version").values_list("state", "error"))


def a_delivered(family: str, points: int = 60, **how: Any) -> Place:
    """A cell with a grade of ours in it."""
    place = a_place(family)
    place.promise(points, **how)
    place.attempt()
    return place


# --- taken ----------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_grade_that_is_taken_is_delivered(family: str) -> None:
    place = a_place(family)
    intent = place.promise(80, comment="Well done.")

    job = place.attempt()

    intent.refresh_from_db()
    assert (job.state, ended(place), place.there) == ("done", [("delivered", "")], 80)
    assert intent.delivered_at is not None
    assert Proposal.objects.get(pk=intent.proposal_id).state == "done"
    assert place.lms.comments == ["Well done."]


def test_a_grade_passes_its_four_points_in_their_order() -> None:
    place, passed = a_place("canvas"), list[str]()
    place.promise(80)
    points.listen = passed.append
    try:
        place.attempt()
    finally:
        points.listen = None

    assert passed == [
        points.BEFORE_CLAIM,
        points.AFTER_CLAIM,
        points.AFTER_SEND,
        points.BEFORE_COMMIT,
    ]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_correction_is_a_new_version_with_a_later_timestamp(family: str) -> None:
    place = a_delivered(family)

    place.promise(70)
    place.attempt()
    place.promise(65)
    place.attempt()

    stamps = [grade.at for grade in place.lms.taken]
    assert (place.given, ended(place)) == ([60, 70, 65], [("delivered", "")] * 3)
    assert stamps == sorted(set(stamps))


def test_points_are_compared_as_the_column_scales_and_rounds_them() -> None:
    place = a_place("moodle", maximum=Decimal(30))
    place.promise("8.33", maximum=Decimal(10))
    place.attempt()
    place.lms.points = Decimal("24.99")

    place.promise(9, maximum=Decimal(10))
    place.attempt()

    assert (ended(place), place.there) == ([("delivered", "")] * 2, 27)


def test_points_out_of_nothing_are_out_of_the_column_s_maximum() -> None:
    place = a_place("moodle", maximum=Decimal(50), tells_maximum=False)
    place.item.maximum = Decimal(50)
    place.item.save()
    place.promise(80)
    place.attempt()

    place.promise(70)
    place.attempt()

    assert (ended(place), place.there) == ([("delivered", "")] * 2, 35)


@pytest.mark.parametrize(("family", "shown"), [("canvas", 120), ("moodle", 100)])
def test_points_beyond_the_maximum_are_delivered_as_the_lms_takes_them(
    family: str, shown: int
) -> None:
    place = a_delivered(family, 120)
    place.promise(110)

    place.attempt()

    assert ended(place) == [("delivered", "")] * 2
    assert place.lms.points == min(shown, 110)


# --- older or equal timestamp ---------------------------------------------------------------


@pytest.mark.parametrize("family", STAMPING)
def test_a_stale_refusal_is_delivered_when_the_lms_shows_this_very_grade(family: str) -> None:
    place = a_delivered(family)
    place.promise(80)
    # Somebody entered the same points between our look and our sending.
    place.lms.meanwhile("before_send", lambda: place.lms.edit(80))
    place.lms.ahead = AHEAD

    place.attempt()

    assert (ended(place)[-1], place.given) == (("delivered", ""), [60])


@pytest.mark.parametrize("family", ["canvas", "other"])
def test_a_stale_refusal_by_clocks_that_disagree_gets_a_new_timestamp(family: str) -> None:
    place = a_delivered(family)
    place.lms.changed_at = timezone.now() + AHEAD
    place.promise(80, comment="Better.")

    assert place.attempt().error == "grade_failed"
    place.lms.changed_at = timezone.now()  # as if time had passed
    place.attempt()

    assert (ended(place)[-1], place.there) == (("delivered", ""), 80)
    assert place.lms.comments[-1] == "Better."


@pytest.mark.parametrize("family", STAMPING)
def test_a_new_timestamp_is_given_three_times_in_a_try_then_the_grade_fails(family: str) -> None:
    place = a_delivered(family)
    place.lms.changed_at = timezone.now() + AHEAD
    if family == "moodle":  # whose clock tells nothing that could help
        place.lms.fates = [Answer(409, "Refusing score with an earlier timestamp\n[]")] * 4
    place.promise(80)

    job = place.attempt()

    intent = place.intents.latest("version")
    sent = place.lms.received[1:]
    assert (job.error, job.attempts, intent.state) == ("grade_failed", 1, "sending")
    assert (len(sent), len(set(sent)), intent.restamps, intent.posted_at) == (4, 4, 3, None)


def test_a_clock_ahead_that_the_lms_tells_costs_one_new_timestamp() -> None:
    place = a_delivered("moodle")
    place.lms.changed_at = timezone.now() + AHEAD
    place.promise(80)

    place.attempt()

    intent = place.intents.latest("version")
    assert (intent.state, intent.restamps, place.given) == ("delivered", 1, [60, 80])


@pytest.mark.parametrize("family", STAMPING)
def test_a_stale_refusal_by_a_person_s_grade_leaves_theirs(family: str) -> None:
    place = a_delivered(family)
    place.promise(80)
    place.lms.meanwhile("before_send", lambda: place.lms.edit(33))
    place.lms.ahead = timedelta(seconds=2)

    job = place.attempt()

    intent = place.intents.latest("version")
    assert (job.state, ended(place)[-1]) == ("done", ("superseded", "superseded"))
    assert (place.there, intent.lms_points, intent.posted_at) == (33, 33, None)
    proposal = Proposal.objects.get(pk=intent.proposal_id)
    assert (proposal.state, proposal.reason) == ("refused", "superseded")


# --- a person's grade -----------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("before", [None, 60], ids=["first", "again"])
def test_a_person_s_grade_is_never_overwritten_unless_asked_for(
    family: str, before: int | None
) -> None:
    place = a_place(family) if before is None else a_delivered(family, before)
    place.lms.edit(33)
    sent = len(place.lms.received)

    place.promise(80)
    place.attempt()

    assert (ended(place)[-1], len(place.lms.received)) == (("superseded", "superseded"), sent)
    place.promise(80, overwrite=True)
    place.attempt()
    assert (ended(place)[-1], place.there) == (("delivered", ""), 80)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_grade_a_person_took_away_is_given_again(family: str) -> None:
    place = a_delivered(family)
    place.lms.edit(None)

    place.promise(80)
    place.attempt()

    assert (ended(place)[-1], place.there) == (("delivered", ""), 80)


def test_points_that_were_refused_are_not_ours_when_a_person_gives_them() -> None:
    place = a_place("canvas", stranger=True)
    place.promise(80)
    place.attempt()
    place.lms.stranger = False
    place.lms.edit(80)

    place.promise(90)
    place.attempt()

    assert ended(place) == [("rejected", "not_gradable"), ("superseded", "superseded")]
    assert place.lms.points == 80


@pytest.mark.parametrize(
    ("overwrite", "end"), [(False, "superseded"), (True, "rejected")], ids=["politely", "overwrite"]
)
def test_a_grade_taken_beneath_a_person_s_is_not_called_delivered(
    overwrite: bool, end: str
) -> None:
    place = a_place("moodle")
    place.promise(80, overwrite=overwrite)
    place.lms.meanwhile("before_send", lambda: setattr(place.lms, "overridden", Decimal(33)))

    place.attempt()

    assert (ended(place), place.there, place.seen) == ([(end, "overridden")], 80, 33)
    assert place.intents.get().lms_points == 33


# --- refused --------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_a_person_who_cannot_be_graded_is_told_of_at_once(family: str) -> None:
    place = a_place(family, stranger=True)
    place.promise()

    job = place.attempt()

    assert (job.state, ended(place)) == ("done", [("rejected", "not_gradable")])
    assert len(place.lms.received) == 1


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("status", [404, 410])
def test_a_grade_for_a_column_that_is_gone_is_rejected_and_the_column_marked(
    family: str, status: int
) -> None:
    place = a_place(family)
    place.promise()
    place.lms.fates = [Answer(status, "Gone\n")]

    job = place.attempt()

    place.item.refresh_from_db()
    assert (job.state, ended(place)) == ("done", [("rejected", "column_gone")])
    assert place.item.gone_at is not None


@pytest.mark.parametrize(
    ("moves", "gone"),
    [([], True), ([False], True), ([True], False)],
    ids=["nowhere", "gone-there-too", "elsewhere"],
)
def test_a_column_that_cannot_be_read_is_looked_up_once(moves: list[bool], gone: bool) -> None:
    place = a_place(moves_to=moves)
    place.promise()
    place.lms.troubles = [LMSNotFound()] * (1 + moves.count(False))

    place.attempt()

    place.item.refresh_from_db()
    end = ("rejected", "column_gone") if gone else ("delivered", "")
    assert (ended(place), bool(place.item.gone_at)) == ([end], gone)


@pytest.mark.parametrize("fate", ["well", Answer(409, "Refusing\n[]")], ids=["taken", "stale"])
def test_a_column_that_goes_while_its_grade_is_on_the_way_is_gone(fate: str | Answer) -> None:
    place = a_place("moodle")
    place.promise()
    place.lms.fates = [fate]
    place.lms.meanwhile("before_send", lambda: place.lms.troubles.append(LMSNotFound()))

    place.attempt()

    assert ended(place) == [("rejected", "column_gone")]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_column_that_moved_is_looked_at_again_before_it_is_written_to(family: str) -> None:
    place = a_place(family, moves_to=[True])
    place.promise()
    place.lms.fates = [Answer(404, "Not Found\n")]
    # The column it has become has a person's grade in it.
    place.lms.meanwhile("before_read", lambda: place.lms.edit(33 if place.lms.received else None))

    place.attempt()

    assert (ended(place), place.there) == ([("superseded", "superseded")], 33)


def test_a_column_that_moves_again_and_again_is_gone() -> None:
    place = a_place(moves_to=[True] * 5)
    place.promise()
    place.lms.fates = [Answer(404, "Not Found\n")] * 5

    place.attempt()

    assert (ended(place), len(place.lms.received)) == ([("rejected", "column_gone")], 2)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("status", [401, 403])
def test_a_column_that_is_not_ours_buries_the_job_at_once(family: str, status: int) -> None:
    place = a_place(family)
    place.promise()
    place.lms.fates = [Answer(status, "Forbidden\n")]

    job = place.attempt()

    assert (job.state, job.error, ended(place)) == (
        "buried",
        "lms_refused",
        [("dead", "lms_refused")],
    )


def test_attempts_that_are_used_up_are_told_of() -> None:
    place = a_place("canvas")
    place.promise()
    place.lms.fates = [Answer(422, "x\nThe maximum number of allowed attempts has been reached")]

    place.attempt()

    assert ended(place) == [("rejected", "no_attempts")]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_request_that_is_refused_for_its_form_is_not_sent_again(family: str) -> None:
    place = a_place(family)
    place.promise()
    place.lms.fates = [Answer(415, "Unsupported Media Type\n")]

    assert place.attempt().state == "done"

    assert ended(place) == [("rejected", "grade_refused")]


# --- later ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "answer"),
    [
        pytest.param(family, answer, id=f"{family}-{answer.status}")
        for family in FAMILIES
        for answer in (
            Answer(429, "Too Many Requests\n", 40),
            *(
                [Answer(403, "Forbidden\n403 Forbidden (Rate Limit Exceeded)", 40)]
                if family in {"canvas", "other"}
                else []
            ),
        )
    ],
)
def test_a_throttled_grade_waits_as_long_as_asked_and_counts_no_attempt(
    family: str, answer: Answer
) -> None:
    place = a_place(family)
    place.promise()
    place.lms.fates = [answer]

    job = place.attempt()

    pause = (job.due_at - timezone.now()).total_seconds()
    assert (job.state, job.error, job.attempts) == ("waiting", "lms_throttled", 0)
    assert 38 < pause < 41
    assert place.intents.get().posted_at is None
    place.attempt()
    assert (ended(place), len(set(place.lms.received))) == ([("delivered", "")], 1)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("fate", ["lost", "broken"])
def test_an_unclear_answer_to_a_grade_that_arrived_is_settled_by_reading(
    family: str, fate: str
) -> None:
    place = a_place(family)
    place.promise(comment="Once.")
    place.lms.fates = [fate]

    job = place.attempt()

    assert (job.state, job.error, job.attempts) == ("waiting", "lms_unavailable", 0)
    early = place.attempt()  # it may still be under way
    assert (early.state, place.lms.reads, early.due_at > timezone.now()) == ("waiting", 1, True)
    settled(place)
    assert place.attempt().state == "done"
    assert (ended(place), len(place.lms.received)) == ([("delivered", "")], 1)
    assert place.lms.comments == ["Once."]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "fate", ["dropped", Answer(502, "Bad Gateway\n<html>")], ids=["dropped", "502"]
)
def test_an_unclear_answer_to_a_grade_that_did_not_arrive_sends_the_same_bytes_again(
    family: str, fate: str | Answer
) -> None:
    place = a_place(family)
    place.promise(comment="Once.")
    place.lms.fates = [fate, fate]

    for _ in range(3):
        place.attempt()
        settled(place)

    sent = place.lms.received
    assert (ended(place), len(sent), len(set(sent))) == ([("delivered", "")], 3, 1)
    assert place.lms.comments == ["Once."]


def test_what_never_left_is_sent_later_and_nothing_is_read_back_for() -> None:
    place = a_place()
    place.promise()
    place.lms.fates = ["away"]

    job = place.attempt()

    assert (job.error, job.attempts, place.intents.get().posted_at) == ("not_sent", 0, None)
    place.attempt()
    assert (ended(place), len(place.lms.received)) == ([("delivered", "")], 1)


@pytest.mark.parametrize(
    "fate", ["away", Answer(429, "\n"), Answer(403, "no\n")], ids=["away", "429", "403"]
)
def test_what_may_have_left_earlier_is_not_forgotten_when_a_resend_does_not(
    fate: str | Answer,
) -> None:
    place = a_place()
    place.promise(comment="Once.")
    place.lms.fates = ["dropped", fate]
    place.attempt()
    settled(place)
    place.attempt()
    place.jobs.update(state="waiting")
    # The first sending comes after all, and late.
    place.lms.take(score(place.lms.received[0]))

    place.promise(90, comment="Newer.")
    place.attempt()

    assert [state for state, _ in ended(place)][-1] == "delivered"
    assert place.lms.comments == ["Once.", "Newer."]


def test_a_locked_grade_of_moodle_is_tried_four_times_and_then_waits_for_a_person() -> None:
    place = a_place("moodle", locked=True)
    place.promise()

    errors = [(job.state, job.error) for job in (place.attempt() for _ in range(4))]

    assert errors == [("waiting", "grade_failed")] * 3 + [("buried", "grade_failed")]
    assert (ended(place), len(set(place.lms.received))) == ([("dead", "grade_failed")], 1)


def test_an_lms_that_is_away_for_more_than_a_day_gets_its_grade_buried() -> None:
    place = a_place()
    place.promise()
    place.lms.troubles = [LMSUnavailable(), LMSUnavailable()]

    place.attempt()
    place.jobs.update(away_since=timezone.now() - timedelta(hours=25))
    place.attempt()

    assert ended(place) == [("dead", "lms_unavailable")]


# --- comments -------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_points_with_another_comment_are_sent(family: str) -> None:
    place = a_delivered(family, comment="First.")
    place.promise(60, comment="Second.")

    place.attempt()

    assert (ended(place)[-1], place.lms.comments[-1]) == (("delivered", ""), "Second.")


@pytest.mark.parametrize(
    ("family", "fate", "sent"),
    [
        ("canvas", "lost", 1),
        ("canvas", "dropped", 1),  # rather lost than double: it tells no comments
        ("moodle", "lost", 1),
        ("moodle", "dropped", 2),
        ("blackboard", "dropped", 2),
    ],
)
def test_a_comment_alone_that_may_have_arrived_is_looked_for(
    family: str, fate: str, sent: int
) -> None:
    place = a_delivered(family, comment="First.")
    place.promise(60, comment="<b>Second</b>.")
    place.lms.fates = [fate]
    place.attempt()
    settled(place)

    place.attempt()

    assert (ended(place)[-1], len(place.lms.received)) == (("delivered", ""), 1 + sent)


def test_the_same_points_without_a_comment_that_may_have_arrived_have() -> None:
    place = a_delivered("moodle")
    place.promise(60)
    place.lms.fates = ["dropped"]
    place.attempt()
    settled(place)

    place.attempt()

    assert (ended(place)[-1], len(place.lms.received)) == (("delivered", ""), 2)


@pytest.mark.parametrize("edited", [33, None], ids=["changed", "taken-away"])
def test_a_comment_that_may_have_arrived_is_not_said_again_over_a_person_s_change(
    edited: int | None,
) -> None:
    place = a_place("canvas", ahead=timedelta(seconds=2))
    place.promise(80, comment="Once.", overwrite=True)
    place.lms.fates = ["lost"]
    place.attempt()
    settled(place)
    place.lms.edit(edited)
    place.lms.changed_at = timezone.now()

    place.attempt()

    assert (ended(place), place.there) == ([("delivered", "")], 80)
    assert place.lms.comments == ["Once."]


def test_a_comment_left_out_once_stays_out() -> None:
    place = a_place("canvas")
    place.promise(80, comment="Once.", overwrite=True)
    place.lms.fates = ["lost", "well", "away"]
    place.attempt()
    settled(place)
    place.lms.edit(33)
    place.lms.fates = ["away"]
    place.attempt()
    place.intents.update(posted_at=None)
    place.lms.edit(34)
    place.lms.changed_at = timezone.now() + timedelta(milliseconds=30)

    for _ in range(3):
        place.attempt()

    assert (ended(place), place.lms.comments) == ([("delivered", "")], ["Once."])


# --- the newest -----------------------------------------------------------------------------


def test_a_newer_grade_replaces_one_that_never_left() -> None:
    place = a_place()
    place.promise(70)
    place.lms.fates = [Answer(429, "\n")]
    place.attempt()

    place.promise(80)
    place.attempt()

    assert (ended(place), place.given) == ([("replaced", ""), ("delivered", "")], [80])


@pytest.mark.parametrize(("fate", "taken"), [("lost", [70, 80]), ("dropped", [80])])
def test_one_that_may_have_left_is_looked_for_before_a_newer_one_goes(
    fate: str, taken: list[int]
) -> None:
    place = a_place()
    place.promise(70)
    place.lms.fates = [fate]
    place.attempt()
    place.promise(80)

    waiting = place.attempt()
    assert (waiting.state, place.states) == ("waiting", ["sending", "queued"])
    settled(place)
    place.attempt()

    assert (place.given, ended(place)[-1]) == (taken, ("delivered", ""))
    assert ended(place)[0][0] == ("delivered" if fate == "lost" else "replaced")


def test_one_that_arrives_late_is_known_as_ours_when_the_newer_one_comes() -> None:
    place = a_place("moodle")
    place.promise(70)
    place.lms.fates = ["dropped"]
    place.attempt()
    settled(place)
    place.promise(80, release_at=timezone.now())
    place.lms.troubles = [LMSThrottled()]
    place.attempt()
    place.attempt()
    place.lms.take(score(place.lms.received[0]))
    place.promise(90)

    place.attempt()

    assert (ended(place)[-1], place.there) == (("delivered", ""), 90)


def test_every_timestamp_is_later_than_all_before_even_of_grades_that_were_put_aside() -> None:
    place = a_place("canvas")
    place.promise(70)
    place.lms.fates = ["lost"]
    place.attempt()
    ahead = timezone.now() + AHEAD
    place.intents.update(stamp=ahead)
    place.lms.changed_at = ahead
    settled(place)
    place.promise(80)
    place.lms.edit(70)
    place.lms.changed_at = ahead

    place.attempt()

    stamp = place.intents.latest("version").stamp
    assert (ended(place), stamp > ahead) == ([("delivered", "")] * 2, True)
