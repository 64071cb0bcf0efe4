"""The form of the second factor: a wrong code counts, a right one works once."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.cache import cache

from tutorai.web.signin.locks import counted

# seconds; longer than a code is taken for with MFA_TOTP_TOLERANCE (allauth remembers it for 30)
ONCE = 120


class Once:
    """A code, looked at within the limits of `locks`."""

    def clean_code(self) -> str:
        """Return the code when it is right."""
        return counted(self.user, self._code)  # type: ignore[attr-defined]

    def _code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if not cache.add(f"code:{self.user.pk}:{code}", 1, timeout=ONCE):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class Code(Once, AuthenticateForm):  # type: ignore[misc]  # allauth is not typed for others
    """The second step of a sign-in; the one field of its page is where one types at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["autofocus"] = True


class CodeAgain(Once, ReauthenticateForm):  # type: ignore[misc]  # allauth is not typed for others
    """The same, before something that matters."""
