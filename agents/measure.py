"""Measuring retrieval: a real course goes through the real tables and the real search.

What is measured is what students meet: nothing here searches by itself. The import lives in an
institution of its own, which is removed afterwards.
"""

import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from django.utils import timezone

from agents import ground, index, retrieve
from agents.models.index import Chunk, Embedding
from tutorai.ids import new_id
from tutorai.lmsdm import schema, store
from tutorai.lmsdm.models import ContentItem, Course, Institution

SOURCE = "eval"
DEEP = 60  # passages asked for: enough that ten pages are among them
K = 8  # passages an answer is written from

Line = Mapping[str, Any]


@dataclass(frozen=True)
class Trial:
    """One imported course. `rows` maps a file's page ids to items."""

    slug: str
    actor: schema.Actor
    rows: Mapping[str, UUID]
    index_s: float
    chunks: int
    computed: int  # vectors that no cache held


@dataclass(frozen=True)
class Asked:
    """One question, and what search and the grounding check said of it."""

    ranks: tuple[int, ...]  # places of the gold pages among the pages found, from 1
    seconds: float
    strength: float  # what the floor looks at
    floor: bool
    bare: ground.Grounding  # judged by question and passages alone
    drafted: ground.Grounding | None  # with the publisher's answer standing in for a draft


