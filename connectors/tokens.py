"""Where a client's token comes from: given by hand, or stored and renewed before it ends."""

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from connectors import renewing
from connectors.base import Bearer, Grant
from connectors.models import PURPOSE, Connector, Token
from tutorai import crypto
from tutorai.errors import BadRequest, LMSError, LMSUnauthorised, NotSent, SecretUnreadable


@dataclass(frozen=True)
class Given:
    """A token somebody just typed; nothing follows it."""

    secret: str

    def __post_init__(self) -> None:
        """Raise BadRequest for what no header can carry."""
        if not (self.secret.isascii() and self.secret.isprintable()):
            raise BadRequest(why=_("make a new token there and paste it whole"))

    def current(self) -> Bearer:
        """Return it."""
        return Bearer(self.secret)

    def instead_of(self, failed: Bearer) -> Bearer:
        """Raise LMSUnauthorised: there is no other."""
        raise LMSUnauthorised()

    def over(self, failed: Bearer) -> None:
        """Note nothing: who typed it is told at once."""


@dataclass(frozen=True)
class Stored:
    """A connector's stored token, read afresh each time; of a school's, where it goes through it."""

    connector: Connector

    def current(self) -> Bearer:
        """Return a token that is good for a while; raise LMSUnauthorised when none can be had.

        Where the next one cannot be had at the moment, this one serves until its end.
        """
        token = self._held()
        if renewing.due(token):
            try:
                token = renewing.successor(token)
            except LMSUnauthorised:
                raise
            except LMSError:
                if token.expires_at is None or token.expires_at <= timezone.now():
                    raise
        return _bearer(token)

    def instead_of(self, failed: Bearer) -> Bearer:
        """Return what was stored meanwhile, or a renewed one; else a person must connect again."""
        token = self._held()
        if token.version == failed.version:
            token = renewing.successor(token, refused=True)
        return _bearer(token)

    def over(self, failed: Bearer) -> None:
        """Note it, unless there is a newer one by now."""
        token = self._held()
        if token.version == failed.version:
            renewing.over(token)

    def _held(self) -> Token:
        """Return the newest; raise NotSent where the course was connected to another LMS meanwhile.

        Who still reads the old one would show it a token of the new one.
        """
        token = renewing.newest(self.connector.through_id or self.connector.pk)
        if token.connector.base_url != self.connector.base_url:
            raise NotSent()
        return token


def _bearer(token: Token) -> Bearer:
    try:
        return Bearer(token.secret(), token.version)
    except SecretUnreadable as error:
        raise LMSUnauthorised() from error


@transaction.atomic
def keep(
    connector: Connector,
    grant: Grant,
    *,
    kind: Token.Kind = Token.Kind.PERSONAL,
    user_id: UUID | None = None,
) -> Token:
    """Store what opens a connector, encrypted; its other tokens go."""
    Connector.objects.select_for_update().get(pk=connector.pk)
    newest = connector.tokens.order_by("-version").values_list("version", flat=True).first() or 0
    connector.tokens.all().delete()
    return connector.tokens.create(
        user_id=user_id,
        kind=kind,
        access=crypto.encrypt(grant.access, purpose=PURPOSE),
        refresh=crypto.encrypt(grant.refresh, purpose=PURPOSE) if grant.refresh else "",
        expires_at=renewing.until(grant),
        version=newest + 1,
        owner=grant.owner,
        scopes=list(grant.scopes),
    )
