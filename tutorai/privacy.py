"""What is held of a person or an account: every table and column, how long, and how it goes.

Whoever adds a column that names a person adds its line here (tests/test_privacy.py). Files and
the index are held of courses, not of people: they go with their item.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from tutorai.holding import WITH_ACCOUNT, WITH_COURSE, Goes, Holding
from tutorai.lmsdm.models import User
from tutorai.taught import TAUGHT

HOLDINGS = (
    # --- people of courses ---
    Holding(
        "lmsdm.User",
        ("id", "name", "email", "locale", "is_test"),
        _("who came by launch"),
        _("as long as the institution"),
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Identity",
        ("external_id", "row"),
        _("the LMS's own ids of a person"),
        _("as long as the person"),
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Enrolment",
        ("user", "role", "sections", "groups", "seen_at", "left_at"),
        _("a role in a course, and when the person was seen there"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Observing",
        ("observer", "student"),
        _("whose progress an observer may see, as the LMS lists it"),
        _("until the observer's next launch"),
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Submission",
        (
            "user",
            "content_url",
            "score",
            "feedback",
            "submitted_at",
            "state",
            "body",
            "files",
            "late",
            "graded_at",
        ),
        _("work that was handed in"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding("lmsdm.Course", ("opened_by",), _("who opened it"), WITH_COURSE, Goes.CLEARED),
    Holding(
        "lmsdm.Course",
        ("instructor",),
        _("a teacher's name as the LMS tells it"),
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding("lmsdm.ContentItem", ("uploaded_by",), _("who uploaded it"), WITH_COURSE, Goes.CLEARED),
    # --- launches ---
    Holding(
        "lti.LaunchState",
        ("login", "claims"),
        _("a launch that waits for the browser's proof: name, mail, ids"),
        _("an hour"),
        Goes.EXPIRES,
    ),
    Holding(
        "lti.LaunchState",
        ("shown", "clock"),
        _("a launch's claims with personal data masked"),
        _("30 days"),
        Goes.EXPIRES,
    ),
    Holding(
        "lti.LaunchSession", ("subject",), _("whose work was opened"), _("30 days"), Goes.CLEARED
    ),
    Holding("lti.Placement", ("placed_by",), _("who placed a link"), WITH_COURSE, Goes.CLEARED),
    Holding("lti.Invite", ("by",), _("who let a platform register"), _("for good"), Goes.CLEARED),
    Holding(
        "lti.LaunchSession",
        (
            *("user", "account", "locale", "time_zone", "sections", "placement"),
            *("masquerade", "deep_link"),
        ),
        _("a session, and who acted as the person"),
        _("30 days from its end"),
        Goes.ROW,
    ),
    # --- talks ---
    *TAUGHT,
    # --- programs ---
    Holding(
        "agency.Delegation",
        ("user", "account", "role", "name", "sections", "locale", "time_zone", "used_at"),
        _("what somebody granted a program, and when it was last used"),
        _("30 days from its end"),
        Goes.ROW,
    ),
    Holding("agency.Ticket", ("user",), _("a code to grant a program"), _("ten minutes"), Goes.ROW),
    Holding(
        "oauth2_provider.IDToken",
        ("user",),
        _("nothing: nobody signs in elsewhere with an account of ours"),
        WITH_ACCOUNT,
        Goes.ROW,
    ),
    Holding(
        "oauth2_provider.DeviceGrant",
        ("user",),
        _("nothing: no device asks for a grant"),
        WITH_ACCOUNT,
        Goes.ROW,
    ),
    # --- connections ---
    Holding("connectors.Connector", ("made_by",), _("who connected it"), WITH_COURSE, Goes.CLEARED),
    Holding(
        "connectors.Connector",
        ("account",),
        _("the account that connected a school"),
        _("as long as the connection"),
        Goes.CLEARED,
    ),
    Holding(
        "connectors.Consent",
        ("user", "account"),
        _("who is on the way to the LMS's page of consent"),
        _("an hour"),
        Goes.ROW,
    ),
    Holding(
        "lmsdm.Move",
        ("decided_by",),
        _("the account that decided where a course moves"),
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding(
        "connectors.Token",
        ("user", "access", "refresh", "owner"),
        _("a person's access to the LMS, encrypted"),
        _("until it is disconnected"),
        Goes.ROW,
    ),
    # --- work and grades ---
    Holding(
        "ledger.Job",
        ("asked_by", "payload"),
        _("who asked for it; ids of whom it is about"),
        _("30 days from its end; buried ones until somebody looks"),
        Goes.CLEARED,
    ),
    Holding(
        "ledger.Job",
        ("discarded_by", "reason"),
        _("the account that discarded it, and its words"),
        _("30 days from its end"),
        Goes.CLEARED,
    ),
    Holding(
        "ledger.Proposal",
        ("author", "approver", "payload"),
        _("who proposed and approved what"),
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding(
        "ledger.GradeIntent",
        ("user", "points", "comment", "body", "lms_points"),
        _("a grade, with the words and the bytes that were sent"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "ledger.Call",
        ("user", "answer"),
        _("a request that may be repeated, and its answer"),
        _("a day"),
        Goes.ROW,
    ),
    Holding(
        "ledger.AuditEvent",
        ("actor", "acted_by", "subject", "object"),
        _("who did or read what of whom, by ids alone"),
        _("as many whole months as the institution chose"),
        Goes.OPAQUE,
    ),
    # --- accounts ---
    Holding(
        "tutorai.Account",
        ("id", "email", "password", "last_login", "person"),
        "who signs in to the staff site or to pages of an institution",
        "until it is deleted",
        Goes.ROW,
    ),
    Holding("tutorai.OwnCourse", ("made_by",), "who made a course here", WITH_COURSE, Goes.CLEARED),
    Holding(
        "tutorai.JoinLink",
        ("made_by",),
        "who made the link by which students join",
        WITH_COURSE,
        Goes.CLEARED,
    ),
    Holding(
        "tutorai.Cartridge",
        ("made_by",),
        "who handed a packed course in",
        WITH_COURSE,
        Goes.CLEARED,
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
        "mfa.Authenticator",
        ("user", "data", "last_used_at"),
        "a second factor: secrets encrypted, public keys of passkeys",
        WITH_ACCOUNT,
        Goes.ROW,
    ),
    Holding(
        "socialaccount.SocialAccount",
        ("user", "uid", "last_login"),
        "the link to an institution's own sign-in: its id of the person",
        WITH_ACCOUNT,
        Goes.ROW,
    ),
    Holding(
        "account.EmailAddress",
        ("user", "email"),
        "allauth's list of addresses; nothing here fills it",
        WITH_ACCOUNT,
        Goes.ROW,
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
        "a sign-in with an account",
        "12 hours, then until `manage.py clearsessions`",
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

# How a person's rows are found where no foreign key leads to them.
LEADS = {
    "lmsdm.User": ("pk",),
    "lmsdm.Identity": ("row",),
    "agents.Feedback": ("message__user",),
    "ledger.AuditEvent": ("actor", "subject"),
}


def held(person: UUID) -> list[tuple[Holding, int]]:
    """Return what is held of a person of courses, and in how many rows; what is not, is left out.

    What goes by itself and cannot be found by person (EXPIRES) is in nobody's list.
    """
    return [(one, count) for one in HOLDINGS if (count := rows(one, person).count())]


def rows(holding: Holding, person: UUID) -> QuerySet[Any]:
    """Return the rows of a holding that are held of a person; none where nothing leads to them."""
    every = apps.get_model(holding.model)._base_manager
    where = Q()
    for lead in LEADS.get(holding.model) or tuple(_foreign(holding)):
        where |= Q(**{lead: person})
    found: QuerySet[Any] = every.filter(where) if where else every.none()
    return found


def _foreign(holding: Holding) -> Iterator[str]:
    """Yield the columns of a holding that are foreign keys to people."""
    model = apps.get_model(holding.model)
    for name in holding.columns:
        if model._meta.get_field(name).related_model is User:
            yield name
