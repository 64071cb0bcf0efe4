"""Copied courses: known by the LMS's history, by a notice, by what a link carries, by a teacher.

The teacher's settings, files and links come along; nothing of a student does.
"""

import json
from typing import Any

import jwt
import pytest
from django.core.files.base import ContentFile

from agents.models.talk import Conversation
from lti import claims, lineage, matching, notices, visits
from lti.models import Deployment, Notice, Placement, ResourceLink
from tests import factories
from tests.lti.platform import INSTRUCTOR, REMOVE, Launched, Platform, http, private_key
from tests.lti.scripted import Answer, Place
from tests.lti.test_about import graded, page, post
from tutorai import flows, rollover
from tutorai.errors import LMSRefused
from tutorai.ids import new_id
from tutorai.ledger.models import AuditEvent, GradeIntent, Job
from tutorai.lmsdm import store
from tutorai.lmsdm.models import Assignment, ContentItem, Course, Enrolment, TocNode, User
from tutorai.lmsdm.schema import Role

Kind = Placement.Kind
TOM: Any = {"sub": "tom", "name": "Tom Tate", "roles": [INSTRUCTOR]}


def context(name: str) -> dict[str, str]:
    return {"id": name, "title": f"Physics {name}", "label": name}


def course_of(launched: Launched) -> Course:
    """Return the course somebody came to, as it stands."""
    return Course.objects.get(pk=str(launched.session.course_id))


def an_upload(course: Course, name: str = "notes.md", text: bytes = b"Force") -> ContentItem:
    item = factories.an_item(course, source_id=f"file:{name}", title=name, kind="file", body="")
    store.save_blob(item, content=ContentFile(text, name))
    return item


def set_up(platform: Platform, name: str = "old") -> Course:
    """Return a course that its teacher has set up and a student used."""
    course = course_of(platform.launch(**TOM, context=context(name), resource_link={"id": name}))
    platform.launch(sub="ben", context=context(name), resource_link={"id": name})
    Course.objects.filter(pk=course.pk).update(hold_minutes=60, opened_at="2026-01-01T00:00Z")
    an_upload(course)
    return course


def bring(course: Course) -> None:
    """Do the job that brings the rest."""
    flows.roll_over(Job.objects.get(kind=lineage.KIND, course=course))


def text_of(item: ContentItem) -> bytes:
    with item.blob.open("rb") as file:
        return bytes(file.read())


def uploads(course: Course) -> list[str]:
    return sorted(course.items.filter(deleted_at=None).values_list("title", flat=True))


def test_a_copy_has_what_its_teacher_had_set_up_and_nothing_of_a_student(
    platform: Platform,
) -> None:
    old = set_up(platform)
    placed = Placement.objects.create(course=old, kind=Kind.TUTOR, title="Tutor")
    ben = User.objects.get(enrolments__course=old, enrolments__role="student")
    graded(old, ben, "delivered", 8)
    Conversation.objects.create(institution=old.institution, course=old, user=ben)
    told: Any = {"context": context("new"), "custom": {"context_history": "never-seen, old,older"}}

    first = platform.launch(sub="cleo", **told)
    new = course_of(first)
    bring(new)
    waiting = uploads(new)
    platform.launch(**TOM, **told)
    bring(new)
    platform.launch(**TOM, **told)
    bring(new)

    new.refresh_from_db()
    assert (new.copied_from, new.hold_minutes, new.opened_at) == (old, 60, None)
    assert waiting == []  # nobody who taught both has come yet
    assert uploads(new) == ["notes.md"]
    copied, original = new.items.get(), old.items.get()
    assert copied.blob.name != original.blob.name
    assert text_of(copied) == b"Force"
    assert [one.copied_from for one in new.placements.all()] == [placed]
    assert set(new.enrolments.values_list("user__name", flat=True)) == {"Ada Lovelace", "Tom Tate"}
    assert not new.conversations.exists()
    assert not GradeIntent.objects.filter(line_item__course=new).exists()
    assert not new.line_items.exists()
    assert AuditEvent.objects.filter(verb="course.copy", course=new.pk, object=old.pk).count() == 1
    assert Job.objects.filter(kind="index_item", course=new).count() == 1


