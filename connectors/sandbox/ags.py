"""The addresses of grades and rosters in each dialect, and of the tokens that open them."""

from __future__ import annotations

from django.urls import path

from connectors.sandbox import grades, memberships, oauth

CANVAS = "api/lti/courses/<int:course_id>"
MOODLE = "mod/lti/services.php"
MOODLE_ROSTER = "<int:course_id>/bindings/<int:tool_id>/memberships"
MOODLE_ITEMS = f"{MOODLE}/<int:course_id>/lineitems"
MOODLE_ITEM = f"{MOODLE_ITEMS}/<int:item_id>/lineitem"
BLACKBOARD = "learn/api/v1/lti"
BLACKBOARD_ITEMS = f"{BLACKBOARD}/courses/_<int:course_id>_1/lineItems"
BLACKBOARD_ITEM = f"{BLACKBOARD_ITEMS}/_<int:item_id>_1"

urlpatterns = [
    path(f"{CANVAS}/names_and_roles", memberships.memberships),
    path(f"{CANVAS}/line_items", grades.line_items),
    path(f"{CANVAS}/line_items/<int:item_id>", grades.line_item),
    path(f"{CANVAS}/line_items/<int:item_id>/scores", grades.scores),
    path(f"{CANVAS}/line_items/<int:item_id>/results", grades.results),
    path(f"{CANVAS}/line_items/<int:item_id>/results/<int:result_id>", grades.result),
    path(f"{MOODLE}/CourseSection/{MOODLE_ROSTER}", memberships.memberships),
    # Moodle does not mind how this word is written. Recordings, nrps_get_lowercased_path.
    path(f"{MOODLE}/coursesection/{MOODLE_ROSTER}", memberships.memberships),
    path(MOODLE_ITEMS, grades.line_items),
    path(MOODLE_ITEM, grades.line_item),
    path(f"{MOODLE_ITEM}/scores", grades.scores),
    path(f"{MOODLE_ITEM}/results", grades.results),
    path("api/v1/gateway/oauth2/jwttoken", oauth.service_token),
    path(f"{BLACKBOARD}/external/namesandroles/_<int:course_id>_1", memberships.memberships),
    path(BLACKBOARD_ITEMS, grades.line_items),
    path(BLACKBOARD_ITEM, grades.line_item),
    path(f"{BLACKBOARD_ITEM}/scores", grades.scores),
    path(f"{BLACKBOARD_ITEM}/results", grades.results),
]
