"""What is held of a person or an account: every table and column, how long, and how it goes.

Whoever adds a column that names a person adds its line here (tests/test_privacy.py). Files and
the index are held of courses, not of people: they go with their item.
"""

from dataclasses import dataclass
from enum import StrEnum


class Goes(StrEnum):
    """How a holding ends when its person is erased."""

    ROW = "row"  # the row is deleted, with all that hangs on it
    CLEARED = "cleared"  # the row belongs to others: these columns are emptied
    EXPIRES = "expires"  # nobody finds it by person; it is short-lived and goes by itself
    OPAQUE = "opaque"  # an id alone, which says nothing once the person's row is gone


@dataclass(frozen=True)
class Holding:
    """Columns of one table."""

    model: str  # app_label.Model
    columns: tuple[str, ...]
    what: str
    kept: str  # until when, where nobody asks for erasure
    goes: Goes


WITH_COURSE = "as long as the course"
WITH_ACCOUNT = "as long as the account"

HOLDINGS = (
    # --- people of courses ---
    Holding(
        "lmsdm.User",
        ("id", "name", "email", "locale", "is_test"),
        "who came by launch",
        "as long as the institution",
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Identity",
        ("external_id", "row"),
        "the LMS's own ids of a person",
        "as long as the person",
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Enrolment",
        ("user", "role", "sections", "groups", "seen_at", "left_at"),
        "a role in a course, and when the person was seen there",
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Observing",
        ("observer", "student"),
        "whose progress an observer may see, as the LMS lists it",
        "until the observer's next launch",
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Submission",
        ("user", "content_url", "score", "feedback"),
        "work that was handed in",
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding("lmsdm.Course", ("opened_by",), "who opened it", WITH_COURSE, Goes.CLEARED),
    Holding(
        "lmsdm.Course",
        ("instructor",),
        "a teacher's name as the LMS tells it",
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding("lmsdm.ContentItem", ("uploaded_by",), "who uploaded it", WITH_COURSE, Goes.CLEARED),
    # --- launches ---
    Holding(
        "lti.LaunchState",
        ("login", "claims"),
        "a launch that waits for the browser's proof: name, mail, ids",
        "an hour",
        Goes.EXPIRES,
    ),
    Holding(
        "lti.LaunchState",
        ("shown", "clock"),
        "a launch's claims with personal data masked",
        "30 days",
        Goes.EXPIRES,
    ),
    Holding("lti.LaunchSession", ("subject",), "whose work was opened", "30 days", Goes.CLEARED),
    Holding("lti.Placement", ("placed_by",), "who placed a link", WITH_COURSE, Goes.CLEARED),
    Holding("lti.Invite", ("by",), "who let a platform register", "for good", Goes.CLEARED),
    Holding(
        "lti.LaunchSession",
        ("user", "locale", "time_zone", "sections", "placement", "masquerade", "deep_link"),
        "a session, and who acted as the person",
        "30 days from its end",
        Goes.ROW,
    ),
    # --- talks ---
    Holding(
        "agents.Conversation", ("user", "title"), "a talk with the tutor", WITH_COURSE, Goes.ROW
    ),
    Holding(
        "agents.Message",
        ("user", "text", "citations"),
        "questions and answers",
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Feedback", ("message", "good", "reason"), "a thumb, and why", WITH_COURSE, Goes.ROW
    ),
    # --- connections ---
    Holding("connectors.Connector", ("made_by",), "who connected it", WITH_COURSE, Goes.CLEARED),
    Holding(
        "connectors.Token",
        ("user", "access", "refresh"),
        "a person's access to the LMS, encrypted",
        "until it is disconnected",
        Goes.ROW,
    ),
    # --- work and grades ---
    Holding(
        "ledger.Job",
        ("asked_by", "payload"),
        "who asked for it; ids of whom it is about",
        "30 days from its end; buried ones until somebody looks",
        Goes.CLEARED,
    ),
    Holding(
        "ledger.Job",
        ("discarded_by", "reason"),
        "the account that discarded it, and its words",
        "30 days from its end",
        Goes.CLEARED,
    ),
    Holding(
        "ledger.Proposal",
        ("author", "approver", "payload"),
        "who proposed and approved what",
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding(
        "ledger.GradeIntent",
        ("user", "points", "comment", "body", "lms_points"),
        "a grade, with the words and the bytes that were sent",
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "ledger.Call",
        ("user", "answer"),
        "a request that may be repeated, and its answer",
        "a day",
        Goes.ROW,
    ),
    Holding(
        "ledger.AuditEvent",
        ("actor", "acted_by", "subject", "object"),
        "who did or read what of whom, by ids alone",
        "Institution.audit_months whole months",
        Goes.OPAQUE,
    ),
    # --- accounts of the staff site ---
    Holding(
        "tutorai.Account",
        ("id", "email", "password", "last_login", "person"),
        "who signs in to the staff site",
        "until it is deleted",
        Goes.ROW,
    ),
    Holding("tutorai.Account_groups", ("account",), "its rights", WITH_ACCOUNT, Goes.ROW),
    Holding("tutorai.Account_user_permissions", ("account",), "its rights", WITH_ACCOUNT, Goes.ROW),
    Holding("tutorai.Office", ("account", "role"), "its schools", WITH_ACCOUNT, Goes.ROW),
    Holding(
        "tutorai.Invitation",
        ("email",),
        "whom an institution invited",
        "30 days from its end",
        Goes.EXPIRES,
    ),
    Holding(
        "tutorai.Invitation",
        ("invited_by", "accepted_by"),
        "who invited, and who came",
        "30 days from its end",
        Goes.CLEARED,
    ),
    Holding(
        "auditlog.LogEntry",
        ("actor", "actor_email", "remote_addr", "remote_port", "additional_data"),
        "who changed a configuration record, and from where",
        "until `manage.py auditlogflush --before-date`",
        Goes.CLEARED,
    ),
    Holding(
        "auditlog.LogEntry",
        ("object_pk", "object_repr", "changes", "changes_text", "serialized_data"),
        "what was changed: secrets and mail addresses masked",
        "until `manage.py auditlogflush --before-date`",
        Goes.OPAQUE,
    ),
    Holding(
        "admin.LogEntry",
        ("user", "object_repr", "change_message"),
        "what an account did on the staff site",
        WITH_ACCOUNT,
        Goes.ROW,
    ),
    Holding(
        "sessions.Session",
        ("session_data",),
        "a sign-in to the staff site",
        "two weeks, then until `manage.py clearsessions`",
        Goes.EXPIRES,
    ),
    Holding(
        "axes.AccessAttempt",
        ("username", "ip_address", "user_agent", "path_info", "get_data", "post_data"),
        "failed sign-ins",
        "until the next sign-in that succeeds, or `manage.py axes_reset`",
        Goes.ROW,
    ),
    Holding(
        "axes.AccessLog",
        ("username", "ip_address", "user_agent", "path_info", "session_hash"),
        "sign-ins",
        "until `manage.py axes_reset_logs --age`",
        Goes.ROW,
    ),
    Holding(
        "axes.AccessFailureLog",
        ("username", "ip_address", "user_agent", "path_info"),
        "failed sign-ins, where axes is told to log them",
        "until `manage.py axes_reset_failure_logs --age`",
        Goes.ROW,
    ),
)