def test_what_a_teacher_took_out_or_changed_in_the_copy_stays_so(platform: Platform) -> None:
    old = set_up(platform)
    Placement.objects.create(course=old, kind=Kind.TUTOR)
    an_upload(old, "second.md")
    an_upload(old, "lost.md").blob.delete(save=False)
    told: Any = {"context": context("new"), "custom": {"context_history": "old"}}
    new = course_of(platform.launch(**TOM, **told))
    Course.objects.filter(pk=new.pk).update(hold_minutes=5)
    an_upload(new, "second.md", b"My own")

    bring(new)
    new.items.filter(title="notes.md").update(deleted_at="2026-01-01T00:00Z")
    bring(new)
    lineage.carry(new.pk, old.pk)

    new.refresh_from_db()
    assert new.hold_minutes == 5
    assert new.placements.count() == 1
    assert uploads(new) == ["second.md"]
    assert text_of(new.items.get(title="second.md")) == b"My own"


def test_no_other_school_and_not_the_course_itself_is_an_origin(
    platform: Platform, another: Any
) -> None:
    other = another()
    other.register()
    set_up(other)

    new = course_of(
        platform.launch(**TOM, context=context("new"), custom={"context_history": "old"})
    )
    own = platform.launch(**TOM, context=context("own"), custom={"context_history": "own"})
    placement = Placement.objects.create(course=course_of(other.launch(**TOM)), kind=Kind.TUTOR)
    link: Any = {"resource_link": {"id": "l"}, "custom": {"tutor_placement": str(placement.pk)}}
    foreign = platform.launch(**TOM, context=context("new"), **link)

    assert new.copied_from is None
    assert course_of(own).copied_from is None
    assert foreign.session.placed is None
    assert not new.placements.exists()


def test_an_origin_in_another_installation_of_the_same_school_counts(platform: Platform) -> None:
    old = set_up(platform)
    institution = old.institution
    Deployment.objects.create(
        registration=platform.registration,
        deployment_id="second",
        institution=institution,
        status=Deployment.Status.ACTIVE,
    )

    new = platform.launch(
        **TOM,
        deployment_id="second",
        context=context("new"),
        custom={"context_id_history": "old"},
    )

    assert course_of(new).copied_from == old


def test_canvas_names_former_courses_by_its_own_ids_too(platform: Platform) -> None:
    row = platform.registration
    row.family = "canvas"
    row.save()
    host = {"canvas_api_domain": "school.example"}
    old = course_of(
        platform.launch(**TOM, context=context("old"), custom={**host, "canvas_course_id": "7"})
    )

    def launch(name: str, **custom: str) -> Course:
        return course_of(platform.launch(**TOM, context=context(name), custom=custom))

    new = launch("new", **host, canvas_course_id="8", canvas_previous_course_ids="5,7")
    hostless = launch("nowhere", canvas_previous_course_ids="7")

    assert new.copied_from == old
    assert hostless.copied_from is None


def test_a_copied_link_opens_what_its_course_has_of_that(platform: Platform) -> None:
    old = set_up(platform)
    page_of = factories.an_item(old, title="Waves", source="canvas:1")
    placed = Placement.objects.create(course=old, kind=Kind.ITEM, target=page_of.pk, title="Waves")
    Placement.objects.create(course=old, kind=Kind.PLAN, title="Plan")
    link: Any = {
        "context": context("new"),
        "resource_link": {"id": "link-9"},
        "custom": {"tutor_placement": str(placed.pk)},
    }

    first = platform.launch(**TOM, **link)
    new = course_of(first)
    there = factories.an_item(new, title="Waves", source="canvas:2")
    bring(new)
    again = platform.launch(**TOM, **link)
    third = platform.launch(
        **TOM, **{**link, "context": context("third"), "custom": link["custom"]}
    )

    assert new.copied_from == old
    own = new.placements.get(kind=Kind.ITEM)
    assert (own.copied_from, own.target) == (placed, there.pk)
    assert first.session.placed == again.session.placed == own
    assert new.placements.count() == 2
    assert third.session.placed is not None
    assert third.session.placed.course == course_of(third)


