"""Every URL of the product, on one page."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from tutorai.api import api
from tutorai.web import assets, files, grading, health, lti, metrics, shell, student, teacher
from tutorai.web.institution import home as institution

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics.metrics),
    path("static/<path:path>", assets.asset),
    path("v1/", api.urls),
    path("lti/login", lti.login),
    path("lti/login/<slug:slug>", lti.login),
    path("lti/launch", lti.arrive),
    path("lti/launch/confirm", lti.confirm),
    path("lti/jwks", lti.jwks),
    # Pages: a shell without data, and the fragments its script asks for with a bearer token.
    path("app/<uuid:launch>/", shell.shell, name="shell"),
    path("pages/home", student.home, name="page_home"),
    path("pages/chat", student.chat, name="page_chat"),
    path("pages/course", teacher.course, name="page_course"),
    path("pages/setup/<int:step>", teacher.setup, name="page_setup"),
    path("pages/progress", teacher.progress, name="page_progress"),
    path("pages/items", teacher.items, name="page_items"),
    path("pages/items/<uuid:item>/remove", teacher.remove, name="page_remove"),
    path("pages/items/<uuid:item>/link", files.link),
    path("files/<str:named>", files.file),
    path("pages/connect", teacher.connect, name="page_connect"),
    path("pages/disconnect", teacher.disconnect, name="page_disconnect"),
    path("pages/sync", teacher.sync, name="page_sync"),
    path("pages/upload", teacher.upload, name="page_upload"),
    path("pages/open", teacher.open_course, name="page_open"),
    path("pages/close", teacher.close_course, name="page_close"),
    path("pages/grades", grading.columns, name="page_grades"),
    path("pages/grades/hold", grading.usual, name="page_hold"),
    path("pages/grades/<uuid:assignment>", grading.column, name="page_column"),
    path("pages/grades/<uuid:assignment>/standing", grading.standing, name="page_standing"),
    path("pages/grades/<uuid:assignment>/approve", grading.approve, name="page_approve"),
    path("pages/grades/<uuid:assignment>/<slug:act>", grading.act, name="page_grade_act"),
    # Institutions' own people, signed in with an account.
    path("institution/", institution.mine, name="institutions"),
    path("institution/<slug:slug>/", institution.home, name="institution_home"),
    path("admin/", admin.site.urls),
]
handler400 = "tutorai.web.errors.bad_request"
handler403 = "tutorai.web.errors.forbidden"
handler404 = "tutorai.web.errors.not_found"
handler500 = "tutorai.web.errors.broken"
