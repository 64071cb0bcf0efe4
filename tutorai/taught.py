"""What is held of people because the tutor teaches them."""

from django.utils.translation import gettext_lazy as _

from tutorai.holding import WITH_COURSE, Goes, Holding

TAUGHT = (
    Holding(
        "agents.Conversation", ("user", "title"), _("a talk with the tutor"), WITH_COURSE, Goes.ROW
    ),
    Holding(
        "agents.Message",
        ("user", "text", "citations"),
        _("questions and answers"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Feedback",
        ("message", "good", "reason"),
        _("a thumb, and why"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Message",
        ("assessment", "intent", "hint_level", "tools"),
        _("how the tutor took a question, and what it decided"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Attachment",
        ("user", "name", "blob", "text"),
        _("a picture, PDF or code that was sent with a question"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Guidance", ("changed_by",), _("who set the tutor up"), WITH_COURSE, Goes.CLEARED
    ),
    Holding(
        "agents.Activity", ("changed_by",), _("who set the tutor up"), WITH_COURSE, Goes.CLEARED
    ),
    Holding(
        "agents.Sitting",
        ("user", "began_at", "ended_at", "released_at"),
        _("when an exam began and ended for somebody"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Sitting", ("released_by",), _("who let somebody out"), WITH_COURSE, Goes.CLEARED
    ),
    Holding("agents.Secret", ("made_by",), _("who wrote a solution"), WITH_COURSE, Goes.CLEARED),
    Holding(
        "agents.Switch", ("by",), _("who switched it off"), _("until it is on again"), Goes.OPAQUE
    ),
    Holding(
        "agents.Ladder",
        ("user", "title", "level", "attempts", "hollow", "solved_at", "moved_at"),
        _("hints that somebody was given"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Mastery",
        ("user", "right", "wrong", "tries", "last_at", "due_at"),
        _("how well somebody has a skill"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Try",
        ("user", "kind", "assisted", "right", "at"),
        _("answers to practice items, right or wrong"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Charge",
        ("user",),
        _("what a call of a language model cost"),
        _("as long as the institution"),
        Goes.CLEARED,
    ),
    Holding(
        "agents.Tally",
        ("key",),
        _("what somebody's calls of a language model cost in a month"),
        _("400 days"),
        Goes.OPAQUE,
    ),
    Holding(
        "agents.Plea",
        ("user", "note", "reply", "created_at", "read_at"),
        _("a wish for a person, and the answer"),
        WITH_COURSE,
        Goes.ROW,
    ),
    Holding(
        "agents.Plea", ("read_by",), _("who read a wish for a person"), WITH_COURSE, Goes.CLEARED
    ),
    Holding(
        "agents.CarePlan",
        ("contacts", "recipients"),
        _("whom an institution names for students in distress"),
        _("as long as the institution"),
        Goes.EXPIRES,
    ),
)
