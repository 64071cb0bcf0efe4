"""What a program may be granted, and for what it is good: the words are for people and programs."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

READ, PROPOSE = "read", "propose"
WORDS: dict[str, str | Promise] = {
    READ: _("Read this course as you may read it, and let the tutor's model work for it"),
    PROPOSE: _("Write drafts of quizzes and grades. Nothing is sent before you approve it"),
}
RESOURCE = f"{settings.PUBLIC_URL}/mcp"  # what tokens are for (RFC 8707)


def chosen(wanted: Iterable[str]) -> str:
    """Return known scopes of these, as a token has them; reading is always among them."""
    held = {READ, *wanted}
    return " ".join(scope for scope in WORDS if scope in held)


def is_ours(resource: str) -> bool:
    """Whether a resource that a program names is this one."""
    return resource.rstrip("/") == RESOURCE
