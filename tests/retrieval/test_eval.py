"""eval_retrieval: the figures, and that nothing of the trial stays."""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from agents import measure
from agents.models import Chunk, Embedding
from tests.retrieval import making
from tutorai.lmsdm.models import Institution


def written(path: Path, lines: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(line) for line in lines) + "\n")
    return path


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    pages: list[dict[str, Any]] = [
        {
            "id": title,
            "course": "tiny",
            "title": title,
            "body": html,
            "public_url": f"https://x.example/{title}",
        }
        for title, html in making.PAGES.items()
    ]
    asked = {"Friction": "What slows a block?", "Photosynthesis": "What do plants make?"}
    questions: list[dict[str, Any]] = [
        {"id": f"q:{title}", "question": text, "gold_item_ids": [title], "answer": "sugar"}
        for title, text in asked.items()
    ]
    strange: list[dict[str, Any]] = [
        {"id": "a", "kind": "other_course", "question": "Who won the world cup?"},
        {
            "id": "tiny:wh:q:Friction",
            "kind": "withheld_chapter",
            "question": asked["Friction"],
            "withheld_item_ids": ["Friction"],
        },
    ]
    return {
        "course": written(tmp_path / "course.jsonl", pages),
        "questions": written(tmp_path / "questions.jsonl", questions),
        "offtopic": written(tmp_path / "offtopic.jsonl", strange),
    }


def figures(files: dict[str, Path], **options: Any) -> Any:
    told = io.StringIO()
    call_command("eval_retrieval", **files, **options, stdout=told)
    return json.loads(told.getvalue())


def test_the_figures_have_the_agreed_form(files: dict[str, Path]) -> None:
    told = figures(files)

    assert (told["course"], told["n"], told["recall"]["1"], told["mrr10"]) == ("tiny", 2, 1.0, 1.0)
    assert set(told["latency_ms"]) == {"p50", "p95"}
    assert told["offtopic"]["other_course"]["auroc"] == 1.0
    assert set(told["offtopic"]["withheld_chapter"]) == {
        *("n", "auroc", "declined", "wrongly_declined", "with_reference_answers")
    }


def test_nothing_of_the_trial_stays(files: dict[str, Path]) -> None:
    before = [table.objects.count() for table in (Institution, Chunk, Embedding)]

    figures(files)

    assert [table.objects.count() for table in (Institution, Chunk, Embedding)] == before


def test_half_of_the_questions_can_be_asked(files: dict[str, Path]) -> None:
    del files["offtopic"]

    told = figures(files, half="even", keep=True)

    assert (told["n"], told["offtopic"]) == (1, {})


def test_without_reference_answers_nothing_is_said_of_drafts(files: dict[str, Path]) -> None:
    lines = [{**line, "answer": None} for line in measure.lines(files["questions"])]
    written(files["questions"], lines)

    told = figures(files)

    assert told["offtopic"]["withheld_chapter"]["with_reference_answers"] == {"n": 0}


def test_auroc_counts_a_tie_as_half() -> None:
    assert measure.auroc([0.9, 0.5], [0.5, 0.1]) == 0.875
