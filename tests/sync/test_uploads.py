"""Files that a teacher drops in: read, replaced, removed, refused; and never lost by connecting."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from connectors.sandbox import documents
from tests.conftest import Running
from tests.sync.making import School, a_school
from tutorai import flows
from tutorai.errors import BadRequest, NotFound, NotYours, TooBig
from tutorai.lmsdm.models import ContentItem
from tutorai.lmsdm.schema import Role

NOTES = b"# Friction\n\nFriction is a force between two surfaces that slide.\n"


def drop(school: School, name: str = "notes.md", content: bytes = NOTES) -> ContentItem:
    item = flows.upload(school.teacher, SimpleUploadedFile(name, content))
    school.drain()
    item.refresh_from_db()
    return item


def test_a_dropped_file_answers_questions(school: School) -> None:
    drop(school)

    assert school.found("What is friction?", school.as_role(Role.STUDENT)) == ["notes.md"]


@pytest.mark.parametrize("name", ["handbook.pdf", "handbook.docx"])
def test_pdf_and_word_files_are_read(school: School, name: str) -> None:
    drop(school, name, documents.write(name, "# Levers\n\nA lever turns about its fulcrum.\n"))

    assert school.found("What does a lever turn about?", school.as_role(Role.STUDENT)) == [name]


def test_the_same_name_again_replaces_the_file(school: School) -> None:
    first = drop(school)

    second = drop(school, content=b"# Levers\n\nA lever turns about its fulcrum.\n")

    assert second.pk == first.pk
    assert not ContentItem.objects.get(pk=first.pk).blob.storage.exists(str(first.blob.name))
    assert school.course.items.count() == 1
    assert school.found("What does a lever turn about?", school.as_role(Role.STUDENT))


def test_the_same_file_again_changes_nothing(school: School) -> None:
    drop(school)
    chunks = school.indexed("notes.md")

    drop(school)

    assert len(school.indexed("notes.md")) == len(chunks)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("tool.txt", b"MZ\x00", "unsupported"),
        ("broken.pdf", b"%PDF-1.4 and then nothing", "broken"),
        ("broken.docx", b"PK\x03\x04 no archive", "broken"),
        ("empty.txt", b"   \n", "no_text"),
    ],
)
def test_what_cannot_be_read_says_why(
    school: School, name: str, content: bytes, reason: str
) -> None:
    assert drop(school, name, content).unreadable == reason


def test_a_file_of_a_kind_nobody_reads_is_refused_at_the_door(school: School) -> None:
    with pytest.raises(BadRequest, match="no PDF"):
        drop(school, "talk.key", b"PK")

    assert not school.course.items.exists()


def test_a_readable_file_under_the_same_name_mends_it(school: School) -> None:
    assert drop(school, "notes.md", b"  ").unreadable == "no_text"

    assert drop(school).unreadable == ""


def test_a_removed_file_answers_no_more(school: School) -> None:
    item = drop(school)

    flows.remove_upload(school.teacher, item.pk)
    school.drain()

    assert school.found("What is friction?", school.as_role(Role.STUDENT)) == []
    assert school.indexed("notes.md") == []
    with pytest.raises(NotFound):
        flows.remove_upload(school.teacher, item.pk)


def test_a_removed_file_can_be_dropped_in_again(school: School) -> None:
    flows.remove_upload(school.teacher, drop(school).pk)
    school.drain()

    drop(school)

    assert school.found("What is friction?", school.as_role(Role.STUDENT)) == ["notes.md"]


def test_a_page_of_the_lms_cannot_be_removed_as_an_upload(school: School) -> None:
    school.read(index=False)

    with pytest.raises(NotFound):
        flows.remove_upload(school.teacher, school.item("Friction and drag").pk)


def test_another_schools_teacher_cannot_remove_it(school: School, sandbox: Running) -> None:
    item = drop(school)

    with pytest.raises(NotFound):
        flows.remove_upload(a_school(sandbox).teacher, item.pk)


def test_only_authors_drop_files_in(school: School) -> None:
    for role in (Role.STUDENT, Role.TA):
        with pytest.raises(NotYours):
            flows.upload(school.as_role(role), SimpleUploadedFile("notes.md", NOTES))


def test_a_file_over_the_limit_or_without_content_is_refused(school: School, settings: Any) -> None:
    settings.UPLOAD_LIMIT = 20

    with pytest.raises(TooBig):
        drop(school)
    with pytest.raises(BadRequest):
        drop(school, content=b"")


def test_a_hostile_name_is_only_a_name(school: School) -> None:
    file = SimpleUploadedFile("notes.md", NOTES)
    vars(file)["_name"] = "..\\..\\etc/pass\x00wd.md"  # as a browser might send it

    item = flows.upload(school.teacher, file)

    assert item.title == "passwd.md"
    assert ".." not in str(item.blob.name)


def test_connecting_later_keeps_what_was_dropped_in(school: School) -> None:
    item = drop(school)

    school.read()

    item.refresh_from_db()
    assert item.deleted_at is None
    assert school.indexed("notes.md")
    assert school.indexed("Friction and drag")
