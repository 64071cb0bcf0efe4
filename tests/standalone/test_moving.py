"""A course of our own on its way into an LMS's: found, rehearsed, moved, interrupted, taken back."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import factories
from tests.standalone.making import MANIFEST, a_course, a_manifest, an_officer, drain, packed, read
from tutorai import flows
from tutorai.access import Officer
from tutorai.errors import Conflict, CourseEnded, NotFound
from tutorai.ledger import attempts
from tutorai.ledger.models import Job
from tutorai.ledger.trail import AuditEvent
from tutorai.lmsdm import store
from tutorai.lmsdm.models import ContentItem, Course, Move, TocNode
from tutorai.models import Office
from tutorai.standalone import courses, finding, moving, planning

RESOURCES = "".join(
    f'<resource identifier="{name}" type="webcontent" href="{name}.html"><file href="{name}.html"/>'
    "</resource>"
    for name in ("same", "differs", "new")
)
LINES = "".join(
    f'<item identifier="i-{name}" identifierref="{name}"><title>{name}</title></item>'
    for name in ("same", "differs", "new")
)
PACKAGE = packed(
    {
        MANIFEST: a_manifest(RESOURCES, LINES),
        "same.html": "<p>The same words.</p>",
        "differs.html": "<p>One line.</p><p>Ours alone.</p>",
        "new.html": "<p>Only here.</p>",
    }
)


def theirs(course: Course, title: str, html: str, version: str = "v1") -> ContentItem:
    """A page that was read from the LMS."""
    item = factories.an_item(course, source="canvas:1", title=title, body="", published=True)
    store.save_body(item, html=html, version=version)
    return item


def at(who: Officer) -> tuple[Course, Course]:
    """A course of our own, and the LMS's that it is to become."""
    course = a_course(who, "Intro to Physics")
    read(who, course, PACKAGE)
    flows.put_file(who, course, SimpleUploadedFile("notes.md", b"# Ours\n"))
    target = factories.a_course(
        who.institution, title="Introduction to Physics", instructor="Lovelace, Ada"
    )
    theirs(target, "same", "<p>The same words.</p>")
    theirs(target, "differs", "<p>One line.</p><p>Theirs alone.</p>")
    drain(course)
    return course, target


def ready(who: Officer, truth: str = "lms") -> tuple[Move, Course, Course]:
    course, target = at(who)
    move = finding.decide(who, course, target.pk, truth)
    planning.plan(move)
    return move, course, target


def told(course: Course) -> dict[str, Any]:
    """All that a course says: its items and its outline, with how they stand."""
    items = course.items.filter(deleted_at=None).order_by("source", "source_id")
    names = ("pk", "title", "body", "sha256", "version", "mime", "blob", "unreadable")
    lines = TocNode.objects.filter(course=course).order_by("position")
    return {
        "items": list(items.values_list(*names)),
        "toc": list(lines.values_list("title", "item")),
        "moved_to": course.moved_to_id,
    }


def states(move: Move) -> dict[str, str]:
    return dict(move.items.values_list("item__title", "state"))


def test_one_that_fits_is_matched_and_two_that_do_wait_for_a_person() -> None:
    who = an_officer(Office.Role.ADMINISTRATOR)
    clear, unsure, alone = (a_course(who, name) for name in ("Optics", "Algebra", "Poetry"))
    optics = factories.a_course(who.institution, title="Optics", instructor="Ada Lovelace")
    two = [factories.a_course(who.institution, title="Algebra") for _each in range(2)]
    factories.a_course(title="Poetry", instructor="Ada Lovelace")  # another school's

    assert finding.look(who) == 2

    assert (clear.move.state, clear.move.target_id) == ("matched", optics.pk)
    assert (unsure.move.state, unsure.move.target_id) == ("unsure", None)
    assert {one["course"] for one in unsure.move.candidates} == {str(one.pk) for one in two}
    assert set(clear.move.reasons) == {"title", "instructor"}
    assert not Move.objects.filter(course=alone).exists()
    move = finding.decide(who, unsure, two[1].pk, "lms")
    assert finding.look(who) == 1  # what somebody decided is theirs
    with pytest.raises(NotFound):
        finding.decide(who, alone, factories.a_course().pk, "lms")
    assert finding.decide(who, unsure, None, "lms").state == "refused"
    assert finding.look(who) == 1
    move.refresh_from_db()
    assert move.state == "refused"


