"""The toolkit's rules of OAuth, with what is stricter here.

Its "user" is a Delegation. Authorization codes are kept as digests, as it keeps tokens; a challenge
is S256; every token is for this one resource; and what a program was granted is looked at again
whenever it gets another token.
"""

from datetime import datetime
from typing import Any

from oauth2_provider.models import set_token_value
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.oauth2.rfc6749 import errors

from tutorai.agency import delegations, places, scopes, secrets
from tutorai.agency.models import AccessToken, Delegation, RefreshToken
from tutorai.errors import NotFound


class Validator(OAuth2Validator):
    """What decides on a request of OAuth."""

    # --- codes are digests -----------------------------------------------------------------------

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether the code was asked for with this address."""
        named = secrets.digest(code)
        told: bool = super().confirm_redirect_uri(
            client_id, named, redirect_uri, client, *args, **kwargs
        )
        return told

    def invalidate_authorization_code(
        self, client_id: str, code: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """Use a code up; of two requests with the same one, one fails."""
        super().invalidate_authorization_code(
            client_id, secrets.digest(code), request, *args, **kwargs
        )

    def validate_code(
        self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether a code is good, and what it was given for still stands."""
        named = secrets.digest(code)
        good = super().validate_code(client_id, named, client, request, *args, **kwargs)
        return bool(good) and places.stands(request.user) is not None

    def get_code_challenge(self, code: str, request: Any) -> Any:
        """Return the challenge that goes with a code."""
        return super().get_code_challenge(secrets.digest(code), request)

    def get_code_challenge_method(self, code: str, request: Any) -> Any:
        """Return how it was made."""
        return super().get_code_challenge_method(secrets.digest(code), request)

    def _create_authorization_code(self, request: Any, code: Any, expires: Any = None) -> Any:
        if request.code_challenge_method != "S256":
            raise errors.InvalidRequestError(
                description="code_challenge_method must be S256.", request=request
            )
        request.resource = [scopes.RESOURCE]
        named = {**code, "code": secrets.digest(code["code"])}
        return super()._create_authorization_code(request, named, expires)

    # --- tokens ----------------------------------------------------------------------------------

    def _check_and_set_request_resource(self, request: Any) -> None:
        """Bind every token to this resource; refuse who asks for another (RFC 8707)."""
        told = [value for key, value in request.decoded_body or [] if key == "resource"]
        if any(not scopes.is_ours(one) for one in told):
            raise errors.CustomOAuth2Error(
                error="invalid_target", description=f"Tokens are for {scopes.RESOURCE}."
            )
        request.resource = [scopes.RESOURCE]

    def _create_access_token(
        self, expires: datetime, request: Any, token: Any, source_refresh_token: Any = None
    ) -> AccessToken:
        """Keep a token's digest; it never outlives what was granted."""
        kept = AccessToken(
            user=request.user,
            scope=token["scope"],
            expires=min(expires, request.user.expires_at),
            application=request.client,
            source_refresh_token=source_refresh_token,
            resource=request.resource,
        )
        set_token_value(kept, token["access_token"])
        kept.save()
        return kept

    def validate_refresh_token(
        self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any
    ) -> bool:
        """Whether it is good. One that was used up is in other hands: all of it ends."""
        good = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        named = secrets.digest(refresh_token)
        rows = RefreshToken.objects.filter(token_checksum=named, application=client)
        row = rows.select_related("user").order_by("-revoked").first()
        if row is None:
            return False
        if not good and row.revoked is not None:
            _end(row.user, Delegation.Ended.REUSE)
        return bool(good) and places.stands(row.user) is not None

    def revoke_token(
        self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any
    ) -> None:
        """End what a token stands for; other programs' tokens are none to this one."""
        named = {"token_checksum": secrets.digest(token), "application": request.client}
        access = AccessToken.objects.filter(**named).select_related("user").first()
        row = access or RefreshToken.objects.filter(**named).select_related("user").first()
        super().revoke_token(token, token_type_hint, request, *args, **kwargs)
        if row is not None:
            _end(row.user, Delegation.Ended.PROGRAM)


def _end(held: Delegation, why: Delegation.Ended) -> None:
    try:
        delegations.end(Delegation.objects.all(), held.pk, why)
    except NotFound:
        return  # it has ended
