"""What a teacher puts into the vault, looks at there, and takes out. Every act is written down."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from agents import activities
from agents.activities import Family
from agents.models.teaching import Activity, Secret
from agents.tutor import keys, vault
from agents.tutor.sealed import Solution
from tutorai.errors import BadRequest, NotFound, NotYours, SecretUnreadable
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm import schema, scope
from tutorai.lmsdm.models import Course, Quiz
from tutorai.lmsdm.schema import Actor

LONGEST = 20_000  # characters of a solution, and of a problem
MOST = 500  # secrets of a course
ANSWERS, LONGEST_ANSWER = 50, 500  # of a solution, and characters of each


@dataclass(frozen=True)
class Wish:
    """What a teacher typed. `place`: "" for the whole course, or "quiz:<id>"."""

    kind: str = Secret.Kind.SOLUTION.value
    place: str = ""
    problem: str = ""
    text: str = ""
    answers: str = ""  # one a line

    @property
    def lines(self) -> tuple[str, ...]:
        """The final answers."""
        return tuple(dict.fromkeys(one.strip() for one in self.answers.splitlines() if one.strip()))


@dataclass(frozen=True)
class Entry:
    """A secret as its teacher reads it; `lost`: no key of ours opens it any more."""

    row: Secret
    text: str = ""
    answers: tuple[str, ...] = ()
    lost: bool = False

    @property
    def typed(self) -> Wish:
        """What stands in its form."""
        return Wish(self.row.kind, "", self.row.problem, self.text, "\n".join(self.answers))


@dataclass(frozen=True)
class Key:
    """A question of a quiz with what answers it."""

    problem: str
    answers: tuple[str, ...]


@dataclass
class Shelf:
    """What is sealed of one activity, or (without a title) of the whole course."""

    title: str = ""
    entries: list[Entry] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)


def shelves(actor: Actor) -> list[Shelf]:
    """Return all that is sealed of the actor's course; it is written down that they looked."""
    course = _course(actor)
    with transaction.atomic():
        audit.record(verb=Verb.VAULT_READ, actor=actor, object_kind="course", object_id=course.pk)
    rows = Secret.objects.filter(course=course).select_related("activity")
    held = list(rows.order_by("created_at", "id"))
    quizzes = list(vault.quizzes(course.pk))
    names = {(row.activity.about, row.activity.about_id) for row in held if row.activity}
    names |= {(Activity.About.QUIZ.value, quiz.pk) for quiz in quizzes}
    families = activities.of(course.pk, names)
    made: dict[object, Shelf] = {None: Shelf()}
    for row in held:
        at = row.activity and (row.activity.about, row.activity.about_id)
        _shelf(made, families.get(at) if at else None, at).entries.append(entry(row))
    for quiz in quizzes:
        at = (Activity.About.QUIZ.value, quiz.pk)
        _shelf(made, families.get(at), at, quiz.title).keys.extend(_keys(quiz))
    own = made.pop(None)
    kept = sorted(made.values(), key=lambda one: one.title.casefold())
    return [own, *(one for one in kept if one.entries or one.keys)]


def _shelf(made: dict[object, Shelf], family: Family | None, at: object, title: str = "") -> Shelf:
    """The shelf of an activity; one whose activity is gone from the LMS has its own."""
    key = family or at
    return made.setdefault(key, Shelf(family.title if family else title or _("Not in the course")))


def _keys(quiz: Quiz) -> Iterable[Key]:
    for one in keys.of(schema.Quiz.model_validate(quiz.record)):
        yield Key(one.problem, _told(one))


def _told(solution: Solution) -> tuple[str, ...]:
    if solution.verdict is not None:
        return (_("True") if solution.verdict else _("False"),)
    if solution.pairs:
        return tuple(f"{left} – {right}" for left, right in solution.pairs)
    return solution.finals


def entry(row: Secret) -> Entry:
    """Open a secret for its teacher."""
    try:
        text, answers = vault.opened(row)
    except SecretUnreadable:
        return Entry(row, lost=True)
    return Entry(row, text, answers)


def places(actor: Actor) -> list[tuple[str, str]]:
    """Return what a secret may belong to: (place, title), by title."""
    course = _course(actor)
    told = []
    for family in activities.every(course.pk):
        about, pk = activities.named(family.first)
        told.append((f"{about}:{pk}", family.title))
    return told


@transaction.atomic
def put(actor: Actor, wish: Wish, secret_id: UUID | None = None) -> Secret:
    """Keep a new secret, or change one. Raises BadRequest with what is wrong, NotFound, NotYours.

    A secret that is changed stays where it belongs.
    """
    course = _changed(actor)
    _check(course, wish, new=secret_id is None)
    if secret_id is None:
        row = Secret(
            course=course, activity=_activity(course, wish.place), made_by_id=actor.user_id
        )
    else:
        row = _own(course, secret_id)
    row.kind, row.problem = wish.kind, wish.problem.strip()
    vault.seal(row, wish.text.strip(), wish.lines)
    row.save()
    audit.record(verb=Verb.VAULT_SET, actor=actor, object_kind="secret", object_id=row.pk)
    return row


@transaction.atomic
def remove(actor: Actor, secret_id: UUID) -> None:
    """Take a secret out. Raises NotFound, NotYours."""
    row = _own(_changed(actor), secret_id)
    audit.record(verb=Verb.VAULT_REMOVE, actor=actor, object_kind="secret", object_id=row.pk)
    row.delete()


def _course(actor: Actor) -> Course:
    if not actor.is_author or actor.acted_by:
        raise NotYours()
    return scope.course(actor, actor.course_id or "")


def _changed(actor: Actor) -> Course:
    course = _course(actor)
    if actor.ended:
        raise NotYours()
    return course


def _own(course: Course, secret_id: UUID) -> Secret:
    row = Secret.objects.filter(course=course, pk=secret_id).first()
    if row is None:
        raise NotFound()
    return row


def _activity(course: Course, place: str) -> Activity | None:
    """The activity that a place names, made when nothing was decided about it yet."""
    if not place:
        return None
    about, _colon, told = place.partition(":")
    try:
        named = about, UUID(told)
    except ValueError as error:
        raise NotFound() from error
    family = activities.of(course.pk, [named]).get(named)
    if family is None:
        raise NotFound()
    known = _decided(course, family)
    if known is None:
        known, _new = Activity.objects.get_or_create(course=course, about=about, about_id=named[1])
    return known


def _decided(course: Course, family: Family) -> Activity | None:
    rows: Sequence[Activity] = list(Activity.objects.filter(course=course))
    return next((row for row in rows if (row.about, row.about_id) in family.names), None)


def _check(course: Course, wish: Wish, *, new: bool) -> None:
    if wish.kind not in Secret.Kind.values:
        raise BadRequest(why=_("choose a solution or a common mistake"))
    if not (wish.text.strip() or wish.lines):
        raise BadRequest(why=_("a text or a final answer is needed"))
    if max(len(wish.text), len(wish.problem)) > LONGEST:
        raise BadRequest(why=_("a text has at most %(most)s characters") % {"most": LONGEST})
    if len(wish.lines) > ANSWERS or any(len(one) > LONGEST_ANSWER for one in wish.lines):
        most = {"most": ANSWERS, "long": LONGEST_ANSWER}
        raise BadRequest(why=_("at most %(most)s answers of %(long)s characters") % most)
    if new and Secret.objects.filter(course=course).count() >= MOST:
        raise BadRequest(why=_("a course holds at most %(most)s of these") % {"most": MOST})
