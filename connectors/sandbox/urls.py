"""Every address of the sandbox, on one page."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from connectors.blackboard import fake as blackboard
from connectors.canvas import fake as canvas
from connectors.sandbox import (
    access,
    ags,
    control,
    control_lti,
    deep_linking,
    dialects,
    events,
    gradebook,
    launching,
    notices,
    oauth,
    oidc,
    pages,
    quiz_pages,
    tools,
)
from connectors.sandbox.platforms import Platform


def platform_routes(platform: Platform) -> list[URLPattern]:
    """Return the addresses of one LMS's platform."""
    views = {
        platform.auth_path: oidc.authorize,
        platform.jwks_path: oidc.jwks,
        platform.config_path: oidc.configuration,
        platform.registration_path: oidc.register,
        platform.return_route: deep_linking.returned,
    }
    own = {"platform": platform}
    shared = [path(route, view, own) for route, view in views.items() if route]
    return [*platform.routes(), *shared]


urlpatterns = [
    # pages people look at
    path("", pages.home),
    path("worlds/<str:name>", pages.world_home),
    path("worlds/<str:name>/access", access.shown),
    path("worlds/<str:name>/tools", tools.listed),
    path("worlds/<str:name>/tools/register", tools.register),
    path("worlds/<str:name>/tools/registrations/<int:begun_id>", tools.registration),
    path("worlds/<str:name>/tools/add/<str:way>", tools.add),
    path("worlds/<str:name>/tools/<int:tool_id>", tools.tool),
    path("worlds/<str:name>/tools/<int:tool_id>/deploy", tools.deploy),
    path("as", pages.look_as),
    path("static/<path:name>", pages.static),
    path("avatars/<int:person_id>.svg", pages.avatar),
    path("post_message_forwarding", launching.storage_frame),
    path("courses/<int:course_id>", pages.course),
    path("courses/<int:course_id>/settings", pages.settings_of),
    path("courses/<int:course_id>/pages", pages.page_list),
    path("courses/<int:course_id>/pages/<str:url>", pages.page),
    path("courses/<int:course_id>/pages/<str:url>/edit", pages.edit),
    path("courses/<int:course_id>/assignments", pages.assignment_list),
    path("courses/<int:course_id>/assignments/<int:assignment_id>", pages.assignment),
    path("courses/<int:course_id>/quizzes", quiz_pages.listed),
    path("courses/<int:course_id>/quizzes/<int:quiz_id>", quiz_pages.quiz),
    path("courses/<int:course_id>/discussion_topics/<int:topic_id>", quiz_pages.announcement),
    path("courses/<int:course_id>/files", pages.file_list),
    path("courses/<int:course_id>/files/<int:file_id>", pages.file),
    path("courses/<int:course_id>/modules", pages.course),
    path("courses/<int:course_id>/modules/items/<int:item_id>", pages.module_item),
    path("courses/<int:course_id>/users", pages.people),
    path("courses/<int:course_id>/gradebook", gradebook.gradebook),
    path("courses/<int:course_id>/add/<str:place>", deep_linking.add),
    path("courses/<int:course_id>/add/<str:place>/go", deep_linking.go),
    path("deep_links/<str:hint>", deep_linking.save),
    path("courses/<int:course_id>/launch/<int:person_id>", launching.launch),
    path("courses/<int:course_id>/launch/<int:person_id>/go", launching.go),
    path("courses/<int:course_id>/external_content/success/<str:kind>", launching.returned),
    # LTI platforms, each at its own LMS's addresses
    *[route for one in dialects.PLATFORMS.values() for route in platform_routes(one)],
    path("api/lti/notice-handlers/<int:deployment_id>", notices.handlers),
    # OAuth for REST and for LTI services share one token endpoint, as in Canvas
    path("login/oauth2/auth", oauth.auth),
    path("login/oauth2/accept", oauth.accept),
    path("login/oauth2/token", oauth.token),
    # before Canvas's REST API, which answers whatever begins with /api/v1/
    *ags.urlpatterns,
    path("", include(blackboard.urlpatterns)),
    path("", include(canvas.urlpatterns)),
    # controls
    path("sandbox/health", control.health),
    path("sandbox/register", control.register),
    path("sandbox/courses", control.courses),
    path("sandbox/worlds", control.worlds),
    path("sandbox/worlds/<str:name>", control.drop_world),
    path("sandbox/reset", control.reset),
    path("sandbox/faults", control.faults),
    path("sandbox/options", control.options),
    path("sandbox/log", control.log),
    path("sandbox/launch", control.launch),
    path("sandbox/registrations", control_lti.registrations),
    path("sandbox/tools", control_lti.tools),
    path("sandbox/tools/<int:tool_id>", control_lti.tool),
    path("sandbox/deployments", control_lti.deployments),
    path("sandbox/links", control_lti.links),
    path("sandbox/copies", control_lti.copies),
    path("sandbox/courses/<int:course_id>", control_lti.course),
    path("sandbox/id_token", control.id_token),
    path("sandbox/keys", control.rotate_key),
    path("sandbox/pages/<int:page_id>", control.edit_page),
    path("sandbox/files/<int:file_id>", control.edit_file),
    path("sandbox/columns", control.columns),
    path("sandbox/scores/<int:item_id>", control.scores),
    path("sandbox/enrolments/<int:enrolment_id>", control.edit_enrolment),
    path("sandbox/tokens", control.edit_token),
    path("sandbox/rows", control.rows),
    path("sandbox/events", events.send),
    path("sandbox/events/jwks", events.jwks),
]
