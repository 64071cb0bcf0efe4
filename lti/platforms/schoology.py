"""Schoology. Source: developers.schoology.com/app-platform/lti-apps. One issuer for all districts."""

from django.utils.translation import gettext_lazy as _

from lti.platforms.profile import Profile, Shared

PROFILE = Profile(
    family="schoology",
    title="Schoology",
    products=frozenset({"schoology"}),
    shared=Shared(
        issuers=frozenset({"schoology.schoology.com"}),
        hosts=frozenset({"lti-service.svc.schoology.com"}),
    ),
    next=(_("Install the app for your schools and courses in Schoology's App Center."),),
)