def test_the_dry_run_writes_the_plan_alone() -> None:
    who = an_officer(Office.Role.OWNER)
    course, target = at(who)
    before = told(course), told(target)

    move = finding.decide(who, course, target.pk, "lms")
    planning.plan(move)

    assert states(move) == {
        "same": "same",
        "differs": "conflict",
        "new": "waiting",
        "notes.md": "waiting",
    }
    assert (told(course), told(target)) == before
    row = move.items.get(state="conflict")
    assert (row.choice, move.state, move.total) == ("theirs", "ready", 4)
    assert row.theirs is not None
    lines = planning.beside(planning.text(row.item), planning.text(row.theirs))
    assert [(line.mark, line.ours, line.theirs) for line in lines] == [
        ("same", "One line.", "One line."),
        ("both", "Ours alone.", "Theirs alone."),
    ]
    assert finding.decide(who, course, target.pk, "ours").truth == "ours"
    planning.plan(move)
    assert move.items.get(state="conflict").choice == "ours"


@pytest.mark.parametrize("choice", ["ours", "theirs"])
def test_what_moved_is_there_and_taking_it_back_restores_both_sides(choice: str) -> None:
    who = an_officer(Office.Role.OWNER)
    move, course, target = ready(who)
    before = told(course), told(target)
    planning.choose(who, move, move.items.get(state="conflict").pk, choice)

    moving.begin(who, move)
    drain(course)
    drain(target)

    course.refresh_from_db()
    move.refresh_from_db()
    assert (move.state, course.moved_to_id, course.ended) == ("done", target.pk, True)
    kept = {"ours": "moved", "theirs": "kept"}[choice]
    assert states(move) == {"same": "same", "differs": kept, "new": "moved", "notes.md": "moved"}
    text = target.items.get(title="differs").body
    assert ("Ours alone." in text) == (choice == "ours")
    assert target.items.get(title="new", deleted_at=None).indexed_sha256
    assert target.items.get(title="notes.md").source == "upload"
    outline = TocNode.objects.filter(course=target).order_by("position")
    assert [line.title for line in outline] == ["Intro to Physics", "same", "differs", "new"]
    assert [line.item_id is not None for line in outline] == [False, True, True, True]
    with pytest.raises(CourseEnded):
        courses.open_one(who, course.pk)

    moving.undo(who, move)
    drain(course)

    course.refresh_from_db()
    move.refresh_from_db()
    assert (move.state, course.moved_to_id) == ("undone", None)
    assert (told(course), told(target)) == before
    verbs = AuditEvent.objects.filter(object=move.pk).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["move.decide", "move.begin", "move.done", "move.undo"]


def test_what_somebody_changed_since_is_left_and_told() -> None:
    who = an_officer(Office.Role.OWNER)
    move, course, target = ready(who, "ours")
    moving.begin(who, move)
    drain(course)
    store.save_body(target.items.get(title="new"), html="<p>A teacher's words.</p>")
    store.save_body(target.items.get(title="differs"), html="<p>The LMS's new words.</p>")

    moving.undo(who, move)
    drain(course)

    left = move.items.filter(before__left="changed")
    assert {row.item.title for row in left} == {"new", "differs"}
    assert target.items.get(title="new").body == "<p>A teacher's words.</p>"
    assert target.items.get(title="differs").body == "<p>The LMS's new words.</p>"
    assert target.items.get(title="notes.md").deleted_at is not None
    assert Move.objects.get(pk=move.pk).state == "undone"


