"""The teacher's pages: what is written, approved, downloaded and read in; and who may."""

import io
import re
import zipfile
from typing import Any

import httpx
import pytest
from django.utils import timezone

from connectors.base import Draft
from connectors.exchange.formats import FORMATS
from connectors.models import Connector
from tests import factories
from tests.conftest import Running
from tests.publishing.quizzes import everything
from tutorai import publishing
from tutorai.ids import new_id
from tutorai.ledger.models import AuditEvent, Job, Proposal, Publication
from tutorai.lmsdm.models import Course
from tutorai.lmsdm.schema import Ask, Quiz, Role


class Author:
    """Somebody with a session in a course."""

    def __init__(self, tool: Running, course: Course, role: Role, **session: Any) -> None:
        self.base, self.course = tool.url, course
        self.begun = factories.a_session(course, role, **session)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.begun.access_token}"}
        url = f"{self.base}/pages/publish{path}"
        return httpx.request(method, url, headers=bearer, timeout=30, **more)

    def get(self, path: str = "") -> str:
        answer = self.call("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **form: Any) -> str:
        answer = self.call("POST", path, data=form)
        assert answer.status_code == 200, answer.text
        return answer.text

    @property
    def draft(self) -> Proposal:
        """The newest of the course."""
        return Proposal.objects.filter(course=self.course).latest("created_at")

    @property
    def seen(self) -> str:
        """What stands for it as it is."""
        return publishing.seal(self.draft)


@pytest.fixture
def course() -> Course:
    return factories.a_course()


@pytest.fixture
def teacher(tool: Running, course: Course) -> Author:
    return Author(tool, course, Role.TEACHER)


def connected(course: Course) -> None:
    """The course has a connection to a Canvas; nobody calls it here."""
    Connector.objects.create(
        institution=course.institution,
        course=course,
        lms="canvas",
        base_url="https://canvas.example",
        external_id=str(new_id()),
    )


def test_a_page_is_written_looked_at_and_approved_once(teacher: Author, course: Course) -> None:
    connected(course)
    first = teacher.post("/new/page", title=" Week  1 ", text="Read **this**:\n\n\\(a_1 < b_2\\)")
    page = teacher.draft
    whole = teacher.get(f"/{page.pk}/send")
    stale = teacher.post(f"/{page.pk}/approve", seen="0")
    listed = teacher.post(f"/{page.pk}/approve", seen=teacher.seen)
    again = teacher.post(f"/{page.pk}/approve", seen=teacher.seen)

    assert page.payload["title"] == "Week 1"
    assert "<strong>this</strong>" in first
    assert r"\(a_1 &lt; b_2\)" in page.payload["html"]
    assert "Approve and send to Canvas" in whole
    assert "somebody changed it meanwhile" in stale
    assert "It goes out now" in listed
    assert "already under way" in again
    made = Publication.objects.get(proposal=page)
    assert (made.state, Job.objects.filter(key=str(made.pk)).count()) == ("queued", 1)
    told = AuditEvent.objects.filter(course=course.pk).values_list("verb", flat=True)
    assert sorted(told) == ["draft.approve", "draft.make"]


def test_what_is_typed_stays_when_it_cannot_be_taken(teacher: Author) -> None:
    untitled = teacher.post("/new/announcement", title=" ", text="Dear <b>all")
    teacher.post("/new/announcement", title="Hello", text="Dear all")
    path = f"/{teacher.draft.pk}"
    overtaken = teacher.post(path, title="Hello!", text="Mine", seen="0")
    scripted = teacher.post(path, title="Hello", text="<script>x</script>Hi", seen=teacher.seen)

    assert "it needs a title" in untitled
    assert "Dear &lt;b&gt;all" in untitled
    assert "Mine" in overtaken
    assert teacher.draft.payload["html"] == "<p>Hi</p>" or "Hi" in teacher.draft.payload["html"]
    assert "<script" not in scripted


def test_a_quiz_is_written_question_by_question(teacher: Author) -> None:
    teacher.post("/new/quiz", title="Forces")
    path = f"/{teacher.draft.pk}"
    form = teacher.post(f"{path}/quiz", title="Forces", seen=teacher.seen, act="new", ask="single")
    more = {"ask": "single", "text": "What is 2 × 2?", "points": "2", "seen": teacher.seen}
    rows = {"answer": ["4", "**5**"], "share": ["100", "0"], "hint": ["", "No."]}
    longer = teacher.post(f"{path}/questions/0", **more, **rows, act="add")
    wrong = teacher.post(f"{path}/questions/0", **{**more, **rows, "share": ["0", "0"]}, act="save")
    saved = teacher.post(f"{path}/questions/0", **more, **rows, act="save")
    pair = {"ask": "matching", "text": "Match", "points": "1", "seen": teacher.seen, "act": "save"}
    sides = {"answer": ["N", "J"], "other": ["force", "energy"], "decoy": ["power", ""]}
    teacher.post(f"{path}/questions/1", **pair, **sides)
    shape = {"title": "Forces", "minutes": "20", "shuffle": "on", "seen": teacher.seen}
    moved = teacher.post(f"{path}/quiz", **shape, act="up:1")
    opened = teacher.post(f"{path}/quiz", **{**shape, "seen": teacher.seen}, act="edit:1")

    assert form.count('name="answer"') == 4
    assert longer.count('name="answer"') == 3
    assert "no answer is right" in wrong
    assert "Question 1 is saved." in saved
    assert "**5**" in opened
    quiz = publishing.quiz(teacher.draft)
    assert quiz is not None
    assert [one.ask for one in quiz.questions] == [Ask.MATCHING, Ask.SINGLE]
    assert (quiz.minutes, quiz.shuffle, quiz.questions[0].decoys) == (20, True, ("<p>power</p>",))
    assert [one.text for one in quiz.questions[1].choices] == [
        "<p>4</p>",
        "<p><strong>5</strong></p>",
    ]
    assert "Move question 1 down" in moved
    gone = teacher.post(f"{path}/quiz", **{**shape, "seen": teacher.seen}, act="drop:0")
    assert "Move question 2" not in gone


@pytest.mark.parametrize("name", FORMATS)
def test_questions_of_a_file_become_a_draft_that_leaves_as_a_file(
    teacher: Author, name: str
) -> None:
    form, asked = FORMATS[name], everything()
    files = {"file": (f"quiz{form.name}", form.write(asked))}

    read = teacher.call("POST", "/import", files=files)
    link = teacher.call("GET", f"/{teacher.draft.pk}/file/{name}")
    file = httpx.get(teacher.base + link.headers["HX-Redirect"])

    assert "Read. Look at each question." in read.text
    quiz = publishing.quiz(teacher.draft)
    assert quiz is not None
    assert [one.ask for one in quiz.questions] == [one.ask for one in asked.questions]
    assert link.status_code == 204
    assert file.headers["Content-Disposition"].startswith("attachment; filename*=UTF-8''Forces")
    assert file.content == form.write(quiz)


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\x00", b"<quiz", b"PK\x03\x04junk", b"<html/>", b"just words"],
    ids=["empty", "binary", "cut", "no zip", "other", "words"],
)
def test_a_file_that_holds_no_questions_is_told_so(teacher: Author, content: bytes) -> None:
    answer = teacher.call("POST", "/import", files={"file": ("quiz.xml", content)})

    assert answer.status_code == 200
    assert "This cannot be used" in answer.text
    assert not Proposal.objects.filter(course=teacher.course).exists()


