"""Keeping the index: an item's text becomes chunks and terms at once, vectors follow.

Searching filters by what its actor may see, so an item that is hidden or deleted is out of reach
the moment its row says so; here only text comes and goes.
"""

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Sum

from agents import embed, extract, words
from agents.chunks import Piece, pieces
from agents.models.index import Chunk, Embedding, Posting, Vector
from tutorai.lmsdm import cache
from tutorai.lmsdm.models import ContentItem, Course
from tutorai.lmsdm.schema import Unreadable

logger = logging.getLogger(__name__)

TITLE_WEIGHT = 2.0  # a term of the title counts as two more, in each of the item's chunks
HEADING_WEIGHT = 1.0
AT_ONCE = 32  # texts embedded between two reports of progress

Progress = Callable[[int, int], None]  # done, total


@dataclass(frozen=True)
class State:
    """How far a course's index is.

    `mode` words: its language is none the embedder knows, or it has no vector of this embedder.
    """

    chunks: int
    embedded: int
    language: str
    mode: str  # "hybrid" | "words"


def index_item(item_id: UUID | str) -> int:
    """Make the index hold what the item says now; return its number of chunks.

    Reads before it locks: a PDF takes seconds. Called twice at once, the item is stored whole
    twice, never mixed. What cannot be read leaves its reason on the item.
    """
    item = ContentItem.objects.select_related("course").filter(pk=item_id).first()
    if item is None:
        return 0
    reason, made = _read(item)
    with transaction.atomic():
        # The course first, as everything that stores a course does: else two wait for each other.
        # `no_key` lets others keep referring to the rows.
        Course.objects.select_for_update(no_key=True).get(pk=item.course_id)
        held = ContentItem.objects.select_for_update(no_key=True).get(pk=item_id)
        if _same(held, item):
            _store(item, made)
            ContentItem.objects.filter(pk=item_id).update(
                unreadable=reason, indexed_sha256="" if item.deleted_at else item.sha256
            )
            cache.changed(item.course_id)
            return len(made)
    return index_item(item_id)  # it changed while we read


def _same(one: ContentItem, other: ContentItem) -> bool:
    """Would both be read alike?"""
    told = ("sha256", "title", "deleted_at", "body", "blob")
    return all(getattr(one, name) == getattr(other, name) for name in told)


def embed_pending(course_id: UUID | str, progress: Progress | None = None) -> int:
    """Give every chunk of the course a vector of the embedder in use; return how many it lacked.

    What a model once computed for a text is used again. Raises ModelError (an endpoint is away);
    what was computed until then stays. Vectors of earlier models leave when this one's are whole.
    """
    course = Course.objects.get(pk=course_id)
    embedder = embed.current(course.institution_id, course.pk)
    tell = progress or (lambda done, total: None)
    lacking = _lacking(Chunk.objects.filter(course=course), embedder)
    todo = list(lacking.order_by("length").values_list("pk", flat=True))
    for at in range(0, len(todo), AT_ONCE):
        tell(at, len(todo))
        _embed(Chunk.objects.filter(pk__in=todo[at : at + AT_ONCE]), embedder)
    tell(len(todo), len(todo))
    Vector.objects.filter(course_id=course.pk).exclude(generation=embedder.generation).delete()
    return len(todo)


def behind(institution_id: UUID) -> QuerySet[Course]:
    """The institution's courses with text that the embedder in use knows and has no vector of.

    Changing the embedder leaves them all so.
    """
    lacking = _lacking(Chunk.objects.filter(course=OuterRef("pk")), embed.current(institution_id))
    return Course.objects.filter(Exists(lacking), institution=institution_id)


def state(course_id: UUID | str) -> State:
    """Tell how far the course's index is."""
    course = Course.objects.get(pk=course_id)
    embedder = embed.current(course.institution_id)
    chunks = Chunk.objects.filter(course=course).count()
    made = Vector.objects.filter(course_id=course.pk, generation=embedder.generation).count()
    hybrid = made and embed.knows(embedder, course.language)
    return State(chunks, made, course.language, "hybrid" if hybrid else "words")


def _read(item: ContentItem) -> tuple[str, list[Piece]]:
    """Return (why it cannot be read or "", its pieces)."""
    if item.deleted_at is not None:
        return item.unreadable, []
    # Nothing came from the LMS, and the sync has said why.
    if item.unreadable and not item.body and not item.blob:
        return item.unreadable, []
    try:
        return "", pieces(extract.read(item))
    except extract.CannotRead as error:
        return error.reason.value, []
    except OSError:
        logger.warning("The file of item %s is not in storage", item.pk)
        return Unreadable.FAILED.value, []


