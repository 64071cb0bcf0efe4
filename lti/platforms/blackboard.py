"""Blackboard Learn. Sources: docs.anthology.com, LTI 1.3, AGS; and what hypothesis/lms met."""

from tutorai.ledger.outcomes import Outcome, Rule, Rules

RULES = Rules(
    name="blackboard",
    table=(
        # hypothesis/lms, services/lti_grading: "User could not be found: …".
        Rule(frozenset({400}), Outcome.NOT_GRADABLE, "User could not be found"),
        # 403: a column that is not ours; 404: one that is gone; as everywhere. What it says to
        # an older timestamp is not documented: it is never sent one.
    ),
    line_break="<br/>",  # hypothesis/lms: a comment's own line breaks are lost
    filters_results=False,  # hypothesis/lms: results of one person come without the comment
)
