"""The recorded Moodle with what is in its courses, for web services: rows with the same ids."""

import base64
from typing import Any

from tests.sandbox.recorded import ADA, ADMIN, BIOLOGY, CELLS, LUKASZ, TEACHER, ZOE, Row, row

SERVICE = 10
MADE, THEMED = "2026-11-22T10:37:55Z", 1795343875
LATER = "2026-11-22T10:47:46Z"
REPORTED = "2026-11-22T10:58:47Z"
TOKENS = {
    "<WS_TOKEN_WSUSER>": SERVICE,
    "<WS_TOKEN_STUDENT1>": ADA,
    "<WS_TOKEN_TEACHER1>": TEACHER,
    "<WS_TOKEN_ADMIN>": ADMIN,
    "<WS_TOKEN_EXPIRED>": SERVICE,
    "<WS_TOKEN_IPBOUND>": SERVICE,
}
MEMBRANES = (
    "<p>Membranes keep the cell's inside in. They are <b>selectively permeable</b> &amp; "
    "dynamic.</p>",
    "<p>Ions &lt; molecules; osmosis matters.</p>",
    "<p>Błona komórkowa jest ważna. 細胞膜。</p>",
)
CELL = (
    "<h3>The cell membrane</h3><p>The membrane is a phospholipid bilayer &amp; controls transport. "
    'Energy: \\(E = mc^2\\).</p><p><img src="@@PLUGINFILE@@/cell.png" alt="A cell" /></p>'
)


def token(name: str) -> str:
    """Return the value of a recorded token of ours."""
    return f"recorded{name.strip('<>').replace('_', '').lower()}"


def service() -> list[Row]:
    """Return the account that was made for us, and all tokens."""
    named = {"name": "Tutor Service", "given_name": "Tutor", "family_name": "Service"}
    more = {"sortable_name": "Service, Tutor", "email": "wsuser@example.test"}
    tokens = [
        row(
            "accesstoken",
            number,
            person=person,
            value=token(name),
            expires_at=MADE if "EXPIRED" in name else None,
            scopes="nothing" if "IPBOUND" in name else "",
        )
        for number, (name, person) in enumerate(TOKENS.items(), 9001)
    ]
    login = {"world": 1, "key": "service", "uuid": "10", "login_id": "wsuser"}
    return [row("person", SERVICE, **login, **named, **more), *tokens]


def _section(number: int, position: int, name: str, course: int = BIOLOGY, **more: Any) -> Row:
    summary = {"summary": f"<p>Summary for section {position}.</p>"} if course == BIOLOGY else None
    given = {"course": course, "name": name, "position": position, "restriction": summary}
    return row("module", number, **given, **more)


def _line(number: int, section: int, kind: str, title: str, **more: Any) -> Row:
    given = {"module": section, "position": number, "type": kind, "title": title}
    return row("moduleitem", number, **given, **more)


def _thing(model: str, number: int, at: str = MADE, **more: Any) -> Row:
    return row(model, number, course=BIOLOGY, created_at=at, updated_at=at, **more)


def _blob(size: int) -> str:
    return base64.b64encode(bytes(size)).decode()


def biology() -> list[Row]:
    """Return what is in the first course."""
    dated = {"due_at": "2026-11-29T10:37:55Z", "unlock_at": "2026-11-21T10:37:55Z"}
    essay = "<p>Write <em>300 words</em>. Rubric: claim &amp; evidence.</p>"
    return [
        row("course", BIOLOGY, **_course("Introduction to Biology", "BIO101", "BIO-101-2026")),
        _section(15, 0, "Welcome"),
        _section(16, 1, "Unit 1: The Cell"),
        _section(17, 2, "Unit 2: DNA & RNA <i>"),
        _section(18, 3, "Unit 3: Evolution"),
        _section(19, 4, "Hidden: Instructor notes", published=False),
        row("group", 3, course=BIOLOGY, name="Lab A", people=[ADA, ZOE]),
        _thing("page", 5, url="cell", title="Cell structure & function", body=CELL),
        _thing(
            "page",
            6,
            LATER,
            url="key",
            title="Answer key (hidden)",
            body="<p>Secret answers.</p>",
            published=False,
        ),
        _thing(
            "file",
            3,
            display_name="Syllabus über Biology 101.pdf",
            content_type="application/pdf",
            content=_blob(429),
        ),
        _thing(
            "assignment",
            5,
            name="Essay: Why membranes matter",
            description=essay,
            points_possible=100,
            submission_types=["online_text_entry"],
            attempts=1,
            lock_at="2026-12-01T10:37:55Z",
            **dated,
        ),
        _thing(
            "assignment",
            6,
            name="Lab report upload",
            description="<p>Upload a PDF.</p>",
            points_possible=50,
            submission_types=["online_upload", "drafts"],
            attempts=1,
        ),
        _thing("quiz", 3, title="Quiz: organelles"),
        *_lines(),
    ]


