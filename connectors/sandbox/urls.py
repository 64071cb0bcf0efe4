"""Every address of the sandbox, on one page."""

from __future__ import annotations

from django.urls import URLPattern, include, path

from connectors.canvas import fake as canvas
from connectors.sandbox import (
    ags,
    control,
    dialects,
    gradebook,
    launching,
    oauth,
    oidc,
    pages,
)
from connectors.sandbox.platforms import Platform


def platform_routes(platform: Platform) -> list[URLPattern]:
    """Return the addresses of one LMS's platform."""
    views = {
        platform.auth_path: oidc.authorize,
        platform.jwks_path: oidc.jwks,
        platform.config_path: oidc.configuration,
        platform.registration_path: oidc.register,
    }
    own = {"platform": platform}
    return [path(route, view, own) for route, view in views.items() if route]


urlpatterns = [
    # pages people look at
    path("", pages.home),
    path("as", pages.look_as),
    path("static/<path:name>", pages.static),
    path("avatars/<int:person_id>.svg", pages.avatar),
    path("post_message_forwarding", launching.storage_frame),
    path("courses/<int:course_id>", pages.course),
    path("courses/<int:course_id>/pages", pages.page_list),
    path("courses/<int:course_id>/pages/<str:url>", pages.page),
    path("courses/<int:course_id>/pages/<str:url>/edit", pages.edit),
    path("courses/<int:course_id>/assignments", pages.assignment_list),
    path("courses/<int:course_id>/assignments/<int:assignment_id>", pages.assignment),
    path("courses/<int:course_id>/files", pages.file_list),
    path("courses/<int:course_id>/files/<int:file_id>", pages.file),
    path("courses/<int:course_id>/modules", pages.course),
    path("courses/<int:course_id>/modules/items/<int:item_id>", pages.module_item),
    path("courses/<int:course_id>/users", pages.people),
    path("courses/<int:course_id>/gradebook", gradebook.gradebook),
    path("courses/<int:course_id>/launch/<int:person_id>", launching.launch),
    path("courses/<int:course_id>/launch/<int:person_id>/go", launching.go),
    path("courses/<int:course_id>/external_content/success/<str:kind>", launching.returned),
    # LTI platforms, each at its own LMS's addresses
    *[route for one in dialects.PLATFORMS.values() for route in platform_routes(one)],
    # OAuth for REST and for LTI services share one token endpoint, as in Canvas
    path("login/oauth2/auth", oauth.auth),
    path("login/oauth2/accept", oauth.accept),
    path("login/oauth2/token", oauth.token),
    # before Canvas's REST API, which answers whatever begins with /api/v1/
    *ags.urlpatterns,
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
    path("sandbox/id_token", control.id_token),
    path("sandbox/keys", control.rotate_key),
    path("sandbox/pages/<int:page_id>", control.edit_page),
    path("sandbox/files/<int:file_id>", control.edit_file),
    path("sandbox/columns", control.columns),
    path("sandbox/scores/<int:item_id>", control.scores),
    path("sandbox/enrolments/<int:enrolment_id>", control.edit_enrolment),
    path("sandbox/tokens", control.edit_token),
    path("sandbox/rows", control.rows),
]
