"""The dry run of a move: what would move, what is there already, what differs. Writes the plan alone."""

import difflib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import PurePath
from uuid import UUID

from django.db import transaction
from selectolax.lexbor import LexborHTMLParser

from tutorai.access import Officer
from tutorai.errors import Conflict, NotFound
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import ContentItem, Move, MoveItem
from tutorai.lmsdm.schema import Kind
from tutorai.standalone.courses import remember
from tutorai.standalone.finding import State

PLANNED = frozenset({State.MATCHED, State.READY, State.UNDONE})  # states a plan is made in
READS = 200_000  # characters of each side that are compared
LINES = 400  # of a comparison that are shown

Item = MoveItem.State


@dataclass(frozen=True)
class Line:
    """A line of two texts side by side: `mark` "same", "ours", "theirs" or "both"."""

    mark: str
    ours: str
    theirs: str


@transaction.atomic
def plan(move: Move) -> None:
    """Write down what would become of each item. Choices that were made stay, where they still fit.

    Raises Conflict without a target, or once it has begun.
    """
    held = Move.objects.select_for_update().get(pk=move.pk)
    if held.target_id is None or held.state not in PLANNED:
        raise Conflict()
    chosen = dict(held.items.exclude(choice="").values_list("item", "choice"))
    held.items.all().delete()
    there, ours = _There(held.target_id), _ours(held)
    same = {item.pk: found for item in ours if (found := there.same(item))}
    there.settled = {found.pk for found in same.values()}
    rows = [_planned(held, item, same.get(item.pk), there, chosen) for item in ours]
    MoveItem.objects.bulk_create(rows)
    held.state, held.done, held.total = State.READY, 0, len(rows)
    held.save(update_fields=["state", "done", "total"])
    move.refresh_from_db()


def _ours(move: Move) -> list[ContentItem]:
    alive = move.course.items.filter(deleted_at=None).exclude(kind=Kind.HEADING.value)
    return list(alive.defer("body").order_by("created_at", "pk"))


class _There:
    """What the LMS's course has: by content, by address, and by name."""

    def __init__(self, course_id: UUID) -> None:
        self.by_content: dict[str, ContentItem] = {}
        self.by_url: dict[str, ContentItem] = {}
        self.settled: set[UUID] = set()  # the same as one of ours: nobody's rival
        self.by_name: dict[tuple[bool, str], list[ContentItem]] = defaultdict(list)
        rows = ContentItem.objects.filter(course=course_id, deleted_at=None).defer("body")
        for row in rows.exclude(kind=Kind.HEADING.value).order_by("created_at", "pk"):
            if row.sha256:
                self.by_content.setdefault(row.sha256, row)
            if row.url:
                self.by_url.setdefault(row.url, row)
            self.by_name[named(row)].append(row)

    def same(self, item: ContentItem) -> ContentItem | None:
        """Return what is word for word the same, or leads to the same address and has no text."""
        if item.sha256:
            return self.by_content.get(item.sha256)
        return self.by_url.get(item.url) if item.url else None

    def rival(self, item: ContentItem) -> ContentItem | None:
        """Return what has the same name and says something else; to nobody twice."""
        for row in self.by_name.get(named(item), []):
            if row.pk not in self.settled:
                self.settled.add(row.pk)
                return row
        return None


def named(item: ContentItem) -> tuple[bool, str]:
    """Return what makes two items rivals: a file's own name, or a page's title."""
    told = unicodedata.normalize("NFKC", item.title).casefold()
    is_file = bool(item.blob) or item.kind == Kind.FILE
    name = PurePath(told.replace("\\", "/")).name if is_file else told
    return is_file, " ".join(name.split())


def _planned(
    move: Move,
    item: ContentItem,
    same: ContentItem | None,
    there: _There,
    chosen: dict[UUID, str],
) -> MoveItem:
    rival = None if same else there.rival(item)
    state = Item.SAME if same else Item.CONFLICT if rival else Item.WAITING
    choice = chosen.get(item.pk) or _usual(move) if state is Item.CONFLICT else ""
    return MoveItem(move=move, item=item, theirs=same or rival, state=state, choice=choice)


def _usual(move: Move) -> str:
    """Return whose side is kept where nobody chose: the source of truth's."""
    return "ours" if move.truth == "ours" else "theirs"


@transaction.atomic
def choose(who: Officer, move: Move, item_id: UUID, choice: str) -> None:
    """Keep ours or theirs of two that differ; raise NotFound, or Conflict once it has begun."""
    if move.state != State.READY:
        raise Conflict()
    rows = move.items.filter(pk=item_id, state=Item.CONFLICT)
    if choice not in {"ours", "theirs"} or not rows.update(choice=choice):
        raise NotFound()
    remember(Verb.MOVE_CHOOSE, who, move.course_id, object_kind="move_item", object_id=item_id)


def beside(ours: str, theirs: str) -> list[Line]:
    """Return two texts side by side, line by line; what is alike for long is left out."""
    left, right = ours.splitlines(), theirs.splitlines()
    matcher = difflib.SequenceMatcher(None, left, right, autojunk=False)
    made: list[Line] = []
    for group in matcher.get_grouped_opcodes(2):
        if made:
            made.append(Line("gap", "…", "…"))
        for what, a, b, c, d in group:
            made += _pairs(what, left[a:b], right[c:d])
    return made[:LINES]


def _pairs(what: str, left: list[str], right: list[str]) -> list[Line]:
    if what == "equal":
        return [Line("same", one, one) for one in left]
    length = max(len(left), len(right))
    left = left + [""] * (length - len(left))
    right = right + [""] * (length - len(right))
    marks = {"delete": "ours", "insert": "theirs"}
    return [
        Line(marks.get(what, "both"), one, other) for one, other in zip(left, right, strict=True)
    ]


def text(item: ContentItem) -> str:
    """Return what an item says, a line for each paragraph; "" for a file, which is compared as one."""
    body = LexborHTMLParser(item.body[:READS]).body if item.body else None
    if body is None:
        return ""
    lines = (" ".join(line.split()) for line in body.text(separator="\n").splitlines())
    return "\n".join(line for line in lines if line)
