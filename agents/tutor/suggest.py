"""First questions for a course: about what stands in it, and only such as find an answer there."""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, zip_longest
from uuid import UUID

from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from agents import locks, policy, retrieve, words
from agents.models.index import Chunk
from agents.spend import Capability
from agents.tutor import turns
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment
from tutorai.lmsdm.schema import Actor

SHOWN = 5  # questions
TRIED = 15  # subjects that are looked up for them
READ = 500  # chunks
KEPT = 600  # seconds
FILE = re.compile(r"\.\w{2,4}$")


def questions(actor: Actor) -> list[str]:
    """Return first questions about pages that students may read. Raises TutorError.

    Where a link is bound to a part of the course they are about that, if it says anything.
    """
    turns.open_course(actor)
    policy.check(actor, Capability.ASK)
    locks.check(actor)
    student = actor.as_student
    with translation.override(actor.locale):
        bound = f"{student.about}:{student.about_id}"
        name = f"suggest:{_content(student)}:{bound}:{translation.get_language()}"
        with suppress(RedisError):
            if (held := cache.get(name)) is not None:
                return list(held)
        found = list(_bound(student)) or list(_answered(student, _forms(), _subjects(student)))
        with suppress(RedisError):
            cache.set(name, found, KEPT)
    return found


def _content(actor: Actor) -> str:
    """Name what the actor may read, as it is now: whoever reads the same may ask the same."""
    readable = locks.items(actor).order_by("pk").values_list("pk", "indexed_sha256")
    told = json.dumps([[str(pk), sha256] for pk, sha256 in readable])
    return hashlib.sha256(f"{actor.course_id}{told}".encode()).hexdigest()


def _forms() -> tuple[str, ...]:
    return (
        _("Can you explain “%(subject)s”?"),
        _("What matters most about “%(subject)s”?"),
        _("Where do I start with “%(subject)s”?"),
    )


def _bound(actor: Actor) -> Iterator[str]:
    """Yield questions about what the actor's link is bound to; none where it is bound to nothing."""
    found = scope.thing(actor, actor.about, actor.about_id) if actor.about_id else None
    if found is None:
        return
    if isinstance(found, Assignment):
        forms = (
            _("What does “%(subject)s” ask for?"),
            _("Where do I start with “%(subject)s”?"),
            _("What do I have to know for “%(subject)s”?"),
        )
        yield from _answered(actor, forms, [found.title] * len(forms))
    else:
        yield from _answered(actor, _forms(), _subjects(actor, scope.within(actor, found)))


def _answered(actor: Actor, forms: Sequence[str], subjects: Iterable[str]) -> Iterator[str]:
    """Yield the questions that find something, each in a form of its own."""
    made, near = 0, scope.place(actor)
    for subject in islice(subjects, TRIED):
        question = forms[made % len(forms)] % {"subject": subject}
        if retrieve.search(actor, question, near=near, k=1).floor_passed:
            yield question
            made += 1
        if made == SHOWN:
            return


def _subjects(actor: Actor, items: Sequence[UUID] | None = None) -> Iterator[str]:
    """Yield what the course (or these items) is about by its headings: of every page one, then
    the next."""
    seen = locks.items(actor)
    seen = seen if items is None else seen.filter(pk__in=items)
    chunks = Chunk.objects.filter(item__in=seen.values("pk"))
    rows = chunks.order_by("position", "item__title").values_list("title", "headings", "language")
    pages: dict[str, dict[str, None]] = defaultdict(dict)
    for title, headings, language in rows[:READ]:
        subject = _subject(title, headings, language)
        if 3 < len(subject) < 60:
            pages[title][subject] = None
    for of_each_page in zip_longest(*pages.values()):
        yield from _spread([one for one in of_each_page if one])


def _subject(title: str, headings: list[str], language: str) -> str:
    """Return a heading; with its page's title where it says little alone. A file's name is none."""
    title = "" if FILE.search(title) else title.strip()
    heading = headings[-1].strip() if headings else title
    bare = len(words.terms(heading, language)) < 2
    return f"{title}: {heading}" if bare and title and heading != title else heading


def _spread(subjects: list[str]) -> list[str]:
    """Order subjects so that the first few are from all over the course."""
    step = max(1, len(subjects) // SHOWN)
    return [one for first in range(step) for one in subjects[first::step]]
