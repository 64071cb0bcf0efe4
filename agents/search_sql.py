"""The two searches, in Postgres: BM25 over the postings, and exact cosine over the vectors.

Both see only items that the actor may see now, and nothing of what they sit: the query of those
(`locks.items`) stands inside theirs.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import log
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from pgvector.django import CosineDistance

from agents import locks
from agents.models.index import Chunk, Posting, Vector
from tutorai.lmsdm.schema import Actor

K1, B = 1.2, 0.75  # BM25's saturation and length normalisation


@dataclass(frozen=True, slots=True)
class Found:
    """One chunk: its BM25 score, the share of the question's idf it holds, its cosine."""

    chunk_id: UUID
    item_id: UUID
    words: float = 0.0
    coverage: float = 0.0
    cosine: float | None = None


# Two statements, for the planner guesses the second well only when the weights are constants.
# Frequencies count only what the actor sees: a hidden page changes no order either.
FREQUENCIES = """
with seen as materialized ({scope})
select '' as term, count(*), coalesce(avg(length), 1)::float8 from {chunk}
where course_id = %s and item_id in (select id from seen)
union all
select term, count(*), 0 from {posting}
where course_id = %s and term = any(%s) and item_id in (select id from seen)
group by term
"""
BM25 = """
with seen as materialized ({scope})
select chunk_id, item_id,
       sum(idf * weight * %s::float8 / (weight + %s::float8 + %s::float8 * length)) as score,
       sum(idf)
from (
    select chunk_id, item_id, weight, length,
           (%s::float8[])[array_position(%s::text[], term)] as idf
    from {posting}
    where course_id = %s and term = any(%s) and item_id in (select id from seen)
) as hit
group by chunk_id, item_id
order by score desc, chunk_id
limit %s
"""
COMMON = 0.5  # a term in more than half of the chunks tells nothing, and is most of the work


# Right after a big import the planner knows nothing of the new rows: it reads whole tables, or
# looks the same items up again for every row. Both searches are best by index, then by hash.
PLAN = "; ".join(
    f"set local {setting}"
    for setting in ("enable_seqscan = off", "enable_nestloop = off", "jit = off")
)


@contextmanager
def planned() -> Iterator[CursorWrapper]:
    """A cursor whose statements go by the indexes, until the transaction ends."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(PLAN)
        yield cursor


def by_words(
    actor: Actor, course_id: UUID, asked: Mapping[str, Sequence[str]], limit: int
) -> list[Found]:
    """Return the chunks in which the question's terms weigh most, best first.

    `asked` has the terms by language; a chunk's coverage is its share of its own language's.
    """
    terms = list(dict.fromkeys(term for own in asked.values() for term in own))
    if not terms:
        return []
    seen, held = locks.items(actor).values("id").query.sql_with_params()
    names = {
        "scope": seen,
        "posting": Posting._meta.db_table,
        "chunk": Chunk._meta.db_table,
    }
    with planned() as cursor:
        cursor.execute(FREQUENCIES.format(**names), [*held, course_id, course_id, list(terms)])
        rows = {term: (count, mean) for term, count, mean in cursor.fetchall()}
        chunks, mean = rows.pop("")
        idf = {term: _idf(chunks, rows.get(term, (0, 0))[0]) for term in terms}
        telling = _telling(chunks, {term: count for term, (count, _) in rows.items()})
        if not telling:
            return []
        weights = [idf[term] for term in telling]
        params: list[Any] = [K1 + 1, K1 * (1 - B), K1 * B / mean]
        params += [weights, telling, course_id, telling, limit]
        cursor.execute(BM25.format(**names), [*held, *params])
        found = [Found(*row) for row in cursor.fetchall()]
    return _shares(found, {code: sum(idf[term] for term in own) for code, own in asked.items()})


def _shares(found: list[Found], whole: Mapping[str, float]) -> list[Found]:
    """Turn the sums of idf into shares of the question's, in each chunk's language."""
    chunks = Chunk.objects.filter(pk__in=[hit.chunk_id for hit in found])
    codes = dict(chunks.values_list("pk", "language")) if len(whole) > 1 else {}
    most = max(whole.values())
    totals = [whole.get(codes.get(hit.chunk_id, ""), most) or 1.0 for hit in found]
    return [
        replace(hit, coverage=min(1.0, hit.coverage / total))
        for hit, total in zip(found, totals, strict=True)
    ]


def _idf(chunks: int, count: int) -> float:
    return log(1 + (chunks - count + 0.5) / (count + 0.5))


def _telling(chunks: int, counts: dict[str, int]) -> list[str]:
    """The terms worth looking up: the common ones only where there are no others."""
    rare = [term for term, count in counts.items() if count <= COMMON * chunks]
    return rare or list(counts)


def by_vector(
    actor: Actor, course_id: UUID, vector: Sequence[float], generation: str, limit: int
) -> list[Found]:
    """Return the chunks nearest to the vector, of that generation only."""
    rows = (
        Vector.objects.filter(
            course_id=course_id,
            generation=generation,
            item_id__in=locks.items(actor).values("id"),
        )
        .annotate(distance=CosineDistance("embedding", list(vector)))
        .order_by("distance")
        .values_list("chunk_id", "item_id", "distance")[:limit]
    )
    with planned():
        return [Found(chunk, item, cosine=1 - distance) for chunk, item, distance in rows]