def _lines() -> list[Row]:
    welcome = "<p><strong>Welcome!</strong> Office hours: Tue 10&ndash;11.</p>"
    picture = {"name": "cell.png", "type": "image/png", "size": 70, "text": "0" * 70}
    labs = [
        {"name": f"lab{number}.txt", "type": "text/plain", "text": "x" * size}
        for number, size in ((1, 19), (2, 15))
    ]
    helix = "<p>Helicase unwinds the helix.</p>"
    chapters = [
        {"id": 6, "title": "Replication", "html": helix},
        {"id": 5, "title": "DNA & RNA", "html": "<p>Bases.</p>"},
    ]
    at = {"instance": 3, "at": THEMED}
    url = {"external_url": "https://www.khanacademy.org/science/biology?x=1&y=2"}
    return [
        _line(26, 15, "Label", "Welcome label", told={**at, "html": welcome}),
        _line(32, 15, "Forum", "Course questions", told={"instance": 3, "type": "general"}),
        _line(25, 16, "Page", "Cell structure & function", page=5, told={"files": [picture]}),
        _line(27, 16, "ExternalUrl", "Khan: Cells", told=at, **url),
        _line(33, 16, "Assignment", "Essay: Why membranes matter", assignment=5),
        _line(35, 16, "Quiz", "Quiz: organelles", quiz=3),
        _line(36, 16, "ExternalTool", "Tutor.AI: Cell tutor", told={"instance": 3}),
        _line(28, 17, "File", "Syllabus (PDF)", file=3),
        _line(29, 17, "Folder", "Lab handouts", told={**at, "files": labs}),
        _line(30, 17, "Book", "Genetics primer", told={**at, "chapters": chapters}),
        _line(34, 18, "Assignment", "Lab report upload", assignment=6),
        _line(37, 18, "ExternalTool", "Tutor.AI: anonymous", told={"instance": 4}),
        _line(31, 19, "Page", "Answer key (hidden)", page=6),
    ]


def _course(name: str, code: str, sis: str, about: str = "") -> Row:
    given = {"world": 1, "key": code, "name": name, "code": code, "sis_id": sis}
    about = about or "<p>Cells, genetics &amp; evolution.</p>"
    return {
        **given,
        "uuid": str(BIOLOGY if sis else CELLS),
        "description": about,
        "syllabus_body": "",
        "created_at": "2026-11-22T10:37:54Z",
    }


def cells() -> list[Row]:
    """Return the second course, which is named to show escaping."""
    about = "<p>Second course – with <b>awkward</b> name.</p>"
    return [
        row("course", CELLS, **_course('Cells & Systems: "A" <B>', "C&S", "", about)),
        _section(20, 0, "General", CELLS),
        _section(21, 1, "New section", CELLS),
    ]


def essays() -> list[Row]:
    """Return what was handed in first."""
    rows = []
    for number, (person, words) in enumerate(zip((ADA, ZOE, LUKASZ), MEMBRANES, strict=True), 7):
        given = {"assignment": 5, "person": person, "submitted_at": MADE}
        rows.append(row("submission", number, **given, updated_at=MADE))
        rows.append(row("attempt", number, submission=number, number=1, body=words, at=MADE))
    return rows


def report(*, draft: bool = False) -> list[Row]:
    """Return the report with its file."""
    given = {"submission": 16, "number": 1, "kind": "online_upload", "at": REPORTED}
    text = base64.b64encode(b"Osmosis: water moves.\n").decode()
    file = {"name": "lab report (final).txt", "content_type": "text/plain", "content": text}
    return [
        row("submission", 16, assignment=6, person=ADA, updated_at=REPORTED),
        row("attempt", 16, **given, draft=draft),
        row("attachment", 16, attempt=16, **file),
    ]