def test_a_course_that_nobody_has_set_up_yet_may_learn_from_a_link_what_it_is_a_copy_of(
    platform: Platform,
) -> None:
    old = set_up(platform)
    placed = Placement.objects.create(course=old, kind=Kind.TUTOR)
    new = course_of(platform.launch(**TOM, context=context("new")))
    link: Any = {"resource_link": {"id": "l-2"}, "custom": {"tutor_placement": str(placed.pk)}}

    platform.launch(**TOM, context=context("new"), **link)

    new.refresh_from_db()
    assert (new.copied_from, new.hold_minutes) == (old, 60)


def test_a_link_of_a_copy_of_a_copy_is_found_through_both(platform: Platform) -> None:
    old = set_up(platform)
    placed = Placement.objects.create(course=old, kind=Kind.TUTOR, title="Tutor")
    courses = [old]
    for name in ("second", "third"):
        told: Any = {"context": context(name), "custom": {"context_history": courses[-1].source_id}}
        courses.append(course_of(platform.launch(**TOM, **told)))

    launched = platform.launch(
        **TOM,
        context=context("third"),
        resource_link={"id": "link-3"},
        custom={"tutor_placement": str(placed.pk)},
    )

    assert launched.session.placed == courses[2].placements.get()
    assert courses[2].placements.get().copied_from == courses[1].placements.get()


def test_one_link_brought_into_a_course_that_is_set_up_brings_nothing_else(
    platform: Platform,
) -> None:
    old = set_up(platform)
    placed = Placement.objects.create(course=old, kind=Kind.TUTOR, title="Tutor")
    Placement.objects.create(course=old, kind=Kind.PLAN)
    mine = set_up(platform, "mine")
    told: Any = {
        "context": context("mine"),
        "resource_link": {"id": "link-5", "title": "One"},
        "custom": {"tutor_placement": str(placed.pk)},
    }

    launched = platform.launch(**TOM, **told)
    renamed = platform.launch(**TOM, **{**told, "resource_link": {"id": "link-5", "title": "Two"}})

    mine.refresh_from_db()
    assert mine.copied_from is None
    assert launched.session.placed == renamed.session.placed == mine.placements.get()
    assert ResourceLink.objects.get(link_id="link-5", course=mine).title == "Two"


def test_a_launch_of_a_copied_link_that_brings_nothing_new_writes_nothing(
    platform: Platform, django_assert_max_num_queries: Any
) -> None:
    old = set_up(platform)
    placed = Placement.objects.create(course=old, kind=Kind.TUTOR)
    told: Any = {
        "context": context("new"),
        "resource_link": {"id": "link-9"},
        "custom": {"tutor_placement": str(placed.pk), "context_history": "old"},
    }
    platform.launch(**TOM, **told)
    asked = platform.claims(platform.login(), **TOM, **told)
    registration = platform.registration

    with django_assert_max_num_queries(1):
        visit = visits.find(registration, claims.read(asked, tool_url=platform.tool.url))
        assert visits.nothing_new(visit)


# --- what a copied link aims at -----------------------------------------------------------------


@pytest.fixture
def pair() -> tuple[Course, Course]:
    """Two courses of one school, the second a copy of the first."""
    old = factories.a_course(title="Old")
    return old, factories.a_course(old.institution, title="New", copied_from=old)


def a_copy(new: Course, told: Placement) -> Placement:
    made = Placement(
        course=new,
        kind=told.kind,
        target_kind=told.target_kind,
        title=told.title,
        options=dict(told.options),
        copied_from=told,
    )
    matching.aim(made)
    made.save()
    return made


