"""Ultra's tests: their questions. swagger: Course Assessments (Ultra alone).

docs, "Use APIs to Work with Ultra Assignments", names the kinds EitherOr, Essay, MultipleAnswer
and Presentation and says that any can be read; how the answers of a kind are written, neither
tells. Here they are the plainest form of what the college has.
"""

from __future__ import annotations

from typing import Any

from connectors.blackboard.fake.call import Call, Payload, Refused, named, one
from connectors.blackboard.fake.routes import api
from connectors.sandbox.models import Quiz, QuizQuestion

TYPES = {
    "multiple_choice_question": "MultipleAnswer",
    "multiple_answers_question": "MultipleAnswer",
    "true_false_question": "EitherOr",
    "short_answer_question": "FillInTheBlank",
    "numerical_question": "Numeric",
    "matching_question": "Matching",
    "essay_question": "Essay",
    "text_only_question": "Presentation",
}


@api("v1/courses/<str:course_id>/assessments/<str:assessment_id>/questions")
def questions(call: Call, course_id: str, assessment_id: str) -> list[Payload]:
    """List a test's questions; an Original course has no such list."""
    course = call.staff(course_id, "course.assessment.MODIFY")
    if call.option("original"):
        raise Refused(400, "The course is not an Ultra course.")
    quiz = one(Quiz.objects.filter(course=course), assessment_id)
    return [_question(row) for row in quiz.questions.order_by("position")]


def _question(row: QuizQuestion) -> Payload:
    told = row.told
    return {
        "id": named(row),
        "title": told.get("question_name"),
        "text": told.get("question_text", ""),
        "position": row.position,
        "points": told.get("points_possible", 0),
        "feedback": told.get("neutral_comments_html"),
        "questionHandler": {
            "type": TYPES.get(told.get("question_type", ""), "Unsupported"),
            **_answers(told),
        },
    }


def _answers(told: dict[str, Any]) -> Payload:
    answers = told.get("answers") or []
    match told.get("question_type"):
        case "true_false_question":
            right: Payload = next((one for one in answers if one.get("weight")), {})
            return {"answer": right.get("text") == "True"}
        case "numerical_question":
            first = answers[0] if answers else {}
            return {"value": first.get("exact"), "tolerance": first.get("margin")}
        case "matching_question":
            return {"answers": [{"text": a["left"], "match": a["right"]} for a in answers]}
    return {
        "answers": [
            {"text": one.get("html") or one.get("text"), "correct": bool(one.get("weight"))}
            for one in answers
        ]
    }
