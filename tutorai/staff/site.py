"""The staff site itself: open to whoever has a right to it and has shown a second factor."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path, reverse
from unfold.sites import UnfoldAdminSite

from tutorai import proof
from tutorai.errors import NotYours, SignedInElsewhere


class Site(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no types
    """unfold's, behind the sign-in that all accounts share."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the site opens at all."""
        shown = proof.of(request, request.user)
        return bool(super().has_permission(request)) and shown.opens_staff_site

    def get_urls(self) -> list[Any]:
        """Add the pages that belong to no table."""
        from tutorai.staff import health  # needs the apps, which this site is made before

        own = [
            path("lms/", self.admin_view(health.page), name="lms_health"),
            path("lms/close", self.admin_view(health.close), name="lms_close"),
        ]
        return [*own, *super().get_urls()]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponseBase:
        """Send people to sign in, to their second factor, or away."""
        wanted = request.GET.get("next") or reverse("admin:index")
        shown = proof.of(request, request.user)
        if shown.opens_staff_site:
            raise NotYours()
        if shown.second_factor:
            raise SignedInElsewhere()
        further = reverse("second_factor") if request.user.is_authenticated else None
        return redirect_to_login(wanted, further)
