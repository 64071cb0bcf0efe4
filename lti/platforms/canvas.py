"""Canvas. Source: canvas-lms, app/controllers/lti/ims/scores_controller.rb and its concerns."""

from django.utils.translation import gettext_lazy as _

from lti.platforms.facts import Facts
from lti.platforms.links import Links
from lti.platforms.profile import DEEP, RESOURCE, USUAL, Message, Profile, Shared
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
FACTS = Facts(
    roster={"limit": "50"},  # members on a page; by itself it sends 10
    # doc/api/names_and_role: with rlid, each member's custom values: Canvas's own ids, sections.
    by_course_link=True,
)
# doc/api/content_item: title, text, iframe, available, submission, lineItem. SpeedGrader opens what
# a score names as submission_data, by a plain launch.
LINKS = Links(reviews=False)

# Canvas API: Registering an LTI Tool; LTI Variable Substitutions; Placements Overview.
EXTENSION = "https://canvas.instructure.com/lti/"
PROFILE = Profile(
    family="canvas",
    title="Canvas",
    products=frozenset({"canvas"}),
    custom={
        **USUAL,
        "message_locale": "$Message.locale",
        "canvas_user_id": "$Canvas.user.id",
        "canvas_course_id": "$Canvas.course.id",
        "canvas_api_domain": "$Canvas.api.domain",
        "canvas_api_base_url": "$Canvas.api.baseUrl",
        "canvas_course_section_ids": "$Canvas.course.sectionIds",
        "canvas_course_workflow_state": "$Canvas.course.workflowState",
        "canvas_previous_course_ids": "$Canvas.course.previousCourseIds",
        "canvas_assignment_id": "$Canvas.assignment.id",
        "canvas_module_item_id": "$Canvas.moduleItem.id",
        "canvas_masquerading_user_id": "$Canvas.masqueradingUser.id",
        "canvas_observees": "$com.instructure.User.observees",
    },
    messages=(
        Message(
            RESOURCE,
            ("course_navigation",),  # which cannot deep link
            {
                f"{EXTENSION}course_navigation/default_enabled": True,
                f"{EXTENSION}visibility": "members",
            },
        ),
        Message(
            DEEP,
            ("link_selection", "assignment_selection", "editor_button", "module_index_menu_modal"),
        ),
    ),
    privacy=f"{EXTENSION}privacy_level",  # without one: anonymous
    extras={f"{EXTENSION}tool_id": "tutor-ai", f"{EXTENSION}vendor": "Tutor.AI"},
    # doc/api/lti_dev_key_config, scopes: no course groups service.
    lacks=frozenset({"https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"}),
    strict=True,  # 422 "…" of any other member
    pending=True,
    shared=Shared(
        issuers=frozenset(
            {"canvas.instructure.com", "canvas.beta.instructure.com", "canvas.test.instructure.com"}
        ),
        hosts=frozenset({"sso.canvaslms.com", "sso.beta.canvaslms.com", "sso.test.canvaslms.com"}),
        below=(".instructure.com",),
    ),
    next=(
        _(
            "Close the registration. Canvas shows what it registered: change nothing, and enable it."
        ),
        _(
            "Look in Admin, Developer Keys: Tutor.AI's state has to be On. Copy its number from the "
            "column Details: that is the client id."
        ),
        _(
            "Install it: Admin, Settings, Apps, View App Configurations, + App, By Client ID, paste "
            "the client id, Submit, Install. (Where Admin has a page Apps: Manage, make it "
            "available.)"
        ),
        _(
            "Open Tutor.AI once from a course, as a teacher: this installation then waits in "
            "Tutor.AI's inbox to be approved, unless you let it be approved at once."
        ),
    ),
)
