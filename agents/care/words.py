"""What the tutor says where it helps least by explaining: fixed words, no model's."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from agents.care.plan import Contact, Contacts

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~$])")


def distress(known: Contacts, *, told: bool) -> str:
    """Return what a student in distress reads at once, as Markdown.

    `told`: the recipients hear of it. It says who will see what and when, and that nobody watches.
    """
    parts = [
        _(
            "What you wrote makes me think that you may be having a very hard time. I am a program: "
            "I cannot know, and I cannot help with that as a person can. You do not have to carry "
            "it alone."
        ),
        *_whom(known),
        emergency(),
        _who_hears(known, told=told),
        _(
            "If I took you wrong, because it was a figure of speech or a text that you study, just "
            "write on: I am still here for the course."
        ),
    ]
    return "\n\n".join(parts)


def _whom(known: Contacts) -> Iterator[str]:
    if known.people:
        yield _("At %(school)s you can turn to:") % {"school": _plain(known.school)}
        yield "\n".join(f"- {_line(one)}" for one in known.people)
        return
    yield _(
        "%(school)s has not named anybody here whom you could turn to. Please talk to somebody you "
        "trust: a friend, somebody in your family, a teacher, a doctor, or a helpline of your "
        "country."
    ) % {"school": _plain(known.school)}


def _line(one: Contact) -> str:
    line = f"**{_plain(one.name)}**: {_plain(one.how)}" if one.how else f"**{_plain(one.name)}**"
    return f"{line} ({_plain(one.hours)})" if one.hours else line


def _plain(text: str) -> str:
    """An institution's words are no markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def emergency() -> str:
    """Return what to do when it is urgent: numbers only with where they hold."""
    # 112: Directive (EU) 2018/1972, article 109. 911: 47 CFR 9.4; CRTC for Canada.
    return _(
        "If you or somebody else is in danger now, call the emergency number of the place where you "
        "are (112 in the countries of the European Union, 911 in the United States and Canada), or "
        "go to the nearest hospital."
    )


def _who_hears(known: Contacts, *, told: bool) -> str:
    if not told:
        return _(
            "Nobody reads along here, and nobody is told of this: if you want somebody to know, "
            "tell them yourself."
        )
    first = _(
        "Who hears of this: the people whom %(school)s named for it get a message that a student "
        "may need somebody. They see your name, the course and the time, and nothing of what you "
        "wrote."
    ) % {"school": _plain(known.school)}
    when = (
        _("They read such messages: %(hours)s.") % {"hours": _plain(known.hours).rstrip(".")}
        if known.hours
        else _("They did not say when they read such messages.")
    )
    last = _("Until then nobody sees it: nobody is watching this conversation now.")
    return f"{first} {when} {last}"


def strain() -> str:
    """Return what is said beside an answer to somebody who has a hard day."""
    return _(
        "That sounds exhausting. A break is allowed, and one small step at a time is enough. If it is "
        "more than this task, talk to somebody you trust, or press “I want a person”."
    )


def aside(course: str) -> str:
    """Return the answer to what has nothing to do with the course; `course` is its title."""
    if not course:
        return _(
            "That is not something I can help with here: I am the tutor of this course. Ask me "
            "anything about its material, and we go on from there."
        )
    return _(
        "That is not something I can help with here: I am the tutor of “%(course)s”. Ask me anything "
        "about its material, and we go on from there."
    ) % {"course": _plain(course)}


def offer() -> str:
    """Return the answer to "I want a person"."""
    return _(
        "Of course. Press “I want a person” below: your teachers find your message on their page of "
        "this course. You choose whether they may read this conversation. Nobody answers at once: "
        "you see there when it was read, and the reply."
    )


def flagged() -> str:
    """Return the answer to what the moderation of this installation stopped."""
    return _(
        "I cannot go on with this: it goes against what this tutor may be used for. If you meant "
        "something else, say it in other words. You can also press “I want a person”."
    )
