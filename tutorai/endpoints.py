"""What people of an institution do with its language models: each step is written down."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from agents import spend
from agents.llm import places, probing
from agents.models.money import Endpoint
from tutorai import crypto
from tutorai.errors import Conflict, ModelRefused, NotFound
from tutorai.ledger import audit
from tutorai.ledger.audit import Verb
from tutorai.lmsdm.models import Institution

# What was seen of a model holds for that one only.
ANEW = {
    "tools": None,
    "json_schema": None,
    "vision": None,
    "stream_usage": None,
    "probed_at": None,
    "probe_error": "",
}


def of(institution: Institution) -> QuerySet[Endpoint]:
    """The institution's own endpoints, in the order in which they are asked."""
    return Endpoint.objects.filter(institution=institution).order_by("position", "created_at")


def find(institution: Institution, pk: UUID) -> Endpoint:
    """Return one of them, or raise NotFound."""
    found = of(institution).filter(pk=pk).first()
    if found is None:
        raise NotFound()
    return found


def add(institution: Institution, told: dict[str, Any], key: str, *, by: UUID) -> Endpoint:
    """Add an endpoint after the others. Raises Conflict where the name is taken."""
    last = of(institution).aggregate(Max("position"))["position__max"]
    row = Endpoint(institution=institution, position=0 if last is None else last + 1, **told)
    row.key = crypto.encrypt(key, purpose="model-key")
    _save(row, Verb.MODEL_ADD, by)
    return row


def change(row: Endpoint, told: dict[str, Any], key: str, *, by: UUID) -> None:
    """Change an endpoint; without a key it keeps its own. Raises Conflict."""
    if (row.base_url, row.model) != (told["base_url"], told["model"]):
        told = {**told, **ANEW}
    for name, value in told.items():
        setattr(row, name, value)
    if key:
        row.key = crypto.encrypt(key, purpose="model-key")
    _save(row, Verb.MODEL_CHANGE, by)


def switch(row: Endpoint, *, on: bool, by: UUID) -> None:
    """Let it be asked, or not any more: from the next call."""
    row.off_at = None if on else timezone.now()
    _save(row, Verb.MODEL_ON if on else Verb.MODEL_OFF, by)


def sooner(row: Endpoint, *, by: UUID) -> None:
    """Let it be asked before the one that now comes before it."""
    assert row.institution is not None
    with transaction.atomic():
        rows = list(of(row.institution).select_for_update())
        at = [one.pk for one in rows].index(row.pk)
        if at == 0:
            return
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for position, one in enumerate(rows):
            one.position = position
        Endpoint.objects.bulk_update(rows, ["position"])
        _tell(row, Verb.MODEL_CHANGE, by)


@transaction.atomic
def remove(row: Endpoint, *, by: UUID) -> None:
    """Forget an endpoint and its key."""
    _tell(row, Verb.MODEL_REMOVE, by)
    row.delete()


def probe(row: Endpoint) -> probing.Probe:
    """Find out what it can do; it is charged to the institution. Raises ModelError."""
    assert row.institution_id is not None
    place = places.told(row)
    if place is None:
        raise ModelRefused()  # its key cannot be read any more
    return probing.probe(place, spend.For(row.institution_id, capability=spend.Capability.PROBE))


def _save(row: Endpoint, verb: Verb, by: UUID) -> None:
    try:
        with transaction.atomic():
            row.save()
            _tell(row, verb, by)
    except IntegrityError as error:
        raise Conflict() from error


def _tell(row: Endpoint, verb: Verb, by: UUID) -> None:
    audit.record(
        verb=verb,
        account=by,
        institution=row.institution_id,
        object_kind="endpoint",
        object_id=row.pk,
    )