def test_a_package_that_swells_is_not_unpacked(teacher: Author) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.xml", b" " * (50 * 1024 * 1024))

    answer = teacher.call("POST", "/import", files={"file": ("quiz.zip", made.getvalue())})

    assert "This is larger than 40 MB" in answer.text


def test_without_a_connection_it_is_downloaded_and_cannot_be_approved(teacher: Author) -> None:
    teacher.post("/new/page", title="Week 1", text="Read.", act="save")
    page = teacher.draft

    whole = teacher.get(f"/{page.pk}/send")
    refused = teacher.post(f"/{page.pk}/approve", seen=teacher.seen)
    link = teacher.call("GET", f"/{page.pk}/file/html")
    file = httpx.get(teacher.base + link.headers["HX-Redirect"])

    assert "Approve and send" not in whole
    assert "download it instead" in refused
    assert "<p>Read.</p>" in file.text
    assert not Publication.objects.filter(proposal=page).exists()


def test_what_is_not_whole_cannot_be_approved_and_says_what_it_lacks(
    teacher: Author, course: Course
) -> None:
    connected(course)
    teacher.post("/new/quiz", title="Empty")

    told = teacher.get(f"/{teacher.draft.pk}/send")
    read = teacher.call("POST", "/import", files={"file": ("q.txt", b"Two plus two {=four}")})
    first = teacher.get(f"/{teacher.draft.pk}/send")
    Proposal.objects.filter(pk=teacher.draft.pk).delete()
    refused = teacher.post(f"/{teacher.draft.pk}/approve", seen=teacher.seen)

    assert "there are no questions" in told
    assert read.status_code == 200
    assert first.index("for Canvas") < first.index("for Moodle")  # what is connected comes first
    assert "there are no questions" in refused


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TA, Role.OBSERVER, Role.ADMIN])
def test_only_authors_write(tool: Running, course: Course, role: Role) -> None:
    somebody = Author(tool, course, role)

    assert somebody.call("GET", "").status_code == 403
    assert somebody.call("POST", "/new/page", data={"title": "x"}).status_code == 403


