"""Who is locked out: an account, from the address where its passwords or codes were guessed.

django-axes keeps the count. Passwords reach it as a backend of Django's; codes of the second
factor do not go through backends, so `counted` tells it of them.
"""

from collections.abc import Callable
from typing import Any

from allauth.core import context
from axes.handlers.proxy import AxesProxyHandler
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from tutorai.models import Account
from tutorai.web import errors


def named(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str | None:
    """Return the account that is tried, whatever the form calls it (AXES_USERNAME_CALLABLE)."""
    given = credentials or {}
    found = given.get("username") or given.get("email") or request.POST.get("login")
    return str(found).strip().lower() if found else None


def locked(request: HttpRequest, response: Any, credentials: Any = None) -> HttpResponse:
    """Say that there were too many tries (AXES_LOCKOUT_CALLABLE)."""
    return errors.page(
        request,
        title=_("Too many tries"),
        words=_(
            "There were too many wrong passwords or codes for this account from where you are. "
            "Please try again in an hour."
        ),
        status=429,
    )


def counted(account: Account, check: Callable[[], str]) -> str:
    """Return what `check` does; a wrong code counts as a wrong password does.

    Raises ValidationError; where the account is locked here, without a look at the code.
    """
    request, credentials = context.request, {"username": account.email}
    if not AxesProxyHandler.is_allowed(request, credentials):
        request.axes_locked_out = True  # the middleware answers with `locked`
        request.axes_credentials = credentials
        raise ValidationError(_("Too many tries."))
    try:
        return check()
    except ValidationError:
        AxesProxyHandler.user_login_failed(__name__, credentials, request)
        raise
