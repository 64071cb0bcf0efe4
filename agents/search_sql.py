"""The two searches, in Postgres: BM25 over the postings, and exact cosine over the vectors.

Both see only items that the actor may see now: the scope's own query stands inside theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from pgvector.django import CosineDistance

from agents.models.index import Chunk, Posting, Vector
from tutorai.lmsdm import scope
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


# Document frequencies count only what the actor sees: a hidden page changes no order either.
BM25 = """
with seen as materialized ({scope}),
hit as materialized (
    select term, chunk_id, item_id, weight, length from {posting}
    where course_id = %s and term = any(%s) and item_id in (select id from seen)
),
stat as (
    select count(*)::float8 as n, greatest(avg(length), 1)::float8 as mean from {chunk}
    where course_id = %s and item_id in (select id from seen)
),
idf as (
    select asked.term, ln(1 + (n - coalesce(df, 0) + 0.5) / (coalesce(df, 0) + 0.5)) as idf
    from unnest(%s::text[]) as asked(term)
    left join (select term, count(*) as df from hit group by term) as known using (term)
    cross join stat
)
select chunk_id, item_id,
       sum(idf * weight * (1 + %s) / (weight + %s * (1 - %s + %s * length / mean))) as score,
       sum(idf) / (select sum(idf) from idf) as coverage
from hit join idf using (term) cross join stat
group by chunk_id, item_id
order by score desc, chunk_id
limit %s
"""


def by_words(actor: Actor, terms: Sequence[str], limit: int) -> list[Found]:
    """Return the chunks in which the terms weigh most, best first."""
    if not terms:
        return []
    seen, seen_params = scope.items(actor).values("id").query.sql_with_params()
    sql = BM25.format(scope=seen, posting=Posting._meta.db_table, chunk=Chunk._meta.db_table)
    course, asked = actor.course_id, list(terms)
    params: list[Any] = [*seen_params, course, asked, course, asked, K1, K1, B, B, limit]
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Found(*row) for row in cursor.fetchall()]


def by_vector(
    actor: Actor, vector: Sequence[float], generation: str, limit: int
) -> list[Found]:
    """Return the chunks nearest to the vector, of that generation only."""
    rows = (
        Vector.objects.filter(
            course_id=actor.course_id, generation=generation, item_id__in=scope.items(actor).values("id")
        )
        .annotate(distance=CosineDistance("embedding", list(vector)))
        .order_by("distance")
        .values_list("chunk_id", "item_id", "distance")[:limit]
    )
    return [Found(chunk, item, cosine=1 - distance) for chunk, item, distance in rows]