def test_each_kind_of_target_is_found_by_its_title_and_place(pair: tuple[Course, Course]) -> None:
    old, new = pair
    rows: dict[Course, list[Any]] = {}
    for course in pair:
        source: Any = {"course": course, "source": f"canvas:{course.pk}"}
        rows[course] = [
            TocNode.objects.create(**source, source_id="m1", title="Week", kind="heading"),
            TocNode.objects.create(
                **source, source_id="m2", title="Week", kind="heading", position=2
            ),
            Assignment.objects.create(**source, source_id="a", title="Essay"),
            factories.an_item(course, source=source["source"], title="Waves"),
            an_upload(course),
        ]
    kinds = [Kind.MODULE, Kind.MODULE, Kind.ASSIGNMENT, Kind.ITEM, Kind.ITEM]

    aimed = [
        a_copy(new, Placement.objects.create(course=old, kind=kind, target=row.pk)).target
        for kind, row in zip(kinds, rows[old], strict=True)
    ]

    assert aimed == [row.pk for row in rows[new]]
    assert matching.broken(new) == []


def test_what_is_not_clear_is_broken_until_it_is_known_or_chosen(
    pair: tuple[Course, Course],
) -> None:
    old, new = pair
    page_of = factories.an_item(old, title="Waves", source="canvas:1")
    file = an_upload(old, "only-here.md")
    gone = Placement.objects.create(course=old, kind=Kind.ITEM, target=new_id(), title="Gone")
    lost = Placement.objects.create(course=old, kind=Kind.ITEM, target=file.pk, title="File")
    kept = Placement.objects.create(course=old, kind=Kind.ITEM, target=page_of.pk, title="Waves")
    twice = [factories.an_item(new, title="Waves", source="canvas:2") for _ in range(2)]
    copies = [a_copy(new, one) for one in (gone, lost, kept)]
    own = Placement.objects.create(course=new, kind=Kind.ITEM, target=new_id(), title="Own")

    before = [one.pk for one in matching.broken(new)]
    twice[1].delete()
    mended = matching.mend(new)

    assert set(before) == {one.pk for one in [*copies, own]}
    assert mended == 1
    assert Placement.objects.get(pk=copies[2].pk).target == twice[0].pk


def test_a_practice_set_of_several_parts_is_whole_when_all_of_them_are(
    pair: tuple[Course, Course],
) -> None:
    old, new = pair
    pages = [factories.an_item(old, title=name, source="canvas:1") for name in ("A", "B")]
    parts = [["item", str(one.pk)] for one in pages]
    told = Placement.objects.create(course=old, kind=Kind.PRACTICE, options={"parts": parts})
    whole = Placement.objects.create(course=old, kind=Kind.PRACTICE)
    there = [factories.an_item(new, title="A", source="canvas:2")]
    made, plain = a_copy(new, told), a_copy(new, whole)

    assert made.options == {"parts": [["item", str(there[0].pk)]]}
    assert matching.broken(new) == [made]
    assert plain.target is None

    there.append(factories.an_item(new, title="B", source="canvas:2"))
    matching.mend(new)

    made.refresh_from_db()
    assert made.options == {"parts": [["item", str(one.pk)] for one in there]}
    assert matching.broken(new) == []


# --- the page -----------------------------------------------------------------------------------


def test_the_page_says_what_came_what_did_not_and_mends_what_is_broken(platform: Platform) -> None:
    old = set_up(platform)
    work = Assignment.objects.create(course=old, source="canvas:1", source_id="a", title="Essay")
    Placement.objects.create(course=old, kind=Kind.ASSIGNMENT, target=work.pk, title="Tutor: Essay")
    Placement.objects.create(course=old, kind=Kind.TUTOR, title="Tutor for all")
    told: Any = {"context": context("new"), "custom": {"context_history": "old"}}
    teacher = platform.launch(**TOM, **told)
    new = course_of(teacher)

    shown = page(platform, teacher, "rollover")
    bring(new)
    other = Assignment.objects.create(course=new, source="canvas:2", source_id="b", title="Report")
    broken = matching.broken(new)[0]
    brought = page(platform, teacher, "rollover")
    wrong = post(platform, teacher, f"/pages/rollover/{broken.pk}", target=f"item:{other.pk}")
    strange = post(platform, teacher, f"/pages/rollover/{new_id()}", target="course")
    done = post(platform, teacher, f"/pages/rollover/{broken.pk}", target=f"assignment:{other.pk}")

    assert "1 file of the former course is not here." in shown
    assert "It is being brought." in shown
    assert "1 file that was uploaded" in brought
    assert "Tutor for all" in brought
    assert "Report" in brought
    assert (wrong.status_code, strange.status_code) == (404, 404)
    assert "The link opens this now." in done.text
    assert "Broken" not in done.text
    assert Placement.objects.get(pk=broken.pk).target == other.pk
    assert "held for 60 minutes" in done.text
    assert AuditEvent.objects.filter(verb="link.mend", object=broken.pk).exists()


