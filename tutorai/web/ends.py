"""How the last reading of a course ended, kind by kind, in words for its teacher."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from connectors.cursors import COURSE, PEOPLE, QUIZZES, SUBMISSIONS
from connectors.models import SyncCursor
from tutorai.errors import LMSRefused, ScopeMissing
from tutorai.lmsdm import unused
from tutorai.lmsdm.models import ContentItem, Course

Status = SyncCursor.Status

SHUT: Mapping[str, str | Promise] = {
    PEOPLE: _(
        "Your connection may not read the list of people. Sections and groups are known only "
        "as far as people open Tutor.AI themselves."
    ),
    SUBMISSIONS: _("Your connection may not read submissions. Their state is not shown here."),
    QUIZZES: _("Your connection may not read quizzes. Their questions cannot be copied from here."),
}
FAILED: Mapping[str, str | Promise] = {
    PEOPLE: _("Reading the list of people failed. What was known stays."),
    SUBMISSIONS: _("Reading submissions failed. What was known stays."),
    QUIZZES: _("Reading quizzes failed. What was known stays."),
}
SHRUNK: Mapping[str, str | Promise] = {
    PEOPLE: _("So many people were missing from the list last time that nobody was taken out."),
    SUBMISSIONS: _("So many submissions were missing last time that none was taken out."),
    QUIZZES: _("So many quizzes were missing last time that none was taken out."),
}


@dataclass(frozen=True)
class Note:
    """Something about one kind, and what helps: "connect", "sync", or "anyway"."""

    words: str | Promise
    act: str


@dataclass(frozen=True)
class Ends:
    """What the last reading left open."""

    lost: tuple[str, ...] = ()  # titles that could not be read; the rest is up to date
    more: int = 0  # of them that are not named
    notes: tuple[Note, ...] = ()
    strangers: int = 0  # people on the LMS's list whom no launch joined
    restricted: tuple[str, ...] = ()  # titles that no student gets answers from

    @property
    def count(self) -> int:
        """How many things could not be read."""
        return len(self.lost) + self.more


def of(course: Course) -> Ends:
    """Return what the last reading of a course left open."""
    cursors = {row.kind: row for row in SyncCursor.objects.filter(course=course)}
    lost, more = _lost(course, cursors.get(COURSE))
    people = cursors.get(PEOPLE)
    return Ends(
        lost=lost,
        more=more,
        notes=tuple(note for kind, row in sorted(cursors.items()) if (note := _note(kind, row))),
        strangers=int(people.cursor.get("unmatched", 0)) if people else 0,
        restricted=tuple(item.title or item.source_id for item in unused.items(course.pk)),
    )


def _lost(course: Course, cursor: SyncCursor | None) -> tuple[tuple[str, ...], int]:
    """Return the titles of what could not be read, and how many have none any more."""
    if cursor is None or cursor.status not in {Status.PARTIAL, Status.SUSPECT}:
        return (), 0
    names = {fault["item"] for fault in cursor.faults}
    rows = ContentItem.objects.filter(course=course, source_id__in=names, deleted_at=None)
    titles = tuple(rows.order_by("title").values_list("title", flat=True))
    return titles, len(names) - len(titles)


def _note(kind: str, row: SyncCursor) -> Note | None:
    if kind not in SHUT:
        return None
    if row.status == Status.SUSPECT:
        return Note(SHRUNK[kind], "anyway")
    if row.status != Status.FAILED:
        return None
    refused = row.error in {LMSRefused.code, ScopeMissing.code}
    return Note(SHUT[kind], "connect") if refused else Note(FAILED[kind], "sync")
