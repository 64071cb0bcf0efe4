"""The Moodle that was recorded, laid out in a world of ours row by row, with the same ids.

Recordings of Moodle 4.5.6: what was sent to it, and what it said. `INDEX` of what is in
`recordings/`: one file for each family, and the scores and results of `tests/ledger`.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Exchange = dict[str, Any]
HERE = Path(__file__).parent / "recordings"
LEDGER = Path(__file__).parent.parent / "ledger" / "recordings"

MOODLE, TOOL = "http://127.0.0.1:8888", "http://127.0.0.1:9999"
WORLD = "recorded"
# Site, course and tool numbers as they were; nobody else in a sandbox has numbers as low.
ADMIN, TEACHER, TA, ADA, ZOE, LUKASZ, LI, SAM = range(2, 10)
BIOLOGY, CELLS = 6, 7
SHARED, PRIVATE, DYNAMIC = 1, 2, 5  # tool types: sharing all, sharing nothing, registered itself
CLIENTS = {SHARED: "RVAqHXX9gG8nvtO", PRIVATE: "2DVmq02YZFY1utv", DYNAMIC: "y5xec9vPYQtNqdC"}
PEOPLE = [
    (ADMIN, "Admin", "User", "admin", ""),
    (TEACHER, "Tara", "Teacher", "teacher1", "T-0001"),
    (TA, "Theo", "Assistant", "ta1", "T-0002"),
    (ADA, "Ada", "Lovelace", "student1", "S-0001"),
    (ZOE, "Zoë", "O'Brien & Co", "student2", "S-0002"),
    (LUKASZ, "Łukasz", "Żółć", "student3", "S-0003"),
    (LI, "李", "小龍", "student4", "S-0004"),
    (SAM, "Sam", "Nosubmission", "student5", ""),
]
STUDENTS = (ADA, ZOE, LUKASZ, LI, SAM)
GROUPED = (ADA, ZOE)  # in group 3
CUSTOM = {
    "context_history": "$Context.id.history",
    "due": "$ResourceLink.submission.endDateTime",
    "available": "$ResourceLink.available.endDateTime",
    "user_username": "$User.username",
    "person_sourcedid": "$Person.sourcedId",
    "course_idnumber": "$CourseSection.sourcedId",
    "groups": "$Moodle.Person.userGroupIds",
    "static": "hello",
}


@cache
def families() -> dict[str, dict[str, Exchange]]:
    """Return all exchanges, by family and name."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted(HERE.glob("*.json"))}
    found["scores"] = {
        path.stem: json.loads(path.read_text()) for path in sorted(LEDGER.glob("ags_*.json"))
    }
    return found


def exchange(name: str) -> Exchange:
    """Return one of them."""
    return next(found[name] for found in families().values() if name in found)


def row(model: str, pk: int, **fields: Any) -> Row:
    """Write one row as a Django fixture does."""
    return {"model": f"sandbox.{model}", "pk": pk, "fields": fields}


def college(tool: str) -> list[Row]:
    """Return the site with its people, courses and tools, where nobody has done anything yet."""
    return [
        row("world", 1, name=WORLD, dialect="moodle", anchor="2026-11-22"),
        *(
            row(
                "person",
                number,
                world=1,
                key=login,
                uuid=str(number),
                name=f"{given} {family}",
                given_name=given,
                family_name=family,
                sortable_name=f"{family}, {given}",
                email=f"{login}@example.test",
                login_id=login,
                sis_id=sis,
                admin=login == "admin",
            )
            for number, given, family, login, sis in PEOPLE
        ),
        *_course(BIOLOGY, "Introduction to Biology", "BIO101", "BIO-101-2026"),
        *_course(CELLS, 'Cells & Systems: "A" <B>', "C&S", ""),
        row("section", 3, course=BIOLOGY, key="group", name="Group 1"),
        *enrolments(),
        *_tool(SHARED, tool, "Tutor.AI", privacy="public", custom=CUSTOM),
        *_tool(PRIVATE, tool, "Tutor.AI private", privacy="anonymous", custom={}, scopes=[]),
    ]


def _course(number: int, name: str, code: str, sis: str) -> list[Row]:
    given = {"world": 1, "key": code, "uuid": str(number), "name": name, "code": code}
    return [
        row("course", number, **given, description="", syllabus_body="", sis_id=sis),
        # Nobody's group: the course itself.
        row("section", 10 + number, course=number, key="", name=""),
    ]


