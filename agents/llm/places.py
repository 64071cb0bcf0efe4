"""Where models are: the school's own endpoints, else the operator's. Blocking.

A school that has any of its own is asked there only: what its people write goes nowhere that it
did not name. One whose key cannot be read, or that is switched off, is passed over.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from hashlib import sha256
from math import ceil
from uuid import UUID

from django.conf import settings
from django.core.cache import cache as shared
from django.db.models import Q
from redis.exceptions import RedisError

from agents.models.money import Endpoint
from tutorai import crypto
from tutorai.errors import ModelError, SecretUnreadable
from tutorai.lmsdm.models import Institution

AWAY = 30.0  # seconds that an endpoint which failed is asked after the others
LONGEST = 300.0  # seconds likewise, where it named a pause itself
OWN, INSTALLED = "own", "installation"  # names of those that have no row
Size = Endpoint.Size


@dataclass(frozen=True)
class Place:
    """Where a model is. `trusted`: the operator named the address, not someone at a school."""

    name: str
    base_url: str
    key: str = field(repr=False)
    model: str
    trusted: bool
    size: str = Size.LARGE
    price_in: Decimal = Decimal(0)  # dollars a million tokens
    price_out: Decimal = Decimal(0)
    context: int = 0  # tokens; 0: not known
    tools: bool | None = None  # None: not known
    json_schema: bool | None = None
    vision: bool | None = None
    stream_usage: bool | None = None
    data_region: str = ""
    residency: str = ""
    id: UUID | None = None  # of its row

    def cost(self, tokens_in: int, tokens_out: int) -> int:
        """Return what a call costs, in millionths of a dollar, rounded up."""
        return ceil(tokens_in * self.price_in + tokens_out * self.price_out)

    @property
    def mark(self) -> str:
        """Names the endpoint among those that are away; each school's key has its own."""
        named = f"{self.id} {self.base_url} {self.model} {self.key}"
        return f"llm-away:{sha256(named.encode()).hexdigest()}"


def of(institution_id: UUID) -> list[Place]:
    """`every`, by the institution's id."""
    return every(Institution.objects.get(pk=institution_id))


def every(institution: Institution) -> list[Place]:
    """Return the endpoints that the institution's calls may go to, in their order."""
    rows = list(Endpoint.objects.filter(institution=institution).order_by("position", "created_at"))
    if rows or institution.model_key:
        return [*_told(rows, trusted=False), *_own(institution)]
    return operators(institution.model_name)


def operators(model: str = "") -> list[Place]:
    """Return the operator's endpoints; `model` in place of the one that settings name."""
    rows = list(Endpoint.objects.filter(institution=None).order_by("position", "created_at"))
    return [*_told(rows, trusted=True), *installed(model)]


def told(row: Endpoint) -> Place | None:
    """Return where a row leads; None when its key cannot be read."""
    try:
        key = crypto.decrypt(row.key, purpose="model-key") if row.key else "none"
    except SecretUnreadable:
        return None
    return Place(
        name=row.name,
        base_url=row.base_url,
        key=key,
        model=row.model,
        trusted=row.institution_id is None,
        size=row.size,
        price_in=row.price_in,
        price_out=row.price_out,
        context=row.context,
        tools=row.tools,
        json_schema=row.json_schema,
        vision=row.vision,
        stream_usage=row.stream_usage,
        data_region=row.data_region,
        residency=row.residency,
        id=row.pk,
    )


def _told(rows: Iterable[Endpoint], *, trusted: bool) -> Iterator[Place]:
    for row in rows:
        place = told(row) if row.off_at is None else None
        if place is not None:
            assert place.trusted == trusted
            yield place


def _own(institution: Institution) -> Iterator[Place]:
    """The one endpoint that stands at the institution itself.

    Without a key of its own a school cannot point ours at an address of its choice.
    """
    if not institution.model_key:
        return
    try:
        key = crypto.decrypt(institution.model_key, purpose="model-key")
    except SecretUnreadable:
        return
    own = institution.model_base_url
    name = institution.model_name or settings.OPENAI_MODEL
    at = own or settings.OPENAI_BASE_URL
    yield from _priced(Place(OWN, at, key, name, trusted=not own))


