"""Hand over, or erase, all that is held of one person of a course's institution, with a receipt.

What goes is what `tutorai.privacy` lists. Accounts are not people of courses: they go with the
institution's own pages.
"""

import json
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile

from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from agents.models.talk import Attachment
from tutorai import privacy
from tutorai.errors import BadRequest, NotFound
from tutorai.holding import Goes, Holding
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.ledger.models import GradeIntent, Job, Proposal
from tutorai.lmsdm.models import Course, Identity, Institution, User
from tutorai.models import Account

# A key to the LMS is of no use to its person outside, and of much to a thief.
SECRETS = {"connectors.Token": {"access", "refresh"}}
State = GradeIntent.State
UNDER_WAY = (State.HELD, State.QUEUED, State.SENDING)


def find(institution: str, person: UUID) -> User:
    """Return a person of the institution of that slug, or raise NotFound."""
    school = Institution.objects.filter(slug=institution).first()
    found = User.objects.filter(pk=person, institution=school).first() if school else None
    if found is None:
        raise NotFound()
    return found


def export(person: User, to: Path) -> int:
    """Write a ZIP of all that is held, a `holdings.json` and their files; return how many rows.

    Raises FileExistsError: nothing is overwritten. Nobody but its owner may read it.
    """
    to.touch(mode=0o600, exist_ok=False)
    try:
        told = {
            f"{one.model}: {one.what}": list(_told(one, person.pk))
            for one, _count in privacy.held(person.pk)
        }
        _pack(to, {"person": person.pk, "at": timezone.now(), "held": told}, _files(person.pk))
    except BaseException:
        to.unlink()
        raise
    _note(Verb.PERSON_EXPORT, person)
    return sum(map(len, told.values()))


def _pack(to: Path, told: dict[str, Any], files: list[str]) -> None:
    with ZipFile(to, "w", ZIP_DEFLATED) as packed:
        made = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        packed.writestr("holdings.json", made)
        for name in files:
            with default_storage.open(name) as held:
                packed.writestr(f"files/{name}", held.read())


def _told(holding: Holding, person: UUID) -> Any:
    hidden = SECRETS.get(holding.model, set())
    columns = [name for name in holding.columns if name not in hidden]
    return privacy.rows(holding, person).values(*columns)


@transaction.atomic
def erase(person: User) -> dict[str, Any]:
    """Erase a person; return the receipt. Raises BadRequest while a grade of theirs is under way."""
    pk = User.objects.select_for_update().get(pk=person.pk).pk
    if GradeIntent.objects.filter(user=pk, state__in=UNDER_WAY).exists():
        raise BadRequest(why="a grade of theirs is on its way: undo it, or wait until it is there")
    before, files = lines(pk), _files(pk)
    _clear(person)
    Identity.objects.filter(kind=Identity.Of.USER, row=pk).delete()
    _note(Verb.PERSON_ERASE, person)
    person.delete()
    for name in files:
        transaction.on_commit(partial(default_storage.delete, name))
    return {"gone": before, "left": lines(pk), "files": len(files)}


def _clear(person: User) -> None:
    """Empty what names them in rows that are others', where no foreign key does it."""
    about = {"payload__user": str(person.pk)}
    Proposal.objects.filter(**about).delete()  # of grades: without its student it says nothing
    Job.objects.filter(**about).exclude(state__in=Job.LIVE).update(payload={})
    Job.objects.filter(**about).delete()
    if person.name:
        taught = Course.objects.filter(enrolments__user=person, instructor=person.name)
        Course.objects.filter(pk__in=list(taught.values_list("pk", flat=True))).update(
            instructor=""
        )


def lines(person: UUID) -> list[dict[str, Any]]:
    """Return what is held of a person, a line a holding."""
    return [
        {"model": one.model, "columns": one.columns, "rows": count, "goes": one.goes.value}
        for one, count in privacy.held(person)
    ]


def by_themselves() -> list[str]:
    """Name what goes by itself, and is not found by person."""
    return sorted({one.model for one in privacy.HOLDINGS if one.goes is Goes.EXPIRES})


def has_account(person: User) -> bool:
    """Whether an account is linked to the person; it stays."""
    return Account.objects.filter(person=person).exists()


def _files(person: UUID) -> list[str]:
    rows = Attachment.objects.filter(user=person).exclude(blob="")
    return list(rows.values_list("blob", flat=True))


def _note(verb: Verb, person: User) -> None:
    audit.record(
        verb=verb,
        institution=person.institution_id,
        object_kind="user",
        object_id=person.pk,
        subject=person.pk,
    )
