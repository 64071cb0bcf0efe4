"""How far the tutor has read a course, in words and numbers for its teacher."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from agents import index
from connectors.cursors import COURSE
from connectors.models import SyncCursor
from tutorai.ledger.models import Job
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Kind, Unreadable
from tutorai.standalone import filling

SYNC, INDEX, EMBED = "sync_course", "index_item", "embed_course"  # kinds of flows.WORK
PACKED = filling.KIND


class Act(StrEnum):
    """What a teacher can do about an item we cannot read."""

    UPLOAD = "upload"
    CONNECT = "connect"
    SYNC = "sync"


@dataclass(frozen=True)
class Remedy:
    """Why items cannot be read, and the one thing that helps."""

    why: str | Promise
    act: Act
    words: str | Promise


REMEDIES: Mapping[Unreadable, Remedy] = {
    Unreadable.UNSUPPORTED: Remedy(
        _("A kind of file we do not read yet"), Act.UPLOAD, _("Add it as PDF or text")
    ),
    Unreadable.NO_TEXT: Remedy(
        _("Scanned, or without any text"), Act.UPLOAD, _("Add a copy with text")
    ),
    Unreadable.TOO_BIG: Remedy(_("Larger than we take"), Act.UPLOAD, _("Add a smaller copy")),
    Unreadable.ENCRYPTED: Remedy(
        _("Locked with a password"), Act.UPLOAD, _("Add a copy without password")
    ),
    Unreadable.BROKEN: Remedy(_("Damaged: it does not open"), Act.UPLOAD, _("Add it again")),
    Unreadable.EXTERNAL: Remedy(_("Lives on another site"), Act.UPLOAD, _("Add a copy")),
    Unreadable.LOCKED: Remedy(
        _("Your connection may not read it"), Act.CONNECT, _("Connect again")
    ),
    Unreadable.SCANNED: Remedy(
        _("Scanned, and nothing here reads scans"), Act.UPLOAD, _("Add a copy with text")
    ),
    Unreadable.FAILED: Remedy(_("Reading it failed"), Act.SYNC, _("Try again")),
}


@dataclass(frozen=True)
class Gap:
    """The items that share one reason."""

    reason: Unreadable
    remedy: Remedy
    titles: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Of `total` things with something to read: `readable` are, `waiting` will be."""

    total: int
    readable: int
    waiting: int
    gaps: tuple[Gap, ...]

    @property
    def percent(self) -> int:
        """Whole percents, never 100 while anything is missing."""
        return self.readable * 100 // self.total if self.total else 0


def coverage(items: Iterable[ContentItem]) -> Coverage:
    """Count what can be read among the `items` of a course; headings hold nothing to read."""
    alive = [item for item in items if item.kind != Kind.HEADING]
    lost = [item for item in alive if item.unreadable]
    waiting = [item for item in alive if not item.unreadable and waits(item)]
    by_reason = Counter(item.unreadable for item in lost)
    gaps = tuple(
        Gap(
            Unreadable(reason),
            REMEDIES[Unreadable(reason)],
            tuple(item.title for item in lost if item.unreadable == reason),
        )
        for reason, _count in by_reason.most_common()
    )
    return Coverage(len(alive), len(alive) - len(lost) - len(waiting), len(waiting), gaps)


def waits(item: ContentItem) -> bool:
    """Whether the item's text is not in the index yet."""
    return not item.sha256 or item.indexed_sha256 != item.sha256


@dataclass(frozen=True)
class Work:
    """What runs for a course now, or how it ended badly."""

    state: str  # running | waiting | failed
    words: str | Promise
    done: int = 0
    total: int = 0
    since: datetime | None = None  # when it began to wait

    @property
    def runs(self) -> bool:
        return self.state != "failed"


STEPS: Mapping[str, str | Promise] = {
    SYNC: _("Reading your course…"),
    PACKED: _("Unpacking a course…"),
    INDEX: _("Reading what was added…"),
    EMBED: _("Learning what the words mean. Questions can be asked already."),
}


def work(course: Course) -> Work | None:
    """Return what is under way for the course; None when all is quiet and well."""
    live = list(Job.objects.filter(course=course, kind__in=STEPS, state__in=Job.LIVE))
    for kind in STEPS:
        jobs = [job for job in live if job.kind == kind]
        if jobs:
            return _running(kind, jobs)
    last = Job.objects.filter(course=course, kind=SYNC).order_by("-created_at").first()
    if last is not None and last.state == Job.State.BURIED:
        return Work("failed", _cause(last.error))
    return None


def missing(course: Course) -> int:
    """How much the last reading missed: so much at once that nothing was taken out. Else 0."""
    told = SyncCursor.objects.filter(course=course, kind=COURSE)
    last = told.filter(status=SyncCursor.Status.SUSPECT).first()
    return int(last.cursor.get("missing", 1)) if last else 0


def only_words(course: Course) -> str:
    """The course's language, while word search answers alone and no vectors are on their way.

    Else "". A job that failed once is on no way: it waits for money, or for a model that is away.
    """
    state = index.state(course.pk)
    making = Job.objects.filter(course=course, kind=EMBED, state__in=Job.LIVE, error="")
    alone = state.chunks and state.mode == "words" and not making.exists()
    return state.language if alone else ""


def synced_at(course: Course) -> datetime | None:
    """Return when the last complete reading of the course ended."""
    ended = Job.objects.filter(course=course, kind=SYNC, state=Job.State.DONE)
    found: datetime | None = ended.aggregate(at=Max("finished_at"))["at"]
    return found


def _running(kind: str, jobs: list[Job]) -> Work:
    away = next((job for job in jobs if job.away_since and job.state == Job.State.WAITING), None)
    if kind == SYNC and away is not None:
        return Work("waiting", _("Waiting for your learning platform"), since=away.away_since)
    if kind == INDEX:
        return Work("running", STEPS[kind], 0, 0)
    return Work("running", STEPS[kind], jobs[0].done, jobs[0].total)


CAUSES: Mapping[str, str | Promise] = {
    "lms_unauthorised": _("Your learning platform no longer lets Tutor.AI in. Connect again."),
    "lms_refused": _("Your learning platform does not let Tutor.AI read this course."),
    "lms_not_found": _("Your learning platform has no such course, or hides it from Tutor.AI."),
}


def _cause(code: str) -> str | Promise:
    return CAUSES.get(
        code, _("Reading the course failed. Try again; if it stays so, tell support.")
    )
