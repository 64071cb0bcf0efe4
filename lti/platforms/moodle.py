"""Moodle. Source: recordings of Moodle 4.5, and mod/lti/service/gradebookservices, scores.php.

What it says of an error stands in the reason phrase; the body is `[]`.
"""

from datetime import timedelta

from tutorai.ledger.outcomes import Outcome, Rule, Rules

EMPTY = r"\n\[\]$"  # a body that is an empty list, in an answer's text

RULES = Rules(
    name="moodle",
    table=(
        # scores.php: 409 "Refusing score with an earlier timestamp"; one of the same second too.
        Rule(frozenset({409}), Outcome.STALE),
        # scores.php: 400 "Incorrect score received" also stands for a body that is wrong; ours is
        # well formed, so it speaks of the person: unknown, or a teacher. A proxy may put its own
        # reason phrase there; other refusals have another body.
        Rule(frozenset({400}), Outcome.NOT_GRADABLE, f"^Incorrect score received|{EMPTY}"),
        # A refusal whose reason phrase PHP could not send, for it has a line break.
        Rule(frozenset({200}), Outcome.REFUSED, EMPTY),
        # gradebookservices.php save_grade_item: the column or the grade is locked.
        Rule(frozenset({500}), Outcome.FAILED, EMPTY),
        # 404 "Grade item … doesn't exist", 401 and 403: as everywhere.
    ),
    step=timedelta(seconds=1),  # scores.php compares strtotime(timestamp)
    verify=True,  # overridden by a teacher: 200, and people see what the teacher gave
)