@pytest.mark.parametrize(
    ("kind", "becomes"), [(Kind.ITEM, Kind.TUTOR), (Kind.PRACTICE, Kind.PRACTICE)]
)
def test_a_broken_link_may_open_the_whole_course_instead(kind: Kind, becomes: Kind) -> None:
    course = factories.a_course()
    actor = factories.an_actor(course, role=Role.TEACHER)
    told: Any = {"target": new_id(), "target_kind": "item", "options": {"parts": [], "points": "5"}}
    placement = Placement.objects.create(course=course, kind=kind, **told)

    rollover.mend(actor, placement.pk, "course")

    placement.refresh_from_db()
    assert (placement.kind, placement.target, placement.options) == (becomes, None, {"points": "5"})
    assert matching.broken(course) == []


def test_a_practice_set_may_be_mended_with_a_page(pair: tuple[Course, Course]) -> None:
    course = pair[1]
    actor = factories.an_actor(course, role=Role.TEACHER)
    item = factories.an_item(course)
    told: Any = {"kind": Kind.PRACTICE, "options": {"parts": []}}
    placement = Placement.objects.create(course=course, **told)

    rollover.mend(actor, placement.pk, f"item:{item.pk}")

    placement.refresh_from_db()
    assert (placement.target, placement.target_kind, placement.options) == (item.pk, "item", {})


def test_a_teacher_takes_over_from_another_course_of_theirs_and_from_no_one_elses(
    platform: Platform,
) -> None:
    old = set_up(platform)
    Placement.objects.create(course=old, kind=Kind.TUTOR)
    theirs = course_of(platform.launch(sub="eve", roles=[INSTRUCTOR], context=context("eve")))
    teacher = platform.launch(**TOM, context=context("new"))
    acting = platform.launch(
        **TOM, context=context("new"), custom={"canvas_masquerading_user_id": "77"}
    )
    path = "/pages/rollover/copy"

    shown = page(platform, teacher, "rollover")
    answers = [
        post(platform, teacher, path, origin=str(theirs.pk)),
        post(platform, teacher, path, origin="nonsense"),
        post(platform, acting, path, origin=str(old.pk)),
        post(platform, teacher, path, origin=str(old.pk)),
        post(platform, teacher, path, origin=str(old.pk)),
    ]
    new = course_of(teacher)
    bring(new)

    assert str(old.pk) in shown
    assert str(theirs.pk) not in shown
    assert [one.status_code for one in answers] == [404, 400, 403, 200, 200]
    assert "Taken over from" in answers[-1].text
    assert (new.copied_from, new.hold_minutes) == (old, 60)
    assert new.placements.count() == 1
    assert uploads(new) == ["notes.md"]


def test_a_course_without_a_past_offers_the_way_all_the_same(platform: Platform) -> None:
    teacher = platform.launch(**TOM, context=context("only"))

    assert "knows no other course that you teach" in page(platform, teacher, "rollover")
    assert "Take over from another course of yours" in page(platform, teacher)


