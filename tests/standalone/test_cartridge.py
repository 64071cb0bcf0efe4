"""Packed courses: every kind of thing is read, twice changes nothing, and hostile ones do no harm."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from connectors.cartridge import reading
from connectors.cartridge.errors import NotPacked
from connectors.cartridge.package import Package, plain
from tests.retrieval.making import repacked
from tests.standalone.making import (
    MANIFEST,
    a_course,
    a_manifest,
    an_officer,
    drain,
    packed,
    read,
)
from tutorai.errors import TooBig
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import OWN, Assignment, Course, Quiz, TocNode
from tutorai.models import Cartridge
from tutorai.standalone import filling, packing

LIMIT = 1024 * 1024
# Types as the profiles name them (IMS CC 1.1 and 1.3, "resource types"); Canvas's own parts as its
# exports have them (instructure/canvas-lms, lib/cc).
RESOURCES = """
<resource identifier="p1" type="webcontent" href="wiki_content/forces.html">
 <file href="wiki_content/forces.html"/></resource>
<resource identifier="p2" type="webcontent" href="wiki_content/hidden.html">
 <file href="wiki_content/hidden.html"/></resource>
<resource identifier="f1" type="webcontent" href="web_resources/My%20notes.md">
 <file href="web_resources/My%20notes.md"/></resource>
<resource identifier="pic" type="webcontent" href="web_resources/a.png">
 <file href="web_resources/a.png"/></resource>
<resource identifier="w1" type="imswl_xmlv1p1"><file href="w1.xml"/></resource>
<resource identifier="d1" type="imsdt_xmlv1p1"><file href="d1.xml"/></resource>
<resource identifier="a1" type="assignment_xmlv1p0" href="a1.xml"><file href="a1.xml"/></resource>
<resource identifier="a2" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"
 href="a2/essay.html"><file href="a2/essay.html"/><file href="a2/assignment_settings.xml"/></resource>
<resource identifier="q1" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="q1.xml"/></resource>
<resource identifier="q2" type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="q2.xml"/></resource>
<resource identifier="t1" type="imsbasiclti_xmlv1p0"><file href="t1.xml"/></resource>
<resource identifier="g1" type="webcontent" href="gone.pdf"><file href="gone.pdf"/></resource>
<resource identifier="s1" type="associatedcontent/imscc_xmlv1p1/learning-application-resource"
 href="course_settings/syllabus.html"><file href="course_settings/syllabus.html"/></resource>
"""
LINES = """<item identifier="i1"><title>Week 1</title>
 <item identifier="i2" identifierref="p1"><title>Forces</title></item>
 <item identifier="i3" identifierref="q1"><title>Quiz 1</title></item>
 <item identifier="i4" identifierref="f1"><title>Notes</title></item></item>