def test_a_move_that_is_cut_off_goes_on_where_it_was_a_portion_at_a_time() -> None:
    who = an_officer(Office.Role.OWNER)
    course, target = at(who)
    pages = [
        ContentItem(course=course, source="tutor-app", source_id=f"p{n}", kind="page", title=f"{n}")
        for n in range(moving.PORTION)
    ]
    for page in pages:
        page.body, page.sha256 = f"<p>{page.title}</p>", page.pk.hex * 2
    ContentItem.objects.bulk_create(pages)
    move = finding.decide(who, course, target.pk, "lms")
    planning.plan(move)
    job = moving.begin(who, move)
    came: list[Any] = []

    def cut(_course: Course, item: Any) -> None:
        came.append(item)
        if len(came) == 3:
            raise OSError("the power is gone")

    held = attempts.claim(job.pk)
    assert held is not None
    with pytest.raises(OSError, match="power"):
        moving.carry(held, cut)
    assert move.items.filter(state="moved").count() == 2
    Job.objects.filter(pk=job.pk).update(lease_until=job.created_at)
    drain(course)
    Job.objects.filter(pk=job.pk).update(due_at=job.created_at)
    drain(course)

    assert Move.objects.get(pk=move.pk).state == "done"
    assert target.items.filter(deleted_at=None).count() == moving.PORTION + 4
    assert not target.items.filter(pk=came[2]).exists()


def test_a_missing_file_keeps_nothing_else_from_moving() -> None:
    who = an_officer(Office.Role.OWNER)
    move, course, target = ready(who)
    blob = course.items.get(title="notes.md").blob
    blob.storage.delete(str(blob.name))

    moving.begin(who, move)
    drain(course)

    row = move.items.get(item__title="notes.md")
    assert (row.state, row.before) == ("kept", {"left": "missing"})
    assert Move.objects.get(pk=move.pk).state == "done"
    assert target.items.filter(title="new").exists()


def test_nothing_moves_without_a_plan_and_nothing_is_chosen_afterwards() -> None:
    who = an_officer(Office.Role.OWNER)
    course, target = at(who)
    move = finding.decide(who, course, target.pk, "lms")

    with pytest.raises(Conflict):
        moving.begin(who, move)
    with pytest.raises(Conflict):
        moving.undo(who, move)
    planning.plan(move)
    row = move.items.get(state="conflict")
    moving.begin(who, move)
    move.refresh_from_db()
    for refused in (
        lambda: planning.plan(move),
        lambda: planning.choose(who, move, row.pk, "ours"),
        lambda: finding.decide(who, course, None, "lms"),
    ):
        with pytest.raises(Conflict):
            refused()


def test_pages_lead_an_administrator_through_a_move(as_officer: Any) -> None:
    browser = as_officer("administrator")
    office = browser.office
    who = Officer(office.account_id, office.institution, Office.Role(office.role))
    course, target = at(who)
    moves = browser.url("institution_moves")

    page = browser.post(moves, to=browser.url("moves_look"))
    assert "One fits" in page.text
    one = browser.url("institution_move", course=course.pk)
    fields = {"target": str(target.pk), "truth": "lms"}
    plan = browser.post(one, fields, to=browser.url("move_decide", course=course.pk))
    assert "What would happen" in plan.text
    row = course.move.items.get(state="conflict")
    compare = browser.get(browser.url("move_compare", course=course.pk, item=row.pk))
    assert "<del>Ours alone.</del>" in compare.text
    choose = browser.url("move_choose", course=course.pk, item=row.pk)
    browser.post(one, {"choice": "ours"}, to=choose)
    browser.post(one, to=browser.url("move_begin", course=course.pk))
    drain(course)
    done = browser.get(one).text
    assert "Conversations and progress stay with their people" in done
    assert "Ours is kept" in done
    home = browser.get(browser.url("institution_course", course=course.pk)).text
    assert "lives in your learning platform now, as “Introduction to Physics”" in home
    undone = browser.post(one, to=browser.url("move_undo", course=course.pk))
    assert "It is being taken back." in undone.text
    stranger = as_officer("owner")
    assert stranger.get(stranger.url("institution_move", course=course.pk)).status_code == 404