def test_files_of_an_origin_that_is_gone_or_that_another_person_taught_stay_away(
    platform: Platform,
) -> None:
    old = set_up(platform)
    told: Any = {"context": context("new"), "custom": {"context_history": "old"}}
    new = course_of(platform.launch(sub="eve", roles=[INSTRUCTOR], **told))

    bring(new)
    stranger = uploads(new)
    eve = User.objects.get(enrolments__course=new)
    seen: Any = {"active": True, "seen_at": "2026-01-01T00:00Z"}
    for person in User.objects.filter(enrolments__course=old, enrolments__role="teacher"):
        Enrolment.objects.create(
            course=new, user=person, role="teacher", seen_from="nrps", **seen
        )  # eve put them there
    bring(new)
    listed = uploads(new)
    Enrolment.objects.create(
        course=old,
        user=eve,
        role="teacher",
        active=False,
        seen_from="launch",
        seen_at="2026-01-01T00:00Z",
    )
    job = Job.objects.get(kind=lineage.KIND, course=new)
    job.payload["origin"] = str(new_id())
    flows.roll_over(job)
    gone = uploads(new)
    bring(new)

    assert stranger == listed == gone == []
    assert uploads(new) == ["notes.md"]  # who taught it once may have it


# --- notices ------------------------------------------------------------------------------------


def a_notice(platform: Platform, kind: str, **changes: Any) -> dict[str, Any]:
    told: Any = {
        "sub": REMOVE,
        "message_type": REMOVE,
        "resource_link": REMOVE,
        "notice": {"id": str(new_id()), "timestamp": "2026-03-19T11:24:25Z", "type": kind},
        **changes,
    }
    return platform.claims(platform.login(), **told)


def send(platform: Platform, *tokens: str) -> Any:
    body = {"notices": [{"jwt": token} for token in tokens]}
    return http("POST", f"{platform.tool.url}/lti/notices", json=body)


def told_of_copy(platform: Platform, new: str, *origins: Any, **changes: Any) -> str:
    asked = a_notice(
        platform, notices.COPY, context=context(new), origin_contexts=list(origins), **changes
    )
    return platform.sign(asked)


def test_a_notice_of_a_copy_carries_over_before_anybody_came(platform: Platform) -> None:
    old = set_up(platform)
    token = told_of_copy(platform, "new", "old", 7)

    first, second = send(platform, token), send(platform, token)
    new = Course.objects.get(institution=old.institution, source_id="new")
    bring(new)
    unknown = send(platform, told_of_copy(platform, "other", "never-seen"))
    itself = send(platform, told_of_copy(platform, "old", "old"))
    none = send(platform, platform.sign(a_notice(platform, notices.COPY)))

    assert (first.json(), second.json()) == ({"taken": 1, "new": 1}, {"taken": 1, "new": 0})
    assert (new.title, new.copied_from, new.hold_minutes) == ("Physics new", old, 60)
    assert uploads(new) == ["notes.md"]  # the platform itself vouches for it
    assert Notice.objects.get(course=new).kind == notices.COPY
    assert [one.json()["new"] for one in (unknown, itself, none)] == [1, 1, 1]
    assert not Course.objects.filter(institution=old.institution, source_id="other").exists()


def test_a_notice_vouches_for_a_copy_that_is_known_and_leaves_a_set_up_course_alone(
    platform: Platform,
) -> None:
    old = set_up(platform)
    new = course_of(platform.launch(context=context("new"), custom={"context_history": "old"}))
    mine = set_up(platform, "mine")

    send(platform, told_of_copy(platform, "new", "old"), told_of_copy(platform, "mine", "old"))
    bring(new)

    mine.refresh_from_db()
    assert uploads(new) == ["notes.md"]
    assert mine.copied_from is None
    assert old.copies.count() == 1


def test_notices_of_other_kinds_are_taken_and_do_nothing(platform: Platform) -> None:
    at = {"id": "n", "type": notices.HELLO, "timestamp": "soon"}
    odd = {"id": "m", "type": "LtiAssetProcessorSubmissionNotice", "timestamp": "2026-13-40T00:00Z"}

    answer = send(
        platform,
        platform.sign(a_notice(platform, "", notice=at)),
        platform.sign(a_notice(platform, "", notice=odd, aud=[platform.client_id])),
    )

    assert answer.json() == {"taken": 2, "new": 2}
    kinds = Notice.objects.filter(deployment__registration=platform.registration)
    assert set(kinds.values_list("kind", flat=True)) == {at["type"], odd["type"]}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"notices": []}', b'{"notices": [{}]}', b'{"notices": ["x"]}', b"\xff"],
    ids=["empty", "list", "nothing", "none", "no jwt", "no object", "no text"],
)
def test_what_is_no_list_of_notices_is_refused(platform: Platform, body: bytes) -> None:
    answer = http("POST", f"{platform.tool.url}/lti/notices", content=body)

    assert answer.status_code == 400
    assert answer.json()["code"].startswith("claim_")