<item identifier="i5" identifierref="w1"><title>A site</title></item>"""
EXT = "http://www.imsglobal.org/xsd/imscc_extensions/assignment"
FILES: dict[str, str | bytes] = {
    MANIFEST: a_manifest(RESOURCES, LINES),
    "wiki_content/forces.html": "<html><head><title>Forces</title></head><body><p>Force is mass "
    'times acceleration.</p><a href="$WIKI_REFERENCE$/pages/x">x</a><script>evil()</script></body>',
    "wiki_content/hidden.html": '<html><head><title>Later</title><meta name="workflow_state" '
    'content="unpublished"/></head><body><p>Not yet.</p></body></html>',
    "web_resources/My notes.md": "# Friction\n\nFriction slows.\n",
    "web_resources/a.png": b"\x89PNG",
    "w1.xml": '<webLink xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imswl_v1p1"><title>Site</title>'
    '<url href="https://example.edu/x"/></webLink>',
    "d1.xml": '<topic xmlns="http://www.imsglobal.org/xsd/imsccv1p1/imsdt_v1p1"><title>Talk</title>'
    '<text texttype="text/html">&lt;p&gt;What is work?&lt;/p&gt;</text></topic>',
    "a1.xml": f'<assignment xmlns="{EXT}" identifier="a1"><title>Essay</title>'
    '<text texttype="text/plain">Write a &amp; b.</text>'
    '<gradable points_possible="20">true</gradable>'
    '<submission_formats><format type="file"/></submission_formats></assignment>',
    "a2/essay.html": "<html><head><title>Assignment: Lab</title></head><body><p>Measure.</p></body>",
    "a2/assignment_settings.xml": '<assignment xmlns="http://canvas.instructure.com/xsd/cccv1p0">'
    "<title>Lab</title><due_at>2026-10-01T23:59:00</due_at><points_possible>5.0</points_possible>"
    "<workflow_state>published</workflow_state></assignment>",
    "q2.xml": '<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment '
    'ident="q2" title="Check"><section ident="s"><item ident="i1"><itemmetadata><qtimetadata>'
    "<qtimetadatafield><fieldlabel>cc_profile</fieldlabel><fieldentry>cc.essay.v0p1</fieldentry>"
    "</qtimetadatafield></qtimetadata></itemmetadata><presentation><material>"
    '<mattext texttype="text/html">Why?</mattext></material></presentation></item></section>'
    "</assessment></questestinterop>",
    "course_settings/syllabus.html": "<html><body><p>Read chapter one.</p></body></html>",
}


def told(course: Course) -> dict[str, str]:
    rows = course.items.filter(deleted_at=None).order_by("title")
    return {row.title: row.kind for row in rows}


def test_every_kind_of_thing_is_read_and_the_rest_is_told_by_name() -> None:
    who = an_officer()
    course = a_course(who)

    row = read(who, course, packed(FILES))

    assert (row.version, row.error, bool(row.blob)) == ("1.1.0", "", False)
    assert told(course) == {
        "A site": "link",
        "Essay": "assignment",
        "Forces": "page",
        "Lab": "assignment",
        "Later": "page",
        "Notes": "file",
        "Syllabus": "syllabus",
        "Talk": "discussion",
    }
    assert row.left == [
        {"title": "Quiz 1", "why": "quiz"},
        {"title": "gone.pdf", "why": "broken"},
    ]
    assert (row.read["tool"], row.read["media"], row.read["quiz"]) == (1, 1, 1)
    quiz = Quiz.objects.get(course=course)
    assert (quiz.title, quiz.record["questions"][0]["text"]) == ("Check", "Why?")
    page = course.items.get(title="Forces")
    assert page.body == '<p>Force is mass times acceleration.</p><a rel="noopener noreferrer">x</a>'
    assert page.indexed_sha256 == page.sha256 != ""
    assert not course.items.get(title="Later").published
    assert course.items.get(title="A site").url == "https://example.edu/x"
    essay, lab = (Assignment.objects.get(course=course, title=name) for name in ("Essay", "Lab"))
    assert (str(essay.max_points), essay.content, essay.hand_in) == (
        "20.00",
        "<p>Write a &amp; b.</p>",
        ["file"],
    )
    assert lab.due_date is not None
    assert (str(lab.max_points), lab.due_date.isoformat()) == ("5.00", "2026-10-01T23:59:00+00:00")
    lines = TocNode.objects.filter(course=course, source=OWN).order_by("position")
    assert [(line.title, line.kind, line.item_id is not None) for line in lines] == [
        ("Week 1", "heading", False),
        ("Forces", "page", True),
        ("Quiz 1", "quiz", False),
        ("Notes", "file", True),
        ("A site", "link", True),
    ]
    assert lines[1].parent_id == lines[0].pk


def test_the_same_package_again_changes_nothing_and_a_new_one_only_what_differs() -> None:
    who = an_officer()
    course = a_course(who)
    assert read(who, course, packed(FILES)).changed == 8
    other = packed(
        {
            MANIFEST: a_manifest(
                '<resource identifier="p1" type="webcontent" href="o.html"><file href="o.html"/></resource>',
                '<item identifier="i1" identifierref="p1"><title>Other</title></item>',
                name="m2",
            ),
            "o.html": "<p>Another course.</p>",
        }
    )
    read(who, course, other)
    before = list(course.toc.order_by("position").values_list("pk", "title", "position"))
    jobs = Job.objects.filter(course=course, kind="index_item").count()

    again = read(who, course, packed(FILES))

    assert (again.changed, again.error) == (0, "")
    assert list(course.toc.order_by("position").values_list("pk", "title", "position")) == before
    assert Job.objects.filter(course=course, kind="index_item").count() == jobs
    changed = read(who, course, packed({**FILES, "wiki_content/forces.html": "<p>New words.</p>"}))
    assert changed.changed == 1


def test_what_tutorai_exported_comes_back_whole() -> None:
    who = an_officer()
    course, other = a_course(who), a_course(who, "Copy")
    read(who, course, packed(FILES))

    with packing.zipped(course) as file:
        row = read(who, other, file.read(), "course.zip")

    assert (row.version, row.error, row.left) == ("LMS-DM 1", "", [])
    assert told(other) == told(course)
    hashes = [sorted(one.items.values_list("sha256", flat=True)) for one in (course, other)]
    assert hashes[0] == hashes[1]
    assert other.toc.count() == course.toc.count()
    assert (other.assignments.count(), other.quizzes.count()) == (2, 1)
    alone = packing.written(packing.document(course))
    assert read(who, a_course(who), alone, "course.json").left == [
        {"title": "Notes", "why": "missing"}
    ]


@pytest.mark.parametrize(
    "package",
    [
        b"no archive",
        packed({"x": "no manifest"}),
        packed({MANIFEST: "<manifest"}),
        packed({MANIFEST: '<!DOCTYPE m [<!ENTITY a "aaaa">]><manifest>&a;</manifest>'}),
        packed({packing.NAME: '{"format": "another"}'}),
        b'{"format": "tutorai-course", "version": 2}',
        repacked(packed({MANIFEST: a_manifest("")})),
    ],
    ids=[
        *("no archive", "no manifest", "no xml", "entities", "another document"),
        *("a later version", "packed otherwise"),
    ],
)
def test_what_is_no_package_is_said_and_leaves_nothing(package: bytes) -> None:
    who = an_officer()
    course = a_course(who)

    row = read(who, course, package)

    assert (row.error, course.items.count()) == ("not_packed", 0)
    assert Cartridge.objects.get(pk=row.pk).finished_at is not None


def test_a_bomb_a_lie_and_a_way_out_are_left_and_the_rest_is_read() -> None:
    resources = "".join(
        f'<resource identifier="{name}" type="webcontent" href="{href}"><file href="{href}"/></resource>'
        for name, href in {
            "bomb": "bomb.txt",
            "out": "../../etc/passwd",
            "abs": "/etc/passwd.txt",
            "good": "good.txt",
        }.items()
    )
    files: dict[str, str | bytes] = {
        MANIFEST: a_manifest(resources),
        "bomb.txt": b"\0" * (2 * 1024 * 1024),
        "../../etc/passwd": "root",
        "good.txt": "Good.",
    }
    with Package(BytesIO(packed(files))) as package:
        found = reading.read(package, "c", 64 * 1024 * 1024)
        files_of = {thing.item.title: thing.member for thing in found.things}

        assert files_of == {"bomb.txt": "bomb.txt", "good.txt": "good.txt"}
        with pytest.raises(TooBig):
            package.open("bomb.txt", 64 * 1024 * 1024)
        with pytest.raises(NotPacked):
            package.read("../../etc/passwd")
    course = a_course(who := an_officer())
    row = read(who, course, packed(files))
    assert [row.left, told(course)] == [
        [
            {"title": "out", "why": "broken"},
            {"title": "abs", "why": "broken"},
            {"title": "bomb.txt", "why": "too_big"},
        ],
        {"bomb.txt": "file", "good.txt": "file"},
    ]
    assert course.items.get(title="bomb.txt").unreadable == "too_big"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/b.html?x=1#y", "a/b.html"),
        ("a%20b.txt", "a b.txt"),
        ("a\\b.txt", "a/b.txt"),
        ("../a", ""),
        ("a/../../b", ""),
        ("/a", ""),
        ("C:/a", ""),
        ("file:///a", ""),
        ("a/./b", "a/b"),
        ("", ""),
    ],
)
def test_a_name_stays_within_its_archive(path: str, name: str) -> None:
    assert plain(path) == name


def test_a_member_that_is_larger_than_it_says_is_stopped_while_it_is_read() -> None:
    whole = bytearray(packed({MANIFEST: "x" * 100}))
    with zipfile.ZipFile(BytesIO(bytes(whole))) as archive:
        assert archive.infolist()[0].file_size == 100
    at = whole.rindex(b"PK\x01\x02") + 24  # "uncompressed size" of the central directory
    whole[at : at + 4] = (50).to_bytes(4, "little")

    with Package(BytesIO(bytes(whole))) as package, pytest.raises(NotPacked):
        package.read(MANIFEST)


def test_a_package_that_was_given_up_says_so_and_can_be_read_after_all() -> None:
    who = an_officer()
    course = a_course(who)
    row = filling.hand_in(who, course, SimpleUploadedFile("c.imscc", packed(FILES)))
    job = Job.objects.get(kind=filling.KIND, key=str(row.pk))
    job.error = "bug"

    filling.gave_up(job)

    assert Cartridge.objects.get(pk=row.pk).error == "bug"
    drain(course)
    row.refresh_from_db()
    assert (row.error, row.changed) == ("", 8)