def test_another_courses_draft_is_not_here(tool: Running, teacher: Author) -> None:
    teacher.post("/new/page", title="Ours", text="x")
    other = Author(tool, factories.a_course(), Role.TEACHER)
    path = f"/{teacher.draft.pk}"

    asked = [("GET", path), ("POST", path), ("GET", f"{path}/send"), ("GET", f"{path}/file/html")]
    asked += [("POST", f"{path}/{act}") for act in ("approve", "discard", "copy", "retry")]
    assert {other.call(method, where).status_code for method, where in asked} == {404}


def test_who_acts_as_a_teacher_writes_nothing(tool: Running, course: Course) -> None:
    acting = Author(tool, course, Role.TEACHER, masquerade="77")

    answer = acting.call("POST", "/new/page", data={"title": "x"})

    assert (answer.status_code, answer.json()["code"]) == (403, "writing_as")
    assert "Write something new" not in acting.get()


def test_what_is_thrown_away_is_gone_and_what_was_approved_cannot_be(
    teacher: Author, course: Course
) -> None:
    connected(course)
    teacher.post("/new/page", title="Old", text="x")
    old = teacher.draft
    gone = teacher.post(f"/{old.pk}/discard")
    teacher.post("/new/page", title="New", text="x")
    teacher.post(f"/{teacher.draft.pk}/approve", seen=teacher.seen)

    late = teacher.call("POST", f"/{teacher.draft.pk}/discard")

    assert "Thrown away" in gone
    assert teacher.call("GET", f"/{old.pk}").status_code == 404
    assert late.status_code == 409


def test_an_address_of_a_file_is_good_for_its_session_alone(teacher: Author) -> None:
    teacher.post("/new/page", title="Ours", text="x")
    link = teacher.call("GET", f"/{teacher.draft.pk}/file/html").headers["HX-Redirect"]

    assert httpx.get(f"{teacher.base}{link}").status_code == 200
    assert httpx.get(f"{teacher.base}{link[:-3]}xyz").status_code == 404
    assert re.search("[0-9a-f-]{36}", link) is None


def test_a_quiz_of_another_hand_keeps_its_html(teacher: Author) -> None:
    html = '<p dir="rtl">a*b*c</p>'
    asked = everything().questions[0].model_copy(update={"text": html})
    wish = publishing.Wish(Draft.QUIZ, "x", quiz=Quiz(title="x", questions=(asked,)))
    actor = factories.an_actor(teacher.course, Role.TEACHER)
    draft = publishing.propose(actor, wish, Proposal.Maker.AI)
    path = f"/{draft.pk}"

    opened = teacher.get(f"{path}/questions/0")
    fields = re.findall(r'<textarea[^>]*name="text"[^>]*>([^<]*)<', opened)

    assert fields == ["&lt;p dir=&quot;rtl&quot;&gt;a*b*c&lt;/p&gt;"]
    assert "written by the tutor" in teacher.get()


def test_how_each_stands_is_said_and_what_was_given_up_can_be_tried_again(
    teacher: Author, course: Course
) -> None:
    connected(course)
    made = {}
    for title in ("Away", "There", "Refused", "Given up"):
        teacher.post("/new/page", title=title, text="x")
        teacher.post(f"/{teacher.draft.pk}/approve", seen=teacher.seen)
        made[title] = Publication.objects.get(proposal=teacher.draft)
    jobs = {title: Job.objects.filter(key=str(row.pk)) for title, row in made.items()}
    jobs["Away"].update(away_since=timezone.now())
    for title, told in {
        "There": {"state": "done", "url": "https://canvas.example/pages/there"},
        "Refused": {"state": "rejected", "error": "lms_refused"},
        "Given up": {"state": "dead", "error": "lms_unauthorised"},
    }.items():
        Publication.objects.filter(pk=made[title].pk).update(**told)
        jobs[title].update(state="buried" if title == "Given up" else "done")

    listed = teacher.get()
    again = teacher.post(f"/{made['Given up'].proposal_id}/retry")
    anew = teacher.post(f"/{made['Refused'].proposal_id}/copy")

    for words in (
        "waiting for Canvas since",
        'href="https://canvas.example/pages/there"',
        "The learning platform does not allow this.",
        "The connection to the learning platform has ended.",
        "Try again",
    ):
        assert words in listed
    assert "It is tried again." in again
    assert jobs["Given up"].get().state == "waiting"
    assert 'value="Refused"' in anew
