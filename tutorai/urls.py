"""Every URL of the product, on one page."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, path

from tutorai.api import api
from tutorai.web import health

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("v1/", api.urls),
    path("admin/", admin.site.urls),
]
