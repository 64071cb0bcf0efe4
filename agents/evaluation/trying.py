"""A teacher's words to the tutor go live by one way alone: they are read, tried, and then in force.

What is tried stays a draft. `faults` reads it at once; the rest is a job: the sets through the
whole turn with the draft in the prompt and a model that obeys it to the letter.
"""

import logging
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agents.evaluation import persona, report, scenarios
from agents.evaluation.obedient import NAME, Obedient
from agents.evaluation.persona import Fault
from agents.evaluation.scenarios import Set
from agents.models import Evaluation, Guidance
from agents.tutor import speak
from tutorai.errors import BadRequest
from tutorai.ledger import audit, jobs
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import Job
from tutorai.lmsdm import scope
from tutorai.lmsdm.schema import Actor

logger = logging.getLogger(__name__)
KIND, QUEUE = "try_persona", "interactive"
SET = "persona"  # the name that its runs are kept under
FAULT = "persona"  # marks a failure that the words themselves are
SAFE = 20_000  # characters; more is not even kept as a draft


def few(sets: tuple[Set, ...]) -> tuple[Set, ...]:
    """Return one scenario of each kind from every set: a teacher waits."""
    made = []
    for one in sets:
        first = {scenario.kind: scenario for scenario in reversed(one.scenarios)}
        kept = tuple(each for each in one.scenarios if first[each.kind] is each)
        made.append(one.model_copy(update={"scenarios": kept}))
    return tuple(made)


def named(text: str) -> str:
    """Name a persona by its words."""
    return sha256(text.encode()).hexdigest()


@transaction.atomic
def try_persona(actor: Actor, text: str) -> Evaluation:
    """Keep a draft and have it tried; an empty one takes the persona away at once. Blocking.

    Raises BadRequest, NotFound, NotYours.
    """
    course = scope.authored_course(actor, actor.course_id or "")
    text = text.replace("\x00", "").strip()
    if len(text) > SAFE:
        raise BadRequest(why=_("that is far too long"))
    Guidance.objects.get_or_create(course=course)
    held = Guidance.objects.select_for_update().get(course=course)
    held.persona_draft, held.changed_by_id = text, actor.user_id
    sets = few(scenarios.load(scenarios.OWN))
    row = Evaluation(
        institution_id=course.institution_id,
        course=course,
        scenarios=SET,
        scenarios_hash=scenarios.digest(sets),
        endpoint=NAME,
        model=NAME,
        prompt_hash=speak.prompt_hash(),
        persona_hash=named(text),
    )
    found = persona.faults(text, course.pk) if text else []
    if found:
        row.failures = [_kept(one) for one in found]
    if found or not text:
        row.state, row.passed, row.ended_at = Evaluation.State.DONE, not found, timezone.now()
    row.save()
    held.save()
    if not text:
        _go_live(held, row)
    elif not found:
        jobs.add(
            KIND,
            {"evaluation": str(row.pk)},
            queue=QUEUE,
            key=str(course.pk),
            institution_id=course.institution_id,
            course_id=course.pk,
            asked_by=actor.user_id,
        )
    return row


def _kept(one: Fault) -> dict[str, str | int]:
    return {"scenario": "", "turn": 0, "invariant": f"{FAULT}:{one.code}", "why": one.at}


def attempt(job: Job) -> None:
    """Try the draft that the job was made for, unless it was changed meanwhile. Blocking."""
    from agents.evaluation import run  # the whole turn; nobody else needs it

    row = Evaluation.objects.get(pk=job.payload["evaluation"])
    held = Guidance.objects.get(course=row.course_id)
    if row.state != Evaluation.State.RUNNING or named(held.persona_draft) != row.persona_hash:
        _end(row, Evaluation.State.BROKEN)
        return
    sets = few(scenarios.load(scenarios.OWN))
    ran = run.run(sets, Obedient(), persona=held.persona_draft)
    failed = report.failures(ran, guards=True)
    with transaction.atomic():
        held = Guidance.objects.select_for_update().get(course=row.course_id)
        report.store(row, ran, failed, {})
        if row.passed and named(held.persona_draft) == row.persona_hash:
            _go_live(held, row)


def gave_up(job: Job) -> None:
    """Say that the draft could not be tried."""
    rows = Evaluation.objects.filter(pk=job.payload["evaluation"], state=Evaluation.State.RUNNING)
    rows.update(state=Evaluation.State.BROKEN, ended_at=timezone.now())


def _end(row: Evaluation, state: Evaluation.State) -> None:
    row.state, row.ended_at = state, timezone.now()
    row.save(update_fields=["state", "ended_at"])


def _go_live(held: Guidance, row: Evaluation) -> None:
    """The one place where a persona comes in force."""
    held.persona, held.persona_draft, held.persona_passed = held.persona_draft, "", row
    held.save()
    audit.record(
        verb=Verb.PERSONA_LIVE,
        object_kind="evaluation",
        object_id=row.pk,
        institution=row.institution_id,
        course=row.course_id,
    )


def latest(course_id: UUID) -> Evaluation | None:
    """Return how the course's last draft stands, or stood."""
    rows = Evaluation.objects.filter(course=course_id, scenarios=SET)
    return rows.order_by("-begun_at").first()


def reasons(row: Evaluation) -> list[str]:
    """Say to a teacher what did not hold, in sentences."""
    told = {f"{FAULT}:{code}": words for code, words in persona.words().items()}
    told |= {name: str(words) for name, words in report.words().items()}
    made = []
    for one in row.failures:
        sentence = told.get(one["invariant"], one["invariant"])
        at = one["why"] if one["invariant"].startswith(FAULT) else one["scenario"]
        made.append(f"{sentence} “{at}”" if at else sentence)
    return list(dict.fromkeys(made))
