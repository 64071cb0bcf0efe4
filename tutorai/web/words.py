"""The words that JavaScript shows, translated with the page that loads it (static/js/dom.js)."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """Return every string the modules in static/js ask for, in the language now active."""
    return {
        "answer_ready": _("The answer is ready."),
        "answering": _("Tutor.AI is answering."),
        "bad": _("Not helpful"),
        "cancel": _("Cancel"),
        "close": _("Close"),
        "copied": _("Copied."),
        "copy": _("Copy"),
        "delete": _("Delete"),
        "delete_talk": _("Delete this conversation?"),
        "download": _("Download"),
        "good": _("Helpful"),
        "looking": _("Looking in your course…"),
        "more_for": _("More for “%(title)s”"),
        "no_match": _("No conversation has these words."),
        "no_talks": _("Your conversations will be listed here."),
        "not_copied": _("Your browser did not allow copying."),
        "nothing_to_ask": _(
            "There is nothing to ask about yet. Bring some material first."
        ),
        "offline": _("We could not be reached. Check your connection and try again."),
        "open_in_lms": _("Open in your course"),
        "rename": _("Rename"),
        "retry": _("Try again"),
        "save": _("Save"),
        "search_talks": _("Search conversations"),
        "send": _("Send"),
        "source_changed": _("This page has been edited since the answer was given."),
        "source_hidden": _("This page is no longer visible to you."),
        "source_n": _("Source %(n)s: %(title)s"),
        "source_title": _("Source %(n)s"),
        "sources": _("Sources"),
        "status_assess": _("Reading your question…"),
        "status_retrieve": _("Looking in your course…"),
        "status_speak": _("Writing…"),
        "status_wait": _("One moment…"),
        "stop": _("Stop"),
        "stopped": _("Stopped."),
        "talks": _("Conversations"),
        "thanks": _("Thank you."),
        "too_big": _("“%(name)s” is larger than we take."),
        "tutor": _("Tutor.AI answered"),
        "untitled": _("Untitled"),
        "uploaded": _("Uploaded. Reading it now."),
        "uploading": _("Uploading %(name)s…"),
        "why_bad": _("What was wrong with it?"),
        "wrong": _("Something went wrong. Please try again."),
        "you": _("You asked:"),
    }