def installed(model: str = "") -> Iterator[Place]:
    """What the operator's settings name."""
    if not settings.OPENAI_API_KEY:
        return
    key, name = settings.OPENAI_API_KEY, model or settings.OPENAI_MODEL
    yield from _priced(Place(INSTALLED, settings.OPENAI_BASE_URL, key, name, trusted=True))


def _priced(place: Place) -> Iterator[Place]:
    """What settings tell of an endpoint: it as large, as small, and as giving vectors."""
    place = replace(
        place,
        price_in=_dollars(settings.MODEL_PRICE_IN),
        price_out=_dollars(settings.MODEL_PRICE_OUT),
        tools=settings.OPENAI_TOOLS or None,
        vision=settings.OPENAI_VISION,
        data_region=settings.OPENAI_REGION,
        residency=settings.OPENAI_RESIDENCY,
    )
    yield place
    if settings.OPENAI_SMALL_MODEL:
        yield replace(
            place,
            name=f"{place.name}-small",
            model=settings.OPENAI_SMALL_MODEL,
            size=Size.SMALL,
            price_in=_dollars(settings.SMALL_PRICE_IN),
            price_out=_dollars(settings.SMALL_PRICE_OUT),
        )
    if settings.OPENAI_EMBEDDING_MODEL:
        yield replace(
            place,
            name=f"{place.name}-vectors",
            model=settings.OPENAI_EMBEDDING_MODEL,
            size=Size.VECTORS,
            price_in=_dollars(settings.EMBEDDING_PRICE),
            price_out=Decimal(0),
        )


def _dollars(price: float) -> Decimal:
    return Decimal(str(price))


def speaking(
    found: Sequence[Place],
    *,
    small: bool,
    tools: bool = False,
    vision: bool = False,
    tokens: int = 0,
) -> list[Place]:
    """Return those that can answer, the best first; whoever failed just now comes last.

    `small`: the small ones first, then the cheapest. Where a large one fails, a small one is
    better than none.
    """
    large = [one for one in found if one.size == Size.LARGE]
    smaller = [one for one in found if one.size == Size.SMALL]
    if small:
        order = smaller + sorted(large, key=lambda one: one.price_in + one.price_out)
    else:
        order = large + smaller
    able = [
        one
        for one in order
        if (not tools or one.tools is not False)
        and (not vision or one.vision)
        and (not one.context or one.context >= tokens)
    ]
    return _patient(able)


def vectors_of(institution_id: UUID) -> tuple[str, str] | None:
    """Return (base URL, model) that the institution's vectors are of; None: this process makes them.

    What is switched off still counts: its vectors stay good, and no others are made meanwhile.
    """
    both = Endpoint.objects.filter(Q(institution=institution_id) | Q(institution=None))
    rows = list(both.order_by("position", "created_at"))
    own = [row for row in rows if row.institution_id is not None]
    giving = [row for row in own or rows if row.size == Size.VECTORS]
    if own or not (giving or settings.OPENAI_EMBEDDING_MODEL):
        return (giving[0].base_url, giving[0].model) if giving else None
    institution = Institution.objects.get(pk=institution_id)
    if giving and not institution.model_key:
        return giving[0].base_url, giving[0].model
    if not settings.OPENAI_EMBEDDING_MODEL:
        return None
    at = institution.model_base_url if institution.model_key else ""
    return at or settings.OPENAI_BASE_URL, settings.OPENAI_EMBEDDING_MODEL


def vectors(institution_id: UUID) -> list[Place]:
    """Return those that give vectors; all of one model, for only such vectors can be compared."""
    meant = vectors_of(institution_id)
    giving = [one for one in of(institution_id) if one.size == Size.VECTORS]
    return [one for one in giving if meant is not None and one.model == meant[1]]


def _patient(order: list[Place]) -> list[Place]:
    if len(order) < 2:
        return order
    away: dict[str, bool] = {}
    with suppress(RedisError):
        away = shared.get_many([one.mark for one in order])
    return sorted(order, key=lambda one: one.mark in away)


def mark(place: Place, error: ModelError) -> None:
    """Remember for a while that an endpoint failed."""
    with suppress(RedisError):
        shared.set(place.mark, True, min(error.retry_after or AWAY, LONGEST))


def unmark(place: Place) -> None:
    """Forget it: somebody changed or tried the endpoint."""
    with suppress(RedisError):
        shared.delete(place.mark)
