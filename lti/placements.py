"""What a teacher places by deep linking: chosen, written down, answered once."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lti.claims import DEEP
from lti.deep_linking import LIFETIME, LINK, Placed, Said, response
from lti.models import LaunchSession, Placement
from tutorai.errors import AlreadyAnswered, BadRequest, NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import scope
from tutorai.lmsdm.models import Assignment, Windowed
from tutorai.lmsdm.schema import Actor

Kind = Placement.Kind
MOST = 50  # things placed at once, and pages of one practice set
POINTS = re.compile(r"\d{1,4}([.,]\d{1,2})?")
# Links are made when a teacher saves, and opened when somebody clicks: perhaps a year later, in a
# copy of a course that nobody ever opened itself.
UNOPENED = timedelta(days=400)


@dataclass(frozen=True)
class Wish:
    """What a form says. `what` are kinds, of `part` for a part; things are "item:<our id>"."""

    what: Sequence[str]
    parts: Sequence[str] = ()  # the tutor about each of these
    sources: Sequence[str] = ()  # one practice set from all of these; none: the course
    points: str = ""  # of a column for each; empty: no column

    def digest(self) -> str:
        """Two presses of one button are one wish."""
        return sha256(json.dumps(asdict(self)).encode()).hexdigest()


NOTHING = Wish(())


@dataclass(frozen=True)
class Answer:
    """A form for the platform: where it is sent, and its one field."""

    url: str
    jwt: str


def request_of(actor: Actor) -> LaunchSession:
    """Return the session with its deep linking request; raise NotFound where there is none."""
    held = LaunchSession.objects.select_related("deployment__registration")
    mine = held.filter(pk=actor.session_id or UUID(int=0), message_type=DEEP)
    row = mine.exclude(deep_link=None).first()
    if row is None:
        raise NotFound()
    return row


def accepted(row: LaunchSession) -> dict[str, Any]:
    """Return what the platform takes back, and where (claims.read)."""
    told: dict[str, Any] = row.deep_link or {}
    return told


def given(row: LaunchSession) -> Answer | None:
    """Return the answer that was given, while the platform would still take it."""
    told = accepted(row)
    held = told.get("answered")
    if held is None or datetime.fromisoformat(held["until"]) < timezone.now():
        return None
    return Answer(told["return_url"], held["jwt"])


def answer(actor: Actor, wish: Wish, said: Said) -> Answer:
    """Place what is wished, and answer the request with it: once, however often it is asked.

    `NOTHING` is a wish as well: anybody's. Raises NotFound, NotYours, BadRequest, and
    AlreadyAnswered for another wish than before.
    """
    with transaction.atomic():
        _lock(actor)
        row = request_of(actor)
        told = accepted(row)
        if "answered" in told:
            return _again(row, wish)
        placed = [] if wish is NOTHING else list(_placed(actor, wish, told))
        Placement.objects.bulk_create([one.row for one in placed])
        assert row.deployment is not None  # such a request comes by a launch
        jwt = response(row.deployment, told, placed, said)
        until = timezone.now() + timedelta(seconds=LIFETIME - 30)
        done = {"wish": wish.digest(), "jwt": jwt, "until": until.isoformat()}
        row.deep_link = {**told, "answered": done}
        row.save(update_fields=["deep_link"])
        audit.record_many(
            verb=Verb.LINK_PLACE,
            actor=actor,
            object_kind="placement",
            of=[(one.row.pk, None) for one in placed],
        )
    return Answer(told["return_url"], jwt)


def _lock(actor: Actor) -> None:
    """One answer at a time: who presses twice waits here for the first."""
    held = LaunchSession.objects.select_for_update(no_key=True)
    held.filter(pk=actor.session_id or UUID(int=0)).first()


def _again(row: LaunchSession, wish: Wish) -> Answer:
    before = given(row)
    if before is None or accepted(row)["answered"]["wish"] != wish.digest():
        raise AlreadyAnswered()
    return before


def _placed(actor: Actor, wish: Wish, told: dict[str, Any]) -> Iterator[Placed]:
    """Yield what is wished, each part looked up among what the teacher sees."""
    course = scope.authored_course(actor, actor.course_id or "")
    if LINK not in told["types"]:
        raise BadRequest(why=_("your learning platform takes no links to a tool here"))
    choices = list(_choices(actor, wish))
    if not 0 < len(choices) <= (MOST if told["multiple"] else 1):
        most = MOST if told["multiple"] else 1
        raise BadRequest(why=_("between 1 and %(most)s things are placed at once") % {"most": most})
    points = _points(wish.points) if told["line_items"] else None
    for choice in choices:
        graded = None if choice.kind == Kind.PLAN else points
        alone = len(choices) == 1
        row = Placement(
            course=course,
            kind=choice.kind,
            target=choice.target,
            target_kind=choice.about if choice.kind == Kind.PRACTICE else "",
            title=(told.get("title") if alone else "") or choice.title,
            options=choice.options | ({} if graded is None else {"points": str(graded)}),
            placed_by_id=actor.user_id,
        )
        text = (told.get("text") if alone else "") or choice.text
        yield Placed(row, text, graded, choice.window, choice.due)


@dataclass(frozen=True)
class Choice:
    """One thing that may be placed, in words for the platform."""

    kind: str
    title: str
    text: str
    about: str = ""
    target: UUID | None = None
    options: dict[str, Any] = field(default_factory=dict)
    window: Windowed | None = None
    due: datetime | None = None


def _choices(actor: Actor, wish: Wish) -> Iterator[Choice]:
    if len(wish.parts) > MOST or len(wish.sources) > MOST:
        raise BadRequest(why=_("more than %(most)s at once") % {"most": MOST})
    if Kind.TUTOR in wish.what:
        text = _("Ask about anything in this course. Each answer shows where it stands.")
        yield Choice(Kind.TUTOR, "Tutor.AI", text)
    if "part" in wish.what:
        yield from (_part(actor, one) for one in dict.fromkeys(wish.parts))
    if Kind.PRACTICE in wish.what:
        yield _practice(actor, list(dict.fromkeys(wish.sources)))
    if Kind.PLAN in wish.what:
        text = _("What is due when, and what to read before.")
        yield Choice(Kind.PLAN, _("Study plan"), text)


def _part(actor: Actor, named: str) -> Choice:
    about, pk, found = _found(actor, named)
    text = _("Ask about “%(title)s”. Each answer shows where it stands.")
    return Choice(
        kind=about,
        title=_("Tutor: %(title)s") % {"title": found.title},
        text=text % {"title": found.title},
        about=about,
        target=pk,
        window=found,
        due=found.due_date if isinstance(found, Assignment) else None,
    )


def _practice(actor: Actor, sources: list[str]) -> Choice:
    text = _("Questions to try yourself, made from the pages of the course.")
    if not sources:
        return Choice(Kind.PRACTICE, _("Practice"), text)
    held = [_found(actor, one) for one in sources]
    if any(isinstance(found, Assignment) for _about, _pk, found in held):
        raise BadRequest(why=_("a practice set is made from pages and modules"))
    titles = ", ".join(found.title for _about, _pk, found in held)
    title = _("Practice: %(title)s") % {"title": titles[:100]}
    about, pk, first = held[0]
    if len(held) == 1:
        return Choice(Kind.PRACTICE, title, text, about, pk, window=first)
    parts = [[about, str(pk)] for about, pk, _found in held]
    return Choice(Kind.PRACTICE, title, text, options={"parts": parts})


def _found(actor: Actor, named: str) -> tuple[str, UUID, Any]:
    """Return what "item:<our id>" names, among what the actor sees; raise NotFound."""
    about, _colon, pk = named.partition(":")
    try:
        found = scope.thing(actor, about, UUID(pk))
    except ValueError as error:
        raise NotFound() from error
    if found is None:
        raise NotFound()
    return about, found.pk, found


def _points(written: str) -> Decimal | None:
    """Return the points of a column; None where none is wished. Raises BadRequest."""
    if not written.strip():
        return None
    fits = POINTS.fullmatch(written.strip())
    number = Decimal(written.strip().replace(",", ".")) if fits else Decimal(0)
    if not number:
        raise BadRequest(why=_("a column has more than 0 and at most 9999 points"))
    return number


def forget() -> None:
    """Let go of what was placed long ago and never opened."""
    old = Placement.objects.filter(placed_at__lt=timezone.now() - UNOPENED, links=None)
    old.filter(placement=None).delete()
