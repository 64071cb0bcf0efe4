"""Sakai. Source: its documentation of LTI Advantage; an issuer is the server's own address."""

from django.utils.translation import gettext_lazy as _

from lti.platforms.profile import Profile

PROFILE = Profile(
    family="sakai",
    title="Sakai",
    products=frozenset({"sakai"}),
    next=(
        _("In External Tools, open the new tool and let it be launched and placed."),
        _("Check there that roster and grades are allowed."),
    ),
)
