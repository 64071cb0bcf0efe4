"""Classic quizzes and their questions. Canvas API: Quizzes, Quiz Questions.

A New Quiz is no quiz of this API: it is an assignment of an external tool, which says
`is_quiz_lti_assignment` (connectors.md §1.7). A quiz that is published, or whose questions were
changed since, shows its questions' points only after a further PUT.
"""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.http import JsonResponse, QueryDict

from connectors.canvas.fake.call import Call, Payload, Refused, missing
from connectors.canvas.fake.dates import date_details
from connectors.canvas.fake.routes import api
from connectors.sandbox.editing import now
from connectors.sandbox.models import Quiz, QuizQuestion
from connectors.sandbox.rows import instant, next_id
from connectors.sandbox.visible import Eyes

HERE = "courses/<str:course_id>/quizzes"
SCOPE = "courses/:course_id/quizzes"
KINDS = frozenset(
    f"{kind}_question"
    for kind in (
        *("multiple_choice", "multiple_answers", "true_false", "short_answer", "numerical"),
        *("matching", "essay", "fill_in_multiple_blanks", "multiple_dropdowns", "calculated"),
        *("file_upload", "text_only"),
    )
)
PART = re.compile(r"\[([^\]]*)\]")


@api(HERE, SCOPE, "GET", "POST")
def quizzes(call: Call, course_id: str) -> Any:
    """List the classic quizzes, or make one."""
    if call.request.method == "POST":
        return _made(call, call.staff(course_id))
    eyes = call.eyes(course_id)
    rows = Quiz.objects.filter(course=eyes.course).order_by("id")
    if words := call.request.GET.get("search_term"):
        rows = rows.filter(title__icontains=words)
    return [_quiz(call, eyes, row) for row in rows if eyes.sees(row)]


@api(f"{HERE}/<int:quiz_id>", f"{SCOPE}/:id", "GET", "PUT")
def quiz(call: Call, course_id: str, quiz_id: int) -> Payload:
    """Return one quiz, or change it: then its questions' points are counted anew."""
    changing = call.request.method == "PUT"
    eyes = call.staff(course_id) if changing else call.eyes(course_id)
    row = _find(eyes, quiz_id)
    if changing:
        _fill(row, _sent(call, "quiz"))
        row.told = {**row.told, "counted": row.questions.count()}
        row.updated_at = now(call.world.name)
        row.save()
    return _quiz(call, eyes, row)


@api(f"{HERE}/<int:quiz_id>/date_details", f"{SCOPE}/:quiz_id/date_details")
def quiz_dates(call: Call, course_id: str, quiz_id: int) -> JsonResponse:
    """Say when and for whom a quiz is. Canvas API: Learning Object Dates."""
    return date_details(call, _find(call.staff(course_id), quiz_id))


@api(f"{HERE}/<int:quiz_id>/questions", f"{SCOPE}/:quiz_id/questions", "GET", "POST")
def questions(call: Call, course_id: str, quiz_id: int) -> Any:
    """List a quiz's questions, with what is right, or add one; students see none."""
    row = _find(call.staff(course_id), quiz_id)
    if call.request.method == "POST":
        return _asked(row, _sent(call, "question"))
    return [_question(one) for one in row.questions.order_by("position", "id")]


def _find(eyes: Eyes, quiz_id: int) -> Quiz:
    row = Quiz.objects.filter(course=eyes.course, id=quiz_id).first()
    if row is None or not eyes.sees(row):
        raise missing()
    return row


def _quiz(call: Call, eyes: Eyes, row: Quiz) -> Payload:
    payload: Payload = {
        "id": row.id,
        "title": row.title,
        "html_url": f"{call.url}/courses/{row.course_id}/quizzes/{row.id}",
        "description": row.description,
        "quiz_type": "assignment" if row.assignment_id else "practice_quiz",
        "time_limit": row.minutes,
        "shuffle_answers": row.shuffle,
        "allowed_attempts": row.attempts or -1,
        "question_count": row.told.get("counted", row.questions.count()),
        "unlock_at": instant(row.unlock_at),
        "lock_at": instant(row.lock_at),
        "locked_for_user": eyes.locked(row),
        "assignment_id": row.assignment_id,
        "only_visible_to_overrides": row.only_visible_to_overrides,
    }
    if eyes.staff:
        payload["published"] = row.published
    return payload


