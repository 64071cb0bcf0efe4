"""Where a client's token comes from: given by hand, or stored."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from connectors.base import Bearer
from connectors.models import PURPOSE, Connector, Token
from tutorai import crypto
from tutorai.errors import BadRequest, LMSUnauthorised, SecretUnreadable


@dataclass(frozen=True)
class Given:
    """A token somebody just typed; nothing follows it."""

    secret: str

    def __post_init__(self) -> None:
        """Raise BadRequest for what no header can carry."""
        if not (self.secret.isascii() and self.secret.isprintable()):
            words = _("Canvas did not accept this token. Make a new one there and paste it whole.")
            raise BadRequest(why=words)

    def current(self) -> Bearer:
        """Return it."""
        return Bearer(self.secret)

    def instead_of(self, failed: Bearer) -> Bearer:
        """Raise LMSUnauthorised: there is no other."""
        raise LMSUnauthorised()


@dataclass(frozen=True)
class Stored:
    """A connector's stored token, read afresh each time."""

    connector: Connector

    def current(self) -> Bearer:
        """Return the stored token; raise LMSUnauthorised when none can be read."""
        token = Token.objects.filter(connector=self.connector).order_by("-received_at").first()
        if token is None:
            raise LMSUnauthorised()
        try:
            return Bearer(token.secret(), token.version)
        except SecretUnreadable as error:
            raise LMSUnauthorised() from error

    def instead_of(self, failed: Bearer) -> Bearer:
        """Return what was stored meanwhile, or note that a person must connect again."""
        stored = self.current()
        if stored.version == failed.version:
            Connector.objects.filter(pk=self.connector.pk, status=Connector.Status.ACTIVE).update(
                status=Connector.Status.NEEDS_REAUTH, error=LMSUnauthorised.code
            )
            raise LMSUnauthorised()
        return stored


def keep(connector: Connector, *, secret: str, user_id: UUID) -> Token:
    """Store a personal access token, encrypted; the connector's other tokens go."""
    sealed = crypto.encrypt(secret, purpose=PURPOSE)
    newest = connector.tokens.order_by("-version").values_list("version", flat=True).first() or 0
    connector.tokens.all().delete()
    return connector.tokens.create(user_id=user_id, access=sealed, version=newest + 1)