def _store(item: ContentItem, made: list[Piece]) -> None:
    """Replace the item's chunks, inside the caller's transaction."""
    Chunk.objects.filter(item=item).delete()
    language = _language(item.course, made)
    chunks, postings = [], []
    for position, piece in enumerate(made):
        terms = weigh(item.title, piece, language)
        chunk = Chunk(
            institution_id=item.course.institution_id,
            course_id=item.course_id,
            item_id=item.pk,
            position=position,
            title=item.title,
            headings=list(piece.headings),
            anchor=piece.anchor,
            text=piece.text,
            sha256=piece.sha256(item.title),
            language=language,
            length=max(1, round(sum(terms.values()))),
        )
        chunks.append(chunk)
        postings += [
            Posting(
                chunk_id=chunk.pk,
                term=term,
                course_id=item.course_id,
                item_id=item.pk,
                weight=weight,
                length=chunk.length,
            )
            for term, weight in terms.items()
        ]
    Chunk.objects.bulk_create(chunks, batch_size=500)
    Posting.objects.bulk_create(postings, batch_size=2000)
    _reuse(
        Chunk.objects.filter(item=item),
        embed.current(item.course.institution_id).generation,
    )
    _settle_language(item.course)


def weigh(title: str, piece: Piece, language: str) -> dict[str, float]:
    """The chunk's terms and how much each counts there (BM25F: fields add up before saturation)."""
    weights: dict[str, float] = defaultdict(float)
    fields = ((piece.text, 1.0), (title, TITLE_WEIGHT), (" ".join(piece.headings), HEADING_WEIGHT))
    for text, weight in fields:
        for term, count in words.counted(text, language).items():
            weights[term] += count * weight
    return weights


def _language(course: Course, made: list[Piece]) -> str:
    """The item's own language where it is plain, else the course's."""
    return words.language_of("\n".join(piece.text for piece in made)) or course.language


def _settle_language(course: Course) -> None:
    """The course's language is that of most of its text."""
    counts = Chunk.objects.filter(course=course).exclude(language="").values_list("language")
    most = counts.annotate(total=Sum("length")).order_by("-total").first()
    Course.objects.filter(pk=course.pk).update(language=most[0] if most else "")


def _lacking(chunks: QuerySet[Chunk], embedder: embed.Embedder) -> QuerySet[Chunk]:
    """Those chunks that have no vector of this embedder and could have one."""
    if embedder.languages is not None:
        chunks = chunks.filter(language__in=[*embedder.languages, ""])
    return chunks.exclude(vectors__generation=embedder.generation)


def _embed(chunks: QuerySet[Chunk], embedder: embed.Embedder) -> None:
    """Embed what the cache does not hold, then copy from the cache. No lock is held meanwhile."""
    lacking = {
        chunk.sha256: Piece(chunk.text, tuple(chunk.headings), chunk.anchor).embedded(chunk.title)
        for chunk in chunks
    }
    known = Embedding.objects.filter(generation=embedder.generation, sha256__in=list(lacking))
    for sha256 in known.values_list("sha256", flat=True):
        del lacking[sha256]
    if lacking:
        vectors = embedder.embed(list(lacking.values()))
        Embedding.objects.bulk_create(
            (
                Embedding(generation=embedder.generation, sha256=sha256, embedding=vector)
                for sha256, vector in zip(lacking, vectors, strict=True)
            ),
            ignore_conflicts=True,
        )
    _reuse(chunks, embedder.generation)


def _reuse(chunks: QuerySet[Chunk], generation: str) -> None:
    """Give the chunks the vectors that the cache holds for their text.

    One that is being replaced right now is passed by: its successor comes with the next call.
    """
    cached = dict(
        Embedding.objects.filter(
            generation=generation, sha256__in=chunks.values("sha256")
        ).values_list("sha256", "embedding")
    )
    with transaction.atomic():
        held = chunks.select_for_update(no_key=True, skip_locked=True).order_by("pk")
        Vector.objects.bulk_create(
            (
                Vector(
                    chunk_id=pk,
                    generation=generation,
                    course_id=course_id,
                    item_id=item_id,
                    embedding=cached[sha256],
                )
                for pk, course_id, item_id, sha256 in held.values_list(
                    "pk", "course_id", "item_id", "sha256"
                )
                if sha256 in cached
            ),
            ignore_conflicts=True,
        )