def enrolments(**of_sam: str) -> list[Row]:
    """Return who is in the courses; Sam's own row may say more."""
    kinds = {TEACHER: "TeacherEnrollment", TA: "TaEnrollment"}
    biology = [
        row(
            "enrolment",
            number,
            course=BIOLOGY,
            section=3 if number in GROUPED else 10 + BIOLOGY,
            person=number,
            type=kinds.get(number, "StudentEnrollment"),
            **(of_sam if number == SAM else {}),
        )
        for number in (TEACHER, TA, *STUDENTS)
    ]
    cells = [
        row(
            "enrolment",
            20 + number,
            course=CELLS,
            section=10 + CELLS,
            person=number,
            type=kinds.get(number, "StudentEnrollment"),
        )
        for number in (TEACHER, ADA)
    ]
    return biology + cells


def _tool(number: int, url: str, name: str, **more: Any) -> list[Row]:
    given = {
        "world": 1,
        "name": name,
        "client_id": CLIENTS.get(number, ""),
        "url": url,
        "login_uri": f"{url}/login",
        "redirect_uris": [f"{url}/launch"],
        "jwks_uri": f"{url}/jwks",
        "target_uri": f"{url}/launch",
        "api_client_id": f"recorded-{number}",
        **more,
    }
    deployment = row("deployment", number, tool=number, deployment_id=str(number))
    return [row("tool", number, **given), deployment]


def column(number: int, label: str, maximum: float, *, tool: int = SHARED, **more: Any) -> Row:
    """Return a column of Introduction to Biology."""
    given = {"tool": tool, "course": BIOLOGY, "label": label, "maximum": maximum}
    return row("lineitem", number, **{**given, **more})


def activity(
    module: int, link: str, title: str, *, column: int | None, tool: int = SHARED, **more: Any
) -> Row:
    """Return an activity: `module` is its number in the course, `link` that of its kind."""
    given = {"deployment": tool, "course": BIOLOGY, "uuid": link, "title": title}
    return row("placedlink", module, **given, line_item=column, **more)


def cell_tutor(number: int) -> list[Row]:
    """Return the activity most was recorded from, with its column of that number."""
    title = "Tutor.AI: Cell tutor"
    return [
        column(number, title, 100, coupled=True, resource_link_id="3"),
        activity(
            36,
            "3",
            title,
            column=number,
            text="<p>Chat with the <b>tutor</b>.</p>",
            custom={"assistant_id": "asst_42", "unit": "1"},
        ),
    ]


def osmosis(tool: str) -> list[Row]:
    """Return the activity that was deep-linked with a column of its own."""
    title = "Deep-linked tutor: Osmosis & diffusion"
    review = {"url": f"{tool}/launch?review=1", "custom": {"rev": "1"}}
    return [
        column(
            38,
            title,
            50,
            coupled=True,
            resource_link_id="7",
            resource_id="asst_77",
            tag="chat",
            told={"submissionReview": review},
        ),
        activity(
            40,
            "7",
            title,
            column=38,
            text="<p>Ask <strong>anything</strong> about osmosis</p>",
            url=f"{tool}/launch?assistant=asst_77",
            custom={"assistant_id": "asst_77", "unit": "2"},
        ),
    ]


def private_activity() -> Row:
    """Return the activity of the tool that is told nothing of people."""
    title, text = "Tutor.AI: anonymous", "Test lti 2"
    return activity(37, "4", title, column=None, tool=PRIVATE, text=text)


def dynamic(tool: str) -> list[Row]:
    """Return the tool that registered itself."""
    custom = {
        "context_history": "$Context.id.history",
        "lineitem_due": "$ResourceLink.submission.endDateTime",
    }
    told = {"site_id": True, "accept_grades": "delegate"}
    return _tool(DYNAMIC, tool, "Tutor.AI (dynamic)", custom=custom, told=told)


def tool_elsewhere(home: str, keys: str) -> list[Row]:
    """Return the tools of another site, and an activity of each: in the page, in a window."""
    rows = []
    for number, (client, module, link, told) in {
        3: ("j7rbPDvZnW7AJOW", 38, "5", {}),
        4: ("XWTIAcOBT02u3iz", 39, "6", {"window_only": True}),
    }.items():
        rows += _tool(number, home, "Tutor.AI elsewhere", client_id=client, jwks_uri=f"{keys}/jwks")
        rows.append(activity(module, link, "Elsewhere", column=None, tool=number, told=told))
    return rows
