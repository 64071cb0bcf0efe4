"""The words that JavaScript shows, translated with the page that loads it (static/js/dom.js).

And what roles are called.
"""

from django.utils.translation import gettext as _


def roles() -> dict[str, str]:
    """Return what each role in a course is called."""
    return {
        "student": _("Student"),
        "teacher": _("Teacher"),
        "ta": _("Teaching assistant"),
        "designer": _("Course designer"),
        "observer": _("Observer"),
        "guest": _("Guest"),
        "admin": _("Reader for the institution"),
    }


def words() -> dict[str, str]:
    """Return every string the modules in static/js ask for, in the language now active."""
    return {
        "answer_ready": _("The answer is ready."),
        "answering": _("Tutor.AI is answering."),
        "approve": _("Approve"),
        "approve_n": _("Approve %(n)s grades"),
        "approve_one": _("Approve one grade"),
        "attach_most": _("A question takes up to %(n)s files."),
        "attach_open": _("Open %(name)s"),
        "attach_remove": _("Take out %(name)s"),
        "attached": _("%(name)s is attached."),
        "bad": _("Not helpful"),
        "cancel": _("Cancel"),
        "check_alone": _("Try one without help"),
        "check_why": _("No hints, and no test: it shows what stays."),
        "close": _("Close"),
        "copied": _("Copied."),
        "copy": _("Copy"),
        "delete": _("Delete"),
        "ended": _(
            "This course has ended. You can read everything in it; nothing can be asked, uploaded, "
            "placed or graded any more."
        ),
        "delete_talk": _("Delete this conversation?"),
        "download": _("Download"),
        "good": _("Helpful"),
        "guided": _("Guided"),
        "hint_of": _("Hint %(level)s of %(of)s"),
        "interrupted": _("This answer was interrupted."),
        "looking": _("Looking in your course…"),
        "masquerade": _(
            "You are acting as this person: their conversations stay closed, "
            "and you cannot give grades."
        ),
        "moved": _(
            "This course has moved into your learning platform: open Tutor.AI from there. Here it can "
            "be read, and nothing in it changes any more."
        ),
        "more_for": _("More for “%(title)s”"),
        "no_match": _("No conversation has these words."),
        "needs_points": _("Enter points, too: a comment alone is not sent."),
        "no_taking_back": _(
            "A grade cannot be taken away from here. Clear it in your learning platform."
        ),
        "no_talks": _("Your conversations will be listed here."),
        "leave_typed_one": _("One grade is not approved yet. Leave all the same?"),
        "leave_typed": _("%(n)s grades are not approved yet. Leave all the same?"),
        "not_copied": _("Your browser did not allow copying."),
        "not_approved": _("Not approved yet"),
        "nothing_to_ask": _("There is nothing to ask about yet. Bring some material first."),
        "offline": _("We could not be reached. Check your connection and try again."),
        "open_file": _("Open the file"),
        "open_in_lms": _("Open in your course"),
        "open_page": _("Open the page"),
        "over_maximum": _("More than the %(maximum)s points there are."),
        "person": _("I want a person"),
        "person_asked": _("Asked on"),
        "person_before": _("What you asked for before"),
        "person_closed": _("Your teacher closed this without a written answer."),
        "person_news": _("There is an answer for you."),
        "person_none": _("Nothing yet."),
        "person_note": _("What would you like to say? (You may leave this empty.)"),
        "person_read": _("Read on"),
        "person_read_by": _("Read by %(name)s on"),
        "person_send": _("Ask for a person"),
        "person_sent": _("Your teachers can see it now."),
        "person_share": _("Let the teachers of this course read this conversation"),
        "person_share_help": _(
            "As it stands now. Without this nobody but you reads it. You can stop sharing later."
        ),
        "person_share_none": _("There is no conversation here yet."),
        "person_shared": _("The teachers of this course may read the conversation."),
        "person_unread": _("Not read yet."),
        "person_unshare": _("Stop sharing"),
        "person_what": _(
            "Your teachers find this on their page of the course, with your name. Nobody answers at "
            "once: here you see when it was read, and the answer."
        ),
        "place_n": _("Add %(n)s links to the course"),
        "place_one": _("Add to the course"),
        "popup_blocked": _(
            "Your browser did not open a new window. Allow pop-up windows for this page, then try again."
        ),
        "rename": _("Rename"),
        "retry": _("Try again"),
        "save": _("Save"),
        "search_talks": _("Search conversations"),
        "send": _("Send"),
        "sign_out": _("Sign out of Tutor.AI here"),
        "source_changed": _("This page has been edited since the answer was given."),
        "source_hidden": _("This page is no longer visible to you."),
        "source_n": _("Source %(n)s: %(title)s"),
        "source_title": _("Source %(n)s"),
        "sources": _("Sources"),
        "status_assess": _("Reading your question…"),
        "status_retrieve": _("Looking in your course…"),
        "status_speak": _("Writing…"),
        "status_tool": _("Looking something up…"),
        "status_wait": _("One moment…"),
        "stop": _("Stop"),
        "stopped": _("Stopped."),
        "talks": _("Conversations"),
        "test_student": _(
            "Test student: you see what students see. Nothing of it counts in grades or statistics."
        ),
        "thanks": _("Thank you."),
        "too_big": _("This is larger than we take."),
        "too_long": _("A question has at most %(n)s characters. Shorten it, please."),
        "tutor": _("Tutor.AI answered"),
        "untitled": _("Untitled"),
        "uploaded": _("Uploaded. Reading it now."),
        "uploading": _("Uploading %(name)s…"),
        "why_bad": _("What was wrong with it?"),
        "wrong": _("Something went wrong. Please try again."),
        "you": _("You asked:"),
    }