def _question(row: QuizQuestion) -> Payload:
    blank: Payload = {"correct_comments": "", "incorrect_comments": "", "neutral_comments": ""}
    own: Payload = {"id": row.id, "quiz_id": row.quiz_id, "position": row.position}
    return {**blank, **row.told, **own}


def _made(call: Call, eyes: Eyes) -> Payload:
    sent = _sent(call, "quiz")
    if not sent.get("title"):
        raise Refused(400, {"errors": {"title": [{"message": "can't be blank"}]}})
    row = Quiz(course=eyes.course, published=False)
    _fill(row, sent)
    row.created_at = row.updated_at = now(call.world.name)
    row.told = {"counted": 0}
    row.save()
    return _quiz(call, eyes, row)


def _fill(row: Quiz, sent: Payload) -> None:
    """Take `quiz[…]` as far as it was sent."""
    row.title = sent.get("title", row.title)
    row.description = sent.get("description", row.description)
    if sent.get("time_limit"):
        row.minutes = int(sent["time_limit"])
    if sent.get("allowed_attempts"):
        tries = int(sent["allowed_attempts"])
        row.attempts = tries if tries > 0 else None
    row.shuffle = sent.get("shuffle_answers", str(row.shuffle)).lower() == "true"
    row.published = sent.get("published", str(row.published)).lower() == "true"


@transaction.atomic
def _asked(row: Quiz, sent: Payload) -> Payload:
    """Add a question as it was sent; Canvas stores answers under other names than it takes."""
    if sent.get("question_type") not in KINDS:
        raise Refused(400, {"errors": {"question_type": [{"message": "invalid"}]}})
    answers = [_answer(one) for one in sent.pop("answers", {}).values()]
    last = row.questions.order_by("-position").first()
    told = {**sent, "points_possible": float(sent.get("points_possible", 0)), "answers": answers}
    if sent["question_type"] == "matching_question":
        wrong = str(sent.get("matching_answer_incorrect_matches", "")).splitlines()
        told["matches"] = [
            *({"match_id": one["match_id"], "text": one["right"]} for one in answers),
            *({"match_id": next_id(), "text": text} for text in wrong),
        ]
    made = QuizQuestion.objects.create(
        quiz=row,
        position=int(sent.get("position") or (last.position + 1 if last else 1)),
        told=told,
    )
    return _question(made)


def _answer(sent: Payload) -> Payload:
    """Turn an answer as it is sent into one as it is read. Canvas API: Quiz Questions (Answer)."""
    weight = float(sent.get("answer_weight", 0))
    kept: Payload = {"id": next_id(), "weight": weight, "text": sent.get("answer_text", "")}
    if html := sent.get("answer_html"):
        kept["html"] = html
    if words := sent.get("answer_comment_html"):
        kept["comments_html"] = words
    if kind := sent.get("numerical_answer_type"):
        exact, margin = float(sent["answer_exact"]), float(sent["answer_error_margin"])
        kept |= {"numerical_answer_type": kind, "exact": exact, "margin": margin}
    if left := sent.get("answer_match_left"):
        right = sent.get("answer_match_right", "")
        kept |= {"left": left, "right": right, "text": left, "match_id": next_id()}
    return kept


def _sent(call: Call, name: str) -> Payload:
    """Read `name[a][0][b]` of a form into a tree; a list's places are kept as keys."""
    form = QueryDict(call.request.body, mutable=False)
    tree: Payload = {}
    for key, value in form.items():
        if not key.startswith(f"{name}["):
            continue
        here, parts = tree, PART.findall(key)
        for part in parts[:-1]:
            here = here.setdefault(part, {})
        here[parts[-1]] = str(value)
    return tree