def test_a_notice_that_no_platform_of_ours_signed_is_refused_and_holds_up_no_other(
    platform: Platform,
) -> None:
    good = platform.sign(a_notice(platform, notices.HELLO))
    hello = a_notice(platform, notices.HELLO)
    forged = jwt_with_another_key(platform, hello)

    def refused(token: str) -> tuple[int, str]:
        answer = send(platform, token, good)
        return answer.status_code, answer.json()["code"]

    def changed(**changes: Any) -> str:
        return platform.sign(a_notice(platform, notices.HELLO, **changes))

    assert refused(forged) == (401, "invalid_token")
    assert refused("nonsense") == (401, "invalid_token")
    assert refused(good.split(".")[0] + ".!.!") == (401, "invalid_token")
    assert refused(changed(iss="https://nobody.example")) == (400, "unknown_platform")
    assert refused(changed(iss="\x00")) == (400, "unknown_platform")
    assert refused(changed(aud="another")) == (400, "unknown_platform")
    assert refused(changed(version="2.0")) == (400, "claim_version")
    assert refused(changed(notice=REMOVE)) == (400, "claim_notice")
    assert refused(changed(notice={"id": ""})) == (400, "claim_id")
    assert refused(changed(deployment_id="unknown")) == (403, "deployment_pending")
    assert refused(changed(exp=1)) == (401, "invalid_token")
    assert Notice.objects.filter(deployment__registration=platform.registration).count() == 1


def jwt_with_another_key(platform: Platform, told: dict[str, Any]) -> str:
    return jwt.encode(told, private_key(number=3), "RS256", headers={"kid": platform.kid})


def test_notices_are_asked_for_once_where_a_launch_says_how(
    place: Place, platform: Platform
) -> None:
    service = {
        "platform_notification_service_url": f"{place.url}/notice-handlers",
        "notice_types_supported": [
            notices.COPY,
            notices.HELLO,
            "LtiAssetProcessorSubmissionNotice",
        ],
    }

    for who in ("ben", "cleo"):
        platform.launch(sub=who, platformnotificationservice=service)
    platform.launch(sub="ben", platformnotificationservice={**service, "notice_types_supported": 1})
    job = Job.objects.get(kind=notices.KIND, institution=platform.registration.institution)

    assert job.payload["kinds"] == [notices.COPY, notices.HELLO]
    assert (
        Deployment.objects.get(pk=job.payload["deployment"]).notices_url
        == (service["platform_notification_service_url"])
    )


def test_the_address_for_notices_is_given_to_the_platform(place: Place) -> None:
    row = place.service.deployment
    Deployment.objects.filter(pk=row.pk).update(notices_url=f"{place.url}/handlers")
    job = Job(kind=notices.KIND, payload={"deployment": str(row.pk), "kinds": [notices.COPY]})
    place.says("PUT", "/handlers", Answer(body="{}"), Answer(403, "{}"))

    notices.subscribe(job)
    (asked,) = place.asked("/handlers", "PUT")
    with pytest.raises(LMSRefused):
        notices.subscribe(job)

    told = json.loads(asked.body)
    assert told["notice_type"] == "LtiContextCopyNotice"
    assert told["handler"].endswith("/lti/notices")
    assert asked.headers["Authorization"].startswith("Bearer ")
    (token,) = place.asked("/token")
    assert token.form["scope"] == notices.SCOPE


def test_a_notice_without_a_type_we_know_platforms_offer_is_not_asked_for(
    platform: Platform,
) -> None:
    told = {"platform_notification_service_url": "https://a.example/n"}

    platform.launch(platformnotificationservice=told)

    institution = platform.registration.institution
    assert not Job.objects.filter(kind=notices.KIND, institution=institution).exists()