def lines(path: Path) -> list[Line]:
    """Read a file of one JSON object a line."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


@contextmanager
def imported(pages: Sequence[Line], *, keep: bool = False) -> Iterator[Trial]:
    """Import and index the pages as one course; remove all of it afterwards.

    `keep` leaves the computed vectors in the cache, so `index_s` of a later run is no measure.
    """
    began = timezone.now()
    school = Institution.objects.create(name="eval_retrieval", slug=f"eval-{new_id()}")
    try:
        yield _import(school, pages)
    finally:
        made = Chunk.objects.filter(institution=school).values_list("sha256", flat=True)
        shas = list(made)
        Course.objects.filter(institution=school).delete()
        school.delete()
        if not keep:
            Embedding.objects.filter(sha256__in=shas, made_at__gte=began).delete()


def _import(school: Institution, pages: Sequence[Line]) -> Trial:
    course = Course.objects.create(institution=school, source=SOURCE, source_id=new_id().hex)
    began = timezone.now()
    start = time.perf_counter()
    rows = {page["id"]: _page(course, page) for page in pages}
    for row in rows.values():
        index.index_item(row)
    index.embed_pending(course.pk)
    taken = time.perf_counter() - start
    chunks = Chunk.objects.filter(course=course)
    computed = Embedding.objects.filter(made_at__gte=began, sha256__in=chunks.values("sha256"))
    actor = schema.Actor(
        institution_id=school.pk,
        user_id=new_id(),
        course_id=course.pk,
        role=schema.Role.STUDENT,
    )
    slug = str(pages[0]["course"])
    return Trial(slug, actor, rows, taken, chunks.count(), computed.count())


def _page(course: Course, page: Line) -> UUID:
    record = schema.ContentItem(
        item_id=page["id"],
        course_id=course.source_id,
        kind=schema.Kind.PAGE,
        title=page["title"],
        url=page["public_url"],
    )
    [row] = store.save_items(course_id=course.pk, source=SOURCE, items=[record])
    store.save_body(row, html=page["body"])
    return row.pk


def run(trial: Trial, questions: Sequence[Line], offtopic: Sequence[Line]) -> dict[str, Any]:
    """Ask everything; return the figures."""
    ask(trial, questions[0])  # loads the model
    answers = [ask(trial, question) for question in questions]
    return {
        "course": trial.slug,
        "n": len(questions),
        "chunks": trial.chunks,
        **ranking(answers),
        "index_s": round(trial.index_s, 1),
        "vectors_computed": trial.computed,
        "offtopic": _offtopic(trial, questions, answers, offtopic),
    }


def ask(trial: Trial, question: Line) -> Asked:
    """Ask one question as a student would, and judge what came."""
    start = time.perf_counter()
    found = retrieve.search(trial.actor, question["question"], k=K)
    seconds = time.perf_counter() - start
    deep = retrieve.search(trial.actor, question["question"], k=DEEP).passages
    pages = list(dict.fromkeys(passage.item_id for passage in deep))
    gold = {trial.rows[name] for name in question.get("gold_item_ids", [])}
    draft = question.get("answer")
    text = question["question"]
    return Asked(
        ranks=tuple(place for place, page in enumerate(pages, 1) if page in gold),
        seconds=seconds,
        strength=found.score,
        floor=found.floor_passed,
        bare=ground.check(None, text, found.passages),
        drafted=ground.check(draft, text, found.passages) if draft else None,
    )


def ranking(answers: Sequence[Asked]) -> dict[str, Any]:
    """Recall, mean reciprocal rank and latency, by page."""
    first = [min(answer.ranks, default=1000) for answer in answers]
    p50, p95 = np.percentile([1000 * answer.seconds for answer in answers], [50, 95])
    return {
        "recall": {str(k): _share(rank <= k for rank in first) for k in (1, 5, 10)},
        "mrr10": round(sum(1 / rank for rank in first if rank <= 10) / len(first), 4),
        "latency_ms": {"p50": round(float(p50), 1), "p95": round(float(p95), 1)},
    }


def _offtopic(
    trial: Trial,
    questions: Sequence[Line],
    answers: Sequence[Asked],
    offtopic: Sequence[Line],
) -> dict[str, Any]:
    """How well questions the course does not answer are told from those it does."""
    figures: dict[str, Any] = {}
    other = [line for line in offtopic if line["kind"] == "other_course"]
    if other:
        figures["other_course"] = _other(answers, [ask(trial, line) for line in other])
    withheld = [line for line in offtopic if line["kind"] == "withheld_chapter"]
    if withheld:
        figures["withheld_chapter"] = _withheld(trial, questions, withheld)
    return figures


def _other(answers: Sequence[Asked], strange: Sequence[Asked]) -> dict[str, Any]:
    return {
        "n": len(strange),
        "auroc": auroc([one.strength for one in answers], [one.strength for one in strange]),
        "declined": _share(not one.floor for one in strange),
        "wrongly_declined": _share(not one.floor for one in answers),
    }


def _withheld(trial: Trial, questions: Sequence[Line], withheld: Sequence[Line]) -> dict[str, Any]:
    """Ask again with the chapter out of the course. Answers come from the questions' own file."""
    names = set(withheld[0]["withheld_item_ids"])
    rows = ContentItem.objects.filter(pk__in=[trial.rows[name] for name in names])
    rows.update(deleted_at=timezone.now())
    answers = {line["id"]: line.get("answer") for line in questions}
    taught = [ask(trial, line) for line in questions if not names & set(line["gold_item_ids"])]
    untaught = [
        ask(trial, {**line, "answer": answers.get(line["id"].partition(":wh:")[2])})
        for line in withheld
    ]
    rows.update(deleted_at=None)
    figures = _judged([one.bare for one in taught], [one.bare for one in untaught])
    drafts = [[one.drafted for one in side if one.drafted] for side in (taught, untaught)]
    return {**figures, "with_reference_answers": _judged(*drafts)}


def _judged(
    taught: Sequence[ground.Grounding], untaught: Sequence[ground.Grounding]
) -> dict[str, Any]:
    if not taught or not untaught:
        return {"n": len(untaught)}
    return {
        "n": len(untaught),
        "auroc": auroc([one.score for one in taught], [one.score for one in untaught]),
        "declined": _share(not one.supported for one in untaught),
        "wrongly_declined": _share(not one.supported for one in taught),
    }


def _share(truths: Iterable[bool]) -> float:
    told = list(truths)
    return round(sum(told) / len(told), 4)


def auroc(high: Sequence[float], low: Sequence[float]) -> float:
    """The chance that one of `high` scores above one of `low`; a tie is half."""
    one, other = np.asarray(high)[:, None], np.asarray(low)[None, :]
    return round(float(((one > other) + 0.5 * (one == other)).mean()), 4)
