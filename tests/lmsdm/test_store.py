"""Storing the same records twice, or at once, changes nothing."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction

from tests import factories
from tests.racing import at_once
from tutorai.ids import new_id
from tutorai.lmsdm import handed, models, schema, store
from tutorai.lmsdm.schema import Kind, Role, Unreadable, Window

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
FRIDAY = datetime(2026, 3, 6, 8, tzinfo=UTC)


def a_page(item_id: str = "page:1", **fields: Any) -> schema.ContentItem:
    return schema.ContentItem(
        **{"item_id": item_id, "course_id": "7", "kind": Kind.PAGE, "title": "A page", **fields}
    )


def a_line(node_id: str, parent_id: str | None = None, **fields: Any) -> schema.TocNode:
    return schema.TocNode(node_id=node_id, course_id="7", parent_id=parent_id, **fields)


def work(assignment_id: str = "1", **fields: Any) -> schema.Assignment:
    return schema.Assignment(assignment_id=assignment_id, course_id="7", **fields)


def items(course: models.Course, *records: schema.ContentItem) -> list[models.ContentItem]:
    return store.save_items(course_id=course.pk, source="canvas:1", items=records)


def toc(course: models.Course, *records: schema.TocNode) -> list[models.TocNode]:
    return store.save_toc(course_id=course.pk, source="canvas:1", nodes=records)


def tree(course: models.Course) -> dict[str, str | None]:
    """Each line and the line it stands in."""
    return dict(course.toc.values_list("source_id", "parent__source_id"))


def rows(course: models.Course) -> list[Any]:
    """Everything stored of a course, as it is."""
    related: Sequence[Any] = (course.items, course.toc, course.assignments)
    return [list(each.order_by("source_id").values()) for each in related]


# --- people, courses, places ----------------------------------------------------------------


def test_the_same_person_launching_many_times_at_once_is_one_person() -> None:
    school = factories.an_institution()
    record = schema.User(user_id="u-1", name="Ada", email="ada@example.edu", role=Role.STUDENT)

    ids = at_once(
        8, lambda _: store.save_user(institution_id=school.pk, source="lti:1", user=record)
    )

    assert len(set(ids)) == school.users.count() == 1


def test_the_same_course_from_many_launches_at_once_is_one_course_with_all_its_people() -> None:
    school = factories.an_institution()

    @transaction.atomic
    def launch(number: int) -> Any:
        person = schema.User(user_id=f"u-{number % 3}", name="Ada")
        course = schema.Course(course_id="c-1", title="Physics")
        user_id = store.save_user(institution_id=school.pk, source="lti:1", user=person)
        course_id = store.save_course(institution_id=school.pk, source="lti:d", course=course)
        store.save_enrolment(
            user_id=user_id, course_id=course_id, role=Role.STUDENT, seen_from="launch"
        )
        store.identify(
            institution_id=school.pk,
            source="canvas:d",
            kind="course",
            external_id="7",
            row=course_id,
        )
        return course_id

    ids = at_once(8, launch)

    assert len(set(ids)) == school.courses.count() == 1
    assert models.Enrolment.objects.filter(course_id=ids[0]).count() == school.users.count() == 3


def test_ids_are_told_apart_by_school_source_and_kind_and_byte_for_byte() -> None:
    one, other = factories.an_institution(), factories.an_institution()
    told = [
        {"institution_id": one.pk, "source": "lti:1", "kind": "user", "external_id": "A1"},
        {"institution_id": other.pk, "source": "lti:1", "kind": "user", "external_id": "A1"},
        {"institution_id": one.pk, "source": "lti:2", "kind": "user", "external_id": "A1"},
        {"institution_id": one.pk, "source": "lti:1", "kind": "course", "external_id": "A1"},
        {"institution_id": one.pk, "source": "lti:1", "kind": "user", "external_id": "a1"},
        {"institution_id": one.pk, "source": "lti:1", "kind": "user", "external_id": "A1 "},
    ]

    assert len({store.identify(**each) for each in told}) == len(told)  # type: ignore[arg-type]


def test_whoever_names_an_outside_id_first_decides_what_it_means() -> None:
    school, first, second = factories.an_institution(), new_id(), new_id()
    key: Any = {"institution_id": school.pk, "source": "canvas:1", "kind": "course"}

    assert store.identify(**key, external_id="7", row=first) == (first, True)
    assert store.identify(**key, external_id="7", row=first) == (first, False)
    assert store.identify(**key, external_id="7", row=second) == (first, False)


def test_a_field_the_launch_did_not_send_keeps_what_another_one_told() -> None:
    school = factories.an_institution()
    key: Any = {"institution_id": school.pk, "source": "lti:1"}
    store.save_user(**key, user=schema.User(user_id="1", name="Ada", email="ada@example.edu"))
    store.save_course(**key, course=schema.Course(course_id="1", title="Physics", code="PH"))

    user = store.save_user(**key, user=schema.User(user_id="1", is_test=True, locale="es"))
    course = store.save_course(**key, course=schema.Course(course_id="1", title="", code="PH 1"))

    person = models.User.objects.get(pk=user)
    assert (person.name, person.email, person.locale, person.is_test) == (
        "Ada",
        "ada@example.edu",
        "es",
        True,
    )
    place = models.Course.objects.get(pk=course)
    assert (place.title, place.code) == ("Physics", "PH 1")


def test_a_launch_leaves_the_state_and_dates_alone_that_the_lms_told() -> None:
    key: Any = {"institution_id": factories.an_institution().pk, "source": "lti:1"}
    dated = {"state": "completed", "start_at": MONDAY, "end_at": FRIDAY}
    store.save_course(**key, course=schema.Course(course_id="1", title="Physics", **dated))

    store.save_course(**key, course=schema.Course(course_id="1", title="Physics", code="PH"))
    pk = store.save_course(**key, course=schema.Course(course_id="1", end_at=None))

    row = models.Course.objects.get(pk=pk)
    assert (row.state, row.start_at, row.end_at) == ("completed", MONDAY, None)


def test_a_course_that_is_told_unchanged_waits_for_no_sync_under_way() -> None:
    key: Any = {"institution_id": factories.an_institution().pk, "source": "lti:1"}
    record = schema.Course(course_id="1", title="Physics", description="<p>Forces</p>")
    pk = store.save_course(**key, course=record)

    def launch(number: int) -> Any:
        store.save_enrolment(
            user_id=factories.a_user(models.Institution.objects.get(pk=key["institution_id"])).pk,
            course_id=pk,
            role=Role.STUDENT,
            seen_from="launch",
        )
        return store.save_course(**key, course=record)

    with transaction.atomic():
        store.save_items(course_id=pk, source="canvas:1", items=[a_page()])
        # Would never return, did a launch wait for our lock.
        assert at_once(1, launch) == [pk]


def test_a_place_keeps_its_sections_where_none_are_told_and_follows_the_newest_role() -> None:
    course, user = factories.a_course(), factories.a_user()
    key: Any = {"user_id": user.pk, "course_id": course.pk, "seen_from": "launch"}
    store.save_enrolment(**key, role=Role.TEACHER, sections=["b", "a"])

    store.save_enrolment(**key, role=Role.STUDENT, at=MONDAY)

    place = course.enrolments.get()
    assert (place.role, place.sections, place.active, place.seen_at) == (
        "student",
        ["a", "b"],
        True,
        MONDAY,
    )


# --- what a course holds --------------------------------------------------------------------


def full() -> dict[str, Any]:
    """A course with something of everything."""
    window = Window(
        published=False, available_from=MONDAY, available_until=FRIDAY, sections=("2", "1")
    )
    return {
        "items": [a_page(), a_page("page:2", window=window, size=3, updated_at=MONDAY)],
        "nodes": [
            a_line("m1", title="Module"),
            a_line("i1", "m1", item_id="page:1", position=1, kind=Kind.PAGE, window=window),
        ],
        "assignments": [
            work(max_points=Decimal("33.333"), due_date=FRIDAY, content="<p>Do</p>", window=window),
            work("2"),
        ],
    }


def sync(course: models.Course) -> list[int]:
    """Store all of it; return how many rows are new or different."""
    told = full()
    key: Any = {"course_id": course.pk, "source": "canvas:1"}
    with transaction.atomic():
        return [
            len(store.save_items(**key, items=told["items"])),
            len(store.save_toc(**key, nodes=told["nodes"])),
            len(store.save_assignments(**key, assignments=told["assignments"])),
        ]


def test_storing_the_same_course_twice_changes_nothing() -> None:
    course = factories.a_course()
    assert sync(course) == [2, 2, 2]
    before = rows(course)

    assert sync(course) == [0, 0, 0]
    assert rows(course) == before


def test_two_syncs_of_one_course_at_once_store_what_one_would() -> None:
    course = factories.a_course()

    changed = at_once(4, lambda _: sync(course))

    assert sorted(changed) == [[0, 0, 0]] * 3 + [[2, 2, 2]]
    assert [len(each) for each in rows(course)] == [2, 2, 2]


def test_only_what_differs_is_returned_and_written() -> None:
    course = factories.a_course()
    items(course, a_page("page:1"), a_page("page:2"))

    changed = items(course, a_page("page:1"), a_page("page:2", title="Renamed"), a_page("page:3"))

    assert sorted(row.source_id for row in changed) == ["page:2", "page:3"]
    assert course.items.get(source_id="page:2").title == "Renamed"


def test_the_same_item_twice_in_one_answer_is_one_row() -> None:
    course = factories.a_course()

    items(course, a_page(title="First"), a_page(title="Second"))

    assert [item.title for item in course.items.all()] == ["Second"]


def test_two_sources_of_one_course_do_not_touch_each_other() -> None:
    course = factories.a_course()
    store.save_items(course_id=course.pk, source="upload", items=[a_page()])

    items(course, a_page(title="From Canvas"))
    gone = store.retire_items(course_id=course.pk, source="canvas:1", told=[])

    assert gone is not None
    assert [row.source for row in gone] == ["canvas:1"]
    assert course.items.get(deleted_at=None).source == "upload"


def test_a_listing_keeps_the_body_and_what_was_found_wrong_with_that_very_version() -> None:
    course = factories.a_course()
    (row,) = items(course, a_page(version="v1"))
    store.save_body(row, html="<p>Text</p>", version="v1")
    models.ContentItem.objects.filter(pk=row.pk).update(unreadable="no_text")

    assert items(course, a_page(version="v1")) == []
    row.refresh_from_db()
    assert (row.body, row.version, row.unreadable) == ("<p>Text</p>", "v1", "no_text")

    assert [changed.unreadable for changed in items(course, a_page(version="v2"))] == [""]
    assert items(course, a_page(unreadable=Unreadable.LOCKED))[0].unreadable == "locked"


def test_a_version_read_while_it_could_still_change_counts_as_held() -> None:
    assert store.holds("v1" + store.FRESH, "v1")
    assert not store.holds("v1", "v2")


def test_an_item_that_comes_back_is_alive_again() -> None:
    course = factories.a_course()
    items(course, a_page())
    store.retire_items(course_id=course.pk, source="canvas:1", told=[])

    (row,) = items(course, a_page())

    assert row.deleted_at is None


# --- bodies and files -----------------------------------------------------------------------


def test_a_body_changes_once() -> None:
    row = factories.an_item()

    assert store.save_body(row, html="<p>New</p>", version="1")
    assert not store.save_body(row, html="<p>New</p>", version="1")
    assert not store.save_body(row, html="<p>New</p>", version="2")

    row.refresh_from_db()
    assert (row.body, row.version) == ("<p>New</p>", "2")


def test_a_file_changes_once_and_the_one_it_replaces_goes() -> None:
    row = factories.an_item(kind="file")

    assert store.save_blob(row, content=ContentFile(b"one"), version="1")
    old = row.blob.name or ""
    assert not store.save_blob(row, content=ContentFile(b"one"), version="1")
    assert not store.save_blob(row, content=ContentFile(b"one"), version="2")
    assert row.blob.name == old
    assert store.save_blob(row, content=ContentFile(b"two"), version="3")

    row.refresh_from_db()
    with row.blob.open() as file:
        assert (file.read(), row.version) == (b"two", "3")
    assert not row.blob.storage.exists(old)


HOSTILE = [
    ("<p onclick='x()'>a</p>", "<p>a</p>"),
    ("<script>steal()</script>b", "b"),
    ("<style>*{display:none}</style>c", "c"),
    ("<a href='javascript:x()'>d</a>", '<a rel="noopener noreferrer">d</a>'),
    ("<a href='  jAvAscript:x()'>e</a>", '<a rel="noopener noreferrer">e</a>'),
    ("<img src='data:text/html,x' alt='f'>", '<img alt="f">'),
    ("<iframe src='https://evil.example/'></iframe>g", "g"),
    ("<form action='/x'><input name=password>h</form>", "h"),
    ("<svg><script>x()</script></svg>i", "i"),
    ("<p style='position:fixed'>j</p>", "<p>j</p>"),
    ("<math><mtext></p><style><img src=x onerror=x()>", "<math></math>"),
    ("<base href='https://evil.example/'>k", "k"),
    ("<meta http-equiv=refresh content='0;url=https://evil.example/'>l", "l"),
    ("\x00<scr\x00ipt>x()</script>m", "m"),
    ("<h2 id='kinetic'>n</h2>", '<h2 id="kinetic">n</h2>'),
]


@pytest.mark.parametrize(("html", "kept"), HOSTILE, ids=[kept[-3:] for _, kept in HOSTILE])
def test_hostile_html_leaves_only_what_a_page_may_hold(html: str, kept: str) -> None:
    row = factories.an_item()

    store.save_body(row, html=html)

    row.refresh_from_db()
    assert row.body == kept


def test_descriptions_and_assignments_are_sanitised_too() -> None:
    course = factories.a_course()
    evil = "<b>x</b><script>y()</script>"
    (row,) = store.save_assignments(
        course_id=course.pk, source="canvas:1", assignments=[work(content=evil)]
    )
    place = store.save_course(
        institution_id=course.institution_id,
        source="canvas:1",
        course=schema.Course(course_id="1", description=evil),
    )

    assert row.content == models.Course.objects.get(pk=place).description == "<b>x</b>"


def test_a_nul_in_a_name_or_a_title_is_left_out() -> None:
    course = factories.a_course()
    user = store.save_user(
        institution_id=course.institution_id,
        source="lti:1",
        user=schema.User(user_id="1\x00", name="A\x00da"),
    )

    (row,) = items(course, a_page(title="A\x00 page"))

    assert (row.title, models.User.objects.get(pk=user).name) == ("A page", "Ada")


# --- the table of contents ------------------------------------------------------------------


def test_lines_stand_in_their_modules_however_deep_and_in_any_order() -> None:
    course = factories.a_course()

    toc(course, a_line("c", "b"), a_line("b", "a"), a_line("a"))

    assert tree(course) == {"a": None, "b": "a", "c": "b"}


def test_a_line_that_moved_stands_where_it_is_told_now() -> None:
    course = factories.a_course()
    toc(course, a_line("a"), a_line("b"), a_line("x", "a"), a_line("y", "a"))

    changed = toc(course, a_line("b"), a_line("x", "b"), a_line("y"))

    assert sorted(row.source_id for row in changed) == ["x", "y"]
    assert tree(course) == {"b": None, "x": "b", "y": None}


def test_a_line_under_a_parent_nobody_told_of_or_in_a_ring_stands_at_the_top() -> None:
    course = factories.a_course()

    toc(course, a_line("x", "gone"), a_line("y", "x"), a_line("p", "q"), a_line("q", "p"))

    assert tree(course) == {"x": None, "y": "x", "p": None, "q": None}


def test_a_line_opens_the_item_of_its_own_source() -> None:
    course = factories.a_course()
    (page,) = items(course, a_page())
    store.save_items(course_id=course.pk, source="upload", items=[a_page("page:2")])

    toc(course, a_line("a", item_id="page:1"), a_line("b", item_id="page:2"))

    assert dict(course.toc.values_list("source_id", "item")) == {"a": page.pk, "b": None}


def test_lines_that_are_told_no_more_are_taken_out_of_this_source_alone() -> None:
    course = factories.a_course()
    store.save_toc(course_id=course.pk, source="moodle:1", nodes=[a_line("kept")])
    toc(course, a_line("a"), a_line("b", "a"))

    toc(course)

    assert tree(course) == {"kept": None}


# --- what is told no more -------------------------------------------------------------------


def many(course: models.Course, count: int) -> list[str]:
    names = [f"page:{number}" for number in range(count)]
    items(course, *map(a_page, names))
    store.save_assignments(course_id=course.pk, source="canvas:1", assignments=map(work, names))
    return names


@pytest.mark.parametrize(("count", "gone"), [(3, 3), (10, 5), (40, 8)])
def test_a_little_that_is_missing_is_marked_as_gone_and_stays_to_be_cited(
    count: int, gone: int
) -> None:
    course = factories.a_course()
    key: Any = {
        "course_id": course.pk,
        "source": "canvas:1",
        "told": many(course, count)[gone:],
    }

    retired = store.retire_items(**key)

    assert retired is not None
    assert len(retired) == store.retire_assignments(**key) == gone
    assert course.items.filter(deleted_at=None).count() == count - gone
    assert course.items.count() == course.assignments.count() == count
    assert store.retire_items(**key) == []
    assert store.retire_assignments(**key) == 0


@pytest.mark.parametrize(("count", "gone"), [(10, 6), (40, 9)])
def test_half_an_answer_takes_nothing_out_unless_a_person_says_so(count: int, gone: int) -> None:
    course = factories.a_course()
    key: Any = {
        "course_id": course.pk,
        "source": "canvas:1",
        "told": many(course, count)[gone:],
    }

    assert store.retire_items(**key) is None
    assert store.retire_assignments(**key) is None
    assert not course.items.exclude(deleted_at=None).exists()

    assert len(store.retire_items(**key, anyway=True) or []) == gone
    assert store.retire_assignments(**key, anyway=True) == gone


def test_every_text_of_a_quiz_is_sanitised() -> None:
    evil = "<b>x</b><script>y()</script>"
    question = schema.Question(
        ask=schema.Ask.MATCHING,
        text=evil,
        feedback=evil,
        choices=(schema.Choice(text=evil, share=Decimal(1), feedback=evil),),
        pairs=(schema.Pair(left=evil, right=evil),),
        decoys=(evil,),
    )
    quiz = schema.Quiz(quiz_id="1", title="Q", description=evil, questions=(question,))
    course = factories.a_course()

    handed.save_quizzes(course_id=course.pk, source="canvas:1", quizzes=[quiz])

    written = json.dumps(course.quizzes.get().record)
    assert (written.count("<b>x</b>"), "<script" in written) == (8, False)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (models.Institution(slug="school"), "school"),
        (models.Identity(source="lti:1", kind="user", external_id="ada@x"), "lti:1 user"),
        (models.Enrolment(role="student"), "student"),
        (models.ContentItem(source_id="page:1", title="A page"), "page:1"),
        (models.TocNode(source_id="m1"), "m1"),
        (models.Assignment(source_id="1"), "1"),
        (models.Submission(source_id="1"), "1"),
    ],
)
def test_a_row_is_named_by_its_id_never_by_a_person(row: Any, words: str) -> None:
    assert str(row) == words


@pytest.mark.parametrize("model", [models.User, models.Course, models.LineItem])
def test_people_and_courses_are_named_by_our_own_id(model: Any) -> None:
    row = model()

    assert str(row) == str(row.pk)


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("https://lms.example/a?b#c", True),
        ("/courses/7", True),
        ("javascript:alert(1)", False),
        (" java\nscript:alert(1)", False),
        ("data:text/html,x", False),
        ("http://[", False),
    ],
)
def test_a_link_leads_to_a_page_or_nowhere(told: str, kept: bool) -> None:
    records = (a_page(url=told), a_line("m1", url=told), work(url=told))

    assert [one.url for one in records] == [told if kept else ""] * 3
