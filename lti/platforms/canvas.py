"""Canvas. Source: canvas-lms, app/controllers/lti/ims/scores_controller.rb and its concerns."""

from tutorai.ledger.outcomes import Outcome, Rule, Rules

RULES = Rules(
    name="canvas",
    table=(
        # scores_controller verify_valid_timestamp: "Provided timestamp of … before last updated
        # timestamp of …"; an equal one is taken.
        Rule(frozenset({400}), Outcome.STALE, "before last updated"),
        # scores_controller verify_user_in_context: "User not found in course or is not a student".
        Rule(frozenset({422}), Outcome.NOT_GRADABLE, "not found in course|not a student"),
        # scores_controller verify_attempts_for_submission: "The maximum number of allowed attempts
        # has been reached for this submission".
        Rule(frozenset({422}), Outcome.NO_ATTEMPTS, "attempts"),
        # doc/api/throttling: "403 Forbidden (Rate Limit Exceeded)", 429 on newer ones.
        Rule(frozenset({403, 429}), Outcome.THROTTLED, "rate limit exceeded"),
        # concerns/gradebook_services: an assignment that was deleted or is inactive.
        Rule(frozenset({404, 412}), Outcome.GONE),
    ),
    appends_comments=True,  # scores_controller update_or_create_result: add_comment at every POST
    extra_credit=True,  # doc/api/score: scoreGiven may exceed scoreMaximum
    # doc/api/score: without it every score is one more attempt. Never prioritize_non_tool_grade:
    # it keeps any score there is, our own too, and the results then tell what was not taken.
    extras={"https://canvas.instructure.com/lti/submission": {"new_submission": False}},
)
